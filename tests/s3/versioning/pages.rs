//! Point 58: what ListObjectVersions is asked for and what it echoes: prefix, delimiter, both
//! markers, the page's length.

use super::{Row, UNKNOWN, brief, mark, put, rows, with_bucket, with_versions};
use crate::raw::{Account, Answer};

fn list(city: &Account, query: &str) -> Answer {
    city.get(&format!("/vers?versions{query}")).expect(200)
}

fn names(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(|row| &*row.object_key).collect()
}

/// Two versions of each of these keys.
fn fill(city: &Account, keys: &[&str]) {
    for object_key in keys {
        put(city, &format!("/vers/{object_key}"), "old");
        put(city, &format!("/vers/{object_key}"), "new");
    }
}

#[test]
fn point_58_empty_bucket_has_an_empty_list() {
    let (_server, city) = with_bucket();
    let page = list(&city, "");
    assert_eq!(page.text("Name").as_deref(), Some("vers"));
    assert_eq!(page.text("MaxKeys").as_deref(), Some("1000"));
    assert_eq!(page.text("IsTruncated").as_deref(), Some("false"));
    assert!(rows(&page).is_empty());
    for absent in ["NextKeyMarker", "NextVersionIdMarker", "Delimiter"] {
        assert_eq!(page.text(absent), None, "{absent}");
    }
    assert!(page.body_text().contains("<ListVersionsResult"));
}

#[test]
fn point_58_prefix_chooses_keys() {
    let (_server, city) = with_versions();
    fill(&city, &["a", "ab", "abc", "b", "ba"]);
    let page = list(&city, "&prefix=ab");
    assert_eq!(names(&rows(&page)), ["ab", "ab", "abc", "abc"]);
    assert_eq!(page.text("Prefix").as_deref(), Some("ab"));
    assert!(rows(&list(&city, "&prefix=c")).is_empty());
    assert_eq!(names(&rows(&list(&city, "&prefix=abc"))), ["abc", "abc"]);
}

#[test]
fn point_58_delimiter_rolls_versions_and_markers_up() {
    let (_server, city) = with_versions();
    fill(&city, &["a/1", "a/2", "b", "c/d/1", "c/e"]);
    mark(&city, "/vers/a/1");
    mark(&city, "/vers/m/only-a-marker");
    let page = list(&city, "&delimiter=%2F");
    assert_eq!(names(&rows(&page)), ["b", "b"]);
    let prefixes = page.texts("CommonPrefixes");
    assert_eq!(
        prefixes,
        [
            "<Prefix>a/</Prefix>",
            "<Prefix>c/</Prefix>",
            "<Prefix>m/</Prefix>"
        ]
    );
    assert_eq!(page.text("Delimiter").as_deref(), Some("/"));
    let page = list(&city, "&delimiter=%2F&prefix=c%2F");
    assert_eq!(names(&rows(&page)), ["c/e", "c/e"]);
    assert_eq!(page.texts("CommonPrefixes"), ["<Prefix>c/d/</Prefix>"]);
    // A key that is the prefix itself is a key.
    fill(&city, &["c/"]);
    let page = list(&city, "&delimiter=%2F&prefix=c%2F");
    assert_eq!(names(&rows(&page)), ["c/", "c/", "c/e", "c/e"]);
}

#[test]
fn point_58_key_marker_begins_behind_all_versions_of_a_key() {
    let (_server, city) = with_versions();
    fill(&city, &["a", "b", "c"]);
    for (marker, expected) in [
        ("", vec!["a", "a", "b", "b", "c", "c"]),
        ("a", vec!["b", "b", "c", "c"]),
        // Names that are not there.
        ("0", vec!["a", "a", "b", "b", "c", "c"]),
        ("aa", vec!["b", "b", "c", "c"]),
        ("b", vec!["c", "c"]),
        ("c", vec![]),
        ("zzz", vec![]),
    ] {
        let page = list(&city, &format!("&key-marker={marker}"));
        assert_eq!(names(&rows(&page)), expected, "{marker:?}");
        assert_eq!(page.text("KeyMarker").as_deref(), Some(marker));
    }
}

