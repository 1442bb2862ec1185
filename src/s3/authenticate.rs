//! From the server's request to a `RequestView`, and from there to a verified caller.
//!
//! Owns: the one place that reads the raw request for authentication and routing alike (attacks.md,
//! rule 5). Not here: the verification itself (`auth::sigv4`).

use crate::auth::{AuthError, RequestView, Verified};
use crate::s3::app::S3State;
use crate::s3::error::{S3Error, S3ErrorCode};
use actix_http::RequestHead;

/// The view of a request. Header names are lower case already; values keep their bytes.
pub fn view(head: &RequestHead, is_secure: bool) -> RequestView<'_> {
    let headers = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();
    RequestView {
        method: head.method.as_str(),
        path: head.uri.path(),
        query: head.uri.query().unwrap_or_default(),
        headers,
        secure: is_secure,
    }
}

/// Refuses what a proxy and this server could read differently: no Host, two Hosts, an absolute
/// URI.
///
/// # Errors
/// `InvalidRequest`.
pub fn refuse_ambiguous(head: &RequestHead, view: &RequestView<'_>) -> Result<(), S3Error> {
    let is_absolute = head.uri.authority().is_some();
    if is_absolute || view.header_values("host").count() != 1 {
        let text = "The request must name exactly one host, in its Host header.";
        return Err(S3Error::new(S3ErrorCode::InvalidRequest).message(text.to_owned()));
    }
    Ok(())
}

/// Verifies the caller.
///
/// # Errors
/// The S3 answer to every failure of verification. A request without any authentication data is
/// denied: there are no public buckets yet.
pub async fn verify(state: &S3State, view: &RequestView<'_>) -> Result<Verified, S3Error> {
    match state.verifier.verify(view).await {
        Ok(verified) => Ok(verified),
        Err(error) => {
            if let AuthError::SignatureDoesNotMatch { evidence } = &error {
                tracing::debug!(
                    canonical_request = evidence.canonical_request,
                    string_to_sign = evidence.string_to_sign,
                    "signature does not match; compare with what the client signed"
                );
            }
            state.metrics.authentication_failed();
            Err(error.into())
        }
    }
}
