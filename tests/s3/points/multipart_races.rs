//! Uploads and requests beside them: points 34, 35, 47, 48 and 50 where several requests meet.

use super::uploads::{PART_LEN, Upload, bytes};
use super::with_bucket;
use crate::raw::Answer;
use std::thread;

/// Sends both at once.
pub(super) fn at_once(
    one: impl FnOnce() -> Answer + Send,
    other: impl FnOnce() -> Answer + Send,
) -> (Answer, Answer) {
    thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = scope.spawn(other);
        (one.join().expect("sent"), other.join().expect("sent"))
    })
}

/// A part that arrives while its upload is completed is either too late, or makes the completion's
/// list wrong; it never gets into the object.
#[test]
fn point_48_part_beside_the_completion_is_late_or_spoils_it() {
    let (_server, city) = with_bucket();
    for round in 0..24 {
        let target = format!("/points/{round}");
        let upload = Upload::create(&city, &target);
        let etag = upload.part(1, b"first");
        let (completed, sent) = at_once(
            || upload.complete(&[(1, &etag)]),
            || upload.part_request(1, b"second").send(),
        );
        match (completed.outcome(), sent.outcome()) {
            ((200, _), (404, code)) if code == "NoSuchUpload" => {
                assert_eq!(city.get(&target).expect(200).body, b"first");
            }
            ((400, code), (200, _)) if code == "InvalidPart" => {
                drop(city.get(&target).refused(404, "NoSuchKey"));
                let listed = upload.list("").expect(200).texts("ETag");
                upload.complete(&[(1, &listed[0])]).expect(200);
                assert_eq!(city.get(&target).expect(200).body, b"second");
            }
            other => panic!("{other:?}"),
        }
    }
}

/// A part under a number that the list does not name changes nothing.
#[test]
fn point_48_unlisted_part_beside_the_completion_does_not_matter() {
    let (_server, city) = with_bucket();
    for round in 0..12 {
        let target = format!("/points/{round}");
        let upload = Upload::create(&city, &target);
        let etag = upload.part(1, b"first");
        let (completed, sent) = at_once(
            || upload.complete(&[(1, &etag)]),
            || upload.part_request(2, b"second").send(),
        );
        let (status, code) = sent.outcome();
        assert!(status == 200 || (status, &*code) == (404, "NoSuchUpload"));
        completed.expect(200);
        assert_eq!(city.get(&target).expect(200).body, b"first");
    }
}

#[test]
fn point_50_part_beside_the_abort_leaves_nothing() {
    let (server, city) = with_bucket();
    for _ in 0..12 {
        let upload = Upload::create(&city, "/points/k");
        upload.part(1, &bytes(1, 300_000));
        let (aborted, sent) = at_once(
            || upload.abort(),
            || upload.part_request(1, &bytes(2, 300_000)).send(),
        );
        aborted.expect(204);
        let (status, code) = sent.outcome();
        assert!(status == 200 || (status, &*code) == (404, "NoSuchUpload"));
        upload.list("").refused(404, "NoSuchUpload");
    }
    let listed = server.admin(&["bucket", "list"]).expect("buckets");
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
    assert_eq!(listed[0]["bytes"].as_u64(), Some(0));
    assert_eq!(listed[0]["objects"].as_u64(), Some(0));
}

#[test]
fn point_35_of_completions_that_must_create_one_wins() {
    let (_server, city) = with_bucket();
    let uploads: Vec<_> = (0..8_u8)
        .map(|seed| {
            let upload = Upload::create(&city, "/points/k");
            let etag = upload.part(1, &bytes(seed, 1_000));
            (upload, Upload::document(&[(1, &etag)]))
        })
        .collect();
    let mut answers = Vec::new();
    thread::scope(|scope| {
        let mut sent = Vec::new();
        for (upload, document) in &uploads {
            let request = upload.complete_request(document);
            let request = request.header("if-none-match", "*");
            sent.push(scope.spawn(|| request.send()));
        }
        answers.extend(sent.into_iter().map(|s| s.join().expect("sent")));
    });
    let won: Vec<usize> = (0..answers.len())
        .filter(|n| answers[*n].status == 200)
        .collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    for (n, answer) in answers.into_iter().enumerate() {
        if n != won[0] {
            answer.refused(412, "PreconditionFailed");
        }
    }
    let seed = u8::try_from(won[0]).expect("small");
    assert!(city.get("/points/k").expect(200).body == bytes(seed, 1_000));
    // The others are still open, and the winner's answer can be had again.
    let open = city.get("/points?uploads").expect(200);
    assert_eq!(open.texts("UploadId").len(), 7);
    let (upload, document) = &uploads[won[0]];
    let again = upload.complete_request(document);
    again.header("if-none-match", "*").send().expect(200);
}

#[test]
fn point_34_completion_over_a_changed_object_is_refused() {
    let (_server, city) = with_bucket();
    let seen = city.put("/points/k", "seen").expect(200);
    let seen = seen.header("etag").expect("an ETag").to_owned();
    let upload = Upload::create(&city, "/points/k");
    let etag = upload.part(1, b"part");
    city.put("/points/k", "changed").expect(200);
    let complete = upload.complete_request(&Upload::document(&[(1, &etag)]));
    let complete = complete.header("if-match", &seen);
    complete.send().refused(412, "PreconditionFailed");
    assert_eq!(city.get("/points/k").expect(200).body, b"changed");
    upload.complete(&[(1, &etag)]).expect(200);
}

/// Two uploads of one key: both succeed, the last completion is what is there, whole.
#[test]
fn point_47_completions_of_two_uploads_leave_one_whole_object() {
    let (_server, city) = with_bucket();
    let uploads = [1_u8, 2].map(|seed| {
        let upload = Upload::create(&city, "/points/k");
        let first = upload.part(1, &bytes(seed, PART_LEN));
        let second = upload.part(2, &bytes(seed, 9));
        (upload, first, second)
    });
    let [one, two] = &uploads;
    let (one, two) = at_once(
        || one.0.complete(&[(1, &one.1), (2, &one.2)]),
        || two.0.complete(&[(1, &two.1), (2, &two.2)]),
    );
    let (one, two) = (one.expect(200), two.expect(200));
    let stored = city.get("/points/k").expect(200);
    let etag = stored.header("etag").map(str::to_owned);
    let seed = match () {
        () if etag == one.text("ETag") => 1,
        () if etag == two.text("ETag") => 2,
        () => panic!("{etag:?}"),
    };
    assert!(stored.body == [bytes(seed, PART_LEN), bytes(seed, 9)].concat());
}

/// A completion that finds the upload ended by another one between its steps has to look again:
/// many rounds, as the moment is short.
#[test]
fn point_47_completions_that_overtake_each_other_all_succeed() {
    let (_server, city) = with_bucket();
    for round in 0..40 {
        let upload = Upload::create(&city, &format!("/points/{round}"));
        let etag = upload.part(1, b"part");
        thread::scope(|scope| {
            let mut sent = Vec::new();
            for _ in 0..12 {
                sent.push(scope.spawn(|| upload.complete(&[(1, &etag)])));
            }
            for answer in sent {
                answer.join().expect("sent").expect(200);
            }
        });
    }
}
