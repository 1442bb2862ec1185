//! Why a request was not verified: one variant for each distinct answer.
//!
//! Owns: `AuthError`, its reasons and evidence.
//! Not here: the codes and statuses they become (`s3::error::map`).
#![deny(clippy::wildcard_enum_match_arm)]

use crate::auth::credential::CredentialError;
use crate::base::kind::ErrorKind;
use crate::model::time::Timestamp;

/// What is wrong with an `Authorization` header or with `X-Amz-*` query parameters.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum MalformedReason {
    /// `X-Amz-Algorithm` is another one.
    #[error("X-Amz-Algorithm only supports AWS4-HMAC-SHA256")]
    Algorithm,
    /// The credential is not `id/date/region/service/aws4_request`.
    #[error("credential does not have five fields")]
    CredentialSyntax,
    /// `X-Amz-Date` is not `yyyymmddThhmmssZ`.
    #[error("date is not an ISO 8601 basic date and time")]
    DateSyntax,
    /// `X-Amz-Expires` is not a whole number from 0 to 604800.
    #[error("expiry is not a number of seconds up to seven days")]
    Expires,
    /// A component or parameter is absent.
    #[error("component is absent name={0}")]
    Missing(&'static str),
    /// A component or parameter occurs twice.
    #[error("component occurs twice name={0}")]
    Repeated(&'static str),
    /// The scope's date is not the request's date.
    #[error("date of the credential scope is not the date of the request")]
    ScopeDate,
    /// The scope's region is not ours.
    #[error("region of the credential scope is not the expected one")]
    ScopeRegion,
    /// The scope's service is not ours.
    #[error("service of the credential scope is not the expected one")]
    ScopeService,
    /// The scope does not end in `aws4_request`.
    #[error("credential scope does not end in aws4_request")]
    ScopeTerminator,
    /// The signed headers are not a sorted list of distinct lower-case names.
    #[error("signed headers are not sorted, distinct, lower-case names")]
    SignedHeaders,
    /// A parameter is spelt in other letter case than the specification has it.
    #[error("parameter is spelt in another letter case name={0}")]
    Spelling(&'static str),
    /// The header is not a list of `name=value`, or not text, or names something unknown.
    #[error("component is not one that the algorithm has")]
    Syntax,
}

/// What we computed for a request whose signature did not hold: for the operator's log, and for the
/// client that compares it with its own. Holds no signature, no customer key and no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureEvidence {
    /// The canonical request, with sensitive header values left out.
    pub canonical_request: String,
    /// The string to sign of the request as received.
    pub string_to_sign: String,
}

/// What is wrong with the fields of a form that say how its policy was signed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FormFieldError {
    /// A field is malformed, or its scope is not ours.
    #[error("field of the form is malformed name={name} reason={reason}")]
    Malformed {
        /// The field.
        name: &'static str,
        /// What it says, cut.
        value: String,
        /// What is wrong.
        reason: MalformedReason,
        /// Our region.
        expected_region: String,
    },
    /// A part of them is there, and not the rest.
    #[error("field of the form is absent name={name}")]
    Missing {
        /// The first that is missing.
        name: &'static str,
    },
}

