//! Operations on buckets.

use crate::base::limits::XML_BODY_LEN_MAX;
use crate::gateway::error::GatewayError;
use crate::s3::body::bridge::Framing;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::handlers::Call;
use crate::s3::respond;
use crate::s3::xml::{requests, responses};
use actix_http::Payload;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;

/// Most buckets of a page (S3 API reference, ListBuckets).
const MAX_BUCKETS: usize = 10_000;

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
        let text = format!(
            "The {location} location constraint is not this server's region; it is {region}."
        );
        return Err(S3Error::new(S3ErrorCode::InvalidLocationConstraint).message(text));
    }
    match call.state.gateway.create_bucket(permit, &name).await {
        Ok(()) | Err(GatewayError::BucketAlreadyOwned) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(HttpResponse::Ok()
        .insert_header(("location", format!("/{name}")))
        .finish())
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

/// HeadBucket.
///
/// # Errors
/// The S3 answer.
pub async fn head(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    call.authorize_target().await?;
    let region = call.state.region.as_str();
    Ok(HttpResponse::Ok()
        .insert_header(("x-amz-bucket-region", region))
        .finish())
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

/// GetBucketVersioning: no bucket keeps versions, and AWS says that without a status.
///
/// # Errors
/// The S3 answer.
pub async fn versioning(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    call.authorize_target().await?;
    Ok(respond::xml(StatusCode::OK, responses::never_versioned()))
}

/// ListBuckets: by name, with prefix and pages.
///
/// # Errors
/// The S3 answer.
pub async fn list(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let permit = call.authorize_account()?;
    let limit = match call.query.get("max-buckets")? {
        None => MAX_BUCKETS,
        Some(text) => text
            .parse()
            .ok()
            .filter(|n| (1..=MAX_BUCKETS).contains(n))
            .ok_or_else(|| {
                S3Error::argument(
                    "max-buckets",
                    text,
                    "max-buckets must be between 1 and 10000",
                )
            })?,
    };
    let prefix = call.query.get("prefix")?;
    let after = call.query.get("continuation-token")?;
    let mut buckets = call.state.gateway.list_buckets(permit).await?;
    buckets.retain(|bucket| {
        let name = bucket.name.as_str();
        prefix.is_none_or(|prefix| name.starts_with(prefix))
            && after.is_none_or(|after| name > after)
    });
    let is_truncated = buckets.len() > limit;
    buckets.truncate(limit);
    let last = buckets
        .last()
        .map(|bucket| bucket.name.to_string())
        .filter(|_| is_truncated);
    let page = responses::BucketsPage {
        buckets: &buckets,
        prefix,
        continuation_token: last.as_deref(),
        region: &call.state.region,
    };
    Ok(respond::xml(
        StatusCode::OK,
        responses::list_buckets(call.owner(), &page),
    ))
}
