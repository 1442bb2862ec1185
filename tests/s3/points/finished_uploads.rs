//! Point 47 in time: a completed upload is remembered for `jobs.finished_upload_retention_s`, so
//! that a client that lost the answer gets it by asking again; then it is gone.

use super::uploads::Upload;
use crate::raw::{Answer, now};
use crate::server::TestServer;

/// Seconds for which the server of these tests remembers.
const RETENTION_S: i64 = 4;

#[track_caller]
fn same(again: Answer, first: &Answer) {
    let again = again.expect(200);
    for element in ["Bucket", "ETag", "Key", "Location"] {
        assert_eq!(again.text(element), first.text(element), "{element}");
    }
}

#[test]
fn point_47_completion_is_repeatable_across_a_restart() {
    let mut server = TestServer::start_with(&[("RIZNICA_JOBS__SWEEP_INTERVAL_S", "1")]);
    let city = server.account("city");
    city.put("/points", "").expect(200);
    let upload = Upload::create(&city, "/points/k");
    let etag = upload.part(1, b"part");
    let first = upload.complete(&[(1, &etag)]).expect(200);
    same(upload.complete(&[(1, &etag)]), &first);
    server.restart();
    // Some sweeps long, none of which may forget it.
    let began = now();
    while now() - began < time::Duration::seconds(3) {
        same(upload.complete(&[(1, &etag)]), &first);
    }
    // The object of the first one: a repeated completion writes nothing.
    city.put("/points/k", "newer").expect(200);
    same(upload.complete(&[(1, &etag)]), &first);
    assert_eq!(city.get("/points/k").expect(200).body, b"newer");
}

#[test]
fn point_47_completion_is_forgotten_after_its_retention() {
    let mut server = TestServer::start_with(&[
        ("RIZNICA_JOBS__SWEEP_INTERVAL_S", "1"),
        (
            "RIZNICA_JOBS__FINISHED_UPLOAD_RETENTION_S",
            &RETENTION_S.to_string(),
        ),
    ]);
    let city = server.account("city");
    city.put("/points", "").expect(200);
    let upload = Upload::create(&city, "/points/k");
    let etag = upload.part(1, b"part");
    let first = upload.complete(&[(1, &etag)]).expect(200);
    let completed = now();
    let elapsed = loop {
        let again = upload.complete(&[(1, &etag)]);
        let elapsed = now() - completed;
        if again.status == 404 {
            again.refused(404, "NoSuchUpload");
            break elapsed;
        }
        same(again, &first);
        assert!(elapsed < time::Duration::seconds(60), "never forgotten");
    };
    let retention = time::Duration::seconds(RETENTION_S);
    // The server read its clock for the completion before the test read it.
    assert!(
        elapsed > retention - time::Duration::seconds(1),
        "{elapsed}"
    );
    server.restart();
    upload.complete(&[(1, &etag)]).refused(404, "NoSuchUpload");
    upload.abort().refused(404, "NoSuchUpload");
    assert_eq!(city.get("/points/k").expect(200).body, b"part");
}
