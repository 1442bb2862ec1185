//! Points 21, 22 and 29 for ListObjectVersions: names that XML or URLs are known to break.

use super::{at, mark, put, read, rows, with_versions};

const NAMES: [(&str, &str); 9] = [
    ("%20", "%20"),
    ("%22q%22", "%22q%22"),
    ("%24%26%27", "%24%26%27"),
    ("%3CVersion%3E", "%3CVersion%3E"),
    ("a%2Bb", "a%2Bb"),
    ("a/b%20c", "a/b%20c"),
    ("a%0Ab", "a%0Ab"),
    ("%3FversionId%3Dnull", "%3FversionId%3Dnull"),
    (
        "%D0%9E%D0%B4%D0%BB%D1%83%D0%BA%D0%B0",
        "%D0%9E%D0%B4%D0%BB%D1%83%D0%BA%D0%B0",
    ),
];

#[test]
fn point_22_names_of_versions_are_encoded_on_demand() {
    let (_server, city) = with_versions();
    for (target, _) in NAMES {
        put(&city, &format!("/vers/{target}"), target);
        mark(&city, &format!("/vers/{target}"));
    }
    let page = city.get("/vers?versions&encoding-type=url").expect(200);
    assert_eq!(page.text("EncodingType").as_deref(), Some("url"));
    let mut expected: Vec<&str> = NAMES.iter().flat_map(|(_, told)| [*told; 2]).collect();
    let mut found: Vec<String> = rows(&page).into_iter().map(|row| row.object_key).collect();
    expected.sort_unstable();
    found.sort();
    assert_eq!(found, expected);
    let plain = city.get("/vers?versions").expect(200);
    assert_eq!(plain.text("EncodingType"), None);
    assert!(plain.body_text().contains("<Key>&lt;Version&gt;</Key>"));
}

#[test]
fn point_22_markers_prefixes_and_delimiters_are_encoded_too() {
    let (_server, city) = with_versions();
    for target in ["a%20b/1", "a%20b/2", "a%20c"] {
        put(&city, &format!("/vers/{target}"), "x");
    }
    let query = "/vers?versions&encoding-type=url&prefix=a%20&delimiter=%2F&max-keys=1";
    let page = city.get(query).expect(200);
    assert_eq!(page.texts("Prefix"), ["a%20", "a%20b/"]);
    assert_eq!(page.text("Delimiter").as_deref(), Some("/"));
    assert_eq!(page.text("NextKeyMarker").as_deref(), Some("a%20b/"));
    let page = city.get(&format!("{query}&key-marker=a%20b%2F"));
    let page = page.expect(200);
    assert_eq!(page.text("KeyMarker").as_deref(), Some("a%20b/"));
    assert_eq!(page.text("Key").as_deref(), Some("a%20c"));
    city.get("/vers?versions&encoding-type=base64")
        .refused(400, "InvalidArgument");
}

#[test]
fn point_21_odd_names_have_versions_of_their_own() {
    let (_server, city) = with_versions();
    for (target, _) in NAMES {
        let target = format!("/vers/{target}");
        let one = put(&city, &target, "one");
        let two = put(&city, &target, "two");
        assert_eq!(read(&city, &at(&target, &one)), "one");
        city.delete(&at(&target, &two)).expect(204);
        assert_eq!(read(&city, &target), "one");
        mark(&city, &target);
        city.get(&target).refused(404, "NoSuchKey");
    }
}

#[test]
fn point_29_markers_may_name_anything() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/m", "x");
    for (marker, count) in [
        ("%01", 1),
        ("%0A", 1),
        ("%20", 1),
        ("m%20", 0),
        ("%F4%8F%BF%BF", 0),
        ("l%F4%8F%BF%BF", 1),
    ] {
        let page = city.get(&format!("/vers?versions&key-marker={marker}"));
        assert_eq!(rows(&page.expect(200)).len(), count, "{marker}");
        // With a version, too: it belongs to a key that is not there.
        let query = format!("/vers?versions&key-marker={marker}&version-id-marker={one}");
        assert_eq!(rows(&city.get(&query).expect(200)).len(), count, "{marker}");
    }
}
