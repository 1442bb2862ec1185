//! CopyObject.
//!
//! Owns: the two ways of a copy: onto itself only the record is sealed anew; elsewhere the bytes go
//! through the data path, since they are bound to their object's keys. Not here: reading
//! `x-amz-copy-source` (`s3::extract`).

use crate::base::channel::{BodySender, body_channel};
use crate::base::limits::PUT_LEN_MAX;
use crate::catalog::buckets::BucketRecord;
use crate::catalog::changes::{self, Decision, NewVersion};
use crate::catalog::error::CatalogError;
use crate::catalog::objects::{BodyBinding, ObjectRecord, ObjectSecret};
use crate::catalog::versions::VersionRow;
use crate::crypto::DataKey;
use crate::gateway::decision::require;
use crate::gateway::digests::{BodyEnd, DeclaredDigests};
use crate::gateway::error::GatewayError;
use crate::gateway::object::put::{PutObject, StoredObject};
use crate::gateway::object::version::{told_version, written_version};
use crate::gateway::read_path::{LocatedObject, PlaintextStream};
use crate::gateway::write_path::{Body, StreamTarget};
use crate::gateway::{Gateway, identity, spend, spend_on};
use crate::iam::{Action, Permit};
use crate::model::acl::AccessList;
use crate::model::checksum::ChecksumAlgorithm;
use crate::model::conditions::{ReadConditions, ReadOutcome, WriteConditions};
use crate::model::encryption::SseAlgorithm;
use crate::model::id::VersionId;
use crate::model::lock::{LockState, ObjectLock};
use crate::model::metadata::ObjectMetadata;
use crate::model::object_key::ObjectKey;
use crate::model::ownership::ObjectOwnership;
use crate::model::public_access::BucketAccess;
use crate::model::tags::TagSet;
use crate::model::versioning::{VersionSelector, Versioning};
use futures::StreamExt;

/// Pieces between the reading and the writing side.
const CHANNEL_PIECES: usize = 2;

/// How often a copy onto itself seals its record anew because a writer was faster. After that it
/// copies the bytes that it reads, which cannot be overtaken: the last to finish wins.
const RESEALS_MAX: usize = 8;

/// What a client asks for in a copy.
#[derive(Clone, Debug)]
pub struct CopyObject {
    /// The object to read.
    pub source_key: ObjectKey,
    /// The version of it; `None` for the newest.
    pub source_version: Option<VersionSelector>,
    /// Conditions on it. A failed one is 412, also where a GET would say 304.
    pub source_conditions: ReadConditions,
    /// The object to write.
    pub object_key: ObjectKey,
    /// Conditions on it.
    pub conditions: WriteConditions,
    /// New metadata (directive REPLACE), or `None` to keep the source's (COPY).
    pub metadata: Option<ObjectMetadata>,
    /// New tags (directive REPLACE), or `None` to keep the source's (COPY).
    pub tags: Option<TagSet>,
    /// Retention and legal hold that the request asks for; the source's are never copied.
    pub lock: LockState,
    /// The copy's access control list; the source's is never copied.
    pub acl: Option<Box<AccessList>>,
    /// Server-side encryption that the copy's bucket or the request asks for; the source's does not
    /// count.
    pub encryption: Option<SseAlgorithm>,
    /// Whether the request itself names something that makes a copy onto itself a change: the
    /// encryption, the storage class.
    pub names_a_change: bool,
    /// Checksum to compute for the copy, if another than the source's is asked for.
    pub checksum_algorithm: Option<ChecksumAlgorithm>,
}

/// What a copy did.
#[derive(Debug)]
pub struct CopiedObject {
    /// The copy.
    pub stored: StoredObject,
    /// The version that was read, as answers name it; `None` in a bucket that never kept versions.
    pub source_version: Option<VersionSelector>,
}

impl CopyObject {
    /// Whether the copy would be what it is a copy of.
    fn changes_nothing(&self) -> bool {
        self.metadata.is_none()
            && self.tags.is_none()
            && self.lock.is_empty()
            && !self.names_a_change
    }
}

