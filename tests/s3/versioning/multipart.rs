//! Point 61: uploads that complete in buckets with versions.

use super::{at, holds, list, put, read, set, with_bucket, with_versions};
use crate::points::uploads::{PART_LEN, Upload, bytes};
use crate::raw::{Account, Answer};

/// An upload of one part; the answer to its completion.
fn upload(city: &Account, body: &[u8]) -> Answer {
    let upload = Upload::create(city, "/vers/a");
    let etag = upload.part(1, body);
    upload.complete(&[(1, &etag)]).expect(200)
}

#[test]
fn point_61_completion_tells_the_version_when_enabled_only() {
    let (_server, city) = with_bucket();
    assert_eq!(upload(&city, b"null").header("x-amz-version-id"), None);
    set(&city, "/vers", "Enabled");
    let one = super::version_of(&upload(&city, b"one"));
    let two = super::version_of(&upload(&city, b"two"));
    holds(
        &city,
        &[
            ("a", &two, false, true),
            ("a", &one, false, false),
            ("a", "null", false, false),
        ],
    );
    set(&city, "/vers", "Suspended");
    assert_eq!(upload(&city, b"new null").header("x-amz-version-id"), None);
    holds(
        &city,
        &[
            ("a", "null", false, true),
            ("a", &two, false, false),
            ("a", &one, false, false),
        ],
    );
    for (version, body) in [(&*one, "one"), (&*two, "two"), ("null", "new null")] {
        assert_eq!(read(&city, &at("/vers/a", version)), body);
    }
}

/// What counts is the bucket's state when the upload completes.
#[test]
fn point_61_upload_from_before_versioning_completes_as_a_version() {
    let (_server, city) = with_bucket();
    city.put("/vers/a", "null").expect(200);
    let before = Upload::create(&city, "/vers/a");
    let etag = before.part(1, b"from before");
    set(&city, "/vers", "Enabled");
    let one = super::version_of(&before.complete(&[(1, &etag)]).expect(200));
    holds(
        &city,
        &[("a", &one, false, true), ("a", "null", false, false)],
    );
    let open = Upload::create(&city, "/vers/a");
    let etag = open.part(1, b"suspended meanwhile");
    set(&city, "/vers", "Suspended");
    let done = open.complete(&[(1, &etag)]).expect(200);
    assert_eq!(done.header("x-amz-version-id"), None);
    holds(
        &city,
        &[("a", "null", false, true), ("a", &one, false, false)],
    );
}

/// Versions are ordered by when they were completed, not by when they were begun.
#[test]
fn point_61_completion_is_newer_than_what_came_before_it() {
    let (_server, city) = with_versions();
    let early = Upload::create(&city, "/vers/a");
    let etag = early.part(1, b"begun first");
    let one = put(&city, "/vers/a", "written meanwhile");
    let two = super::version_of(&early.complete(&[(1, &etag)]).expect(200));
    holds(
        &city,
        &[("a", &two, false, true), ("a", &one, false, false)],
    );
    assert_eq!(read(&city, "/vers/a"), "begun first");
}

#[test]
fn point_61_repeated_completion_names_the_same_version() {
    let (_server, city) = with_versions();
    let upload = Upload::create(&city, "/vers/a");
    let etag = upload.part(1, b"once");
    let first = upload.complete(&[(1, &etag)]).expect(200);
    let one = super::version_of(&first);
    let newer = put(&city, "/vers/a", "newer");
    let again = upload.complete(&[(1, &etag)]).expect(200);
    assert_eq!(super::version_of(&again), one);
    assert_eq!(again.text("ETag"), first.text("ETag"));
    holds(
        &city,
        &[("a", &newer, false, true), ("a", &one, false, false)],
    );
}

#[test]
fn point_61_older_versions_keep_their_parts() {
    let (_server, city) = with_versions();
    let one = Upload::object(&city, "/vers/a", &[PART_LEN, 1000]);
    let two = Upload::object(&city, "/vers/a", &[PART_LEN + 1, PART_LEN, 3]);
    put(&city, "/vers/a", "whole");
    let rows = list(&city, "/vers");
    for (row, body, lens) in [
        (&rows[1], &two, vec![PART_LEN + 1, PART_LEN, 3]),
        (&rows[2], &one, vec![PART_LEN, 1000]),
    ] {
        let target = at("/vers/a", &row.version);
        assert!(city.get(&target).expect(200).body == *body);
        let mut start = 0;
        for (number, len) in (1..).zip(&lens) {
            let part = city
                .get(&format!("{target}&partNumber={number}"))
                .expect(206);
            assert!(part.body == body[start..start + len]);
            let count = lens.len().to_string();
            assert_eq!(part.header("x-amz-mp-parts-count"), Some(&*count));
            assert_eq!(super::version_of(&part), row.version);
            start += len;
        }
        let attributes = city.request("GET", &format!("{target}&attributes"));
        let attributes = attributes.header("x-amz-object-attributes", "ObjectParts,ObjectSize");
        let answer = attributes.send().expect(200);
        assert_eq!(answer.text("PartsCount"), Some(lens.len().to_string()));
        assert_eq!(answer.text("ObjectSize"), Some(body.len().to_string()));
        assert_eq!(super::version_of(&answer), row.version);
    }
    // One goes with its parts, the other stays with its own.
    city.delete(&at("/vers/a", &rows[1].version)).expect(204);
    let left = city.get(&at("/vers/a", &rows[2].version)).expect(200);
    assert!(left.body == one);
    city.delete(&at("/vers/a", &rows[0].version)).expect(204);
    assert!(city.get("/vers/a?partNumber=2").expect(206).body == one[PART_LEN..]);
}

#[test]
fn point_61_aborted_upload_leaves_no_version() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/a", "one");
    let upload = Upload::create(&city, "/vers/a");
    upload.part(1, &bytes(1, 1000));
    holds(&city, &[("a", &one, false, true)]);
    upload.abort().expect(204);
    holds(&city, &[("a", &one, false, true)]);
}
