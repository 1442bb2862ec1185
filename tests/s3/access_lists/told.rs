//! Lists as they are set and told (62 to 67).

use super::{ALL_USERS, SIGNED_USERS, Scene, canned, document, grants, id, tells};
use crate::lifecycle_effects::pause;
use crate::raw::Account;
use crate::versioning::{at, put, set};
use std::time::Duration;

const FULL: (&str, &str) = ("city", "FULL_CONTROL");

/// What each canned list of the owner is told as.
const CANNED: [(&str, &[(&str, &str)]); 7] = [
    ("private", &[FULL]),
    ("public-read", &[("AllUsers", "READ"), FULL]),
    (
        "public-read-write",
        &[("AllUsers", "READ"), ("AllUsers", "WRITE"), FULL],
    ),
    (
        "authenticated-read",
        &[("AuthenticatedUsers", "READ"), FULL],
    ),
    ("bucket-owner-read", &[FULL]),
    ("bucket-owner-full-control", &[FULL]),
    (
        "log-delivery-write",
        &[("LogDelivery", "WRITE"), ("LogDelivery", "READ_ACP"), FULL],
    ),
];

#[test]
fn point_63_canned_lists_of_the_owner_are_told_groups_first() {
    let scene = Scene::start();
    let (city, owner) = (&scene.city, id(&scene.city));
    for (name, expected) in CANNED {
        for target in ["/lists?acl", "/lists/a?acl"] {
            canned(city, target, name);
            tells(city, target, expected);
            let told = city.get(target).expect(200);
            assert_eq!(told.text("ID").as_deref(), Some(owner.as_str()));
            assert_eq!(told.text("DisplayName").as_deref(), Some("city"));
            let has_types = told.body_text().contains("xsi:type=\"Group\"");
            assert_eq!(has_types, expected.len() > 1, "{name}");
        }
        let new = city.request("PUT", "/lists/new").header("x-amz-acl", name);
        new.body("x").send().expect(200);
        tells(city, "/lists/new?acl", expected);
    }
}

#[test]
fn point_64_another_writer_names_the_bucket_owner() {
    let scene = Scene::start();
    canned(&scene.city, "/lists?acl", "public-read-write");
    let writer = ("other", "FULL_CONTROL");
    for (name, own) in [
        ("bucket-owner-read", ("city", "READ")),
        ("bucket-owner-full-control", ("city", "FULL_CONTROL")),
    ] {
        let put = scene.other.request("PUT", "/lists/b");
        put.header("x-amz-acl", name).body("b").send().expect(200);
        tells(&scene.other, "/lists/b?acl", &[writer, own]);
        assert_eq!(scene.city.get("/lists/b").expect(200).body, b"b");
    }
    tells(&scene.city, "/lists/b?acl", &[writer, FULL]);
}

/// Sends the grant headers of every permission to `target`.
fn with_headers(account: &Account, (method, target): (&str, &str), grantee: &str) {
    let mut request = account.request(method, target);
    for name in ["full-control", "write-acp", "read-acp", "write", "read"] {
        request = request.header(&format!("x-amz-grant-{name}"), grantee);
    }
    request.send().expect(200);
}

#[test]
fn point_65_headers_replace_the_default_and_are_told_in_their_order() {
    let scene = Scene::start();
    let (city, other) = (&scene.city, id(&scene.other));
    let told = ["READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"];
    let told = told.map(|permission| ("other", permission));
    for grantee in [format!("id={other}"), format!("ID = \"{other}\"")] {
        for target in ["/lists?acl", "/lists/a?acl"] {
            canned(city, target, "private");
            with_headers(city, ("PUT", target), &grantee);
            tells(city, target, &told);
        }
        with_headers(city, ("PUT", "/lists/put"), &grantee);
        tells(city, "/lists/put?acl", &told);
    }
    let groups = format!("uri=\"{ALL_USERS}\", id=\"{other}\", uri={SIGNED_USERS}");
    let put = city.request("PUT", "/lists/a?acl");
    put.header("x-amz-grant-read", &groups).send().expect(200);
    let expected = [
        ("AllUsers", "READ"),
        ("AuthenticatedUsers", "READ"),
        ("other", "READ"),
    ];
    tells(city, "/lists/a?acl", &expected);
}

