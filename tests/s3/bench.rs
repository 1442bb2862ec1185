//! `riznica bench` beside the server's own counts: what it says it did was done, and nothing of it
//! is left.
//!
//! Owns: running it. Ends that are not good are in `bench_ends`.

use crate::authority::Authority;
use crate::raw::Account;
use crate::server::TestServer;
use serde_json::Value;
use std::process::{Command, Stdio};

/// A run that has ended.
pub(crate) struct Ended {
    /// What it printed, if that was JSON.
    pub(crate) report: Option<Value>,
    /// What it said on standard error.
    pub(crate) complaint: String,
    /// Whether it ended with 0.
    pub(crate) is_success: bool,
}

impl Ended {
    /// The report of a run that ended well.
    pub(crate) fn good(self) -> Value {
        assert!(self.is_success, "{}", self.complaint);
        self.report.expect("a report")
    }

    /// The complaint of a run that did not.
    pub(crate) fn bad(self) -> String {
        assert!(!self.is_success, "it ended well: {:?}", self.report);
        self.complaint
    }
}

/// A command line on the bucket `load`, without the endpoint.
pub(crate) fn command(account: &Account, words: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_riznica"));
    command
        .args(["--output", "json", "bench"])
        .args(words.split_whitespace())
        .env("AWS_ACCESS_KEY_ID", &account.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", &account.secret)
        .env_remove("AWS_SESSION_TOKEN")
        .env_remove("AWS_DEFAULT_REGION")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Where the account's server listens, and a bucket.
pub(crate) fn place(account: &Account, bucket: &str) -> String {
    format!(
        "--endpoint http://127.0.0.1:{} --bucket {bucket}",
        account.port
    )
}

/// Waits for the end of a run.
pub(crate) fn ended(mut command: Command) -> Ended {
    judged(command.output().expect("it runs"))
}

/// What a process has left.
pub(crate) fn judged(output: std::process::Output) -> Ended {
    Ended {
        report: serde_json::from_slice(&output.stdout).ok(),
        complaint: String::from_utf8(output.stderr).expect("text"),
        is_success: output.status.success(),
    }
}

/// Runs it on a bucket.
pub(crate) fn bench(account: &Account, bucket: &str, words: &str) -> Ended {
    let place = place(account, bucket);
    ended(command(account, &format!("{words} {place}")))
}

/// Keys in a bucket.
pub(crate) fn keys(account: &Account, bucket: &str) -> Vec<String> {
    let listed = account.get(&format!("/{bucket}?list-type=2")).expect(200);
    texts(&listed.body_text(), "Key")
}

/// Texts of all elements of a name.
pub(crate) fn texts(document: &str, name: &str) -> Vec<String> {
    let opening = format!("<{name}>");
    let parts = document.split(&opening).skip(1);
    let texts = parts.filter_map(|part| Some(part.split_once('<')?.0.to_owned()));
    texts.collect()
}

fn number(value: &Value, field: &str) -> u64 {
    value[field].as_u64().expect("a number")
}

/// The line of one kind of request; zeros when there were none.
fn line(report: &Value, kind: &str) -> Value {
    let lines = report["operations"].as_array().expect("lines").iter();
    let found = lines.clone().find(|line| line["operation"] == kind);
    found
        .cloned()
        .unwrap_or_else(|| serde_json::json!({"requests": 0}))
}

/// What the server has counted for a bucket.
fn counted(server: &TestServer, bucket: &str) -> Value {
    let told = server
        .admin(&["usage", "--tenant", "city"])
        .expect("a report");
    let told: Value = serde_json::from_str(&told).expect("JSON");
    let lines = told["lines"].as_array().expect("lines").iter();
    let mut own = lines.filter(|line| line["bucket"] == bucket);
    own.next().cloned().expect("the bucket's line")
}

/// Pages that a sweep asks for: those with something on them, and the one that shows nothing.
fn pages(swept: u64) -> u64 {
    swept.div_ceil(1000) + 1
}

const MIX: &str = "--mix put=30,get=30,head=10,range=10,list=10,delete=10";
const RANGES: &str = "--range-size 512";

#[test]
fn every_operation_counts_what_the_server_counts() {
    let server = TestServer::start();
    let city = server.account("city");
    let shape = format!(
        "--duration 1s --warm-up 0s --concurrency 3 --objects 30 --size 1KiB..100KiB \
         --size 2KiB --pid {}",
        server.pid()
    );
    let kinds = ["put", "get", "head", "range", "list", "delete"];
    for operation in kinds.into_iter().chain(["mixed"]) {
        let bucket = format!("load-{operation}");
        city.put(&format!("/{bucket}"), "").expect(200);
        let words = match operation {
            "mixed" => format!("mixed {RANGES} {MIX} {shape}"),
            "range" => format!("range {RANGES} {shape}"),
            _ => format!("{operation} {shape}"),
        };
        let report = bench(&city, &bucket, &words).good();
        assert_eq!(report["errors"], serde_json::json!({}), "{report}");
        let told = kinds.map(|kind| number(&line(&report, kind), "requests"));
        let [put, get, head, range, list, delete] = told;
        let sum: u64 = told.iter().sum();
        assert!(sum > 10, "{operation}: {report}");
        if operation == "mixed" {
            assert_eq!(number(&line(&report, "(total)"), "requests"), sum);
            assert!(told.iter().all(|count| *count > 0), "{report}");
        } else {
            assert_eq!(sum, number(&line(&report, operation), "requests"));
        }
        let (prepared, swept) = (number(&report["plan"], "objects"), number(&report, "swept"));
        assert_eq!(prepared, if operation == "put" { 0 } else { 30 });
        assert_eq!(swept, prepared + put - delete, "{report}");
        let own = counted(&server, &bucket);
        // One object is put, looked at and deleted before: its listing and the one that is empty.
        assert_eq!(number(&own, "put"), 1 + prepared + put, "{operation} {own}");
        assert_eq!(number(&own, "get"), get + range, "{operation} {own}");
        assert_eq!(number(&own, "head"), head + 1, "{operation} {own}");
        let listed = pages(1) + if swept == 0 { 1 } else { pages(swept) };
        assert_eq!(number(&own, "list"), list + listed, "{operation} {own}");
        assert_eq!((number(&own, "objects"), number(&own, "bytes")), (0, 0));
        assert_eq!(keys(&city, &bucket), Vec::<String>::new());
        let used = &report["server"];
        // The kernel counts in ticks of 10 ms; 30 deletions may take none.
        let cpu = used["cpu_us_per_request"].as_f64().expect("a number");
        assert!(cpu > 0.0 || operation == "delete", "{report}");
        assert!(number(used, "resident_peak_bytes") >= number(used, "resident_bytes"));
        let told = line(
            &report,
            if operation == "mixed" {
                "(total)"
            } else {
                operation
            },
        );
        let quantile = |name: &str| told[name].as_f64().expect("a number");
        assert!(quantile("p50_ms") > 0.0 && quantile("p50_ms") <= quantile("p99_ms"));
        assert!(quantile("p99_ms") <= quantile("p99_9_ms"));
        assert!(quantile("p99_9_ms") <= quantile("max_ms"));
    }
}

#[test]
fn bytes_are_those_that_the_server_counts_signed_or_not() {
    let server = TestServer::start();
    let city = server.account("city");
    for (bucket, signing) in [("plain", ""), ("signed", "--signed-payload")] {
        city.put(&format!("/{bucket}"), "").expect(200);
        let words =
            format!("put --size 200KB --duration 1s --warm-up 0s --concurrency 2 --keep {signing}");
        let report = bench(&city, bucket, &words).good();
        let put = line(&report, "put");
        assert_eq!(number(&put, "bytes"), number(&put, "requests") * 200_000);
        let own = counted(&server, bucket);
        // With the one that was put before.
        assert_eq!(number(&own, "bytes_in"), number(&put, "bytes") + 200_000);
        assert_eq!(number(&own, "objects"), number(&put, "requests") + 1);
        assert_eq!(number(&report, "swept"), 0);
        let prefix = report["plan"]["prefix"].as_str().expect("a prefix");
        let kept = keys(&city, bucket);
        assert!(kept.iter().all(|object_key| object_key.starts_with(prefix)));
    }
}

#[test]
fn versions_and_markers_go_and_what_is_others_stays() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/load", "").expect(200);
    let enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    city.put("/load?versioning", enabled).expect(200);
    for object_key in ["riznica-bench/mine", "riznica-bench0", "a"] {
        city.put(&format!("/load/{object_key}"), "mine").expect(200);
    }
    let words = "mixed --mix put=50,delete=40,get=10 --duration 1s --warm-up 0s --objects 5";
    let report = bench(&city, "load", words).good();
    let delete = number(&line(&report, "delete"), "requests");
    assert!(delete > 0, "{report}");
    // Each version of what was put, and each marker.
    let versions = 5 + number(&line(&report, "put"), "requests");
    assert_eq!(number(&report, "swept"), versions + delete);
    let left = city.get("/load?versions").expect(200).body_text();
    let mut left = texts(&left, "Key");
    left.sort_unstable();
    assert_eq!(left, ["a", "riznica-bench/mine", "riznica-bench0"]);
}

#[test]
fn warm_up_does_not_count() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/load", "").expect(200);
    let words = "get --duration 500ms --warm-up 1s --objects 5 --concurrency 2";
    let report = bench(&city, "load", words).good();
    let told = number(&line(&report, "get"), "requests");
    assert!(
        number(&counted(&server, "load"), "get") > told && told > 0,
        "{report}"
    );
    let seconds = report["seconds"].as_f64().expect("seconds");
    assert!((0.4..5.0).contains(&seconds), "{report}");
}

