//! Tenants and their buckets, for operators.

use crate::base::entropy::random_array;
use crate::catalog::buckets::{self, BucketEntry};
use crate::catalog::credentials::key_context;
use crate::catalog::error::CatalogError;
use crate::catalog::tenants::{self, TenantRecord};
use crate::catalog::usage;
use crate::control::changes::append_difference;
use crate::control::error::ControlError;
use crate::control::{Control, OperatorPermit, facts};
use crate::model::id::TenantId;
use crate::model::quota::{TenantLimits, Usage};
use crate::model::rates::TenantRates;
use crate::model::tenant::{AccountId, BucketPrefixes, CanonicalId, TenantName, TenantStatus};
use crate::model::time::Timestamp;
use crate::storage::MetaBatch;

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
    /// Number in the register of administrations or companies.
    pub registration_number: Option<String>,
    /// Whom to call.
    pub contact: Option<String>,
    /// How the names of its buckets have to begin.
    pub bucket_prefixes: BucketPrefixes,
}

/// What an operator changes about a tenant; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct TenantChange {
    /// What people read.
    pub display_name: Option<String>,
    /// Contact address.
    pub email: Option<String>,
    /// Number in the register of administrations or companies.
    pub registration_number: Option<String>,
    /// Whom to call.
    pub contact: Option<String>,
    /// How the names of its new buckets have to begin.
    pub bucket_prefixes: Option<BucketPrefixes>,
    /// Whether it is served.
    pub status: Option<TenantStatus>,
}

/// Characters of a display name, a registration number or a contact at most.
const TEXT_LEN_MAX: usize = 256;

/// A line that people read: no control characters, not too long; empty only if it `may_be`.
fn is_line(text: &str, may_be_empty: bool) -> bool {
    (may_be_empty || !text.trim().is_empty())
        && text.chars().count() <= TEXT_LEN_MAX
        && !text.chars().any(char::is_control)
}

/// Characters of an address at most (RFC 5321, 4.5.3.1).
const EMAIL_LEN_MAX: usize = 254;

fn is_email(text: &str) -> bool {
    let has_two_parts = text
        .split_once('@')
        .is_some_and(|(local, host)| !local.is_empty() && !host.is_empty());
    let is_line = !text.chars().any(char::is_control);
    text.chars().count() <= EMAIL_LEN_MAX && is_line && (text.is_empty() || has_two_parts)
}

/// What the journal calls a tenant.
pub(in crate::control) fn subject(name: &TenantName) -> String {
    format!("tenant {name}")
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
        let record = self.new_tenant(new).await?;
        let entry = self.entry(permit, subject(&record.name), Some(&record.name))?;
        let after = facts::tenant(&record);
        let note = |batch: &mut MetaBatch| entry.append(batch, None, Some(&after));
        match tenants::create(&*self.engine, &record, note).await {
            Err(CatalogError::Taken) => return Err(ControlError::TenantTaken),
            other => other?,
        }
        self.terms.note(&record);
        tracing::info!(operator = permit.operator_name(), tenant = %record.name, "tenant created");
        Ok(record)
    }

    /// The record of a new tenant, which has its key and is not stored yet.
    ///
    /// # Errors
    /// As [`Control::create_tenant`].
    pub(in crate::control) async fn new_tenant(
        &self,
        new: NewTenant,
    ) -> Result<TenantRecord, ControlError> {
        let display_name = new.display_name.unwrap_or_else(|| new.name.to_string());
        if !is_line(&display_name, false) {
            return Err(ControlError::InvalidDisplayName);
        }
        let email = new.email.unwrap_or_default();
        if !is_email(&email) {
            return Err(ControlError::InvalidEmail);
        }
        let registration_number = new.registration_number.unwrap_or_default();
        let contact = new.contact.unwrap_or_default();
        if !is_line(&registration_number, true) || !is_line(&contact, true) {
            return Err(ControlError::InvalidText);
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
        Ok(TenantRecord {
            tenant,
            name: new.name,
            display_name,
            email,
            canonical_id,
            created,
            credentials_key,
            limits: TenantLimits::default(),
            status: TenantStatus::Active,
            registration_number,
            contact,
            bucket_prefixes: new.bucket_prefixes,
            rates: TenantRates::default(),
        })
    }

    /// Changes a tenant. A status is in force for every request that begins afterwards.
    ///
    /// # Errors
    /// `NoSuchTenant`, an invalid field, or when rows fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the change survives power loss.
    pub async fn change_tenant(
        &self,
        permit: &OperatorPermit,
        name: &TenantName,
        change: TenantChange,
    ) -> Result<TenantRecord, ControlError> {
        if change
            .display_name
            .as_deref()
            .is_some_and(|text| !is_line(text, false))
        {
            return Err(ControlError::InvalidDisplayName);
        }
        if change.email.as_deref().is_some_and(|text| !is_email(text)) {
            return Err(ControlError::InvalidEmail);
        }
        let mut lines = [&change.registration_number, &change.contact]
            .into_iter()
            .flatten();
        if !lines.all(|text| is_line(text, true)) {
            return Err(ControlError::InvalidText);
        }
        let apply = |record: &mut TenantRecord| {
            let set = |field: &mut String, new: &Option<String>| {
                if let Some(new) = new {
                    field.clone_from(new);
                }
            };
            set(&mut record.display_name, &change.display_name);
            set(&mut record.email, &change.email);
            set(&mut record.registration_number, &change.registration_number);
            set(&mut record.contact, &change.contact);
            record.status = change.status.unwrap_or(record.status);
            if let Some(prefixes) = &change.bucket_prefixes {
                record.bucket_prefixes = prefixes.clone();
            }
        };
        let after = self.apply_to_tenant(permit, name, apply).await?;
        tracing::info!(
            operator = permit.operator_name(), tenant = %name, status = after.status.name(),
            ?change, "tenant changed"
        );
        Ok(after)
    }

    /// Changes a tenant's record, with the entry of the change, and the terms that are in force.
    pub(in crate::control) async fn apply_to_tenant(
        &self,
        permit: &OperatorPermit,
        name: &TenantName,
        apply: impl Fn(&mut TenantRecord),
    ) -> Result<TenantRecord, ControlError> {
        let tenant = self.find_tenant(permit, name).await?.tenant;
        let entry = self.entry(permit, subject(name), Some(name))?;
        let note = |batch: &mut MetaBatch, before: &TenantRecord, after: &TenantRecord| {
            let (before, after) = (facts::tenant(before), facts::tenant(after));
            append_difference(&entry, batch, (&before, &after));
        };
        let changed = tenants::change(&*self.engine, tenant, apply, note).await?;
        let after = changed.ok_or(ControlError::NoSuchTenant)?;
        self.terms.note(&after);
        Ok(after)
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

    /// Sets how fast a tenant may go. It is in force for every request that begins afterwards.
    ///
    /// # Errors
    /// `NoSuchTenant`, or when rows fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the rates survive power loss.
    pub async fn set_tenant_rates(
        &self,
        permit: &OperatorPermit,
        name: &TenantName,
        rates: TenantRates,
    ) -> Result<TenantRecord, ControlError> {
        let apply = |record: &mut TenantRecord| record.rates = rates;
        let after = self.apply_to_tenant(permit, name, apply).await?;
        tracing::info!(
            operator = permit.operator_name(), tenant = %name, after = ?after.rates,
            "tenant's rates changed"
        );
        Ok(after)
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
