//! Object versions: the layout of their rows, and the one way to replace the current version.
//!
//! Owns: `ObjectRecord` (readable part and sealed part, crypto.md 5), `commit_current` (K1).
//! Not here: parts of multipart objects (`parts`), what a condition means (`model::conditions`).
//!
//! Row `C | object key` holds the sealed record of the current version. Readable part, little
//! endian: layout u8 = 1 | size u64 | last modified u64 (ms) | version id 16 | flags u8 (1 =
//! multipart) | part count u16 | blob id 16 | piece count u32. Sealed part: layout u8 = 1 | data
//! key 32 | ETag MD5 16 | ETag part count u16 | checksum | metadata | stream salt 32 | stream
//! commitment 32 (simple) or SHA-256 of the part table row (multipart).

use crate::base::codec::{CodecError, Reader, Writer};
use crate::base::entropy::Entropy;
use crate::catalog::error::CatalogError;
use crate::catalog::ledger::LedgerEntry;
use crate::catalog::parts::PartTable;
use crate::catalog::usage::{self, UsageChange, signed};
use crate::catalog::{HEADER_CONDITION, guarded_batch, keyspace};
use crate::crypto::{DataKey, RecordContext, RecordView, ScopeKey, StreamParameters, seal_record};
use crate::model::checksum::{Checksum, ChecksumAlgorithm, ChecksumType, ObjectChecksum};
use crate::model::etag::ETag;
use crate::model::id::{BlobId, BucketId, TenantId, VersionId};
use crate::model::metadata::ObjectMetadata;
use crate::model::object_key::ObjectKey;
use crate::model::time::Timestamp;
use crate::storage::{CommitError, Engine, FinishedBlob, MetaBatch, MetaStore};
use bytes::Bytes;

const LAYOUT: u8 = 1;
const FLAG_MULTIPART: u8 = 1;
/// Attempts to replace a row that others replace at the same time. Every lost attempt means that
/// another one won, so a thousand writers on one key all finish.
const ATTEMPTS_MAX: usize = 4096;

/// Where the bytes of a simple object, or of one part, lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobRef {
    /// The blob.
    pub blob: BlobId,
    /// Number of its pieces.
    pub piece_count: u32,
}

/// What anybody with the data folder can read of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectPlain {
    /// Plaintext bytes.
    pub size: u64,
    /// When it was written.
    pub last_modified: Timestamp,
    /// The version.
    pub version: VersionId,
    /// Parts of a multipart object; `None` for a simple one.
    pub part_count: Option<u16>,
    /// Blob of a simple object; of a multipart object the part table names the blobs.
    pub blob: Option<BlobRef>,
}

/// What only the bucket key opens.
#[derive(Debug)]
pub struct ObjectSecret {
    /// The key from which the streams' keys derive.
    pub data_key: DataKey,
    /// The ETag.
    pub etag: ETag,
    /// The checksum, if the client declared one or we made one.
    pub checksum: Option<ObjectChecksum>,
    /// Content headers and user metadata.
    pub metadata: ObjectMetadata,
    /// How the bytes are bound to this record.
    pub body: BodyBinding,
}

/// The link from a record to its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyBinding {
    /// SHA-256 of the part table's row.
    Parts([u8; 32]),
    /// Parameters of the one stream.
    Stream(StreamParameters),
}

/// A version as its readers and writers see it.
#[derive(Debug)]
pub struct ObjectRecord {
    /// Readable part.
    pub plain: ObjectPlain,
    /// Sealed part.
    pub secret: ObjectSecret,
}

impl ObjectPlain {
    fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        let blob = self.blob.unwrap_or(BlobRef {
            blob: BlobId::from_bytes([0; 16]),
            piece_count: 0,
        });
        w.u8(LAYOUT)
            .u64(self.size)
            .u64(self.last_modified.millis())
            .fixed(self.version.as_bytes())
            .u8(if self.part_count.is_some() {
                FLAG_MULTIPART
            } else {
                0
            })
            .u16(self.part_count.unwrap_or(0))
            .fixed(blob.blob.as_bytes())
            .u32(blob.piece_count);
        w.into_vec()
    }

    fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut r = Reader::new(bytes);
        match r.u8()? {
            LAYOUT => {}
            other => return Err(CodecError::UnknownFormat(other)),
        }
        let size = r.u64()?;
        let last_modified = Timestamp::from_millis(r.u64()?);
        let version = VersionId::from_bytes(r.array()?);
        let is_multipart = match r.u8()? {
            0 => false,
            FLAG_MULTIPART => true,
            _ => return Err(CodecError::InvalidField("flags")),
        };
        let part_count = r.u16()?;
        let blob = BlobRef {
            blob: BlobId::from_bytes(r.array()?),
            piece_count: r.u32()?,
        };
        r.finish()?;
        Ok(Self {
            size,
            last_modified,
            version,
            part_count: is_multipart.then_some(part_count),
            blob: (!is_multipart).then_some(blob),
        })
    }
}

