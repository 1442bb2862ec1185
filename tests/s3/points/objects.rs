//! Points 30 and 36 to 38: what an object keeps, and what happens while it is written and read.

use super::held::{HeldPut, LENS};
use super::uploads::bytes;
use super::with_bucket;
use crate::raw::{Account, Answer, Connection};

fn user_metadata(answer: &Answer) -> Vec<(&str, &str)> {
    let headers = answer.headers.iter();
    let mut metadata: Vec<(&str, &str)> = headers
        .filter_map(|(name, value)| Some((name.strip_prefix("x-amz-meta-")?, &**value)))
        .collect();
    metadata.sort_unstable();
    metadata
}

fn put_with(city: &Account, headers: &[(&str, &str)]) -> Answer {
    let mut put = city.request("PUT", "/points/a").body("four");
    for (name, value) in headers {
        put = put.header(name, value);
    }
    put.send()
}

fn get_and_head(city: &Account) -> [Answer; 2] {
    [city.get("/points/a"), city.head("/points/a")].map(|answer| answer.expect(200))
}

#[test]
fn point_30_put_replaces_all_user_metadata() {
    let (_server, city) = with_bucket();
    let old = [("x-amz-meta-one", "1"), ("x-amz-meta-two", "2")];
    put_with(&city, &old).expect(200);
    for answer in get_and_head(&city) {
        assert_eq!(user_metadata(&answer), [("one", "1"), ("two", "2")]);
    }
    let new = [("x-amz-meta-two", "second"), ("x-amz-meta-three", "3")];
    put_with(&city, &new).expect(200);
    for answer in get_and_head(&city) {
        assert_eq!(user_metadata(&answer), [("three", "3"), ("two", "second")]);
    }
    put_with(&city, &[]).expect(200);
    for answer in get_and_head(&city) {
        assert_eq!(user_metadata(&answer), []);
    }
}

#[test]
fn point_30_put_replaces_content_headers() {
    let (_server, city) = with_bucket();
    let old = [
        ("content-type", "text/plain"),
        ("content-disposition", "inline"),
        ("content-language", "cs"),
        ("content-encoding", "gzip"),
        ("cache-control", "no-store"),
        ("expires", "0"),
    ];
    put_with(&city, &old).expect(200);
    for answer in get_and_head(&city) {
        for (name, value) in old {
            assert_eq!(answer.header(name), Some(value), "{name}");
        }
    }
    put_with(&city, &[]).expect(200);
    for answer in get_and_head(&city) {
        assert_eq!(answer.header("content-type"), Some("binary/octet-stream"));
        for (name, _) in &old[1..] {
            assert_eq!(answer.header(name), None, "{name}");
        }
    }
}

/// As AWS: what is named by nothing is not named.
#[test]
fn point_30_empty_content_type_is_none() {
    let (_server, city) = with_bucket();
    put_with(&city, &[("content-type", "")]).expect(200);
    for answer in get_and_head(&city) {
        assert_eq!(answer.header("content-type"), Some("binary/octet-stream"));
    }
}

#[test]
fn point_30_empty_metadata_values_survive() {
    let (_server, city) = with_bucket();
    let sent = [("x-amz-meta-empty", ""), ("x-amz-meta-full", "x")];
    put_with(&city, &sent).expect(200);
    for answer in get_and_head(&city) {
        assert_eq!(user_metadata(&answer), [("empty", ""), ("full", "x")]);
    }
}

#[test]
fn point_30_repeated_metadata_headers_join_by_comma() {
    let (_server, city) = with_bucket();
    let sent = [
        ("x-amz-meta-list", "one"),
        ("X-Amz-Meta-List", "two, too"),
        ("x-amz-meta-list", ""),
    ];
    put_with(&city, &sent).expect(200);
    for answer in get_and_head(&city) {
        assert_eq!(user_metadata(&answer), [("list", "one,two, too,")]);
    }
}

#[test]
fn point_30_metadata_beyond_ascii_survives() {
    let (_server, city) = with_bucket();
    let value =
        "P\u{159}\u{ed}li\u{161} \u{17e}lu\u{165}ou\u{10d}k\u{fd} k\u{16f}\u{148} \u{1f40e}";
    put_with(&city, &[("x-amz-meta-text", value)]).expect(200);
    for answer in get_and_head(&city) {
        assert_eq!(user_metadata(&answer), [("text", value)]);
    }
}

#[test]
fn point_30_cache_control_and_expires_are_returned_as_given() {
    let (_server, city) = with_bucket();
    for (cache, expires) in [
        ("public, max-age=14400", "Wed, 21 Oct 2026 07:28:00 GMT"),
        ("No-Cache, X = \"y\"", "2026-10-21T07:28:00.000Z"),
        ("whatever", "never"),
    ] {
        let sent = [("cache-control", cache), ("expires", expires)];
        put_with(&city, &sent).expect(200);
        for answer in get_and_head(&city) {
            assert_eq!(answer.header("cache-control"), Some(cache));
            assert_eq!(answer.header("expires"), Some(expires));
        }
    }
}

