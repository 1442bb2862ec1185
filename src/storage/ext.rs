//! Conveniences written once on top of the traits.
//!
//! Owns: `EngineExt`: scans that gather a state or a page; a piece that is waited for.
//! Not here: what an engine has to implement (`storage::engine`).

use crate::base::task::PoolError;
use crate::model::id::BlobId;
use crate::storage::engine::Engine;
use crate::storage::error::EngineError;
use crate::storage::types::{Partition, PieceSlot, ScanRange, ScanStep};
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::{Arc, Mutex, PoisonError};

/// Conveniences of every engine.
#[async_trait]
pub trait EngineExt {
    /// Scans with a state that `step` builds up, and returns it.
    ///
    /// # Errors
    /// As `MetaStore::scan`.
    ///
    /// # Cancel safety
    /// As `MetaStore::scan`; the state is lost.
    async fn visit<V, F>(
        &self,
        partition: Partition,
        range: ScanRange,
        state: V,
        step: F,
    ) -> Result<V, EngineError>
    where
        V: Send + 'static,
        F: FnMut(&mut V, &[u8], &[u8]) -> ScanStep + Send + 'static;

    /// Writes a piece of a blob that is streamed, and waits for it.
    ///
    /// # Errors
    /// As `BlobStore::begin_pieces`.
    async fn put_piece(
        &self,
        blob: BlobId,
        slot: PieceSlot,
        piece: Bytes,
    ) -> Result<(), EngineError>;

    /// The first `limit` rows of a range, copied.
    ///
    /// # Errors
    /// As `MetaStore::scan`.
    async fn scan_page(
        &self,
        partition: Partition,
        range: ScanRange,
        limit: usize,
    ) -> Result<Vec<(Bytes, Bytes)>, EngineError>;
}

#[async_trait]
impl<E: Engine + ?Sized> EngineExt for E {
    async fn visit<V, F>(
        &self,
        partition: Partition,
        range: ScanRange,
        state: V,
        step: F,
    ) -> Result<V, EngineError>
    where
        V: Send + 'static,
        F: FnMut(&mut V, &[u8], &[u8]) -> ScanStep + Send + 'static,
    {
        // The visitor outlives this call when the future is dropped, so the state is shared with
        // it.
        let shared = Arc::new(Mutex::new(Some((state, step))));
        let for_visitor = Arc::clone(&shared);
        let visitor = move |meta_key: &[u8], value: &[u8]| {
            let mut shared = for_visitor.lock().unwrap_or_else(PoisonError::into_inner);
            let Some((state, step)) = shared.as_mut() else {
                return ScanStep::Stop;
            };
            step(state, meta_key, value)
        };
        self.scan(partition, range, Box::new(visitor)).await?;
        let shared = shared.lock().unwrap_or_else(PoisonError::into_inner).take();
        // It is there: nobody else takes it.
        shared
            .map(|(state, _step)| state)
            .ok_or(EngineError::Pool(PoolError))
    }

    async fn put_piece(
        &self,
        blob: BlobId,
        slot: PieceSlot,
        piece: Bytes,
    ) -> Result<(), EngineError> {
        self.begin_pieces(blob, slot, vec![piece]).await?.await
    }

    async fn scan_page(
        &self,
        partition: Partition,
        range: ScanRange,
        limit: usize,
    ) -> Result<Vec<(Bytes, Bytes)>, EngineError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let gather = move |rows: &mut Vec<(Bytes, Bytes)>, meta_key: &[u8], value: &[u8]| {
            rows.push((
                Bytes::copy_from_slice(meta_key),
                Bytes::copy_from_slice(value),
            ));
            if rows.len() < limit {
                ScanStep::Continue
            } else {
                ScanStep::Stop
            }
        };
        self.visit(partition, range, Vec::new(), gather).await
    }
}
