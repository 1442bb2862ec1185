//! The one way to change the versions of an object.
//!
//! Owns: a version put on top of the others, a version destroyed, a version's record sealed anew;
//! each in one batch with all that follows from it (K1), under the bucket's settings as they are at
//! the commit (K3).
//! Not here: giving a version up (`erasure`), finding versions (`versions`), what a condition means
//! (`model::conditions`), what is sealed (`objects`).

use crate::catalog::buckets::{self, BucketRecord};
use crate::catalog::erasure::{Erasure, erase, hand_over, take_older};
use crate::catalog::error::CatalogError;
use crate::catalog::objects::ObjectPlain;
use crate::catalog::usage::{self, Account};
use crate::catalog::versions::{self, FoundVersion, VersionRow};
use crate::catalog::{HEADER_CONDITION, keyspace};
use crate::model::id::BlobId;
use crate::model::object_key::ObjectKey;
use crate::model::quota::{TenantLimits, UsageChange, signed};
use crate::model::time::Timestamp;
use crate::model::versioning::{VersionSelector, Versioning};
use crate::storage::{CommitError, Engine, FinishedBlob, MetaBatch, MetaKey};
use bytes::Bytes;

/// Attempts to change a row that others change at the same time. Every lost attempt means that
/// another one won, so a thousand writers on one key all finish.
const ATTEMPTS_MAX: usize = 4096;

/// What a change is made to.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The bucket as the caller found it. A change under other settings begins again.
    pub bucket: &'a BucketRecord,
    /// The object.
    pub object_key: &'a ObjectKey,
    /// When released blobs begin to wait for the sweep.
    pub now: Timestamp,
    /// What a lock is compared with.
    pub erasure: Erasure,
    /// What the bucket's owner may hold.
    pub limits: TenantLimits,
}

impl Target<'_> {
    fn account(&self, bucket: &BucketRecord) -> Account {
        Account::of(bucket, self.limits, self.erasure.now)
    }
}

/// A version that is to become the newest.
#[derive(Clone, Debug)]
pub struct NewVersion {
    /// Readable part.
    pub plain: ObjectPlain,
    /// The sealed row.
    pub row: Bytes,
    /// The part table's row of a multipart object.
    pub part_table: Option<Bytes>,
    /// What else is remembered with it: row and value.
    pub memory: Option<(MetaKey, Bytes)>,
    /// Blobs that become durable and visible with it.
    pub finished: Vec<FinishedBlob>,
    /// Blobs whose ledger rows end, because the version now owns them.
    pub owned: Vec<BlobId>,
    /// Whether it takes over the blobs of the null version that it replaces (a change of metadata
    /// only).
    pub keeps_blobs: bool,
}

/// Answer of the caller's look at what is there.
#[derive(Debug)]
pub enum Decision {
    /// Leave everything as it is.
    Leave,
    /// Put this version on top. A null version replaces the null version there was.
    Put(Box<NewVersion>),
    /// Destroy the newest version.
    Remove,
}

/// Changes the newest version. `decide` sees the bucket and the newest version as they are, again
/// for every attempt; `extend` adds further conditions and changes to the batch. Returns whether
/// anything was changed.
///
/// # Errors
/// Whatever `decide` answers; `BucketGone`; `Locked`; `QuotaExceeded`; `Contended`;
/// `Commit(ConditionFailed)` for a condition of `extend`.
///
/// # Durability
/// When this returns `Ok`, the change survives power loss.
///
/// # Cancel safety
/// A dropped future leaves the old versions or the new ones.
pub async fn commit_current<E: From<CatalogError>>(
    engine: &dyn Engine,
    target: Target<'_>,
    mut decide: impl AsyncFnMut(&BucketRecord, Option<&VersionRow>) -> Result<Decision, E>,
    extend: impl Fn(&mut MetaBatch),
) -> Result<bool, E> {
    let mut settings = Settings::of(target.bucket);
    for _ in 0..ATTEMPTS_MAX {
        let bucket = settings.bucket();
        let object_key = target.object_key;
        let old = versions::load_current(engine, bucket.bucket, object_key).await?;
        let decision = decide(bucket, old.as_ref()).await?;
        let mut batch = bucket.settled_batch();
        match &old {
            None => batch.absent(keyspace::current(object_key)),
            Some(old) => batch.equals(keyspace::current(object_key), old.raw.clone()),
        };
        let change = match (decision, &old) {
            (Decision::Leave, _) | (Decision::Remove, None) => return Ok(false),
            (Decision::Put(new), _) => {
                stack(&mut batch, engine, &target, old.as_ref(), *new).await?
            }
            (Decision::Remove, Some(old)) => {
                unstack(&mut batch, engine, (bucket, &target), old).await?
            }
        };
        let own_conditions = batch.condition_count();
        // What it takes away is counted before what comes.
        extend(&mut batch);
        usage::count(&mut batch, &target.account(bucket), change);
        if settings.commit(engine, batch, own_conditions).await? {
            return Ok(true);
        }
    }
    Err(CatalogError::Contended.into())
}

