//! CompleteMultipartUpload.
//!
//! Owns: the rules of the part list, ETag and checksum of the whole, the commit that turns parts
//! into an object. Not here: the part table's layout (`catalog::parts`).

use crate::base::kind::ErrorKind;
use crate::base::limits::{OBJECT_LEN_MAX, PART_LEN_MIN};
use crate::catalog::buckets::BucketRecord;
use crate::catalog::changes::{self, Decision, NewVersion};
use crate::catalog::error::CatalogError;
use crate::catalog::finished_uploads;
use crate::catalog::finished_uploads::{FinishedUpload, seal_finished};
use crate::catalog::keyspace;
use crate::catalog::objects::{BodyBinding, ObjectPlain, ObjectRecord, ObjectSecret};
use crate::catalog::parts::{PartEntry, PartTable};
use crate::catalog::upload_parts;
use crate::catalog::upload_parts::PartRow;
use crate::catalog::uploads::{UploadEnd, UploadRecord};
use crate::catalog::versions::VersionRow;
use crate::gateway::acl::list_at_commit;
use crate::gateway::error::GatewayError;
use crate::gateway::multipart::abort::END_ATTEMPTS_MAX;
use crate::gateway::object::version::written_version;
use crate::gateway::{Gateway, identity, spend};
use crate::iam::{Action, Permit};
use crate::model::checksum::{Checksum, ChecksumAlgorithm, ChecksumType, ObjectChecksum};
use crate::model::conditions::WriteConditions;
use crate::model::etag::ETag;
use crate::model::id::{BlobId, TenantId, UploadId, VersionId};
use crate::model::lock::LockState;
use crate::model::object_key::ObjectKey;
use crate::model::time::Timestamp;
use crate::model::upload::{Initiator, PartNumber};
use crate::model::versioning::VersionSelector;
use crate::storage::CommitError;
use std::collections::{HashMap, HashSet};

/// One line of the client's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompletedPart {
    /// Its number.
    pub part_number: PartNumber,
    /// The ETag that the client got for it; `None` when what it sent is not one.
    pub etag: Option<ETag>,
    /// Checksums that the client got for it.
    pub checksums: Vec<Checksum>,
}

/// What a client asks for when it completes an upload.
#[derive(Debug)]
pub struct CompleteUpload {
    /// The object.
    pub object_key: ObjectKey,
    /// The upload.
    pub upload: UploadId,
    /// The parts, in the order of the request.
    pub parts: Vec<CompletedPart>,
    /// Conditions on the object that it replaces.
    pub conditions: WriteConditions,
    /// Declared checksum of the whole object: algorithm and header text (`..-N` for a composite
    /// one; the number may be missing).
    pub checksum: Option<(ChecksumAlgorithm, String)>,
    /// Declared type.
    pub checksum_type: Option<ChecksumType>,
    /// Declared size.
    pub size: Option<u64>,
}

impl Gateway {
    /// Turns parts into an object.
    ///
    /// # Errors
    /// `NoSuchUpload`, `NotInitiator`, `InvalidPart`, `InvalidPartOrder`, `PartTooSmall`,
    /// `PreconditionFailed`, `NoSuchKey`, `ChecksumMismatch`, `ChecksumNotDeclared`,
    /// `SizeMismatch`, `TooLarge`, `Acl`, or when rows, keys or engine fail. The upload stays open
    /// then.
    ///
    /// # Durability
    /// When this returns `Ok`, the object survives power loss.
    pub async fn complete_upload(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        request: &CompleteUpload,
    ) -> Result<FinishedUpload, GatewayError> {
        let caller = permit.caller();
        spend(permit, Action::PutObject, bucket)?;
        for _ in 0..END_ATTEMPTS_MAX {
            if let Some(finished) = self.finished_before(bucket, request, caller).await? {
                return Ok(finished);
            }
            match self.try_complete(bucket, request, caller).await {
                // A part was stored, or the upload was ended, between reading and committing: look
                // again.
                Err(GatewayError::Catalog(CatalogError::Commit(
                    CommitError::ConditionFailed { .. },
                ))) => {}
                Ok(finished) => return Ok(finished),
                Err(error) => return self.judge(bucket, (request, caller), error).await,
            }
        }
        Err(CatalogError::Contended.into())
    }

    /// What an attempt failed on may be that the upload was ended while its parts were read: they
    /// were missing then. Who ended it decides the answer.
    async fn judge(
        &self,
        bucket: &BucketRecord,
        (request, caller): (&CompleteUpload, Option<TenantId>),
        error: GatewayError,
    ) -> Result<FinishedUpload, GatewayError> {
        if !matches!(
            error.kind(),
            ErrorKind::Absent | ErrorKind::Conflict | ErrorKind::Invalid
        ) {
            return Err(error);
        }
        if let Some(finished) = self.finished_before(bucket, request, caller).await? {
            return Ok(finished);
        }
        self.open_upload(bucket, &request.object_key, request.upload)
            .await?;
        Err(error)
    }

