//! Buckets, for operators: creation with a profile, a look at one, protection.
//!
//! Owns: what a profile makes of a new bucket; that protection is only ever added.
//! Not here: what profiles say (`config::profile`), what tenants do with their buckets (`gateway`).

use crate::catalog::buckets::{self, BucketRecord};
use crate::catalog::error::CatalogError;
use crate::catalog::new_bucket::{Founded, Founding};
use crate::catalog::settings::SettingsKind;
use crate::catalog::tenants;
use crate::catalog::usage;
use crate::config::profile::Profile;
use crate::config::profile_folder::{FoundProfile, ListedProfile};
use crate::control::changes::append_difference;
use crate::control::error::ControlError;
use crate::control::{Control, OperatorPermit, facts};
use crate::model::bucket::BucketName;
use crate::model::protection::Protection;
use crate::model::quota::Usage;
use crate::model::tenant::TenantName;
use crate::storage::MetaBatch;
use serde_json::Value;
use std::sync::{Mutex, PoisonError};

/// What the journal calls a bucket.
fn subject(name: &BucketName) -> String {
    format!("bucket {name}")
}

/// A bucket with its settings and its usage.
#[derive(Clone, Debug)]
pub struct BucketDetails {
    /// The bucket.
    pub record: BucketRecord,
    /// Its owner's name.
    pub tenant_name: TenantName,
    /// What it holds.
    pub usage: Usage,
}

impl Control {
    /// Creates a bucket for a tenant, with the settings of a profile.
    ///
    /// # Errors
    /// `BucketNameOutside`, `BucketTaken`, `NoSuchTenant`, `Profile`, `TooManyBuckets`, or when
    /// keys or rows fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the bucket and all its settings survive power loss.
    pub async fn create_bucket(
        &self,
        permit: &OperatorPermit,
        name: &BucketName,
        tenant: &TenantName,
        profile: Option<&str>,
    ) -> Result<BucketDetails, ControlError> {
        let owner = self.find_tenant(permit, tenant).await?;
        if !owner.bucket_prefixes.allow(name.as_str()) {
            let prefixes = owner.bucket_prefixes.as_slice().join(", ");
            return Err(ControlError::BucketNameOutside { prefixes });
        }
        let profile_name = profile.unwrap_or("none");
        let profile = match profile {
            Some(name) => self.profiles.load(name)?.document,
            None => Profile::default(),
        };
        let mut documents = Vec::new();
        if let Some(rules) = &profile.lifecycle {
            let document = serde_json::to_vec(rules)
                .map_err(|_json| CatalogError::Inconsistent("lifecycle rules"))?;
            documents.push((SettingsKind::Lifecycle, document));
        }
        let founding = Founding {
            engine: &*self.engine,
            provider: &*self.provider,
            entropy: &*self.entropy,
            tenant: owner.tenant,
            name,
            created: self.now(),
            buckets_max: owner.limits.buckets,
            blocks_public_access: self.blocks_public_access,
            acl: None,
        };
        let configure = |record: &mut BucketRecord| {
            record.ownership = self.object_ownership;
            record.versioning = profile.versioning;
            record.object_lock = profile.object_lock;
            record.protection = profile.protection;
            record.quota = profile.quota;
            record.has_lifecycle = profile.lifecycle.is_some();
        };
        let entry = self.entry(permit, subject(name), Some(tenant))?;
        let note = |batch: &mut MetaBatch, record: &BucketRecord| {
            entry.append(batch, None, Some(&facts::bucket(record, tenant)));
        };
        match founding.create_with(configure, &documents, note).await? {
            Founded::Created => {}
            Founded::OwnedAlready | Founded::NameTaken => return Err(ControlError::BucketTaken),
            Founded::TooMany => return Err(ControlError::TooManyBuckets),
        }
        tracing::info!(
            operator = permit.operator_name(), bucket = %name, tenant = %tenant,
            profile = profile_name, "bucket created"
        );
        self.show_bucket(permit, name).await
    }

