//! Point 99: checksums of an upload are verified, echoed, and told to whom asks.

use super::multipart_checksums::{checksum, header_of};
use super::uploads::{Upload, bytes};
use super::with_bucket;
use crate::raw::{Account, Answer, Request};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode};

pub(super) const ALGORITHMS: [&str; 5] = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"];
const MODE: &str = "x-amz-checksum-mode";

/// The headers of checksums, values only of other headers than the type.
fn told(answer: &Answer) -> Vec<(&str, &str)> {
    let headers = answer.headers.iter();
    headers
        .filter(|(name, _)| name.starts_with("x-amz-checksum-"))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, _)| *name != "x-amz-checksum-type")
        .collect()
}

fn put(city: &Account, body: &[u8]) -> Request {
    city.request("PUT", "/points/a").body(body)
}

/// An upload whose checksum comes behind its body.
fn put_with_trailer(city: &Account, body: &[u8], header: &str, value: &str) -> Request {
    with_trailer(put(city, b""), body, header, value)
}

/// Gives a request a body with the checksum behind it.
pub(super) fn with_trailer(request: Request, body: &[u8], header: &str, value: &str) -> Request {
    let len = body.len();
    let mut framed = format!("{len:x}\r\n").into_bytes();
    framed.extend_from_slice(body);
    if len > 0 {
        framed.extend_from_slice(b"\r\n0\r\n");
    }
    framed.extend_from_slice(format!("{header}:{value}\r\n\r\n").as_bytes());
    request
        .body(framed)
        .payload("STREAMING-UNSIGNED-PAYLOAD-TRAILER")
        .header("x-amz-decoded-content-length", &len.to_string())
        .header("x-amz-trailer", header)
}

/// A well-formed value that is not the body's.
pub(super) fn wrong(algorithm: &str) -> String {
    checksum(algorithm, b"another body")
}

/// Values that no checksum of the algorithm has.
pub(super) fn malformed(algorithm: &str, body: &[u8]) -> Vec<String> {
    let right = checksum(algorithm, body);
    let longer = if algorithm == "SHA1" {
        "SHA256"
    } else {
        "SHA1"
    };
    vec![
        String::new(),
        "AAAA".to_owned(),
        "not base64!".to_owned(),
        right.trim_end_matches('=').to_owned(),
        format!("{right}-1"),
        format!("{right}{right}"),
        checksum(longer, body),
    ]
}

#[test]
fn point_99_right_value_in_a_header_is_stored_and_echoed() {
    let (_server, city) = with_bucket();
    for algorithm in ALGORITHMS {
        for body in [Vec::new(), bytes(1, 4096), bytes(2, 300_000)] {
            let (name, value) = (header_of(algorithm), checksum(algorithm, &body));
            let answer = put(&city, &body).header(&name, &value).send().expect(200);
            assert_eq!(told(&answer), [(&*name, &*value)]);
            let told_type = answer.header("x-amz-checksum-type");
            assert_eq!(told_type, Some("FULL_OBJECT"));
            let got = city.get("/points/a").expect(200);
            assert!(got.body == body);
        }
    }
}

#[test]
fn point_99_right_value_in_a_trailer_is_stored_and_echoed() {
    let (_server, city) = with_bucket();
    for algorithm in ALGORITHMS {
        for body in [Vec::new(), bytes(1, 4096), bytes(2, 300_000)] {
            let (name, value) = (header_of(algorithm), checksum(algorithm, &body));
            let answer = put_with_trailer(&city, &body, &name, &value);
            let answer = answer.send().expect(200);
            assert_eq!(told(&answer), [(&*name, &*value)]);
            let told_type = answer.header("x-amz-checksum-type");
            assert_eq!(told_type, Some("FULL_OBJECT"));
            let head = city.request("HEAD", "/points/a").header(MODE, "ENABLED");
            assert_eq!(told(&head.send().expect(200)), [(&*name, &*value)]);
        }
    }
}

#[test]
fn point_99_wrong_value_in_a_header_is_a_bad_digest() {
    let (_server, city) = with_bucket();
    for algorithm in ALGORITHMS {
        for len in [4, 300_000] {
            let name = header_of(algorithm);
            let put = put(&city, &bytes(1, len)).header(&name, &wrong(algorithm));
            put.send().refused(400, "BadDigest");
            city.get("/points/a").refused(404, "NoSuchKey");
        }
    }
}

#[test]
fn point_99_wrong_value_in_a_trailer_is_a_bad_digest() {
    let (_server, city) = with_bucket();
    for algorithm in ALGORITHMS {
        for len in [4, 300_000] {
            let (name, body) = (header_of(algorithm), bytes(1, len));
            let put = put_with_trailer(&city, &body, &name, &wrong(algorithm));
            put.send().refused(400, "BadDigest");
            city.get("/points/a").refused(404, "NoSuchKey");
        }
    }
}

