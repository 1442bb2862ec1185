//! E2 and E4 where many write at once.

use crate::support::{batch, bytes, change, counter, row};
use futures::future::join_all;
use riznica::storage::{CommitError, Engine};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::task::JoinSet;

const RACERS: u32 = 64;

pub(crate) async fn e2_batches_racing_on_one_absent_row_have_one_winner(engine: Arc<dyn Engine>) {
    let mut tasks = JoinSet::new();
    for racer in 0..RACERS {
        let engine = Arc::clone(&engine);
        tasks.spawn(async move {
            let mut batch = batch();
            batch
                .absent(bytes("prize"))
                .put(bytes("prize"), bytes(&racer.to_string()));
            (racer, engine.commit(batch).await)
        });
    }
    let mut winners = Vec::new();
    for (racer, outcome) in tasks.join_all().await {
        match outcome {
            Ok(()) => winners.push(racer),
            Err(CommitError::ConditionFailed { condition_index: 0 }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
    assert_eq!(
        row(&*engine, "prize").await.unwrap(),
        winners[0].to_string()
    );
}

/// An answer that rests on a row which is not readable yet would show a caller a conflict with
/// nothing.
pub(crate) async fn e4_loser_of_a_race_reads_the_winners_row(engine: Arc<dyn Engine>) {
    for round in 0..20 {
        let name = format!("prize {round}");
        let mut tasks = JoinSet::new();
        for _ in 0..RACERS {
            let (engine, name) = (Arc::clone(&engine), name.clone());
            tasks.spawn(async move {
                let mut batch = batch();
                batch.absent(bytes(&name)).put(bytes(&name), bytes("taken"));
                drop(engine.commit(batch).await);
                row(&*engine, &name).await
            });
        }
        let seen = tasks.join_all().await;
        assert!(seen.iter().all(Option::is_some), "round {round}");
    }
}

/// What the row holds, as a number; 0 without one.
async fn number(engine: &dyn Engine, name: &str) -> u64 {
    let value = row(engine, name).await;
    value.map_or(0, |value| {
        std::str::from_utf8(&value).unwrap().parse().unwrap()
    })
}

pub(crate) async fn e4_reader_beside_writers_never_goes_back(engine: Arc<dyn Engine>) {
    const LAST: u64 = 400;
    let answered = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..4 {
        let (engine, answered) = (Arc::clone(&engine), Arc::clone(&answered));
        tasks.spawn(async move {
            let mut seen = 0;
            while seen < LAST {
                let answered = answered.load(Ordering::SeqCst);
                let now = number(&*engine, "row").await;
                assert!(now >= answered, "{now} after {answered} was answered");
                assert!(now >= seen, "{now} after {seen} was seen");
                seen = now;
                tokio::task::yield_now().await;
            }
        });
    }
    for value in 1..=LAST {
        let mut batch = batch();
        batch.put(bytes("row"), bytes(&value.to_string()));
        engine.commit(batch).await.unwrap();
        answered.store(value, Ordering::SeqCst);
    }
    tasks.join_all().await;
}

pub(crate) async fn e4_reader_beside_range_deletions_sees_no_row_that_is_gone(
    engine: Arc<dyn Engine>,
) {
    const ROUNDS: u64 = 200;
    // Twice the round while its row is being put or is there, one more from its deletion on.
    let phase = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..4 {
        let (engine, phase) = (Arc::clone(&engine), Arc::clone(&phase));
        tasks.spawn(async move {
            loop {
                let before = phase.load(Ordering::SeqCst);
                let now = number(&*engine, "in range").await;
                let after = phase.load(Ordering::SeqCst);
                let is_gone = before % 2 == 1 && before == after;
                assert!(!is_gone || now == 0, "{now} is gone in phase {before}");
                assert!(now == 0 || now >= before / 2, "{now} in phase {before}");
                if before > ROUNDS * 2 {
                    break;
                }
                tokio::task::yield_now().await;
            }
        });
    }
    for round in 1..=ROUNDS {
        phase.store(round * 2, Ordering::SeqCst);
        let mut put = batch();
        put.put(bytes("in range"), bytes(&round.to_string()));
        engine.commit(put).await.unwrap();
        let mut delete = batch();
        delete.delete_range(bytes("in"), bytes("io"));
        engine.commit(delete).await.unwrap();
        phase.store(round * 2 + 1, Ordering::SeqCst);
        tokio::task::yield_now().await;
    }
    tasks.join_all().await;
}

pub(crate) async fn e2_swaps_racing_on_one_row_lose_no_update(engine: Arc<dyn Engine>) {
    const SWAPS: u32 = 10;
    let mut first = batch();
    first.put(bytes("row"), bytes("0"));
    engine.commit(first).await.unwrap();
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let engine = Arc::clone(&engine);
        tasks.spawn(async move {
            let mut swapped = 0;
            while swapped < SWAPS {
                let old = row(&*engine, "row").await.unwrap();
                let number: u32 = std::str::from_utf8(&old).unwrap().parse().unwrap();
                let mut batch = batch();
                batch
                    .equals(bytes("row"), old)
                    .put(bytes("row"), bytes(&(number + 1).to_string()));
                match engine.commit(batch).await {
                    Ok(()) => swapped += 1,
                    Err(CommitError::ConditionFailed { .. }) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(row(&*engine, "row").await.unwrap(), (8 * SWAPS).to_string());
}

pub(crate) async fn e2_counters_raced_against_a_ceiling_never_overshoot(engine: Arc<dyn Engine>) {
    const CEILING: u64 = 100;
    let mut tasks = JoinSet::new();
    for _ in 0..RACERS {
        let engine = Arc::clone(&engine);
        tasks.spawn(async move {
            let mut batch = batch();
            batch
                .counter(change("used", 3, Some(CEILING)))
                .counter(change("admitted", 1, None));
            engine.commit(batch).await
        });
    }
    let outcomes = tasks.join_all().await;
    let admitted = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let refused = |outcome: &&Result<(), CommitError>| {
        matches!(
            outcome,
            Err(CommitError::CounterOutOfBounds { counter_index: 0 })
        )
    };
    assert_eq!(
        outcomes.iter().filter(refused).count(),
        outcomes.len() - admitted
    );
    assert_eq!(admitted, 33, "as many as fit, no fewer");
    assert_eq!(counter(&*engine, "used").await, 99);
    assert_eq!(
        counter(&*engine, "admitted").await,
        33,
        "a refused batch counted"
    );
}

/// One task polls all commits in order, so they are queued in order, and all but the first few go
/// into one group. There are 60: beyond 64 tokio makes a task yield, and the order is lost.
pub(crate) async fn e2_queued_batches_see_the_batches_ahead(engine: Arc<dyn Engine>) {
    let mut batches = Vec::new();
    for turn in 0..30_u32 {
        let mut batch = batch();
        match turn {
            0 => batch.absent(bytes("row")),
            _ => batch.equals(bytes("row"), bytes(&turn.to_string())),
        };
        batch.put(bytes("row"), bytes(&(turn + 1).to_string()));
        batch.counter(change("turns", 1, Some(u64::from(turn) + 1)));
        batches.push(batch);
        let mut late = crate::support::batch();
        late.equals(bytes("row"), bytes(&turn.to_string()))
            .put(bytes("late"), bytes("v"));
        batches.push(late);
    }
    let outcomes = join_all(batches.into_iter().map(|batch| engine.commit(batch))).await;
    for (index, outcome) in outcomes.iter().enumerate() {
        assert_eq!(
            outcome.is_ok(),
            index % 2 == 0,
            "batch {index}: {outcome:?}"
        );
    }
    assert_eq!(row(&*engine, "row").await.unwrap(), "30");
    assert_eq!(row(&*engine, "late").await, None);
    assert_eq!(counter(&*engine, "turns").await, 30);
}

pub(crate) async fn e2_queued_batches_see_range_deletions_ahead(engine: Arc<dyn Engine>) {
    let mut stored = batch();
    stored
        .put(bytes("r/stored"), bytes("v"))
        .put(bytes("s"), bytes("v"));
    engine.commit(stored).await.unwrap();
    let mut batches = Vec::new();
    for _ in 0..20 {
        let mut put = batch();
        put.absent(bytes("r/queued"))
            .put(bytes("r/queued"), bytes("v"));
        let mut clear = batch();
        clear
            .present(bytes("r/queued"))
            .delete_range(bytes("r/"), bytes("r0"));
        let mut after = batch();
        after
            .absent(bytes("r/queued"))
            .absent(bytes("r/stored"))
            .present(bytes("s"));
        batches.extend([put, clear, after]);
    }
    let outcomes = join_all(batches.into_iter().map(|batch| engine.commit(batch))).await;
    for (index, outcome) in outcomes.iter().enumerate() {
        assert!(outcome.is_ok(), "batch {index}: {outcome:?}");
    }
    assert_eq!(row(&*engine, "r/stored").await, None);
}
