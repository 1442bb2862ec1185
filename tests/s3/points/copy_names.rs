//! CopyObject, how a source is named, and copies onto themselves: points 41 to 43 beyond `copy`.

use super::uploads::{PART_LEN, Upload, bytes};
use super::{fill, with_bucket};
use crate::raw::{Account, Answer, Request, sha256_hex};
use md5::{Digest as _, Md5};
use std::sync::Barrier;

/// A copy to `target`, for more headers.
pub(crate) fn copying(account: &Account, source: &str, target: &str) -> Request {
    let request = account.request("PUT", target);
    request.header("x-amz-copy-source", source)
}

pub(crate) fn copy(account: &Account, source: &str, target: &str) -> Answer {
    copying(account, source, target).send()
}

pub(crate) fn md5_hex(body: &[u8]) -> String {
    hex::encode(Md5::digest(body))
}

/// Replaces the metadata of an object by a copy onto itself.
pub(crate) fn replacing(account: &Account, target: &str) -> Request {
    copying(account, target, target).header("x-amz-metadata-directive", "REPLACE")
}

/// Stores four bytes with metadata of many kinds.
pub(crate) fn put_described(account: &Account, target: &str) -> Answer {
    let put = account.request("PUT", target).body("four");
    put.header("content-type", "text/x-tree")
        .header("cache-control", "max-age=7")
        .header("content-language", "eo")
        .header("x-amz-meta-oak", "brown")
        .header("x-amz-meta-empty", "")
        .send()
        .expect(200)
}

pub(crate) fn described(answer: &Answer) -> [Option<&str>; 5] {
    [
        "content-type",
        "cache-control",
        "content-language",
        "x-amz-meta-oak",
        "x-amz-meta-empty",
    ]
    .map(|name| answer.header(name))
}

pub(crate) const DESCRIBED: [Option<&str>; 5] = [
    Some("text/x-tree"),
    Some("max-age=7"),
    Some("eo"),
    Some("brown"),
    Some(""),
];

#[test]
fn point_41_copy_source_may_begin_with_a_slash() {
    let (_server, city) = with_bucket();
    fill(&city, &["k", "a/b", "/k"]);
    for source in ["points/k", "/points/k", "%2Fpoints%2Fk", "points%2Fk"] {
        copy(&city, source, "/points/copy").expect(200);
        assert_eq!(city.get("/points/copy").expect(200).body, b"four");
        city.delete("/points/copy").expect(204);
    }
    // Only the first slash is optional; one behind the bucket belongs to the key.
    city.put("/points//k", "slash").expect(200);
    copy(&city, "points//k", "/points/copy").expect(200);
    assert_eq!(city.get("/points/copy").expect(200).body, b"slash");
    copy(&city, "//points/k", "/points/other").refused(400, "InvalidArgument");
}

#[test]
fn point_41_copy_source_is_decoded_once() {
    let (_server, city) = with_bucket();
    // Percent-encoded key, and ways to name it as a source. Each object holds its own name, so that
    // a copy of another one shows.
    let keys: [(&str, &[&str]); 10] = [
        ("a%25.txt", &["points/a%25.txt"]),
        ("a%2525.txt", &["points/a%2525.txt", "/points/a%2525.txt"]),
        ("a%2Bb", &["points/a+b", "points/a%2Bb"]),
        ("a%20b", &["points/a%20b"]),
        ("%20", &["points/%20", "/points/%20"]),
        ("foo%3Fbar", &["points/foo%3Fbar", "points/foo?bar"]),
        (
            "%3FversionId",
            &["points/%3FversionId", "points/?versionId"],
        ),
        ("%3FversionId%3Dnull", &["points/%3FversionId%3Dnull"]),
        (
            "%C4%9D%E6%9C%A8",
            &["points/%C4%9D%E6%9C%A8", "points/\u{11d}\u{6728}"],
        ),
        ("%252F", &["points/%252F"]),
    ];
    for (target, _) in keys {
        city.put(&format!("/points/{target}"), target).expect(200);
    }
    for (target, sources) in keys {
        for source in sources {
            copy(&city, source, "/points/copy").expect(200);
            let copied = city.get("/points/copy").expect(200);
            assert_eq!(copied.body_text(), target, "{source}");
        }
    }
}

