//! Open multipart uploads.
//!
//! Owns: the row `L` (upload), and the end of an upload.
//! Not here: its parts (`upload_parts`), what is remembered afterwards (`finished_uploads`), which
//! parts a client may complete (`gateway::multipart`).

use crate::base::codec::{CodecError, Reader, Writer};
use crate::base::entropy::Entropy;
use crate::catalog::error::CatalogError;
use crate::catalog::fields::{
    decode_initiator, decode_list, decode_lock, decode_metadata, decode_tags, encode_initiator,
    encode_list, encode_lock, encode_metadata, encode_tag_count, encode_tags,
};
use crate::catalog::ledger;
use crate::catalog::objects::ObjectIdentity;
use crate::catalog::upload_parts::PartRow;
use crate::catalog::usage::{self, Account};
use crate::catalog::{guarded_batch, keyspace};
use crate::crypto::{DataKey, RecordView, ScopeKey, seal_record};
use crate::model::acl::AccessList;
use crate::model::checksum::{ChecksumAlgorithm, ChecksumType};
use crate::model::id::{BlobId, BucketId, TenantId, UploadId};
use crate::model::lock::LockState;
use crate::model::metadata::ObjectMetadata;
use crate::model::object_key::ObjectKey;
use crate::model::quota::{UsageChange, signed};
use crate::model::tags::TagSet;
use crate::model::time::Timestamp;
use crate::model::upload::Initiator;
use crate::storage::{CommitError, Engine, MetaBatch, MetaStore};
use bytes::Bytes;

/// Whose an upload and what it makes are, where that is not the bucket's owner alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadOwner {
    /// Who began it.
    pub initiator: Initiator,
    /// The list of the finished object.
    pub list: AccessList,
}

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
    /// Tags for the finished object.
    pub tags: TagSet,
    /// Retention and legal hold for the finished object.
    pub lock: LockState,
    /// Whose it is; without this, the bucket owner's alone.
    pub owner: Option<Box<UploadOwner>>,
    /// Declared checksum.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

impl UploadRecord {
    /// Who began it, in a bucket of this owner.
    pub fn initiator(&self, bucket_owner: TenantId) -> Initiator {
        let owner = self.owner.as_ref();
        owner.map_or(Initiator::Account(bucket_owner), |owner| owner.initiator)
    }

    /// Whose what it makes is, in a bucket of this owner.
    pub fn object_owner(&self, bucket_owner: TenantId) -> TenantId {
        let owner = self.owner.as_ref();
        owner.map_or(bucket_owner, |owner| owner.list.owner())
    }

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
        secret.u8(u8::from(!self.lock.is_empty()));
        encode_lock(&mut secret, &self.lock);
        match &self.owner {
            None => encode_tags(&mut secret, &self.tags),
            Some(owner) => {
                encode_tag_count(&mut secret, &self.tags);
                encode_list(&mut secret, &owner.list);
                encode_initiator(&mut secret, owner.initiator);
            }
        }
        let secret = zeroize::Zeroizing::new(secret.into_vec());
        let version = upload_version(self.upload);
        let context = identity.context(&version);
        Ok(seal_record(bucket_key, &context, plain.as_slice(), &secret, entropy)?.into())
    }
}

fn upload_version(upload: UploadId) -> Vec<u8> {
    [upload.as_bytes().as_slice(), b"upload"].concat()
}

/// A sealed row of an upload, a part or a finished upload.
#[derive(Clone, Debug)]
pub struct UploadRow {
    pub(in crate::catalog) raw: Bytes,
    /// Version of the bucket key that opens it.
    pub key_version: u32,
}

