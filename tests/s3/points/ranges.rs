//! Points 31 and 32: parts of an object's bytes, and no checksum of the whole with them.

use super::uploads::bytes;
use super::with_bucket;
use crate::raw::{Account, Answer};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode};

fn ranged(city: &Account, method: &str, range: &str) -> Answer {
    let request = city.request(method, "/points/a");
    request.header("range", range).send()
}

/// GET and HEAD answer 206 with these bytes of `body`.
#[track_caller]
fn partial(city: &Account, range: &str, (first, last): (usize, usize), body: &[u8]) {
    let content_range = format!("bytes {first}-{last}/{}", body.len());
    let len = (last + 1 - first).to_string();
    for method in ["GET", "HEAD"] {
        let answer = ranged(city, method, range).expect(206);
        assert_eq!(answer.header("content-range"), Some(&*content_range));
        assert_eq!(answer.header("content-length"), Some(&*len), "{range}");
        assert_eq!(answer.header("accept-ranges"), Some("bytes"));
        assert!(answer.header("etag").is_some());
        assert!(answer.header("last-modified").is_some());
        if method == "GET" {
            let expected = body.get(first..=last);
            assert!(Some(&*answer.body) == expected, "{range}");
        }
    }
}

/// GET and HEAD answer 200 with all of `body`.
#[track_caller]
fn whole(city: &Account, range: &str, body: &[u8]) {
    for method in ["GET", "HEAD"] {
        let answer = ranged(city, method, range).expect(200);
        assert_eq!(answer.header("content-range"), None, "{range}");
        let len = body.len().to_string();
        assert_eq!(answer.header("content-length"), Some(&*len), "{range}");
        if method == "GET" {
            assert!(answer.body == body, "{range}");
        }
    }
}

/// GET and HEAD answer 416, with the object's length.
#[track_caller]
fn unsatisfiable(city: &Account, range: &str, len: usize) {
    let get = ranged(city, "GET", range).refused(416, "InvalidRange");
    assert_eq!(get.text("ActualObjectSize"), Some(len.to_string()));
    assert_eq!(get.text("RangeRequested").as_deref(), Some(range));
    let head = ranged(city, "HEAD", range).expect(416);
    for answer in [get, head] {
        let content_range = format!("bytes */{len}");
        assert_eq!(answer.header("content-range"), Some(&*content_range));
    }
}

#[test]
fn point_31_first_to_last_is_partial() {
    let (_server, city) = with_bucket();
    let body = bytes(1, 300_000);
    city.put("/points/a", &*body).expect(200);
    for (first, last) in [
        (0, 0),
        (0, 4),
        (4, 4),
        (65_535, 65_536),
        (10, 299_998),
        (0, 299_999),
        (299_999, 299_999),
    ] {
        partial(
            &city,
            &format!("bytes={first}-{last}"),
            (first, last),
            &body,
        );
    }
}

#[test]
fn point_31_last_beyond_the_end_is_cut() {
    let (_server, city) = with_bucket();
    city.put("/points/a", "0123456789").expect(200);
    for last in [
        "10",
        "400",
        "18446744073709551615",
        "99999999999999999999999",
    ] {
        partial(&city, &format!("bytes=4-{last}"), (4, 9), b"0123456789");
    }
}

#[test]
fn point_31_open_end_is_partial() {
    let (_server, city) = with_bucket();
    city.put("/points/a", "0123456789").expect(200);
    for first in [0, 1, 9] {
        let range = format!("bytes={first}-");
        partial(&city, &range, (first, 9), b"0123456789");
    }
}

#[test]
fn point_31_suffix_is_partial() {
    let (_server, city) = with_bucket();
    city.put("/points/a", "0123456789").expect(200);
    partial(&city, "bytes=-1", (9, 9), b"0123456789");
    partial(&city, "bytes=-3", (7, 9), b"0123456789");
    partial(&city, "bytes=-10", (0, 9), b"0123456789");
}

#[test]
fn point_31_suffix_longer_than_the_object_is_all_of_it() {
    let (_server, city) = with_bucket();
    city.put("/points/a", "0123456789").expect(200);
    for len in ["11", "400", "99999999999999999999999"] {
        partial(&city, &format!("bytes=-{len}"), (0, 9), b"0123456789");
    }
}

#[test]
fn point_31_start_beyond_the_end_is_unsatisfiable() {
    let (_server, city) = with_bucket();
    city.put("/points/a", "0123456789").expect(200);
    for range in [
        "bytes=10-",
        "bytes=10-10",
        "bytes=40-50",
        "bytes=99999999999999999999999-",
    ] {
        unsatisfiable(&city, range, 10);
    }
}

#[test]
fn point_31_suffix_of_nothing_is_unsatisfiable() {
    let (_server, city) = with_bucket();
    city.put("/points/a", "0123456789").expect(200);
    unsatisfiable(&city, "bytes=-0", 10);
}

#[test]
fn point_31_every_range_of_an_empty_object_is_unsatisfiable() {
    let (_server, city) = with_bucket();
    city.put("/points/a", "").expect(200);
    for range in [
        "bytes=0-",
        "bytes=0-0",
        "bytes=0-9",
        "bytes=5-9",
        "bytes=-1",
        "bytes=-0",
    ] {
        unsatisfiable(&city, range, 0);
    }
}

#[test]
fn point_31_range_that_is_none_is_ignored() {
    let (_server, city) = with_bucket();
    city.put("/points/a", "0123456789").expect(200);
    for range in [
        "bytes=5-1",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=1",
        "bytes=--1",
        "bytes=+1-2",
        "items=0-1",
        "0-1",
        "",
    ] {
        whole(&city, range, b"0123456789");
    }
}

