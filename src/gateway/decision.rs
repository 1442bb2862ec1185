//! What decisions are made by that lies in rows of the bucket: of an object its tags and its access
//! control list, the bucket's own list, who began an upload.
//!
//! Owns: reading it without a permit, since it is what permits are made by; who asks learns no more
//! than the decision.
//! Not here: the policy (`gateway::bucket_policy`), the decision (`iam::authorize`).

use crate::base::kind::ErrorKind;
use crate::catalog::bucket_acl;
use crate::catalog::buckets::BucketRecord;
use crate::catalog::sealed_settings::SealedDocument;
use crate::catalog::settings::SettingsKind;
use crate::gateway::error::GatewayError;
use crate::gateway::{Gateway, identity};
use crate::iam::Sight;
use crate::model::acl::AccessList;
use crate::model::id::{TenantId, UploadId, VersionId};
use crate::model::object_key::ObjectKey;
use crate::model::ownership::BucketList;
use crate::model::tags::TagSet;
use crate::model::versioning::VersionSelector;

/// An object as decisions see it.
#[derive(Debug)]
pub struct DecisionObject {
    /// Its version, as the rows have it.
    pub version: VersionId,
    /// Its tags.
    pub tags: TagSet,
    /// Its access control list; without one it is private and the bucket owner's.
    pub acl: Option<Box<AccessList>>,
}

impl Gateway {
    /// The object that a decision is about; `None` when there is none.
    ///
    /// # Errors
    /// When keys or rows fail.
    pub async fn object_for_decision(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        selector: Option<VersionSelector>,
    ) -> Result<Option<DecisionObject>, GatewayError> {
        let found = match self.find_version(bucket, object_key, selector).await {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::Absent => return Ok(None),
            Err(error) => return Err(error),
        };
        let key = self.opening_key(bucket, found.row.key_version).await?;
        let secret = found.row.open(&identity(bucket, object_key), &key)?;
        Ok(Some(DecisionObject {
            version: found.row.plain.version,
            tags: secret.tags,
            acl: secret.acl,
        }))
    }

    /// The bucket's own list where lists count; `None` when it is private.
    ///
    /// # Errors
    /// When keys or rows fail.
    pub async fn list_in_force(
        &self,
        bucket: &BucketRecord,
    ) -> Result<Option<AccessList>, GatewayError> {
        if !bucket.ownership.allows_acls() || bucket.list == BucketList::None {
            return Ok(None);
        }
        let stored = SealedDocument::load(&*self.engine, bucket, SettingsKind::Acl).await?;
        // Taken away since the header was read, or lost: then nobody is let in by it.
        let Some(stored) = stored else {
            return Ok(None);
        };
        let bucket_key = self.opening_key(bucket, stored.key_version).await?;
        Ok(Some(bucket_acl::open(&stored, bucket, &bucket_key)?))
    }

    /// The account that began an open upload; `None` when nobody signed it, and when there is no
    /// such upload.
    ///
    /// # Errors
    /// When keys or rows fail.
    pub async fn upload_begun_by(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        upload: UploadId,
    ) -> Result<Option<TenantId>, GatewayError> {
        match self.open_upload(bucket, object_key, upload).await {
            Ok(record) => Ok(record.initiator(bucket.tenant).account()),
            Err(error) if error.kind() == ErrorKind::Absent => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Makes sure that an object is the one that was decided about.
///
/// # Errors
/// `Overtaken` when another version has taken its place since.
pub(in crate::gateway) fn require(sight: Sight, version: VersionId) -> Result<(), GatewayError> {
    if sight.is_of(version) {
        Ok(())
    } else {
        Err(GatewayError::Overtaken)
    }
}