    /// The answer of an earlier Complete of this upload.
    async fn finished_before(
        &self,
        bucket: &BucketRecord,
        request: &CompleteUpload,
        caller: Option<TenantId>,
    ) -> Result<Option<FinishedUpload>, GatewayError> {
        let (object_key, upload) = (&request.object_key, request.upload);
        let row = finished_uploads::load_finished(&*self.engine, bucket.bucket, object_key, upload)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let key = self.opening_key(bucket, row.key_version).await?;
        let finished = row.open_finished(&identity(bucket, object_key), upload, &key)?;
        let own = Initiator::Account(bucket.tenant);
        if !finished.begun_by.unwrap_or(own).lets(caller, bucket.tenant) {
            return Err(GatewayError::NotInitiator);
        }
        Ok(Some(finished))
    }

    async fn try_complete(
        &self,
        bucket: &BucketRecord,
        request: &CompleteUpload,
        caller: Option<TenantId>,
    ) -> Result<FinishedUpload, GatewayError> {
        let (object_key, upload) = (&request.object_key, request.upload);
        let engine = &*self.engine;
        let named = (object_key, upload);
        let record = self.continued_upload(bucket, named, caller).await?;
        let initiator = record.initiator(bucket.tenant);
        let part_changes = upload_parts::load_part_changes(engine, bucket.bucket, upload).await?;
        let rows =
            upload_parts::load_parts(engine, bucket.bucket, upload, None, usize::MAX).await?;
        let parts = self.select_parts(bucket, request, &rows).await?;
        let etag = ETag::multipart(parts.iter().map(|part| &part.md5));
        let checksum = combined_checksum(request, &record, &parts)?;
        let mut finished = FinishedUpload {
            etag,
            checksum,
            encryption: record.metadata.encryption(),
            version: None,
            begun_by: Some(initiator).filter(|by| *by != Initiator::Account(bucket.tenant)),
        };
        let taken = parts
            .iter()
            .map(|part| part.blob.blob)
            .collect::<HashSet<BlobId>>();
        let now = self.now();
        let lock = record.lock;
        let list = record.owner.as_ref().map(|owner| owner.list.clone());
        let begun = VersionId::generate(now.millis(), &*self.entropy)?;
        let (mut object, table) = assemble(record, parts, &finished)?;
        let end = UploadEnd {
            object_key,
            upload,
            part_changes,
            account: self.account(bucket),
            parts: &rows,
            now,
        };
        let decide = async |bucket: &BucketRecord, current: Option<&VersionRow>| {
            self.evaluate(bucket, object_key, current, &request.conditions)
                .await?;
            object.plain.lock = self.lock_for(bucket, object_key, lock)?;
            object.secret.acl = list_at_commit(bucket, list.as_ref())?;
            self.succeed(bucket, current, begun)?
                .apply(&mut object.plain);
            finished.version = written_version(&object.plain).and_then(VersionSelector::id);
            let finished = (&finished, upload);
            let new = self.seal_object(bucket, object_key, (&mut object, &table), finished);
            Ok::<_, GatewayError>(Decision::Put(Box::new(new.await?)))
        };
        let target = self.target(bucket, object_key, false);
        changes::commit_current(engine, target, decide, |batch| {
            end.extend(batch, |blob| taken.contains(&blob));
        })
        .await?;
        Ok(finished)
    }

    /// The rows of the version that the parts make. The part table is bound to the version, so it
    /// is sealed with it.
    async fn seal_object(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        (object, table): (&mut ObjectRecord, &PartTable),
        (finished, upload): (&FinishedUpload, UploadId),
    ) -> Result<NewVersion, GatewayError> {
        let bucket_key = self.sealing_key(bucket).await?;
        let identity = identity(bucket, object_key);
        let entropy = &*self.entropy;
        let (version, now) = (object.plain.version, self.now());
        let (part_table, sha256) = table.seal(&identity, version, &bucket_key, entropy)?;
        object.secret.body = BodyBinding::Parts(sha256);
        let memory = seal_finished(finished, (&identity, upload), now, (&bucket_key, entropy))?;
        Ok(NewVersion {
            plain: object.plain,
            row: object.seal(&identity, &bucket_key, entropy)?,
            part_table: Some(part_table),
            memory: Some((keyspace::finished_upload(object_key, upload), memory)),
            finished: Vec::new(),
            owned: Vec::new(),
            keeps_blobs: false,
        })
    }

