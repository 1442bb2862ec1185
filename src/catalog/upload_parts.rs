//! Parts of open uploads.
//!
//! Owns: the rows `P` (part) and `Q` (how often parts were stored), and the batch that stores a
//! part. Not here: open uploads themselves (`uploads`), part tables of finished objects (`parts`).

use crate::base::codec::{Reader, Writer};
use crate::base::entropy::Entropy;
use crate::catalog::error::CatalogError;
use crate::catalog::ledger;
use crate::catalog::objects::{BlobRef, ObjectIdentity};
use crate::catalog::parts::{PartEntry, decode_blob, encode_blob};
use crate::catalog::uploads::UploadRow;
use crate::catalog::usage::{self, Account};
use crate::catalog::{HEADER_CONDITION, guarded_batch, keyspace};
use crate::crypto::{RecordView, ScopeKey, seal_record};
use crate::model::id::{BlobId, BucketId, UploadId};
use crate::model::quota::{UsageChange, signed};
use crate::model::time::Timestamp;
use crate::model::upload::PartNumber;
use crate::storage::{
    CommitError, CounterChange, Engine, EngineExt, FinishedBlob, MetaStore, ScanRange,
};
use bytes::Bytes;

/// Attempts to replace a part that others replace at the same time.
const ATTEMPTS_MAX: usize = 1024;

fn part_version(upload: UploadId, part_number: PartNumber) -> Vec<u8> {
    [
        upload.as_bytes().as_slice(),
        b"part",
        &part_number.get().to_be_bytes(),
    ]
    .concat()
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
    account: &Account,
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
                ledger::release(&mut batch, blob, Some(size), part.last_modified);
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
        usage::count(&mut batch, account, change);
        batch.counter(CounterChange {
            meta_key: keyspace::part_changes(upload),
            delta: 1,
            ceiling: None,
            meter: None,
        });
        match usage::commit(engine, batch).await {
            Ok(()) => return Ok(()),
            Err(CatalogError::Commit(CommitError::ConditionFailed {
                condition_index: HEADER_CONDITION,
            })) => {
                return Err(CatalogError::BucketGone);
            }
            Err(CatalogError::Commit(CommitError::ConditionFailed { condition_index: 1 })) => {}
            Err(source) => return Err(source),
        }
    }
    Err(CatalogError::Contended)
}

/// Plaintext bytes of the part of a row.
///
/// # Errors
/// `Corrupt` when it does not decode.
pub(in crate::catalog) fn decode_part_len(row: &[u8]) -> Result<u64, CatalogError> {
    Ok(decode_part_plain(row)?.1)
}

/// Plaintext bytes of a part, if it is there.
///
/// # Errors
/// When the engine fails or the row is corrupt.
pub async fn stored_len(
    engine: &dyn Engine,
    bucket: BucketId,
    upload: UploadId,
    part_number: PartNumber,
) -> Result<Option<u64>, CatalogError> {
    let partition = keyspace::bucket_partition(bucket);
    let row = MetaStore::get(engine, partition, &keyspace::part(upload, part_number)).await?;
    row.map(|row| decode_part_len(&row)).transpose()
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
/// parts, so that a part stored meanwhile fails the batch of [`crate::catalog::uploads::UploadEnd`]
/// instead of being lost in it.
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

/// Where a part lies, from its row.
///
/// # Errors
/// `Corrupt` when the readable part does not decode.
pub fn decode_part_blob(row: &[u8]) -> Result<BlobRef, CatalogError> {
    decode_part_plain(row).map(|(_, _, blob)| blob)
}
