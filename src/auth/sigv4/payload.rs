//! How the body of a request is authenticated (step 6).
//!
//! Owns: the values of `x-amz-content-sha256`, and what its absence means.
//! Not here: hashing bodies (`gateway`, `s3::body`), decoding aws-chunked frames
//! (`s3::body::aws_chunked`).

use crate::auth::error::AuthError;
use crate::auth::request::{QueryPair, RequestView};
use crate::auth::sigv4::{EMPTY_SHA256, Place, SERVICE_S3};

const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
const STREAMING_SIGNED: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const STREAMING_SIGNED_TRAILER: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
const STREAMING_UNSIGNED_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/// What the signature says about the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// No `x-amz-content-sha256`, and the request has no body: verified with the hash of nothing,
    /// there is nothing to read.
    HashAbsent,
    /// The body has this hash. The reader hashes it and commits only after it matched.
    Sha256([u8; 32]),
    /// The body comes in signed aws-chunked frames.
    StreamingSigned {
        /// Whether a signed trailer follows the final chunk.
        has_trailer: bool,
    },
    /// The body comes in unsigned aws-chunked frames with a trailer.
    StreamingUnsignedTrailer,
    /// The signature does not cover the body.
    Unsigned,
}

impl Payload {
    /// Whether a middleman could change the body unnoticed.
    pub(super) fn is_unsigned(self) -> bool {
        match self {
            Self::StreamingUnsignedTrailer | Self::Unsigned => true,
            Self::HashAbsent | Self::Sha256(_) | Self::StreamingSigned { .. } => false,
        }
    }

    fn parse(text: &str) -> Result<Self, AuthError> {
        match text {
            UNSIGNED => Ok(Self::Unsigned),
            STREAMING_SIGNED => Ok(Self::StreamingSigned { has_trailer: false }),
            STREAMING_SIGNED_TRAILER => Ok(Self::StreamingSigned { has_trailer: true }),
            STREAMING_UNSIGNED_TRAILER => Ok(Self::StreamingUnsignedTrailer),
            _ => {
                let mut hash = [0_u8; 32];
                hex::decode_to_slice(text, &mut hash)
                    .map_err(|_hex| AuthError::InvalidContentSha256)?;
                Ok(Self::Sha256(hash))
            }
        }
    }
}

/// The payload and the last line of the canonical request, which states it.
pub(super) struct DeclaredPayload {
    pub(super) payload: Payload,
    pub(super) text: String,
}

/// Reads how the body is authenticated. `body_sha256` is what the caller hashed, for a request that
/// does not say.
///
/// # Errors
/// `InvalidContentSha256`; `BodyHashRequired` when the hash is needed and unknown.
pub(super) fn declared(
    request: &RequestView<'_>,
    query: &[QueryPair],
    place: Place,
    service: &str,
    body_sha256: Option<[u8; 32]>,
) -> Result<DeclaredPayload, AuthError> {
    if let Some(text) = stated(request, query, place)? {
        return Ok(DeclaredPayload {
            payload: Payload::parse(&text)?,
            text,
        });
    }
    // S3 alone signs presigned URLs without the body ("Authenticating requests: using query
    // parameters").
    if place == Place::Query && service == SERVICE_S3 {
        return Ok(DeclaredPayload {
            payload: Payload::Unsigned,
            text: UNSIGNED.to_owned(),
        });
    }
    match body_sha256 {
        Some(hash) => Ok(DeclaredPayload {
            payload: Payload::Sha256(hash),
            text: hex::encode(hash),
        }),
        None if has_body(request) => Err(AuthError::BodyHashRequired),
        None => Ok(DeclaredPayload {
            payload: Payload::HashAbsent,
            text: EMPTY_SHA256.to_owned(),
        }),
    }
}

/// How the body of a request without credentials is framed: such a request may still use the
/// unsigned streaming form.
///
/// # Errors
/// `InvalidContentSha256`, also for signed streaming: there is no signature that the chunks could
/// follow. `DuplicateHeader` when the header occurs twice.
pub fn anonymous_payload(request: &RequestView<'_>) -> Result<Payload, AuthError> {
    if request.header_values("x-amz-content-sha256").count() > 1 {
        return Err(AuthError::DuplicateHeader {
            name: "x-amz-content-sha256",
        });
    }
    let Some(text) = stated(request, &[], Place::Header)? else {
        return Ok(Payload::Unsigned);
    };
    match Payload::parse(&text)? {
        Payload::StreamingSigned { .. } => Err(AuthError::InvalidContentSha256),
        payload => Ok(payload),
    }
}

/// The stated value: the header's, or for presigned requests the parameter's. Both may be there,
/// with one value.
fn stated(
    request: &RequestView<'_>,
    query: &[QueryPair],
    place: Place,
) -> Result<Option<String>, AuthError> {
    let in_header = request.header("x-amz-content-sha256");
    let in_query = query
        .iter()
        .filter(|pair| place == Place::Query && pair.name == b"X-Amz-Content-Sha256")
        .map(|pair| pair.value.as_slice());
    let mut values = in_header.into_iter().chain(in_query);
    let Some(first) = values.next() else {
        return Ok(None);
    };
    if values.any(|value| value != first) {
        return Err(AuthError::InvalidContentSha256);
    }
    let text = str::from_utf8(first).map_err(|_utf8| AuthError::InvalidContentSha256)?;
    Ok(Some(text.to_owned()))
}

/// Whether the framing announces a body. Without a length and without a transfer encoding there is
/// none (RFC 9112, 6.3).
fn has_body(request: &RequestView<'_>) -> bool {
    request.header("transfer-encoding").is_some()
        || request
            .header("content-length")
            .is_some_and(|len| len != b"0")
}
