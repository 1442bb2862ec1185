//! From an operation to the data plane and back to an answer.

pub mod attributes;
pub mod bucket;
pub mod delete;
pub mod encryption;
pub mod lifecycle;
pub mod listing;
pub mod lock;
pub mod multipart;
pub mod object;
pub mod part_copy;
pub mod tagging;
pub mod versioning;

use crate::auth::{Payload as SignedPayload, RequestView, Verified};
use crate::gateway::BucketRecord;
use crate::gateway::object::version_error::VersionError;
use crate::iam::{Action, Permit, Resource, authorize};
use crate::model::bucket::BucketName;
use crate::model::encryption::{SSE_HEADER, SseAlgorithm};
use crate::model::lock::LockState;
use crate::s3::app::S3State;
use crate::s3::body::bridge::{self, Framing};
use crate::s3::error::S3Error;
use crate::s3::extract::{self, conditions, digests, guard, version};
use crate::s3::operation::Operation;
use crate::s3::route::{Query, Target};
use crate::s3::xml::responses::Owner;
use actix_http::Payload;
use actix_web::HttpResponse;
use bytes::Bytes;

/// A verified request on its way to the data plane.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Everything shared.
    pub state: &'a S3State,
    /// The request.
    pub view: &'a RequestView<'a>,
    /// Its query.
    pub query: &'a Query,
    /// Its target.
    pub target: &'a Target,
    /// Its caller.
    pub verified: &'a Verified,
    /// What it asks for.
    pub operation: Operation,
}

impl Call<'_> {
    /// The caller as owner in answers.
    fn owner(&self) -> Owner<'_> {
        let identity = &self.verified.identity;
        Owner {
            id: identity.canonical_id(),
            display_name: identity.display_name(),
        }
    }

    /// What the caller must be allowed.
    fn action(&self) -> Action {
        let action = self.operation.action();
        if self.query.has(version::PARAMETER) {
            action.on_version()
        } else {
            action
        }
    }

    /// Finds a bucket and authorizes an action on it.
    async fn authorize_bucket(
        &self,
        name: &BucketName,
        action: Action,
    ) -> Result<(BucketRecord, Permit), S3Error> {
        let bucket = self.state.gateway.find_bucket(name).await?;
        let permit = self.authorize_in(&bucket, action)?;
        Ok((bucket, permit))
    }

    /// Authorizes an action in a bucket.
    fn authorize_in(&self, bucket: &BucketRecord, action: Action) -> Result<Permit, S3Error> {
        let resource = Resource::Bucket {
            bucket: bucket.bucket,
            owner: bucket.tenant,
        };
        Ok(authorize(&self.verified.identity, action, resource)?)
    }

    /// Whether the caller asks to bypass GOVERNANCE and may.
    ///
    /// # Errors
    /// `InvalidArgument`, `InvalidRequest` when it cannot be told whether it asks.
    fn bypasses_governance(&self, bucket: &BucketRecord) -> Result<bool, S3Error> {
        let action = Action::BypassGovernanceRetention;
        let is_asked = extract::lock::bypass_governance(self.view)?;
        Ok(is_asked && self.authorize_in(bucket, action).is_ok())
    }

    /// Finds the target's bucket and authorizes the call's operation on it. What the request's
    /// headers ask for beyond that is judged afterwards: who may not do it learns nothing of it
    /// (s3-behaviour.md 12).
    async fn authorize_target(&self) -> Result<(BucketRecord, Permit), S3Error> {
        let name = self.target.bucket_name()?;
        let (bucket, permit) = self.authorize_bucket(&name, self.action()).await?;
        let canonical_id = self.verified.identity.canonical_id();
        guard::expected_owner(
            self.view,
            "x-amz-expected-bucket-owner",
            &bucket,
            canonical_id,
        )?;
        guard::refuse_unsupported(self.operation, self.view)?;
        Ok((bucket, permit))
    }

    /// The lock that a write into this bucket asks for.
    ///
    /// # Errors
    /// `InvalidArgument`; `InvalidRequest` in a bucket without Object Lock.
    fn asked_lock(&self, bucket: &BucketRecord) -> Result<LockState, S3Error> {
        match extract::lock::lock(self.view)? {
            None => Ok(LockState::default()),
            Some(_) if bucket.object_lock.is_none() => Err(VersionError::NoObjectLock.into()),
            Some(asked) => Ok(asked),
        }
    }

    /// The encryption that a write into this bucket asks for, by its header or by the bucket's
    /// setting.
    fn asked_encryption(&self, bucket: &BucketRecord) -> Option<SseAlgorithm> {
        let asked = conditions::text(self.view, SSE_HEADER).and_then(SseAlgorithm::parse);
        asked.or(bucket.default_encryption)
    }

    /// The encryption that answers to a write into this bucket tell.
    fn told_encryption(&self, bucket: &BucketRecord) -> Option<SseAlgorithm> {
        let reported = self
            .state
            .reports_encryption
            .then_some(SseAlgorithm::Aes256);
        self.asked_encryption(bucket).or(reported)
    }

    /// Authorizes an operation on the caller's account.
    fn authorize_account(&self) -> Result<Permit, S3Error> {
        let identity = &self.verified.identity;
        let permit = authorize(identity, self.operation.action(), Resource::Account)?;
        guard::refuse_unsupported(self.operation, self.view)?;
        Ok(permit)
    }

    /// Reads an XML body and checks its declared digests. Called behind the authorization: a
    /// stranger's body is not read.
    async fn read_document(
        &self,
        payload: Payload,
        framing: Framing,
        len_max: usize,
    ) -> Result<Bytes, S3Error> {
        let mut declared = digests::of_transfer(self.view, self.verified.payload)?;
        // The checksum headers of Complete are those of the object that it makes.
        if self.operation != Operation::CompleteMultipartUpload {
            digests::add_checksum(&mut declared, self.view)?;
        }
        let (body, end) =
            bridge::read_whole(payload, framing, &self.state.patience, len_max).await?;
        let mut accumulated = crate::gateway::digests::BodyDigests::new(&declared);
        accumulated.update(&body);
        accumulated.verify(&declared, Some(end))?;
        Ok(body)
    }
}

