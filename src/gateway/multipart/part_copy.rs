//! UploadPartCopy: a part whose bytes come from an object.
//!
//! Owns: conditions and range on the source. The bytes go through the data path, since what is
//! stored is bound to its object's keys. Not here: the part's own rules (`upload_part`), reading
//! `x-amz-copy-source-range` (`s3::extract`).

use crate::base::limits::PUT_LEN_MAX;
use crate::catalog::buckets::BucketRecord;
use crate::gateway::decision::require;
use crate::gateway::digests::DeclaredDigests;
use crate::gateway::error::GatewayError;
use crate::gateway::multipart::upload_part::{UploadPart, UploadedPart};
use crate::gateway::object::copy::copied;
use crate::gateway::object::version::told_version;
use crate::gateway::read_path::LocatedObject;
use crate::gateway::{Gateway, spend, spend_on};
use crate::iam::{Action, Permit};
use crate::model::conditions::ReadConditions;
use crate::model::id::UploadId;
use crate::model::object_key::ObjectKey;
use crate::model::upload::PartNumber;
use crate::model::versioning::VersionSelector;
use std::ops::{Range, RangeInclusive};

/// What a client asks for.
#[derive(Debug)]
pub struct UploadPartCopy {
    /// The object to read.
    pub source_key: ObjectKey,
    /// The version of it; `None` for the newest.
    pub source_version: Option<VersionSelector>,
    /// Conditions on it. A failed one is 412, also where a GET would say 304.
    pub source_conditions: ReadConditions,
    /// First and last byte to copy; `None` for the whole object.
    pub source_range: Option<RangeInclusive<u64>>,
    /// The object that the upload makes.
    pub object_key: ObjectKey,
    /// The upload.
    pub upload: UploadId,
    /// The part.
    pub part_number: PartNumber,
}

/// What a copy did.
#[derive(Debug)]
pub struct CopiedPart {
    /// The part.
    pub part: UploadedPart,
    /// The version that was read, as answers name it; `None` in a bucket that never kept versions.
    pub source_version: Option<VersionSelector>,
}

impl Gateway {
    /// Stores a part that is a copy of an object or of a range of one.
    ///
    /// # Errors
    /// `NoSuchKey` for the source, `PreconditionFailed`, `RangeNotSatisfiable`,
    /// `CopySourceTooLarge` (over 5 GiB), `NoSuchUpload`, `NotInitiator`, or when rows, keys or
    /// engine fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the part survives power loss.
    pub async fn upload_part_copy(
        &self,
        permits: (Permit, Permit),
        source_bucket: &BucketRecord,
        bucket: &BucketRecord,
        request: UploadPartCopy,
    ) -> Result<CopiedPart, GatewayError> {
        let action = Action::GetObject;
        let source_action = request
            .source_version
            .map_or(action, |_| action.on_version());
        let sight = spend_on(permits.0, source_action, source_bucket)?;
        let caller = permits.1.caller();
        spend(permits.1, Action::PutObject, bucket)?;
        let named = (&request.source_key, request.source_version);
        let locate = async || {
            let conditions = &request.source_conditions;
            let source = self.copy_source(source_bucket, named, conditions).await?;
            require(sight, source.record.plain.version)?;
            Ok(source)
        };
        let range_of = |source: &LocatedObject| {
            range_within(request.source_range.as_ref(), source.record.plain.size)
        };
        let (source, plaintext) = self.locate_and_read(locate, range_of).await?;
        let source_version = told_version(source_bucket, &source.record.plain);
        let part = UploadPart {
            object_key: request.object_key,
            upload: request.upload,
            part_number: request.part_number,
            declared: DeclaredDigests::default(),
        };
        let stored = copied(plaintext, async |mut body| {
            self.store_upload_part(bucket, (part, caller), &mut body)
                .await
        });
        Ok(CopiedPart {
            part: stored.await?,
            source_version,
        })
    }
}

/// The bytes of the source that become the part.
fn range_within(
    asked: Option<&RangeInclusive<u64>>,
    size: u64,
) -> Result<Range<u64>, GatewayError> {
    let range = match asked {
        None => 0..size,
        Some(range) if *range.end() < size => *range.start()..range.end().saturating_add(1),
        Some(_) => return Err(GatewayError::RangeNotSatisfiable { size }),
    };
    if range.end.saturating_sub(range.start) > PUT_LEN_MAX {
        return Err(GatewayError::CopySourceTooLarge);
    }
    Ok(range)
}