impl UploadRow {
    /// Reads the frame of a row.
    ///
    /// # Errors
    /// `Corrupt` when it does not decode.
    pub fn decode(raw: Bytes) -> Result<Self, CatalogError> {
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
        // Rows of the first weeks end here.
        let is_locked = !r.rest().is_empty() && r.u8()? != 0;
        let lock = if is_locked {
            decode_lock(&mut r)?
        } else {
            LockState::default()
        };
        let tags = decode_tags(&mut r)?;
        let owner = if r.rest().is_empty() {
            None
        } else {
            let list = decode_list(&mut r)?;
            let initiator = decode_initiator(&mut r)?;
            Some(Box::new(UploadOwner { initiator, list }))
        };
        r.finish()?;
        let initiated = Timestamp::from_millis(Reader::new(view.plain).u64()?);
        Ok(UploadRecord {
            upload,
            initiated,
            data_key,
            metadata,
            tags,
            lock,
            owner,
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

/// The end of an upload, by completion or abort.
#[derive(Debug)]
pub struct UploadEnd<'a> {
    /// The object.
    pub object_key: &'a ObjectKey,
    /// The upload.
    pub upload: UploadId,
    /// What [`crate::catalog::upload_parts::load_part_changes`] gave before the parts were read.
    pub part_changes: Option<Bytes>,
    /// Whose usage the parts count for.
    pub account: Account,
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
                ledger::release(batch, part.blob, Some(part.size), self.now);
            }
        }
        usage::count(
            batch,
            &self.account,
            UsageChange {
                upload_bytes,
                ..UsageChange::default()
            },
        );
    }
}

/// When an upload was opened, from its row.
///
/// # Errors
/// `Corrupt` when the readable part does not decode.
pub fn decode_initiated(row: &[u8]) -> Result<Timestamp, CatalogError> {
    let view = RecordView::decode(row)?;
    Ok(Timestamp::from_millis(Reader::new(view.plain).u64()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy::SystemEntropy;

    const BUCKET_OWNER: TenantId = TenantId::from_bytes([2; 16]);
    const WRITER: TenantId = TenantId::from_bytes([1; 16]);

    fn record(owner: Option<UploadOwner>) -> UploadRecord {
        UploadRecord {
            upload: UploadId::from_bytes([9; 16]),
            initiated: Timestamp::from_millis(7),
            data_key: DataKey::from_slice(&[b'd'; 32]).unwrap(),
            metadata: ObjectMetadata::default(),
            tags: TagSet::default(),
            lock: LockState::default(),
            owner: owner.map(Box::new),
            checksum: None,
        }
    }

    #[test]
    fn owner_of_an_upload_is_read_back_and_old_uploads_have_none() {
        let (entropy, object_key) = (SystemEntropy::new(), ObjectKey::parse("key").unwrap());
        let key = ScopeKey::generate(1, &entropy).unwrap();
        let identity = ObjectIdentity {
            tenant: BUCKET_OWNER,
            bucket: BucketId::from_bytes([3; 16]),
            object_key: &object_key,
        };
        let version = upload_version(record(None).upload);
        let context = identity.context(&version);
        let opened = |record: &UploadRecord| {
            let row = UploadRow::decode(record.seal(&identity, &key, &entropy).unwrap()).unwrap();
            let view = RecordView::decode(&row.raw).unwrap();
            let plain = view.open(&key, &context).unwrap().expose().to_vec();
            (
                plain,
                row.open_upload(&identity, record.upload, &key).unwrap(),
            )
        };
        // As rows were before there were lists: data key, metadata, no checksum, no lock.
        let old = [&[b'd'; 32][..], &[0; 8], &[0, 0]].concat();
        let (plain, read) = opened(&record(None));
        assert_eq!((plain, read.owner.as_ref()), (old.clone(), None));
        assert_eq!(
            read.initiator(BUCKET_OWNER),
            Initiator::Account(BUCKET_OWNER)
        );
        let list = [&[2; 16][..], &[1, 1], &[2; 16], &[1]].concat();
        for (initiator, stored) in [
            (Initiator::Account(WRITER), [&[1][..], &[1; 16]].concat()),
            (Initiator::Nobody, vec![0]),
        ] {
            let owner = UploadOwner {
                initiator,
                list: AccessList::private(BUCKET_OWNER),
            };
            let (plain, read) = opened(&record(Some(owner.clone())));
            assert_eq!(plain, [&old[..], &[0], &list, &stored].concat());
            assert_eq!(read.owner.as_deref(), Some(&owner));
            assert_eq!(read.initiator(BUCKET_OWNER), initiator);
        }
    }
}
