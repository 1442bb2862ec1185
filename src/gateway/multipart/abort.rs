//! AbortMultipartUpload.

use crate::catalog::buckets::BucketRecord;
use crate::catalog::error::CatalogError;
use crate::catalog::guarded_batch;
use crate::catalog::upload_parts;
use crate::catalog::uploads::{self, UploadEnd};
use crate::gateway::error::GatewayError;
use crate::gateway::{Gateway, spend};
use crate::iam::{Action, Permit};
use crate::model::id::UploadId;
use crate::model::object_key::ObjectKey;
use crate::storage::{CommitError, MetaBatch};

/// Attempts to end an upload while parts keep arriving.
pub(in crate::gateway) const END_ATTEMPTS_MAX: usize = 64;

impl Gateway {
    /// Ends an upload and gives up its parts.
    ///
    /// # Errors
    /// `NoSuchUpload`, `NoSuchBucket`, or when rows or engine fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the end survives power loss.
    pub async fn abort_upload(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        upload: UploadId,
    ) -> Result<(), GatewayError> {
        spend(permit, Action::AbortMultipartUpload, bucket)?;
        self.end_upload(bucket, object_key, upload, |_batch| {})
            .await
    }

    /// Ends an upload without a result; `extend` adds further conditions to the batch.
    ///
    /// # Errors
    /// As [`Gateway::abort_upload`]; `ConditionFailed` for a condition of `extend`.
    pub(in crate::gateway) async fn end_upload(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        upload: UploadId,
        extend: impl Fn(&mut MetaBatch),
    ) -> Result<(), GatewayError> {
        let engine = &*self.engine;
        for _ in 0..END_ATTEMPTS_MAX {
            if uploads::load(engine, bucket.bucket, object_key, upload)
                .await?
                .is_none()
            {
                return Err(GatewayError::NoSuchUpload);
            }
            let part_changes =
                upload_parts::load_part_changes(engine, bucket.bucket, upload).await?;
            let parts =
                upload_parts::load_parts(engine, bucket.bucket, upload, None, usize::MAX).await?;
            let now = self.now();
            let mut batch = guarded_batch(bucket.bucket);
            UploadEnd {
                object_key,
                upload,
                part_changes,
                account: self.account(bucket),
                parts: &parts,
                now,
            }
            .extend(&mut batch, |_blob| false);
            let own_conditions = batch.condition_count();
            extend(&mut batch);
            match engine.commit(batch).await {
                Ok(()) => return Ok(()),
                Err(CommitError::ConditionFailed { condition_index: 0 }) => {
                    return Err(GatewayError::NoSuchBucket);
                }
                Err(CommitError::ConditionFailed { condition_index })
                    if condition_index < own_conditions => {}
                Err(source) => return Err(CatalogError::from(source).into()),
            }
        }
        Err(CatalogError::Contended.into())
    }
}
