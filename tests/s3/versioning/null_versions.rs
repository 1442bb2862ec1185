//! Points 56 and 57: null versions, in buckets that were Unversioned or are Suspended.

use super::{at, holds, mark, put, read, set, with_bucket, with_versions};
use crate::raw::{Account, Answer};

/// A write into a Suspended or Unversioned bucket: no id is told.
#[track_caller]
fn put_null(city: &Account, target: &str, body: &str) -> Answer {
    let put = city.put(target, body).expect(200);
    assert_eq!(put.header("x-amz-version-id"), None);
    put
}

/// A deletion in a Suspended bucket: the marker is the null version.
#[track_caller]
fn mark_null(city: &Account, target: &str) {
    let deleted = city.delete(target).expect(204);
    assert_eq!(deleted.header("x-amz-delete-marker"), Some("true"));
    assert_eq!(deleted.header("x-amz-version-id"), Some("null"));
}

#[test]
fn point_56_suspended_writes_replace_the_null_version_only() {
    let (_server, city) = with_versions();
    let first = put(&city, "/vers/a", "first");
    set(&city, "/vers", "Suspended");
    put_null(&city, "/vers/a", "null one");
    holds(
        &city,
        &[("a", "null", false, true), ("a", &first, false, false)],
    );
    put_null(&city, "/vers/a", "null two");
    holds(
        &city,
        &[("a", "null", false, true), ("a", &first, false, false)],
    );
    assert_eq!(read(&city, "/vers/a"), "null two");
    assert_eq!(read(&city, "/vers/a?versionId=null"), "null two");
    assert_eq!(read(&city, &at("/vers/a", &first)), "first");
    let got = city.get("/vers/a").expect(200);
    assert_eq!(got.header("x-amz-version-id"), Some("null"));
}

#[test]
fn point_56_suspended_delete_replaces_the_null_version_by_a_null_marker() {
    let (_server, city) = with_versions();
    let first = put(&city, "/vers/a", "first");
    set(&city, "/vers", "Suspended");
    put_null(&city, "/vers/a", "null");
    for _ in 0..3 {
        mark_null(&city, "/vers/a");
        holds(
            &city,
            &[("a", "null", true, true), ("a", &first, false, false)],
        );
    }
    city.get("/vers/a").refused(404, "NoSuchKey");
    city.get("/vers/a?versionId=null")
        .refused(405, "MethodNotAllowed");
    assert_eq!(read(&city, &at("/vers/a", &first)), "first");
    put_null(&city, "/vers/a", "back");
    holds(
        &city,
        &[("a", "null", false, true), ("a", &first, false, false)],
    );
}

#[test]
fn point_56_suspended_delete_hides_versions_without_a_null_version() {
    let (_server, city) = with_versions();
    let first = put(&city, "/vers/a", "first");
    set(&city, "/vers", "Suspended");
    mark_null(&city, "/vers/a");
    holds(
        &city,
        &[("a", "null", true, true), ("a", &first, false, false)],
    );
    let gone = city.delete("/vers/a?versionId=null").expect(204);
    assert_eq!(gone.header("x-amz-delete-marker"), Some("true"));
    assert_eq!(gone.header("x-amz-version-id"), Some("null"));
    assert_eq!(read(&city, "/vers/a"), "first");
}

#[test]
fn point_56_suspended_delete_of_an_absent_key_makes_a_null_marker() {
    let (_server, city) = with_bucket();
    set(&city, "/vers", "Suspended");
    mark_null(&city, "/vers/never");
    holds(&city, &[("never", "null", true, true)]);
}

/// A null version that lies under newer ones moves to the top when it is replaced.
#[test]
fn point_56_null_version_under_others_is_replaced_on_top() {
    let (_server, city) = with_bucket();
    put_null(&city, "/vers/a", "old null");
    set(&city, "/vers", "Enabled");
    let first = put(&city, "/vers/a", "first");
    let second = put(&city, "/vers/a", "second");
    let versions = |null_on_top: bool| {
        let null = ("a", "null", false, null_on_top);
        let others = [
            ("a", &*second, false, !null_on_top),
            ("a", &*first, false, false),
        ];
        if null_on_top {
            [null, others[0], others[1]]
        } else {
            [others[0], others[1], null]
        }
    };
    holds(&city, &versions(false));
    assert_eq!(read(&city, "/vers/a?versionId=null"), "old null");
    set(&city, "/vers", "Suspended");
    put_null(&city, "/vers/a", "new null");
    holds(&city, &versions(true));
    assert_eq!(read(&city, "/vers/a?versionId=null"), "new null");
    assert_eq!(read(&city, "/vers/a"), "new null");
    set(&city, "/vers", "Enabled");
    let third = put(&city, "/vers/a", "third");
    set(&city, "/vers", "Suspended");
    mark_null(&city, "/vers/a");
    holds(
        &city,
        &[
            ("a", "null", true, true),
            ("a", &third, false, false),
            ("a", &second, false, false),
            ("a", &first, false, false),
        ],
    );
}

