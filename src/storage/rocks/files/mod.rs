//! Streamed blobs: a file each, the blob's pieces one behind the other.
//!
//! Owns: `BlobFiles`: the folders, names, reads and writes of these files, and what makes them
//! durable. Not here: blobs that ride in a commit, which lie in column family `data` (`blob`).
//!
//! Layout: `blobs/<last byte of the id>/<id>`, both in hexadecimal; the last byte is random, so the
//! 256 folders fill evenly, and 10 TB in parts of 8 MiB are 5,000 files in each.
//!
//! A file is written once, synced once, read, and unlinked: a byte is written once instead of
//! twice (log and blob file), nothing is ever moved, and the space is back at once. One file of 8
//! MiB and its sync cost less than ingesting a table, at any number of files. By one writer of 1,
//! 4, 16 and 64 MiB on the machine this is built on: 0.9, 1.7, 2.2, 2.8 GB/s; through the log
//! 0.65, 0.72, 0.7, 0.89; tables 0.24, 0.85, 1.7, 2.4. Nothing here checks the bytes: every
//! segment carries the tag that it is opened by.
//!
//! A failed write or sync ends the blob, not the store: no commit refers to it.

mod writing;

use crate::model::id::BlobId;
use crate::storage::error::{EngineError, StoreError};
use crate::storage::rocks::files::writing::{Writing, not_begun, takes_direct_writes};
use crate::storage::rocks::removal;
use bytes::{Bytes, BytesMut};
use lru::LruCache;
use rustix::fs::{Advice, fadvise};
use rustix::io::{Errno, ReadWriteFlags, preadv2};
use std::collections::{BTreeMap, HashMap};
use std::fs::{DirBuilder, File};
use std::io::{Error, ErrorKind, IoSliceMut};
use std::num::{NonZeroU64, NonZeroUsize};
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Folder of these files in the folder of the database, whose own files all have other names.
const FOLDER: &str = "blobs";
/// A file that tells what the file system can do.
const PROBE: &str = "direct-write-probe";
/// Files kept open for reading: more than there are bodies on their way at once by default.
pub(in crate::storage) const OPEN_MAX: usize = 256;
/// Read ahead from where a read of a whole piece has to wait for the disk: at 0.1 ms a request,
/// what keeps a disk of 2 GB/s busy, with room for two streams.
const READ_AHEAD_LEN: u64 = 4 << 20;
/// Longest read that is tried without waiting: more than any piece.
const PEEK_MAX: usize = 1 << 20;
/// Reads of less are single ranges; what lies behind them is not wanted.
const READ_AHEAD_FROM: usize = 128 * 1024;

/// What can be said about bytes of a file without blocking.
pub(in crate::storage) enum Peek {
    /// These are they.
    Bytes(Bytes),
    /// Only a read that may block can tell.
    Unknown,
}

/// What a deletion found.
#[derive(Default)]
pub(in crate::storage) struct Deletion {
    /// Blobs without a file.
    pub missing: Vec<BlobId>,
    /// Blobs that may still be there.
    pub failed: Vec<BlobId>,
}

/// The files of streamed blobs.
pub(in crate::storage) struct BlobFiles {
    folder: PathBuf,
    /// Whether the file system takes direct writes.
    is_direct: bool,
    /// Begun and neither finished nor abandoned: as many as there are streamed bodies.
    writing: Mutex<HashMap<BlobId, Arc<Writing>>>,
    /// Blobs made durable since the start.
    synced: AtomicU64,
    /// Files opened for reading lately.
    open: Mutex<LruCache<BlobId, Arc<File>>>,
}

