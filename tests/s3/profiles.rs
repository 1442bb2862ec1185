//! Bucket profiles: what an operator's template makes of a bucket, and that its owner cannot undo
//! it.
//!
//! Not here: what backup tools make of such buckets (`tests/clients/backup.py`).

use crate::raw::{Account, Answer};
use crate::server::TestServer;
use serde_json::Value;

/// A server with a bucket of each profile that a test names.
fn with_profiles(profiles: &[&str]) -> (TestServer, Account) {
    let server = TestServer::start();
    let city = server.account("city");
    for profile in profiles {
        create(&server, profile, profile).expect("a new bucket");
    }
    (server, city)
}

fn create(server: &TestServer, name: &str, profile: &str) -> Option<Value> {
    let words = ["bucket", "create", name, "--tenant", "city"];
    json(server, &[&words[..], &["--profile", profile]].concat())
}

fn json(server: &TestServer, words: &[&str]) -> Option<Value> {
    let text = server.admin(words)?;
    Some(serde_json::from_str(&text).expect("JSON"))
}

fn is_retained(answer: &Answer) -> bool {
    answer
        .header("x-amz-object-lock-retain-until-date")
        .is_some()
}

fn protected(answer: Answer) {
    let refused = answer.refused(403, "AccessDenied");
    let message = refused.text("Message").expect("a message");
    assert!(message.contains("protected"), "{message}");
}

#[test]
fn profile_sets_everything_that_it_says() {
    let (server, city) = with_profiles(&["restic", "rclone", "pgbackrest", "records"]);
    let show = |name| json(&server, &["bucket", "show", name]).expect("a bucket");
    let restic = show("restic");
    for (field, wanted) in [
        ("versioning", Value::from("Enabled")),
        ("object_lock", Value::from(true)),
        ("retention_mode", Value::from("COMPLIANCE")),
        ("retention_days", Value::from(30)),
        ("retention_years", Value::Null),
        ("protected", Value::from(true)),
        ("lifecycle", Value::from(true)),
        ("tenant", Value::from("city")),
    ] {
        assert_eq!(restic.get(field), Some(&wanted), "{field}");
    }
    let patterns = serde_json::json!(["*/index/", "*/locks/", "index/", "locks/"]);
    assert_eq!(restic.get("deletable"), Some(&patterns));
    assert_eq!(
        show("records").get("retention_years"),
        Some(&Value::from(10))
    );
    assert_eq!(show("rclone").get("protected"), Some(&Value::from(false)));
    let told = city.get("/pgbackrest?object-lock").expect(200);
    assert_eq!(told.text("Days").as_deref(), Some("35"));
    let told = city.get("/rclone?object-lock").expect(200);
    assert_eq!(told.text("Mode").as_deref(), Some("GOVERNANCE"));
    // What it is is known to its owner as if the owner had set it.
    let listed = city.get("/").expect(200).texts("Name");
    assert_eq!(listed, ["pgbackrest", "rclone", "records", "restic"]);
}

#[test]
fn protected_bucket_keeps_what_is_retained_in_sight() {
    let (_server, city) = with_profiles(&["restic", "records"]);
    for target in [
        "/restic/data/ab/abcd",
        "/restic/city/config",
        "/records/akt.pdf",
    ] {
        city.put(target, "four").expect(200);
        assert!(is_retained(&city.head(target).expect(200)), "{target}");
        protected(city.delete(target));
        let bypass = city.request("DELETE", target);
        protected(
            bypass
                .header("x-amz-bypass-governance-retention", "true")
                .send(),
        );
        let version = city
            .head(target)
            .header("x-amz-version-id")
            .map(str::to_owned);
        let version = version.expect("a version");
        city.delete(&format!("{target}?versionId={version}"))
            .refused(403, "AccessDenied");
        city.head(target).expect(200);
        // Overwriting makes a version; the older one stays.
        city.put(target, "other").expect(200);
        let old = city
            .get(&format!("{target}?versionId={version}"))
            .expect(200);
        assert_eq!(old.body_text(), "four");
    }
    let document = "<Delete><Object><Key>data/ab/abcd</Key></Object>\
        <Object><Key>locks/1</Key></Object></Delete>";
    let deleted = city.post("/restic?delete", document).expect(200);
    assert_eq!(deleted.texts("Code"), ["AccessDenied"]);
    city.head("/restic/data/ab/abcd").expect(200);
}

#[test]
fn deletable_keys_come_and_go_without_retention() {
    let (_server, city) = with_profiles(&["restic"]);
    for target in [
        "/restic/locks/1",
        "/restic/city/locks/1",
        "/restic/city/index/1",
    ] {
        city.put(target, "four").expect(200);
        let told = city.head(target).expect(200);
        assert!(!is_retained(&told), "{target}");
        city.delete(target).expect(204);
        city.head(target).expect(404);
        let version = told.header("x-amz-version-id").expect("a version");
        city.delete(&format!("{target}?versionId={version}"))
            .expect(204);
    }
    for target in ["/restic/city/padlocks/1", "/restic/locks"] {
        city.put(target, "four").expect(200);
        protected(city.delete(target));
    }
}

