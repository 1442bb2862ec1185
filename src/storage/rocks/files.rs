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

use crate::model::id::BlobId;
use crate::storage::error::{EngineError, StoreError};
use bytes::{Bytes, BytesMut};
use lru::LruCache;
use rustix::fs::{Advice, fadvise};
use rustix::io::{Errno, ReadWriteFlags, preadv2};
use std::collections::BTreeSet;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Error, ErrorKind, IoSliceMut};
use std::num::{NonZeroU64, NonZeroUsize};
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Folder of these files in the folder of the database, whose own files all have other names.
const FOLDER: &str = "blobs";
/// Files kept open for reading: more than there are bodies on their way at once by default.
pub(in crate::storage) const OPEN_MAX: usize = 256;
/// Written bytes that the kernel is told to begin writing back, so that the sync at the end finds
/// little left to do, and other files' syncs do not wait behind a whole object.
const WRITE_BACK_LEN: u64 = 4 << 20;
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

/// The files of streamed blobs.
pub(in crate::storage) struct BlobFiles {
    folder: PathBuf,
    /// Files opened for reading lately.
    open: Mutex<LruCache<BlobId, Arc<File>>>,
}

impl BlobFiles {
    /// Makes the folders that are missing, durably.
    pub(in crate::storage) fn open(store: &Path) -> std::io::Result<Self> {
        let folder = store.join(FOLDER);
        let mut builder = DirBuilder::new();
        builder.mode(0o700);
        let mut is_new = make_folder(&builder, &folder)?;
        if is_new {
            sync_folder(store)?;
        }
        for byte in 0..=u8::MAX {
            is_new |= make_folder(&builder, &folder.join(hex::encode([byte])))?;
        }
        if is_new {
            sync_folder(&folder)?;
        }
        let kept = NonZeroUsize::new(OPEN_MAX).unwrap_or(NonZeroUsize::MIN);
        Ok(Self {
            folder,
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

    /// Writes a piece behind `offset` bytes of others.
    pub(in crate::storage) fn write(
        &self,
        blob: BlobId,
        offset: u64,
        piece: &[u8],
    ) -> Result<(), EngineError> {
        let write = || -> std::io::Result<()> {
            let mut options = OpenOptions::new();
            // A late piece of an upload that was given up brings no deleted file back.
            options.write(true).create(offset == 0).mode(0o600);
            let file = options.open(self.path(blob))?;
            file.write_all_at(piece, offset)?;
            let end = offset.saturating_add(piece.len() as u64);
            if end / WRITE_BACK_LEN > offset / WRITE_BACK_LEN {
                let begin = (offset / WRITE_BACK_LEN).saturating_mul(WRITE_BACK_LEN);
                // Linux begins to write dirty pages back when they are not needed, and lets go only
                // of those that are clean (mm/fadvise.c).
                advise(&file, begin, WRITE_BACK_LEN, Advice::DontNeed);
            }
            Ok(())
        };
        write().map_err(|source| failed("write piece", &source))
    }

    /// Makes a blob durable, and its name.
    pub(in crate::storage) fn sync(&self, blob: BlobId) -> Result<(), EngineError> {
        let sync = || -> std::io::Result<()> {
            File::open(self.path(blob))?.sync_data()?;
            sync_folder(&self.folder_of(blob))
        };
        sync().map_err(|source| failed("sync blob", &source))
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
            let len = file.metadata()?.len();
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

    /// Deletes blobs, durably; returns those that have no file.
    pub(in crate::storage) fn delete(
        &self,
        blobs: impl Iterator<Item = BlobId>,
    ) -> Result<Vec<BlobId>, EngineError> {
        let mut folders = BTreeSet::new();
        let mut missing = Vec::new();
        for blob in blobs {
            // Nobody reads what may be deleted; an open file would keep its space.
            drop(self.opened().pop(&blob));
            // Also of those that are missing: a try before may have ended ahead of its sync.
            folders.insert(self.folder_of(blob));
            match std::fs::remove_file(self.path(blob)) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => missing.push(blob),
                Err(error) => return Err(failed("delete blob", &error)),
            }
        }
        for folder in folders {
            sync_folder(&folder).map_err(|source| failed("sync folder of blobs", &source))?;
        }
        Ok(missing)
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

/// Whether it was missing.
fn make_folder(builder: &DirBuilder, path: &Path) -> std::io::Result<bool> {
    match builder.create(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
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
