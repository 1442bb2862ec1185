//! `BlobStore` on RocksDB.
//!
//! Owns: pieces as values of column family `data`; deletion.
//! Not here: the pieces that ride in a commit's own batch (`sequencer`), giving space back
//! (`reclaim`).

use crate::model::id::BlobId;
use crate::storage::engine::BlobStore;
use crate::storage::error::EngineError;
use crate::storage::rocks::options::{self, DATA};
use crate::storage::rocks::space::Payload;
use crate::storage::rocks::{Glimpse, RocksEngine, Shared, piece_name, store_error};
use crate::storage::types::{FinishedBlob, PiecePlace};
use async_trait::async_trait;
use bytes::Bytes;
use rocksdb::{ErrorKind, ReadOptions, ReadTier, WriteBatch};
use std::ops::Range;
use std::sync::{Arc, PoisonError};

fn clip(piece: &[u8], range: &Range<usize>) -> Bytes {
    let end = range.end.min(piece.len());
    Bytes::copy_from_slice(piece.get(range.start.min(end)..end).unwrap_or_default())
}

impl Shared {
    /// `Unknown` only with a tier that stays in memory.
    fn read_piece(
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

    fn put_piece(&self, name: &[u8], piece: &[u8]) -> Result<(), EngineError> {
        let written = self
            .db
            .put_cf_opt(self.family(DATA)?, name, piece, &options::streamed());
        written.map_err(|source| self.write_failed("write piece", source))
    }

    fn delete_blob(&self, blob: BlobId, piece_count: Option<u32>) -> Result<(), EngineError> {
        let data = self.family(DATA)?;
        let mut batch = WriteBatch::default();
        match piece_count {
            Some(piece_count) => {
                (0..piece_count).for_each(|index| batch.delete_cf(data, piece_name(blob, index)));
            }
            // Range deletions slow reads down until they are compacted; orphans are few. The end is
            // excluded, but no blob has 2^32 pieces.
            None => batch.delete_range_cf(data, piece_name(blob, 0), piece_name(blob, u32::MAX)),
        }
        // A piece that is being moved is not put back behind its deletion.
        let _not_moving = self.moving.lock().unwrap_or_else(PoisonError::into_inner);
        let written = self.db.write_opt(batch, &options::streamed());
        written.map_err(|source| self.write_failed("delete blob", source))
    }
}

#[async_trait]
impl BlobStore for RocksEngine {
    async fn put_piece(
        &self,
        blob: BlobId,
        piece_index: u32,
        piece: Bytes,
    ) -> Result<(), EngineError> {
        self.shared.refuse_read_only()?;
        self.shared.space.admit(Payload::Data)?;
        let shared = Arc::clone(&self.shared);
        // Cancelled here: the piece is written or not, under an id that no commit will attach.
        self.pool
            .run(move || shared.put_piece(&piece_name(blob, piece_index), &piece))
            .await?
    }

    async fn finish(
        &self,
        blob: BlobId,
        piece_count: u32,
        tail: Vec<(u32, Bytes)>,
    ) -> Result<FinishedBlob, EngineError> {
        Ok(FinishedBlob {
            blob,
            piece_count,
            deferred: tail,
        })
    }

    async fn read_piece(
        &self,
        blob: BlobId,
        piece_index: u32,
        range: Range<usize>,
    ) -> Result<Option<Bytes>, EngineError> {
        let name = piece_name(blob, piece_index);
        let glimpse = self
            .shared
            .read_piece(&name, &range, ReadTier::BlockCache)?;
        if let Glimpse::Known(piece) = glimpse {
            return Ok(piece);
        }
        let shared = Arc::clone(&self.shared);
        let read = move || shared.read_piece(&name, &range, ReadTier::All);
        match self.pool.run(read).await?? {
            Glimpse::Known(piece) => Ok(piece),
            Glimpse::Unknown => Ok(None),
        }
    }

    async fn delete_blob(&self, blob: BlobId, piece_count: Option<u32>) -> Result<(), EngineError> {
        // Not refused when space is low: deleting is what helps.
        self.shared.refuse_read_only()?;
        let shared = Arc::clone(&self.shared);
        self.pool
            .run(move || shared.delete_blob(blob, piece_count))
            .await?
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
