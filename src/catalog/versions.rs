//! Versions of an object: which rows they lie in, and how they are found.
//!
//! Owns: `VersionRow`, the rows `C` (newest version), `V` (older ones) and `Z` (the null version
//! among them). Not here: changing them (`changes`), what is in a row (`objects`).
//!
//! While an object has versions, one of them is in row `C`: the newest, be it an object or a
//! delete marker. Every change of an object's versions that makes or unmakes the newest is a change
//! of that one row, so its value is the condition that orders them all.

use crate::base::secret::SecretBytes;
use crate::catalog::error::CatalogError;
use crate::catalog::keyspace;
use crate::catalog::objects::{ObjectIdentity, ObjectPlain, ObjectSecret, ObjectSummary};
use crate::crypto::{RecordView, ScopeKey};
use crate::model::id::{BucketId, VersionId};
use crate::model::object_key::ObjectKey;
use crate::model::versioning::VersionSelector;
use crate::storage::{Engine, EngineExt, MetaBatch, MetaStore, ScanRange};
use bytes::Bytes;

/// The stored row of a version: readable without a key.
#[derive(Clone, Debug)]
pub struct VersionRow {
    pub(in crate::catalog) raw: Bytes,
    /// Readable part.
    pub plain: ObjectPlain,
    /// Version of the bucket key that opens the rest.
    pub key_version: u32,
}

impl VersionRow {
    /// Reads the readable part of a row.
    ///
    /// # Errors
    /// `Corrupt` when it does not decode.
    pub fn decode(raw: Bytes) -> Result<Self, CatalogError> {
        let view = RecordView::decode(&raw)?;
        let (plain, key_version) = (ObjectPlain::decode(view.plain)?, view.key_version);
        Ok(Self {
            raw,
            plain,
            key_version,
        })
    }

    /// Opens the sealed part of an object's row.
    ///
    /// # Errors
    /// `Corrupt` when it does not authenticate under this key for this identity.
    pub fn open(
        &self,
        identity: &ObjectIdentity<'_>,
        bucket_key: &ScopeKey,
    ) -> Result<ObjectSecret, CatalogError> {
        let secret = self.unseal(identity, bucket_key)?;
        Ok(ObjectSecret::decode(
            secret.expose(),
            self.plain.part_count.is_some(),
        )?)
    }

    /// Opens the sealed part of an object's row for what listings tell of it: a thousand records to
    /// a page, most of whose fields nobody asks for.
    ///
    /// # Errors
    /// As [`VersionRow::open`].
    pub fn summarize(
        &self,
        identity: &ObjectIdentity<'_>,
        bucket_key: &ScopeKey,
    ) -> Result<ObjectSummary, CatalogError> {
        let secret = self.unseal(identity, bucket_key)?;
        Ok(ObjectSummary::decode(secret.expose())?)
    }

    /// Makes sure that the readable part is what was sealed.
    ///
    /// # Errors
    /// `Corrupt` when it does not authenticate under this key for this identity.
    pub fn authenticate(
        &self,
        identity: &ObjectIdentity<'_>,
        bucket_key: &ScopeKey,
    ) -> Result<(), CatalogError> {
        self.unseal(identity, bucket_key)?;
        Ok(())
    }

    fn unseal(
        &self,
        identity: &ObjectIdentity<'_>,
        bucket_key: &ScopeKey,
    ) -> Result<SecretBytes, CatalogError> {
        let view = RecordView::decode(&self.raw)?;
        let context = identity.context(self.plain.version.as_bytes());
        Ok(view.open(bucket_key, &context)?)
    }

    /// Adds the condition that this row still is the newest version's to a batch.
    pub fn require(&self, batch: &mut MetaBatch, object_key: &ObjectKey) {
        batch.equals(keyspace::current(object_key), self.raw.clone());
    }

