//! The account of deleted blobs whose space the engine still holds.
//!
//! Owns: `Released` and its row in the system partition. The row is written before the pieces go,
//! so that a crash forgets no space; at worst it counts blobs that are still there, and the engine
//! is asked once too often. Not here: deciding when to ask the engine (`jobs::sweep`).

use crate::base::codec::Reader;
use crate::catalog::error::CatalogError;
use crate::catalog::keyspace;
use crate::catalog::ledger::Extent;
use crate::catalog::record::{self, RecordKind};
use crate::model::id::BlobId;
use crate::storage::{Engine, MetaBatch, MetaStore, Partition};

/// What a blob that was never finished counts for.
const UNFINISHED_BYTES: u64 = 16 << 20;

/// Deleted blobs whose space the engine still holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Released {
    /// Their bytes; of a blob that was never finished, a guess.
    pub bytes: u64,
    /// First and last of the deleted blobs, in order of their ids.
    pub blobs: Option<(BlobId, BlobId)>,
}

impl Released {
    /// Adds a blob.
    pub fn add(&mut self, blob: BlobId, extent: Option<Extent>) {
        let bytes = extent.map_or(UNFINISHED_BYTES, |extent| extent.bytes);
        self.bytes = self.bytes.saturating_add(bytes);
        let (first, last) = self.blobs.unwrap_or((blob, blob));
        self.blobs = Some((first.min(blob), last.max(blob)));
    }

    /// Reads the account.
    ///
    /// # Errors
    /// When the engine fails or the row is corrupt.
    pub async fn load(engine: &dyn Engine) -> Result<Self, CatalogError> {
        let row = MetaStore::get(engine, Partition::System, &keyspace::released()).await?;
        let Some(bytes) = row else {
            return Ok(Self::default());
        };
        let read = |r: &mut Reader<'_>| {
            let bytes = r.u64()?;
            let first = BlobId::from_bytes(r.array()?);
            let last = BlobId::from_bytes(r.array()?);
            Ok(Self {
                bytes,
                blobs: Some((first, last)),
            })
        };
        Ok(record::decode(RecordKind::Released, &bytes, read)?)
    }

    /// Writes the account.
    ///
    /// # Errors
    /// When the engine fails.
    pub async fn store(&self, engine: &dyn Engine) -> Result<(), CatalogError> {
        let mut batch = MetaBatch::new(Partition::System);
        match self.blobs {
            None => batch.delete(keyspace::released()),
            Some((first, last)) => {
                let row = record::encode(RecordKind::Released, |w| {
                    w.u64(self.bytes)
                        .fixed(first.as_bytes())
                        .fixed(last.as_bytes());
                });
                batch.put(keyspace::released(), row.into())
            }
        };
        Ok(engine.commit(batch).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::MemoryEngine;

    #[tokio::test]
    async fn released_account_survives_in_the_store() {
        let engine = MemoryEngine::new();
        let mut released = Released::load(&engine).await.unwrap();
        assert_eq!(released, Released::default());
        released.add(BlobId::from_bytes([5; 16]), Some(Extent::of_pieces(3)));
        released.add(BlobId::from_bytes([2; 16]), None);
        released.store(&engine).await.unwrap();
        let loaded = Released::load(&engine).await.unwrap();
        assert_eq!(loaded, released);
        assert_eq!(loaded.bytes, 3 * 256 * 1024 + UNFINISHED_BYTES);
        let ends = (BlobId::from_bytes([2; 16]), BlobId::from_bytes([5; 16]));
        assert_eq!(loaded.blobs, Some(ends));
        Released::default().store(&engine).await.unwrap();
        assert_eq!(Released::load(&engine).await.unwrap(), Released::default());
    }
}
