//! CompleteMultipartUpload: points 46, 47, 49.

use super::uploads::{PART_LEN, Upload, bytes};
use super::with_bucket;
use crate::raw::sha256_hex;
use crate::server::TestServer;
use md5::{Digest, Md5};
use std::thread;

#[test]
fn point_46_documents_that_are_none_are_malformed() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let upload = Upload::create(&city, "/parts/k");
    let etag = upload.part(1, b"part");
    let open = "<CompleteMultipartUpload>";
    for document in [
        String::new(),
        "<CompleteMultipartUpload/>".to_owned(),
        open.to_owned(),
        "no xml".to_owned(),
        format!("{open}<Part><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"),
        Upload::document(&[(1, &etag)]).replace("<PartNumber>1<", "<PartNumber>x<"),
    ] {
        upload
            .complete_request(&document)
            .send()
            .refused(400, "MalformedXML");
    }
    city.get("/parts/k").refused(404, "NoSuchKey");
    upload.complete(&[(1, &etag)]).expect(200);
}

#[test]
fn point_46_unknown_upload_is_no_such_upload() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let upload = Upload::create(&city, "/parts/k");
    let etag = upload.part(1, b"part");
    let other_key = Upload {
        target: "/parts/other".to_owned(),
        ..Upload::create(&city, "/parts/k")
    };
    other_key
        .complete(&[(1, &etag)])
        .refused(404, "NoSuchUpload");
    other_key.abort().refused(404, "NoSuchUpload");
    for id in ["none", "", "00000000000000000000000000000000"] {
        let target = format!("/parts/k?uploadId={id}");
        let document = Upload::document(&[(1, &etag)]);
        city.post(&target, document).refused(404, "NoSuchUpload");
        city.delete(&target).refused(404, "NoSuchUpload");
    }
    city.get("/parts/k").refused(404, "NoSuchKey");
}

#[test]
fn point_46_unknown_part_or_wrong_etag_is_invalid_part() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let upload = Upload::create(&city, "/parts/k");
    let etag = upload.part(1, b"part");
    upload.complete(&[(2, &etag)]).refused(400, "InvalidPart");
    upload
        .complete(&[(1, &etag), (2, &etag)])
        .refused(400, "InvalidPart");
    let wrong = "\"ffffffffffffffffffffffffffffffff\"";
    upload.complete(&[(1, wrong)]).refused(400, "InvalidPart");
    upload
        .complete(&[(1, "nonsense")])
        .refused(400, "InvalidPart");
    city.get("/parts/k").refused(404, "NoSuchKey");
    // The upload is still open.
    upload.complete(&[(1, &etag)]).expect(200);
}

#[test]
fn point_46_descending_parts_are_invalid_order() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let upload = Upload::create(&city, "/parts/k");
    let first = upload.part(1, &bytes(1, PART_LEN));
    let second = upload.part(2, b"end");
    upload
        .complete(&[(2, &second), (1, &first)])
        .refused(400, "InvalidPartOrder");
    upload.complete(&[(1, &first), (2, &second)]).expect(200);
}

#[test]
fn point_46_small_part_before_the_last_is_too_small() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let upload = Upload::create(&city, "/parts/k");
    let small = upload.part(1, &bytes(1, PART_LEN - 1));
    let last = upload.part(2, b"end");
    let refusal = upload.complete(&[(1, &small), (2, &last)]);
    let refusal = refusal.refused(400, "EntityTooSmall");
    for (element, value) in [
        ("ProposedSize", (PART_LEN - 1).to_string()),
        ("MinSizeAllowed", PART_LEN.to_string()),
        ("PartNumber", "1".to_owned()),
        ("ETag", small.trim_matches('"').to_owned()),
    ] {
        assert_eq!(refusal.text(element), Some(value), "{element}");
    }
    // A part that is not listed does not count.
    upload.complete(&[(2, &last)]).expect(200);
    assert_eq!(city.get("/parts/k").expect(200).body, b"end");
}

