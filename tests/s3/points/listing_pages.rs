//! Points 24 to 26: common prefixes on pages, markers of the first version, keys under one prefix.

use super::listing::{common_prefixes, decoded, encoded, keys, list, with_keys};
use crate::raw::Account;

/// Keys and common prefixes of all pages of this size, by the rules of the first version: the next
/// marker is `NextMarker` with a delimiter, the last key without one.
pub(super) fn pages(
    account: &Account,
    query: &str,
    size: usize,
) -> Vec<(Vec<String>, Vec<String>)> {
    let mut pages = Vec::new();
    let mut marker = String::new();
    loop {
        let query = format!("{query}&encoding-type=url&max-keys={size}&marker={marker}");
        let answer = list(account, &query);
        let (keys, prefixes) = (keys(&answer), common_prefixes(&answer));
        assert!(keys.len() + prefixes.len() <= size);
        let next = answer.text("NextMarker");
        let is_truncated = answer.text("IsTruncated").expect("a truth value") == "true";
        let has_delimiter = query.contains("delimiter=");
        assert_eq!(next.is_some(), is_truncated && has_delimiter);
        let last = keys.last().cloned();
        pages.push((keys, prefixes));
        if !is_truncated {
            return pages;
        }
        marker = encoded(&decoded(&next.or(last).expect("a next page")));
    }
}

#[test]
fn point_24_common_prefixes_count_as_entries() {
    let (_server, city) = with_keys(&["a/1", "a/2", "b", "c/1", "c/2", "d"]);
    let answer = list(&city, "list-type=2&delimiter=%2F&max-keys=3");
    assert_eq!(answer.text("KeyCount").as_deref(), Some("3"));
    assert_eq!(
        (keys(&answer), common_prefixes(&answer)),
        (vec!["b".into()], vec!["a/".into(), "c/".into()])
    );
    assert_eq!(answer.text("IsTruncated").as_deref(), Some("true"));
    let answer = list(&city, "delimiter=%2F&max-keys=3");
    assert_eq!(answer.text("NextMarker").as_deref(), Some("c/"));
    let answer = list(&city, "list-type=2&delimiter=%2F&max-keys=4");
    assert_eq!(answer.text("KeyCount").as_deref(), Some("4"));
    assert_eq!(answer.text("IsTruncated").as_deref(), Some("false"));
}

#[test]
fn point_24_next_marker_is_the_last_entry_and_only_of_truncated_pages() {
    let (_server, city) = with_keys(&["a/1", "b", "c/1", "c/2"]);
    let next = |query: &str| list(&city, query).text("NextMarker");
    assert_eq!(next("delimiter=%2F&max-keys=1").as_deref(), Some("a/"));
    assert_eq!(next("delimiter=%2F&max-keys=2").as_deref(), Some("b"));
    assert_eq!(next("delimiter=%2F&max-keys=3"), None);
    assert_eq!(next("delimiter=%2F"), None);
    assert_eq!(next("delimiter=x&max-keys=1").as_deref(), Some("a/1"));
    // Without a delimiter the client takes the last key.
    assert_eq!(next("max-keys=1"), None);
    assert_eq!(next("delimiter=&max-keys=1"), None);
}

#[test]
fn point_25_marker_that_is_a_common_prefix_skips_what_is_under_it() {
    let (_server, city) = with_keys(&["a", "b/", "b/1", "b/2", "b0", "c"]);
    let answer = list(&city, "delimiter=%2F&marker=b%2F");
    assert_eq!(
        (keys(&answer), common_prefixes(&answer)),
        (vec!["b0".into(), "c".into()], vec![])
    );
    // Without the delimiter it is a key like others.
    assert_eq!(keys(&list(&city, "marker=b%2F")), ["b/1", "b/2", "b0", "c"]);
    // Inside a common prefix there is still something of it to come.
    let answer = list(&city, "delimiter=%2F&marker=b%2F1");
    assert_eq!(common_prefixes(&answer), ["b/"]);
    let answer = list(&city, "delimiter=%2F&marker=b%2F2");
    assert!(common_prefixes(&answer).is_empty());
}

