//! The founding of a bucket: its id, its first key, and the settings that it begins with.
//!
//! Owns: what data plane and control plane do alike when they create a bucket.
//! Not here: the rows and their order (`buckets`), what a bucket begins with (the callers).

use crate::base::entropy::Entropy;
use crate::base::limits::BUCKETS_PER_TENANT_MAX;
use crate::catalog::bucket_acl;
use crate::catalog::buckets::{self, BucketRecord};
use crate::catalog::error::CatalogError;
use crate::catalog::settings::SettingsKind;
use crate::crypto::{KeyContext, KeyProvider, KeyScope};
use crate::model::acl::AccessList;
use crate::model::bucket::BucketName;
use crate::model::id::{BucketId, TenantId};
use crate::model::public_access::BucketAccess;
use crate::model::time::Timestamp;
use crate::storage::{Engine, MetaBatch};

/// Version of a bucket's first key.
const FIRST_KEY_VERSION: u32 = 1;

/// What a founding needs.
#[derive(Clone, Copy, Debug)]
pub struct Founding<'a> {
    /// The engine.
    pub engine: &'a dyn Engine,
    /// Whose tenant keys wrap the bucket's.
    pub provider: &'a dyn KeyProvider,
    /// Randomness.
    pub entropy: &'a dyn Entropy,
    /// Who owns the bucket.
    pub tenant: TenantId,
    /// Its name.
    pub name: &'a BucketName,
    /// Now.
    pub created: Timestamp,
    /// How many buckets the tenant may have, if it is limited.
    pub buckets_max: Option<u64>,
    /// Whether it begins with all public access blocked.
    pub blocks_public_access: bool,
    /// The access control list that it begins with, if it is not private.
    pub acl: Option<&'a AccessList>,
}

/// How a founding ended.
#[derive(Debug)]
pub enum Founded {
    /// The bucket is there.
    Created,
    /// The tenant has a bucket of this name.
    OwnedAlready,
    /// Somebody else has one.
    NameTaken,
    /// The tenant has as many buckets as it may have.
    TooMany,
}

impl Founding<'_> {
    /// Creates the bucket with the settings that `configure` gives it and with these settings
    /// documents: all of it is there, or nothing.
    ///
    /// # Errors
    /// When keys or rows fail.
    ///
    /// # Durability
    /// When this returns `Created`, the bucket survives power loss.
    pub async fn create(
        &self,
        configure: impl FnOnce(&mut BucketRecord) + Send,
        documents: &[(SettingsKind, Vec<u8>)],
    ) -> Result<Founded, CatalogError> {
        self.create_with(configure, documents, |_batch, _record| {})
            .await
    }

    /// As [`Founding::create`]; `note` sees the bucket and adds to the batch that makes it be
    /// there.
    ///
    /// # Errors
    /// As [`Founding::create`].
    ///
    /// # Durability
    /// As [`Founding::create`].
    pub async fn create_with(
        &self,
        configure: impl FnOnce(&mut BucketRecord) + Send,
        documents: &[(SettingsKind, Vec<u8>)],
        note: impl Fn(&mut MetaBatch, &BucketRecord) + Send + Sync,
    ) -> Result<Founded, CatalogError> {
        if let Some(taken) = self.taken().await? {
            return Ok(taken);
        }
        let bucket = BucketId::generate(self.created.millis(), self.entropy)?;
        let context = KeyContext {
            tenant: self.tenant,
            scope: KeyScope::Bucket(bucket),
            version: FIRST_KEY_VERSION,
        };
        let (key, wrapped) = self.provider.generate_key(&context).await?;
        let keys = vec![(FIRST_KEY_VERSION, wrapped)];
        let name = self.name.clone();
        let mut record = BucketRecord::new(bucket, name, self.tenant, self.created, keys);
        record.access = BucketAccess::of_new_bucket(self.blocks_public_access);
        configure(&mut record);
        let mut documents = documents.to_vec();
        if let Some(list) = self.acl {
            record.list = list.presence(self.tenant);
            let document = bucket_acl::seal(&record, list, (&key, self.entropy))?;
            documents.push((SettingsKind::Acl, document));
        }
        let buckets_max = self
            .buckets_max
            .unwrap_or(u64::MAX)
            .min(BUCKETS_PER_TENANT_MAX);
        let note = |batch: &mut MetaBatch| note(batch, &record);
        match buckets::create_with(self.engine, &record, &documents, buckets_max, note).await {
            Ok(()) => Ok(Founded::Created),
            Err(CatalogError::QuotaExceeded(_)) => Ok(Founded::TooMany),
            Err(CatalogError::Taken) => Ok(self.taken().await?.unwrap_or(Founded::NameTaken)),
            Err(other) => Err(other),
        }
    }

    async fn taken(&self) -> Result<Option<Founded>, CatalogError> {
        let existing = buckets::find(self.engine, self.name).await?;
        Ok(existing.map(|existing| {
            if existing.tenant == self.tenant {
                Founded::OwnedAlready
            } else {
                Founded::NameTaken
            }
        }))
    }
}
