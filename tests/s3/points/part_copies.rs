//! UploadPartCopy: point 53, and what points 41, 44 and 46 say where a part is a copy.

use super::copy_names::md5_hex;
use super::copy_sources::PAST;
use super::uploads::{PART_LEN, Upload, bytes};
use super::{fill, with_bucket};
use crate::raw::{Answer, Request, sha256_hex};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest;

/// Plaintext that is stored, and so read, together.
const PIECE_LEN: usize = 256 * 1024;

/// The request of a part that is a copy, for more headers.
fn copying(upload: &Upload<'_>, number: u32, source: &str) -> Request {
    let request = upload.part_request(number, b"");
    request.header("x-amz-copy-source", source)
}

fn copy_range(upload: &Upload<'_>, number: u32, source: &str, range: &str) -> Answer {
    let request = copying(upload, number, source);
    request.header("x-amz-copy-source-range", range).send()
}

fn etag(answer: &Answer) -> String {
    answer.text("ETag").expect("an ETag")
}

fn part_count(upload: &Upload<'_>) -> usize {
    upload.list("").expect(200).texts("PartNumber").len()
}

fn quoted_md5(body: &[u8]) -> String {
    format!("\"{}\"", md5_hex(body))
}

#[test]
fn point_53_range_is_copied_over_every_boundary() {
    let (_server, city) = with_bucket();
    // In parts, so that ranges cross the boundary of parts as well as those of pieces.
    let whole = Upload::object(&city, "/points/k", &[PART_LEN, PART_LEN + 3, 300_000]);
    let end = whole.len();
    let second = PART_LEN;
    let third = 2 * PART_LEN + 3;
    let upload = Upload::create(&city, "/points/copy");
    for (first, last) in [
        (0, 0),
        (0, end - 1),
        (end - 1, end - 1),
        (PIECE_LEN - 1, PIECE_LEN),
        (PIECE_LEN, 2 * PIECE_LEN - 1),
        (65_535, 65_536),
        (second - 1, second),
        (second, third - 1),
        (third - 1, third),
        (second - 1, third),
        (7, end - 7),
    ] {
        let range = format!("bytes={first}-{last}");
        let copied = copy_range(&upload, 1, "points/k", &range).expect(200);
        assert_eq!(etag(&copied), quoted_md5(&whole[first..=last]), "{range}");
        let size = upload.list("").expect(200).text("Size");
        assert_eq!(size, Some((last - first + 1).to_string()), "{range}");
    }
}

#[test]
fn point_53_copied_ranges_and_sent_parts_make_one_object() {
    let (_server, city) = with_bucket();
    let whole = Upload::object(&city, "/points/k", &[PART_LEN, 2 * PART_LEN]);
    let sent = bytes(9, PART_LEN);
    let upload = Upload::create(&city, "/points/copy");
    let (a, b) = (PART_LEN - 5, 2 * PART_LEN);
    let range = format!("bytes={a}-{}", b - 1);
    let first = copy_range(&upload, 1, "points/k", &range).expect(200);
    let second = upload.part(2, &sent);
    let range = format!("bytes={b}-{}", whole.len() - 1);
    let third = copy_range(&upload, 3, "points/k", &range).expect(200);
    // The source may go before the copy is finished.
    city.delete("/points/k").expect(204);
    let listed = [(1, &*etag(&first)), (2, &*second), (3, &*etag(&third))];
    upload.complete(&listed).expect(200);
    let read = city.get("/points/copy").expect(200);
    let expected = [&whole[a..b], &sent, &whole[b..]].concat();
    assert_eq!(sha256_hex(&read.body), sha256_hex(&expected));
    let middle = city.get("/points/copy?partNumber=2").expect(206);
    assert_eq!(sha256_hex(&middle.body), sha256_hex(&sent));
}

#[test]
fn point_53_range_past_the_end_of_the_source_is_refused() {
    let (_server, city) = with_bucket();
    fill(&city, &["k"]);
    city.put("/points/empty", "").expect(200);
    let upload = Upload::create(&city, "/points/copy");
    for (source, range) in [
        ("points/k", "bytes=0-4"),
        ("points/k", "bytes=3-4"),
        ("points/k", "bytes=4-4"),
        ("points/k", "bytes=100-200"),
        ("points/k", "bytes=0-18446744073709551615"),
        ("points/k", "bytes=0-99999999999999999999999"),
        ("points/empty", "bytes=0-0"),
    ] {
        let answer = copy_range(&upload, 1, source, range);
        let (status, code) = answer.outcome();
        assert!(matches!(status, 400 | 416), "{range}: {status}");
        assert_eq!(code, "InvalidRange", "{range}");
    }
    assert_eq!(part_count(&upload), 0);
    copy_range(&upload, 1, "points/k", "bytes=0-3").expect(200);
    assert_eq!(part_count(&upload), 1);
}

