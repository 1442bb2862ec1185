//! Quotas and usage on the admin listener: JSON shapes and commands.

use crate::admin::app::{Body, Outcome, Permit, State};
use crate::admin::dto::TenantFilter;
use crate::admin::error::AdminError;
use crate::control::quotas::{BucketQuota, TenantQuota, TenantRecount};
use crate::model::bucket::BucketName;
use crate::model::quota::{QuotaKind, QuotaLimits, TenantLimits, Usage};
use crate::model::tenant::TenantName;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

/// Limits of a tenant or a bucket; absent or null is without a limit.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsDto {
    /// Bytes of all versions and of all parts of unfinished uploads.
    pub bytes: Option<u64>,
    /// Versions and delete markers.
    pub objects: Option<u64>,
    /// Bytes of parts of unfinished uploads alone.
    pub upload_bytes: Option<u64>,
    /// Buckets; of tenants only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buckets: Option<u64>,
}

impl LimitsDto {
    fn limits(self) -> QuotaLimits {
        QuotaLimits {
            bytes: self.bytes,
            objects: self.objects,
            upload_bytes: self.upload_bytes,
        }
    }
}

impl From<QuotaLimits> for LimitsDto {
    fn from(limits: QuotaLimits) -> Self {
        Self {
            bytes: limits.bytes,
            objects: limits.objects,
            upload_bytes: limits.upload_bytes,
            buckets: None,
        }
    }
}

/// What is held.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct UsageDto {
    /// Bytes of all versions and of all parts of unfinished uploads.
    pub bytes: u64,
    /// Versions and delete markers.
    pub objects: u64,
    /// Bytes of parts of unfinished uploads alone.
    pub upload_bytes: u64,
}

impl From<Usage> for UsageDto {
    fn from(usage: Usage) -> Self {
        Self {
            bytes: usage.of(QuotaKind::Bytes),
            objects: usage.objects,
            upload_bytes: usage.upload_bytes,
        }
    }
}

/// Limits and usage.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct QuotaDto {
    /// What may be held.
    pub limits: LimitsDto,
    /// What is held.
    pub usage: UsageDto,
    /// The tenant's buckets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buckets: Option<u64>,
}

impl From<BucketQuota> for QuotaDto {
    fn from(quota: BucketQuota) -> Self {
        Self {
            limits: quota.limits.into(),
            usage: quota.usage.into(),
            buckets: None,
        }
    }
}

impl From<TenantQuota> for QuotaDto {
    fn from(quota: TenantQuota) -> Self {
        Self {
            limits: LimitsDto {
                buckets: quota.limits.buckets,
                ..quota.limits.usage.into()
            },
            usage: quota.usage.into(),
            buckets: Some(quota.buckets),
        }
    }
}

/// Usage as counted and as it adds up, of a bucket or, where none is named, of a tenant.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct RecountDto {
    /// The tenant.
    pub tenant: String,
    /// The bucket.
    pub bucket: Option<String>,
    /// What the counters say.
    pub counters: UsageDto,
    /// What is there: rows of a bucket, buckets of a tenant.
    pub sum: UsageDto,
    /// Whether both are the same.
    pub agrees: bool,
}

fn rows(recount: &TenantRecount) -> Vec<RecountDto> {
    let sum = recount.buckets_sum();
    let whole = RecountDto {
        tenant: recount.tenant.to_string(),
        bucket: None,
        counters: recount.counters.into(),
        sum: sum.into(),
        agrees: recount.counters == sum,
    };
    let buckets = recount.buckets.iter().map(|(name, own)| RecountDto {
        tenant: recount.tenant.to_string(),
        bucket: Some(name.to_string()),
        counters: own.counters.into(),
        sum: own.rows.into(),
        agrees: own.agrees(),
    });
    std::iter::once(whole).chain(buckets).collect()
}

/// Limits and usage of a tenant.
///
/// # Errors
/// `NoSuchTenant`, or when rows fail.
pub async fn show_tenant(permit: Permit, state: State, name: web::Path<String>) -> Outcome {
    let name = TenantName::parse(&name)?;
    let quota = state.control.tenant_quota(&permit, &name).await?;
    Ok(HttpResponse::Ok().json(QuotaDto::from(quota)))
}

/// Sets all limits of a tenant.
///
/// # Errors
/// `NoSuchTenant`, or when rows fail.
pub async fn set_tenant(
    permit: Permit,
    state: State,
    name: web::Path<String>,
    limits: Body<LimitsDto>,
) -> Outcome {
    let name = TenantName::parse(&name)?;
    let limits = TenantLimits {
        usage: limits.limits(),
        buckets: limits.buckets,
    };
    let quota = state.control.set_tenant_quota(&permit, &name, limits);
    Ok(HttpResponse::Ok().json(QuotaDto::from(quota.await?)))
}

/// Limits and usage of a bucket.
///
/// # Errors
/// `NoSuchBucket`, or when rows fail.
pub async fn show_bucket(permit: Permit, state: State, name: web::Path<String>) -> Outcome {
    let name = BucketName::parse(&name)?;
    let quota = state.control.bucket_quota(&permit, &name).await?;
    Ok(HttpResponse::Ok().json(QuotaDto::from(quota)))
}

/// Sets all limits of a bucket.
///
/// # Errors
/// `LimitOfTenants`, `NoSuchBucket`, or when rows fail.
pub async fn set_bucket(
    permit: Permit,
    state: State,
    name: web::Path<String>,
    limits: Body<LimitsDto>,
) -> Outcome {
    let name = BucketName::parse(&name)?;
    if limits.buckets.is_some() {
        return Err(AdminError::LimitOfTenants);
    }
    let quota = state
        .control
        .set_bucket_quota(&permit, &name, limits.limits());
    Ok(HttpResponse::Ok().json(QuotaDto::from(quota.await?)))
}

/// Counts all that is stored anew and compares it with the counters.
///
/// # Errors
/// `NoSuchTenant`, or when rows fail.
pub async fn recount(permit: Permit, state: State, filter: web::Query<TenantFilter>) -> Outcome {
    let tenant = filter.tenant.as_deref().map(TenantName::parse);
    let tenant = tenant.transpose()?;
    let recounts = state.control.recount_usage(&permit, tenant.as_ref());
    let recounts = recounts.await?;
    Ok(HttpResponse::Ok().json(recounts.iter().flat_map(rows).collect::<Vec<_>>()))
}