#[test]
fn objects_far_larger_than_memory_are_streamed() {
    const LEN: u64 = 150_000_000;
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/load", "").expect(200);
    let words = "get --objects 1 --size 150MB --duration 100ms --warm-up 0s --concurrency 1";
    let report = bench(&city, "load", words).good();
    let get = line(&report, "get");
    assert_eq!(number(&get, "bytes"), number(&get, "requests") * LEN);
    let peak = number(&report["client"], "resident_peak_bytes");
    assert!(peak < LEN / 2, "{peak} bytes were resident");
}

#[test]
fn https_is_measured_when_the_authority_is_trusted() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let server = authority.server();
    let city = server.account("city");
    server
        .admin(&["bucket", "create", "load", "--tenant", "city"])
        .expect("a bucket");
    let folder = tempfile::tempdir().expect("a folder");
    let run = |authority: &Authority, name: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, authority.certificate_pem()).expect("written");
        let place = format!("--endpoint https://localhost:{} --bucket load", city.port);
        let shape = "get --objects 3 --duration 500ms --warm-up 0s";
        let mut command = command(&city, &format!("{shape} {place}"));
        command.arg("--ca-file").arg(file);
        ended(command)
    };
    let report = run(&authority, "right.pem").good();
    assert_eq!(report["plan"]["tls"], true);
    assert!(number(&line(&report, "get"), "requests") > 0);
    let complaint = run(&stranger, "wrong.pem").bad();
    assert!(complaint.contains("no connection"), "{complaint}");
}
