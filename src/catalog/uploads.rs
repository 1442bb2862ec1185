//! Multipart uploads: open uploads, their parts, and what is remembered of finished ones.
//!
//! Owns: the rows `L` (upload), `P` (part), `K` (finished upload) and the batches that change them.
//! Not here: the finished object (`objects`, `parts`), which parts a client may complete
//! (`gateway::multipart`).

use crate::base::codec::{CodecError, Reader, Writer};
use crate::base::entropy::Entropy;
use crate::catalog::error::CatalogError;
use crate::catalog::ledger::LedgerEntry;
use crate::catalog::objects::{
    BlobRef, ObjectIdentity, decode_checksum, decode_metadata, encode_checksum, encode_metadata,
};
use crate::catalog::parts::{PartEntry, decode_blob, encode_blob};
use crate::catalog::usage::{self, UsageChange, signed};
use crate::catalog::{HEADER_CONDITION, guarded_batch, keyspace};
use crate::crypto::{DataKey, RecordView, ScopeKey, seal_record};
use crate::model::checksum::{ChecksumAlgorithm, ChecksumType, ObjectChecksum};
use crate::model::etag::ETag;
use crate::model::id::{BlobId, BucketId, UploadId};
use crate::model::metadata::ObjectMetadata;
use crate::model::object_key::ObjectKey;
use crate::model::time::Timestamp;
use crate::model::upload::PartNumber;
use crate::storage::{
    CommitError, CounterChange, Engine, EngineExt, FinishedBlob, MetaBatch, MetaStore, ScanRange,
};
use bytes::Bytes;

/// Attempts to replace a part that others replace at the same time.
const ATTEMPTS_MAX: usize = 1024;

/// An open upload.
#[derive(Debug)]
pub struct UploadRecord {
    /// Its identity.
    pub upload: UploadId,
    /// When it was opened.
    pub initiated: Timestamp,
    /// The key from which the parts' stream keys derive; it becomes the object's.
    pub data_key: DataKey,
    /// Metadata for the finished object.
    pub metadata: ObjectMetadata,
    /// Declared checksum.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

impl UploadRecord {
    /// Seals the upload into its row.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn seal(
        &self,
        identity: &ObjectIdentity<'_>,
        bucket_key: &ScopeKey,
        entropy: &dyn Entropy,
    ) -> Result<Bytes, CatalogError> {
        let mut plain = Writer::new();
        plain.u64(self.initiated.millis());
        let mut secret = Writer::new();
        secret.fixed(self.data_key.expose());
        encode_metadata(&mut secret, &self.metadata);
        let checksum = self
            .checksum
            .map(|(algorithm, checksum_type)| (algorithm.to_stored(), checksum_type));
        match checksum {
            None => secret.u8(0),
            Some((stored, checksum_type)) => {
                secret.u8(stored).field(checksum_type.name().as_bytes())
            }
        };
        let secret = zeroize::Zeroizing::new(secret.into_vec());
        let version = upload_version(self.upload);
        let context = identity.context(&version);
        Ok(seal_record(bucket_key, &context, plain.as_slice(), &secret, entropy)?.into())
    }
}

fn upload_version(upload: UploadId) -> Vec<u8> {
    [upload.as_bytes().as_slice(), b"upload"].concat()
}

fn part_version(upload: UploadId, part_number: PartNumber) -> Vec<u8> {
    [
        upload.as_bytes().as_slice(),
        b"part",
        &part_number.get().to_be_bytes(),
    ]
    .concat()
}

fn finished_version(upload: UploadId) -> Vec<u8> {
    [upload.as_bytes().as_slice(), b"finished"].concat()
}

/// A sealed row of an upload, a part or a finished upload.
#[derive(Clone, Debug)]
pub struct UploadRow {
    raw: Bytes,
    /// Version of the bucket key that opens it.
    pub key_version: u32,
}

impl UploadRow {
    fn decode(raw: Bytes) -> Result<Self, CatalogError> {
        let key_version = RecordView::decode(&raw)?.key_version;
        Ok(Self { raw, key_version })
    }

    /// Opens an upload's row.
    ///
    /// # Errors
    /// `Corrupt` when it does not authenticate.
    pub fn open_upload(
        &self,
        identity: &ObjectIdentity<'_>,
        upload: UploadId,
        bucket_key: &ScopeKey,
    ) -> Result<UploadRecord, CatalogError> {
        let view = RecordView::decode(&self.raw)?;
        let version = upload_version(upload);
        let secret = view.open(bucket_key, &identity.context(&version))?;
        let mut r = Reader::new(secret.expose());
        let data_key =
            DataKey::from_slice(r.fixed(32)?).ok_or(CodecError::InvalidField("data key"))?;
        let metadata = decode_metadata(&mut r)?;
        let checksum = match r.u8()? {
            0 => None,
            stored => {
                let algorithm = ChecksumAlgorithm::from_stored(stored);
                let checksum_type = ChecksumType::parse(&r.text("checksum type")?);
                Some(
                    algorithm
                        .zip(checksum_type)
                        .ok_or(CodecError::InvalidField("checksum"))?,
                )
            }
        };
        r.finish()?;
        let initiated = Timestamp::from_millis(Reader::new(view.plain).u64()?);
        Ok(UploadRecord {
            upload,
            initiated,
            data_key,
            metadata,
            checksum,
        })
    }
}

