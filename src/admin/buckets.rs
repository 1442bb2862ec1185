//! Buckets and profiles on the admin listener: JSON shapes and commands.

use crate::admin::app::{Body, Outcome, Permit, State};
use crate::admin::error::AdminError;
use crate::admin::quotas::LimitsDto;
use crate::config::profile_folder::FoundProfile;
use crate::control::buckets::BucketDetails;
use crate::model::bucket::BucketName;
use crate::model::lock::RetentionPeriod;
use crate::model::protection::Protection;
use crate::model::tenant::TenantName;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

/// A bucket to be created.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewBucketDto {
    /// Its name.
    pub name: String,
    /// Its owner's name.
    pub tenant: String,
    /// The profile whose settings it begins with.
    #[serde(default)]
    pub profile: Option<String>,
}

/// A protection to be added.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ProtectionDto {
    /// Which keys stay deletable.
    pub deletable: Vec<String>,
}

/// A bucket with its settings.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct BucketDetailsDto {
    /// Its name.
    pub name: String,
    /// Its owner.
    pub tenant: String,
    /// When it was created, ISO 8601.
    pub created: String,
    /// `Enabled` or `Suspended`; absent where it never kept versions.
    pub versioning: Option<String>,
    /// Whether it has Object Lock.
    pub object_lock: bool,
    /// Mode of the default retention.
    pub retention_mode: Option<String>,
    /// Its days.
    pub retention_days: Option<u32>,
    /// Its years.
    pub retention_years: Option<u32>,
    /// Whether retained objects cannot be hidden.
    pub protected: bool,
    /// Which keys stay deletable all the same.
    pub deletable: Vec<String>,
    /// Whether it has lifecycle rules.
    pub lifecycle: bool,
    /// What it may hold.
    pub quota: LimitsDto,
    /// Logical bytes of all versions.
    pub bytes: u64,
    /// Number of versions and delete markers.
    pub objects: u64,
    /// Logical bytes in parts of unfinished uploads.
    pub upload_bytes: u64,
}

impl From<&BucketDetails> for BucketDetailsDto {
    fn from(details: &BucketDetails) -> Self {
        let (record, usage) = (&details.record, details.usage);
        let default = record.object_lock.and_then(|own| own.default_retention);
        let (days, years) = match default.map(|own| own.period) {
            None => (None, None),
            Some(RetentionPeriod::Days(days)) => (Some(days), None),
            Some(RetentionPeriod::Years(years)) => (None, Some(years)),
        };
        let patterns = record.protection.iter().flat_map(Protection::patterns);
        Self {
            name: record.name.to_string(),
            tenant: details.tenant_name.to_string(),
            created: record.created.iso8601(),
            versioning: record.versioning.status().map(str::to_owned),
            object_lock: record.object_lock.is_some(),
            retention_mode: default.map(|own| own.mode.name().to_owned()),
            retention_days: days,
            retention_years: years,
            protected: record.protection.is_some(),
            deletable: patterns.map(str::to_owned).collect(),
            lifecycle: record.has_lifecycle,
            quota: record.quota.into(),
            bytes: usage.bytes,
            objects: usage.objects,
            upload_bytes: usage.upload_bytes,
        }
    }
}

/// A profile.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ProfileDto {
    /// Its name.
    pub name: String,
    /// Its file, or `built in`.
    pub source: String,
    /// What it is for, or what is wrong with it.
    pub description: String,
    /// Its text, where one profile is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl From<&FoundProfile> for ProfileDto {
    fn from(found: &FoundProfile) -> Self {
        Self {
            name: found.name.clone(),
            source: found.source.to_string(),
            description: found.document.description.clone(),
            text: None,
        }
    }
}

fn parse_name(text: &str) -> Result<BucketName, AdminError> {
    Ok(BucketName::parse(text)?)
}

/// Creates a bucket.
///
/// # Errors
/// An invalid field, a profile that is refused, `BucketTaken`, or when rows or keys fail.
pub async fn create_bucket(permit: Permit, state: State, new: Body<NewBucketDto>) -> Outcome {
    let (name, tenant) = (parse_name(&new.name)?, TenantName::parse(&new.tenant)?);
    let profile = new.profile.as_deref();
    let control = &state.control;
    let details = control.create_bucket(&permit, &name, &tenant, profile);
    Ok(HttpResponse::Created().json(BucketDetailsDto::from(&details.await?)))
}

/// A bucket with its settings.
///
/// # Errors
/// `NoSuchBucket`, or when rows fail.
pub async fn show_bucket(permit: Permit, state: State, name: web::Path<String>) -> Outcome {
    let name = parse_name(&name)?;
    let details = state.control.show_bucket(&permit, &name).await?;
    Ok(HttpResponse::Ok().json(BucketDetailsDto::from(&details)))
}

/// Adds protection to a bucket.
///
/// # Errors
/// A pattern that is none, `NoSuchBucket`, `ProtectionLoosened`, `BucketNotRetained`, or
/// when rows fail.
pub async fn protect_bucket(
    permit: Permit,
    state: State,
    name: web::Path<String>,
    protection: Body<ProtectionDto>,
) -> Outcome {
    let patterns = protection.deletable.iter().map(String::as_str);
    let protection = Protection::parse(patterns).map_err(|(pattern, source)| {
        let pattern = pattern.into();
        AdminError::InvalidPattern { pattern, source }
    })?;
    let name = parse_name(&name)?;
    let details = state.control.protect_bucket(&permit, &name, &protection);
    Ok(HttpResponse::Ok().json(BucketDetailsDto::from(&details.await?)))
}

/// All profiles; one that is refused says why in its description.
///
/// # Errors
/// When the folder cannot be read.
pub async fn list_profiles(permit: Permit, state: State) -> Outcome {
    let profiles = state.control.list_profiles(&permit)?;
    let profiles = profiles.iter().map(|(name, found)| match found {
        Ok(found) => ProfileDto::from(found),
        Err(error) => ProfileDto {
            name: name.clone(),
            source: "refused".to_owned(),
            description: error.to_string(),
            text: None,
        },
    });
    Ok(HttpResponse::Ok().json(profiles.collect::<Vec<_>>()))
}

/// A profile with its text.
///
/// # Errors
/// A profile that is refused.
pub async fn show_profile(permit: Permit, state: State, name: web::Path<String>) -> Outcome {
    let found = state.control.show_profile(&permit, &name)?;
    let mut profile = ProfileDto::from(&found);
    profile.text = Some(found.text);
    Ok(HttpResponse::Ok().json(profile))
}
