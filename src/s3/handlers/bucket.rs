//! Operations on buckets.

use crate::base::limits::XML_BODY_LEN_MAX;
use crate::gateway::bucket::NewBucket;
use crate::gateway::error::GatewayError;
use crate::iam::Action;
use crate::model::acl::{AskedAcl, CannedAcl};
use crate::s3::body::bridge::Framing;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::extract::{acl, lock, number, token};
use crate::s3::handlers::Call;
use crate::s3::respond;
use crate::s3::xml::{requests, responses};
use actix_http::Payload;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;

/// The header that tells a bucket's region.
const REGION_HEADER: &str = "x-amz-bucket-region";

/// CreateBucket. Creating one's own bucket again succeeds and changes nothing (s3-behaviour.md 16).
///
/// # Errors
/// The S3 answer.
pub async fn create(
    call: &Call<'_>,
    payload: Payload,
    framing: Framing,
) -> Result<HttpResponse, S3Error> {
    let permit = call.authorize_account()?;
    let name = call.target.bucket_name()?;
    let region = &call.state.region;
    let body = call.read_document(payload, framing, XML_BODY_LEN_MAX);
    if let Some(location) = requests::create_bucket(&body.await?)?
        && !location.is_empty()
        && location != *region
    {
        return Err(misplaced(location));
    }
    let has_object_lock = lock::bucket_object_lock(call.view)?;
    if has_object_lock {
        // S3 API reference, CreateBucket, "Permissions".
        call.authorize_in_account(Action::PutBucketObjectLockConfiguration)?;
        call.authorize_in_account(Action::PutBucketVersioning)?;
    }
    let acl = acl::asked(call.view)?;
    if acl
        .as_ref()
        .is_some_and(|acl| *acl != AskedAcl::Canned(CannedAcl::Private))
    {
        // Not for what a bucket has anyway (S3 API reference, CreateBucket, "Permissions").
        call.authorize_in_account(Action::PutBucketAcl)?;
    }
    let ownership = acl::ownership(call.view)?;
    if ownership.is_some() {
        call.authorize_in_account(Action::PutBucketOwnershipControls)?;
    }
    let asked = NewBucket {
        has_object_lock,
        ownership,
        acl,
    };
    let gateway = &call.state.gateway;
    match gateway.create_bucket(permit, &name, &asked).await {
        Ok(()) => {}
        Err(GatewayError::BucketAlreadyOwned) if gateway.is_as_asked(&name, &asked).await? => {}
        Err(error) => return Err(error.into()),
    }
    Ok(HttpResponse::Ok()
        .insert_header(("location", format!("/{name}")))
        .finish())
}

/// AWS tells a region that is not the endpoint's from what is no region.
fn misplaced(location: String) -> S3Error {
    if !is_region_name(&location) {
        let error = S3Error::new(S3ErrorCode::InvalidLocationConstraint);
        return error.with("LocationConstraint", location);
    }
    let text = format!(
        "The {location} location constraint is incompatible for the region specific endpoint this \
         request was sent to."
    );
    S3Error::new(S3ErrorCode::IllegalLocationConstraintException).message(text)
}

/// Whether text looks as AWS's regions do: `eu-west-1`, `us-gov-east-1`, and `EU` of old.
fn is_region_name(text: &str) -> bool {
    let is_word = |word: &str| word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase());
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    let mut words = text.rsplit('-');
    text == "EU" || words.next().is_some_and(is_number) && text.contains('-') && words.all(is_word)
}

/// DeleteBucket.
///
/// # Errors
/// The S3 answer.
pub async fn delete(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    call.state.gateway.delete_bucket(permit, &bucket).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// HeadBucket. Clients look for a bucket's region here, and AWS tells it also to those whom it
/// denies the rest.
///
/// # Errors
/// The S3 answer.
pub async fn head(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let region = (REGION_HEADER, call.state.region.as_str());
    match call.authorize_target().await {
        Ok(_) => Ok(HttpResponse::Ok().insert_header(region).finish()),
        Err(error) if error.code() == S3ErrorCode::AccessDenied => {
            Err(error.header(REGION_HEADER, call.state.region.clone()))
        }
        Err(error) => Err(error),
    }
}

/// GetBucketLocation.
///
/// # Errors
/// The S3 answer.
pub async fn location(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    call.authorize_target().await?;
    Ok(respond::xml(
        StatusCode::OK,
        responses::location(&call.state.region),
    ))
}

/// ListBuckets: by name, with prefix and pages.
///
/// # Errors
/// The S3 answer.
pub async fn list(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let permit = call.authorize_account()?;
    let limit = number::buckets_limit(call.query.get("max-buckets")?)?;
    let prefix = call.query.get("prefix")?;
    let after = token::resumed(call.query.get(token::PARAMETER)?)?;
    let region = call.query.get("bucket-region")?;
    let is_here = region.is_none_or(|region| region.is_empty() || region == call.state.region);
    let mut buckets = call.state.gateway.list_buckets(permit).await?;
    buckets.retain(|bucket| {
        let name = bucket.name.as_str();
        is_here
            && prefix.is_none_or(|prefix| name.starts_with(prefix))
            && after.as_deref().is_none_or(|after| name > after)
    });
    let is_truncated = buckets.len() > limit;
    buckets.truncate(limit);
    let last = buckets
        .last()
        .filter(|_| is_truncated)
        .map(|bucket| token::encode(bucket.name.as_str()));
    let page = responses::BucketsPage {
        buckets: &buckets,
        prefix,
        continuation_token: last.as_deref(),
        region: &call.state.region,
    };
    Ok(respond::xml(
        StatusCode::OK,
        responses::list_buckets(&call.caller_as_owner(), &page),
    ))
}
