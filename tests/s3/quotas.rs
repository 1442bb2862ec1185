//! Quotas of buckets and tenants: exact to the byte, also when many write at once (row 72), and the
//! counters behind them.

use crate::lifecycle_effects::pause;
use crate::raw::{Account, Answer, Connection};
use crate::server::TestServer;
use serde_json::Value;
use std::thread;
use std::time::Duration;

const ENABLED: &str = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";

/// A server, a tenant, its bucket `box`.
fn with_bucket() -> (TestServer, Account) {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/box", "").expect(200);
    (server, city)
}

fn limit(server: &TestServer, owner: &[&str], limits: &[&str]) {
    let words = [&["quota", "set"], owner, limits].concat();
    server.admin(&words).expect("limits are set");
}

fn usage(server: &TestServer, owner: &[&str]) -> (u64, u64, u64) {
    let shown = server.admin(&[&["quota", "show"], owner].concat());
    let shown: Value = serde_json::from_str(&shown.expect("a quota")).expect("JSON");
    let number = |field: &str| shown["usage"][field].as_u64().expect("a number");
    (number("bytes"), number("objects"), number("upload_bytes"))
}

/// Counters and rows agree everywhere.
fn agree(server: &TestServer) {
    let recount = server.admin(&["usage", "recount"]);
    assert!(recount.is_some(), "counters and rows differ");
}

const BOX: &[&str] = &["--bucket", "box"];
const CITY: &[&str] = &["--tenant", "city"];

fn refused(answer: Answer, words: &[&str]) {
    let answer = answer.refused(403, "QuotaExceeded");
    let message = answer.text("Message").expect("a message");
    for word in words {
        assert!(message.contains(word), "{word}: {message}");
    }
}

#[test]
fn bytes_are_limited_exactly() {
    let (server, city) = with_bucket();
    limit(&server, BOX, &["--bytes", "1000"]);
    city.put("/box/a", vec![1; 600]).expect(200);
    refused(
        city.put("/box/b", vec![1; 401]),
        &["bucket", "1000 bytes", "600 are in use", "401 more"],
    );
    city.put("/box/b", vec![1; 400]).expect(200);
    refused(city.put("/box/c", "x"), &["1000 are in use"]);
    // What adds nothing is always possible.
    city.put("/box/c", "").expect(200);
    city.put("/box/a", vec![2; 600]).expect(200);
    refused(city.put("/box/a", vec![3; 601]), &[]);
    city.get("/box/c?missing").expect(200);
    assert_eq!(city.get("/box/a").expect(200).body, vec![2; 600]);
    assert_eq!(usage(&server, BOX), (1000, 3, 0));
    city.delete("/box/b").expect(204);
    city.put("/box/c", vec![1; 400]).expect(200);
    assert_eq!(usage(&server, CITY), (1000, 2, 0));
    agree(&server);
}

#[test]
fn body_that_cannot_be_stored_is_not_read() {
    let (server, city) = with_bucket();
    limit(&server, BOX, &["--bytes", "1000"]);
    let wire = city
        .request("PUT", "/box/a")
        .body(vec![1; 5_000_000])
        .wire();
    let mut connection = Connection::open(city.port);
    // The answer comes although no byte of the body does.
    connection.write(&wire.head());
    refused(connection.answer("PUT"), &["0 are in use"]);
    assert_eq!(usage(&server, BOX), (0, 0, 0));
}

/// A body whose length nobody has told ends at the byte that is too much.
#[test]
fn body_of_unknown_length_is_refused_at_the_byte() {
    let (server, city) = with_bucket();
    limit(&server, BOX, &["--bytes", "1000000"]);
    for (len, is_stored) in [
        (1_000_000_usize, true),
        (1_000_001, false),
        (9_000_000, false),
    ] {
        city.delete("/box/a").expect(204);
        let request = city.request("PUT", "/box/a").payload("UNSIGNED-PAYLOAD");
        let mut wire = request.wire();
        wire.remove("content-length");
        wire.set("transfer-encoding", "chunked");
        let mut connection = Connection::open(city.port);
        connection.write(&wire.head());
        let piece = vec![7; len];
        connection.write(format!("{len:x}\r\n").as_bytes());
        connection.write(&piece);
        connection.write(b"\r\n0\r\n\r\n");
        let answer = connection.answer("PUT");
        if is_stored {
            answer.expect(200);
            assert_eq!(usage(&server, BOX), (1_000_000, 1, 0));
        } else {
            refused(answer, &["1000000 bytes"]);
            assert_eq!(usage(&server, BOX), (0, 0, 0));
        }
    }
}

