//! Points 1 to 9: dates, credentials, framing of bodies, digests, request ids.

use super::with_bucket;
use crate::raw::{Account, Answer, Connection, Request};

/// CRC-32 of `four`.
const CRC32_OF_FOUR: &str = "kMFmfQ==";

#[test]
fn point_1_signed_date_header_replaces_x_amz_date() {
    let (_server, city) = with_bucket();
    let put = city.request("PUT", "/points/a").body("four");
    put.dated_by_date_header().send().expect(200);
    let get = city.request("GET", "/points/a").dated_by_date_header();
    let wire = get.wire();
    assert!(wire.value("date").ends_with(" -0000"), "{wire:?}");
    assert!(!wire.headers.iter().any(|(name, _)| name == "x-amz-date"));
    assert_eq!(wire.send(city.port).expect(200).body, b"four");
}

#[test]
fn point_1_unsigned_date_header_is_refused() {
    let (_server, city) = with_bucket();
    let mut wire = city.request("GET", "/points").dated_by_date_header().wire();
    let unsigned = wire.value("authorization").replace("date;", "");
    wire.set("authorization", &unsigned);
    wire.send(city.port).refused(403, "AccessDenied");
}

// The empty region of point 2 belongs to the scopes of iam, sts and sns, which come with users.
#[test]
fn point_2_request_without_body_needs_no_declared_hash() {
    let (_server, city) = with_bucket();
    let get = city.request("GET", "/points").without_payload_header();
    get.send().expect(200);
}

#[test]
fn point_2_body_without_declared_hash_is_hashed_by_the_server() {
    let (_server, city) = with_bucket();
    let put = city.request("PUT", "/points/a").body("four");
    put.without_payload_header().send().expect(200);
    assert_eq!(city.get("/points/a").expect(200).body, b"four");
    let put = city.request("PUT", "/points/b").body("four");
    let mut wire = put.without_payload_header().wire();
    wire.body = b"FOUR".to_vec();
    wire.send(city.port).refused(403, "SignatureDoesNotMatch");
    city.get("/points/b").refused(404, "NoSuchKey");
}

#[test]
fn point_3_unknown_access_key_is_refused() {
    let (_server, mut city) = with_bucket();
    city.access_key_id = "RZAAAAAAAAAAAAAAAAAA".to_owned();
    city.get("/points").refused(403, "InvalidAccessKeyId");
}

#[test]
fn point_3_wrong_secret_is_refused() {
    let (_server, mut city) = with_bucket();
    city.secret.push('x');
    city.get("/points").refused(403, "SignatureDoesNotMatch");
}

fn announced(account: &Account, target: &str) -> Request {
    let put = account.request("PUT", target).body("four");
    put.unsigned_header("Expect", "100-continue")
}

/// The answer that comes while the client still holds its body back.
fn answer_ahead(port: u16, request: Request) -> Answer {
    let mut connection = Connection::open(port);
    connection.write(&request.wire().head());
    connection.answer("PUT")
}

// The bucket that strangers may write to comes with access control lists.
#[test]
fn point_4_stranger_is_refused_before_the_body() {
    let (server, city) = with_bucket();
    let anonymous = announced(&city, "/points/a").anonymous();
    answer_ahead(city.port, anonymous).refused(403, "AccessDenied");
    let stranger = server.account("stranger");
    answer_ahead(city.port, announced(&stranger, "/points/a")).refused(403, "AccessDenied");
    city.get("/points/a").refused(404, "NoSuchKey");
}

#[test]
fn point_4_owner_is_asked_for_the_body() {
    let (_server, city) = with_bucket();
    let wire = announced(&city, "/points/a").wire();
    let mut connection = Connection::open(city.port);
    connection.write(&wire.head());
    assert_eq!(connection.answer("PUT").status, 100);
    connection.write(&wire.body);
    connection.answer("PUT").expect(200);
    assert_eq!(city.get("/points/a").expect(200).body, b"four");
}

#[test]
fn point_4_missing_bucket_is_told_before_the_body() {
    let (_server, city) = with_bucket();
    answer_ahead(city.port, announced(&city, "/no-such-bucket/a")).refused(404, "NoSuchBucket");
}

/// With a body far larger than any buffer in between, so that it is still on its way.
#[tokio::test]
async fn point_4_request_after_a_refused_body_works() {
    let (server, city) = with_bucket();
    let client = server.client(&city);
    let body = vec![7; 8 * 1024 * 1024];
    for _ in 0..3 {
        let put = client.put_object().bucket("no-such-bucket").key("a");
        let refused = put.body(body.clone().into()).send().await;
        let refused = refused.expect_err("refused").into_service_error();
        assert_eq!(refused.meta().code(), Some("NoSuchBucket"));
        let put = client.put_object().bucket("points").key("a");
        let put = put.body(b"four".to_vec().into()).send().await;
        put.expect("the next request");
    }
}

#[test]
fn point_5_other_expectations_are_ignored() {
    let (_server, city) = with_bucket();
    for value in ["", "200-ok", "100", "continue"] {
        let put = city.request("PUT", "/points/a").body("four");
        put.unsigned_header("Expect", value).send().expect(200);
    }
}

#[test]
fn point_5_negative_content_length_is_refused() {
    let (_server, city) = with_bucket();
    let put = city.request("PUT", "/points/a");
    put.unsigned_header("content-length", "-1")
        .send()
        .expect(400);
    city.get("/points/a").refused(404, "NoSuchKey");
}