    /// Whether both are the same stored row.
    pub fn is_same(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

/// Looks for a version while others change the newest one. Each further one means that another
/// change was committed meanwhile, so that nobody comes near it.
pub const LOOKS_MAX: usize = 1000;

/// A version with the place that its row has.
#[derive(Clone, Debug)]
pub struct FoundVersion {
    /// Its row.
    pub row: VersionRow,
    /// Whether it is the newest.
    pub is_current: bool,
}

/// The newest version's row.
///
/// # Errors
/// When the engine fails or the row is corrupt.
pub async fn load_current(
    engine: &dyn Engine,
    bucket: BucketId,
    object_key: &ObjectKey,
) -> Result<Option<VersionRow>, CatalogError> {
    let partition = keyspace::bucket_partition(bucket);
    let row = MetaStore::get(engine, partition, &keyspace::current(object_key)).await?;
    row.map(VersionRow::decode).transpose()
}

/// The version that a client names; the newest when it names none.
///
/// # Errors
/// `Contended`; when the engine fails or a row is corrupt.
pub async fn load_version(
    engine: &dyn Engine,
    bucket: BucketId,
    object_key: &ObjectKey,
    selector: Option<VersionSelector>,
) -> Result<Option<FoundVersion>, CatalogError> {
    let mut current = load_current(engine, bucket, object_key).await?;
    for _ in 0..LOOKS_MAX {
        let Some(newest) = current else {
            return Ok(None);
        };
        let selector = match selector {
            Some(selector) if selector != newest.plain.selector() => selector,
            _ => {
                return Ok(Some(FoundVersion {
                    row: newest,
                    is_current: true,
                }));
            }
        };
        if let Some(row) = load_older(engine, bucket, object_key, selector).await? {
            return Ok(Some(FoundVersion {
                row,
                is_current: false,
            }));
        }
        // It may have become the newest between the two looks; not if that is the same as before:
        // what is destroyed does not come back.
        current = load_current(engine, bucket, object_key).await?;
        if current.as_ref().is_some_and(|row| row.is_same(&newest)) {
            return Ok(None);
        }
    }
    Err(CatalogError::Contended)
}

/// A version that is not the newest.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub async fn load_older(
    engine: &dyn Engine,
    bucket: BucketId,
    object_key: &ObjectKey,
    selector: VersionSelector,
) -> Result<Option<VersionRow>, CatalogError> {
    let partition = keyspace::bucket_partition(bucket);
    let version = match selector {
        VersionSelector::Id(version) => version,
        VersionSelector::Null => {
            let row = MetaStore::get(engine, partition, &keyspace::older_null(object_key)).await?;
            let Some(row) = row else { return Ok(None) };
            let version = <[u8; 16]>::try_from(row.as_ref());
            VersionId::from_bytes(
                version.map_err(|_len| CatalogError::Inconsistent("null version"))?,
            )
        }
    };
    let row = MetaStore::get(engine, partition, &keyspace::older(object_key, version)).await?;
    let row = row.map(VersionRow::decode).transpose()?;
    // The null version is not found by the id that it has in the rows.
    Ok(row.filter(|row| row.plain.selector() == selector))
}

/// The newest of the older versions.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub async fn load_newest_older(
    engine: &dyn Engine,
    bucket: BucketId,
    object_key: &ObjectKey,
) -> Result<Option<VersionRow>, CatalogError> {
    let range = ScanRange {
        start: keyspace::older_start(object_key).to_vec(),
        end: Some(keyspace::older_end(object_key).to_vec()),
    };
    let partition = keyspace::bucket_partition(bucket);
    let rows = engine.scan_page(partition, range, 1).await?;
    let newest = rows.into_iter().next();
    newest.map(|(_, raw)| VersionRow::decode(raw)).transpose()
}

/// Whether a row is a delete marker's.
///
/// # Errors
/// `Corrupt` when it does not decode.
pub fn is_marker(raw: &[u8]) -> Result<bool, CatalogError> {
    let view = RecordView::decode(raw)?;
    Ok(ObjectPlain::decode(view.plain)?.is_marker)
}
