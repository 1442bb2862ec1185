//! CopyObject, conditions and copies of every kind of source: points 44 and 45 beyond
//! `copy`.

use super::copy_names::{DESCRIBED, copy, copying, described, md5_hex, put_described, replacing};
use super::held::LENS;
use super::uploads::{PART_LEN, Upload, bytes};
use super::{fill, with_bucket};
use crate::raw::{Account, sha256_hex};
use crate::server::TestServer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest;

pub(crate) const PAST: &str = "Mon, 01 Jan 2001 00:00:00 GMT";

#[test]
fn point_44_source_conditions_that_fail_are_412() {
    let (_server, city) = with_bucket();
    let etag = city.put("/points/k", "four").expect(200);
    let etag = etag.header("etag").expect("an ETag").to_owned();
    let bare = etag.trim_matches('"').to_owned();
    let head = city.head("/points/k").expect(200);
    let written = head.header("last-modified").expect("a time").to_owned();
    let other = "\"00000000000000000000000000000000\"";
    let (is, is_not) = ("if-match", "if-none-match");
    let (since, not_since) = ("if-modified-since", "if-unmodified-since");
    let cases: [(&[(&str, &str)], bool); 19] = [
        (&[(is, &etag)], true),
        (&[(is, &bare)], true),
        (&[(is, "*")], true),
        (&[(is, other)], false),
        (&[(is_not, &etag)], false),
        (&[(is_not, &bare)], false),
        (&[(is_not, "*")], false),
        (&[(is_not, other)], true),
        (&[(since, PAST)], true),
        (&[(since, &written)], false),
        (&[(not_since, &written)], true),
        (&[(not_since, PAST)], false),
        // A match outweighs the time, and so does a hit of if-none-match.
        (&[(is, &etag), (not_since, PAST)], true),
        (&[(is, other), (not_since, &written)], false),
        (&[(is_not, &etag), (since, PAST)], false),
        (&[(is_not, other), (since, PAST)], true),
        (&[(is, &etag), (is_not, other)], true),
        (&[(is, &etag), (is_not, &etag)], false),
        (&[(is, other), (is_not, other)], false),
    ];
    for (conditions, is_copied) in cases {
        let mut request = copying(&city, "points/k", "/points/copy");
        for (name, value) in conditions {
            request = request.header(&format!("x-amz-copy-source-{name}"), value);
        }
        let answer = request.send();
        if is_copied {
            assert_eq!(answer.outcome(), (200, String::new()), "{conditions:?}");
            city.delete("/points/copy").expect(204);
        } else {
            let refused = (412, "PreconditionFailed".to_owned());
            assert_eq!(answer.outcome(), refused, "{conditions:?}");
            city.get("/points/copy").refused(404, "NoSuchKey");
        }
    }
}

#[test]
fn point_44_source_conditions_count_for_a_copy_onto_itself() {
    let (_server, city) = with_bucket();
    put_described(&city, "/points/k");
    let refused = replacing(&city, "/points/k").header("x-amz-copy-source-if-none-match", "*");
    refused.send().refused(412, "PreconditionFailed");
    assert_eq!(described(&city.head("/points/k").expect(200)), DESCRIBED);
}

#[test]
fn point_44_destination_conditions_are_judged_on_the_destination() {
    let (_server, city) = with_bucket();
    let source = city.put("/points/k", "four").expect(200);
    let source = source.header("etag").expect("an ETag").to_owned();
    let conditional = |target: &str, name: &str, value: &str| {
        let request = copying(&city, "points/k", target);
        request.header(name, value).send()
    };
    // The source's ETag says nothing about a destination that is not there.
    conditional("/points/copy", "if-match", &source).refused(404, "NoSuchKey");
    conditional("/points/copy", "if-match", "*").refused(404, "NoSuchKey");
    city.get("/points/copy").refused(404, "NoSuchKey");
    conditional("/points/copy", "if-none-match", "*").expect(200);
    conditional("/points/copy", "if-none-match", "*").refused(412, "PreconditionFailed");
    let old = city.put("/points/copy", "older").expect(200);
    let old = old.header("etag").expect("an ETag").to_owned();
    conditional("/points/copy", "if-match", &source).refused(412, "PreconditionFailed");
    conditional("/points/copy", "if-none-match", &old).refused(412, "PreconditionFailed");
    assert_eq!(city.get("/points/copy").expect(200).body, b"older");
    conditional("/points/copy", "if-match", &old).expect(200);
    assert_eq!(city.get("/points/copy").expect(200).body, b"four");
    let itself = replacing(&city, "/points/k").header("if-match", &old);
    itself.send().refused(412, "PreconditionFailed");
    let itself = replacing(&city, "/points/k").header("if-match", &source);
    itself.send().expect(200);
}

