//! Points 34 and 39 in buckets with versions: conditions of writes and deletions see the newest
//! version, or the one that is named.

use super::{at, holds, list, mark, put, read, set, version_of, with_versions};
use crate::points::uploads::Upload;
use crate::raw::{Account, Answer};

const OTHER: &str = "\"0123456789abcdef0123456789abcdef\"";
const LONG_AGO: &str = "Fri, 21 Oct 2016 07:28:00 GMT";

fn send(city: &Account, method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = city.request(method, target);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let body = if method == "PUT" { "written" } else { "" };
    request.body(body).send()
}

fn etag_of(city: &Account, target: &str) -> String {
    let head = city.head(target).expect(200);
    head.header("etag").expect("an ETag").to_owned()
}

#[test]
fn point_34_creation_over_a_marker_succeeds() {
    let (_server, city) = with_versions();
    let once = [("if-none-match", "*")];
    let one = version_of(&send(&city, "PUT", "/vers/a", &once).expect(200));
    send(&city, "PUT", "/vers/a", &once).refused(412, "PreconditionFailed");
    let marker = mark(&city, "/vers/a");
    let two = version_of(&send(&city, "PUT", "/vers/a", &once).expect(200));
    holds(
        &city,
        &[
            ("a", &two, false, true),
            ("a", &marker, true, false),
            ("a", &one, false, false),
        ],
    );
    send(&city, "PUT", "/vers/a", &once).refused(412, "PreconditionFailed");
    set(&city, "/vers", "Suspended");
    city.delete("/vers/a").expect(204);
    send(&city, "PUT", "/vers/a", &once).expect(200);
}

#[test]
fn point_34_match_on_a_marker_is_not_found() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/a", "one");
    let etag = etag_of(&city, "/vers/a");
    let marker = mark(&city, "/vers/a");
    for wanted in [&*etag, "*", OTHER] {
        let refused = send(&city, "PUT", "/vers/a", &[("if-match", wanted)]);
        refused.refused(404, "NoSuchKey");
    }
    holds(
        &city,
        &[("a", &marker, true, true), ("a", &one, false, false)],
    );
}

/// The ETag of an older version is not the object's.
#[test]
fn point_34_only_the_newest_version_counts() {
    let (_server, city) = with_versions();
    put(&city, "/vers/a", "one");
    let old = etag_of(&city, "/vers/a");
    put(&city, "/vers/a", "two");
    let new = etag_of(&city, "/vers/a");
    let refused = send(&city, "PUT", "/vers/a", &[("if-match", &old)]);
    refused.refused(412, "PreconditionFailed");
    send(&city, "PUT", "/vers/a", &[("if-none-match", &new)]).refused(412, "PreconditionFailed");
    send(&city, "PUT", "/vers/a", &[("if-match", &new)]).expect(200);
    send(&city, "PUT", "/vers/a", &[("if-none-match", &old)]).expect(200);
    assert_eq!(list(&city, "/vers").len(), 4);
}

#[test]
fn point_34_completion_over_a_marker_obeys_conditions() {
    let (_server, city) = with_versions();
    put(&city, "/vers/a", "one");
    let etag = etag_of(&city, "/vers/a");
    mark(&city, "/vers/a");
    let upload = Upload::create(&city, "/vers/a");
    let part = upload.part(1, b"parts");
    let document = Upload::document(&[(1, &part)]);
    let complete = |name: &str, value: &str| {
        let request = upload.complete_request(&document);
        request.header(name, value).send()
    };
    complete("if-match", &etag).refused(404, "NoSuchKey");
    let done = complete("if-none-match", "*").expect(200);
    version_of(&done);
    assert_eq!(read(&city, "/vers/a"), "parts");
}

/// All three conditions on the newest version: a miss leaves it, a hit makes a marker.
#[test]
fn point_39_conditional_delete_makes_a_marker_when_it_holds() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/a", "four");
    let head = city.head("/vers/a").expect(200);
    let header = |name| head.header(name).expect("a header");
    let (etag, time) = (header("etag"), header("last-modified"));
    for (name, miss) in [
        ("if-match", OTHER),
        ("x-amz-if-match-size", "5"),
        ("x-amz-if-match-last-modified-time", LONG_AGO),
    ] {
        let refused = send(&city, "DELETE", "/vers/a", &[(name, miss)]);
        refused.refused(412, "PreconditionFailed");
    }
    holds(&city, &[("a", &one, false, true)]);
    let hits = [
        ("if-match", etag),
        ("x-amz-if-match-size", "4"),
        ("x-amz-if-match-last-modified-time", time),
    ];
    let deleted = send(&city, "DELETE", "/vers/a", &hits).expect(204);
    assert_eq!(deleted.header("x-amz-delete-marker"), Some("true"));
    let marker = version_of(&deleted);
    holds(
        &city,
        &[("a", &marker, true, true), ("a", &one, false, false)],
    );
}

