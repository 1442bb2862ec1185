//! The account of deleted blobs whose space the engine still holds (those that rode in commits),
//! and how far giving it back has come.
//!
//! Owns: `Released` and its row in the system partition. The row is written before the pieces go,
//! so that a crash forgets no space; at worst it counts blobs that are still there, and the engine
//! is asked once too often. Not here: deciding when to ask the engine (`jobs::sweep`).

use crate::base::codec::{CodecError, Reader};
use crate::catalog::error::CatalogError;
use crate::catalog::keyspace;
use crate::catalog::record::{self, RecordKind};
use crate::model::id::BlobId;
use crate::storage::{Engine, MetaBatch, MetaStore, Partition, PiecePlace, StoredBlob};

/// First and last of no blobs at all.
const NO_BLOBS: (BlobId, BlobId) = (BlobId::from_bytes([0xff; 16]), BlobId::from_bytes([0; 16]));

/// Deleted blobs whose space the engine still holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Released {
    /// Their bytes.
    pub bytes: u64,
    /// First and last of the deleted blobs, in order of their ids.
    pub blobs: Option<(BlobId, BlobId)>,
    /// Those whose space is being given back: they are not in the two above any more.
    pub pass: Option<ReclaimPass>,
}

/// A walk over the pieces between the first and the last of some deleted blobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReclaimPass {
    /// Where it goes on.
    pub next: PiecePlace,
    /// Last of the deleted blobs.
    pub last: BlobId,
    /// Bytes that the whole pass gives back.
    pub bytes: u64,
}

impl Released {
    /// Adds a blob, if it is one whose space does not come back with its deletion.
    pub fn add(&mut self, blob: StoredBlob, bytes: u64) {
        if blob.is_streamed() {
            return;
        }
        let blob = blob.blob;
        self.bytes = self.bytes.saturating_add(bytes);
        let (first, last) = self.blobs.unwrap_or((blob, blob));
        self.blobs = Some((first.min(blob), last.max(blob)));
    }

    /// Begins a pass over all that has been added; what is added from now on waits for the next.
    pub fn begin_pass(&mut self) {
        if let (Some((first, last)), None) = (self.blobs, self.pass) {
            let next = PiecePlace::first_of(first);
            let bytes = self.bytes;
            *self = Self {
                pass: Some(ReclaimPass { next, last, bytes }),
                ..Self::default()
            };
        }
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
        Ok(record::decode(RecordKind::Released, &bytes, Self::read)?)
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CodecError> {
        let bytes = r.u64()?;
        let (first, last) = (
            BlobId::from_bytes(r.array()?),
            BlobId::from_bytes(r.array()?),
        );
        let has_blobs = (first, last) != NO_BLOBS;
        let pass = if r.rest().is_empty() {
            None
        } else {
            Some(ReclaimPass {
                next: PiecePlace {
                    blob: BlobId::from_bytes(r.array()?),
                    piece_index: r.u32()?,
                },
                last: BlobId::from_bytes(r.array()?),
                bytes: r.u64()?,
            })
        };
        // Neither blobs without an order, nor bytes of no blobs, nor a row that tells nothing.
        let is_sound = if has_blobs {
            first <= last
        } else {
            bytes == 0 && pass.is_some()
        };
        if !is_sound {
            return Err(CodecError::InvalidField("released blobs"));
        }
        Ok(Self {
            bytes,
            blobs: has_blobs.then_some((first, last)),
            pass,
        })
    }

    /// Writes the account.
    ///
    /// # Errors
    /// When the engine fails.
    pub async fn store(&self, engine: &dyn Engine) -> Result<(), CatalogError> {
        let mut batch = MetaBatch::new(Partition::System);
        if self.blobs.is_none() && self.pass.is_none() {
            batch.delete(keyspace::released());
        } else {
            batch.put(keyspace::released(), self.encode().into());
        }
        Ok(engine.commit(batch).await?)
    }

    fn encode(&self) -> Vec<u8> {
        let (first, last) = self.blobs.unwrap_or(NO_BLOBS);
        record::encode(RecordKind::Released, |w| {
            w.u64(self.bytes)
                .fixed(first.as_bytes())
                .fixed(last.as_bytes());
            if let Some(pass) = &self.pass {
                w.fixed(pass.next.blob.as_bytes())
                    .u32(pass.next.piece_index)
                    .fixed(pass.last.as_bytes())
                    .u64(pass.bytes);
            }
        })
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
        let of_pieces = |id, count| StoredBlob {
            blob: BlobId::from_bytes([id; 16]),
            piece_count: count,
        };
        released.add(of_pieces(5, Some(2)), 300_000);
        released.add(of_pieces(2, Some(1)), 200_000);
        // Their space is back already.
        released.add(of_pieces(1, Some(3)), 800_000);
        released.add(of_pieces(1, None), 0);
        released.store(&engine).await.unwrap();
        let loaded = Released::load(&engine).await.unwrap();
        assert_eq!(loaded, released);
        assert_eq!(loaded.bytes, 500_000);
        let ends = (BlobId::from_bytes([2; 16]), BlobId::from_bytes([5; 16]));
        assert_eq!(loaded.blobs, Some(ends));
        let mut passing = loaded;
        passing.begin_pass();
        let pass = passing.pass.unwrap();
        assert_eq!(pass.next, PiecePlace::first_of(ends.0));
        assert_eq!((pass.last, pass.bytes), (ends.1, loaded.bytes));
        assert_eq!((passing.bytes, passing.blobs), (0, None));
        for added in [None, Some(of_pieces(9, Some(1)))] {
            if let Some(added) = added {
                passing.add(added, 100);
            }
            passing.store(&engine).await.unwrap();
            assert_eq!(Released::load(&engine).await.unwrap(), passing);
            // One at a time: what was added waits.
            let before = passing;
            passing.begin_pass();
            assert_eq!(passing, before);
        }
        Released::default().store(&engine).await.unwrap();
        assert_eq!(Released::load(&engine).await.unwrap(), Released::default());
    }
}
