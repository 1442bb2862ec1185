//! CopyObject: points 41 to 45.

use super::uploads::{PART_LEN, Upload, bytes};
use super::with_bucket;
use crate::raw::{Account, Answer, Request};
use crate::server::TestServer;
use std::thread;

fn copy(account: &Account, source: &str, target: &str) -> Request {
    account
        .request("PUT", target)
        .header("x-amz-copy-source", source)
}

/// Stores `content` under a key, copies it by a source, and compares.
#[track_caller]
fn assert_copies(city: &Account, target: &str, source: &str) {
    let content = format!("content of {target}");
    city.put(&format!("/points/{target}"), content.as_str())
        .expect(200);
    copy(city, source, "/points/copied").send().expect(200);
    let copied = city.get("/points/copied").expect(200).body_text();
    assert_eq!(copied, content, "{source}");
    city.delete(&format!("/points/{target}")).expect(204);
}

#[test]
fn point_41_copy_source_is_decoded_exactly_once() {
    let (_server, city) = with_bucket();
    for (target, source) in [
        ("plain", "points/plain"),
        ("plain", "/points/plain"),
        ("plain", "%2Fpoints%2Fplain"),
        ("%20", "points/%20"),
        ("a%25.txt", "points/a%25.txt"),
        ("a%2525.txt", "points/a%2525.txt"),
        ("foo%3Fbar", "points/foo%3Fbar"),
        ("foo%3Fbar", "points/foo?bar"),
        ("%3FversionId", "points/%3FversionId"),
        ("%3FversionId", "points/%3FversionId?versionId=null"),
        ("a%2Bb", "points/a+b"),
        ("a%2Bb", "points/a%2Bb"),
        ("%D0%B0.txt", "points/%D0%B0.txt"),
        ("../x", "points/../x"),
        ("a//b", "points/a//b"),
    ] {
        assert_copies(&city, target, source);
    }
    // What is encoded twice names another object.
    city.put("/points/a%25.txt", "percent").expect(200);
    city.put("/points/a%2525.txt", "escaped percent")
        .expect(200);
    copy(&city, "points/a%25.txt", "/points/1")
        .send()
        .expect(200);
    copy(&city, "points/a%2525.txt", "/points/2")
        .send()
        .expect(200);
    assert_eq!(city.get("/points/1").expect(200).body, b"percent");
    assert_eq!(city.get("/points/2").expect(200).body, b"escaped percent");
}

#[test]
fn point_41_what_names_no_object_is_refused() {
    let (_server, city) = with_bucket();
    for source in [
        "points",
        "points/",
        "/",
        "/points",
        "points/%zz",
        "points/%ff",
        "",
    ] {
        copy(&city, source, "/points/k")
            .send()
            .refused(400, "InvalidArgument");
    }
    let versioned = copy(&city, "points/a?versionId=abc", "/points/k").send();
    assert!(versioned.status >= 400, "{}", versioned.status);
    city.get("/points/k").refused(404, "NoSuchKey");
}

#[test]
fn point_42_copy_onto_itself_must_change_something() {
    let (_server, city) = with_bucket();
    let put = city
        .request("PUT", "/points/k")
        .header("x-amz-meta-office", "North");
    let first = put.body("four").send().expect(200);
    copy(&city, "points/k", "/points/k")
        .send()
        .refused(400, "InvalidRequest");
    let explicit = copy(&city, "points/k", "/points/k");
    let explicit = explicit.header("x-amz-metadata-directive", "COPY");
    explicit.send().refused(400, "InvalidRequest");
    let replace = copy(&city, "points/k", "/points/k");
    let replace = replace.header("x-amz-metadata-directive", "REPLACE");
    let replace = replace.header("x-amz-meta-office", "South");
    let answer = replace
        .header("content-type", "text/plain")
        .send()
        .expect(200);
    assert_eq!(answer.text("ETag").as_deref(), first.header("etag"));
    let got = city.get("/points/k").expect(200);
    assert_eq!(got.body, b"four");
    assert_eq!(got.header("x-amz-meta-office"), Some("South"));
    assert_eq!(got.header("content-type"), Some("text/plain"));
}

/// Beside writers of the same key, a change of metadata either applies to the bytes that it read or
/// fails; it never mixes.
#[test]
fn point_42_metadata_and_bytes_never_mix() {
    let (_server, city) = with_bucket();
    let put = |seed: u8| {
        let put = city.request("PUT", "/points/k").body(bytes(seed, 40_000));
        put.header("x-amz-meta-seed", &seed.to_string()).send()
    };
    put(0).expect(200);
    thread::scope(|scope| {
        let writer = scope.spawn(|| (1..=40).map(put).all(|answer| answer.status == 200));
        for _ in 0..40 {
            let head = city.head("/points/k").expect(200);
            let etag = head.header("etag").expect("an ETag");
            let seed = head.header("x-amz-meta-seed").expect("a seed");
            let change = copy(&city, "points/k", "/points/k");
            let change = change.header("x-amz-copy-source-if-match", etag);
            let change = change.header("x-amz-metadata-directive", "REPLACE");
            let answer = change.header("x-amz-meta-seed", seed).send();
            assert!(
                matches!(answer.status, 200 | 404 | 412),
                "{}",
                answer.body_text()
            );
            let got = city.get("/points/k").expect(200);
            let seed = got.header("x-amz-meta-seed").expect("a seed");
            let seed: u8 = seed.parse().expect("a number");
            assert!(
                got.body == bytes(seed, 40_000),
                "bytes of another than {seed}"
            );
        }
        assert!(writer.join().expect("the writer"));
    });
}

