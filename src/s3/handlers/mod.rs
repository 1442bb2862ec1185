//! From an operation to the data plane and back to an answer.

pub mod acl;
pub mod attributes;
pub mod bucket;
pub mod conceal;
pub mod cors;
pub mod decision;
pub mod delete;
pub mod encryption;
pub mod lifecycle;
pub mod listing;
pub mod lock;
pub mod multipart;
pub mod object;
pub mod part_copy;
pub mod permission;
pub mod policy;
pub mod post_object;
pub mod public_access;
pub mod tagging;
pub mod versioning;

use crate::auth::{Payload as SignedPayload, RequestView, Verified};
use crate::gateway::BucketRecord;
use crate::gateway::object::version_error::VersionError;
use crate::iam::Principal;
use crate::model::acl::AccessList;
use crate::model::encryption::{SSE_HEADER, SseAlgorithm};
use crate::model::lock::LockState;
use crate::s3::app::S3State;
use crate::s3::body::bridge::{self, Framing};
use crate::s3::error::S3Error;
use crate::s3::extract::{self, conditions, digests};
use crate::s3::operation::Operation;
use crate::s3::post;
use crate::s3::route::{Query, Target};
use crate::s3::tally::Tally;
use actix_http::Payload;
use actix_web::HttpResponse;
use bytes::Bytes;
use std::net::IpAddr;

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
    /// Its caller, with the policies that are about it.
    pub principal: &'a Principal,
    /// Where its connection comes from.
    pub peer: Option<IpAddr>,
    /// What it counts in usage.
    pub tally: &'a Tally,
}

impl Call<'_> {
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

    /// The access control list that a write into this bucket asks for its object.
    ///
    /// # Errors
    /// `InvalidArgument`, `InvalidRequest`, `UnresolvableGrantByEmailAddress`; `AccessDenied` for a
    /// public one where those are blocked.
    async fn asked_acl(&self, bucket: &BucketRecord) -> Result<Option<Box<AccessList>>, S3Error> {
        if !bucket.ownership.allows_acls() {
            return Ok(None);
        }
        let asked = extract::acl::asked(self.view)?;
        let (gateway, writer) = (&self.state.gateway, self.principal.tenant);
        Ok(gateway
            .list_of_write(bucket, writer, asked.as_ref())
            .await?)
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
    match call.operation {
        Operation::CreateBucket | Operation::ListBuckets => {
            call.authorize_account()?;
        }
        Operation::DeleteObjects => {
            call.enter_target().await?;
        }
        Operation::PutObjectLegalHold
        | Operation::PutObjectRetention
        | Operation::PutObjectTagging => {
            call.authorize_ahead_of_document().await?;
        }
        _ => {
            call.authorize_target().await?;
        }
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
    let outcome = run(call, payload, framing).await;
    match (outcome, call.operation) {
        // About a copy's source, which its handler has judged.
        (outcome, Operation::CopyObject | Operation::UploadPartCopy) => outcome,
        (Err(error), _) => Err(call.conceal_target(error).await),
        (Ok(response), _) => Ok(response),
    }
}

async fn run(call: &Call<'_>, payload: Payload, framing: Framing) -> Result<HttpResponse, S3Error> {
    match call.operation {
        Operation::AbortMultipartUpload => multipart::abort(call).await,
        Operation::CompleteMultipartUpload => multipart::complete(call, payload, framing).await,
        Operation::CopyObject => object::copy(call).await,
        Operation::CreateBucket => bucket::create(call, payload, framing).await,
        Operation::CreateMultipartUpload => multipart::create(call).await,
        Operation::DeleteBucket => bucket::delete(call).await,
        Operation::DeleteBucketCors => cors::delete(call).await,
        Operation::DeleteBucketEncryption => encryption::delete(call).await,
        Operation::DeleteBucketLifecycle => lifecycle::delete(call).await,
        Operation::DeleteBucketOwnershipControls => acl::delete_ownership(call).await,
        Operation::DeleteBucketPolicy => policy::delete(call).await,
        Operation::DeleteBucketTagging => tagging::delete_bucket(call).await,
        Operation::DeleteObject => delete::delete_object(call).await,
        Operation::DeleteObjects => delete::delete_objects(call, payload, framing).await,
        Operation::DeleteObjectTagging => tagging::delete_object(call).await,
        Operation::DeletePublicAccessBlock => public_access::delete(call).await,
        Operation::GetBucketAcl => acl::get_bucket(call).await,
        Operation::GetBucketCors => cors::get(call).await,
        Operation::GetBucketEncryption => encryption::get(call).await,
        Operation::GetBucketLifecycleConfiguration => lifecycle::get(call).await,
        Operation::GetBucketLocation => bucket::location(call).await,
        Operation::GetBucketOwnershipControls => acl::get_ownership(call).await,
        Operation::GetBucketPolicy => policy::get(call).await,
        Operation::GetBucketPolicyStatus => policy::status(call).await,
        Operation::GetBucketTagging => tagging::get_bucket(call).await,
        Operation::GetBucketVersioning => versioning::get(call).await,
        Operation::GetObject => object::get(call).await,
        Operation::GetObjectAcl => acl::get_object(call).await,
        Operation::GetObjectAttributes => attributes::get(call).await,
        Operation::GetObjectLegalHold => lock::get_legal_hold(call).await,
        Operation::GetObjectLockConfiguration => lock::get_configuration(call).await,
        Operation::GetObjectRetention => lock::get_retention(call).await,
        Operation::GetObjectTagging => tagging::get_object(call).await,
        Operation::GetPublicAccessBlock => public_access::get(call).await,
        Operation::HeadBucket => bucket::head(call).await,
        Operation::HeadObject => object::head(call).await,
        Operation::ListBuckets => bucket::list(call).await,
        Operation::ListMultipartUploads => listing::uploads(call).await,
        Operation::ListObjects => listing::objects(call).await,
        Operation::ListObjectsV2 => listing::objects_v2(call).await,
        Operation::ListObjectVersions => versioning::list(call).await,
        Operation::ListParts => listing::parts(call).await,
        // Forms come by `post::serve`: this is something else.
        Operation::PostObject => Err(post::not_a_form()),
        Operation::PutBucketAcl | Operation::PutObjectAcl => acl::put(call, payload, framing).await,
        Operation::PutBucketCors => cors::put(call, payload, framing).await,
        Operation::PutBucketEncryption => encryption::put(call, payload, framing).await,
        Operation::PutBucketLifecycleConfiguration => lifecycle::put(call, payload, framing).await,
        Operation::PutBucketOwnershipControls => acl::put_ownership(call, payload, framing).await,
        Operation::PutBucketPolicy => policy::put(call, payload, framing).await,
        Operation::PutBucketTagging => tagging::put_bucket(call, payload, framing).await,
        Operation::PutBucketVersioning => versioning::put(call, payload, framing).await,
        Operation::PutObject => object::put(call, payload, framing).await,
        Operation::PutObjectLegalHold => lock::put_legal_hold(call, payload, framing).await,
        Operation::PutObjectLockConfiguration => {
            lock::put_configuration(call, payload, framing).await
        }
        Operation::PutObjectRetention => lock::put_retention(call, payload, framing).await,
        Operation::PutObjectTagging => tagging::put_object(call, payload, framing).await,
        Operation::PutPublicAccessBlock => public_access::put(call, payload, framing).await,
        Operation::UploadPart => multipart::upload_part(call, payload, framing).await,
        Operation::UploadPartCopy => part_copy::upload_part_copy(call).await,
    }
}
