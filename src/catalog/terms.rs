//! The terms of all tenants, in memory: what each may hold and do.
//!
//! Owns: `TermsTable`, which every request asks and which whoever stores terms keeps up to date.
//! Not here: the rows (`tenants`), what a limit means for a change (`usage`), what a status means
//! for a request (`iam`).
//!
//! One process serves a store, so there is one table. A write that began before a limit was lowered
//! may still be judged by the old one.

use crate::catalog::error::CatalogError;
use crate::catalog::tenants::{self, TenantRecord};
use crate::model::id::TenantId;
use crate::model::quota::TenantLimits;
use crate::model::rates::TenantRates;
use crate::model::tenant::{BucketPrefixes, TenantStatus};
use crate::storage::Engine;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

#[derive(Clone, Debug, Default)]
struct Terms {
    name: String,
    limits: TenantLimits,
    status: TenantStatus,
    bucket_prefixes: BucketPrefixes,
    rates: TenantRates,
}

/// Terms by tenant.
#[derive(Debug, Default)]
pub struct TermsTable {
    terms: RwLock<HashMap<TenantId, Terms>>,
    changes: AtomicU64,
}

impl TermsTable {
    /// Reads the terms of all tenants.
    ///
    /// # Errors
    /// When the engine fails or a row is corrupt.
    pub async fn load(engine: &dyn Engine) -> Result<Self, CatalogError> {
        let table = Self::default();
        for tenant in tenants::list(engine).await? {
            table.note(&tenant);
        }
        Ok(table)
    }

    /// A tenant's name, for the log.
    pub fn name_of(&self, tenant: TenantId) -> String {
        self.read(tenant, |terms| terms.name.clone())
    }

    /// What a tenant may hold.
    pub fn limits_of(&self, tenant: TenantId) -> TenantLimits {
        self.read(tenant, |terms| terms.limits)
    }

    /// Whether a tenant is served.
    pub fn status_of(&self, tenant: TenantId) -> TenantStatus {
        self.read(tenant, |terms| terms.status)
    }

    /// How fast a tenant may go.
    pub fn rates_of(&self, tenant: TenantId) -> TenantRates {
        self.read(tenant, |terms| terms.rates)
    }

    /// How the names of a tenant's new buckets begin.
    pub fn bucket_prefixes_of(&self, tenant: TenantId) -> BucketPrefixes {
        self.read(tenant, |terms| terms.bucket_prefixes.clone())
    }

    fn read<T: Default>(&self, tenant: TenantId, of: impl Fn(&Terms) -> T) -> T {
        let terms = self.terms.read().unwrap_or_else(PoisonError::into_inner);
        terms.get(&tenant).map(of).unwrap_or_default()
    }

    /// Notes the terms of a tenant, after they were stored.
    pub fn note(&self, tenant: &TenantRecord) {
        let own = Terms {
            name: tenant.name.to_string(),
            limits: tenant.limits,
            status: tenant.status,
            bucket_prefixes: tenant.bucket_prefixes.clone(),
            rates: tenant.rates,
        };
        let mut terms = self.terms.write().unwrap_or_else(PoisonError::into_inner);
        terms.insert(tenant.tenant, own);
        self.changes.fetch_add(1, Ordering::Release);
    }

    /// How often any tenant was noted: what was read of a tenant at another count may be outdated.
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }
}
