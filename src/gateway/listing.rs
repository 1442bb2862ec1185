//! ListObjects, both versions, and ListObjectVersions: one walk.
//!
//! Owns: opening the sealed part of each listed record, for its ETag.
//! Not here: markers and tokens of the dialects (`s3`).

use crate::catalog::buckets::BucketRecord;
use crate::catalog::error::CatalogError;
use crate::catalog::listing::{self, IsHidden, ListPage, ListQuery};
use crate::catalog::objects::ObjectIdentity;
use crate::catalog::uploads::{UploadRecord, UploadRow};
use crate::catalog::version_listing::{self, ListedVersion};
use crate::catalog::versions::{self, VersionRow};
use crate::crypto::ScopeKey;
use crate::gateway::error::GatewayError;
use crate::gateway::{Gateway, spend};
use crate::iam::{Action, Permit};
use crate::model::checksum::{ChecksumAlgorithm, ChecksumType};
use crate::model::etag::ETag;
use crate::model::id::{BucketId, TenantId, UploadId, VersionId};
use crate::model::object_key::ObjectKey;
use crate::model::time::Timestamp;
use crate::model::versioning::VersionSelector;
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::Arc;

/// An object in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedObject {
    /// Its ETag.
    pub etag: ETag,
    /// Its bytes.
    pub size: u64,
    /// Its time.
    pub last_modified: Timestamp,
    /// Whose it is; `None` for the bucket's owner.
    pub owner: Option<TenantId>,
    /// Its checksum's algorithm and type.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

/// A version or a delete marker in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionEntry {
    /// The version as answers name it.
    pub selector: VersionSelector,
    /// Its time.
    pub last_modified: Timestamp,
    /// What is in it; `None` for a delete marker.
    pub object: Option<ListedObject>,
}

/// Where a page of versions begins behind the object named by the query's marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionMarker {
    /// Behind all versions of it.
    Object,
    /// Behind this version of it.
    Version(VersionSelector),
}

/// Opens rows of listings.
#[derive(Clone)]
pub(in crate::gateway) struct RowOpener {
    keys: HashMap<u32, Arc<ScopeKey>>,
    tenant: TenantId,
    bucket: BucketId,
    has_owners: bool,
}

impl RowOpener {
    fn open(&self, name: &str, row: &VersionRow) -> Result<ListedObject, CatalogError> {
        let object_key = listed_key(name)?;
        let identity = self.identity(&object_key);
        let bucket_key = self.key(row.key_version)?;
        let (summary, owner) = if self.has_owners {
            let secret = row.open(&identity, bucket_key)?;
            let owner = secret.acl.as_ref().map(|list| list.owner());
            (secret.summary(), owner)
        } else {
            (row.summarize(&identity, bucket_key)?, None)
        };
        Ok(ListedObject {
            etag: summary.etag,
            size: row.plain.size,
            last_modified: row.plain.last_modified,
            owner: owner.filter(|owner| *owner != self.tenant),
            checksum: summary.checksum,
        })
    }

    /// Opens the row of an upload.
    pub(in crate::gateway) fn open_upload(
        &self,
        name: &str,
        upload: UploadId,
        row: &[u8],
    ) -> Result<UploadRecord, CatalogError> {
        let object_key = listed_key(name)?;
        let row = UploadRow::decode(Bytes::copy_from_slice(row))?;
        let bucket_key = self.key(row.key_version)?;
        row.open_upload(&self.identity(&object_key), upload, bucket_key)
    }

    fn key(&self, version: u32) -> Result<&ScopeKey, CatalogError> {
        let key = self.keys.get(&version);
        let key = key.ok_or(CatalogError::Inconsistent("key version"))?;
        Ok(&**key)
    }

    fn identity<'a>(&self, object_key: &'a ObjectKey) -> ObjectIdentity<'a> {
        ObjectIdentity {
            tenant: self.tenant,
            bucket: self.bucket,
            object_key,
        }
    }
}

fn listed_key(name: &str) -> Result<ObjectKey, CatalogError> {
    ObjectKey::parse(name).map_err(|_key| CatalogError::Inconsistent("object key"))
}

impl Gateway {
    /// A page of a bucket's objects.
    ///
    /// # Errors
    /// When rows, keys or engine fail.
    pub async fn list_objects(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        query: ListQuery,
    ) -> Result<ListPage<ListedObject>, GatewayError> {
        spend(permit, Action::ListBucket, bucket)?;
        let opener = self.row_opener(bucket).await?;
        let open = move |name: &str, row: &[u8]| {
            let row = VersionRow::decode(Bytes::copy_from_slice(row))?;
            opener.open(name, &row)
        };
        let is_hidden: IsHidden = Box::new(|_name, row| versions::is_marker(row));
        Ok(listing::objects(&*self.engine, bucket.bucket, query, Some(is_hidden), open).await?)
    }

    /// A page of a bucket's versions and delete markers, by name and then from new to old.
    ///
    /// # Errors
    /// When rows, keys or engine fail.
    pub async fn list_versions(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        query: ListQuery,
        marker: VersionMarker,
    ) -> Result<ListPage<ListedVersion<VersionEntry>>, GatewayError> {
        spend(permit, Action::ListBucketVersions, bucket)?;
        let after_version = self.marked_version(bucket, &query, marker).await?;
        let opener = self.row_opener(bucket).await?;
        let open = move |name: &str, row: VersionRow| {
            let is_marker = row.plain.is_marker;
            let object = (!is_marker).then(|| opener.open(name, &row)).transpose()?;
            Ok(VersionEntry {
                selector: row.plain.selector(),
                last_modified: row.plain.last_modified,
                object,
            })
        };
        let (engine, bucket) = (&*self.engine, bucket.bucket);
        Ok(version_listing::versions(engine, bucket, query, after_version, open).await?)
    }

    /// The id that a version marker has in the rows. A null version that is gone by now marks the
    /// end of its object's versions.
    async fn marked_version(
        &self,
        bucket: &BucketRecord,
        query: &ListQuery,
        marker: VersionMarker,
    ) -> Result<Option<VersionId>, GatewayError> {
        let selector = match marker {
            VersionMarker::Object => return Ok(None),
            VersionMarker::Version(VersionSelector::Id(version)) => return Ok(Some(version)),
            VersionMarker::Version(selector) => selector,
        };
        let object_key = query.after.as_deref().map(ObjectKey::parse);
        let Some(Ok(object_key)) = object_key else {
            return Ok(None);
        };
        let engine = &*self.engine;
        let found = versions::load_version(engine, bucket.bucket, &object_key, Some(selector));
        let oldest = VersionId::from_bytes([0; 16]);
        let version = found.await?.map(|found| found.row.plain.version);
        Ok(Some(version.unwrap_or(oldest)))
    }

    pub(in crate::gateway) async fn row_opener(
        &self,
        bucket: &BucketRecord,
    ) -> Result<RowOpener, GatewayError> {
        let mut keys = HashMap::new();
        for (version, _) in &bucket.keys {
            keys.insert(*version, self.opening_key(bucket, *version).await?);
        }
        Ok(RowOpener {
            keys,
            tenant: bucket.tenant,
            bucket: bucket.bucket,
            has_owners: bucket.ownership.allows_acls(),
        })
    }
}
