//! Sealed streams in the blob store.
//!
//! Owns: `BlobWriter`, the only caller of `BlobStore::put_piece` (it takes nothing but
//! `SealedPiece`), and `read_piece`. Not here: sealing (`crypto`), when a blob goes (`ledger`,
//! `jobs::sweep`).

use crate::catalog::error::CatalogError;
use crate::catalog::guarded_batch;
use crate::catalog::ledger::{BlobLease, LedgerEntry};
use crate::catalog::objects::BlobRef;
use crate::crypto::SealedPiece;
use crate::model::id::{BlobId, BucketId};
use crate::model::time::Timestamp;
use crate::storage::{BlobStore, CommitError, Engine, FinishedBlob};
use bytes::Bytes;
use std::sync::Arc;

/// Pieces held back so that a small blob rides in the commit's own batch: no ledger row, no second
/// write to the log's tail, no orphan. 512 KiB at most, for each upload in flight.
const HELD_BACK_MAX: usize = 2;

/// Writes one blob piece by piece.
#[derive(Debug)]
pub struct BlobWriter {
    engine: Arc<dyn Engine>,
    bucket: BucketId,
    blob: BlobId,
    now: Timestamp,
    held_back: Vec<(u32, Bytes)>,
    piece_count: u32,
    is_streaming: bool,
    lease: BlobLease,
}

/// A blob that waits for the commit that refers to it.
#[derive(Debug)]
pub struct WrittenBlob {
    /// Its name and size.
    pub blob: BlobRef,
    /// The engine's token for the commit.
    pub finished: FinishedBlob,
    /// The blob, if it has a ledger row that the commit ends.
    pub ledgered: Option<BlobId>,
    /// Keeps the sweep away until the commit is done.
    pub lease: BlobLease,
}

impl BlobWriter {
    /// Starts a blob. Nothing is written yet.
    pub fn new(
        engine: Arc<dyn Engine>,
        bucket: BucketId,
        blob: BlobId,
        now: Timestamp,
        lease: BlobLease,
    ) -> Self {
        Self {
            engine,
            bucket,
            blob,
            now,
            held_back: Vec::new(),
            piece_count: 0,
            is_streaming: false,
            lease,
        }
    }

    /// Takes the next piece.
    ///
    /// # Errors
    /// `BucketGone`, or when the engine fails.
    ///
    /// # Cancel safety
    /// A dropped future leaves at most pieces under a ledger row, which the sweep removes.
    pub async fn write(&mut self, piece: SealedPiece) -> Result<(), CatalogError> {
        let index = self.piece_count;
        self.piece_count = index.saturating_add(1);
        if !self.is_streaming && self.held_back.len() < HELD_BACK_MAX {
            self.held_back.push((index, piece.into_bytes()));
            return Ok(());
        }
        if !self.is_streaming {
            self.enter_ledger().await?;
            self.is_streaming = true;
            for (index, piece) in std::mem::take(&mut self.held_back) {
                self.engine.put_piece(self.blob, index, piece).await?;
            }
        }
        Ok(self
            .engine
            .put_piece(self.blob, index, piece.into_bytes())
            .await?)
    }

    /// The ledger row is durable before the first piece is written (K2).
    async fn enter_ledger(&self) -> Result<(), CatalogError> {
        let mut batch = guarded_batch(self.bucket);
        LedgerEntry {
            blob: self.blob,
            extent: None,
            since: self.now,
        }
        .enter(&mut batch);
        match self.engine.commit(batch).await {
            Err(CommitError::ConditionFailed { .. }) => Err(CatalogError::BucketGone),
            other => Ok(other?),
        }
    }

    /// Ends the blob.
    ///
    /// # Errors
    /// When the engine fails.
    ///
    /// # Durability
    /// None yet: the commit that attaches `WrittenBlob::finished` makes it durable.
    pub async fn finish(self) -> Result<WrittenBlob, CatalogError> {
        let finished = self
            .engine
            .finish(self.blob, self.piece_count, self.held_back)
            .await?;
        Ok(WrittenBlob {
            blob: BlobRef {
                blob: self.blob,
                piece_count: self.piece_count,
            },
            finished,
            ledgered: self.is_streaming.then_some(self.blob),
            lease: self.lease,
        })
    }
}

/// Reads bytes of a piece; `None` when the piece does not exist.
///
/// # Errors
/// When the engine fails.
pub async fn read_piece(
    engine: &dyn Engine,
    blob: BlobId,
    piece_index: u32,
    range: std::ops::Range<usize>,
) -> Result<Option<Bytes>, CatalogError> {
    Ok(BlobStore::read_piece(engine, blob, piece_index, range).await?)
}
