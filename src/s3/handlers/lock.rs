//! Object Lock: of a bucket, and retention and legal hold of a version (s3-behaviour.md 86 to 89).

use crate::base::limits::XML_BODY_LEN_MAX;
use crate::gateway::BucketRecord;
use crate::gateway::error::GatewayError;
use crate::gateway::object::version_error::VersionError;
use crate::model::lock::LockState;
use crate::s3::body::bridge::Framing;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::extract::version;
use crate::s3::handlers::Call;
use crate::s3::policy_context::Asked;
use crate::s3::respond;
use crate::s3::xml::{lock, responses_settings};
use actix_http::Payload;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;

/// GetObjectLockConfiguration.
///
/// # Errors
/// The S3 answer.
pub async fn get_configuration(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let found = call.state.gateway.object_lock(permit, &bucket)?;
    let code = S3ErrorCode::ObjectLockConfigurationNotFoundError;
    let object_lock = found.ok_or_else(|| S3Error::new(code))?;
    let body = responses_settings::object_lock(&object_lock);
    Ok(respond::xml(StatusCode::OK, body))
}

/// PutObjectLockConfiguration.
///
/// # Errors
/// The S3 answer.
pub async fn put_configuration(
    call: &Call<'_>,
    payload: Payload,
    framing: Framing,
) -> Result<HttpResponse, S3Error> {
    let (bucket, permit, body) = call.authorize_with_document(payload, framing).await?;
    let object_lock = lock::object_lock(&body)?;
    let gateway = &call.state.gateway;
    gateway
        .set_object_lock(permit, &bucket, object_lock)
        .await
        .map_err(|error| configuration_error(error, &bucket))?;
    Ok(HttpResponse::Ok().finish())
}

/// The state that is wrong, in AWS's words.
fn configuration_error(error: GatewayError, bucket: &BucketRecord) -> S3Error {
    if matches!(
        error,
        GatewayError::Version(VersionError::InvalidBucketState)
    ) {
        let text =
            "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration";
        return S3Error::new(S3ErrorCode::InvalidBucketState)
            .message(text.to_owned())
            .with("BucketName", bucket.name.to_string());
    }
    error.into()
}

/// The lock of the version that the request names.
async fn lock_state(call: &Call<'_>) -> Result<LockState, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let selector = version::selector(call.query)?;
    if bucket.object_lock.is_none() {
        return Err(VersionError::NoObjectLock.into());
    }
    let named = (&bucket, call.target.object_key()?);
    let gateway = &call.state.gateway;
    let facts = gateway.version_facts(permit, call.action(), named, selector);
    Ok(facts.await?.lock)
}

/// GetObjectRetention: a retention that is over is still told.
///
/// # Errors
/// The S3 answer.
pub async fn get_retention(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let code = S3ErrorCode::NoSuchObjectLockConfiguration;
    let retention = lock_state(call).await?.retention;
    let retention = retention.ok_or_else(|| S3Error::new(code))?;
    let body = responses_settings::retention(&retention);
    Ok(respond::xml(StatusCode::OK, body))
}

/// PutObjectRetention.
///
/// # Errors
/// The S3 answer.
pub async fn put_retention(
    call: &Call<'_>,
    payload: Payload,
    framing: Framing,
) -> Result<HttpResponse, S3Error> {
    let bucket = call.authorize_ahead_of_document().await?;
    let selector = version::selector(call.query)?;
    let bypass = call.bypasses_governance(&bucket, None).await?;
    let body = call.read_document(payload, framing, XML_BODY_LEN_MAX);
    let retention = lock::retention(&body.await?)?;
    let asked = Asked {
        retention,
        ..Asked::default()
    };
    let permit = call.authorize_document(&bucket, &asked).await?;
    let named = (&bucket, call.target.object_key()?);
    let gateway = &call.state.gateway;
    gateway
        .set_retention(permit, named, selector, retention, bypass)
        .await?;
    Ok(HttpResponse::Ok().finish())
}

/// GetObjectLegalHold. A version that never had one answers as one whose hold was taken away.
///
/// # Errors
/// The S3 answer.
pub async fn get_legal_hold(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let is_held = lock_state(call).await?.legal_hold;
    let body = responses_settings::legal_hold(is_held);
    Ok(respond::xml(StatusCode::OK, body))
}

/// PutObjectLegalHold.
///
/// # Errors
/// The S3 answer.
pub async fn put_legal_hold(
    call: &Call<'_>,
    payload: Payload,
    framing: Framing,
) -> Result<HttpResponse, S3Error> {
    let bucket = call.authorize_ahead_of_document().await?;
    let selector = version::selector(call.query)?;
    let body = call.read_document(payload, framing, XML_BODY_LEN_MAX);
    let is_on = lock::legal_hold(&body.await?)?;
    let asked = Asked {
        legal_hold: Some(is_on),
        ..Asked::default()
    };
    let permit = call.authorize_document(&bucket, &asked).await?;
    let named = (&bucket, call.target.object_key()?);
    let gateway = &call.state.gateway;
    gateway
        .set_legal_hold(permit, named, selector, is_on)
        .await?;
    Ok(HttpResponse::Ok().finish())
}
