//! The words of the contract: what goes into an engine and what comes out.
//!
//! Owns: `Partition`, `MetaBatch` with its conditions and counters, `StoredBlob`, `PieceSlot`,
//! `FinishedBlob`, `ScanRange`, `ScanStep`, health.
//! Not here: the traits (`storage::engine`), what a batch does (`storage::evaluate`).

use crate::model::id::{BlobId, BucketId, TenantId};
use crate::storage::meter::Meter;
use bytes::Bytes;

/// The unit of atomicity (E1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Partition {
    /// Names, tenants, access keys.
    System,
    /// What belongs to a tenant but to no bucket.
    Tenant(TenantId),
    /// A shard of a bucket.
    Bucket {
        /// The bucket.
        bucket: BucketId,
        /// The shard.
        shard: u16,
    },
}

impl Partition {
    /// The prefix of the partition's keys in an engine that keeps all partitions in one ordered
    /// map. Of fixed length for each kind, so that no prefix begins another.
    pub fn prefix(&self) -> Vec<u8> {
        self.row_name(&[])
    }

    /// A key of the partition behind the partition's prefix.
    pub fn row_name(&self, meta_key: &[u8]) -> Vec<u8> {
        match self {
            Self::System => [&[1], meta_key].concat(),
            Self::Tenant(tenant) => [&[2], tenant.as_bytes().as_slice(), meta_key].concat(),
            Self::Bucket { bucket, shard } => {
                let shard = shard.to_be_bytes();
                [
                    &[3],
                    bucket.as_bytes().as_slice(),
                    shard.as_slice(),
                    meta_key,
                ]
                .concat()
            }
        }
    }
}

/// A key within a partition.
pub type MetaKey = Bytes;

/// What must hold for a batch to apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// No such row.
    Absent {
        /// The row.
        meta_key: MetaKey,
    },
    /// Such a row with this value.
    Equals {
        /// The row.
        meta_key: MetaKey,
        /// Its value.
        value: Bytes,
    },
    /// Such a row.
    Present {
        /// The row.
        meta_key: MetaKey,
    },
}

/// A change of a counter row (`storage::meter`), absent means 0. Several changes of one row in a
/// batch add up; a put of the same row in the same batch loses against them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterChange {
    /// The row.
    pub meta_key: MetaKey,
    /// Added to the counter; the result must not be negative.
    pub delta: i64,
    /// The result must not be larger.
    pub ceiling: Option<u64>,
    /// Adds up how long the counter holds what (E9). A counter that was metered once always is.
    pub meter: Option<Meter>,
}

/// The place of a piece among all pieces, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PiecePlace {
    /// The blob.
    pub blob: BlobId,
    /// The piece's number in it.
    pub piece_index: u32,
}

impl PiecePlace {
    /// Where a blob begins.
    pub fn first_of(blob: BlobId) -> Self {
        let piece_index = 0;
        Self { blob, piece_index }
    }
}

/// Most pieces of a blob that rides in the commit which attaches it. Blobs of more are streamed.
/// Stored data depends on it: where a blob's pieces are looked for follows from their number.
pub const RIDING_PIECES_MAX: u32 = 2;

/// A blob that is stored, or may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredBlob {
    /// Its name.
    pub blob: BlobId,
    /// How many pieces it has; `None` for a streamed one that was never finished.
    pub piece_count: Option<u32>,
}

impl StoredBlob {
    /// Whether its pieces were streamed, not carried by the commit (B1).
    pub fn is_streamed(&self) -> bool {
        self.piece_count
            .is_none_or(|count| count > RIDING_PIECES_MAX)
    }
}

/// Where a piece lies in its blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PieceSlot {
    /// Its number, from 0.
    pub index: u32,
    /// Bytes of all pieces ahead of it.
    pub offset: u64,
}

/// A blob whose pieces have all been handed over. The commit that attaches it makes a riding one
/// durable; a streamed one is durable already (B1).
#[derive(Clone, Debug)]
pub struct FinishedBlob {
    pub(in crate::storage) blob: BlobId,
    pub(in crate::storage) piece_count: u32,
    /// All pieces of a blob that rides in the commit.
    pub(in crate::storage) riding: Vec<Bytes>,
}

impl FinishedBlob {
    /// A blob of at most [`RIDING_PIECES_MAX`] pieces, which ride in the commit.
    pub fn riding(blob: BlobId, pieces: Vec<Bytes>) -> Self {
        Self {
            blob,
            piece_count: u32::try_from(pieces.len()).unwrap_or(u32::MAX),
            riding: pieces,
        }
    }

    /// A streamed blob; only an engine makes one, when its pieces are durable.
    pub(in crate::storage) fn streamed(blob: BlobId, piece_count: u32) -> Self {
        let riding = Vec::new();
        Self {
            blob,
            piece_count,
            riding,
        }
    }

    /// The blob's name.
    pub fn blob(&self) -> BlobId {
        self.blob
    }

    /// How many pieces it has.
    pub fn piece_count(&self) -> u32 {
        self.piece_count
    }
}

/// A batch on one partition (E2), on counters that partitions share (E7), and on rows that are
/// appended to others (E8).
#[derive(Clone, Debug)]
pub struct MetaBatch {
    pub(in crate::storage) partition: Partition,
    pub(in crate::storage) conditions: Vec<Condition>,
    pub(in crate::storage) puts: Vec<(MetaKey, Bytes)>,
    pub(in crate::storage) deletes: Vec<MetaKey>,
    pub(in crate::storage) delete_ranges: Vec<(MetaKey, MetaKey)>,
    pub(in crate::storage) counters: Vec<(Partition, CounterChange)>,
    pub(in crate::storage) appends: Vec<(Partition, MetaKey, Bytes)>,
    pub(in crate::storage) blobs: Vec<FinishedBlob>,
}

