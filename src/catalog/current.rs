//! The current version of an object, and the one way to replace it.
//!
//! Owns: `CurrentRow`, `commit_current` (K1).
//! Not here: the layout of the row (`objects`), what a condition means (`model::conditions`).

use crate::catalog::error::CatalogError;
use crate::catalog::ledger::LedgerEntry;
use crate::catalog::objects::{ObjectIdentity, ObjectPlain, ObjectSecret};
use crate::catalog::parts::PartTable;
use crate::catalog::usage::{self, UsageChange, signed};
use crate::catalog::{HEADER_CONDITION, guarded_batch, keyspace};
use crate::crypto::{RecordView, ScopeKey};
use crate::model::id::{BlobId, BucketId};
use crate::model::object_key::ObjectKey;
use crate::model::time::Timestamp;
use crate::storage::{CommitError, Engine, FinishedBlob, MetaBatch, MetaStore};
use bytes::Bytes;

/// Attempts to replace a row that others replace at the same time. Every lost attempt means that
/// another one won, so a thousand writers on one key all finish.
const ATTEMPTS_MAX: usize = 4096;

/// The stored row of a current version: readable without a key.
#[derive(Clone, Debug)]
pub struct CurrentRow {
    raw: Bytes,
    /// Readable part.
    pub plain: ObjectPlain,
    /// Version of the bucket key that opens the rest.
    pub key_version: u32,
}

impl CurrentRow {
    /// Reads the readable part of a row.
    ///
    /// # Errors
    /// `Corrupt` when it does not decode.
    pub fn decode(raw: Bytes) -> Result<Self, CatalogError> {
        let view = RecordView::decode(&raw)?;
        let (plain, key_version) = (ObjectPlain::decode(view.plain)?, view.key_version);
        Ok(Self {
            raw,
            plain,
            key_version,
        })
    }

    /// Opens the sealed part.
    ///
    /// # Errors
    /// `Corrupt` when it does not authenticate under this key for this identity.
    pub fn open(
        &self,
        identity: &ObjectIdentity<'_>,
        bucket_key: &ScopeKey,
    ) -> Result<ObjectSecret, CatalogError> {
        let view = RecordView::decode(&self.raw)?;
        let context = identity.context(self.plain.version.as_bytes());
        let secret = view.open(bucket_key, &context)?;
        Ok(ObjectSecret::decode(
            secret.expose(),
            self.plain.part_count.is_some(),
        )?)
    }

    /// Whether both are the same stored row.
    pub fn is_same(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

/// The current version's row.
///
/// # Errors
/// When the engine fails or the row is corrupt.
pub async fn load_current(
    engine: &dyn Engine,
    bucket: BucketId,
    object_key: &ObjectKey,
) -> Result<Option<CurrentRow>, CatalogError> {
    let partition = keyspace::bucket_partition(bucket);
    let row = MetaStore::get(engine, partition, &keyspace::current(object_key)).await?;
    row.map(CurrentRow::decode).transpose()
}

/// A version that is to become current.
#[derive(Clone, Debug)]
pub struct NewVersion {
    /// Readable part.
    pub plain: ObjectPlain,
    /// The sealed row.
    pub row: Bytes,
    /// The part table's row of a multipart object.
    pub part_table: Option<Bytes>,
    /// Blobs that become durable and visible with it.
    pub finished: Vec<FinishedBlob>,
    /// Blobs whose ledger rows end, because the version now owns them.
    pub owned: Vec<BlobId>,
    /// Whether it takes over the blobs of the version it replaces (a change of metadata only).
    pub keeps_blobs: bool,
}

/// What happens to the current version.
#[derive(Debug)]
pub struct CurrentChange<'a> {
    /// The bucket.
    pub bucket: BucketId,
    /// The object.
    pub object_key: &'a ObjectKey,
    /// The new version, or `None` to delete.
    pub new: Option<NewVersion>,
    /// Now.
    pub now: Timestamp,
}

/// Answer of the caller's look at the version about to be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Leave everything as it is.
    Leave,
    /// Commit.
    Proceed,
}

