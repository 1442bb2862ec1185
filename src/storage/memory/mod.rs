//! The reference engine: the simplest correct implementation. For tests and trials; nothing
//! survives the process.
//!
//! Owns: `MemoryEngine`, maps under one lock.
//! Not here: conditions and counters (`storage::evaluate`), which all engines share.

#[cfg(test)]
pub(crate) mod hooked;

use crate::model::id::BlobId;
use crate::storage::engine::{BlobStore, Engine, MetaStore, PieceWrite};
use crate::storage::error::{CommitError, EngineError};
use crate::storage::evaluate::evaluate;
use crate::storage::types::{
    EngineCaps, EngineHealth, FinishedBlob, MetaBatch, MetaKey, Partition, PiecePlace, PieceSlot,
    ReadOnlyReason, ScanRange, ScanStep, StoredBlob, Visitor,
};
use async_trait::async_trait;
use bytes::Bytes;
use std::collections::{BTreeMap, HashMap};
use std::ops::{Bound, Range};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Debug, Default)]
struct State {
    partitions: HashMap<Partition, BTreeMap<MetaKey, Bytes>>,
    pieces: BTreeMap<(BlobId, u32), Bytes>,
    is_closed: bool,
}

/// Maps under one lock.
#[derive(Debug, Default)]
pub struct MemoryEngine {
    state: Mutex<State>,
}

impl MemoryEngine {
    /// An empty engine.
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_for_write(&self) -> Result<MutexGuard<'_, State>, EngineError> {
        let state = self.state();
        if state.is_closed {
            Err(EngineError::Closed)
        } else {
            Ok(state)
        }
    }
}

/// The first row of `start` or behind it, and before `end`.
fn first_row<'a>(
    rows: &'a BTreeMap<MetaKey, Bytes>,
    start: Bound<&[u8]>,
    end: Option<&[u8]>,
) -> Option<(&'a MetaKey, &'a Bytes)> {
    let row = rows.range::<[u8], _>((start, Bound::Unbounded)).next();
    row.filter(|(meta_key, _)| end.is_none_or(|end| meta_key.as_ref() < end))
}

#[async_trait]
impl MetaStore for MemoryEngine {
    async fn get(
        &self,
        partition: Partition,
        meta_key: &[u8],
    ) -> Result<Option<Bytes>, EngineError> {
        let state = self.state();
        Ok(state
            .partitions
            .get(&partition)
            .and_then(|rows| rows.get(meta_key))
            .cloned())
    }

    async fn scan(
        &self,
        partition: Partition,
        range: ScanRange,
        mut visitor: Visitor,
    ) -> Result<(), EngineError> {
        let state = self.state();
        let Some(rows) = state.partitions.get(&partition) else {
            return Ok(());
        };
        let end = range.end.as_deref();
        let mut next = first_row(rows, Bound::Included(&range.start), end);
        while let Some((meta_key, value)) = next {
            next = match visitor(meta_key, value) {
                ScanStep::SeekTo(target) if target.as_slice() > meta_key.as_ref() => {
                    first_row(rows, Bound::Included(&target), end)
                }
                ScanStep::Continue | ScanStep::SeekTo(_) => {
                    first_row(rows, Bound::Excluded(meta_key), end)
                }
                ScanStep::Stop => None,
            };
        }
        Ok(())
    }

    async fn commit(&self, batch: MetaBatch) -> Result<(), CommitError> {
        let mut state = self.state_for_write()?;
        let counters = evaluate(&batch, |partition, meta_key| {
            let rows = state.partitions.get(&partition);
            Ok(rows.and_then(|rows| rows.get(meta_key)).cloned())
        })?;
        let rows = state.partitions.entry(batch.partition).or_default();
        for (start, end) in &batch.delete_ranges {
            rows.retain(|meta_key, _| meta_key < start || meta_key >= end);
        }
        for meta_key in &batch.deletes {
            rows.remove(meta_key);
        }
        rows.extend(batch.puts);
        for (partition, meta_key, value) in counters {
            let rows = state.partitions.entry(partition).or_default();
            rows.insert(meta_key, value);
        }
        for (partition, meta_key, value) in batch.appends {
            let rows = state.partitions.entry(partition).or_default();
            rows.insert(meta_key, value);
        }
        for finished in batch.blobs {
            for (index, piece) in (0..).zip(finished.riding) {
                state.pieces.insert((finished.blob, index), piece);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl BlobStore for MemoryEngine {
    async fn begin_pieces(
        &self,
        blob: BlobId,
        first: PieceSlot,
        pieces: Vec<Bytes>,
    ) -> Result<PieceWrite, EngineError> {
        let named = (first.index..).map(|index| (blob, index)).zip(pieces);
        self.state_for_write()?.pieces.extend(named);
        Ok(Box::pin(std::future::ready(Ok(()))))
    }

    async fn finish(&self, blob: BlobId, piece_count: u32) -> Result<FinishedBlob, EngineError> {
        drop(self.state_for_write()?);
        Ok(FinishedBlob::streamed(blob, piece_count))
    }

    fn abandon(&self, _blob: BlobId) {}

    async fn read_piece(
        &self,
        blob: StoredBlob,
        slot: PieceSlot,
        range: Range<usize>,
    ) -> Result<Option<Bytes>, EngineError> {
        let piece = self.state().pieces.get(&(blob.blob, slot.index)).cloned();
        Ok(piece.map(|piece| {
            let end = range.end.min(piece.len());
            piece.slice(range.start.min(end)..end)
        }))
    }

    async fn delete_blobs(&self, blobs: Vec<StoredBlob>) -> Result<Vec<BlobId>, EngineError> {
        self.state_for_write()?
            .pieces
            .retain(|(owner, _), _| blobs.iter().all(|blob| blob.blob != *owner));
        Ok(Vec::new())
    }

    async fn is_reclaim_due(&self, _released_bytes: u64) -> Result<bool, EngineError> {
        Ok(true)
    }

    async fn reclaim(
        &self,
        _from: PiecePlace,
        _last: BlobId,
    ) -> Result<Option<PiecePlace>, EngineError> {
        Ok(None)
    }
}

#[async_trait]
impl Engine for MemoryEngine {
    fn caps(&self) -> EngineCaps {
        EngineCaps {
            name: "memory",
            is_durable: false,
        }
    }

    fn health(&self) -> EngineHealth {
        if self.state().is_closed {
            EngineHealth::ReadOnly {
                reason: ReadOnlyReason::Closed,
            }
        } else {
            EngineHealth::ReadWrite
        }
    }

    fn stats(&self) -> Vec<(&'static str, u64)> {
        let state = self.state();
        let rows = state.partitions.values().map(BTreeMap::len).sum::<usize>();
        let count = |items: usize| u64::try_from(items).unwrap_or(u64::MAX);
        vec![
            ("meta_rows", count(rows)),
            ("pieces", count(state.pieces.len())),
        ]
    }

    async fn close(&self) {
        self.state().is_closed = true;
    }
}
