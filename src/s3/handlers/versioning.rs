//! Versions of a bucket: whether it keeps them, and their list.

use crate::gateway::ListEntry;
use crate::gateway::listing::VersionMarker;
use crate::s3::body::bridge::Framing;
use crate::s3::error::S3Error;
use crate::s3::extract::version;
use crate::s3::handlers::{Call, listing};
use crate::s3::respond;
use crate::s3::xml::{lock, responses_settings, responses_versions};
use actix_http::Payload;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;

/// GetBucketVersioning. A bucket that never kept versions has no status (s3-behaviour.md 55).
///
/// # Errors
/// The S3 answer.
pub async fn get(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let versioning = call.state.gateway.versioning(permit, &bucket)?;
    let body = responses_settings::versioning(versioning);
    Ok(respond::xml(StatusCode::OK, body))
}

/// PutBucketVersioning.
///
/// # Errors
/// The S3 answer.
pub async fn put(
    call: &Call<'_>,
    payload: Payload,
    framing: Framing,
) -> Result<HttpResponse, S3Error> {
    let (bucket, permit, body) = call.authorize_with_document(payload, framing).await?;
    let versioning = lock::versioning(&body)?;
    let gateway = &call.state.gateway;
    gateway.set_versioning(permit, &bucket, versioning).await?;
    Ok(HttpResponse::Ok().finish())
}

/// ListObjectVersions.
///
/// # Errors
/// The S3 answer.
pub async fn list(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let echo = listing::echo(call, "max-keys")?;
    let key_marker = call.query.get("key-marker")?.unwrap_or_default();
    let version_marker = call.query.get("version-id-marker")?.unwrap_or_default();
    let marker = match (key_marker, version_marker) {
        (_, "") => VersionMarker::Object,
        ("", text) => {
            let why = "A version-id marker cannot be specified without a key marker.";
            return Err(S3Error::argument("version-id-marker", text, why));
        }
        (_, text) => VersionMarker::Version(version::parse(text).map_err(|_id| {
            S3Error::argument("version-id-marker", text, "Invalid version id specified")
        })?),
    };
    let query = listing::list_query(&echo, Some(key_marker));
    let gateway = &call.state.gateway;
    let page = gateway
        .list_versions(permit, &bucket, query, marker)
        .await?;
    let markers = (key_marker, version_marker);
    let others = page.entries.iter().filter_map(|entry| match entry {
        ListEntry::Item(_, listed) => listed.item.object.as_ref()?.owner,
        ListEntry::CommonPrefix(_) => None,
    });
    let owners = call.owners_of(&bucket, others).await?;
    let body = responses_versions::list_versions(echo, markers, &page, &owners);
    Ok(respond::xml(StatusCode::OK, body))
}
