//! PutObject.
//!
//! Owns: a simple object from body to commit, and the conditions checked at the commit.
//! Not here: the stream (`write_path`), parts (`gateway::multipart`).

use crate::base::limits::PUT_LEN_MAX;
use crate::catalog::buckets::BucketRecord;
use crate::catalog::current::{CurrentChange, CurrentRow, Decision, NewVersion, commit_current};
use crate::catalog::error::CatalogError;
use crate::catalog::objects::{BodyBinding, ObjectPlain, ObjectRecord, ObjectSecret};
use crate::crypto::DataKey;
use crate::gateway::digests::DeclaredDigests;
use crate::gateway::error::GatewayError;
use crate::gateway::write_path::{Body, StoredStream, StreamTarget};
use crate::gateway::{Gateway, identity, spend};
use crate::iam::{Action, Permit};
use crate::model::checksum::{Checksum, ChecksumType, ObjectChecksum};
use crate::model::conditions::{WriteConditions, WriteOutcome};
use crate::model::etag::ETag;
use crate::model::id::VersionId;
use crate::model::metadata::ObjectMetadata;
use crate::model::object_key::ObjectKey;
use crate::model::time::Timestamp;

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
}

impl Gateway {
    /// Stores an object.
    ///
    /// # Errors
    /// A digest that does not hold, `PreconditionFailed`, `NoSuchKey` (If-Match on nothing),
    /// `NoSuchBucket`, `TooLarge`, or when rows, keys or engine fail. Nothing is visible then.
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
        if !request.conditions.is_empty() {
            // Early answer: a body that cannot be stored need not be read. The commit decides
            // again.
            let object_key = &request.object_key;
            let row =
                crate::catalog::current::load_current(&*self.engine, bucket.bucket, object_key);
            self.evaluate(bucket, object_key, row.await?.as_ref(), &request.conditions)
                .await?;
        }
        let version = VersionId::generate(self.now().millis(), &*self.entropy)?;
        let data_key = DataKey::generate(&*self.entropy)?;
        let target = StreamTarget {
            bucket,
            owner: *version.as_bytes(),
            part_number: 0,
            data_key: &data_key,
            len_max: PUT_LEN_MAX,
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
        let now = self.now();
        let etag = ETag::single(stored.digests.md5);
        let checksum = stored.digests.checksum.map(full_object);
        let written = stored.written;
        let record = ObjectRecord {
            plain: ObjectPlain {
                size: stored.digests.len,
                last_modified: now,
                version: keys.0,
                part_count: None,
                blob: Some(written.blob),
            },
            secret: ObjectSecret {
                data_key: keys.1,
                etag,
                checksum: checksum.clone(),
                metadata: request.metadata,
                body: BodyBinding::Stream(stored.parameters),
            },
        };
        let bucket_key = self.sealing_key(bucket).await?;
        let object_key = &request.object_key;
        let row = record.seal(&identity(bucket, object_key), &bucket_key, &*self.entropy)?;
        let new = NewVersion {
            plain: record.plain,
            row,
            part_table: None,
            finished: vec![written.finished],
            owned: written.ledgered.into_iter().collect(),
            keeps_blobs: false,
        };
        let change = CurrentChange {
            bucket: bucket.bucket,
            object_key,
            new: Some(new),
            now,
        };
        let decide = async |current: Option<&CurrentRow>| {
            self.evaluate(bucket, object_key, current, &request.conditions)
                .await?;
            Ok::<_, GatewayError>(Decision::Proceed)
        };
        commit_current(&*self.engine, change, decide, |_batch| {}).await?;
        drop(written.lease);
        Ok(StoredObject {
            etag,
            checksum,
            last_modified: now,
            size: record.plain.size,
        })
    }

    /// Evaluates write conditions against the current version (s3-behaviour.md 34, 35).
    pub(in crate::gateway) async fn evaluate(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        current: Option<&CurrentRow>,
        conditions: &WriteConditions,
    ) -> Result<(), GatewayError> {
        if conditions.is_empty() {
            return Ok(());
        }
        let etag = match current {
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
