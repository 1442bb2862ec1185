//! E2 when the caller goes away.

use crate::support::{batch, bytes, row};
use futures::FutureExt;
use riznica::storage::Engine;
use std::sync::Arc;

pub(crate) async fn e2_dropped_commit_is_whole_or_nothing(engine: Arc<dyn Engine>) {
    const COMMITS: u32 = 50;
    for turn in 0..COMMITS {
        let mut pair = batch();
        pair.put(bytes(&format!("left {turn}")), bytes("v"));
        pair.put(bytes(&format!("right {turn}")), bytes("v"));
        // Polled once, which queues it, then dropped.
        drop(engine.commit(pair).now_or_never());
    }
    // Behind all of them in the queue.
    let mut last = batch();
    last.put(bytes("last"), bytes("v"));
    engine.commit(last).await.unwrap();
    for turn in 0..COMMITS {
        let left = row(&*engine, &format!("left {turn}")).await;
        assert_eq!(
            row(&*engine, &format!("right {turn}")).await,
            left,
            "turn {turn}"
        );
    }
}
