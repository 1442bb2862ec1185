//! Buckets: the name index, the header in the bucket's own partition, and the list of dead buckets.
//!
//! Owns: creation and deletion across two partitions in an order that a crash cannot break.
//! Not here: what lies in a bucket (`objects`, `uploads`).
//!
//! A bucket lives while its header row is there. Creation writes the header first and the name
//! second; deletion removes the header first and the name second. A name whose header is missing is
//! therefore the trace of a crash, reads as absent, and is taken over by the next creation.

use crate::base::codec::Reader;
use crate::catalog::bucket_record::parse_name;
use crate::catalog::error::CatalogError;
use crate::catalog::record::{self, RecordKind};
use crate::catalog::settings::{self, SettingsKind};
use crate::catalog::usage::{self, Account};
use crate::catalog::{keyspace, tenants, usage_hours};
use crate::model::bucket::BucketName;
use crate::model::id::{BucketId, TenantId};
use crate::model::quota::{QuotaKind, TenantLimits, UsageChange, signed};
use crate::model::time::Timestamp;
use crate::storage::{CommitError, Engine, MetaBatch, MetaStore, Partition};
use bytes::Bytes;

pub use crate::catalog::bucket_record::BucketRecord;

/// An entry of the name index.
#[derive(Clone, Debug)]
pub struct BucketEntry {
    /// The name.
    pub name: BucketName,
    /// Its bucket.
    pub bucket: BucketId,
    /// Its owner.
    pub tenant: TenantId,
    /// When it was created.
    pub created: Timestamp,
}

fn encode_entry(bucket: &BucketRecord) -> Vec<u8> {
    record::encode(RecordKind::BucketName, |w| {
        w.field(bucket.name.as_str().as_bytes())
            .fixed(bucket.bucket.as_bytes())
            .fixed(bucket.tenant.as_bytes())
            .u64(bucket.created.millis());
    })
}

fn decode_entry(kind: RecordKind, bytes: &[u8]) -> Result<BucketEntry, CatalogError> {
    let read = |r: &mut Reader<'_>| {
        Ok(BucketEntry {
            name: parse_name(&r.text("bucket name")?)?,
            bucket: BucketId::from_bytes(r.array()?),
            tenant: TenantId::from_bytes(r.array()?),
            created: Timestamp::from_millis(r.u64()?),
        })
    };
    Ok(record::decode(kind, bytes, read)?)
}

/// Creates a bucket, with settings documents that are there as soon as the bucket is.
///
/// # Errors
/// `Taken` when a living bucket has the name; `QuotaExceeded` when its owner has `buckets_max`.
pub async fn create(
    engine: &dyn Engine,
    bucket: &BucketRecord,
    documents: &[(SettingsKind, Vec<u8>)],
    buckets_max: u64,
) -> Result<(), CatalogError> {
    create_with(engine, bucket, documents, buckets_max, |_batch| {}).await
}

/// As [`create`]; `note` adds to the batch that makes the bucket be there.
///
/// # Errors
/// As [`create`].
pub async fn create_with(
    engine: &dyn Engine,
    bucket: &BucketRecord,
    documents: &[(SettingsKind, Vec<u8>)],
    buckets_max: u64,
    note: impl Fn(&mut MetaBatch),
) -> Result<(), CatalogError> {
    let name_row = keyspace::bucket_name(&bucket.name);
    let old = MetaStore::get(engine, Partition::System, &name_row).await?;
    if let Some(old) = &old {
        let entry = decode_entry(RecordKind::BucketName, old)?;
        if header(engine, entry.bucket).await?.is_some() {
            return Err(CatalogError::Taken);
        }
    }
    let mut batch = MetaBatch::new(keyspace::bucket_partition(bucket.bucket));
    batch
        .absent(keyspace::bucket_header())
        .put(keyspace::bucket_header(), bucket.encode().into());
    for (kind, document) in documents {
        batch.put(keyspace::settings(*kind), settings::encode(*kind, document));
    }
    engine.commit(batch).await?;
    let mut batch = MetaBatch::new(Partition::System);
    match old {
        None => batch.absent(name_row.clone()),
        Some(old) => batch.equals(name_row.clone(), old),
    };
    batch.put(name_row, encode_entry(bucket).into());
    usage::count_bucket(&mut batch, bucket.tenant, 1, Some(buckets_max));
    note(&mut batch);
    match usage::commit(engine, batch).await {
        Err(
            refusal @ (CatalogError::Commit(CommitError::ConditionFailed { .. })
            | CatalogError::QuotaExceeded(_)),
        ) => {
            // Somebody else took the name between the two commits, or there is one bucket too many:
            // our header must not stay behind as a bucket.
            let mut undo = MetaBatch::new(keyspace::bucket_partition(bucket.bucket));
            undo.delete(keyspace::bucket_header());
            for (kind, _) in documents {
                undo.delete(keyspace::settings(*kind));
            }
            engine.commit(undo).await?;
            Err(match refusal {
                CatalogError::QuotaExceeded(_) => refusal,
                _ => CatalogError::Taken,
            })
        }
        other => other,
    }
}

