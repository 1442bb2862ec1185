//! The contract on the embedded engine, and what only it has: a folder, a disk, memory bounds.

use crate::support::{
    batch, blob, bytes, figure, names, of_pieces, open_rocks, piece, ride, row, runtime, slot,
    small, stream, streamed_piece, whole_piece,
};
use futures::future::join_all;
use riznica::base::kind::ErrorKind;
use riznica::storage::{
    BlobStore, CommitError, Engine, EngineExt, EngineHealth, FinishedBlob, MetaStore,
    OpenEngineError, RocksOptions,
};
use std::path::Path;

contract_tests!(crate::support::rocks);

#[test]
fn e3_reopened_store_holds_what_was_committed() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        for turn in 0..4_u64 {
            let engine = open_rocks(small(folder.path())).unwrap();
            for before in 0..turn {
                let name = before.to_string();
                assert_eq!(row(&engine, &name).await.unwrap(), "v", "turn {turn}");
                let expected = |index: u32| Some(piece(before + u64::from(index), 100_000));
                for index in 0..3 {
                    let long = blob(before + 100);
                    let found = streamed_piece(&engine, long, index, 100_000).await;
                    assert_eq!(found, expected(index));
                }
                for index in 0..2 {
                    let found = whole_piece(&engine, blob(before), index).await;
                    assert_eq!(found, expected(index));
                }
            }
            let pieces = [0, 1, 2].map(|index| piece(turn + index, 100_000));
            let mut batch = batch();
            batch.attach(stream(&engine, blob(turn + 100), &pieces).await);
            batch.attach(FinishedBlob::riding(blob(turn), pieces[..2].to_vec()));
            batch.put(bytes(&turn.to_string()), bytes("v"));
            engine.commit(batch).await.unwrap();
            // Both ways to end.
            if turn % 2 == 0 {
                engine.close().await;
            }
        }
    });
}

#[test]
fn closed_store_leaves_nothing_to_replay() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        fill_log(folder.path()).await;
        let engine = open_rocks(small(folder.path())).unwrap();
        let mut batch = batch();
        batch.put(bytes("last"), piece(1, 1000));
        engine.commit(batch).await.unwrap();
        engine.close().await;
        drop(engine);
        assert_eq!(std::fs::read(newest_log(folder.path())).unwrap().len(), 0);
        let engine = open_rocks(small(folder.path())).unwrap();
        assert_eq!(row(&engine, "last").await, Some(piece(1, 1000)));
    });
}

/// RocksDB 11.8.1 keeps a blob file without a footer for ever; each kill in the middle of a flush
/// left one of up to a memtable's size behind, found by `tests/clients/crash.py`.
#[test]
fn b4_blob_file_cut_off_by_a_crash_is_removed_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let engine = open_rocks(small(folder.path())).unwrap();
        ride(&engine, blob(1), &[piece(1, 100_000)]).await;
        engine.close().await;
        drop(engine);
        let store = folder.path().join("store");
        let cut_off = store.join("000003.blob");
        assert!(!cut_off.exists());
        std::fs::write(&cut_off, piece(2, 50_000)).unwrap();
        let engine = open_rocks(small(folder.path())).unwrap();
        assert!(!cut_off.exists(), "the cut-off file is still there");
        let live = whole_piece(&engine, blob(1), 0).await;
        assert_eq!(live, Some(piece(1, 100_000)));
        assert!(!store.with_extension("live").exists());
    });
}

#[test]
fn open_folder_is_refused_to_a_second_engine_by_name() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let first = open_rocks(small(folder.path())).unwrap();
        let error = open_rocks(small(folder.path())).unwrap_err();
        assert!(matches!(error, OpenEngineError::Locked { .. }), "{error:?}");
        drop(first);
        drop(open_rocks(small(folder.path())).unwrap());
    });
}

#[test]
fn folder_that_is_a_file_is_not_taken_for_a_locked_one() {
    let folder = tempfile::tempdir().unwrap();
    // The name must not decide.
    let path = folder.path().join("While lock file");
    std::fs::write(&path, "a file").unwrap();
    runtime().block_on(async {
        let error = open_rocks(RocksOptions {
            path,
            ..RocksOptions::default()
        })
        .unwrap_err();
        assert!(matches!(error, OpenEngineError::Folder { .. }), "{error:?}");
    });
}

#[test]
fn damaged_store_is_refused_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        drop(open_rocks(small(folder.path())).unwrap());
        std::fs::write(folder.path().join("store/CURRENT"), "nonsense").unwrap();
        let error = open_rocks(small(folder.path())).unwrap_err();
        assert!(
            matches!(error, OpenEngineError::Refused { .. }),
            "{error:?}"
        );
    });
}

