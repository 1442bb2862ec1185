//! Giving versions up: the one place where a version ends, and where its lock is asked (K5).
//!
//! Owns: what follows from it in the batch: blobs, part table, usage.
//! Not here: which version, and what comes into its place (`changes`).

use crate::catalog::changes::Target;
use crate::catalog::error::CatalogError;
use crate::catalog::keyspace;
use crate::catalog::ledger;
use crate::catalog::objects::ObjectPlain;
use crate::catalog::parts::PartTable;
use crate::catalog::versions::VersionRow;
use crate::model::object_key::ObjectKey;
use crate::model::quota::{UsageChange, signed};
use crate::model::time::Timestamp;
use crate::storage::{Engine, MetaBatch, MetaStore};

/// On what grounds a version is destroyed.
#[derive(Clone, Copy, Debug)]
pub struct Erasure {
    /// The retention clock.
    pub now: Timestamp,
    /// Whether the caller may bypass GOVERNANCE and asks for it.
    pub bypass: bool,
}

/// Takes a row out of the older versions, on the condition that it is still there.
pub(in crate::catalog) fn take_older(
    batch: &mut MetaBatch,
    object_key: &ObjectKey,
    row: &VersionRow,
) {
    let older = keyspace::older(object_key, row.plain.version);
    batch.equals(older.clone(), row.raw.clone()).delete(older);
    if row.plain.is_null {
        batch.delete(keyspace::older_null(object_key));
    }
}

/// What follows from a version whose blobs its successor takes over.
pub(in crate::catalog) fn hand_over(
    batch: &mut MetaBatch,
    object_key: &ObjectKey,
    plain: &ObjectPlain,
) -> UsageChange {
    if plain.part_count.is_some() {
        batch.delete(keyspace::part_table(object_key, plain.version));
    }
    gone(plain)
}

fn gone(plain: &ObjectPlain) -> UsageChange {
    UsageChange {
        bytes: -signed(plain.size),
        objects: -1,
        upload_bytes: 0,
    }
}

/// Gives a version up, if no lock is on it (K5): its blobs go into the ledger, its part table goes.
/// The caller takes the row away.
pub(in crate::catalog) async fn erase(
    batch: &mut MetaBatch,
    engine: &dyn Engine,
    target: &Target<'_>,
    plain: &ObjectPlain,
) -> Result<UsageChange, CatalogError> {
    let Erasure { now, bypass } = target.erasure;
    if !plain.lock.may_destroy(now, bypass) {
        return Err(CatalogError::Locked);
    }
    let blobs = match (plain.blob, plain.part_count) {
        (Some(blob), _) => vec![(blob, Some(plain.size))],
        (None, None) => Vec::new(),
        (None, Some(_)) => {
            let partition = keyspace::bucket_partition(target.bucket.bucket);
            let row = keyspace::part_table(target.object_key, plain.version);
            let table = MetaStore::get(engine, partition, &row).await?;
            batch.delete(row);
            // The table is gone only if somebody replaced the version meanwhile; the batch's
            // condition then fails.
            let blobs = table.map_or(Ok(Vec::new()), |bytes| PartTable::decode_blobs(&bytes))?;
            blobs.into_iter().map(|blob| (blob, None)).collect()
        }
    };
    for (blob, size) in blobs {
        ledger::release(batch, blob, size, target.now);
    }
    Ok(gone(plain))
}
