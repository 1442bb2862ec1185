//! E5: ordered scans.

use crate::support::{BUCKET, batch, bytes, everything, names};
use bytes::Bytes;
use riznica::storage::{Engine, EngineExt, MetaStore, ScanRange, ScanStep};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::task::JoinSet;

async fn fill(engine: &dyn Engine, rows: &[&[u8]]) {
    let mut batch = batch();
    for row in rows {
        batch.put(Bytes::copy_from_slice(row), bytes("v"));
    }
    engine.commit(batch).await.unwrap();
}

async fn keys(engine: &dyn Engine, start: &[u8], end: Option<&[u8]>) -> Vec<Bytes> {
    let range = ScanRange {
        start: start.to_vec(),
        end: end.map(<[u8]>::to_vec),
    };
    let rows = engine.scan_page(BUCKET, range, usize::MAX).await.unwrap();
    rows.into_iter().map(|(meta_key, _)| meta_key).collect()
}

pub(crate) async fn e5_scan_visits_rows_in_byte_order_within_its_range(engine: Arc<dyn Engine>) {
    let sorted: [&[u8]; 7] = [b"", b"\x00", b"a", b"a\x00", b"a\xff", b"b", b"\xff\xff"];
    let mut shuffled = sorted;
    shuffled.reverse();
    shuffled.swap(1, 4);
    fill(&*engine, &shuffled).await;
    assert_eq!(keys(&*engine, b"", None).await, sorted);
    assert_eq!(
        keys(&*engine, b"a", Some(b"b")).await,
        [b"a".as_slice(), b"a\x00", b"a\xff"]
    );
    assert_eq!(
        keys(&*engine, b"a\x00", Some(b"a\xff")).await,
        [b"a\x00".as_slice()]
    );
    assert_eq!(
        keys(&*engine, b"aa", None).await,
        [b"a\xff".as_slice(), b"b", b"\xff\xff"]
    );
    assert!(keys(&*engine, b"b", Some(b"b")).await.is_empty());
    assert!(keys(&*engine, b"b", Some(b"a")).await.is_empty());
}

/// Scans with one seek, from row `at` to `target`; returns what was visited.
async fn visited_with_seek(
    engine: &dyn Engine,
    end: Option<&[u8]>,
    at: &'static [u8],
    target: &'static [u8],
) -> Vec<u8> {
    let step = move |seen: &mut Vec<u8>, meta_key: &[u8], _: &[u8]| {
        seen.extend_from_slice(meta_key);
        if seen.len() > 100 {
            return ScanStep::Stop;
        }
        if meta_key == at {
            ScanStep::SeekTo(target.to_vec())
        } else {
            ScanStep::Continue
        }
    };
    let range = ScanRange {
        start: Vec::new(),
        end: end.map(<[u8]>::to_vec),
    };
    engine.visit(BUCKET, range, Vec::new(), step).await.unwrap()
}

pub(crate) async fn e5_seek_leaves_out_what_lies_between(engine: Arc<dyn Engine>) {
    fill(&*engine, &[b"a", b"b", b"c", b"e", b"f"]).await;
    assert_eq!(visited_with_seek(&*engine, None, b"a", b"c").await, b"acef");
    assert_eq!(visited_with_seek(&*engine, None, b"a", b"d").await, b"aef");
    assert_eq!(visited_with_seek(&*engine, None, b"b", b"x").await, b"ab");
    assert_eq!(
        visited_with_seek(&*engine, Some(b"e"), b"b", b"e").await,
        b"ab"
    );
}

pub(crate) async fn e5_seek_that_does_not_advance_ends_all_the_same(engine: Arc<dyn Engine>) {
    fill(&*engine, &[b"a", b"b", b"c"]).await;
    assert_eq!(visited_with_seek(&*engine, None, b"b", b"b").await, b"abc");
    assert_eq!(visited_with_seek(&*engine, None, b"b", b"a").await, b"abc");
}

pub(crate) async fn e5_scan_stops_when_told(engine: Arc<dyn Engine>) {
    fill(&*engine, &[b"a", b"b", b"c"]).await;
    let step = |seen: &mut Vec<u8>, meta_key: &[u8], _: &[u8]| {
        seen.extend_from_slice(meta_key);
        if meta_key == b"b" {
            ScanStep::Stop
        } else {
            ScanStep::Continue
        }
    };
    let seen = engine
        .visit(BUCKET, everything(), Vec::new(), step)
        .await
        .unwrap();
    assert_eq!(seen, b"ab");
}

/// A row moves from place to place, in one batch each time. As of one moment there is one of it.
pub(crate) async fn e5_scan_amid_commits_sees_one_moment(engine: Arc<dyn Engine>) {
    fill(&*engine, &[b"00"]).await;
    let is_moving = Arc::new(AtomicBool::new(true));
    let mut tasks = JoinSet::new();
    let (mover, moving) = (Arc::clone(&engine), Arc::clone(&is_moving));
    tasks.spawn(async move {
        for turn in 0..300_u32 {
            let place = |turn: u32| bytes(&format!("{:02}", turn * 37 % 100));
            let mut batch = batch();
            batch
                .present(place(turn))
                .delete(place(turn))
                .put(place(turn + 1), bytes("v"));
            mover.commit(batch).await.unwrap();
        }
        moving.store(false, Ordering::SeqCst);
    });
    let mut scans = 0;
    while is_moving.load(Ordering::SeqCst) || scans < 10 {
        assert_eq!(names(&*engine, BUCKET).await.len(), 1);
        scans += 1;
    }
    tasks.join_all().await;
}

pub(crate) async fn page_holds_no_more_than_its_limit(engine: Arc<dyn Engine>) {
    fill(&*engine, &[b"a", b"b", b"c"]).await;
    for (limit, expected) in [(0, 0), (1, 1), (3, 3), (9, 3)] {
        let page = engine.scan_page(BUCKET, everything(), limit).await.unwrap();
        assert_eq!(page.len(), expected, "limit {limit}");
    }
    MetaStore::get(&*engine, BUCKET, b"a")
        .await
        .unwrap()
        .unwrap();
}
