//! What lifecycle rules do to versions and uploads. No caller asks for it: whoever put the rules
//! was authorized to, and the job (`jobs::lifecycle`) acts for the bucket's owner. So these
//! functions take no `Permit`, and nothing but the job calls them.
//!
//! Owns: looking at all versions of an object, and doing what was judged, each in one commit that
//! holds only if what it was judged by is as it was: the rules, the newest version, the version
//! itself. So nothing is done by rules that were replaced or taken away.
//! Not here: what the rules say (`model::lifecycle`), when it is looked at and how fast
//! (`jobs::lifecycle`), locks (`catalog::changes`).

#[cfg(test)]
pub(in crate::gateway) mod scene;
#[cfg(test)]
mod tests;
mod uploads;

pub use uploads::OpenUpload;

use crate::catalog::bucket_record::BucketRecord;
use crate::catalog::changes::{self, Decision};
use crate::catalog::error::CatalogError;
use crate::catalog::keyspace;
use crate::catalog::versions::{self, FoundVersion, VersionRow};
use crate::gateway::bucket_settings::LifecycleRules;
use crate::gateway::error::GatewayError;
use crate::gateway::object::version_error::VersionError;
use crate::gateway::{Gateway, identity};
use crate::model::id::VersionId;
use crate::model::lifecycle::due::{Fate, KeyRules, Moment, VersionView, VersionWalk};
use crate::model::object_key::ObjectKey;
use crate::model::tags::TagSet;
use crate::model::versioning::Versioning;
use crate::storage::{CommitError, EngineExt, MetaBatch, ScanRange};
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
    /// There is no room for the delete marker that would hide it.
    OverQuota,
    /// The bucket's protection keeps it in sight.
    Protected,
    /// A delete marker with nothing below it is gone.
    RemovedMarker,
    /// A noncurrent version is destroyed.
    RemovedVersion,
}

/// Sees each outcome, and holds the job to its rate. `false` ends the work.
pub trait LifecycleObserver {
    /// Called before something is done.
    fn admit(&mut self) -> impl Future<Output = bool>;
    /// Called with the batch that is to have this outcome: adds what the observer stores in the
    /// same commit, so that what it counts is neither more nor less than what was done.
    fn extend(&self, outcome: LifecycleOutcome, batch: &mut MetaBatch);
    /// Called with what was done.
    fn outcome(&mut self, outcome: LifecycleOutcome);
}

/// An object as it was judged: whatever is done to it holds only while this is what is there.
#[derive(Clone, Copy, Debug)]
struct JudgedObject<'a> {
    bucket: &'a BucketRecord,
    object_key: &'a ObjectKey,
    rules: &'a LifecycleRules,
    current: &'a VersionRow,
}

impl Gateway {
    /// The rules of a bucket as they are now.
    ///
    /// # Errors
    /// When the rows fail, or the rules cannot be read.
    pub async fn rules_in_force(
        &self,
        bucket: &BucketRecord,
    ) -> Result<Option<LifecycleRules>, GatewayError> {
        self.lifecycle_rules(bucket).await
    }