/// AWS: `InvalidRequest` with "Value for .. header is invalid."
#[test]
fn point_99_malformed_value_in_a_header_is_refused() {
    let (_server, city) = with_bucket();
    for algorithm in ALGORITHMS {
        let name = header_of(algorithm);
        for value in malformed(algorithm, b"four") {
            let refused = put(&city, b"four").header(&name, &value).send();
            let expected = (400, "InvalidRequest".to_owned());
            assert_eq!(refused.outcome(), expected, "{name}: {value}");
            let text = format!("Value for {name} header is invalid.");
            assert_eq!(refused.text("Message"), Some(text));
        }
    }
    city.get("/points/a").refused(404, "NoSuchKey");
}

#[test]
fn point_99_malformed_value_in_a_trailer_is_refused() {
    let (_server, city) = with_bucket();
    for algorithm in ALGORITHMS {
        let name = header_of(algorithm);
        for value in malformed(algorithm, b"four") {
            let refused = put_with_trailer(&city, b"four", &name, &value).send();
            assert_eq!(refused.status, 400, "{name}: {value}");
            let expected = ["InvalidRequest", "MalformedTrailerError"];
            assert!(expected.contains(&&*refused.outcome().1), "{name}: {value}");
        }
    }
    city.get("/points/a").refused(404, "NoSuchKey");
}

/// What was there stays when what should replace it is refused.
#[test]
fn point_99_refused_upload_leaves_the_old_object() {
    let (_server, city) = with_bucket();
    put(&city, b"old").send().expect(200);
    for algorithm in ALGORITHMS {
        let name = header_of(algorithm);
        let refused = put(&city, b"new").header(&name, &wrong(algorithm));
        refused.send().refused(400, "BadDigest");
        let refused = put_with_trailer(&city, b"new", &name, &wrong(algorithm));
        refused.send().refused(400, "BadDigest");
    }
    assert_eq!(city.get("/points/a").expect(200).body, b"old");
}

#[test]
fn point_99_algorithm_without_value_is_calculated_and_echoed() {
    let (_server, city) = with_bucket();
    for algorithm in ALGORITHMS {
        let (name, value) = (header_of(algorithm), checksum(algorithm, b"four"));
        let put = put(&city, b"four").header("x-amz-sdk-checksum-algorithm", algorithm);
        let answer = put.send().expect(200);
        assert_eq!(told(&answer), [(&*name, &*value)]);
    }
}

#[test]
fn point_99_algorithm_that_differs_from_the_value_is_refused() {
    let (_server, city) = with_bucket();
    let put = put(&city, b"four").header("x-amz-sdk-checksum-algorithm", "CRC32");
    let put = put.header("x-amz-checksum-sha1", &checksum("SHA1", b"four"));
    let refused = put.send().refused(400, "InvalidRequest");
    let text = "Value for x-amz-sdk-checksum-algorithm header is invalid.";
    assert_eq!(refused.text("Message").as_deref(), Some(text));
}

#[test]
fn point_99_algorithm_that_differs_from_the_trailer_is_refused() {
    let (_server, city) = with_bucket();
    let (name, value) = (header_of("SHA1"), checksum("SHA1", b"four"));
    let said = |algorithm: &str| {
        let put = put_with_trailer(&city, b"four", &name, &value);
        put.header("x-amz-sdk-checksum-algorithm", algorithm).send()
    };
    let refused = said("CRC32").refused(400, "InvalidRequest");
    let text = "Value for x-amz-sdk-checksum-algorithm header is invalid.";
    assert_eq!(refused.text("Message").as_deref(), Some(text));
    city.get("/points/a").refused(404, "NoSuchKey");
    assert_eq!(told(&said("SHA1").expect(200)), [(&*name, &*value)]);
}

#[test]
fn point_99_two_values_are_refused() {
    let (_server, city) = with_bucket();
    let put = put(&city, b"four");
    let put = put.header("x-amz-checksum-crc32", &checksum("CRC32", b"four"));
    let put = put.header("x-amz-checksum-sha1", &checksum("SHA1", b"four"));
    put.send().refused(400, "InvalidRequest");
    city.get("/points/a").refused(404, "NoSuchKey");
}

#[test]
fn point_99_value_is_told_only_to_whom_asks() {
    let (_server, city) = with_bucket();
    for algorithm in ALGORITHMS {
        let (name, value) = (header_of(algorithm), checksum(algorithm, b"four"));
        let put = put(&city, b"four").header(&name, &value);
        put.send().expect(200);
        for method in ["HEAD", "GET"] {
            let read = || city.request(method, "/points/a");
            let silent = read().send().expect(200);
            assert_eq!(told(&silent), []);
            assert_eq!(silent.header("x-amz-checksum-type"), None);
            let asked = read().header(MODE, "ENABLED").send().expect(200);
            assert_eq!(told(&asked), [(&*name, &*value)]);
            let told_type = asked.header("x-amz-checksum-type");
            assert_eq!(told_type, Some("FULL_OBJECT"));
        }
    }
}