#[test]
fn point_46_etags_may_lack_quotes() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    for (name, shape) in [("bare", ""), ("quoted", "\""), ("spaced", " ")] {
        let upload = Upload::create(&city, &format!("/parts/{name}"));
        let etag = upload.part(1, b"part");
        let etag = etag.trim_matches('"');
        upload
            .complete(&[(1, &format!("{shape}{etag}{shape}"))])
            .expect(200);
    }
}

#[test]
fn point_46_etags_may_be_quoted_and_escaped_in_every_way() {
    let (_server, city) = with_bucket();
    for quote in ["\"", "&quot;", "&#34;", "&#x22;"] {
        let upload = Upload::create(&city, "/points/k");
        let etag = upload.part(1, b"part");
        let etag = etag.trim_matches('"');
        let document = format!(
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>\
             <ETag>{quote}{etag}{quote}</ETag></Part></CompleteMultipartUpload>"
        );
        upload.complete_request(&document).send().expect(200);
    }
}

#[test]
fn point_46_upload_of_another_bucket_or_tenant_is_not_there() {
    let (server, city) = with_bucket();
    city.put("/second", "").expect(200);
    let other = server.account("other");
    other.put("/others", "").expect(200);
    let upload = Upload::create(&city, "/points/k");
    let etag = upload.part(1, b"part");
    for (account, bucket) in [(&city, "second"), (&other, "others")] {
        let elsewhere = Upload {
            account,
            target: format!("/{bucket}/k"),
            id: upload.id.clone(),
        };
        elsewhere
            .complete(&[(1, &etag)])
            .refused(404, "NoSuchUpload");
        elsewhere.abort().refused(404, "NoSuchUpload");
        elsewhere.list("").refused(404, "NoSuchUpload");
        let part = elsewhere.part_request(1, b"other").send();
        part.refused(404, "NoSuchUpload");
    }
    let stranger = Upload {
        account: &other,
        target: upload.target.clone(),
        id: upload.id.clone(),
    };
    stranger
        .complete(&[(1, &etag)])
        .refused(403, "AccessDenied");
    stranger.abort().refused(403, "AccessDenied");
    stranger.list("").refused(403, "AccessDenied");
    let part = stranger.part_request(1, b"other").send();
    part.refused(403, "AccessDenied");
    upload.complete(&[(1, &etag)]).expect(200);
    assert_eq!(city.get("/points/k").expect(200).body, b"part");
}

/// As long a list as parts can be, each entry the same part: tolerated, and read in bounded time.
#[test]
fn point_48_ten_thousand_entries_of_one_part_are_one_part() {
    let (_server, city) = with_bucket();
    let upload = Upload::create(&city, "/points/k");
    let etag = upload.part(1, b"part");
    let answer = upload.complete(&vec![(1, &*etag); 10_000]).expect(200);
    assert!(answer.text("ETag").expect("an ETag").ends_with("-1\""));
    let many = upload.complete(&vec![(1, &*etag); 20_001]);
    many.refused(400, "MalformedXML");
}

#[test]
fn point_46_numbers_may_have_gaps_and_reach_ten_thousand() {
    let (server, city) = with_bucket();
    let upload = Upload::create(&city, "/points/k");
    let bodies = [bytes(1, PART_LEN), bytes(2, PART_LEN + 1), b"end".to_vec()];
    // Sent in another order than they are numbered.
    let last = upload.part(10_000, &bodies[2]);
    let first = upload.part(2, &bodies[0]);
    upload.part(3, b"not listed");
    let middle = upload.part(5_000, &bodies[1]);
    let listed = [(2, &*first), (5_000, &*middle), (10_000, &*last)];
    let answer = upload.complete(&listed).expect(200);
    assert!(answer.text("ETag").expect("an ETag").ends_with("-3\""));
    let whole = bodies.concat();
    assert!(city.get("/points/k").expect(200).body == whole);
    let buckets = server.admin(&["bucket", "list"]).expect("buckets");
    let buckets: serde_json::Value = serde_json::from_str(&buckets).expect("JSON");
    let counted = buckets[0]["bytes"].as_u64();
    assert_eq!(counted, u64::try_from(whole.len()).ok());
}

