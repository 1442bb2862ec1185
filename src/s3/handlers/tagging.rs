//! Tags of versions and of buckets (s3-behaviour.md 62, 79, 80).

use crate::base::limits::XML_BODY_LEN_MAX;
use crate::gateway::BucketRecord;
use crate::iam::Permit;
use crate::model::tags::{BUCKET_TAGS_MAX, OBJECT_TAGS_MAX, TagSet};
use crate::s3::body::bridge::Framing;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::extract::version::{self, VERSION_HEADER};
use crate::s3::handlers::Call;
use crate::s3::policy_context::Asked;
use crate::s3::respond;
use crate::s3::xml::{responses_settings, tagging};
use actix_http::Payload;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};

/// GetObjectTagging: an object without tags has an empty set.
///
/// # Errors
/// The S3 answer.
pub async fn get_object(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let selector = version::selector(call.query)?;
    let named = (&bucket, call.target.object_key()?);
    let gateway = &call.state.gateway;
    let facts = gateway.version_facts(permit, call.action(), named, selector);
    let facts = facts.await?;
    let mut response = HttpResponse::Ok();
    version::tell(&mut response, VERSION_HEADER, facts.told);
    let body = responses_settings::tagging(&facts.tags);
    Ok(response
        .insert_header(("content-type", "application/xml"))
        .body(body))
}

/// PutObjectTagging.
///
/// # Errors
/// The S3 answer.
pub async fn put_object(
    call: &Call<'_>,
    payload: Payload,
    framing: Framing,
) -> Result<HttpResponse, S3Error> {
    // Before the body: who may not do it sends none.
    let bucket = call.authorize_ahead_of_document().await?;
    let body = call.read_document(payload, framing, XML_BODY_LEN_MAX);
    let tags = tagging::tagging(&body.await?, OBJECT_TAGS_MAX)?;
    let asked = Asked {
        tags: Some(tags.clone()),
        ..Asked::default()
    };
    let permit = call.authorize_document(&bucket, &asked).await?;
    let permitted = (permit, &bucket);
    Ok(set_object(call, permitted, StatusCode::OK, &tags)
        .await?
        .finish())
}

/// DeleteObjectTagging.
///
/// # Errors
/// The S3 answer.
pub async fn delete_object(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let (permitted, none) = ((permit, &bucket), TagSet::default());
    let mut response = set_object(call, permitted, StatusCode::NO_CONTENT, &none).await?;
    Ok(response.finish())
}

async fn set_object(
    call: &Call<'_>,
    (permit, bucket): (Permit, &BucketRecord),
    status: StatusCode,
    tags: &TagSet,
) -> Result<HttpResponseBuilder, S3Error> {
    let selector = version::selector(call.query)?;
    let named = (bucket, call.target.object_key()?);
    let gateway = &call.state.gateway;
    let told = gateway.set_object_tags(permit, call.action(), named, selector, tags);
    let told = told.await?;
    let mut response = HttpResponse::build(status);
    version::tell(&mut response, VERSION_HEADER, told);
    Ok(response)
}

/// GetBucketTagging: other than an object, a bucket without tags has no set (s3-behaviour.md 80).
///
/// # Errors
/// The S3 answer.
pub async fn get_bucket(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let tags = call.state.gateway.bucket_tags(permit, &bucket).await?;
    if tags.is_empty() {
        return Err(S3Error::new(S3ErrorCode::NoSuchTagSet));
    }
    let body = responses_settings::tagging(&tags);
    Ok(respond::xml(StatusCode::OK, body))
}

/// PutBucketTagging.
///
/// # Errors
/// The S3 answer.
pub async fn put_bucket(
    call: &Call<'_>,
    payload: Payload,
    framing: Framing,
) -> Result<HttpResponse, S3Error> {
    let (bucket, permit, body) = call.authorize_with_document(payload, framing).await?;
    let tags = tagging::tagging(&body, BUCKET_TAGS_MAX)?;
    let gateway = &call.state.gateway;
    gateway.set_bucket_tags(permit, &bucket, &tags).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// DeleteBucketTagging: succeeds with and without tags.
///
/// # Errors
/// The S3 answer.
pub async fn delete_bucket(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let none = TagSet::default();
    let gateway = &call.state.gateway;
    gateway.set_bucket_tags(permit, &bucket, &none).await?;
    Ok(HttpResponse::NoContent().finish())
}
