//! AWS signature version 4: the verifier, and the signer of what `riznica bench` sends.
//!
//! Owns: the steps below, each in the file it names. Step numbers follow "Signature Version 4" of
//! the S3 API reference. Signing (`sign`) is steps 7 and 8 with the same code.
//! Not here: what a POST policy says (`s3::post`), policy
//! decisions (`iam`).
//!
//! 1. Refuse headers that may occur once and occur twice; find out how the request authenticates:
//!    by header or by query, never both (`parse`).
//! 2. Parse the `Authorization` header or the `X-Amz-*` parameters once, into [`parse::Claims`];
//!    the algorithm is `AWS4-HMAC-SHA256` (`parse`).
//! 3. Read the date; the scope's date, region, service and terminator are the expected ones
//!    (`scope`).
//! 4. The date is within 15 minutes of ours, or the presigned URL is within its life (`scope`).
//! 5. `host` and every `x-amz-*` header are signed, but for two closed lists (`signed_headers`).
//! 6. Learn how the body is authenticated: hash, none, or chunk by chunk (`payload`).
//! 7. Build the canonical request from the raw request and hash it into the string to sign
//!    (`canonical`).
//! 8. Find the credential and its signing key, from a bounded cache or derived (`signing_key`); an
//!    id that does not exist costs the same (A3).
//! 9. Verify in constant time (`verify`); only then look at the credential's status and make the
//!    `VerifiedIdentity`.
//! 10. Streaming bodies: verify each chunk, the final empty chunk and the trailer, chained to the
//!     request's signature (`chunk`).
//!
//! A browser's form is signed in another way: its policy is the string to sign, there is no
//! canonical request, and its fields take the place of headers (`form`). Steps 3, 4, 8 and 9 are
//! the same.
//!
//! Replay inside the 15 minutes is possible, as the algorithm has it: clients retry by sending the
//! same bytes again, so a cache of seen signatures would refuse honest retries.

mod canonical;
mod chunk;
mod form;
mod parse;
mod payload;
mod scope;
mod sign;
mod signed_headers;
mod signing_key;
mod verify;

pub use chunk::ChunkVerifier;
pub use form::FormSignature;
pub use parse::{Claimed, claimed};
pub use payload::{Payload, anonymous_payload};
pub use sign::{Signature, Signer};
pub use verify::{Verified, Verifier};

/// The only algorithm that is accepted.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// The service name in scopes of S3 requests.
const SERVICE_S3: &str = "s3";
/// SHA-256 of nothing.
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Where a request carries its authentication data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the `Authorization` header.
    Header,
    /// In the query: a presigned URL.
    Query,
}

fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(crate::base::digest::digest(
        crate::base::digest::DigestAlgorithm::Sha256,
        bytes,
    ))
}
