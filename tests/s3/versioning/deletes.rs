//! Points 17, 58 and 59: deletions of keys and of versions, one at a time.

use super::{UNKNOWN, at, holds, mark, put, read, with_versions};

#[test]
fn point_58_newest_first_and_markers_stack() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/a", "one");
    let two = put(&city, "/vers/a", "two");
    let other = put(&city, "/vers/b", "other");
    let marker = mark(&city, "/vers/a");
    let again = mark(&city, "/vers/a");
    assert_ne!(marker, again);
    let three = put(&city, "/vers/a", "three");
    holds(
        &city,
        &[
            ("a", &three, false, true),
            ("a", &again, true, false),
            ("a", &marker, true, false),
            ("a", &two, false, false),
            ("a", &one, false, false),
            ("b", &other, false, true),
        ],
    );
    let listed = city.get("/vers?list-type=2").expect(200);
    assert_eq!(listed.texts("Key"), ["a", "b"]);
}

#[test]
fn point_58_hidden_keys_are_not_listed_as_objects() {
    let (_server, city) = with_versions();
    for object_key in ["a", "b/1", "c"] {
        put(&city, &format!("/vers/{object_key}"), "x");
    }
    mark(&city, "/vers/a");
    mark(&city, "/vers/b/1");
    for query in ["", "?list-type=2"] {
        assert_eq!(
            city.get(&format!("/vers{query}")).expect(200).texts("Key"),
            ["c"]
        );
    }
    // A prefix with nothing but markers under it is none, and the page is not cut short by it.
    let rolled = city
        .get("/vers?list-type=2&delimiter=%2F&max-keys=1")
        .expect(200);
    assert!(rolled.texts("CommonPrefixes").is_empty());
    assert_eq!(rolled.texts("Key"), ["c"]);
    assert_eq!(rolled.text("IsTruncated").as_deref(), Some("false"));
    let rolled = city.get("/vers?versions&delimiter=%2F").expect(200);
    assert_eq!(rolled.texts("CommonPrefixes"), ["<Prefix>b/</Prefix>"]);
}

/// Thousands of hidden keys before the first visible one do not end the page early.
#[test]
fn point_58_page_of_objects_passes_over_many_markers() {
    let (_server, city) = with_versions();
    for batch in 0..3 {
        let entry = |n: usize| format!("<Object><Key>h{batch}-{n:04}</Key></Object>");
        let entries: String = (0..1000).map(entry).collect();
        let body = format!("<Delete><Quiet>true</Quiet>{entries}</Delete>");
        city.post("/vers?delete", body).expect(200);
    }
    put(&city, "/vers/z", "visible");
    let page = city.get("/vers?list-type=2&max-keys=2").expect(200);
    assert_eq!(page.texts("Key"), ["z"]);
    assert_eq!(page.text("IsTruncated").as_deref(), Some("false"));
}

#[test]
fn point_58_deleting_a_version_leaves_the_others() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/a", "one");
    let two = put(&city, "/vers/a", "two");
    let three = put(&city, "/vers/a", "three");
    let gone = city.delete(&at("/vers/a", &two)).expect(204);
    assert_eq!(gone.header("x-amz-version-id"), Some(&*two));
    assert_eq!(gone.header("x-amz-delete-marker"), None);
    city.get(&at("/vers/a", &two)).refused(404, "NoSuchVersion");
    holds(
        &city,
        &[("a", &three, false, true), ("a", &one, false, false)],
    );
    assert_eq!(read(&city, "/vers/a"), "three");
    assert_eq!(read(&city, &at("/vers/a", &one)), "one");
}

