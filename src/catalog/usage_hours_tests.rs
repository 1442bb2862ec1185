//! Hours from rows: filling in, taking away, stores that were not metered.

use super::{adopt, hour_of_row, of_bucket, purge, rows_before, with_hours};
use crate::catalog::bucket_record::BucketRecord;
use crate::catalog::buckets as living;
use crate::catalog::error::CatalogError;
use crate::catalog::guarded_batch;
use crate::catalog::keyspace::{self, UsageRow};
use crate::catalog::usage::{self, Account};
use crate::model::bucket::BucketName;
use crate::model::id::{BucketId, TenantId};
use crate::model::month::Hour;
use crate::model::month::{HOUR_MILLIS, hour_start};
use crate::model::quota::UsageChange;
use crate::model::quota::{QuotaKind, TenantLimits};
use crate::model::time::Timestamp;
use crate::storage::{EngineExt, MetaBatch, MetaStore, Partition};
use crate::storage::{MemoryEngine, MetaKey};
use bytes::Bytes;
use std::ops::Range;

const TENANT: TenantId = TenantId::from_bytes([1; 16]);
const BUCKET: BucketId = BucketId::from_bytes([7; 16]);
const FIRST: Hour = 500_000;
const OWNER: (TenantId, BucketId) = (TENANT, BUCKET);

fn at(hour: Hour, millis: u64) -> Timestamp {
    Timestamp::from_millis(hour_start(hour).millis() + millis)
}

fn record() -> BucketRecord {
    let name = BucketName::parse("records").unwrap();
    BucketRecord::new(BUCKET, name, TENANT, at(FIRST, 0), Vec::new())
}

async fn with_bucket() -> MemoryEngine {
    let engine = MemoryEngine::new();
    living::create(&engine, &record(), &[], u64::MAX)
        .await
        .unwrap();
    engine
}

async fn store(engine: &MemoryEngine, bytes: i64, now: Timestamp) {
    let change = UsageChange {
        bytes,
        ..UsageChange::default()
    };
    let mut batch = guarded_batch(BUCKET);
    let account = Account::of(&record(), TenantLimits::default(), now);
    usage::count(&mut batch, &account, change);
    engine.commit(batch).await.unwrap();
}

async fn bytes(engine: &MemoryEngine, hours: Range<Hour>, now: Timestamp) -> Vec<(u64, u128)> {
    let told = of_bucket(engine, OWNER, hours, now).await.unwrap();
    let held = told.iter().map(|(_, figures)| figures.bytes);
    held.map(|held| (held.last, held.millis)).collect()
}

#[tokio::test]
async fn hours_without_a_change_are_filled_in() {
    let engine = with_bucket().await;
    store(&engine, 10, at(FIRST + 1, 0)).await;
    store(&engine, 10, at(FIRST + 1, HOUR_MILLIS / 2)).await;
    store(&engine, -5, at(FIRST + 4, 0)).await;
    let hour = u128::from(HOUR_MILLIS);
    let now = at(FIRST + 6, 1000);
    let all = bytes(&engine, FIRST..FIRST + 100, now).await;
    let expected = [
        (0, 0),
        (20, 15 * hour),
        (20, 20 * hour),
        (20, 20 * hour),
        (15, 15 * hour),
        (15, 15 * hour),
        (15, 15_000),
    ];
    assert_eq!(all, expected);
    // A range that begins between changes knows what stood before it.
    for start in 0..7 {
        let part = bytes(&engine, FIRST + start..FIRST + 7, now).await;
        assert_eq!(part, expected[usize::try_from(start).unwrap()..]);
    }
    assert_eq!(bytes(&engine, FIRST + 7..FIRST + 9, now).await, []);
}

#[tokio::test]
async fn clock_that_was_set_back_gives_no_negative_hours() {
    let engine = with_bucket().await;
    store(&engine, 10, at(FIRST + 2, 500)).await;
    store(&engine, 10, at(FIRST + 1, 0)).await;
    store(&engine, -20, at(FIRST + 2, 600)).await;
    let told = bytes(&engine, FIRST..FIRST + 4, at(FIRST, 0)).await;
    assert_eq!(told, [(0, 0)]);
    let told = bytes(&engine, FIRST..FIRST + 4, at(FIRST + 3, 0)).await;
    assert_eq!(told, [(0, 0), (0, 0), (0, 20 * 100), (0, 0)]);
}

