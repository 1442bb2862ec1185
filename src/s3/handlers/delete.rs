//! DeleteObject and DeleteObjects.

use crate::base::limits::DELETE_OBJECTS_BODY_LEN_MAX;
use crate::gateway::object::delete::{DeleteConditions, DeleteObject, Deleted};
use crate::model::conditions::ETagMatch;
use crate::model::object_key::{InvalidObjectKey, ObjectKey};
use crate::model::time::Timestamp;
use crate::model::versioning::VersionSelector;
use crate::s3::body::bridge::Framing;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::extract::number::byte_count;
use crate::s3::extract::{conditions, lock, version};
use crate::s3::handlers::Call;
use crate::s3::handlers::permission::Thing;
use crate::s3::policy_context::Asked;
use crate::s3::respond;
use crate::s3::xml::requests::{self, DeleteEntry};
use crate::s3::xml::responses::{self, DeleteOutcome};
use actix_http::Payload;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use futures::StreamExt;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Deletions of one request that are under way at once, so that their commits share groups: with 32
/// a thousand take half the processor and half the time that they take with 8
/// (docs/PERFORMANCE.md).
const CONCURRENCY: usize = 32;
/// Deletions of all such requests that are under way at once: others' commits queue behind a group
/// of them. With 16 requests of 32 each, everyone else's PUT waited 4.7 times as long as usual.
const ALL_CONCURRENCY: usize = 64;

/// What the deletions of all DeleteObjects requests wait for, in order.
#[derive(Debug)]
pub struct DeletionTurns(Semaphore);

impl Default for DeletionTurns {
    fn default() -> Self {
        Self(Semaphore::new(ALL_CONCURRENCY))
    }
}

impl DeletionTurns {
    /// Waits for a turn, which lasts until it is dropped. `None` never happens: it would mean that
    /// turns are no longer given.
    async fn take(&self) -> Option<SemaphorePermit<'_>> {
        self.0.acquire().await.ok()
    }
}

/// DeleteObject.
///
/// # Errors
/// The S3 answer.
pub async fn delete_object(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let request = DeleteObject {
        object_key: call.target.object_key()?,
        version: version::selector(call.query)?,
        conditions: conditions::delete(call.view)?,
        bypass: call.bypasses_governance(&bucket, None).await?,
    };
    let gateway = &call.state.gateway;
    let deleted = gateway.delete_object(permit, &bucket, &request).await?;
    let mut response = HttpResponse::NoContent();
    version::tell(&mut response, version::VERSION_HEADER, deleted.version);
    if deleted.is_marker {
        response.insert_header((version::DELETE_MARKER_HEADER, "true"));
    }
    Ok(response.finish())
}

/// DeleteObjects: each object has its own outcome.
///
/// # Errors
/// The S3 answer to the request as a whole.
pub async fn delete_objects(
    call: &Call<'_>,
    payload: Payload,
    framing: Framing,
) -> Result<HttpResponse, S3Error> {
    // Each object gets a permit of its own.
    let bucket = call.enter_target().await?;
    // What cannot be read is an error of the request, not of its objects.
    lock::bypass_governance(call.view)?;
    let body = call.read_document(payload, framing, DELETE_OBJECTS_BODY_LEN_MAX);
    let request = requests::delete_objects(&body.await?)?;
    let bucket = &bucket;
    let outcomes = futures::stream::iter(&request.entries)
        .map(|entry| async move {
            let _turn = call.state.deletions.take().await;
            let (object_key, version_id) = (entry.object_key.as_str(), entry.version_id.as_deref());
            match delete_entry(call, bucket, entry).await {
                Ok(deleted) => DeleteOutcome::Deleted {
                    object_key,
                    version_id,
                    marker: deleted.version.filter(|_| deleted.is_marker),
                },
                Err(error) => DeleteOutcome::Failed {
                    object_key,
                    version_id,
                    code: error.code().as_str(),
                    message: error.text().to_owned(),
                },
            }
        })
        .buffered(CONCURRENCY)
        .collect::<Vec<_>>()
        .await;
    Ok(respond::xml(
        StatusCode::OK,
        responses::delete_objects(&outcomes, request.is_quiet),
    ))
}

async fn delete_entry(
    call: &Call<'_>,
    bucket: &crate::gateway::BucketRecord,
    entry: &DeleteEntry,
) -> Result<Deleted, S3Error> {
    // An empty element names no version.
    let named = entry.version_id.as_deref().filter(|text| !text.is_empty());
    let version = named.map(VersionSelector::parse).transpose();
    let version = version.map_err(|_id| S3Error::new(S3ErrorCode::NoSuchVersion))?;
    let object_key = ObjectKey::parse(&entry.object_key).map_err(|source| {
        S3Error::new(match source {
            InvalidObjectKey::TooLong => S3ErrorCode::KeyTooLongError,
            InvalidObjectKey::Malformed | InvalidObjectKey::NotUtf8 => S3ErrorCode::InvalidArgument,
        })
    })?;
    let invalid = |name: &str| S3Error::argument(name, "", "The value does not parse.");
    let size = entry
        .size
        .as_deref()
        .map(|text| byte_count(text.trim()).ok_or_else(|| invalid("Size")));
    let time = entry.last_modified.as_deref();
    let time =
        time.map(|text| Timestamp::parse_http(text).ok_or_else(|| invalid("LastModifiedTime")));
    let conditions = DeleteConditions {
        if_match: entry.etag.as_deref().map(ETagMatch::parse),
        size: size.transpose()?,
        last_modified: time.transpose()?,
    };
    let action = call.operation.action();
    let action = version.map_or(action, |_| action.on_version());
    let thing = Thing {
        object_key: Some(&object_key),
        version: named,
        is_new: false,
    };
    let permit = call.permit(bucket, action, thing, &Asked::default()).await;
    // A decision waits for nothing, and by the worst policy takes 4 ms: a thousand of them leave
    // others their turns.
    tokio::task::yield_now().await;
    let permit = permit?;
    let bypass = call.bypasses_governance(bucket, Some(thing)).await?;
    let request = DeleteObject {
        object_key: &object_key,
        version,
        conditions,
        bypass,
    };
    Ok(call
        .state
        .gateway
        .delete_object(permit, bucket, &request)
        .await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[test]
    fn deletions_of_all_requests_together_are_bounded() {
        let turns = DeletionTurns::default();
        let take = || turns.take().now_or_never().flatten();
        let mut taken: Vec<_> = std::iter::from_fn(take).collect();
        assert_eq!(taken.len(), ALL_CONCURRENCY);
        taken.pop();
        assert!(take().is_some());
    }
}
