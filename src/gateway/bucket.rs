//! Buckets: find, create, delete, list.
//!
//! Owns: a bucket's first key, and the rule that a name belongs to its first taker.
//! Not here: rows (`catalog::buckets`).

use crate::base::limits::BUCKETS_PER_TENANT_MAX;
use crate::catalog::buckets::{self, BucketEntry, BucketRecord, DeleteOutcome};
use crate::catalog::error::CatalogError;
use crate::crypto::{KeyContext, KeyScope};
use crate::gateway::error::GatewayError;
use crate::gateway::{Gateway, spend};
use crate::iam::{Action, Permit};
use crate::model::bucket::BucketName;
use crate::model::encryption::SseAlgorithm;
use crate::model::id::BucketId;

/// Version of a bucket's first key.
const FIRST_KEY_VERSION: u32 = 1;

impl Gateway {
    /// Finds a bucket, so that the caller can be authorized for it. Nothing in it is read.
    ///
    /// # Errors
    /// `NoSuchBucket`, or when the rows fail.
    pub async fn find_bucket(&self, name: &BucketName) -> Result<BucketRecord, GatewayError> {
        buckets::find(&*self.engine, name)
            .await?
            .ok_or(GatewayError::NoSuchBucket)
    }

    /// Creates a bucket for the permit's tenant.
    ///
    /// # Errors
    /// `BucketAlreadyOwned`, `BucketNameTaken`, or when keys or rows fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the bucket survives power loss.
    pub async fn create_bucket(
        &self,
        permit: Permit,
        name: &BucketName,
    ) -> Result<(), GatewayError> {
        let action = Action::CreateBucket;
        if !permit.covers_account(action) {
            return Err(GatewayError::WrongPermit { action });
        }
        let tenant = permit.tenant();
        self.refuse_taken(name, tenant).await?;
        let owned = buckets::list(&*self.engine).await?;
        if owned.iter().filter(|entry| entry.tenant == tenant).count() >= BUCKETS_PER_TENANT_MAX {
            return Err(GatewayError::TooManyBuckets);
        }
        let created = self.now();
        let bucket = BucketId::generate(created.millis(), &*self.entropy)?;
        let scope = KeyScope::Bucket(bucket);
        let context = KeyContext {
            tenant,
            scope,
            version: FIRST_KEY_VERSION,
        };
        let (_, wrapped) = self.provider.generate_key(&context).await?;
        let keys = vec![(FIRST_KEY_VERSION, wrapped)];
        let record = BucketRecord {
            bucket,
            name: name.clone(),
            tenant,
            created,
            keys,
            default_encryption: None,
        };
        match buckets::create(&*self.engine, &record).await {
            Err(CatalogError::Taken) => {
                self.refuse_taken(name, tenant).await?;
                Err(GatewayError::BucketNameTaken)
            }
            other => Ok(other?),
        }
    }

    async fn refuse_taken(
        &self,
        name: &BucketName,
        tenant: crate::model::id::TenantId,
    ) -> Result<(), GatewayError> {
        match buckets::find(&*self.engine, name).await? {
            None => Ok(()),
            Some(existing) if existing.tenant == tenant => Err(GatewayError::BucketAlreadyOwned),
            Some(_) => Err(GatewayError::BucketNameTaken),
        }
    }

    /// Deletes an empty bucket.
    ///
    /// # Errors
    /// `BucketNotEmpty`, `NoSuchBucket`, or when the rows fail.
    pub async fn delete_bucket(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
    ) -> Result<(), GatewayError> {
        spend(permit, Action::DeleteBucket, bucket)?;
        match buckets::delete(&*self.engine, bucket, self.now()).await? {
            DeleteOutcome::Deleted => Ok(()),
            DeleteOutcome::Gone => Err(GatewayError::NoSuchBucket),
            DeleteOutcome::NotEmpty => Err(GatewayError::BucketNotEmpty),
        }
    }

    /// The bucket's default encryption, if it was set.
    ///
    /// # Errors
    /// `WrongPermit`.
    pub fn default_encryption(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
    ) -> Result<Option<SseAlgorithm>, GatewayError> {
        spend(permit, Action::GetEncryptionConfiguration, bucket)?;
        Ok(bucket.default_encryption)
    }

    /// Sets or takes away the bucket's default encryption.
    ///
    /// # Errors
    /// `NoSuchBucket`, or when the rows fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the setting survives power loss.
    pub async fn set_default_encryption(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        algorithm: Option<SseAlgorithm>,
    ) -> Result<(), GatewayError> {
        spend(permit, Action::PutEncryptionConfiguration, bucket)?;
        let apply = |record: &mut BucketRecord| record.default_encryption = algorithm;
        Ok(buckets::change(&*self.engine, bucket.bucket, apply).await?)
    }

    /// The caller's buckets in name order.
    ///
    /// # Errors
    /// When the rows fail.
    pub async fn list_buckets(&self, permit: Permit) -> Result<Vec<BucketEntry>, GatewayError> {
        let action = Action::ListAllMyBuckets;
        if !permit.covers_account(action) {
            return Err(GatewayError::WrongPermit { action });
        }
        let mut entries = buckets::list(&*self.engine).await?;
        entries.retain(|entry| entry.tenant == permit.tenant());
        Ok(entries)
    }
}
