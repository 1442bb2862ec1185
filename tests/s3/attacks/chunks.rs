//! Rows 15 and 18 to 21: streaming bodies, frame by frame.

use super::Scene;
use super::streaming::{
    DATA, Frames, SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER, streaming_put, with_body,
};
use std::fmt::Write as _;

const FORMS: [&str; 3] = [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER];

/// The frames are right until a test spoils them.
#[test]
fn streaming_bodies_of_these_tests_are_accepted_unspoilt() {
    let scene = Scene::start();
    for form in FORMS {
        let (head, frames) = streaming_put(&scene, form);
        with_body(&head, frames.bytes())
            .send(scene.city.port)
            .expect(200);
        scene.holds(&[("object", DATA)]);
    }
}

/// Two servers stored an unsigned streaming body before they had looked at the signature.
#[test]
fn row_15_cve_2025_31489_unsigned_streaming_body_with_a_garbage_signature_is_denied() {
    let scene = Scene::start();
    for form in FORMS {
        let (mut head, frames) = streaming_put(&scene, form);
        let value = head.value("authorization").to_owned();
        let (rest, _) = value.rsplit_once('=').expect("a signature");
        head.set("authorization", &format!("{rest}={}", "0".repeat(64)));
        let wire = with_body(&head, frames.bytes());
        scene.refused_wire(&wire, 403, "SignatureDoesNotMatch");
    }
    scene.is_unharmed();
}

/// Versity stored the body before the final chunk's signature was seen (its issue 1147).
#[test]
fn row_18_versity_1147_wrong_chunk_signature_is_denied() {
    let scene = Scene::start();
    for form in [SIGNED, SIGNED_TRAILER] {
        let (head, frames) = streaming_put(&scene, form);
        for index in 0..frames.chunks.len() {
            for spoil in [forge, cut, drop_signature, swap_byte] {
                let mut spoilt = frames.clone();
                spoil(&mut spoilt.chunks[index]);
                if spoilt.chunks[index] == frames.chunks[index] {
                    continue;
                }
                let wire = with_body(&head, spoilt.bytes());
                scene.refused_wire(&wire, 403, "SignatureDoesNotMatch");
            }
        }
        let mut swapped = frames.clone();
        swapped.chunks.swap(0, 1);
        let wire = with_body(&head, swapped.bytes());
        scene.refused_wire(&wire, 403, "SignatureDoesNotMatch");
        let mut signed_elsewhere = streaming_put(&scene, form).0;
        signed_elsewhere.target = head.target.clone();
        let other = scene
            .city
            .request("PUT", "/attacked/other")
            .payload(form)
            .wire();
        let foreign = Frames::signed(&scene.city, &other);
        let wire = with_body(&signed_elsewhere, foreign.bytes());
        scene.refused_wire(&wire, 403, "SignatureDoesNotMatch");
    }
    scene.is_unharmed();
}

fn forge((header, _): &mut (String, Vec<u8>)) {
    let (rest, _) = header.rsplit_once('=').expect("a signature");
    *header = format!("{rest}={}", "0".repeat(64));
}

fn cut((header, _): &mut (String, Vec<u8>)) {
    header.pop();
}

fn drop_signature((header, _): &mut (String, Vec<u8>)) {
    let (size, _) = header.split_once(';').expect("a signature");
    *header = size.to_owned();
}

fn swap_byte((_, data): &mut (String, Vec<u8>)) {
    if let Some(byte) = data.last_mut() {
        *byte ^= 1;
    }
}

#[test]
fn row_18_wrong_or_missing_trailer_signature_is_denied() {
    let scene = Scene::start();
    let (head, frames) = streaming_put(&scene, SIGNED_TRAILER);
    let mut forged = frames.clone();
    forged.trailer[1] = format!("x-amz-trailer-signature:{}", "0".repeat(64));
    let wire = with_body(&head, forged.bytes());
    scene.refused_wire(&wire, 403, "SignatureDoesNotMatch");
    let mut other_value = frames.clone();
    other_value.trailer[0] = "x-amz-checksum-crc32:AAAAAA==".to_owned();
    let wire = with_body(&head, other_value.bytes());
    scene.refused_wire(&wire, 403, "SignatureDoesNotMatch");
    let mut unsigned = frames.clone();
    unsigned.trailer.pop();
    let wire = with_body(&head, unsigned.bytes());
    scene.refused_wire(&wire, 400, "MalformedTrailerError");
    let mut after = frames;
    after
        .trailer
        .push("x-amz-checksum-crc32:AAAAAA==".to_owned());
    let wire = with_body(&head, after.bytes());
    scene.refused_wire(&wire, 400, "MalformedTrailerError");
    scene.is_unharmed();
}

