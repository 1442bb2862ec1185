//! CreateMultipartUpload.

use crate::catalog::buckets::BucketRecord;
use crate::catalog::uploads::{self, UploadOwner, UploadRecord};
use crate::crypto::DataKey;
use crate::gateway::error::GatewayError;
use crate::gateway::{Gateway, identity, spend};
use crate::iam::{Action, Permit};
use crate::model::acl::AccessList;
use crate::model::checksum::{ChecksumAlgorithm, ChecksumType};
use crate::model::id::{TenantId, UploadId};
use crate::model::lock::LockState;
use crate::model::metadata::ObjectMetadata;
use crate::model::object_key::ObjectKey;
use crate::model::tags::TagSet;
use crate::model::upload::Initiator;

/// What a client declares when it opens an upload.
#[derive(Debug)]
pub struct CreateUpload {
    /// The object.
    pub object_key: ObjectKey,
    /// Content headers and user metadata of the finished object.
    pub metadata: ObjectMetadata,
    /// Tags of the finished object.
    pub tags: TagSet,
    /// Retention and legal hold of the finished object.
    pub lock: LockState,
    /// Access control list of the finished object.
    pub acl: Option<Box<AccessList>>,
    /// Checksum of the finished object.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

impl Gateway {
    /// Opens an upload.
    ///
    /// # Errors
    /// `NoSuchBucket`, `NoObjectLock`, `RetainUntilPast`, or when rows, keys or engine fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the upload survives power loss.
    pub async fn create_upload(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        request: CreateUpload,
    ) -> Result<UploadId, GatewayError> {
        let initiator = Initiator::of(permit.caller());
        spend(permit, Action::PutObject, bucket)?;
        self.lock_for(bucket, &request.object_key, request.lock)?;
        let initiated = self.now();
        let upload = UploadId::generate(initiated.millis(), &*self.entropy)?;
        let data_key = DataKey::generate(&*self.entropy)?;
        let CreateUpload {
            object_key,
            metadata,
            tags,
            lock,
            acl,
            checksum,
        } = request;
        let record = UploadRecord {
            upload,
            initiated,
            data_key,
            metadata,
            tags,
            lock,
            owner: upload_owner(bucket, acl, initiator),
            checksum,
        };
        let bucket_key = self.sealing_key(bucket).await?;
        let identity = identity(bucket, &object_key);
        let row = record.seal(&identity, &bucket_key, &*self.entropy)?;
        uploads::create(&*self.engine, &identity, upload, row).await?;
        Ok(upload)
    }

    /// Opens the record of an open upload.
    ///
    /// # Errors
    /// `NoSuchUpload`, or corrupt rows.
    pub(in crate::gateway) async fn open_upload(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        upload: UploadId,
    ) -> Result<UploadRecord, GatewayError> {
        let row = uploads::load(&*self.engine, bucket.bucket, object_key, upload).await?;
        let row = row.ok_or(GatewayError::NoSuchUpload)?;
        let key = self.opening_key(bucket, row.key_version).await?;
        Ok(row.open_upload(&identity(bucket, object_key), upload, &key)?)
    }

    /// Opens the record of an open upload for a caller that wants to go on with it: who may write
    /// into the bucket may not for that write into another's upload.
    ///
    /// # Errors
    /// `NotInitiator`, `NoSuchUpload`, or corrupt rows.
    pub(in crate::gateway) async fn continued_upload(
        &self,
        bucket: &BucketRecord,
        (object_key, upload): (&ObjectKey, UploadId),
        caller: Option<TenantId>,
    ) -> Result<UploadRecord, GatewayError> {
        let record = self.open_upload(bucket, object_key, upload).await?;
        if record.initiator(bucket.tenant).lets(caller, bucket.tenant) {
            Ok(record)
        } else {
            Err(GatewayError::NotInitiator)
        }
    }
}

/// Whose an upload is, where it is not the bucket owner's alone. Who began it counts also where
/// lists do not.
fn upload_owner(
    bucket: &BucketRecord,
    acl: Option<Box<AccessList>>,
    initiator: Initiator,
) -> Option<Box<UploadOwner>> {
    let acl = acl.filter(|_| bucket.ownership.allows_acls());
    if acl.is_none() && initiator == Initiator::Account(bucket.tenant) {
        return None;
    }
    let list = acl.map_or_else(|| AccessList::private(bucket.tenant), |list| *list);
    Some(Box::new(UploadOwner { initiator, list }))
}
