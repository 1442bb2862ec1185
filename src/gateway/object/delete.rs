//! DeleteObject and DeleteObjects.
//!
//! Owns: deletion of the newest version, which in a bucket that keeps versions puts a delete marker
//! on top, and the destruction of a version that is named. Deleting what does not exist succeeds.
//! Not here: giving the space back (`jobs::sweep`), locks (`model::lock`, `catalog::changes`).

use crate::catalog::buckets::BucketRecord;
use crate::catalog::changes::{self, Decision, NewVersion};
use crate::catalog::objects::MarkerRecord;
use crate::catalog::versions::{FoundVersion, VersionRow};
use crate::gateway::error::GatewayError;
use crate::gateway::{Gateway, identity, spend};
use crate::iam::{Action, Permit};
use crate::model::conditions::ETagMatch;
use crate::model::etag::ETag;
use crate::model::id::VersionId;
use crate::model::object_key::ObjectKey;
use crate::model::time::Timestamp;
use crate::model::versioning::{VersionSelector, Versioning};

/// What a client asks for in a deletion.
#[derive(Debug)]
pub struct DeleteObject<'a> {
    /// The object.
    pub object_key: &'a ObjectKey,
    /// The version to destroy.
    pub version: Option<VersionSelector>,
    /// Conditions on what is deleted.
    pub conditions: DeleteConditions,
    /// Whether a GOVERNANCE retention is to be bypassed, by a caller who may.
    pub bypass: bool,
}

/// Conditions of a deletion (S3 API reference, DeleteObject; s3-behaviour.md 39). An absent object
/// satisfies all of them, a delete marker none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteConditions {
    /// `If-Match`
    pub if_match: Option<ETagMatch>,
    /// `x-amz-if-match-size`
    pub size: Option<u64>,
    /// `x-amz-if-match-last-modified-time`, whole seconds.
    pub last_modified: Option<Timestamp>,
}

/// What a deletion did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// The version that was destroyed or the delete marker that was made, as answers name it.
    pub version: Option<VersionSelector>,
    /// Whether that is a delete marker.
    pub is_marker: bool,
}

impl DeleteConditions {
    fn is_empty(&self) -> bool {
        self.if_match.is_none() && self.size.is_none() && self.last_modified.is_none()
    }

    fn hold(&self, etag: Option<&ETag>, row: &VersionRow) -> bool {
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
    /// Deletes an object, or destroys the version of it that is named.
    ///
    /// # Errors
    /// `PreconditionFailed`, `Locked`, `NoSuchBucket`, or when rows, keys or engine fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the deletion survives power loss.
    pub async fn delete_object(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        request: &DeleteObject<'_>,
    ) -> Result<Deleted, GatewayError> {
        let action = Action::DeleteObject;
        match request.version {
            None => {
                spend(permit, action, bucket)?;
                self.delete_newest(bucket, request).await
            }
            Some(selector) => {
                spend(permit, action.on_version(), bucket)?;
                self.destroy(bucket, request, selector).await
            }
        }
    }

    async fn delete_newest(
        &self,
        bucket: &BucketRecord,
        request: &DeleteObject<'_>,
    ) -> Result<Deleted, GatewayError> {
        let object_key = request.object_key;
        let begun = VersionId::generate(self.now().millis(), &*self.entropy)?;
        let mut deleted = Deleted::default();
        let decide = async |bucket: &BucketRecord, current: Option<&VersionRow>| {
            deleted = Deleted::default();
            match current {
                // A condition is about what is there: nothing is put on top of nothing.
                None if !request.conditions.is_empty() => return Ok(Decision::Leave),
                None => {}
                Some(row) => {
                    self.judge_conditions(bucket, object_key, row, &request.conditions)
                        .await?;
                    self.refuse_hiding(bucket, object_key, row)?;
                }
            }
            if bucket.versioning == Versioning::Unversioned {
                return Ok(current.map_or(Decision::Leave, |_| Decision::Remove));
            }
            let marker = self
                .marker_above(bucket, object_key, current, begun)
                .await?;
            deleted = Deleted {
                version: Some(marker.plain.selector()),
                is_marker: true,
            };
            Ok::<_, GatewayError>(Decision::Put(Box::new(marker)))
        };
        let target = self.target(bucket, object_key, request.bypass);
        changes::commit_current(&*self.engine, target, decide, |_batch| {}).await?;
        Ok(deleted)
    }

    /// A delete marker that follows `current`.
    pub(in crate::gateway) async fn marker_above(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        current: Option<&VersionRow>,
        begun: VersionId,
    ) -> Result<NewVersion, GatewayError> {
        let place = self.succeed(bucket, current, begun)?;
        let marker = MarkerRecord {
            version: place.version,
            last_modified: place.last_modified,
            is_null: place.is_null,
        };
        let bucket_key = self.sealing_key(bucket).await?;
        let identity = identity(bucket, object_key);
        Ok(NewVersion {
            plain: marker.plain(),
            row: marker.seal(&identity, &bucket_key, &*self.entropy)?,
            part_table: None,
            memory: None,
            finished: Vec::new(),
            owned: Vec::new(),
            keeps_blobs: false,
        })
    }

    async fn destroy(
        &self,
        bucket: &BucketRecord,
        request: &DeleteObject<'_>,
        selector: VersionSelector,
    ) -> Result<Deleted, GatewayError> {
        let object_key = request.object_key;
        let decide = async |bucket: &BucketRecord, found: &FoundVersion| {
            let row = &found.row;
            self.verify_lock(bucket, object_key, row).await?;
            self.judge_conditions(bucket, object_key, row, &request.conditions)
                .await?;
            Ok::<_, GatewayError>(true)
        };
        let target = self.target(bucket, object_key, request.bypass);
        let gone =
            changes::remove_version(&*self.engine, target, selector, decide, |_batch| {}).await?;
        let is_told = bucket.versioning != Versioning::Unversioned;
        Ok(Deleted {
            version: is_told.then_some(selector),
            is_marker: gone.is_some_and(|plain| plain.is_marker),
        })
    }

    async fn judge_conditions(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        row: &VersionRow,
        conditions: &DeleteConditions,
    ) -> Result<(), GatewayError> {
        if conditions.is_empty() {
            return Ok(());
        }
        if row.plain.is_marker {
            return Err(GatewayError::PreconditionFailed);
        }
        let mut etag = None;
        if conditions.if_match.is_some() {
            let bucket_key = self.opening_key(bucket, row.key_version).await?;
            etag = Some(row.open(&identity(bucket, object_key), &bucket_key)?.etag);
        }
        if conditions.hold(etag.as_ref(), row) {
            Ok(())
        } else {
            Err(GatewayError::PreconditionFailed)
        }
    }
}
