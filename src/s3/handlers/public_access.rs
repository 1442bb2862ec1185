//! What keeps a bucket from becoming public (s3-behaviour.md 78).

use crate::s3::body::bridge::Framing;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::handlers::Call;
use crate::s3::respond;
use crate::s3::xml::public_access;
use actix_http::Payload;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;

/// GetPublicAccessBlock.
///
/// # Errors
/// The S3 answer.
pub async fn get(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let block = call.state.gateway.public_access_block(permit, &bucket)?;
    let block = block.ok_or_else(|| {
        S3Error::new(S3ErrorCode::NoSuchPublicAccessBlockConfiguration)
            .with("BucketName", bucket.name.to_string())
    })?;
    Ok(respond::xml(StatusCode::OK, public_access::document(block)))
}

/// PutPublicAccessBlock.
///
/// # Errors
/// The S3 answer.
pub async fn put(
    call: &Call<'_>,
    payload: Payload,
    framing: Framing,
) -> Result<HttpResponse, S3Error> {
    let (bucket, permit, body) = call.authorize_with_document(payload, framing).await?;
    let block = public_access::read(&body)?;
    let gateway = &call.state.gateway;
    gateway
        .set_public_access_block(permit, &bucket, Some(block))
        .await?;
    Ok(HttpResponse::Ok().finish())
}

/// DeletePublicAccessBlock: succeeds with and without a block.
///
/// # Errors
/// The S3 answer.
pub async fn delete(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let gateway = &call.state.gateway;
    gateway
        .set_public_access_block(permit, &bucket, None)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
