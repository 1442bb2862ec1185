//! A bucket's policy and its public access block.
//!
//! Owns: storing and telling them, the cache of what was parsed.
//! Not here: the language (`iam::policy`), the decision (`iam::authorize`).
//!
//! The policy and the flag in the bucket's header change in one batch: a bucket without the flag
//! has no policy, so that requests look for one only where there is one; a flag without a policy
//! that can be read lets nobody in.

use crate::base::kind::ErrorKind;
use crate::catalog::buckets::{self, BucketRecord};
use crate::catalog::error::CatalogError;
use crate::catalog::sealed_settings::{self, SealedDocument};
use crate::catalog::settings::{self, SettingsKind};
use crate::catalog::tenants;
use crate::gateway::error::GatewayError;
use crate::gateway::{Gateway, spend};
use crate::iam::policy::{Policy, PolicyError, PolicyKind};
use crate::iam::{Action, Permit};
use crate::model::id::{BucketId, TenantId};
use crate::model::public_access::PublicAccessBlock;
use crate::storage::MetaBatch;
use bytes::Bytes;
use lru::LruCache;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

/// Why a policy is not taken.
#[derive(Debug, thiserror::Error)]
pub enum PolicyRefusal {
    /// The text is no policy.
    #[error("policy is malformed")]
    Malformed(#[source] PolicyError),
    /// It is public, where public policies are blocked.
    #[error("public policy is blocked by the bucket's public access block")]
    PublicBlocked,
}

impl PolicyRefusal {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Malformed(_) => ErrorKind::Invalid,
            Self::PublicBlocked => ErrorKind::Denied,
        }
    }
}

/// Parsed policies kept in memory.
const CACHED_MAX: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

/// A bucket's policy.
#[derive(Clone, Debug, PartialEq)]
pub struct BucketPolicy {
    /// Byte for byte as it was given.
    pub text: Bytes,
    /// What it says.
    pub policy: Policy,
}

/// Stored bytes and what was read from them.
type CachedPolicy = (Bytes, Arc<BucketPolicy>);

/// Parsed policies by their bucket, with the stored bytes that they were opened from there.
#[derive(Clone, Debug)]
pub(in crate::gateway) struct PolicyCache {
    parsed: Arc<Mutex<LruCache<BucketId, CachedPolicy>>>,
}

impl Default for PolicyCache {
    fn default() -> Self {
        Self {
            parsed: Arc::new(Mutex::new(LruCache::new(CACHED_MAX))),
        }
    }
}

impl PolicyCache {
    fn get(&self, bucket: BucketId, raw: &Bytes) -> Option<Arc<BucketPolicy>> {
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, policy) = parsed.get(&bucket)?;
        (known == raw).then(|| Arc::clone(policy))
    }

    fn put(&self, bucket: BucketId, raw: &Bytes, policy: &Arc<BucketPolicy>) {
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        parsed.put(bucket, (raw.clone(), Arc::clone(policy)));
    }
}

/// An account, as answers tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldAccount {
    /// Canonical id.
    pub canonical_id: String,
    /// Display name.
    pub display_name: String,
}

impl Gateway {
    /// The policy that decisions about this bucket are made by. It needs no permit, since it is
    /// what permits are made by; answers tell it only by [`Gateway::bucket_policy`].
    ///
    /// # Errors
    /// When keys or rows fail; then nobody is let in.
    pub async fn policy_in_force(
        &self,
        bucket: &BucketRecord,
    ) -> Result<Option<Arc<BucketPolicy>>, GatewayError> {
        if !bucket.access.has_policy {
            return Ok(None);
        }
        let stored = SealedDocument::load(&*self.engine, bucket, SettingsKind::Policy).await?;
        let Some(stored) = stored else {
            // Taken away since the header was read, or lost.
            return match self.find_bucket(&bucket.name).await {
                Ok(now) if now.bucket == bucket.bucket && now.access.has_policy => {
                    Err(CatalogError::Inconsistent("bucket policy").into())
                }
                Ok(_) => Ok(None),
                Err(error) => Err(error),
            };
        };
        if let Some(known) = self.policies.get(bucket.bucket, stored.raw()) {
            return Ok(Some(known));
        }
        let bucket_key = self.opening_key(bucket, stored.key_version).await?;
        let text = stored.open(bucket, &bucket_key)?;
        let policy = Policy::parse(PolicyKind::Bucket, text.expose())
            .map_err(|_policy| CatalogError::Inconsistent("bucket policy"))?;
        let text = Bytes::copy_from_slice(text.expose());
        let parsed = Arc::new(BucketPolicy { text, policy });
        self.policies.put(bucket.bucket, stored.raw(), &parsed);
        Ok(Some(parsed))
    }