const SAID: [(&str, &str); 6] = [
    ("content-type", "text/x-record"),
    ("cache-control", "no-store"),
    ("content-disposition", "attachment"),
    ("content-language", "sr"),
    ("x-amz-meta-office", "North"),
    ("x-amz-meta-empty", ""),
];

fn with_metadata(city: &Account) -> Answer {
    let put = city.request("PUT", "/points/source").body("four");
    let put = SAID
        .iter()
        .fold(put, |put, (name, value)| put.header(name, value));
    put.send().expect(200);
    city.head("/points/source").expect(200)
}

#[test]
fn point_43_copy_keeps_type_and_metadata() {
    let (_server, city) = with_bucket();
    let source = with_metadata(&city);
    for directive in [None, Some("COPY")] {
        let request = copy(&city, "points/source", "/points/k");
        let request = request.header("content-type", "text/other");
        let request = request.header("x-amz-meta-office", "South");
        let request = request.header("x-amz-meta-more", "more");
        let request = match directive {
            None => request,
            Some(directive) => request.header("x-amz-metadata-directive", directive),
        };
        request.send().expect(200);
        let copied = city.head("/points/k").expect(200);
        for (name, value) in SAID {
            assert_eq!(copied.header(name), Some(value), "{name}");
        }
        assert_eq!(copied.header("x-amz-meta-more"), None);
        assert_eq!(copied.header("etag"), source.header("etag"));
        assert_eq!(copied.header("content-length"), Some("4"));
    }
}

#[test]
fn point_43_replace_discards_type_and_metadata() {
    let (_server, city) = with_bucket();
    with_metadata(&city);
    let request = copy(&city, "points/source", "/points/k");
    let request = request.header("x-amz-metadata-directive", "REPLACE");
    request.header("x-amz-meta-new", "new").send().expect(200);
    let copied = city.head("/points/k").expect(200);
    for (name, _) in SAID {
        if name != "content-type" {
            assert_eq!(copied.header(name), None, "{name}");
        }
    }
    assert_eq!(copied.header("content-type"), Some("binary/octet-stream"));
    assert_eq!(copied.header("x-amz-meta-new"), Some("new"));
    let unknown = copy(&city, "points/source", "/points/k");
    let unknown = unknown.header("x-amz-metadata-directive", "MERGE");
    unknown.send().refused(400, "InvalidArgument");
}

#[test]
fn point_44_conditions_on_the_source_fail_with_412() {
    let (_server, city) = with_bucket();
    let source = with_metadata(&city);
    let etag = source.header("etag").expect("an ETag");
    let (past, future) = (
        "Thu, 01 Jan 2015 00:00:00 GMT",
        "Thu, 01 Jan 2032 00:00:00 GMT",
    );
    let other = "\"00000000000000000000000000000000\"";
    for (name, value, is_met) in [
        ("if-match", etag, true),
        ("if-match", etag.trim_matches('"'), true),
        ("if-match", other, false),
        ("if-none-match", other, true),
        ("if-none-match", etag, false),
        ("if-modified-since", past, true),
        ("if-modified-since", future, false),
        ("if-unmodified-since", future, true),
        ("if-unmodified-since", past, false),
    ] {
        let request = copy(&city, "points/source", "/points/k");
        let answer = request
            .header(&format!("x-amz-copy-source-{name}"), value)
            .send();
        if is_met {
            answer.expect(200);
            city.delete("/points/k").expect(204);
        } else {
            answer.refused(412, "PreconditionFailed");
            city.get("/points/k").refused(404, "NoSuchKey");
        }
    }
    // A future If-Modified-Since is not valid for RFC 9110 servers that compare with their clock;
    // the ETag decides where both are given (S3 API reference, CopyObject).
    let both = copy(&city, "points/source", "/points/k");
    let both = both.header("x-amz-copy-source-if-match", etag);
    both.header("x-amz-copy-source-if-unmodified-since", past)
        .send()
        .expect(200);
    let both = copy(&city, "points/source", "/points/k");
    let both = both.header("x-amz-copy-source-if-none-match", etag);
    let both = both.header("x-amz-copy-source-if-modified-since", past);
    both.send().refused(412, "PreconditionFailed");
}

