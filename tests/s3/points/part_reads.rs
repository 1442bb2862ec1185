//! Reading by part number: points 51 and 101.

use super::uploads::{PART_LEN, Upload, bytes};
use super::with_bucket;
use crate::server::TestServer;

#[test]
fn point_51_part_has_its_length_and_the_objects_etag() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let lens = [PART_LEN, PART_LEN + 9, 5];
    let whole = Upload::object(&city, "/parts/k", &lens);
    let head = city.head("/parts/k").expect(200);
    let etag = head.header("etag").expect("an ETag");
    assert_eq!(head.header("x-amz-mp-parts-count"), None);
    let mut start = 0;
    for (number, len) in (1..).zip(lens) {
        let target = format!("/parts/k?partNumber={number}");
        let end = start + len;
        let range = format!("bytes {start}-{}/{}", end - 1, whole.len());
        for method in ["GET", "HEAD"] {
            let answer = city.request(method, &target).send().expect(206);
            assert_eq!(answer.header("content-length"), Some(&*len.to_string()));
            assert_eq!(answer.header("content-range"), Some(&*range));
            assert_eq!(answer.header("etag"), Some(etag));
            assert_eq!(answer.header("x-amz-mp-parts-count"), Some("3"));
            if method == "GET" {
                assert!(answer.body == whole[start..end], "part {number}");
            }
        }
        start = end;
    }
}

#[test]
fn point_51_part_beyond_the_last_is_invalid() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    Upload::object(&city, "/parts/k", &[PART_LEN, 5]);
    city.get("/parts/k?partNumber=3")
        .refused(400, "InvalidPart");
    assert_eq!(city.head("/parts/k?partNumber=3").status, 400);
    for number in ["0", "10001", "-1", "x"] {
        let target = format!("/parts/k?partNumber={number}");
        city.get(&target).refused(400, "InvalidArgument");
    }
    let both = city
        .request("GET", "/parts/k?partNumber=1")
        .header("range", "bytes=0-1");
    both.send().refused(400, "InvalidRequest");
}

#[test]
fn point_51_plain_object_is_its_own_first_part() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    for (name, body) in [("small", b"four".to_vec()), ("large", bytes(1, 700_000))] {
        let target = format!("/parts/{name}");
        city.put(&target, body.clone()).expect(200);
        let answer = city.get(&format!("{target}?partNumber=1"));
        assert!(matches!(answer.status, 200 | 206), "{}", answer.status);
        assert!(answer.body == body);
        assert_eq!(answer.header("x-amz-mp-parts-count"), None);
        city.get(&format!("{target}?partNumber=2"))
            .refused(400, "InvalidPart");
        assert_eq!(city.head(&format!("{target}?partNumber=2")).status, 400);
    }
}

#[test]
fn point_101_part_has_its_own_checksum_and_the_objects_type() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let kinds = [
        ("CRC32", "x-amz-checksum-crc32", "COMPOSITE"),
        ("CRC32C", "x-amz-checksum-crc32c", "FULL_OBJECT"),
        ("CRC64NVME", "x-amz-checksum-crc64nvme", "FULL_OBJECT"),
        ("SHA1", "x-amz-checksum-sha1", "COMPOSITE"),
        ("SHA256", "x-amz-checksum-sha256", "COMPOSITE"),
    ];
    for (algorithm, header, kind) in kinds {
        let said = [
            ("x-amz-checksum-algorithm", algorithm),
            ("x-amz-checksum-type", kind),
        ];
        let upload = Upload::create_with(&city, "/parts/k", &said);
        let bodies = [bytes(1, PART_LEN), b"end".to_vec()];
        let mut parts = Vec::new();
        for (number, body) in (1..).zip(&bodies) {
            let answer = upload.part_request(number, body).send().expect(200);
            let value = |name: &str| answer.header(name).expect("a header").to_owned();
            parts.push((number, value("etag"), value(header)));
        }
        let listed: Vec<(u32, &str)> = parts.iter().map(|(n, etag, _)| (*n, &**etag)).collect();
        upload.complete(&listed).expect(200);
        for (number, _, checksum) in &parts {
            let target = format!("/parts/k?partNumber={number}");
            for method in ["GET", "HEAD"] {
                let read = city.request(method, &target);
                let read = read
                    .header("x-amz-checksum-mode", "ENABLED")
                    .send()
                    .expect(206);
                assert_eq!(
                    read.header(header),
                    Some(&**checksum),
                    "{algorithm} {number}"
                );
                assert_eq!(
                    read.header("x-amz-checksum-type"),
                    Some(kind),
                    "{algorithm}"
                );
            }
            let plain = city.get(&target).expect(206);
            assert_eq!(plain.header(header), None);
        }
    }
}