#[test]
fn point_30_zero_byte_object_reports_length_zero() {
    let (_server, city) = with_bucket();
    let put = city.put("/points/a", "").expect(200);
    let etag = "\"d41d8cd98f00b204e9800998ecf8427e\"";
    assert_eq!(put.header("etag"), Some(etag));
    for answer in get_and_head(&city) {
        assert_eq!(answer.header("content-length"), Some("0"));
        assert_eq!(answer.header("etag"), Some(etag));
        assert_eq!(answer.body, b"");
    }
    let listed = city.get("/points").expect(200);
    assert_eq!(listed.text("Size").as_deref(), Some("0"));
}

#[test]
fn point_36_put_into_a_vanished_bucket_ends_in_no_such_bucket() {
    let (_server, city) = with_bucket();
    for len in LENS {
        let put = city.request("PUT", "/points/a").body(bytes(1, len));
        let held = HeldPut::begin(city.port, put);
        city.delete("/points").expect(204);
        held.finish().refused(404, "NoSuchBucket");
        city.put("/points", "").expect(200);
        let listed = city.get("/points").expect(200);
        assert!(listed.texts("Key").is_empty(), "{len}");
    }
}

/// The bucket of the same name that came in its place is another one.
#[test]
fn point_36_put_into_a_bucket_made_anew_ends_in_no_such_bucket() {
    let (_server, city) = with_bucket();
    for len in LENS {
        let put = city.request("PUT", "/points/a").body(bytes(1, len));
        let held = HeldPut::begin(city.port, put);
        city.delete("/points").expect(204);
        city.put("/points", "").expect(200);
        held.finish().refused(404, "NoSuchBucket");
        city.get("/points/a").refused(404, "NoSuchKey");
    }
}

#[test]
fn point_36_last_finisher_of_two_plain_puts_wins() {
    let (_server, city) = with_bucket();
    for len in LENS {
        let put = |seed: u8| city.request("PUT", "/points/a").body(bytes(seed, len));
        // The one that began first ends last, and the other way round.
        let (first, second) = (put(1), put(2));
        let first = HeldPut::begin(city.port, first);
        let second = HeldPut::begin(city.port, second);
        second.finish().expect(200);
        first.finish().expect(200);
        assert!(city.get("/points/a").expect(200).body == bytes(1, len));
        let third = HeldPut::begin(city.port, put(3));
        let fourth = HeldPut::begin(city.port, put(4));
        third.finish().expect(200);
        fourth.finish().expect(200);
        assert!(city.get("/points/a").expect(200).body == bytes(4, len));
    }
}

#[test]
fn point_36_parallel_puts_mix_no_content() {
    let (_server, city) = with_bucket();
    for len in LENS {
        let writers = (1..=8).map(|seed: u8| {
            let put = city.request("PUT", "/points/a").body(bytes(seed, len));
            let put = put.header("x-amz-meta-seed", &seed.to_string());
            HeldPut::begin(city.port, put)
        });
        let writers: Vec<HeldPut> = writers.collect();
        std::thread::scope(|scope| {
            for held in writers {
                scope.spawn(move || held.finish().expect(200));
            }
        });
        let stored = city.get("/points/a").expect(200);
        let seed = stored.header("x-amz-meta-seed").expect("metadata");
        let seed = seed.parse().expect("a number");
        assert!(stored.body == bytes(seed, len), "{len}");
    }
}

/// A reader that has the first bytes of an answer and takes no more: with a body larger than what
/// fits between the two processes, the server is in the middle of it.
fn slow_reader(city: &Account, target: &str) -> Connection {
    let mut reader = Connection::open(city.port);
    reader.write(&city.request("GET", target).wire().head());
    assert!(!reader.is_closed(), "an answer began");
    reader
}

/// As [`LENS`], but more than two sockets hold.
const READ_LENS: [usize; 2] = [4096, 24 * 1024 * 1024];

#[test]
fn point_37_running_get_serves_old_data_after_an_overwrite() {
    let (_server, city) = with_bucket();
    for len in READ_LENS {
        city.put("/points/a", bytes(1, len)).expect(200);
        let mut reader = slow_reader(&city, "/points/a");
        city.put("/points/a", bytes(2, len)).expect(200);
        assert!(city.get("/points/a").expect(200).body == bytes(2, len));
        let read = reader.answer("GET").expect(200);
        assert!(read.body == bytes(1, len), "{len}");
    }
}

