//! Point 58: walks over all pages lose nothing and repeat nothing, whatever the page's length.

use super::{Row, at, mark, put, rows, set, with_bucket};
use crate::raw::{Account, Answer};

/// The target of one of the keys below.
fn target_of(object_key: &str) -> String {
    format!("/vers/{}", object_key.replace('!', "%21"))
}

/// A page's next markers, as a query.
fn next(page: &Answer) -> Option<String> {
    let is_truncated = page.text("IsTruncated").expect("whether it is truncated") == "true";
    let object_key = page.text("NextKeyMarker");
    let version = page.text("NextVersionIdMarker");
    assert_eq!(object_key.is_some(), is_truncated);
    let object_key = object_key?.replace('/', "%2F").replace('!', "%21");
    let version = version.map(|id| format!("&version-id-marker={id}"));
    Some(format!(
        "&key-marker={object_key}{}",
        version.unwrap_or_default()
    ))
}

/// All rows and common prefixes, in pages of `len`; `between` is done behind each page.
fn walk(
    city: &Account,
    query: &str,
    len: usize,
    mut between: impl FnMut(&[Row]),
) -> (Vec<Row>, Vec<String>) {
    let (mut all, mut prefixes) = (Vec::new(), Vec::new());
    let mut markers = String::new();
    let mut pages = 0;
    loop {
        pages += 1;
        assert!(pages < 1000, "the walk does not end");
        let target = format!("/vers?versions&max-keys={len}{query}{markers}");
        let page = city.get(&target).expect(200);
        let (found, rolled) = (rows(&page), page.texts("CommonPrefixes"));
        assert!(found.len() + rolled.len() <= len);
        prefixes.extend(rolled);
        between(&found);
        let count = found.len();
        all.extend(found);
        match next(&page) {
            None => return (all, prefixes),
            Some(behind) => {
                assert!(count > 0 || page.texts("CommonPrefixes").len() == len);
                markers = behind;
            }
        }
    }
}

/// Null versions, markers, versions of neighbours whose names begin alike, folders.
fn fill(city: &Account) {
    let keys = ["a", "a!", "a/1", "a/2", "aa", "b/1/x", "b/2", "c", "d/"];
    for object_key in keys {
        city.put(&target_of(object_key), "null").expect(200);
    }
    set(city, "/vers", "Enabled");
    for (round, object_key) in (0..3).flat_map(|round| keys.map(|one| (round, one))) {
        let target = target_of(object_key);
        if object_key.len() % 2 == round % 2 {
            put(city, &target, "x");
        } else {
            mark(city, &target);
        }
    }
    mark(city, "/vers/e/never");
    set(city, "/vers", "Suspended");
    city.put("/vers/c", "null again").expect(200);
    city.delete("/vers/aa").expect(204);
    set(city, "/vers", "Enabled");
    put(city, "/vers/b/2", "newest");
}

/// One latest row for each key, the first of it; names ascend, times and ids of a key descend.
fn is_ordered(all: &[Row]) {
    for (index, row) in all.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| &all[before]);
        let is_first = before.is_none_or(|before| before.object_key != row.object_key);
        assert_eq!(row.is_latest, is_first, "{row:?}");
        if let Some(before) = before {
            assert!(before.object_key <= row.object_key);
            assert!(is_first || before.last_modified >= row.last_modified);
        }
    }
}

#[test]
fn point_58_pages_of_every_length_give_the_whole() {
    let (_server, city) = with_bucket();
    fill(&city);
    for query in [
        "",
        "&prefix=a",
        "&prefix=a%2F",
        "&delimiter=%2F",
        "&delimiter=%2F&prefix=b%2F",
        "&delimiter=a",
        "&delimiter=1",
    ] {
        let whole = walk(&city, query, 1000, |_| {});
        is_ordered(&whole.0);
        if query.is_empty() {
            assert_eq!(whole.0.len(), 9 * 4 + 2);
        }
        for len in [1, 2, 3, 4, 5, 7, 11, 20] {
            let paged = walk(&city, query, len, |_| {});
            assert_eq!(paged, whole, "{query} in pages of {len}");
        }
    }
}

/// A tool that empties a bucket deletes each page before it asks for the next one.
#[test]
fn point_58_walk_that_deletes_what_it_saw_sees_everything() {
    for len in [1, 2, 3, 5, 8] {
        let (_server, city) = with_bucket();
        fill(&city);
        let (whole, _) = walk(&city, "", 1000, |_| {});
        let empty = |found: &[Row]| {
            for row in found {
                let target = target_of(&row.object_key);
                city.delete(&at(&target, &row.version)).expect(204);
            }
        };
        let (seen, _) = walk(&city, "", len, empty);
        let ids = |rows: &[Row]| -> Vec<(String, String)> {
            let id = |row: &Row| (row.object_key.clone(), row.version.clone());
            rows.iter().map(id).collect()
        };
        assert_eq!(ids(&seen), ids(&whole), "pages of {len}");
        assert!(walk(&city, "", 1000, |_| {}).0.is_empty());
        city.delete("/vers").expect(204);
    }
}

/// What is written and hidden between two pages changes nothing about the rest.
#[test]
fn point_58_walk_beside_writers_keeps_its_place() {
    let (_server, city) = with_bucket();
    fill(&city);
    let (whole, _) = walk(&city, "", 1000, |_| {});
    for len in [1, 2, 3] {
        let disturb = |found: &[Row]| {
            if let Some(last) = found.last() {
                // On top of the key that the page ended in: behind the marker nothing moves.
                mark(&city, &target_of(&last.object_key));
            }
        };
        let (seen, _) = walk(&city, "", len, disturb);
        let seen = |row: &Row| {
            let is_it =
                |one: &&Row| (&one.object_key, &one.version) == (&row.object_key, &row.version);
            seen.iter().filter(is_it).count()
        };
        for row in &whole {
            assert_eq!(seen(row), 1, "pages of {len}: {row:?}");
        }
    }
}
