//! Points 10 to 14: presigned requests, response overrides, what is judged first, whole seconds.

use super::{fill, with_bucket};
use crate::raw::{self, Account, Answer, Request, Signing};
use time::OffsetDateTime;
use time::format_description::well_known::{Iso8601, Rfc2822};

fn presigned_for(account: &Account, seconds: i64) -> Request {
    let get = account.request("GET", "/points/a");
    get.signing(Signing::Presigned(seconds))
}

#[test]
fn point_10_presigned_life_of_a_week_is_accepted() {
    let (_server, city) = with_bucket();
    fill(&city, &["a"]);
    for seconds in [1, 300, 604_800] {
        let answer = presigned_for(&city, seconds).send().expect(200);
        assert_eq!(answer.body, b"four");
    }
}

#[test]
fn point_10_presigned_life_of_nothing_is_denied() {
    let (_server, city) = with_bucket();
    fill(&city, &["a"]);
    presigned_for(&city, 0).send().refused(403, "AccessDenied");
}

#[test]
fn point_10_presigned_life_that_is_none_is_an_error_of_the_parameters() {
    let (_server, city) = with_bucket();
    fill(&city, &["a"]);
    for seconds in [604_801, -1, -300] {
        let answer = presigned_for(&city, seconds).send();
        answer.refused(400, "AuthorizationQueryParametersError");
    }
    for text in ["soon", "", "1.5", "%2B300"] {
        let mut wire = presigned_for(&city, 300).wire();
        let expires = format!("X-Amz-Expires={text}");
        wire.target = wire.target.replace("X-Amz-Expires=300", &expires);
        let answer = wire.send(city.port);
        answer.refused(400, "AuthorizationQueryParametersError");
    }
}

#[test]
fn point_10_signed_acl_is_presented_as_a_header() {
    let (_server, city) = with_bucket();
    let put = || {
        let put = city.request("PUT", "/points/a").body("four");
        put.header("x-amz-acl", "private").presigned().wire()
    };
    let mut absent = put();
    absent.remove("x-amz-acl");
    absent.send(city.port).refused(403, "SignatureDoesNotMatch");
    let mut in_query = put();
    in_query.remove("x-amz-acl");
    in_query.target.push_str("&x-amz-acl=private");
    in_query
        .send(city.port)
        .refused(403, "SignatureDoesNotMatch");
    city.get("/points/a").refused(404, "NoSuchKey");
    put().send(city.port).expect(200);
}

#[test]
fn point_10_options_without_origin_is_refused() {
    let (_server, city) = with_bucket();
    let mut wire = presigned_for(&city, 300).wire();
    wire.method = "OPTIONS".to_owned();
    wire.send(city.port).expect(400);
    city.request("OPTIONS", "/points/a").send().expect(400);
}

const OVERRIDES: [(&str, &str, &str); 6] = [
    ("response-content-type", "content-type", "text/plain"),
    (
        "response-content-disposition",
        "content-disposition",
        "inline",
    ),
    ("response-content-language", "content-language", "sr-Latn"),
    ("response-content-encoding", "content-encoding", "br"),
    ("response-cache-control", "cache-control", "no-store"),
    (
        "response-expires",
        "expires",
        "Thu, 01 Dec 1994 16:00:00 GMT",
    ),
];

fn assert_overridden(answer: &Answer) {
    for (_, header, value) in OVERRIDES {
        assert_eq!(answer.header(header), Some(value));
    }
}

#[test]
fn point_11_response_headers_are_overridden_on_signed_reads() {
    let (_server, city) = with_bucket();
    let put = city.request("PUT", "/points/a").body("four");
    let put = put.header("content-type", "image/png");
    put.header("cache-control", "max-age=1").send().expect(200);
    let query: Vec<String> = OVERRIDES
        .iter()
        .map(|(parameter, _, value)| {
            let value = value.replace(' ', "%20").replace('/', "%2F");
            format!(
                "{parameter}={}",
                value.replace(',', "%2C").replace(':', "%3A")
            )
        })
        .collect();
    let target = format!("/points/a?{}", query.join("&"));
    assert_overridden(&city.get(&target).expect(200));
    assert_overridden(&city.head(&target).expect(200));
    let presigned = city.request("GET", &target).presigned().send();
    assert_overridden(&presigned.expect(200));
    let ranged = city.request("GET", &target).header("range", "bytes=0-1");
    assert_overridden(&ranged.send().expect(206));
    let kept = city.get("/points/a").expect(200);
    assert_eq!(kept.header("content-type"), Some("image/png"));
    assert_eq!(kept.header("cache-control"), Some("max-age=1"));
    assert_eq!(kept.header("expires"), None);
}

