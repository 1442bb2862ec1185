//! What lifecycle rules do to uploads that were never completed.

use super::{LifecycleObserver, LifecycleOutcome, settled};
use crate::catalog::bucket_record::BucketRecord;
use crate::catalog::error::CatalogError;
use crate::catalog::keyspace;
use crate::catalog::uploads;
use crate::gateway::Gateway;
use crate::gateway::bucket_settings::LifecycleRules;
use crate::gateway::error::GatewayError;
use crate::model::id::UploadId;
use crate::model::object_key::ObjectKey;
use crate::model::time::Timestamp;
use crate::storage::{EngineExt, MetaBatch, ScanRange};
use bytes::Bytes;

/// An open upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenUpload {
    /// Its object.
    pub object_key: ObjectKey,
    /// The upload.
    pub upload: UploadId,
    /// When it was opened; `None` if its row cannot be read.
    pub initiated: Option<Timestamp>,
}

impl Gateway {
    /// A page of open uploads behind `after`.
    ///
    /// # Errors
    /// When rows or engine fail.
    pub async fn lifecycle_uploads(
        &self,
        bucket: &BucketRecord,
        after: Option<(&ObjectKey, UploadId)>,
        limit: usize,
    ) -> Result<Vec<OpenUpload>, GatewayError> {
        let start = match after {
            None => vec![keyspace::UPLOAD],
            Some((object_key, upload)) => {
                [keyspace::upload(object_key, upload).as_ref(), b"\0"].concat()
            }
        };
        let range = ScanRange {
            start,
            end: keyspace::prefix_end(&[keyspace::UPLOAD]),
        };
        let partition = keyspace::bucket_partition(bucket.bucket);
        let rows = self.engine.scan_page(partition, range, limit).await?;
        let decode = |(meta_key, raw): (Bytes, Bytes)| {
            let (object_key, upload) = keyspace::split_object_key_and_id(&meta_key)
                .ok_or(CatalogError::Inconsistent("upload"))?;
            Ok(OpenUpload {
                object_key,
                upload: UploadId::from_bytes(upload),
                initiated: uploads::decode_initiated(&raw).ok(),
            })
        };
        rows.into_iter().map(decode).collect()
    }

    /// Aborts an upload that is due.
    ///
    /// # Errors
    /// When rows or engine fail.
    pub async fn abort_due_upload(
        &self,
        (bucket, rules): (&BucketRecord, &LifecycleRules),
        due: &OpenUpload,
        observer: &impl LifecycleObserver,
    ) -> Result<LifecycleOutcome, GatewayError> {
        let extend = |batch: &mut MetaBatch| {
            rules.require(batch);
            observer.extend(LifecycleOutcome::AbortedUpload, batch);
        };
        let ended = self.end_upload(bucket, &due.object_key, due.upload, extend);
        match ended.await {
            Err(GatewayError::NoSuchUpload) => Ok(LifecycleOutcome::Changed),
            ended => settled(ended.map(|()| true), LifecycleOutcome::AbortedUpload),
        }
    }
}
