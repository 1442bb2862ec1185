//! Multipart objects that are replaced while they are read: point 37, and what every read says of
//! the object beside it. Such an object is a row and a table of its parts, and both go when it is
//! replaced.
//!
//! Not here: plain objects (`objects`), writers beside each other (`multipart_races`).

use super::copy_names::md5_hex;
use super::uploads::{PART_LEN, Upload, bytes};
use crate::raw::{Account, Answer, Connection, Request, now};
use crate::server::TestServer;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// Bytes that every range here asks for, and that the plain object has.
const SHORT_LEN: usize = 40_000;
/// Reads of each kind beside each of the objects that are completed.
const READS_PER_UPLOAD: usize = 3;
/// Uploads that are completed one after the other.
const UPLOADS: usize = 8;

/// What the key may hold.
struct Content {
    /// ETag of the upload's object; the plain one when it is none.
    etag: String,
    /// ETag of a plain object of these bytes.
    md5: String,
    /// ETag of its first [`SHORT_LEN`] bytes.
    short_md5: String,
    body: Vec<u8>,
}

fn quoted_md5(body: &[u8]) -> String {
    format!("\"{}\"", md5_hex(body))
}

impl Content {
    fn new(etag: Option<String>, body: Vec<u8>) -> Self {
        let md5 = quoted_md5(&body);
        Self {
            etag: etag.unwrap_or_else(|| md5.clone()),
            md5,
            short_md5: quoted_md5(&body[..SHORT_LEN]),
            body,
        }
    }
}

/// The lengths of the two parts differ by seed, so that a table of one object and the bytes of
/// another never fit.
fn parts_of(seed: u8) -> [Vec<u8>; 2] {
    let rest = usize::from(seed) * 100;
    [bytes(seed, PART_LEN), bytes(seed ^ 0x80, rest)]
}

/// An upload of two parts that waits for its completion.
fn prepared(city: &Account, seed: u8) -> (Upload<'_>, [String; 2]) {
    let upload = Upload::create(city, "/points/k");
    let [first, second] = parts_of(seed);
    let etags = [upload.part(1, &first), upload.part(2, &second)];
    (upload, etags)
}

