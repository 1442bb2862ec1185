//! What a client declares of the whole when it completes: points 99, 100 and 102.

use super::uploads::{PART_LEN, Upload, bytes};
use super::with_bucket;
use crate::raw::Account;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc_fast::CrcAlgorithm;
use ring::digest::{self, SHA256};

fn sha256(body: &[u8]) -> Vec<u8> {
    digest::digest(&SHA256, body).as_ref().to_vec()
}

/// The Base64 CRC-32 of a body.
fn crc32(body: &[u8]) -> String {
    let value = crc_fast::checksum(CrcAlgorithm::Crc32IsoHdlc, body).to_be_bytes();
    STANDARD.encode(&value[4..])
}

/// An upload of one part for each body, the part with its CRC-32 in a header if wanted; the
/// document that completes it without naming checksums.
fn upload<'a>(
    city: &'a Account,
    said: &[(&str, &str)],
    bodies: &[&[u8]],
    has_crc32: bool,
) -> (Upload<'a>, String) {
    let upload = Upload::create_with(city, "/points/k", said);
    let mut parts = Vec::new();
    for (number, body) in (1..).zip(bodies) {
        let mut part = upload.part_request(number, body);
        if has_crc32 {
            part = part.header("x-amz-checksum-crc32", &crc32(body));
        }
        let answer = part.send().expect(200);
        parts.push((number, answer.header("etag").expect("an ETag").to_owned()));
    }
    let listed: Vec<(u32, &str)> = parts.iter().map(|(n, etag)| (*n, &**etag)).collect();
    let document = Upload::document(&listed);
    (upload, document)
}

#[test]
fn point_100_composite_value_may_lack_its_number() {
    let (_server, city) = with_bucket();
    let said = [("x-amz-checksum-algorithm", "SHA256")];
    let bodies = [&*bytes(1, PART_LEN), b"end"];
    let raw = bodies.map(sha256).concat();
    let bare = STANDARD.encode(sha256(&raw));
    let expected = format!("{bare}-2");
    for value in [&*bare, &*expected] {
        let (upload, document) = upload(&city, &said, &bodies, false);
        let complete = upload.complete_request(&document);
        let complete = complete.header("x-amz-checksum-sha256", value).send();
        let told = complete.expect(200).text("ChecksumSHA256");
        assert_eq!(told.as_deref(), Some(&*expected), "{value}");
    }
    let (upload, document) = upload(&city, &said, &bodies, false);
    for wrong in [
        format!("{bare}-1"),
        format!("{bare}-3"),
        format!("{bare}-"),
        format!("{bare}-2-2"),
        STANDARD.encode(sha256(b"other")),
        "no Base64".to_owned(),
    ] {
        let complete = upload.complete_request(&document);
        let complete = complete.header("x-amz-checksum-sha256", &wrong).send();
        complete.refused(400, "BadDigest");
    }
}

#[test]
fn point_99_type_other_than_at_creation_is_a_bad_digest() {
    let (_server, city) = with_bucket();
    let created = [
        ("CRC32", "COMPOSITE", "FULL_OBJECT"),
        ("CRC32", "FULL_OBJECT", "COMPOSITE"),
        ("CRC64NVME", "FULL_OBJECT", "COMPOSITE"),
        ("SHA1", "COMPOSITE", "FULL_OBJECT"),
    ];
    for (algorithm, kind, other) in created {
        let said = [
            ("x-amz-checksum-algorithm", algorithm),
            ("x-amz-checksum-type", kind),
        ];
        let (upload, document) = upload(&city, &said, &[b"part"], false);
        let complete = |named: &str| {
            let complete = upload.complete_request(&document);
            complete.header("x-amz-checksum-type", named).send()
        };
        complete(other).refused(400, "BadDigest");
        complete("SOME").refused(400, "InvalidRequest");
        complete(kind).expect(200);
    }
    // Without an algorithm nothing is composite.
    let (upload, document) = upload(&city, &[], &[b"part"], false);
    let complete = upload.complete_request(&document);
    let complete = complete.header("x-amz-checksum-type", "COMPOSITE");
    complete.send().refused(400, "BadDigest");
}