/// Writes an optional checksum.
pub(in crate::catalog) fn encode_checksum(w: &mut Writer, checksum: Option<&ObjectChecksum>) {
    let Some(checksum) = checksum else {
        w.u8(0);
        return;
    };
    w.u8(checksum.checksum.algorithm.to_stored())
        .u8(match checksum.checksum_type {
            ChecksumType::Composite => 1,
            ChecksumType::FullObject => 2,
        })
        .u16(checksum.part_count)
        .field(&checksum.checksum.value);
}

/// Reads an optional checksum.
pub(in crate::catalog) fn decode_checksum(
    r: &mut Reader<'_>,
) -> Result<Option<ObjectChecksum>, CodecError> {
    let stored = r.u8()?;
    if stored == 0 {
        return Ok(None);
    }
    let algorithm = ChecksumAlgorithm::from_stored(stored)
        .ok_or(CodecError::InvalidField("checksum algorithm"))?;
    let checksum_type = match r.u8()? {
        1 => ChecksumType::Composite,
        2 => ChecksumType::FullObject,
        _ => return Err(CodecError::InvalidField("checksum type")),
    };
    let part_count = r.u16()?;
    let value = r.field()?.to_vec();
    Ok(Some(ObjectChecksum {
        checksum: Checksum { algorithm, value },
        checksum_type,
        part_count,
    }))
}

/// Writes content headers and user metadata.
pub(in crate::catalog) fn encode_metadata(w: &mut Writer, metadata: &ObjectMetadata) {
    for fields in [
        metadata.content_headers().collect::<Vec<_>>(),
        metadata.user_metadata().collect(),
    ] {
        w.u32(u32::try_from(fields.len()).unwrap_or(u32::MAX));
        for (name, value) in fields {
            w.field(name.as_bytes()).field(value.as_bytes());
        }
    }
}

/// Reads content headers and user metadata.
pub(in crate::catalog) fn decode_metadata(
    r: &mut Reader<'_>,
) -> Result<ObjectMetadata, CodecError> {
    let mut metadata = ObjectMetadata::default();
    for _ in 0..r.u32()? {
        let (name, value) = (r.text("header name")?, r.text("header value")?);
        metadata.set_content_header(&name, &value);
    }
    for _ in 0..r.u32()? {
        let (name, value) = (r.text("metadata name")?, r.text("metadata value")?);
        metadata.add_user_metadata(&name, &value);
    }
    Ok(metadata)
}

impl ObjectSecret {
    fn encode(&self) -> zeroize::Zeroizing<Vec<u8>> {
        let mut w = Writer::new();
        let (md5, etag_parts) = self.etag.to_stored();
        w.u8(LAYOUT)
            .fixed(self.data_key.expose())
            .fixed(&md5)
            .u16(etag_parts);
        encode_checksum(&mut w, self.checksum.as_ref());
        encode_metadata(&mut w, &self.metadata);
        match &self.body {
            BodyBinding::Stream(parameters) => {
                w.fixed(&parameters.salt).fixed(&parameters.commitment)
            }
            BodyBinding::Parts(table_sha256) => w.fixed(table_sha256),
        };
        zeroize::Zeroizing::new(w.into_vec())
    }

