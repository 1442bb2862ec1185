//! What is remembered of finished uploads, so that a repeated Complete gets the same answer.
//!
//! Owns: the row `K`.
//! Not here: the completion itself (`gateway::multipart`), forgetting (`jobs::sweep`).

use crate::base::codec::{Reader, Writer};
use crate::base::entropy::Entropy;
use crate::catalog::error::CatalogError;
use crate::catalog::keyspace;
use crate::catalog::objects::{ObjectIdentity, decode_checksum, encode_checksum};
use crate::catalog::uploads::UploadRow;
use crate::crypto::{RecordView, ScopeKey, seal_record};
use crate::model::checksum::ObjectChecksum;
use crate::model::etag::ETag;
use crate::model::id::{BucketId, UploadId};
use crate::model::object_key::ObjectKey;
use crate::model::time::Timestamp;
use crate::storage::{Engine, EngineExt, MetaStore, ScanRange};
use bytes::Bytes;

fn finished_version(upload: UploadId) -> Vec<u8> {
    [upload.as_bytes().as_slice(), b"finished"].concat()
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