fn upload(city: &Account, object_key: &str) -> String {
    let begun = city.post(&format!("/box/{object_key}?uploads"), "");
    begun.expect(200).text("UploadId").expect("an upload")
}

fn part(city: &Account, object_key: &str, upload: &str, number: u8, len: usize) -> Answer {
    let target = format!("/box/{object_key}?partNumber={number}&uploadId={upload}");
    city.put(&target, vec![number; len])
}

fn complete(city: &Account, object_key: &str, upload: &str, etags: &[String]) -> Answer {
    let parts = etags.iter().zip(1..).map(|(etag, number)| {
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
    });
    let document = parts.collect::<String>();
    let document = format!("<CompleteMultipartUpload>{document}</CompleteMultipartUpload>");
    city.post(&format!("/box/{object_key}?uploadId={upload}"), document)
}

#[test]
fn parts_count_and_completing_adds_nothing() {
    const LARGE: usize = 5 * 1024 * 1024;
    let (server, city) = with_bucket();
    let limits = (LARGE + 1000).to_string();
    limit(&server, BOX, &["--bytes", &limits]);
    let id = upload(&city, "m");
    let etag = |answer: Answer| answer.header("etag").expect("an ETag").to_owned();
    let first = etag(part(&city, "m", &id, 1, LARGE).expect(200));
    let second = etag(part(&city, "m", &id, 2, 1000).expect(200));
    let whole = u64::try_from(LARGE + 1000).expect("a number");
    assert_eq!(usage(&server, BOX), (whole, 0, whole));
    refused(part(&city, "m", &id, 3, 1), &["bytes"]);
    refused(city.put("/box/a", "x"), &["bytes"]);
    // The same part again takes its own place.
    part(&city, "m", &id, 2, 1000).expect(200);
    complete(&city, "m", &id, &[first, second]).expect(200);
    assert_eq!(usage(&server, BOX), (whole, 1, 0));
    city.delete("/box/m").expect(204);
    // Bytes of unfinished uploads have a limit of their own.
    limit(&server, CITY, &["--upload-bytes", "10"]);
    let id = upload(&city, "m");
    part(&city, "m", &id, 1, 10).expect(200);
    refused(
        part(&city, "m", &id, 2, 1),
        &["tenant", "10 bytes in unfinished uploads"],
    );
    city.put("/box/a", vec![1; 5000]).expect(200);
    city.delete(&format!("/box/m?uploadId={id}")).expect(204);
    assert_eq!(usage(&server, CITY), (5000, 1, 0));
    agree(&server);
}

#[test]
fn versions_and_markers_count() {
    let (server, city) = with_bucket();
    city.put("/box?versioning", ENABLED).expect(200);
    limit(&server, BOX, &["--objects", "3"]);
    let first = city.put("/box/a", "1").expect(200);
    let first = first.header("x-amz-version-id").expect("an id").to_owned();
    city.put("/box/a", "22").expect(200);
    city.delete("/box/a").expect(204);
    assert_eq!(usage(&server, BOX), (3, 3, 0));
    refused(city.put("/box/b", ""), &["3 versions and delete markers"]);
    refused(city.delete("/box/a"), &["3 are in use"]);
    refused(
        city.request("PUT", "/box/b")
            .header("x-amz-copy-source", &format!("/box/a?versionId={first}"))
            .send(),
        &["1 more"],
    );
    city.delete(&format!("/box/a?versionId={first}"))
        .expect(204);
    city.put("/box/b", "").expect(200);
    agree(&server);
}

/// Row 72: 64 writers at the limit; as many as fit, no fewer.
#[test]
fn row_72_parallel_writers_never_pass_a_limit() {
    for (owner, limits) in [
        (BOX, ["--bytes", "10000"]),
        (BOX, ["--objects", "10"]),
        (CITY, ["--bytes", "10000"]),
        (CITY, ["--objects", "10"]),
    ] {
        let (server, city) = with_bucket();
        city.put("/box-2", "").expect(200);
        limit(&server, owner, &limits);
        let city = &city;
        let stored = thread::scope(|scope| {
            let writers = (0..64).map(|writer| {
                let bucket = if owner == CITY && writer % 2 == 1 {
                    "box-2"
                } else {
                    "box"
                };
                scope.spawn(move || city.put(&format!("/{bucket}/{writer}"), vec![1; 1000]))
            });
            let writers: Vec<_> = writers.collect();
            let answers = writers
                .into_iter()
                .map(|one| one.join().expect("an answer"));
            let outcome = |answer: Answer| {
                if answer.status == 200 {
                    return true;
                }
                refused(answer, &[]);
                false
            };
            answers.map(outcome).filter(|is_stored| *is_stored).count()
        });
        assert_eq!(stored, 10, "{owner:?} {limits:?}");
        assert_eq!(usage(&server, owner), (10_000, 10, 0));
        agree(&server);
    }
}

