//! Points 23, 27 and 29 and what tests of listings share: echoes, delimiters, page sizes, markers.

use super::{fill, with_bucket};
use crate::raw::{Account, Answer};
use crate::server::TestServer;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// All but what RFC 3986 leaves unreserved: what is signed.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Percent-encodes a parameter's value.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Percent-encodes an object key: its slashes are the path's.
pub(super) fn path(object_key: &str) -> String {
    encoded(object_key).replace("%2F", "/")
}

pub(super) fn decoded(text: &str) -> String {
    let bytes: Vec<u8> = percent_decode_str(text).collect();
    String::from_utf8(bytes).expect("UTF-8")
}

/// A server, and an account whose bucket holds objects under these keys.
pub(super) fn with_keys(keys: &[&str]) -> (TestServer, Account) {
    let (server, city) = with_bucket();
    for object_key in keys {
        fill(&city, &[&path(object_key)]);
    }
    (server, city)
}

pub(super) fn list(account: &Account, query: &str) -> Answer {
    account.get(&format!("/points?{query}")).expect(200)
}

pub(super) fn keys(answer: &Answer) -> Vec<String> {
    answer.texts("Key")
}

/// The texts of `<CommonPrefixes><Prefix>`.
pub(super) fn common_prefixes(answer: &Answer) -> Vec<String> {
    let body = answer.body_text();
    let start = body.find("<CommonPrefixes>").unwrap_or(body.len());
    let rest = Answer {
        body: body.split_at(start).1.as_bytes().to_vec(),
        ..answer.clone()
    };
    rest.texts("Prefix")
}

#[test]
fn point_23_prefix_and_marker_are_echoed_even_when_empty() {
    let (_server, city) = with_keys(&["a"]);
    for query in ["", "prefix=&marker=", "prefix&marker"] {
        let answer = list(&city, query);
        assert_eq!(answer.text("Prefix").as_deref(), Some(""), "{query}");
        assert_eq!(answer.text("Marker").as_deref(), Some(""), "{query}");
        assert_eq!(keys(&answer), ["a"]);
    }
    assert_eq!(
        list(&city, "list-type=2").text("Prefix").as_deref(),
        Some("")
    );
    let answer = list(&city, "prefix=b&marker=c");
    assert_eq!(answer.text("Prefix").as_deref(), Some("b"));
    assert_eq!(answer.text("Marker").as_deref(), Some("c"));
}

#[test]
fn point_23_empty_delimiter_is_none() {
    let (_server, city) = with_keys(&["a/b", "a/c"]);
    for query in ["delimiter=", "delimiter", "list-type=2&delimiter="] {
        let answer = list(&city, query);
        assert_eq!(answer.text("Delimiter"), None, "{query}");
        assert_eq!(keys(&answer), ["a/b", "a/c"], "{query}");
        assert!(common_prefixes(&answer).is_empty(), "{query}");
    }
}

#[test]
fn point_23_any_character_may_be_the_delimiter() {
    for delimiter in [
        "%",
        " ",
        ".",
        "\n",
        "a",
        "A",
        "0",
        "/",
        "\u{e9}",
        "\u{1f600}",
        "ab",
        "//",
    ] {
        let (first, second) = (format!("b{delimiter}x"), format!("b{delimiter}y"));
        let (_server, city) = with_keys(&["bz", &first, &second, "Bz"]);
        let rolled = format!("b{delimiter}");
        for version in ["", "&list-type=2"] {
            let query = format!(
                "delimiter={}&encoding-type=url{version}",
                encoded(delimiter)
            );
            let answer = list(&city, &query);
            let echoed = answer.text("Delimiter").expect("a delimiter");
            assert_eq!(decoded(&echoed), delimiter);
            assert_eq!(keys(&answer), ["Bz", "bz"], "{delimiter:?}");
            let prefixes = common_prefixes(&answer);
            assert_eq!(
                prefixes.iter().map(|p| decoded(p)).collect::<Vec<_>>(),
                [rolled.as_str()]
            );
        }
    }
}

