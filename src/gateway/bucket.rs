//! Buckets: find, create, delete, list.
//!
//! Owns: the settings that a bucket has in its header.
//! Not here: rows (`catalog::buckets`), how a bucket comes to be (`catalog::new_bucket`).

use crate::catalog::buckets::{self, BucketEntry, BucketRecord, DeleteOutcome};
use crate::catalog::new_bucket::{Founded, Founding};
use crate::gateway::error::GatewayError;
use crate::gateway::object::version_error::VersionError;
use crate::gateway::{Gateway, spend};
use crate::iam::{Action, Permit};
use crate::model::acl::AskedAcl;
use crate::model::bucket::BucketName;
use crate::model::encryption::SseAlgorithm;
use crate::model::lock::ObjectLock;
use crate::model::ownership::ObjectOwnership;
use crate::model::versioning::Versioning;

/// What a new bucket is asked to begin with.
#[derive(Clone, Debug, Default)]
pub struct NewBucket {
    /// Whether it has Object Lock.
    pub has_object_lock: bool,
    /// Who owns what is written into it; the installation's default if nothing is said.
    pub ownership: Option<ObjectOwnership>,
    /// Its access control list.
    pub acl: Option<AskedAcl>,
}

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

    /// Creates a bucket for the permit's tenant. Object Lock comes with versions (s3-behaviour.md
    /// 86).
    ///
    /// # Errors
    /// `Acl`, `BucketAlreadyOwned`, `BucketNameOutside`, `BucketNameTaken`, or when keys or rows
    /// fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the bucket survives power loss.
    pub async fn create_bucket(
        &self,
        permit: Permit,
        name: &BucketName,
        asked: &NewBucket,
    ) -> Result<(), GatewayError> {
        let action = Action::CreateBucket;
        let tenant = permit.account(action);
        let tenant = tenant.ok_or(GatewayError::WrongPermit { action })?;
        let prefixes = self.terms.bucket_prefixes_of(tenant);
        if !prefixes.allow(name.as_str()) {
            return Err(GatewayError::BucketNameOutside { prefixes });
        }
        let ownership = asked.ownership.unwrap_or(self.object_ownership);
        let acl = match &asked.acl {
            None => None,
            Some(acl) => self.list_of_bucket(tenant, ownership, acl).await?,
        };
        let founding = Founding {
            engine: &*self.engine,
            provider: &*self.provider,
            entropy: &*self.entropy,
            tenant,
            name,
            created: self.now(),
            buckets_max: self.terms.limits_of(tenant).buckets,
            blocks_public_access: self.blocks_public_access,
            acl: acl.as_ref(),
        };
        let configure = |record: &mut BucketRecord| {
            record.ownership = ownership;
            if asked.has_object_lock {
                record.object_lock = Some(ObjectLock::default());
                record.versioning = Versioning::Enabled;
            }
        };
        match founding.create(configure, &[]).await? {
            Founded::Created => Ok(()),
            Founded::OwnedAlready => Err(GatewayError::BucketAlreadyOwned),
            Founded::NameTaken => Err(GatewayError::BucketNameTaken),
            Founded::TooMany => Err(GatewayError::TooManyBuckets),
        }
    }

    /// Whether the caller's bucket of this name has what a new one was to have: without it, to say
    /// that it is there would be a wrong success. A list is none that it could be seen to have.
    ///
    /// # Errors
    /// `NoSuchBucket`, or when the rows fail.
    pub async fn is_as_asked(
        &self,
        name: &BucketName,
        asked: &NewBucket,
    ) -> Result<bool, GatewayError> {
        let bucket = self.find_bucket(name).await?;
        let has_list = match &asked.acl {
            None => false,
            Some(acl) => {
                let list = self.list_of_bucket(bucket.tenant, bucket.ownership, acl);
                list.await?.is_some()
            }
        };
        let is_owned = asked.ownership.is_none_or(|own| own == bucket.ownership);
        let is_locked = !asked.has_object_lock || bucket.object_lock.is_some();
        Ok(is_owned && is_locked && !has_list)
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
        let (now, metered) = (self.now(), self.retention_now());
        match buckets::delete(&*self.engine, bucket, now, metered).await? {
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
        let apply = |record: &mut BucketRecord| {
            record.default_encryption = algorithm;
            true
        };
        buckets::change(&*self.engine, bucket.bucket, apply).await?;
        Ok(())
    }

    /// Whether the bucket keeps versions.
    ///
    /// # Errors
    /// `WrongPermit`.
    pub fn versioning(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
    ) -> Result<Versioning, GatewayError> {
        spend(permit, Action::GetBucketVersioning, bucket)?;
        Ok(bucket.versioning)
    }

    /// Makes the bucket keep versions, or stop it.
    ///
    /// # Errors
    /// `InvalidBucketState` when a bucket with Object Lock is to stop; `NoSuchBucket`, or when the
    /// rows fail.
    ///
    /// # Durability
    /// When this returns `Ok`, every write that is acknowledged from now on follows the setting.
    pub async fn set_versioning(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        versioning: Versioning,
    ) -> Result<(), GatewayError> {
        spend(permit, Action::PutBucketVersioning, bucket)?;
        let apply = |record: &mut BucketRecord| {
            let is_allowed = record.object_lock.is_none() || versioning == Versioning::Enabled;
            if is_allowed {
                record.versioning = versioning;
            }
            is_allowed
        };
        self.change_settings(bucket, apply).await
    }

    /// The bucket's Object Lock configuration, if it has one.
    ///
    /// # Errors
    /// `WrongPermit`.
    pub fn object_lock(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
    ) -> Result<Option<ObjectLock>, GatewayError> {
        spend(permit, Action::GetBucketObjectLockConfiguration, bucket)?;
        Ok(bucket.object_lock)
    }

    /// Gives the bucket Object Lock, for good, or another default retention.
    ///
    /// # Errors
    /// `InvalidBucketState` when the bucket does not keep versions; `NoSuchBucket`, or when the
    /// rows fail.
    ///
    /// # Durability
    /// When this returns `Ok`, every version that is acknowledged from now on follows the setting.
    pub async fn set_object_lock(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        object_lock: ObjectLock,
    ) -> Result<(), GatewayError> {
        spend(permit, Action::PutBucketObjectLockConfiguration, bucket)?;
        let apply = |record: &mut BucketRecord| {
            let is_allowed = record.versioning == Versioning::Enabled;
            if is_allowed {
                record.object_lock = Some(object_lock);
            }
            is_allowed
        };
        self.change_settings(bucket, apply).await
    }

    async fn change_settings(
        &self,
        bucket: &BucketRecord,
        apply: impl Fn(&mut BucketRecord) -> bool,
    ) -> Result<(), GatewayError> {
        if buckets::change(&*self.engine, bucket.bucket, apply).await? {
            Ok(())
        } else {
            Err(VersionError::InvalidBucketState.into())
        }
    }

    /// The caller's buckets in name order.
    ///
    /// # Errors
    /// When the rows fail.
    pub async fn list_buckets(&self, permit: Permit) -> Result<Vec<BucketEntry>, GatewayError> {
        let action = Action::ListAllMyBuckets;
        let tenant = permit.account(action);
        let tenant = tenant.ok_or(GatewayError::WrongPermit { action })?;
        let mut entries = buckets::list(&*self.engine).await?;
        entries.retain(|entry| entry.tenant == tenant);
        Ok(entries)
    }
}
