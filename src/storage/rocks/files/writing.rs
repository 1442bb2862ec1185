//! Writing one streamed blob.
//!
//! Owns: `Writing`; the blocks between two pieces, the padding at the end, the sync. Not here:
//! names and folders (`files`).
//!
//! The kernel's cache is passed by (`O_DIRECT`) where the file system can do that: a copy, the
//! allocation of pages and their write-back cost 0.9 s of CPU a GB by eight writers of 8 MiB,
//! direct writes 0.1, at 1.6 times the speed; and a night of backups does not push everything else
//! out of the cache. Pieces are sealed where memory is aligned like the file (`STORED_ALIGNMENT`),
//! so they are written from there, but for their ends.

use crate::base::limits::STORED_ALIGNMENT;
use bytes::Bytes;
use rustix::fs::OFlags;
use rustix::io::{pwritev, retry_on_intr};
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, IoSlice};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Bytes of a block: what addresses and lengths of direct writes are multiples of.
const BLOCK_LEN: usize = STORED_ALIGNMENT;

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
    /// A block that was begun.
    block: Aligned,
    /// How much is in it.
    filled: usize,
    /// Bytes of the file.
    written: u64,
}

/// Zeros to begin with, where writes may come from.
struct Aligned {
    memory: Vec<u8>,
    start: usize,
    len: usize,
}

impl Aligned {
    fn new(len: usize) -> Self {
        let memory = vec![0; len.saturating_add(BLOCK_LEN)];
        let start = memory.as_ptr().align_offset(BLOCK_LEN) % BLOCK_LEN;
        Self { memory, start, len }
    }

    fn copy_of(bytes: &[u8]) -> Self {
        let mut copy = Self::new(bytes.len());
        copy.bytes_mut().copy_from_slice(bytes);
        copy
    }

    fn range(&self) -> std::ops::Range<usize> {
        self.start..self.start.saturating_add(self.len)
    }

    fn bytes(&self) -> &[u8] {
        self.memory.get(self.range()).unwrap_or_default()
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        let range = self.range();
        self.memory.get_mut(range).unwrap_or_default()
    }
}

/// Whole blocks of the file.
enum Blocks<'a> {
    /// The end of one piece and the beginning of the next, or what is not aligned.
    Copied(Aligned),
    /// Of a piece, where it lies.
    OfPiece(&'a [u8]),
}

impl Blocks<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Copied(aligned) => aligned.bytes(),
            Self::OfPiece(bytes) => bytes,
        }
    }
}

impl Writing {
    /// Ends it, ahead of its deletion.
    pub(in crate::storage) fn abandon(&self) {
        self.is_abandoned.store(true, Ordering::SeqCst);
    }

    /// Takes pieces that lie behind `offset` bytes of others; the first makes the file.
    pub(in crate::storage) fn write(
        &self,
        (path, is_direct): (&Path, bool),
        offset: u64,
        pieces: &[Bytes],
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
        let written = begun.write(pieces);
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
        sink.write(&[Bytes::from_static(b"direct")])?;
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
        Self {
            file,
            block: Aligned::new(BLOCK_LEN),
            filled: 0,
            written: 0,
        }
    }

    fn len(&self) -> u64 {
        self.written.saturating_add(self.filled as u64)
    }

    fn write(&mut self, pieces: &[Bytes]) -> std::io::Result<()> {
        let mut all = Vec::new();
        for piece in pieces {
            self.cut(piece, &mut all);
        }
        self.write_blocks(&all)
    }

    /// Cuts a piece into blocks, and keeps what makes none.
    fn cut<'a>(&mut self, mut piece: &'a [u8], all: &mut Vec<Blocks<'a>>) {
        if self.filled > 0 {
            piece = self.fill(piece);
            if self.filled < BLOCK_LEN {
                return;
            }
            all.push(Blocks::Copied(self.end_block()));
        }
        let (blocks, rest) = piece.split_at(piece.len() - piece.len() % BLOCK_LEN);
        if blocks.as_ptr().align_offset(BLOCK_LEN) == 0 {
            all.push(Blocks::OfPiece(blocks));
        } else {
            all.push(Blocks::Copied(Aligned::copy_of(blocks)));
        }
        self.fill(rest);
    }

    /// Puts as much into the block that was begun as it takes, and returns the rest.
    fn fill<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let filled = self.filled;
        let room = self.block.bytes_mut().get_mut(filled..).unwrap_or_default();
        let (now, later) = bytes.split_at(room.len().min(bytes.len()));
        room.split_at_mut(now.len()).0.copy_from_slice(now);
        self.filled += now.len();
        later
    }

    /// The block that was begun; zeros are what is not filled.
    fn end_block(&mut self) -> Aligned {
        self.filled = 0;
        std::mem::replace(&mut self.block, Aligned::new(BLOCK_LEN))
    }

    fn write_blocks(&mut self, all: &[Blocks<'_>]) -> std::io::Result<()> {
        let slices = all.iter().map(|blocks| IoSlice::new(blocks.bytes()));
        let mut slices = slices.collect::<Vec<_>>();
        let mut rest = slices.as_mut_slice();
        IoSlice::advance_slices(&mut rest, 0);
        while !rest.is_empty() {
            let done = retry_on_intr(|| pwritev(&self.file, rest, self.written))?;
            if done == 0 {
                return Err(ErrorKind::WriteZero.into());
            }
            self.written += done as u64;
            IoSlice::advance_slices(&mut rest, done);
        }
        Ok(())
    }

    fn sync(mut self) -> std::io::Result<()> {
        let len = self.len();
        if self.filled > 0 {
            let last = Blocks::Copied(self.end_block());
            self.write_blocks(&[last])?;
        }
        if self.written != len {
            self.file.set_len(len)?;
        }
        self.file.sync_data()
    }
}