/// Never on a range: point 32 has the rest.
#[test]
fn point_99_value_is_never_told_with_a_range() {
    let (_server, city) = with_bucket();
    for algorithm in ALGORITHMS {
        let (name, value) = (header_of(algorithm), checksum(algorithm, b"four"));
        let put = put(&city, b"four").header(&name, &value);
        put.send().expect(200);
        for method in ["HEAD", "GET"] {
            let read = city.request(method, "/points/a").header(MODE, "ENABLED");
            let part = read.header("range", "bytes=0-3").send().expect(206);
            assert_eq!(told(&part), []);
            assert_eq!(part.header("x-amz-checksum-type"), None);
        }
    }
}

#[test]
fn point_99_new_object_forgets_the_old_checksum() {
    let (_server, city) = with_bucket();
    let old = put(&city, b"four").header("x-amz-checksum-sha1", &checksum("SHA1", b"four"));
    old.send().expect(200);
    let name = header_of("CRC32C");
    let value = checksum("CRC32C", b"five");
    put(&city, b"five").header(&name, &value).send().expect(200);
    let head = city.request("HEAD", "/points/a").header(MODE, "ENABLED");
    assert_eq!(told(&head.send().expect(200)), [(&*name, &*value)]);
}

/// A wrong and a malformed checksum of the whole at completion.
#[test]
fn point_99_wrong_or_malformed_value_completes_nothing() {
    let (_server, city) = with_bucket();
    for (algorithm, kind) in [
        ("CRC32", "FULL_OBJECT"),
        ("CRC32C", "FULL_OBJECT"),
        ("CRC64NVME", "FULL_OBJECT"),
        ("SHA1", "COMPOSITE"),
        ("SHA256", "COMPOSITE"),
    ] {
        let said = [
            ("x-amz-checksum-algorithm", algorithm),
            ("x-amz-checksum-type", kind),
        ];
        let upload = Upload::create_with(&city, "/points/a", &said);
        let name = header_of(algorithm);
        let part = upload.part_request(1, b"four");
        let part = part.header(&name, &checksum(algorithm, b"four"));
        let part = part.send().expect(200);
        let etag = part.header("etag").expect("an ETag");
        let own = checksum(algorithm, b"four");
        let document = format!(
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag>\
             <Checksum{algorithm}>{own}</Checksum{algorithm}></Part></CompleteMultipartUpload>"
        );
        let suffix = if kind == "COMPOSITE" { "-1" } else { "" };
        let complete = |value: &str| {
            let complete = upload.complete_request(&document).header(&name, value);
            complete.header("x-amz-checksum-type", kind).send()
        };
        let refused = complete(&format!("{}{suffix}", wrong(algorithm)));
        refused.refused(400, "BadDigest");
        for value in ["", "AAAA", "not base64!"] {
            let refused = complete(value);
            assert_eq!(refused.status, 400, "{algorithm} {value:?}");
        }
        city.get("/points/a").refused(404, "NoSuchKey");
        upload.abort().expect(204);
    }
}

#[tokio::test]
async fn point_99_sdk_verifies_every_algorithm() {
    let (server, city) = with_bucket();
    let client = server.client(&city);
    for algorithm in ALGORITHMS {
        let body = bytes(1, 300_000);
        let put = client.put_object().bucket("points").key("a");
        let put = put.checksum_algorithm(ChecksumAlgorithm::from(algorithm));
        let put = put.body(ByteStream::from(body.clone())).send().await;
        let put = put.expect("an object");
        let head = client.head_object().bucket("points").key("a");
        let head = head.checksum_mode(ChecksumMode::Enabled).send().await;
        let head = head.expect("an answer");
        let values = [
            (put.checksum_crc32(), head.checksum_crc32()),
            (put.checksum_crc32_c(), head.checksum_crc32_c()),
            (put.checksum_crc64_nvme(), head.checksum_crc64_nvme()),
            (put.checksum_sha1(), head.checksum_sha1()),
            (put.checksum_sha256(), head.checksum_sha256()),
        ];
        let value = checksum(algorithm, &body);
        for ((echoed, told), of) in values.into_iter().zip(ALGORITHMS) {
            let expected = (of == algorithm).then_some(&*value);
            assert_eq!((echoed, told), (expected, expected), "{algorithm} {of}");
        }
        let get = client.get_object().bucket("points").key("a");
        let get = get.checksum_mode(ChecksumMode::Enabled).send().await;
        let got = get.expect("an answer").body.collect().await;
        assert!(got.expect("verified bytes").to_vec() == body);
    }
}
