//! Fixtures: engines in temporary folders, a runtime, short words for rows and blobs.

use bytes::Bytes;
use riznica::base::clock::SystemClock;
use riznica::base::task::BlockingPool;
use riznica::model::id::{BlobId, BucketId};
use riznica::storage::{
    CounterChange, Engine, EngineExt, FinishedBlob, MemoryEngine, MetaBatch, OpenEngineError,
    Partition, PiecePlace, PieceSlot, RocksEngine, RocksOptions, ScanRange, StoredBlob,
};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::{Builder, Handle, Runtime};

/// The bucket partition that most tests write to.
pub(crate) const BUCKET: Partition = Partition::Bucket {
    bucket: BucketId::from_bytes([7; 16]),
    shard: 0,
};

/// Tasks on two threads, so that races are races.
pub(crate) fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// An engine with the folder it lives in.
pub(crate) struct Fixture {
    pub(crate) engine: Arc<dyn Engine>,
    /// Removed after the engine is dropped.
    _folder: Option<TempDir>,
}

pub(crate) fn memory() -> Fixture {
    Fixture {
        engine: Arc::new(MemoryEngine::new()),
        _folder: None,
    }
}

pub(crate) fn rocks() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let engine = open_rocks(small(folder.path())).unwrap();
    Fixture {
        engine: Arc::new(engine),
        _folder: Some(folder),
    }
}

/// Defaults in `folder`, without a reserve of free space: the machine that runs tests may have
/// none.
pub(crate) fn small(folder: &Path) -> RocksOptions {
    let path = folder.join("store");
    RocksOptions {
        path,
        min_free_bytes: 0,
        ..RocksOptions::default()
    }
}

/// Opens the embedded engine on the runtime of the caller.
pub(crate) fn open_rocks(options: RocksOptions) -> Result<RocksEngine, OpenEngineError> {
    let pool = BlockingPool::new(Handle::current(), 8);
    RocksEngine::open(options, Arc::new(SystemClock::new()), pool)
}

pub(crate) fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

pub(crate) fn batch() -> MetaBatch {
    MetaBatch::new(BUCKET)
}

pub(crate) fn change(row: &str, delta: i64, ceiling: Option<u64>) -> CounterChange {
    CounterChange {
        meta_key: bytes(row),
        delta,
        ceiling,
        meter: None,
    }
}

pub(crate) fn everything() -> ScanRange {
    ScanRange {
        start: Vec::new(),
        end: None,
    }
}

pub(crate) fn blob(number: u64) -> BlobId {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    BlobId::from_bytes(id)
}

/// Bytes that no other piece has, and that do not repeat.
pub(crate) fn piece(seed: u64, len: usize) -> Bytes {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..len).map(|_| next()).collect()
}

pub(crate) async fn row(engine: &dyn Engine, name: &str) -> Option<Bytes> {
    engine.get(BUCKET, name.as_bytes()).await.unwrap()
}

pub(crate) async fn counter(engine: &dyn Engine, name: &str) -> u64 {
    let value = row(engine, name).await.unwrap();
    u64::from_le_bytes(value.as_ref().try_into().unwrap())
}

/// All keys of a partition, as text.
pub(crate) async fn names(engine: &dyn Engine, partition: Partition) -> Vec<String> {
    let rows = engine
        .scan_page(partition, everything(), usize::MAX)
        .await
        .unwrap();
    rows.iter()
        .map(|(name, _)| String::from_utf8_lossy(name).into_owned())
        .collect()
}

/// A blob of so many pieces; of 1 or 2 it rides in its commit.
pub(crate) fn of_pieces(blob: BlobId, count: u32) -> StoredBlob {
    StoredBlob {
        blob,
        piece_count: Some(count),
    }
}

/// Where piece `index` lies behind others of `len` bytes.
pub(crate) fn slot(index: u32, len: usize) -> PieceSlot {
    PieceSlot {
        index,
        offset: u64::from(index) * u64::try_from(len).unwrap(),
    }
}

/// Hands pieces of one length over, all but the last, which may be shorter.
pub(crate) async fn stream(engine: &dyn Engine, blob: BlobId, pieces: &[Bytes]) -> FinishedBlob {
    let mut index = 0;
    for piece in pieces {
        let place = slot(index, pieces[0].len());
        engine.put_piece(blob, place, piece.clone()).await.unwrap();
        index += 1;
    }
    engine.finish(blob, index).await.unwrap()
}

/// Commits a blob that rides.
pub(crate) async fn ride(engine: &dyn Engine, blob: BlobId, pieces: &[Bytes]) {
    let mut batch = batch();
    batch.attach(FinishedBlob::riding(blob, pieces.to_vec()));
    engine.commit(batch).await.unwrap();
}

/// A piece of a blob that rode in its commit.
pub(crate) async fn whole_piece(engine: &dyn Engine, blob: BlobId, index: u32) -> Option<Bytes> {
    let read = engine.read_piece(of_pieces(blob, 1), slot(index, 0), 0..usize::MAX);
    read.await.unwrap()
}

/// A piece of a streamed blob whose pieces have `len` bytes.
pub(crate) async fn streamed_piece(
    engine: &dyn Engine,
    blob: BlobId,
    index: u32,
    len: usize,
) -> Option<Bytes> {
    let read = engine.read_piece(of_pieces(blob, 3), slot(index, len), 0..len);
    read.await.unwrap()
}

/// Gives the space of deleted blobs between two back, stretch by stretch.
pub(crate) async fn reclaim_all(engine: &dyn Engine, first: BlobId, last: BlobId) {
    let mut next = Some(PiecePlace::first_of(first));
    while let Some(from) = next {
        next = engine.reclaim(from, last).await.unwrap();
        assert!(next.is_none_or(|next| next > from), "it goes on");
    }
}

/// A figure of the engine.
pub(crate) fn figure(engine: &dyn Engine, name: &str) -> u64 {
    let stats = engine.stats();
    stats
        .iter()
        .find(|(figure, _)| *figure == name)
        .unwrap_or_else(|| panic!("{name}"))
        .1
}
