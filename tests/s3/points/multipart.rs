//! Uploads in parts: points 48, 50, 54, and what Abort and UploadPart answer.

use super::uploads::{PART_LEN, Upload, bytes};
use super::with_bucket;
use crate::server::TestServer;
use std::thread;

/// Bytes and objects that count in the only bucket.
fn usage(server: &TestServer) -> (u64, u64) {
    let listed = server.admin(&["bucket", "list"]).expect("buckets");
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
    let number = |name: &str| listed[0][name].as_u64().expect("a number");
    (number("bytes"), number("objects"))
}

#[test]
fn point_48_resent_part_replaces_the_earlier_one() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let upload = Upload::create(&city, "/parts/k");
    let old = upload.part(1, &bytes(1, PART_LEN));
    let new = upload.part(1, &bytes(2, PART_LEN + 1));
    let last = upload.part(2, b"end");
    assert_ne!(old, new);
    let sizes = upload.list("").expect(200).texts("Size");
    assert_eq!(sizes, [(PART_LEN + 1).to_string(), "3".to_owned()]);
    upload
        .complete(&[(1, &old), (2, &last)])
        .refused(400, "InvalidPart");
    upload.complete(&[(1, &new), (2, &last)]).expect(200);
    let whole = [bytes(2, PART_LEN + 1), b"end".to_vec()].concat();
    assert!(city.get("/parts/k").expect(200).body == whole);
    assert_eq!(usage(&server), (whole.len() as u64, 1));
}

#[test]
fn point_48_same_number_twice_in_the_list_counts_once() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let upload = Upload::create(&city, "/parts/k");
    let first = upload.part(1, &bytes(1, PART_LEN));
    let second = upload.part(2, b"end");
    let twice = [(1, &*first), (1, &*first), (2, &*second), (2, &*second)];
    let answer = upload.complete(&twice).expect(200);
    assert!(answer.text("ETag").expect("an ETag").ends_with("-2\""));
    let whole = [bytes(1, PART_LEN), b"end".to_vec()].concat();
    assert!(city.get("/parts/k").expect(200).body == whole);
}

/// The last entry of a number decides, also when an earlier one names another ETag.
#[test]
fn point_48_last_entry_of_a_number_counts() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let upload = Upload::create(&city, "/parts/k");
    let old = upload.part(1, b"old");
    let new = upload.part(1, b"new");
    upload
        .complete(&[(1, &new), (1, &old)])
        .refused(400, "InvalidPart");
    upload.complete(&[(1, &old), (1, &new)]).expect(200);
    assert_eq!(city.get("/parts/k").expect(200).body, b"new");
}

#[test]
fn point_48_last_finisher_of_a_part_wins() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let upload = Upload::create(&city, "/parts/k");
    let etags: Vec<String> = thread::scope(|scope| {
        let send = |seed: u8| {
            let upload = &upload;
            scope.spawn(move || upload.part(1, &bytes(seed, 700_000)))
        };
        let sent: Vec<_> = (0..8).map(send).collect();
        sent.into_iter().map(|s| s.join().expect("sent")).collect()
    });
    let listed = upload.list("").expect(200).texts("ETag");
    assert_eq!(listed.len(), 1);
    let winner = etags.iter().position(|etag| *etag == listed[0]);
    let winner = u8::try_from(winner.expect("one of them")).expect("small");
    upload.complete(&[(1, &listed[0])]).expect(200);
    assert!(city.get("/parts/k").expect(200).body == bytes(winner, 700_000));
}

#[test]
fn point_50_open_upload_neither_shows_nor_changes_the_key() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let upload = Upload::create(&city, "/parts/k");
    upload.part(1, b"part");
    for target in ["/parts/k", "/parts/k?partNumber=1"] {
        city.get(target).refused(404, "NoSuchKey");
        assert_eq!(city.head(target).status, 404);
    }
    assert!(city.get("/parts").expect(200).texts("Key").is_empty());
    city.put("/parts/k", "simple").expect(200);
    assert_eq!(city.get("/parts/k").expect(200).body, b"simple");
    upload.abort().expect(204);
    assert_eq!(city.get("/parts/k").expect(200).body, b"simple");
    city.delete("/parts/k").expect(204);
    city.get("/parts/k?partNumber=1").refused(404, "NoSuchKey");
}

