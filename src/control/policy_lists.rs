//! The access control lists that a decision which is explained is made by.
//!
//! Owns: finding them as requests do (`gateway::decision`), without the data plane.
//! Not here: the question and its answer (`policies`).

use crate::catalog::bucket_acl;
use crate::catalog::buckets::BucketRecord;
use crate::catalog::objects::ObjectIdentity;
use crate::catalog::sealed_settings::SealedDocument;
use crate::catalog::settings::SettingsKind;
use crate::catalog::versions;
use crate::control::Control;
use crate::control::error::ControlError;
use crate::iam::{AccessLists, Action, AskedObject};
use crate::model::acl::AccessList;
use crate::model::id::VersionId;
use crate::model::object_key::ObjectKey;
use crate::model::versioning::VersionSelector;

/// Lists as rows have them.
#[derive(Debug)]
pub(in crate::control) struct FoundLists {
    bucket: Option<AccessList>,
    object: Option<(VersionId, Option<Box<AccessList>>)>,
}

impl FoundLists {
    /// What the decision is made by.
    pub(in crate::control) fn facts(&self, bucket: &BucketRecord) -> AccessLists<'_> {
        let object = match &self.object {
            None => AskedObject::Absent,
            Some((version, list)) => AskedObject::Stored {
                version: *version,
                list: list.as_deref(),
            },
        };
        AccessLists {
            bucket: self.bucket.as_ref(),
            object,
            ignores_public: bucket.access.block().ignore_public_acls,
        }
    }
}

impl Control {
    /// The lists of a bucket and of an object in it, by its key and version as they are written;
    /// `None` where lists do not count.
    pub(in crate::control) async fn lists_of(
        &self,
        bucket: &BucketRecord,
        action: Action,
        (object_key, version): (Option<&str>, Option<&str>),
    ) -> Result<Option<FoundLists>, ControlError> {
        if !bucket.ownership.allows_acls() {
            return Ok(None);
        }
        let kind = SettingsKind::Acl;
        let own = match SealedDocument::load(&*self.engine, bucket, kind).await? {
            None => None,
            Some(stored) => {
                let key = self.bucket_key(bucket, stored.key_version).await?;
                Some(bucket_acl::open(&stored, bucket, &key)?)
            }
        };
        let object_key = object_key.filter(|_| action.is_object_owners());
        let object_key = object_key.and_then(|text| ObjectKey::parse(text).ok());
        let version = version.map(VersionSelector::parse).transpose();
        let object = match (object_key, version) {
            (Some(object_key), Ok(version)) => {
                self.object_list(bucket, &object_key, version).await?
            }
            _ => None,
        };
        Ok(Some(FoundLists {
            bucket: own,
            object,
        }))
    }

    async fn object_list(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        version: Option<VersionSelector>,
    ) -> Result<Option<(VersionId, Option<Box<AccessList>>)>, ControlError> {
        let found = versions::load_version(&*self.engine, bucket.bucket, object_key, version);
        let row = found.await?.map(|found| found.row);
        let Some(row) = row.filter(|row| !row.plain.is_marker) else {
            return Ok(None);
        };
        let key = self.bucket_key(bucket, row.key_version).await?;
        let identity = ObjectIdentity {
            tenant: bucket.tenant,
            bucket: bucket.bucket,
            object_key,
        };
        let secret = row.open(&identity, &key)?;
        Ok(Some((row.plain.version, secret.acl)))
    }
}
