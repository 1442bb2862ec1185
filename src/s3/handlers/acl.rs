//! Access control lists and object ownership, where the bucket's owner owns everything
//! (s3-behaviour.md 70): lists are told and never changed, policies say who else may do what.
//!
//! Source: S3 User Guide, "Controlling ownership of objects and disabling ACLs for your bucket".

use crate::s3::body::bridge::Framing;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::extract::conditions;
use crate::s3::extract::version::{self, VERSION_HEADER};
use crate::s3::handlers::Call;
use crate::s3::respond;
use crate::s3::xml::acl;
use crate::s3::xml::responses::Owner;
use actix_http::Payload;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;

/// GetBucketAcl.
///
/// # Errors
/// The S3 answer.
pub async fn get_bucket(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let owner = call.state.gateway.bucket_acl(permit, &bucket).await?;
    let body = acl::owner_alone(&Owner::from(owner));
    Ok(respond::xml(StatusCode::OK, body))
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
    let body = acl::owner_alone(&call.owner_of(&bucket).await?);
    let mut response = HttpResponse::Ok();
    version::tell(&mut response, VERSION_HEADER, facts.told);
    Ok(response
        .insert_header(("content-type", "application/xml"))
        .body(body))
}

/// PutBucketAcl and PutObjectAcl: no list is taken but the one that there is. Beyond AWS, which
/// refuses that one too: s3cmd puts the list of a copy's source on the copy, and gives the copy up
/// when it may not.
///
/// # Errors
/// `AccessControlListNotSupported`; `NoSuchKey`, or that the caller may not even ask.
pub async fn put(
    call: &Call<'_>,
    payload: Payload,
    framing: Framing,
) -> Result<HttpResponse, S3Error> {
    let (bucket, permit, body) = call.authorize_with_document(payload, framing).await?;
    let unsupported = || S3Error::new(S3ErrorCode::AccessControlListNotSupported);
    if body.is_empty() || conditions::text(call.view, "x-amz-acl").is_some() {
        return Err(unsupported());
    }
    let owner = call.owner_of(&bucket).await?;
    if !acl::is_owner_alone(&body, &owner)? {
        return Err(unsupported());
    }
    if let Some(object_key) = &call.target.object_key {
        let selector = version::selector(call.query)?;
        let named = (&bucket, object_key);
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
    call.authorize_target().await?;
    Ok(respond::xml(StatusCode::OK, acl::ownership()))
}

/// PutBucketOwnershipControls: what it says is what all buckets have, or it is not implemented.
///
/// # Errors
/// The S3 answer.
pub async fn put_ownership(
    call: &Call<'_>,
    payload: Payload,
    framing: Framing,
) -> Result<HttpResponse, S3Error> {
    let (_, _, body) = call.authorize_with_document(payload, framing).await?;
    acl::read_ownership(&body)?;
    Ok(HttpResponse::Ok().finish())
}
