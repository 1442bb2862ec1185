//! Point 45 and versions of copies: sources that name a version, copies into every kind of bucket.

use super::{UNKNOWN, at, holds, list, mark, put, read, set, with_bucket, with_versions};
use crate::points::uploads::{PART_LEN, Upload, bytes};
use crate::raw::{Account, Answer};

fn copy_with(city: &Account, source: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
    let mut copy = city.request("PUT", target);
    copy = copy.header("x-amz-copy-source", source);
    for (name, value) in headers {
        copy = copy.header(name, value);
    }
    copy.send()
}

fn copy(city: &Account, source: &str, target: &str) -> Answer {
    copy_with(city, source, target, &[])
}

#[test]
fn point_45_copy_reads_the_version_that_it_names() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/a", "one");
    let two = put(&city, "/vers/a", "two");
    for (source, body, read_version) in [
        (at("vers/a", &one), "one", &one),
        (at("/vers/a", &two), "two", &two),
        ("vers/a".to_owned(), "two", &two),
    ] {
        let copied = copy(&city, &source, "/vers/b").expect(200);
        let told = copied.header("x-amz-copy-source-version-id");
        assert_eq!(told, Some(&**read_version));
        let made = super::version_of(&copied);
        assert_ne!(made, *read_version);
        assert_eq!(read(&city, "/vers/b"), body);
        assert_eq!(read(&city, &at("/vers/b", &made)), body);
    }
    assert_eq!(list(&city, "/vers").len(), 5);
}

#[test]
fn point_45_sources_that_are_none_are_refused() {
    let (_server, city) = with_versions();
    put(&city, "/vers/a", "x");
    let marker = mark(&city, "/vers/a");
    put(&city, "/vers/other", "x");
    let upload = Upload::create(&city, "/vers/parts");
    let part = |source: &str| {
        let part = upload.part_request(1, b"");
        part.header("x-amz-copy-source", source).send()
    };
    for (source, status, code) in [
        // The newest is a marker: there is no such object.
        ("vers/a".to_owned(), 404, "NoSuchKey"),
        (at("vers/a", &marker), 400, "InvalidRequest"),
        (at("vers/a", UNKNOWN), 404, "NoSuchVersion"),
        (at("vers/never", UNKNOWN), 404, "NoSuchVersion"),
        ("vers/a?versionId=null".to_owned(), 404, "NoSuchVersion"),
        (at("vers/a", ""), 400, "InvalidArgument"),
        (at("vers/a", "x"), 400, "InvalidArgument"),
    ] {
        copy(&city, &source, "/vers/b").refused(status, code);
        part(&source).refused(status, code);
    }
    upload.abort().expect(204);
    city.get("/vers/b").refused(404, "NoSuchKey");
}

#[test]
fn point_45_part_copy_reads_the_version_that_it_names() {
    let (_server, city) = with_versions();
    let old = bytes(1, PART_LEN);
    let one = put(&city, "/vers/a", &*old);
    let two = put(&city, "/vers/a", "newer");
    mark(&city, "/vers/a");
    let upload = Upload::create(&city, "/vers/b");
    let part = |number: u32, version: &str, range: Option<&str>| {
        let mut part = upload.part_request(number, b"");
        part = part.header("x-amz-copy-source", &at("vers/a", version));
        if let Some(range) = range {
            part = part.header("x-amz-copy-source-range", range);
        }
        let answer = part.send().expect(200);
        let told = answer.header("x-amz-copy-source-version-id");
        assert_eq!(told, Some(version));
        answer.text("ETag").expect("an ETag")
    };
    let first = part(1, &one, None);
    let second = part(2, &two, Some("bytes=1-3"));
    let done = upload.complete(&[(1, &first), (2, &second)]).expect(200);
    super::version_of(&done);
    let expected = [&*old, b"ewe"].concat();
    assert!(city.get("/vers/b").expect(200).body == expected);
}

/// A copy onto itself makes a version that owes nothing to the one it was made from.
#[test]
fn point_45_copy_onto_itself_has_bytes_of_its_own() {
    let (_server, city) = with_versions();
    let body = bytes(7, 300_000);
    let one = put(&city, "/vers/a", &*body);
    let replaced = [
        ("x-amz-metadata-directive", "REPLACE"),
        ("x-amz-meta-new", "yes"),
    ];
    let copied = copy_with(&city, "vers/a", "/vers/a", &replaced).expect(200);
    let two = super::version_of(&copied);
    assert_eq!(copied.header("x-amz-copy-source-version-id"), Some(&*one));
    holds(
        &city,
        &[("a", &two, false, true), ("a", &one, false, false)],
    );
    let got = city.get(&at("/vers/a", &one)).expect(200);
    assert_eq!(got.header("x-amz-meta-new"), None);
    city.delete(&at("/vers/a", &one)).expect(204);
    let got = city.get("/vers/a").expect(200);
    assert_eq!(got.header("x-amz-meta-new"), Some("yes"));
    assert!(got.body == body, "the copy's bytes went with the original");
    // The other way round: the copy goes, the original stays.
    let three = super::version_of(&copy_with(&city, "vers/a", "/vers/a", &replaced).expect(200));
    city.delete(&at("/vers/a", &three)).expect(204);
    assert!(city.get(&at("/vers/a", &two)).expect(200).body == body);
}