#[test]
fn point_44_conditions_on_the_destination_hold_at_commit() {
    let (_server, city) = with_bucket();
    with_metadata(&city);
    let conditional = |name: &str, value: &str| {
        copy(&city, "points/source", "/points/k")
            .header(name, value)
            .send()
    };
    conditional("if-match", "*").refused(404, "NoSuchKey");
    conditional("if-none-match", "*").expect(200);
    conditional("if-none-match", "*").refused(412, "PreconditionFailed");
    conditional("if-match", "\"00\"").refused(412, "PreconditionFailed");
    let head = city.head("/points/k").expect(200);
    conditional("if-match", head.header("etag").expect("an ETag")).expect(200);
}

#[test]
fn point_44_source_that_is_missing_or_anothers() {
    let server = TestServer::start();
    let (city, other) = (server.account("city"), server.account("other"));
    city.put("/points", "").expect(200);
    city.put("/points/source", "four").expect(200);
    other.put("/others", "").expect(200);
    other.put("/others/secret", "secret").expect(200);
    copy(&city, "points/none", "/points/k")
        .send()
        .refused(404, "NoSuchKey");
    copy(&city, "no-such-bucket/k", "/points/k")
        .send()
        .refused(404, "NoSuchBucket");
    copy(&city, "others/secret", "/points/k")
        .send()
        .refused(403, "AccessDenied");
    copy(&city, "others/none", "/points/k")
        .send()
        .refused(403, "AccessDenied");
    copy(&city, "points/source", "/others/k")
        .send()
        .refused(403, "AccessDenied");
    copy(&city, "points/source", "/no-such-bucket/k")
        .send()
        .refused(404, "NoSuchBucket");
    let owner = city.get("/").expect(200).text("ID").expect("an owner");
    for (value, status) in [(&*owner, 200), ("111122223333", 403)] {
        let request = copy(&city, "points/source", "/points/k");
        let request = request.header("x-amz-source-expected-bucket-owner", value);
        request.send().expect(status);
        city.delete("/points/k").expect(204);
    }
    city.get("/points/k").refused(404, "NoSuchKey");
    assert_eq!(other.get("/others").expect(200).texts("Key"), ["secret"]);
}

#[test]
fn point_45_copies_of_all_sizes_keep_length_metadata_and_type() {
    let (_server, city) = with_bucket();
    for len in [0, 1, 4096, 262_144, 262_145, 3_000_000] {
        let put = city.request("PUT", "/points/source").body(bytes(9, len));
        let put = put.header("content-type", "text/x-record");
        put.header("x-amz-meta-office", "North").send().expect(200);
        copy(&city, "points/source", "/points/k").send().expect(200);
        let copied = city.get("/points/k").expect(200);
        assert!(copied.body == bytes(9, len), "{len}");
        assert_eq!(copied.header("content-length"), Some(&*len.to_string()));
        assert_eq!(copied.header("content-type"), Some("text/x-record"));
        assert_eq!(copied.header("x-amz-meta-office"), Some("North"));
        city.delete("/points/source").expect(204);
        assert!(city.get("/points/k").expect(200).body == bytes(9, len));
    }
}

#[test]
fn point_45_copy_of_a_multipart_object_is_one_piece() {
    let (_server, city) = with_bucket();
    let whole = Upload::object(&city, "/points/source", &[PART_LEN, 300_000]);
    let answer = copy(&city, "points/source", "/points/k").send().expect(200);
    let copied = city.get("/points/k").expect(200);
    assert!(copied.body == whole);
    assert_eq!(answer.text("ETag").as_deref(), copied.header("etag"));
    assert!(!copied.header("etag").expect("an ETag").contains('-'));
    // Onto itself only the metadata changes; the parts stay what they are.
    let replace = copy(&city, "points/source", "/points/source");
    let replace = replace.header("x-amz-metadata-directive", "REPLACE");
    replace
        .header("x-amz-meta-office", "South")
        .send()
        .expect(200);
    let source = city.get("/points/source").expect(200);
    assert!(source.body == whole);
    assert_eq!(source.header("x-amz-meta-office"), Some("South"));
    let part = city.get("/points/source?partNumber=2").expect(206);
    assert!(part.body == whole[PART_LEN..]);
}

#[test]
fn checksum_of_a_copy_is_the_sources_or_the_one_asked_for() {
    let (_server, city) = with_bucket();
    let put = city.request("PUT", "/points/source").body("four");
    let put = put.header("x-amz-sdk-checksum-algorithm", "SHA256");
    let stored = put.send().expect(200);
    let sha256 = stored.header("x-amz-checksum-sha256").expect("a checksum");
    let copied = copy(&city, "points/source", "/points/k").send().expect(200);
    assert_eq!(copied.text("ChecksumSHA256").as_deref(), Some(sha256));
    let asked = copy(&city, "points/source", "/points/k");
    let asked = asked
        .header("x-amz-checksum-algorithm", "CRC32C")
        .send()
        .expect(200);
    assert!(asked.text("ChecksumCRC32C").is_some() && asked.text("ChecksumSHA256").is_none());
}