#[test]
fn point_5_empty_content_length_is_refused() {
    let (_server, city) = with_bucket();
    let put = city.request("PUT", "/points/a");
    put.unsigned_header("content-length", "").send().expect(400);
    city.get("/points/a").refused(404, "NoSuchKey");
}

#[test]
fn point_6_chunked_transfer_needs_no_content_length() {
    let (_server, city) = with_bucket();
    let put = city.request("PUT", "/points/a").payload("UNSIGNED-PAYLOAD");
    let put = put.unsigned_header("transfer-encoding", "chunked");
    let mut wire = put.wire();
    wire.body = b"4\r\nfour\r\n3\r\nmor\r\n0\r\n\r\n".to_vec();
    wire.send(city.port).expect(200);
    let answer = city.get("/points/a").expect(200);
    assert_eq!(answer.body, b"fourmor");
    assert_eq!(answer.header("content-encoding"), None);
}

/// An upload in aws-chunked frames.
fn framed(account: &Account, target: &str) -> Request {
    let put = account.request("PUT", target);
    put.payload("STREAMING-UNSIGNED-PAYLOAD-TRAILER")
        .header("x-amz-decoded-content-length", "4")
        .header("x-amz-trailer", "x-amz-checksum-crc32")
        .body(format!(
            "4\r\nfour\r\n0\r\nx-amz-checksum-crc32:{CRC32_OF_FOUR}\r\n\r\n"
        ))
}

#[test]
fn point_7_frames_are_decoded_without_content_encoding() {
    let (_server, city) = with_bucket();
    framed(&city, "/points/a").send().expect(200);
    let answer = city.get("/points/a").expect(200);
    assert_eq!(answer.body, b"four");
    assert_eq!(answer.header("content-encoding"), None);
}

#[test]
fn point_7_content_encoding_alone_decodes_nothing() {
    let (_server, city) = with_bucket();
    let body = "4\r\nfour\r\n0\r\n\r\n";
    let put = city.request("PUT", "/points/a").body(body);
    let put = put.header("content-encoding", "aws-chunked").send();
    put.expect(200);
    let answer = city.get("/points/a").expect(200);
    assert_eq!(answer.body_text(), body);
    assert_eq!(answer.header("content-encoding"), None);
}

#[test]
fn point_7_every_aws_chunked_token_is_taken_out() {
    let (_server, city) = with_bucket();
    for (sent, kept) in [
        ("aws-chunked", None),
        ("aws-chunked,aws-chunked", None),
        ("gzip,aws-chunked", Some("gzip")),
        ("aws-chunked, gzip, aws-chunked", Some("gzip")),
        ("aws-chunked,gzip,br", Some("gzip,br")),
    ] {
        let put = framed(&city, "/points/a").header("content-encoding", sent);
        put.send().expect(200);
        for answer in [city.get("/points/a"), city.head("/points/a")] {
            let answer = answer.expect(200);
            assert_eq!(answer.header("content-encoding"), kept, "{sent}");
        }
    }
}

#[test]
fn point_8_content_md5_that_is_no_md5_is_invalid() {
    let (_server, city) = with_bucket();
    for bad in ["", "no base64", "YWJj", "rL0Y20zC+Fzt72VPzMSk2A", "AAAA"] {
        let put = city.request("PUT", "/points/a").body("four");
        let refused = put.header("content-md5", bad).send();
        assert_eq!(
            refused.outcome(),
            (400, "InvalidDigest".to_owned()),
            "{bad}"
        );
    }
    city.get("/points/a").refused(404, "NoSuchKey");
}

/// A digest that cannot be read is not left out.
#[test]
fn point_8_content_md5_that_is_no_text_is_invalid() {
    let (_server, city) = with_bucket();
    let put = city.request("PUT", "/points/a").body("four");
    let wire = put.unsigned_header("content-md5", "~").wire();
    let head = wire.head();
    let head: Vec<u8> = head
        .iter()
        .map(|b| if *b == b'~' { 0xff } else { *b })
        .collect();
    let mut connection = Connection::open(city.port);
    connection.write(&head);
    connection.write(&wire.body);
    connection.answer("PUT").refused(400, "InvalidDigest");
    city.get("/points/a").refused(404, "NoSuchKey");
}

#[test]
fn point_8_wrong_content_md5_is_a_bad_digest() {
    let (_server, city) = with_bucket();
    let put = city.request("PUT", "/points/a").body("four");
    let put = put.header("content-md5", "rL0Y20zC+Fzt72VPzMSk2A==");
    put.send().refused(400, "BadDigest");
    city.get("/points/a").refused(404, "NoSuchKey");
}

#[test]
fn point_9_error_names_the_request_id_of_the_header() {
    let (_server, city) = with_bucket();
    let anonymous = city.request("GET", "/points").anonymous().send();
    let answers = [
        city.get("/points/a").refused(404, "NoSuchKey"),
        city.get("/points?max-keys=x")
            .refused(400, "InvalidArgument"),
        city.post("/points?delete", "<")
            .refused(400, "MalformedXML"),
        anonymous.refused(403, "AccessDenied"),
    ];
    let mut ids = Vec::new();
    for answer in &answers {
        let header = answer.header("x-amz-request-id").expect("an id");
        assert_eq!(answer.text("RequestId").as_deref(), Some(header));
        ids.push(header);
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), answers.len(), "ids repeat");
}
