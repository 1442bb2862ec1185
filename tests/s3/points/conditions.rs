//! Points 33 to 35: conditions of reads and of writes.

use super::held::{HeldPut, LENS};
use super::uploads::{Upload, bytes};
use super::with_bucket;
use crate::raw::{self, Account, Answer, Request};
use crate::server::TestServer;
use time::format_description::well_known::Rfc2822;

/// A well-formed ETag that no object here has.
const OTHER: &str = "\"0123456789abcdef0123456789abcdef\"";

/// A bucket with the object `a`; its ETag, quoted.
fn with_object() -> (TestServer, Account, String) {
    let (server, city) = with_bucket();
    let put = city.put("/points/a", "four").expect(200);
    let etag = put.header("etag").expect("an ETag").to_owned();
    (server, city, etag)
}

/// An HTTP date so many hours from now.
fn hours(hours: i64) -> String {
    let at = raw::now() + time::Duration::hours(hours);
    let text = at.format(&Rfc2822).expect("a date");
    text.replace("+0000", "GMT")
}

fn with(request: Request, headers: &[(&str, &str)]) -> Request {
    let mut request = request;
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request
}

/// GET and HEAD under conditions; the answer to the GET.
#[track_caller]
fn read(city: &Account, headers: &[(&str, &str)], status: u16) -> Answer {
    let head = with(city.request("HEAD", "/points/a"), headers).send();
    assert_eq!(head.status, status, "HEAD {headers:?}");
    let get = with(city.request("GET", "/points/a"), headers).send();
    assert_eq!(get.status, status, "GET {headers:?}");
    match status {
        200 => assert_eq!(get.body, b"four"),
        412 => assert_eq!(get.outcome(), (412, "PreconditionFailed".to_owned())),
        _ => {}
    }
    get
}

/// 304 on GET and HEAD, with the ETag and without a body: the next answer on the connection comes
/// right behind.
#[track_caller]
fn not_modified(city: &Account, headers: &[(&str, &str)], etag: &str) {
    for method in ["GET", "HEAD"] {
        let request = with(city.request(method, "/points/a"), headers);
        let mut connection = raw::Connection::open(city.port);
        connection.write(&request.wire().head());
        let answer = connection.answer(method).expect(304);
        assert_eq!(answer.header("etag"), Some(etag));
        let len = answer.header("content-length");
        assert!(matches!(len, None | Some("0" | "4")), "{len:?}");
        assert_eq!(answer.header("transfer-encoding"), None);
        connection.write(&city.request("GET", "/points/a").wire().head());
        assert_eq!(connection.answer("GET").expect(200).body, b"four");
    }
}

#[test]
fn point_33_if_none_match_hit_is_not_modified() {
    let (_server, city, etag) = with_object();
    not_modified(&city, &[("if-none-match", &etag)], &etag);
    not_modified(&city, &[("if-none-match", "*")], &etag);
    let list = format!("{OTHER}, {etag}");
    not_modified(&city, &[("if-none-match", &list)], &etag);
    let weak = format!("W/{etag}");
    not_modified(&city, &[("if-none-match", &weak)], &etag);
}

#[test]
fn point_33_if_none_match_miss_reads() {
    let (_server, city, _) = with_object();
    read(&city, &[("if-none-match", OTHER)], 200);
    read(&city, &[("if-none-match", "\"no etag\"")], 200);
}

#[test]
fn point_33_not_modified_since_is_not_modified() {
    let (_server, city, etag) = with_object();
    not_modified(&city, &[("if-modified-since", &hours(1))], &etag);
    let head = city.head("/points/a").expect(200);
    let exact = head.header("last-modified").expect("a time");
    not_modified(&city, &[("if-modified-since", exact)], &etag);
    read(&city, &[("if-modified-since", &hours(-1))], 200);
}

#[test]
fn point_33_if_match_miss_fails() {
    let (_server, city, etag) = with_object();
    read(&city, &[("if-match", OTHER)], 412);
    read(&city, &[("if-match", "\"no etag\"")], 412);
    read(&city, &[("if-match", &etag)], 200);
    read(&city, &[("if-match", "*")], 200);
    let list = format!("{OTHER}, {etag}");
    read(&city, &[("if-match", &list)], 200);
}

#[test]
fn point_33_if_unmodified_since_fails() {
    let (_server, city, _) = with_object();
    read(&city, &[("if-unmodified-since", &hours(-1))], 412);
    read(&city, &[("if-unmodified-since", &hours(1))], 200);
    let head = city.head("/points/a").expect(200);
    let exact = head.header("last-modified").expect("a time");
    read(&city, &[("if-unmodified-since", exact)], 200);
}

