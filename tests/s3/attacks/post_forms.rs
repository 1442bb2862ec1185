//! Rows 3, 40 to 44, 52 and 70, where a form is what attacks: nothing of it is stored, and a good
//! client is served. What a form's policy refuses is in `points::post_policies`.

use super::Scene;
use crate::post::{BOUNDARY, PostForm, SignedForm};
use crate::raw::{Answer, Connection, Wire};
use serde_json::json;
use std::fmt::Write as _;

fn form(scene: &Scene) -> PostForm {
    PostForm::of(&scene.city, "attacked", "object")
}

/// Sends a form with another body.
fn with_body(signed: &SignedForm, body: impl Into<Vec<u8>>) -> Answer {
    signed.request().body(body).send()
}

fn with_type(signed: &SignedForm, content_type: &str) -> Answer {
    let request = signed.request();
    let mut wire = request.wire();
    wire.set("content-type", content_type);
    wire.send(signed.port())
}

/// A refusal; the connection answers again, or the refusal says that it is closed.
#[track_caller]
fn refused_and_alive(scene: &Scene, wire: &Wire, code: &str) {
    let mut connection = Connection::open(scene.city.port);
    connection.write(&wire.head());
    connection.write(&wire.body);
    let answer = connection.answer("POST").refused(400, code);
    if !answer.closes() {
        connection.write(&scene.city.request("HEAD", "/good-client").wire().head());
        assert_eq!(connection.answer("HEAD").status, 200);
    }
}

/// The forms of these tests are right until a test spoils them.
#[test]
fn forms_of_these_tests_are_accepted_unspoilt() {
    let scene = Scene::start();
    form(&scene).send().expect(204);
    scene.holds(&[("object", b"the file")]);
}

/// A policy is signed ahead of its form: what counts is that it has begun, and its end.
#[test]
fn row_03_form_that_was_signed_in_the_future_is_refused() {
    let scene = Scene::start();
    let refused = form(&scene).aged(-16 * 60).send();
    refused.refused(403, "RequestTimeTooSkewed");
    scene.is_unharmed();
}

/// Ceph let a form write into another bucket than the one that it was decided about
/// (CVE-2023-43040).
#[test]
fn row_40_cve_2023_43040_bucket_field_that_names_another_bucket_is_denied() {
    let scene = Scene::start();
    for other in [
        "good-client",
        "Attacked",
        "attacked/",
        "",
        ".minio.sys",
        "no-such-bucket",
    ] {
        // Covered by the policy, as that of who signs all that he is asked to.
        let covered = form(&scene)
            .bare("bucket", other)
            .condition(json!(["starts-with", "$bucket", ""]))
            .send();
        covered.refused(403, "AccessDenied");
        let named = form(&scene).field("bucket", other).send();
        named.refused(403, "AccessDenied");
        let bare = form(&scene).bare("bucket", other).send();
        bare.refused(403, "AccessDenied");
        let nobody = form(&scene).bare("bucket", other).anonymous().send();
        nobody.refused(403, "AccessDenied");
    }
    scene.is_unharmed();
}

/// `RustFS` did not look at the conditions (CVE-2026-27607).
#[test]
fn row_41_cve_2026_27607_forms_that_the_policy_does_not_allow_are_denied() {
    let scene = Scene::start();
    let denied = |form: PostForm| {
        form.send().refused(403, "AccessDenied");
    };
    denied(form(&scene).condition(json!(["starts-with", "$key", "user/ana/"])));
    denied(form(&scene).condition(json!({"Content-Type": "image/png"})));
    denied(form(&scene).bare("Content-Type", "text/html"));
    denied(form(&scene).expires_in(-1));
    // A name that only begins to be the signer's folder.
    let outside = PostForm::new(&scene.city, "attacked").bare("key", "user/../object");
    denied(outside.condition(json!(["starts-with", "$key", "user/ana/"])));
    scene.is_unharmed();
}

