//! Checksums of objects made of parts: points 100 and 102.

use super::uploads::{PART_LEN, Upload, bytes};
use crate::raw::Account;
use crate::server::TestServer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc_fast::CrcAlgorithm;
use ring::digest;

fn crc(algorithm: &str, body: &[u8]) -> Option<String> {
    let (algorithm, len) = match algorithm {
        "CRC32" => (CrcAlgorithm::Crc32IsoHdlc, 4),
        "CRC32C" => (CrcAlgorithm::Crc32Iscsi, 4),
        "CRC64NVME" => (CrcAlgorithm::Crc64Nvme, 8),
        _ => return None,
    };
    let value = crc_fast::checksum(algorithm, body).to_be_bytes();
    Some(STANDARD.encode(&value[8 - len..]))
}

/// The Base64 checksum of a body.
pub(super) fn checksum(algorithm: &str, body: &[u8]) -> String {
    let sha = match algorithm {
        "SHA1" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        "SHA256" => &digest::SHA256,
        _ => return crc(algorithm, body).expect("a known algorithm"),
    };
    STANDARD.encode(digest::digest(sha, body))
}

/// The checksum over the parts' raw checksums, with their number.
fn composite(algorithm: &str, parts: &[Vec<u8>]) -> String {
    let raw: Vec<u8> = parts
        .iter()
        .flat_map(|part| STANDARD.decode(checksum(algorithm, part)).expect("Base64"))
        .collect();
    format!("{}-{}", checksum(algorithm, &raw), parts.len())
}

pub(super) fn header_of(algorithm: &str) -> String {
    format!("x-amz-checksum-{}", algorithm.to_ascii_lowercase())
}

/// Uploads the parts under an algorithm and a type, completes, and compares what Complete, HEAD and
/// GetObjectAttributes say.
fn assert_checksum(city: &Account, (algorithm, kind): (&str, &str), parts: &[Vec<u8>]) {
    let said = [
        ("x-amz-checksum-algorithm", algorithm),
        ("x-amz-checksum-type", kind),
    ];
    let upload = Upload::create_with(city, "/parts/k", &said);
    let mut listed = Vec::new();
    for (number, body) in (1..).zip(parts) {
        let own = checksum(algorithm, body);
        let answer = upload.part_request(number, body);
        let answer = answer
            .header(&header_of(algorithm), &own)
            .send()
            .expect(200);
        assert_eq!(answer.header(&header_of(algorithm)), Some(&*own));
        let etag = answer.header("etag").expect("an ETag").to_owned();
        listed.push(format!(
            "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag>\
             <Checksum{algorithm}>{own}</Checksum{algorithm}></Part>"
        ));
    }
    let expected = match kind {
        "COMPOSITE" => composite(algorithm, parts),
        _ => checksum(algorithm, &parts.concat()),
    };
    let document = format!(
        "<CompleteMultipartUpload>{}</CompleteMultipartUpload>",
        listed.concat()
    );
    let complete = upload.complete_request(&document);
    let complete = complete.header(&header_of(algorithm), &expected);
    let complete = complete
        .header("x-amz-checksum-type", kind)
        .send()
        .expect(200);
    let element = format!("Checksum{algorithm}");
    assert_eq!(
        complete.text(&element).as_deref(),
        Some(&*expected),
        "{algorithm} {kind}"
    );
    assert_eq!(complete.text("ChecksumType").as_deref(), Some(kind));
    let head = city
        .request("HEAD", "/parts/k")
        .header("x-amz-checksum-mode", "ENABLED");
    let head = head.send().expect(200);
    assert_eq!(head.header(&header_of(algorithm)), Some(&*expected));
    assert_eq!(head.header("x-amz-checksum-type"), Some(kind));
    let attributes = city.request("GET", "/parts/k?attributes");
    let attributes = attributes
        .header("x-amz-object-attributes", "Checksum")
        .send()
        .expect(200);
    assert_eq!(attributes.text(&element).as_deref(), Some(&*expected));
    assert_eq!(attributes.text("ChecksumType").as_deref(), Some(kind));
}

#[test]
fn point_100_composite_is_the_checksum_of_checksums() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let parts = [bytes(1, PART_LEN), bytes(2, PART_LEN + 1), bytes(3, 77)];
    for algorithm in ["SHA1", "SHA256", "CRC32", "CRC32C"] {
        assert_checksum(&city, (algorithm, "COMPOSITE"), &parts);
        assert_checksum(&city, (algorithm, "COMPOSITE"), &parts[2..]);
    }
}

