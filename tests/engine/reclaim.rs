//! Giving the space of deleted blobs back: what RocksDB's files show of it.

use crate::support::{
    batch, blob, bytes, figure, of_pieces, open_rocks, piece, reclaim_all, ride, row, runtime,
    slot, small, whole_piece,
};
use bytes::Bytes;
use riznica::base::clock::{Clock, SystemClock};
use riznica::model::id::BlobId;
use riznica::storage::{
    BlobStore, Engine, EngineError, MetaStore, PiecePlace, RocksEngine, RocksOptions,
};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

const PIECES: u64 = 160;
const LEN: usize = 100_000;

fn unpaced(folder: &Path) -> RocksOptions {
    RocksOptions {
        reclaim_bytes_per_s: 0,
        ..small(folder)
    }
}

/// Blobs of one piece, flushed into files.
async fn fill(engine: &RocksEngine) {
    for number in 0..PIECES {
        ride(engine, blob(number), &[piece(number, LEN)]).await;
    }
    reclaim_all(engine, blob(0), blob(PIECES)).await;
}

async fn delete_where(engine: &RocksEngine, is_doomed: impl Fn(u64) -> bool) {
    let doomed = (0..PIECES).filter(|number| is_doomed(*number));
    let doomed = doomed.map(|number| of_pieces(blob(number), 1)).collect();
    engine.delete_blobs(doomed).await.unwrap();
}

#[test]
fn b4_reclaim_gives_the_space_of_deleted_blobs_back() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let engine = open_rocks(small(folder.path())).unwrap();
        fill(&engine).await;
        let before = figure(&engine, "piece_blob_bytes");
        assert!(before > PIECES * 100_000, "{before}");
        delete_where(&engine, |number| number % 8 != 0).await;
        reclaim_all(&engine, blob(0), blob(PIECES)).await;
        let after = figure(&engine, "piece_blob_bytes");
        assert!(after < before / 4, "{after} of {before} bytes are left");
        for number in (0..PIECES).step_by(8) {
            let found = whole_piece(&engine, blob(number), 0).await;
            assert_eq!(found, Some(piece(number, LEN)));
        }
    });
}

/// There may be more than what is moved in one go; each stretch gives its space back by itself.
#[test]
fn b4_pieces_are_moved_stretch_by_stretch() {
    const BLOBS: u64 = 500;
    const PIECE_LEN: usize = 256 << 10;
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let engine = open_rocks(unpaced(folder.path())).unwrap();
        let pieces = |number: u64| [number * 2, number * 2 + 1].map(|seed| piece(seed, PIECE_LEN));
        for number in 0..BLOBS {
            ride(&engine, blob(number), &pieces(number)).await;
        }
        reclaim_all(&engine, blob(0), blob(BLOBS)).await;
        let doomed = (0..BLOBS).step_by(2);
        let doomed = doomed.map(|number| of_pieces(blob(number), 2)).collect();
        engine.delete_blobs(doomed).await.unwrap();
        let mut from = PiecePlace::first_of(blob(0));
        let mut stretches = 1;
        while let Some(next) = engine.reclaim(from, blob(BLOBS)).await.unwrap() {
            assert!(next > from, "{next:?}");
            (from, stretches) = (next, stretches + 1);
        }
        assert!(stretches >= 2, "{stretches}");
        let live = BLOBS * 262_144;
        let after = figure(&engine, "piece_blob_bytes");
        assert!(after < live + live / 10, "{after} bytes for {live}");
        for number in (1..BLOBS).step_by(2) {
            for (index, expected) in (0..).zip(pieces(number)) {
                let found = whole_piece(&engine, blob(number), index).await;
                assert!(found == Some(expected), "blob {number}, piece {index}");
            }
        }
    });
}

