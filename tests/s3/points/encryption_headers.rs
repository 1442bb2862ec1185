//! Headers of server-side encryption: points 92 to 96 and 98. Keys of customers and of a key
//! service are not there yet: whoever asks for them is refused, and nothing is stored. Point 97 is
//! in `bucket_encryption`.

use super::uploads::Upload;
use super::{fill, with_bucket};
use crate::raw::{Account, Answer, Request};
use crate::server::TestServer;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;

const SSE: &str = "x-amz-server-side-encryption";
const KMS_ID: &str = "x-amz-server-side-encryption-aws-kms-key-id";
const KMS_CONTEXT: &str = "x-amz-server-side-encryption-context";
const CUSTOMER_ALGORITHM: &str = "x-amz-server-side-encryption-customer-algorithm";
const CUSTOMER_KEY: &str = "x-amz-server-side-encryption-customer-key";
const CUSTOMER_MD5: &str = "x-amz-server-side-encryption-customer-key-md5";
const SOURCE_ALGORITHM: &str = "x-amz-copy-source-server-side-encryption-customer-algorithm";
const SOURCE_KEY: &str = "x-amz-copy-source-server-side-encryption-customer-key";
const SOURCE_MD5: &str = "x-amz-copy-source-server-side-encryption-customer-key-md5";

/// 32 zero bytes and their MD5, Base64.
const SECRET: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const SECRET_MD5: &str = "cLyNIARKbX/rLgsKoQ5CBQ==";
const CUSTOMER: [(&str, &str); 3] = [
    (CUSTOMER_ALGORITHM, "AES256"),
    (CUSTOMER_KEY, SECRET),
    (CUSTOMER_MD5, SECRET_MD5),
];
const SOURCE_CUSTOMER: [(&str, &str); 3] = [
    (SOURCE_ALGORITHM, "AES256"),
    (SOURCE_KEY, SECRET),
    (SOURCE_MD5, SECRET_MD5),
];
/// Unknown to every server.
const KMS: [(&str, &str); 2] = [(SSE, "aws:kms"), (KMS_ID, "no-such-key")];

fn with_headers(mut request: Request, headers: &[(&str, &str)]) -> Request {
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request
}