#[test]
fn point_33_etags_may_be_unquoted() {
    let (_server, city, etag) = with_object();
    let bare = etag.trim_matches('"');
    read(&city, &[("if-match", bare)], 200);
    not_modified(&city, &[("if-none-match", bare)], &etag);
    read(&city, &[("if-match", OTHER.trim_matches('"'))], 412);
    let put = |name: &str| {
        let put = city.request("PUT", "/points/a").body("four");
        put.header(name, bare).send()
    };
    put("if-match").expect(200);
    put("if-none-match").refused(412, "PreconditionFailed");
    let delete = city.request("DELETE", "/points/a");
    delete.header("if-match", bare).send().expect(204);
}

/// AWS: a match silences the date, both ways.
#[test]
fn point_33_etag_conditions_silence_those_on_dates() {
    let (_server, city, etag) = with_object();
    let (past, future) = (hours(-1), hours(1));
    let both = [("if-match", &*etag), ("if-unmodified-since", &*past)];
    read(&city, &both, 200);
    let both = [("if-match", OTHER), ("if-unmodified-since", &*future)];
    read(&city, &both, 412);
    let both = [("if-none-match", &*etag), ("if-modified-since", &*past)];
    not_modified(&city, &both, &etag);
    let both = [("if-none-match", OTHER), ("if-modified-since", &*future)];
    read(&city, &both, 200);
    // What fails beats what is not modified.
    let both = [("if-match", OTHER), ("if-none-match", &*etag)];
    read(&city, &both, 412);
    let both = [("if-match", &*etag), ("if-none-match", &*etag)];
    not_modified(&city, &both, &etag);
}

#[test]
fn point_33_dates_that_are_none_are_ignored() {
    let (_server, city, _) = with_object();
    for date in ["yesterday", "", "0", "2026-11-23"] {
        read(&city, &[("if-modified-since", date)], 200);
        read(&city, &[("if-unmodified-since", date)], 200);
    }
}

/// A missing key is missing, whatever is asked of it.
#[test]
fn point_33_conditions_on_a_missing_key_are_not_judged() {
    let (_server, city) = with_bucket();
    for header in ["if-match", "if-none-match"] {
        for value in ["*", OTHER] {
            let get = city.request("GET", "/points/a").header(header, value);
            get.send().refused(404, "NoSuchKey");
        }
    }
}

