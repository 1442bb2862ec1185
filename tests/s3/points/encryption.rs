//! Server-side encryption in requests: points 92 to 96 and 98 as far as they need no keys of the
//! client or of a key service. What needs them is refused, with nothing stored. Point 97 is in
//! `bucket_encryption`.

use super::uploads::Upload;
use super::with_bucket;

const SSE: &str = "x-amz-server-side-encryption";
const CUSTOMER: [(&str, &str); 3] = [
    ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
    (
        "x-amz-server-side-encryption-customer-key",
        "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    ),
    (
        "x-amz-server-side-encryption-customer-key-md5",
        "vZxlNDa2dxkbjDZH23wixw==",
    ),
];

#[test]
fn point_92_keys_of_the_client_are_refused_with_nothing_stored() {
    let (_server, city) = with_bucket();
    for (name, value) in CUSTOMER {
        let put = city
            .request("PUT", "/points/k")
            .body("four")
            .header(name, value);
        put.send().refused(501, "NotImplemented");
        let create = city
            .request("POST", "/points/k?uploads")
            .header(name, value);
        create.send().refused(501, "NotImplemented");
        let get = city.request("GET", "/points/k").header(name, value);
        get.send().refused(501, "NotImplemented");
    }
    assert!(city.get("/points").expect(200).texts("Key").is_empty());
    assert!(
        city.get("/points?uploads")
            .expect(200)
            .texts("UploadId")
            .is_empty()
    );
}

#[test]
fn point_93_keys_of_the_client_on_parts_are_refused_with_nothing_stored() {
    let (_server, city) = with_bucket();
    let upload = Upload::create(&city, "/points/k");
    let part = CUSTOMER
        .iter()
        .fold(upload.part_request(1, b"part"), |part, (name, value)| {
            part.header(name, value)
        });
    part.send().refused(501, "NotImplemented");
    assert!(upload.list("").expect(200).texts("PartNumber").is_empty());
}

/// Headers, and the status and the code that they get.
type Refusal<'a> = (&'a [(&'a str, &'a str)], (u16, &'a str));

#[test]
fn point_95_contradictory_and_unknown_algorithms_are_refused() {
    let (_server, city) = with_bucket();
    let kms_key = "x-amz-server-side-encryption-aws-kms-key-id";
    let customer = CUSTOMER[0].0;
    let refused: [Refusal<'_>; 6] = [
        (&[(SSE, "AES192")], (400, "InvalidArgument")),
        (&[(SSE, "")], (400, "InvalidArgument")),
        (&[(SSE, "AES256"), (kms_key, "k")], (400, "InvalidArgument")),
        (
            &[(SSE, "AES256"), (customer, "AES256")],
            (400, "InvalidArgument"),
        ),
        (&[(kms_key, "k")], (400, "InvalidArgument")),
        (&[(SSE, "aws:kms")], (501, "NotImplemented")),
    ];
    for (headers, (status, code)) in refused {
        for (method, target) in [("PUT", "/points/k"), ("POST", "/points/k?uploads")] {
            let request = city.request(method, target);
            let request = headers.iter().fold(request, |request, (name, value)| {
                request.header(name, value)
            });
            request.send().refused(status, code);
        }
    }
    assert!(city.get("/points").expect(200).texts("Key").is_empty());
    assert!(
        city.get("/points?uploads")
            .expect(200)
            .texts("UploadId")
            .is_empty()
    );
}

#[test]
fn point_96_encryption_headers_on_reads_are_refused() {
    let (_server, city) = with_bucket();
    city.put("/points/k", "four").expect(200);
    for value in ["AES256", "aws:kms"] {
        for method in ["GET", "HEAD"] {
            let read = city.request(method, "/points/k").header(SSE, value);
            assert_eq!(read.send().status, 400, "{method} {value}");
        }
        let read = city.request("GET", "/points/k").header(SSE, value);
        read.send().refused(400, "InvalidArgument");
    }
}

#[test]
fn point_96_key_service_headers_on_parts_are_ignored() {
    let (_server, city) = with_bucket();
    let upload = Upload::create(&city, "/points/k");
    let part = upload.part_request(1, b"part").header(SSE, "aws:kms");
    let part = part.header("x-amz-server-side-encryption-aws-kms-key-id", "unknown");
    let answer = part.send().expect(200);
    let etag = answer.header("etag").expect("an ETag");
    upload.complete(&[(1, etag)]).expect(200);
    assert_eq!(city.get("/points/k").expect(200).body, b"part");
}