/// `RustFS` stored files of any length (GHSA-w5fh). The length is the file's as it comes, whatever
/// the request says of it, and the range is not the last that is named but all.
#[test]
fn row_42_ghsa_w5fh_file_outside_of_the_range_is_refused() {
    let scene = Scene::start();
    let ranged = |len: usize| {
        let form = form(&scene).condition(json!(["content-length-range", 10, 20]));
        let form = form.condition(json!(["content-length-range", 0, 1 << 30]));
        form.file(vec![1; len]).sign()
    };
    for (len, code) in [
        (0, "EntityTooSmall"),
        (9, "EntityTooSmall"),
        (21, "EntityTooLarge"),
        (9 << 20, "EntityTooLarge"),
    ] {
        ranged(len).send().refused(400, code);
        let mut chunked = ranged(len).request().wire();
        chunked.remove("content-length");
        chunked.set("transfer-encoding", "chunked");
        let mut body = format!("{:x}\r\n", chunked.body.len()).into_bytes();
        body.extend_from_slice(&chunked.body);
        body.extend_from_slice(b"\r\n0\r\n\r\n");
        chunked.body = body;
        chunked.send(scene.city.port).refused(400, code);
    }
    scene.is_unharmed();
    ranged(20).send().expect(204);
    scene.holds(&[("object", &[1; 20])]);
}

#[test]
fn row_43_form_without_a_file_or_with_two_is_refused() {
    let scene = Scene::start();
    let signed = form(&scene).sign();
    let none = signed.clone().remove("file").send();
    none.refused(400, "InvalidArgument");
    let code = "IncorrectNumberOfFilesInPostRequest";
    signed.clone().behind("file", "y").send().refused(400, code);
    signed
        .behind("x", "y")
        .behind("FILE", "")
        .send()
        .refused(400, code);
    let large = form(&scene).file(vec![1; 3 << 20]).sign();
    large.behind("file", "y").send().refused(400, code);
    scene.is_unharmed();
}

/// Fields are held before anybody knows whose they are: no more than 20 KiB of them, with all that
/// is around them.
#[test]
fn row_43_fields_of_more_than_20_kib_are_refused() {
    let scene = Scene::start();
    let code = "MaxPostPreDataLengthExceeded";
    let one = |len: usize| {
        form(&scene)
            .bare("x-ignore-padding", &"f".repeat(len))
            .sign()
    };
    for len in [20_480, 1 << 20, 9 << 20] {
        let answer = one(len).send().refused(400, code);
        assert_eq!(
            answer.text("MaxPostPreDataLengthBytes").as_deref(),
            Some("20480")
        );
        refused_and_alive(&scene, &one(len).request().wire(), code);
    }
    let mut many = form(&scene);
    for n in 0..10_000 {
        many = many.bare(&format!("x-ignore-{n}"), "");
    }
    many.send().refused(400, code);
    // Of parts that are never closed, of a preamble, and of a head.
    let signed = form(&scene).sign();
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n");
    for body in [
        format!("{head}{}", "x".repeat(1 << 20)),
        "preamble ".repeat(100_000),
        head.repeat(10_000),
    ] {
        with_body(&signed, body).refused(400, code);
    }
    // What is filled in counts as well.
    let filled = form(&scene)
        .bare("x-ignore-a", &"${filename}".repeat(500))
        .filename(Some(&"n".repeat(1000)));
    filled.send().refused(400, code);
    scene.is_unharmed();
    // The last byte that fits.
    let overhead = {
        let mut empty = one(0);
        empty.parts.pop();
        let closing = format!("--{BOUNDARY}--\r\n").len();
        let file = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file.txt\"\r\n\r\n"
        );
        empty.body().len() - closing + file.len()
    };
    one(20_480 - overhead).send().expect(204);
    one(20_481 - overhead).send().refused(400, code);
    scene.holds(&[("object", b"the file")]);
}

