//! `riznica bench` when it does not go well: refusals, wrong answers, signals. It says why, ends
//! with something other than 0, and cleans up.

use crate::bench::{bench, command, ended, judged, keys, place};
use crate::lifecycle_effects::pause;
use crate::raw::Account;
use crate::server::TestServer;
use std::net::TcpListener;
use std::process::{Child, Command};
use std::time::Duration;

/// A server, a tenant, its bucket `load`.
fn with_bucket() -> (TestServer, Account) {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/load", "").expect(200);
    (server, city)
}

/// Waits until there is a key of this kind, and tells it.
fn awaited(account: &Account, part: &str) -> String {
    let mut looks = (0..600).filter_map(|_| {
        pause(Duration::from_millis(50));
        keys(account, "load")
            .into_iter()
            .find(|object_key| object_key.contains(part))
    });
    looks.next().expect("the run writes")
}

fn started(account: &Account, words: &str) -> Child {
    let place = place(account, "load");
    command(account, &format!("{words} {place}"))
        .spawn()
        .expect("it runs")
}

fn tell(child: &Child, signal: &str) {
    let told = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(told.expect("kill runs").success());
}

#[test]
fn wrong_credentials_buckets_and_addresses_are_told() {
    let (server, city) = with_bucket();
    let mut stranger = city.clone();
    stranger.secret = "another secret".to_owned();
    let complaint = bench(&stranger, "load", "get").bad();
    assert!(complaint.contains("SignatureDoesNotMatch"), "{complaint}");
    assert!(complaint.contains("to put an object"), "{complaint}");
    assert!(!complaint.contains("another secret"), "{complaint}");
    let complaint = bench(&city, "no-such-bucket", "get").bad();
    assert!(complaint.contains("NoSuchBucket"), "{complaint}");
    // A port that was free a moment ago.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut nowhere = city.clone();
    nowhere.port = listener.local_addr().expect("its address").port();
    drop(listener);
    let complaint = bench(&nowhere, "load", "get").bad();
    assert!(complaint.contains("no connection"), "{complaint}");
    let mut keyless = command(&city, &format!("get {}", place(&city, "load")));
    keyless.env_remove("AWS_SECRET_ACCESS_KEY");
    let complaint = ended(keyless).bad();
    assert!(complaint.contains("AWS_SECRET_ACCESS_KEY"), "{complaint}");
    let (help, is_success) = server.command(&["--help"]);
    assert!(is_success && help.contains("  bench "), "{help}");
    assert_eq!(keys(&city, "load"), Vec::<String>::new());
}

#[test]
fn nonsense_is_refused_before_anything_is_sent() {
    let (_server, city) = with_bucket();
    for (words, told) in [
        ("get --concurrency 0", "--concurrency"),
        ("get --objects 0", "--objects"),
        ("put --size 6GiB", "5GiB at most"),
        ("range --range-size 5KiB", "--range-size"),
        ("get --range-size 5KiB", "--range-size is for"),
        ("get --mix put=1", "--mix is for"),
        ("mixed --mix get=1,delete=1", "needs put"),
        ("get --duration 0s", "--duration"),
        ("get --prefix /a", "--prefix"),
        ("get --pid 4294967295", "process cannot be looked at"),
    ] {
        let complaint = bench(&city, "load", words).bad();
        assert!(complaint.contains(told), "{words}: {complaint}");
    }
    let endpoint = "get --bucket load --endpoint http://127.0.0.1:1/path";
    let complaint = ended(command(&city, endpoint)).bad();
    assert!(complaint.contains("--endpoint"), "{complaint}");
    assert_eq!(keys(&city, "load"), Vec::<String>::new());
}

#[test]
fn secret_may_come_from_a_file() {
    let (_server, city) = with_bucket();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("secret");
    std::fs::write(&file, format!("{}\n", city.secret)).expect("written");
    let words = "put --duration 200ms --warm-up 0s --concurrency 1";
    let mut command = command(&city, &format!("{words} {}", place(&city, "load")));
    command
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .arg("--secret-key-file")
        .arg(file);
    ended(command).good();
}