#[test]
fn point_41_copy_source_is_split_at_the_literal_version() {
    let (_server, city) = with_bucket();
    city.put("/points/k", "plain").expect(200);
    city.put("/points/%3FversionId", "odd").expect(200);
    city.put("/points/k%3FversionId%3Dnull", "escaped")
        .expect(200);
    for (source, expected) in [
        ("points/k?versionId=null", "plain"),
        ("/points/%3FversionId?versionId=null", "odd"),
        ("points/?versionId?versionId=null", "odd"),
        ("points/k%3FversionId%3Dnull", "escaped"),
        ("points/k%3FversionId%3Dnull?versionId=null", "escaped"),
    ] {
        copy(&city, source, "/points/copy").expect(200);
        let copied = city.get("/points/copy").expect(200);
        assert_eq!(copied.body_text(), expected, "{source}");
    }
    let other = format!("points/k?versionId={}", "0".repeat(32));
    copy(&city, &other, "/points/none").refused(404, "NoSuchVersion");
    let malformed = "points/k?versionId=3sL4kqtJlcpXroDTDmJ";
    copy(&city, malformed, "/points/none").refused(400, "InvalidArgument");
    city.get("/points/none").refused(404, "NoSuchKey");
}

#[test]
fn point_41_copy_source_that_names_no_object_is_refused() {
    let (_server, city) = with_bucket();
    fill(&city, &["k", "b/k"]);
    for source in [
        "points",
        "/points",
        "points/",
        "/",
        "points/%zz",
        "points/%F",
        "points/%FF",
        "points/%00",
        "/a/../points/k",
        "../points/k",
        "./points/k",
        "points?k",
        "POINTS/k",
        "points/k%",
    ] {
        copy(&city, source, "/points/copy").refused(400, "InvalidArgument");
    }
    // Dots are letters of a key, never a way to another one.
    copy(&city, "points/a/../k", "/points/copy").refused(404, "NoSuchKey");
    copy(&city, "points/../points/k", "/points/copy").refused(404, "NoSuchKey");
    copy(&city, "points/./k", "/points/copy").refused(404, "NoSuchKey");
    city.get("/points/copy").refused(404, "NoSuchKey");
}

#[test]
fn point_42_copy_onto_itself_without_change_is_refused() {
    let (_server, city) = with_bucket();
    let before = put_described(&city, "/points/k");
    let plain = copying(&city, "/points/k", "/points/k");
    plain.clone().send().refused(400, "InvalidRequest");
    let named = plain.clone().header("x-amz-metadata-directive", "COPY");
    named.send().refused(400, "InvalidRequest");
    // Metadata of the request is no change under COPY, and neither is another spelling of the name.
    let ignored = plain.header("x-amz-meta-oak", "green");
    ignored.send().refused(400, "InvalidRequest");
    copy(&city, "points/%6B?versionId=null", "/points/k").refused(400, "InvalidRequest");
    let head = city.head("/points/k").expect(200);
    assert_eq!(described(&head), DESCRIBED);
    assert_eq!(head.header("etag"), before.header("etag"));
    copy(&city, "points/none", "/points/none").refused(404, "NoSuchKey");
}

#[test]
fn point_42_copy_onto_itself_with_encryption_named_is_allowed() {
    let (_server, city) = with_bucket();
    put_described(&city, "/points/k");
    let named = copying(&city, "/points/k", "/points/k");
    let named = named.header("x-amz-server-side-encryption", "AES256");
    let answer = named.send().expect(200);
    assert_eq!(
        answer.header("x-amz-server-side-encryption"),
        Some("AES256")
    );
    let head = city.get("/points/k").expect(200);
    assert_eq!(described(&head), DESCRIBED);
    assert_eq!(head.body, b"four");
}

