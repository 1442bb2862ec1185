//! Writing one streamed blob.
//!
//! Owns: `Writing`; the aligned buffer, the padding at the end, the sync. Not here: names and
//! folders (`files`).
//!
//! The kernel's cache is passed by (`O_DIRECT`) where the file system can do that: a copy, the
//! allocation of pages and their write-back cost 0.9 s of CPU a GB by eight writers of 8 MiB,
//! direct writes 0.1, at 1.6 times the speed; and a night of backups does not push everything else
//! out of the cache.

use rustix::fs::OFlags;
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// What addresses and lengths of direct writes are multiples of: enough for disks with blocks of
/// 512 bytes and of 4 KiB.
const ALIGNMENT: usize = 4096;
/// Bytes of one write, and of memory for each blob that is being written. Larger ones gain nothing
/// by several writers.
const BUFFER_LEN: usize = 256 * 1024;

/// A blob that is being written.
#[derive(Default)]
pub(in crate::storage) struct Writing {
    /// From the first piece on. The file stays open until it is synced: the kernel tells a failed
    /// write-back to those who had the file open then, and may have forgotten it when the file is
    /// opened again.
    sink: Mutex<Option<Sink>>,
    /// Set before the blob may be deleted: a piece that is late makes no file.
    is_abandoned: AtomicBool,
}

struct Sink {
    file: File,
    buffer: Vec<u8>,
    /// The first aligned byte of it.
    start: usize,
    /// How much is in it.
    filled: usize,
    /// Bytes of the file.
    written: u64,
}

impl Writing {
    /// Ends it, ahead of its deletion.
    pub(in crate::storage) fn abandon(&self) {
        self.is_abandoned.store(true, Ordering::SeqCst);
    }

    /// Takes a piece that lies behind `offset` bytes of others; the first makes the file.
    pub(in crate::storage) fn write(
        &self,
        (path, is_direct): (&Path, bool),
        offset: u64,
        piece: &[u8],
    ) -> std::io::Result<()> {
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        if offset == 0 && sink.is_none() {
            let file = create(path, is_direct)?;
            // It is deleted only after it was abandoned. So either this sees it, or the deletion
            // sees the file.
            if self.is_abandoned.load(Ordering::SeqCst) {
                std::fs::remove_file(path)?;
                return Err(Error::other("the blob was abandoned"));
            }
            *sink = Some(Sink::new(file));
        }
        let begun = sink.as_mut().ok_or_else(not_begun)?;
        if begun.len() != offset {
            return Err(Error::other("the pieces are out of order"));
        }
        let written = begun.write(piece);
        if written.is_err() {
            // How much of it is in the file is not known any more: the blob is lost.
            *sink = None;
        }
        written
    }

    /// Makes all that was written durable. Nothing more is written.
    pub(in crate::storage) fn sync(&self) -> std::io::Result<()> {
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        sink.take().ok_or_else(not_begun)?.sync()
    }
}

/// What is told of a blob that has no first piece.
pub(in crate::storage) fn not_begun() -> Error {
    Error::new(ErrorKind::NotFound, "the blob was not begun, or has ended")
}

fn create(path: &Path, is_direct: bool) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    if is_direct {
        options.custom_flags(OFlags::DIRECT.bits().cast_signed());
    }
    options.open(path)
}

/// Whether the file system takes direct writes, tried with a file of this name.
pub(in crate::storage) fn takes_direct_writes(path: &Path) -> std::io::Result<bool> {
    let remove = || match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    remove()?;
    // The padding is a direct write of one block.
    let tried = create(path, true).and_then(|file| {
        let mut sink = Sink::new(file);
        sink.write(b"direct")?;
        sink.sync()
    });
    remove()?;
    match tried {
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::Unsupported
            ) =>
        {
            Ok(false)
        }
        tried => tried.map(|()| true),
    }
}

impl Sink {
    fn new(file: File) -> Self {
        let buffer = vec![0; BUFFER_LEN + ALIGNMENT];
        let start = buffer.as_ptr().align_offset(ALIGNMENT);
        Self {
            file,
            buffer,
            start,
            filled: 0,
            written: 0,
        }
    }

    fn len(&self) -> u64 {
        self.written.saturating_add(self.filled as u64)
    }

    fn bytes(&mut self) -> &mut [u8] {
        let bytes = self.buffer.get_mut(self.start..);
        bytes
            .and_then(|bytes| bytes.get_mut(..BUFFER_LEN))
            .unwrap_or_default()
    }

    fn write(&mut self, mut piece: &[u8]) -> std::io::Result<()> {
        while !piece.is_empty() {
            let filled = self.filled;
            let room = self.bytes().get_mut(filled..).unwrap_or_default();
            let (now, later) = piece.split_at(room.len().min(piece.len()));
            room.split_at_mut(now.len()).0.copy_from_slice(now);
            piece = later;
            self.filled += now.len();
            if self.filled == BUFFER_LEN {
                self.flush(BUFFER_LEN)?;
            }
        }
        Ok(())
    }

    /// Writes so much of the buffer.
    fn flush(&mut self, len: usize) -> std::io::Result<()> {
        let offset = self.written;
        let (buffer, start) = (&self.buffer, self.start);
        let bytes = buffer.get(start..start + len).unwrap_or_default();
        self.file.write_all_at(bytes, offset)?;
        self.written += len as u64;
        self.filled = 0;
        Ok(())
    }

    fn sync(mut self) -> std::io::Result<()> {
        let len = self.len();
        if self.filled > 0 {
            let filled = self.filled;
            let padded = filled.next_multiple_of(ALIGNMENT);
            // Of another part of the blob: not to stay in the file, not even cut off.
            self.bytes()
                .get_mut(filled..padded)
                .unwrap_or_default()
                .fill(0);
            self.flush(padded)?;
        }
        if self.written != len {
            self.file.set_len(len)?;
        }
        self.file.sync_data()
    }
}