#[test]
fn point_45_copy_onto_itself_without_a_change_is_refused() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/a", "one");
    copy(&city, "vers/a", "/vers/a").refused(400, "InvalidRequest");
    copy(&city, &at("vers/a", &one), "/vers/a").refused(400, "InvalidRequest");
    holds(&city, &[("a", &one, false, true)]);
}

/// The way to bring an older version back (S3 user guide, "Restoring previous versions").
#[test]
fn point_45_copy_of_an_older_version_onto_itself_brings_it_back() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/a", "one");
    let two = put(&city, "/vers/a", "two");
    let copied = copy(&city, &at("vers/a", &one), "/vers/a").expect(200);
    let three = super::version_of(&copied);
    assert_eq!(read(&city, "/vers/a"), "one");
    let marker = mark(&city, "/vers/a");
    let copied = copy(&city, &at("vers/a", &two), "/vers/a").expect(200);
    let four = super::version_of(&copied);
    assert_eq!(read(&city, "/vers/a"), "two");
    holds(
        &city,
        &[
            ("a", &four, false, true),
            ("a", &marker, true, false),
            ("a", &three, false, false),
            ("a", &two, false, false),
            ("a", &one, false, false),
        ],
    );
}

/// Source and destination of every kind; length, metadata and type stay.
#[test]
fn point_45_copies_keep_what_is_said_of_the_object() {
    let (_server, city) = with_bucket();
    let send = |target: &str, body: &[u8]| {
        let put = city.request("PUT", target).body(body);
        let put = put.header("x-amz-meta-name", "kept");
        put.header("content-type", "text/x-kept").send().expect(200)
    };
    city.put("/unversioned", "").expect(200);
    city.put("/suspended", "").expect(200);
    send("/vers/null", b"null version");
    send("/unversioned/a", b"unversioned");
    set(&city, "/vers", "Enabled");
    send("/vers/one", b"an old version");
    let one = list(&city, "/vers")[1].version.clone();
    mark(&city, "/vers/one");
    let parts = Upload::create_with(
        &city,
        "/vers/parts",
        &[("x-amz-meta-name", "kept"), ("content-type", "text/x-kept")],
    );
    let (head, tail) = (bytes(1, PART_LEN), bytes(2, 1000));
    let etags = [parts.part(1, &head), parts.part(2, &tail)];
    parts
        .complete(&[(1, &etags[0]), (2, &etags[1])])
        .expect(200);
    let whole = [head, tail].concat();
    set(&city, "/suspended", "Suspended");
    let one = at("vers/one", &one);
    let sources: [(&str, &[u8]); 5] = [
        ("vers/null", b"null version"),
        ("vers/null?versionId=null", b"null version"),
        ("unversioned/a", b"unversioned"),
        (&one, b"an old version"),
        ("vers/parts", &whole),
    ];
    for (source, body) in sources {
        for bucket in ["unversioned", "suspended", "vers"] {
            let target = format!("/{bucket}/copy");
            let copied = copy(&city, source, &target).expect(200);
            let told = copied.header("x-amz-version-id");
            assert_eq!(told.is_some(), bucket == "vers", "{bucket} {told:?}");
            let source_told = copied.header("x-amz-copy-source-version-id");
            assert_eq!(source_told.is_some(), source != "unversioned/a", "{source}");
            if source.starts_with("vers/null") {
                assert_eq!(source_told, Some("null"));
            }
            for got in [city.get(&target), city.head(&target)] {
                let got = got.expect(200);
                let len = body.len().to_string();
                assert_eq!(
                    got.header("content-length"),
                    Some(&*len),
                    "{source} {bucket}"
                );
                assert_eq!(got.header("x-amz-meta-name"), Some("kept"));
                assert_eq!(got.header("content-type"), Some("text/x-kept"));
            }
            assert!(city.get(&target).body == body, "{source} to {bucket}");
        }
    }
    // Each copy into the buckets without versions replaced the one before.
    for bucket in ["/unversioned", "/suspended"] {
        let rows = list(&city, bucket);
        let copies: Vec<_> = rows.iter().filter(|row| row.object_key == "copy").collect();
        assert_eq!(copies.len(), 1);
        assert_eq!(copies[0].version, "null");
    }
}

#[test]
fn point_44_conditions_are_about_the_version_that_is_named() {
    let (_server, city) = with_versions();
    let stored = city.put("/vers/a", "one").expect(200);
    let one = super::version_of(&stored);
    let etag = stored.header("etag").expect("an ETag");
    put(&city, "/vers/a", "two");
    let if_match = [("x-amz-copy-source-if-match", etag)];
    copy_with(&city, &at("vers/a", &one), "/vers/b", &if_match).expect(200);
    copy_with(&city, "vers/a", "/vers/b", &if_match).refused(412, "PreconditionFailed");
    let if_none_match = [("x-amz-copy-source-if-none-match", etag)];
    copy_with(&city, "vers/a", "/vers/b", &if_none_match).expect(200);
    let refused = copy_with(&city, &at("vers/a", &one), "/vers/b", &if_none_match);
    refused.refused(412, "PreconditionFailed");
}
