//! What is remembered of finished uploads, so that a repeated Complete gets the same answer.
//!
//! Owns: the row `K`.
//! Not here: the completion itself (`gateway::multipart`), forgetting (`jobs::sweep`).

use crate::base::codec::{Reader, Writer};
use crate::base::entropy::Entropy;
use crate::catalog::error::CatalogError;
use crate::catalog::fields::{
    decode_checksum, decode_initiator, encode_checksum, encode_initiator,
};
use crate::catalog::keyspace;
use crate::catalog::objects::ObjectIdentity;
use crate::catalog::uploads::UploadRow;
use crate::crypto::{RecordView, ScopeKey, seal_record};
use crate::model::checksum::ObjectChecksum;
use crate::model::encryption::SseAlgorithm;
use crate::model::etag::ETag;
use crate::model::id::{BucketId, UploadId, VersionId};
use crate::model::object_key::ObjectKey;
use crate::model::time::Timestamp;
use crate::model::upload::Initiator;
use crate::storage::{Engine, EngineExt, MetaStore, ScanRange, ScanStep};
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
    /// Encryption that the upload was created with.
    pub encryption: Option<SseAlgorithm>,
    /// Version of the object, if it has an id of its own.
    pub version: Option<VersionId>,
    /// Who began the upload, if not the account of the bucket: nobody else is answered again.
    pub begun_by: Option<Initiator>,
}

/// In place of a version id where there is none and more follows.
const NO_VERSION: [u8; 16] = [0; 16];

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
    secret.u8(finished.encryption.map_or(0, SseAlgorithm::to_stored));
    match (finished.version, finished.begun_by) {
        (None, None) => {}
        (Some(version), None) => {
            secret.fixed(version.as_bytes());
        }
        (version, Some(begun_by)) => {
            let version = version.map_or(NO_VERSION, |version| *version.as_bytes());
            secret.fixed(&version);
            encode_initiator(&mut secret, begun_by);
        }
    }
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
        // Rows of the first weeks end here; they live for a day.
        let stored = if r.rest().is_empty() { 0 } else { r.u8()? };
        let version = if r.rest().is_empty() {
            None
        } else {
            Some(r.array()?).filter(|version| *version != NO_VERSION)
        };
        let begun_by = if r.rest().is_empty() {
            None
        } else {
            Some(decode_initiator(&mut r)?)
        };
        r.finish()?;
        Ok(FinishedUpload {
            version: version.map(VersionId::from_bytes),
            begun_by,
            etag,
            checksum,
            encryption: SseAlgorithm::from_stored(stored),
        })
    }
}

/// When an upload was finished, from its row.
fn decode_finished_at(row: &[u8]) -> Result<Timestamp, CatalogError> {
    let view = RecordView::decode(row)?;
    Ok(Timestamp::from_millis(Reader::new(view.plain).u64()?))
}

/// Memories of finished uploads that are older than `before`, at most `limit`, as their meta keys.
///
/// The rows lie by object key, not by age, so all are looked at: a page from the front would never
/// reach old ones behind a page of young ones.
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
    let gather =
        move |found: &mut Result<Vec<Bytes>, CatalogError>, meta_key: &[u8], row: &[u8]| {
            let Ok(expired) = found else {
                return ScanStep::Stop;
            };
            match decode_finished_at(row) {
                Ok(finished_at) if finished_at < before => {
                    expired.push(Bytes::copy_from_slice(meta_key));
                }
                Ok(_) => {}
                Err(error) => {
                    *found = Err(error);
                    return ScanStep::Stop;
                }
            }
            if expired.len() < limit {
                ScanStep::Continue
            } else {
                ScanStep::Stop
            }
        };
    let partition = keyspace::bucket_partition(bucket);
    engine
        .visit(partition, range, Ok(Vec::new()), gather)
        .await?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy::SystemEntropy;
    use crate::model::id::TenantId;
    use crate::storage::{MemoryEngine, MetaBatch};

    #[test]
    fn who_began_it_is_read_back_with_and_without_a_version() {
        let (entropy, object_key) = (SystemEntropy::new(), ObjectKey::parse("key").unwrap());
        let key = ScopeKey::generate(1, &entropy).unwrap();
        let identity = ObjectIdentity {
            tenant: TenantId::from_bytes([4; 16]),
            bucket: BucketId::from_bytes([1; 16]),
            object_key: &object_key,
        };
        let upload = UploadId::from_bytes([2; 16]);
        let writer = Initiator::Account(TenantId::from_bytes([5; 16]));
        for version in [None, Some(VersionId::from_bytes([9; 16]))] {
            for begun_by in [None, Some(writer), Some(Initiator::Nobody)] {
                let finished = FinishedUpload {
                    etag: ETag::from_stored([3; 16], 1),
                    checksum: None,
                    encryption: None,
                    version,
                    begun_by,
                };
                let now = Timestamp::from_millis(1);
                let row = seal_finished(&finished, (&identity, upload), now, (&key, &entropy));
                let row = UploadRow::decode(row.unwrap()).unwrap();
                let read = row.open_finished(&identity, upload, &key).unwrap();
                assert_eq!(read, finished);
            }
        }
    }

    #[tokio::test]
    async fn old_memory_behind_a_page_of_young_ones_is_found() {
        let engine = MemoryEngine::new();
        let entropy = SystemEntropy::new();
        let key = ScopeKey::generate(1, &entropy).unwrap();
        let bucket = BucketId::from_bytes([1; 16]);
        let upload = UploadId::from_bytes([2; 16]);
        let finished = FinishedUpload {
            etag: ETag::from_stored([3; 16], 1),
            checksum: None,
            encryption: None,
            version: None,
            begun_by: None,
        };
        let mut batch = MetaBatch::new(keyspace::bucket_partition(bucket));
        for (name, at) in [("a", 50), ("b", 60), ("c", 10), ("d", 70), ("e", 20)] {
            let object_key = ObjectKey::from_bytes(name.as_bytes().to_vec()).unwrap();
            let identity = ObjectIdentity {
                tenant: TenantId::from_bytes([4; 16]),
                bucket,
                object_key: &object_key,
            };
            let (now, keys) = (Timestamp::from_millis(at), (&key, &entropy as &dyn Entropy));
            let row = seal_finished(&finished, (&identity, upload), now, keys).unwrap();
            batch.put(keyspace::finished_upload(&object_key, upload), row);
        }
        engine.commit(batch).await.unwrap();
        let expired = async |before, limit| {
            let before = Timestamp::from_millis(before);
            let rows = expired_finished(&engine, bucket, before, limit).await;
            // The object key follows the letter of the row.
            let names = rows.unwrap().into_iter().map(|row| char::from(row[1]));
            names.collect::<String>()
        };
        assert_eq!(expired(50, 2).await, "ce");
        assert_eq!(expired(50, 1).await, "c");
        assert_eq!(expired(10, 2).await, "");
        assert_eq!(expired(100, 9).await, "abcde");
    }
}
