//! What versions of an object follow one another, and what is said and changed of a single one.
//!
//! Owns: the id, time and lock that a new version gets; tags, retention and legal hold of a
//! version.
//! Not here: the rows (`catalog::changes`), what a lock allows (`model::lock`).

use crate::catalog::buckets::BucketRecord;
use crate::catalog::changes::{self, Target};
use crate::catalog::erasure::Erasure;
use crate::catalog::objects::{ObjectPlain, ObjectRecord};
use crate::catalog::versions::{self, FoundVersion, VersionRow};
use crate::gateway::decision::require;
use crate::gateway::error::GatewayError;
use crate::gateway::object::version_error::VersionError;
use crate::gateway::{Gateway, identity, spend, spend_on};
use crate::iam::{Action, Permit};
use crate::model::acl::AccessList;
use crate::model::id::VersionId;
use crate::model::lock::{LockState, Retention};
use crate::model::object_key::ObjectKey;
use crate::model::protection::Protection;
use crate::model::tags::TagSet;
use crate::model::time::Timestamp;
use crate::model::versioning::{VersionSelector, Versioning};

/// Where a new version stands among the others.
#[derive(Clone, Copy, Debug)]
pub(in crate::gateway) struct Succession {
    /// Its id.
    pub version: VersionId,
    /// Its time, never before its predecessor's.
    pub last_modified: Timestamp,
    /// Whether clients see it as the null version.
    pub is_null: bool,
}

impl Succession {
    /// Puts a new version's record in its place.
    pub(in crate::gateway) fn apply(self, plain: &mut ObjectPlain) {
        plain.version = self.version;
        plain.last_modified = self.last_modified;
        plain.is_null = self.is_null;
    }
}

/// What is said of a version beside its contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionFacts {
    /// The version as answers name it; `None` in a bucket that never kept versions.
    pub told: Option<VersionSelector>,
    /// What keeps it from being destroyed.
    pub lock: LockState,
    /// Its tags.
    pub tags: TagSet,
    /// Its access control list, if it is not private and the bucket owner's.
    pub acl: Option<Box<AccessList>>,
}

/// The version as answers to reads name it.
pub fn told_version(bucket: &BucketRecord, plain: &ObjectPlain) -> Option<VersionSelector> {
    (bucket.versioning != Versioning::Unversioned).then(|| plain.selector())
}

/// The version as answers to writes name it: the null version is not named (s3-behaviour.md 56).
pub(in crate::gateway) fn written_version(plain: &ObjectPlain) -> Option<VersionSelector> {
    (!plain.is_null).then(|| plain.selector())
}

impl Gateway {
    /// The place of a version that follows `current`; `begun` is the id under which its writing
    /// began.
    pub(in crate::gateway) fn succeed(
        &self,
        bucket: &BucketRecord,
        current: Option<&VersionRow>,
        begun: VersionId,
    ) -> Result<Succession, GatewayError> {
        let before = current.map(|row| row.plain.last_modified);
        Ok(Succession {
            version: begun.above(current.map(|row| row.plain.version), &*self.entropy)?,
            last_modified: self.now().max(before.unwrap_or_default()),
            is_null: bucket.versioning != Versioning::Enabled,
        })
    }

    /// The lock of a new version: what its writer asks for, or the bucket's default retention,
    /// which objects that stay deletable do not get.
    ///
    /// # Errors
    /// `NoObjectLock`, `RetainUntilPast`.
    pub(in crate::gateway) fn lock_for(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        asked: LockState,
    ) -> Result<LockState, GatewayError> {
        let Some(object_lock) = bucket.object_lock else {
            return if asked.is_empty() {
                Ok(asked)
            } else {
                Err(VersionError::NoObjectLock.into())
            };
        };
        // The clock is behind after the server was off: the default then counts from the wall
        // clock, so that it is never shorter than it says.
        let now = self.retention_now();
        if let Some(own) = asked.retention {
            if own.retain_until <= now {
                return Err(VersionError::RetainUntilPast.into());
            }
            return Ok(asked);
        }
        let start = now.max(self.now());
        let is_deletable = |own: &Protection| own.is_deletable(object_key);
        let default = match &bucket.protection {
            Some(own) if is_deletable(own) => None,
            _ => object_lock.default_retention,
        };
        Ok(LockState {
            retention: default.map(|default| default.from(start)),
            ..asked
        })
    }

