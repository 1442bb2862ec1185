//! E2: what a batch does, and that it does it wholly or not at all.

use crate::support::{
    BUCKET, batch, blob, bytes, change, counter, names, of_pieces, piece, row, slot, whole_piece,
};
use bytes::Bytes;
use riznica::base::kind::ErrorKind;
use riznica::storage::{
    CommitError, Engine, EngineExt, EngineHealth, FinishedBlob, MetaBatch, ReadOnlyReason,
};
use std::sync::Arc;

/// Adds a condition.
type Require = fn(&mut MetaBatch) -> &mut MetaBatch;

pub(crate) async fn e2_batch_with_failed_condition_changes_nothing(engine: Arc<dyn Engine>) {
    let mut first = batch();
    first
        .put(bytes("kept"), bytes("1"))
        .counter(change("counter", 5, None));
    engine.commit(first).await.unwrap();

    let riding = FinishedBlob::riding(blob(1), vec![piece(1, 100)]);
    let mut refused = batch();
    refused
        .present(bytes("kept"))
        .absent(bytes("kept"))
        .absent(bytes("new"));
    refused
        .put(bytes("new"), bytes("2"))
        .put(bytes("kept"), bytes("2"))
        .delete(bytes("kept"));
    refused
        .delete_range(bytes("a"), bytes("z"))
        .counter(change("counter", 1, None));
    refused.attach(riding);
    let error = engine.commit(refused).await.unwrap_err();

    assert!(
        matches!(error, CommitError::ConditionFailed { condition_index: 1 }),
        "{error:?}"
    );
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(names(&*engine, BUCKET).await, ["counter", "kept"]);
    assert_eq!(row(&*engine, "kept").await.unwrap(), "1");
    assert_eq!(counter(&*engine, "counter").await, 5);
    assert_eq!(whole_piece(&*engine, blob(1), 0).await, None);
}

pub(crate) async fn e2_condition_of_each_kind_holds_exactly_when_it_should(
    engine: Arc<dyn Engine>,
) {
    let mut first = batch();
    first
        .put(bytes("there"), bytes("value"))
        .put(bytes("empty"), Bytes::new());
    engine.commit(first).await.unwrap();
    let table: [(Require, bool); 9] = [
        (|batch| batch.absent(bytes("nothing")), true),
        (|batch| batch.absent(bytes("there")), false),
        (|batch| batch.absent(bytes("empty")), false),
        (|batch| batch.present(bytes("there")), true),
        (|batch| batch.present(bytes("nothing")), false),
        (|batch| batch.equals(bytes("there"), bytes("value")), true),
        (|batch| batch.equals(bytes("there"), bytes("valu")), false),
        (|batch| batch.equals(bytes("nothing"), Bytes::new()), false),
        (|batch| batch.equals(bytes("empty"), Bytes::new()), true),
    ];
    for (index, (require, holds)) in table.into_iter().enumerate() {
        let mut conditional = batch();
        require(&mut conditional);
        assert_eq!(
            engine.commit(conditional).await.is_ok(),
            holds,
            "line {index}"
        );
    }
}

pub(crate) async fn e2_counter_beyond_its_bounds_changes_nothing(engine: Arc<dyn Engine>) {
    let mut first = batch();
    first.counter(change("counter", 10, Some(10)));
    engine.commit(first).await.unwrap();
    for (delta, ceiling) in [(-11, None), (1, Some(10)), (i64::MIN, None), (0, Some(9))] {
        let mut refused = batch();
        refused
            .counter(change("other", 1, None))
            .counter(change("counter", delta, ceiling));
        refused.put(bytes("row"), bytes("v"));
        let error = engine.commit(refused).await.unwrap_err();
        let is_named = matches!(error, CommitError::CounterOutOfBounds { counter_index: 1 });
        assert!(is_named, "{delta} {ceiling:?} {error:?}");
        assert_eq!(error.kind(), ErrorKind::Limited);
    }
    // Beyond what eight bytes can count.
    let mut largest = batch();
    largest
        .counter(change("large", i64::MAX, None))
        .counter(change("large", i64::MAX, None));
    engine.commit(largest).await.unwrap();
    let mut overflow = batch();
    overflow.counter(change("large", 2, None));
    let error = engine.commit(overflow).await.unwrap_err();
    assert!(
        matches!(error, CommitError::CounterOutOfBounds { counter_index: 0 }),
        "{error:?}"
    );

    assert_eq!(names(&*engine, BUCKET).await, ["counter", "large"]);
    assert_eq!(counter(&*engine, "counter").await, 10);
    let mut emptied = batch();
    emptied.counter(change("counter", -10, Some(0)));
    engine.commit(emptied).await.unwrap();
    assert_eq!(counter(&*engine, "counter").await, 0);
}

