//! The limits of all tenants, in memory.
//!
//! Owns: `LimitTable`, which every write asks and which whoever stores limits keeps up to date.
//! Not here: the rows (`tenants`), what a limit means for a change (`usage`).
//!
//! One process serves a store, so there is one table. A write that began before a limit was lowered
//! may still be judged by the old one.

use crate::catalog::error::CatalogError;
use crate::catalog::tenants;
use crate::model::id::TenantId;
use crate::model::quota::TenantLimits;
use crate::storage::Engine;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// Limits by tenant; those without are not in it.
#[derive(Debug, Default)]
pub struct LimitTable {
    limits: RwLock<HashMap<TenantId, TenantLimits>>,
}

impl LimitTable {
    /// Reads the limits of all tenants.
    ///
    /// # Errors
    /// When the engine fails or a row is corrupt.
    pub async fn load(engine: &dyn Engine) -> Result<Self, CatalogError> {
        let table = Self::default();
        for tenant in tenants::list(engine).await? {
            table.set(tenant.tenant, tenant.limits);
        }
        Ok(table)
    }

    /// The limits of a tenant.
    pub fn of(&self, tenant: TenantId) -> TenantLimits {
        let limits = self.limits.read().unwrap_or_else(PoisonError::into_inner);
        limits.get(&tenant).copied().unwrap_or_default()
    }

    /// Notes the limits of a tenant, after they were stored.
    pub fn set(&self, tenant: TenantId, own: TenantLimits) {
        let mut limits = self.limits.write().unwrap_or_else(PoisonError::into_inner);
        if own == TenantLimits::default() {
            limits.remove(&tenant);
        } else {
            limits.insert(tenant, own);
        }
    }
}