impl Gateway {
    /// Copies an object.
    ///
    /// # Errors
    /// `NoSuchKey` for the source, `PreconditionFailed`, `CopyToItself`, `CopySourceTooLarge` (over
    /// 5 GiB), and as [`Gateway::put_object`].
    ///
    /// # Durability
    /// When this returns `Ok`, the copy survives power loss.
    pub async fn copy_object(
        &self,
        permits: (Permit, Permit),
        source_bucket: &BucketRecord,
        bucket: &BucketRecord,
        mut request: CopyObject,
    ) -> Result<CopiedObject, GatewayError> {
        let action = Action::GetObject;
        let source_action = request
            .source_version
            .map_or(action, |_| action.on_version());
        let sight = spend_on(permits.0, source_action, source_bucket)?;
        spend(permits.1, Action::PutObject, bucket)?;
        self.lock_for(bucket, &request.object_key, request.lock)?;
        let is_itself =
            source_bucket.bucket == bucket.bucket && request.source_key == request.object_key;
        if is_itself && request.changes_nothing() {
            // An object that is not there is said to be missing first. A version that is not the
            // newest is brought back by such a copy.
            let source = self.source_of(source_bucket, &request).await?;
            if source.is_current {
                return Err(GatewayError::CopyToItself);
            }
        }
        let (asked, asked_tags) = (request.metadata.take(), request.tags.take());
        for attempt in 0..=RESEALS_MAX {
            let source = self.source_of(source_bucket, &request).await?;
            require(sight, source.record.plain.version)?;
            let kept = || source.record.secret.metadata.clone();
            let mut metadata = asked.clone().unwrap_or_else(kept);
            metadata.mark_encryption(request.encryption);
            let kept = || source.record.secret.tags.clone();
            let described = (metadata, asked_tags.clone().unwrap_or_else(kept));
            let source_version = told_version(source_bucket, &source.record.plain);
            let copied = |stored| CopiedObject {
                stored,
                source_version,
            };
            // Only the null version is ever replaced: every other stays, and the copy with it.
            let is_replaced = is_itself
                && source.is_current
                && source.record.plain.is_null
                && bucket.versioning != Versioning::Enabled;
            let is_overtaken = attempt == RESEALS_MAX;
            if !is_replaced || is_overtaken || needs_new_checksum(&source, &request) {
                let stored = self.copy_bytes(bucket, &source, described, request.clone());
                match stored.await {
                    Err(GatewayError::CorruptObject)
                        if !is_overtaken
                            && self.is_replaced(source_bucket, &request, &source).await? => {}
                    stored => return stored.map(copied),
                }
                continue;
            }
            let stored = self.replace_metadata(bucket, source, described, &request);
            if let Some(stored) = stored.await? {
                return Ok(copied(stored));
            }
        }
        Err(CatalogError::Contended.into())
    }

    /// Whether the source was replaced since it was located.
    async fn is_replaced(
        &self,
        bucket: &BucketRecord,
        request: &CopyObject,
        source: &LocatedObject,
    ) -> Result<bool, GatewayError> {
        let now = self.source_of(bucket, request).await?;
        Ok(!now.row.is_same(&source.row))
    }

    async fn source_of(
        &self,
        bucket: &BucketRecord,
        request: &CopyObject,
    ) -> Result<LocatedObject, GatewayError> {
        let source = (&request.source_key, request.source_version);
        self.copy_source(bucket, source, &request.source_conditions)
            .await
    }

    /// The object to copy from.
    ///
    /// # Errors
    /// `NoSuchKey`, `NoSuchVersion`, `DeleteMarker`, `PreconditionFailed`; corrupt rows.
    pub(in crate::gateway) async fn copy_source(
        &self,
        bucket: &BucketRecord,
        (object_key, selector): (&ObjectKey, Option<VersionSelector>),
        conditions: &ReadConditions,
    ) -> Result<LocatedObject, GatewayError> {
        let source = self.locate(bucket, object_key, selector).await?;
        let (etag, time) = (source.record.secret.etag, source.record.plain.last_modified);
        match conditions.evaluate(&etag, time) {
            ReadOutcome::Proceed => Ok(source),
            ReadOutcome::NotModified | ReadOutcome::PreconditionFailed => {
                Err(GatewayError::PreconditionFailed)
            }
        }
    }