/// Heads of parts, behind the file too, where no other bound is.
#[test]
fn row_43_heads_of_parts_are_bounded() {
    let scene = Scene::start();
    let signed = form(&scene).sign();
    let whole = String::from_utf8(signed.body()).expect("text");
    let long = format!("X-Padding: {}\r\n", "p".repeat(10_000));
    let endless = format!("X-Padding: {}", "p".repeat(1 << 20));
    let first = format!("--{BOUNDARY}\r\n");
    let last = format!("--{BOUNDARY}--");
    let behind = |head: &str| whole.replace(&last, &format!("{first}{head}"));
    let disposition = "Content-Disposition: form-data; name=\"x\"\r\n\r\ny\r\n";
    for body in [
        whole.replacen(&first, &format!("{first}{long}"), 1),
        behind(&format!("{long}{disposition}{last}\r\n")),
        behind(&endless),
    ] {
        with_body(&signed, body).refused(400, "MalformedPOSTRequest");
    }
    scene.is_unharmed();
    // Many parts behind the file take time and nothing else.
    let many = behind(disposition).trim_end().to_owned();
    let many = format!(
        "{many}\r\n{}",
        format!("{first}{disposition}").repeat(10_000)
    );
    with_body(&signed, format!("{many}{last}\r\n")).expect(204);
    scene.holds(&[("object", b"the file")]);
}

#[test]
fn row_43_body_that_is_no_form_is_refused() {
    let scene = Scene::start();
    let signed = form(&scene).sign();
    let code = "MalformedPOSTRequest";
    for content_type in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; charset=utf-8",
        &format!("multipart/form-data; boundary={}", "b".repeat(71)),
        &format!("multipart/form-data; boundary={BOUNDARY}; boundary=other"),
    ] {
        with_type(&signed, content_type).refused(400, code);
    }
    let mut two = signed.request().wire();
    two.headers.push((
        "content-type".to_owned(),
        "multipart/form-data; boundary=b".to_owned(),
    ));
    two.send(scene.city.port).refused(400, code);
    // Another boundary than the body's is never found.
    with_type(&signed, "multipart/form-data; boundary=other").refused(400, code);
    let whole = String::from_utf8(signed.body()).expect("text");
    let name = "name=\"key\"";
    for body in [
        String::new(),
        "no boundary at all".to_owned(),
        "\r\n".to_owned(),
        whole.replace("\r\n", "\n"),
        whole.replacen("form-data;", "attachment;", 1),
        whole.replacen("form-data; ", "", 1),
        whole.replacen("Content-Disposition: form-data; name=\"key\"\r\n", "", 1),
        whole.replacen(name, "name=\"key\"; name=\"other\"", 1),
        whole.replacen(name, "nome=\"key\"", 1),
        whole.replacen(
            name,
            &format!("{name}\r\nContent-Disposition: form-data; {name}"),
            1,
        ),
        whole.replacen(
            name,
            &format!("{name}\r\nContent-Transfer-Encoding: base64"),
            1,
        ),
        whole.replacen(name, &format!("{name}\r\n folded"), 1),
        whole.replacen(name, "name=\"key\u{0}\"", 1),
        whole.replacen(
            &format!("\r\n--{BOUNDARY}\r\n"),
            &format!("\r\n--{BOUNDARY}x\r\n"),
            1,
        ),
        whole.replacen(
            &format!("\r\n--{BOUNDARY}\r\n"),
            &format!("\r\n--{BOUNDARY}\n"),
            1,
        ),
    ] {
        with_body(&signed, body).refused(400, code);
    }
    scene.is_unharmed();
}

/// A form that was cut: by whoever sent it, and by the network.
#[test]
fn row_43_form_without_its_final_boundary_stores_nothing() {
    let scene = Scene::start();
    for file_len in [8, 100_000, 3 << 20] {
        let signed = form(&scene).file(vec![b'x'; file_len]).sign();
        let whole = signed.body();
        let end = whole.len() - 4;
        for len in [
            end,
            end + 1,
            end - 1,
            end - 10,
            end - BOUNDARY.len() - 6,
            whole.len() - 8 - file_len / 2,
        ] {
            let cut = with_body(&signed, &whole[..len]);
            cut.refused(400, "MalformedPOSTRequest");
            // The length says that there is more, and the connection ends.
            let wire = signed.request().wire();
            let mut connection = Connection::open(scene.city.port);
            connection.write(&wire.head());
            connection.write(&wire.body[..len]);
            drop(connection);
        }
    }
    scene.is_unharmed();
}