/// PUT, CopyObject and CompleteMultipartUpload onto `/points/KEY` under conditions.
fn writes(city: &Account, target: &str, headers: &[(&str, &str)]) -> [(&'static str, Answer); 3] {
    let put = with(city.request("PUT", target).body("new"), headers);
    let upload = Upload::create(city, target);
    let etag = upload.part(1, b"new");
    let complete = upload.complete_request(&Upload::document(&[(1, &etag)]));
    city.put("/points/source", "new").expect(200);
    let copy = with(city.request("PUT", target), headers);
    let copy = copy.header("x-amz-copy-source", "/points/source");
    let before = city.get(target);
    // Each is judged by the same object: what it wrote is taken back.
    let mut answers = Vec::new();
    for (name, request) in [
        ("PutObject", put),
        ("CompleteMultipartUpload", with(complete, headers)),
        ("CopyObject", copy),
    ] {
        let answer = request.send();
        let after = city.get(target);
        if answer.status == 200 {
            assert_eq!(after.expect(200).body, b"new", "{name}");
            if before.status == 200 {
                city.put(target, &*before.body).expect(200);
            } else {
                city.delete(target).expect(204);
            }
        } else {
            assert_eq!(after.status, before.status, "{name}");
            assert_eq!(after.header("etag"), before.header("etag"), "{name}");
        }
        answers.push((name, answer));
    }
    answers.try_into().expect("three answers")
}

#[track_caller]
fn all_writes(city: &Account, target: &str, headers: &[(&str, &str)], status: u16, code: &str) {
    for (name, answer) in writes(city, target, headers) {
        let expected = (status, code.to_owned());
        assert_eq!(answer.outcome(), expected, "{name} {headers:?}");
    }
}

#[test]
fn point_34_write_whose_match_fails_is_refused() {
    let (_server, city, etag) = with_object();
    let failed = (412, "PreconditionFailed");
    for headers in [
        &[("if-match", OTHER)][..],
        &[("if-match", "\"no etag\"")],
        &[("if-none-match", "*")],
        &[("if-none-match", &etag)],
        &[("if-match", &etag), ("if-none-match", "*")],
    ] {
        all_writes(&city, "/points/a", headers, failed.0, failed.1);
    }
}

#[test]
fn point_34_write_whose_match_holds_succeeds() {
    let (_server, city, etag) = with_object();
    all_writes(&city, "/points/a", &[("if-match", &etag)], 200, "");
    all_writes(&city, "/points/a", &[("if-match", "*")], 200, "");
    let list = format!("{OTHER},{etag}");
    all_writes(&city, "/points/a", &[("if-match", &list)], 200, "");
}

#[test]
fn point_34_if_match_on_a_missing_key_is_no_such_key() {
    let (_server, city) = with_bucket();
    for value in ["*", OTHER] {
        let headers = [("if-match", value)];
        all_writes(&city, "/points/b", &headers, 404, "NoSuchKey");
    }
}

#[test]
fn point_34_if_none_match_on_a_missing_key_succeeds() {
    let (_server, city) = with_bucket();
    for value in ["*", OTHER] {
        all_writes(&city, "/points/b", &[("if-none-match", value)], 200, "");
    }
}

#[test]
fn point_34_if_none_match_with_another_etag_succeeds() {
    let (_server, city, _) = with_object();
    all_writes(&city, "/points/a", &[("if-none-match", OTHER)], 200, "");
}

/// Conditions that writes do not know are refused: whoever sends one wants nothing to happen when
/// it fails.
#[test]
fn point_34_conditions_that_writes_do_not_know_are_refused() {
    let (_server, city, etag) = with_object();
    let refused = (501, "NotImplemented");
    for date in [hours(-1), hours(1)] {
        for name in ["if-modified-since", "if-unmodified-since"] {
            let both = [(name, &*date), ("if-match", &*etag)];
            for headers in [&both[..1], &both] {
                all_writes(&city, "/points/a", headers, refused.0, refused.1);
                let delete = with(city.request("DELETE", "/points/a"), headers);
                let answer = delete.send().refused(refused.0, refused.1);
                let named = answer.text("Header").map(|name| name.to_lowercase());
                assert_eq!(named.as_deref(), Some(name));
            }
        }
    }
    for value in ["*", &etag, OTHER] {
        let delete = city.request("DELETE", "/points/a");
        let delete = delete.header("if-none-match", value).send();
        delete.refused(refused.0, refused.1);
    }
    assert_eq!(city.get("/points/a").expect(200).body, b"four");
}

/// The ETag of what was there before is that of no object now. Versions are to come.
#[test]
fn point_34_only_the_current_object_counts() {
    let (_server, city, old) = with_object();
    let put = city.put("/points/a", "current").expect(200);
    let current = put.header("etag").expect("an ETag");
    let failed = (412, "PreconditionFailed");
    all_writes(
        &city,
        "/points/a",
        &[("if-match", &old)],
        failed.0,
        failed.1,
    );
    all_writes(&city, "/points/a", &[("if-none-match", &old)], 200, "");
    all_writes(&city, "/points/a", &[("if-match", current)], 200, "");
    city.delete("/points/a").expect(204);
    let gone = [("if-match", current)];
    all_writes(&city, "/points/a", &gone, 404, "NoSuchKey");
}

#[test]
fn point_34_etag_of_a_multipart_object_matches() {
    let (_server, city) = with_bucket();
    Upload::object(&city, "/points/a", &[10]);
    let head = city.head("/points/a").expect(200);
    let etag = head.header("etag").expect("an ETag");
    assert!(etag.ends_with("-1\""), "{etag}");
    let put = |name: &str, value: &str| {
        let put = city.request("PUT", "/points/a").body("new");
        put.header(name, value).send()
    };
    put("if-none-match", etag).refused(412, "PreconditionFailed");
    let md5 = etag.replace("-1", "");
    put("if-match", &md5).refused(412, "PreconditionFailed");
    put("if-match", etag).expect(200);
}

#[test]
fn point_34_repeated_condition_is_one_list() {
    let (_server, city, etag) = with_object();
    for second in ["*", &etag] {
        let put = city.request("PUT", "/points/a").body("new");
        let put = put.header("if-none-match", OTHER);
        let put = put.header("if-none-match", second).send();
        put.refused(412, "PreconditionFailed");
    }
    let repeated = [("if-none-match", OTHER), ("if-none-match", &etag)];
    not_modified(&city, &repeated, &etag);
    let repeated = [("if-match", OTHER), ("if-match", &etag)];
    read(&city, &repeated, 200);
}

/// A condition that cannot be read holds for nothing: it is not left out. (The bytes are what no
/// text has.)
#[test]
fn point_34_condition_that_is_no_text_fails() {
    let (_server, city, _) = with_object();
    for method in ["PUT", "DELETE", "GET"] {
        let request = city.request(method, "/points/a");
        let wire = request.unsigned_header("if-match", "~").wire();
        let head = wire.head();
        let head: Vec<u8> = head
            .iter()
            .map(|b| if *b == b'~' { 0xff } else { *b })
            .collect();
        let mut connection = raw::Connection::open(city.port);
        connection.write(&head);
        let answer = connection.answer(method);
        answer.refused(412, "PreconditionFailed");
    }
    assert_eq!(city.get("/points/a").expect(200).body, b"four");
}

fn put(city: &Account, seed: u8, len: usize) -> Request {
    city.request("PUT", "/points/a").body(bytes(seed, len))
}

#[test]
fn point_35_put_started_with_valid_if_match_loses_to_a_write_that_lands_first() {
    let (_server, city) = with_bucket();
    for len in LENS {
        let old = put(&city, 1, len).send().expect(200);
        let etag = old.header("etag").expect("an ETag");
        let late = HeldPut::begin(city.port, put(&city, 2, len).header("if-match", etag));
        put(&city, 3, len).send().expect(200);
        late.finish().refused(412, "PreconditionFailed");
        assert!(city.get("/points/a").expect(200).body == bytes(3, len));
    }
}

#[test]
fn point_35_put_started_on_nothing_loses_to_a_write_that_lands_first() {
    let (_server, city) = with_bucket();
    for len in LENS {
        let late = put(&city, 2, len).header("if-none-match", "*");
        let late = HeldPut::begin(city.port, late);
        put(&city, 3, len).send().expect(200);
        late.finish().refused(412, "PreconditionFailed");
        assert!(city.get("/points/a").expect(200).body == bytes(3, len));
        city.delete("/points/a").expect(204);
    }
}

#[test]
fn point_35_put_started_with_valid_if_match_loses_to_a_delete() {
    let (_server, city) = with_bucket();
    for len in LENS {
        put(&city, 1, len).send().expect(200);
        let late = HeldPut::begin(city.port, put(&city, 2, len).header("if-match", "*"));
        city.delete("/points/a").expect(204);
        late.finish().refused(404, "NoSuchKey");
        city.get("/points/a").refused(404, "NoSuchKey");
    }
}

/// The same bytes make the same ETag: the write that landed is of no matter.
#[test]
fn point_35_put_whose_condition_holds_again_succeeds() {
    let (_server, city) = with_bucket();
    for len in LENS {
        let old = put(&city, 1, len).send().expect(200);
        let etag = old.header("etag").expect("an ETag");
        let late = HeldPut::begin(city.port, put(&city, 2, len).header("if-match", etag));
        put(&city, 3, len).send().expect(200);
        put(&city, 1, len).send().expect(200);
        late.finish().expect(200);
        assert!(city.get("/points/a").expect(200).body == bytes(2, len));
    }
}

/// A body that cannot be stored need not be sent to its end.
#[test]
fn point_35_condition_that_fails_already_is_told_before_the_body_has_come() {
    let (_server, city, _) = with_object();
    for len in LENS {
        let wire = put(&city, 2, len).header("if-match", OTHER).wire();
        let mut connection = raw::Connection::open(city.port);
        connection.write(&wire.head());
        let answer = connection.answer("PUT");
        answer.refused(412, "PreconditionFailed");
    }
    assert_eq!(city.get("/points/a").expect(200).body, b"four");
}

#[test]
fn point_35_of_parallel_writes_under_one_etag_one_wins() {
    let (_server, city) = with_bucket();
    for len in LENS {
        let old = put(&city, 0, len).send().expect(200);
        let etag = old.header("etag").expect("an ETag");
        let writers: Vec<HeldPut> = (1..=8)
            .map(|seed| put(&city, seed, len).header("if-match", etag))
            .map(|put| HeldPut::begin(city.port, put))
            .collect();
        let outcomes: Vec<(u16, String)> = std::thread::scope(|scope| {
            let writers = writers
                .into_iter()
                .map(|held| scope.spawn(|| held.finish()));
            let writers: Vec<_> = writers.collect();
            let ended = writers.into_iter().map(std::thread::ScopedJoinHandle::join);
            ended
                .map(|answer| answer.expect("an answer").outcome())
                .collect()
        });
        let won = outcomes.iter().position(|outcome| outcome.0 == 200);
        let won = u8::try_from(won.expect("a winner") + 1).expect("a seed");
        let lost = outcomes.iter().filter(|(status, _)| *status != 200);
        let failed = (412, "PreconditionFailed".to_owned());
        assert!(
            lost.clone().all(|outcome| *outcome == failed),
            "{outcomes:?}"
        );
        assert_eq!(lost.count(), 7);
        assert!(city.get("/points/a").expect(200).body == bytes(won, len));
    }
}