#[test]
fn owner_takes_nothing_of_a_profile_away() {
    let (_server, city) = with_profiles(&["restic"]);
    city.put("/restic/config", "four").expect(200);
    let suspended = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
    city.put("/restic?versioning", suspended)
        .refused(409, "InvalidBucketState");
    let unretained = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>\
        </ObjectLockConfiguration>";
    city.put("/restic?object-lock", unretained);
    protected(city.delete("/restic/config"));
    city.delete("/restic").refused(409, "BucketNotEmpty");
}

#[test]
fn protection_is_added_and_never_loosened() {
    let (server, city) = with_profiles(&["rclone"]);
    let protect = |patterns: &[&str]| {
        let mut words = vec!["bucket", "protect", "rclone"];
        words.extend(patterns.iter().flat_map(|own| ["--deletable", own]));
        json(&server, &words)
    };
    city.put("/rclone/a/1", "four").expect(200);
    city.delete("/rclone/a/1").expect(204);
    city.put("/rclone/a/1", "four").expect(200);
    assert!(protect(&["*"]).is_none(), "a pattern that is none");
    assert!(protect(&["a/", "b/"]).is_some());
    city.put("/rclone/c/1", "four").expect(200);
    protected(city.delete("/rclone/c/1"));
    city.delete("/rclone/a/1").expect(204);
    assert!(protect(&["c/"]).is_none(), "loosened");
    assert!(protect(&["a/", "b/", "c/"]).is_none(), "loosened");
    assert!(protect(&["b/"]).is_some());
    assert!(protect(&["a/", "b/"]).is_none(), "loosened");
    city.put("/rclone/a/1", "four").expect(200);
    protected(city.delete("/rclone/a/1"));
    assert!(protect(&[]).is_some());
    let shown = json(&server, &["bucket", "show", "rclone"]).expect("a bucket");
    assert_eq!(shown.get("deletable"), Some(&serde_json::json!([])));
    // What has no retention could not be protected.
    city.put("/plain", "").expect(200);
    assert!(json(&server, &["bucket", "protect", "plain"]).is_none());
}

#[test]
fn profile_is_read_as_its_file_is_at_the_moment() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("mine.toml");
    let write = |text: &str| std::fs::write(&path, text).expect("a file");
    let chosen = folder.path().to_str().expect("text");
    let server = TestServer::start_with(&[("RIZNICA_PROFILES__FOLDER", chosen)]);
    server.account("city");
    let describe = || {
        let profiles = json(&server, &["profile", "list"]).expect("profiles");
        let profiles = profiles.as_array().expect("a list").iter();
        let mut mine = profiles.filter(|own| own.get("name") == Some(&Value::from("mine")));
        let description = mine.next().and_then(|own| own.get("description")?.as_str());
        description.map(str::to_owned)
    };
    assert_eq!(describe(), None);
    assert!(create(&server, "first", "mine").is_none());
    write("description = \"one\"\nversioning = true\n");
    assert_eq!(describe().as_deref(), Some("one"));
    let first = create(&server, "first", "mine").expect("a bucket");
    assert_eq!(first.get("versioning"), Some(&Value::from("Enabled")));
    write("description = \"two\"\nversionning = true\n");
    let refused = describe().expect("a description");
    assert!(
        refused.contains("mine.toml") && refused.contains("line 2"),
        "{refused}"
    );
    assert!(create(&server, "second", "mine").is_none());
    assert!(json(&server, &["bucket", "show", "second"]).is_none());
    for name in ["../mine", "", "Mine", "mine.toml"] {
        assert!(create(&server, "second", name).is_none(), "{name}");
    }
}

#[test]
fn operator_creates_buckets_for_tenants_that_exist_and_names_that_are_free() {
    let (server, city) = with_profiles(&[]);
    server.account("other");
    let create =
        |name: &str, tenant: &str| json(&server, &["bucket", "create", name, "--tenant", tenant]);
    let plain = create("plain", "city").expect("a bucket");
    assert_eq!(plain.get("versioning"), Some(&Value::Null));
    city.put("/plain/k", "four").expect(200);
    city.delete("/plain/k").expect(204);
    for (name, tenant) in [("plain", "city"), ("plain", "other"), ("new", "nobody")] {
        assert!(create(name, tenant).is_none(), "{name} of {tenant}");
    }
    assert!(create("Not-A-Name", "city").is_none());
    city.put("/mine", "").expect(200);
    assert!(create("mine", "other").is_none());
}
