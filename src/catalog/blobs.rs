//! Sealed streams in the blob store.
//!
//! Owns: `BlobWriter`, the only caller of `BlobStore::begin_pieces` (it takes nothing but
//! `SealedPiece`), and `read_piece`. Not here: sealing (`crypto`), when a blob goes (`ledger`,
//! `jobs::sweep`).

use crate::catalog::error::CatalogError;
use crate::catalog::guarded_batch;
use crate::catalog::ledger::{BlobLease, LedgerEntry};
use crate::catalog::objects::BlobRef;
use crate::crypto::SealedPiece;
use crate::model::id::{BlobId, BucketId};
use crate::model::time::Timestamp;
use crate::storage::{
    BlobStore, CommitError, Engine, FinishedBlob, PieceSlot, PieceWrite, RIDING_PIECES_MAX,
    StoredBlob,
};
use bytes::Bytes;
use std::sync::Arc;

/// Pieces that are written together. The way to a thread that writes and back costs two threads'
/// waking up, and a disk about as long for 1 MiB as for 256 KiB.
const WRITTEN_TOGETHER: usize = 4;

/// Writes one blob piece by piece.
pub struct BlobWriter {
    engine: Arc<dyn Engine>,
    bucket: BucketId,
    blob: BlobId,
    now: Timestamp,
    /// Pieces to be written. The first are held back, so that a small blob rides in the commit's
    /// own batch: no ledger row, no file, no orphan.
    gathered: Vec<Bytes>,
    /// Where the first of them lies.
    next: PieceSlot,
    /// Pieces that are being written while their successors are made. Ahead of `stream`: they are
    /// let go before their blob is abandoned.
    under_way: Option<PieceWrite>,
    /// Once it is streamed. Ahead of the lease: it is abandoned before it may be deleted.
    stream: Option<OpenStream>,
    lease: BlobLease,
}

/// A streamed blob that has to be finished; it is abandoned when it is dropped before.
#[derive(Debug)]
struct OpenStream {
    engine: Arc<dyn Engine>,
    blob: BlobId,
    is_finished: bool,
}

impl std::fmt::Debug for BlobWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlobWriter")
            .field("blob", &self.blob)
            .finish_non_exhaustive()
    }
}

impl OpenStream {
    async fn finish(mut self, piece_count: u32) -> Result<FinishedBlob, CatalogError> {
        let finished = self.engine.finish(self.blob, piece_count).await?;
        self.is_finished = true;
        Ok(finished)
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        if !self.is_finished {
            self.engine.abandon(self.blob);
        }
    }
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
            gathered: Vec::new(),
            next: PieceSlot {
                index: 0,
                offset: 0,
            },
            under_way: None,
            stream: None,
            lease,
        }
    }

    /// Takes the next piece. An error of the engine may come with the piece behind it, or the end.
    ///
    /// # Errors
    /// `BucketGone`, or when the engine fails.
    ///
    /// # Cancel safety
    /// A dropped future leaves at most pieces under a ledger row, which the sweep removes.
    pub async fn write(&mut self, piece: SealedPiece) -> Result<(), CatalogError> {
        self.gathered.push(piece.into_bytes());
        let is_enough = if self.stream.is_some() {
            self.gathered.len() >= WRITTEN_TOGETHER
        } else {
            self.gathered.len() > RIDING_PIECES_MAX as usize
        };
        if is_enough {
            self.begin_writing().await?;
        }
        Ok(())
    }

    /// Begins to write what was gathered.
    async fn begin_writing(&mut self) -> Result<(), CatalogError> {
        if self.stream.is_none() {
            self.enter_ledger().await?;
            self.stream = Some(OpenStream {
                engine: Arc::clone(&self.engine),
                blob: self.blob,
                is_finished: false,
            });
        }
        let (first, pieces) = (self.next, std::mem::take(&mut self.gathered));
        for piece in &pieces {
            self.next.index = self.next.index.saturating_add(1);
            self.next.offset = self.next.offset.saturating_add(piece.len() as u64);
        }
        // Pieces are written in order.
        self.settle().await?;
        let begun = self.engine.begin_pieces(self.blob, first, pieces).await?;
        self.under_way = Some(begun);
        Ok(())
    }

    /// Waits for the pieces that are under way.
    async fn settle(&mut self) -> Result<(), CatalogError> {
        if let Some(write) = &mut self.under_way {
            let written = write.await;
            self.under_way = None;
            written?;
        }
        Ok(())
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
    /// A long blob survives power loss from here on. A short one is written by the commit that
    /// attaches `WrittenBlob::finished`.
    pub async fn finish(mut self) -> Result<WrittenBlob, CatalogError> {
        if self.stream.is_some() && !self.gathered.is_empty() {
            self.begin_writing().await?;
        }
        self.settle().await?;
        let is_streamed = self.stream.is_some();
        let finished = match self.stream {
            Some(stream) => stream.finish(self.next.index).await?,
            None => FinishedBlob::riding(self.blob, self.gathered),
        };
        Ok(WrittenBlob {
            blob: BlobRef {
                blob: self.blob,
                piece_count: finished.piece_count(),
            },
            finished,
            ledgered: is_streamed.then_some(self.blob),
            lease: self.lease,
        })
    }
}

impl From<BlobRef> for StoredBlob {
    fn from(blob: BlobRef) -> Self {
        Self {
            blob: blob.blob,
            piece_count: Some(blob.piece_count),
        }
    }
}

/// Reads bytes of a piece; `None` when the piece does not exist.
///
/// # Errors
/// When the engine fails.
pub async fn read_piece(
    engine: &dyn Engine,
    blob: BlobRef,
    slot: PieceSlot,
    range: std::ops::Range<usize>,
) -> Result<Option<Bytes>, CatalogError> {
    Ok(BlobStore::read_piece(engine, blob.into(), slot, range).await?)
}
