//! Access keys and sessions for the verifier.
//!
//! Owns: the `auth::CredentialStore` that opens them, and its cache. Not here: the records
//! (`credentials`), tokens (`sessions`), signatures (`auth::sigv4`).
//!
//! Every request reads the row (a point read, a few microseconds) and compares it with the cached
//! copy: a key that was disabled or deleted, here or on another gateway, stops at once, and no
//! invalidation can be missed. So it is with a session, which reads the row of the key that it
//! stems from.

use crate::auth::{
    AccessKeyId, Actor, Credential, CredentialError, CredentialStatus, CredentialStore,
};
use crate::base::digest::{DigestAlgorithm, digest};
use crate::base::kind::ErrorKind;
use crate::catalog::credentials::{self, CREDENTIALS_KEY_VERSION, CredentialRecord, key_context};
use crate::catalog::error::CatalogError;
use crate::catalog::sessions::{OpenedSession, SessionToken};
use crate::catalog::tenants::TenantRecord;
use crate::catalog::terms::TermsTable;
use crate::catalog::{keyspace, tenants};
use crate::crypto::{KeyProvider, ScopeKey};
use crate::model::time::Timestamp;
use crate::storage::{Engine, MetaStore, Partition};
use async_trait::async_trait;
use bytes::Bytes;
use lru::LruCache;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

/// Opened credentials kept in memory: tens of institutions with a handful of keys each, with room
/// to spare.
const CACHE_MAX: NonZeroUsize = NonZeroUsize::new(4096).unwrap();
/// Opened sessions kept in memory, of up to some 4 KiB each. One that is not costs a call of the
/// key service.
const SESSIONS_MAX: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

/// Opens access keys for the verifier.
pub struct CatalogCredentials {
    engine: Arc<dyn Engine>,
    keys: Arc<dyn KeyProvider>,
    terms: Arc<TermsTable>,
    cache: Mutex<LruCache<AccessKeyId, CachedCredential>>,
    sessions: Mutex<LruCache<AccessKeyId, CachedSession>>,
}

/// An opened credential, with the row that it was opened from and the count of changes of tenants
/// at which its tenant was read.
#[derive(Clone)]
struct CachedCredential {
    row: Bytes,
    changes: u64,
    credential: Credential,
}

/// An opened session as its token says that it is, with the digest of the token.
#[derive(Clone)]
struct CachedSession {
    token_sha256: Vec<u8>,
    changes: u64,
    credential: Credential,
    parent: AccessKeyId,
    parent_created: Timestamp,
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
            sessions: Mutex::new(LruCache::new(SESSIONS_MAX)),
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
        Ok(Credential {
            access_key_id: record.access_key_id,
            secret_access_key: Arc::new(secret),
            tenant: record.tenant,
            actor: record.user.map_or(Actor::Root, Actor::User),
            session: None,
            expires: record.expires,
            canonical_id: tenant.canonical_id.as_str().into(),
            display_name: tenant.display_name.as_str().into(),
            status: record.status,
            revision: revision(row),
        })
    }

    /// What a session is worth by the key that it stems from.
    async fn session(
        &self,
        access_key_id: &AccessKeyId,
        text: &str,
    ) -> Result<Option<Credential>, CatalogError> {
        let token_sha256 = digest(DigestAlgorithm::Sha256, text.as_bytes());
        let cached = self
            .sessions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(access_key_id)
            .cloned();
        let changes = self.terms.changes();
        let opened = match cached {
            Some(cached) if cached.token_sha256 == token_sha256 && cached.changes == changes => {
                cached
            }
            Some(_) | None => {
                let Some(opened) = self.open_session(access_key_id, text, changes).await? else {
                    return Ok(None);
                };
                let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
                sessions.put(access_key_id.clone(), opened.clone());
                opened
            }
        };
        let mut credential = opened.credential;
        let parent = credentials::find(&*self.engine, &opened.parent).await?;
        let parent = parent.filter(|parent| {
            parent.tenant == credential.tenant && parent.created == opened.parent_created
        });
        credential.status = parent
            .as_ref()
            .map_or(CredentialStatus::Disabled, |own| own.status);
        let ends = [credential.expires, parent.and_then(|own| own.expires)];
        credential.expires = ends.into_iter().flatten().min();
        Ok(Some(credential))
    }

    async fn open_session(
        &self,
        access_key_id: &AccessKeyId,
        text: &str,
        changes: u64,
    ) -> Result<Option<CachedSession>, CatalogError> {
        let Some(token) = SessionToken::parse(text) else {
            return Ok(None);
        };
        let found = open_token(&*self.engine, &*self.keys, access_key_id, &token).await?;
        let Some((tenant, opened)) = found else {
            return Ok(None);
        };
        let OpenedSession {
            grant,
            secret_access_key,
        } = opened;
        let parent = grant.session.parent.clone();
        Ok(Some(CachedSession {
            token_sha256: digest(DigestAlgorithm::Sha256, text.as_bytes()),
            changes,
            credential: Credential {
                access_key_id: access_key_id.clone(),
                secret_access_key: Arc::new(secret_access_key),
                tenant: grant.tenant,
                actor: grant.actor,
                session: Some(Arc::new(grant.session)),
                expires: Some(grant.expires),
                canonical_id: tenant.canonical_id.as_str().into(),
                display_name: tenant.display_name.as_str().into(),
                status: CredentialStatus::Active,
                revision: revision(text.as_bytes()),
            },
            parent,
            parent_created: grant.parent_created,
        }))
    }
}

/// Opens a token of an access key id; `None` for one that this installation did not issue with it.
///
/// # Errors
/// When keys or rows fail.
pub async fn open_token(
    engine: &dyn Engine,
    keys: &dyn KeyProvider,
    access_key_id: &AccessKeyId,
    token: &SessionToken,
) -> Result<Option<(TenantRecord, OpenedSession)>, CatalogError> {
    let Some(tenant) = tenants::find(engine, token.tenant).await? else {
        // As much work as for a tenant that there is.
        if let Some(key) = ScopeKey::from_slice(CREDENTIALS_KEY_VERSION, &[0; 32]) {
            drop(token.open(access_key_id, &key));
        }
        return Ok(None);
    };
    let context = key_context(tenant.tenant);
    let key = keys.unwrap_key(&tenant.credentials_key, &context).await?;
    let opened = token.open(access_key_id, &key)?;
    Ok(opened.map(|opened| (tenant, opened)))
}

/// What tells a secret from others of the same id.
fn revision(text: &[u8]) -> u64 {
    let digest = digest(DigestAlgorithm::Crc64Nvme, text);
    digest
        .first_chunk::<8>()
        .map_or(0, |bytes| u64::from_be_bytes(*bytes))
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

    async fn find_session(
        &self,
        access_key_id: &AccessKeyId,
        token: &str,
    ) -> Result<Option<Credential>, CredentialError> {
        let session = self.session(access_key_id, token).await;
        session.map_err(lookup_failed)
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
