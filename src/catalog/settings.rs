//! Settings documents of a bucket: what its owner supplied and only the owner's operations and jobs
//! read.
//!
//! Owns: the rows `S | kind`, framed: kind u8 | field(document). What a document's bytes are is its
//! kind's matter. Not here: settings that every write depends on (`bucket_record`: the header is
//! read by every request, these rows are not).

use crate::base::codec::{CodecError, Reader};
use crate::catalog::error::CatalogError;
use crate::catalog::record::{self, RecordKind};
use crate::catalog::{guarded_batch, keyspace};
use crate::model::id::BucketId;
use crate::storage::{CommitError, Engine, MetaBatch, MetaStore};
use bytes::Bytes;

/// What a document is about. The letters are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsKind {
    /// The bucket's access control list.
    Acl,
    /// CORS rules.
    Cors,
    /// Lifecycle rules.
    Lifecycle,
    /// How far the lifecycle job has come in the bucket.
    LifecycleProgress,
    /// The bucket's policy, byte for byte as it was given.
    Policy,
    /// The bucket's tags.
    Tags,
}

impl SettingsKind {
    /// Its letter in the row's name and in the row.
    pub const fn letter(self) -> u8 {
        match self {
            Self::Acl => b'a',
            Self::Cors => b'c',
            Self::Lifecycle => b'l',
            Self::LifecycleProgress => b'p',
            Self::Policy => b'y',
            Self::Tags => b't',
        }
    }

    /// Its word in the context of a sealed document.
    pub const fn word(self) -> &'static [u8] {
        match self {
            Self::Acl => b"acl",
            Self::Cors => b"cors",
            Self::Lifecycle => b"lifecycle",
            Self::LifecycleProgress => b"lifecycle progress",
            Self::Policy => b"policy",
            Self::Tags => b"tags",
        }
    }
}

/// The document of this kind, if the bucket has one.
///
/// # Errors
/// When the engine fails or the row is corrupt.
pub async fn load(
    engine: &dyn Engine,
    bucket: BucketId,
    kind: SettingsKind,
) -> Result<Option<Bytes>, CatalogError> {
    let partition = keyspace::bucket_partition(bucket);
    let row = MetaStore::get(engine, partition, &keyspace::settings(kind)).await?;
    row.map(|row| decode(kind, &row)).transpose()
}

/// Stores a document in place of the one there was.
///
/// # Errors
/// `BucketGone`, or when the engine fails.
///
/// # Durability
/// When this returns `Ok`, the document survives power loss.
///
/// # Cancel safety
/// A dropped future leaves the old document or the new one.
pub async fn store(
    engine: &dyn Engine,
    bucket: BucketId,
    kind: SettingsKind,
    document: &[u8],
) -> Result<(), CatalogError> {
    let mut batch = guarded_batch(bucket);
    put(&mut batch, kind, document);
    commit(engine, batch).await
}

/// Removes a document; nothing happens when there is none.
///
/// # Errors
/// `BucketGone`, or when the engine fails.
///
/// # Durability
/// When this returns `Ok`, the removal survives power loss.
///
/// # Cancel safety
/// A dropped future leaves the document or takes it away.
pub async fn remove(
    engine: &dyn Engine,
    bucket: BucketId,
    kind: SettingsKind,
) -> Result<(), CatalogError> {
    let mut batch = guarded_batch(bucket);
    delete(&mut batch, kind);
    commit(engine, batch).await
}

/// Adds storing a document to a batch on the bucket's partition.
pub fn put(batch: &mut MetaBatch, kind: SettingsKind, document: &[u8]) {
    batch.put(keyspace::settings(kind), encode(kind, document));
}

/// Adds removing a document to a batch on the bucket's partition.
pub fn delete(batch: &mut MetaBatch, kind: SettingsKind) {
    batch.delete(keyspace::settings(kind));
}

/// Adds the condition that the document is still this one to a batch on the bucket's partition.
pub fn require(batch: &mut MetaBatch, kind: SettingsKind, document: &[u8]) {
    batch.equals(keyspace::settings(kind), encode(kind, document));
}

async fn commit(engine: &dyn Engine, batch: MetaBatch) -> Result<(), CatalogError> {
    match engine.commit(batch).await {
        Err(CommitError::ConditionFailed { .. }) => Err(CatalogError::BucketGone),
        other => Ok(other?),
    }
}

pub(in crate::catalog) fn encode(kind: SettingsKind, document: &[u8]) -> Bytes {
    let row = record::encode(RecordKind::Settings, |w| {
        w.u8(kind.letter()).field(document);
    });
    row.into()
}

/// A row under another kind's name is corrupt: rows are not to be swapped.
fn decode(kind: SettingsKind, row: &[u8]) -> Result<Bytes, CatalogError> {
    let read = |r: &mut Reader<'_>| {
        if r.u8()? != kind.letter() {
            return Err(CodecError::InvalidField("settings kind"));
        }
        Ok(Bytes::copy_from_slice(r.field()?))
    };
    Ok(record::decode(RecordKind::Settings, row, read)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::buckets::{self, BucketRecord};
    use crate::model::bucket::BucketName;
    use crate::model::id::TenantId;
    use crate::model::time::Timestamp;
    use crate::storage::MemoryEngine;

    const BUCKET: BucketId = BucketId::from_bytes([7; 16]);

    async fn engine_with_bucket() -> MemoryEngine {
        let engine = MemoryEngine::new();
        let bucket = BucketRecord::new(
            BUCKET,
            BucketName::parse("records").unwrap(),
            TenantId::from_bytes([1; 16]),
            Timestamp::from_millis(0),
            Vec::new(),
        );
        buckets::create(&engine, &bucket, &[], u64::MAX)
            .await
            .unwrap();
        engine
    }

    #[tokio::test]
    async fn document_is_kept_for_its_kind_only() {
        let engine = engine_with_bucket().await;
        let load = |kind| load(&engine, BUCKET, kind);
        assert_eq!(load(SettingsKind::Tags).await.unwrap(), None);
        store(&engine, BUCKET, SettingsKind::Tags, b"one")
            .await
            .unwrap();
        store(&engine, BUCKET, SettingsKind::Tags, b"two")
            .await
            .unwrap();
        assert_eq!(load(SettingsKind::Tags).await.unwrap().unwrap(), "two");
        assert_eq!(load(SettingsKind::Lifecycle).await.unwrap(), None);
        for _ in 0..2 {
            remove(&engine, BUCKET, SettingsKind::Tags).await.unwrap();
        }
        assert_eq!(load(SettingsKind::Tags).await.unwrap(), None);
    }

    #[tokio::test]
    async fn document_of_a_bucket_that_is_gone_is_not_stored() {
        let engine = MemoryEngine::new();
        let stored = store(&engine, BUCKET, SettingsKind::Tags, b"one").await;
        assert!(matches!(stored, Err(CatalogError::BucketGone)));
        let removed = remove(&engine, BUCKET, SettingsKind::Tags).await;
        assert!(matches!(removed, Err(CatalogError::BucketGone)));
    }

    #[test]
    fn document_under_another_name_is_corrupt() {
        let row = encode(SettingsKind::Tags, b"one");
        assert_eq!(decode(SettingsKind::Tags, &row).unwrap(), "one");
        assert!(decode(SettingsKind::Lifecycle, &row).is_err());
    }
}