/// Destroys the version that is named. `decide` sees it, again for every attempt, and says whether
/// to go on; `extend` adds further conditions to the batch. Returns what was destroyed.
///
/// # Errors
/// As [`commit_current`].
///
/// # Durability
/// When this returns `Ok`, the change survives power loss.
///
/// # Cancel safety
/// A dropped future leaves the version or takes it away.
pub async fn remove_version<E: From<CatalogError>>(
    engine: &dyn Engine,
    target: Target<'_>,
    selector: VersionSelector,
    mut decide: impl AsyncFnMut(&BucketRecord, &FoundVersion) -> Result<bool, E>,
    extend: impl Fn(&mut MetaBatch),
) -> Result<Option<ObjectPlain>, E> {
    let mut settings = Settings::of(target.bucket);
    for _ in 0..ATTEMPTS_MAX {
        let bucket = settings.bucket();
        let object_key = target.object_key;
        let found = versions::load_version(engine, bucket.bucket, object_key, Some(selector));
        let Some(found) = found.await? else {
            return Ok(None);
        };
        if !decide(bucket, &found).await? {
            return Ok(None);
        }
        let FoundVersion { row, is_current } = found;
        let mut batch = bucket.settled_batch();
        let change = if is_current {
            batch.equals(keyspace::current(object_key), row.raw.clone());
            unstack(&mut batch, engine, (bucket, &target), &row).await?
        } else {
            take_older(&mut batch, object_key, &row);
            erase(&mut batch, engine, &target, &row.plain).await?
        };
        usage::count(&mut batch, &target.account(bucket), change);
        let own_conditions = batch.condition_count();
        extend(&mut batch);
        if settings.commit(engine, batch, own_conditions).await? {
            return Ok(Some(row.plain));
        }
    }
    Err(CatalogError::Contended.into())
}

/// Replaces the row of a version by the same version sealed anew: other tags, another lock.
/// `rewrite` sees it, again for every attempt. Returns what is there now; `None` when there is no
/// such version.
///
/// # Errors
/// As [`commit_current`].
///
/// # Durability
/// When this returns `Ok`, the change survives power loss.
///
/// # Cancel safety
/// A dropped future leaves the old row or the new one.
pub async fn rewrite_version<E: From<CatalogError>>(
    engine: &dyn Engine,
    target: Target<'_>,
    selector: Option<VersionSelector>,
    mut rewrite: impl AsyncFnMut(&BucketRecord, &FoundVersion) -> Result<Bytes, E>,
) -> Result<Option<ObjectPlain>, E> {
    let mut settings = Settings::of(target.bucket);
    for _ in 0..ATTEMPTS_MAX {
        let bucket = settings.bucket();
        let object_key = target.object_key;
        let found = versions::load_version(engine, bucket.bucket, object_key, selector).await?;
        let Some(found) = found else { return Ok(None) };
        let row = rewrite(bucket, &found).await?;
        let plain = VersionRow::decode(row.clone())?.plain;
        if plain.version != found.row.plain.version {
            return Err(CatalogError::Inconsistent("version").into());
        }
        let place = if found.is_current {
            keyspace::current(object_key)
        } else {
            keyspace::older(object_key, plain.version)
        };
        let mut batch = bucket.settled_batch();
        batch
            .equals(place.clone(), found.row.raw.clone())
            .put(place, row);
        if settings.commit(engine, batch, usize::MAX).await? {
            return Ok(Some(plain));
        }
    }
    Err(CatalogError::Contended.into())
}

