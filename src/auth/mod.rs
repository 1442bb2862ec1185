//! Rank 2: who is calling.
//!
//! Owns: access key ids, credentials, sessions, the view of a request that verification needs,
//! signature verification, and the proof of it, [`VerifiedIdentity`].
//! Not here: what the caller may do (`iam`), where credentials are stored (`catalog`), HTTP types
//! (`s3::authenticate`).
//!
//! Invariants
//! - A1: a `VerifiedIdentity` exists only after a signature held under an active credential's
//!   secret. Held by its private constructor; otherwise a handler could run for an unchecked
//!   caller.
//! - A2: what was signed is what is acted on: every `x-amz-*` header that is present is signed, but
//!   for the closed lists in `sigv4::signed_headers`. Otherwise the holder of a presigned URL could
//!   add a copy source, an ACL or a retention.
//! - A3: an access key id that does not exist costs the same work as one that does. Otherwise time
//!   tells which ids exist.
//! - A4: the right signature of a request that came in is never made as text, logged or compared
//!   byte by byte; it is verified by `ring::hmac::verify`.
//! - A5: a request with a session token is verified under the secret that the token holds, and no
//!   lasting key is looked up for it. Otherwise a token that was taken away or added would turn
//!   temporary credentials into lasting ones or the other way round.

pub mod credential;
pub mod error;
pub mod identity;
pub mod request;
pub mod session;
pub mod sigv4;

pub use credential::{
    AccessKeyId, Credential, CredentialError, CredentialStatus, CredentialStore,
    InvalidAccessKeyIdText,
};
pub use error::{AuthError, FormFieldError, MalformedReason, SignatureEvidence};
pub use identity::VerifiedIdentity;
pub use request::{QueryPair, RequestView, parse_query};
pub use session::{Actor, Session};

pub use sigv4::{
    ChunkVerifier, Claimed, FormSignature, Payload, Signature, Signer, Verified, Verifier,
    anonymous_payload, claimed,
};