    fn decode(bytes: &[u8], is_multipart: bool) -> Result<Self, CodecError> {
        let mut r = Reader::new(bytes);
        match r.u8()? {
            LAYOUT => {}
            other => return Err(CodecError::UnknownFormat(other)),
        }
        let data_key =
            DataKey::from_slice(r.fixed(32)?).ok_or(CodecError::InvalidField("data key"))?;
        let etag = ETag::from_stored(r.array()?, r.u16()?);
        let checksum = decode_checksum(&mut r)?;
        let metadata = decode_metadata(&mut r)?;
        let body = if is_multipart {
            BodyBinding::Parts(r.array()?)
        } else {
            BodyBinding::Stream(StreamParameters {
                salt: r.array()?,
                commitment: r.array()?,
            })
        };
        r.finish()?;
        Ok(Self {
            data_key,
            etag,
            checksum,
            metadata,
            body,
        })
    }
}

/// Identity of an object, to which its records are bound.
#[derive(Clone, Copy, Debug)]
pub struct ObjectIdentity<'a> {
    /// Owner of the bucket.
    pub tenant: TenantId,
    /// The bucket.
    pub bucket: BucketId,
    /// The object key.
    pub object_key: &'a ObjectKey,
}

impl<'a> ObjectIdentity<'a> {
    /// The context of a record with this version.
    pub fn context(&self, version: &'a [u8]) -> RecordContext<'a> {
        RecordContext {
            tenant: self.tenant,
            bucket: self.bucket,
            object_key: self.object_key.as_bytes(),
            version,
        }
    }
}

impl ObjectRecord {
    /// Seals the record into its row.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn seal(
        &self,
        identity: &ObjectIdentity<'_>,
        bucket_key: &ScopeKey,
        entropy: &dyn Entropy,
    ) -> Result<Bytes, CatalogError> {
        let context = identity.context(self.plain.version.as_bytes());
        let row = seal_record(
            bucket_key,
            &context,
            &self.plain.encode(),
            &self.secret.encode(),
            entropy,
        )?;
        Ok(row.into())
    }
}

/// The stored row of a current version: readable without a key.
#[derive(Clone, Debug)]
pub struct CurrentRow {
    raw: Bytes,
    /// Readable part.
    pub plain: ObjectPlain,
    /// Version of the bucket key that opens the rest.
    pub key_version: u32,
}

impl CurrentRow {
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

    /// Opens the sealed part.
    ///
    /// # Errors
    /// `Corrupt` when it does not authenticate under this key for this identity.
    pub fn open(
        &self,
        identity: &ObjectIdentity<'_>,
        bucket_key: &ScopeKey,
    ) -> Result<ObjectSecret, CatalogError> {
        let view = RecordView::decode(&self.raw)?;
        let context = identity.context(self.plain.version.as_bytes());
        let secret = view.open(bucket_key, &context)?;
        Ok(ObjectSecret::decode(
            secret.expose(),
            self.plain.part_count.is_some(),
        )?)
    }

    /// Whether both are the same stored row.
    pub fn is_same(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

/// The current version's row.
///
/// # Errors
/// When the engine fails or the row is corrupt.
pub async fn load_current(
    engine: &dyn Engine,
    bucket: BucketId,
    object_key: &ObjectKey,
) -> Result<Option<CurrentRow>, CatalogError> {
    let partition = keyspace::bucket_partition(bucket);
    let row = MetaStore::get(engine, partition, &keyspace::current(object_key)).await?;
    row.map(CurrentRow::decode).transpose()
}

/// A version that is to become current.
#[derive(Clone, Debug)]
pub struct NewVersion {
    /// Readable part.
    pub plain: ObjectPlain,
    /// The sealed row.
    pub row: Bytes,
    /// The part table's row of a multipart object.
    pub part_table: Option<Bytes>,
    /// Blobs that become durable and visible with it.
    pub finished: Vec<FinishedBlob>,
    /// Blobs whose ledger rows end, because the version now owns them.
    pub owned: Vec<BlobId>,
    /// Whether it takes over the blobs of the version it replaces (a change of metadata only).
    pub keeps_blobs: bool,
}

/// What happens to the current version.
#[derive(Debug)]
pub struct CurrentChange<'a> {
    /// The bucket.
    pub bucket: BucketId,
    /// The object.
    pub object_key: &'a ObjectKey,
    /// The new version, or `None` to delete.
    pub new: Option<NewVersion>,
    /// Now.
    pub now: Timestamp,
}

/// Answer of the caller's look at the version about to be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Leave everything as it is.
    Leave,
    /// Commit.
    Proceed,
}