#[test]
fn point_58_deleting_the_newest_promotes_the_next() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/a", "one");
    let marker = mark(&city, "/vers/a");
    let two = put(&city, "/vers/a", "two");
    let three = put(&city, "/vers/a", "three");
    city.delete(&at("/vers/a", &three)).expect(204);
    assert_eq!(read(&city, "/vers/a"), "two");
    city.delete(&at("/vers/a", &two)).expect(204);
    // The marker is the newest again.
    let hidden = city.get("/vers/a").refused(404, "NoSuchKey");
    assert_eq!(hidden.header("x-amz-delete-marker"), Some("true"));
    holds(
        &city,
        &[("a", &marker, true, true), ("a", &one, false, false)],
    );
    let gone = city.delete(&at("/vers/a", &marker)).expect(204);
    assert_eq!(gone.header("x-amz-delete-marker"), Some("true"));
    assert_eq!(gone.header("x-amz-version-id"), Some(&*marker));
    assert_eq!(read(&city, "/vers/a"), "one");
    city.delete(&at("/vers/a", &one)).expect(204);
    holds(&city, &[]);
    let absent = city.get("/vers/a").refused(404, "NoSuchKey");
    assert_eq!(absent.header("x-amz-delete-marker"), None);
}

#[test]
fn point_59_deleting_a_version_twice_succeeds() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/a", "one");
    let two = put(&city, "/vers/a", "two");
    for _ in 0..2 {
        let gone = city.delete(&at("/vers/a", &one)).expect(204);
        assert_eq!(gone.header("x-amz-version-id"), Some(&*one));
        city.delete(&at("/vers/a", UNKNOWN)).expect(204);
        city.delete(&at("/vers/never", UNKNOWN)).expect(204);
        city.delete("/vers/a?versionId=null").expect(204);
    }
    // No marker was made.
    holds(&city, &[("a", &two, false, true)]);
    assert_eq!(read(&city, "/vers/a"), "two");
}

#[test]
fn point_59_delete_of_a_key_that_never_was_makes_a_marker() {
    let (_server, city) = with_versions();
    let marker = mark(&city, "/vers/never");
    holds(&city, &[("never", &marker, true, true)]);
    city.get("/vers/never").refused(404, "NoSuchKey");
}

/// A version belongs to one key.
#[test]
fn point_59_version_of_another_key_is_not_deleted() {
    let (_server, city) = with_versions();
    let a = put(&city, "/vers/a", "a");
    let b = put(&city, "/vers/b", "b");
    city.delete(&at("/vers/a", &b)).expect(204);
    city.get(&at("/vers/a", &b)).refused(404, "NoSuchVersion");
    holds(&city, &[("a", &a, false, true), ("b", &b, false, true)]);
    city.put("/worm", "").expect(200);
    super::set(&city, "/worm", "Enabled");
    city.delete(&at("/worm/a", &a)).expect(204);
    assert_eq!(read(&city, &at("/vers/a", &a)), "a");
}

#[test]
fn point_59_ids_that_are_none_are_refused() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/a", "one");
    let upper = one.to_uppercase();
    for bad in ["", "x", "NULL", "Null", "null%20", &one[1..], &upper, "%00"] {
        if bad == one {
            continue;
        }
        let refused = city.delete(&at("/vers/a", bad));
        assert_eq!(
            refused.outcome(),
            (400, "InvalidArgument".to_owned()),
            "{bad:?}"
        );
    }
    // The parameter without a value is the empty id, never a plain deletion.
    city.delete("/vers/a?versionId")
        .refused(400, "InvalidArgument");
    holds(&city, &[("a", &one, false, true)]);
}

#[test]
fn point_17_bucket_with_versions_or_markers_is_not_empty() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/a", "one");
    let marker = mark(&city, "/vers/a");
    city.delete("/vers").refused(409, "BucketNotEmpty");
    city.delete(&at("/vers/a", &one)).expect(204);
    // Nothing but a marker.
    holds(&city, &[("a", &marker, true, true)]);
    city.delete("/vers").refused(409, "BucketNotEmpty");
    super::set(&city, "/vers", "Suspended");
    city.delete("/vers").refused(409, "BucketNotEmpty");
    city.delete(&at("/vers/a", &marker)).expect(204);
    city.delete("/vers").expect(204);
    city.delete("/vers").refused(404, "NoSuchBucket");
    // The next bucket of the name begins without versions.
    city.put("/vers", "").expect(200);
    assert_eq!(
        city.get("/vers?versioning").expect(200).text("Status"),
        None
    );
    holds(&city, &[]);
}
