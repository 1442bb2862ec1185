//! `x-amz-expiration`: when an object expires, and by which rule (s3-behaviour.md 83).
//!
//! Owns: what is told. Not here: which rules match (`model::lifecycle::due`).
//!
//! Nothing here takes a permit: the header speaks of what the caller has just written or read.

use crate::base::encoding::uri_encode;
use crate::catalog::buckets::BucketRecord;
use crate::catalog::objects::{ObjectPlain, ObjectRecord};
use crate::catalog::versions;
use crate::gateway::Gateway;
use crate::gateway::error::GatewayError;
use crate::model::lifecycle::due::{DayLength, KeyRules, VersionView};
use crate::model::object_key::ObjectKey;
use crate::model::tags::TagSet;
use crate::model::time::Timestamp;
use crate::model::versioning::VersionSelector;

/// The last moment that an HTTP date can name.
const HTTP_DATE_MAX: Timestamp = Timestamp::from_millis(253_402_300_799_999);

impl Gateway {
    /// When an object that was read expires, if a rule says so. Only the newest version expires.
    ///
    /// # Errors
    /// When the rows fail.
    pub async fn expiration_of_record(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        record: &ObjectRecord,
    ) -> Result<Option<String>, GatewayError> {
        let Some(rules) = self.lifecycle_rules(bucket).await? else {
            return Ok(None);
        };
        let rules = KeyRules::of(&rules.configuration, object_key.as_str());
        Ok(text(&rules, &record.plain, &record.secret.tags))
    }

    /// When an object that was just written expires, if a rule says so; `selector` names it.
    ///
    /// # Errors
    /// When rows or keys fail.
    pub async fn expiration_of_written(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        selector: Option<VersionSelector>,
    ) -> Result<Option<String>, GatewayError> {
        let Some(rules) = self.lifecycle_rules(bucket).await? else {
            return Ok(None);
        };
        let rules = KeyRules::of(&rules.configuration, object_key.as_str());
        if rules.is_idle() {
            return Ok(None);
        }
        let selector = selector.unwrap_or(VersionSelector::Null);
        let engine = &*self.engine;
        let found = versions::load_version(engine, bucket.bucket, object_key, Some(selector));
        // Somebody may have replaced it already.
        let Some(found) = found.await?.filter(|found| !found.row.plain.is_marker) else {
            return Ok(None);
        };
        let mut tags = TagSet::default();
        if rules.needs_tags() {
            tags = self.tags_of(bucket, object_key, &found.row).await?;
        }
        Ok(text(&rules, &found.row.plain, &tags))
    }
}

/// Days are real ones, whatever the job counts.
fn text(rules: &KeyRules<'_>, plain: &ObjectPlain, tags: &TagSet) -> Option<String> {
    let version = VersionView {
        is_marker: plain.is_marker,
        last_modified: plain.last_modified,
        size: plain.size,
        tags,
        is_locked: false,
    };
    let (date, rule_id) = rules.expiry(&version, DayLength::REAL)?;
    let (rule_id, is_told) = (uri_encode(rule_id.as_bytes()), date <= HTTP_DATE_MAX);
    let date = date.http_date();
    is_told.then(|| format!("expiry-date=\"{date}\", rule-id=\"{rule_id}\""))
}
