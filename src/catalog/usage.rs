//! Usage counters of a bucket: bytes, objects, bytes in unfinished uploads.
//!
//! Owns: turning a change of what is stored into counter changes of the same batch (K1).
//! Not here: limits (a later layer reserves against them).

use crate::catalog::error::CatalogError;
use crate::catalog::keyspace;
use crate::model::id::BucketId;
use crate::storage::{CounterChange, Engine, MetaBatch, MetaStore};

/// What a bucket holds now. Every version counts, delete markers as objects of no bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Logical bytes of all objects.
    pub bytes: u64,
    /// Number of objects.
    pub objects: u64,
    /// Logical bytes in parts of unfinished uploads.
    pub upload_bytes: u64,
}

/// A change of usage, as signed differences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsageChange {
    /// Logical bytes of objects.
    pub bytes: i64,
    /// Objects.
    pub objects: i64,
    /// Logical bytes of parts of unfinished uploads.
    pub upload_bytes: i64,
}

impl std::ops::AddAssign for UsageChange {
    fn add_assign(&mut self, other: Self) {
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.objects = self.objects.saturating_add(other.objects);
        self.upload_bytes = self.upload_bytes.saturating_add(other.upload_bytes);
    }
}

/// A length as a signed number; lengths are below 5 TiB, so this never saturates.
pub fn signed(len: u64) -> i64 {
    i64::try_from(len).unwrap_or(i64::MAX)
}

/// Adds the change to the batch.
pub fn count(batch: &mut MetaBatch, change: UsageChange) {
    let rows = [
        (keyspace::usage_bytes(), change.bytes),
        (keyspace::usage_objects(), change.objects),
        (keyspace::usage_upload_bytes(), change.upload_bytes),
    ];
    for (meta_key, delta) in rows {
        if delta != 0 {
            batch.counter(CounterChange {
                meta_key,
                delta,
                ceiling: None,
            });
        }
    }
}

/// Reads the counters.
///
/// # Errors
/// When the engine fails or a counter is not eight bytes.
pub async fn load(engine: &dyn Engine, bucket: BucketId) -> Result<Usage, CatalogError> {
    let partition = keyspace::bucket_partition(bucket);
    let mut values = [0_u64; 3];
    let rows = [
        keyspace::usage_bytes(),
        keyspace::usage_objects(),
        keyspace::usage_upload_bytes(),
    ];
    for (value, meta_key) in values.iter_mut().zip(rows) {
        if let Some(bytes) = MetaStore::get(engine, partition, &meta_key).await? {
            let counter = bytes.first_chunk::<8>().filter(|_| bytes.len() == 8);
            *value = u64::from_le_bytes(*counter.ok_or(CatalogError::Inconsistent("usage"))?);
        }
    }
    let [bytes, objects, upload_bytes] = values;
    Ok(Usage {
        bytes,
        objects,
        upload_bytes,
    })
}
