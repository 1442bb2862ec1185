//! Usage of buckets by the hour: what the meters of their counters have closed and what they say of
//! now, and what was asked.
//!
//! Owns: reading an hour's figures together, the rows of buckets that ended, taking old hours away.
//! Not here: how a meter goes on (`storage::meter`), what is asked (`traffic`), months
//! (`usage_months`).
//!
//! Times are the retention clock's: it never runs backwards, a wall clock that is set wrong makes
//! it run at twice real time at most, and when it is set right again the clock comes back to it, so
//! that byte-hours add up to real time in the end. Hours lie in the tenant's partition, where they
//! outlive their bucket. An hour in which nothing changed has no row: what stood before stood on.

use crate::base::codec::Reader;
use crate::catalog::bucket_record::parse_name;
use crate::catalog::buckets::BucketRecord;
use crate::catalog::error::CatalogError;
use crate::catalog::keyspace::{self, UsageRow};
use crate::catalog::record::{self, RecordKind};
use crate::catalog::usage::{self, Account};
use crate::catalog::{buckets, guarded_batch, traffic};
use crate::model::bucket::BucketName;
use crate::model::id::{BucketId, TenantId};
use crate::model::month::{Hour, hour_of};
use crate::model::quota::{QuotaKind, TenantLimits};
use crate::model::time::Timestamp;
use crate::model::traffic::{Figures, Held};
use crate::storage::{
    Closing, CounterRow, Engine, EngineExt, MetaBatch, MetaStore, Partition, ScanRange, ScanStep,
};
use std::ops::Range;

/// Where requests are counted that are about no bucket.
pub const ACCOUNT: BucketId = BucketId::from_bytes([0; 16]);

/// Buckets whose old hours are taken away in one batch.
const PURGE_PAGE: usize = 500;

/// A bucket that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedBucket {
    /// Its name.
    pub name: BucketName,
    /// When, on the retention clock.
    pub ended: Timestamp,
}

impl EndedBucket {
    /// The row.
    pub fn encode(&self) -> Vec<u8> {
        record::encode(RecordKind::UsageEnded, |w| {
            w.field(self.name.as_str().as_bytes())
                .u64(self.ended.millis());
        })
    }

    /// Reads a row.
    ///
    /// # Errors
    /// `Decode` when it does not decode.
    pub fn decode(row: &[u8]) -> Result<Self, CatalogError> {
        let read = |r: &mut Reader<'_>| {
            Ok(Self {
                name: parse_name(&r.text("bucket name")?)?,
                ended: Timestamp::from_millis(r.u64()?),
            })
        };
        Ok(record::decode(RecordKind::UsageEnded, row, read)?)
    }
}

/// Notes a bucket's name ahead of its end, so that its usage is told by it afterwards. Of a bucket
/// that is alive it means nothing.
///
/// # Errors
/// When the engine fails.
pub async fn note_end(
    engine: &dyn Engine,
    bucket: &BucketRecord,
    ended: Timestamp,
) -> Result<(), CatalogError> {
    let name = bucket.name.clone();
    let row = EndedBucket { name, ended }.encode();
    let mut batch = MetaBatch::new(Partition::Tenant(bucket.tenant));
    let meta_key = keyspace::usage_hours(bucket.bucket, UsageRow::Ended);
    batch.put(meta_key, row.into());
    Ok(engine.commit(batch).await?)
}

/// The row that [`note_end`] made.
///
/// # Errors
/// When the engine fails or the row is corrupt.
pub async fn ended(
    engine: &dyn Engine,
    tenant: TenantId,
    bucket: BucketId,
) -> Result<Option<EndedBucket>, CatalogError> {
    let meta_key = keyspace::usage_hours(bucket, UsageRow::Ended);
    let row = MetaStore::get(engine, Partition::Tenant(tenant), &meta_key).await?;
    row.map(|row| EndedBucket::decode(&row)).transpose()
}

/// Begins to meter buckets of stores that did not: from this moment on. To be called before
/// anything is written.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub async fn adopt(engine: &dyn Engine, now: Timestamp) -> Result<(), CatalogError> {
    for entry in buckets::list(engine).await? {
        let Some(bucket) = buckets::header(engine, entry.bucket).await? else {
            continue;
        };
        let partition = keyspace::bucket_partition(entry.bucket);
        let mut is_plain = false;
        for kind in QuotaKind::STORED {
            let row = MetaStore::get(engine, partition, &keyspace::usage(kind)).await?;
            let row = row.and_then(|row| CounterRow::decode(&row));
            is_plain |= row.is_some_and(|row| row.metered.is_none());
        }
        if is_plain {
            let mut batch = guarded_batch(entry.bucket);
            let account = Account::of(&bucket, TenantLimits::default(), now);
            usage::touch(&mut batch, &account, false);
            engine.commit(batch).await?;
        }
    }
    Ok(())
}

