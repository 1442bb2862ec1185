//! ListParts and ListMultipartUploads.

use crate::catalog::buckets::BucketRecord;
use crate::catalog::listing::{self, ListPage, ListQuery};
use crate::catalog::upload_parts;
use crate::catalog::upload_parts::StoredPart;
use crate::catalog::uploads::{self};
use crate::gateway::error::GatewayError;
use crate::gateway::{Gateway, identity, spend};
use crate::iam::{Action, Permit};
use crate::model::checksum::{ChecksumAlgorithm, ChecksumType};
use crate::model::id::UploadId;
use crate::model::object_key::ObjectKey;
use crate::model::time::Timestamp;
use crate::model::upload::PartNumber;

/// A page of parts.
#[derive(Debug)]
pub struct PartsPage {
    /// The parts, by number.
    pub parts: Vec<StoredPart>,
    /// Whether there are more.
    pub is_truncated: bool,
    /// The checksum that the upload declared.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

impl Gateway {
    /// Lists the parts of an open upload.
    ///
    /// # Errors
    /// `NoSuchUpload`, or corrupt rows.
    pub async fn list_parts(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        target: (&ObjectKey, UploadId),
        page: (Option<PartNumber>, usize),
    ) -> Result<PartsPage, GatewayError> {
        spend(permit, Action::ListMultipartUploadParts, bucket)?;
        let ((object_key, upload), (after, limit)) = (target, page);
        let record = self.open_upload(bucket, object_key, upload).await?;
        let wanted = limit.saturating_add(1);
        let mut rows =
            upload_parts::load_parts(&*self.engine, bucket.bucket, upload, after, wanted).await?;
        let is_truncated = limit > 0 && rows.len() > limit;
        rows.truncate(limit);
        let identity = identity(bucket, object_key);
        let mut parts = Vec::with_capacity(rows.len());
        for row in rows {
            let key = self.opening_key(bucket, row.key_version()).await?;
            parts.push(row.open(&identity, upload, &key)?);
        }
        Ok(PartsPage {
            parts,
            is_truncated,
            checksum: record.checksum,
        })
    }

    /// Lists the open uploads of a bucket, with the time each was opened.
    ///
    /// # Errors
    /// When rows or engine fail.
    pub async fn list_uploads(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        query: ListQuery,
        after_upload: Option<UploadId>,
    ) -> Result<ListPage<(UploadId, Timestamp)>, GatewayError> {
        spend(permit, Action::ListBucketMultipartUploads, bucket)?;
        let initiated = |_name: &str, _upload: UploadId, row: &[u8]| uploads::decode_initiated(row);
        let engine = &*self.engine;
        Ok(listing::uploads(engine, bucket.bucket, query, after_upload, initiated).await?)
    }
}
