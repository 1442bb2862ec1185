//! Access keys for the verifier.
//!
//! Owns: the `auth::CredentialStore` that opens them, and its cache. Not here: the records
//! (`credentials`), signatures (`auth::sigv4`).
//!
//! Every request reads the row (a point read, a few microseconds) and compares it with the cached
//! copy: a key that was disabled or deleted, here or on another gateway, stops at once, and no
//! invalidation can be missed.

use crate::auth::{AccessKeyId, Credential, CredentialError, CredentialStore};
use crate::base::digest::{DigestAlgorithm, digest};
use crate::base::kind::ErrorKind;
use crate::catalog::credentials::{CredentialRecord, key_context};
use crate::catalog::error::CatalogError;
use crate::catalog::terms::TermsTable;
use crate::catalog::{keyspace, tenants};
use crate::crypto::KeyProvider;
use crate::storage::{Engine, MetaStore, Partition};
use async_trait::async_trait;
use bytes::Bytes;
use lru::LruCache;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

/// Opened credentials kept in memory: tens of institutions with a handful of keys each, with room
/// to spare.
const CACHE_MAX: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

/// Opens access keys for the verifier.
pub struct CatalogCredentials {
    engine: Arc<dyn Engine>,
    keys: Arc<dyn KeyProvider>,
    terms: Arc<TermsTable>,
    cache: Mutex<LruCache<AccessKeyId, CachedCredential>>,
}

/// An opened credential, with the row that it was opened from and the count of changes of tenants
/// at which its tenant was read.
#[derive(Clone)]
struct CachedCredential {
    row: Bytes,
    changes: u64,
    credential: Credential,
}

impl std::fmt::Debug for CatalogCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CatalogCredentials")
    }
}

impl CatalogCredentials {
    /// A store over the catalog's rows.
    pub fn new(
        engine: Arc<dyn Engine>,
        keys: Arc<dyn KeyProvider>,
        terms: Arc<TermsTable>,
    ) -> Self {
        Self {
            engine,
            keys,
            terms,
            cache: Mutex::new(LruCache::new(CACHE_MAX)),
        }
    }

    async fn open(&self, row: &[u8]) -> Result<Credential, CatalogError> {
        let record = CredentialRecord::decode(row)?;
        let tenant = tenants::find(&*self.engine, record.tenant)
            .await?
            .ok_or(CatalogError::Inconsistent("access key"))?;
        let context = key_context(record.tenant);
        let credentials_key = self
            .keys
            .unwrap_key(&tenant.credentials_key, &context)
            .await?;
        let secret = record.open(&credentials_key)?;
        let revision = digest(DigestAlgorithm::Crc64Nvme, row);
        let revision = revision
            .first_chunk::<8>()
            .map_or(0, |bytes| u64::from_be_bytes(*bytes));
        Ok(Credential {
            access_key_id: record.access_key_id,
            secret_access_key: Arc::new(secret),
            tenant: record.tenant,
            user: record.user,
            expires: record.expires,
            canonical_id: tenant.canonical_id.as_str().into(),
            display_name: tenant.display_name.as_str().into(),
            status: record.status,
            revision,
        })
    }
}

#[async_trait]
impl CredentialStore for CatalogCredentials {
    async fn find(
        &self,
        access_key_id: &AccessKeyId,
    ) -> Result<Option<Credential>, CredentialError> {
        let row_key = keyspace::access_key(access_key_id);
        let row = MetaStore::get(&*self.engine, Partition::System, &row_key);
        let Some(row) = row.await.map_err(|source| lookup_failed(source.into()))? else {
            return Ok(None);
        };
        let cached = self
            .cache
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(access_key_id)
            .cloned();
        let changes = self.terms.changes();
        if let Some(cached) = cached
            && cached.row == row
            && cached.changes == changes
        {
            return Ok(Some(cached.credential));
        }
        let credential = self.open(&row).await.map_err(lookup_failed)?;
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let cached = CachedCredential {
            row,
            changes,
            credential: credential.clone(),
        };
        cache.put(access_key_id.clone(), cached);
        Ok(Some(credential))
    }
}

/// The verifier learns whether to come back or to call somebody.
fn lookup_failed(source: CatalogError) -> CredentialError {
    match source.kind() {
        ErrorKind::Corrupt => CredentialError::Corrupt {
            source: Box::new(source),
        },
        ErrorKind::Absent
        | ErrorKind::Conflict
        | ErrorKind::Denied
        | ErrorKind::Full
        | ErrorKind::Internal
        | ErrorKind::Invalid
        | ErrorKind::Limited
        | ErrorKind::Unavailable => CredentialError::Unavailable {
            source: Box::new(source),
        },
    }
}
