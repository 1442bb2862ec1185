//! Streamed blobs on the embedded engine: their files.

use crate::support::{
    batch, blob, of_pieces, open_rocks, piece, runtime, slot, small, stream, streamed_piece,
};
use bytes::Bytes;
use riznica::base::clock::SystemClock;
use riznica::base::kind::ErrorKind;
use riznica::base::limits::STORED_ALIGNMENT;
use riznica::base::task::BlockingPool;
use riznica::storage::{
    BlobStore, Engine, EngineExt, EngineHealth, FinishedBlob, MetaStore, PieceSlot, RocksEngine,
    StoredBlob,
};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const LEN: usize = 30_000;

fn pieces(seed: u64) -> [Bytes; 3] {
    [0, 1, 2].map(|index| piece(seed * 3 + index, LEN))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(folder.join("store/blobs")).unwrap();
    let folders = folders.map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = folders
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

#[test]
fn b1_streamed_blob_is_one_file_of_its_pieces_and_nobody_elses_to_read() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let engine = open_rocks(small(folder.path())).unwrap();
        stream(&engine, blob(0x1234), &pieces(1)).await;
        let files = files(folder.path());
        assert_eq!(files.len(), 1);
        let name = format!("store/blobs/34/{}", blob(0x1234));
        assert_eq!(files[0], folder.path().join(name));
        assert!(std::fs::read(&files[0]).unwrap() == pieces(1).concat());
        assert_eq!(files[0].metadata().unwrap().mode() & 0o777, 0o600);
    });
}

/// These bytes where memory is `phase` beyond a multiple of a block.
fn placed(bytes: &[u8], phase: usize) -> Bytes {
    let mut memory = Vec::<u8>::with_capacity(bytes.len() + 2 * STORED_ALIGNMENT);
    let start = memory.as_ptr().align_offset(STORED_ALIGNMENT) + phase;
    memory.resize(start, 0);
    memory.extend_from_slice(bytes);
    Bytes::from(memory).slice(start..)
}

#[test]
fn b1_pieces_of_any_length_from_anywhere_in_memory_are_the_file() {
    let lens = [4095, 1, 4096, 10_000, 5, 40_000, 4097, 262_208, 6, 99_999];
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let engine = open_rocks(small(folder.path())).unwrap();
        for (n, shift) in [(1_u64, 0), (2, 1), (3, 2048)] {
            let blob = blob(n);
            let (mut content, mut index) = (Vec::new(), 0);
            for lens in lens.chunks(3) {
                let first = PieceSlot {
                    index,
                    offset: content.len() as u64,
                };
                let mut pieces = Vec::new();
                for len in lens {
                    let bytes = piece(n * 100 + u64::from(index), *len);
                    // With no shift they lie as in the file, and are written from there.
                    let phase = (content.len() + shift) % STORED_ALIGNMENT;
                    pieces.push(placed(&bytes, phase));
                    content.extend_from_slice(&bytes);
                    index += 1;
                }
                let begun = engine.begin_pieces(blob, first, pieces).await;
                begun.unwrap().await.unwrap();
            }
            engine.finish(blob, 10).await.unwrap();
            let file = folder.path().join(format!("store/blobs/0{n}/{blob}"));
            assert!(std::fs::read(file).unwrap() == content, "shift {shift}");
        }
    });
}

#[test]
fn b4_deleted_blob_has_no_file_and_a_late_piece_brings_none_back() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let engine = open_rocks(small(folder.path())).unwrap();
        stream(&engine, blob(1), &pieces(1)).await;
        // Held open by the reads.
        for index in 0..3 {
            let found = streamed_piece(&engine, blob(1), index, LEN).await;
            assert_eq!(found, Some(pieces(1)[index as usize].clone()));
        }
        let unfinished = StoredBlob {
            blob: blob(1),
            piece_count: None,
        };
        engine.delete_blobs(vec![unfinished]).await.unwrap();
        assert!(files(folder.path()).is_empty());
        assert_eq!(streamed_piece(&engine, blob(1), 0, LEN).await, None);
        let late = engine.put_piece(blob(1), slot(1, LEN), piece(1, LEN)).await;
        assert_eq!(late.unwrap_err().kind(), ErrorKind::Unavailable);
        assert!(files(folder.path()).is_empty());
        engine.finish(blob(1), 3).await.unwrap_err();
        // Abandoned in the middle: what was written waits for its deletion, and no more comes.
        let begun = engine.put_piece(blob(2), slot(0, LEN), piece(1, LEN));
        begun.await.unwrap();
        engine.abandon(blob(2));
        let late = engine.put_piece(blob(2), slot(1, LEN), piece(1, LEN)).await;
        assert_eq!(late.unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(files(folder.path()).len(), 1);
        let left = StoredBlob {
            blob: blob(2),
            ..unfinished
        };
        let failed = engine.delete_blobs(vec![left]).await.unwrap();
        assert!(failed.is_empty() && files(folder.path()).is_empty());
        // That blob is lost, and nothing else.
        assert_eq!(engine.health(), EngineHealth::ReadWrite);
    });
}

