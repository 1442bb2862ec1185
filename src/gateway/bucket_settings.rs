//! Lifecycle rules of a bucket.
//!
//! Owns: storing and telling them, the ids of rules that come without, the cache of what was
//! parsed.
//! Not here: the document (`s3::xml::lifecycle`), what the rules do (`model::lifecycle`,
//! `gateway::lifecycle`).
//!
//! The rules and the flag in the bucket's header change in one batch: a bucket without the flag has
//! no rules, so that requests and the job look for them only where there are some.

use crate::base::digest::{DigestAlgorithm, digest};
use crate::base::entropy::Entropy;
use crate::catalog::buckets::{self, BucketRecord};
use crate::catalog::error::CatalogError;
use crate::catalog::settings::{self, SettingsKind};
use crate::gateway::error::GatewayError;
use crate::gateway::{Gateway, spend};
use crate::iam::{Action, Permit};
use crate::model::id::BucketId;
use crate::model::lifecycle::LifecycleConfiguration;
use crate::storage::MetaBatch;
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of a generated rule id: not to be confused with another one.
const RULE_ID_LEN: usize = 16;
/// Buckets whose parsed rules are remembered.
const CACHED_MAX: usize = 64;

/// Rules as they are stored and as they were parsed.
#[derive(Clone, Debug)]
pub struct LifecycleRules {
    /// The stored document: what a decision by these rules is conditioned on.
    document: Bytes,
    /// The rules.
    pub configuration: Arc<LifecycleConfiguration>,
}

impl LifecycleRules {
    /// Tells these rules from others that the bucket had.
    pub fn checksum(&self) -> u32 {
        let checksum = digest(DigestAlgorithm::Crc32c, &self.document);
        let (bytes, _) = checksum.as_chunks::<4>();
        bytes.first().map_or(0, |bytes| u32::from_be_bytes(*bytes))
    }

    /// Adds the condition that these are still the rules to a batch.
    pub(in crate::gateway) fn require(&self, batch: &mut MetaBatch) {
        settings::require(batch, SettingsKind::Lifecycle, &self.document);
    }
}

/// Parsed rules of buckets that were asked for lately.
#[derive(Clone, Debug, Default)]
pub(in crate::gateway) struct RulesCache {
    parsed: Arc<Mutex<HashMap<BucketId, LifecycleRules>>>,
}

impl RulesCache {
    /// The rules of a document. What was parsed before is parsed again only when it changed.
    fn parse(&self, bucket: BucketId, document: Bytes) -> Result<LifecycleRules, CatalogError> {
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = parsed.get(&bucket)
            && known.document == document
        {
            return Ok(known.clone());
        }
        let configuration = serde_json::from_slice(&document)
            .map_err(|_json| CatalogError::Inconsistent("lifecycle rules"))?;
        let rules = LifecycleRules {
            document,
            configuration: Arc::new(configuration),
        };
        if parsed.len() >= CACHED_MAX {
            parsed.clear();
        }
        parsed.insert(bucket, rules.clone());
        Ok(rules)
    }
}

impl Gateway {
    /// The bucket's lifecycle rules, if it has any.
    ///
    /// # Errors
    /// `WrongPermit`, or when the rows fail.
    pub async fn lifecycle(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
    ) -> Result<Option<Arc<LifecycleConfiguration>>, GatewayError> {
        spend(permit, Action::GetLifecycleConfiguration, bucket)?;
        let rules = self.lifecycle_rules(bucket).await?;
        Ok(rules.map(|own| own.configuration))
    }

    /// Sets the bucket's lifecycle rules in place of those it has.
    ///
    /// # Errors
    /// `NoSuchBucket`, or when randomness or the rows fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the rules survive power loss, and nothing is done by the old ones
    /// any more.
    pub async fn set_lifecycle(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        mut configuration: LifecycleConfiguration,
    ) -> Result<(), GatewayError> {
        spend(permit, Action::PutLifecycleConfiguration, bucket)?;
        configuration.name_rules(|| rule_id(&*self.entropy))?;
        let document = serde_json::to_vec(&configuration)
            .map_err(|_json| CatalogError::Inconsistent("lifecycle rules"))?;
        let store = |batch: &mut MetaBatch| {
            settings::put(batch, SettingsKind::Lifecycle, &document);
        };
        self.change_lifecycle(bucket, true, store).await
    }

    /// Takes the bucket's lifecycle rules away; nothing happens when it has none.
    ///
    /// # Errors
    /// `NoSuchBucket`, or when the rows fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the removal survives power loss, and nothing is done by the rules
    /// any more.
    pub async fn delete_lifecycle(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
    ) -> Result<(), GatewayError> {
        spend(permit, Action::PutLifecycleConfiguration, bucket)?;
        let remove = |batch: &mut MetaBatch| {
            settings::delete(batch, SettingsKind::Lifecycle);
            settings::delete(batch, SettingsKind::LifecycleProgress);
        };
        self.change_lifecycle(bucket, false, remove).await
    }

    async fn change_lifecycle(
        &self,
        bucket: &BucketRecord,
        has_lifecycle: bool,
        extend: impl Fn(&mut MetaBatch),
    ) -> Result<(), GatewayError> {
        let apply = |record: &mut BucketRecord| {
            record.has_lifecycle = has_lifecycle;
            true
        };
        buckets::change_with(&*self.engine, bucket.bucket, apply, extend).await?;
        Ok(())
    }

    /// The rules in force, for who has been authorized already and for the job.
    pub(in crate::gateway) async fn lifecycle_rules(
        &self,
        bucket: &BucketRecord,
    ) -> Result<Option<LifecycleRules>, GatewayError> {
        if !bucket.has_lifecycle {
            return Ok(None);
        }
        let kind = SettingsKind::Lifecycle;
        let document = settings::load(&*self.engine, bucket.bucket, kind).await?;
        let parse = |document| self.rules.parse(bucket.bucket, document);
        Ok(document.map(parse).transpose()?)
    }
}

fn rule_id(entropy: &dyn Entropy) -> Result<String, GatewayError> {
    let mut bytes = [0; RULE_ID_LEN];
    entropy.fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(days: u32) -> Bytes {
        let rule = format!(
            "{{\"rules\":[{{\"id\":\"a\",\"is_enabled\":true,\"scope\":{{\"Prefix\":\"\"}},\
             \"expiration\":{{\"Days\":{days}}},\"noncurrent\":null,\
             \"abort_incomplete_multipart_days\":null}}]}}"
        );
        Bytes::from(rule)
    }

    #[test]
    fn rules_are_parsed_again_when_they_changed() {
        let cache = RulesCache::default();
        let bucket = BucketId::from_bytes([1; 16]);
        let parse = |days| cache.parse(bucket, document(days)).unwrap().configuration;
        let first = parse(1);
        assert!(Arc::ptr_eq(&first, &parse(1)));
        assert_ne!(first, parse(2));
        assert_eq!(first, parse(1));
        assert!(cache.parse(bucket, Bytes::from_static(b"{}")).is_err());
        assert_eq!(first, parse(1));
    }

    #[test]
    fn cache_is_bounded() {
        let cache = RulesCache::default();
        for number in 0..200 {
            let bucket = BucketId::from_bytes([number; 16]);
            cache.parse(bucket, document(1)).unwrap();
        }
        let parsed = cache.parsed.lock().unwrap();
        assert!(parsed.len() <= CACHED_MAX && !parsed.is_empty());
    }
}