#[test]
fn point_99_checksum_of_another_algorithm_than_at_creation_is_refused() {
    let (_server, city) = with_bucket();
    let said = [("x-amz-checksum-algorithm", "CRC64NVME")];
    let (upload, document) = upload(&city, &said, &[b"part"], false);
    let complete = upload.complete_request(&document);
    let complete = complete.header("x-amz-checksum-crc32", &crc32(b"part"));
    complete.clone().send().refused(400, "InvalidRequest");
    let two = complete.header("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=");
    two.send().refused(400, "InvalidRequest");
    let part = upload.part_request(1, b"part");
    let part = part.header("x-amz-checksum-crc32", &crc32(b"part"));
    part.send().refused(400, "InvalidRequest");
    upload.complete_request(&document).send().expect(200);
}

#[test]
fn point_102_checksum_of_the_whole_holds_also_where_creation_declared_none() {
    let (_server, city) = with_bucket();
    let bodies = [&*bytes(1, PART_LEN + 3), &*bytes(2, 77)];
    let (first, document) = upload(&city, &[], &bodies, true);
    let complete = |value: &str| {
        let complete = first.complete_request(&document);
        complete.header("x-amz-checksum-crc32", value).send()
    };
    complete(&crc32(b"other")).refused(400, "BadDigest");
    city.get("/points/k").refused(404, "NoSuchKey");
    let whole = crc32(&bodies.concat());
    let answer = complete(&whole).expect(200);
    assert_eq!(answer.text("ChecksumCRC32").as_deref(), Some(&*whole));
    assert_eq!(answer.text("ChecksumType").as_deref(), Some("FULL_OBJECT"));
    let head = city.request("HEAD", "/points/k");
    let head = head.header("x-amz-checksum-mode", "ENABLED").send();
    assert_eq!(head.header("x-amz-checksum-crc32"), Some(&*whole));
    // Nothing that was stored tells whether this one holds.
    let (second, document) = upload(&city, &[], &bodies, false);
    let complete = second.complete_request(&document);
    let complete = complete.header("x-amz-checksum-crc32", &whole);
    complete.send().refused(400, "InvalidRequest");
    let complete = second.complete_request(&document);
    let sum = STANDARD.encode(sha256(&bodies.concat()));
    let complete = complete.header("x-amz-checksum-sha256", &sum);
    complete.send().refused(400, "InvalidRequest");
    second.complete_request(&document).send().expect(200);
}

#[test]
fn point_102_listed_checksum_that_a_part_does_not_have_is_an_invalid_part() {
    let (_server, city) = with_bucket();
    let listed = |document: &str, algorithm: &str, value: &str| {
        let checksum = format!("<Checksum{algorithm}>{value}</Checksum{algorithm}></Part>");
        document.replace("</Part>", &checksum)
    };
    let (with, document) = upload(&city, &[], &[b"part"], true);
    let sha256 = STANDARD.encode(sha256(b"part"));
    for (algorithm, value) in [("CRC32", crc32(b"other")), ("SHA256", sha256.clone())] {
        let document = listed(&document, algorithm, &value);
        let answer = with.complete_request(&document).send();
        answer.refused(400, "InvalidPart");
    }
    let right = listed(&document, "CRC32", &crc32(b"part"));
    with.complete_request(&right).send().expect(200);
    let (without, document) = upload(&city, &[], &[b"part"], false);
    let unknown = listed(&document, "SHA256", &sha256);
    let answer = without.complete_request(&unknown).send();
    answer.refused(400, "InvalidPart");
}

#[test]
fn point_100_type_without_an_algorithm_is_refused() {
    let (_server, city) = with_bucket();
    let create = city.request("POST", "/points/k?uploads");
    let create = create.header("x-amz-checksum-type", "FULL_OBJECT");
    create.send().refused(400, "InvalidRequest");
}

#[test]
fn declared_size_other_than_the_parts_is_an_invalid_request() {
    let (_server, city) = with_bucket();
    let (upload, document) = upload(&city, &[], &[b"part"], false);
    let complete = |size: &str| {
        let complete = upload.complete_request(&document);
        complete.header("x-amz-mp-object-size", size).send()
    };
    for wrong in ["0", "3", "5", "18446744073709551615"] {
        complete(wrong).refused(400, "InvalidRequest");
    }
    for malformed in ["-4", "4.0", "four", "18446744073709551616"] {
        complete(malformed).refused(400, "InvalidArgument");
    }
    city.get("/points/k").refused(404, "NoSuchKey");
    complete("4").expect(200);
    assert_eq!(city.get("/points/k").expect(200).body, b"part");
}
