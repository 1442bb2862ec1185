//! Points 40 and 59: DeleteObjects in buckets with versions.

use super::{UNKNOWN, at, holds, list, mark, put, read, set, with_versions};
use crate::raw::{Account, Answer};

fn delete_many(city: &Account, inner: &str) -> Answer {
    let body = format!("<Delete>{inner}</Delete>");
    city.post("/vers?delete", body).expect(200)
}

fn entry(object_key: &str, version: Option<&str>) -> String {
    let version = version.map(|id| format!("<VersionId>{id}</VersionId>"));
    let version = version.unwrap_or_default();
    format!("<Object><Key>{object_key}</Key>{version}</Object>")
}

/// The text of an element inside a block of an answer.
fn within(block: &str, element: &str) -> Option<String> {
    let (_, rest) = block.split_once(&format!("<{element}>"))?;
    let (text, _) = rest.split_once(&format!("</{element}>"))?;
    Some(text.to_owned())
}

#[test]
fn point_59_without_versions_markers_are_made_and_named() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/a", "one");
    let answer = delete_many(&city, &[entry("a", None), entry("never", None)].concat());
    let deleted = answer.texts("Deleted");
    assert_eq!(deleted.len(), 2);
    let mut markers = Vec::new();
    for (block, object_key) in deleted.iter().zip(["a", "never"]) {
        assert_eq!(within(block, "Key").as_deref(), Some(object_key));
        assert_eq!(within(block, "DeleteMarker").as_deref(), Some("true"));
        assert_eq!(within(block, "VersionId"), None);
        markers.push(within(block, "DeleteMarkerVersionId").expect("the marker's id"));
    }
    holds(
        &city,
        &[
            ("a", &markers[0], true, true),
            ("a", &one, false, false),
            ("never", &markers[1], true, true),
        ],
    );
}

#[test]
fn point_59_suspended_markers_are_null() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/a", "one");
    set(&city, "/vers", "Suspended");
    let answer = delete_many(&city, &entry("a", None));
    assert_eq!(answer.text("DeleteMarker").as_deref(), Some("true"));
    assert_eq!(
        answer.text("DeleteMarkerVersionId").as_deref(),
        Some("null")
    );
    holds(
        &city,
        &[("a", "null", true, true), ("a", &one, false, false)],
    );
}

#[test]
fn point_59_versions_are_deleted_and_named() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/a", "one");
    let two = put(&city, "/vers/a", "two");
    let marker = mark(&city, "/vers/a");
    let inner = [entry("a", Some(&one)), entry("a", Some(&marker))].concat();
    let answer = delete_many(&city, &inner);
    let deleted = answer.texts("Deleted");
    assert_eq!(within(&deleted[0], "VersionId"), Some(one));
    assert_eq!(within(&deleted[0], "DeleteMarker"), None);
    // A marker that was deleted is named twice: as what was asked for and as what it was.
    assert_eq!(within(&deleted[1], "VersionId"), Some(marker.clone()));
    assert_eq!(within(&deleted[1], "DeleteMarker").as_deref(), Some("true"));
    let of_marker = within(&deleted[1], "DeleteMarkerVersionId");
    assert_eq!(of_marker, Some(marker));
    holds(&city, &[("a", &two, false, true)]);
    // Twice succeeds.
    let answer = delete_many(&city, &inner);
    assert_eq!(answer.texts("Deleted").len(), 2);
    assert!(answer.texts("Error").is_empty());
    holds(&city, &[("a", &two, false, true)]);
    assert_eq!(read(&city, "/vers/a"), "two");
}

/// All versions of a key, its marker first, in one request: as `aws s3api` scripts empty buckets.
#[test]
fn point_59_one_request_takes_all_versions_of_a_key() {
    let (_server, city) = with_versions();
    let mut versions: Vec<String> = (0..50)
        .map(|n| put(&city, "/vers/a", format!("{n}")))
        .collect();
    versions.push(mark(&city, "/vers/a"));
    let inner: String = versions.iter().map(|id| entry("a", Some(id))).collect();
    let answer = delete_many(&city, &inner);
    assert_eq!(answer.texts("Deleted").len(), 51);
    assert!(answer.texts("Error").is_empty());
    holds(&city, &[]);
    city.delete("/vers").expect(204);
}

#[test]
fn point_40_errors_carry_key_version_and_code() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/a", "one");
    let inner = [
        entry("a", Some("nonsense")),
        entry("a", Some(UNKNOWN)),
        entry("a", Some("null")),
        entry("b", Some("nonsense")),
    ];
    let answer = delete_many(&city, &inner.concat());
    // Unknown versions are gone already; what is no version id is an error.
    let deleted = answer.texts("Deleted");
    assert_eq!(deleted.len(), 2);
    for (block, version) in deleted.iter().zip([UNKNOWN, "null"]) {
        assert_eq!(within(block, "VersionId").as_deref(), Some(version));
    }
    let errors = answer.texts("Error");
    assert_eq!(errors.len(), 2);
    for (error, object_key) in errors.iter().zip(["a", "b"]) {
        assert_eq!(within(error, "Key").as_deref(), Some(object_key));
        assert_eq!(within(error, "VersionId").as_deref(), Some("nonsense"));
        assert_eq!(within(error, "Code").as_deref(), Some("NoSuchVersion"));
    }
    holds(&city, &[("a", &one, false, true)]);
}

#[test]
fn point_40_quiet_reports_no_markers() {
    let (_server, city) = with_versions();
    put(&city, "/vers/a", "one");
    let inner = format!("<Quiet>true</Quiet>{}", entry("a", None));
    let answer = delete_many(&city, &inner);
    assert!(answer.texts("Deleted").is_empty());
    city.get("/vers/a").refused(404, "NoSuchKey");
}

#[test]
fn point_40_parallel_identical_requests_all_succeed() {
    let (_server, city) = with_versions();
    let versions: Vec<String> = (0..60)
        .map(|n| put(&city, &format!("/vers/k{}", n % 6), "x"))
        .collect();
    let named = |(n, id): (usize, &String)| entry(&format!("k{}", n % 6), Some(id));
    let inner: String = versions.iter().enumerate().map(named).collect();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let answer = delete_many(&city, &inner);
                assert_eq!(answer.texts("Deleted").len(), 60);
                assert!(answer.texts("Error").is_empty());
            });
        }
    });
    holds(&city, &[]);
}

/// Deletions without versions at the same time stack as many markers as were reported.
#[test]
fn point_40_parallel_markers_are_all_kept() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/a", "one");
    let mut markers: Vec<String> = std::thread::scope(|scope| {
        let deletes = (0..8).map(|_| {
            scope.spawn(|| {
                let answer = delete_many(&city, &entry("a", None));
                answer.text("DeleteMarkerVersionId").expect("a marker")
            })
        });
        let deletes: Vec<_> = deletes.collect();
        let joined = deletes.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined.map(|id| id.expect("an id")).collect()
    });
    let rows = list(&city, "/vers");
    assert_eq!(rows.len(), 9);
    assert_eq!(rows[8].version, one);
    let mut listed: Vec<String> = rows[..8].iter().map(|row| row.version.clone()).collect();
    listed.sort();
    markers.sort();
    assert_eq!(listed, markers);
    assert_eq!(read(&city, &at("/vers/a", &one)), "one");
}
