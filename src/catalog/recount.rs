//! Counting what is stored anew, from the rows themselves.
//!
//! Owns: the proof that counters and rows agree; a tenant's counters in stores of the first weeks,
//! which had none. Not here: changing counters (`usage`).

use crate::catalog::error::CatalogError;
use crate::catalog::objects::ObjectPlain;
use crate::catalog::{buckets, keyspace, tenants, upload_parts, usage};
use crate::crypto::RecordView;
use crate::model::id::{BucketId, TenantId};
use crate::model::quota::{QuotaKind, Usage};
use crate::storage::{Engine, EngineExt, MetaBatch, MetaStore, Partition, ScanRange, ScanStep};
use bytes::Bytes;

/// A bucket's usage twice, as of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recount {
    /// What the counters say.
    pub counters: Usage,
    /// What the rows add up to.
    pub rows: Usage,
}

impl Recount {
    /// Whether both are the same.
    pub fn agrees(&self) -> bool {
        self.counters == self.rows
    }
}

/// Adds up all versions and parts of a bucket, and reads its counters in the same scan. It looks at
/// every row, so it takes seconds for millions of objects; writes go on meanwhile.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub async fn of_bucket(engine: &dyn Engine, bucket: BucketId) -> Result<Recount, CatalogError> {
    let range = ScanRange {
        start: vec![keyspace::CURRENT],
        end: keyspace::prefix_end(&[keyspace::OLDER]),
    };
    let partition = keyspace::bucket_partition(bucket);
    let step = |sum: &mut Result<Recount, CatalogError>, row: &[u8], value: &[u8]| {
        let added = match sum {
            Ok(sum) => add(sum, row, value),
            Err(_) => return ScanStep::Stop,
        };
        match added {
            Ok(step) => step,
            Err(source) => {
                *sum = Err(source);
                ScanStep::Stop
            }
        }
    };
    let recount = Ok(Recount::default());
    let mut recount = engine.visit(partition, range, recount, step).await??;
    // The counter is that of all bytes.
    let counters = &mut recount.counters;
    counters.bytes = counters.bytes.saturating_sub(counters.upload_bytes);
    Ok(recount)
}

fn add(sum: &mut Recount, row: &[u8], value: &[u8]) -> Result<ScanStep, CatalogError> {
    let next = match row.first() {
        Some(&(keyspace::CURRENT | keyspace::OLDER)) => {
            let plain = ObjectPlain::decode(RecordView::decode(value)?.plain)?;
            sum.rows += Usage {
                bytes: plain.size,
                objects: 1,
                upload_bytes: 0,
            };
            return Ok(ScanStep::Continue);
        }
        Some(&keyspace::PART) => {
            sum.rows.upload_bytes += upload_parts::decode_part_len(value)?;
            return Ok(ScanStep::Continue);
        }
        Some(&keyspace::USAGE) => {
            for (kind, counter) in [
                (QuotaKind::Bytes, &mut sum.counters.bytes),
                (QuotaKind::Objects, &mut sum.counters.objects),
                (QuotaKind::UploadBytes, &mut sum.counters.upload_bytes),
            ] {
                if keyspace::usage(kind) == row {
                    *counter = usage::decode(value)?;
                }
            }
            return Ok(ScanStep::Continue);
        }
        Some(letter) if *letter < keyspace::PART => keyspace::PART,
        Some(letter) if *letter < keyspace::USAGE => keyspace::USAGE,
        _ => keyspace::OLDER,
    };
    Ok(ScanStep::SeekTo(vec![next]))
}

/// Gives tenants their counters that have none yet: what their buckets' counters add up to. To be
/// called before anything is written.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub async fn adopt(engine: &dyn Engine) -> Result<(), CatalogError> {
    for tenant in tenants::list(engine).await? {
        let partition = Partition::Tenant(tenant.tenant);
        let noted = keyspace::usage_is_counted();
        if MetaStore::get(engine, partition, &noted).await?.is_none() {
            adopt_tenant(engine, tenant.tenant).await?;
        }
    }
    Ok(())
}

async fn adopt_tenant(engine: &dyn Engine, tenant: TenantId) -> Result<(), CatalogError> {
    let (mut sum, mut count) = (Usage::default(), 0);
    for entry in buckets::list(engine).await? {
        let is_alive = buckets::header(engine, entry.bucket).await?.is_some();
        if entry.tenant == tenant && is_alive {
            convert(engine, entry.bucket).await?;
            sum += usage::of_bucket(engine, entry.bucket).await?;
            count += 1;
        }
    }
    let mut batch = MetaBatch::new(Partition::Tenant(tenant));
    for kind in QuotaKind::STORED {
        batch.put(keyspace::usage(kind), number(sum.of(kind)));
    }
    batch
        .put(keyspace::usage(QuotaKind::Buckets), number(count))
        .put(keyspace::usage_is_counted(), Bytes::from_static(&[1]));
    Ok(engine.commit(batch).await?)
}

/// Turns the counter of the versions' bytes, which buckets of the first weeks have, into that of
/// all bytes.
async fn convert(engine: &dyn Engine, bucket: BucketId) -> Result<(), CatalogError> {
    let partition = keyspace::bucket_partition(bucket);
    let once = keyspace::usage_bytes_once();
    let Some(bytes) = MetaStore::get(engine, partition, &once).await? else {
        return Ok(());
    };
    let uploads = keyspace::usage(QuotaKind::UploadBytes);
    let uploads = MetaStore::get(engine, partition, &uploads).await?;
    let uploads = uploads.map_or(Ok(0), |row| usage::decode(&row))?;
    let sum = usage::decode(&bytes)?.saturating_add(uploads);
    let mut batch = MetaBatch::new(partition);
    batch
        .put(keyspace::usage(QuotaKind::Bytes), number(sum))
        .delete(once);
    Ok(engine.commit(batch).await?)
}

fn number(value: u64) -> Bytes {
    Bytes::copy_from_slice(&value.to_le_bytes())
}
