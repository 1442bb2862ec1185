//! What the operator reads of a signature that failed: why, in the line of the request, and nothing
//! secret.
//!
//! Not here: header signatures (`errors`), what the client is told (`errors`).

use crate::attacks::Scene;
use crate::attacks::streaming::{SIGNED, SIGNED_TRAILER, streaming_put, with_body};
use crate::post::PostForm;
use crate::raw::Answer;
use serde_json::json;

/// The line of a refused request, which names no secret of the scene and none of these.
#[track_caller]
fn line(scene: &Scene, answer: Answer, secrets: &[&str]) -> String {
    let answer = answer.refused(403, "SignatureDoesNotMatch");
    let request_id = answer.text("RequestId").expect("an id");
    let log = scene.server.log();
    let line = log.lines().find(|line| line.contains(&request_id));
    let line = line.expect("a line of the request").to_owned();
    for part in ["INFO", "SignatureDoesNotMatch", "request refused"] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    for secret in secrets.iter().copied().chain([&*scene.city.secret]) {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
    line
}

#[test]
fn log_has_the_canonical_request_of_a_presigned_url() {
    let scene = Scene::start();
    let get = scene.city.request("GET", "/attacked/a%20b?versionId=null");
    let mut wire = get.presigned().wire();
    let (rest, signature) = wire.target.split_once("X-Amz-Signature=").expect("signed");
    let (rest, signature) = (rest.to_owned(), signature.to_owned());
    wire.target = wire.target.replace("a%20b", "a%20c");
    let line = line(&scene, wire.send(scene.city.port), &[&signature]);
    let expires = rest.contains("X-Amz-Expires=300");
    assert!(expires, "{rest}");
    for part in [
        "canonical_request",
        "GET\\\\n/attacked/a%20c\\\\nX-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=",
        "&X-Amz-Expires=300&X-Amz-SignedHeaders=host&versionId=null\\\\n",
        "\\\\nUNSIGNED-PAYLOAD",
        "string_to_sign",
        "AWS4-HMAC-SHA256\\\\n",
    ] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
}

/// Of a form that is refused, or stored, neither its policy nor its signature, nor what its object
/// is or would have been.
#[test]
fn log_says_that_a_form_does_not_match_and_nothing_of_it() {
    let scene = Scene::start();
    let form = PostForm::of(&scene.city, "attacked", "object");
    let form = form.field("x-amz-meta-a", "nobody's business");
    let stored = form.clone().file("a private file").sign();
    stored.send().expect(204);
    let signed = form.clone().sign();
    let (policy, right) = (signed.value("policy"), signed.value("x-amz-signature"));
    let forged = format!("{:064x}", 0xf0_96ed_u32);
    let answer = signed.set("x-amz-signature", forged.as_bytes()).send();
    form.condition(json!({"x-amz-meta-a": "other"}))
        .send()
        .refused(403, "AccessDenied");
    let stored = stored.value("x-amz-signature");
    let private = ["nobody's business", "a private file"];
    let secrets = [[&*policy, &right, &forged, &stored].as_slice(), &private].concat();
    let line = line(&scene, answer, &secrets);
    for said in [
        "signature of the form's policy does not match",
        "operation=\"PostObject\"",
    ] {
        assert!(line.contains(said), "{said} is not in {line}");
    }
    scene.holds(&[("object", b"a private file")]);
}

/// The head was right: what is wrong is the chunk of this number, counted from zero, or the
/// trailer.
#[test]
fn log_names_the_chunk_or_the_trailer_that_does_not_match() {
    let scene = Scene::start();
    for form in [SIGNED, SIGNED_TRAILER] {
        for index in 0..3 {
            let (head, mut frames) = streaming_put(&scene, form);
            let seed = head.value("authorization").rsplit('=').next();
            let seed = seed.expect("a signature").to_owned();
            let (size, right) = frames.chunks[index]
                .0
                .split_once(";chunk-signature=")
                .expect("it");
            let (size, right) = (size.to_owned(), right.to_owned());
            let forged = format!("{:064x}", 0xf0_96ed_u32);
            frames.chunks[index].0 = format!("{size};chunk-signature={forged}");
            let answer = with_body(&head, frames.bytes()).send(scene.city.port);
            let line = line(&scene, answer, &[&seed, &right, &forged]);
            let said = format!("chunk signature does not match chunk_index={index}");
            assert!(line.contains(&said), "{said} is not in {line}");
        }
    }
    let (head, mut frames) = streaming_put(&scene, SIGNED_TRAILER);
    let right = frames.trailer[1].clone();
    let (_, right) = right.split_once(':').expect("a signature");
    frames.trailer[1] = format!("x-amz-trailer-signature:{}", "0".repeat(64));
    let answer = with_body(&head, frames.bytes()).send(scene.city.port);
    let line = line(&scene, answer, &[right]);
    let said = "trailer signature does not match";
    assert!(line.contains(said), "{said} is not in {line}");
    scene.is_unharmed();
}
