//! Lifecycle rules of a bucket (s3-behaviour.md 81, 82), and the header that tells an object's
//! expiry (83).

use crate::gateway::BucketRecord;
use crate::gateway::error::GatewayError;
use crate::gateway::object::get::ObjectAnswer;
use crate::model::versioning::VersionSelector;
use crate::s3::body::bridge::Framing;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::handlers::Call;
use crate::s3::respond;
use crate::s3::xml::lifecycle;
use actix_http::Payload;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};

/// The header that tells when an object expires.
const EXPIRATION_HEADER: &str = "x-amz-expiration";

/// GetBucketLifecycleConfiguration.
///
/// # Errors
/// The S3 answer.
pub async fn get(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let found = call.state.gateway.lifecycle(permit, &bucket).await?;
    let code = S3ErrorCode::NoSuchLifecycleConfiguration;
    let configuration = found.ok_or_else(|| S3Error::new(code))?;
    let body = lifecycle::document(&configuration);
    Ok(respond::xml(StatusCode::OK, body))
}

/// PutBucketLifecycleConfiguration.
///
/// # Errors
/// The S3 answer.
pub async fn put(
    call: &Call<'_>,
    payload: Payload,
    framing: Framing,
) -> Result<HttpResponse, S3Error> {
    let (bucket, permit, body) = call.authorize_with_document(payload, framing).await?;
    let configuration = lifecycle::lifecycle(&body)?;
    let gateway = &call.state.gateway;
    gateway
        .set_lifecycle(permit, &bucket, configuration)
        .await?;
    Ok(HttpResponse::Ok().finish())
}

/// DeleteBucketLifecycle.
///
/// # Errors
/// The S3 answer.
pub async fn delete(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    call.state.gateway.delete_lifecycle(permit, &bucket).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Tells when the object that was just written expires.
pub async fn tell_expiration(
    call: &Call<'_>,
    bucket: &BucketRecord,
    version: Option<VersionSelector>,
    response: &mut HttpResponseBuilder,
) {
    if let Ok(object_key) = call.target.object_key() {
        let gateway = &call.state.gateway;
        let told = gateway.expiration_of_written(bucket, object_key, version);
        set_expiration(response, bucket, told.await);
    }
}

/// Tells when the object that is read expires: the newest version only, others are not current.
pub async fn tell_read(
    call: &Call<'_>,
    bucket: &BucketRecord,
    answer: &ObjectAnswer,
    response: &mut HttpResponseBuilder,
) {
    if let Ok(object_key) = call.target.object_key()
        && answer.is_current
    {
        let gateway = &call.state.gateway;
        let told = gateway.expiration_of_record(bucket, object_key, &answer.record);
        set_expiration(response, bucket, told.await);
    }
}

/// The object is stored, or read: that its expiry cannot be told must not make the client believe
/// otherwise.
fn set_expiration(
    response: &mut HttpResponseBuilder,
    bucket: &BucketRecord,
    told: Result<Option<String>, GatewayError>,
) {
    match told {
        Ok(None) => {}
        Ok(Some(text)) => respond::set(response, EXPIRATION_HEADER, &text),
        Err(error) => {
            let bucket = &bucket.name;
            tracing::warn!(%bucket, %error, "expiry of an object cannot be told");
        }
    }
}
