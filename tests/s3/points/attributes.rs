//! GetObjectAttributes: point 103.

use super::uploads::{PART_LEN, Upload, bytes};
use crate::raw::{Account, Answer};
use crate::server::TestServer;

const ALL: &str = "ETag,Checksum,ObjectParts,StorageClass,ObjectSize";

fn attributes(city: &Account, target: &str, wanted: &str) -> Answer {
    let request = city.request("GET", &format!("{target}?attributes"));
    request.header("x-amz-object-attributes", wanted).send()
}

#[test]
fn point_103_plain_object_has_no_parts_and_no_checksum_of_its_own() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let stored = city.put("/parts/k", "four").expect(200);
    let answer = attributes(&city, "/parts/k", ALL).expect(200);
    let etag = stored.header("etag").expect("an ETag").trim_matches('"');
    assert_eq!(answer.text("ETag").as_deref(), Some(etag));
    assert_eq!(answer.text("StorageClass").as_deref(), Some("STANDARD"));
    assert_eq!(answer.text("ObjectSize").as_deref(), Some("4"));
    let head = city.head("/parts/k").expect(200);
    assert_eq!(answer.header("last-modified"), head.header("last-modified"));
    assert_eq!(answer.header("x-amz-version-id"), None);
    let body = answer.body_text();
    assert!(
        !body.contains("ObjectParts") && !body.contains("Version"),
        "{body}"
    );
    assert!(!body.contains("<Checksum>"), "{body}");
    let put = city.request("PUT", "/parts/summed").body("123456789");
    // The check value of the CRC catalogue, cbf43926.
    let put = put.header("x-amz-checksum-crc32", "y/Q5Jg==").send();
    put.expect(200);
    let answer = attributes(&city, "/parts/summed", ALL).expect(200);
    assert_eq!(answer.texts("ChecksumCRC32"), ["y/Q5Jg=="]);
    assert_eq!(answer.text("ChecksumType").as_deref(), Some("FULL_OBJECT"));
    assert_eq!(answer.text("PartsCount"), None);
}

#[test]
fn point_103_only_what_is_asked_for_is_answered() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    city.put("/parts/k", "four").expect(200);
    let answer = attributes(&city, "/parts/k", "ObjectSize").expect(200);
    let body = answer.body_text();
    assert!(
        !body.contains("ETag") && !body.contains("StorageClass"),
        "{body}"
    );
    assert_eq!(answer.text("ObjectSize").as_deref(), Some("4"));
    // The header may come several times.
    let request = city.request("GET", "/parts/k?attributes");
    let request = request.header("x-amz-object-attributes", "ETag");
    let answer = request
        .header("x-amz-object-attributes", "ObjectSize")
        .send()
        .expect(200);
    assert!(answer.text("ETag").is_some() && answer.text("ObjectSize").is_some());
    for wrong in ["", "Size", "ETag,,ObjectSize", "etag"] {
        attributes(&city, "/parts/k", wrong).refused(400, "InvalidArgument");
    }
    city.get("/parts/k?attributes")
        .refused(400, "InvalidArgument");
    attributes(&city, "/parts/none", ALL).refused(404, "NoSuchKey");
    attributes(&city, "/no-such-bucket/k", ALL).refused(404, "NoSuchBucket");
}

#[test]
fn point_103_parts_are_paged_with_size_and_checksum() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let said = [("x-amz-checksum-algorithm", "SHA256")];
    let upload = Upload::create_with(&city, "/parts/k", &said);
    let lens = [PART_LEN, PART_LEN + 1, 9];
    let mut listed = Vec::new();
    let mut checksums = Vec::new();
    for (number, len) in (1_u8..).zip(lens) {
        let answer = upload
            .part_request(number.into(), &bytes(number, len))
            .send()
            .expect(200);
        let value = |name: &str| answer.header(name).expect("a header").to_owned();
        checksums.push(value("x-amz-checksum-sha256"));
        listed.push((u32::from(number), value("etag")));
    }
    let listed: Vec<(u32, &str)> = listed.iter().map(|(n, etag)| (*n, &**etag)).collect();
    let complete = upload.complete(&listed).expect(200);
    let answer = attributes(&city, "/parts/k", ALL).expect(200);
    assert_eq!(
        answer.text("ETag"),
        complete
            .text("ETag")
            .map(|e| e.trim_matches('"').to_owned())
    );
    assert_eq!(
        answer.text("ChecksumSHA256"),
        complete.text("ChecksumSHA256")
    );
    assert_eq!(answer.text("PartsCount").as_deref(), Some("3"));
    assert_eq!(answer.text("MaxParts").as_deref(), Some("1000"));
    assert_eq!(answer.text("PartNumberMarker").as_deref(), Some("0"));
    assert_eq!(answer.text("NextPartNumberMarker").as_deref(), Some("3"));
    assert_eq!(answer.text("IsTruncated").as_deref(), Some("false"));
    let sizes: Vec<String> = lens.iter().map(usize::to_string).collect();
    assert_eq!(answer.texts("Size"), sizes);
    assert_eq!(answer.texts("PartNumber"), ["1", "2", "3"]);
    assert_eq!(answer.texts("ChecksumSHA256")[1..], checksums);

    let request = city.request("GET", "/parts/k?attributes");
    let request = request.header("x-amz-object-attributes", "ObjectParts");
    let page = request.clone().header("x-amz-max-parts", "1");
    let page = page
        .header("x-amz-part-number-marker", "1")
        .send()
        .expect(200);
    assert_eq!(page.texts("PartNumber"), ["2"]);
    assert_eq!(page.text("PartNumberMarker").as_deref(), Some("1"));
    assert_eq!(page.text("NextPartNumberMarker").as_deref(), Some("2"));
    assert_eq!(page.text("MaxParts").as_deref(), Some("1"));
    assert_eq!(page.text("IsTruncated").as_deref(), Some("true"));
    assert_eq!(page.text("PartsCount").as_deref(), Some("3"));
    for (name, value) in [("x-amz-max-parts", "-1"), ("x-amz-part-number-marker", "x")] {
        request
            .clone()
            .header(name, value)
            .send()
            .refused(400, "InvalidArgument");
    }
}

#[test]
fn point_103_pages_end_with_the_last_part() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    Upload::object(&city, "/parts/k", &[PART_LEN, 9]);
    let page = |limit: &str, marker: &str| {
        let request = city.request("GET", "/parts/k?attributes");
        let request = request.header("x-amz-object-attributes", "ObjectParts");
        let request = request.header("x-amz-max-parts", limit);
        let request = request.header("x-amz-part-number-marker", marker);
        request.send().expect(200)
    };
    let first = page("1", "0");
    assert_eq!(first.texts("PartNumber"), ["1"]);
    assert_eq!(first.text("IsTruncated").as_deref(), Some("true"));
    let last = page("1", "1");
    assert_eq!(last.texts("PartNumber"), ["2"]);
    assert_eq!(last.text("IsTruncated").as_deref(), Some("false"));
    let beyond = page("1", "2");
    assert!(beyond.texts("PartNumber").is_empty());
    assert_eq!(beyond.text("IsTruncated").as_deref(), Some("false"));
    assert_eq!(beyond.text("PartsCount").as_deref(), Some("2"));
}