/// What is deleted while it is being moved is not put back.
#[test]
fn b4_blobs_deleted_while_others_move_stay_deleted() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let engine = Arc::new(open_rocks(unpaced(folder.path())).unwrap());
        fill(&engine).await;
        let is_over = Arc::new(AtomicBool::new(false));
        let mut moving = JoinSet::new();
        moving.spawn({
            let (engine, is_over) = (Arc::clone(&engine), Arc::clone(&is_over));
            async move {
                while !is_over.load(Ordering::Relaxed) {
                    reclaim_all(&*engine, blob(0), blob(PIECES)).await;
                }
            }
        });
        let clock = SystemClock::new();
        for number in (0..PIECES).filter(|number| number % 3 != 0) {
            let doomed = vec![of_pieces(blob(number), 1)];
            engine.delete_blobs(doomed).await.unwrap();
            clock.sleep(Duration::from_millis(1)).await;
        }
        is_over.store(true, Ordering::Relaxed);
        moving.join_all().await;
        for number in 0..PIECES {
            let is_there = whole_piece(&*engine, blob(number), 0).await.is_some();
            assert_eq!(is_there, number % 3 == 0, "blob {number}");
        }
    });
}

/// A damaged piece holds up neither the others nor writing.
#[test]
fn b4_damaged_piece_costs_itself_only() {
    const DAMAGED: u64 = 40;
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let engine = open_rocks(unpaced(folder.path())).unwrap();
        fill(&engine).await;
        engine.close().await;
        drop(engine);
        flip_in_blob_files(&folder.path().join("store"), &piece(DAMAGED, LEN));
        let engine = open_rocks(unpaced(folder.path())).unwrap();
        let damaged = read(&engine, blob(DAMAGED)).await;
        damaged.expect_err("the damage is not found");
        delete_where(&engine, |number| number % 2 == 1).await;
        reclaim_all(&engine, blob(0), blob(PIECES)).await;
        let damaged = read(&engine, blob(DAMAGED)).await;
        damaged.expect_err("the damage was taken along");
        let mut after = batch();
        after.put(bytes("after"), bytes("v"));
        engine.commit(after).await.expect("the store takes writes");
        assert_eq!(row(&engine, "after").await.unwrap(), "v");
        for number in (0..PIECES).step_by(2).filter(|number| *number != DAMAGED) {
            let found = whole_piece(&engine, blob(number), 0).await;
            assert_eq!(found, Some(piece(number, LEN)), "blob {number}");
        }
        // Once it is deleted, its file goes too.
        let doomed = vec![of_pieces(blob(DAMAGED), 1)];
        engine.delete_blobs(doomed).await.unwrap();
        reclaim_all(&engine, blob(0), blob(PIECES)).await;
        let live = PIECES / 2 * 100_000;
        let after = figure(&engine, "piece_blob_bytes");
        assert!(after < live + live / 10, "{after} bytes for {live}");
    });
}

async fn read(engine: &RocksEngine, blob: BlobId) -> Result<Option<Bytes>, EngineError> {
    let read = engine.read_piece(of_pieces(blob, 1), slot(0, 0), 0..LEN);
    read.await
}

/// Flips one bit in the middle of where `content` lies.
fn flip_in_blob_files(store: &Path, content: &[u8]) {
    let wanted = &content[..64];
    for entry in std::fs::read_dir(store).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "blob") {
            continue;
        }
        let mut file = std::fs::read(&path).unwrap();
        if let Some(at) = file.windows(wanted.len()).position(|found| found == wanted) {
            file[at + content.len() / 2] ^= 1;
            std::fs::write(&path, file).unwrap();
            return;
        }
    }
    panic!("the piece is in no blob file");
}

#[test]
fn b4_pace_of_reclaim_is_kept() {
    const BYTES_PER_S: u64 = 8 << 20;
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let options = RocksOptions {
            reclaim_bytes_per_s: BYTES_PER_S,
            ..small(folder.path())
        };
        let engine = open_rocks(options).unwrap();
        for number in 0..PIECES {
            ride(&engine, blob(number), &[piece(number, LEN)]).await;
        }
        let clock = SystemClock::new();
        let begun = clock.monotonic();
        reclaim_all(&engine, BlobId::from_bytes([0; 16]), blob(PIECES)).await;
        let least = Duration::from_millis(PIECES * 100_000 * 1000 / BYTES_PER_S);
        let taken = clock.monotonic().saturating_sub(begun);
        assert!(taken >= least, "{taken:?}");
    });
}
