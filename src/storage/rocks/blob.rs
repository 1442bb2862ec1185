//! `BlobStore` on RocksDB and the file system.
//!
//! Owns: which blob lies where; pieces of riding blobs as values of column family `data`, and their
//! deletion. Not here: how they get there (`sequencer`), the files of streamed ones (`files`),
//! giving space back (`reclaim`).

use crate::model::id::BlobId;
use crate::storage::engine::{BlobStore, PieceWrite};
use crate::storage::error::EngineError;
use crate::storage::rocks::files::Peek;
use crate::storage::rocks::options::{self, DATA};
use crate::storage::rocks::space::Payload;
use crate::storage::rocks::{Glimpse, RocksEngine, Shared, piece_name, store_error};
use crate::storage::types::{FinishedBlob, PiecePlace, PieceSlot, RIDING_PIECES_MAX, StoredBlob};
use async_trait::async_trait;
use bytes::Bytes;
use rocksdb::{ErrorKind, ReadOptions, ReadTier, WriteBatch};
use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Arc, PoisonError};

/// Bytes of deletions in one write: what requests may have to wait behind.
const DELETIONS_LEN_MAX: usize = 1 << 20;
/// Blobs that are synced at once: reads need threads of the pool too.
pub(in crate::storage) const SYNCS_MAX: usize = 8;

fn clip(piece: &[u8], range: &Range<usize>) -> Bytes {
    let end = range.end.min(piece.len());
    Bytes::copy_from_slice(piece.get(range.start.min(end)..end).unwrap_or_default())
}

/// Bytes of a piece as bytes of its blob.
fn in_blob(slot: PieceSlot, range: &Range<usize>) -> Range<u64> {
    let place = |at: usize| slot.offset.saturating_add(at as u64);
    place(range.start)..place(range.end)
}

impl Shared {
    /// `Unknown` only with a tier that stays in memory.
    fn read_row(
        &self,
        name: &[u8],
        range: &Range<usize>,
        tier: ReadTier,
    ) -> Result<Glimpse, EngineError> {
        let mut read = ReadOptions::default();
        // Pieces are read once; they would push rows and indexes out of the cache.
        read.fill_cache(false);
        read.set_read_tier(tier);
        match self.db.get_pinned_cf_opt(self.family(DATA)?, name, &read) {
            Ok(piece) => Ok(Glimpse::Known(piece.map(|piece| clip(&piece, range)))),
            Err(source) if source.kind() == ErrorKind::Incomplete && tier != ReadTier::All => {
                Ok(Glimpse::Unknown)
            }
            Err(source) => Err(store_error("read piece", source)),
        }
    }

    fn read_row_anyhow(
        &self,
        name: &[u8],
        range: &Range<usize>,
    ) -> Result<Option<Bytes>, EngineError> {
        match self.read_row(name, range, ReadTier::All)? {
            Glimpse::Known(piece) => Ok(piece),
            Glimpse::Unknown => Ok(None),
        }
    }

    /// A streamed blob without a file is of the time when all pieces were rows.
    fn read_streamed(
        &self,
        blob: BlobId,
        slot: PieceSlot,
        range: &Range<usize>,
    ) -> Result<Option<Bytes>, EngineError> {
        match self.files.read(blob, &in_blob(slot, range))? {
            None => self.read_row_anyhow(&piece_name(blob, slot.index), range),
            found => Ok(found),
        }
    }

    fn delete_blobs(&self, blobs: &[StoredBlob]) -> Result<Vec<BlobId>, EngineError> {
        let streamed = blobs.iter().filter(|blob| blob.is_streamed());
        let deletion = self.files.delete(streamed.map(|blob| blob.blob));
        let missing: HashSet<BlobId> = deletion.missing.into_iter().collect();
        let mut batch = WriteBatch::default();
        for StoredBlob { blob, piece_count } in blobs.iter().copied() {
            let has_rows = if piece_count.is_some_and(|count| count <= RIDING_PIECES_MAX) {
                true
            } else {
                // Rows of the first weeks. The first goes last, so without it there are no others.
                missing.contains(&blob)
                    && self
                        .read_row_anyhow(&piece_name(blob, 0), &(0..0))?
                        .is_some()
            };
            if has_rows {
                self.delete_rows(&mut batch, blob, piece_count)?;
            }
        }
        self.write_deletions(batch)?;
        Ok(deletion.failed)
    }