/// Buckets that have hours, and [`ACCOUNT`] where it has some.
///
/// # Errors
/// When the engine fails.
pub async fn with_hours(
    engine: &dyn Engine,
    tenant: TenantId,
) -> Result<Vec<BucketId>, CatalogError> {
    let range = ScanRange {
        start: vec![keyspace::USAGE_HOUR],
        end: keyspace::prefix_end(&[keyspace::USAGE_HOUR]),
    };
    let step = |found: &mut Vec<BucketId>, row: &[u8], _value: &[u8]| {
        let Some(prefix) = row.first_chunk::<17>() else {
            return ScanStep::Continue;
        };
        let [_letter, id @ ..] = prefix;
        found.push(BucketId::from_bytes(*id));
        ScanStep::SeekTo([&prefix[..], &[0xff]].concat())
    };
    let partition = Partition::Tenant(tenant);
    Ok(engine.visit(partition, range, Vec::new(), step).await?)
}

/// A bucket's figures in each hour of a range that has begun.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub async fn of_bucket(
    engine: &dyn Engine,
    (tenant, bucket): (TenantId, BucketId),
    hours: Range<Hour>,
    now: Timestamp,
) -> Result<Vec<(Hour, Figures)>, CatalogError> {
    let hours = hours.start..hours.end.min(hour_of(now).saturating_add(1));
    let owner = (tenant, bucket);
    let mut figures: Vec<_> = hours
        .clone()
        .map(|hour| (hour, Figures::default()))
        .collect();
    for kind in QuotaKind::STORED {
        let told = held(engine, owner, kind, &hours, now).await?;
        for ((_, figures), held) in figures.iter_mut().zip(told) {
            match kind {
                QuotaKind::Bytes => figures.bytes = held,
                QuotaKind::Objects => figures.objects = held,
                QuotaKind::UploadBytes => figures.upload_bytes = held,
                QuotaKind::Buckets => {}
            }
        }
    }
    for (hour, traffic) in traffic::of_bucket(engine, owner, &hours).await? {
        let at = usize::try_from(hour.saturating_sub(hours.start)).unwrap_or(usize::MAX);
        if let Some((_, figures)) = figures.get_mut(at) {
            figures.traffic = traffic;
        }
    }
    Ok(figures)
}

/// What a bucket held of one kind, by the hour.
async fn held(
    engine: &dyn Engine,
    (tenant, bucket): (TenantId, BucketId),
    kind: QuotaKind,
    hours: &Range<Hour>,
    now: Timestamp,
) -> Result<Vec<Held>, CatalogError> {
    // The meter first: an hour that it closes in between is then told by the closed row, and what
    // comes behind it as it was before.
    let partition = keyspace::bucket_partition(bucket);
    let meter = MetaStore::get(engine, partition, &keyspace::usage(kind)).await?;
    let meter = match meter {
        None => CounterRow::default(),
        Some(row) => CounterRow::decode(&row).ok_or(CatalogError::Inconsistent("usage"))?,
    };
    let closings = closings(engine, (tenant, bucket), kind, hours).await?;
    Ok(fill(&meter, closings, hours, now))
}

/// Figures of all hours from the rows that there are: closed ones from new to old, down to the last
/// one ahead of the range.
fn fill(
    meter: &CounterRow,
    mut closings: Vec<(Hour, Closing)>,
    hours: &Range<Hour>,
    now: Timestamp,
) -> Vec<Held> {
    let open = meter
        .metered
        .map(|own| hour_of(Timestamp::from_millis(own.at)));
    let mut before = 0;
    while let Some((_, closing)) = closings.pop_if(|(hour, _)| *hour < hours.start) {
        before = closing.last;
    }
    let mut told = Vec::with_capacity(hours.len());
    for hour in hours.clone() {
        let closing = match closings.pop_if(|(own, _)| *own == hour) {
            Some((_, closing)) => closing,
            None if open.is_some_and(|open| open <= hour) => meter.open_period(hour, now.millis()),
            None => Closing::steady(before),
        };
        before = closing.last;
        told.push(Held {
            last: closing.last,
            millis: closing.amount,
        });
    }
    told
}

type FoundClosings = Result<Vec<(Hour, Closing)>, CatalogError>;

/// Closed hours of a range, from new to old, and the last one ahead of it.
async fn closings(
    engine: &dyn Engine,
    (tenant, bucket): (TenantId, BucketId),
    kind: QuotaKind,
    hours: &Range<Hour>,
) -> Result<Vec<(Hour, Closing)>, CatalogError> {
    let row = UsageRow::Closing(kind);
    let first = hours.start;
    let step = move |found: &mut FoundClosings, row: &[u8], value: &[u8]| {
        let Ok(rows) = found else {
            return ScanStep::Stop;
        };
        let (Some(hour), Some(closing)) = (hour_of_row(row), Closing::decode(value)) else {
            *found = Err(CatalogError::Inconsistent("usage of an hour"));
            return ScanStep::Stop;
        };
        rows.push((hour, closing));
        if hour < first {
            ScanStep::Stop
        } else {
            ScanStep::Continue
        }
    };
    let range = rows_before(bucket, row, hours.end);
    let partition = Partition::Tenant(tenant);
    engine.visit(partition, range, Ok(Vec::new()), step).await?
}