impl MetaBatch {
    /// An empty batch. It applies range deletions first, then deletions, puts and counters,
    /// whatever the order of calls. A range deletion whose start is not below its end deletes
    /// nothing.
    pub fn new(partition: Partition) -> Self {
        Self {
            partition,
            conditions: Vec::new(),
            puts: Vec::new(),
            deletes: Vec::new(),
            delete_ranges: Vec::new(),
            counters: Vec::new(),
            appends: Vec::new(),
            blobs: Vec::new(),
        }
    }

    /// Requires that a row is absent.
    pub fn absent(&mut self, meta_key: MetaKey) -> &mut Self {
        self.conditions.push(Condition::Absent { meta_key });
        self
    }

    /// Requires that a row is present.
    pub fn present(&mut self, meta_key: MetaKey) -> &mut Self {
        self.conditions.push(Condition::Present { meta_key });
        self
    }

    /// Requires that a row has a value.
    pub fn equals(&mut self, meta_key: MetaKey, value: Bytes) -> &mut Self {
        self.conditions.push(Condition::Equals { meta_key, value });
        self
    }

    /// Writes a row.
    pub fn put(&mut self, meta_key: MetaKey, value: Bytes) -> &mut Self {
        self.puts.push((meta_key, value));
        self
    }

    /// Deletes a row; nothing happens when there is none.
    pub fn delete(&mut self, meta_key: MetaKey) -> &mut Self {
        self.deletes.push(meta_key);
        self
    }

    /// Deletes rows from `start` (included) to `end` (excluded).
    pub fn delete_range(&mut self, start: MetaKey, end: MetaKey) -> &mut Self {
        self.delete_ranges.push((start, end));
        self
    }

    /// Changes a counter.
    pub fn counter(&mut self, change: CounterChange) -> &mut Self {
        self.shared_counter(self.partition, change)
    }

    /// Changes a counter of another partition, which nothing but batches of other partitions
    /// writes (E7).
    pub fn shared_counter(&mut self, partition: Partition, change: CounterChange) -> &mut Self {
        self.counters.push((partition, change));
        self
    }

    /// Appends a row to another partition, under a name that nothing else ever has there (E8).
    pub fn append(&mut self, partition: Partition, meta_key: MetaKey, value: Bytes) -> &mut Self {
        self.appends.push((partition, meta_key, value));
        self
    }

    /// The changes of counters, in their order.
    pub fn counters(&self) -> &[(Partition, CounterChange)] {
        &self.counters
    }

    /// Makes a blob durable with the batch.
    pub fn attach(&mut self, finished: FinishedBlob) -> &mut Self {
        self.blobs.push(finished);
        self
    }

    /// How many conditions it has.
    pub fn condition_count(&self) -> usize {
        self.conditions.len()
    }

    /// Whether it writes anything: one that only asks whether its conditions hold does not.
    pub(in crate::storage) fn takes_space(&self) -> bool {
        let is_question = self.puts.is_empty()
            && self.deletes.is_empty()
            && self.delete_ranges.is_empty()
            && self.counters.is_empty()
            && self.appends.is_empty()
            && self.blobs.is_empty();
        !is_question
    }

    /// Bytes of the batch, roughly, to bound a group of them.
    pub(in crate::storage) fn byte_len(&self) -> usize {
        let rows = self
            .puts
            .iter()
            .map(|(meta_key, value)| meta_key.len() + value.len());
        let appends = self
            .appends
            .iter()
            .map(|(_, meta_key, value)| meta_key.len() + value.len());
        let pieces = self.blobs.iter().flat_map(|blob| &blob.riding);
        let pieces = pieces.map(Bytes::len);
        rows.chain(appends).chain(pieces).sum()
    }
}

/// Where a scan begins and ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanRange {
    /// First key, included.
    pub start: Vec<u8>,
    /// Last key, excluded; `None` for the end of the partition.
    pub end: Option<Vec<u8>>,
}

/// How a scan goes on after a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScanStep {
    /// With the next row.
    Continue,
    /// With the first row at or behind this key, which must be greater than the row's. One that is
    /// not greater means `Continue`, so that no scan runs in a circle.
    SeekTo(Vec<u8>),
    /// Not at all.
    Stop,
}

/// Sees each row of a scan: key without the partition's prefix, and value.
pub type Visitor = Box<dyn FnMut(&[u8], &[u8]) -> ScanStep + Send>;

/// What an engine promises beyond the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineCaps {
    /// Its name in logs.
    pub name: &'static str,
    /// Whether anything survives the process.
    pub is_durable: bool,
}

/// Whether an engine takes writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineHealth {
    /// The file system has less free space than the configured minimum.
    Full,
    /// It takes no writes until it has been opened again.
    ReadOnly {
        /// Why.
        reason: ReadOnlyReason,
    },
    /// All is well.
    ReadWrite,
}

/// Why an engine takes no writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadOnlyReason {
    /// It was closed, or its commit thread has ended.
    Closed,
    /// A write failed: the log may lack what was just written, or hold half of it (E6).
    LogFailed,
}