/// Stores a new upload.
///
/// # Errors
/// `BucketGone` when the bucket was deleted meanwhile.
pub async fn create(
    engine: &dyn Engine,
    identity: &ObjectIdentity<'_>,
    upload: UploadId,
    row: Bytes,
) -> Result<(), CatalogError> {
    let mut batch = guarded_batch(identity.bucket);
    batch.put(keyspace::upload(identity.object_key, upload), row);
    match engine.commit(batch).await {
        Err(CommitError::ConditionFailed { .. }) => Err(CatalogError::BucketGone),
        other => Ok(other?),
    }
}

/// An upload's row.
///
/// # Errors
/// When the engine fails or the row is corrupt.
pub async fn load(
    engine: &dyn Engine,
    bucket: BucketId,
    object_key: &ObjectKey,
    upload: UploadId,
) -> Result<Option<UploadRow>, CatalogError> {
    let partition = keyspace::bucket_partition(bucket);
    let row = MetaStore::get(engine, partition, &keyspace::upload(object_key, upload)).await?;
    row.map(UploadRow::decode).transpose()
}

/// A part with the time it was stored.
#[derive(Clone, Debug)]
pub struct StoredPart {
    /// The part.
    pub entry: PartEntry,
    /// When it was stored.
    pub last_modified: Timestamp,
}

