//! Signatures of the chunks and the trailer of a streaming body (step 10).
//!
//! Owns: the chain from the request's signature over each chunk to the trailer.
//! Not here: cutting the body into chunks (`s3::body::aws_chunked`).

use crate::auth::error::AuthError;
use crate::auth::sigv4::EMPTY_SHA256;
use crate::auth::sigv4::signing_key::SigningKey;

/// Verifies the signatures of one streaming body, in order.
#[derive(Debug)]
pub struct ChunkVerifier {
    signing_key: SigningKey,
    date: String,
    scope: String,
    previous: Previous,
    chunk_index: u64,
    has_trailer: bool,
}

/// The last signature that held. It came from the client and is not a secret, but has no place in
/// logs.
struct Previous(String);

impl std::fmt::Debug for Previous {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Previous(left out)")
    }
}

impl ChunkVerifier {
    /// Begins the chain at a request's verified signature.
    pub(super) fn new(
        signing_key: SigningKey,
        date: String,
        scope: String,
        seed_signature: String,
        has_trailer: bool,
    ) -> Self {
        let previous = Previous(seed_signature);
        Self {
            signing_key,
            date,
            scope,
            previous,
            chunk_index: 0,
            has_trailer,
        }
    }

    /// Whether the request announced a signed trailer: a body without one is then not whole.
    pub fn has_trailer(&self) -> bool {
        self.has_trailer
    }

    /// Verifies the next chunk, the final empty one included.
    ///
    /// # Errors
    /// `ChunkSignatureDoesNotMatch`; the chain does not move on, so no later signature can hold
    /// either.
    pub fn verify_chunk(
        &mut self,
        signature_hex: &[u8],
        chunk_sha256: &[u8],
    ) -> Result<(), AuthError> {
        let covered = format!("{EMPTY_SHA256}\n{}", hex::encode(chunk_sha256));
        if !self.verify("AWS4-HMAC-SHA256-PAYLOAD", &covered, signature_hex) {
            return Err(AuthError::ChunkSignatureDoesNotMatch {
                chunk_index: self.chunk_index,
            });
        }
        self.chunk_index += 1;
        Ok(())
    }

    /// Verifies the trailer, after the final chunk. The hash is of the lines `name:value`, each
    /// ended by a line feed.
    ///
    /// # Errors
    /// `TrailerSignatureDoesNotMatch`.
    pub fn verify_trailer(
        &mut self,
        signature_hex: &[u8],
        canonical_trailer_sha256: &[u8],
    ) -> Result<(), AuthError> {
        let covered = hex::encode(canonical_trailer_sha256);
        if !self.verify("AWS4-HMAC-SHA256-TRAILER", &covered, signature_hex) {
            return Err(AuthError::TrailerSignatureDoesNotMatch);
        }
        Ok(())
    }

    fn verify(&mut self, algorithm: &str, covered: &str, signature_hex: &[u8]) -> bool {
        let Self {
            date,
            scope,
            previous: Previous(previous),
            ..
        } = self;
        let string_to_sign = format!("{algorithm}\n{date}\n{scope}\n{previous}\n{covered}");
        let is_verified = self
            .signing_key
            .verifies(string_to_sign.as_bytes(), signature_hex);
        if is_verified {
            self.previous = Previous(String::from_utf8_lossy(signature_hex).into_owned());
        }
        is_verified
    }
}
