//! Points 21 to 27 and 29: order, encoding, echoes, common prefixes, markers, page sizes.

use super::{fill, with_bucket};
use crate::raw::{Account, Answer};
use crate::server::TestServer;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::collections::BTreeSet;

/// Percent-encodes a parameter's value or an object key.
fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn decoded(text: &str) -> String {
    let bytes: Vec<u8> = percent_decode_str(text).collect();
    String::from_utf8(bytes).expect("UTF-8")
}

/// A server, and an account whose bucket holds objects under these keys.
fn with_keys(keys: &[&str]) -> (TestServer, Account) {
    let (server, city) = with_bucket();
    for object_key in keys {
        fill(&city, &[&encoded(object_key)]);
    }
    (server, city)
}

fn list(account: &Account, query: &str) -> Answer {
    account.get(&format!("/points?{query}")).expect(200)
}

fn keys(answer: &Answer) -> Vec<String> {
    answer.texts("Key")
}

/// The texts of `<CommonPrefixes><Prefix>`.
fn common_prefixes(answer: &Answer) -> Vec<String> {
    let body = answer.body_text();
    let start = body.find("<CommonPrefixes>").unwrap_or(body.len());
    let rest = Answer {
        body: body[start..].as_bytes().to_vec(),
        ..answer.clone()
    };
    rest.texts("Prefix")
}

/// Keys and common prefixes of all pages of this size, by the rules of the first version: the next
/// marker is `NextMarker` with a delimiter, the last key without one.
fn pages(account: &Account, query: &str, size: usize) -> Vec<(Vec<String>, Vec<String>)> {
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

/// Every printable character of ASCII, the control characters, and the corners of UTF-8.
fn odd_characters() -> Vec<char> {
    let ascii = (1..=0x7f).map(char::from);
    let corners = [
        '\u{80}',
        '\u{85}',
        '\u{a0}',
        '\u{7ff}',
        '\u{800}',
        '\u{2028}',
        '\u{d7ff}',
        '\u{e000}',
        '\u{feff}',
        '\u{fffd}',
        '\u{fffe}',
        '\u{ffff}',
        '\u{10000}',
        '\u{1f600}',
        '\u{10ffff}',
    ];
    ascii.chain(corners).collect()
}

#[test]
fn point_21_order_is_bytewise() {
    let sorted = [
        "\u{1}",
        " ",
        "!",
        "-",
        "/",
        "0",
        "A",
        "B",
        "_",
        "_ ",
        "__",
        "a",
        "a b",
        "a!",
        "a/",
        "a/b",
        "a0",
        "aa",
        "b",
        "~",
        "\u{7f}",
        "\u{e9}",
        "\u{ffff}",
        "\u{10000}",
        "\u{1f600}",
    ];
    let mut shuffled = sorted.to_vec();
    shuffled.reverse();
    let (_server, city) = with_keys(&shuffled);
    for query in ["encoding-type=url", "encoding-type=url&list-type=2"] {
        let listed: Vec<String> = keys(&list(&city, query))
            .iter()
            .map(|k| decoded(k))
            .collect();
        assert_eq!(listed, sorted, "{query}");
    }
    assert_eq!(
        pages(&city, "", 4)
            .into_iter()
            .flat_map(|page| page.0)
            .count(),
        sorted.len()
    );
}

// Access control lists of such keys come with permissions.
#[test]
fn point_21_odd_keys_store_list_and_read() {
    let odd = [
        " ", "\"", "$", "%", "&", "'", "<", ">", "_", "_ ", "__", "+", "?", "#", "a%2Fb",
    ];
    let (_server, city) = with_keys(&odd);
    let listed: BTreeSet<String> = keys(&list(&city, "")).into_iter().collect();
    assert_eq!(listed, odd.iter().map(|&odd| odd.to_owned()).collect());
    for object_key in odd {
        let target = format!("/points/{}", encoded(object_key));
        assert_eq!(city.get(&target).expect(200).body, b"four", "{object_key}");
        let by_prefix = list(&city, &format!("prefix={}&max-keys=1", encoded(object_key)));
        assert_eq!(keys(&by_prefix), [object_key]);
        city.delete(&target).expect(204);
        city.head(&target).expect(404);
    }
}

#[test]
fn point_21_every_character_of_utf_8_stores_lists_and_reads() {
    let odd: Vec<String> = odd_characters()
        .into_iter()
        .map(|odd| format!("k{odd}"))
        .collect();
    let odd: Vec<&str> = odd.iter().map(String::as_str).collect();
    let (_server, city) = with_keys(&odd);
    for query in ["encoding-type=url", "encoding-type=url&list-type=2"] {
        let listed: Vec<String> = keys(&list(&city, query))
            .iter()
            .map(|k| decoded(k))
            .collect();
        assert_eq!(listed, odd, "{query}");
    }
    for object_key in &odd {
        let target = format!("/points/{}", encoded(object_key));
        assert_eq!(
            city.get(&target).expect(200).body,
            b"four",
            "{object_key:?}"
        );
    }
    // Without encoding, all that XML 1.0 has is there as it is.
    let plain = list(&city, "prefix=k");
    let is_xml =
        |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..) && !"\u{fffe}\u{ffff}".contains(c);
    let listed = keys(&plain);
    for object_key in odd
        .iter()
        .filter(|k| k.chars().all(is_xml) && !k.contains('\t'))
    {
        let is_listed = listed.iter().any(|listed| listed == object_key);
        let is_control = object_key.chars().any(|c| c.is_control() && c > '\u{7e}');
        assert!(is_listed || is_control, "{object_key:?}");
    }
}

