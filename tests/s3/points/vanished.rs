//! Point 36 beyond PutObject: a bucket that is deleted while a part, a streaming body, a copy or a
//! completion is on its way. None of them is stored, nor is it in the bucket of the same name that
//! comes after it.

use super::checksums::with_trailer;
use super::held::{HeldPut, LENS};
use super::multipart_checksums::checksum;
use super::multipart_races::at_once;
use super::uploads::{Upload, bytes};
use super::with_bucket;
use crate::raw::Account;
use crate::server::TestServer;

/// The bucket, made anew, has nothing in it and counts nothing.
#[track_caller]
fn is_empty(server: &TestServer, city: &Account) {
    city.put("/points", "").expect(200);
    let listed = city.get("/points?list-type=2").expect(200);
    assert_eq!(listed.texts("Key"), Vec::<String>::new());
    let uploads = city.get("/points?uploads").expect(200);
    assert_eq!(uploads.texts("UploadId"), Vec::<String>::new());
    let usage = server.admin(&["quota", "show", "--bucket", "points"]);
    let usage: serde_json::Value = serde_json::from_str(&usage.expect("the quota")).expect("JSON");
    for counter in ["bytes", "objects", "upload_bytes"] {
        let used = &usage["usage"][counter];
        assert_eq!(used.as_u64(), Some(0), "{counter} of {usage}");
    }
}

/// Whether the answer says that the bucket, or the upload in it, is not there.
fn is_gone((status, code): &(u16, String)) -> bool {
    *status == 404 && ["NoSuchBucket", "NoSuchUpload"].contains(&&**code)
}

#[test]
fn point_36_part_into_a_vanished_bucket_ends_in_no_such_bucket() {
    let (server, city) = with_bucket();
    for len in LENS {
        let upload = Upload::create(&city, "/points/a");
        let held = HeldPut::begin(city.port, upload.part_request(1, &bytes(1, len)));
        city.delete("/points").expect(204);
        held.finish().refused(404, "NoSuchBucket");
        is_empty(&server, &city);
    }
}

#[test]
fn point_36_part_into_a_bucket_made_anew_is_not_stored() {
    let (server, city) = with_bucket();
    for len in LENS {
        let upload = Upload::create(&city, "/points/a");
        let held = HeldPut::begin(city.port, upload.part_request(1, &bytes(1, len)));
        city.delete("/points").expect(204);
        city.put("/points", "").expect(200);
        let outcome = held.finish().outcome();
        assert!(is_gone(&outcome), "{outcome:?}");
        is_empty(&server, &city);
    }
}

#[test]
fn point_36_streaming_put_into_a_vanished_bucket_ends_in_no_such_bucket() {
    let (server, city) = with_bucket();
    for len in LENS {
        for is_made_anew in [false, true] {
            let body = bytes(1, len);
            let name = "x-amz-checksum-crc32";
            let put = city.request("PUT", "/points/a");
            let put = with_trailer(put, &body, name, &checksum("CRC32", &body));
            let held = HeldPut::begin(city.port, put);
            city.delete("/points").expect(204);
            if is_made_anew {
                city.put("/points", "").expect(200);
            }
            held.finish().refused(404, "NoSuchBucket");
            is_empty(&server, &city);
        }
    }
}

/// Deletion and completion have one winner: the object with its bucket, or neither.
#[test]
fn point_36_completion_beside_the_deletion_of_its_bucket_has_one_winner() {
    let (server, city) = with_bucket();
    for _ in 0..60 {
        let upload = Upload::create(&city, "/points/a");
        let etag = upload.part(1, b"part");
        let (completed, deleted) =
            at_once(|| upload.complete(&[(1, &etag)]), || city.delete("/points"));
        match (completed.outcome(), deleted.outcome()) {
            ((200, _), (409, code)) if code == "BucketNotEmpty" => {
                assert_eq!(city.get("/points/a").expect(200).body, b"part");
                city.delete("/points/a").expect(204);
                city.delete("/points").expect(204);
            }
            (completed, (204, _)) if is_gone(&completed) => {}
            other => panic!("{other:?}"),
        }
        is_empty(&server, &city);
    }
}

/// A copy whose target vanishes in the middle of its bytes.
#[test]
fn point_36_copies_beside_the_deletion_of_their_bucket_have_one_winner() {
    let (server, city) = with_bucket();
    city.put("/sources", "").expect(200);
    let body = bytes(1, 3 * 1024 * 1024);
    city.put("/sources/a", body.clone()).expect(200);
    for round in 0..24 {
        let copy = city.request("PUT", "/points/a");
        let copy = copy.header("x-amz-copy-source", "sources/a");
        let (copied, deleted) = at_once(
            || copy.send(),
            || {
                // The deletion comes at another moment of the copy each time.
                for _ in 0..round % 6 {
                    city.head("/points").expect(200);
                }
                city.delete("/points")
            },
        );
        match (copied.outcome(), deleted.outcome()) {
            ((200, _), (409, code)) if code == "BucketNotEmpty" => {
                assert!(city.get("/points/a").expect(200).body == body);
                city.delete("/points/a").expect(204);
                city.delete("/points").expect(204);
            }
            (copied, (204, _)) if is_gone(&copied) => {}
            other => panic!("{other:?}"),
        }
        is_empty(&server, &city);
        // Open uploads do not keep a bucket: the part is in it for a moment, or never.
        let upload = Upload::create(&city, "/points/a");
        let copy = upload.part_request(1, b"");
        let copy = copy.header("x-amz-copy-source", "sources/a");
        let (copied, deleted) = at_once(|| copy.send(), || city.delete("/points"));
        deleted.expect(204);
        let outcome = copied.outcome();
        assert!(outcome.0 == 200 || is_gone(&outcome), "{outcome:?}");
        is_empty(&server, &city);
    }
}