/// What looks like a form in a form's file is the file's.
#[test]
fn row_43_forms_in_forms_are_bytes() {
    let scene = Scene::start();
    let inner = format!(
        "--inner\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nother\r\n--inner--\r\n\
         --{BOUNDARY}--\r\nx--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"acl\"\r\n\r\n\
         public-read\r\n -- {BOUNDARY}--\n--{BOUNDARY}--\r--{BOUNDARY}\r\n"
    );
    // Without a line break in front, the outer boundary is none.
    let inner = inner.replacen(
        &format!("\r\n--{BOUNDARY}--"),
        &format!("\n--{BOUNDARY}--"),
        1,
    );
    let signed = form(&scene).file(inner.clone()).sign();
    let whole = String::from_utf8(signed.body()).expect("text");
    let typed = whole.replace(
        "filename=\"file.txt\"",
        "filename=\"file.txt\"\r\nContent-Type: multipart/mixed; boundary=inner",
    );
    with_body(&signed, typed).expect(204);
    scene.holds(&[("object", inner.as_bytes())]);
    // With one it ends the file, and what is behind the end is nobody's.
    let ended = form(&scene)
        .file(format!("begin\r\n--{BOUNDARY}--\r\nend"))
        .send();
    ended.expect(204);
    scene.holds(&[("object", b"begin")]);
}

#[test]
fn row_44_form_policies_that_are_none_are_refused() {
    let scene = Scene::start();
    let code = "InvalidPolicyDocument";
    for policy in ["", "not JSON", "{", "{}", "[]", "\u{17e}"] {
        form(&scene).policy(policy).send().refused(400, code);
    }
    // Signed text that is no Base64: the signature holds, and there is nothing behind it.
    for policy in ["not base64!", "e30", "e30==", "e3 0=", "e30=\r\n"] {
        let signed = form(&scene).sign();
        let date = signed.value("x-amz-date");
        let signature = scene.city.signature(&date, policy);
        let signed = signed
            .set("policy", policy)
            .set("x-amz-signature", signature);
        let answer = signed.send().refused(400, code);
        let text = answer.text("Message").expect("a text");
        assert_eq!(text, "Invalid Policy: Invalid Base64 encoding.");
    }
    // As many conditions as fit into a form are read; more are not even that (AWS: 20 KB).
    let conditions = |count: usize| {
        let mut text = "{\"expiration\": \"{expiration}\", \"conditions\": [".to_owned();
        for _ in 0..count {
            write!(text, "{{\"a\":\"\"}},").expect("text");
        }
        text + "{}]}"
    };
    form(&scene)
        .policy(&conditions(1400))
        .send()
        .refused(400, code);
    let code = "MaxPostPreDataLengthExceeded";
    form(&scene)
        .policy(&conditions(100_000))
        .send()
        .refused(400, code);
    scene.is_unharmed();
}

/// A line break in a field ends no header of an answer (CVE-2020-10753, Ceph).
#[test]
fn row_52_cve_2020_10753_line_breaks_in_fields_are_refused() {
    let scene = Scene::start();
    for value in [
        "x\r\nSet-Cookie: mallory=1",
        "x\ny",
        "x\ry",
        "x\u{0}y",
        "x\u{7f}y",
        "\u{1b}[31m",
    ] {
        for name in [
            "x-amz-meta-a",
            "Content-Type",
            "Content-Disposition",
            "Cache-Control",
            "Expires",
        ] {
            let answer = form(&scene).field(name, value).send();
            let answer = answer.refused(400, "InvalidArgument");
            assert_eq!(answer.header("set-cookie"), None);
        }
    }
    for name in [
        "x-amz-meta-a b",
        "x-amz-meta-a:",
        "x-amz-meta-\u{17e}",
        "x-amz-meta-(a)",
    ] {
        let answer = form(&scene).field(name, "1").send();
        answer.refused(400, "InvalidArgument");
    }
    let not_text = form(&scene).field("x-amz-meta-a", "1").sign();
    let not_text = not_text.set("x-amz-meta-a", b"\xff\xfe".to_vec());
    not_text.send().refused(400, "InvalidArgument");
    let nul = PostForm::of(&scene.city, "attacked", "a\u{0}b").send();
    nul.refused(400, "InvalidArgument");
    let long = PostForm::of(&scene.city, "attacked", &"k".repeat(1025)).send();
    long.refused(400, "KeyTooLongError");
    scene.is_unharmed();
}