#[test]
fn point_47_completing_again_with_another_list_gives_the_same_answer() {
    let (_server, city) = with_bucket();
    let upload = Upload::create(&city, "/points/k");
    let one = upload.part(1, &bytes(1, PART_LEN));
    let two = upload.part(2, b"end");
    let first = upload.complete(&[(1, &one), (2, &two)]).expect(200);
    for listed in [&[(1, &*one)][..], &[(9, &*two)], &[(2, "none"), (1, &*one)]] {
        let again = upload.complete(listed).expect(200);
        assert_eq!(again.text("ETag"), first.text("ETag"), "{listed:?}");
    }
    // What is no list stays none.
    let empty = upload.complete_request("").send();
    empty.refused(400, "MalformedXML");
    let whole = [bytes(1, PART_LEN), b"end".to_vec()].concat();
    assert!(city.get("/points/k").expect(200).body == whole);
}

#[test]
fn point_47_completing_again_gives_the_same_answer() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let upload = Upload::create_with(
        &city,
        "/parts/k",
        &[
            ("x-amz-checksum-algorithm", "CRC32C"),
            ("x-amz-checksum-type", "FULL_OBJECT"),
        ],
    );
    let etag = upload.part(1, b"part");
    let first = upload.complete(&[(1, &etag)]).expect(200);
    assert!(first.text("ChecksumCRC32C").is_some());
    let same = |again: &crate::raw::Answer| {
        for element in [
            "ETag",
            "ChecksumCRC32C",
            "ChecksumType",
            "Location",
            "Bucket",
            "Key",
        ] {
            assert_eq!(again.text(element), first.text(element), "{element}");
        }
    };
    same(&upload.complete(&[(1, &etag)]).expect(200));
    // Also when the object is another by now, which stays as it is.
    city.put("/parts/k", "newer").expect(200);
    same(&upload.complete(&[(1, &etag)]).expect(200));
    assert_eq!(city.get("/parts/k").expect(200).body, b"newer");
    city.delete("/parts/k").expect(204);
    same(&upload.complete(&[(1, &etag)]).expect(200));
    city.get("/parts/k").refused(404, "NoSuchKey");
    upload.abort().refused(404, "NoSuchUpload");
}

#[test]
fn point_47_completions_at_once_make_one_object() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let upload = Upload::create(&city, "/parts/k");
    let first = upload.part(1, &bytes(1, PART_LEN));
    let second = upload.part(2, b"end");
    let answers = thread::scope(|scope| {
        let complete = |_| scope.spawn(|| upload.complete(&[(1, &first), (2, &second)]));
        let sent: Vec<_> = (0..16).map(complete).collect();
        let answers = sent.into_iter().map(|s| s.join().expect("an answer"));
        answers.collect::<Vec<_>>()
    });
    let etags: Vec<_> = answers
        .into_iter()
        .map(|a| a.expect(200).text("ETag"))
        .collect();
    assert!(etags.iter().all(|etag| etag.is_some() && *etag == etags[0]));
    let whole = [bytes(1, PART_LEN), b"end".to_vec()].concat();
    let stored = city.get("/parts/k").expect(200).body;
    assert_eq!(sha256_hex(&stored), sha256_hex(&whole));
}