/// Commits 200 rows, deletes pieces without a sync, and leaves all of it in the log.
/// Returns where the log of the commits ends.
async fn fill_log(folder: &Path) -> usize {
    let engine = open_rocks(small(folder)).unwrap();
    for turn in 0..200_u64 {
        let mut batch = batch();
        batch.put(bytes(&turn.to_string()), piece(turn, 1000));
        engine.commit(batch).await.unwrap();
    }
    let commits_len = std::fs::read(newest_log(folder)).unwrap().len();
    assert!(commits_len > 200_000, "the log holds the commits");
    let unsynced = (0..2000).map(|number| of_pieces(blob(number), 2));
    engine.delete_blobs(unsynced.collect()).await.unwrap();
    let all = std::fs::read(newest_log(folder)).unwrap().len();
    assert!(all > commits_len + 80_000, "the log holds the deletions");
    commits_len
}

/// The default recovery mode would open, and silently leave out all commits behind the damage.
#[test]
fn e3_log_damaged_in_its_acknowledged_part_is_refused_not_cut_short() {
    runtime().block_on(async {
        for part in [10, 2, 1] {
            let folder = tempfile::tempdir().unwrap();
            let at = fill_log(folder.path()).await / part - 700;
            let log = newest_log(folder.path());
            let mut content = std::fs::read(&log).unwrap();
            content[at] ^= 0x40;
            std::fs::write(&log, &content).unwrap();
            for _ in 0..2 {
                let error = open_rocks(small(folder.path())).unwrap_err();
                assert!(
                    matches!(error, OpenEngineError::LogDamaged { .. }),
                    "{part} {error:?}"
                );
            }
            assert!(
                std::fs::read(&log).unwrap() == content,
                "a refusal leaves the log alone"
            );
        }
    });
}

#[test]
fn e3_log_that_ends_before_the_last_commit_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let commits_len = fill_log(folder.path()).await;
        let log = newest_log(folder.path());
        let content = std::fs::read(&log).unwrap();
        std::fs::write(&log, &content[..commits_len - 10]).unwrap();
        for _ in 0..2 {
            let error = open_rocks(small(folder.path())).unwrap_err();
            assert!(
                matches!(error, OpenEngineError::LogDamaged { .. }),
                "{error:?}"
            );
        }
    });
}

/// What a power cut leaves: pages of the last, unsynced write are missing, those behind them not.
/// `TolerateCorruptedTailRecords` alone would refuse to open.
#[test]
fn e3_log_torn_in_its_unacknowledged_part_opens_with_every_commit() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let commits_len = fill_log(folder.path()).await;
        let log = newest_log(folder.path());
        let mut content = std::fs::read(&log).unwrap();
        content[commits_len + 40_000..commits_len + 44_096].fill(0);
        std::fs::write(&log, content).unwrap();
        let engine = open_rocks(small(folder.path())).unwrap();
        for turn in 0..200_u64 {
            assert_eq!(
                row(&engine, &turn.to_string()).await,
                Some(piece(turn, 1000))
            );
        }
        let mut after = batch();
        after.put(bytes("after"), bytes("v"));
        engine.commit(after).await.unwrap();
        drop(engine);
        let engine = open_rocks(small(folder.path())).unwrap();
        assert_eq!(row(&engine, "after").await.unwrap(), "v");
    });
}

fn newest_log(folder: &Path) -> std::path::PathBuf {
    let files = std::fs::read_dir(folder.join("store"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|name| name == "log"))
        .max()
        .unwrap()
}

/// Such a range would be refused by RocksDB after the log holds it, at this and every next opening.
#[test]
fn e2_inverted_range_deletion_does_not_spoil_the_log() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let engine = open_rocks(small(folder.path())).unwrap();
        let mut batch = batch();
        batch
            .delete_range(bytes("z"), bytes("a"))
            .put(bytes("row"), bytes("v"));
        engine.commit(batch).await.unwrap();
        assert_eq!(engine.health(), EngineHealth::ReadWrite);
        drop(engine);
        let engine = open_rocks(small(folder.path())).unwrap();
        assert_eq!(row(&engine, "row").await.unwrap(), "v");
    });
}

#[test]
fn e3_commits_sent_at_once_share_syncs_and_each_is_synced() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let engine = open_rocks(small(folder.path())).unwrap();
        let before = figure(&engine, "log_syncs");
        let commits = (0..200).map(|turn| {
            let mut batch = batch();
            batch.put(bytes(&turn.to_string()), bytes("v"));
            engine.commit(batch)
        });
        assert!(join_all(commits).await.iter().all(Result::is_ok));
        let shared = figure(&engine, "log_syncs") - before;
        assert!((1..100).contains(&shared), "{shared} syncs for 200 commits");
        for turn in 0..5 {
            let before = figure(&engine, "log_syncs");
            let mut batch = batch();
            batch.put(bytes(&turn.to_string()), bytes("w"));
            engine.commit(batch).await.unwrap();
            assert_eq!(
                figure(&engine, "log_syncs") - before,
                1,
                "a commit alone is synced"
            );
        }
        // Streamed pieces are synced in their file, ahead of the commit that refers to them (B1).
        let before = figure(&engine, "log_syncs");
        let finished = stream(&engine, blob(1), &[1, 2, 3].map(|seed| piece(seed, 9000))).await;
        assert_eq!(figure(&engine, "log_syncs"), before);
        assert_eq!(figure(&engine, "blob_syncs"), 1);
        let mut attaching = batch();
        attaching.attach(finished);
        attaching.put(bytes("row"), bytes("v"));
        engine.commit(attaching).await.unwrap();
        assert_eq!(figure(&engine, "log_syncs") - before, 1);
    });
}