impl BlobFiles {
    /// Makes the folders that are missing, durably.
    pub(in crate::storage) fn open(store: &Path) -> std::io::Result<Self> {
        let folder = store.join(FOLDER);
        let mut builder = DirBuilder::new();
        builder.mode(0o700);
        make_folder(&builder, &folder)?;
        for byte in 0..=u8::MAX {
            make_folder(&builder, &folder.join(hex::encode([byte])))?;
        }
        let is_direct = takes_direct_writes(&folder.join(PROBE))?;
        if !is_direct {
            tracing::info!("the file system takes no direct writes; they go through its cache");
        }
        // Also those that were there: the start that made them may have ended ahead of this.
        sync_folder(&folder)?;
        sync_folder(store)?;
        let kept = NonZeroUsize::new(OPEN_MAX).unwrap_or(NonZeroUsize::MIN);
        Ok(Self {
            folder,
            is_direct,
            writing: Mutex::default(),
            synced: AtomicU64::new(0),
            open: Mutex::new(LruCache::new(kept)),
        })
    }

    fn folder_of(&self, blob: BlobId) -> PathBuf {
        let [.., last] = blob.as_bytes();
        self.folder.join(hex::encode([*last]))
    }

    fn path(&self, blob: BlobId) -> PathBuf {
        self.folder_of(blob).join(blob.to_string())
    }

    fn all_writing(&self) -> std::sync::MutexGuard<'_, HashMap<BlobId, Arc<Writing>>> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The blob that a piece behind `offset` bytes belongs to; the first piece begins it.
    pub(in crate::storage) fn writing(
        &self,
        blob: BlobId,
        offset: u64,
    ) -> Result<Arc<Writing>, EngineError> {
        let mut all = self.all_writing();
        if offset == 0 {
            return Ok(Arc::clone(all.entry(blob).or_default()));
        }
        let writing = all.get(&blob).map(Arc::clone);
        writing.ok_or_else(|| failed("write pieces", &not_begun()))
    }

    /// The blob that nothing more is written to.
    pub(in crate::storage) fn end_writing(
        &self,
        blob: BlobId,
    ) -> Result<Arc<Writing>, EngineError> {
        let writing = self.all_writing().remove(&blob);
        writing.ok_or_else(|| failed("sync blob", &not_begun()))
    }

    /// Lets go of a blob that will not be finished.
    pub(in crate::storage) fn abandon(&self, blob: BlobId) {
        let abandoned = self.all_writing().remove(&blob);
        if let Some(writing) = abandoned {
            writing.abandon();
        }
    }

    /// Writes pieces behind `offset` bytes of others.
    pub(in crate::storage) fn write(
        &self,
        (blob, writing): (BlobId, &Writing),
        offset: u64,
        pieces: &[Bytes],
    ) -> Result<(), EngineError> {
        let written = writing.write((&self.path(blob), self.is_direct), offset, pieces);
        written.map_err(|source| failed("write pieces", &source))
    }

    /// Makes a blob durable, and its name.
    pub(in crate::storage) fn sync(
        &self,
        (blob, writing): (BlobId, &Writing),
    ) -> Result<(), EngineError> {
        let sync = || -> std::io::Result<()> {
            writing.sync()?;
            sync_folder(&self.folder_of(blob))?;
            self.synced.fetch_add(1, Ordering::Relaxed);
            Ok(())
        };
        sync().map_err(|source| failed("sync blob", &source))
    }

    /// Blobs made durable since the start.
    pub(in crate::storage) fn synced(&self) -> u64 {
        self.synced.load(Ordering::Relaxed)
    }

    /// Bytes of a file that was opened lately, if they are in memory.
    pub(in crate::storage) fn peek(&self, blob: BlobId, range: &Range<u64>) -> Peek {
        let Some(file) = self.opened().get(&blob).map(Arc::clone) else {
            return Peek::Unknown;
        };
        let len = len_of(range);
        if len > PEEK_MAX {
            return Peek::Unknown;
        }
        let mut buffer = BytesMut::zeroed(len);
        let mut slices = [IoSliceMut::new(&mut buffer)];
        // Not all of them are in memory, or not all of them are there, or the file system cannot
        // tell: the other read does.
        match preadv2(&file, &mut slices, range.start, ReadWriteFlags::NOWAIT) {
            Ok(read) if read == buffer.len() => Peek::Bytes(buffer.freeze()),
            Ok(_) | Err(_) => Peek::Unknown,
        }
    }