    /// A page of object keys that have versions, behind `after`.
    ///
    /// # Errors
    /// When the engine fails.
    pub async fn lifecycle_keys(
        &self,
        bucket: &BucketRecord,
        after: Option<&ObjectKey>,
        limit: usize,
    ) -> Result<Vec<ObjectKey>, GatewayError> {
        let start = match after {
            None => vec![keyspace::CURRENT],
            Some(after) => [keyspace::current(after).as_ref(), b"\0"].concat(),
        };
        let range = ScanRange {
            start,
            end: keyspace::prefix_end(&[keyspace::CURRENT]),
        };
        let partition = keyspace::bucket_partition(bucket.bucket);
        // Rows are read when their turn comes: until then much can change.
        let rows = self.engine.scan_page(partition, range, limit).await?;
        let decode = |(meta_key, _): (Bytes, Bytes)| {
            let object_key = meta_key.get(1..).unwrap_or_default().to_vec();
            ObjectKey::from_bytes(object_key)
                .map_err(|_key| CatalogError::Inconsistent("object key").into())
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
        (bucket, object_key): (&BucketRecord, &ObjectKey),
        (rules, moment): (&LifecycleRules, Moment),
        observer: &mut impl LifecycleObserver,
    ) -> Result<bool, GatewayError> {
        let own = KeyRules::of(&rules.configuration, object_key.as_str());
        if own.is_idle() {
            return Ok(true);
        }
        let current = versions::load_current(&*self.engine, bucket.bucket, object_key).await?;
        let Some(current) = current else {
            return Ok(true);
        };
        let object = JudgedObject {
            bucket,
            object_key,
            rules,
            current: &current,
        };
        let mut walk = VersionWalk::new(&own, moment);
        let fate = self
            .judge_version(object, &current, &own, &mut walk)
            .await?;
        if fate == Fate::Expire {
            if !observer.admit().await {
                return Ok(false);
            }
            let outcome = self.expire(object, observer).await?;
            observer.outcome(outcome);
            let is_as_judged = matches!(
                outcome,
                LifecycleOutcome::OverQuota | LifecycleOutcome::Protected
            );
            if !is_as_judged {
                // What is there now is another order of versions; the next pass judges it.
                return Ok(true);
            }
            // It stays the newest; the older ones may be due all the same, and where the quota is
            // full they are what makes room.
        }
        if !own.removes_noncurrent() && !current.plain.is_marker {
            return Ok(true);
        }
        if !self
            .apply_to_older(object, &own, &mut walk, observer)
            .await?
        {
            return Ok(false);
        }
        if walk.removes_marker() {
            if !observer.admit().await {
                return Ok(false);
            }
            let outcome = self.remove_lone_marker(object, observer).await?;
            observer.outcome(outcome);
        }
        Ok(true)
    }

    /// The older versions of an object, from new to old.
    async fn apply_to_older(
        &self,
        object: JudgedObject<'_>,
        rules: &KeyRules<'_>,
        walk: &mut VersionWalk<'_>,
        observer: &mut impl LifecycleObserver,
    ) -> Result<bool, GatewayError> {
        let mut after = None;
        loop {
            let page = self.older_page(object, after).await?;
            for row in &page {
                match self.judge_version(object, row, rules, walk).await? {
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
                let outcome = self.remove_noncurrent(object, row, observer).await?;
                observer.outcome(outcome);
            }
            match page.last() {
                Some(last) if page.len() == VERSIONS_PAGE => after = Some(last.plain.version),
                _ => return Ok(true),
            }
        }
    }

    async fn older_page(
        &self,
        object: JudgedObject<'_>,
        after: Option<VersionId>,
    ) -> Result<Vec<VersionRow>, GatewayError> {
        let object_key = object.object_key;
        let start = match after {
            None => keyspace::older_start(object_key).to_vec(),
            Some(version) => [keyspace::older(object_key, version).as_ref(), b"\0"].concat(),
        };
        let range = ScanRange {
            start,
            end: Some(keyspace::older_end(object_key).to_vec()),
        };
        let partition = keyspace::bucket_partition(object.bucket.bucket);
        let rows = self
            .engine
            .scan_page(partition, range, VERSIONS_PAGE)
            .await?;
        let rows = rows.into_iter().map(|(_, raw)| VersionRow::decode(raw));
        Ok(rows.collect::<Result<_, _>>()?)
    }

    async fn judge_version(
        &self,
        object: JudgedObject<'_>,
        row: &VersionRow,
        rules: &KeyRules<'_>,
        walk: &mut VersionWalk<'_>,
    ) -> Result<Fate, GatewayError> {
        let plain = &row.plain;
        let mut tags = TagSet::default();
        if rules.needs_tags() {
            tags = self.tags_of(object.bucket, object.object_key, row).await?;
        }
        Ok(walk.judge(&VersionView {
            is_marker: plain.is_marker,
            last_modified: plain.last_modified,
            size: plain.size,
            tags: &tags,
            is_locked: !plain.lock.may_destroy(self.retention_now(), false),
        }))
    }

    /// The tags of a version.
    pub(in crate::gateway) async fn tags_of(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        row: &VersionRow,
    ) -> Result<TagSet, GatewayError> {
        if row.plain.is_marker {
            return Ok(TagSet::default());
        }
        let bucket_key = self.opening_key(bucket, row.key_version).await?;
        Ok(row.open(&identity(bucket, object_key), &bucket_key)?.tags)
    }

    /// Takes the newest version out of sight, if it is still the one that was judged.
    async fn expire(
        &self,
        object: JudgedObject<'_>,
        observer: &impl LifecycleObserver,
    ) -> Result<LifecycleOutcome, GatewayError> {
        let object_key = object.object_key;
        let begun = VersionId::generate(self.now().millis(), &*self.entropy)?;
        let decide = async |bucket: &BucketRecord, current: Option<&VersionRow>| {
            let Some(row) = current.filter(|row| row.is_same(object.current)) else {
                return Ok(Decision::Leave);
            };
            self.verify_lock(bucket, object_key, row).await?;
            self.refuse_hiding(bucket, object_key, row)?;
            if bucket.versioning == Versioning::Unversioned {
                return Ok(Decision::Remove);
            }
            let marker = self
                .marker_above(bucket, object_key, Some(row), begun)
                .await?;
            Ok::<_, GatewayError>(Decision::Put(Box::new(marker)))
        };
        let target = self.target(object.bucket, object_key, false);
        let extend = |batch: &mut MetaBatch| {
            object.rules.require(batch);
            observer.extend(LifecycleOutcome::Expired, batch);
        };
        let changed = changes::commit_current(&*self.engine, target, decide, extend).await;
        settled(changed, LifecycleOutcome::Expired)
    }

    /// Destroys a noncurrent version, if it is still the one that was judged and lies below the
    /// versions that it was judged by.
    async fn remove_noncurrent(
        &self,
        object: JudgedObject<'_>,
        judged: &VersionRow,
        observer: &impl LifecycleObserver,
    ) -> Result<LifecycleOutcome, GatewayError> {
        let object_key = object.object_key;
        let decide = async |bucket: &BucketRecord, found: &FoundVersion| {
            // It may be the newest again.
            if found.is_current || !found.row.is_same(judged) {
                return Ok(false);
            }
            self.verify_lock(bucket, object_key, &found.row).await?;
            Ok::<_, GatewayError>(true)
        };
        let extend = |batch: &mut MetaBatch| {
            object.rules.require(batch);
            // Since when it is noncurrent, and how many newer ones there are, follows from the
            // versions above it: a new one on top changes the newest one's row.
            object.current.require(batch, object_key);
            observer.extend(LifecycleOutcome::RemovedVersion, batch);
        };
        let target = self.target(object.bucket, object_key, false);
        let selector = judged.plain.selector();
        let gone = changes::remove_version(&*self.engine, target, selector, decide, extend).await;
        let changed = gone.map(|plain| plain.is_some());
        settled(changed, LifecycleOutcome::RemovedVersion)
    }

    /// Takes away a delete marker while nothing is below it: otherwise that would come back into
    /// sight.
    async fn remove_lone_marker(
        &self,
        object: JudgedObject<'_>,
        observer: &impl LifecycleObserver,
    ) -> Result<LifecycleOutcome, GatewayError> {
        let object_key = object.object_key;
        let decide = async |bucket: &BucketRecord, current: Option<&VersionRow>| {
            let is_same = current.is_some_and(|row| row.is_same(object.current));
            let older = versions::load_newest_older(&*self.engine, bucket.bucket, object_key);
            if !is_same || older.await?.is_some() {
                return Ok(Decision::Leave);
            }
            Ok::<_, GatewayError>(Decision::Remove)
        };
        let target = self.target(object.bucket, object_key, false);
        let extend = |batch: &mut MetaBatch| {
            object.rules.require(batch);
            observer.extend(LifecycleOutcome::RemovedMarker, batch);
        };
        let changed = changes::commit_current(&*self.engine, target, decide, extend).await;
        settled(changed, LifecycleOutcome::RemovedMarker)
    }
}

/// What a lock or the bucket's protection keeps, and what others changed meanwhile, is no failure
/// of the job.
fn settled(
    changed: Result<bool, GatewayError>,
    done: LifecycleOutcome,
) -> Result<LifecycleOutcome, GatewayError> {
    match changed {
        Ok(true) => Ok(done),
        Ok(false)
        | Err(
            GatewayError::Catalog(
                CatalogError::Commit(CommitError::ConditionFailed { .. }) | CatalogError::Contended,
            )
            | GatewayError::NoSuchBucket,
        ) => Ok(LifecycleOutcome::Changed),
        Err(GatewayError::Version(VersionError::Locked)) => Ok(LifecycleOutcome::Locked),
        Err(GatewayError::QuotaExceeded(_)) => Ok(LifecycleOutcome::OverQuota),
        Err(GatewayError::Version(VersionError::Protected)) => Ok(LifecycleOutcome::Protected),
        Err(error) => Err(error),
    }
}
