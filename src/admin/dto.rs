//! JSON shapes of the admin listener.

use crate::admin::error::AdminError;
use crate::auth::CredentialStatus;
use crate::control::tenants::BucketSummary;
use crate::control::{ClockReading, CredentialRecord, TenantRecord};
use crate::model::tenant::{AccountId, TenantName};
use crate::model::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A tenant.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct TenantDto {
    /// Its name.
    pub name: String,
    /// Its identity.
    pub tenant_id: String,
    /// What people read.
    pub display_name: String,
    /// Contact address.
    pub email: String,
    /// Owner ID in S3 answers.
    pub canonical_id: String,
    /// The number by which ARNs and policies name it.
    pub account_id: String,
    /// `active`, `read-only` or `suspended`.
    pub status: String,
    /// Number in the register of administrations or companies.
    pub registration_number: String,
    /// Whom to call.
    pub contact: String,
    /// How the names of its new buckets have to begin; empty when they may begin as they like.
    pub bucket_prefixes: Vec<String>,
    /// When it was created, ISO 8601.
    pub created: String,
}

impl From<&TenantRecord> for TenantDto {
    fn from(record: &TenantRecord) -> Self {
        Self {
            name: record.name.to_string(),
            tenant_id: record.tenant.to_string(),
            display_name: record.display_name.clone(),
            email: record.email.clone(),
            canonical_id: record.canonical_id.as_str().to_owned(),
            account_id: AccountId::of(record.tenant).to_string(),
            status: record.status.name().to_owned(),
            registration_number: record.registration_number.clone(),
            contact: record.contact.clone(),
            bucket_prefixes: record.bucket_prefixes.as_slice().to_vec(),
            created: record.created.iso8601(),
        }
    }
}

/// A tenant to be created.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewTenantDto {
    /// Its name.
    pub name: String,
    /// What people read.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Contact address.
    #[serde(default)]
    pub email: Option<String>,
    /// Owner ID in S3 answers.
    #[serde(default)]
    pub canonical_id: Option<String>,
    /// Number in the register of administrations or companies.
    #[serde(default)]
    pub registration_number: Option<String>,
    /// Whom to call.
    #[serde(default)]
    pub contact: Option<String>,
    /// How the names of its buckets have to begin.
    #[serde(default)]
    pub bucket_prefixes: Vec<String>,
}

/// What is changed about a tenant; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct TenantChangeDto {
    /// What people read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Contact address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Number in the register of administrations or companies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration_number: Option<String>,
    /// Whom to call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// How the names of its new buckets have to begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket_prefixes: Option<Vec<String>>,
    /// `active`, `read-only` or `suspended`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// An access key. Its `Debug` shows no secret.
#[derive(Clone, Deserialize, Serialize)]
pub struct KeyDto {
    /// The id that clients send.
    pub access_key_id: String,
    /// The secret; only in the answer that creates the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_access_key: Option<String>,
    /// Its tenant.
    pub tenant: String,
    /// `active` or `disabled`.
    pub status: String,
    /// When it was created, ISO 8601.
    pub created: String,
    /// The user that it acts for; without one, the tenant itself.
    #[serde(default)]
    pub user: Option<String>,
    /// When it stops working, ISO 8601, if it does.
    #[serde(default)]
    pub expires: Option<String>,
    /// When it was last used, ISO 8601, to within a minute; absent when it never was.
    #[serde(default)]
    pub last_used: Option<String>,
}

impl std::fmt::Debug for KeyDto {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyDto")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

impl KeyDto {
    /// A key of a tenant, without its secret.
    pub fn new(record: &CredentialRecord, tenant: &TenantName) -> Self {
        Self {
            access_key_id: record.access_key_id.to_string(),
            secret_access_key: None,
            tenant: tenant.to_string(),
            status: match record.status {
                CredentialStatus::Active => "active".to_owned(),
                CredentialStatus::Disabled => "disabled".to_owned(),
            },
            created: record.created.iso8601(),
            user: record.user.as_ref().map(ToString::to_string),
            expires: record.expires.map(Timestamp::iso8601),
            last_used: None,
        }
    }
}

/// An access key to be created. Not `Debug`: it may hold a secret.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewKeyDto {
    /// Its tenant.
    pub tenant: String,
    /// An existing id to take over.
    #[serde(default)]
    pub access_key_id: Option<String>,
    /// Its secret.
    #[serde(default)]
    pub secret_access_key: Option<String>,
    /// Days after which it stops working.
    #[serde(default)]
    pub valid_days: Option<u32>,
}

impl std::fmt::Debug for NewKeyDto {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewKeyDto")
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

/// A bucket.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct BucketDto {
    /// Its name.
    pub name: String,
    /// Its owner.
    pub tenant: String,
    /// When it was created, ISO 8601.
    pub created: String,
    /// Logical bytes of its objects.
    pub bytes: u64,
    /// Number of its objects.
    pub objects: u64,
    /// Logical bytes in parts of unfinished uploads.
    pub upload_bytes: u64,
}

impl From<&BucketSummary> for BucketDto {
    fn from(summary: &BucketSummary) -> Self {
        Self {
            name: summary.entry.name.to_string(),
            tenant: summary.tenant_name.to_string(),
            created: summary.entry.created.iso8601(),
            bytes: summary.usage.bytes,
            objects: summary.usage.objects,
            upload_bytes: summary.usage.upload_bytes,
        }
    }
}

/// The retention clock beside the wall clock.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ClockDto {
    /// What retention is compared with, ISO 8601.
    pub retention_clock: String,
    /// The machine's clock, ISO 8601.
    pub wall_clock: String,
    /// Wall clock minus retention clock, in seconds.
    pub lag_s: i64,
    /// Whether the two are more than five minutes apart.
    pub alarm: bool,
}

impl From<ClockReading> for ClockDto {
    fn from(reading: ClockReading) -> Self {
        Self {
            retention_clock: reading.retention.iso8601(),
            wall_clock: reading.wall.iso8601(),
            lag_s: reading.lag_millis() / 1000,
            alarm: reading.is_alarm(),
        }
    }
}

/// Restricts a list to a tenant.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TenantFilter {
    /// The tenant's name.
    #[serde(default)]
    pub tenant: Option<String>,
}

/// Days that a credential may work at most.
const VALID_DAYS_MAX: u32 = 36_500;

/// Days after which a credential stops working.
///
/// # Errors
/// `InvalidValidDays`.
pub fn valid_days(days: Option<u32>) -> Result<Option<u32>, AdminError> {
    let is_allowed = days.is_none_or(|days| (1..=VALID_DAYS_MAX).contains(&days));
    is_allowed
        .then_some(days)
        .ok_or(AdminError::InvalidValidDays)
}