/// Dots and slashes in a key are the key's (row 28).
#[test]
fn row_28_keys_of_forms_are_literal() {
    let scene = Scene::start();
    for object_key in ["../good-client/object", "/object", "a//b", "%2e%2e/x", "."] {
        let answer = PostForm::of(&scene.city, "attacked", object_key)
            .field("success_action_status", "201")
            .send();
        let answer = answer.expect(201);
        assert_eq!(answer.text("Key").as_deref(), Some(object_key));
        let listed = scene.city.get("/attacked").expect(200).texts("Key");
        assert_eq!(listed, [object_key]);
        let target = riznica::base::encoding::uri_encode_path(object_key.as_bytes());
        scene
            .city
            .delete(&format!("/attacked/{target}"))
            .expect(204);
    }
    scene.is_unharmed();
}

const IMPATIENT: [(&str, &str); 2] = [
    ("RIZNICA_SERVER__HEADER_TIMEOUT_S", "1"),
    ("RIZNICA_SERVER__BODY_IDLE_TIMEOUT_S", "1"),
];

/// A form that stalls, in its fields or in its file, is given up.
#[test]
fn row_70_stalled_form_is_given_up() {
    let scene = Scene::start_with(&IMPATIENT);
    let signed = form(&scene).file(vec![1; 200_000]).sign();
    let wire = signed.request().wire();
    let lens = [0, 10, 300, wire.body.len() - 100_000, wire.body.len() - 3];
    let stalled: Vec<_> = lens
        .iter()
        .map(|len| {
            let mut connection = Connection::open(scene.city.port);
            connection.write(&wire.head());
            connection.write(&wire.body[..*len]);
            connection
        })
        .collect();
    for mut connection in stalled {
        connection.answer("POST").refused(400, "RequestTimeout");
        assert!(connection.is_closed(), "the connection stayed open");
    }
    scene.is_unharmed();
}

/// However a form arrives it is the same form: a byte at a time through its fields, its head and
/// its boundaries.
#[test]
fn row_70_dribbled_form_is_the_same_form() {
    let scene = Scene::start();
    let wire = form(&scene).sign().request().wire();
    let mut connection = Connection::open(scene.city.port);
    connection.write(&wire.head());
    for byte in &wire.body {
        connection.write(&[*byte]);
    }
    connection.answer("POST").expect(204);
    scene.holds(&[("object", b"the file")]);
}

/// Many forms that nobody finishes hold little, and a good one goes through beside them.
#[test]
fn row_70_unfinished_forms_do_not_keep_good_ones_out() {
    let scene = Scene::start();
    let signed = form(&scene).sign();
    let wire = signed.request().wire();
    let held: Vec<_> = (0..200)
        .map(|_| {
            let mut connection = Connection::open(scene.city.port);
            connection.write(&wire.head());
            connection.write(&wire.body[..400]);
            connection
        })
        .collect();
    signed.send().expect(204);
    drop(held);
    scene.holds(&[("object", b"the file")]);
}

/// `[s3] require_signed_payload`: a form's file is not part of what is signed.
#[test]
fn unsigned_file_is_refused_where_payloads_have_to_be_signed() {
    let scene = Scene::start_with(&[("RIZNICA_S3__REQUIRE_SIGNED_PAYLOAD", "true")]);
    form(&scene).send().refused(403, "AccessDenied");
    scene.is_unharmed();
}