/// Replaces or deletes the current version in one batch with all that follows from it (K1).
/// `decide` sees the row that will be replaced, again for every attempt; `extend` adds further
/// conditions and changes to the batch.
///
/// # Errors
/// Whatever `decide` answers; `BucketGone`; `Contended`; `Commit(ConditionFailed)` for a condition
/// of `extend`.
///
/// # Durability
/// When this returns `Ok`, the change survives power loss.
///
/// # Cancel safety
/// A dropped future leaves the old version or the new one.
pub async fn commit_current<E: From<CatalogError>>(
    engine: &dyn Engine,
    change: CurrentChange<'_>,
    mut decide: impl AsyncFnMut(Option<&CurrentRow>) -> Result<Decision, E>,
    extend: impl Fn(&mut MetaBatch),
) -> Result<Decision, E> {
    for _ in 0..ATTEMPTS_MAX {
        let old = load_current(engine, change.bucket, change.object_key).await?;
        if decide(old.as_ref()).await? == Decision::Leave {
            return Ok(Decision::Leave);
        }
        let mut batch = guarded_batch(change.bucket);
        let current_row = keyspace::current(change.object_key);
        match &old {
            None => batch.absent(current_row.clone()),
            Some(old) => batch.equals(current_row.clone(), old.raw.clone()),
        };
        replace(&mut batch, engine, &change, old.as_ref()).await?;
        extend(&mut batch);
        match engine.commit(batch).await {
            Ok(()) => return Ok(Decision::Proceed),
            Err(CommitError::ConditionFailed {
                condition_index: HEADER_CONDITION,
            }) => {
                return Err(CatalogError::BucketGone.into());
            }
            Err(CommitError::ConditionFailed { condition_index: 1 }) => {}
            Err(source) => return Err(CatalogError::Commit(source).into()),
        }
    }
    Err(CatalogError::Contended.into())
}

/// Adds to the batch what follows from replacing `old` by the change's new version.
async fn replace(
    batch: &mut MetaBatch,
    engine: &dyn Engine,
    change: &CurrentChange<'_>,
    old: Option<&CurrentRow>,
) -> Result<(), CatalogError> {
    let mut usage_change = UsageChange::default();
    if let Some(old) = old {
        usage_change.bytes -= signed(old.plain.size);
        usage_change.objects -= 1;
        let keeps_blobs = change.new.as_ref().is_some_and(|new| new.keeps_blobs);
        if !keeps_blobs {
            release(batch, engine, change, &old.plain).await?;
        } else if old.plain.part_count.is_some() {
            let version = old.plain.version;
            batch.delete(keyspace::part_table(change.object_key, version.as_bytes()));
        }
    }
    match &change.new {
        None => {
            batch.delete(keyspace::current(change.object_key));
        }
        Some(new) => {
            usage_change.bytes += signed(new.plain.size);
            usage_change.objects += 1;
            batch.put(keyspace::current(change.object_key), new.row.clone());
            if let Some(table) = &new.part_table {
                let row = keyspace::part_table(change.object_key, new.plain.version.as_bytes());
                batch.put(row, table.clone());
            }
            new.owned.iter().for_each(|blob| {
                batch.delete(keyspace::ledger(*blob));
            });
            new.finished.iter().for_each(|finished| {
                batch.attach(finished.clone());
            });
        }
    }
    usage::count(batch, usage_change);
    Ok(())
}

/// Enters the blobs of a version that goes into the ledger, and removes its part table.
async fn release(
    batch: &mut MetaBatch,
    engine: &dyn Engine,
    change: &CurrentChange<'_>,
    plain: &ObjectPlain,
) -> Result<(), CatalogError> {
    let blobs = match plain.blob {
        Some(blob) => vec![blob],
        None => {
            let partition = keyspace::bucket_partition(change.bucket);
            let row = keyspace::part_table(change.object_key, plain.version.as_bytes());
            batch.delete(row.clone());
            let table = MetaStore::get(engine, partition, &row).await?;
            // The table is gone only if somebody replaced the version meanwhile; the batch's
            // condition then fails.
            table.map_or(Ok(Vec::new()), |bytes| PartTable::decode_blobs(&bytes))?
        }
    };
    for blob in blobs {
        let entry = LedgerEntry {
            blob: blob.blob,
            piece_count: Some(blob.piece_count),
            since: change.now,
        };
        entry.enter(batch);
    }
    Ok(())
}