    /// Keeps an object under retention or legal hold from being hidden by a delete marker in a
    /// protected bucket.
    ///
    /// # Errors
    /// `Protected`.
    pub(in crate::gateway) fn refuse_hiding(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        current: &VersionRow,
    ) -> Result<(), GatewayError> {
        let is_protected = bucket
            .protection
            .as_ref()
            .is_some_and(|own| !own.is_deletable(object_key));
        if is_protected && !current.plain.lock.may_destroy(self.retention_now(), false) {
            return Err(VersionError::Protected.into());
        }
        Ok(())
    }

    /// On what grounds a version is destroyed.
    pub(in crate::gateway) fn erasure(&self, bypass: bool) -> Erasure {
        Erasure {
            now: self.retention_now(),
            bypass,
        }
    }

    /// What a change of an object is made to.
    pub(in crate::gateway) fn target<'a>(
        &self,
        bucket: &'a BucketRecord,
        object_key: &'a ObjectKey,
        bypass: bool,
    ) -> Target<'a> {
        Target {
            bucket,
            object_key,
            now: self.now(),
            erasure: self.erasure(bypass),
            limits: self.terms.limits_of(bucket.tenant),
        }
    }

    /// Makes sure that what a row says of its lock is what was sealed: a lock record that cannot be
    /// read blocks deletion.
    ///
    /// # Errors
    /// Corrupt rows.
    pub(in crate::gateway) async fn verify_lock(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        row: &VersionRow,
    ) -> Result<(), GatewayError> {
        if bucket.object_lock.is_none() {
            return Ok(());
        }
        let bucket_key = self.opening_key(bucket, row.key_version).await?;
        let verified = row.authenticate(&identity(bucket, object_key), &bucket_key);
        Ok(verified.inspect_err(|error| {
            tracing::error!(bucket = %bucket.name, version = %row.plain.version, error = %error,
                "lock of a version cannot be read; it is not deleted");
        })?)
    }

    /// Lock, tags and list of a version; of the newest one if none is named.
    ///
    /// # Errors
    /// `NoSuchKey`, `NoSuchVersion`, `DeleteMarker`; corrupt rows.
    pub async fn version_facts(
        &self,
        permit: Permit,
        action: Action,
        (bucket, object_key): (&BucketRecord, &ObjectKey),
        selector: Option<VersionSelector>,
    ) -> Result<VersionFacts, GatewayError> {
        let sight = spend_on(permit, action, bucket)?;
        let located = self.locate(bucket, object_key, selector).await?;
        require(sight, located.record.plain.version)?;
        Ok(VersionFacts {
            told: told_version(bucket, &located.record.plain),
            lock: located.record.plain.lock,
            tags: located.record.secret.tags,
            acl: located.record.secret.acl,
        })
    }

    /// Replaces the tags of a version. Returns the version as answers name it.
    ///
    /// # Errors
    /// As [`Gateway::version_facts`].
    ///
    /// # Durability
    /// When this returns `Ok`, the change survives power loss.
    pub async fn set_object_tags(
        &self,
        permit: Permit,
        action: Action,
        (bucket, object_key): (&BucketRecord, &ObjectKey),
        selector: Option<VersionSelector>,
        tags: &TagSet,
    ) -> Result<Option<VersionSelector>, GatewayError> {
        let sight = spend_on(permit, action, bucket)?;
        let change = |_bucket: &BucketRecord, record: &mut ObjectRecord| {
            require(sight, record.plain.version)?;
            record.secret.tags = tags.clone();
            Ok(())
        };
        self.rewrite(bucket, object_key, selector, change).await
    }

    /// Sets or takes away the retention of a version. Returns the version as answers name it.
    ///
    /// # Errors
    /// `NoObjectLock`, `RetainUntilPast`, `Locked` when the retention there is does not allow it,
    /// and as [`Gateway::version_facts`].
    ///
    /// # Durability
    /// When this returns `Ok`, the change survives power loss.
    pub async fn set_retention(
        &self,
        permit: Permit,
        (bucket, object_key): (&BucketRecord, &ObjectKey),
        selector: Option<VersionSelector>,
        retention: Option<Retention>,
        bypass: bool,
    ) -> Result<Option<VersionSelector>, GatewayError> {
        spend(permit, Action::PutObjectRetention, bucket)?;
        require_object_lock(bucket)?;
        let now = self.retention_now();
        if retention.is_some_and(|new| new.retain_until <= now) {
            return Err(VersionError::RetainUntilPast.into());
        }
        let change = |_bucket: &BucketRecord, record: &mut ObjectRecord| {
            let lock = &mut record.plain.lock;
            if !lock.may_become(retention, now, bypass) {
                return Err(VersionError::Locked.into());
            }
            lock.retention = retention;
            Ok(())
        };
        self.rewrite(bucket, object_key, selector, change).await
    }

    /// Sets or takes away the legal hold of a version. Returns the version as answers name it.
    ///
    /// # Errors
    /// `NoObjectLock`, and as [`Gateway::version_facts`].
    ///
    /// # Durability
    /// When this returns `Ok`, the change survives power loss.
    pub async fn set_legal_hold(
        &self,
        permit: Permit,
        (bucket, object_key): (&BucketRecord, &ObjectKey),
        selector: Option<VersionSelector>,
        is_on: bool,
    ) -> Result<Option<VersionSelector>, GatewayError> {
        spend(permit, Action::PutObjectLegalHold, bucket)?;
        require_object_lock(bucket)?;
        let change = |_bucket: &BucketRecord, record: &mut ObjectRecord| {
            record.plain.lock.legal_hold = is_on;
            Ok(())
        };
        self.rewrite(bucket, object_key, selector, change).await
    }

    /// Seals a version's record anew after `change`, which sees the bucket as it is by then.
    pub(in crate::gateway) async fn rewrite(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        selector: Option<VersionSelector>,
        change: impl Fn(&BucketRecord, &mut ObjectRecord) -> Result<(), GatewayError>,
    ) -> Result<Option<VersionSelector>, GatewayError> {
        let target = self.target(bucket, object_key, false);
        let rewrite = async |bucket: &BucketRecord, found: &FoundVersion| {
            refuse_marker(&found.row, selector)?;
            let opening_key = self.opening_key(bucket, found.row.key_version).await?;
            let identity = identity(bucket, object_key);
            let mut record = ObjectRecord {
                plain: found.row.plain,
                secret: found.row.open(&identity, &opening_key)?,
            };
            change(bucket, &mut record)?;
            let sealing_key = self.sealing_key(bucket).await?;
            let row = record.seal(&identity, &sealing_key, &*self.entropy)?;
            Ok::<_, GatewayError>(row)
        };
        let written = changes::rewrite_version(&*self.engine, target, selector, rewrite).await?;
        let plain = written.ok_or_else(|| missing(bucket, selector))?;
        Ok(told_version(bucket, &plain))
    }

    /// Finds a version's row.
    pub(in crate::gateway) async fn find_version(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        selector: Option<VersionSelector>,
    ) -> Result<FoundVersion, GatewayError> {
        let found = versions::load_version(&*self.engine, bucket.bucket, object_key, selector);
        let found = found.await?.ok_or_else(|| missing(bucket, selector))?;
        refuse_marker(&found.row, selector)?;
        Ok(found)
    }
}

fn require_object_lock(bucket: &BucketRecord) -> Result<(), GatewayError> {
    match bucket.object_lock {
        Some(_) => Ok(()),
        None => Err(VersionError::NoObjectLock.into()),
    }
}

/// What is not there, as the client asked for it. In a bucket that never kept versions the null
/// version is the object.
fn missing(bucket: &BucketRecord, selector: Option<VersionSelector>) -> GatewayError {
    match selector {
        Some(VersionSelector::Null) if bucket.versioning == Versioning::Unversioned => {
            GatewayError::NoSuchKey
        }
        None => GatewayError::NoSuchKey,
        Some(selector) => VersionError::NoSuchVersion { selector }.into(),
    }
}

/// A delete marker has nothing to read or to change.
fn refuse_marker(row: &VersionRow, selector: Option<VersionSelector>) -> Result<(), GatewayError> {
    if row.plain.is_marker {
        return Err(VersionError::DeleteMarker {
            marker: row.plain.selector(),
            is_named: selector.is_some(),
            last_modified: row.plain.last_modified,
        }
        .into());
    }
    Ok(())
}