/// Stores a part, replacing an earlier one of the same number (last finisher wins).
///
/// # Errors
/// `BucketGone`; `Commit(ConditionFailed)` when the upload is gone.
///
/// # Durability
/// When this returns `Ok`, the part survives power loss.
///
/// # Cancel safety
/// A dropped future leaves the old part or the new one.
pub async fn store_part(
    engine: &dyn Engine,
    target: (&ObjectIdentity<'_>, UploadId),
    part: &StoredPart,
    stored: (FinishedBlob, Option<BlobId>),
    keys: (&ScopeKey, &dyn Entropy),
) -> Result<(), CatalogError> {
    let (identity, upload) = target;
    let (finished, ledgered) = stored;
    let mut plain = Writer::new();
    plain.u64(part.last_modified.millis()).u64(part.entry.size);
    encode_blob(&mut plain, &part.entry.blob);
    let mut secret = Writer::new();
    part.entry.encode_secret(&mut secret);
    let version = part_version(upload, part.entry.part_number);
    let context = identity.context(&version);
    let row: Bytes = seal_record(
        keys.0,
        &context,
        plain.as_slice(),
        secret.as_slice(),
        keys.1,
    )?
    .into();
    let partition = keyspace::bucket_partition(identity.bucket);
    let part_row = keyspace::part(upload, part.entry.part_number);
    for _ in 0..ATTEMPTS_MAX {
        let old = MetaStore::get(engine, partition, &part_row).await?;
        let mut batch = guarded_batch(identity.bucket);
        let mut change = UsageChange {
            upload_bytes: signed(part.entry.size),
            ..UsageChange::default()
        };
        match &old {
            None => batch.absent(part_row.clone()),
            Some(old) => {
                let (_, size, blob) = decode_part_plain(old)?;
                change.upload_bytes -= signed(size);
                release(&mut batch, blob, part.last_modified);
                batch.equals(part_row.clone(), old.clone())
            }
        };
        batch
            .present(keyspace::upload(identity.object_key, upload))
            .put(part_row.clone(), row.clone())
            .attach(finished.clone());
        if let Some(blob) = ledgered {
            batch.delete(keyspace::ledger(blob));
        }
        usage::count(&mut batch, change);
        batch.counter(CounterChange {
            meta_key: keyspace::part_changes(upload),
            delta: 1,
            ceiling: None,
        });
        match engine.commit(batch).await {
            Ok(()) => return Ok(()),
            Err(CommitError::ConditionFailed {
                condition_index: HEADER_CONDITION,
            }) => {
                return Err(CatalogError::BucketGone);
            }
            Err(CommitError::ConditionFailed { condition_index: 1 }) => {}
            Err(source) => return Err(source.into()),
        }
    }
    Err(CatalogError::Contended)
}

fn decode_part_plain(row: &[u8]) -> Result<(Timestamp, u64, BlobRef), CatalogError> {
    let view = RecordView::decode(row)?;
    let mut r = Reader::new(view.plain);
    let fields = (
        Timestamp::from_millis(r.u64()?),
        r.u64()?,
        decode_blob(&mut r)?,
    );
    r.finish()?;
    Ok(fields)
}

fn release(batch: &mut MetaBatch, blob: BlobRef, now: Timestamp) {
    LedgerEntry {
        blob: blob.blob,
        piece_count: Some(blob.piece_count),
        since: now,
    }
    .enter(batch);
}

/// A part's row with its number.
#[derive(Clone, Debug)]
pub struct PartRow {
    row: UploadRow,
    /// The part's number.
    pub part_number: PartNumber,
    /// Plaintext bytes.
    pub size: u64,
    /// Where it lies.
    pub blob: BlobRef,
    last_modified: Timestamp,
}

impl PartRow {
    fn decode(meta_key: &[u8], raw: Bytes) -> Result<Self, CatalogError> {
        let number = meta_key
            .last_chunk::<2>()
            .ok_or(CatalogError::Inconsistent("part"))?;
        let part_number = PartNumber::new(u16::from_be_bytes(*number))
            .map_err(|_number| CatalogError::Inconsistent("part"))?;
        let (last_modified, size, blob) = decode_part_plain(&raw)?;
        Ok(Self {
            row: UploadRow::decode(raw)?,
            part_number,
            size,
            blob,
            last_modified,
        })
    }

    /// Version of the bucket key that opens it.
    pub fn key_version(&self) -> u32 {
        self.row.key_version
    }

    /// Opens the row.
    ///
    /// # Errors
    /// `Corrupt` when it does not authenticate.
    pub fn open(
        &self,
        identity: &ObjectIdentity<'_>,
        upload: UploadId,
        bucket_key: &ScopeKey,
    ) -> Result<StoredPart, CatalogError> {
        let view = RecordView::decode(&self.row.raw)?;
        let version = part_version(upload, self.part_number);
        let secret = view.open(bucket_key, &identity.context(&version))?;
        let mut r = Reader::new(secret.expose());
        let entry = PartEntry::decode_secret(&mut r, self.blob)?;
        r.finish()?;
        Ok(StoredPart {
            entry,
            last_modified: self.last_modified,
        })
    }
}

/// The parts of an upload behind `after`, at most `limit`, by number.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub async fn load_parts(
    engine: &dyn Engine,
    bucket: BucketId,
    upload: UploadId,
    after: Option<PartNumber>,
    limit: usize,
) -> Result<Vec<PartRow>, CatalogError> {
    let start = match after {
        None => keyspace::parts_start(upload).to_vec(),
        Some(number) => [keyspace::part(upload, number).as_ref(), &[0]].concat(),
    };
    let range = ScanRange {
        start,
        end: Some(keyspace::parts_end(upload).to_vec()),
    };
    let rows = engine
        .scan_page(keyspace::bucket_partition(bucket), range, limit)
        .await?;
    rows.into_iter()
        .map(|(meta_key, raw)| PartRow::decode(&meta_key, raw))
        .collect()
}

/// How often parts of this upload have been stored, as its stored counter; read it before the
/// parts, so that a part stored meanwhile fails the batch of [`UploadEnd`] instead of being lost in
/// it.
///
/// # Errors
/// When the engine fails.
pub async fn load_part_changes(
    engine: &dyn Engine,
    bucket: BucketId,
    upload: UploadId,
) -> Result<Option<Bytes>, CatalogError> {
    let partition = keyspace::bucket_partition(bucket);
    Ok(MetaStore::get(engine, partition, &keyspace::part_changes(upload)).await?)
}

/// The end of an upload, by completion or abort.
#[derive(Debug)]
pub struct UploadEnd<'a> {
    /// The object.
    pub object_key: &'a ObjectKey,
    /// The upload.
    pub upload: UploadId,
    /// What [`load_part_changes`] gave before the parts were read.
    pub part_changes: Option<Bytes>,
    /// All parts.
    pub parts: &'a [PartRow],
    /// Now.
    pub now: Timestamp,
}

impl UploadEnd<'_> {
    /// Adds the end to a batch: two conditions (the upload is open, no part was stored meanwhile),
    /// its rows go, its counted bytes go, and the blobs of the parts that no object took over enter
    /// the ledger.
    pub fn extend(&self, batch: &mut MetaBatch, is_taken: impl Fn(BlobId) -> bool) {
        let row = keyspace::upload(self.object_key, self.upload);
        let changes_row = keyspace::part_changes(self.upload);
        batch.present(row.clone());
        match &self.part_changes {
            None => batch.absent(changes_row.clone()),
            Some(changes) => batch.equals(changes_row.clone(), changes.clone()),
        };
        batch.delete(row).delete(changes_row).delete_range(
            keyspace::parts_start(self.upload),
            keyspace::parts_end(self.upload),
        );
        let mut upload_bytes = 0;
        for part in self.parts {
            upload_bytes -= signed(part.size);
            if !is_taken(part.blob.blob) {
                release(batch, part.blob, self.now);
            }
        }
        usage::count(
            batch,
            UsageChange {
                upload_bytes,
                ..UsageChange::default()
            },
        );
    }
}

