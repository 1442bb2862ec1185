//! UploadPartCopy: point 53.

use super::uploads::{PART_LEN, Upload, bytes};
use super::with_bucket;
use crate::raw::{Account, Request};
use crate::server::TestServer;
use md5::{Digest, Md5};

fn part_copy(city: &Account, upload: &Upload<'_>, number: u32, source: &str) -> Request {
    let target = format!(
        "{}?partNumber={number}&uploadId={}",
        upload.target, upload.id
    );
    city.request("PUT", &target)
        .header("x-amz-copy-source", source)
}

#[test]
fn point_53_ranges_are_copied_exactly() {
    let (_server, city) = with_bucket();
    let source = bytes(7, 700_000);
    city.put("/points/source", source.clone()).expect(200);
    for (first, last) in [
        (0, 0),
        (0, 699_999),
        (1, 262_143),
        (262_143, 262_144),
        (262_144, 524_288),
        (65_535, 65_536),
        (699_999, 699_999),
    ] {
        let upload = Upload::create(&city, "/points/k");
        let range = format!("bytes={first}-{last}");
        let request = part_copy(&city, &upload, 1, "points/source");
        let request = request.header("x-amz-copy-source-range", &range);
        let answer = request.send().expect(200);
        let piece = &source[first..=last];
        let etag = format!("\"{}\"", hex::encode(Md5::digest(piece)));
        assert_eq!(answer.text("ETag"), Some(etag.clone()));
        assert!(answer.text("LastModified").is_some());
        upload.complete(&[(1, &etag)]).expect(200);
        assert!(city.get("/points/k").expect(200).body == piece, "{range}");
    }
}

#[test]
fn point_53_no_range_is_the_whole_object() {
    let (_server, city) = with_bucket();
    let whole = Upload::object(&city, "/points/source", &[PART_LEN, 300_000]);
    city.put("/points/empty", "").expect(200);
    let upload = Upload::create(&city, "/points/k");
    let answer = part_copy(&city, &upload, 1, "/points/source")
        .send()
        .expect(200);
    let first = answer.text("ETag").expect("an ETag");
    let answer = part_copy(&city, &upload, 2, "points/empty")
        .send()
        .expect(200);
    let second = answer.text("ETag").expect("an ETag");
    let sizes = upload.list("").expect(200).texts("Size");
    assert_eq!(sizes, [whole.len().to_string(), "0".to_owned()]);
    upload.complete(&[(1, &first), (2, &second)]).expect(200);
    assert!(city.get("/points/k").expect(200).body == whole);
}

#[test]
fn point_53_range_over_the_parts_of_the_source() {
    let (_server, city) = with_bucket();
    let whole = Upload::object(&city, "/points/source", &[PART_LEN, 300_000]);
    let upload = Upload::create(&city, "/points/k");
    let (first, last) = (PART_LEN - 5, PART_LEN + 4);
    let request = part_copy(&city, &upload, 1, "points/source");
    let range = format!("bytes={first}-{last}");
    let answer = request
        .header("x-amz-copy-source-range", &range)
        .send()
        .expect(200);
    upload
        .complete(&[(1, &answer.text("ETag").expect("an ETag"))])
        .expect(200);
    assert!(city.get("/points/k").expect(200).body == whole[first..=last]);
}

#[test]
fn point_53_range_past_the_end_is_invalid() {
    let (_server, city) = with_bucket();
    city.put("/points/source", "four").expect(200);
    let upload = Upload::create(&city, "/points/k");
    for range in ["bytes=0-4", "bytes=4-4", "bytes=1-99999999999999999999"] {
        let request = part_copy(&city, &upload, 1, "points/source");
        let answer = request.header("x-amz-copy-source-range", range).send();
        let (status, code) = answer.outcome();
        assert!(matches!(status, 400 | 416), "{range}: {status}");
        assert_eq!(code, "InvalidRange", "{range}");
    }
    assert!(upload.list("").expect(200).texts("PartNumber").is_empty());
}

#[test]
fn point_53_malformed_range_is_an_invalid_argument() {
    let (_server, city) = with_bucket();
    city.put("/points/source", "four").expect(200);
    let upload = Upload::create(&city, "/points/k");
    for range in [
        "0-1",
        "bytes=0-",
        "bytes=-1",
        "bytes=a-b",
        "bytes=0-1,2-3",
        "bytes=1-0",
        "bytes=",
        "bytes=0",
        "bytes=0-1-2",
        "bytes=+0-1",
        "bytes=0x0-1",
        "octets=0-1",
        "",
    ] {
        let request = part_copy(&city, &upload, 1, "points/source");
        let answer = request.header("x-amz-copy-source-range", range).send();
        answer.refused(400, "InvalidArgument");
    }
    assert!(upload.list("").expect(200).texts("PartNumber").is_empty());
}

#[test]
fn point_53_conditions_and_rights_on_the_source() {
    let server = TestServer::start();
    let (city, other) = (server.account("city"), server.account("other"));
    city.put("/points", "").expect(200);
    let stored = city.put("/points/source", "four").expect(200);
    let etag = stored.header("etag").expect("an ETag");
    other.put("/others", "").expect(200);
    other.put("/others/secret", "secret").expect(200);
    let upload = Upload::create(&city, "/points/k");
    let from = |source: &str| part_copy(&city, &upload, 1, source);
    from("others/secret").send().refused(403, "AccessDenied");
    from("points/none").send().refused(404, "NoSuchKey");
    from("no-such-bucket/k").send().refused(404, "NoSuchBucket");
    let failing = from("points/source").header("x-amz-copy-source-if-none-match", etag);
    failing.send().refused(412, "PreconditionFailed");
    let unknown = Upload {
        id: "0".repeat(32),
        ..Upload::create(&city, "/points/k")
    };
    let request = part_copy(&city, &unknown, 1, "points/source");
    request.send().refused(404, "NoSuchUpload");
    part_copy(&city, &upload, 0, "points/source")
        .send()
        .refused(400, "InvalidArgument");
    assert!(upload.list("").expect(200).texts("PartNumber").is_empty());
    let met = from("points/source").header("x-amz-copy-source-if-match", etag);
    met.send().expect(200);
}

#[test]
fn copied_part_has_the_checksum_that_the_upload_declared() {
    let (_server, city) = with_bucket();
    city.put("/points/source", "four").expect(200);
    let said = [
        ("x-amz-checksum-algorithm", "CRC32C"),
        ("x-amz-checksum-type", "FULL_OBJECT"),
    ];
    let upload = Upload::create_with(&city, "/points/k", &said);
    let answer = part_copy(&city, &upload, 1, "points/source")
        .send()
        .expect(200);
    let crc = answer.text("ChecksumCRC32C").expect("a checksum");
    let etag = answer.text("ETag").expect("an ETag");
    let complete = upload.complete(&[(1, &etag)]).expect(200);
    // One part: the whole has the part's checksum.
    assert_eq!(complete.text("ChecksumCRC32C"), Some(crc));
}
