//! Forms that browsers post to a bucket: an upload by PUT in another shape.
//!
//! Owns: the way from a form to a verified caller, an object and what is asked for it.
//! Not here: the upload itself and its answer (`s3::handlers::post_object`), the signature
//! (`auth::sigv4`).
//!
//! Whoever sends a form need not be who has signed it: the policy says which forms its signer
//! allows, and what it does not speak of is refused. So nothing but the fields counts, no header of
//! the request, no parameter of its query; then the signer's own permissions, as for a PUT. The
//! fields are read before the caller is known, and bounded; the file is read behind the decision.
//!
//! Source: S3 API reference, "Browser-based uploads using POST", "POST Object"; s3-behaviour.md 104
//! to 108.

pub mod body;
pub mod decoder;
pub mod error;
pub mod fields;
pub mod head;
mod json;
pub mod policy;

use crate::auth::{FormSignature, RequestView, Verified};
use crate::base::limits::{FORM_LEN_MAX, PUT_LEN_MAX};
use crate::gateway::fairness::Visit;
use crate::model::object_key::{InvalidObjectKey, ObjectKey};
use crate::model::time::Timestamp;
use crate::s3::app::S3State;
use crate::s3::authenticate;
use crate::s3::error::{S3Error, S3ErrorCode, facts};
use crate::s3::extract::conditions::text;
use crate::s3::extract::number::byte_count;
use crate::s3::handlers::{Call, post_object};
use crate::s3::operation::Operation;
use crate::s3::post::body::FormBody;
use crate::s3::post::fields::Fields;
use crate::s3::post::head::{BodyType, body_type};
use crate::s3::post::policy::{LengthRange, PostPolicy};
use crate::s3::route::{Query, Target};
use crate::s3::tally::Tally;
use actix_http::{Payload, RequestHead};
use actix_web::HttpResponse;
use tokio::sync::Semaphore;

/// Forms whose fields are read at once, before anybody knows whose they are: 28 KiB each, and half
/// of the connections that there are by default.
const UNKNOWN_FORMS_MAX: usize = 4096;
static UNKNOWN_FORMS: Semaphore = Semaphore::const_new(UNKNOWN_FORMS_MAX);

/// Whether a request is a form; its caller is known only when its fields were read.
pub fn is_form(operation: &Result<Operation, S3Error>, view: &RequestView<'_>) -> bool {
    matches!(operation, Ok(Operation::PostObject)) && content_type(view) != BodyType::Other
}

fn content_type(view: &RequestView<'_>) -> BodyType {
    let mut values = view.header_values("content-type");
    let value = values.next().and_then(|value| str::from_utf8(value).ok());
    match (value.map(body_type), values.next()) {
        (Some(BodyType::Form(_)), Some(_)) => BodyType::FormWithoutBoundary,
        (Some(known), _) => known,
        (None, _) => BodyType::Other,
    }
}

/// The answer to a POST of something else to a bucket.
pub fn not_a_form() -> S3Error {
    let condition = "Bucket POST must be of the enclosure-type multipart/form-data";
    S3Error::new(S3ErrorCode::PreconditionFailed).with("Condition", condition.to_owned())
}

/// Answers a form.
///
/// # Errors
/// The S3 answer.
pub async fn serve(
    state: &S3State,
    (head, view): (&RequestHead, &RequestView<'_>),
    target: &Target,
    payload: Payload,
    (visit, tally): (&mut Visit, &Tally),
) -> Result<HttpResponse, S3Error> {
    let mut body = form_body(state, view, payload)?;
    let fields = {
        let full = |_full| S3Error::new(S3ErrorCode::SlowDown).close();
        let _turn = UNKNOWN_FORMS.try_acquire().map_err(full)?;
        body.fields().await?
    };
    let name = fields.get("key").filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| S3Error::missing_field("key"))?;
    let as_put = fields.view(view)?;
    let signature = FormSignature::find(|name| fields.get(name));
    let signature = signature.map_err(|error| authenticate::failed(state, error))?;
    let verified = verify(state, signature.as_ref(), &as_put).await?;
    let principal = authenticate::principal(state, &verified).await?;
    *visit = authenticate::enter(state, &principal, target).await?;
    tally.comes_from(principal.tenant);
    let range = judge(state, signature.as_ref(), &fields, target)?;
    let target = Target {
        bucket: target.bucket.clone(),
        object_key: Some(object_key(name)?),
    };
    let call = Call {
        state,
        view: &as_put,
        query: &Query::new(Vec::new()),
        target: &target,
        verified: &verified,
        operation: Operation::PostObject,
        principal: &principal,
        peer: head.peer_addr.map(|peer| peer.ip()),
        tally,
    };
    let posted = post_object::post(&call, view, &fields, (body, range)).await;
    match posted {
        Ok(response) => Ok(response),
        Err(error) => {
            let error = call.conceal_target(error).await;
            Err(facts::complete(error, &as_put, &state.domains))
        }
    }
}

