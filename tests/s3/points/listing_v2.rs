//! Point 28: tokens, `StartAfter` and owners of `ListObjectsV2`.

use super::{fill, with_bucket};
use crate::raw::{Account, Answer};
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::{EncodingType, Object};
use std::collections::HashSet;

fn list(account: &Account, query: &str) -> Answer {
    account
        .get(&format!("/points?list-type=2&{query}"))
        .expect(200)
}

fn token(answer: &Answer) -> String {
    answer.text("NextContinuationToken").expect("a token")
}

#[test]
fn point_28_token_is_opaque_url_safe_and_echoed() {
    let (_server, city) = with_bucket();
    fill(
        &city,
        &[
            "a%20key%2B1",
            "a%20key/%3F2",
            "%C4%8Da%C4%8Dak",
            "%F4%8F%BF%BF",
        ],
    );
    let first = list(&city, "max-keys=1");
    assert_eq!(first.text("ContinuationToken"), None);
    let mut answer = first;
    let mut seen = answer.texts("Key");
    let mut tokens = HashSet::new();
    while answer.text("IsTruncated").as_deref() == Some("true") {
        let token = token(&answer);
        let is_url_safe = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
        assert!(
            !token.is_empty() && token.chars().all(is_url_safe),
            "{token}"
        );
        assert!(!token.contains("key"), "{token} shows a name");
        answer = list(&city, &format!("max-keys=1&continuation-token={token}"));
        assert_eq!(answer.text("ContinuationToken").as_ref(), Some(&token));
        assert_eq!(answer.text("KeyCount").as_deref(), Some("1"));
        seen.extend(answer.texts("Key"));
        assert!(tokens.insert(token), "a token repeats");
    }
    assert_eq!(answer.text("NextContinuationToken"), None);
    assert_eq!(
        seen,
        ["a key+1", "a key/?2", "\u{10d}a\u{10d}ak", "\u{10ffff}"]
    );
}

#[test]
fn point_28_empty_token_is_the_beginning_and_echoed() {
    let (_server, city) = with_bucket();
    fill(&city, &["a", "b"]);
    for query in ["continuation-token=", "continuation-token"] {
        let answer = list(&city, query);
        assert_eq!(
            answer.text("ContinuationToken").as_deref(),
            Some(""),
            "{query}"
        );
        assert_eq!(answer.texts("Key"), ["a", "b"]);
    }
    let answer = list(&city, "continuation-token=&start-after=a");
    assert_eq!(answer.texts("Key"), ["b"]);
}

#[test]
fn point_28_forged_token_is_refused() {
    let (_server, city) = with_bucket();
    fill(&city, &["a", "b"]);
    for bad in [
        "%21",
        "a",
        "%00",
        "YQ%3D%3D",
        "a%2Bb%2F",
        "_____w",
        "gICA",
        "%25",
        "%F0%9F%98%80",
    ] {
        let refused = city.get(&format!("/points?list-type=2&continuation-token={bad}"));
        assert_eq!(
            refused.outcome(),
            (400, "InvalidArgument".to_owned()),
            "{bad}"
        );
    }
}

#[test]
fn point_28_token_wins_over_start_after_which_is_echoed() {
    let (_server, city) = with_bucket();
    fill(&city, &["a", "b", "c", "d"]);
    let first = list(&city, "start-after=a&max-keys=1");
    assert_eq!(first.texts("Key"), ["b"]);
    assert_eq!(first.text("StartAfter").as_deref(), Some("a"));
    let token = token(&first);
    for start_after in ["a", "c", "zzz"] {
        let query = format!("start-after={start_after}&continuation-token={token}");
        let answer = list(&city, &query);
        assert_eq!(answer.texts("Key"), ["c", "d"], "{start_after}");
        assert_eq!(answer.text("StartAfter").as_deref(), Some(start_after));
        assert_eq!(answer.text("ContinuationToken").as_ref(), Some(&token));
    }
    assert_eq!(list(&city, "").text("StartAfter"), None);
}

#[test]
fn point_28_owner_only_when_asked_for() {
    let (_server, city) = with_bucket();
    fill(&city, &["a"]);
    let id = city.get("/").expect(200).text("ID").expect("an id");
    for query in ["", "fetch-owner=false", "fetch-owner=", "fetch-owner"] {
        let answer = list(&city, query);
        assert_eq!(answer.texts("Key"), ["a"]);
        assert!(!answer.body_text().contains("<Owner>"), "{query}");
    }
    let answer = list(&city, "fetch-owner=true");
    assert_eq!(answer.texts("ID"), [id]);
    assert_eq!(answer.texts("DisplayName").len(), 1);
}

#[test]
fn point_28_second_version_has_no_marker() {
    let (_server, city) = with_bucket();
    fill(&city, &["a", "b"]);
    let answer = list(&city, "max-keys=1&delimiter=%2F&marker=a");
    assert_eq!(
        answer.texts("Key"),
        ["a"],
        "the marker is the first version's"
    );
    assert_eq!(answer.text("Marker"), None);
    assert_eq!(answer.text("NextMarker"), None);
    assert_eq!(answer.text("KeyCount").as_deref(), Some("1"));
    let first = city.get("/points?max-keys=1").expect(200);
    assert_eq!(first.text("KeyCount"), None);
    assert_eq!(first.text("NextContinuationToken"), None);
}

/// The SDK's own paginator ends, and shows everything once.
#[tokio::test]
async fn point_28_paginator_of_the_sdk_shows_everything_once() {
    let (server, city) = with_bucket();
    let client = server.client(&city);
    let stored = [
        "a b", "a+b", "a/1", "a/2", "b/1", "c\n", "d%41", "e&f", "\u{17e}",
    ];
    for object_key in stored {
        let put = client.put_object().bucket("points").key(object_key);
        put.send().await.expect("an object");
    }
    for size in 1..=10 {
        let list = client.list_objects_v2().bucket("points").max_keys(size);
        let list = list.into_paginator().send();
        let pages: Result<Vec<_>, _> = list.collect().await;
        let pages = pages.expect("all pages");
        let items = pages.iter().flat_map(ListObjectsV2Output::contents);
        let keys: Vec<&str> = items.filter_map(Object::key).collect();
        assert_eq!(keys, stored, "{size}");
    }
    for size in 1..=8 {
        let list = client.list_objects_v2().bucket("points").delimiter("/");
        let list = list.max_keys(size).encoding_type(EncodingType::Url);
        let mut pages = list.into_paginator().send();
        let (mut keys, mut prefixes) = (Vec::new(), Vec::new());
        while let Some(page) = pages.next().await {
            let page = page.expect("a page");
            let count = page.contents().len() + page.common_prefixes().len();
            assert_eq!(
                usize::try_from(page.key_count().expect("a count")),
                Ok(count)
            );
            keys.extend(
                page.contents()
                    .iter()
                    .filter_map(|o| o.key().map(str::to_owned)),
            );
            let rolled = page.common_prefixes().iter();
            prefixes.extend(rolled.filter_map(|p| p.prefix().map(str::to_owned)));
        }
        let expected = ["a%20b", "a%2Bb", "c%0A", "d%2541", "e%26f", "%C5%BE"];
        assert_eq!(keys, expected, "{size}");
        assert_eq!(prefixes, ["a/", "b/"], "{size}");
    }
}
