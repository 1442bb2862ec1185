//! CORS rules of a bucket (s3-behaviour.md 110).

use crate::s3::body::bridge::Framing;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::handlers::Call;
use crate::s3::respond;
use crate::s3::xml::cors;
use actix_http::Payload;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;

/// GetBucketCors.
///
/// # Errors
/// The S3 answer.
pub async fn get(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let rules = call.state.gateway.cors(permit, &bucket).await?;
    let rules = rules.ok_or_else(|| {
        S3Error::new(S3ErrorCode::NoSuchCORSConfiguration)
            .with("BucketName", bucket.name.to_string())
    })?;
    Ok(respond::xml(StatusCode::OK, cors::document(&rules)))
}

/// PutBucketCors.
///
/// # Errors
/// The S3 answer.
pub async fn put(
    call: &Call<'_>,
    payload: Payload,
    framing: Framing,
) -> Result<HttpResponse, S3Error> {
    let (bucket, permit, body) = call.authorize_with_document(payload, framing).await?;
    let rules = cors::read(&body)?;
    let gateway = &call.state.gateway;
    gateway.set_cors(permit, &bucket, Some(&rules)).await?;
    Ok(HttpResponse::Ok().finish())
}

/// DeleteBucketCors: succeeds with and without rules.
///
/// # Errors
/// The S3 answer.
pub async fn delete(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    call.state.gateway.set_cors(permit, &bucket, None).await?;
    Ok(HttpResponse::NoContent().finish())
}