#[tokio::test]
async fn purge_keeps_what_still_stands() {
    let engine = with_bucket().await;
    for hour in 1..6 {
        store(&engine, 10, at(FIRST + hour, 0)).await;
    }
    let now = at(FIRST + 9, 0);
    let before = bytes(&engine, FIRST + 4..FIRST + 9, now).await;
    assert_eq!(purge(&engine, TENANT, FIRST + 4).await.unwrap(), 1);
    assert_eq!(purge(&engine, TENANT, FIRST + 4).await.unwrap(), 0);
    assert_eq!(bytes(&engine, FIRST + 4..FIRST + 9, now).await, before);
    let rows = |row| {
        let range = rows_before(BUCKET, row, FIRST + 100);
        engine.scan_page(Partition::Tenant(TENANT), range, 100)
    };
    let kept = rows(UsageRow::Closing(QuotaKind::Bytes)).await.unwrap();
    let kept: Vec<_> = kept
        .iter()
        .filter_map(|(row, _)| hour_of_row(row))
        .collect();
    assert_eq!(kept, [FIRST + 4, FIRST + 3]);
}

#[tokio::test]
async fn purge_forgets_buckets_that_ended_before() {
    let engine = with_bucket().await;
    store(&engine, 10, at(FIRST, 0)).await;
    store(&engine, -10, at(FIRST + 1, 0)).await;
    let ended_at = at(FIRST + 2, 0);
    let ended = living::delete(&engine, &record(), ended_at, ended_at).await;
    assert_eq!(ended.unwrap(), living::DeleteOutcome::Deleted);
    // What it held then stood on.
    assert_eq!(purge(&engine, TENANT, FIRST + 1).await.unwrap(), 0);
    assert_eq!(purge(&engine, TENANT, FIRST + 2).await.unwrap(), 1);
    assert_eq!(with_hours(&engine, TENANT).await.unwrap(), [BUCKET]);
    assert_eq!(purge(&engine, TENANT, FIRST + 9).await.unwrap(), 1);
    assert_eq!(with_hours(&engine, TENANT).await.unwrap(), []);
    assert_eq!(purge(&engine, TENANT, FIRST + 9).await.unwrap(), 0);
}

#[tokio::test]
async fn store_that_was_not_metered_is_metered_from_its_start_on() {
    let engine = with_bucket().await;
    let partition = keyspace::bucket_partition(BUCKET);
    let mut old = MetaBatch::new(partition);
    let row = |value: u64| Bytes::copy_from_slice(&value.to_le_bytes());
    old.put(keyspace::usage(QuotaKind::Bytes), row(70))
        .put(keyspace::usage(QuotaKind::Objects), row(7));
    engine.commit(old).await.unwrap();
    adopt(&engine, at(FIRST + 1, 0)).await.unwrap();
    adopt(&engine, at(FIRST + 2, 0)).await.unwrap();
    let hour = u128::from(HOUR_MILLIS);
    let told = bytes(&engine, FIRST..FIRST + 3, at(FIRST + 3, 0)).await;
    assert_eq!(told, [(0, 0), (70, 70 * hour), (70, 70 * hour)]);
    assert_eq!(usage::of_bucket(&engine, BUCKET).await.unwrap().bytes, 70);
}

#[tokio::test]
async fn damaged_rows_are_errors() {
    let engine = with_bucket().await;
    store(&engine, 10, at(FIRST, 0)).await;
    store(&engine, 10, at(FIRST + 1, 0)).await;
    let damage = async |partition, meta_key: MetaKey| {
        let mut batch = MetaBatch::new(partition);
        batch.put(meta_key, vec![1; 9].into());
        engine.commit(batch).await.unwrap();
    };
    let read = || of_bucket(&engine, OWNER, FIRST..FIRST + 2, at(FIRST + 2, 0));
    read().await.unwrap();
    let closing = keyspace::usage_hour(BUCKET, UsageRow::Closing(QuotaKind::Bytes), FIRST);
    damage(Partition::Tenant(TENANT), closing).await;
    let refused = read().await.unwrap_err();
    assert!(matches!(refused, CatalogError::Inconsistent(_)));
    damage(
        keyspace::bucket_partition(BUCKET),
        keyspace::usage(QuotaKind::Bytes),
    )
    .await;
    let refused = read().await.unwrap_err();
    assert!(matches!(refused, CatalogError::Inconsistent(_)));
}
