//! Rows 25 and 26: requests whose end or whose host two readers could see at different places.
//!
//! Each smuggling attempt hides a second request, a well-signed DELETE of a witness object, where a
//! lax reader would find one. The witness must live.

use super::Scene;
use crate::raw::{Answer, Connection, Wire};

/// What the hidden request deletes.
const WITNESS: (&str, &[u8]) = ("witness", b"still here");

fn scene_with_witness() -> Scene {
    let scene = Scene::start();
    scene.city.put("/attacked/witness", WITNESS.1).expect(200);
    scene
}

/// The hidden request, as bytes.
fn hidden(scene: &Scene) -> Vec<u8> {
    scene
        .city
        .request("DELETE", "/attacked/witness")
        .wire()
        .head()
}

/// Sends bytes, the hidden request after them. The first answer is a refusal or none at all, and
/// the connection is closed.
#[track_caller]
fn smuggle(scene: &Scene, what: &str, head: &[u8]) {
    let mut connection = Connection::open(scene.city.port);
    connection.write(&[head, &hidden(scene)].concat());
    let answer = connection.try_answer("PUT");
    let status = answer.as_ref().map(|answer| answer.status);
    assert!(
        matches!(status, None | Some(400 | 403 | 501)),
        "{what}: {answer:?}"
    );
    if let Some(second) = connection.try_answer("DELETE") {
        assert_eq!(
            second.status, 400,
            "{what}: a second request was answered: {second:?}"
        );
    }
    assert!(connection.is_closed(), "{what}: the connection stayed open");
    let witness = scene.city.get("/attacked/witness");
    assert_eq!(witness.status, 200, "{what}: the hidden request ran");
}

/// The head of a signed PUT with these lines for its length, in place of the right one.
fn put_with(scene: &Scene, lines: &str) -> Vec<u8> {
    let mut wire = scene.city.request("PUT", "/attacked/object").wire();
    wire.remove("content-length");
    let head = wire.head();
    let head = head.strip_suffix(b"\r\n").expect("a blank line");
    [head, lines.as_bytes(), b"\r\n"].concat()
}

#[test]
fn row_25_rustsec_2021_0081_ambiguous_length_runs_no_second_request() {
    let scene = scene_with_witness();
    for lines in [
        "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
        "Content-Length: 0\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 0\r\n",
        // Two that are equal are two readings for who counts them otherwise.
        "Content-Length: 0\r\nContent-Length: 0\r\n",
        "Content-Length: 0, 5\r\n",
        "Content-Length: 0,0\r\n",
        "Content-Length: +0\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x0\r\n",
        "Content-Length: \r\n",
        "Content-Length: 18446744073709551616\r\n",
        "Content-Length : 0\r\n",
        "Content-Length\t: 0\r\n",
        " Content-Length: 0\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding\t: chunked\r\n",
        "Transfer-Encoding:\u{b}chunked\r\n",
        "Transfer-Encoding: \"chunked\"\r\n",
        "X: y\r\n Transfer-Encoding: chunked\r\n",
        "X: y\r\n\tz\r\n",
        "Transfer-Encoding:\r\n chunked\r\n",
        "X\0: y\r\n",
        "X: y\0\r\n",
        "X: y\rTransfer-Encoding: chunked\r\n",
        ": y\r\n",
        "no colon\r\n",
    ] {
        smuggle(&scene, lines, &put_with(&scene, lines));
    }
    scene.holds(&[WITNESS]);
}

/// The same with a body that ends for one reader where the hidden request begins for the other.
#[test]
fn row_25_chunked_and_length_together_run_no_second_request() {
    let scene = scene_with_witness();
    let mut head = put_with(
        &scene,
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    );
    head.extend_from_slice(b"0\r\n\r\n");
    smuggle(&scene, "chunked ends early", &head);
    let len = hidden(&scene).len() + 5;
    let lines = format!("Content-Length: {len}\r\nTransfer-Encoding: chunked\r\n");
    let mut head = put_with(&scene, &lines);
    head.extend_from_slice(b"0\r\n\r\n");
    smuggle(&scene, "length ends late", &head);
    scene.holds(&[WITNESS]);
}