#[test]
fn point_58_version_marker_begins_behind_that_version() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/a", "1");
    let two = put(&city, "/vers/a", "2");
    let three = mark(&city, "/vers/a");
    let four = put(&city, "/vers/a", "4");
    let b = put(&city, "/vers/b", "b");
    let all = [
        ("a", &*four, false, true),
        ("a", &*three, true, false),
        ("a", &*two, false, false),
        ("a", &*one, false, false),
        ("b", &*b, false, true),
    ];
    for (index, (_, version, ..)) in all.iter().enumerate().take(4) {
        let page = list(&city, &format!("&key-marker=a&version-id-marker={version}"));
        assert_eq!(brief(&rows(&page)), all[index + 1..]);
        assert_eq!(page.text("VersionIdMarker").as_deref(), Some(*version));
    }
    // A version that was deleted since marks its place all the same.
    city.delete(&super::at("/vers/a", &three)).expect(204);
    let page = list(&city, &format!("&key-marker=a&version-id-marker={three}"));
    assert_eq!(brief(&rows(&page)), all[2..]);
    // So does the newest one, whose successor has become the latest.
    city.delete(&super::at("/vers/a", &four)).expect(204);
    let page = list(&city, &format!("&key-marker=a&version-id-marker={four}"));
    let (latest, others) = (("a", &*two, false, true), &all[3..]);
    assert_eq!(brief(&rows(&page))[0], latest);
    assert_eq!(brief(&rows(&page))[1..], *others);
}

#[test]
fn point_58_version_marker_without_a_key_is_refused() {
    let (_server, city) = with_versions();
    fill(&city, &["a"]);
    for query in [
        format!("&version-id-marker={UNKNOWN}"),
        "&version-id-marker=null".to_owned(),
        "&key-marker=a&version-id-marker=nonsense".to_owned(),
    ] {
        let refused = city.get(&format!("/vers?versions{query}"));
        assert_eq!(
            refused.outcome(),
            (400, "InvalidArgument".to_owned()),
            "{query}"
        );
    }
}

#[test]
fn point_58_page_length_is_what_was_asked_for() {
    let (_server, city) = with_versions();
    fill(&city, &["a", "b"]);
    let page = list(&city, "&max-keys=3");
    assert_eq!(rows(&page).len(), 3);
    assert_eq!(page.text("MaxKeys").as_deref(), Some("3"));
    assert_eq!(page.text("IsTruncated").as_deref(), Some("true"));
    assert_eq!(page.text("NextKeyMarker").as_deref(), Some("b"));
    let last = rows(&page)[2].version.clone();
    assert_eq!(page.text("NextVersionIdMarker"), Some(last));
    let whole = list(&city, "&max-keys=4");
    assert_eq!(whole.text("IsTruncated").as_deref(), Some("false"));
    assert_eq!(whole.text("NextKeyMarker"), None);
    let none = list(&city, "&max-keys=0");
    assert!(rows(&none).is_empty());
    assert_eq!(none.text("IsTruncated").as_deref(), Some("false"));
    for bad in ["-1", "x", "99999999999999999999"] {
        let refused = city.get(&format!("/vers?versions&max-keys={bad}"));
        assert_eq!(
            refused.outcome(),
            (400, "InvalidArgument".to_owned()),
            "{bad:?}"
        );
    }
    // More than the server gives at once.
    let page = list(&city, "&max-keys=100000");
    assert_eq!(page.text("MaxKeys").as_deref(), Some("1000"));
}

/// A thousand versions of one key: the page ends in the middle of it, and the next one goes on
/// there.
#[test]
fn point_58_pages_end_in_the_middle_of_a_key() {
    let (_server, city) = with_versions();
    let versions: Vec<String> = (0..1005).map(|_| put(&city, "/vers/a", "x")).collect();
    let b = put(&city, "/vers/b", "x");
    let first = list(&city, "");
    assert_eq!(rows(&first).len(), 1000);
    let next = first.text("NextVersionIdMarker").expect("a marker");
    assert_eq!(next, versions[5]);
    assert_eq!(first.text("NextKeyMarker").as_deref(), Some("a"));
    let second = list(&city, &format!("&key-marker=a&version-id-marker={next}"));
    let rest: Vec<String> = rows(&second).into_iter().map(|row| row.version).collect();
    let mut expected: Vec<String> = versions[..5].iter().rev().cloned().collect();
    expected.push(b);
    assert_eq!(rest, expected);
    assert_eq!(second.text("IsTruncated").as_deref(), Some("false"));
    let latest: Vec<bool> = rows(&second).iter().map(|row| row.is_latest).collect();
    assert_eq!(latest, [false, false, false, false, false, true]);
}