#[test]
fn point_100_full_object_is_the_checksum_of_the_whole() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let parts = [bytes(1, PART_LEN), bytes(2, PART_LEN + 1), bytes(3, 77)];
    for algorithm in ["CRC32", "CRC32C", "CRC64NVME"] {
        assert_checksum(&city, (algorithm, "FULL_OBJECT"), &parts);
        assert_checksum(&city, (algorithm, "FULL_OBJECT"), &parts[1..]);
        assert_checksum(&city, (algorithm, "FULL_OBJECT"), &parts[2..]);
        assert_checksum(&city, (algorithm, "FULL_OBJECT"), &[Vec::new()]);
    }
}

#[test]
fn point_100_wrong_checksum_of_the_whole_is_refused() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    for (algorithm, kind) in [("CRC32", "FULL_OBJECT"), ("SHA256", "COMPOSITE")] {
        let said = [
            ("x-amz-checksum-algorithm", algorithm),
            ("x-amz-checksum-type", kind),
        ];
        let upload = Upload::create_with(&city, "/parts/k", &said);
        let etag = upload.part(1, b"part");
        let document = Upload::document(&[(1, &etag)]);
        let wrong = checksum(algorithm, b"other");
        let complete = upload.complete_request(&document);
        let complete = complete.header(&header_of(algorithm), &wrong);
        complete
            .header("x-amz-checksum-type", kind)
            .send()
            .refused(400, "BadDigest");
        city.get("/parts/k").refused(404, "NoSuchKey");
        let listed = document.replace(
            "</Part>",
            &format!("<Checksum{algorithm}>{wrong}</Checksum{algorithm}></Part>"),
        );
        upload
            .complete_request(&listed)
            .send()
            .refused(400, "InvalidPart");
        upload.complete(&[(1, &etag)]).expect(200);
        city.delete("/parts/k").expect(204);
    }
}

#[test]
fn type_that_an_algorithm_does_not_have_is_refused() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    for (algorithm, kind) in [
        ("SHA1", "FULL_OBJECT"),
        ("SHA256", "FULL_OBJECT"),
        ("CRC64NVME", "COMPOSITE"),
        ("CRC32", "X"),
    ] {
        let create = city.request("POST", "/parts/k?uploads");
        let create = create.header("x-amz-checksum-algorithm", algorithm);
        create
            .header("x-amz-checksum-type", kind)
            .send()
            .refused(400, "InvalidRequest");
    }
    let create = city.request("POST", "/parts/k?uploads");
    create
        .header("x-amz-checksum-algorithm", "MD4")
        .send()
        .refused(400, "InvalidRequest");
    assert!(
        city.get("/parts?uploads")
            .expect(200)
            .texts("UploadId")
            .is_empty()
    );
}

/// As the SDKs do since 2025: each part brings a CRC32, the creation said nothing.
#[test]
fn point_102_parts_may_bring_a_checksum_that_the_upload_did_not_declare() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let upload = Upload::create(&city, "/parts/k");
    let bodies = [bytes(1, PART_LEN), b"end".to_vec()];
    let mut listed = Vec::new();
    for (number, body) in (1..).zip(&bodies) {
        let own = checksum("CRC32", body);
        let part = upload
            .part_request(number, body)
            .header("x-amz-checksum-crc32", &own);
        let answer = part.send().expect(200);
        assert_eq!(answer.header("x-amz-checksum-crc32"), Some(&*own));
        listed.push((number, answer.header("etag").expect("an ETag").to_owned()));
    }
    assert_eq!(upload.list("").expect(200).texts("ChecksumCRC32").len(), 2);
    let listed: Vec<(u32, &str)> = listed.iter().map(|(n, etag)| (*n, &**etag)).collect();
    upload.complete(&listed).expect(200);
    assert!(city.get("/parts/k").expect(200).body == bodies.concat());
}

#[test]
fn point_102_parts_are_completed_without_listing_their_checksums() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    for (algorithm, kind) in [
        ("CRC32", "COMPOSITE"),
        ("SHA256", "COMPOSITE"),
        ("CRC64NVME", "FULL_OBJECT"),
    ] {
        let said = [
            ("x-amz-checksum-algorithm", algorithm),
            ("x-amz-checksum-type", kind),
        ];
        let upload = Upload::create_with(&city, "/parts/k", &said);
        let own = checksum(algorithm, b"part");
        let part = upload
            .part_request(1, b"part")
            .header(&header_of(algorithm), &own);
        let etag = part
            .send()
            .expect(200)
            .header("etag")
            .expect("an ETag")
            .to_owned();
        let answer = upload.complete(&[(1, &etag)]).expect(200);
        let expected = match kind {
            "COMPOSITE" => composite(algorithm, &[b"part".to_vec()]),
            _ => own,
        };
        assert_eq!(answer.text(&format!("Checksum{algorithm}")), Some(expected));
    }
}
