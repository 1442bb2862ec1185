//! Rows 18 to 24 at UploadPart, which reads the same bodies as PutObject: what is refused leaves no
//! part.
//!
//! Not here: PutObject (`chunks`, `digests`), right and wrong checksums of parts
//! (`points::part_checksums`).

use super::Scene;
use super::streaming::{
    DATA, Frames, SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER, streaming, with_body,
};
use crate::raw::{Wire, sha256_hex};

const FORMS: [&str; 3] = [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER];

/// A scene with an open upload.
struct Parts {
    scene: Scene,
    upload: String,
}

impl Parts {
    fn begin() -> Self {
        let scene = Scene::start();
        let created = scene.city.post("/attacked/object?uploads", "").expect(200);
        let upload = created.text("UploadId").expect("an id");
        Self { scene, upload }
    }

    fn target(&self) -> String {
        format!("/attacked/object?partNumber=1&uploadId={}", self.upload)
    }

    fn streaming(&self, form: &str) -> (Wire, Frames) {
        streaming(&self.scene, &self.target(), form)
    }

    #[track_caller]
    fn refused(&self, head: &Wire, frames: &Frames, status: u16, code: &str) {
        let wire = with_body(head, frames.bytes());
        self.scene.refused_wire(&wire, status, code);
    }

    /// No part was stored, and the upload still takes one.
    #[track_caller]
    fn holds_none(&self) {
        let upload = format!("/attacked/object?uploadId={}", self.upload);
        let listed = self.scene.city.get(&upload).expect(200);
        assert_eq!(listed.texts("PartNumber"), Vec::<String>::new());
        for form in FORMS {
            let (head, frames) = self.streaming(form);
            let wire = with_body(&head, frames.bytes());
            wire.send(self.scene.city.port).expect(200);
        }
        let listed = self.scene.city.get(&upload).expect(200);
        assert_eq!(listed.texts("Size"), [DATA.len().to_string()]);
        self.scene.city.delete(&upload).expect(204);
        self.scene.is_unharmed();
    }
}

fn zeros() -> String {
    "0".repeat(64)
}

#[test]
fn row_15_garbage_seed_signature_of_a_part_is_denied() {
    let parts = Parts::begin();
    for form in FORMS {
        let (mut head, frames) = parts.streaming(form);
        let value = head.value("authorization").to_owned();
        let (rest, _) = value.rsplit_once('=').expect("a signature");
        head.set("authorization", &format!("{rest}={}", zeros()));
        parts.refused(&head, &frames, 403, "SignatureDoesNotMatch");
    }
    parts.holds_none();
}

#[test]
fn row_18_versity_1147_wrong_chunk_or_trailer_signature_of_a_part_is_denied() {
    let parts = Parts::begin();
    for form in [SIGNED, SIGNED_TRAILER] {
        let (head, frames) = parts.streaming(form);
        // The final chunk is empty and signed as well.
        for index in 0..frames.chunks.len() {
            let mut forged = frames.clone();
            let header = &mut forged.chunks[index].0;
            let (size, _) = header.split_once(';').expect("a signature");
            *header = format!("{size};chunk-signature={}", zeros());
            parts.refused(&head, &forged, 403, "SignatureDoesNotMatch");
        }
        let mut changed = frames.clone();
        changed.chunks[1].1[0] ^= 1;
        parts.refused(&head, &changed, 403, "SignatureDoesNotMatch");
        let mut swapped = frames;
        swapped.chunks.swap(0, 1);
        parts.refused(&head, &swapped, 403, "SignatureDoesNotMatch");
    }
    let (head, frames) = parts.streaming(SIGNED_TRAILER);
    let mut forged = frames.clone();
    forged.trailer[1] = format!("x-amz-trailer-signature:{}", zeros());
    parts.refused(&head, &forged, 403, "SignatureDoesNotMatch");
    let mut other_value = frames.clone();
    other_value.trailer[0] = "x-amz-checksum-crc32:AAAAAA==".to_owned();
    parts.refused(&head, &other_value, 403, "SignatureDoesNotMatch");
    let mut unsigned = frames;
    unsigned.trailer.pop();
    parts.refused(&head, &unsigned, 400, "MalformedTrailerError");
    parts.holds_none();
}

#[test]
fn row_19_to_21_frames_of_a_part_that_are_none_are_refused() {
    let parts = Parts::begin();
    for form in FORMS {
        let (head, frames) = parts.streaming(form);
        for size in ["ffffffffffffffff", "-1", "0x5", "", "g"] {
            let mut spoilt = frames.clone();
            let header = &mut spoilt.chunks[0].0;
            let extension = header.find(';').map(|at| header[at..].to_owned());
            *header = format!("{size}{}", extension.unwrap_or_default());
            parts.refused(&head, &spoilt, 400, "InvalidChunkSizeError");
        }
        let whole = frames.bytes();
        for len in [0, 1, whole.len() / 2, whole.len() - 1] {
            let wire = with_body(&head, whole[..len].to_vec());
            parts.scene.refused_wire(&wire, 400, "IncompleteBody");
        }
        let wire = with_body(&head, [&whole[..], b"more"].concat());
        parts.scene.refused_wire(&wire, 400, "IncompleteBody");
        for wrong in [DATA.len() - 1, DATA.len() + 1] {
            let city = &parts.scene.city;
            let mut put = city.request("PUT", &parts.target()).payload(form);
            put = put.header("x-amz-decoded-content-length", &wrong.to_string());
            if form != SIGNED {
                put = put.header("x-amz-trailer", "x-amz-checksum-crc32");
            }
            let head = put.wire();
            let frames = if form == UNSIGNED_TRAILER {
                Frames::unsigned()
            } else {
                Frames::signed(city, &head)
            };
            parts.refused(&head, &frames, 400, "IncompleteBody");
        }
        let city = &parts.scene.city;
        let unsaid = city.request("PUT", &parts.target()).payload(form).wire();
        parts.refused(&unsaid, &Frames::unsigned(), 411, "MissingContentLength");
    }
    let (head, mut frames) = parts.streaming(UNSIGNED_TRAILER);
    frames.trailer = vec!["x-amz-checksum-sha1:AAAA".to_owned()];
    parts.refused(&head, &frames, 400, "MalformedTrailerError");
    parts.holds_none();
}

#[test]
fn row_22_to_24_part_that_is_not_what_its_head_says_is_refused() {
    let parts = Parts::begin();
    let scene = &parts.scene;
    let part = || scene.city.request("PUT", &parts.target()).body("a part");
    let other = part().payload(&sha256_hex(b"another part"));
    scene.refused(other, 400, "XAmzContentSHA256Mismatch");
    for no_hash in ["", "abc", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"] {
        scene.refused(part().payload(no_hash), 400, "InvalidArgument");
    }
    let wrong = part().header("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==");
    scene.refused(wrong, 400, "BadDigest");
    let malformed = part().header("content-md5", "AAAA");
    scene.refused(malformed, 400, "InvalidDigest");
    parts.holds_none();
}

/// A body without any length is none that may be stored: where the connection ends is no end.
#[test]
fn row_20_body_without_a_length_is_refused() {
    let parts = Parts::begin();
    for target in ["/attacked/object".to_owned(), parts.target()] {
        for payload in ["UNSIGNED-PAYLOAD", &sha256_hex(b"")] {
            let mut put = parts
                .scene
                .city
                .request("PUT", &target)
                .payload(payload)
                .wire();
            put.remove("content-length");
            parts.scene.refused_wire(&put, 411, "MissingContentLength");
        }
    }
    parts.holds_none();
}