    /// Bytes of a blob, clipped to its end; `None` when there is no such blob, or it ends before.
    pub(in crate::storage) fn read(
        &self,
        blob: BlobId,
        range: &Range<u64>,
    ) -> Result<Option<Bytes>, EngineError> {
        let read = || -> std::io::Result<Option<Bytes>> {
            let Some(file) = self.file(blob)? else {
                return Ok(None);
            };
            let metadata = file.metadata()?;
            if metadata.nlink() == 0 {
                // Deleted since it was looked up; kept, it would keep its space.
                drop(self.opened().pop(&blob));
                return Ok(None);
            }
            let len = metadata.len();
            let end = range.end.min(len);
            if range.start >= len {
                return Ok(None);
            }
            let mut buffer = BytesMut::zeroed(len_of(&(range.start..end)));
            if buffer.len() >= READ_AHEAD_FROM {
                advise(&file, range.start, READ_AHEAD_LEN, Advice::WillNeed);
            }
            file.read_exact_at(&mut buffer, range.start)?;
            Ok(Some(buffer.freeze()))
        };
        read().map_err(|source| failed("read piece", &source))
    }

    fn opened(&self) -> std::sync::MutexGuard<'_, LruCache<BlobId, Arc<File>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, blob: BlobId) -> std::io::Result<Option<Arc<File>>> {
        if let Some(file) = self.opened().get(&blob) {
            return Ok(Some(Arc::clone(file)));
        }
        match File::open(self.path(blob)) {
            Ok(file) => {
                let file = Arc::new(file);
                // What it may drop is closed here, not under the lock.
                let dropped = self.opened().push(blob, Arc::clone(&file));
                drop(dropped);
                Ok(Some(file))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Deletes blobs, durably. One that cannot be deleted does not keep the others, and may have
    /// lost its end.
    pub(in crate::storage) fn delete(&self, blobs: impl Iterator<Item = BlobId>) -> Deletion {
        let mut folders: BTreeMap<PathBuf, Vec<BlobId>> = BTreeMap::new();
        let mut deletion = Deletion::default();
        let note = |path: &Path, error: &Error, failed: &mut Vec<BlobId>, blobs: &[BlobId]| {
            if failed.is_empty() {
                tracing::error!(path = %path.display(), %error, "blob could not be deleted");
            }
            failed.extend(blobs);
        };
        for blob in blobs {
            self.abandon(blob);
            let path = self.path(blob);
            let removed = removal::remove(&path, || false);
            // Nobody reads what may be deleted; an open file would keep its space.
            drop(self.opened().pop(&blob));
            match removed {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => deletion.missing.push(blob),
                Err(error) => note(&path, &error, &mut deletion.failed, &[blob]),
            }
            // Also of those that are missing: a try before may have ended ahead of its sync.
            folders.entry(self.folder_of(blob)).or_default().push(blob);
        }
        for (folder, blobs) in folders {
            if let Err(error) = sync_folder(&folder) {
                note(&folder, &error, &mut deletion.failed, &blobs);
            }
        }
        deletion
    }
}

/// Tells the kernel what is about to happen. Nothing depends on it.
fn advise(file: &File, offset: u64, len: u64, advice: Advice) {
    if let Err(error) = fadvise(file, offset, NonZeroU64::new(len), advice) {
        tracing::debug!(%error, "the file system takes no advice");
    }
}

fn len_of(range: &Range<u64>) -> usize {
    usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX)
}

fn make_folder(builder: &DirBuilder, path: &Path) -> std::io::Result<()> {
    match builder.create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    File::open(path)?.sync_all()
}

fn failed(operation: &'static str, source: &Error) -> EngineError {
    let is_full = [Errno::NOSPC, Errno::DQUOT]
        .iter()
        .any(|full| source.raw_os_error() == Some(full.raw_os_error()));
    if is_full {
        return EngineError::Full;
    }
    EngineError::Io {
        operation,
        source: StoreError::new(&source.to_string()),
    }
}