#[test]
fn row_19_impossible_chunk_sizes_are_refused() {
    let scene = Scene::start();
    for form in FORMS {
        let (head, frames) = streaming_put(&scene, form);
        let long = "0".repeat(2048);
        let sizes = [
            "ffffffffffffffff",
            "7fffffffffffffff",
            "10000000000000000",
            "-1",
            "+d",
            "0x5",
            "d ",
            " d",
            "",
            "g",
            "\u{665}",
            &long,
        ];
        for size in sizes {
            for index in [0, 2] {
                let mut spoilt = frames.clone();
                let header = &mut spoilt.chunks[index].0;
                let extension = header.find(';').map(|at| header[at..].to_owned());
                *header = format!("{size}{}", extension.unwrap_or_default());
                let wire = with_body(&head, spoilt.bytes());
                scene.refused_wire(&wire, 400, "InvalidChunkSizeError");
            }
        }
        let mut spoilt = frames.clone();
        write!(spoilt.chunks[0].0, ";x={}", "y".repeat(2048)).expect("text");
        let wire = with_body(&head, spoilt.bytes());
        scene.refused_wire(&wire, 400, "InvalidChunkSizeError");
        // A header without an end, too.
        let wire = with_body(&head, vec![b'0'; 1 << 20]);
        scene.refused_wire(&wire, 400, "InvalidChunkSizeError");
    }
    scene.is_unharmed();
}

#[test]
fn row_20_decoded_length_that_is_not_the_bodys_is_refused() {
    let scene = Scene::start();
    for form in FORMS {
        let len = DATA.len();
        for wrong in [0, 1, len - 1, len + 1, len * 1000] {
            let (mut head, _) = streaming_put(&scene, form);
            // It may go unsigned, but here it is right in everything else.
            let mut put = scene.city.request("PUT", "/attacked/object").payload(form);
            put = put.header("x-amz-decoded-content-length", &wrong.to_string());
            if form != SIGNED {
                put = put.header("x-amz-trailer", "x-amz-checksum-crc32");
            }
            head.headers = put.wire().headers;
            let frames = if form == UNSIGNED_TRAILER {
                Frames::unsigned()
            } else {
                Frames::signed(&scene.city, &head)
            };
            let wire = with_body(&head, frames.bytes());
            scene.refused_wire(&wire, 400, "IncompleteBody");
        }
        for wrong in ["-1", "25.0", "x", "18446744073709551616", ""] {
            let put = scene.city.request("PUT", "/attacked/object").payload(form);
            let put = put.header("x-amz-decoded-content-length", wrong);
            let wire = with_body(&put.wire(), Frames::unsigned().bytes());
            scene.refused_wire(&wire, 400, "InvalidArgument");
        }
        let put = scene.city.request("PUT", "/attacked/object").payload(form);
        let wire = with_body(&put.wire(), Frames::unsigned().bytes());
        scene.refused_wire(&wire, 411, "MissingContentLength");
    }
    scene.is_unharmed();
}

/// A body that ends in mid-chunk, before its final chunk, or goes on after its end.
#[test]
fn row_20_streaming_body_that_ends_early_or_late_is_refused() {
    let scene = Scene::start();
    for form in FORMS {
        let (head, frames) = streaming_put(&scene, form);
        let whole = frames.bytes();
        for len in [0, 1, 5, whole.len() / 2, whole.len() - 2, whole.len() - 1] {
            let wire = with_body(&head, whole[..len].to_vec());
            scene.refused_wire(&wire, 400, "IncompleteBody");
        }
        let wire = with_body(&head, [&whole[..], b"more"].concat());
        scene.refused_wire(&wire, 400, "IncompleteBody");
        let mut unterminated = frames.clone();
        unterminated.chunks[0].1.push(b'x');
        let wire = with_body(&head, unterminated.bytes());
        scene.refused_wire(&wire, 400, "IncompleteBody");
    }
    let cut = scene.put().wire();
    let mut short = cut.clone();
    short.set("content-length", &(cut.body.len() + 10).to_string());
    let mut connection = crate::raw::Connection::open(scene.city.port);
    connection.write(&short.head());
    connection.write(&short.body);
    drop(connection);
    scene.is_unharmed();
}

