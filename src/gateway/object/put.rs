//! PutObject.
//!
//! Owns: a simple object from body to commit, and the conditions checked at the commit.
//! Not here: the stream (`write_path`), parts (`gateway::multipart`).

use crate::base::limits::PUT_LEN_MAX;
use crate::catalog::buckets::BucketRecord;
use crate::catalog::changes::{self, Decision, NewVersion};
use crate::catalog::error::CatalogError;
use crate::catalog::objects::{BodyBinding, ObjectPlain, ObjectRecord, ObjectSecret};
use crate::catalog::versions::{self, VersionRow};
use crate::crypto::DataKey;
use crate::gateway::acl::list_at_commit;
use crate::gateway::digests::DeclaredDigests;
use crate::gateway::error::GatewayError;
use crate::gateway::object::version::written_version;
use crate::gateway::write_path::{Body, StoredStream, StreamTarget};
use crate::gateway::{Gateway, identity, spend};
use crate::iam::{Action, Permit};
use crate::model::acl::AccessList;
use crate::model::checksum::{Checksum, ChecksumType, ObjectChecksum};
use crate::model::conditions::{WriteConditions, WriteOutcome};
use crate::model::etag::ETag;
use crate::model::id::VersionId;
use crate::model::lock::LockState;
use crate::model::metadata::ObjectMetadata;
use crate::model::object_key::ObjectKey;
use crate::model::tags::TagSet;
use crate::model::time::Timestamp;
use crate::model::versioning::VersionSelector;

/// What a client asks for in a PUT.
#[derive(Debug)]
pub struct PutObject {
    /// The object.
    pub object_key: ObjectKey,
    /// Content headers and user metadata.
    pub metadata: ObjectMetadata,
    /// Declared digests.
    pub declared: DeclaredDigests,
    /// Conditions on the object that it replaces.
    pub conditions: WriteConditions,
    /// Tags.
    pub tags: TagSet,
    /// Retention and legal hold that the request asks for.
    pub lock: LockState,
    /// Its access control list; without one it is private and the bucket owner's. The commit
    /// decides again whether the bucket takes it.
    pub acl: Option<Box<AccessList>>,
}

/// What was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredObject {
    /// Its ETag.
    pub etag: ETag,
    /// Its checksum.
    pub checksum: Option<ObjectChecksum>,
    /// Its time.
    pub last_modified: Timestamp,
    /// Its bytes.
    pub size: u64,
    /// Its version, if it has an id of its own.
    pub version: Option<VersionSelector>,
}

impl Gateway {
    /// Stores an object.
    ///
    /// # Errors
    /// A digest that does not hold, `PreconditionFailed`, `NoSuchKey` (If-Match on nothing),
    /// `NoSuchBucket`, `TooLarge`, `NoObjectLock`, `RetainUntilPast`, `Acl`, or when rows, keys or
    /// engine fail. Nothing is visible then.
    ///
    /// # Durability
    /// When this returns `Ok`, the object survives power loss.
    pub async fn put_object(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        request: PutObject,
        mut body: Body,
    ) -> Result<StoredObject, GatewayError> {
        spend(permit, Action::PutObject, bucket)?;
        // Early answers: a body that cannot be stored need not be read. The commit decides again.
        self.lock_for(bucket, &request.object_key, request.lock)?;
        if !request.conditions.is_empty() {
            let object_key = &request.object_key;
            let row = versions::load_current(&*self.engine, bucket.bucket, object_key);
            self.evaluate(bucket, object_key, row.await?.as_ref(), &request.conditions)
                .await?;
        }
        let room = self
            .room_for_object(bucket, &request.object_key, request.declared.len)
            .await?;
        let version = VersionId::generate(self.now().millis(), &*self.entropy)?;
        let data_key = DataKey::generate(&*self.entropy)?;
        let target = StreamTarget {
            bucket,
            owner: *version.as_bytes(),
            part_number: 0,
            data_key: &data_key,
            len_max: PUT_LEN_MAX,
            room,
        };
        let stored = self
            .store_stream(target, &mut body, &request.declared)
            .await?;
        self.commit_stream(bucket, request, (version, data_key), stored)
            .await
    }

