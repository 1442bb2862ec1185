//! A bucket's tags, sealed as the tags of objects are.
//!
//! Owns: the settings document of kind `Tags`; sealed: tags.
//! Not here: the sealed document (`sealed_settings`), what a tag may be (`model::tags`).

use crate::base::codec::{Reader, Writer};
use crate::base::entropy::Entropy;
use crate::catalog::buckets::BucketRecord;
use crate::catalog::error::CatalogError;
use crate::catalog::fields::{decode_tags, encode_tags};
use crate::catalog::sealed_settings::{self, SealedDocument};
use crate::catalog::settings::{self, SettingsKind};
use crate::crypto::ScopeKey;
use crate::model::tags::TagSet;
use crate::storage::Engine;

/// Opens stored tags.
///
/// # Errors
/// Rows that do not authenticate.
pub fn open(
    stored: &SealedDocument,
    bucket: &BucketRecord,
    bucket_key: &ScopeKey,
) -> Result<TagSet, CatalogError> {
    let secret = stored.open(bucket, bucket_key)?;
    let mut r = Reader::new(secret.expose());
    let tags = decode_tags(&mut r)?;
    r.finish()?;
    Ok(tags)
}

/// Stores tags in place of those that there were.
///
/// # Errors
/// `BucketGone`, or when the random source or the engine fails.
///
/// # Durability
/// When this returns `Ok`, the tags survive power loss.
pub async fn store(
    engine: &dyn Engine,
    bucket: &BucketRecord,
    tags: &TagSet,
    bucket_key: &ScopeKey,
    entropy: &dyn Entropy,
) -> Result<(), CatalogError> {
    let mut w = Writer::new();
    encode_tags(&mut w, tags);
    let secret = zeroize::Zeroizing::new(w.into_vec());
    let kind = SettingsKind::Tags;
    let document = sealed_settings::seal(bucket, kind, &secret, (bucket_key, entropy))?;
    settings::store(engine, bucket.bucket, kind, &document).await
}

/// Removes the tags; nothing happens when there are none.
///
/// # Errors
/// `BucketGone`, or when the engine fails.
///
/// # Durability
/// When this returns `Ok`, the removal survives power loss.
pub async fn remove(engine: &dyn Engine, bucket: &BucketRecord) -> Result<(), CatalogError> {
    settings::remove(engine, bucket.bucket, SettingsKind::Tags).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy::SystemEntropy;
    use crate::catalog::buckets;
    use crate::model::bucket::BucketName;
    use crate::model::id::{BucketId, TenantId};
    use crate::model::tags::BUCKET_TAGS_MAX;
    use crate::model::time::Timestamp;
    use crate::storage::MemoryEngine;

    fn bucket(number: u8, tenant: u8) -> BucketRecord {
        BucketRecord::new(
            BucketId::from_bytes([number; 16]),
            BucketName::parse("records").unwrap(),
            TenantId::from_bytes([tenant; 16]),
            Timestamp::from_millis(0),
            Vec::new(),
        )
    }

    #[tokio::test]
    async fn tags_are_sealed_for_their_bucket() {
        let entropy = SystemEntropy::new();
        let (engine, own) = (MemoryEngine::new(), bucket(7, 1));
        buckets::create(&engine, &own, &[], u64::MAX).await.unwrap();
        let bucket_key = ScopeKey::generate(3, &entropy).unwrap();
        let pairs = vec![("name".to_owned(), "canary".to_owned())];
        let tags = TagSet::new(pairs, BUCKET_TAGS_MAX).unwrap();
        store(&engine, &own, &tags, &bucket_key, &entropy)
            .await
            .unwrap();
        let load = || SealedDocument::load(&engine, &own, SettingsKind::Tags);
        let stored = load().await.unwrap().unwrap();
        assert_eq!(stored.key_version, 3);
        assert_eq!(open(&stored, &own, &bucket_key).unwrap(), tags);
        let is_clear = stored.raw().windows(6).any(|six| six == b"canary");
        assert!(!is_clear, "the value is in the row");
        let other_key = ScopeKey::generate(3, &entropy).unwrap();
        assert!(open(&stored, &own, &other_key).is_err());
        for other in [bucket(8, 1), bucket(7, 2)] {
            assert!(open(&stored, &other, &bucket_key).is_err());
        }
        remove(&engine, &own).await.unwrap();
        assert!(load().await.unwrap().is_none());
    }
}
