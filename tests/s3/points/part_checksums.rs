//! Points 99 and 100 at UploadPart: the checksum of a part in its header or behind its body, of
//! every algorithm; the type that an upload has when its creation names only the algorithm.

use super::checksums::{ALGORITHMS, malformed, with_trailer, wrong};
use super::multipart_checksums::{checksum, header_of};
use super::uploads::{Upload, bytes};
use super::with_bucket;
use crate::raw::Request;

const LENS: [usize; 2] = [4, 300_000];

/// The part with a value in its header, and with it in its trailer.
fn both(upload: &Upload<'_>, body: &[u8], name: &str, value: &str) -> [Request; 2] {
    [
        upload.part_request(1, body).header(name, value),
        with_trailer(upload.part_request(1, b""), body, name, value),
    ]
}

fn creation(algorithm: &'static str) -> [(&'static str, &'static str); 1] {
    [("x-amz-checksum-algorithm", algorithm)]
}

#[test]
fn point_99_right_checksum_of_a_part_is_stored_and_echoed() {
    let (_server, city) = with_bucket();
    for algorithm in ALGORITHMS {
        let upload = Upload::create_with(&city, "/points/k", &creation(algorithm));
        for len in LENS {
            let body = bytes(1, len);
            let (name, value) = (header_of(algorithm), checksum(algorithm, &body));
            for part in both(&upload, &body, &name, &value) {
                let answer = part.send().expect(200);
                assert_eq!(answer.header(&name), Some(&*value));
                let listed = upload.list("").expect(200);
                let element = format!("Checksum{algorithm}");
                assert_eq!(listed.texts(&element), [&*value], "{algorithm}");
            }
        }
        upload.abort().expect(204);
    }
}

/// What is refused leaves the part that was there.
#[test]
fn point_99_wrong_checksum_of_a_part_is_a_bad_digest() {
    let (_server, city) = with_bucket();
    for algorithm in ALGORITHMS {
        let upload = Upload::create_with(&city, "/points/k", &creation(algorithm));
        let name = header_of(algorithm);
        for has_part in [false, true] {
            for len in LENS {
                for part in both(&upload, &bytes(1, len), &name, &wrong(algorithm)) {
                    part.send().refused(400, "BadDigest");
                }
            }
            let listed = upload.list("").expect(200).texts("Size");
            let expected: &[&str] = if has_part { &["7"] } else { &[] };
            assert_eq!(listed, expected, "{algorithm}");
            upload.part(1, b"earlier");
        }
        upload.abort().expect(204);
    }
}

#[test]
fn point_99_malformed_checksum_of_a_part_is_refused() {
    let (_server, city) = with_bucket();
    for algorithm in ALGORITHMS {
        let upload = Upload::create_with(&city, "/points/k", &creation(algorithm));
        let name = header_of(algorithm);
        for value in malformed(algorithm, b"four") {
            let [in_header, in_trailer] = both(&upload, b"four", &name, &value);
            in_header.send().refused(400, "InvalidRequest");
            let (status, code) = in_trailer.send().outcome();
            let codes = ["InvalidRequest", "MalformedTrailerError"];
            assert!(
                status == 400 && codes.contains(&&*code),
                "{name}: {value}: {status} {code}"
            );
        }
        let listed = upload.list("").expect(200);
        assert_eq!(listed.texts("PartNumber"), Vec::<String>::new());
        upload.abort().expect(204);
    }
}

/// AWS: CRC64NVME is of the whole object, the others are composite unless the creation says more.
#[test]
fn point_100_type_follows_from_the_algorithm() {
    let (_server, city) = with_bucket();
    for algorithm in ALGORITHMS {
        let expected = if algorithm == "CRC64NVME" {
            "FULL_OBJECT"
        } else {
            "COMPOSITE"
        };
        let create = city.request("POST", "/points/k?uploads");
        let create = create.header("x-amz-checksum-algorithm", algorithm);
        let created = create.send().expect(200);
        let told = created.header("x-amz-checksum-type");
        assert_eq!(told, Some(expected), "{algorithm}");
        let upload = Upload {
            account: &city,
            target: "/points/k".to_owned(),
            id: created.text("UploadId").expect("an upload id"),
        };
        let listed = upload.list("").expect(200);
        assert_eq!(listed.texts("ChecksumType"), [expected], "{algorithm}");
        let etag = upload.part(1, b"part");
        let completed = upload.complete(&[(1, &etag)]).expect(200);
        assert_eq!(completed.text("ChecksumType").as_deref(), Some(expected));
        let value = completed.text(&format!("Checksum{algorithm}"));
        let value = value.expect("a checksum of the object");
        assert_eq!(value.ends_with("-1"), expected == "COMPOSITE", "{value}");
        let head = city.request("HEAD", "/points/k");
        let head = head.header("x-amz-checksum-mode", "ENABLED").send();
        let head = head.expect(200);
        assert_eq!(head.header("x-amz-checksum-type"), Some(expected));
        assert_eq!(head.header(&header_of(algorithm)), Some(&*value));
    }
}