/// Of copies that must create the same object one does, whichever source it has.
#[test]
fn point_35_of_parallel_copies_that_must_create_one_wins() {
    let (_server, city) = with_bucket();
    for len in LENS {
        let sources: Vec<u8> = (1..=6).collect();
        for seed in &sources {
            let source = format!("/points/source{seed}");
            city.put(&source, bytes(*seed, len)).expect(200);
        }
        let target = format!("/points/copy{len}");
        let won: Vec<u8> = std::thread::scope(|scope| {
            let copies = sources.iter().map(|seed| {
                let source = format!("points/source{seed}");
                let copy = copying(&city, &source, &target).header("if-none-match", "*");
                scope.spawn(move || (*seed, copy.send().outcome()))
            });
            let copies: Vec<_> = copies.collect();
            let ended = copies.into_iter().map(|copy| copy.join().expect("a copy"));
            let won = ended.filter(|(_, outcome)| {
                let failed = (412, "PreconditionFailed".to_owned());
                assert!(outcome.0 == 200 || *outcome == failed, "{outcome:?}");
                outcome.0 == 200
            });
            won.map(|(seed, _)| seed).collect()
        });
        let [seed] = won.as_slice() else {
            panic!("one winner: {won:?}");
        };
        assert!(city.get(&target).expect(200).body == bytes(*seed, len));
    }
}

#[test]
fn point_44_unreadable_source_is_403() {
    let (server, city) = with_bucket();
    let stranger = server.account("stranger");
    fill(&city, &["k"]);
    stranger.put("/elsewhere", "").expect(200);
    // Whether the key or the version is there does not show.
    for source in [
        "points/k",
        "points/none",
        "points/k?versionId=null",
        "points/k?versionId=none",
    ] {
        copy(&stranger, source, "/elsewhere/copy").refused(403, "AccessDenied");
    }
    stranger.get("/elsewhere/copy").refused(404, "NoSuchKey");
    // Nor may one write into a bucket that is not one's own.
    stranger.put("/elsewhere/k", "four").expect(200);
    copy(&stranger, "elsewhere/k", "/points/copy").refused(403, "AccessDenied");
    city.get("/points/copy").refused(404, "NoSuchKey");
}

#[test]
fn point_44_missing_source_is_404() {
    let (_server, city) = with_bucket();
    city.put("/points/copy", "older").expect(200);
    copy(&city, "points/none", "/points/copy").refused(404, "NoSuchKey");
    copy(&city, "no-such-bucket/k", "/points/copy").refused(404, "NoSuchBucket");
    let version = "no-such-bucket/k?versionId=none";
    copy(&city, version, "/points/copy").refused(404, "NoSuchBucket");
    copy(&city, "points/copy", "/no-such-bucket/copy").refused(404, "NoSuchBucket");
    assert_eq!(city.get("/points/copy").expect(200).body, b"older");
}

#[test]
fn point_44_source_of_another_owner_than_expected_is_403() {
    let (_server, city) = with_bucket();
    fill(&city, &["k"]);
    let owner = city.get("/").expect(200).text("ID").expect("an owner");
    let expecting = |owner: &str| {
        let request = copying(&city, "points/k", "/points/copy");
        let request = request.header("x-amz-source-expected-bucket-owner", owner);
        request.send()
    };
    expecting(&"0".repeat(64)).refused(403, "AccessDenied");
    expecting("123456789012").refused(403, "AccessDenied");
    city.get("/points/copy").refused(404, "NoSuchKey");
    expecting(&owner).expect(200);
}