#[test]
fn point_22_encoding_type_url_encodes_what_boto3_decodes() {
    let (_server, city) = with_keys(&["p q/a b+c/d", "p q/a b+d", "p q/a b+e"]);
    let all = "prefix=p%20q%2F&delimiter=%2B&encoding-type=url";
    let answer = list(&city, &format!("{all}&marker=p%20%2B&max-keys=1"));
    assert_eq!(common_prefixes(&answer), ["p%20q/a%20b%2B"]);
    assert_eq!(answer.text("Delimiter").as_deref(), Some("%2B"));
    assert_eq!(answer.text("Marker").as_deref(), Some("p%20%2B"));
    assert_eq!(answer.text("EncodingType").as_deref(), Some("url"));
    let answer = list(&city, "prefix=p%20q%2F&encoding-type=url");
    assert_eq!(
        keys(&answer),
        ["p%20q/a%20b%2Bc/d", "p%20q/a%20b%2Bd", "p%20q/a%20b%2Be"]
    );
    let answer = list(&city, "delimiter=d&encoding-type=url&max-keys=1");
    assert_eq!(
        answer.text("NextMarker").as_deref(),
        Some("p%20q/a%20b%2Bc/d")
    );
    let v2 = "list-type=2&prefix=p%20q%2F&start-after=p%20%2B&delimiter=%2B&encoding-type=url";
    let answer = list(&city, v2);
    assert_eq!(answer.text("StartAfter").as_deref(), Some("p%20%2B"));
    assert_eq!(answer.text("Prefix").as_deref(), Some("p%20q/"));
    assert_eq!(answer.text("Delimiter").as_deref(), Some("%2B"));
    assert_eq!(answer.text("EncodingType").as_deref(), Some("url"));
    assert_eq!(common_prefixes(&answer), ["p%20q/a%20b%2B"]);
}

#[test]
fn point_22_every_character_is_encoded_or_unreserved() {
    let odd: Vec<String> = odd_characters().into_iter().map(String::from).collect();
    let odd: Vec<&str> = odd.iter().map(String::as_str).collect();
    let (_server, city) = with_keys(&odd);
    for listed in keys(&list(&city, "encoding-type=url")) {
        let is_plain = listed
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._~/".contains(c));
        let is_escape = |text: &str| {
            text.starts_with('%')
                && text.split('%').skip(1).all(|hex| {
                    hex.len() == 2 && hex.chars().all(|c| "0123456789ABCDEF".contains(c))
                })
        };
        assert!(is_plain || is_escape(&listed), "{listed}");
    }
}

#[test]
fn point_22_first_version_leaves_the_prefix_as_it_is() {
    let (_server, city) = with_keys(&["\nodd +key"]);
    let answer = list(&city, "prefix=%0Aodd%20%2B&encoding-type=url");
    assert_eq!(answer.text("Prefix").as_deref(), Some("\nodd +"));
    assert_eq!(keys(&answer), ["%0Aodd%20%2Bkey"]);
}

#[test]
fn point_22_without_encoding_type_nothing_is_encoded() {
    let (_server, city) = with_keys(&["a b+c/d"]);
    let answer = list(&city, "delimiter=%2B&marker=a%20");
    assert_eq!(common_prefixes(&answer), ["a b+"]);
    assert_eq!(answer.text("Delimiter").as_deref(), Some("+"));
    assert_eq!(answer.text("Marker").as_deref(), Some("a "));
    assert_eq!(answer.text("EncodingType"), None);
}

#[test]
fn point_22_unknown_encoding_type_is_refused() {
    let (_server, city) = with_bucket();
    for version in ["", "&list-type=2"] {
        let refused = city.get(&format!("/points?encoding-type=base64{version}"));
        refused.refused(400, "InvalidArgument");
    }
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
