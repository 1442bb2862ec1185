//! ListObjects, both versions: one walk.
//!
//! Owns: opening the sealed part of each listed record, for its ETag.
//! Not here: markers and tokens of the two dialects (`s3`).

use crate::catalog::buckets::BucketRecord;
use crate::catalog::current::CurrentRow;
use crate::catalog::error::CatalogError;
use crate::catalog::listing::{self, ListPage, ListQuery};
use crate::catalog::objects::ObjectIdentity;
use crate::crypto::ScopeKey;
use crate::gateway::error::GatewayError;
use crate::gateway::{Gateway, spend};
use crate::iam::{Action, Permit};
use crate::model::checksum::{ChecksumAlgorithm, ChecksumType};
use crate::model::etag::ETag;
use crate::model::object_key::ObjectKey;
use crate::model::time::Timestamp;
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
    /// Its checksum's algorithm and type.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

impl Gateway {
    /// A page of a bucket's current objects.
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
        let mut keys: HashMap<u32, Arc<ScopeKey>> = HashMap::new();
        for (version, _) in &bucket.keys {
            keys.insert(*version, self.opening_key(bucket, *version).await?);
        }
        let (tenant, bucket_id) = (bucket.tenant, bucket.bucket);
        let open = move |name: &str, row: &[u8]| {
            let object_key =
                ObjectKey::parse(name).map_err(|_key| CatalogError::Inconsistent("object key"))?;
            let row = CurrentRow::decode(bytes::Bytes::copy_from_slice(row))?;
            let key = keys
                .get(&row.key_version)
                .ok_or(CatalogError::Inconsistent("key version"))?;
            let identity = ObjectIdentity {
                tenant,
                bucket: bucket_id,
                object_key: &object_key,
            };
            let secret = row.open(&identity, key)?;
            Ok(ListedObject {
                etag: secret.etag,
                size: row.plain.size,
                last_modified: row.plain.last_modified,
                checksum: secret
                    .checksum
                    .map(|own| (own.checksum.algorithm, own.checksum_type)),
            })
        };
        Ok(listing::objects(&*self.engine, bucket.bucket, query, open).await?)
    }
}
