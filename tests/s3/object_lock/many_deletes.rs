//! Point 90: in DeleteObjects only the entry of a locked version errs.

use super::{BYPASS, FAR, HOLD, put_locked, survives, with_lock};
use crate::raw::{Account, Answer};
use crate::versioning::{list, put, version_of};

fn delete_many(city: &Account, entries: &[(&str, &str)], bypass: bool) -> Answer {
    let entry = |(object_key, version): &(&str, &str)| {
        format!("<Object><Key>{object_key}</Key><VersionId>{version}</VersionId></Object>")
    };
    let entries: Vec<String> = entries.iter().map(entry).collect();
    let mut post = city.request("POST", "/worm?delete");
    if bypass {
        post = post.header(BYPASS, "true");
    }
    let body = format!("<Delete>{}</Delete>", entries.concat());
    post.body(body).send().expect(200)
}

/// Keys of the errors, all of which are `AccessDenied` and name their version.
#[track_caller]
fn denied(answer: &Answer) -> Vec<String> {
    let errors = answer.texts("Error");
    for error in &errors {
        assert!(error.contains("<Code>AccessDenied</Code>"), "{error}");
        assert!(error.contains("<VersionId>"), "{error}");
    }
    let text = |error: &String| {
        let (_, rest) = error.split_once("<Key>").expect("a key");
        rest.split_once("</Key>").expect("its end").0.to_owned()
    };
    errors.iter().map(text).collect()
}

#[test]
fn point_90_locked_entries_err_alone() {
    let (_server, city) = with_lock();
    let governance = put_locked(&city, "/worm/g", "GOVERNANCE", FAR);
    let compliance = put_locked(&city, "/worm/c", "COMPLIANCE", FAR);
    let held = city.request("PUT", "/worm/h").header(HOLD, "ON");
    let held = version_of(&held.body("locked").send().expect(200));
    let free = put(&city, "/worm/f", "free");
    let last = put(&city, "/worm/l", "free");
    let entries = [
        ("f", &*free),
        ("g", &*governance),
        ("c", &*compliance),
        ("h", &*held),
        ("l", &*last),
    ];
    let answer = delete_many(&city, &entries, false);
    assert_eq!(denied(&answer), ["g", "c", "h"]);
    assert_eq!(answer.texts("Deleted").len(), 2);
    let left: Vec<String> = list(&city, "/worm")
        .into_iter()
        .map(|row| row.object_key)
        .collect();
    assert_eq!(left, ["c", "g", "h"]);
    let answer = delete_many(&city, &entries, true);
    assert_eq!(denied(&answer), ["c", "h"]);
    assert_eq!(answer.texts("Deleted").len(), 3);
    survives(&city, "/worm/c", &compliance);
    survives(&city, "/worm/h", &held);
    assert_eq!(list(&city, "/worm").len(), 2);
}

/// Without versions each gets a marker; the versions stay.
#[test]
fn point_90_entries_without_versions_make_markers() {
    let (_server, city) = with_lock();
    let version = put_locked(&city, "/worm/a", "COMPLIANCE", FAR);
    let body = "<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>";
    let answer = city.post("/worm?delete", body).expect(200);
    assert!(answer.texts("Error").is_empty());
    assert_eq!(answer.texts("DeleteMarkerVersionId").len(), 2);
    survives(&city, "/worm/a", &version);
}

/// The same locked version a hundred times, between free ones: no entry slips through.
#[test]
fn point_90_repeated_entries_are_all_refused() {
    let (_server, city) = with_lock();
    let locked = put_locked(&city, "/worm/a", "COMPLIANCE", FAR);
    let free: Vec<String> = (0..20).map(|_| put(&city, "/worm/a", "free")).collect();
    let mut entries = vec![("a", &*locked); 100];
    for (index, version) in free.iter().enumerate() {
        entries.insert(index * 5, ("a", version));
    }
    let answer = delete_many(&city, &entries, true);
    assert_eq!(denied(&answer).len(), 100);
    assert_eq!(answer.texts("Deleted").len(), 20);
    survives(&city, "/worm/a", &locked);
    assert_eq!(list(&city, "/worm").len(), 1);
}