/// `aws s3 cp --storage-class STANDARD` of an object onto itself.
#[test]
fn point_42_copy_onto_itself_with_storage_class_named_is_allowed() {
    let (_server, city) = with_bucket();
    put_described(&city, "/points/k");
    let named = copying(&city, "/points/k", "/points/k");
    let named = named.header("x-amz-storage-class", "STANDARD");
    named.send().expect(200);
    let read = city.get("/points/k").expect(200);
    assert_eq!(described(&read), DESCRIBED);
    assert_eq!(read.body, b"four");
}

#[test]
fn point_42_multipart_object_takes_new_metadata() {
    let (_server, city) = with_bucket();
    let whole = Upload::object(&city, "/points/k", &[PART_LEN, 300_001]);
    let before = city.head("/points/k").expect(200);
    for leaf in ["green", "red"] {
        let replaced = replacing(&city, "/points/k").header("x-amz-meta-leaf", leaf);
        replaced.send().expect(200);
        let after = city.get("/points/k").expect(200);
        assert_eq!(sha256_hex(&after.body), sha256_hex(&whole));
        assert_eq!(after.header("x-amz-meta-leaf"), Some(leaf));
        assert_eq!(after.header("etag"), before.header("etag"));
    }
    let second = city.get("/points/k?partNumber=2").expect(206);
    assert_eq!(second.body, &whole[PART_LEN..]);
}

#[test]
fn point_42_new_metadata_and_new_contents_do_not_hinder_each_other() {
    let (_server, city) = with_bucket();
    city.put("/points/k", bytes(0, 5000)).expect(200);
    let start = Barrier::new(6);
    std::thread::scope(|scope| {
        for writer in 0_u8..3 {
            let (city, start) = (&city, &start);
            scope.spawn(move || {
                start.wait();
                for _ in 0..15 {
                    city.put("/points/k", bytes(writer, 5000)).expect(200);
                }
            });
            scope.spawn(move || {
                start.wait();
                for _ in 0..15 {
                    let replaced = replacing(city, "/points/k");
                    let replaced = replaced.header("x-amz-meta-by", &writer.to_string());
                    replaced.send().expect(200);
                }
            });
        }
    });
    let end = city.get("/points/k").expect(200);
    assert!((0..3).any(|writer| bytes(writer, 5000) == end.body));
    let md5 = md5_hex(&end.body);
    assert_eq!(end.header("etag"), Some(&*format!("\"{md5}\"")));
}

#[test]
fn point_43_unknown_directive_is_refused() {
    let (_server, city) = with_bucket();
    fill(&city, &["k"]);
    for directive in ["", "copy", "replace", "REPLACED", "COPY,REPLACE"] {
        let request = copying(&city, "points/k", "/points/copy");
        let request = request.header("x-amz-metadata-directive", directive);
        request.send().refused(400, "InvalidArgument");
    }
    city.get("/points/copy").refused(404, "NoSuchKey");
}

#[test]
fn point_43_access_list_is_the_requests() {
    let (_server, city) = with_bucket();
    fill(&city, &["k"]);
    // Buckets are owner-enforced: what would open the copy is refused, private is the default.
    let open = copying(&city, "points/k", "/points/open").header("x-amz-acl", "public-read");
    open.send().refused(400, "AccessControlListNotSupported");
    city.get("/points/open").refused(404, "NoSuchKey");
    let private = copying(&city, "points/k", "/points/private").header("x-amz-acl", "private");
    private.send().expect(200);
    copy(&city, "points/k", "/points/default").expect(200);
    for target in ["/points/private", "/points/default"] {
        let answer = city.request("GET", target).anonymous().send();
        answer.refused(403, "AccessDenied");
    }
}