#[test]
fn point_45_copy_keeps_length_metadata_type_and_bytes() {
    let (_server, city) = with_bucket();
    city.put("/elsewhere", "").expect(200);
    for len in [0, 9 * 1024 * 1024] {
        let body = bytes(7, len);
        let put = city.request("PUT", "/points/k").body(body.clone());
        let put = put
            .header("content-type", "text/x-tree")
            .header("x-amz-meta-oak", "brown");
        let etag = put.send().expect(200);
        for target in ["/points/copy", "/elsewhere/copy"] {
            let copied = copy(&city, "points/k", target).expect(200);
            assert_eq!(copied.text("ETag").as_deref(), etag.header("etag"));
            assert!(copied.text("LastModified").is_some());
            let read = city.get(target).expect(200);
            assert_eq!(read.header("content-length"), Some(&*len.to_string()));
            assert_eq!(sha256_hex(&read.body), sha256_hex(&body));
            assert_eq!(read.header("etag"), etag.header("etag"));
            assert_eq!(read.header("content-type"), Some("text/x-tree"));
            assert_eq!(read.header("x-amz-meta-oak"), Some("brown"));
        }
    }
    // A copy does not live on its source.
    city.delete("/points/k").expect(204);
    let read = city.get("/points/copy").expect(200);
    assert_eq!(read.body.len(), 9 * 1024 * 1024);
}

#[test]
fn point_45_copy_of_a_multipart_source_is_one_object() {
    let (_server, city) = with_bucket();
    let described = [("content-type", "text/x-tree"), ("x-amz-meta-oak", "brown")];
    let upload = Upload::create_with(&city, "/points/k", &described);
    let parts = [bytes(1, PART_LEN), bytes(2, PART_LEN + 7), bytes(3, 1)];
    let etags: Vec<String> = (1..)
        .zip(&parts)
        .map(|(number, body)| upload.part(number, body))
        .collect();
    let listed: Vec<(u32, &str)> = (1..).zip(etags.iter().map(|etag| &**etag)).collect();
    upload.complete(&listed).expect(200);
    let whole = parts.concat();
    let copied = copy(&city, "points/k?versionId=null", "/points/copy").expect(200);
    let etag = format!("\"{}\"", md5_hex(&whole));
    assert_eq!(copied.text("ETag").as_deref(), Some(&*etag));
    let read = city.get("/points/copy").expect(200);
    assert_eq!(read.header("etag"), Some(&*etag));
    assert_eq!(
        read.header("content-length"),
        Some(&*whole.len().to_string())
    );
    assert_eq!(sha256_hex(&read.body), sha256_hex(&whole));
    assert_eq!(read.header("content-type"), Some("text/x-tree"));
    assert_eq!(read.header("x-amz-meta-oak"), Some("brown"));
    let second = city.get("/points/copy?partNumber=2");
    second.refused(400, "InvalidPart");
}

fn told(account: &Account, target: &str) -> [Option<String>; 3] {
    let head = account.request("HEAD", target);
    let head = head
        .header("x-amz-checksum-mode", "ENABLED")
        .send()
        .expect(200);
    [
        "x-amz-checksum-sha256",
        "x-amz-checksum-sha1",
        "x-amz-checksum-type",
    ]
    .map(|name| head.header(name).map(str::to_owned))
}

fn sha(algorithm: &'static digest::Algorithm, body: &[u8]) -> String {
    STANDARD.encode(digest::digest(algorithm, body))
}

