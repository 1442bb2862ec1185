//! The query form, and the one parser of queries. Input: a raw query.

use super::support::{Request, assert_signature_decides};
use riznica::auth::parse_query;
use riznica::base::encoding::{uri_decode, uri_encode};

const SIGNATURE: &[u8] = b"X-Amz-Signature";

pub fn run(data: &[u8]) {
    let Ok(query) = std::str::from_utf8(data) else {
        return;
    };
    assert_query_is_canonical(query);
    let request = Request {
        method: "GET".to_owned(),
        path: "/bucket/key".to_owned(),
        query: query.to_owned(),
        headers: vec![("host".to_owned(), b"s3.example.test".to_vec())],
    };
    assert_signature_decides(&request, with_signature);
}

/// What is parsed, written out and parsed again is the same.
fn assert_query_is_canonical(query: &str) {
    let Some(pairs) = parse_query(query) else {
        return;
    };
    let raw = query.split('&').filter(|pair| !pair.is_empty());
    for (raw, pair) in raw.zip(&pairs) {
        let (name, value) = raw.split_once('=').unwrap_or((raw, ""));
        let decode = |text: &str| uri_decode(text.replace('+', " ").as_bytes());
        assert_eq!(decode(name).as_ref(), Some(&pair.name));
        assert_eq!(decode(value).as_ref(), Some(&pair.value));
    }
    let decoded_len: usize = pairs
        .iter()
        .map(|pair| pair.name.len() + pair.value.len())
        .sum();
    assert!(decoded_len <= query.len());
    let written: Vec<_> = pairs
        .iter()
        .map(|pair| format!("{}={}", uri_encode(&pair.name), uri_encode(&pair.value)))
        .collect();
    let again = parse_query(&written.join("&")).expect("it was written by us");
    assert_eq!(again, pairs);
}

fn with_signature(request: &Request, signature: &str) -> Request {
    let pairs = request.query.split('&').map(|pair| {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        if uri_decode(name.as_bytes()).as_deref() == Some(SIGNATURE) {
            format!("X-Amz-Signature={signature}")
        } else {
            pair.to_owned()
        }
    });
    Request {
        query: pairs.collect::<Vec<_>>().join("&"),
        ..request.clone()
    }
}
