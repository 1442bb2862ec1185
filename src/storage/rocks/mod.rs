//! The embedded engine on RocksDB.
//!
//! Owns: starting and closing, the names of pieces, the switch to read-only (E6).
//! Not here: opening the database (`opening`), tuning (`options`), commits (`sequencer`), the two
//! traits (`meta`, `blob`), free space (`space`), figures (`stats`).
//!
//! Layout: column family `meta` holds `partition prefix | meta key`; `data` holds `blob id (16) |
//! piece index (u32, big endian)`, with values from 8 KiB on in blob files; `default` is unused.
//! Streamed blobs are files of their own (`files`).

pub(in crate::storage) mod acknowledged;
pub(in crate::storage) mod blob;
pub(in crate::storage) mod files;
pub(in crate::storage) mod hot_rows;
pub(in crate::storage) mod inline;
pub(in crate::storage) mod leftovers;
pub(in crate::storage) mod meta;
pub(in crate::storage) mod opening;
pub(in crate::storage) mod options;
pub(in crate::storage) mod reclaim;
pub(in crate::storage) mod removal;
pub(in crate::storage) mod retired_logs;
pub(in crate::storage) mod sequencer;
pub(in crate::storage) mod space;
pub(in crate::storage) mod stats;

use crate::base::clock::Clock;
use crate::base::task::BlockingPool;
use crate::model::id::BlobId;
use crate::storage::engine::Engine;
use crate::storage::error::{EngineError, OpenEngineError, StoreError};
use crate::storage::rocks::acknowledged::Acknowledged;
use crate::storage::rocks::files::BlobFiles;
use crate::storage::rocks::hot_rows::HotRows;
use crate::storage::rocks::inline::InlineReads;
use crate::storage::rocks::retired_logs::RetiredLogs;
use crate::storage::rocks::sequencer::{Message, QUEUE_MAX};
use crate::storage::rocks::space::{FreeSpace, Payload};
use crate::storage::types::{EngineCaps, EngineHealth, PiecePlace, ReadOnlyReason};
use async_trait::async_trait;
use bytes::Bytes;
use rocksdb::{ColumnFamily, DB, ErrorKind, Options};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::{Semaphore, mpsc};

pub use options::RocksOptions;

/// What can be said about a row or a piece without blocking.
pub(in crate::storage) enum Glimpse {
    /// It has this value, or there is none.
    Known(Option<Bytes>),
    /// Only a read from disk, or of what lies below, can tell.
    Unknown,
}

/// What the threads share. The database closes, and lets go of its folder, with the last of them.
pub(in crate::storage) struct Shared {
    pub(in crate::storage) db: DB,
    /// Kept for its statistics.
    pub(in crate::storage) database: Options,
    pub(in crate::storage) hot_rows: HotRows,
    pub(in crate::storage) acknowledged: Acknowledged,
    pub(in crate::storage) files: BlobFiles,
    pub(in crate::storage) space: FreeSpace,
    /// Set once, never cleared: only opening again reads back what the log holds.
    read_only: OnceLock<ReadOnlyReason>,
    /// Held while pieces are read and written anew, and by deletions.
    pub(in crate::storage) moving: Mutex<()>,
}

/// The engine.
///
/// Dropping it ends the queued commits and waits for the commit thread. The folder is free for
/// another opening when the closures that dropped futures left in the pool have ended too.
pub struct RocksEngine {
    pub(in crate::storage) shared: Arc<Shared>,
    pub(in crate::storage) pool: BlockingPool,
    inline: InlineReads,
    pub(in crate::storage) clock: Arc<dyn Clock>,
    /// Turns for making streamed blobs durable.
    pub(in crate::storage) syncs: Semaphore,
    /// The pace of `reclaim`; 0 for as fast as it goes.
    pub(in crate::storage) reclaim_bytes_per_s: u64,
    /// `None` only while the engine is dropped.
    queue: Option<mpsc::Sender<Message>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// `None` once the store is closed.
    retired_logs: Mutex<Option<RetiredLogs>>,
}

impl std::fmt::Debug for RocksEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RocksEngine")
            .field("path", &self.shared.db.path())
            .finish_non_exhaustive()
    }
}

impl RocksEngine {
    /// Files of long blobs kept open for reading, beside `RocksOptions::max_open_files`.
    pub const BLOB_FILES_OPEN_MAX: usize = files::OPEN_MAX;