/// The header of a living bucket.
///
/// # Errors
/// When the engine fails or the row is corrupt.
pub async fn header(
    engine: &dyn Engine,
    bucket: BucketId,
) -> Result<Option<BucketRecord>, CatalogError> {
    let partition = keyspace::bucket_partition(bucket);
    let row: Option<Bytes> = MetaStore::get(engine, partition, &keyspace::bucket_header()).await?;
    row.as_ref().map(BucketRecord::decode).transpose()
}

/// Attempts to change a header while others change it too.
const CHANGE_ATTEMPTS_MAX: usize = 64;

/// Changes a living bucket's header; changes at the same time follow one another. `apply` says
/// whether the change may be made to the header as it is now; so does the answer.
///
/// # Errors
/// `BucketGone`, `Contended`, or when the engine fails.
pub async fn change(
    engine: &dyn Engine,
    bucket: BucketId,
    apply: impl Fn(&mut BucketRecord) -> bool,
) -> Result<bool, CatalogError> {
    change_with(engine, bucket, apply, |_batch| {}).await
}

/// As [`change`]; `extend` adds changes of other rows in the bucket's partition that are made with
/// it or not at all.
///
/// # Errors
/// As [`change`].
pub async fn change_with(
    engine: &dyn Engine,
    bucket: BucketId,
    apply: impl Fn(&mut BucketRecord) -> bool,
    extend: impl Fn(&mut MetaBatch),
) -> Result<bool, CatalogError> {
    let partition = keyspace::bucket_partition(bucket);
    for _ in 0..CHANGE_ATTEMPTS_MAX {
        let old = MetaStore::get(engine, partition, &keyspace::bucket_header()).await?;
        let old = old.ok_or(CatalogError::BucketGone)?;
        let mut record = BucketRecord::decode(&old)?;
        if !apply(&mut record) {
            return Ok(false);
        }
        let mut batch = MetaBatch::new(partition);
        batch
            .equals(keyspace::bucket_header(), old)
            .put(keyspace::bucket_header(), record.encode().into());
        extend(&mut batch);
        match engine.commit(batch).await {
            Err(CommitError::ConditionFailed { .. }) => {}
            other => return Ok(other.map(|()| true)?),
        }
    }
    Err(CatalogError::Contended)
}

/// Finds a living bucket by its name.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub async fn find(
    engine: &dyn Engine,
    name: &BucketName,
) -> Result<Option<BucketRecord>, CatalogError> {
    let row = MetaStore::get(engine, Partition::System, &keyspace::bucket_name(name)).await?;
    match row {
        None => Ok(None),
        Some(bytes) => {
            let entry = decode_entry(RecordKind::BucketName, &bytes)?;
            header(engine, entry.bucket).await
        }
    }
}

/// All entries of the name index, in name order.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub async fn list(engine: &dyn Engine) -> Result<Vec<BucketEntry>, CatalogError> {
    let rows = tenants::scan_system(engine, keyspace::BUCKET_NAME).await?;
    rows.iter()
        .map(|(_, bytes)| decode_entry(RecordKind::BucketName, bytes))
        .collect()
}

/// How a deletion ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteOutcome {
    /// The bucket is gone; uploads that were open in it wait for the sweep.
    Deleted,
    /// It was gone before.
    Gone,
    /// It holds objects.
    NotEmpty,
}

