//! Metadata of copies: points 42 and 43. Names are in `copy_names`, sources in `copy_sources`.

use super::uploads::bytes;
use super::with_bucket;
use crate::raw::{Account, Answer, Request};
use std::thread;

fn copy(account: &Account, source: &str, target: &str) -> Request {
    account
        .request("PUT", target)
        .header("x-amz-copy-source", source)
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