#[test]
fn point_66_grantees_are_found_or_refused() {
    let scene = Scene::start();
    let city = &scene.city;
    let email = ["tenant", "update", "other", "--email", "Ana@Other.example"];
    scene.server.admin(&email).expect("an address");
    let owner = id(city);
    let by_email = document(&owner, &[("ana@other.example", "READ")]);
    city.put("/lists/a?acl", by_email).expect(200);
    tells(city, "/lists/a?acl", &[("other", "READ")]);
    let told = city.get("/lists/a?acl").expect(200);
    assert_eq!(told.texts("ID"), [owner.clone(), id(&scene.other)]);
    assert!(told.body_text().contains("xsi:type=\"CanonicalUser\""));
    canned(city, "/lists/a?acl", "private");
    for (grantee, code) in [
        (
            "emailAddress=\"nobody@other.example\"",
            "UnresolvableGrantByEmailAddress",
        ),
        ("emailAddress=\"\"", "InvalidArgument"),
        ("id=\"c0ffee\"", "InvalidArgument"),
        (
            "uri=\"http://acs.amazonaws.com/groups/global/Friends\"",
            "InvalidArgument",
        ),
        ("name=\"other\"", "InvalidArgument"),
    ] {
        for (method, target) in [
            ("PUT", "/lists?acl"),
            ("PUT", "/lists/a?acl"),
            ("PUT", "/lists/b"),
            ("POST", "/lists/b?uploads"),
            ("PUT", "/new"),
        ] {
            let put = city.request(method, target);
            let put = put.header("x-amz-object-ownership", "ObjectWriter");
            let put = put.header("x-amz-grant-read", grantee).send();
            put.refused(400, code);
        }
    }
    // Two have it now: whom it means is anybody's guess.
    let email = ["tenant", "update", "city", "--email", "ana@other.example"];
    scene.server.admin(&email).expect("an address");
    let put = city.put(
        "/lists/a?acl",
        document(&owner, &[("ana@other.example", "READ")]),
    );
    put.refused(400, "UnresolvableGrantByEmailAddress");
    for name in ["aws-exec-read", "Private", "unheard-of", ""] {
        let put = city
            .request("PUT", "/lists/a?acl")
            .header("x-amz-acl", name);
        put.send().refused(400, "InvalidArgument");
    }
    tells(city, "/lists/a?acl", &[FULL]);
    tells(city, "/lists?acl", &[FULL]);
    city.get("/lists/b").refused(404, "NoSuchKey");
    city.get("/new").refused(404, "NoSuchBucket");
}

#[test]
fn point_67_empty_list_is_legal_and_the_owner_keeps_the_list_in_hand() {
    let scene = Scene::start();
    let (city, owner) = (&scene.city, id(&scene.city));
    for target in ["/lists?acl", "/lists/a?acl"] {
        city.put(target, document(&owner, &[])).expect(200);
        tells(city, target, &[]);
        canned(city, target, "private");
        tells(city, target, &[FULL]);
    }
    // The writer of an object without any grant.
    canned(city, "/lists?acl", "public-read-write");
    scene.other.put("/lists/b", "b").expect(200);
    let none = document(&id(&scene.other), &[]);
    scene.other.put("/lists/b?acl", none).expect(200);
    city.get("/lists/b?acl").refused(403, "AccessDenied");
    tells(&scene.other, "/lists/b?acl", &[]);
    canned(&scene.other, "/lists/b?acl", "bucket-owner-read");
    assert_eq!(city.get("/lists/b").expect(200).body, b"b");
}

#[test]
fn point_67_who_has_full_control_changes_the_list_and_not_the_owner() {
    let scene = Scene::start();
    let (city, other) = (&scene.city, &scene.other);
    let (owner, grantee) = (id(city), id(other));
    let list = document(&owner, &[(&grantee, "FULL_CONTROL")]);
    city.put("/lists/a?acl", list).expect(200);
    let own = document(&grantee, &[(&grantee, "FULL_CONTROL")]);
    other.put("/lists/a?acl", own).refused(403, "AccessDenied");
    let nobody = document("c0ffee", &[(&grantee, "FULL_CONTROL")]);
    other
        .put("/lists/a?acl", nobody)
        .refused(403, "AccessDenied");
    canned(other, "/lists/a?acl", "public-read");
    let told = other.get("/lists/a?acl").refused(403, "AccessDenied");
    assert!(!told.body_text().contains(&owner));
    let told = city.get("/lists/a?acl").expect(200);
    assert_eq!(told.text("ID"), Some(owner));
    assert_eq!(grants(&told)[0], ("AllUsers".to_owned(), "READ".to_owned()));
}

