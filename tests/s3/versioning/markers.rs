//! Point 60: reads of delete markers.

use super::{UNKNOWN, at, mark, put, set, with_versions};
use crate::raw::{Account, Answer};

/// The answers to GET and HEAD; they have the same headers.
#[track_caller]
fn reads(city: &Account, target: &str) -> [Answer; 2] {
    let answers = [city.get(target), city.head(target)];
    assert_eq!(answers[0].status, answers[1].status);
    assert!(answers[1].body.is_empty());
    answers
}

#[test]
fn point_60_current_marker_is_not_found_and_says_so() {
    let (_server, city) = with_versions();
    put(&city, "/vers/a", "x");
    let marker = mark(&city, "/vers/a");
    for answer in reads(&city, "/vers/a") {
        assert_eq!(answer.status, 404);
        assert_eq!(answer.header("x-amz-delete-marker"), Some("true"));
        assert_eq!(answer.header("x-amz-version-id"), Some(&*marker));
    }
    city.get("/vers/a").refused(404, "NoSuchKey");
    let attributes = city.request("GET", "/vers/a?attributes");
    let answer = attributes.header("x-amz-object-attributes", "ETag").send();
    assert_eq!(answer.header("x-amz-delete-marker"), Some("true"));
    answer.refused(404, "NoSuchKey");
}

#[test]
fn point_60_plain_missing_key_has_no_marker_header() {
    let (_server, city) = with_versions();
    put(&city, "/vers/a", "x");
    for target in ["/vers/never", &at("/vers/a", UNKNOWN)] {
        for answer in reads(&city, target) {
            assert_eq!(answer.status, 404);
            assert_eq!(answer.header("x-amz-delete-marker"), None);
            assert_eq!(answer.header("x-amz-version-id"), None);
        }
    }
}

#[test]
fn point_60_marker_by_its_id_allows_deletion_only() {
    let (_server, city) = with_versions();
    put(&city, "/vers/a", "x");
    let marker = mark(&city, "/vers/a");
    put(&city, "/vers/a", "y");
    let newest = mark(&city, "/vers/a");
    for version in [marker, newest] {
        let target = at("/vers/a", &version);
        for answer in reads(&city, &target) {
            assert_eq!(answer.status, 405);
            assert_eq!(answer.header("x-amz-delete-marker"), Some("true"));
            assert_eq!(answer.header("x-amz-version-id"), Some(&*version));
            assert_eq!(answer.header("allow"), Some("DELETE"));
            assert!(answer.header("last-modified").is_some());
        }
        city.get(&target).refused(405, "MethodNotAllowed");
        let attributes = city.request("GET", &format!("{target}&attributes"));
        let attributes = attributes.header("x-amz-object-attributes", "ETag");
        let answer = attributes.send().refused(405, "MethodNotAllowed");
        assert_eq!(answer.header("x-amz-delete-marker"), Some("true"));
    }
}

#[test]
fn point_60_null_marker_is_named_null() {
    let (_server, city) = with_versions();
    set(&city, "/vers", "Suspended");
    city.delete("/vers/a").expect(204);
    for (target, status) in [("/vers/a", 404), ("/vers/a?versionId=null", 405)] {
        for answer in reads(&city, target) {
            assert_eq!(answer.status, status);
            assert_eq!(answer.header("x-amz-delete-marker"), Some("true"));
            assert_eq!(answer.header("x-amz-version-id"), Some("null"));
        }
    }
}

/// Conditions and ranges do not turn a marker into something else.
#[test]
fn point_60_conditions_on_a_marker_do_not_matter() {
    let (_server, city) = with_versions();
    put(&city, "/vers/a", "x");
    let marker = mark(&city, "/vers/a");
    for (name, value) in [
        ("if-match", "*"),
        ("if-none-match", "*"),
        ("if-match", "\"0123456789abcdef0123456789abcdef\""),
        ("range", "bytes=0-0"),
    ] {
        let get = |target: &str| city.request("GET", target).header(name, value).send();
        get("/vers/a").refused(404, "NoSuchKey");
        get(&at("/vers/a", &marker)).refused(405, "MethodNotAllowed");
    }
}
