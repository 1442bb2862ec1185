//! A bucket's policy (s3-behaviour.md 72, 73, 77).

use crate::s3::body::bridge::Framing;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::extract::header;
use crate::s3::handlers::Call;
use crate::s3::respond;
use crate::s3::xml::public_access;
use actix_http::Payload;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;

/// Confirms that a policy may keep the account's root from changing it.
const CONFIRM_HEADER: &str = "x-amz-confirm-remove-self-bucket-access";

fn none(call: &Call<'_>) -> S3Error {
    let bucket = call.target.bucket.clone().unwrap_or_default();
    S3Error::new(S3ErrorCode::NoSuchBucketPolicy).with("BucketName", bucket)
}

/// GetBucketPolicy: the text as it was given, byte for byte.
///
/// # Errors
/// The S3 answer.
pub async fn get(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let policy = call.state.gateway.bucket_policy(permit, &bucket).await?;
    let policy = policy.ok_or_else(|| none(call))?;
    Ok(HttpResponse::Ok()
        .insert_header(("content-type", "application/json"))
        .body(policy.text.clone()))
}

/// GetBucketPolicyStatus. A bucket without a policy is not public.
///
/// # Errors
/// The S3 answer.
pub async fn status(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let is_public = call.state.gateway.is_public(permit, &bucket).await?;
    Ok(respond::xml(
        StatusCode::OK,
        public_access::policy_status(is_public),
    ))
}

/// PutBucketPolicy.
///
/// # Errors
/// The S3 answer.
pub async fn put(
    call: &Call<'_>,
    payload: Payload,
    framing: Framing,
) -> Result<HttpResponse, S3Error> {
    // The bound of policies is less, and has a text of its own.
    let (bucket, permit, text) = call.authorize_with_document(payload, framing).await?;
    let binds_root = header::flag(call.view, CONFIRM_HEADER)?;
    let gateway = &call.state.gateway;
    gateway
        .set_bucket_policy(permit, &bucket, &text, binds_root)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// DeleteBucketPolicy: succeeds with and without a policy.
///
/// # Errors
/// The S3 answer.
pub async fn delete(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let gateway = &call.state.gateway;
    gateway.delete_bucket_policy(permit, &bucket).await?;
    Ok(HttpResponse::NoContent().finish())
}
