//! Limits on what tenants and buckets hold, for operators; and the proof that usage is counted
//! right.

use crate::catalog::recount::{self, Recount};
use crate::catalog::usage;
use crate::catalog::{buckets, tenants};
use crate::control::error::ControlError;
use crate::control::{Control, OperatorPermit};
use crate::model::bucket::BucketName;
use crate::model::id::TenantId;
use crate::model::quota::{QuotaLimits, TenantLimits, Usage};
use crate::model::tenant::TenantName;

/// A tenant's limits and usage.
#[derive(Clone, Copy, Debug)]
pub struct TenantQuota {
    /// What it may hold.
    pub limits: TenantLimits,
    /// What it holds.
    pub usage: Usage,
    /// Its buckets.
    pub buckets: u64,
}

/// A bucket's limits and usage.
#[derive(Clone, Copy, Debug)]
pub struct BucketQuota {
    /// What it may hold.
    pub limits: QuotaLimits,
    /// What it holds.
    pub usage: Usage,
}

/// A tenant's usage twice, with its buckets'.
#[derive(Clone, Debug)]
pub struct TenantRecount {
    /// The tenant.
    pub tenant: TenantName,
    /// What its counters say.
    pub counters: Usage,
    /// Its buckets.
    pub buckets: Vec<(BucketName, Recount)>,
}

impl TenantRecount {
    /// What the counters of its buckets add up to.
    pub fn buckets_sum(&self) -> Usage {
        let mut sum = Usage::default();
        for (_, recount) in &self.buckets {
            sum += recount.counters;
        }
        sum
    }
}

/// Looks at a tenant whose objects change meanwhile: its counters are read before and after its
/// buckets', and have to be the same.
const RECOUNTS_MAX: usize = 5;

impl Control {
    /// Limits and usage of a tenant.
    ///
    /// # Errors
    /// `NoSuchTenant`, or when rows fail.
    pub async fn tenant_quota(
        &self,
        permit: &OperatorPermit,
        name: &TenantName,
    ) -> Result<TenantQuota, ControlError> {
        let tenant = self.find_tenant(permit, name).await?;
        let (usage, buckets) = usage::of_tenant(&*self.engine, tenant.tenant).await?;
        Ok(TenantQuota {
            limits: tenant.limits,
            usage,
            buckets,
        })
    }

    /// Sets all limits of a tenant. Limits below the usage make writes fail and nothing else.
    ///
    /// # Errors
    /// `NoSuchTenant`, or when rows fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the limits survive power loss.
    pub async fn set_tenant_quota(
        &self,
        permit: &OperatorPermit,
        name: &TenantName,
        limits: TenantLimits,
    ) -> Result<TenantQuota, ControlError> {
        let apply = |record: &mut tenants::TenantRecord| record.limits = limits;
        let after = self.apply_to_tenant(permit, name, apply).await?;
        tracing::info!(
            operator = permit.operator_name(), tenant = %name, after = ?after.limits,
            "tenant's quota changed"
        );
        self.tenant_quota(permit, name).await
    }

    /// Limits and usage of a bucket.
    ///
    /// # Errors
    /// `NoSuchBucket`, or when rows fail.
    pub async fn bucket_quota(
        &self,
        _permit: &OperatorPermit,
        name: &BucketName,
    ) -> Result<BucketQuota, ControlError> {
        let found = buckets::find(&*self.engine, name).await?;
        let record = found.ok_or(ControlError::NoSuchBucket)?;
        Ok(BucketQuota {
            limits: record.quota,
            usage: usage::of_bucket(&*self.engine, record.bucket).await?,
        })
    }

    /// Sets all limits of a bucket. Limits below the usage make writes fail and nothing else.
    ///
    /// # Errors
    /// `NoSuchBucket`, or when rows fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the limits survive power loss, and no write passes them.
    pub async fn set_bucket_quota(
        &self,
        permit: &OperatorPermit,
        name: &BucketName,
        limits: QuotaLimits,
    ) -> Result<BucketQuota, ControlError> {
        let apply = |record: &mut buckets::BucketRecord| {
            record.quota = limits;
            true
        };
        self.apply_to_bucket(permit, name, apply).await?;
        tracing::info!(
            operator = permit.operator_name(), bucket = %name, after = ?limits,
            "bucket's quota changed"
        );
        self.bucket_quota(permit, name).await
    }

    /// Counts what is stored anew and compares it with the counters.
    ///
    /// # Errors
    /// `NoSuchTenant`, or when rows fail or are corrupt.
    pub async fn recount_usage(
        &self,
        permit: &OperatorPermit,
        tenant: Option<&TenantName>,
    ) -> Result<Vec<TenantRecount>, ControlError> {
        let engine = &*self.engine;
        let tenants = match tenant {
            Some(name) => vec![self.find_tenant(permit, name).await?],
            None => tenants::list(engine).await?,
        };
        let mut recounts = Vec::new();
        for tenant in tenants {
            for attempt in 1..=RECOUNTS_MAX {
                let (counters, _) = usage::of_tenant(engine, tenant.tenant).await?;
                let own = self.recount_buckets(tenant.tenant).await?;
                let (after, _) = usage::of_tenant(engine, tenant.tenant).await?;
                if counters == after || attempt == RECOUNTS_MAX {
                    recounts.push(TenantRecount {
                        tenant: tenant.name.clone(),
                        counters,
                        buckets: own,
                    });
                    break;
                }
            }
        }
        Ok(recounts)
    }

    async fn recount_buckets(
        &self,
        tenant: TenantId,
    ) -> Result<Vec<(BucketName, Recount)>, ControlError> {
        let engine = &*self.engine;
        let mut recounts = Vec::new();
        for entry in buckets::list(engine).await? {
            let is_alive = buckets::header(engine, entry.bucket).await?.is_some();
            if entry.tenant == tenant && is_alive {
                let recount = recount::of_bucket(engine, entry.bucket).await?;
                recounts.push((entry.name, recount));
            }
        }
        Ok(recounts)
    }
}