#[test]
fn point_25_paging_shows_each_common_prefix_once() {
    let (_server, city) = with_keys(&["a", "b/1", "b/2", "b/3", "c/1", "c/2", "d"]);
    let entries = |size| {
        let pages = pages(&city, "delimiter=%2F", size);
        let keys: Vec<String> = pages.iter().flat_map(|page| page.0.clone()).collect();
        let prefixes: Vec<String> = pages.iter().flat_map(|page| page.1.clone()).collect();
        (pages.len(), keys, prefixes)
    };
    let both = |pages| {
        (
            pages,
            vec!["a".to_owned(), "d".into()],
            vec!["b/".into(), "c/".into()],
        )
    };
    assert_eq!(entries(1), both(4));
    assert_eq!(entries(2), both(2));
    assert_eq!(entries(3), both(2));
    assert_eq!(entries(4), both(1));
}

#[test]
fn point_25_key_that_is_the_prefix_is_listed_as_a_key() {
    let (_server, city) = with_keys(&["b/", "b/1", "b/c/1", "b/c/2", "bb"]);
    let answer = list(&city, "prefix=b%2F&delimiter=%2F");
    assert_eq!(keys(&answer), ["b/", "b/1"]);
    assert_eq!(common_prefixes(&answer), ["b/c/"]);
    // Being the page's last, it does not hide what is under it.
    let answer = list(&city, "prefix=b%2F&delimiter=%2F&max-keys=1");
    assert_eq!(answer.text("NextMarker").as_deref(), Some("b/"));
    let answer = list(&city, "prefix=b%2F&delimiter=%2F&marker=b%2F");
    assert_eq!(keys(&answer), ["b/1"]);
    assert_eq!(common_prefixes(&answer), ["b/c/"]);
    let answer = list(&city, "prefix=b&delimiter=%2F");
    assert_eq!(keys(&answer), ["bb"]);
    assert_eq!(common_prefixes(&answer), ["b/"]);
}

#[tokio::test]
async fn point_26_a_thousand_keys_under_one_prefix_do_not_end_the_page() {
    let (server, city) = with_keys(&["a", "c"]);
    let client = server.client(&city);
    for hundred in 0..11 {
        let puts = (0..100).map(|n| {
            let put = client.put_object().bucket("points");
            put.key(format!("b/{:04}", hundred * 100 + n)).send()
        });
        for put in futures::future::join_all(puts).await {
            put.expect("an object");
        }
    }
    for version in ["", "&list-type=2"] {
        let answer = list(&city, &format!("delimiter=%2F{version}"));
        assert_eq!(keys(&answer), ["a", "c"]);
        assert_eq!(common_prefixes(&answer), ["b/"]);
        assert_eq!(answer.text("IsTruncated").as_deref(), Some("false"));
    }
    // A page has a thousand at most, whatever is asked for.
    for query in ["", "max-keys=1000", "max-keys=5000", "max-keys=2147483647"] {
        let answer = list(&city, query);
        assert_eq!(keys(&answer).len(), 1000, "{query}");
        assert_eq!(answer.text("MaxKeys").as_deref(), Some("1000"), "{query}");
        assert_eq!(
            answer.text("IsTruncated").as_deref(),
            Some("true"),
            "{query}"
        );
    }
    assert_eq!(keys(&list(&city, "marker=b%2F0998")).len(), 102);
}

#[test]
fn prefixes_and_delimiters_of_any_length_meet() {
    let (_server, city) = with_keys(&["xaay", "xaaaz", "xaa", "xab", "a-sep-1", "a-sep-2-sep-3"]);
    let rolled = |query: &str| {
        let answer = list(&city, query);
        (keys(&answer), common_prefixes(&answer))
    };
    let strings = |texts: &[&str]| texts.iter().map(|&t| t.to_owned()).collect::<Vec<_>>();
    let (xab, all) = (
        strings(&["xab"]),
        strings(&["a-sep-1", "a-sep-2-sep-3", "xab"]),
    );
    assert_eq!(rolled("delimiter=aa"), (all, strings(&["xaa"])));
    assert_eq!(rolled("delimiter=aa&marker=xaa"), (xab.clone(), vec![]));
    assert_eq!(rolled("delimiter=aa&marker=xaaa"), (xab, strings(&["xaa"])));
    assert_eq!(
        rolled("prefix=xa&delimiter=aa"),
        (strings(&["xaa", "xaay", "xab"]), strings(&["xaaa"]))
    );
    assert_eq!(
        rolled("prefix=a&delimiter=-sep-"),
        (vec![], strings(&["a-sep-"]))
    );
    assert_eq!(
        rolled("prefix=a-sep-&delimiter=-sep-"),
        (strings(&["a-sep-1"]), strings(&["a-sep-2-sep-"]))
    );
    assert_eq!(
        rolled("prefix=a-&delimiter=-sep-&max-keys=1"),
        (strings(&["a-sep-1"]), vec![])
    );
}