    fn delete_rows(
        &self,
        batch: &mut WriteBatch,
        blob: BlobId,
        piece_count: Option<u32>,
    ) -> Result<(), EngineError> {
        let data = self.family(DATA)?;
        let Some(piece_count) = piece_count else {
            // Range deletions slow reads down until they are compacted; these are few. The end is
            // excluded, but no blob has 2^32 pieces.
            batch.delete_range_cf(data, piece_name(blob, 0), piece_name(blob, u32::MAX));
            return Ok(());
        };
        for index in (0..piece_count).rev() {
            batch.delete_cf(data, piece_name(blob, index));
            if batch.size_in_bytes() >= DELETIONS_LEN_MAX {
                self.write_deletions(std::mem::take(batch))?;
            }
        }
        Ok(())
    }

    fn write_deletions(&self, batch: WriteBatch) -> Result<(), EngineError> {
        if batch.is_empty() {
            return Ok(());
        }
        // A piece that is being moved is not put back behind its deletion.
        let _not_moving = self.moving.lock().unwrap_or_else(PoisonError::into_inner);
        let written = self.db.write_opt(batch, &options::unsynced());
        written.map_err(|source| self.write_failed("delete blob", source))
    }
}

#[async_trait]
impl BlobStore for RocksEngine {
    async fn begin_pieces(
        &self,
        blob: BlobId,
        first: PieceSlot,
        pieces: Vec<Bytes>,
    ) -> Result<PieceWrite, EngineError> {
        self.shared.refuse_read_only()?;
        self.shared.space.admit(Payload::Data)?;
        let shared = Arc::clone(&self.shared);
        let writing = shared.files.writing(blob, first.offset)?;
        // Cancelled here: they are written or not, under an id that no commit will attach.
        let write = move || shared.files.write((blob, &writing), first.offset, &pieces);
        let begun = self.pool.begin(write).await?;
        Ok(Box::pin(async move { begun.ended().await? }))
    }

    async fn finish(&self, blob: BlobId, piece_count: u32) -> Result<FinishedBlob, EngineError> {
        self.shared.refuse_read_only()?;
        let shared = Arc::clone(&self.shared);
        let writing = shared.files.end_writing(blob)?;
        // An error would mean that it was closed, which is never done.
        let turn = self.syncs.acquire().await;
        let sync = move || shared.files.sync((blob, &writing));
        self.pool.run(sync).await??;
        drop(turn);
        Ok(FinishedBlob::streamed(blob, piece_count))
    }

    fn abandon(&self, blob: BlobId) {
        self.shared.files.abandon(blob);
    }

    async fn read_piece(
        &self,
        blob: StoredBlob,
        slot: PieceSlot,
        range: Range<usize>,
    ) -> Result<Option<Bytes>, EngineError> {
        let shared = &self.shared;
        if blob.is_streamed() {
            if let Peek::Bytes(bytes) = shared.files.peek(blob.blob, &in_blob(slot, &range)) {
                return Ok(Some(bytes));
            }
            let shared = Arc::clone(shared);
            let read = move || shared.read_streamed(blob.blob, slot, &range);
            return self.pool.run(read).await?;
        }
        let name = piece_name(blob.blob, slot.index);
        let in_memory = {
            let range = range.clone();
            move |shared: &Shared| shared.read_row(&name, &range, ReadTier::BlockCache)
        };
        let read = move |shared: &Shared| shared.read_row_anyhow(&name, &range);
        self.read(in_memory, read).await
    }

    async fn delete_blobs(&self, blobs: Vec<StoredBlob>) -> Result<Vec<BlobId>, EngineError> {
        // Not refused when space is low: deleting is what helps.
        self.shared.refuse_read_only()?;
        let shared = Arc::clone(&self.shared);
        self.pool.run(move || shared.delete_blobs(&blobs)).await?
    }

    async fn is_reclaim_due(&self, released_bytes: u64) -> Result<bool, EngineError> {
        let shared = Arc::clone(&self.shared);
        self.pool
            .run(move || shared.is_reclaim_due(released_bytes))
            .await?
    }

    async fn reclaim(
        &self,
        from: PiecePlace,
        last: BlobId,
    ) -> Result<Option<PiecePlace>, EngineError> {
        self.give_back(from, last).await
    }
}