#[test]
fn point_31_several_ranges_are_ignored() {
    let (_server, city) = with_bucket();
    city.put("/points/a", "0123456789").expect(200);
    for range in [
        "bytes=0-1,3-4",
        "bytes=0-1, 3-4",
        "bytes=0-,-1",
        "bytes=50-60,0-1",
    ] {
        whole(&city, range, b"0123456789");
    }
}

/// Conditions come first, as RFC 9110 orders.
#[test]
fn point_31_condition_that_fails_wins_over_the_range() {
    let (_server, city) = with_bucket();
    let put = city.put("/points/a", "0123456789").expect(200);
    let etag = put.header("etag").expect("an ETag");
    for range in ["bytes=0-1", "bytes=40-50"] {
        let get = || city.request("GET", "/points/a").header("range", range);
        get().header("if-none-match", etag).send().expect(304);
        let get = get().header("if-match", "\"other\"");
        get.send().refused(412, "PreconditionFailed");
    }
}

/// What continues a download gets the rest only of the object that it has the beginning of: the
/// rest of another one would make a file that never was.
#[test]
fn point_31_range_of_another_object_is_the_whole() {
    let (_server, city) = with_bucket();
    let old = city.put("/points/a", "abcdefghij").expect(200);
    let old = old.header("etag").expect("an ETag").to_owned();
    let new = city.put("/points/a", "0123456789").expect(200);
    let new = new.header("etag").expect("an ETag").to_owned();
    let head = city.head("/points/a").expect(200);
    let time = head.header("last-modified").expect("a time");
    let continued = |method: &str, range: &str, condition: &str| {
        let request = city.request(method, "/points/a").header("range", range);
        request.header("if-range", condition).send()
    };
    for method in ["GET", "HEAD"] {
        for same in [&new, new.trim_matches('"'), time] {
            let part = continued(method, "bytes=4-", same).expect(206);
            assert_eq!(part.header("content-range"), Some("bytes 4-9/10"), "{same}");
            let sent: &[u8] = if method == "GET" { b"456789" } else { b"" };
            assert_eq!(part.body, sent);
        }
        let weak = format!("W/{new}");
        let past = "Fri, 21 Oct 2016 07:28:00 GMT";
        let future = "Fri, 21 Oct 2095 07:28:00 GMT";
        for other in [&old, &weak, past, future, "*", "", "yesterday"] {
            // Also where the range is beyond the end of what is there now.
            for range in ["bytes=4-", "bytes=40-"] {
                let whole = continued(method, range, other).expect(200);
                assert_eq!(whole.header("content-range"), None, "{other}");
                assert_eq!(whole.header("content-length"), Some("10"), "{other}");
                assert_eq!(whole.header("etag"), Some(&*new));
                let sent: &[u8] = if method == "GET" { b"0123456789" } else { b"" };
                assert_eq!(whole.body, sent, "{other}");
            }
        }
    }
    continued("GET", "bytes=40-", &new).refused(416, "InvalidRange");
    let alone = city.request("GET", "/points/a").header("if-range", &old);
    assert_eq!(alone.send().expect(200).body, b"0123456789");
}

const ALGORITHMS: [&str; 5] = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"];

fn has_checksum(answer: &Answer) -> bool {
    let mut names = answer.headers.iter().map(|(name, _)| name);
    names.any(|name| name.starts_with("x-amz-checksum-"))
}

#[test]
fn point_32_ranged_answer_has_no_checksum() {
    let (_server, city) = with_bucket();
    for algorithm in ALGORITHMS {
        let put = city.request("PUT", "/points/a").body("0123456789");
        let put = put.header("x-amz-sdk-checksum-algorithm", algorithm);
        put.send().expect(200);
        for method in ["GET", "HEAD"] {
            let read = || city.request(method, "/points/a");
            let read = || read().header("x-amz-checksum-mode", "ENABLED");
            let whole = read().send().expect(200);
            assert!(has_checksum(&whole), "{algorithm} {method}");
            // All of the bytes, but asked for as a range: no exception.
            for range in ["bytes=0-4", "bytes=5-", "bytes=-2", "bytes=0-", "bytes=0-9"] {
                let partial = read().header("range", range).send().expect(206);
                assert!(!has_checksum(&partial), "{algorithm} {method} {range}");
            }
        }
    }
}

#[tokio::test]
async fn point_32_sdk_that_verifies_checksums_reads_ranges() {
    let (server, city) = with_bucket();
    let client = server.client(&city);
    let body = bytes(1, 300_000);
    for algorithm in ALGORITHMS {
        let put = client.put_object().bucket("points").key("a");
        let put = put.checksum_algorithm(ChecksumAlgorithm::from(algorithm));
        let put = put.body(ByteStream::from(body.clone()));
        put.send().await.expect("an object");
        for (range, expected) in [
            (Some("bytes=0-"), &body[..]),
            (Some("bytes=100000-200000"), &body[100_000..=200_000]),
            (Some("bytes=-7"), &body[299_993..]),
            (None, &body[..]),
        ] {
            let get = client.get_object().bucket("points").key("a");
            let get = get.checksum_mode(ChecksumMode::Enabled);
            let get = get.set_range(range.map(str::to_owned));
            let got = get.send().await.expect("an answer").body.collect().await;
            let got = got.expect("bytes that were verified").to_vec();
            assert!(got == expected, "{algorithm} {range:?}");
        }
    }
}