/// Why a request, a chunk or a trailer was not verified.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The request carries no authentication data at all.
    #[error("request carries no authentication data")]
    Anonymous,
    /// The `Authorization` header is malformed, or its scope is not ours.
    #[error("authorization header is malformed reason={reason} expected_region={expected_region}")]
    AuthorizationHeaderMalformed {
        /// What is wrong.
        reason: MalformedReason,
        /// Our region, which some clients read from the answer.
        expected_region: String,
    },
    /// The `X-Amz-*` query parameters are incomplete or malformed, or their scope is not ours.
    #[error(
        "authorization parameters are malformed reason={reason} expected_region={expected_region}"
    )]
    AuthorizationQueryParametersError {
        /// What is wrong.
        reason: MalformedReason,
        /// Our region.
        expected_region: String,
    },
    /// The body's hash is part of what was signed, was not sent, and there is a body: hash it and
    /// call `Verifier::verify_with_body_hash`, or refuse the request when the body is too large for
    /// that.
    #[error("request with a body does not state its hash")]
    BodyHashRequired,
    /// Both an `Authorization` header and authentication parameters in the query.
    #[error("request is authenticated by header and by query at once")]
    BothAuthKinds,
    /// The signature of a chunk of a streaming body does not hold.
    #[error("chunk signature does not match chunk_index={chunk_index}")]
    ChunkSignatureDoesNotMatch {
        /// Which chunk, from zero.
        chunk_index: u64,
    },
    /// The stored credential cannot be used.
    #[error("credential is corrupt")]
    CorruptCredential {
        /// What the store found; `None` when its secret is not text.
        #[source]
        source: Option<CredentialError>,
    },
    /// A header that may occur once occurs more often.
    #[error("header occurs more than once name={name}")]
    DuplicateHeader {
        /// Its lower-case name.
        name: &'static str,
    },
    /// The signature holds, but the session's time is over.
    #[error("session token has expired")]
    ExpiredToken,
    /// The presigned URL has expired.
    #[error("presigned request has expired")]
    ExpiredPresigned {
        /// When it expired.
        expired_at: Timestamp,
        /// How long it lived.
        expires_seconds: u64,
        /// When we looked.
        server_time: Timestamp,
    },
    /// What says how a form was signed is incomplete or malformed, or its scope is not ours.
    #[error(transparent)]
    Form(#[from] FormFieldError),
    /// Headers that have to be signed are not.
    #[error("headers are present but not signed names={names:?}")]
    HeadersNotSigned {
        /// Their lower-case names.
        names: Vec<String>,
    },
    /// There is no such access key id.
    #[error("access key id does not exist")]
    InvalidAccessKeyId,
    /// `x-amz-content-sha256` is neither a SHA-256 nor a known keyword, or is given twice with
    /// different values.
    #[error("x-amz-content-sha256 is neither a hash nor a known keyword")]
    InvalidContentSha256,
    /// A session token that this installation did not issue for this access key id, one without
    /// anything that it could belong to, or one whose session was ended.
    #[error("session token is not valid")]
    InvalidToken,
    /// The path or the query has an invalid escape.
    #[error("request target has an invalid escape")]
    InvalidUri,
    /// The signature holds, but the credential is switched off.
    #[error("access key is disabled")]
    KeyDisabled,
    /// The signature holds, but the time of the credential is over.
    #[error("access key has expired")]
    KeyExpired,
    /// No `x-amz-date` and no `Date` that can be read.
    #[error("request has no valid date")]
    MissingDate,
    /// The request's date differs from ours by more than 15 minutes.
    #[error("request time is too far from server time")]
    RequestTimeTooSkewed {
        /// The request's.
        request_time: Timestamp,
        /// Ours.
        server_time: Timestamp,
    },
    /// Signature version 2, which is refused everywhere.
    #[error("signature version 2 is not accepted")]
    SigV2,
    /// The signature does not hold.
    #[error("signature does not match")]
    SignatureDoesNotMatch {
        /// What we computed, for the operator.
        evidence: Box<SignatureEvidence>,
    },
    /// The signature of a streaming body's trailer does not hold.
    #[error("trailer signature does not match")]
    TrailerSignatureDoesNotMatch,
    /// The credential store cannot answer.
    #[error("credential could not be looked up")]
    Unavailable {
        /// What the store met.
        #[source]
        source: CredentialError,
    },
    /// A body without a signed hash over plain HTTP, where the configuration demands one.
    #[error("unsigned payload over plain http is not accepted")]
    UnsignedPayloadRefused,
    /// An `Authorization` header with an algorithm other than `AWS4-HMAC-SHA256`.
    #[error("authentication algorithm is not supported")]
    UnsupportedAlgorithm,
}

impl AuthError {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Anonymous
            | Self::ChunkSignatureDoesNotMatch { .. }
            | Self::ExpiredPresigned { .. }
            | Self::ExpiredToken
            | Self::HeadersNotSigned { .. }
            | Self::InvalidAccessKeyId
            | Self::KeyDisabled
            | Self::KeyExpired
            | Self::MissingDate
            | Self::RequestTimeTooSkewed { .. }
            | Self::SignatureDoesNotMatch { .. }
            | Self::TrailerSignatureDoesNotMatch
            | Self::UnsignedPayloadRefused => ErrorKind::Denied,
            Self::AuthorizationHeaderMalformed { .. }
            | Self::AuthorizationQueryParametersError { .. }
            | Self::BodyHashRequired
            | Self::BothAuthKinds
            | Self::DuplicateHeader { .. }
            | Self::Form(_)
            | Self::InvalidContentSha256
            | Self::InvalidToken
            | Self::InvalidUri
            | Self::SigV2
            | Self::UnsupportedAlgorithm => ErrorKind::Invalid,
            Self::CorruptCredential { .. } => ErrorKind::Corrupt,
            Self::Unavailable { .. } => ErrorKind::Unavailable,
        }
    }
}
