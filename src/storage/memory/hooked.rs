//! For tests: the reference engine with something happening at its commits.

use crate::model::id::BlobId;
use crate::storage::engine::{BlobStore, Engine, MetaStore, PieceWrite};
use crate::storage::error::{CommitError, EngineError};
use crate::storage::memory::MemoryEngine;
use crate::storage::types::{
    EngineCaps, EngineHealth, FinishedBlob, MetaBatch, Partition, PiecePlace, PieceSlot, ScanRange,
    StoredBlob, Visitor,
};
use async_trait::async_trait;
use bytes::Bytes;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// What happens at a commit.
#[derive(Debug)]
pub(crate) enum Incident {
    /// It is applied as always.
    None,
    /// It is refused.
    Refused(CommitError),
    /// Another one that was on its way is applied ahead of it.
    Ahead(MetaBatch),
}

type Hook = Box<dyn FnMut() -> Incident + Send>;

/// The reference engine with a hook.
pub(crate) struct HookedEngine {
    inner: MemoryEngine,
    hook: Mutex<Hook>,
}

impl std::fmt::Debug for HookedEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HookedEngine").finish_non_exhaustive()
    }
}

impl HookedEngine {
    /// An empty engine that asks `hook` at each commit.
    pub(crate) fn new(hook: impl FnMut() -> Incident + Send + 'static) -> Self {
        Self {
            inner: MemoryEngine::new(),
            hook: Mutex::new(Box::new(hook)),
        }
    }
}

#[async_trait]
impl MetaStore for HookedEngine {
    async fn get(&self, partition: Partition, row: &[u8]) -> Result<Option<Bytes>, EngineError> {
        MetaStore::get(&self.inner, partition, row).await
    }

    async fn scan(
        &self,
        partition: Partition,
        range: ScanRange,
        visitor: Visitor,
    ) -> Result<(), EngineError> {
        self.inner.scan(partition, range, visitor).await
    }

    async fn commit(&self, batch: MetaBatch) -> Result<(), CommitError> {
        let incident = self.hook.lock().unwrap_or_else(PoisonError::into_inner)();
        match incident {
            Incident::None => {}
            Incident::Refused(error) => return Err(error),
            Incident::Ahead(ahead) => self.inner.commit(ahead).await?,
        }
        self.inner.commit(batch).await
    }
}

#[async_trait]
impl BlobStore for HookedEngine {
    async fn begin_pieces(
        &self,
        blob: BlobId,
        first: PieceSlot,
        pieces: Vec<Bytes>,
    ) -> Result<PieceWrite, EngineError> {
        self.inner.begin_pieces(blob, first, pieces).await
    }

    async fn finish(&self, blob: BlobId, piece_count: u32) -> Result<FinishedBlob, EngineError> {
        self.inner.finish(blob, piece_count).await
    }

    fn abandon(&self, blob: BlobId) {
        self.inner.abandon(blob);
    }

    async fn read_piece(
        &self,
        blob: StoredBlob,
        slot: PieceSlot,
        range: Range<usize>,
    ) -> Result<Option<Bytes>, EngineError> {
        self.inner.read_piece(blob, slot, range).await
    }

    async fn delete_blobs(&self, blobs: Vec<StoredBlob>) -> Result<Vec<BlobId>, EngineError> {
        self.inner.delete_blobs(blobs).await
    }

    async fn is_reclaim_due(&self, bytes: u64) -> Result<bool, EngineError> {
        self.inner.is_reclaim_due(bytes).await
    }

    async fn reclaim(
        &self,
        from: PiecePlace,
        last: BlobId,
    ) -> Result<Option<PiecePlace>, EngineError> {
        self.inner.reclaim(from, last).await
    }
}

#[async_trait]
impl Engine for HookedEngine {
    fn caps(&self) -> EngineCaps {
        self.inner.caps()
    }

    fn health(&self) -> EngineHealth {
        self.inner.health()
    }

    fn stats(&self) -> Vec<(&'static str, u64)> {
        self.inner.stats()
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}
