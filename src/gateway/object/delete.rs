//! DeleteObject and DeleteObjects.
//!
//! Owns: deletion of the current version; deleting what does not exist succeeds.
//! Not here: giving the space back (`jobs::sweep`).

use crate::catalog::buckets::BucketRecord;
use crate::catalog::current::{CurrentChange, CurrentRow, Decision, commit_current};
use crate::gateway::error::GatewayError;
use crate::gateway::{Gateway, identity, spend};
use crate::iam::{Action, Permit};
use crate::model::conditions::ETagMatch;
use crate::model::etag::ETag;
use crate::model::object_key::ObjectKey;
use crate::model::time::Timestamp;

/// Conditions of a deletion (S3 API reference, DeleteObject; s3-behaviour.md 39). An absent object
/// satisfies all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteConditions {
    /// `If-Match`
    pub if_match: Option<ETagMatch>,
    /// `x-amz-if-match-size`
    pub size: Option<u64>,
    /// `x-amz-if-match-last-modified-time`, whole seconds.
    pub last_modified: Option<Timestamp>,
}

impl DeleteConditions {
    fn hold(&self, etag: Option<&ETag>, row: &CurrentRow) -> bool {
        let etag_holds = match (&self.if_match, etag) {
            (None, _) => true,
            (Some(wanted), Some(etag)) => wanted.matches(etag),
            (Some(_), None) => false,
        };
        let seconds = row.plain.last_modified.seconds();
        etag_holds
            && self.size.is_none_or(|size| size == row.plain.size)
            && self
                .last_modified
                .is_none_or(|time| time.seconds() == seconds)
    }
}

impl Gateway {
    /// Deletes an object.
    ///
    /// # Errors
    /// `PreconditionFailed`, `NoSuchBucket`, or when rows or engine fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the deletion survives power loss.
    pub async fn delete_object(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        conditions: &DeleteConditions,
    ) -> Result<(), GatewayError> {
        spend(permit, Action::DeleteObject, bucket)?;
        let change = CurrentChange {
            bucket: bucket.bucket,
            object_key,
            new: None,
            now: self.now(),
        };
        let decide = async |current: Option<&CurrentRow>| {
            let Some(row) = current else {
                return Ok(Decision::Leave);
            };
            let mut etag = None;
            if conditions.if_match.is_some() {
                let key = self.opening_key(bucket, row.key_version).await?;
                etag = Some(row.open(&identity(bucket, object_key), &key)?.etag);
            }
            if conditions.hold(etag.as_ref(), row) {
                Ok(Decision::Proceed)
            } else {
                Err(GatewayError::PreconditionFailed)
            }
        };
        commit_current(&*self.engine, change, decide, |_batch| {}).await?;
        Ok(())
    }
}
