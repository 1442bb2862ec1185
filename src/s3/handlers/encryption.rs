//! A bucket's default encryption. Everything is sealed in any case; the setting decides what
//! answers say of it (s3-behaviour.md 97).

use crate::model::encryption::SseAlgorithm;
use crate::s3::body::bridge::Framing;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::handlers::Call;
use crate::s3::respond;
use crate::s3::xml::{requests, responses};
use actix_http::Payload;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;

/// GetBucketEncryption. Without a setting the answer is SSE-S3, as AWS's since 2023, or an error,
/// as before (`s3.report_default_encryption`).
///
/// # Errors
/// The S3 answer.
pub async fn get(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let reported = call
        .state
        .reports_encryption
        .then_some(SseAlgorithm::Aes256);
    let set = call.state.gateway.default_encryption(permit, &bucket)?;
    let algorithm = set.or(reported).ok_or_else(|| {
        let code = S3ErrorCode::ServerSideEncryptionConfigurationNotFoundError;
        S3Error::new(code).with("BucketName", bucket.name.to_string())
    })?;
    let body = responses::bucket_encryption(algorithm);
    Ok(respond::xml(StatusCode::OK, body))
}

/// PutBucketEncryption.
///
/// # Errors
/// The S3 answer.
pub async fn put(
    call: &Call<'_>,
    payload: Payload,
    framing: Framing,
) -> Result<HttpResponse, S3Error> {
    let (bucket, permit, body) = call.authorize_with_document(payload, framing).await?;
    let algorithm = requests::bucket_encryption(&body)?;
    let gateway = &call.state.gateway;
    gateway
        .set_default_encryption(permit, &bucket, Some(algorithm))
        .await?;
    Ok(HttpResponse::Ok().finish())
}

/// DeleteBucketEncryption: succeeds with and without a setting.
///
/// # Errors
/// The S3 answer.
pub async fn delete(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let gateway = &call.state.gateway;
    gateway
        .set_default_encryption(permit, &bucket, None)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
