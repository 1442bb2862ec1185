//! aws-chunked bodies, signed chunk by chunk, for the tests to spoil.
//!
//! Owns: the frames by the letter of AWS's documentation. Not here: the attacks (`chunks`).

use super::Scene;
use crate::raw::{Account, Wire, sha256_hex};

/// `x-amz-content-sha256` of the three forms.
pub(crate) const SIGNED: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
pub(crate) const SIGNED_TRAILER: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
pub(crate) const UNSIGNED_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
/// What the test bodies decode to, and its CRC32.
pub(crate) const DATA: &[u8] = b"first chunk, second chunk";
pub(crate) const DATA_CRC32: &str = "R5lxIg==";
/// The two chunks of [`DATA`] and the final one.
const CHUNKS: [&[u8]; 3] = [b"first chunk, ", b"second chunk", b""];

/// A body in frames; the last one is empty.
#[derive(Clone, Debug)]
pub(crate) struct Frames {
    /// Chunk header without CRLF, and data.
    pub(crate) chunks: Vec<(String, Vec<u8>)>,
    /// Lines of the trailer without CRLF.
    pub(crate) trailer: Vec<String>,
}

impl Frames {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (header, data) in &self.chunks {
            bytes.extend_from_slice(format!("{header}\r\n").as_bytes());
            if !data.is_empty() {
                bytes.extend_from_slice(data);
                bytes.extend_from_slice(b"\r\n");
            }
        }
        for line in &self.trailer {
            bytes.extend_from_slice(format!("{line}\r\n").as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes
    }

    /// Unsigned frames with a trailer.
    pub(crate) fn unsigned() -> Self {
        let chunks = CHUNKS.map(|data| (format!("{:x}", data.len()), data.to_vec()));
        Self {
            chunks: chunks.to_vec(),
            trailer: vec![format!("x-amz-checksum-crc32:{DATA_CRC32}")],
        }
    }

    /// Frames signed from the seed signature of a request on.
    pub(crate) fn signed(account: &Account, wire: &Wire) -> Self {
        let date = wire.value("x-amz-date");
        let scope = Account::scope(date);
        let authorization = wire.value("authorization");
        let seed = authorization.rsplit('=').next().expect("a signature");
        let mut previous = seed.to_owned();
        let mut chunks = Vec::new();
        for data in CHUNKS {
            let (empty, hash) = (sha256_hex(b""), sha256_hex(data));
            let text =
                format!("AWS4-HMAC-SHA256-PAYLOAD\n{date}\n{scope}\n{previous}\n{empty}\n{hash}");
            previous = account.signature(date, &text);
            let header = format!("{:x};chunk-signature={previous}", data.len());
            chunks.push((header, data.to_vec()));
        }
        let mut trailer = Vec::new();
        if wire.value("x-amz-content-sha256") == SIGNED_TRAILER {
            let line = format!("x-amz-checksum-crc32:{DATA_CRC32}");
            let hash = sha256_hex(format!("{line}\n").as_bytes());
            let text = format!("AWS4-HMAC-SHA256-TRAILER\n{date}\n{scope}\n{previous}\n{hash}");
            let signature = account.signature(date, &text);
            trailer = vec![line, format!("x-amz-trailer-signature:{signature}")];
        }
        Self { chunks, trailer }
    }
}

/// The head of a streaming PUT of [`DATA`] in one of the three forms, and its frames.
pub(crate) fn streaming_put(scene: &Scene, payload: &str) -> (Wire, Frames) {
    streaming(scene, "/attacked/object", payload)
}

/// As [`streaming_put`], to another target.
pub(crate) fn streaming(scene: &Scene, target: &str, payload: &str) -> (Wire, Frames) {
    let len = DATA.len().to_string();
    let put = scene.city.request("PUT", target);
    let mut put = put
        .payload(payload)
        .header("content-encoding", "aws-chunked")
        .header("x-amz-decoded-content-length", &len);
    if payload != SIGNED {
        put = put.header("x-amz-trailer", "x-amz-checksum-crc32");
    }
    let wire = put.wire();
    let frames = if payload == UNSIGNED_TRAILER {
        Frames::unsigned()
    } else {
        Frames::signed(&scene.city, &wire)
    };
    (wire, frames)
}

/// Puts a body under a head.
pub(crate) fn with_body(wire: &Wire, body: Vec<u8>) -> Wire {
    let mut wire = wire.clone();
    wire.set("content-length", &body.len().to_string());
    wire.body = body;
    wire
}