#[test]
fn point_53_malformed_range_is_refused() {
    let (_server, city) = with_bucket();
    fill(&city, &["k"]);
    let upload = Upload::create(&city, "/points/copy");
    for range in [
        "0-2",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=0",
        "bytes=0-",
        "bytes=-2",
        "bytes=2-1",
        "bytes=a-b",
        "bytes=0-x",
        "bytes=0-0x2",
        "bytes=hello-world",
        "bytes=0-bar",
        "bytes=0-1,2-3",
        "bytes=0-1,",
        "bytes=0-1-2",
        "bytes=+0-2",
        "bytes=0-+2",
        "bytes=--2",
        "bytes= 0-2",
        "bytes=0 -2",
        "bytes=0-1 2",
        "bytes 0-2",
        "bytes:0-2",
        "Bytes=0-2",
        "octets=0-2",
        "bytes=0-2/4",
        "bytes==0-2",
        "",
    ] {
        let answer = copy_range(&upload, 1, "points/k", range);
        let expected = (400, "InvalidArgument".to_owned());
        assert_eq!(answer.outcome(), expected, "{range:?}");
    }
    assert_eq!(part_count(&upload), 0);
}

#[test]
fn point_53_source_conditions_are_judged() {
    let (_server, city) = with_bucket();
    let put = city.put("/points/k", "four").expect(200);
    let is = put.header("etag").expect("an ETag").to_owned();
    let head = city.head("/points/k").expect(200);
    let written = head.header("last-modified").expect("a time").to_owned();
    let other = "\"00000000000000000000000000000000\"";
    let upload = Upload::create(&city, "/points/copy");
    let cases: [(&[(&str, &str)], bool); 11] = [
        (&[("if-match", &is)], true),
        (&[("if-match", other)], false),
        (&[("if-none-match", other)], true),
        (&[("if-none-match", &is)], false),
        (&[("if-modified-since", PAST)], true),
        (&[("if-modified-since", &written)], false),
        (&[("if-unmodified-since", &written)], true),
        (&[("if-unmodified-since", PAST)], false),
        (&[("if-match", &is), ("if-unmodified-since", PAST)], true),
        (
            &[("if-none-match", &is), ("if-modified-since", PAST)],
            false,
        ),
        (&[("if-match", &is), ("if-none-match", &is)], false),
    ];
    for (number, (conditions, is_copied)) in (1..).zip(cases) {
        let mut request = copying(&upload, number, "points/k");
        for (name, value) in conditions {
            request = request.header(&format!("x-amz-copy-source-{name}"), value);
        }
        let expected = if is_copied {
            (200, String::new())
        } else {
            (412, "PreconditionFailed".to_owned())
        };
        assert_eq!(request.send().outcome(), expected, "{conditions:?}");
    }
    let copied = cases.iter().filter(|(_, is_copied)| *is_copied).count();
    assert_eq!(part_count(&upload), copied);
}

/// A version of an object that is there, as nobody made it.
const OTHER_VERSION: &str = "points/a%25.txt?versionId=00000000000000000000000000000000";

#[test]
fn point_53_source_is_found_as_by_a_whole_copy() {
    let (server, city) = with_bucket();
    let stranger = server.account("stranger");
    stranger.put("/elsewhere", "").expect(200);
    stranger.put("/elsewhere/k", "four").expect(200);
    fill(&city, &["a%25.txt", "%3FversionId", "%20"]);
    let upload = Upload::create(&city, "/points/copy");
    for (source, status, code) in [
        ("points/none", 404, "NoSuchKey"),
        ("no-such-bucket/k", 404, "NoSuchBucket"),
        ("elsewhere/k", 403, "AccessDenied"),
        ("elsewhere/k?versionId=other", 403, "AccessDenied"),
        ("points", 400, "InvalidArgument"),
        ("points/a%25.txt?versionId=other", 400, "InvalidArgument"),
        (OTHER_VERSION, 404, "NoSuchVersion"),
    ] {
        let answer = copying(&upload, 1, source).send();
        assert_eq!(answer.outcome(), (status, code.to_owned()), "{source}");
    }
    let expecting = copying(&upload, 1, "points/%20");
    let expecting = expecting.header("x-amz-source-expected-bucket-owner", &"0".repeat(64));
    expecting.send().refused(403, "AccessDenied");
    assert_eq!(part_count(&upload), 0);
    for source in [
        "/points/a%25.txt",
        "points/%3FversionId?versionId=null",
        "points/%20",
    ] {
        copying(&upload, 1, source).send().expect(200);
    }
}

