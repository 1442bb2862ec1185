//! E9: counters that add up how long they held what.

use crate::support::{BUCKET, batch, bytes, change, everything};
use riznica::model::id::TenantId;
use riznica::storage::{Closing, CommitError, CounterRow, Engine, EngineExt, Meter, Partition};
use std::sync::Arc;

const CLOSED: Partition = Partition::Tenant(TenantId::from_bytes([9; 16]));
const HOUR: u64 = 3_600_000;
const FIRST: u32 = 500_000;

fn meter(at: u64, ends: bool) -> Meter {
    Meter {
        at,
        partition: CLOSED,
        prefix: bytes("hours"),
        ends,
    }
}

async fn count(engine: &dyn Engine, delta: i64, at: u64, ends: bool) -> Result<(), CommitError> {
    let mut metered = change("used", delta, Some(100));
    metered.meter = Some(meter(u64::from(FIRST) * HOUR + at, ends));
    let mut batch = batch();
    batch.counter(metered);
    engine.commit(batch).await
}

async fn value(engine: &dyn Engine) -> u64 {
    let row = engine.get(BUCKET, b"used").await.unwrap().unwrap();
    CounterRow::decode(&row).unwrap().value
}

async fn closed(engine: &dyn Engine) -> Vec<(u32, Closing)> {
    let rows = engine.scan_page(CLOSED, everything(), 99).await.unwrap();
    let read = |(meta_key, row): &(bytes::Bytes, bytes::Bytes)| {
        let inverted = meta_key.strip_prefix(b"hours").unwrap();
        let hour = !u32::from_be_bytes(inverted.try_into().unwrap());
        (hour - FIRST, Closing::decode(row).unwrap())
    };
    rows.iter().map(read).collect()
}

fn closing(last: u64, amount: u64) -> Closing {
    Closing {
        last,
        amount: u128::from(amount),
    }
}

pub(crate) async fn e9_first_change_of_a_later_period_closes_the_one_before(
    engine: Arc<dyn Engine>,
) {
    let engine = &*engine;
    count(engine, 10, 1000, false).await.unwrap();
    count(engine, 20, 2000, false).await.unwrap();
    assert_eq!(closed(engine).await, []);
    count(engine, -5, 3 * HOUR + 10, false).await.unwrap();
    let first = closing(30, 10 * 1000 + 30 * (HOUR - 2000));
    assert_eq!(closed(engine).await, [(0, first)]);
    // An earlier time counts as that of the change before.
    count(engine, 1, HOUR, false).await.unwrap();
    count(engine, -26, 3 * HOUR + 20, true).await.unwrap();
    let last = closing(0, 30 * 10 + 26 * 10);
    assert_eq!(closed(engine).await, [(3, last), (0, first)]);
    assert_eq!(value(engine).await, 0);
}

pub(crate) async fn e9_refused_change_leaves_the_meter_as_it_was(engine: Arc<dyn Engine>) {
    let engine = &*engine;
    count(engine, 60, 0, false).await.unwrap();
    let before = engine.get(BUCKET, b"used").await.unwrap();
    count(engine, 41, HOUR, false).await.unwrap_err();
    count(engine, -61, HOUR, true).await.unwrap_err();
    // Nobody counts past a meter.
    let mut unmetered = batch();
    unmetered.counter(change("used", 1, None));
    engine.commit(unmetered).await.unwrap_err();
    assert_eq!(engine.get(BUCKET, b"used").await.unwrap(), before);
    assert_eq!(closed(engine).await, []);
}

pub(crate) async fn e9_counter_without_a_meter_gets_one(engine: Arc<dyn Engine>) {
    let engine = &*engine;
    let mut plain = batch();
    plain.counter(change("used", 7, None));
    engine.commit(plain).await.unwrap();
    count(engine, 0, 0, false).await.unwrap();
    count(engine, 0, HOUR, false).await.unwrap();
    assert_eq!(closed(engine).await, [(0, closing(7, 7 * HOUR))]);
    let row = engine.get(BUCKET, b"used").await.unwrap().unwrap();
    let row = CounterRow::decode(&row).unwrap();
    assert_eq!((row.value, row.metered.unwrap().amount), (7, 0));
}

/// Several changes of one counter in one batch follow one another.
pub(crate) async fn e9_changes_of_one_batch_close_a_period_once(engine: Arc<dyn Engine>) {
    let engine = &*engine;
    count(engine, 10, 0, false).await.unwrap();
    let mut both = batch();
    for delta in [-10, 30] {
        let mut metered = change("used", delta, None);
        metered.meter = Some(meter(u64::from(FIRST + 1) * HOUR, false));
        both.counter(metered);
    }
    engine.commit(both).await.unwrap();
    assert_eq!(closed(engine).await, [(0, closing(10, 10 * HOUR))]);
    assert_eq!(value(engine).await, 30);
}
