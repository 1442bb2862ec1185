//! Rule 7 where `s3.require_signed_payload` is on: over plain HTTP no body is taken that the
//! signature does not cover.

use super::Scene;
use super::streaming::{DATA, SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER, streaming_put, with_body};
use crate::raw::sha256_hex;

fn strict_scene() -> Scene {
    Scene::start_with(&[("RIZNICA_S3__REQUIRE_SIGNED_PAYLOAD", "true")])
}

#[test]
fn rule_07_required_signature_of_the_payload_refuses_unsigned_bodies() {
    let scene = strict_scene();
    let city = &scene.city;
    city.put("/attacked/witness", "here").expect(200);
    scene.refused(scene.put().payload("UNSIGNED-PAYLOAD"), 403, "AccessDenied");
    scene.refused(scene.put().presigned(), 403, "AccessDenied");
    let (head, frames) = streaming_put(&scene, UNSIGNED_TRAILER);
    let wire = with_body(&head, frames.bytes());
    scene.refused_wire(&wire, 403, "AccessDenied");
    let document = "<Delete><Object><Key>witness</Key></Object></Delete>";
    let delete = city.request("POST", "/attacked?delete").body(document);
    let delete = delete.payload("UNSIGNED-PAYLOAD");
    scene.refused(delete, 403, "AccessDenied");
    let created = city.post("/attacked/object?uploads", "").expect(200);
    let upload = created.text("UploadId").expect("an id");
    let target = format!("/attacked/object?partNumber=1&uploadId={upload}");
    let part = city.request("PUT", &target).body("a part");
    scene.refused(part.payload("UNSIGNED-PAYLOAD"), 403, "AccessDenied");
    let upload = format!("/attacked/object?uploadId={upload}");
    let listed = city.get(&upload).expect(200);
    assert_eq!(listed.texts("PartNumber"), Vec::<String>::new());
    city.delete(&upload).expect(204);
    scene.holds(&[("witness", b"here")]);
}

#[test]
fn rule_07_required_signature_of_the_payload_takes_signed_bodies_and_reads() {
    let scene = strict_scene();
    let city = &scene.city;
    for form in [SIGNED, SIGNED_TRAILER] {
        let (head, frames) = streaming_put(&scene, form);
        with_body(&head, frames.bytes()).send(city.port).expect(200);
        scene.holds(&[("object", DATA)]);
    }
    let body = b"a body that must not be stored".as_slice();
    scene.put().send().expect(200);
    scene.holds(&[("object", body)]);
    // A presigned upload may sign its body's hash, too.
    let hash = sha256_hex(body);
    let presigned = scene.put().header("x-amz-content-sha256", &hash);
    presigned.payload(&hash).presigned().send().expect(200);
    for read in [
        city.request("GET", "/attacked/object").presigned(),
        city.request("GET", "/attacked/object")
            .payload("UNSIGNED-PAYLOAD"),
    ] {
        assert_eq!(read.send().expect(200).body, body);
    }
    let delete = city.request("DELETE", "/attacked/object");
    delete.payload("UNSIGNED-PAYLOAD").send().expect(204);
    scene.is_unharmed();
}