// Denial by a policy comes with policies; a foreign bucket is denied already.
#[test]
fn point_12_authorization_comes_before_arguments() {
    let (server, city) = with_bucket();
    fill(&city, &["a"]);
    let stranger = server.account("stranger");
    stranger.put("/strangers", "").expect(200);
    let sse = "x-amz-server-side-encryption";
    let customer = "x-amz-server-side-encryption-customer-algorithm";
    for (name, value) in [
        (sse, "AES192"),
        (customer, "AES192"),
        ("x-amz-storage-class", "NO_SUCH_CLASS"),
        ("x-amz-acl", "no-such-acl"),
        ("content-md5", "no digest"),
        ("x-amz-checksum-crc32", "no checksum"),
        ("x-amz-meta-large", &"m".repeat(3000)),
    ] {
        let put = stranger.request("PUT", "/points/b").header(name, value);
        assert_denied(&put.body("four").send(), name);
        let anonymous = city.request("PUT", "/points/b").anonymous();
        assert_denied(&anonymous.header(name, value).send(), name);
        let create = stranger.request("POST", "/points/b?uploads");
        assert_denied(&create.header(name, value).send(), name);
        let copy = stranger.request("PUT", "/points/b").header(name, value);
        assert_denied(
            &copy.header("x-amz-copy-source", "/strangers/a").send(),
            name,
        );
    }
    for target in [
        "/points?max-keys=x",
        "/points/a?partNumber=x",
        "/points?encoding-type=x",
    ] {
        assert_denied(&stranger.get(target), target);
    }
    assert_denied(&stranger.post("/points?delete", "<no-xml"), "delete");
    assert_denied(&stranger.put("/points?encryption", "<no-xml"), "encryption");
    city.get("/points/b").refused(404, "NoSuchKey");
}

#[track_caller]
fn assert_denied(answer: &Answer, what: &str) {
    assert_eq!(answer.outcome(), (403, "AccessDenied".to_owned()), "{what}");
}

const OPERATIONS: [(&str, &str); 8] = [
    ("GET", "/points"),
    ("GET", "/points?list-type=2"),
    ("GET", "/points?location"),
    ("GET", "/points?uploads"),
    ("GET", "/points/a"),
    ("PUT", "/points/b"),
    ("DELETE", "/points/a"),
    ("DELETE", "/points"),
];

#[test]
fn point_13_another_expected_owner_is_denied() {
    let (server, city) = with_bucket();
    fill(&city, &["a"]);
    let stranger = server.account("stranger");
    let other = stranger.get("/").expect(200).text("ID").expect("an id");
    for owner in [other.as_str(), "123456789012", "x"] {
        for (method, target) in OPERATIONS {
            let request = city.request(method, target);
            let denied = request.header("x-amz-expected-bucket-owner", owner).send();
            assert_denied(&denied, target);
            let anonymous = city.request(method, target).anonymous();
            let denied = anonymous.header("x-amz-expected-bucket-owner", owner);
            assert_denied(&denied.send(), target);
        }
        for target in ["/points", "/points/a"] {
            let head = city.request("HEAD", target);
            let head = head.header("x-amz-expected-bucket-owner", owner);
            head.send().expect(403);
        }
    }
    assert_eq!(city.get("/points").expect(200).texts("Key"), ["a"]);
}

#[test]
fn point_13_the_expected_owner_passes() {
    let (_server, city) = with_bucket();
    fill(&city, &["a"]);
    let own = city.get("/").expect(200).text("ID").expect("an id");
    for (method, target) in &OPERATIONS[..6] {
        let request = city.request(method, target);
        let request = request.header("x-amz-expected-bucket-owner", &own);
        request.send().expect(200);
    }
}

/// Stores objects until one lands in the second half of a second, where rounding would show.
fn late_in_its_second(city: &Account) -> OffsetDateTime {
    loop {
        let before = raw::now();
        city.put("/points/a", "four").expect(200);
        let after = raw::now();
        if before.millisecond() >= 600 && after.second() == before.second() {
            return after.truncate_to_second();
        }
    }
}

#[test]
fn point_14_last_modified_is_truncated_and_lists_agree_with_head() {
    let (_server, city) = with_bucket();
    let second = late_in_its_second(&city);
    let head = city.head("/points/a").expect(200);
    let shown = head.header("last-modified").expect("a time");
    let shown = OffsetDateTime::parse(shown, &Rfc2822).expect("an HTTP date");
    assert_eq!(shown, second);
    let get = city.get("/points/a").expect(200);
    assert_eq!(get.header("last-modified"), head.header("last-modified"));
    for target in ["/points", "/points?list-type=2"] {
        let listed = city.get(target).expect(200).text("LastModified");
        let listed = listed.expect("a time");
        assert!(listed.contains(".000Z"), "{listed}");
        let listed = OffsetDateTime::parse(&listed, &Iso8601::DEFAULT).expect("a date");
        assert_eq!(listed, second);
    }
}

#[test]
fn point_14_conditions_on_dates_compare_whole_seconds() {
    let (_server, city) = with_bucket();
    late_in_its_second(&city);
    let head = city.head("/points/a").expect(200);
    let shown = head.header("last-modified").expect("a time");
    let with = |name: &str| {
        let get = city.request("GET", "/points/a").header(name, shown);
        get.send().status
    };
    assert_eq!(with("if-modified-since"), 304);
    assert_eq!(with("if-unmodified-since"), 200);
    let copy = |name: &str| {
        let copy = city.request("PUT", "/points/b").header(name, shown);
        copy.header("x-amz-copy-source", "/points/a").send().status
    };
    assert_eq!(copy("x-amz-copy-source-if-modified-since"), 412);
    assert_eq!(copy("x-amz-copy-source-if-unmodified-since"), 200);
    let delete = city.request("DELETE", "/points/a");
    let delete = delete.header("x-amz-if-match-last-modified-time", shown);
    delete.send().expect(204);
}
