//! The ledger of blobs that may have to go: written before a streamed blob's first piece, and when
//! an object is replaced or deleted; removed by the commit that makes the blob belong to an object.
//!
//! Owns: ledger rows, and the leases that keep the sweep away from blobs in use by this process.
//! Not here: the sweep itself (`jobs::sweep`).

use crate::base::codec::{CodecError, Reader};
use crate::catalog::error::CatalogError;
use crate::catalog::keyspace;
use crate::catalog::record::{self, RecordKind};
use crate::model::id::{BlobId, BucketId};
use crate::model::time::Timestamp;
use crate::storage::{Engine, EngineExt, MetaBatch, ScanRange};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A blob that may have to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// The blob.
    pub blob: BlobId,
    /// Number of its pieces, or `None` while it is being written.
    pub piece_count: Option<u32>,
    /// Since when.
    pub since: Timestamp,
}

impl LedgerEntry {
    /// Adds the row to a batch on the bucket's partition.
    pub fn enter(&self, batch: &mut MetaBatch) {
        let row = record::encode(RecordKind::Ledger, |w| {
            let pieces = self.piece_count.map(u32::to_le_bytes);
            w.fixed(self.blob.as_bytes())
                .u64(self.since.millis())
                .optional_field(pieces.as_ref().map(<[u8; 4]>::as_slice));
        });
        batch.put(keyspace::ledger(self.blob), row.into());
    }

    fn decode(bytes: &[u8]) -> Result<Self, CatalogError> {
        let read = |r: &mut Reader<'_>| {
            let blob = BlobId::from_bytes(r.array()?);
            let since = Timestamp::from_millis(r.u64()?);
            let piece_count = match r.optional_field("piece count")? {
                None => None,
                Some(bytes) => {
                    let bytes = bytes
                        .try_into()
                        .map_err(|_len| CodecError::InvalidField("piece count"))?;
                    Some(u32::from_le_bytes(bytes))
                }
            };
            Ok(Self {
                blob,
                piece_count,
                since,
            })
        };
        Ok(record::decode(RecordKind::Ledger, bytes, read)?)
    }
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