#[test]
fn row_25_malformed_chunked_bodies_store_nothing() {
    let scene = scene_with_witness();
    for body in [
        "-1\r\n\r\n0\r\n\r\n",
        "+1\r\nx\r\n0\r\n\r\n",
        "0x1\r\nx\r\n0\r\n\r\n",
        "ffffffffffffffffff\r\nx\r\n0\r\n\r\n",
        "1\nx\n0\n\n",
        "1\r\nxy\r\n0\r\n\r\n",
        "1\r\nx0\r\n\r\n",
        "1;\nx\r\nx\r\n0\r\n\r\n",
        "g\r\nx\r\n0\r\n\r\n",
        "\r\n",
    ] {
        let mut wire = scene.city.request("PUT", "/attacked/object");
        wire = wire.payload("UNSIGNED-PAYLOAD");
        let mut wire = wire.header("transfer-encoding", "chunked").wire();
        wire.body = body.as_bytes().to_vec();
        let mut request = wire.head();
        request.extend_from_slice(&wire.body);
        smuggle(&scene, body, &request);
    }
    scene.holds(&[WITNESS]);
}

#[test]
fn row_25_malformed_request_lines_are_refused() {
    let scene = scene_with_witness();
    let head = put_with(&scene, "Content-Length: 0\r\n");
    let head = String::from_utf8(head).expect("text");
    for (from, to) in [
        (" HTTP/1.1\r\n", " HTTP/9.9\r\n"),
        (" HTTP/1.1\r\n", "\r\n"),
        (" HTTP/1.1\r\n", " HTTP/1.1 x\r\n"),
        (" HTTP/1.1\r\n", " x HTTP/1.1\r\n"),
        ("PUT ", "PUT  "),
        ("PUT ", "P UT "),
        ("PUT ", "P\0UT "),
        ("PUT ", " PUT "),
        ("PUT ", "\u{1}PUT "),
    ] {
        let spoilt = head.replacen(from, to, 1);
        smuggle(&scene, to, spoilt.as_bytes());
    }
    // HTTP/1.0 knows no Transfer-Encoding.
    let old = put_with(&scene, "Transfer-Encoding: chunked\r\n");
    let old = String::from_utf8(old)
        .expect("text")
        .replace("HTTP/1.1", "HTTP/1.0");
    let old = format!("{old}0\r\n\r\n");
    smuggle(&scene, "chunked in HTTP/1.0", old.as_bytes());
    scene.holds(&[WITNESS]);
}

/// A bare line feed ends a line (RFC 9112, 2.2, leaves that to the server) or the request: it is
/// never a byte of a value, where a proxy could have overlooked it.
#[test]
fn row_25_bare_line_feeds_are_never_part_of_a_value() {
    let scene = scene_with_witness();
    for lines in [
        "Content-Length: 0\nTransfer-Encoding: chunked\r\n",
        "X: y\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n",
        "X: y\nContent-Length: 5\r\nContent-Length: 0\r\n",
        "Content-Length: 0\n Transfer-Encoding: chunked\r\n",
    ] {
        smuggle(&scene, lines, &put_with(&scene, lines));
    }
    scene.holds(&[WITNESS]);
}

/// A body that a refusal left unread is not read as the next request.
#[test]
fn row_25_unread_body_of_a_refused_request_is_not_run() {
    let scene = scene_with_witness();
    let body = hidden(&scene);
    for (what, target, status) in [
        ("no such bucket", "/no-such-bucket/object", 404),
        ("not implemented", "/attacked/object?restore", 501),
        ("wrong method", "/?x", 405),
    ] {
        let put = scene.city.request("PUT", target).body(body.clone()).wire();
        let mut connection = Connection::open(scene.city.port);
        connection.write(&[put.head(), put.body].concat());
        let answer = connection.answer("PUT");
        assert_eq!(answer.status, status, "{what}");
        goes_on_or_closes(&scene, &mut connection, &answer);
        assert_eq!(scene.city.head("/attacked/witness").status, 200, "{what}");
    }
    // The same for strangers.
    let put = scene.city.request("PUT", "/attacked/object").anonymous();
    let put = put.body(body).wire();
    let mut connection = Connection::open(scene.city.port);
    connection.write(&[put.head(), put.body].concat());
    let answer = connection.answer("PUT");
    assert_eq!(answer.status, 403);
    goes_on_or_closes(&scene, &mut connection, &answer);
    scene.holds(&[WITNESS]);
}