/// Replaces or deletes the current version in one batch with all that follows from it (K1).
/// `decide` sees the row that will be replaced, again for every attempt; `extend` adds further
/// conditions and changes to the batch.
///
/// # Errors
/// Whatever `decide` answers; `BucketGone`; `Contended`; `Commit(ConditionFailed)` for a condition
/// of `extend`.
///
/// # Durability
/// When this returns `Ok`, the change survives power loss.
///
/// # Cancel safety
/// A dropped future leaves the old version or the new one.
pub async fn commit_current<E: From<CatalogError>>(
    engine: &dyn Engine,
    change: CurrentChange<'_>,
    mut decide: impl AsyncFnMut(Option<&CurrentRow>) -> Result<Decision, E>,
    extend: impl Fn(&mut MetaBatch),
) -> Result<Decision, E> {
    for _ in 0..ATTEMPTS_MAX {
        let old = load_current(engine, change.bucket, change.object_key).await?;
        if decide(old.as_ref()).await? == Decision::Leave {
            return Ok(Decision::Leave);
        }
        let mut batch = guarded_batch(change.bucket);
        let current_row = keyspace::current(change.object_key);
        match &old {
            None => batch.absent(current_row.clone()),
            Some(old) => batch.equals(current_row.clone(), old.raw.clone()),
        };
        replace(&mut batch, engine, &change, old.as_ref()).await?;
        extend(&mut batch);
        match engine.commit(batch).await {
            Ok(()) => return Ok(Decision::Proceed),
            Err(CommitError::ConditionFailed {
                condition_index: HEADER_CONDITION,
            }) => {
                return Err(CatalogError::BucketGone.into());
            }
            Err(CommitError::ConditionFailed { condition_index: 1 }) => {}
            Err(source) => return Err(CatalogError::Commit(source).into()),
        }
    }
    Err(CatalogError::Contended.into())
}

/// Adds to the batch what follows from replacing `old` by the change's new version.
async fn replace(
    batch: &mut MetaBatch,
    engine: &dyn Engine,
    change: &CurrentChange<'_>,
    old: Option<&CurrentRow>,
) -> Result<(), CatalogError> {
    let mut usage_change = UsageChange::default();
    if let Some(old) = old {
        usage_change.bytes -= signed(old.plain.size);
        usage_change.objects -= 1;
        let keeps_blobs = change.new.as_ref().is_some_and(|new| new.keeps_blobs);
        if !keeps_blobs {
            release(batch, engine, change, &old.plain).await?;
        } else if old.plain.part_count.is_some() {
            let version = old.plain.version;
            batch.delete(keyspace::part_table(change.object_key, version.as_bytes()));
        }
    }
    match &change.new {
        None => {
            batch.delete(keyspace::current(change.object_key));
        }
        Some(new) => {
            usage_change.bytes += signed(new.plain.size);
            usage_change.objects += 1;
            batch.put(keyspace::current(change.object_key), new.row.clone());
            if let Some(table) = &new.part_table {
                let row = keyspace::part_table(change.object_key, new.plain.version.as_bytes());
                batch.put(row, table.clone());
            }
            new.owned.iter().for_each(|blob| {
                batch.delete(keyspace::ledger(*blob));
            });
            new.finished.iter().for_each(|finished| {
                batch.attach(finished.clone());
            });
        }
    }
    usage::count(batch, usage_change);
    Ok(())
}

/// Enters the blobs of a version that goes into the ledger, and removes its part table.
async fn release(
    batch: &mut MetaBatch,
    engine: &dyn Engine,
    change: &CurrentChange<'_>,
    plain: &ObjectPlain,
) -> Result<(), CatalogError> {
    let blobs = if let Some(blob) = plain.blob {
        vec![blob]
    } else {
        let partition = keyspace::bucket_partition(change.bucket);
        let row = keyspace::part_table(change.object_key, plain.version.as_bytes());
        batch.delete(row.clone());
        let table = MetaStore::get(engine, partition, &row).await?;
        // The table is gone only if somebody replaced the version meanwhile; the batch's
        // condition then fails.
        table.map_or(Ok(Vec::new()), |bytes| PartTable::decode_blobs(&bytes))?
    };
    for blob in blobs {
        let entry = LedgerEntry {
            blob: blob.blob,
            piece_count: Some(blob.piece_count),
            since: change.now,
        };
        entry.enter(batch);
    }
    Ok(())
}
