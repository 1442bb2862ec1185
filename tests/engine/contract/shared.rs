//! E7 and E8: counters that partitions share, rows that are appended to another partition.

use crate::support::{BUCKET, batch, bytes, change, everything, names};
use riznica::model::id::{BucketId, TenantId};
use riznica::storage::{CommitError, Engine, EngineExt, MetaBatch, Partition};
use std::sync::Arc;
use tokio::task::JoinSet;

const SHARED: Partition = Partition::Tenant(TenantId::from_bytes([9; 16]));

async fn shared(engine: &dyn Engine) -> u64 {
    let value = engine.get(SHARED, b"used").await.unwrap().unwrap();
    u64::from_le_bytes(value.as_ref().try_into().unwrap())
}

pub(crate) async fn e7_shared_counter_changes_with_the_batch_or_not_at_all(
    engine: Arc<dyn Engine>,
) {
    let mut first = batch();
    first
        .put(bytes("row"), bytes("v"))
        .counter(change("used", 1, None))
        .shared_counter(SHARED, change("used", 7, Some(7)));
    engine.commit(first).await.unwrap();
    assert_eq!(shared(&*engine).await, 7);
    // The row of the same name in the batch's own partition is another one.
    assert_eq!(crate::support::counter(&*engine, "used").await, 1);

    let mut failed = batch();
    failed
        .absent(bytes("row"))
        .shared_counter(SHARED, change("used", 1, None));
    engine.commit(failed).await.unwrap_err();
    assert_eq!(shared(&*engine).await, 7);

    let mut beyond = batch();
    beyond
        .put(bytes("another"), bytes("v"))
        .counter(change("used", 1, None))
        .shared_counter(SHARED, change("used", 1, Some(7)));
    let error = engine.commit(beyond).await.unwrap_err();
    let is_named = matches!(error, CommitError::CounterOutOfBounds { counter_index: 1 });
    assert!(is_named, "{error:?}");
    assert_eq!(shared(&*engine).await, 7);
    assert_eq!(names(&*engine, BUCKET).await, ["row", "used"]);
    let rows = engine.scan_page(SHARED, everything(), 9).await.unwrap();
    assert_eq!(rows.len(), 1, "{rows:?}");
}

pub(crate) async fn e7_shared_counter_raced_from_many_partitions_never_overshoots(
    engine: Arc<dyn Engine>,
) {
    const CEILING: u64 = 100;
    let mut tasks = JoinSet::new();
    for racer in 0..64 {
        let engine = Arc::clone(&engine);
        tasks.spawn(async move {
            let mut batch = MetaBatch::new(Partition::Bucket {
                bucket: BucketId::from_bytes([racer; 16]),
                shard: 0,
            });
            batch.shared_counter(SHARED, change("used", 3, Some(CEILING)));
            engine.commit(batch).await
        });
    }
    let outcomes = tasks.join_all().await;
    let admitted = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(admitted, 33, "as many as fit, no fewer");
    assert_eq!(shared(&*engine).await, 99);
}

pub(crate) async fn e8_appended_row_is_there_with_the_batch_or_not_at_all(engine: Arc<dyn Engine>) {
    let mut first = batch();
    first.put(bytes("row"), bytes("v")).append(
        Partition::System,
        bytes("journal-1"),
        bytes("first"),
    );
    engine.commit(first).await.unwrap();
    let mut failed = batch();
    failed
        .absent(bytes("row"))
        .append(Partition::System, bytes("journal-2"), bytes("failed"));
    engine.commit(failed).await.unwrap_err();
    let mut beyond = batch();
    beyond.counter(change("used", 1, Some(0))).append(
        Partition::System,
        bytes("journal-3"),
        bytes("beyond"),
    );
    engine.commit(beyond).await.unwrap_err();
    // A batch of the partition itself may do the same, and one may append several.
    let mut own = MetaBatch::new(Partition::System);
    own.append(Partition::System, bytes("journal-4"), bytes("own"))
        .append(SHARED, bytes("journal-4"), bytes("other"));
    engine.commit(own).await.unwrap();
    assert_eq!(
        names(&*engine, Partition::System).await,
        ["journal-1", "journal-4"]
    );
    assert_eq!(names(&*engine, SHARED).await, ["journal-4"]);
    assert_eq!(names(&*engine, BUCKET).await, ["row"]);
    let row = engine.get(Partition::System, b"journal-1").await.unwrap();
    assert_eq!(row, Some(bytes("first")));
}
