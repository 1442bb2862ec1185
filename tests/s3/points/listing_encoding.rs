//! Points 21 and 22: order of keys, odd keys, `encoding-type=url`.

use super::listing::{common_prefixes, decoded, encoded, keys, list, path, with_keys};
use super::listing_pages::pages;
use super::with_bucket;
use std::collections::BTreeSet;

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
        let target = format!("/points/{}", path(object_key));
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
        let target = format!("/points/{}", path(object_key));
        assert_eq!(
            city.get(&target).expect(200).body,
            b"four",
            "{object_key:?}"
        );
    }
    // Without encoding, what needs no character reference is there as it is.
    let is_plain = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    let listed = keys(&list(&city, ""));
    for object_key in odd.iter().filter(|odd| odd.chars().all(is_plain)) {
        assert!(
            listed.iter().any(|listed| listed == object_key),
            "{object_key:?}"
        );
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
