//! What lifecycle rules do to versions and uploads. No caller asks for it: whoever put the rules
//! was authorized to, and the job (`jobs::lifecycle`) acts for the bucket's owner. So these
//! functions take no `Permit`, and nothing but the job calls them.
//!
//! Owns: looking at all versions of an object, and doing what was judged if nothing has changed
//! since. Not here: what the rules say (`model::lifecycle`), when it is looked at and how fast
//! (`jobs::lifecycle`), locks (`catalog::changes`).

use crate::catalog::bucket_record::BucketRecord;
use crate::catalog::changes::{self, Decision};
use crate::catalog::error::CatalogError;
use crate::catalog::keyspace;
use crate::catalog::objects::ObjectPlain;
use crate::catalog::uploads;
use crate::catalog::versions::{self, VersionRow};
use crate::gateway::error::GatewayError;
use crate::gateway::object::version_error::VersionError;
use crate::gateway::{Gateway, identity};
use crate::model::id::{UploadId, VersionId};
use crate::model::lifecycle::due::{Fate, KeyRules, Moment, VersionView, VersionWalk};
use crate::model::object_key::ObjectKey;
use crate::model::tags::TagSet;
use crate::model::time::Timestamp;
use crate::model::versioning::Versioning;
use crate::storage::{EngineExt, ScanRange};
use bytes::Bytes;

/// Older versions looked at in one step.
const VERSIONS_PAGE: usize = 256;

/// What became of a version or an upload that was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifecycleOutcome {
    /// An upload was aborted.
    AbortedUpload,
    /// It changed after it was judged; the next pass judges it again.
    Changed,
    /// The current version is out of sight: under a delete marker, or destroyed where no versions
    /// are kept.
    Expired,
    /// A lock keeps it.
    Locked,
    /// The bucket's protection keeps it in sight.
    Protected,
    /// A delete marker with nothing below it is gone.
    RemovedMarker,
    /// A noncurrent version is destroyed.
    RemovedVersion,
}

/// An open upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenUpload {
    /// Its object.
    pub object_key: ObjectKey,
    /// The upload.
    pub upload: UploadId,
    /// When it was opened.
    pub initiated: Timestamp,
}

/// Sees each outcome, and holds the job to its rate. `false` ends the work.
pub trait LifecycleObserver {
    /// Called before something is done.
    fn admit(&mut self) -> impl Future<Output = bool>;
    /// Called with what was done.
    fn outcome(&mut self, outcome: LifecycleOutcome);
}

impl Gateway {
    /// A page of object keys that have versions, behind `after`.
    ///
    /// # Errors
    /// When rows or engine fail.
    pub async fn lifecycle_keys(
        &self,
        bucket: &BucketRecord,
        after: Option<&ObjectKey>,
        limit: usize,
    ) -> Result<Vec<(ObjectKey, VersionRow)>, GatewayError> {
        let start = match after {
            None => vec![keyspace::CURRENT],
            Some(after) => [keyspace::current(after).as_ref(), b"\0"].concat(),
        };
        let range = ScanRange {
            start,
            end: keyspace::prefix_end(&[keyspace::CURRENT]),
        };
        let partition = keyspace::bucket_partition(bucket.bucket);
        let rows = self.engine.scan_page(partition, range, limit).await?;
        let decode = |(meta_key, raw): (Bytes, Bytes)| {
            let object_key = ObjectKey::from_bytes(meta_key.get(1..).unwrap_or_default().to_vec())
                .map_err(|_key| CatalogError::Inconsistent("object key"))?;
            Ok((object_key, VersionRow::decode(raw)?))
        };
        rows.into_iter().map(decode).collect()
    }

