//! A bucket's tags, sealed as the tags of objects are.
//!
//! Owns: the settings document of kind `Tags`: a sealed record without readable part; sealed: tags.
//! Its context has no object key, which no object's record can have, and the version `tags`.
//! Not here: the row around it (`settings`), what a tag may be (`model::tags`).

use crate::base::codec::{Reader, Writer};
use crate::base::entropy::Entropy;
use crate::catalog::buckets::BucketRecord;
use crate::catalog::error::CatalogError;
use crate::catalog::fields::{decode_tags, encode_tags};
use crate::catalog::settings::{self, SettingsKind};
use crate::crypto::{RecordContext, RecordView, ScopeKey, seal_record};
use crate::model::tags::TagSet;
use crate::storage::Engine;
use bytes::Bytes;

/// A bucket's stored tags.
#[derive(Clone, Debug)]
pub struct BucketTags {
    raw: Bytes,
    /// Version of the bucket key that opens them.
    pub key_version: u32,
}

impl BucketTags {
    /// The stored tags, if the bucket has any.
    ///
    /// # Errors
    /// When the engine fails or the row is corrupt.
    pub async fn load(
        engine: &dyn Engine,
        bucket: &BucketRecord,
    ) -> Result<Option<Self>, CatalogError> {
        let found = settings::load(engine, bucket.bucket, SettingsKind::Tags).await?;
        let decode = |raw: Bytes| {
            let key_version = RecordView::decode(&raw)?.key_version;
            Ok(Self { raw, key_version })
        };
        found.map(decode).transpose()
    }

    /// Opens them.
    ///
    /// # Errors
    /// Rows that do not authenticate.
    pub fn open(
        &self,
        bucket: &BucketRecord,
        bucket_key: &ScopeKey,
    ) -> Result<TagSet, CatalogError> {
        let view = RecordView::decode(&self.raw)?;
        let secret = view.open(bucket_key, &context(bucket))?;
        let mut r = Reader::new(secret.expose());
        let tags = decode_tags(&mut r)?;
        r.finish()?;
        Ok(tags)
    }
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
    let document = seal_record(bucket_key, &context(bucket), &[], &secret, entropy)?;
    settings::store(engine, bucket.bucket, SettingsKind::Tags, &document).await
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

fn context(bucket: &BucketRecord) -> RecordContext<'static> {
    RecordContext {
        tenant: bucket.tenant,
        bucket: bucket.bucket,
        object_key: b"",
        version: b"tags",
    }
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
        let stored = BucketTags::load(&engine, &own).await.unwrap().unwrap();
        assert_eq!(stored.key_version, 3);
        assert_eq!(stored.open(&own, &bucket_key).unwrap(), tags);
        let is_clear = stored.raw.windows(6).any(|six| six == b"canary");
        assert!(!is_clear, "the value is in the row");
        let other_key = ScopeKey::generate(3, &entropy).unwrap();
        assert!(stored.open(&own, &other_key).is_err());
        for other in [bucket(8, 1), bucket(7, 2)] {
            assert!(stored.open(&other, &bucket_key).is_err());
        }
        remove(&engine, &own).await.unwrap();
        assert!(BucketTags::load(&engine, &own).await.unwrap().is_none());
    }
}