/// Free space above a quarter of the reserve, below the reserve.
#[test]
fn b4_full_store_refuses_data_and_still_deletes() {
    let folder = tempfile::tempdir().unwrap();
    let stat = rustix::fs::statvfs(folder.path()).unwrap();
    let min_free_bytes = stat.f_bavail * stat.f_frsize * 2;
    runtime().block_on(async {
        let engine = open_rocks(small(folder.path())).unwrap();
        ride(&engine, blob(1), &[piece(1, 9000)]).await;
        stream(&engine, blob(3), &[1, 2, 3].map(|seed| piece(seed, 9000))).await;
        drop(engine);

        let options = RocksOptions {
            min_free_bytes,
            ..small(folder.path())
        };
        let engine = open_rocks(options).unwrap();
        assert_eq!(engine.health(), EngineHealth::Full);
        let error = engine
            .put_piece(blob(2), slot(0, 0), bytes("piece"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Full);
        let mut attaching = batch();
        attaching.attach(FinishedBlob::riding(blob(2), vec![bytes("piece")]));
        let error = engine.commit(attaching).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Full);
        assert_eq!(whole_piece(&engine, blob(2), 0).await, None);

        let mut deleting = batch();
        deleting
            .delete(bytes("object"))
            .put(bytes("ledger"), bytes("blob 1"));
        engine.commit(deleting).await.unwrap();
        let doomed = vec![of_pieces(blob(1), 1), of_pieces(blob(3), 3)];
        engine.delete_blobs(doomed).await.unwrap();
        assert_eq!(whole_piece(&engine, blob(1), 0).await, None);
        assert_eq!(streamed_piece(&engine, blob(3), 0, 9000).await, None);
    });
}

#[test]
fn store_without_any_room_refuses_rows_too_and_still_reads() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let engine = open_rocks(small(folder.path())).unwrap();
        let mut before = batch();
        before.put(bytes("row"), bytes("v"));
        engine.commit(before).await.unwrap();
        drop(engine);
        let options = RocksOptions {
            min_free_bytes: u64::MAX,
            ..small(folder.path())
        };
        let engine = open_rocks(options).unwrap();
        let mut refused = batch();
        refused.put(bytes("row"), bytes("w"));
        let error = engine.commit(refused).await.unwrap_err();
        assert!(matches!(error, CommitError::Engine(_)), "{error:?}");
        assert_eq!(error.kind(), ErrorKind::Full);
        assert_eq!(row(&engine, "row").await.unwrap(), "v");
    });
}

/// Also read back from files: with these bounds most pieces have left memory. And the logs of what
/// is in files now are moved aside and removed, as RocksDB is told: it would unlink them whole.
#[test]
fn memtables_and_log_stay_within_their_bounds_while_blobs_come_in() {
    const MEMTABLES: usize = 12 << 20;
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let options = RocksOptions {
            memtable_bytes: MEMTABLES,
            ..small(folder.path())
        };
        let engine = open_rocks(options).unwrap();
        let mut peak = 0;
        for number in 0..50_u64 {
            let commits = (0..4).map(|index| {
                let content = [0, 1].map(|half| piece(number * 8 + index * 2 + half, 256 << 10));
                let mut batch = batch();
                let id = blob(number * 4 + index);
                batch.attach(FinishedBlob::riding(id, content.to_vec()));
                engine.commit(batch)
            });
            assert!(join_all(commits).await.iter().all(Result::is_ok));
            let memtables = figure(&engine, "piece_memtable_bytes");
            peak = peak.max(memtables + figure(&engine, "meta_memtable_bytes"));
        }
        // One write group of eight pieces may go beyond it, and the arenas round up.
        let bound = u64::try_from(MEMTABLES).unwrap() + (4 << 20);
        assert!(peak < bound, "memtables took {peak} bytes of {MEMTABLES}");
        assert!(
            figure(&engine, "piece_blob_bytes") > 50 << 20,
            "most pieces are in files"
        );
        for number in 0..50 {
            let id = of_pieces(blob(number * 4 + 1), 2);
            let found = engine.read_piece(id, slot(1, 0), 1000..1100);
            let expected = piece(number * 8 + 3, 256 << 10).slice(1000..1100);
            assert_eq!(found.await.unwrap(), Some(expected));
        }
        assert!(folder.path().join("store/archive").is_dir());
        while figure(&engine, "retired_log_bytes") > 0 {
            tokio::task::yield_now().await;
        }
        assert!(names(&engine, crate::support::BUCKET).await.is_empty());
    });
}
