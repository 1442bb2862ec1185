//! Tenants and their buckets, for operators.

use crate::base::entropy::random_array;
use crate::catalog::buckets::{self, BucketEntry};
use crate::catalog::credentials::key_context;
use crate::catalog::error::CatalogError;
use crate::catalog::tenants::{self, TenantRecord};
use crate::catalog::usage;
use crate::control::error::ControlError;
use crate::control::{Control, OperatorPermit};
use crate::model::id::TenantId;
use crate::model::quota::{TenantLimits, Usage};
use crate::model::tenant::{AccountId, CanonicalId, TenantName};
use crate::model::time::Timestamp;

/// What an operator says of a new tenant.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// Its name.
    pub name: TenantName,
    /// What people read, in any script; the name when absent.
    pub display_name: Option<String>,
    /// Contact address.
    pub email: Option<String>,
    /// Owner ID in S3 answers; drawn when absent.
    pub canonical_id: Option<CanonicalId>,
}

/// A bucket with its owner's name and its usage.
#[derive(Clone, Debug)]
pub struct BucketSummary {
    /// The bucket.
    pub entry: BucketEntry,
    /// Its owner's name.
    pub tenant_name: TenantName,
    /// What it holds.
    pub usage: Usage,
}

impl Control {
    /// Creates a tenant with its key and its credentials key.
    ///
    /// # Errors
    /// `TenantTaken`, an invalid field, or when keys or rows fail.
    pub async fn create_tenant(
        &self,
        permit: &OperatorPermit,
        new: NewTenant,
    ) -> Result<TenantRecord, ControlError> {
        let display_name = new.display_name.unwrap_or_else(|| new.name.to_string());
        let is_shown = !display_name.trim().is_empty()
            && display_name.chars().count() <= 256
            && !display_name.chars().any(char::is_control);
        if !is_shown {
            return Err(ControlError::InvalidDisplayName);
        }
        let email = new.email.unwrap_or_default();
        let has_two_parts = email
            .split_once('@')
            .is_some_and(|(local, host)| !local.is_empty() && !host.is_empty());
        if email.len() > 254 || !(email.is_empty() || has_two_parts) {
            return Err(ControlError::InvalidEmail);
        }
        if tenants::find_by_name(&*self.engine, &new.name)
            .await?
            .is_some()
        {
            return Err(ControlError::TenantTaken);
        }
        let created = self.now();
        let tenant = self.new_tenant_id(created).await?;
        self.provider.create_tenant_key(tenant).await?;
        let (_, credentials_key) = self.provider.generate_key(&key_context(tenant)).await?;
        let canonical_id = match new.canonical_id {
            Some(id) => id,
            None => CanonicalId::from_random(random_array(&*self.entropy)?),
        };
        let record = TenantRecord {
            tenant,
            name: new.name,
            display_name,
            email,
            canonical_id,
            created,
            credentials_key,
            limits: TenantLimits::default(),
        };
        match tenants::create(&*self.engine, &record).await {
            Err(CatalogError::Taken) => return Err(ControlError::TenantTaken),
            other => other?,
        }
        tracing::info!(operator = permit.operator_name(), tenant = %record.name, "tenant created");
        Ok(record)
    }

    /// An identity whose account number no tenant has.
    async fn new_tenant_id(&self, created: Timestamp) -> Result<TenantId, ControlError> {
        let others = tenants::list(&*self.engine).await?;
        loop {
            let tenant = TenantId::generate(created.millis(), &*self.entropy)?;
            let account = AccountId::of(tenant);
            if !others
                .iter()
                .any(|other| AccountId::of(other.tenant) == account)
            {
                return Ok(tenant);
            }
        }
    }

    /// A tenant by its name.
    ///
    /// # Errors
    /// `NoSuchTenant`, or when rows fail.
    pub async fn find_tenant(
        &self,
        _permit: &OperatorPermit,
        name: &TenantName,
    ) -> Result<TenantRecord, ControlError> {
        tenants::find_by_name(&*self.engine, name)
            .await?
            .ok_or(ControlError::NoSuchTenant)
    }

    /// All tenants, oldest first.
    ///
    /// # Errors
    /// When rows fail.
    pub async fn list_tenants(
        &self,
        _permit: &OperatorPermit,
    ) -> Result<Vec<TenantRecord>, ControlError> {
        Ok(tenants::list(&*self.engine).await?)
    }

    /// All buckets, or those of one tenant, with their usage.
    ///
    /// # Errors
    /// When rows fail.
    pub async fn list_buckets(
        &self,
        permit: &OperatorPermit,
        tenant: Option<&TenantName>,
    ) -> Result<Vec<BucketSummary>, ControlError> {
        let tenants = match tenant {
            Some(name) => vec![self.find_tenant(permit, name).await?],
            None => tenants::list(&*self.engine).await?,
        };
        let mut summaries = Vec::new();
        for entry in buckets::list(&*self.engine).await? {
            let Some(owner) = tenants.iter().find(|tenant| tenant.tenant == entry.tenant) else {
                continue;
            };
            let usage = usage::of_bucket(&*self.engine, entry.bucket).await?;
            summaries.push(BucketSummary {
                entry,
                tenant_name: owner.name.clone(),
                usage,
            });
        }
        Ok(summaries)
    }
}