pub(crate) async fn e2_counter_changes_of_one_row_add_up(engine: Arc<dyn Engine>) {
    let mut sum = batch();
    sum.counter(change("counter", 3, None))
        .counter(change("counter", -2, None));
    sum.counter(change("counter", 5, Some(6)));
    engine.commit(sum).await.unwrap();
    assert_eq!(counter(&*engine, "counter").await, 6);
    let mut beyond = batch();
    beyond
        .counter(change("counter", 1, Some(7)))
        .counter(change("counter", 1, Some(7)));
    let error = engine.commit(beyond).await.unwrap_err();
    assert!(
        matches!(error, CommitError::CounterOutOfBounds { counter_index: 1 }),
        "{error:?}"
    );
    assert_eq!(counter(&*engine, "counter").await, 6);
}

pub(crate) async fn e2_counter_row_of_wrong_length_is_corrupt(engine: Arc<dyn Engine>) {
    let mut first = batch();
    first.put(bytes("counter"), bytes("seven b"));
    engine.commit(first).await.unwrap();
    let mut counting = batch();
    counting.counter(change("counter", 1, None));
    let error = engine.commit(counting).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert_eq!(row(&*engine, "counter").await.unwrap(), "seven b");
}

pub(crate) async fn e2_range_deletion_that_ends_before_it_starts_deletes_nothing(
    engine: Arc<dyn Engine>,
) {
    let mut first = batch();
    first.put(bytes("b"), bytes("v"));
    engine.commit(first).await.unwrap();
    for (start, end) in [("c", "a"), ("b", "b")] {
        let mut empty = batch();
        empty
            .delete_range(bytes(start), bytes(end))
            .put(bytes(end), bytes("v"));
        engine.commit(empty).await.unwrap();
    }
    assert_eq!(names(&*engine, BUCKET).await, ["a", "b"]);
}

pub(crate) async fn e2_steps_of_a_batch_apply_in_the_promised_order(engine: Arc<dyn Engine>) {
    let mut first = batch();
    for name in ["a", "b", "c"] {
        first.put(bytes(name), bytes("old"));
    }
    first.delete(bytes("c"));
    first.counter(change("number", 4, None));
    engine.commit(first).await.unwrap();
    assert_eq!(
        row(&*engine, "c").await.unwrap(),
        "old",
        "a put beats a deletion"
    );

    // Called in the opposite order.
    let mut second = batch();
    second
        .counter(change("number", 1, None))
        .put(bytes("number"), bytes("12345678"));
    second
        .put(bytes("a"), bytes("new"))
        .put(bytes("b"), bytes("new"))
        .delete(bytes("b"));
    second.delete_range(bytes("a"), bytes("d"));
    engine.commit(second).await.unwrap();
    assert_eq!(names(&*engine, BUCKET).await, ["a", "b", "number"]);
    assert_eq!(
        row(&*engine, "a").await.unwrap(),
        "new",
        "a put beats a range deletion"
    );
    assert_eq!(
        counter(&*engine, "number").await,
        5,
        "a counter beats a put"
    );
}

pub(crate) async fn e4_row_is_read_as_last_committed(engine: Arc<dyn Engine>) {
    for turn in 0..50_u32 {
        let mut change = batch();
        if turn % 3 == 2 {
            change.delete(bytes("row"));
        } else {
            change.put(bytes("row"), bytes(&turn.to_string()));
        }
        engine.commit(change).await.unwrap();
        let expected = (turn % 3 != 2).then(|| bytes(&turn.to_string()));
        assert_eq!(row(&*engine, "row").await, expected);
    }
}

pub(crate) async fn closed_engine_refuses_writes(engine: Arc<dyn Engine>) {
    let mut before = batch();
    before.put(bytes("row"), bytes("1"));
    engine.commit(before).await.unwrap();
    assert_eq!(engine.health(), EngineHealth::ReadWrite);
    engine.close().await;
    let mut after = batch();
    after.put(bytes("row"), bytes("2"));
    let error = engine.commit(after).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(
        !matches!(error, CommitError::UnknownOutcome),
        "nothing was written"
    );
    engine
        .put_piece(blob(1), slot(0, 0), bytes("piece"))
        .await
        .unwrap_err();
    engine.finish(blob(1), 3).await.unwrap_err();
    let blobs = vec![of_pieces(blob(1), 1)];
    engine.delete_blobs(blobs).await.unwrap_err();
    assert_eq!(
        engine.health(),
        EngineHealth::ReadOnly {
            reason: ReadOnlyReason::Closed
        }
    );
    // Closing again does no harm.
    engine.close().await;
}