/// What is remembered of a finished upload, so that a repeated Complete gets the same answer
/// (s3-behaviour.md 47).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishedUpload {
    /// ETag of the object.
    pub etag: ETag,
    /// Checksum of the object.
    pub checksum: Option<ObjectChecksum>,
}

/// Adds the memory of a finished upload to a batch.
///
/// # Errors
/// When the random source fails.
pub fn seal_finished(
    finished: &FinishedUpload,
    target: (&ObjectIdentity<'_>, UploadId),
    now: Timestamp,
    keys: (&ScopeKey, &dyn Entropy),
) -> Result<Bytes, CatalogError> {
    let (identity, upload) = target;
    let mut plain = Writer::new();
    plain.u64(now.millis());
    let mut secret = Writer::new();
    let (md5, part_count) = finished.etag.to_stored();
    secret.fixed(&md5).u16(part_count);
    encode_checksum(&mut secret, finished.checksum.as_ref());
    let version = finished_version(upload);
    let context = identity.context(&version);
    Ok(seal_record(
        keys.0,
        &context,
        plain.as_slice(),
        secret.as_slice(),
        keys.1,
    )?
    .into())
}

/// The row of a finished upload.
///
/// # Errors
/// When the engine fails or the row is corrupt.
pub async fn load_finished(
    engine: &dyn Engine,
    bucket: BucketId,
    object_key: &ObjectKey,
    upload: UploadId,
) -> Result<Option<UploadRow>, CatalogError> {
    let partition = keyspace::bucket_partition(bucket);
    let row = MetaStore::get(
        engine,
        partition,
        &keyspace::finished_upload(object_key, upload),
    )
    .await?;
    row.map(UploadRow::decode).transpose()
}

impl UploadRow {
    /// Opens the row of a finished upload.
    ///
    /// # Errors
    /// `Corrupt` when it does not authenticate.
    pub fn open_finished(
        &self,
        identity: &ObjectIdentity<'_>,
        upload: UploadId,
        bucket_key: &ScopeKey,
    ) -> Result<FinishedUpload, CatalogError> {
        let view = RecordView::decode(&self.raw)?;
        let version = finished_version(upload);
        let secret = view.open(bucket_key, &identity.context(&version))?;
        let mut r = Reader::new(secret.expose());
        let etag = ETag::from_stored(r.array()?, r.u16()?);
        let checksum = decode_checksum(&mut r)?;
        r.finish()?;
        Ok(FinishedUpload { etag, checksum })
    }

    /// When the upload was finished, of a finished upload's row.
    ///
    /// # Errors
    /// `Corrupt` when the readable part does not decode.
    pub fn finished_at(&self) -> Result<Timestamp, CatalogError> {
        let view = RecordView::decode(&self.raw)?;
        Ok(Timestamp::from_millis(Reader::new(view.plain).u64()?))
    }
}

/// Memories of finished uploads that are older than `before`, at most `limit`, as their meta keys.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub async fn expired_finished(
    engine: &dyn Engine,
    bucket: BucketId,
    before: Timestamp,
    limit: usize,
) -> Result<Vec<Bytes>, CatalogError> {
    let prefix = [keyspace::FINISHED_UPLOAD];
    let range = ScanRange {
        start: prefix.to_vec(),
        end: keyspace::prefix_end(&prefix),
    };
    let rows = engine
        .scan_page(keyspace::bucket_partition(bucket), range, limit)
        .await?;
    let mut expired = Vec::new();
    for (meta_key, raw) in rows {
        if UploadRow::decode(raw)?.finished_at()? < before {
            expired.push(meta_key);
        }
    }
    Ok(expired)
}

/// When an upload was opened, from its row.
///
/// # Errors
/// `Corrupt` when the readable part does not decode.
pub fn decode_initiated(row: &[u8]) -> Result<Timestamp, CatalogError> {
    let view = RecordView::decode(row)?;
    Ok(Timestamp::from_millis(Reader::new(view.plain).u64()?))
}

/// Where a part lies, from its row.
///
/// # Errors
/// `Corrupt` when the readable part does not decode.
pub fn decode_part_blob(row: &[u8]) -> Result<BlobRef, CatalogError> {
    decode_part_plain(row).map(|(_, _, blob)| blob)
}
