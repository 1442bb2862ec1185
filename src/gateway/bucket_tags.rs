//! Tags of a bucket.
//!
//! Not here: tags of objects (`object::version`), the sealed row (`catalog::bucket_tags`).

use crate::catalog::bucket_tags;
use crate::catalog::buckets::BucketRecord;
use crate::catalog::sealed_settings::SealedDocument;
use crate::catalog::settings::SettingsKind;
use crate::gateway::error::GatewayError;
use crate::gateway::{Gateway, spend};
use crate::iam::{Action, Permit};
use crate::model::tags::TagSet;

impl Gateway {
    /// The bucket's tags; empty when it has none.
    ///
    /// # Errors
    /// When keys or rows fail.
    pub async fn bucket_tags(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
    ) -> Result<TagSet, GatewayError> {
        spend(permit, Action::GetBucketTagging, bucket)?;
        let stored = SealedDocument::load(&*self.engine, bucket, SettingsKind::Tags).await?;
        let Some(stored) = stored else {
            return Ok(TagSet::default());
        };
        let bucket_key = self.opening_key(bucket, stored.key_version).await?;
        Ok(bucket_tags::open(&stored, bucket, &bucket_key)?)
    }

    /// Replaces the bucket's tags; an empty set takes them away.
    ///
    /// # Errors
    /// `NoSuchBucket`, or when keys or rows fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the change survives power loss.
    pub async fn set_bucket_tags(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        tags: &TagSet,
    ) -> Result<(), GatewayError> {
        spend(permit, Action::PutBucketTagging, bucket)?;
        if tags.is_empty() {
            return Ok(bucket_tags::remove(&*self.engine, bucket).await?);
        }
        let bucket_key = self.sealing_key(bucket).await?;
        let stored = bucket_tags::store(&*self.engine, bucket, tags, &bucket_key, &*self.entropy);
        Ok(stored.await?)
    }
}