/// The framing of the request's body. Only object bodies need a length up front.
///
/// # Errors
/// `MissingContentLength`, `EntityTooLarge`.
pub fn framing(
    operation: Operation,
    view: &RequestView<'_>,
    verified: &mut Verified,
) -> Result<Framing, S3Error> {
    let has_object_body = matches!(operation, Operation::PutObject | Operation::UploadPart);
    // A streaming body without its length is never read as a plain one: nothing would verify it.
    let is_bodiless = view.header("transfer-encoding").is_none();
    let is_plain = match verified.payload {
        SignedPayload::HashAbsent | SignedPayload::Sha256(_) | SignedPayload::Unsigned => true,
        SignedPayload::StreamingSigned { .. } | SignedPayload::StreamingUnsignedTrailer => false,
    };
    let may_lack_length =
        !has_object_body && view.header("content-length").is_none() && (is_plain || is_bodiless);
    match digests::framing(view, verified) {
        Err(_) if may_lack_length => Ok(Framing::Plain),
        other => other,
    }
}

/// Decides whether the caller may do what it asks for, ahead of the body. The operation decides
/// again: a permit is spent by what it allows.
///
/// # Errors
/// `InvalidBucketName`, `NoSuchBucket`, `AccessDenied`.
pub async fn authorize_ahead(call: &Call<'_>) -> Result<(), S3Error> {
    if call.target.bucket.is_none() || call.operation == Operation::CreateBucket {
        call.authorize_account()?;
    } else {
        call.authorize_target().await?;
    }
    Ok(())
}

/// Runs the operation.
///
/// # Errors
/// The S3 answer to whatever failed.
pub async fn dispatch(
    call: &Call<'_>,
    payload: Payload,
    framing: Framing,
) -> Result<HttpResponse, S3Error> {
    match call.operation {
        Operation::AbortMultipartUpload => multipart::abort(call).await,
        Operation::CompleteMultipartUpload => multipart::complete(call, payload, framing).await,
        Operation::CopyObject => object::copy(call).await,
        Operation::CreateBucket => bucket::create(call, payload, framing).await,
        Operation::CreateMultipartUpload => multipart::create(call).await,
        Operation::DeleteBucket => bucket::delete(call).await,
        Operation::DeleteBucketEncryption => encryption::delete(call).await,
        Operation::DeleteBucketLifecycle => lifecycle::delete(call).await,
        Operation::DeleteBucketTagging => tagging::delete_bucket(call).await,
        Operation::DeleteObject => delete::delete_object(call).await,
        Operation::DeleteObjects => delete::delete_objects(call, payload, framing).await,
        Operation::DeleteObjectTagging => tagging::delete_object(call).await,
        Operation::GetBucketEncryption => encryption::get(call).await,
        Operation::GetBucketLifecycleConfiguration => lifecycle::get(call).await,
        Operation::GetBucketLocation => bucket::location(call).await,
        Operation::GetBucketTagging => tagging::get_bucket(call).await,
        Operation::GetBucketVersioning => versioning::get(call).await,
        Operation::GetObject => object::get(call).await,
        Operation::GetObjectAttributes => attributes::get(call).await,
        Operation::GetObjectLegalHold => lock::get_legal_hold(call).await,
        Operation::GetObjectLockConfiguration => lock::get_configuration(call).await,
        Operation::GetObjectRetention => lock::get_retention(call).await,
        Operation::GetObjectTagging => tagging::get_object(call).await,
        Operation::HeadBucket => bucket::head(call).await,
        Operation::HeadObject => object::head(call).await,
        Operation::ListBuckets => bucket::list(call).await,
        Operation::ListMultipartUploads => listing::uploads(call).await,
        Operation::ListObjects => listing::objects(call).await,
        Operation::ListObjectsV2 => listing::objects_v2(call).await,
        Operation::ListObjectVersions => versioning::list(call).await,
        Operation::ListParts => listing::parts(call).await,
        Operation::PutBucketEncryption => encryption::put(call, payload, framing).await,
        Operation::PutBucketLifecycleConfiguration => lifecycle::put(call, payload, framing).await,
        Operation::PutBucketTagging => tagging::put_bucket(call, payload, framing).await,
        Operation::PutBucketVersioning => versioning::put(call, payload, framing).await,
        Operation::PutObject => object::put(call, payload, framing).await,
        Operation::PutObjectLegalHold => lock::put_legal_hold(call, payload, framing).await,
        Operation::PutObjectLockConfiguration => {
            lock::put_configuration(call, payload, framing).await
        }
        Operation::PutObjectRetention => lock::put_retention(call, payload, framing).await,
        Operation::PutObjectTagging => tagging::put_object(call, payload, framing).await,
        Operation::UploadPart => multipart::upload_part(call, payload, framing).await,
        Operation::UploadPartCopy => part_copy::upload_part_copy(call).await,
    }
}
