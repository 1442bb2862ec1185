//! From the server's request to a `RequestView`, and from there to a verified caller.
//!
//! Owns: the one place that reads the raw request for authentication and routing alike (attacks.md,
//! rule 5). Not here: the verification itself (`auth::sigv4`).

use crate::auth::{AuthError, RequestView, Verified};
use crate::base::digest::{DigestAlgorithm, digest};
use crate::s3::app::S3State;
use crate::s3::body::bridge::{self, Framing};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::route::Target;
use actix_http::{Payload, RequestHead};
use tokio::sync::Semaphore;

/// Longest body that is hashed because its request does not state the hash. The clients that leave
/// it out send documents and small objects.
const HASHED_BODY_LEN_MAX: usize = 16 * 1024 * 1024;
/// Such bodies at once: they are held before their sender is known, so that all of them together
/// must not be able to fill the memory.
const HASHED_BODIES_MAX: usize = 4;
static HASHED_BODIES: Semaphore = Semaphore::const_new(HASHED_BODIES_MAX);

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

/// Verifies the caller before the body has come. `None` when the body has to be hashed for that.
///
/// # Errors
/// The S3 answer to every failure of verification. A request without any authentication data is
/// denied: there are no public buckets yet.
pub async fn verify_ahead(
    state: &S3State,
    view: &RequestView<'_>,
    target: &Target,
) -> Result<Option<Verified>, S3Error> {
    match state.verifier.verify(view).await {
        Ok(verified) => Ok(Some(verified)),
        Err(AuthError::BodyHashRequired) => Ok(None),
        Err(AuthError::Anonymous) => {
            let denied = failed(state, AuthError::Anonymous);
            Err(missing_bucket(state, view, target).await.unwrap_or(denied))
        }
        Err(error) => Err(failed(state, error)),
    }
}

/// Verifies the caller. Where the signature covers the hash of the body and the request does not
/// state it (s3-behaviour.md 2), the body is read here and returned again.
///
/// # Errors
/// As [`verify_ahead`]; `MaxMessageLengthExceeded` for a body that is too long to be hashed,
/// `SlowDown` when too many are.
pub async fn verify(
    state: &S3State,
    (view, target): (&RequestView<'_>, &Target),
    payload: Payload,
) -> Result<(Verified, Payload), S3Error> {
    if let Some(verified) = verify_ahead(state, view, target).await? {
        return Ok((verified, payload));
    }
    let declared = view.header("content-length");
    let declared = declared.and_then(|len| str::from_utf8(len).ok()?.parse::<usize>().ok());
    if declared.is_some_and(|len| len > HASHED_BODY_LEN_MAX) {
        return Err(S3Error::new(S3ErrorCode::MaxMessageLengthExceeded).close());
    }
    let _turn = HASHED_BODIES
        .try_acquire()
        .map_err(|_full| S3Error::new(S3ErrorCode::SlowDown).close())?;
    let patience = &state.patience;
    let (body, _) =
        bridge::read_whole(payload, Framing::Plain, patience, HASHED_BODY_LEN_MAX).await?;
    let mut sha256 = [0; 32];
    let hash = digest(DigestAlgorithm::Sha256, &body);
    sha256
        .iter_mut()
        .zip(&hash)
        .for_each(|(to, from)| *to = *from);
    match state.verifier.verify_with_body_hash(view, sha256).await {
        Ok(verified) => Ok((verified, Payload::from(body))),
        Err(error) => Err(failed(state, error)),
    }
}

/// AWS tells also a stranger that a bucket is missing (s3-behaviour.md 18), but not one who would
/// create it.
async fn missing_bucket(
    state: &S3State,
    view: &RequestView<'_>,
    target: &Target,
) -> Option<S3Error> {
    if view.method == "PUT" && target.object_key.is_none() {
        return None;
    }
    let name = target.bucket_name().ok()?;
    let found = state.gateway.find_bucket(&name).await;
    found.err().map(S3Error::from)
}

fn failed(state: &S3State, error: AuthError) -> S3Error {
    state.metrics.authentication_failed();
    error.into()
}