    /// Opens the store, creating it where there is none. Blocks while the log is replayed: under
    /// two seconds after a kill, because the log is bounded.
    ///
    /// # Errors
    /// `Locked` when another process has it; `LogDamaged` when acknowledged commits are missing;
    /// `Refused` with the engine's words otherwise.
    pub fn open(
        options: RocksOptions,
        clock: Arc<dyn Clock>,
        pool: BlockingPool,
    ) -> Result<Self, OpenEngineError> {
        let (db, database) = opening::open(&options)?;
        let RocksOptions {
            path,
            min_free_bytes,
            reclaim_bytes_per_s,
            ..
        } = options;
        let folder_error = |source| OpenEngineError::Folder {
            path: path.clone(),
            source,
        };
        let acknowledged = Acknowledged::open(&path).map_err(folder_error)?;
        let files = BlobFiles::open(&path).map_err(folder_error)?;
        let retired_logs = RetiredLogs::remove_from(&path).map_err(OpenEngineError::Thread)?;
        let space = FreeSpace::new(path, min_free_bytes, Arc::clone(&clock));
        let shared = Arc::new(Shared {
            db,
            database,
            hot_rows: HotRows::default(),
            acknowledged,
            files,
            space,
            read_only: OnceLock::new(),
            moving: Mutex::new(()),
        });
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        let for_thread = Arc::clone(&shared);
        // A thread of its own, not one of the pool: it lives as long as the engine, and a pool full
        // of readers must not hold up commits. It ends in `close` or `Drop`.
        let builder = std::thread::Builder::new().name("commit".to_owned());
        let thread = builder
            .spawn(move || sequencer::run(&for_thread, receiver))
            .map_err(OpenEngineError::Thread)?;
        Ok(Self {
            shared,
            pool,
            inline: InlineReads::default(),
            clock,
            syncs: Semaphore::new(blob::SYNCS_MAX),
            reclaim_bytes_per_s,
            queue: Some(sender),
            thread: Mutex::new(Some(thread)),
            retired_logs: Mutex::new(Some(retired_logs)),
        })
    }

    pub(in crate::storage) fn queue(&self) -> Result<&mpsc::Sender<Message>, EngineError> {
        self.queue.as_ref().ok_or(EngineError::Closed)
    }

    /// Reads a row or a piece: here if that needs no wait, else in the pool.
    pub(in crate::storage) async fn read(
        &self,
        in_memory: impl FnOnce(&Shared) -> Result<Glimpse, EngineError>,
        read: impl FnOnce(&Shared) -> Result<Option<Bytes>, EngineError> + Send + 'static,
    ) -> Result<Option<Bytes>, EngineError> {
        let shared = Arc::clone(&self.shared);
        let read = move || read(&shared);
        match self.inline.try_read(&*self.clock, read) {
            Ok(found) => found,
            Err(read) => match in_memory(&self.shared)? {
                Glimpse::Known(found) => Ok(found),
                Glimpse::Unknown => self.pool.run(read).await?,
            },
        }
    }

    fn take_thread(&self) -> Option<JoinHandle<()>> {
        lock(&self.thread).take()
    }
}