#[test]
fn ctrl_c_and_sigterm_tell_what_was_measured_and_clean_up() {
    let (_server, city) = with_bucket();
    for signal in ["-INT", "-TERM"] {
        let child = started(&city, "put --duration 10m --concurrency 4 --warm-up 0s");
        awaited(&city, "/new/");
        tell(&child, signal);
        let ended = judged(child.wait_with_output().expect("its end"));
        let report = ended.report.as_ref().expect("figures until then");
        assert_eq!(report["ended_early"], "signal", "{report}");
        assert!(
            report["operations"][0]["requests"].as_u64() > Some(0),
            "{report}"
        );
        let complaint = ended.bad();
        assert!(complaint.contains("stopped by a signal"), "{complaint}");
        assert_eq!(keys(&city, "load"), Vec::<String>::new());
    }
}

#[test]
fn ctrl_c_while_objects_are_prepared_cleans_up() {
    let (_server, city) = with_bucket();
    let child = started(&city, "get --objects 1000000 --concurrency 4");
    awaited(&city, "/objects/");
    tell(&child, "-INT");
    let ended = judged(child.wait_with_output().expect("its end"));
    assert!(ended.report.is_none());
    let complaint = ended.bad();
    assert!(complaint.contains("stopped by a signal"), "{complaint}");
    assert_eq!(keys(&city, "load"), Vec::<String>::new());
}

#[test]
fn wrong_answers_are_errors_by_what_is_wrong() {
    let (_server, city) = with_bucket();
    let child = started(
        &city,
        "get --objects 1 --duration 4s --warm-up 0s --concurrency 2",
    );
    let object_key = awaited(&city, "/objects/");
    city.put(&format!("/load/{object_key}"), vec![7; 4096])
        .expect(200);
    let ended = judged(child.wait_with_output().expect("its end"));
    let report = ended.report.as_ref().expect("figures");
    let errors = report["errors"].as_object().expect("errors").clone();
    assert_eq!(
        errors.keys().collect::<Vec<_>>(),
        ["(wrong body)"],
        "{report}"
    );
    let failed = errors["(wrong body)"].as_u64().expect("a number");
    assert_eq!(report["operations"][0]["errors"].as_u64(), Some(failed));
    let complaint = ended.bad();
    assert!(complaint.contains(&format!("{failed} of")), "{complaint}");
    assert!(
        complaint.contains("other bytes than were written"),
        "{complaint}"
    );
    assert_eq!(keys(&city, "load"), Vec::<String>::new());
}

#[test]
fn refusals_are_counted_by_their_code() {
    let (_server, city) = with_bucket();
    let child = started(
        &city,
        "head --objects 1 --duration 4s --warm-up 0s --concurrency 2",
    );
    let object_key = awaited(&city, "/objects/");
    city.delete(&format!("/load/{object_key}")).expect(204);
    let ended = judged(child.wait_with_output().expect("its end"));
    let report = ended.report.as_ref().expect("figures");
    let errors = report["errors"].as_object().expect("errors");
    // HEAD has no document that could tell a code.
    assert_eq!(errors.keys().collect::<Vec<_>>(), ["HTTP 404"], "{report}");
    ended.bad();
}

#[test]
fn being_told_to_slow_down_is_counted_by_itself_and_is_no_error() {
    let (server, city) = with_bucket();
    let rate = ["rate", "set", "--tenant", "city", "--requests", "20"];
    server.admin(&rate).expect("a rate");
    let words = "get --objects 3 --duration 4s --warm-up 0s --concurrency 8";
    let report = bench(&city, "load", words).good();
    let line = &report["operations"][0];
    assert!(line["slow_down"].as_u64() > Some(0), "{report}");
    assert_eq!(line["errors"].as_u64(), Some(0), "{report}");
    assert_eq!(report["errors"], serde_json::json!({}));
    // Two seconds of the rate at once, and four as they pass; it waits when it is told to.
    assert!(line["requests"].as_u64() < Some(200), "{report}");
}

#[test]
fn bucket_that_keeps_what_is_written_is_found_out_by_one_object() {
    let server = TestServer::start();
    let city = server.account("city");
    let locked = city.request("PUT", "/load");
    let locked = locked.header("x-amz-bucket-object-lock-enabled", "true");
    locked.send().expect(200);
    let rule = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>\
                <DefaultRetention><Mode>COMPLIANCE</Mode><Days>1</Days></DefaultRetention></Rule>\
                </ObjectLockConfiguration>";
    city.put("/load?object-lock", rule).expect(200);
    // SDKs send a digest with every PUT to such a bucket; this program does not need one.
    let complaint = bench(&city, "load", "put --duration 1s").bad();
    assert!(complaint.contains("could not be deleted"), "{complaint}");
    assert!(complaint.contains("AccessDenied"), "{complaint}");
    assert_eq!(keys(&city, "load").len(), 1);
}
