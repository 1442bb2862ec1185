//! ListParts and ListMultipartUploads.

use crate::catalog::buckets::BucketRecord;
use crate::catalog::listing::{self, ListPage, ListQuery};
use crate::catalog::upload_parts;
use crate::catalog::upload_parts::StoredPart;
use crate::catalog::uploads::UploadRecord;
use crate::gateway::error::GatewayError;
use crate::gateway::{Gateway, identity, spend};
use crate::iam::{Action, Permit};
use crate::model::checksum::{ChecksumAlgorithm, ChecksumType};
use crate::model::id::{TenantId, UploadId};
use crate::model::object_key::ObjectKey;
use crate::model::time::Timestamp;
use crate::model::upload::{Initiator, PartNumber};

/// A page of parts.
#[derive(Debug)]
pub struct PartsPage {
    /// The parts, by number.
    pub parts: Vec<StoredPart>,
    /// Whether there are more.
    pub is_truncated: bool,
    /// Whose the upload is.
    pub holders: UploadHolders,
    /// The checksum that the upload declared.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

/// An open upload in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedUpload {
    /// When it was opened.
    pub initiated: Timestamp,
    /// Whose it is.
    pub holders: UploadHolders,
}

/// Whose an upload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadHolders {
    /// Who began it.
    pub initiator: Initiator,
    /// Whose the object will be.
    pub owner: TenantId,
}

impl UploadHolders {
    /// Where lists do not count, the object will be the bucket owner's.
    fn of(record: &UploadRecord, bucket_owner: TenantId, has_lists: bool) -> Self {
        let owner = record.object_owner(bucket_owner);
        Self {
            initiator: record.initiator(bucket_owner),
            owner: if has_lists { owner } else { bucket_owner },
        }
    }
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
            holders: UploadHolders::of(&record, bucket.tenant, bucket.ownership.allows_acls()),
            checksum: record.checksum,
        })
    }

    /// Lists the open uploads of a bucket.
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
        let opener = self.row_opener(bucket).await?;
        let (owner, has_lists) = (bucket.tenant, bucket.ownership.allows_acls());
        let open = move |name: &str, upload: UploadId, row: &[u8]| {
            let record = opener.open_upload(name, upload, row)?;
            Ok(ListedUpload {
                initiated: record.initiated,
                holders: UploadHolders::of(&record, owner, has_lists),
            })
        };
        let engine = &*self.engine;
        Ok(listing::uploads(engine, bucket.bucket, query, after_upload, open).await?)
    }
}