#[test]
fn point_50_aborted_upload_is_gone_and_counts_nothing() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let upload = Upload::create(&city, "/parts/k");
    let etag = upload.part(1, &bytes(1, 600_000));
    upload.abort().expect(204);
    upload.abort().refused(404, "NoSuchUpload");
    upload.list("").refused(404, "NoSuchUpload");
    upload.complete(&[(1, &etag)]).refused(404, "NoSuchUpload");
    upload
        .part_request(2, b"late")
        .send()
        .refused(404, "NoSuchUpload");
    assert!(
        city.get("/parts?uploads")
            .expect(200)
            .texts("UploadId")
            .is_empty()
    );
    assert_eq!(usage(&server), (0, 0));
}

#[test]
fn point_54_what_creation_says_applies_to_the_object() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let said = [
        ("content-type", "text/x-record"),
        ("cache-control", "no-store"),
        ("content-disposition", "attachment; filename=\"a.txt\""),
        ("content-encoding", "gzip"),
        ("content-language", "sr"),
        ("expires", "Thu, 01 Jan 2032 00:00:00 GMT"),
        ("x-amz-meta-office", "North"),
        ("x-amz-meta-empty", ""),
        ("x-amz-storage-class", "STANDARD"),
        ("x-amz-server-side-encryption", "AES256"),
    ];
    let upload = Upload::create_with(&city, "/parts/k", &said);
    // What a part says of itself is not the object's.
    let part = upload.part_request(1, b"part");
    let part = part
        .header("content-type", "text/other")
        .header("x-amz-meta-office", "South");
    let etag = part
        .send()
        .expect(200)
        .header("etag")
        .expect("an ETag")
        .to_owned();
    upload.complete(&[(1, &etag)]).expect(200);
    let answer = city.head("/parts/k").expect(200);
    for (name, value) in said {
        if name != "x-amz-storage-class" {
            assert_eq!(answer.header(name), Some(value), "{name}");
        }
    }
}

/// What an object cannot have is refused at the creation, not dropped at the completion.
#[test]
fn point_54_settings_that_objects_cannot_have_are_refused() {
    let (_server, city) = with_bucket();
    for (name, value, status, code) in [
        ("x-amz-tagging", "aws:a=b", 400, "InvalidTag"),
        ("x-amz-object-lock-legal-hold", "ON", 400, "InvalidRequest"),
        (
            "x-amz-acl",
            "public-read",
            400,
            "AccessControlListNotSupported",
        ),
        ("x-amz-storage-class", "GLACIER", 400, "InvalidStorageClass"),
        (
            "x-amz-server-side-encryption",
            "aws:kms",
            501,
            "NotImplemented",
        ),
    ] {
        let create = city.request("POST", "/points/k?uploads");
        create.header(name, value).send().refused(status, code);
    }
    let open = city.get("/points?uploads").expect(200);
    assert!(open.texts("UploadId").is_empty());
    let create = city.request("POST", "/points/k?uploads");
    create.header("x-amz-acl", "private").send().expect(200);
}

#[test]
fn point_54_type_of_an_upload_that_says_none_is_binary() {
    let (_server, city) = with_bucket();
    Upload::object(&city, "/points/k", &[4]);
    city.put("/points/plain", "four").expect(200);
    let told = |target: &str| {
        let head = city.head(target).expect(200);
        head.header("content-type").map(str::to_owned)
    };
    assert_eq!(told("/points/k"), told("/points/plain"));
}

#[test]
fn point_48_resent_part_counts_once_in_the_usage() {
    let (server, city) = with_bucket();
    let upload = Upload::create(&city, "/points/k");
    for len in [700_000, 3, 500_000, 0, 20] {
        upload.part(1, &bytes(1, len));
    }
    upload.part(2, &bytes(2, 600_000));
    upload.abort().expect(204);
    assert_eq!(usage(&server), (0, 0));
}

#[test]
fn part_with_wrong_digest_is_not_kept() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let upload = Upload::create(&city, "/parts/k");
    let wrong = upload.part_request(1, b"part");
    let wrong = wrong.header("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==");
    wrong.send().refused(400, "BadDigest");
    let wrong = upload.part_request(1, b"part");
    wrong
        .header("x-amz-checksum-crc32", "AAAAAA==")
        .send()
        .refused(400, "BadDigest");
    assert!(upload.list("").expect(200).texts("PartNumber").is_empty());
    for number in ["0", "10001", "-1", "1e99", "", "abc"] {
        let target = format!("/parts/k?partNumber={number}&uploadId={}", upload.id);
        city.put(&target, "part").refused(400, "InvalidArgument");
    }
    let none = "/parts/k?partNumber=1&uploadId=none";
    city.put(none, "part").refused(404, "NoSuchUpload");
}
