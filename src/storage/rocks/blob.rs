//! `BlobStore` on RocksDB and the file system.
//!
//! Owns: which blob lies where; pieces of riding blobs as values of column family `data`, and their
//! deletion. Not here: how they get there (`sequencer`), the files of streamed ones (`files`),
//! giving space back (`reclaim`).

use crate::model::id::BlobId;
use crate::storage::engine::BlobStore;
use crate::storage::error::EngineError;
use crate::storage::rocks::files::Peek;
use crate::storage::rocks::options::{self, DATA};
use crate::storage::rocks::space::Payload;
use crate::storage::rocks::{Glimpse, RocksEngine, Shared, piece_name, store_error};
use crate::storage::types::{FinishedBlob, PiecePlace, PieceSlot, StoredBlob};
use async_trait::async_trait;
use bytes::Bytes;
use rocksdb::{ErrorKind, ReadOptions, ReadTier, WriteBatch};
use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Arc, PoisonError};

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

    fn delete_blobs(&self, blobs: &[StoredBlob]) -> Result<(), EngineError> {
        let streamed = blobs.iter().filter(|blob| blob.is_streamed());
        let missing = self.files.delete(streamed.map(|blob| blob.blob))?;
        let missing: HashSet<BlobId> = missing.into_iter().collect();
        let data = self.family(DATA)?;
        let mut batch = WriteBatch::default();
        let in_rows = |blob: &&StoredBlob| !blob.is_streamed() || missing.contains(&blob.blob);
        for StoredBlob { blob, piece_count } in blobs.iter().filter(in_rows).copied() {
            match piece_count {
                Some(piece_count) => (0..piece_count)
                    .for_each(|index| batch.delete_cf(data, piece_name(blob, index))),
                // Range deletions slow reads down until they are compacted; blobs that ended before
                // their first piece are few. The end is excluded, but no blob has 2^32 pieces.
                None => {
                    batch.delete_range_cf(data, piece_name(blob, 0), piece_name(blob, u32::MAX));
                }
            }
        }
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
    async fn put_piece(
        &self,
        blob: BlobId,
        slot: PieceSlot,
        piece: Bytes,
    ) -> Result<(), EngineError> {
        self.shared.refuse_read_only()?;
        self.shared.space.admit(Payload::Data)?;
        let shared = Arc::clone(&self.shared);
        // Cancelled here: the piece is written or not, under an id that no commit will attach.
        self.pool
            .run(move || shared.files.write(blob, slot.offset, &piece))
            .await?
    }

    async fn finish(&self, blob: BlobId, piece_count: u32) -> Result<FinishedBlob, EngineError> {
        self.shared.refuse_read_only()?;
        let shared = Arc::clone(&self.shared);
        self.pool.run(move || shared.files.sync(blob)).await??;
        Ok(FinishedBlob::streamed(blob, piece_count))
    }

    async fn read_piece(
        &self,
        blob: StoredBlob,
        slot: PieceSlot,
        range: Range<usize>,
    ) -> Result<Option<Bytes>, EngineError> {
        let shared = Arc::clone(&self.shared);
        if blob.is_streamed() {
            if let Peek::Bytes(bytes) = shared.files.peek(blob.blob, &in_blob(slot, &range)) {
                return Ok(Some(bytes));
            }
            let read = move || shared.read_streamed(blob.blob, slot, &range);
            return self.pool.run(read).await?;
        }
        let name = piece_name(blob.blob, slot.index);
        if let Glimpse::Known(piece) = shared.read_row(&name, &range, ReadTier::BlockCache)? {
            return Ok(piece);
        }
        let read = move || shared.read_row_anyhow(&name, &range);
        self.pool.run(read).await?
    }

    async fn delete_blobs(&self, blobs: Vec<StoredBlob>) -> Result<(), EngineError> {
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
