//! Rows 22 to 24: bodies that are not what their head says.

use super::Scene;
use super::streaming::{UNSIGNED_TRAILER, streaming_put, with_body};
use crate::raw::sha256_hex;

#[test]
fn row_22_wrong_checksum_is_refused() {
    let scene = Scene::start();
    for (name, value) in [
        ("x-amz-checksum-crc32", "AAAAAA=="),
        ("x-amz-checksum-crc32c", "AAAAAA=="),
        ("x-amz-checksum-crc64nvme", "AAAAAAAAAAA="),
        ("x-amz-checksum-sha1", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        (
            "x-amz-checksum-sha256",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        ),
    ] {
        scene.refused(scene.put().header(name, value), 400, "BadDigest");
        for malformed in ["", "AAAA", "not base64!", "AAAAAA==AAAAAA=="] {
            let put = scene.put().header(name, malformed);
            scene.refused(put, 400, "InvalidRequest");
        }
        let (head, mut frames) = streaming_put(&scene, UNSIGNED_TRAILER);
        if name == "x-amz-checksum-crc32" {
            frames.trailer = vec![format!("{name}:{value}")];
            let wire = with_body(&head, frames.bytes());
            scene.refused_wire(&wire, 400, "BadDigest");
            frames.trailer = vec![format!("{name}:AAAA")];
            let wire = with_body(&head, frames.bytes());
            scene.refused_wire(&wire, 400, "InvalidRequest");
        }
    }
    scene.is_unharmed();
}

#[test]
fn row_22_wrong_checksum_of_a_part_stores_no_part() {
    let scene = Scene::start();
    let upload = scene.city.post("/attacked/object?uploads", "").expect(200);
    let upload = upload.text("UploadId").expect("an id");
    let target = format!("/attacked/object?partNumber=1&uploadId={upload}");
    let part = || scene.city.request("PUT", &target).body("a part");
    scene.refused(
        part().header("x-amz-checksum-crc32", "AAAAAA=="),
        400,
        "BadDigest",
    );
    scene.refused(
        part().header("content-md5", "AAAAAAAAAAAAAAAAAAAAAA=="),
        400,
        "BadDigest",
    );
    let other = part().payload(&sha256_hex(b"another part"));
    scene.refused(other, 400, "XAmzContentSHA256Mismatch");
    let listed = scene
        .city
        .get(&format!("/attacked/object?uploadId={upload}"));
    assert_eq!(listed.expect(200).texts("PartNumber"), Vec::<String>::new());
    let abort = format!("/attacked/object?uploadId={upload}");
    scene.city.delete(&abort).expect(204);
    scene.is_unharmed();
}

#[test]
fn row_23_content_sha256_that_is_not_the_bodys_is_refused() {
    let scene = Scene::start();
    let other = sha256_hex(b"another body");
    let answer = scene.put().payload(&other).send();
    let answer = answer.refused(400, "XAmzContentSHA256Mismatch");
    assert_eq!(answer.text("ClientComputedContentSHA256"), Some(other));
    let computed = answer.text("S3ComputedContentSHA256");
    assert_eq!(
        computed,
        Some(sha256_hex(b"a body that must not be stored"))
    );
    // Documents are bodies as well.
    let body = "<Delete><Object><Key>object</Key></Object></Delete>";
    let delete = scene.city.request("POST", "/attacked?delete").body(body);
    let delete = delete.payload(&sha256_hex(b"<Delete/>"));
    scene.refused(delete, 400, "XAmzContentSHA256Mismatch");
    scene.is_unharmed();
}

#[test]
fn row_23_content_sha256_that_is_no_hash_is_refused() {
    let scene = Scene::start();
    let hash = sha256_hex(b"a body that must not be stored");
    for payload in [
        "",
        "abc",
        "unsigned-payload",
        "UNSIGNED-PAYLOAD-TRAILER",
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-EVENTS",
        &hash[..63],
        &format!("{hash}00"),
    ] {
        scene.refused(scene.put().payload(payload), 400, "InvalidArgument");
    }
    scene.is_unharmed();
}

#[test]
fn row_24_wrong_content_md5_is_refused() {
    let scene = Scene::start();
    let answer = scene
        .put()
        .header("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==");
    let answer = answer.send().refused(400, "BadDigest");
    let expected = answer.text("ExpectedDigest");
    assert_eq!(expected.as_deref(), Some("AAAAAAAAAAAAAAAAAAAAAA=="));
    assert!(answer.text("CalculatedDigest").is_some());
    for malformed in [
        "",
        "AAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAA",
        "not base64!",
        "0123456789abcdef",
    ] {
        let put = scene.put().header("content-md5", malformed);
        scene.refused(put, 400, "InvalidDigest");
    }
    let body = "<Delete><Object><Key>object</Key></Object></Delete>";
    let delete = scene.city.request("POST", "/attacked?delete").body(body);
    let delete = delete.header("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==");
    scene.refused(delete, 400, "BadDigest");
    scene.is_unharmed();
}