/// The next answer on the connection is the next request's, unless the server has said that there
/// is none.
#[track_caller]
fn goes_on_or_closes(scene: &Scene, connection: &mut Connection, answer: &Answer) {
    if !answer.closes() {
        connection.write(
            &scene
                .city
                .request("HEAD", "/attacked/witness")
                .wire()
                .head(),
        );
        assert_eq!(connection.answer("HEAD").status, 200);
    }
}

/// Requests that follow one another on a connection are each answered, in order.
#[test]
fn pipelined_requests_are_answered_in_order() {
    let scene = scene_with_witness();
    let mut connection = Connection::open(scene.city.port);
    let head = |target: &str| scene.city.request("GET", target).wire().head();
    let first = head("/attacked/witness");
    connection.write(&[first, head("/attacked/none"), head("/attacked/witness")].concat());
    let statuses = [(); 3].map(|()| connection.answer("GET").status);
    assert_eq!(statuses, [200, 404, 200]);
}

/// Some of these the HTTP layer refuses itself, without an S3 body.
#[track_caller]
fn bad_request(answer: &Answer) {
    let (status, code) = answer.outcome();
    assert!(
        status == 400 && ["", "InvalidRequest"].contains(&&*code),
        "{status} {code}"
    );
}

#[test]
fn row_26_missing_or_repeated_host_is_refused() {
    let scene = Scene::start();
    let signed = scene.put().wire();
    let mut without = signed.clone();
    without.remove("host");
    bad_request(&without.send(scene.city.port));
    for second in ["127.0.0.1", "other.example", signed.value("host"), ""] {
        let mut twice = signed.clone();
        twice
            .headers
            .insert(0, ("Host".to_owned(), second.to_owned()));
        bad_request(&twice.send(scene.city.port));
    }
    scene.is_unharmed();
}

#[test]
fn row_26_absolute_uri_is_refused() {
    let scene = Scene::start();
    for authority in ["127.0.0.1", "other.example:80", "user@other.example"] {
        let mut wire = scene.put().wire();
        wire.target = format!("http://{authority}/attacked/object");
        bad_request(&wire.send(scene.city.port));
    }
    for target in [
        "attacked/object",
        "*",
        "other.example:443",
        "//attacked/object",
    ] {
        let mut wire = scene.put().wire();
        wire.target = target.to_owned();
        let status = wire.send(scene.city.port).status;
        assert!(matches!(status, 400 | 403), "{target}: {status}");
    }
    scene.is_unharmed();
}

/// Only configured domains choose a bucket; any other host leaves the path to choose.
#[test]
fn row_26_host_chooses_a_bucket_only_under_a_configured_domain() {
    let scene = Scene::start_with(&[("RIZNICA_S3__DOMAINS", "[\"s3.city.example\"]")]);
    let other = scene.server.account("other");
    other.put("/others-bucket", "").expect(200);
    other.put("/others-bucket/object", "theirs").expect(200);
    let put = |host: &str, target: &str| -> Wire {
        let put = scene.city.request("PUT", target).header("host", host);
        put.body("a body that must not be stored").wire()
    };
    let port = scene.city.port;
    // Under the domain: the bucket is the host's, and its policy decides.
    put("others-bucket.s3.city.example", "/object")
        .send(port)
        .refused(403, "AccessDenied");
    put("no-such-bucket.s3.city.example", "/object")
        .send(port)
        .refused(404, "NoSuchBucket");
    put("UP_CASE.s3.city.example", "/object")
        .send(port)
        .refused(400, "InvalidBucketName");
    // Elsewhere: the path's first segment is the bucket, the host nothing.
    for host in [
        "others-bucket.evil.example",
        "others-bucket.s3.city.example.evil.example",
        "others-bucket.xs3.city.example",
        "others-bucket",
        "others-bucket.s3.city.example:x",
    ] {
        let answer = put(host, "/object").send(port);
        assert!(
            matches!(answer.status, 400 | 404),
            "{host}: {}",
            answer.body_text()
        );
    }
    let theirs = other.get("/others-bucket/object").expect(200);
    assert_eq!(theirs.body, b"theirs");
    let mine = scene.city.request("PUT", "/object");
    let mine = mine.header("host", "attacked.s3.city.example").body("mine");
    mine.send().expect(200);
    scene.holds(&[("object", b"mine")]);
}