    /// Does what the rules say to all versions of an object. Returns whether the observer let it
    /// end.
    ///
    /// # Errors
    /// When rows, keys or engine fail.
    ///
    /// # Cancel safety
    /// A dropped future leaves whole steps done and the rest for the next pass.
    pub async fn apply_lifecycle(
        &self,
        bucket: &BucketRecord,
        (object_key, current): (&ObjectKey, &VersionRow),
        (rules, moment): (&KeyRules<'_>, Moment),
        observer: &mut impl LifecycleObserver,
    ) -> Result<bool, GatewayError> {
        let mut walk = VersionWalk::new(rules, moment);
        let fate = self
            .judge_version(bucket, object_key, current, rules, &mut walk)
            .await?;
        if fate == Fate::Expire {
            if !observer.admit().await {
                return Ok(false);
            }
            observer.outcome(self.expire(bucket, object_key, current).await?);
            // What is there now is another order of versions; the next pass judges it.
            return Ok(true);
        }
        if !rules.removes_noncurrent() && !current.plain.is_marker {
            return Ok(true);
        }
        let object = (bucket, object_key);
        if !self
            .apply_to_older(object, rules, &mut walk, observer)
            .await?
        {
            return Ok(false);
        }
        if walk.removes_marker() {
            if !observer.admit().await {
                return Ok(false);
            }
            let done = LifecycleOutcome::RemovedMarker;
            observer.outcome(self.remove(bucket, object_key, current, done).await?);
        }
        Ok(true)
    }

    /// The older versions of an object, from new to old.
    async fn apply_to_older(
        &self,
        (bucket, object_key): (&BucketRecord, &ObjectKey),
        rules: &KeyRules<'_>,
        walk: &mut VersionWalk<'_>,
        observer: &mut impl LifecycleObserver,
    ) -> Result<bool, GatewayError> {
        let mut after = None;
        loop {
            let page = self.older_page(bucket, object_key, after).await?;
            for row in &page {
                match self
                    .judge_version(bucket, object_key, row, rules, walk)
                    .await?
                {
                    Fate::Keep | Fate::Expire => continue,
                    Fate::Locked => {
                        observer.outcome(LifecycleOutcome::Locked);
                        continue;
                    }
                    Fate::Remove => {}
                }
                if !observer.admit().await {
                    return Ok(false);
                }
                let done = LifecycleOutcome::RemovedVersion;
                observer.outcome(self.remove(bucket, object_key, row, done).await?);
            }
            match page.last() {
                Some(last) if page.len() == VERSIONS_PAGE => after = Some(last.plain.version),
                _ => return Ok(true),
            }
        }
    }

    async fn older_page(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        after: Option<VersionId>,
    ) -> Result<Vec<VersionRow>, GatewayError> {
        let start = match after {
            None => keyspace::older_start(object_key).to_vec(),
            Some(version) => [keyspace::older(object_key, version).as_ref(), b"\0"].concat(),
        };
        let range = ScanRange {
            start,
            end: Some(keyspace::older_end(object_key).to_vec()),
        };
        let partition = keyspace::bucket_partition(bucket.bucket);
        let rows = self
            .engine
            .scan_page(partition, range, VERSIONS_PAGE)
            .await?;
        let rows = rows.into_iter().map(|(_, raw)| VersionRow::decode(raw));
        Ok(rows.collect::<Result<_, _>>()?)
    }

    async fn judge_version(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        row: &VersionRow,
        rules: &KeyRules<'_>,
        walk: &mut VersionWalk<'_>,
    ) -> Result<Fate, GatewayError> {
        let plain = &row.plain;
        let mut tags = TagSet::default();
        if rules.needs_tags() && !plain.is_marker {
            let bucket_key = self.opening_key(bucket, row.key_version).await?;
            tags = row.open(&identity(bucket, object_key), &bucket_key)?.tags;
        }
        Ok(walk.judge(&VersionView {
            is_marker: plain.is_marker,
            last_modified: plain.last_modified,
            size: plain.size,
            tags: &tags,
            is_locked: !plain.lock.may_destroy(self.retention_now(), false),
        }))
    }

    /// Takes the newest version out of sight, if it is still the one that was judged.
    async fn expire(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        judged: &VersionRow,
    ) -> Result<LifecycleOutcome, GatewayError> {
        let now = self.now();
        let begun = VersionId::generate(now.millis(), &*self.entropy)?;
        let decide = async |bucket: &BucketRecord, current: Option<&VersionRow>| {
            let Some(row) = current.filter(|row| row.is_same(judged)) else {
                return Ok(Decision::Leave);
            };
            if bucket.versioning == Versioning::Unversioned {
                return Ok(Decision::Remove);
            }
            self.refuse_hiding(bucket, object_key, row)?;
            let marker = self
                .marker_above(bucket, object_key, Some(row), begun)
                .await?;
            Ok::<_, GatewayError>(Decision::Put(Box::new(marker)))
        };
        let target = self.target(bucket, object_key, false);
        let done = changes::commit_current(&*self.engine, target, decide, |_batch| {}).await;
        match done {
            Ok(true) => Ok(LifecycleOutcome::Expired),
            Ok(false) => Ok(LifecycleOutcome::Changed),
            Err(error) => kept(error),
        }
    }

    /// Destroys a version, if it is still the one that was judged. A delete marker goes only while
    /// nothing is below it: otherwise that would come back into sight.
    async fn remove(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        judged: &VersionRow,
        done: LifecycleOutcome,
    ) -> Result<LifecycleOutcome, GatewayError> {
        let decide = async |bucket: &BucketRecord, row: &VersionRow| {
            self.verify_lock(bucket, object_key, row).await?;
            let is_covering = done == LifecycleOutcome::RemovedMarker
                && versions::load_newest_older(&*self.engine, bucket.bucket, object_key)
                    .await?
                    .is_some();
            Ok::<_, GatewayError>(row.is_same(judged) && !is_covering)
        };
        let target = self.target(bucket, object_key, false);
        let selector = judged.plain.selector();
        let gone = changes::remove_version(&*self.engine, target, selector, decide).await;
        match gone {
            Ok(Some(ObjectPlain { .. })) => Ok(done),
            Ok(None) => Ok(LifecycleOutcome::Changed),
            Err(error) => kept(error),
        }
    }

    /// A page of open uploads behind `after`.
    ///
    /// # Errors
    /// When rows or engine fail.
    pub async fn lifecycle_uploads(
        &self,
        bucket: &BucketRecord,
        after: Option<(&ObjectKey, UploadId)>,
        limit: usize,
    ) -> Result<Vec<OpenUpload>, GatewayError> {
        let start = match after {
            None => vec![keyspace::UPLOAD],
            Some((object_key, upload)) => {
                [keyspace::upload(object_key, upload).as_ref(), b"\0"].concat()
            }
        };
        let range = ScanRange {
            start,
            end: keyspace::prefix_end(&[keyspace::UPLOAD]),
        };
        let partition = keyspace::bucket_partition(bucket.bucket);
        let rows = self.engine.scan_page(partition, range, limit).await?;
        let decode = |(meta_key, raw): (Bytes, Bytes)| {
            let (object_key, upload) = keyspace::split_object_key_and_id(&meta_key)
                .ok_or(CatalogError::Inconsistent("upload"))?;
            Ok(OpenUpload {
                object_key,
                upload: UploadId::from_bytes(upload),
                initiated: uploads::decode_initiated(&raw)?,
            })
        };
        rows.into_iter().map(decode).collect()
    }

    /// Aborts an upload that is due.
    ///
    /// # Errors
    /// When rows or engine fail.
    pub async fn abort_due_upload(
        &self,
        bucket: &BucketRecord,
        due: &OpenUpload,
    ) -> Result<LifecycleOutcome, GatewayError> {
        match self.end_upload(bucket, &due.object_key, due.upload).await {
            Ok(()) => Ok(LifecycleOutcome::AbortedUpload),
            Err(GatewayError::NoSuchUpload) => Ok(LifecycleOutcome::Changed),
            Err(error) => Err(error),
        }
    }
}

/// What a lock or the bucket's protection keeps is no failure of the job.
fn kept(error: GatewayError) -> Result<LifecycleOutcome, GatewayError> {
    match error {
        GatewayError::Version(VersionError::Locked) => Ok(LifecycleOutcome::Locked),
        GatewayError::Version(VersionError::Protected) => Ok(LifecycleOutcome::Protected),
        other => Err(other),
    }
}
