//! From the server's request to a `RequestView`, and from there to a verified caller.
//!
//! Owns: the one place that reads the raw request for authentication and routing alike (attacks.md,
//! rule 5). Not here: the verification itself (`auth::sigv4`).

use crate::auth::{AuthError, Payload as SignedPayload, RequestView, Verified, Verifier};
use crate::base::digest::{DigestAlgorithm, digest};
use crate::gateway::fairness::Visit;
use crate::iam::Principal;
use crate::s3::app::S3State;
use crate::s3::body::bridge::{self, Framing};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::route::Target;
use actix_http::{Payload, RequestHead};
use bytes::Bytes;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Longest body that is hashed because its request does not state the hash. The clients that leave
/// it out send documents and small objects.
const HASHED_BODY_LEN_MAX: usize = 16 * 1024 * 1024;
/// Such bodies at once: they are held before their sender is known, so that all of them together
/// must not be able to fill the memory.
const HASHED_BODIES_MAX: usize = 4;
static HASHED_BODIES: Room = Room::new(HASHED_BODIES_MAX, HASHED_BODY_LEN_MAX);

/// Room for bodies whose senders are not known yet. Each kind has its own, so that one does not
/// keep the other waiting.
#[derive(Debug)]
pub struct Room {
    turns: Semaphore,
    len_max: usize,
}

impl Room {
    /// Room for so many bodies at once, each of so many bytes at most.
    pub const fn new(count_max: usize, len_max: usize) -> Self {
        Self {
            turns: Semaphore::const_new(count_max),
            len_max,
        }
    }
}

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
/// The S3 answer to every failure of verification. A request without any authentication data
/// comes from nobody: what nobody may do is for policies to say.
pub async fn verify_ahead(
    state: &S3State,
    view: &RequestView<'_>,
) -> Result<Option<Verified>, S3Error> {
    match state.verifier.verify(view).await {
        Ok(verified) => Ok(Some(verified)),
        Err(AuthError::BodyHashRequired) => Ok(None),
        Err(AuthError::Anonymous) => {
            let verified = Verified::anonymous(view);
            verified.map(Some).map_err(|error| failed(state, error))
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
    view: &RequestView<'_>,
    payload: Payload,
) -> Result<(Verified, Payload), S3Error> {
    if let Some(verified) = verify_ahead(state, view).await? {
        return Ok((verified, payload));
    }
    let body = read_form(state, view, payload, &HASHED_BODIES).await?;
    let verified = verify_form(state, Some(&state.verifier), view, &body).await?;
    Ok((verified, Payload::from(body)))
}

/// Reads a body whose sender is not known yet.
///
/// # Errors
/// `MaxMessageLengthExceeded`, `SlowDown` when too many are read, or as the wire fails.
pub async fn read_form(
    state: &S3State,
    view: &RequestView<'_>,
    payload: Payload,
    room: &Room,
) -> Result<Bytes, S3Error> {
    let len_max = room.len_max;
    let declared = view.header("content-length");
    let declared = declared.and_then(|len| str::from_utf8(len).ok()?.parse::<usize>().ok());
    if declared.is_some_and(|len| len > len_max) {
        return Err(S3Error::new(S3ErrorCode::MaxMessageLengthExceeded).close());
    }
    let _turn = room
        .turns
        .try_acquire()
        .map_err(|_full| S3Error::new(S3ErrorCode::SlowDown).close())?;
    let patience = &state.patience;
    let (body, _) = bridge::read_whole(payload, Framing::Plain, patience, len_max).await?;
    Ok(body)
}

/// Verifies the caller of a request whose body has been read.
///
/// # Errors
/// The S3 answer to every failure of verification.
pub async fn verify_form(
    state: &S3State,
    verifier: Option<&Verifier>,
    view: &RequestView<'_>,
    body: &[u8],
) -> Result<Verified, S3Error> {
    let mut sha256 = [0; 32];
    let hash = digest(DigestAlgorithm::Sha256, body);
    sha256
        .iter_mut()
        .zip(&hash)
        .for_each(|(to, from)| *to = *from);
    let verifier = verifier.unwrap_or(&state.verifier);
    match verifier.verify_with_body_hash(view, sha256).await {
        // The hash that a request states wins over the body's, which then has to have it.
        Ok(verified) => match verified.payload {
            SignedPayload::Sha256(stated) if stated != sha256 => {
                Err(S3Error::new(S3ErrorCode::XAmzContentSHA256Mismatch))
            }
            _ => Ok(verified),
        },
        Err(AuthError::Anonymous) => {
            Verified::anonymous(view).map_err(|error| failed(state, error))
        }
        Err(error) => Err(failed(state, error)),
    }
}

/// Who asks, with the policies that are about it.
///
/// # Errors
/// When its user was deleted, or its policies cannot be read.
pub async fn principal(state: &S3State, verified: &Verified) -> Result<Principal, S3Error> {
    let identity = verified.identity.as_ref();
    Ok(state.gateway.principal(identity).await?)
}

/// How long a refusal for a rate is held back. A client that does not wait when it is told to would
/// be refused as often as the processor can, at the cost of the other tenants: each of its
/// connections is refused ten times a second at most.
const REFUSAL_DELAY: Duration = Duration::from_millis(100);

/// Lets a caller in, if its tenant does not go too fast. What nobody asks of a bucket goes at the
/// cost of the bucket's tenant, who has opened it to everybody.
///
/// # Errors
/// `SlowDown`, with the time to come again.
///
/// # Cancel safety
/// A dropped future has let nobody in.
pub async fn enter(
    state: &S3State,
    principal: &Principal,
    target: &Target,
) -> Result<Visit, S3Error> {
    let payer = match (principal.tenant, target.bucket_name()) {
        // A bucket that is not there, or cannot be read, is for the operation to tell.
        (None, Ok(name)) => state.gateway.find_bucket(&name).await.ok(),
        (Some(_), _) | (None, Err(_)) => None,
    };
    let payer = payer.map(|bucket| bucket.tenant).or(principal.tenant);
    match state.gateway.enter(payer) {
        Ok(visit) => Ok(visit),
        Err(error) => {
            state.metrics.slowed(error.what);
            state.clock.sleep(REFUSAL_DELAY).await;
            Err(error.into())
        }
    }
}

/// The S3 answer to a failure of verification, which is counted.
pub fn failed(state: &S3State, error: AuthError) -> S3Error {
    state.metrics.authentication_failed();
    error.into()
}