fn complete((upload, [first, second]): &(Upload<'_>, [String; 2])) -> Answer {
    upload.complete(&[(1, first), (2, second)]).expect(200)
}

/// A change of metadata, which hands the bytes and the table of parts over to a new row.
fn replace_metadata(city: &Account) -> Answer {
    let change = city.request("PUT", "/points/k");
    let change = change.header("x-amz-copy-source", "points/k");
    change.header("x-amz-metadata-directive", "REPLACE").send()
}

/// The kinds of reads. Each returns whether it saw an object, and fails when what it saw is not one
/// whole object.
const READERS: [fn(&Account, &[Content]) -> bool; 7] = [
    |city, contents| whole(contents, city.get("/points/k")),
    |city, contents| {
        let Some((answer, content)) = seen(contents, city.head("/points/k"), 200) else {
            return false;
        };
        let len = content.body.len().to_string();
        assert_eq!(answer.header("content-length"), Some(&*len));
        true
    },
    |city, contents| {
        // The last bytes are in both parts.
        let request = city
            .request("GET", "/points/k")
            .header("range", "bytes=-1000");
        let Some((answer, content)) = seen(contents, request.send(), 206) else {
            return false;
        };
        assert!(answer.body == content.body[content.body.len() - 1000..]);
        true
    },
    |city, contents| {
        let answer = city.get("/points/k?partNumber=1");
        // A plain object is its own first part: no part of anything.
        let status = if answer.status == 200 { 200 } else { 206 };
        let Some((answer, content)) = seen(contents, answer, status) else {
            return false;
        };
        let is_upload = answer.header("etag") != Some(&*content.md5);
        let count = answer.header("x-amz-mp-parts-count");
        assert_eq!(count, is_upload.then_some("2"));
        assert_eq!(answer.status, if is_upload { 206 } else { 200 });
        let len = if is_upload {
            PART_LEN
        } else {
            content.body.len()
        };
        assert!(answer.body == content.body[..len]);
        true
    },
    |city, contents| {
        let request = city.request("GET", "/points/k?attributes");
        let wanted = "ETag,ObjectParts,ObjectSize";
        let answer = request.header("x-amz-object-attributes", wanted).send();
        if is_absent(&answer) {
            return false;
        }
        let answer = answer.expect(200);
        let etag = format!("\"{}\"", answer.text("ETag").expect("an ETag"));
        let content = named(contents, &etag);
        let size = answer.text("ObjectSize").expect("a size");
        assert_eq!(size, content.body.len().to_string());
        let parts = (etag != content.md5).then_some("2");
        assert_eq!(answer.text("PartsCount").as_deref(), parts);
        true
    },
    |city, contents| {
        let copy = city.request("PUT", "/points/copied");
        let copy = copy.header("x-amz-copy-source", "points/k");
        let wanted = &contents[0];
        // Of the first object, whose ETag is in the condition, or of whichever is there.
        let any = is_even();
        let copy = if any {
            copy
        } else {
            copy.header("x-amz-copy-source-if-match", &wanted.etag)
        };
        let answer = copy.send();
        if is_absent(&answer) || (!any && answer.outcome().0 == 412) {
            return false;
        }
        let etag = answer.expect(200).text("ETag").expect("an ETag");
        assert!(any || etag == wanted.md5, "a copy of another object");
        let copied = city.get("/points/copied").expect(200);
        assert_eq!(copied.header("etag"), Some(&*etag));
        assert!(copied.body == named(contents, &etag).body);
        true
    },
    |city, contents| {
        let upload = Upload::create(city, "/points/assembled");
        let copy = upload.part_request(1, b"");
        let copy = copy.header("x-amz-copy-source", "points/k");
        let range = format!("bytes=0-{}", SHORT_LEN - 1);
        let any = is_even();
        let copy = if any {
            copy
        } else {
            copy.header("x-amz-copy-source-range", &range)
        };
        let answer = copy.send();
        let is_there = !is_absent(&answer);
        if is_there {
            let etag = answer.expect(200).text("ETag").expect("an ETag");
            let md5 = |own: &Content| {
                if any {
                    own.md5.clone()
                } else {
                    own.short_md5.clone()
                }
            };
            assert!(
                contents.iter().any(|own| md5(own) == etag),
                "bytes of no object"
            );
        }
        upload.abort().expect(204);
        is_there
    },
];

/// Which of two forms a read takes: by the clock, so that every run has both.
fn is_even() -> bool {
    now().microsecond().is_multiple_of(2)
}

fn is_absent(answer: &Answer) -> bool {
    answer.status == 404 && answer.outcome().1 != "NoSuchUpload"
}

#[track_caller]
fn named<'a>(contents: &'a [Content], etag: &str) -> &'a Content {
    let is_it = |content: &&Content| content.etag == etag || content.md5 == etag;
    contents.iter().find(is_it).expect("the ETag of an object")
}

/// The object that a successful answer is about; `None` when there was none.
#[track_caller]
fn seen(contents: &[Content], answer: Answer, status: u16) -> Option<(Answer, &Content)> {
    if is_absent(&answer) {
        return None;
    }
    let answer = answer.expect(status);
    let content = named(contents, answer.header("etag").expect("an ETag"));
    Some((answer, content))
}

#[track_caller]
fn whole(contents: &[Content], answer: Answer) -> bool {
    let seen = seen(contents, answer, 200);
    seen.is_some_and(|(answer, content)| {
        assert!(answer.body == content.body, "bytes of another object");
        true
    })
}