#[test]
fn point_47_abort_and_completion_at_once_have_one_winner() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    for round in 0..12 {
        let target = format!("/parts/{round}");
        let upload = Upload::create(&city, &target);
        let etag = upload.part(1, &bytes(1, 300_000));
        let (completed, aborted) = thread::scope(|scope| {
            let complete = scope.spawn(|| upload.complete(&[(1, &etag)]));
            let abort = scope.spawn(|| upload.abort());
            (complete.join().expect("sent"), abort.join().expect("sent"))
        });
        match (completed.status, aborted.status) {
            (200, 404) => assert!(city.get(&target).expect(200).body == bytes(1, 300_000)),
            (404, 204) => drop(city.get(&target).refused(404, "NoSuchKey")),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn point_49_etag_is_the_md5_of_md5s_with_the_count() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    for lens in [&[3][..], &[0], &[PART_LEN, 7], &[PART_LEN, PART_LEN + 3, 0]] {
        let upload = Upload::create(&city, "/parts/k");
        let mut md5s = Md5::new();
        let mut listed = Vec::new();
        for (number, len) in (1_u8..).zip(lens) {
            let body = bytes(number, *len);
            let md5 = Md5::digest(&body);
            md5s.update(md5);
            let etag = upload.part(number.into(), &body);
            assert_eq!(etag, format!("\"{}\"", hex::encode(md5)));
            listed.push((u32::from(number), etag));
        }
        let listed: Vec<(u32, &str)> = listed.iter().map(|(n, etag)| (*n, &**etag)).collect();
        let answer = upload.complete(&listed).expect(200);
        let expected = format!("\"{}-{}\"", hex::encode(md5s.finalize()), lens.len());
        assert_eq!(answer.text("ETag"), Some(expected.clone()));
        let head = city.head("/parts/k").expect(200);
        assert_eq!(head.header("etag"), Some(&*expected));
        let len = lens.iter().sum::<usize>().to_string();
        assert_eq!(head.header("content-length"), Some(&*len));
    }
}

#[test]
fn completion_with_another_size_or_a_failed_condition_leaves_the_upload_open() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    city.put("/parts/k", "there").expect(200);
    let upload = Upload::create(&city, "/parts/k");
    let etag = upload.part(1, b"part");
    let document = Upload::document(&[(1, &etag)]);
    let wrong = upload
        .complete_request(&document)
        .header("x-amz-mp-object-size", "5");
    wrong.send().refused(400, "InvalidRequest");
    let exists = upload
        .complete_request(&document)
        .header("if-none-match", "*");
    exists.send().refused(412, "PreconditionFailed");
    let other = upload
        .complete_request(&document)
        .header("if-match", "\"0123\"");
    other.send().refused(412, "PreconditionFailed");
    assert_eq!(city.get("/parts/k").expect(200).body, b"there");
    let current = city
        .head("/parts/k")
        .header("etag")
        .expect("an ETag")
        .to_owned();
    let right = upload
        .complete_request(&document)
        .header("if-match", &current);
    right.header("x-amz-mp-object-size", "4").send().expect(200);
    assert_eq!(city.get("/parts/k").expect(200).body, b"part");
    let gone = Upload::create(&city, "/parts/gone");
    let etag = gone.part(1, b"part");
    let document = Upload::document(&[(1, &etag)]);
    let absent = gone.complete_request(&document).header("if-match", "*");
    absent.send().refused(404, "NoSuchKey");
    gone.complete_request(&document)
        .header("if-none-match", "*")
        .send()
        .expect(200);
}

#[test]
fn completion_tells_the_url_of_the_object() {
    let (server, city) = with_bucket();
    let upload = Upload::create(&city, "/points/a%20%2B/%D0%B6");
    let etag = upload.part(1, b"part");
    let answer = upload.complete(&[(1, &etag)]).expect(200);
    let url = format!("http://127.0.0.1:{}/points/a%20%2B/%D0%B6", server.port);
    assert_eq!(answer.text("Location"), Some(url));
    assert_eq!(answer.text("Bucket").as_deref(), Some("points"));
    assert_eq!(answer.text("Key").as_deref(), Some("a +/\u{436}"));
}
