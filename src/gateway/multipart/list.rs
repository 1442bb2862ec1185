//! ListParts and ListMultipartUploads.

use crate::catalog::buckets::BucketRecord;
use crate::catalog::listing::{self, ListPage, ListQuery};
use crate::catalog::upload_parts;
use crate::catalog::upload_parts::StoredPart;
use crate::catalog::uploads::{self, UploadOwner};
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
    /// Who began the upload, and whose the object will be; `None` for the bucket's owner.
    pub owner: Option<Box<UploadOwner>>,
    /// The checksum that the upload declared.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

/// An open upload in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedUpload {
    /// When it was opened.
    pub initiated: Timestamp,
    /// Who began it, and whose the object will be; `None` for the bucket's owner.
    pub owner: Option<Box<UploadOwner>>,
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
            owner: record.owner.filter(|_| bucket.ownership.allows_acls()),
            checksum: record.checksum,
        })
    }

    /// Lists the open uploads of a bucket. Their rows are opened only where they may be somebody
    /// else's than the bucket owner's.
    ///
    /// # Errors
    /// When rows, keys or engine fail.
    pub async fn list_uploads(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        query: ListQuery,
        after_upload: Option<UploadId>,
    ) -> Result<ListPage<(UploadId, ListedUpload)>, GatewayError> {
        spend(permit, Action::ListBucketMultipartUploads, bucket)?;
        let opener = if bucket.ownership.allows_acls() {
            Some(self.row_opener(bucket).await?)
        } else {
            None
        };
        let open = move |name: &str, upload: UploadId, row: &[u8]| {
            let opened = opener
                .as_ref()
                .map(|own| own.open_upload(name, upload, row));
            Ok(ListedUpload {
                initiated: uploads::decode_initiated(row)?,
                owner: opened.transpose()?.and_then(|record| record.owner),
            })
        };
        let engine = &*self.engine;
        Ok(listing::uploads(engine, bucket.bucket, query, after_upload, open).await?)
    }
}