/// The bucket's settings: as the caller found them, or as they are after they changed.
struct Settings<'a> {
    found: &'a BucketRecord,
    changed: Option<BucketRecord>,
}

impl<'a> Settings<'a> {
    fn of(found: &'a BucketRecord) -> Self {
        Self {
            found,
            changed: None,
        }
    }

    fn bucket(&self) -> &BucketRecord {
        self.changed.as_ref().unwrap_or(self.found)
    }

    /// Commits; `false` when what the batch was made for has changed meanwhile. The first
    /// `own_conditions` are about that.
    async fn commit(
        &mut self,
        engine: &dyn Engine,
        batch: MetaBatch,
        own_conditions: usize,
    ) -> Result<bool, CatalogError> {
        match usage::commit(engine, batch).await {
            Ok(()) => Ok(true),
            Err(CatalogError::Commit(CommitError::ConditionFailed { condition_index }))
                if condition_index < own_conditions =>
            {
                if condition_index == HEADER_CONDITION {
                    let header = buckets::header(engine, self.found.bucket).await?;
                    self.changed = Some(header.ok_or(CatalogError::BucketGone)?);
                }
                Ok(false)
            }
            Err(source) => Err(source),
        }
    }
}

/// Adds to the batch what follows from putting `new` on top of `old`; returns what that changes of
/// the usage.
async fn stack(
    batch: &mut MetaBatch,
    engine: &dyn Engine,
    target: &Target<'_>,
    old: Option<&VersionRow>,
    new: NewVersion,
) -> Result<UsageChange, CatalogError> {
    let object_key = target.object_key;
    let mut change = UsageChange {
        bytes: signed(new.plain.size),
        objects: 1,
        upload_bytes: 0,
    };
    match old {
        None => {}
        Some(old) if new.plain.is_null && old.plain.is_null => {
            change += if new.keeps_blobs {
                hand_over(batch, object_key, &old.plain)
            } else {
                erase(batch, engine, target, &old.plain).await?
            };
        }
        Some(old) => {
            let older = keyspace::older(object_key, old.plain.version);
            batch.put(older, old.raw.clone());
            if old.plain.is_null {
                let version = Bytes::copy_from_slice(old.plain.version.as_bytes());
                batch.put(keyspace::older_null(object_key), version);
            } else if new.plain.is_null {
                let null = VersionSelector::Null;
                let bucket = target.bucket.bucket;
                if let Some(row) = versions::load_older(engine, bucket, object_key, null).await? {
                    change += erase(batch, engine, target, &row.plain).await?;
                    take_older(batch, object_key, &row);
                }
            }
        }
    }
    batch.put(keyspace::current(object_key), new.row);
    if let Some(table) = new.part_table {
        batch.put(keyspace::part_table(object_key, new.plain.version), table);
    }
    if let Some((meta_key, value)) = new.memory {
        batch.put(meta_key, value);
    }
    for blob in new.owned {
        batch.delete(keyspace::ledger(blob));
    }
    for finished in new.finished {
        batch.attach(finished);
    }
    Ok(change)
}

/// Adds to the batch what follows from destroying the newest version: the newest of the older ones
/// takes its place. Returns what it changes of the usage.
async fn unstack(
    batch: &mut MetaBatch,
    engine: &dyn Engine,
    (bucket, target): (&BucketRecord, &Target<'_>),
    old: &VersionRow,
) -> Result<UsageChange, CatalogError> {
    let object_key = target.object_key;
    let gone = erase(batch, engine, target, &old.plain).await?;
    // A bucket that never kept versions, as the batch's condition makes sure, has no older ones.
    let next = match bucket.versioning {
        Versioning::Unversioned => None,
        Versioning::Enabled | Versioning::Suspended => {
            versions::load_newest_older(engine, bucket.bucket, object_key).await?
        }
    };
    match next {
        None => batch.delete(keyspace::current(object_key)),
        Some(next) => {
            take_older(batch, object_key, &next);
            batch.put(keyspace::current(object_key), next.raw)
        }
    };
    Ok(gone)
}
