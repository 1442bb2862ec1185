//! The traits that every engine implements: minimal, without default methods.
//!
//! Owns: `MetaStore`, `BlobStore`, `Engine`; what each call promises, durably and when dropped.
//! Not here: the contract's clauses (`storage`), conveniences (`storage::ext`).

use crate::model::id::BlobId;
use crate::storage::error::{CommitError, EngineError};
use crate::storage::types::{
    EngineCaps, EngineHealth, FinishedBlob, MetaBatch, Partition, PiecePlace, PieceSlot, ScanRange,
    StoredBlob, Visitor,
};
use async_trait::async_trait;
use bytes::Bytes;
use futures::future::BoxFuture;
use std::ops::Range;

/// Ordered rows in partitions.
#[async_trait]
pub trait MetaStore: Send + Sync {
    /// Reads a row (E4).
    ///
    /// # Errors
    /// When the engine fails; never for an absent row.
    ///
    /// # Cancel safety
    /// A dropped future changes nothing.
    async fn get(
        &self,
        partition: Partition,
        meta_key: &[u8],
    ) -> Result<Option<Bytes>, EngineError>;

    /// Visits rows in order (E5).
    ///
    /// # Errors
    /// When the engine fails; rows seen before stay seen.
    ///
    /// # Cancel safety
    /// A dropped future changes nothing; the visitor may still be called for a while.
    async fn scan(
        &self,
        partition: Partition,
        range: ScanRange,
        visitor: Visitor,
    ) -> Result<(), EngineError>;

    /// Applies a batch (E2).
    ///
    /// # Errors
    /// As `CommitError` says. All but `UnknownOutcome` leave everything as it was.
    ///
    /// # Durability
    /// `Ok` means that the batch and its blobs survive power loss (E3).
    ///
    /// # Cancel safety
    /// A dropped future leaves the batch applied wholly or not at all, now or in a moment: a batch
    /// that waits for its turn is withdrawn, one that is being written is not. Read back to know.
    async fn commit(&self, batch: MetaBatch) -> Result<(), CommitError>;
}

/// Pieces of a streamed blob on their way: completes when they are written.
pub type PieceWrite = BoxFuture<'static, Result<(), EngineError>>;

/// Immutable streams of pieces.
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Begins to write pieces of a blob that is streamed (B1), one behind the other: each once, in
    /// their order, the next when those before are written. What it answers with completes when
    /// they are written, and gets there without being polled.
    ///
    /// # Errors
    /// Here or then: when the engine fails, takes no writes or is full; the pieces are to be taken
    /// as absent.
    ///
    /// # Durability
    /// None before `finish`.
    ///
    /// # Cancel safety
    /// A dropped future, this or that, leaves them written or not, now or in a moment.
    async fn begin_pieces(
        &self,
        blob: BlobId,
        first: PieceSlot,
        pieces: Vec<Bytes>,
    ) -> Result<PieceWrite, EngineError>;

    /// States that a streamed blob is whole.
    ///
    /// # Errors
    /// When the engine fails; the blob is lost then.
    ///
    /// # Durability
    /// When this returns `Ok`, all pieces survive power loss.
    ///
    /// # Cancel safety
    /// A dropped future leaves pieces that no commit refers to.
    async fn finish(&self, blob: BlobId, piece_count: u32) -> Result<FinishedBlob, EngineError>;

    /// States that a streamed blob will not be finished, ahead of its deletion: what is held for
    /// writing it is let go of, and a piece that is still on its way brings nothing back later.
    fn abandon(&self, blob: BlobId);

    /// Reads bytes of a piece (B3).
    ///
    /// # Errors
    /// When the engine fails.
    ///
    /// # Cancel safety
    /// A dropped future changes nothing.
    async fn read_piece(
        &self,
        blob: StoredBlob,
        slot: PieceSlot,
        range: Range<usize>,
    ) -> Result<Option<Bytes>, EngineError>;

    /// Deletes the pieces of blobs (B4). Works on a full engine. Returns those that could not be
    /// deleted and may still be there; each is logged or counted by the engine.
    ///
    /// # Errors
    /// When the engine fails or takes no writes; some of them may be deleted.
    ///
    /// # Durability
    /// With the next commit; so delete again until the rows that ask for it are gone.
    ///
    /// # Cancel safety
    /// A dropped future leaves some pieces; the call may be repeated.
    async fn delete_blobs(&self, blobs: Vec<StoredBlob>) -> Result<Vec<BlobId>, EngineError>;

    /// Whether the space of so many deleted bytes of riding blobs is worth what giving it back
    /// costs (B4). That of streamed ones is back when they are deleted.
    ///
    /// # Errors
    /// When the engine fails.
    async fn is_reclaim_due(&self, released_bytes: u64) -> Result<bool, EngineError>;

    /// Gives the space of deleted blobs back to the file system (B4), at a pace that leaves the
    /// disk to requests: those of the first pieces between `from` and the end of blob `last`. It
    /// answers where to go on; `None` at the end. Blobs may be deleted meanwhile.
    ///
    /// # Errors
    /// When the engine fails or takes no writes.
    ///
    /// # Cancel safety
    /// A dropped future leaves the work half done; nothing is lost.
    async fn reclaim(
        &self,
        from: PiecePlace,
        last: BlobId,
    ) -> Result<Option<PiecePlace>, EngineError>;
}

/// A whole engine.
#[async_trait]
pub trait Engine: MetaStore + BlobStore + std::fmt::Debug {
    /// What it is.
    fn caps(&self) -> EngineCaps;

    /// Whether it takes writes.
    fn health(&self) -> EngineHealth;

    /// Figures for metrics: name and value.
    fn stats(&self) -> Vec<(&'static str, u64)>;

    /// Ends the commits that have been queued, syncs, and stops background work. Writes fail with
    /// `Closed` from then on; the folder is free for another process once the engine is dropped.
    ///
    /// # Cancel safety
    /// A dropped future leaves the engine closing; dropping the engine ends it.
    ///
    /// # Durability
    /// What was committed survives.
    async fn close(&self);
}