    /// Makes a stored stream the current version of an object.
    pub(in crate::gateway) async fn commit_stream(
        &self,
        bucket: &BucketRecord,
        request: PutObject,
        keys: (VersionId, DataKey),
        stored: StoredStream,
    ) -> Result<StoredObject, GatewayError> {
        let (begun, data_key) = keys;
        let etag = ETag::single(stored.digests.md5);
        let checksum = stored.digests.checksum.map(full_object);
        let written = stored.written;
        let mut record = ObjectRecord {
            plain: ObjectPlain {
                size: stored.digests.len,
                last_modified: Timestamp::default(),
                version: begun,
                part_count: None,
                blob: Some(written.blob),
                is_null: true,
                is_marker: false,
                lock: LockState::default(),
            },
            secret: ObjectSecret {
                data_key,
                etag,
                checksum: checksum.clone(),
                metadata: request.metadata,
                tags: request.tags,
                acl: None,
                body: BodyBinding::Stream(stored.parameters),
            },
        };
        let object_key = &request.object_key;
        let decide = async |bucket: &BucketRecord, current: Option<&VersionRow>| {
            self.evaluate(bucket, object_key, current, &request.conditions)
                .await?;
            record.plain.lock = self.lock_for(bucket, &request.object_key, request.lock)?;
            record.secret.acl = list_at_commit(bucket, request.acl.as_deref())?;
            self.succeed(bucket, current, begun)?
                .apply(&mut record.plain);
            let bucket_key = self.sealing_key(bucket).await?;
            let row = record.seal(&identity(bucket, object_key), &bucket_key, &*self.entropy)?;
            Ok::<_, GatewayError>(Decision::Put(Box::new(NewVersion {
                plain: record.plain,
                row,
                part_table: None,
                memory: None,
                finished: vec![written.finished.clone()],
                owned: written.ledgered.into_iter().collect(),
                keeps_blobs: false,
            })))
        };
        let target = self.target(bucket, object_key, false);
        changes::commit_current(&*self.engine, target, decide, |_batch| {}).await?;
        drop(written.lease);
        Ok(StoredObject {
            etag,
            checksum,
            last_modified: record.plain.last_modified,
            size: record.plain.size,
            version: written_version(&record.plain),
        })
    }

    /// Evaluates write conditions against the current version (s3-behaviour.md 34, 35).
    pub(in crate::gateway) async fn evaluate(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        current: Option<&VersionRow>,
        conditions: &WriteConditions,
    ) -> Result<(), GatewayError> {
        if conditions.is_empty() {
            return Ok(());
        }
        let etag = match current.filter(|row| !row.plain.is_marker) {
            None => None,
            Some(row) => {
                let key = self.opening_key(bucket, row.key_version).await?;
                Some(
                    row.open(&identity(bucket, object_key), &key)
                        .map_err(damaged)?
                        .etag,
                )
            }
        };
        match conditions.evaluate(etag.as_ref()) {
            WriteOutcome::Proceed => Ok(()),
            WriteOutcome::Absent => Err(GatewayError::NoSuchKey),
            WriteOutcome::PreconditionFailed => Err(GatewayError::PreconditionFailed),
        }
    }
}

/// The checksum of an object that came in one piece.
fn full_object(checksum: Checksum) -> ObjectChecksum {
    ObjectChecksum {
        checksum,
        checksum_type: ChecksumType::FullObject,
        part_count: 0,
    }
}

/// A record that does not open is an operator's matter before it is the client's.
fn damaged(source: CatalogError) -> GatewayError {
    tracing::error!(error = %source, kind = ?source.kind(), "object record does not open");
    source.into()
}