#[test]
fn tenants_limits_hold_for_all_its_buckets_and_nobody_elses() {
    let (server, city) = with_bucket();
    let other = server.account("other");
    city.put("/box-2", "").expect(200);
    other.put("/others", "").expect(200);
    limit(&server, CITY, &["--bytes", "1KB", "--buckets", "2"]);
    city.put("/box/a", vec![1; 700]).expect(200);
    refused(
        city.put("/box-2/a", vec![1; 301]),
        &["tenant", "1000 bytes"],
    );
    city.put("/box-2/a", vec![1; 300]).expect(200);
    other.put("/others/a", vec![1; 5000]).expect(200);
    city.put("/box-3", "").refused(400, "TooManyBuckets");
    // A bucket that is deleted gives its place back, and its unfinished uploads theirs.
    city.delete("/box/a").expect(204);
    let id = upload(&city, "m");
    part(&city, "m", &id, 1, 600).expect(200);
    assert_eq!(usage(&server, CITY), (900, 1, 600));
    city.delete("/box").expect(204);
    assert_eq!(usage(&server, CITY), (300, 1, 0));
    city.put("/box-3", "").expect(200);
    agree(&server);
}

#[test]
fn limit_below_the_usage_stops_writes_and_nothing_else() {
    let (server, city) = with_bucket();
    city.put("/box/a", vec![1; 600]).expect(200);
    city.put("/box/b", vec![1; 600]).expect(200);
    limit(&server, BOX, &["--bytes", "100", "--objects", "1"]);
    assert_eq!(city.get("/box/a").expect(200).body.len(), 600);
    refused(city.put("/box/c", "x"), &[]);
    // What makes less of it is possible.
    city.put("/box/a", vec![2; 599]).expect(200);
    city.delete("/box/b").expect(204);
    city.put("/box/a", "small").expect(200);
    limit(&server, BOX, &["--bytes", "none", "--objects", "none"]);
    city.put("/box/c", vec![1; 5000]).expect(200);
    agree(&server);
}

/// Limits hold behind a crash, and counters are the sum of what is there.
#[test]
fn counters_are_the_sum_after_a_crash() {
    let (mut server, city) = with_bucket();
    city.put("/box?versioning", ENABLED).expect(200);
    limit(&server, BOX, &["--bytes", "300000"]);
    for round in 0..3 {
        thread::scope(|scope| {
            for writer in 0..6 {
                let city = &city;
                let write = move |number: u32| {
                    let target = format!("/box/{}", number % 7);
                    let wire = match (number + writer) % 5 {
                        0 => city.request("DELETE", &target).wire(),
                        _ => city.request("PUT", &target).body(vec![1; 700]).wire(),
                    };
                    wire.try_send(city.port)
                };
                scope.spawn(move || (0..).map_while(write).for_each(drop));
            }
            pause(Duration::from_millis(150 + 100 * round));
            server.kill();
        });
        server.restart();
        agree(&server);
        let (bytes, _, _) = usage(&server, BOX);
        assert!(bytes <= 300_000, "{bytes}");
        assert_eq!(usage(&server, CITY), usage(&server, BOX));
    }
}

#[test]
fn profile_brings_its_quota() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let text = "description = \"small\"\n[quota]\nbytes = 10\nobjects = 2\n";
    std::fs::write(folder.path().join("small.toml"), text).expect("a profile");
    let path = folder.path().display().to_string();
    let server = TestServer::start_with(&[("RIZNICA_PROFILES__FOLDER", &path)]);
    let city = server.account("city");
    let words = [
        "bucket",
        "create",
        "box",
        "--tenant",
        "city",
        "--profile",
        "small",
    ];
    server.admin(&words).expect("a bucket");
    refused(city.put("/box/a", vec![1; 11]), &["10 bytes"]);
    city.put("/box/a", vec![1; 10]).expect(200);
    city.put("/box/b", "").expect(200);
    refused(city.put("/box/c", ""), &["2 versions"]);
}