/// Rows of the hours before this one, from new to old.
pub(in crate::catalog) fn rows_before(bucket: BucketId, row: UsageRow, end: Hour) -> ScanRange {
    let all = keyspace::usage_hours(bucket, row);
    // The newest of them is the one before the end.
    let start = match end.checked_sub(1) {
        Some(newest) => keyspace::usage_hour(bucket, row, newest).to_vec(),
        None => [&all[..], &[0xff; 5]].concat(),
    };
    ScanRange {
        start,
        end: keyspace::prefix_end(&all),
    }
}

/// The hour that a row's key ends with.
pub(in crate::catalog) fn hour_of_row(row: &[u8]) -> Option<Hour> {
    let inverted = row.get(18..)?;
    Some(!Hour::from_be_bytes(inverted.try_into().ok()?))
}

/// The first hour whose figures are there; those before it were taken away.
///
/// # Errors
/// When the engine fails or the row is corrupt.
pub async fn first_kept(engine: &dyn Engine, tenant: TenantId) -> Result<Hour, CatalogError> {
    let row = keyspace::usage_purged();
    let row = MetaStore::get(engine, Partition::Tenant(tenant), &row).await?;
    row.map_or(Ok(0), |row| decode_purged(&row))
}

/// Reads the row of the hours that were taken away.
///
/// # Errors
/// `Decode` when it does not decode.
pub fn decode_purged(row: &[u8]) -> Result<Hour, CatalogError> {
    let read = |r: &mut Reader<'_>| r.u32();
    Ok(record::decode(RecordKind::UsagePurged, row, read)?)
}

/// The row of the hours that were taken away.
pub fn encode_purged(first_kept: Hour) -> Vec<u8> {
    record::encode(RecordKind::UsagePurged, |w| {
        w.u32(first_kept);
    })
}

/// Takes away what lies before an hour, and all of buckets that ended and have nothing behind it.
/// What a living bucket held last before that hour stays, since it stands on.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub async fn purge(
    engine: &dyn Engine,
    tenant: TenantId,
    before: Hour,
) -> Result<u64, CatalogError> {
    if first_kept(engine, tenant).await? < before {
        // First: what is there no more is then never told.
        let mut batch = MetaBatch::new(Partition::Tenant(tenant));
        batch.put(keyspace::usage_purged(), encode_purged(before).into());
        engine.commit(batch).await?;
    }
    let mut purged = 0;
    let found = with_hours(engine, tenant).await?;
    for page in found.chunks(PURGE_PAGE) {
        let mut batch = MetaBatch::new(Partition::Tenant(tenant));
        let mut count = 0;
        for bucket in page {
            count += u64::from(purge_bucket(engine, (tenant, *bucket), before, &mut batch).await?);
        }
        if count > 0 {
            engine.commit(batch).await?;
            purged += count;
        }
    }
    Ok(purged)
}

async fn purge_bucket(
    engine: &dyn Engine,
    (tenant, bucket): (TenantId, BucketId),
    before: Hour,
    batch: &mut MetaBatch,
) -> Result<bool, CatalogError> {
    let partition = Partition::Tenant(tenant);
    let kinds = QuotaKind::STORED.map(UsageRow::Closing);
    let mut has_purged = false;
    let mut is_empty = true;
    for row in kinds.into_iter().chain([UsageRow::Traffic]) {
        let range = rows_before(bucket, row, before);
        let end = range.end.clone().unwrap_or_default();
        let old = engine.scan_page(partition, range, 2).await?;
        let all = keyspace::usage_hours(bucket, row);
        let newest = ScanRange {
            start: all.to_vec(),
            end: Some(end.clone()),
        };
        let newest = engine.scan_page(partition, newest, 1).await?;
        let is_newest = |meta_key| newest.iter().any(|(own, _)| own == meta_key);
        let keeps = |value: &[u8]| {
            row != UsageRow::Traffic && Closing::decode(value).is_none_or(|own| own.last != 0)
        };
        let start = match old.as_slice() {
            [(_, value), second, ..] if keeps(value) => Some(&second.0),
            [(first, value), ..] if !keeps(value) => Some(first),
            _ => None,
        };
        if let Some(start) = start {
            batch.delete_range(start.clone(), end.into());
            has_purged = true;
        }
        is_empty &= newest.is_empty() || start.is_some_and(is_newest);
    }
    let meta_key = keyspace::usage_hours(bucket, UsageRow::Ended);
    let header = keyspace::bucket_header();
    let own = keyspace::bucket_partition(bucket);
    if is_empty
        && MetaStore::get(engine, partition, &meta_key)
            .await?
            .is_some()
        && MetaStore::get(engine, own, &header).await?.is_none()
    {
        batch.delete(meta_key);
        has_purged = true;
    }
    Ok(has_purged)
}

#[cfg(test)]
#[path = "usage_hours_tests.rs"]
mod tests;