    /// Who owns a bucket.
    ///
    /// # Errors
    /// When the rows fail.
    pub async fn bucket_owner(&self, bucket: &BucketRecord) -> Result<ToldAccount, GatewayError> {
        self.told_account(bucket.tenant).await
    }

    /// An account.
    ///
    /// # Errors
    /// When the rows fail.
    pub async fn told_account(&self, account: TenantId) -> Result<ToldAccount, GatewayError> {
        let found = tenants::find(&*self.engine, account).await?;
        let found = found.ok_or(CatalogError::Inconsistent("account"))?;
        Ok(ToldAccount {
            canonical_id: found.canonical_id.as_str().to_owned(),
            display_name: found.display_name,
        })
    }

    /// The bucket's policy.
    ///
    /// # Errors
    /// When keys or rows fail.
    pub async fn bucket_policy(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
    ) -> Result<Option<Arc<BucketPolicy>>, GatewayError> {
        spend(permit, Action::GetBucketPolicy, bucket)?;
        self.policy_in_force(bucket).await
    }

    /// Whether the bucket's policy, or its access control list, makes it public.
    ///
    /// # Errors
    /// When keys or rows fail.
    pub async fn is_public(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
    ) -> Result<bool, GatewayError> {
        spend(permit, Action::GetBucketPolicyStatus, bucket)?;
        let policy = self.policy_in_force(bucket).await?;
        if policy.is_some_and(|own| own.policy.is_public()) {
            return Ok(true);
        }
        let list = self.list_in_force(bucket).await?;
        let is_ignored = bucket.access.block().ignore_public_acls;
        Ok(!is_ignored && list.is_some_and(|list| list.is_public()))
    }

    /// Sets the bucket's policy. `binds_root`: also in what the owner's root does to the policy.
    ///
    /// # Errors
    /// `Policy`, `NoSuchBucket`, or when keys or rows fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the policy survives power loss and is in force.
    pub async fn set_bucket_policy(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        text: &[u8],
        binds_root: bool,
    ) -> Result<(), GatewayError> {
        spend(permit, Action::PutBucketPolicy, bucket)?;
        let policy = Policy::parse(PolicyKind::Bucket, text)?;
        let is_public = policy.is_public();
        let bucket_key = self.sealing_key(bucket).await?;
        let kind = SettingsKind::Policy;
        let document = sealed_settings::seal(bucket, kind, text, (&bucket_key, &*self.entropy))?;
        let apply = |record: &mut BucketRecord| {
            if is_public && record.access.block().block_public_policy {
                return false;
            }
            record.access.has_policy = true;
            record.access.binds_root = binds_root;
            true
        };
        let store = |batch: &mut MetaBatch| settings::put(batch, kind, &document);
        if buckets::change_with(&*self.engine, bucket.bucket, apply, store).await? {
            Ok(())
        } else {
            Err(PolicyRefusal::PublicBlocked.into())
        }
    }

    /// Takes the bucket's policy away; nothing happens when it has none.
    ///
    /// # Errors
    /// `NoSuchBucket`, or when the rows fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the removal survives power loss.
    pub async fn delete_bucket_policy(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
    ) -> Result<(), GatewayError> {
        spend(permit, Action::DeleteBucketPolicy, bucket)?;
        let apply = |record: &mut BucketRecord| {
            record.access.has_policy = false;
            record.access.binds_root = false;
            true
        };
        let remove = |batch: &mut MetaBatch| settings::delete(batch, SettingsKind::Policy);
        buckets::change_with(&*self.engine, bucket.bucket, apply, remove).await?;
        Ok(())
    }

    /// The bucket's public access block, if it was set.
    ///
    /// # Errors
    /// `WrongPermit`.
    pub fn public_access_block(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
    ) -> Result<Option<PublicAccessBlock>, GatewayError> {
        spend(permit, Action::GetBucketPublicAccessBlock, bucket)?;
        Ok(bucket.access.public_access_block)
    }

    /// Sets or takes away the bucket's public access block.
    ///
    /// # Errors
    /// `NoSuchBucket`, or when the rows fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the setting survives power loss and is in force.
    pub async fn set_public_access_block(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        block: Option<PublicAccessBlock>,
    ) -> Result<(), GatewayError> {
        spend(permit, Action::PutBucketPublicAccessBlock, bucket)?;
        let apply = |record: &mut BucketRecord| {
            record.access.public_access_block = block;
            true
        };
        buckets::change(&*self.engine, bucket.bucket, apply).await?;
        Ok(())
    }
}
