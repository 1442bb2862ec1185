//! What is asked of buckets, by the hour.
//!
//! Owns: counting in memory, and the rows that counts are added to now and then: a durable write
//! for each read would cost more than the read. A crash loses the counts since the last store, and
//! nothing of what is held (`usage_hours`).
//! Not here: when counts are stored (`jobs::usage`), which requests count (`s3::app`).

use crate::base::codec::{CodecError, Reader, Writer};
use crate::catalog::error::CatalogError;
use crate::catalog::keyspace::{self, UsageRow};
use crate::catalog::record::{self, RecordKind};
use crate::catalog::usage_hours::{ACCOUNT, hour_of_row, rows_before};
use crate::model::id::{BucketId, TenantId};
use crate::model::month::{Hour, hour_of};
use crate::model::time::Timestamp;
use crate::model::traffic::Traffic;
use crate::storage::{
    CommitError, Engine, EngineExt, MetaBatch, MetaStore, Partition, ScanRange, ScanStep,
};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Rows that are stored in one batch.
const BATCH_MAX: usize = 1000;
/// Counts in memory, about 10 MiB. What comes beyond is counted for the tenant without its bucket.
const COUNTS_MAX: usize = 65_536;

/// Whose requests, of which hour.
type Place = (TenantId, BucketId, Hour);

/// Counts since the last store. Only buckets that exist are counted: it is bounded by their number,
/// and by [`COUNTS_MAX`].
#[derive(Debug, Default)]
pub struct TrafficTable {
    counts: Mutex<BTreeMap<Place, Traffic>>,
}

impl TrafficTable {
    /// Counts for a bucket, or for none.
    pub fn count(&self, tenant: TenantId, bucket: Option<BucketId>, at: Timestamp, own: Traffic) {
        let place = (tenant, bucket.unwrap_or(ACCOUNT), hour_of(at));
        add(&mut self.counts(), place, own);
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<Place, Traffic>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many counts wait to be stored.
    pub fn waiting(&self) -> usize {
        self.counts().len()
    }

    /// Adds what was counted to the rows. What cannot be stored stays counted.
    ///
    /// # Errors
    /// When the engine fails, or another call was faster.
    pub async fn store(&self, engine: &dyn Engine) -> Result<(), CatalogError> {
        loop {
            let page = self.take_page();
            let Some(((tenant, ..), _)) = page.first() else {
                return Ok(());
            };
            if let Err(error) = store_page(engine, *tenant, &page).await {
                let mut counts = self.counts();
                for (place, own) in page {
                    add(&mut counts, place, own);
                }
                return Err(error);
            }
        }
    }

    /// Takes counts of one tenant out.
    fn take_page(&self) -> Vec<(Place, Traffic)> {
        let mut counts = self.counts();
        let Some(((tenant, ..), _)) = counts.first_key_value() else {
            return Vec::new();
        };
        let tenant = *tenant;
        let mut page = Vec::new();
        while page.len() < BATCH_MAX
            && let Some(first) = counts.first_entry()
            && first.key().0 == tenant
        {
            page.push(first.remove_entry());
        }
        page
    }
}

fn add(counts: &mut BTreeMap<Place, Traffic>, place: Place, own: Traffic) {
    let (tenant, _, hour) = place;
    let is_full = counts.len() >= COUNTS_MAX && !counts.contains_key(&place);
    let place = if is_full {
        (tenant, ACCOUNT, hour)
    } else {
        place
    };
    *counts.entry(place).or_default() += own;
}

async fn store_page(
    engine: &dyn Engine,
    tenant: TenantId,
    page: &[(Place, Traffic)],
) -> Result<(), CatalogError> {
    let partition = Partition::Tenant(tenant);
    let mut batch = MetaBatch::new(partition);
    for ((_, bucket, hour), own) in page {
        let row = keyspace::usage_hour(*bucket, UsageRow::Traffic, *hour);
        let mut sum = *own;
        match MetaStore::get(engine, partition, &row).await? {
            None => batch.absent(row.clone()),
            Some(old) => {
                sum += decode(&old)?;
                batch.equals(row.clone(), old)
            }
        };
        batch.put(row, encode(&sum).into());
    }
    match engine.commit(batch).await {
        Err(CommitError::ConditionFailed { .. }) => Err(CatalogError::Contended),
        other => Ok(other?),
    }
}

/// What was asked of a bucket in the hours of a range, as far as it is stored.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub async fn of_bucket(
    engine: &dyn Engine,
    (tenant, bucket): (TenantId, BucketId),
    hours: &Range<Hour>,
) -> Result<Vec<(Hour, Traffic)>, CatalogError> {
    let range = ScanRange {
        end: Some(match hours.start.checked_sub(1) {
            Some(older) => keyspace::usage_hour(bucket, UsageRow::Traffic, older).to_vec(),
            None => [
                &keyspace::usage_hours(bucket, UsageRow::Traffic)[..],
                &[0xff; 5],
            ]
            .concat(),
        }),
        ..rows_before(bucket, UsageRow::Traffic, hours.end)
    };
    let step = |rows: &mut Vec<(Option<Hour>, Vec<u8>)>, row: &[u8], value: &[u8]| {
        rows.push((hour_of_row(row), value.to_vec()));
        ScanStep::Continue
    };
    let partition = Partition::Tenant(tenant);
    let rows = engine.visit(partition, range, Vec::new(), step).await?;
    let read = |(hour, row): (Option<Hour>, Vec<u8>)| {
        let hour = hour.ok_or(CatalogError::Inconsistent("requests of an hour"))?;
        Ok((hour, decode(&row)?))
    };
    rows.into_iter().map(read).collect()
}

