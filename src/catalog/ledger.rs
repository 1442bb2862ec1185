//! The ledger of blobs that may have to go: written before a streamed blob's first piece, and when
//! an object is replaced or deleted; removed by the commit that makes the blob belong to an object.
//!
//! Owns: ledger rows, and the leases that keep the sweep away from blobs in use by this process.
//! Not here: the sweep itself (`jobs::sweep`).

use crate::base::codec::{CodecError, Reader};
use crate::base::limits::PIECE_PLAIN_LEN;
use crate::catalog::error::CatalogError;
use crate::catalog::keyspace;
use crate::catalog::objects::BlobRef;
use crate::catalog::record::{self, RecordKind};
use crate::model::id::{BlobId, BucketId};
use crate::model::time::Timestamp;
use crate::storage::{Engine, EngineExt, MetaBatch, ScanRange, StoredBlob};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How much a finished blob takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Number of its pieces.
    pub piece_count: u32,
    /// Bytes, near enough to weigh what rewriting others would give back.
    pub bytes: u64,
}

impl Extent {
    /// Of a blob of so many pieces whose size is not at hand: the last piece counts as a whole one.
    pub fn of_pieces(piece_count: u32) -> Self {
        Self {
            piece_count,
            bytes: u64::from(piece_count).saturating_mul(PIECE_PLAIN_LEN as u64),
        }
    }

    fn encode(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        bytes[..4].copy_from_slice(&self.piece_count.to_le_bytes());
        bytes[4..].copy_from_slice(&self.bytes.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut r = Reader::new(bytes);
        let extent = Self {
            piece_count: r.u32()?,
            bytes: r.u64()?,
        };
        r.finish()?;
        Ok(extent)
    }
}

/// A blob that may have to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// The blob.
    pub blob: BlobId,
    /// What is known of it, or `None` while it is being written.
    pub extent: Option<Extent>,
    /// Since when.
    pub since: Timestamp,
}

impl LedgerEntry {
    /// The blob, as the engine knows it.
    pub fn stored(&self) -> StoredBlob {
        StoredBlob {
            blob: self.blob,
            piece_count: self.extent.map(|extent| extent.piece_count),
        }
    }

    /// Adds the row to a batch on the bucket's partition.
    pub fn enter(&self, batch: &mut MetaBatch) {
        let row = record::encode(RecordKind::Ledger, |w| {
            let extent = self.extent.map(Extent::encode);
            w.fixed(self.blob.as_bytes())
                .u64(self.since.millis())
                .optional_field(extent.as_ref().map(<[u8; 12]>::as_slice));
        });
        batch.put(keyspace::ledger(self.blob), row.into());
    }

    fn decode(bytes: &[u8]) -> Result<Self, CatalogError> {
        let read = |r: &mut Reader<'_>| {
            let blob = BlobId::from_bytes(r.array()?);
            let since = Timestamp::from_millis(r.u64()?);
            let extent = r.optional_field("extent")?;
            Ok(Self {
                blob,
                extent: extent.map(Extent::decode).transpose()?,
                since,
            })
        };
        Ok(record::decode(RecordKind::Ledger, bytes, read)?)
    }
}

/// Enters a finished blob that no object will own any more; `size` is its bytes, if at hand.
pub(in crate::catalog) fn release(
    batch: &mut MetaBatch,
    blob: BlobRef,
    size: Option<u64>,
    since: Timestamp,
) {
    let mut extent = Extent::of_pieces(blob.piece_count);
    extent.bytes = size.unwrap_or(extent.bytes);
    let entry = LedgerEntry {
        blob: blob.blob,
        extent: Some(extent),
        since,
    };
    entry.enter(batch);
}

/// At most `limit` ledger rows of a bucket, in blob order, behind `after`.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub async fn page(
    engine: &dyn Engine,
    bucket: BucketId,
    after: Option<BlobId>,
    limit: usize,
) -> Result<Vec<LedgerEntry>, CatalogError> {
    let mut start = after.map_or_else(
        || vec![keyspace::LEDGER],
        |blob| keyspace::ledger(blob).to_vec(),
    );
    if after.is_some() {
        start.push(0);
    }
    let range = ScanRange {
        start,
        end: keyspace::prefix_end(&[keyspace::LEDGER]),
    };
    let rows = engine
        .scan_page(keyspace::bucket_partition(bucket), range, limit)
        .await?;
    rows.iter()
        .map(|(_, bytes)| LedgerEntry::decode(bytes))
        .collect()
}

/// Blobs that this process reads or writes right now.
#[derive(Clone, Debug, Default)]
pub struct BlobLeases {
    in_use: Arc<Mutex<HashMap<BlobId, usize>>>,
}

impl BlobLeases {
    /// Keeps the sweep away from a blob while the lease lives.
    pub fn acquire(&self, blob: BlobId) -> BlobLease {
        let mut in_use = self.in_use.lock().unwrap_or_else(PoisonError::into_inner);
        *in_use.entry(blob).or_insert(0) += 1;
        BlobLease {
            leases: self.clone(),
            blob,
        }
    }

    /// Whether anybody here uses the blob.
    pub fn is_leased(&self, blob: BlobId) -> bool {
        self.in_use
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(&blob)
    }
}

/// Keeps the sweep away from one blob until it is dropped.
#[derive(Debug)]
pub struct BlobLease {
    leases: BlobLeases,
    blob: BlobId,
}

impl Drop for BlobLease {
    fn drop(&mut self) {
        let mut in_use = self
            .leases
            .in_use
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = in_use.get_mut(&self.blob) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                in_use.remove(&self.blob);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blob_is_leased_until_its_last_lease_is_dropped() {
        let leases = BlobLeases::default();
        let blob = BlobId::from_bytes([1; 16]);
        let first = leases.acquire(blob);
        let second = leases.acquire(blob);
        drop(first);
        assert!(leases.is_leased(blob));
        drop(second);
        assert!(!leases.is_leased(blob));
    }
}
