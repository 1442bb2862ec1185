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
use futures::future::LocalBoxFuture;
use std::future::ready;
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
        (Err(error), _) => Err(Box::pin(call.conceal_target(error)).await),
        (Ok(response), _) => Ok(response),
    }
}

/// Each handler's future is in a box of its own: a request takes and moves what its own operation
/// needs, not what the largest does.
fn run<'a>(
    call: &'a Call<'_>,
    payload: Payload,
    framing: Framing,
) -> LocalBoxFuture<'a, Result<HttpResponse, S3Error>> {
    match call.operation {
        Operation::AbortMultipartUpload => Box::pin(multipart::abort(call)),
        Operation::CompleteMultipartUpload => Box::pin(multipart::complete(call, payload, framing)),
        Operation::CopyObject => Box::pin(object::copy(call)),
        Operation::CreateBucket => Box::pin(bucket::create(call, payload, framing)),
        Operation::CreateMultipartUpload => Box::pin(multipart::create(call)),
        Operation::DeleteBucket => Box::pin(bucket::delete(call)),
        Operation::DeleteBucketCors => Box::pin(cors::delete(call)),
        Operation::DeleteBucketEncryption => Box::pin(encryption::delete(call)),
        Operation::DeleteBucketLifecycle => Box::pin(lifecycle::delete(call)),
        Operation::DeleteBucketOwnershipControls => Box::pin(acl::delete_ownership(call)),
        Operation::DeleteBucketPolicy => Box::pin(policy::delete(call)),
        Operation::DeleteBucketTagging => Box::pin(tagging::delete_bucket(call)),
        Operation::DeleteObject => Box::pin(delete::delete_object(call)),
        Operation::DeleteObjects => Box::pin(delete::delete_objects(call, payload, framing)),
        Operation::DeleteObjectTagging => Box::pin(tagging::delete_object(call)),
        Operation::DeletePublicAccessBlock => Box::pin(public_access::delete(call)),
        Operation::GetBucketAcl => Box::pin(acl::get_bucket(call)),
        Operation::GetBucketCors => Box::pin(cors::get(call)),
        Operation::GetBucketEncryption => Box::pin(encryption::get(call)),
        Operation::GetBucketLifecycleConfiguration => Box::pin(lifecycle::get(call)),
        Operation::GetBucketLocation => Box::pin(bucket::location(call)),
        Operation::GetBucketOwnershipControls => Box::pin(acl::get_ownership(call)),
        Operation::GetBucketPolicy => Box::pin(policy::get(call)),
        Operation::GetBucketPolicyStatus => Box::pin(policy::status(call)),
        Operation::GetBucketTagging => Box::pin(tagging::get_bucket(call)),
        Operation::GetBucketVersioning => Box::pin(versioning::get(call)),
        Operation::GetObject => Box::pin(object::get(call)),
        Operation::GetObjectAcl => Box::pin(acl::get_object(call)),
        Operation::GetObjectAttributes => Box::pin(attributes::get(call)),
        Operation::GetObjectLegalHold => Box::pin(lock::get_legal_hold(call)),
        Operation::GetObjectLockConfiguration => Box::pin(lock::get_configuration(call)),
        Operation::GetObjectRetention => Box::pin(lock::get_retention(call)),
        Operation::GetObjectTagging => Box::pin(tagging::get_object(call)),
        Operation::GetPublicAccessBlock => Box::pin(public_access::get(call)),
        Operation::HeadBucket => Box::pin(bucket::head(call)),
        Operation::HeadObject => Box::pin(object::head(call)),
        Operation::ListBuckets => Box::pin(bucket::list(call)),
        Operation::ListMultipartUploads => Box::pin(listing::uploads(call)),
        Operation::ListObjects => Box::pin(listing::objects(call)),
        Operation::ListObjectsV2 => Box::pin(listing::objects_v2(call)),
        Operation::ListObjectVersions => Box::pin(versioning::list(call)),
        Operation::ListParts => Box::pin(listing::parts(call)),
        // Forms come by `post::serve`: this is something else.
        Operation::PostObject => Box::pin(ready(Err(post::not_a_form()))),
        Operation::PutBucketAcl | Operation::PutObjectAcl => {
            Box::pin(acl::put(call, payload, framing))
        }
        Operation::PutBucketCors => Box::pin(cors::put(call, payload, framing)),
        Operation::PutBucketEncryption => Box::pin(encryption::put(call, payload, framing)),
        Operation::PutBucketLifecycleConfiguration => {
            Box::pin(lifecycle::put(call, payload, framing))
        }
        Operation::PutBucketOwnershipControls => {
            Box::pin(acl::put_ownership(call, payload, framing))
        }
        Operation::PutBucketPolicy => Box::pin(policy::put(call, payload, framing)),
        Operation::PutBucketTagging => Box::pin(tagging::put_bucket(call, payload, framing)),
        Operation::PutBucketVersioning => Box::pin(versioning::put(call, payload, framing)),
        Operation::PutObject => Box::pin(object::put(call, payload, framing)),
        Operation::PutObjectLegalHold => Box::pin(lock::put_legal_hold(call, payload, framing)),
        Operation::PutObjectLockConfiguration => {
            Box::pin(lock::put_configuration(call, payload, framing))
        }
        Operation::PutObjectRetention => Box::pin(lock::put_retention(call, payload, framing)),
        Operation::PutObjectTagging => Box::pin(tagging::put_object(call, payload, framing)),
        Operation::PutPublicAccessBlock => Box::pin(public_access::put(call, payload, framing)),
        Operation::UploadPart => Box::pin(multipart::upload_part(call, payload, framing)),
        Operation::UploadPartCopy => Box::pin(part_copy::upload_part_copy(call)),
    }
}
