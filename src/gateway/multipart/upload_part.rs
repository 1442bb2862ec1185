//! UploadPart.

use crate::base::limits::PUT_LEN_MAX;
use crate::catalog::buckets::BucketRecord;
use crate::catalog::error::CatalogError;
use crate::catalog::parts::PartEntry;
use crate::catalog::upload_parts;
use crate::catalog::upload_parts::StoredPart;
use crate::gateway::digests::DeclaredDigests;
use crate::gateway::error::GatewayError;
use crate::gateway::write_path::{Body, StreamTarget};
use crate::gateway::{Gateway, identity, spend};
use crate::iam::{Action, Permit};
use crate::model::encryption::SseAlgorithm;
use crate::model::id::{TenantId, UploadId};
use crate::model::object_key::ObjectKey;
use crate::model::upload::PartNumber;
use crate::storage::CommitError;

/// What a client sends with a part.
#[derive(Debug)]
pub struct UploadPart {
    /// The object.
    pub object_key: ObjectKey,
    /// The upload.
    pub upload: UploadId,
    /// The part.
    pub part_number: PartNumber,
    /// Declared digests.
    pub declared: DeclaredDigests,
}

/// A part that was stored.
#[derive(Debug)]
pub struct UploadedPart {
    /// The part.
    pub part: StoredPart,
    /// Encryption that the upload was created with.
    pub encryption: Option<SseAlgorithm>,
}

impl Gateway {
    /// Stores a part.
    ///
    /// # Errors
    /// `NoSuchUpload`, `NotInitiator`, a digest that does not hold, `TooLarge`, or when rows, keys
    /// or engine fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the part survives power loss.
    pub async fn upload_part(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        request: UploadPart,
        mut body: Body,
    ) -> Result<UploadedPart, GatewayError> {
        let caller = permit.caller();
        spend(permit, Action::PutObject, bucket)?;
        self.store_upload_part(bucket, (request, caller), &mut body)
            .await
    }

    /// Stores a part for a caller's account, from wherever its bytes come.
    ///
    /// # Errors
    /// As [`Gateway::upload_part`].
    pub(in crate::gateway) async fn store_upload_part(
        &self,
        bucket: &BucketRecord,
        (request, caller): (UploadPart, Option<TenantId>),
        body: &mut Body,
    ) -> Result<UploadedPart, GatewayError> {
        let (object_key, upload) = (&request.object_key, request.upload);
        let named = (object_key, upload);
        let record = self.continued_upload(bucket, named, caller).await?;
        let mut declared = request.declared;
        // A part without a checksum of its own gets the one that the upload declared, so that
        // Complete can combine them.
        if declared.checksum.is_none() && declared.checksum_algorithm.is_none() {
            declared.checksum_algorithm = record.checksum.map(|(algorithm, _)| algorithm);
        }
        let algorithm = declared
            .checksum
            .as_ref()
            .map(|checksum| checksum.algorithm);
        let algorithm = algorithm.or(declared.checksum_algorithm);
        if let (Some((upload_algorithm, _)), Some(algorithm)) = (record.checksum, algorithm)
            && upload_algorithm != algorithm
        {
            return Err(GatewayError::ChecksumNotDeclared);
        }
        let place = (upload, request.part_number);
        let room = self.room_for_part(bucket, place, declared.len).await?;
        let target = StreamTarget {
            bucket,
            owner: *upload.as_bytes(),
            part_number: u32::from(request.part_number.get()),
            data_key: &record.data_key,
            len_max: PUT_LEN_MAX,
            room,
        };
        let stored = self.store_stream(target, body, &declared).await?;
        let part = StoredPart {
            entry: PartEntry {
                part_number: request.part_number,
                size: stored.digests.len,
                md5: stored.digests.md5,
                checksum: stored.digests.checksum,
                blob: stored.written.blob,
                stream: stored.parameters,
            },
            last_modified: self.now(),
        };
        let key = self.sealing_key(bucket).await?;
        let identity = identity(bucket, object_key);
        let account = self.account(bucket);
        let committed = upload_parts::store_part(
            &*self.engine,
            (&identity, upload),
            &part,
            (stored.written.finished, stored.written.ledgered),
            (&key, &*self.entropy),
            &account,
        );
        match committed.await {
            Err(CatalogError::Commit(CommitError::ConditionFailed { .. })) => {
                Err(GatewayError::NoSuchUpload)
            }
            other => {
                drop(stored.written.lease);
                other?;
                Ok(UploadedPart {
                    part,
                    encryption: record.metadata.encryption(),
                })
            }
        }
    }
}