#[test]
fn point_56_null_marker_under_others_is_replaced_on_top() {
    let (_server, city) = with_bucket();
    set(&city, "/vers", "Suspended");
    mark_null(&city, "/vers/a");
    set(&city, "/vers", "Enabled");
    let first = put(&city, "/vers/a", "first");
    holds(
        &city,
        &[("a", &first, false, true), ("a", "null", true, false)],
    );
    city.get("/vers/a?versionId=null")
        .refused(405, "MethodNotAllowed");
    set(&city, "/vers", "Suspended");
    put_null(&city, "/vers/a", "null");
    holds(
        &city,
        &[("a", "null", false, true), ("a", &first, false, false)],
    );
    assert_eq!(read(&city, "/vers/a?versionId=null"), "null");
}

/// Other keys have null versions of their own.
#[test]
fn point_56_null_versions_of_neighbours_do_not_meet() {
    let (_server, city) = with_bucket();
    for object_key in ["a", "a%21", "a%20", "aa", "a/b"] {
        put_null(&city, &format!("/vers/{object_key}"), object_key);
    }
    set(&city, "/vers", "Enabled");
    let newer = put(&city, "/vers/a", "newer");
    let longer = put(&city, "/vers/aa", "newer");
    city.delete("/vers/a?versionId=null").expect(204);
    holds(
        &city,
        &[
            ("a", &newer, false, true),
            ("a ", "null", false, true),
            ("a!", "null", false, true),
            ("a/b", "null", false, true),
            ("aa", &longer, false, true),
            ("aa", "null", false, false),
        ],
    );
    assert_eq!(read(&city, "/vers/aa?versionId=null"), "aa");
    city.get("/vers/a?versionId=null")
        .refused(404, "NoSuchVersion");
}

#[test]
fn point_57_null_version_is_deleted_after_enabling() {
    let (_server, city) = with_bucket();
    put_null(&city, "/vers/a", "before");
    set(&city, "/vers", "Enabled");
    holds(&city, &[("a", "null", false, true)]);
    let got = city.get("/vers/a").expect(200);
    assert_eq!(got.header("x-amz-version-id"), Some("null"));
    let gone = city.delete("/vers/a?versionId=null").expect(204);
    assert_eq!(gone.header("x-amz-version-id"), Some("null"));
    assert_eq!(gone.header("x-amz-delete-marker"), None);
    holds(&city, &[]);
    city.get("/vers/a").refused(404, "NoSuchKey");
}

#[test]
fn point_57_next_newest_becomes_current() {
    let (_server, city) = with_versions();
    let first = put(&city, "/vers/a", "first");
    let second = put(&city, "/vers/a", "second");
    set(&city, "/vers", "Suspended");
    put_null(&city, "/vers/a", "null");
    city.delete("/vers/a?versionId=null").expect(204);
    assert_eq!(read(&city, "/vers/a"), "second");
    holds(
        &city,
        &[("a", &second, false, true), ("a", &first, false, false)],
    );
    // Once more: there is none to delete.
    city.delete("/vers/a?versionId=null").expect(204);
    assert_eq!(read(&city, "/vers/a"), "second");
}

#[test]
fn point_57_null_version_becomes_current_again() {
    let (_server, city) = with_bucket();
    put_null(&city, "/vers/a", "null");
    set(&city, "/vers", "Enabled");
    let first = put(&city, "/vers/a", "first");
    let marker = mark(&city, "/vers/a");
    city.delete(&at("/vers/a", &marker)).expect(204);
    city.delete(&at("/vers/a", &first)).expect(204);
    assert_eq!(read(&city, "/vers/a"), "null");
    holds(&city, &[("a", "null", false, true)]);
    // It is the null version still: a suspended write replaces it.
    set(&city, "/vers", "Suspended");
    put_null(&city, "/vers/a", "another");
    holds(&city, &[("a", "null", false, true)]);
}

/// Every version and every marker counts, and what is destroyed counts no more.
#[test]
fn point_57_usage_counts_versions_and_markers() {
    let (server, city) = with_bucket();
    let usage = || {
        let listed = server.admin(&["bucket", "list"]).expect("buckets");
        let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
        let number = |field: &str| listed[0][field].as_u64().expect("a number");
        (number("objects"), number("bytes"))
    };
    put_null(&city, "/vers/a", "12345");
    set(&city, "/vers", "Enabled");
    let first = put(&city, "/vers/a", "1234567");
    let marker = mark(&city, "/vers/a");
    assert_eq!(usage(), (3, 12));
    set(&city, "/vers", "Suspended");
    put_null(&city, "/vers/a", "1");
    assert_eq!(usage(), (3, 8));
    mark_null(&city, "/vers/a");
    assert_eq!(usage(), (3, 7));
    for version in [&*first, &*marker, "null"] {
        city.delete(&at("/vers/a", version)).expect(204);
    }
    assert_eq!(usage(), (0, 0));
    city.delete("/vers").expect(204);
}