#[test]
fn point_45_copy_has_a_checksum_of_the_sources_algorithm() {
    let (_server, city) = with_bucket();
    let sha256 = Some(sha(&digest::SHA256, b"four"));
    let put = city.request("PUT", "/points/k").body("four");
    let put = put.header("x-amz-checksum-sha256", sha256.as_deref().expect("a value"));
    put.send().expect(200);
    let copied = copy(&city, "points/k", "/points/copy").expect(200);
    assert_eq!(copied.text("ChecksumSHA256"), sha256);
    let full = Some("FULL_OBJECT".to_owned());
    assert_eq!(told(&city, "/points/copy"), [sha256, None, full.clone()]);
    // The composite checksum of a source in parts becomes one of the whole.
    let said = [("x-amz-checksum-algorithm", "SHA256")];
    let upload = Upload::create_with(&city, "/points/parts", &said);
    let parts = [bytes(1, PART_LEN), bytes(2, 99)];
    let etags = [upload.part(1, &parts[0]), upload.part(2, &parts[1])];
    upload
        .complete(&[(1, &etags[0]), (2, &etags[1])])
        .expect(200);
    copy(&city, "points/parts", "/points/copy").expect(200);
    let whole = Some(sha(&digest::SHA256, &parts.concat()));
    assert_eq!(told(&city, "/points/copy"), [whole, None, full]);
}

#[test]
fn point_45_copy_has_a_checksum_of_the_algorithm_asked_for() {
    let (_server, city) = with_bucket();
    let sha256 = Some(sha(&digest::SHA256, b"four"));
    let put = city.request("PUT", "/points/k").body("four");
    let put = put.header("x-amz-checksum-sha256", sha256.as_deref().expect("a value"));
    put.send().expect(200);
    let sha1 = Some(sha(&digest::SHA1_FOR_LEGACY_USE_ONLY, b"four"));
    let full = Some("FULL_OBJECT".to_owned());
    let asked = copying(&city, "points/k", "/points/copy");
    let asked = asked.header("x-amz-checksum-algorithm", "SHA1");
    let copied = asked.send().expect(200);
    assert_eq!(copied.text("ChecksumSHA1"), sha1);
    assert_eq!(copied.text("ChecksumSHA256"), None);
    assert_eq!(
        told(&city, "/points/copy"),
        [None, sha1.clone(), full.clone()]
    );
    // Onto itself as well.
    let itself = replacing(&city, "/points/k").header("x-amz-checksum-algorithm", "SHA1");
    assert_eq!(itself.send().expect(200).text("ChecksumSHA1"), sha1);
    assert_eq!(told(&city, "/points/k"), [None, sha1, full]);
    assert_eq!(city.get("/points/k").expect(200).body, b"four");
    let unknown = copying(&city, "points/k", "/points/none");
    let unknown = unknown.header("x-amz-checksum-algorithm", "SHA3");
    unknown.send().refused(400, "InvalidRequest");
    city.get("/points/none").refused(404, "NoSuchKey");
}

#[tokio::test]
async fn point_45_official_client_copies_keys_of_every_kind() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/points", "").expect(200);
    let client = server.client(&city);
    // The client sends the source as it is given: the caller escapes it.
    for (object_key, escaped) in [
        ("plain", "plain"),
        ("a%.txt", "a%25.txt"),
        ("a%25.txt", "a%2525.txt"),
        ("\u{11d} \u{6728}?+&", "%C4%9D%20%E6%9C%A8%3F%2B%26"),
    ] {
        let put = client.put_object().bucket("points").key(object_key);
        let put = put.body(object_key.as_bytes().to_vec().into());
        put.content_type("text/x-tree").send().await.expect("a PUT");
        let copy = client.copy_object().bucket("points").key("copy");
        let copy = copy.copy_source(format!("points/{escaped}")).send().await;
        assert!(copy.expect("a copy").copy_object_result().is_some());
        let get = client.get_object().bucket("points").key("copy").send();
        let get = get.await.expect("a GET");
        assert_eq!(get.content_type(), Some("text/x-tree"));
        let body = get.body.collect().await.expect("a body").into_bytes();
        assert_eq!(&*body, object_key.as_bytes());
    }
}
