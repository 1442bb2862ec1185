//! Access control lists and object ownership (s3-behaviour.md 62 to 71).
//!
//! Where the bucket's owner owns everything, lists are told and never changed (70); elsewhere they
//! are set by a name, by headers, or by a document.
//!
//! Source: S3 User Guide, "Controlling ownership of objects and disabling ACLs for your bucket",
//! "Access control list (ACL) overview".

use crate::gateway::BucketRecord;
use crate::iam::Permit;
use crate::model::acl::AskedAcl;
use crate::model::ownership::ObjectOwnership;
use crate::s3::body::bridge::Framing;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::extract;
use crate::s3::extract::version::{self, VERSION_HEADER};
use crate::s3::handlers::Call;
use crate::s3::respond;
use crate::s3::xml::{XmlError, acl};
use actix_http::Payload;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;

/// GetBucketAcl.
///
/// # Errors
/// The S3 answer.
pub async fn get_bucket(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let told = call.state.gateway.bucket_acl(permit, &bucket).await?;
    Ok(respond::xml(StatusCode::OK, acl::document(&told)))
}

/// GetObjectAcl.
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
    let told = gateway.told_acl(&bucket, facts.acl.as_deref()).await?;
    let mut response = HttpResponse::Ok();
    version::tell(&mut response, VERSION_HEADER, facts.told);
    Ok(response
        .insert_header(("content-type", "application/xml"))
        .body(acl::document(&told)))
}

/// PutBucketAcl and PutObjectAcl.
///
/// # Errors
/// The S3 answer.
pub async fn put(
    call: &Call<'_>,
    payload: Payload,
    framing: Framing,
) -> Result<HttpResponse, S3Error> {
    let (bucket, permit, body) = call.authorize_with_document(payload, framing).await?;
    if !bucket.ownership.allows_acls() {
        return put_without_effect(call, (permit, &bucket), &body).await;
    }
    let asked = asked(call, &body)?;
    let gateway = &call.state.gateway;
    let mut response = HttpResponse::Ok();
    if let Some(object_key) = &call.target.object_key {
        let selector = version::selector(call.query)?;
        let named = (&bucket, object_key);
        let told = gateway.set_object_acl(permit, call.action(), named, selector, &asked);
        version::tell(&mut response, VERSION_HEADER, told.await?);
    } else {
        gateway.set_bucket_acl(permit, &bucket, &asked).await?;
    }
    Ok(response.finish())
}

/// What a request asks for, by its headers or by its document.
fn asked(call: &Call<'_>, body: &[u8]) -> Result<AskedAcl, S3Error> {
    match (extract::acl::asked(call.view)?, body.is_empty()) {
        (Some(asked), true) => Ok(asked),
        (Some(_), false) => Err(S3Error::new(S3ErrorCode::UnexpectedContent)),
        (None, false) => document(body),
        (None, true) => Err(S3Error::new(S3ErrorCode::MissingSecurityHeader)
            .with("MissingHeaderName", extract::acl::HEADER.to_owned())),
    }
}

/// Reads the document of a list. For one that is none there is a code of its own.
fn document(body: &[u8]) -> Result<AskedAcl, S3Error> {
    acl::read(body).map_err(|error| match error {
        XmlError::Malformed(_) => {
            S3Error::new(S3ErrorCode::MalformedACLError).detail(error.to_string())
        }
        other => other.into(),
    })
}

/// No list is taken but the one that there is. Beyond AWS, which refuses that one too: s3cmd puts
/// the list of a copy's source on the copy, and gives the copy up when it may not.
async fn put_without_effect(
    call: &Call<'_>,
    (permit, bucket): (Permit, &BucketRecord),
    body: &[u8],
) -> Result<HttpResponse, S3Error> {
    let unsupported = || S3Error::new(S3ErrorCode::AccessControlListNotSupported);
    if body.is_empty() || extract::acl::is_asked(call.view) {
        return Err(unsupported());
    }
    let owner = call.owner_of(bucket).await?;
    if !acl::is_owner_alone(&document(body)?, &owner) {
        return Err(unsupported());
    }
    if let Some(object_key) = &call.target.object_key {
        let selector = version::selector(call.query)?;
        let named = (bucket, object_key);
        let gateway = &call.state.gateway;
        let facts = gateway.version_facts(permit, call.action(), named, selector);
        facts.await?;
    }
    Ok(HttpResponse::Ok().finish())
}

/// GetBucketOwnershipControls.
///
/// # Errors
/// The S3 answer.
pub async fn get_ownership(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let setting = call.state.gateway.ownership(permit, &bucket)?;
    let code = S3ErrorCode::OwnershipControlsNotFoundError;
    let body = acl::ownership(setting).ok_or_else(|| S3Error::new(code))?;
    Ok(respond::xml(StatusCode::OK, body))
}

/// PutBucketOwnershipControls.
///
/// # Errors
/// The S3 answer.
pub async fn put_ownership(
    call: &Call<'_>,
    payload: Payload,
    framing: Framing,
) -> Result<HttpResponse, S3Error> {
    let (bucket, permit, body) = call.authorize_with_document(payload, framing).await?;
    let setting = acl::read_ownership(&body)?;
    let gateway = &call.state.gateway;
    gateway.set_ownership(permit, &bucket, setting).await?;
    Ok(HttpResponse::Ok().finish())
}

/// DeleteBucketOwnershipControls: succeeds with and without them. Without them every writer owns
/// what it writes, as on AWS.
///
/// # Errors
/// The S3 answer.
pub async fn delete_ownership(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let (gateway, unset) = (&call.state.gateway, ObjectOwnership::Unset);
    gateway.set_ownership(permit, &bucket, unset).await?;
    Ok(HttpResponse::NoContent().finish())
}