/// The body, of a request that is nothing but a form.
fn form_body<'a>(
    state: &'a S3State,
    view: &RequestView<'_>,
    payload: Payload,
) -> Result<FormBody<'a>, S3Error> {
    if has_other_signature(view) {
        let text = "A form is authenticated by its fields alone: neither an Authorization header nor \
                    parameters of a signature in the query may come with it.";
        return Err(S3Error::argument("Authorization", "", text).close());
    }
    let BodyType::Form(boundary) = content_type(view) else {
        return Err(S3Error::new(S3ErrorCode::MalformedPOSTRequest).close());
    };
    let declared_len = text(view, "content-length").and_then(byte_count);
    match declared_len {
        Some(len) if len > FORM_LEN_MAX => Err(S3Error::new(S3ErrorCode::EntityTooLarge)
            .with("ProposedSize", len.to_string())
            .with("MaxSizeAllowed", PUT_LEN_MAX.to_string())
            .close()),
        None if view.header("transfer-encoding").is_none() => {
            Err(S3Error::new(S3ErrorCode::MissingContentLength).close())
        }
        _ => Ok(FormBody::new(
            payload,
            &boundary,
            &state.patience,
            declared_len,
        )),
    }
}

/// Whether a request carries a signature outside of its form.
fn has_other_signature(view: &RequestView<'_>) -> bool {
    let names = ["x-amz-", "awsaccesskeyid", "signature"];
    let in_query = crate::auth::parse_query(view.query).unwrap_or_default();
    let mut in_query = in_query.iter().map(|pair| pair.name.to_ascii_lowercase());
    view.header("authorization").is_some()
        || in_query.any(|name| names.iter().any(|own| name.starts_with(own.as_bytes())))
}

async fn verify(
    state: &S3State,
    signature: Option<&FormSignature<'_>>,
    as_put: &RequestView<'_>,
) -> Result<Verified, S3Error> {
    let Some(signature) = signature else {
        let nobody = Verified::anonymous(as_put);
        return nobody.map_err(|error| authenticate::failed(state, error));
    };
    let verified = state.verifier.verify_form(signature, as_put.secure).await;
    verified.map_err(|error| {
        let access_key_id = signature.credential.split('/').next().unwrap_or_default();
        let error = authenticate::failed(state, error);
        match error.code() {
            S3ErrorCode::InvalidAccessKeyId => {
                error.with("AWSAccessKeyId", access_key_id.to_owned())
            }
            S3ErrorCode::SignatureDoesNotMatch => error
                .with("AWSAccessKeyId", access_key_id.to_owned())
                .with("SignatureProvided", signature.signature.to_owned()),
            _ => error,
        }
    })
}

/// What the policy says of the form; without a signature there is none, and the bucket's own
/// decides alone.
fn judge(
    state: &S3State,
    signature: Option<&FormSignature<'_>>,
    fields: &Fields,
    target: &Target,
) -> Result<LengthRange, S3Error> {
    let bucket = target.bucket.as_deref().unwrap_or_default();
    let range = match signature {
        None => LengthRange::ANY,
        Some(signature) => {
            let policy = PostPolicy::parse(signature.policy)?;
            let now = Timestamp::from_millis(state.clock.unix_millis());
            policy.judge(fields, bucket, now)?
        }
    };
    // Where the form was sent to is where it goes (CVE-2023-43040).
    if fields.get("bucket").is_some_and(|named| named != bucket) {
        let text = "The bucket that the form names is not the one that it was sent to.";
        return Err(S3Error::new(S3ErrorCode::AccessDenied).message(text.to_owned()));
    }
    Ok(range)
}

fn object_key(name: &str) -> Result<ObjectKey, S3Error> {
    ObjectKey::parse(name).map_err(|source| match source {
        InvalidObjectKey::TooLong => {
            let error = S3Error::new(S3ErrorCode::KeyTooLongError);
            error.with("Size", name.len().to_string())
        }
        InvalidObjectKey::Malformed | InvalidObjectKey::NotUtf8 => {
            S3Error::argument("key", "", "The key must not hold a NUL character.")
        }
    })
}