/// Of the first weeks: pieces of long blobs were rows.
#[test]
fn b3_long_blob_in_rows_is_read_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let engine = open_rocks(small(folder.path())).unwrap();
        let mut batch = batch();
        batch.attach(FinishedBlob::riding(blob(1), pieces(1).to_vec()));
        engine.commit(batch).await.unwrap();
        for (index, expected) in (0..).zip(pieces(1)) {
            let found = streamed_piece(&engine, blob(1), index, LEN).await;
            assert_eq!(found, Some(expected));
        }
        engine
            .delete_blobs(vec![of_pieces(blob(1), 3)])
            .await
            .unwrap();
        for index in 0..3 {
            assert_eq!(streamed_piece(&engine, blob(1), index, LEN).await, None);
        }
    });
}

/// A folder that is not empty in the place of a file: permissions would not stop root.
#[test]
fn b4_blob_that_cannot_be_deleted_keeps_no_other() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let engine = open_rocks(small(folder.path())).unwrap();
        for number in 1..=2 {
            stream(&engine, blob(number), &pieces(number)).await;
        }
        let [stuck, _] = files(folder.path()).try_into().unwrap();
        std::fs::remove_file(&stuck).unwrap();
        std::fs::create_dir_all(stuck.join("inside")).unwrap();
        let doomed = [1, 2].map(|number| of_pieces(blob(number), 3));
        let failed = engine.delete_blobs(doomed.to_vec()).await.unwrap();
        assert_eq!(failed, [blob(1)]);
        assert_eq!(files(folder.path()), [stuck]);
    });
}

/// A folder in the place of the file: permissions would not stop a test that runs as root.
#[test]
fn b1_piece_that_cannot_be_written_costs_its_blob_alone() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let engine = open_rocks(small(folder.path())).unwrap();
        let place = folder.path().join(format!("store/blobs/01/{}", blob(1)));
        std::fs::create_dir(&place).unwrap();
        let error = engine.put_piece(blob(1), slot(0, LEN), piece(1, LEN)).await;
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(engine.health(), EngineHealth::ReadWrite);
        stream(&engine, blob(2), &pieces(2)).await;
        let found = streamed_piece(&engine, blob(2), 2, LEN).await;
        assert_eq!(found, Some(pieces(2)[2].clone()));
    });
}

/// A client that sends its next piece in half a minute must not keep a thread of the pool so long.
#[test]
fn b1_piece_under_way_is_written_though_nobody_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = runtime();
    runtime.block_on(async {
        let pool = BlockingPool::new(runtime.handle().clone(), 1);
        let clock = Arc::new(SystemClock::new());
        let engine = RocksEngine::open(small(folder.path()), clock, pool.clone()).unwrap();
        let (release, wait) = std::sync::mpsc::sync_channel::<()>(0);
        let busy = pool.begin(move || wait.recv().is_err()).await.unwrap();
        let mut begin =
            std::pin::pin!(engine.begin_pieces(blob(1), slot(0, LEN), vec![piece(1, LEN)]));
        assert!(futures::poll!(&mut begin).is_pending());
        drop(release);
        let under_way = begin.await.unwrap();
        assert!(busy.ended().await.unwrap());
        // The pool's only thread is free again.
        let names = crate::support::names(&engine, crate::support::BUCKET);
        assert!(names.await.is_empty());
        under_way.await.unwrap();
        engine
            .put_piece(blob(1), slot(1, LEN), piece(2, LEN))
            .await
            .unwrap();
        engine.finish(blob(1), 2).await.unwrap();
        assert_eq!(files(folder.path()).len(), 1);
    });
}