#[test]
fn point_37_running_get_serves_old_data_after_a_delete() {
    let (_server, city) = with_bucket();
    for len in READ_LENS {
        city.put("/points/a", bytes(1, len)).expect(200);
        let mut reader = slow_reader(&city, "/points/a");
        city.delete("/points/a").expect(204);
        city.get("/points/a").refused(404, "NoSuchKey");
        let read = reader.answer("GET").expect(200);
        assert!(read.body == bytes(1, len), "{len}");
    }
}

#[test]
fn point_37_running_get_serves_old_data_after_its_bucket_is_gone() {
    let (_server, city) = with_bucket();
    for len in READ_LENS {
        city.put("/points/a", bytes(1, len)).expect(200);
        let mut reader = slow_reader(&city, "/points/a");
        city.delete("/points/a").expect(204);
        city.delete("/points").expect(204);
        let read = reader.answer("GET").expect(200);
        assert!(read.body == bytes(1, len), "{len}");
        city.put("/points", "").expect(200);
    }
}

/// Through sweeps, which give the space of replaced objects back.
#[test]
fn point_37_running_get_outlives_sweeps() {
    let server = crate::server::TestServer::start_with(&[("RIZNICA_JOBS__SWEEP_INTERVAL_S", "1")]);
    let city = server.account("city");
    city.put("/points", "").expect(200);
    let len = READ_LENS[1];
    city.put("/points/a", bytes(1, len)).expect(200);
    let mut reader = slow_reader(&city, "/points/a");
    let began = crate::raw::now();
    city.delete("/points/a").expect(204);
    // Three sweeps long: this server answers no question about how often it has swept.
    while crate::raw::now() - began < time::Duration::seconds(4) {
        city.get("/points/a").refused(404, "NoSuchKey");
    }
    let read = reader.answer("GET").expect(200);
    assert!(read.body == bytes(1, len));
}

#[test]
fn point_37_readers_see_the_old_object_until_a_put_completes() {
    let (_server, city) = with_bucket();
    for len in LENS {
        let put = |seed: u8| {
            let put = city.request("PUT", "/points/a").body(bytes(seed, len));
            put.header("x-amz-meta-seed", &seed.to_string())
        };
        put(1).send().expect(200);
        let held = HeldPut::begin(city.port, put(2));
        for _ in 0..3 {
            let seen = city.get("/points/a").expect(200);
            assert!(seen.body == bytes(1, len), "{len}");
            assert_eq!(seen.header("x-amz-meta-seed"), Some("1"));
        }
        held.finish().expect(200);
        let seen = city.get("/points/a").expect(200);
        assert!(seen.body == bytes(2, len), "{len}");
        assert_eq!(seen.header("x-amz-meta-seed"), Some("2"));
    }
}

#[test]
fn point_37_new_object_is_not_seen_until_its_put_completes() {
    let (_server, city) = with_bucket();
    for (target, len) in ["/points/a", "/points/b"].into_iter().zip(LENS) {
        let put = city.request("PUT", target).body(bytes(1, len));
        let held = HeldPut::begin(city.port, put);
        city.get(target).refused(404, "NoSuchKey");
        let listed = city.get("/points").expect(200).texts("Key");
        assert!(!listed.iter().any(|k| target.ends_with(&**k)), "{listed:?}");
        held.finish().expect(200);
        assert!(city.get(target).expect(200).body == bytes(1, len));
    }
}

/// What stops in the middle leaves the old object.
#[test]
fn point_37_put_that_breaks_off_changes_nothing() {
    let (_server, city) = with_bucket();
    for len in LENS {
        city.put("/points/a", bytes(1, len)).expect(200);
        let put = city.request("PUT", "/points/a").body(bytes(2, len));
        drop(HeldPut::begin(city.port, put));
        assert!(city.get("/points/a").expect(200).body == bytes(1, len));
    }
}

#[test]
fn point_38_missing_key_is_told_to_whom_may_list() {
    let (_server, city) = with_bucket();
    city.get("/points/a").refused(404, "NoSuchKey");
    let head = city.head("/points/a").expect(404);
    assert_eq!(head.body, b"");
}

/// A stranger learns nothing: what exists and what does not look alike.
#[test]
fn point_38_missing_key_is_forbidden_to_whom_may_not_list() {
    let (server, city) = with_bucket();
    city.put("/points/there", "four").expect(200);
    let stranger = server.account("stranger");
    for target in ["/points/there", "/points/missing"] {
        let anonymous = |method: &str| city.request(method, target).anonymous().send();
        anonymous("GET").refused(403, "AccessDenied");
        assert_eq!(anonymous("HEAD").expect(403).body, b"");
        stranger.get(target).refused(403, "AccessDenied");
        assert_eq!(stranger.head(target).expect(403).body, b"");
    }
}

// That the list check uses the key as `s3:prefix` belongs to policies, which are to come.