/// The requests that make an object.
fn writes(city: &Account) -> [(&'static str, Request); 3] {
    let copy = city.request("PUT", "/points/new");
    [
        ("put", city.request("PUT", "/points/new").body("four")),
        ("copy", copy.header("x-amz-copy-source", "points/k")),
        ("create", city.request("POST", "/points/new?uploads")),
    ]
}

/// Every write with these headers is refused so, and leaves nothing behind.
#[track_caller]
fn refuses_writes(city: &Account, headers: &[(&str, &str)], status: u16, code: &str) {
    for (name, request) in writes(city) {
        let answer = with_headers(request, headers).send();
        let expected = (status, code.to_owned());
        assert_eq!(answer.outcome(), expected, "{name} {headers:?}");
    }
    city.get("/points/new").refused(404, "NoSuchKey");
    let uploads = city.get("/points?uploads").expect(200);
    assert_eq!(uploads.text("UploadId"), None, "{headers:?}");
}

fn told(answer: &Answer) -> Option<&str> {
    answer.header(SSE)
}

#[test]
fn point_92_keys_of_customers_are_refused_on_writes() {
    let (_server, city) = with_bucket();
    fill(&city, &["k"]);
    refuses_writes(&city, &CUSTOMER, 501, "NotImplemented");
    // However incomplete they are, they are never ignored.
    for incomplete in [
        &CUSTOMER[..1],
        &CUSTOMER[1..2],
        &CUSTOMER[2..],
        &CUSTOMER[..2],
        &CUSTOMER[1..],
        &[(CUSTOMER_ALGORITHM, "AES256"), (CUSTOMER_MD5, SECRET_MD5)],
    ] {
        refuses_writes(&city, incomplete, 501, "NotImplemented");
    }
}

#[test]
fn point_92_keys_of_customers_are_refused_on_reads() {
    let (_server, city) = with_bucket();
    fill(&city, &["k"]);
    let headers = CUSTOMER;
    let get = with_headers(city.request("GET", "/points/k"), &headers);
    get.send().refused(501, "NotImplemented");
    let head = with_headers(city.request("HEAD", "/points/k"), &headers).send();
    assert_eq!(head.status, 501);
    let attributes = city.request("GET", "/points/k?attributes");
    let attributes = attributes.header("x-amz-object-attributes", "ETag");
    let attributes = with_headers(attributes, &headers).send();
    attributes.refused(501, "NotImplemented");
}

#[test]
fn point_93_keys_of_customers_are_refused_in_uploads() {
    let (_server, city) = with_bucket();
    fill(&city, &["k"]);
    let upload = Upload::create(&city, "/points/new");
    let etag = upload.part(1, b"four");
    for headers in [
        &CUSTOMER[..],
        &CUSTOMER[..1],
        &CUSTOMER[1..2],
        &CUSTOMER[2..],
    ] {
        let part = with_headers(upload.part_request(2, b"four"), headers);
        part.send().refused(501, "NotImplemented");
        let copy = upload.part_request(2, b"");
        let copy = copy.header("x-amz-copy-source", "points/k");
        let copy = with_headers(copy, headers);
        copy.send().refused(501, "NotImplemented");
        let document = Upload::document(&[(1, &etag)]);
        let complete = with_headers(upload.complete_request(&document), headers);
        complete.send().refused(501, "NotImplemented");
    }
    assert_eq!(upload.list("").expect(200).texts("PartNumber"), ["1"]);
    city.get("/points/new").refused(404, "NoSuchKey");
    upload.complete(&[(1, &etag)]).expect(200);
}

#[test]
fn point_94_answers_tell_the_encryption_that_was_asked_for() {
    // Nothing is told here but what a request asks for.
    let server = TestServer::start_with(&[("RIZNICA_S3__REPORT_DEFAULT_ENCRYPTION", "false")]);
    let city = server.account("city");
    city.put("/points", "").expect(200);
    fill(&city, &["k"]);
    for (name, request) in writes(&city) {
        let answer = request.header(SSE, "AES256").send().expect(200);
        assert_eq!(told(&answer), Some("AES256"), "{name}");
        if name != "create" {
            let read = city.get("/points/new").expect(200);
            assert_eq!(told(&read), Some("AES256"), "{name}");
            let read = city.head("/points/new").expect(200);
            assert_eq!(told(&read), Some("AES256"), "{name}");
        }
        city.delete("/points/new").expect(204);
    }
    assert_eq!(told(&city.get("/points/k").expect(200)), None);
    assert_eq!(told(&city.put("/points/k", "four").expect(200)), None);
}

#[test]
fn point_94_object_of_an_upload_tells_the_encryption_of_its_creation() {
    let server = TestServer::start_with(&[("RIZNICA_S3__REPORT_DEFAULT_ENCRYPTION", "false")]);
    let city = server.account("city");
    city.put("/points", "").expect(200);
    let upload = Upload::create_with(&city, "/points/new", &[(SSE, "AES256")]);
    let etag = upload.part(1, b"four");
    upload.complete(&[(1, &etag)]).expect(200);
    assert_eq!(told(&city.get("/points/new").expect(200)), Some("AES256"));
    assert_eq!(told(&city.head("/points/new").expect(200)), Some("AES256"));
}

#[test]
fn point_94_answers_about_an_upload_tell_the_encryption_of_its_creation() {
    let server = TestServer::start_with(&[("RIZNICA_S3__REPORT_DEFAULT_ENCRYPTION", "false")]);
    let city = server.account("city");
    city.put("/points", "").expect(200);
    fill(&city, &["k"]);
    let upload = Upload::create_with(&city, "/points/new", &[(SSE, "AES256")]);
    let part = upload.part_request(1, b"four").send().expect(200);
    let etag = part.header("etag").expect("an ETag").to_owned();
    let copy = upload.part_request(2, b"");
    let copy = copy.header("x-amz-copy-source", "points/k").send();
    let complete = upload.complete(&[(1, &etag)]).expect(200);
    let all = [told(&part), told(&copy), told(&complete)];
    assert_eq!(all, [Some("AES256"); 3]);
}

#[test]
fn point_94_every_answer_tells_the_default() {
    let (_server, city) = with_bucket();
    fill(&city, &["k"]);
    for (name, request) in writes(&city) {
        let answer = request.send().expect(200);
        assert_eq!(told(&answer), Some("AES256"), "{name}");
    }
    let upload = Upload::create(&city, "/points/parts");
    let part = upload.part_request(1, b"four").send().expect(200);
    let etag = part.header("etag").expect("an ETag").to_owned();
    let copy = upload.part_request(2, b"");
    let copy = copy.header("x-amz-copy-source", "points/k").send();
    let complete = upload.complete(&[(1, &etag)]).expect(200);
    let (get, head) = (city.get("/points/parts"), city.head("/points/parts"));
    let all = [&part, &copy, &complete, &get, &head].map(told);
    assert_eq!(all, [Some("AES256"); 5]);
}

#[test]
fn point_95_contradictions_are_refused() {
    let (_server, city) = with_bucket();
    fill(&city, &["k"]);
    for sse in ["AES256", "aws:kms"] {
        let both = [&CUSTOMER[..], &[(SSE, sse)]].concat();
        refuses_writes(&city, &both, 400, "InvalidArgument");
        // Whichever comes first.
        let both = [&[(SSE, sse)], &CUSTOMER[..]].concat();
        refuses_writes(&city, &both, 400, "InvalidArgument");
    }
    let both = [&CUSTOMER[..], &[(KMS_ID, "some-key")]].concat();
    refuses_writes(&city, &both, 400, "InvalidArgument");
    for headers in [
        [(SSE, "AES256"), (KMS_ID, "some-key")],
        [(KMS_ID, "some-key"), (SSE, "AES256")],
        [(SSE, "AES256"), (KMS_CONTEXT, "e30=")],
    ] {
        refuses_writes(&city, &headers, 400, "InvalidArgument");
    }
}

#[test]
fn point_95_unknown_algorithm_is_refused() {
    let (_server, city) = with_bucket();
    fill(&city, &["k"]);
    for algorithm in ["AES192", "aes256", "AES256 AES256", "aws:km", "none", ""] {
        refuses_writes(&city, &[(SSE, algorithm)], 400, "InvalidArgument");
        let mut customer = CUSTOMER;
        customer[0].1 = algorithm;
        refuses_writes(&city, &customer, 400, "InvalidArgument");
    }
}

#[test]
fn point_95_key_id_alone_is_refused() {
    let (_server, city) = with_bucket();
    fill(&city, &["k"]);
    refuses_writes(&city, &[(KMS_ID, "some-key")], 400, "InvalidArgument");
    refuses_writes(&city, &[(KMS_ID, "")], 400, "InvalidArgument");
}

#[test]
fn point_95_keys_of_a_key_service_are_refused() {
    let (_server, city) = with_bucket();
    fill(&city, &["k"]);
    refuses_writes(&city, &KMS, 501, "NotImplemented");
    refuses_writes(&city, &KMS[..1], 501, "NotImplemented");
    refuses_writes(&city, &[(SSE, "aws:kms:dsse")], 501, "NotImplemented");
    let context = [(SSE, "aws:kms"), (KMS_CONTEXT, "e30=")];
    refuses_writes(&city, &context, 501, "NotImplemented");
}

#[test]
fn point_96_encryption_headers_on_reads_are_refused() {
    let (_server, city) = with_bucket();
    fill(&city, &["k"]);
    for headers in [
        &[(SSE, "AES256")][..],
        &[(SSE, "aws:kms")],
        &KMS,
        &[(KMS_ID, "some-key")],
        &[(KMS_CONTEXT, "e30=")],
        &[(SSE, "AES192")],
    ] {
        let get = with_headers(city.request("GET", "/points/k"), headers);
        let answer = get.send();
        let expected = (400, "InvalidArgument".to_owned());
        assert_eq!(answer.outcome(), expected, "{headers:?}");
        let head = with_headers(city.request("HEAD", "/points/k"), headers);
        assert_eq!(head.send().status, 400, "{headers:?}");
    }
    city.get("/points/k").expect(200);
}

#[test]
fn point_96_key_service_headers_on_upload_part_are_ignored() {
    let (_server, city) = with_bucket();
    let upload = Upload::create(&city, "/points/new");
    let mut listed = Vec::new();
    for (number, headers) in (1..).zip([
        &KMS[..],
        &[(SSE, "aws:kms")],
        &[(KMS_ID, "no-such-key")],
        &[(SSE, "AES256"), (KMS_ID, "no-such-key")],
        &[(KMS_CONTEXT, "e30=")],
    ]) {
        let part = with_headers(upload.part_request(number, b"four"), headers);
        let answer = part.send();
        assert_eq!(answer.outcome(), (200, String::new()), "{headers:?}");
        // What is told is what was done.
        assert_eq!(told(&answer), Some("AES256"), "{headers:?}");
        assert_eq!(answer.header(KMS_ID), None);
        listed.push(answer.header("etag").expect("an ETag").to_owned());
    }
    upload.complete(&[(5, &listed[4])]).expect(200);
    assert_eq!(city.get("/points/new").expect(200).body, b"four");
}

#[test]
fn point_98_sources_with_keys_of_customers_are_refused() {
    let (_server, city) = with_bucket();
    fill(&city, &["k"]);
    let upload = Upload::create(&city, "/points/parts");
    for headers in [
        &SOURCE_CUSTOMER[..],
        &SOURCE_CUSTOMER[..1],
        &SOURCE_CUSTOMER[1..2],
        &SOURCE_CUSTOMER[2..],
    ] {
        let copy = city.request("PUT", "/points/new");
        let copy = copy.header("x-amz-copy-source", "points/k");
        let answer = with_headers(copy, headers).send();
        let expected = (501, "NotImplemented".to_owned());
        assert_eq!(answer.outcome(), expected, "{headers:?}");
        let copy = upload.part_request(1, b"");
        let copy = copy.header("x-amz-copy-source", "points/k");
        let answer = with_headers(copy, headers).send();
        assert_eq!(answer.outcome(), expected, "{headers:?}");
    }
    city.get("/points/new").refused(404, "NoSuchKey");
    let parts = upload.list("").expect(200);
    assert_eq!(parts.text("PartNumber"), None);
}

#[test]
fn point_98_pairs_that_are_there_copy() {
    let (_server, city) = with_bucket();
    let source_kinds: [&[(&str, &str)]; 2] = [&[], &[(SSE, "AES256")]];
    for source in source_kinds {
        let put = city.request("PUT", "/points/k").body("four");
        with_headers(put, source).send().expect(200);
        for destination in source_kinds {
            let copy = city.request("PUT", "/points/copy");
            let copy = copy.header("x-amz-copy-source", "points/k");
            with_headers(copy, destination).send().expect(200);
            assert_eq!(city.get("/points/copy").expect(200).body, b"four");
            let upload = Upload::create_with(&city, "/points/parts", destination);
            let part = upload.part_request(1, b"");
            let part = part.header("x-amz-copy-source", "points/k");
            let etag = part.send().expect(200).text("ETag").expect("an ETag");
            upload.complete(&[(1, &etag)]).expect(200);
            let read = city.get("/points/parts").expect(200);
            assert_eq!(read.body, b"four");
            assert_eq!(told(&read), Some("AES256"));
        }
    }
}

#[tokio::test]
async fn point_95_official_client_sees_what_is_refused() {
    let (server, city) = with_bucket();
    let client = server.client(&city);
    let put = || {
        let body = ByteStream::from_static(b"four");
        client.put_object().bucket("points").key("new").body(body)
    };
    let kms = put().server_side_encryption(ServerSideEncryption::AwsKms);
    let refused = kms.send().await.expect_err("no key service");
    assert_eq!(refused.code(), Some("NotImplemented"));
    let id_alone = put().ssekms_key_id("some-key").send().await;
    let refused = id_alone.expect_err("no algorithm");
    assert_eq!(refused.code(), Some("InvalidArgument"));
    let customer = put()
        .sse_customer_algorithm("AES256")
        .sse_customer_key(SECRET)
        .sse_customer_key_md5(SECRET_MD5);
    let refused = customer.send().await.expect_err("no keys of customers");
    assert_eq!(refused.code(), Some("NotImplemented"));
    city.get("/points/new").refused(404, "NoSuchKey");
    let plain = put().server_side_encryption(ServerSideEncryption::Aes256);
    let stored = plain.send().await.expect("a PUT");
    let told = stored.server_side_encryption();
    assert_eq!(told, Some(&ServerSideEncryption::Aes256));
}