#[test]
fn row_21_trailer_that_was_not_announced_is_refused() {
    let scene = Scene::start();
    let (head, frames) = streaming_put(&scene, UNSIGNED_TRAILER);
    for lines in [
        vec!["x-amz-checksum-sha1:AAAA"],
        vec!["x-amz-meta-owner:mallory"],
        vec!["x-amz-checksum-crc32:R5lxIg==", "x-amz-meta-owner:mallory"],
        vec![
            "x-amz-checksum-crc32:R5lxIg==",
            "x-amz-checksum-crc32:fqkCfQ==",
        ],
        vec![
            "x-amz-checksum-crc32:R5lxIg==",
            "x-amz-checksum-crc32:AAAAAA==",
        ],
        vec!["x-amz-checksum-crc32"],
        vec!["\u{1}:2"],
        vec![],
    ] {
        let mut spoilt = frames.clone();
        spoilt.trailer = lines.into_iter().map(str::to_owned).collect();
        let wire = with_body(&head, spoilt.bytes());
        scene.refused_wire(&wire, 400, "MalformedTrailerError");
    }
    let mut long = frames;
    long.trailer[0].push_str(&"x".repeat(4096));
    let wire = with_body(&head, long.bytes());
    scene.refused_wire(&wire, 400, "MalformedTrailerError");
    scene.is_unharmed();
}

#[test]
fn row_21_two_checksums_or_a_trailer_that_is_none_are_refused() {
    let scene = Scene::start();
    let put = |headers: &[(&str, &str)]| {
        let mut put = scene.city.request("PUT", "/attacked/object");
        put = put.payload(UNSIGNED_TRAILER);
        put = put.header("x-amz-decoded-content-length", &DATA.len().to_string());
        for (name, value) in headers {
            put = put.header(name, value);
        }
        with_body(&put.wire(), Frames::unsigned().bytes())
    };
    let crc32 = ("x-amz-trailer", "x-amz-checksum-crc32");
    for headers in [
        &[crc32, ("x-amz-checksum-crc32c", "AAAAAA==")][..],
        &[crc32, ("x-amz-checksum-crc32", "R5lxIg==")],
        &[("x-amz-trailer", "x-amz-checksum-crc32,x-amz-checksum-sha1")],
        &[("x-amz-trailer", "x-amz-meta-owner")],
        &[("x-amz-trailer", "content-length")],
    ] {
        let answer = put(headers).send(scene.city.port);
        let (status, code) = answer.outcome();
        let codes = ["InvalidRequest", "MalformedTrailerError"];
        let is_refused = status == 400 && codes.contains(&&*code);
        assert!(is_refused, "{headers:?} {status} {}", answer.body_text());
    }
    let wire = put(&[crc32, crc32]);
    scene.refused_wire(&wire, 400, "InvalidRequest");
    let two = scene.put().header("x-amz-checksum-crc32", "AAAAAA==");
    let two = two.header("x-amz-checksum-crc32c", "AAAAAA==");
    scene.refused(two, 400, "InvalidRequest");
    scene.is_unharmed();
}

/// A streaming document whose length is taken away is not read as a plain one, which nothing would
/// verify: what a middleman put in its place deletes nothing.
#[test]
fn row_20_streaming_document_without_its_length_is_refused() {
    let scene = Scene::start();
    scene.city.put("/attacked/witness", "here").expect(200);
    for form in FORMS {
        let delete = scene.city.request("POST", "/attacked?delete").payload(form);
        let mut wire = delete.wire();
        wire.remove("content-length");
        wire.set("transfer-encoding", "chunked");
        let document = "<Delete><Object><Key>witness</Key></Object></Delete>";
        wire.body = format!("{:x}\r\n{document}\r\n0\r\n\r\n", document.len()).into_bytes();
        scene.refused_wire(&wire, 411, "MissingContentLength");
    }
    scene.holds(&[("witness", b"here")]);
}