#[test]
fn point_27_page_of_none_is_empty_and_not_truncated() {
    let (_server, city) = with_keys(&["a", "b/1"]);
    for query in [
        "",
        "&delimiter=%2F",
        "&list-type=2",
        "&list-type=2&delimiter=%2F",
    ] {
        let answer = list(&city, &format!("max-keys=0{query}"));
        assert!(keys(&answer).is_empty(), "{query}");
        assert!(common_prefixes(&answer).is_empty(), "{query}");
        assert_eq!(
            answer.text("IsTruncated").as_deref(),
            Some("false"),
            "{query}"
        );
        assert_eq!(answer.text("MaxKeys").as_deref(), Some("0"), "{query}");
        assert_eq!(answer.text("NextMarker"), None, "{query}");
        assert_eq!(answer.text("NextContinuationToken"), None, "{query}");
    }
    let answer = list(&city, "max-keys=0&list-type=2");
    assert_eq!(answer.text("KeyCount").as_deref(), Some("0"));
}

#[test]
fn point_27_page_size_that_is_no_number_is_refused() {
    let (_server, city) = with_bucket();
    for bad in [
        "blah",
        "-1",
        "1.5",
        "0x10",
        "%2B5",
        "%201",
        "2147483648",
        "99999999999999999999",
    ] {
        for version in ["", "&list-type=2"] {
            let refused = city.get(&format!("/points?max-keys={bad}{version}"));
            assert_eq!(
                refused.outcome(),
                (400, "InvalidArgument".to_owned()),
                "{bad}"
            );
        }
    }
}

#[test]
fn point_27_default_page_size_is_echoed() {
    let (_server, city) = with_keys(&["a"]);
    for query in ["", "list-type=2", "max-keys=", "list-type=2&max-keys="] {
        let answer = list(&city, query);
        assert_eq!(answer.text("MaxKeys").as_deref(), Some("1000"), "{query}");
    }
    assert_eq!(
        list(&city, "max-keys=7").text("MaxKeys").as_deref(),
        Some("7")
    );
}

#[test]
fn point_28_first_version_always_names_the_owner() {
    let (_server, city) = with_keys(&["a", "b"]);
    let own = city.get("/").expect(200);
    let answer = list(&city, "");
    let id = own.text("ID").expect("an id");
    let name = own.text("DisplayName").expect("a name");
    assert_eq!(answer.texts("ID"), [id.clone(), id]);
    assert_eq!(answer.texts("DisplayName"), [name.clone(), name]);
}

#[test]
fn point_29_marker_may_be_anything() {
    let (_server, city) = with_keys(&["bar", "baz", "foo", "quxx"]);
    for (marker, expected) in [
        ("a", &["bar", "baz", "foo", "quxx"][..]),
        ("\n", &["bar", "baz", "foo", "quxx"]),
        ("\u{1}", &["bar", "baz", "foo", "quxx"]),
        (" ", &["bar", "baz", "foo", "quxx"]),
        ("bar", &["baz", "foo", "quxx"]),
        ("bas", &["baz", "foo", "quxx"]),
        ("bar\u{1}", &["baz", "foo", "quxx"]),
        ("ba", &["bar", "baz", "foo", "quxx"]),
        ("foo", &["quxx"]),
        ("quxx", &[]),
        ("zzz", &[]),
        ("\u{7f}", &[]),
        ("\u{10ffff}", &[]),
    ] {
        let encoded = encoded(marker);
        let answer = list(&city, &format!("encoding-type=url&marker={encoded}"));
        assert_eq!(keys(&answer), expected, "{marker:?}");
        assert_eq!(decoded(&answer.text("Marker").expect("a marker")), marker);
        let answer = list(&city, &format!("list-type=2&start-after={encoded}"));
        assert_eq!(keys(&answer), expected, "{marker:?}");
        let long = encoded.repeat(400);
        city.get(&format!("/points?marker={long}")).expect(200);
    }
}

#[test]
fn point_29_marker_outside_the_prefix_is_before_or_behind_it() {
    let (_server, city) = with_keys(&["a", "b/1", "b/2", "c"]);
    let listed = |query: &str| keys(&list(&city, query));
    assert_eq!(listed("prefix=b%2F&marker=a"), ["b/1", "b/2"]);
    assert_eq!(listed("prefix=b%2F&marker=b"), ["b/1", "b/2"]);
    assert!(listed("prefix=b%2F&marker=c").is_empty());
    let answer = list(&city, "prefix=b%2F&marker=c&delimiter=%2F");
    assert_eq!(answer.text("IsTruncated").as_deref(), Some("false"));
    assert!(listed("prefix=nothing").is_empty());
}
