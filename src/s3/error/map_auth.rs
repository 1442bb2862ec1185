//! From a request that was not verified to the S3 code that AWS gives for it.
#![deny(clippy::wildcard_enum_match_arm)]

use crate::auth::{AuthError, MalformedReason, SignatureEvidence};
use crate::s3::error::{S3Error, S3ErrorCode as Code};

const SIG_V2: &str = "The authorization mechanism you have provided is not supported. Please use \
                      AWS4-HMAC-SHA256.";

impl From<AuthError> for S3Error {
    fn from(error: AuthError) -> Self {
        let text = error.to_string();
        match error {
            AuthError::Anonymous => Self::new(Code::AccessDenied),
            AuthError::AuthorizationHeaderMalformed { reason, expected_region } => {
                malformed(Code::AuthorizationHeaderMalformed, reason, expected_region)
            }
            AuthError::AuthorizationQueryParametersError { reason, expected_region } => {
                malformed(Code::AuthorizationQueryParametersError, reason, expected_region)
            }
            AuthError::BodyHashRequired => Self::new(Code::InvalidRequest)
                .message("Missing required header for this request: x-amz-content-sha256".to_owned()),
            AuthError::BothAuthKinds => Self::new(Code::InvalidArgument).message(
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature \
                 query string parameter or the Authorization header should be specified"
                    .to_owned(),
            )
            .with("ArgumentName", "Authorization".to_owned()),
            AuthError::ChunkSignatureDoesNotMatch { .. }
            | AuthError::TrailerSignatureDoesNotMatch => {
                Self::new(Code::SignatureDoesNotMatch).detail(text).close()
            }
            AuthError::CorruptCredential { .. } => Self::new(Code::InternalError).detail(text),
            AuthError::DuplicateHeader { name } => Self::new(Code::InvalidRequest)
                .message(format!("The header {name} must not occur more than once.")),
            AuthError::ExpiredToken => Self::new(Code::ExpiredToken),
            AuthError::ExpiredPresigned {
                expired_at,
                expires_seconds,
                server_time,
            } => Self::new(Code::AccessDenied)
                .message("Request has expired".to_owned())
                .with("X-Amz-Expires", expires_seconds.to_string())
                .with("Expires", expired_at.iso8601())
                .with("ServerTime", server_time.iso8601()),
            AuthError::Form(error) => error.into(),
            AuthError::HeadersNotSigned { names } => Self::new(Code::AccessDenied)
                .message("There were headers present in the request which were not signed".to_owned())
                .with("HeadersNotSigned", names.join(", ")),
            AuthError::InvalidAccessKeyId => Self::new(Code::InvalidAccessKeyId),
            AuthError::InvalidContentSha256 => {
                Self::argument("x-amz-content-sha256", "", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD or a valid sha256 value.")
            }
            AuthError::InvalidToken => Self::new(Code::InvalidToken),
            AuthError::InvalidUri => Self::new(Code::InvalidURI),
            AuthError::KeyExpired => Self::new(Code::InvalidAccessKeyId)
                .message("The access key that you provided has expired.".to_owned())
                .detail(text),
            AuthError::KeyDisabled => Self::new(Code::InvalidAccessKeyId).detail(text),
            AuthError::MissingDate => Self::new(Code::AccessDenied).message(
                "AWS authentication requires a valid Date or x-amz-date header".to_owned(),
            ),
            AuthError::RequestTimeTooSkewed { request_time, server_time } => {
                Self::new(Code::RequestTimeTooSkewed)
                    .with("RequestTime", request_time.iso8601())
                    .with("ServerTime", server_time.iso8601())
                    .with("MaxAllowedSkewMilliseconds", "900000".to_owned())
            }
            AuthError::SigV2 => Self::new(Code::InvalidRequest).message(SIG_V2.to_owned()),
            AuthError::SignatureDoesNotMatch { evidence } => signature_does_not_match(*evidence),
            AuthError::Unavailable { .. } => Self::new(Code::ServiceUnavailable).detail(text),
            AuthError::UnsignedPayloadRefused => Self::new(Code::AccessDenied)
                .message("Over plain HTTP this server requires a signed payload.".to_owned()),
            AuthError::UnsupportedAlgorithm => Self::new(Code::InvalidArgument)
                .message("Unsupported Authorization Type".to_owned())
                .with("ArgumentName", "Authorization".to_owned()),
        }
    }
}

/// What the client and the operator need to find the difference: our canonical request, of which
/// the secrets were left out, and our string to sign.
fn signature_does_not_match(evidence: SignatureEvidence) -> S3Error {
    let bytes = |text: &str| {
        let pairs: Vec<String> = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        pairs.join(" ")
    };
    let SignatureEvidence {
        canonical_request,
        string_to_sign,
    } = evidence;
    // A form has none: its policy is what is signed, which the client has. It may say what the
    // object would have been, and is no matter of the log.
    if canonical_request.is_empty() {
        return S3Error::new(Code::SignatureDoesNotMatch)
            .with("StringToSignBytes", bytes(&string_to_sign))
            .with("StringToSign", string_to_sign)
            .detail("signature of the form's policy does not match".to_owned());
    }
    let detail = format!(
        "signature does not match; compare with what the client signed: \
         canonical_request={canonical_request:?} string_to_sign={string_to_sign:?}"
    );
    S3Error::new(Code::SignatureDoesNotMatch)
        .with("StringToSignBytes", bytes(&string_to_sign))
        .with("StringToSign", string_to_sign)
        .detail(detail)
        .with("CanonicalRequestBytes", bytes(&canonical_request))
        .with("CanonicalRequest", canonical_request)
}

fn malformed(code: Code, reason: MalformedReason, expected_region: String) -> S3Error {
    let text = match reason {
        MalformedReason::ScopeRegion => {
            format!(
                "The authorization is malformed; the region is wrong; expecting '{expected_region}'"
            )
        }
        MalformedReason::Algorithm
        | MalformedReason::CredentialSyntax
        | MalformedReason::DateSyntax
        | MalformedReason::Expires
        | MalformedReason::Missing(_)
        | MalformedReason::Repeated(_)
        | MalformedReason::ScopeDate
        | MalformedReason::ScopeService
        | MalformedReason::ScopeTerminator
        | MalformedReason::SignedHeaders
        | MalformedReason::Spelling(_)
        | MalformedReason::Syntax => format!("The authorization is malformed; {reason}"),
    };
    let error = S3Error::new(code).message(text);
    match reason {
        MalformedReason::ScopeRegion => error.with("Region", expected_region),
        MalformedReason::Algorithm
        | MalformedReason::CredentialSyntax
        | MalformedReason::DateSyntax
        | MalformedReason::Expires
        | MalformedReason::Missing(_)
        | MalformedReason::Repeated(_)
        | MalformedReason::ScopeDate
        | MalformedReason::ScopeService
        | MalformedReason::ScopeTerminator
        | MalformedReason::SignedHeaders
        | MalformedReason::Spelling(_)
        | MalformedReason::Syntax => error,
    }
}