#[test]
fn point_62_lists_are_the_versions_own_and_new_versions_begin_private() {
    let scene = Scene::start();
    let city = &scene.city;
    set(city, "/lists", "Enabled");
    let older = put(city, "/lists/a", "older");
    canned(city, "/lists/a?acl", "public-read");
    let newer = put(city, "/lists/a", "newer");
    let public = [("AllUsers", "READ"), FULL];
    tells(city, "/lists/a?acl", &[FULL]);
    tells(city, &format!("{}&acl", at("/lists/a", &older)), &public);
    tells(city, "/lists/a?acl&versionId=null", &[FULL]);
    let set_older = format!("{}&acl", at("/lists/a", &older));
    canned(city, &set_older, "private");
    let answer = city.request("PUT", &set_older);
    let answer = answer.header("x-amz-acl", "public-read").send().expect(200);
    assert_eq!(answer.header("x-amz-version-id"), Some(older.as_str()));
    tells(city, &format!("{}&acl", at("/lists/a", &newer)), &[FULL]);
    let marker = city.delete("/lists/a").expect(204);
    let marker = marker.header("x-amz-version-id").expect("a marker");
    city.get("/lists/a?acl").refused(404, "NoSuchKey");
    for method in ["GET", "PUT"] {
        let of_marker = city.request(method, &format!("{}&acl", at("/lists/a", marker)));
        let of_marker = of_marker.header("x-amz-acl", "private").send();
        of_marker.refused(405, "MethodNotAllowed");
    }
    tells(city, &set_older, &public);
}

#[test]
fn point_69_list_leaves_the_time_and_everything_else_of_the_object() {
    let scene = Scene::start();
    let city = &scene.city;
    let tags = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
    let put = city.request("PUT", "/lists/a").header("x-amz-meta-a", "b");
    put.body("the record").send().expect(200);
    city.put("/lists/a?tagging", tags).expect(200);
    let look = || {
        let head = city.head("/lists/a").expect(200);
        let header = |name: &str| head.header(name).map(str::to_owned);
        [
            "last-modified",
            "etag",
            "x-amz-meta-a",
            "x-amz-tagging-count",
        ]
        .map(header)
    };
    let before = look();
    assert!(before.iter().all(Option::is_some), "{before:?}");
    pause(Duration::from_millis(1100));
    canned(city, "/lists/a?acl", "public-read");
    assert_eq!(look(), before);
    city.put("/lists/a?tagging", tags).expect(200);
    tells(city, "/lists/a?acl", &[("AllUsers", "READ"), FULL]);
    assert_eq!(city.get("/lists/a").expect(200).body, b"the record");
}

#[test]
fn point_69_fifty_lists_at_once_all_succeed() {
    let scene = Scene::start();
    let city = &scene.city;
    for target in ["/lists?acl", "/lists/a?acl"] {
        std::thread::scope(|scope| {
            let puts = (0..50).map(|number| {
                let name = ["public-read", "private"][number % 2];
                scope.spawn(move || canned(city, target, name))
            });
            let puts: Vec<_> = puts.collect();
            for put in puts {
                put.join().expect("an answer");
            }
        });
        canned(city, target, "authenticated-read");
        tells(city, target, &[("AuthenticatedUsers", "READ"), FULL]);
    }
}

/// The source's list is never copied, also not onto itself.
#[test]
fn copies_begin_with_the_list_that_they_ask_for() {
    let scene = Scene::start();
    let city = &scene.city;
    canned(city, "/lists/a?acl", "public-read");
    let copy = |target: &str| {
        let copy = city.request("PUT", target);
        let copy = copy.header("x-amz-copy-source", "/lists/a");
        copy.header("x-amz-metadata-directive", "REPLACE")
    };
    copy("/lists/b").send().expect(200);
    tells(city, "/lists/b?acl", &[FULL]);
    let asked = copy("/lists/b").header("x-amz-acl", "authenticated-read");
    asked.send().expect(200);
    let signed = [("AuthenticatedUsers", "READ"), FULL];
    tells(city, "/lists/b?acl", &signed);
    copy("/lists/a").send().expect(200);
    tells(city, "/lists/a?acl", &[FULL]);
    let asked = copy("/lists/a").header("x-amz-acl", "authenticated-read");
    asked.send().expect(200);
    tells(city, "/lists/a?acl", &signed);
    assert_eq!(city.get("/lists/a").expect(200).body, b"the record");
}