#[test]
fn point_53_unknown_upload_and_bad_part_number_are_refused() {
    let (_server, city) = with_bucket();
    fill(&city, &["k"]);
    let upload = Upload::create(&city, "/points/copy");
    for number in ["0", "10001", "-1", "x", ""] {
        let target = format!("/points/copy?partNumber={number}&uploadId={}", upload.id);
        let request = city.request("PUT", &target);
        let request = request.header("x-amz-copy-source", "points/k");
        request.send().refused(400, "InvalidArgument");
    }
    let elsewhere = Upload {
        account: &city,
        target: "/points/other".to_owned(),
        id: upload.id.clone(),
    };
    let answer = copying(&elsewhere, 1, "points/k").send();
    answer.refused(404, "NoSuchUpload");
    upload.abort().expect(204);
    let answer = copying(&upload, 1, "points/k").send();
    answer.refused(404, "NoSuchUpload");
    city.get("/points/copy").refused(404, "NoSuchKey");
}

#[test]
fn point_53_copied_part_has_the_checksum_that_the_upload_declared() {
    let (_server, city) = with_bucket();
    let whole = bytes(3, PART_LEN + 11);
    city.put("/points/k", whole.clone()).expect(200);
    let said = [("x-amz-checksum-algorithm", "SHA256")];
    let upload = Upload::create_with(&city, "/points/copy", &said);
    let sha256 = |body: &[u8]| STANDARD.encode(digest::digest(&digest::SHA256, body));
    let cut = PART_LEN - 1;
    let range = format!("bytes=0-{cut}");
    let first = copy_range(&upload, 1, "points/k", &range).expect(200);
    let (a, b) = whole.split_at(PART_LEN);
    assert_eq!(first.text("ChecksumSHA256"), Some(sha256(a)));
    let range = format!("bytes={PART_LEN}-{}", whole.len() - 1);
    let second = copy_range(&upload, 2, "points/k", &range).expect(200);
    assert_eq!(second.text("ChecksumSHA256"), Some(sha256(b)));
    let listed = upload.list("").expect(200);
    assert_eq!(listed.texts("ChecksumSHA256"), [sha256(a), sha256(b)]);
    let listed = |number: u32, copied: &Answer| {
        let checksum = copied.text("ChecksumSHA256").expect("a checksum");
        let etag = etag(copied);
        format!(
            "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag>\
             <ChecksumSHA256>{checksum}</ChecksumSHA256></Part>"
        )
    };
    let parts = [listed(1, &first), listed(2, &second)].concat();
    let document = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    let complete = upload.complete_request(&document).send().expect(200);
    let raw = [
        digest::digest(&digest::SHA256, a).as_ref(),
        digest::digest(&digest::SHA256, b).as_ref(),
    ]
    .concat();
    let composite = format!("{}-2", sha256(&raw));
    assert_eq!(complete.text("ChecksumSHA256"), Some(composite));
}

#[test]
fn point_53_copied_parts_count_for_the_size_rule() {
    let (_server, city) = with_bucket();
    city.put("/points/k", bytes(3, PART_LEN)).expect(200);
    let upload = Upload::create(&city, "/points/copy");
    let short = format!("bytes=0-{}", PART_LEN - 2);
    let first = copy_range(&upload, 1, "points/k", &short).expect(200);
    let last = copy_range(&upload, 2, "points/k", "bytes=0-0").expect(200);
    let answer = upload.complete(&[(1, &etag(&first)), (2, &etag(&last))]);
    answer.refused(400, "EntityTooSmall");
    city.get("/points/copy").refused(404, "NoSuchKey");
    // A copy replaces the part before it; a wrong ETag is none of it.
    let full = copying(&upload, 1, "points/k").send().expect(200);
    let answer = upload.complete(&[(1, &etag(&first)), (2, &etag(&last))]);
    answer.refused(400, "InvalidPart");
    let answer = upload.complete(&[(1, &etag(&full)), (2, &etag(&last))]);
    answer.expect(200);
    let head = city.head("/points/copy").expect(200);
    let len = (PART_LEN + 1).to_string();
    assert_eq!(head.header("content-length"), Some(&*len));
}

#[test]
fn point_53_part_of_the_object_that_is_being_replaced_is_the_old_one() {
    let (_server, city) = with_bucket();
    let old = bytes(3, PART_LEN);
    city.put("/points/k", old.clone()).expect(200);
    let upload = Upload::create(&city, "/points/k");
    let first = copying(&upload, 1, "points/k").send().expect(200);
    let tail = upload.part(2, b"tail");
    assert_eq!(city.get("/points/k").expect(200).body.len(), PART_LEN);
    let answer = upload.complete(&[(1, &etag(&first)), (2, &tail)]);
    answer.expect(200);
    let read = city.get("/points/k").expect(200);
    let expected = [&old[..], b"tail"].concat();
    assert_eq!(sha256_hex(&read.body), sha256_hex(&expected));
}