    /// The stored parts that the client lists, opened and compared with what it says of them.
    async fn select_parts(
        &self,
        bucket: &BucketRecord,
        request: &CompleteUpload,
        rows: &[PartRow],
    ) -> Result<Vec<PartEntry>, GatewayError> {
        if !request.parts.is_sorted_by_key(|part| part.part_number) {
            return Err(GatewayError::InvalidPartOrder);
        }
        let identity = identity(bucket, &request.object_key);
        let stored = rows
            .iter()
            .map(|row| (row.part_number, row))
            .collect::<HashMap<_, _>>();
        let mut selected: Vec<PartEntry> = Vec::with_capacity(request.parts.len());
        // The same number twice is tolerated, the last entry counts (s3-behaviour.md 48).
        let counting = request
            .parts
            .chunk_by(|one, other| one.part_number == other.part_number)
            .filter_map(<[CompletedPart]>::last);
        for listed in counting {
            let part_number = listed.part_number.get();
            let invalid = || GatewayError::InvalidPart { part_number };
            let row = stored.get(&listed.part_number).ok_or_else(invalid)?;
            let key = self.opening_key(bucket, row.key_version()).await?;
            let entry = row.open(&identity, request.upload, &key)?.entry;
            // A checksum that the part does not have cannot be confirmed, so it is not accepted.
            let own = entry.checksum.as_ref();
            let checksums_hold = listed.checksums.iter().all(|listed| own == Some(listed));
            if listed.etag != Some(ETag::single(entry.md5)) || !checksums_hold {
                return Err(invalid());
            }
            selected.push(entry);
        }
        let last = selected.last().map(|part| part.part_number);
        let small = selected
            .iter()
            .find(|part| part.size < PART_LEN_MIN && Some(part.part_number) != last);
        match small {
            Some(part) => Err(GatewayError::PartTooSmall {
                part_number: part.part_number.get(),
                size: part.size,
                etag: ETag::single(part.md5),
            }),
            None if selected.is_empty() => Err(GatewayError::InvalidPartOrder),
            None => Ok(selected),
        }
    }
}

/// The object that the parts make. Its place among the versions, its lock and its list are decided
/// at the commit.
fn assemble(
    upload: UploadRecord,
    parts: Vec<PartEntry>,
    finished: &FinishedUpload,
) -> Result<(ObjectRecord, PartTable), GatewayError> {
    let size = parts.iter().map(|part| part.size).sum::<u64>();
    if size > OBJECT_LEN_MAX {
        return Err(GatewayError::TooLarge);
    }
    let part_count = u16::try_from(parts.len()).map_err(|_count| GatewayError::TooLarge)?;
    let object = ObjectRecord {
        plain: ObjectPlain {
            size,
            last_modified: Timestamp::default(),
            version: VersionId::from_bytes([0; 16]),
            part_count: Some(part_count),
            blob: None,
            is_null: true,
            is_marker: false,
            lock: LockState::default(),
        },
        secret: ObjectSecret {
            data_key: upload.data_key,
            etag: finished.etag,
            checksum: finished.checksum.clone(),
            metadata: upload.metadata,
            tags: upload.tags,
            acl: None,
            body: BodyBinding::Parts([0; 32]),
        },
    };
    Ok((object, PartTable { parts }))
}

/// The checksum of the whole from its parts', compared with what the client declares.
fn combined_checksum(
    request: &CompleteUpload,
    record: &UploadRecord,
    parts: &[PartEntry],
) -> Result<Option<ObjectChecksum>, GatewayError> {
    let size = parts.iter().map(|part| part.size).sum::<u64>();
    if request.size.is_some_and(|declared| declared != size) {
        return Err(GatewayError::SizeMismatch);
    }
    let declared = request.checksum.as_ref();
    // What the upload was not created with, Complete may still bring: a checksum of the whole, if
    // the parts came with the same algorithm.
    let brought = declared.map(|(algorithm, _)| (*algorithm, ChecksumType::FullObject));
    let is_created_with = record.checksum.is_some();
    let kind = record.checksum.or(brought);
    let own_type = kind.map_or(ChecksumType::FullObject, |(_, own)| own);
    if request.checksum_type.is_some_and(|named| named != own_type) {
        return Err(GatewayError::ChecksumMismatch);
    }
    let Some((algorithm, checksum_type)) = kind else {
        return Ok(None);
    };
    if declared.is_some_and(|(named, _)| *named != algorithm) {
        return Err(GatewayError::ChecksumNotDeclared);
    }
    let missing = |part: &PartEntry| {
        if is_created_with {
            let part_number = part.part_number.get();
            GatewayError::InvalidPart { part_number }
        } else {
            GatewayError::ChecksumNotDeclared
        }
    };
    let values = parts
        .iter()
        .map(|part| {
            let own = part.checksum.as_ref();
            let own = own.filter(|own| own.algorithm == algorithm);
            let own = own.map(|own| (own.value.clone(), part.size));
            own.ok_or_else(|| missing(part))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let checksum = ObjectChecksum::of_parts(algorithm, checksum_type, &values);
    let checksum = checksum.ok_or(GatewayError::ChecksumNotDeclared)?;
    match declared {
        Some((_, text)) if !checksum.is_written(text) => Err(GatewayError::ChecksumMismatch),
        _ => Ok(Some(checksum)),
    }
}
