//! Points 54 and 91: locks that come with a write, and what HEAD says of them.

use super::{FAR, HOLD, MODE, UNTIL, both, in_seconds, lock_of, locked, put_locked, with_lock};
use crate::points::uploads::Upload;
use crate::raw::{Account, Request};
use crate::versioning::{at, list, put, version_of};

fn with(mut request: Request, headers: &[(&str, &str)]) -> Request {
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request
}

/// PUT, copy and creation of an upload, with these headers.
fn writes(city: &Account, bucket: &str, headers: &[(&str, &str)]) -> Vec<(&'static str, Request)> {
    let request = |method: &str, target: &str| {
        let target = format!("{bucket}/{target}");
        with(city.request(method, &target), headers)
    };
    vec![
        ("put", request("PUT", "put").body("x")),
        (
            "copy",
            request("PUT", "copy").header("x-amz-copy-source", "source/a"),
        ),
        ("upload", request("POST", "upload?uploads")),
    ]
}

fn with_source(city: &Account) {
    city.put("/source", "").expect(200);
    city.put("/source/a", "x").expect(200);
}

#[test]
fn point_91_head_and_get_tell_mode_date_and_hold() {
    let (_server, city) = with_lock();
    let put = locked(&city, "/worm/a", "GOVERNANCE", "2140-06-01T12:30:00Z");
    let version = version_of(&put.header(HOLD, "ON").body("locked").send().expect(200));
    for target in ["/worm/a", &at("/worm/a", &version)] {
        for answer in [city.head(target), city.get(target)] {
            let answer = answer.expect(200);
            assert_eq!(answer.header(MODE), Some("GOVERNANCE"));
            assert_eq!(answer.header(UNTIL), Some("2140-06-01T12:30:00.000Z"));
            assert_eq!(answer.header(HOLD), Some("ON"));
        }
    }
    city.put("/worm/b", "free").expect(200);
    let free = city.head("/worm/b").expect(200);
    for name in [MODE, UNTIL, HOLD] {
        assert_eq!(free.header(name), None);
    }
}

#[test]
fn point_54_every_write_takes_a_lock() {
    let (_server, city) = with_lock();
    with_source(&city);
    let headers = [(MODE, "COMPLIANCE"), (UNTIL, FAR), (HOLD, "ON")];
    for (name, request) in writes(&city, "/worm", &headers) {
        let answer = request.send().expect(200);
        if name == "upload" {
            let upload = Upload {
                account: &city,
                target: "/worm/upload".to_owned(),
                id: answer.text("UploadId").expect("an id"),
            };
            let etag = upload.part(1, b"x");
            upload.complete(&[(1, &etag)]).expect(200);
        }
        let target = format!("/worm/{name}");
        assert_eq!(lock_of(&city, &target), both("COMPLIANCE", FAR), "{name}");
        let head = city.head(&target).expect(200);
        assert_eq!(head.header(HOLD), Some("ON"), "{name}");
        city.delete(&at(&target, &version_of(&head)))
            .refused(403, "AccessDenied");
    }
    assert_eq!(list(&city, "/worm").len(), 3);
}

#[test]
fn point_88_writes_with_a_lock_into_a_bucket_without_are_refused() {
    let (_server, city) = with_lock();
    with_source(&city);
    for headers in [
        vec![(MODE, "GOVERNANCE"), (UNTIL, FAR)],
        vec![(HOLD, "ON")],
        vec![(HOLD, "OFF")],
    ] {
        for (name, request) in writes(&city, "/source", &headers) {
            let refused = request.send();
            let expected = (400, "InvalidRequest".to_owned());
            assert_eq!(refused.outcome(), expected, "{name} {headers:?}");
        }
    }
    assert_eq!(list(&city, "/source").len(), 1);
    assert!(city.get("/source?uploads").texts("UploadId").is_empty());
}

#[test]
fn point_87_headers_that_are_none_are_refused() {
    let (_server, city) = with_lock();
    with_source(&city);
    let past = in_seconds(-5);
    for headers in [
        vec![(MODE, "GOVERNANCE")],
        vec![(UNTIL, FAR)],
        vec![(MODE, "governance"), (UNTIL, FAR)],
        vec![(MODE, "LEGAL"), (UNTIL, FAR)],
        vec![(MODE, ""), (UNTIL, FAR)],
        vec![(MODE, "GOVERNANCE"), (UNTIL, "tomorrow")],
        vec![(MODE, "GOVERNANCE"), (UNTIL, "2140-01-01")],
        vec![(MODE, "GOVERNANCE"), (UNTIL, "")],
        vec![(MODE, "COMPLIANCE"), (UNTIL, &*past)],
        vec![(MODE, "COMPLIANCE"), (UNTIL, "2016-01-01T00:00:00Z")],
        vec![(HOLD, "on")],
        vec![(HOLD, "true")],
        vec![(HOLD, "")],
    ] {
        for (name, request) in writes(&city, "/worm", &headers) {
            let refused = request.send();
            // The date of an upload counts when it completes; a past one may be refused there.
            let expected = (400, "InvalidArgument".to_owned());
            assert_eq!(refused.outcome(), expected, "{name} {headers:?}");
        }
    }
    assert!(list(&city, "/worm").is_empty());
    assert!(city.get("/worm?uploads").texts("UploadId").is_empty());
}

/// Retention and hold are of the version, not of the object and not of its copies.
#[test]
fn point_54_lock_is_not_copied() {
    let (_server, city) = with_lock();
    let one = put_locked(&city, "/worm/a", "COMPLIANCE", FAR);
    let copy = city.request("PUT", "/worm/b");
    let copied = copy
        .header("x-amz-copy-source", "worm/a")
        .send()
        .expect(200);
    assert_eq!(lock_of(&city, "/worm/b"), None);
    city.delete(&at("/worm/b", &version_of(&copied)))
        .expect(204);
    // Nor is it passed on to the next version.
    let two = put(&city, "/worm/a", "two");
    assert_eq!(lock_of(&city, "/worm/a"), None);
    let replaced = city.request("PUT", "/worm/a");
    let replaced = replaced.header("x-amz-metadata-directive", "REPLACE");
    let source = at("worm/a", &one);
    let three = replaced.header("x-amz-copy-source", &source).send();
    let three = version_of(&three.expect(200));
    assert_eq!(lock_of(&city, "/worm/a"), None);
    for version in [&two, &three] {
        city.delete(&at("/worm/a", version)).expect(204);
    }
    super::survives(&city, "/worm/a", &one);
}

/// A lock that a signature does not cover is none that the caller asked for.
#[test]
fn point_54_unsigned_lock_headers_are_refused() {
    let (_server, city) = with_lock();
    let version = put_locked(&city, "/worm/a", "GOVERNANCE", FAR);
    for (name, value) in [(HOLD, "ON"), (MODE, "COMPLIANCE"), (UNTIL, FAR)] {
        let put = city.request("PUT", "/worm/b").body("x");
        let refused = put.unsigned_header(name, value).send();
        refused.refused(403, "AccessDenied");
    }
    let delete = city.request("DELETE", &at("/worm/a", &version));
    let delete = delete.unsigned_header(super::BYPASS, "true").send();
    delete.refused(403, "AccessDenied");
    super::survives(&city, "/worm/a", &version);
}