/// Every read beside completions, overwrites, deletions and changes of metadata of its key sees one
/// whole object or none: never an error of the server, never a table of one object with the bytes
/// of another.
#[test]
fn point_37_reads_beside_changes_of_a_multipart_object_see_one_upload() {
    let (server, city) = sweeping();
    let seeds: Vec<u8> = (0..UPLOADS)
        .map(|n| if n % 2 == 0 { 10 } else { 11 })
        .collect();
    let uploads: Vec<_> = seeds.iter().map(|seed| prepared(&city, *seed)).collect();
    // Completed once ahead of everything, for their ETags: the same parts have the same ones.
    let content = |seed: u8| {
        let etag = complete(&prepared(&city, seed)).text("ETag");
        Content::new(etag, parts_of(seed).concat())
    };
    let plain = bytes(12, SHORT_LEN);
    let contents = [content(10), content(11), Content::new(None, plain.clone())];
    let is_over = AtomicBool::new(false);
    let reads = READERS.map(|_| AtomicUsize::new(0));
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for (read, count) in READERS.iter().zip(&reads) {
            let (is_over, city, contents) = (&is_over, &city, &contents);
            threads.push(scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let is_seen = read(city, contents);
                    count.fetch_add(usize::from(is_seen), Ordering::Relaxed);
                }
            }));
        }
        // A reader that failed ends the wait for its reads.
        let is_enough = |round: usize| {
            let has_failed = threads.iter().any(thread::ScopedJoinHandle::is_finished);
            let least = reads
                .iter()
                .map(|count| count.load(Ordering::Relaxed))
                .min();
            has_failed || least >= Some(round * READS_PER_UPLOAD)
        };
        for (round, upload) in uploads.iter().enumerate() {
            complete(upload);
            while !is_enough(round + 1) {
                replace_metadata(&city).expect(200);
            }
            if round % 2 == 1 {
                city.put("/points/k", plain.clone()).expect(200);
                city.delete("/points/k").expect(204);
                replace_metadata(&city).refused(404, "NoSuchKey");
            }
        }
        is_over.store(true, Ordering::Relaxed);
        for thread in threads {
            thread.join().expect("a reader that saw only whole objects");
        }
    });
    let log = server.log();
    assert!(!log.contains("ERROR"), "{log}");
}

/// A reader that has the first bytes of an answer and takes no more.
fn slow_reader(port: u16, request: Request) -> Connection {
    let mut reader = Connection::open(port);
    reader.write(&request.wire().head());
    assert!(!reader.is_closed(), "an answer began");
    reader
}

/// More than two sockets hold, in parts.
const LENS: [usize; 5] = [PART_LEN; 5];
/// From within the first part into the last one.
const RANGE: (usize, usize) = (1_000, 4 * PART_LEN + 500);

/// Reads of the whole and of a range that have begun, then a change, then three sweeps: both end
/// with the bytes of the object that was there.
#[track_caller]
fn outlives(city: &Account, target: &str, change: impl Fn(&Account, &str)) {
    let body = Upload::object(city, target, &LENS);
    let mut whole = slow_reader(city.port, city.request("GET", target));
    let (first, last) = RANGE;
    let ranged = city.request("GET", target);
    let ranged = ranged.header("range", &format!("bytes={first}-{last}"));
    let mut ranged = slow_reader(city.port, ranged);
    change(city, target);
    let began = now();
    while now() - began < time::Duration::seconds(4) {
        city.get("/points?list-type=2").expect(200);
    }
    assert!(ranged.answer("GET").expect(206).body == body[first..=last]);
    assert!(whole.answer("GET").expect(200).body == body);
}

fn sweeping() -> (TestServer, Account) {
    let server = TestServer::start_with(&[("RIZNICA_JOBS__SWEEP_INTERVAL_S", "1")]);
    let city = server.account("city");
    city.put("/points", "").expect(200);
    (server, city)
}

#[test]
fn point_37_running_get_of_an_upload_outlives_an_overwrite() {
    let (_server, city) = sweeping();
    outlives(&city, "/points/k", |city, target| {
        city.put(target, "new").expect(200);
        assert_eq!(city.get(target).expect(200).body, b"new");
    });
}

#[test]
fn point_37_running_get_of_an_upload_outlives_a_delete() {
    let (_server, city) = sweeping();
    outlives(&city, "/points/k", |city, target| {
        city.delete(target).expect(204);
        city.get(target).refused(404, "NoSuchKey");
    });
}

/// The bytes are handed over to another row, which is deleted then.
#[test]
fn point_37_running_get_of_an_upload_outlives_a_change_of_metadata() {
    let (_server, city) = sweeping();
    outlives(&city, "/points/k", |city, target| {
        replace_metadata(city).expect(200);
        city.delete(target).expect(204);
        city.get(target).refused(404, "NoSuchKey");
    });
}