    /// Seals the record anew around the same bytes. The commit makes sure that it is still the row
    /// that was read; `None` when it is another by now, whose bytes are not those that were sealed.
    async fn replace_metadata(
        &self,
        bucket: &BucketRecord,
        source: LocatedObject,
        (metadata, tags): (ObjectMetadata, TagSet),
        request: &CopyObject,
    ) -> Result<Option<StoredObject>, GatewayError> {
        let begun = VersionId::generate(self.now().millis(), &*self.entropy)?;
        let place = self.succeed(bucket, Some(&source.row), begun)?;
        let version = place.version;
        let bucket_key = self.sealing_key(bucket).await?;
        let object_key = &request.object_key;
        // The part table is bound to its version, so it is sealed anew with the record.
        let (part_table, body) = match &source.part_table {
            None => (None, source.record.secret.body),
            Some(table) => {
                let identity = identity(bucket, object_key);
                let (row, sha256) = table.seal(&identity, version, &bucket_key, &*self.entropy)?;
                (Some(row), BodyBinding::Parts(sha256))
            }
        };
        let mut record = ObjectRecord {
            plain: source.record.plain,
            secret: ObjectSecret {
                metadata,
                tags,
                acl: request.acl.clone(),
                body,
                ..source.record.secret
            },
        };
        place.apply(&mut record.plain);
        record.plain.lock = self.lock_for(bucket, &request.object_key, request.lock)?;
        let row = record.seal(&identity(bucket, object_key), &bucket_key, &*self.entropy)?;
        let new = NewVersion {
            plain: record.plain,
            row,
            part_table,
            memory: None,
            finished: Vec::new(),
            owned: Vec::new(),
            keeps_blobs: true,
        };
        // What was sealed follows from these; under others it is to be sealed again.
        let settings = sealed_under(bucket);
        let decide = async |bucket: &BucketRecord, current: Option<&VersionRow>| {
            self.evaluate(bucket, object_key, current, &request.conditions)
                .await?;
            let is_settled = sealed_under(bucket) == settings;
            match current {
                Some(row) if is_settled && row.is_same(&source.row) => {
                    Ok(Decision::Put(Box::new(new.clone())))
                }
                Some(_) => Ok(Decision::Leave),
                None => Err(GatewayError::NoSuchKey),
            }
        };
        let target = self.target(bucket, object_key, false);
        if !changes::commit_current(&*self.engine, target, decide, |_batch| {}).await? {
            return Ok(None);
        }
        let ObjectSecret { etag, checksum, .. } = record.secret;
        Ok(Some(StoredObject {
            etag,
            checksum,
            last_modified: record.plain.last_modified,
            size: record.plain.size,
            version: written_version(&record.plain),
        }))
    }

    async fn copy_bytes(
        &self,
        bucket: &BucketRecord,
        source: &LocatedObject,
        (metadata, tags): (ObjectMetadata, TagSet),
        request: CopyObject,
    ) -> Result<StoredObject, GatewayError> {
        if source.record.plain.size > PUT_LEN_MAX {
            return Err(GatewayError::CopySourceTooLarge);
        }
        let declared = DeclaredDigests {
            checksum_algorithm: request.checksum_algorithm.or_else(|| own_algorithm(source)),
            ..DeclaredDigests::default()
        };
        let len = Some(source.record.plain.size);
        let room = self.room_for_object(bucket, &request.object_key, len);
        let room = room.await?;
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
        let plaintext = self.read(source, 0..source.record.plain.size).await?;
        let stored = copied(plaintext, async |mut body| {
            self.store_stream(target, &mut body, &declared).await
        });
        let stored = stored.await?;
        let put = PutObject {
            object_key: request.object_key,
            metadata,
            declared,
            conditions: request.conditions,
            tags,
            lock: request.lock,
            acl: request.acl,
        };
        self.commit_stream(bucket, put, (version, data_key), stored)
            .await
    }
}

/// The settings of a bucket that decide what a record says.
fn sealed_under(
    bucket: &BucketRecord,
) -> (
    Versioning,
    Option<ObjectLock>,
    ObjectOwnership,
    BucketAccess,
) {
    (
        bucket.versioning,
        bucket.object_lock,
        bucket.ownership,
        bucket.access,
    )
}

fn own_algorithm(source: &LocatedObject) -> Option<ChecksumAlgorithm> {
    let own = source.record.secret.checksum.as_ref();
    own.map(|own| own.checksum.algorithm)
}

/// Whether the bytes must be read for a checksum that the source does not have.
fn needs_new_checksum(source: &LocatedObject, request: &CopyObject) -> bool {
    let asked = request.checksum_algorithm;
    asked.is_some_and(|asked| own_algorithm(source) != Some(asked))
}

/// Runs `store` on a body that is an object's plaintext. An error of the source comes before the
/// one that it causes behind the channel.
pub(in crate::gateway) async fn copied<T>(
    plaintext: PlaintextStream,
    store: impl AsyncFnOnce(Body) -> Result<T, GatewayError>,
) -> Result<T, GatewayError> {
    let (sender, body) = body_channel(CHANNEL_PIECES);
    let (sent, stored) = futures::join!(pump(plaintext, sender), store(body));
    sent?;
    stored
}

/// Moves verified plaintext into the write path. A read error ends the body without its clean end.
async fn pump(
    mut plaintext: PlaintextStream,
    sender: BodySender<BodyEnd>,
) -> Result<(), GatewayError> {
    while let Some(piece) = plaintext.next().await {
        if sender.send(piece?).await.is_err() {
            // The writing side failed; its error is the answer.
            return Ok(());
        }
    }
    drop(sender.finish(BodyEnd::default()).await);
    Ok(())
}