#[test]
fn point_51_object_of_one_part_has_a_count_too() {
    let (_server, city) = with_bucket();
    let whole = Upload::object(&city, "/points/k", &[9]);
    let answer = city.get("/points/k?partNumber=1").expect(206);
    assert_eq!(answer.header("x-amz-mp-parts-count"), Some("1"));
    assert_eq!(answer.header("content-range"), Some("bytes 0-8/9"));
    assert_eq!(answer.body, whole);
    city.get("/points/k?partNumber=2")
        .refused(400, "InvalidPart");
}

/// An empty part has no bytes that a Content-Range could name.
#[test]
fn point_51_empty_part_is_read_without_a_range() {
    let (_server, city) = with_bucket();
    Upload::object(&city, "/points/last", &[PART_LEN, 0]);
    Upload::object(&city, "/points/only", &[0]);
    for (target, count) in [("last?partNumber=2", "2"), ("only?partNumber=1", "1")] {
        for method in ["GET", "HEAD"] {
            let target = format!("/points/{target}");
            let answer = city.request(method, &target).send().expect(200);
            assert_eq!(answer.header("content-length"), Some("0"));
            assert_eq!(answer.header("content-range"), None);
            assert_eq!(answer.header("x-amz-mp-parts-count"), Some(count));
            assert!(answer.body.is_empty());
        }
    }
}

/// Parts of a finished object are counted in their order.
#[test]
fn point_51_parts_with_gaps_are_counted_from_one() {
    let (_server, city) = with_bucket();
    let upload = Upload::create(&city, "/points/k");
    let first = upload.part(7, &bytes(1, PART_LEN));
    let last = upload.part(10_000, b"end");
    upload.complete(&[(7, &first), (10_000, &last)]).expect(200);
    assert!(city.get("/points/k?partNumber=1").expect(206).body == bytes(1, PART_LEN));
    assert_eq!(city.get("/points/k?partNumber=2").expect(206).body, b"end");
    for beyond in ["3", "7", "10000"] {
        city.get(&format!("/points/k?partNumber={beyond}"))
            .refused(400, "InvalidPart");
    }
}

#[test]
fn point_51_conditions_hold_for_parts_too() {
    let (_server, city) = with_bucket();
    Upload::object(&city, "/points/k", &[9]);
    let head = city.head("/points/k").expect(200);
    let etag = head.header("etag").expect("an ETag");
    for method in ["GET", "HEAD"] {
        let read = |name: &str, value: &str| {
            let read = city.request(method, "/points/k?partNumber=1");
            read.header(name, value).send()
        };
        assert_eq!(read("if-none-match", etag).status, 304);
        assert_eq!(read("if-match", "\"0123\"").status, 412);
        read("if-match", etag).expect(206);
    }
}

/// Every border of a part, read by ranges.
#[test]
fn ranges_over_the_borders_of_parts_are_exact() {
    let (_server, city) = with_bucket();
    let whole = Upload::object(&city, "/points/k", &[PART_LEN + 1, PART_LEN, 3]);
    let borders = [PART_LEN + 1, 2 * PART_LEN + 1];
    for border in borders {
        for (first, last) in [
            (border - 1, border - 1),
            (border, border),
            (border - 1, border),
            (border - 70_000, border + 2),
        ] {
            let read = city.request("GET", "/points/k");
            let read = read.header("range", &format!("bytes={first}-{last}"));
            let answer = read.send().expect(206);
            assert!(answer.body == whole[first..=last], "{first}-{last}");
        }
    }
}