/// Deletes a bucket that holds no object. `now` is the wall clock's, `metered` the retention
/// clock's.
///
/// # Errors
/// When the engine fails.
pub async fn delete(
    engine: &dyn Engine,
    bucket: &BucketRecord,
    now: Timestamp,
    metered: Timestamp,
) -> Result<DeleteOutcome, CatalogError> {
    let partition = keyspace::bucket_partition(bucket.bucket);
    // The dead entry comes first: a crash behind it leaves a living bucket, which the sweep then
    // passes over.
    let mut batch = MetaBatch::new(Partition::System);
    batch.put(
        keyspace::dead_bucket(bucket.bucket),
        encode_dead(bucket, now).into(),
    );
    let mut is_noted = false;
    for _ in 0..CHANGE_ATTEMPTS_MAX {
        let mut remove = MetaBatch::new(partition);
        remove.present(keyspace::bucket_header());
        for kind in QuotaKind::STORED {
            let row = keyspace::usage(kind);
            match MetaStore::get(engine, partition, &row).await? {
                None => remove.absent(row),
                Some(count) => remove.equals(row, count),
            };
        }
        let usage = usage::of_bucket(engine, bucket.bucket).await?;
        if usage.objects > 0 {
            return Ok(DeleteOutcome::NotEmpty);
        }
        // Uploads that are open end with it.
        let unlimited = Account::of(bucket, TenantLimits::default(), metered);
        let change = UsageChange {
            upload_bytes: -signed(usage.upload_bytes),
            ..UsageChange::default()
        };
        usage::count(&mut remove, &unlimited, change);
        usage::touch(&mut remove, &unlimited, true);
        usage::count_bucket(&mut remove, bucket.tenant, -1, None);
        remove.delete(keyspace::bucket_header());
        if !is_noted {
            engine.commit(batch.clone()).await?;
            usage_hours::note_end(engine, bucket, metered).await?;
            is_noted = true;
        }
        match engine.commit(remove).await {
            Ok(()) => {
                forget_name(engine, bucket).await?;
                return Ok(DeleteOutcome::Deleted);
            }
            Err(CommitError::ConditionFailed { condition_index: 0 }) => {
                return Ok(DeleteOutcome::Gone);
            }
            // Something was written or deleted meanwhile.
            Err(CommitError::ConditionFailed { .. }) => {}
            Err(source) => return Err(source.into()),
        }
    }
    Err(CatalogError::Contended)
}

/// Takes the row of a deleted bucket's name away.
async fn forget_name(engine: &dyn Engine, bucket: &BucketRecord) -> Result<(), CatalogError> {
    let name_row = keyspace::bucket_name(&bucket.name);
    let mut batch = MetaBatch::new(Partition::System);
    batch
        .equals(name_row.clone(), encode_entry(bucket).into())
        .delete(name_row);
    match engine.commit(batch).await {
        // A creation took the dead name over already.
        Ok(()) | Err(CommitError::ConditionFailed { .. }) => Ok(()),
        Err(source) => Err(source.into()),
    }
}

fn encode_dead(bucket: &BucketRecord, since: Timestamp) -> Vec<u8> {
    record::encode(RecordKind::DeadBucket, |w| {
        w.field(bucket.name.as_str().as_bytes())
            .fixed(bucket.bucket.as_bytes())
            .fixed(bucket.tenant.as_bytes())
            .u64(since.millis());
    })
}

/// Buckets that were deleted, or were about to be, and that the sweep has to look at; `created` is
/// the time of deletion.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub async fn list_dead(engine: &dyn Engine) -> Result<Vec<BucketEntry>, CatalogError> {
    let rows = tenants::scan_system(engine, keyspace::DEAD_BUCKET).await?;
    rows.iter()
        .map(|(_, bytes)| decode_entry(RecordKind::DeadBucket, bytes))
        .collect()
}

/// Ends the watch over a dead bucket whose rows and blobs are gone, or that turned out to be alive.
///
/// # Errors
/// When the engine fails.
pub async fn forget_dead(engine: &dyn Engine, bucket: BucketId) -> Result<(), CatalogError> {
    let mut batch = MetaBatch::new(Partition::System);
    batch.delete(keyspace::dead_bucket(bucket));
    Ok(engine.commit(batch).await?)
}
