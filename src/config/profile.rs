//! A bucket profile: the settings that a new bucket begins with, as a file that operators write.
//!
//! Owns: the file's keys, strict reading, rules across keys.
//! Not here: where the files are (`profile_folder`), creating buckets (`control::buckets`).
//!
//! Every value is checked while it is deserialized: the parser's error then shows its line.

use crate::model::lifecycle::{
    Expiration, Filter, LifecycleConfiguration, NoncurrentExpiration, Rule, Scope,
};
use crate::model::lock::{DefaultRetention, ObjectLock, RetentionMode, RetentionPeriod};
use crate::model::protection::Protection;
use crate::model::quota::QuotaLimits;
use crate::model::versioning::Versioning;
use serde::{Deserialize, Deserializer};
use std::num::NonZeroU32;

/// Name of the lifecycle rule of a profile.
const RULE_ID: &str = "profile";
/// Days of a default retention at most, as S3 has it.
const RETENTION_DAYS_MAX: u32 = 36_500;
/// Years of a default retention at most, as S3 has it.
const RETENTION_YEARS_MAX: u32 = 100;

/// What a bucket begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// What it is for, one line.
    pub description: String,
    /// Whether the bucket keeps versions.
    pub versioning: Versioning,
    /// Object Lock and the retention of new versions.
    pub object_lock: Option<ObjectLock>,
    /// Which retained objects cannot be hidden.
    pub protection: Option<Protection>,
    /// Lifecycle rules.
    pub lifecycle: Option<LifecycleConfiguration>,
    /// What the bucket may hold.
    pub quota: QuotaLimits,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProfile {
    description: String,
    #[serde(default)]
    versioning: bool,
    #[serde(default)]
    quota: RawQuota,
    #[serde(default)]
    object_lock: Option<RawObjectLock>,
    #[serde(default)]
    protection: Option<RawProtection>,
    #[serde(default)]
    lifecycle: RawLifecycle,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawObjectLock {
    #[serde(default, deserialize_with = "mode")]
    mode: Option<RetentionMode>,
    #[serde(default, deserialize_with = "days")]
    days: Option<u32>,
    #[serde(default, deserialize_with = "years")]
    years: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawLifecycle {
    expire_noncurrent_days: Option<NonZeroU32>,
    remove_expired_markers: bool,
    abort_uploads_days: Option<NonZeroU32>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawQuota {
    bytes: Option<u64>,
    objects: Option<u64>,
    upload_bytes: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProtection {
    #[serde(deserialize_with = "patterns")]
    deletable: Protection,
}

impl Profile {
    /// Reads a profile's text.
    ///
    /// # Errors
    /// What is wrong, with the line where it is known.
    pub fn parse(text: &str) -> Result<Self, Box<str>> {
        let raw: RawProfile =
            toml::from_str(text).map_err(|error| Box::from(error.to_string().trim_end()))?;
        if raw.description.trim().is_empty() || raw.description.chars().any(char::is_control) {
            return Err("description is empty or has more than one line".into());
        }
        let object_lock = raw.object_lock.as_ref().map(object_lock).transpose()?;
        if object_lock.is_some() && !raw.versioning {
            return Err("[object_lock] locks versions; set versioning = true with it".into());
        }
        let has_default = object_lock.is_some_and(|own| own.default_retention.is_some());
        if raw.protection.is_some() && !has_default {
            return Err(
                "[protection] keeps retained objects from being hidden; set a default retention in [object_lock] (mode, and days or years) with it"
                    .into(),
            );
        }
        if raw.lifecycle.expire_noncurrent_days.is_some() && !raw.versioning {
            return Err(
                "lifecycle.expire_noncurrent_days is about older versions; set versioning = true with it"
                    .into(),
            );
        }
        Ok(Self {
            description: raw.description,
            versioning: if raw.versioning {
                Versioning::Enabled
            } else {
                Versioning::Unversioned
            },
            object_lock,
            protection: raw.protection.map(|own| own.deletable),
            lifecycle: lifecycle(&raw.lifecycle)?,
            quota: QuotaLimits {
                bytes: raw.quota.bytes,
                objects: raw.quota.objects,
                upload_bytes: raw.quota.upload_bytes,
            },
        })
    }
}

fn object_lock(raw: &RawObjectLock) -> Result<ObjectLock, Box<str>> {
    let default_retention = match (raw.mode, raw.days, raw.years) {
        (None, None, None) => None,
        (Some(mode), Some(days), None) => Some(DefaultRetention {
            mode,
            period: RetentionPeriod::Days(days),
        }),
        (Some(mode), None, Some(years)) => Some(DefaultRetention {
            mode,
            period: RetentionPeriod::Years(years),
        }),
        _ => {
            return Err(
                "[object_lock] takes mode and either days or years; or none of the three, for retentions that clients set themselves"
                    .into(),
            );
        }
    };
    Ok(ObjectLock { default_retention })
}

/// One rule for the whole bucket, which its owner then sees as any other.
fn lifecycle(raw: &RawLifecycle) -> Result<Option<LifecycleConfiguration>, Box<str>> {
    let is_about_markers = raw.remove_expired_markers;
    let noncurrent = raw.expire_noncurrent_days.map(|days| NoncurrentExpiration {
        days: days.get(),
        newer_versions: None,
    });
    let abort_incomplete_multipart_days = raw.abort_uploads_days.map(NonZeroU32::get);
    if !is_about_markers && noncurrent.is_none() && abort_incomplete_multipart_days.is_none() {
        return Ok(None);
    }
    let rule = Rule {
        id: RULE_ID.to_owned(),
        is_enabled: true,
        scope: Scope::Filter(Filter {
            prefix: Some(String::new()),
            ..Filter::default()
        }),
        expiration: is_about_markers.then_some(Expiration::ExpiredObjectDeleteMarker(true)),
        noncurrent,
        abort_incomplete_multipart_days,
    };
    let configuration = LifecycleConfiguration::new(vec![rule]);
    configuration
        .map(Some)
        .map_err(|error| format!("[lifecycle] {error}").into())
}

fn mode<'de, D: Deserializer<'de>>(source: D) -> Result<Option<RetentionMode>, D::Error> {
    let name = String::deserialize(source)?;
    let mode = RetentionMode::parse(&name);
    mode.map(Some)
        .ok_or_else(|| serde::de::Error::custom("mode is \"COMPLIANCE\" or \"GOVERNANCE\""))
}

fn days<'de, D: Deserializer<'de>>(source: D) -> Result<Option<u32>, D::Error> {
    bounded(source, RETENTION_DAYS_MAX, "days is 1 to 36500")
}

fn years<'de, D: Deserializer<'de>>(source: D) -> Result<Option<u32>, D::Error> {
    bounded(source, RETENTION_YEARS_MAX, "years is 1 to 100")
}

fn bounded<'de, D: Deserializer<'de>>(
    source: D,
    max: u32,
    allowed: &'static str,
) -> Result<Option<u32>, D::Error> {
    let number = i64::deserialize(source)?;
    let number = u32::try_from(number).ok();
    let number = number.filter(|number| (1..=max).contains(number));
    number
        .map(Some)
        .ok_or_else(|| serde::de::Error::custom(allowed))
}

fn patterns<'de, D: Deserializer<'de>>(source: D) -> Result<Protection, D::Error> {
    let patterns = Vec::<String>::deserialize(source)?;
    Protection::parse(patterns.iter().map(String::as_str)).map_err(|(pattern, source)| {
        let text = format!(
            "{pattern:?} {source}; write a prefix such as \"locks/\", or folder names below any folder such as \"*/locks/\""
        );
        serde::de::Error::custom(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "description = \"d\"\nversioning = true\n\n\
        [object_lock]\nmode = \"COMPLIANCE\"\ndays = 30\n\
        [protection]\ndeletable = [\"locks/\", \"*/locks/\"]\n\
        [lifecycle]\nexpire_noncurrent_days = 9\nremove_expired_markers = true\n\
        [quota]\nbytes = 7\nobjects = 8\nupload_bytes = 6\n";

    #[test]
    fn profile_is_read_with_every_key() {
        let profile = Profile::parse(WHOLE).unwrap();
        let default_retention = Some(DefaultRetention {
            mode: RetentionMode::Compliance,
            period: RetentionPeriod::Days(30),
        });
        assert_eq!(profile.versioning, Versioning::Enabled);
        let limits = QuotaLimits {
            bytes: Some(7),
            objects: Some(8),
            upload_bytes: Some(6),
        };
        assert_eq!(profile.quota, limits);
        let lock = ObjectLock { default_retention };
        assert_eq!(profile.object_lock, Some(lock));
        let protection = profile.protection.unwrap();
        let patterns: Vec<_> = protection.patterns().collect();
        assert_eq!(patterns, ["*/locks/", "locks/"]);
        let lifecycle = profile.lifecycle.unwrap();
        let [rule] = lifecycle.rules() else {
            panic!("{lifecycle:?}")
        };
        assert_eq!(rule.noncurrent.unwrap().days, 9);
        assert_eq!(rule.abort_incomplete_multipart_days, None);
        let markers = Some(Expiration::ExpiredObjectDeleteMarker(true));
        assert_eq!((rule.expiration, rule.is_enabled), (markers, true));
        let least = Profile::parse("description = \"d\"").unwrap();
        assert_eq!(least.versioning, Versioning::Unversioned);
        assert_eq!((least.object_lock, least.lifecycle), (None, None));
    }

    #[test]
    fn refusal_names_line_and_what_to_do() {
        let replaced = |from: &str, to: &str| {
            assert!(WHOLE.contains(from));
            WHOLE.replace(from, to)
        };
        let cases = [
            (replaced("days = 30", "days = 0"), ["line 6", "1 to 36500"]),
            (replaced("days = 30", "days = -1"), ["line 6", "1 to 36500"]),
            (replaced("days = 30", "year = 3"), ["line 6", "years"]),
            (replaced("days = 30", ""), ["mode", "days or years"]),
            (replaced("COMPLIANCE", "Strict"), ["line 5", "GOVERNANCE"]),
            (replaced("\"locks/\"", "\"*\""), ["line 8", "prefix"]),
            (replaced("= 9", "= 0"), ["line 10", "nonzero"]),
            (
                replaced("versioning = true\n", ""),
                ["[object_lock]", "versioning"],
            ),
            (replaced("= 7", "= \"7\""), ["line 13", "u64"]),
            (replaced("\"d\"", "\"\""), ["description", "empty"]),
            (
                replaced("mode = \"COMPLIANCE\"\ndays = 30\n", ""),
                ["[protection]", "default retention"],
            ),
        ];
        for (text, expected) in cases {
            let error = Profile::parse(&text).unwrap_err();
            let has_all = expected.iter().all(|part| error.contains(part));
            assert!(has_all, "{expected:?} is not in: {error}");
        }
    }
}