    /// A bucket with its settings.
    ///
    /// # Errors
    /// `NoSuchBucket`, or when rows fail.
    pub async fn show_bucket(
        &self,
        _permit: &OperatorPermit,
        name: &BucketName,
    ) -> Result<BucketDetails, ControlError> {
        let found = buckets::find(&*self.engine, name).await?;
        let record = found.ok_or(ControlError::NoSuchBucket)?;
        let tenants = tenants::list(&*self.engine).await?;
        let owner = tenants.into_iter().find(|own| own.tenant == record.tenant);
        Ok(BucketDetails {
            usage: usage::of_bucket(&*self.engine, record.bucket).await?,
            tenant_name: owner.ok_or(ControlError::NoSuchTenant)?.name,
            record,
        })
    }

    /// Protects a bucket, or takes deletable keys away from its protection. Nothing loosens a
    /// protection.
    ///
    /// # Errors
    /// `BucketNotRetained`, `NoSuchBucket`, `ProtectionLoosened`, or when rows fail.
    ///
    /// # Durability
    /// When this returns `Ok`, no retained object of the bucket is hidden from now on.
    pub async fn protect_bucket(
        &self,
        permit: &OperatorPermit,
        name: &BucketName,
        protection: &Protection,
    ) -> Result<BucketDetails, ControlError> {
        let is_retained = |record: &BucketRecord| {
            let default = record.object_lock.and_then(|own| own.default_retention);
            default.is_some()
        };
        let may_be_set = |record: &BucketRecord| {
            let old = record.protection.as_ref();
            is_retained(record) && old.is_none_or(|old| protection.is_within(old))
        };
        let apply = |record: &mut BucketRecord| {
            let may_be_set = may_be_set(record);
            if may_be_set {
                record.protection = Some(protection.clone());
            }
            may_be_set
        };
        if !self.apply_to_bucket(permit, name, apply).await? {
            let record = self.show_bucket(permit, name).await?.record;
            return Err(if is_retained(&record) {
                ControlError::ProtectionLoosened
            } else {
                ControlError::BucketNotRetained
            });
        }
        tracing::info!(operator = permit.operator_name(), bucket = %name, "bucket protected");
        self.show_bucket(permit, name).await
    }

    /// Changes a bucket's header if it may be changed, with the entry of the change; so does the
    /// answer say.
    pub(in crate::control) async fn apply_to_bucket(
        &self,
        permit: &OperatorPermit,
        name: &BucketName,
        apply: impl Fn(&mut BucketRecord) -> bool,
    ) -> Result<bool, ControlError> {
        let bucket = self.show_bucket(permit, name).await?;
        let owner = bucket.tenant_name;
        let entry = self.entry(permit, subject(name), Some(&owner))?;
        // What the last attempt found and made of it.
        let seen = Mutex::new((Value::Null, Value::Null));
        let apply = |record: &mut BucketRecord| {
            let before = facts::bucket(record, &owner);
            let may_be = apply(record);
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            *seen = (before, facts::bucket(record, &owner));
            may_be
        };
        let note = |batch: &mut MetaBatch| {
            let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            append_difference(&entry, batch, (&seen.0, &seen.1));
        };
        let id = bucket.record.bucket;
        Ok(buckets::change_with(&*self.engine, id, apply, note).await?)
    }

    /// All profiles by name, as their files are now.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list_profiles(
        &self,
        _permit: &OperatorPermit,
    ) -> Result<Vec<ListedProfile>, ControlError> {
        Ok(self.profiles.list()?)
    }

    /// A profile, as its file is now.
    ///
    /// # Errors
    /// `Profile`.
    pub fn show_profile(
        &self,
        _permit: &OperatorPermit,
        name: &str,
    ) -> Result<FoundProfile, ControlError> {
        Ok(self.profiles.load(name)?)
    }
}