/// The row of an hour.
pub fn encode(traffic: &Traffic) -> Vec<u8> {
    record::encode(RecordKind::Traffic, |w| write(w, traffic))
}

/// Reads the row of an hour.
///
/// # Errors
/// `Decode` when it does not decode.
pub fn decode(row: &[u8]) -> Result<Traffic, CatalogError> {
    Ok(record::decode(RecordKind::Traffic, row, read)?)
}

/// Fields: requests of each kind u64, bytes in u64, bytes out u64.
pub(in crate::catalog) fn write(w: &mut Writer, traffic: &Traffic) {
    for count in traffic.requests {
        w.u64(count);
    }
    w.u64(traffic.bytes_in).u64(traffic.bytes_out);
}

pub(in crate::catalog) fn read(r: &mut Reader<'_>) -> Result<Traffic, CodecError> {
    let mut traffic = Traffic::default();
    for count in &mut traffic.requests {
        *count = r.u64()?;
    }
    traffic.bytes_in = r.u64()?;
    traffic.bytes_out = r.u64()?;
    Ok(traffic)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::month::hour_start;
    use crate::model::traffic::RequestKind;
    use crate::storage::MemoryEngine;

    const TENANT: TenantId = TenantId::from_bytes([1; 16]);
    const BUCKET: BucketId = BucketId::from_bytes([7; 16]);
    const FIRST: Hour = 500_000;

    async fn stored(engine: &MemoryEngine, bucket: BucketId) -> Vec<(Hour, Traffic)> {
        let hours = FIRST..FIRST + 100;
        of_bucket(engine, (TENANT, bucket), &hours).await.unwrap()
    }

    #[tokio::test]
    async fn counts_add_up_in_their_hours() {
        let (engine, table) = (MemoryEngine::new(), TrafficTable::default());
        let get = Traffic::of(RequestKind::Get, 1, 10);
        let put = Traffic::of(RequestKind::Put, 100, 2);
        for hour in [FIRST - 1, FIRST, FIRST + 2, FIRST + 100] {
            for own in [get, put] {
                table.count(TENANT, Some(BUCKET), hour_start(hour), own);
            }
            table.store(&engine).await.unwrap();
            table.count(TENANT, Some(BUCKET), hour_start(hour), get);
        }
        table.count(TENANT, None, hour_start(FIRST), put);
        let other = TenantId::from_bytes([2; 16]);
        table.count(other, Some(BUCKET), hour_start(FIRST), put);
        assert_eq!(table.waiting(), 3);
        table.store(&engine).await.unwrap();
        assert_eq!(table.waiting(), 0);
        let mut sum = get;
        sum += put;
        sum += get;
        let expected = vec![(FIRST + 2, sum), (FIRST, sum)];
        assert_eq!(stored(&engine, BUCKET).await, expected);
        assert_eq!(stored(&engine, ACCOUNT).await, vec![(FIRST, put)]);
        assert_eq!(decode(&encode(&sum)).unwrap(), sum);
    }

    #[tokio::test]
    async fn counts_that_cannot_be_stored_stay() {
        let (engine, table) = (MemoryEngine::new(), TrafficTable::default());
        let get = Traffic::of(RequestKind::Get, 1, 10);
        let at = hour_start(FIRST);
        table.count(TENANT, Some(BUCKET), at, get);
        let row = keyspace::usage_hour(BUCKET, UsageRow::Traffic, FIRST);
        let mut damage = MetaBatch::new(Partition::Tenant(TENANT));
        damage.put(row.clone(), vec![1, 2, 3].into());
        engine.commit(damage).await.unwrap();
        table.store(&engine).await.unwrap_err();
        table.count(TENANT, Some(BUCKET), at, get);
        let mut repair = MetaBatch::new(Partition::Tenant(TENANT));
        repair.delete(row);
        engine.commit(repair).await.unwrap();
        table.store(&engine).await.unwrap();
        let mut both = get;
        both += get;
        assert_eq!(stored(&engine, BUCKET).await, vec![(FIRST, both)]);
    }

    #[test]
    fn table_that_is_full_counts_for_the_tenant() {
        let table = TrafficTable::default();
        let get = Traffic::of(RequestKind::Get, 0, 1);
        let count = u64::try_from(COUNTS_MAX).unwrap() + 500;
        for number in 0..count {
            let mut id = [9; 16];
            id[..8].copy_from_slice(&number.to_be_bytes());
            let bucket = BucketId::from_bytes(id);
            table.count(TENANT, Some(bucket), hour_start(FIRST), get);
        }
        assert!(table.waiting() <= COUNTS_MAX + 1);
        let counts = table.counts();
        let out: u64 = counts.values().map(|own| own.bytes_out).sum();
        assert_eq!(out, count);
        assert_eq!(counts[&(TENANT, ACCOUNT, FIRST)].bytes_out, 500);
    }
}