impl Drop for RocksEngine {
    fn drop(&mut self) {
        // The last sender: nobody is inside `commit`, which borrows the engine.
        drop(self.queue.take());
        join(self.take_thread());
        // Ahead of the database, whose folder another may open when it is closed.
        drop(lock(&self.retired_logs).take());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn join(thread: Option<JoinHandle<()>>) {
    if thread.is_some_and(|thread| thread.join().is_err()) {
        tracing::error!("commit thread panicked");
    }
}

impl Shared {
    pub(in crate::storage) fn family(
        &self,
        name: &'static str,
    ) -> Result<&ColumnFamily, EngineError> {
        self.db.cf_handle(name).ok_or_else(|| EngineError::Io {
            operation: "find column family",
            source: StoreError::new(name),
        })
    }

    /// Refuses writes to a store that has been closed or whose log has failed.
    pub(in crate::storage) fn refuse_read_only(&self) -> Result<(), EngineError> {
        match self.read_only.get() {
            None => Ok(()),
            Some(ReadOnlyReason::Closed) => Err(EngineError::Closed),
            Some(ReadOnlyReason::LogFailed) => Err(EngineError::ReadOnly),
        }
    }

    /// No more writes, for the first reason given.
    pub(in crate::storage) fn make_read_only(&self, reason: ReadOnlyReason) {
        self.read_only.get_or_init(|| reason);
    }

    /// Takes note of a failed write: what the log holds now is known only after it has been read.
    pub(in crate::storage) fn write_failed(
        &self,
        operation: &'static str,
        source: rocksdb::Error,
    ) -> EngineError {
        self.make_read_only(ReadOnlyReason::LogFailed);
        tracing::error!(
            operation,
            error = %source,
            "write failed; the store takes no more writes until the process is restarted"
        );
        store_error(operation, source)
    }
}

/// Bytes of a piece's name.
pub(in crate::storage) const PIECE_NAME_LEN: usize = 20;
/// The name of a piece in column family `data`.
pub(in crate::storage) type PieceName = [u8; PIECE_NAME_LEN];

pub(in crate::storage) fn piece_name(blob: BlobId, piece_index: u32) -> PieceName {
    let mut name = [0; PIECE_NAME_LEN];
    let (id, index) = name.split_at_mut(16);
    id.copy_from_slice(blob.as_bytes());
    index.copy_from_slice(&piece_index.to_be_bytes());
    name
}

/// The piece of a name.
pub(in crate::storage) fn place_of(name: &PieceName) -> PiecePlace {
    let (mut blob, mut piece_index) = ([0; 16], [0; 4]);
    let (id, index) = name.split_at(16);
    blob.copy_from_slice(id);
    piece_index.copy_from_slice(index);
    PiecePlace {
        blob: BlobId::from_bytes(blob),
        piece_index: u32::from_be_bytes(piece_index),
    }
}

/// Sorts RocksDB's errors into damage and the rest.
pub(in crate::storage) fn store_error(
    operation: &'static str,
    source: rocksdb::Error,
) -> EngineError {
    let kind = source.kind();
    let source = StoreError::new(&source.into_string());
    if kind == ErrorKind::Corruption {
        EngineError::Corrupt { operation, source }
    } else {
        EngineError::Io { operation, source }
    }
}

impl Shared {
    /// Moves everything from the log into tables and blob files, so that the next start replays
    /// nothing, and one damaged record costs one object instead of the start.
    fn settle(&self) -> Result<(), EngineError> {
        let synced = self.db.flush_wal(true);
        synced.map_err(|source| store_error("sync log", source))?;
        for family in [options::META, options::DATA] {
            let flushed = self.db.flush_cf(self.family(family)?);
            flushed.map_err(|source| store_error("flush memtable", source))?;
        }
        Ok(())
    }
}

#[async_trait]
impl Engine for RocksEngine {
    fn caps(&self) -> EngineCaps {
        EngineCaps {
            name: "rocksdb",
            is_durable: true,
        }
    }

    fn health(&self) -> EngineHealth {
        if let Some(reason) = self.shared.read_only.get() {
            return EngineHealth::ReadOnly { reason: *reason };
        }
        match self.shared.space.admit(Payload::Data) {
            Ok(()) => EngineHealth::ReadWrite,
            Err(_full) => EngineHealth::Full,
        }
    }

    fn stats(&self) -> Vec<(&'static str, u64)> {
        let mut figures = self.shared.figures();
        figures.push(("inline_read_pauses", self.inline.pauses()));
        figures
    }

    async fn close(&self) {
        // Only the first call finds it.
        let Some(thread) = self.take_thread() else {
            return;
        };
        if let Ok(queue) = self.queue() {
            // An error means that the thread has ended already.
            drop(queue.send(Message::Close).await);
        }
        let shared = Arc::clone(&self.shared);
        let retired_logs = lock(&self.retired_logs).take();
        let closed = self.pool.run(move || {
            join(Some(thread));
            drop(retired_logs);
            shared.make_read_only(ReadOnlyReason::Closed);
            let settled = shared.settle();
            if let Err(error) = shared.acknowledged.sync() {
                tracing::warn!(error = %error, "end of the log could not be noted");
            }
            shared.db.cancel_all_background_work(true);
            settled
        });
        match closed.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::error!(error = %error, "store not settled; the next start replays");
            }
            Err(error) => tracing::error!(error = %error, "store could not be closed"),
        }
    }
}