#[test]
fn point_39_conditional_delete_of_an_absent_object_makes_no_marker() {
    let (_server, city) = with_versions();
    for versioning in ["Enabled", "Suspended"] {
        set(&city, "/vers", versioning);
        for condition in [
            ("if-match", "*"),
            ("if-match", OTHER),
            ("x-amz-if-match-size", "4"),
            ("x-amz-if-match-last-modified-time", LONG_AGO),
        ] {
            let deleted = send(&city, "DELETE", "/vers/never", &[condition]).expect(204);
            assert_eq!(deleted.header("x-amz-delete-marker"), None, "{condition:?}");
            assert_eq!(deleted.header("x-amz-version-id"), None, "{condition:?}");
        }
    }
    holds(&city, &[]);
}

#[test]
fn point_39_current_marker_is_there_and_does_not_match() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/a", "");
    let etag = etag_of(&city, "/vers/a");
    let marker = mark(&city, "/vers/a");
    for condition in [
        ("if-match", &*etag),
        ("if-match", OTHER),
        ("x-amz-if-match-size", "4"),
        ("x-amz-if-match-last-modified-time", LONG_AGO),
    ] {
        for target in ["/vers/a", &at("/vers/a", &marker)] {
            let refused = send(&city, "DELETE", target, &[condition]);
            assert_eq!(
                refused.outcome(),
                (412, "PreconditionFailed".to_owned()),
                "{condition:?}"
            );
        }
    }
    holds(
        &city,
        &[("a", &marker, true, true), ("a", &one, false, false)],
    );
}

#[test]
fn point_39_conditions_work_on_the_version_that_is_named() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/a", "four");
    let old = etag_of(&city, "/vers/a");
    let two = put(&city, "/vers/a", "longer");
    let new = etag_of(&city, "/vers/a");
    let target = at("/vers/a", &one);
    for miss in [
        ("if-match", &*new),
        ("if-match", OTHER),
        ("x-amz-if-match-size", "6"),
        ("x-amz-if-match-last-modified-time", LONG_AGO),
    ] {
        let refused = send(&city, "DELETE", &target, &[miss]);
        refused.refused(412, "PreconditionFailed");
    }
    let hits = [("if-match", &*old), ("x-amz-if-match-size", "4")];
    send(&city, "DELETE", &target, &hits).expect(204);
    holds(&city, &[("a", &two, false, true)]);
    // What is gone meets every condition.
    send(&city, "DELETE", &target, &[("if-match", OTHER)]).expect(204);
    holds(&city, &[("a", &two, false, true)]);
}

#[test]
fn point_39_entries_of_delete_objects_have_their_own_conditions() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/a", "four");
    let b = put(&city, "/vers/b", "four");
    let c = put(&city, "/vers/c", "four");
    let marked = mark(&city, "/vers/c");
    let entry = |name: &str, more: &str| format!("<Object><Key>{name}</Key>{more}</Object>");
    let entries = [
        entry("a", &format!("<VersionId>{one}</VersionId><Size>5</Size>")),
        entry("b", "<Size>5</Size>"),
        entry("c", "<Size>5</Size>"),
        entry("never", "<Size>5</Size>"),
        entry("a", &format!("<VersionId>{one}</VersionId><Size>4</Size>")),
    ];
    let body = format!("<Delete>{}</Delete>", entries.concat());
    let answer = city.post("/vers?delete", body).expect(200);
    let errors = answer.texts("Error");
    assert_eq!(errors.len(), 3, "{errors:?}");
    for (error, object_key) in errors.iter().zip(["a", "b", "c"]) {
        assert!(error.contains(&format!("<Key>{object_key}</Key>")));
        assert!(error.contains("<Code>PreconditionFailed</Code>"));
    }
    assert!(errors[0].contains(&format!("<VersionId>{one}</VersionId>")));
    holds(
        &city,
        &[
            ("b", &b, false, true),
            ("c", &marked, true, true),
            ("c", &c, false, false),
        ],
    );
}
