//! From what went wrong to the S3 code that AWS gives for it: exhaustive, so that a new failure
//! cannot be forgotten.
#![deny(clippy::wildcard_enum_match_arm)]
//!
//! Owns: with `map_auth`, the only place that knows both domain errors and S3 codes.
//! Not here: codes, statuses and default texts (`code`); failures of verification (`map_auth`).

use crate::base::encoding::base64_encode;
use crate::base::kind::ErrorKind;
use crate::base::limits::{PART_LEN_MIN, PUT_LEN_MAX};
use crate::gateway::acl::AclRefusal;
use crate::gateway::bucket_policy::PolicyRefusal;
use crate::gateway::error::GatewayError;
use crate::gateway::fairness::TooFast;
use crate::gateway::object::version_error::VersionError;
use crate::iam::{Denied, Ground};
use crate::model::etag::ETag;
use crate::model::lifecycle::InvalidLifecycle;
use crate::model::quota::QuotaExceeded;
use crate::model::tags::{BUCKET_TAGS_MAX, InvalidTags};
use crate::model::tenant::BucketPrefixes;
use crate::s3::body::aws_chunked::ChunkError;
use crate::s3::error::{S3Error, S3ErrorCode, S3ErrorCode as Code};
use crate::s3::extract::version::{DELETE_MARKER_HEADER, VERSION_HEADER};
use crate::s3::xml::XmlError;

impl From<Denied> for S3Error {
    fn from(denied: Denied) -> Self {
        let error = match denied.ground {
            Ground::Suspended => Self::new(S3ErrorCode::AllAccessDisabled),
            Ground::ReadOnly => Self::new(S3ErrorCode::AccessDenied).message(
                "The account is read-only: what it has can be read and not be changed. Please ask \
                 the operator of this store."
                    .to_owned(),
            ),
            Ground::BucketPolicy(_)
            | Ground::Grant { .. }
            | Ground::Nothing
            | Ground::OtherAccount
            | Ground::Owner
            | Ground::OwnPolicy { .. }
            | Ground::PublicAccessRestricted
            | Ground::RootTakesNoRole
            | Ground::SessionPolicy
            | Ground::TrustPolicy(_)
            | Ground::UploadBegun => Self::new(S3ErrorCode::AccessDenied),
        };
        error.detail(denied.to_string())
    }
}

impl From<ChunkError> for S3Error {
    fn from(error: ChunkError) -> Self {
        let text = error.to_string();
        let code = match error {
            ChunkError::Signature(source) => return source.into(),
            ChunkError::UnsignedChunk => S3ErrorCode::SignatureDoesNotMatch,
            ChunkError::MalformedTrailer(_) => S3ErrorCode::MalformedTrailerError,
            ChunkError::InvalidChunkSize => S3ErrorCode::InvalidChunkSizeError,
            ChunkError::AlreadyRefused
            | ChunkError::DataAfterEnd
            | ChunkError::IncompleteBody
            | ChunkError::InvalidFraming => S3ErrorCode::IncompleteBody,
        };
        Self::new(code).detail(text).close()
    }
}

impl From<XmlError> for S3Error {
    fn from(error: XmlError) -> Self {
        let detail = error.to_string();
        match error {
            XmlError::Argument { name, text } => Self::argument(name, "", text),
            XmlError::Malformed(_) => Self::new(S3ErrorCode::MalformedXML).detail(detail),
            XmlError::Cors(source) => Self::new(Code::InvalidRequest).message(source.to_string()),
            XmlError::Lifecycle(source) => source.into(),
            XmlError::NotImplemented(name) => Self::new(S3ErrorCode::NotImplemented)
                .message(not_implemented(name))
                .detail(detail),
            XmlError::Tags(source) => source.into(),
        }
    }
}

/// What is said of an element that is understood and not done.
fn not_implemented(name: &str) -> String {
    match name {
        "Transition" | "NoncurrentVersionTransition" => format!(
            "This server has one storage class, STANDARD, and '{name}' asks for a move to another \
             one. No rule of this request was stored."
        ),
        _ => format!("This server does not implement what the element '{name}' asks for."),
    }
}

impl From<InvalidLifecycle> for S3Error {
    fn from(error: InvalidLifecycle) -> Self {
        let text = error.to_string();
        let code = match error {
            InvalidLifecycle::Tags(source) => return source.into(),
            InvalidLifecycle::RuleCount => {
                return Self::new(S3ErrorCode::MalformedXML).detail(text);
            }
            InvalidLifecycle::DateNotMidnight
            | InvalidLifecycle::IdTaken
            | InvalidLifecycle::IdTooLong
            | InvalidLifecycle::NotPositive { .. }
            | InvalidLifecycle::TooManyNewerVersions => S3ErrorCode::InvalidArgument,
            InvalidLifecycle::AbortWithSize
            | InvalidLifecycle::AbortWithTags
            | InvalidLifecycle::DuplicateTag
            | InvalidLifecycle::MarkerWithSize
            | InvalidLifecycle::MarkerWithTags
            | InvalidLifecycle::NoAction
            | InvalidLifecycle::PrefixTooLong
            | InvalidLifecycle::SizeRange => S3ErrorCode::InvalidRequest,
        };
        Self::new(code).message(text)
    }
}

impl From<InvalidTags> for S3Error {
    fn from(error: InvalidTags) -> Self {
        let text = match error {
            InvalidTags::TooMany {
                max: BUCKET_TAGS_MAX,
            } => {
                format!("Bucket tag count cannot be greater than {BUCKET_TAGS_MAX}")
            }
            InvalidTags::Duplicate
            | InvalidTags::Name
            | InvalidTags::TooMany { .. }
            | InvalidTags::Value => error.to_string(),
        };
        Self::new(S3ErrorCode::InvalidTag).message(text)
    }
}

impl From<GatewayError> for S3Error {
    fn from(error: GatewayError) -> Self {
        match &error {
            GatewayError::Acl(source) => (*source).into(),
            GatewayError::BodyAborted => Self::new(Code::IncompleteBody).close(),
            GatewayError::BucketAlreadyOwned => Self::new(Code::BucketAlreadyOwnedByYou),
            GatewayError::BucketNameOutside { prefixes } => name_outside(prefixes),
            GatewayError::BucketNameTaken => Self::new(Code::BucketAlreadyExists),
            GatewayError::BucketNotEmpty => Self::new(Code::BucketNotEmpty),
            GatewayError::ChecksumMismatch => Self::new(Code::BadDigest),
            GatewayError::ContentMd5Mismatch { calculated } => Self::new(Code::BadDigest)
                .message("The Content-MD5 you specified did not match what we received.".to_owned())
                .with("CalculatedDigest", base64_encode(calculated)),
            GatewayError::ChecksumNotDeclared => Self::new(Code::InvalidRequest).message(
                "The checksum algorithm or type differs from the one that the upload was created with."
                    .to_owned(),
            ),
            GatewayError::CopySourceTooLarge => Self::new(Code::InvalidRequest).message(format!(
                "The specified copy source is larger than the maximum allowable size for a copy source: {PUT_LEN_MAX}"
            )),
            GatewayError::CopyToItself => Self::new(Code::InvalidRequest).message(
                "This copy request is illegal because it is trying to copy an object to itself without \
                 changing the object's metadata."
                    .to_owned(),
            ),
            GatewayError::PartTooSmall { part_number, size, etag } => {
                part_too_small(*part_number, *size, etag)
            }
            GatewayError::InvalidPart { part_number } => {
                Self::new(Code::InvalidPart).with("PartNumber", part_number.to_string())
            }
            GatewayError::InvalidPartOrder => Self::new(Code::InvalidPartOrder),
            GatewayError::Policy(source) => source.into(),
            GatewayError::NoSuchBucket => Self::new(Code::NoSuchBucket),
            GatewayError::NoSuchKey => Self::new(Code::NoSuchKey),
            GatewayError::NoSuchUpload => Self::new(Code::NoSuchUpload),
            GatewayError::NotInitiator => not_initiator(),
            GatewayError::Version(source) => (*source).into(),
            GatewayError::NotModified { etag, last_modified } => Self::new(Code::NotModified)
                .header("ETag", etag.quoted())
                .header("Last-Modified", last_modified.http_date()),
            GatewayError::TooLarge => Self::new(Code::EntityTooLarge).close(),
            GatewayError::TooManyBuckets => Self::new(Code::TooManyBuckets),
            GatewayError::PayloadHashMismatch { calculated } => {
                Self::new(Code::XAmzContentSHA256Mismatch)
                    .with("S3ComputedContentSHA256", hex::encode(calculated))
            }
            GatewayError::PreconditionFailed => Self::new(Code::PreconditionFailed),
            GatewayError::QuotaExceeded(source) => Self::new(Code::QuotaExceeded)
                .message(quota_text(source))
                .close(),
            GatewayError::RangeNotSatisfiable { size } => Self::new(Code::InvalidRange)
                .with("ActualObjectSize", size.to_string())
                .header("Content-Range", format!("bytes */{size}")),
            GatewayError::SessionGone => Self::new(Code::InvalidToken).detail(error.to_string()),
            GatewayError::SizeMismatch => Self::new(Code::InvalidRequest).message(
                "The provided 'x-amz-mp-object-size' header value does not match what was computed."
                    .to_owned(),
            ),
            GatewayError::Catalog(_)
            | GatewayError::CorruptObject
            | GatewayError::Entropy(_)
            | GatewayError::Keys(_)
            // The query APIs, which alone ask for accounts, have names of their own.
            | GatewayError::Account(_)
            | GatewayError::CallerGone
            | GatewayError::Overtaken
            | GatewayError::Pool(_)
            | GatewayError::Seal(_)
            | GatewayError::UnknownKeyVersion { .. }
            | GatewayError::WrongPermit { .. } => by_kind(&error),
        }
    }
}

impl From<TooFast> for S3Error {
    fn from(error: TooFast) -> Self {
        let seconds = error.retry_after.as_secs().saturating_add(1);
        let what = error.what;
        let text = format!(
            "Please reduce your request rate: the account's limit of {what} is reached. Come again \
             in {seconds} s."
        );
        Self::new(Code::SlowDown)
            .message(text)
            .header("Retry-After", seconds.to_string())
            .detail(error.to_string())
            .told()
    }
}

fn part_too_small(part_number: u16, size: u64, etag: &ETag) -> S3Error {
    S3Error::new(Code::EntityTooSmall)
        .with("ETag", etag.to_string())
        .with("ProposedSize", size.to_string())
        .with("MinSizeAllowed", PART_LEN_MIN.to_string())
        .with("PartNumber", part_number.to_string())
}

fn not_initiator() -> S3Error {
    let text = "Access Denied because another account has begun this multipart upload: only that \
                account and the owner of the bucket may upload its parts and complete it.";
    S3Error::new(S3ErrorCode::AccessDenied).message(text.to_owned())
}

fn name_outside(prefixes: &BucketPrefixes) -> S3Error {
    let prefixes = prefixes.as_slice().join(", ");
    let text = format!("The names of this account's buckets have to begin with: {prefixes}");
    S3Error::new(S3ErrorCode::AccessDenied).message(text)
}

impl From<AclRefusal> for S3Error {
    fn from(refusal: AclRefusal) -> Self {
        match refusal {
            AclRefusal::NotSupported => Self::new(Code::AccessControlListNotSupported),
            AclRefusal::OtherOwner => {
                Self::new(Code::AccessDenied).detail(refusal.to_string())
            }
            AclRefusal::OwnershipConflict => Self::new(Code::InvalidBucketAclWithObjectOwnership),
            AclRefusal::PublicBlocked => Self::new(Code::AccessDenied).message(
                "Access Denied because public ACLs are prevented by the BlockPublicAcls setting in \
                 S3 Block Public Access."
                    .to_owned(),
            ),
            AclRefusal::PublicNewBucket => {
                Self::new(Code::InvalidBucketAclWithBlockPublicAccessError)
            }
            AclRefusal::TooManyGrants => Self::new(Code::MalformedACLError),
            AclRefusal::UnknownEmail => Self::new(Code::UnresolvableGrantByEmailAddress),
            AclRefusal::UnknownId => Self::argument("CanonicalUser/ID", "", "Invalid id"),
        }
    }
}

impl From<&PolicyRefusal> for S3Error {
    fn from(refusal: &PolicyRefusal) -> Self {
        match refusal {
            PolicyRefusal::Malformed(source) => {
                Self::new(S3ErrorCode::MalformedPolicy).message(source.to_string())
            }
            PolicyRefusal::PublicBlocked => Self::new(S3ErrorCode::AccessDenied).message(
                "Access Denied because public policies are prevented by the BlockPublicPolicy \
                 setting in S3 Block Public Access."
                    .to_owned(),
            ),
        }
    }
}

fn quota_text(exceeded: &QuotaExceeded) -> String {
    format!(
        "Nothing was stored: {exceeded}. Delete versions that are no longer needed, or ask the operator for a larger quota."
    )
}

impl From<VersionError> for S3Error {
    fn from(error: VersionError) -> Self {
        match error {
            VersionError::NoSuchVersion { selector } => {
                Self::new(Code::NoSuchVersion).with("VersionId", selector.to_string())
            }
            VersionError::DeleteMarker {
                marker,
                is_named: false,
                ..
            } => Self::new(Code::NoSuchKey)
                .header(DELETE_MARKER_HEADER, "true".to_owned())
                .header(VERSION_HEADER, marker.to_string()),
            VersionError::DeleteMarker {
                marker,
                is_named: true,
                last_modified,
            } => Self::new(Code::MethodNotAllowed)
                .header("Allow", "DELETE".to_owned())
                .header("Last-Modified", last_modified.http_date())
                .header(DELETE_MARKER_HEADER, "true".to_owned())
                .header(VERSION_HEADER, marker.to_string()),
            VersionError::InvalidBucketState => Self::new(Code::InvalidBucketState),
            VersionError::Locked => Self::new(Code::AccessDenied)
                .message("Access Denied because object protected by object lock.".to_owned()),
            VersionError::NoObjectLock => Self::new(Code::InvalidRequest)
                .message("Bucket is missing Object Lock Configuration".to_owned()),
            VersionError::Protected => Self::new(Code::AccessDenied).message(
                "This bucket is protected: an object under retention or legal hold cannot be \
             deleted, not even by a delete marker. Wait until its retention is over."
                    .to_owned(),
            ),
            VersionError::RetainUntilPast => Self::new(Code::InvalidArgument)
                .message("The retain until date must be in the future!".to_owned()),
        }
    }
}

/// Failures that are not the client's: it learns whether to come back, the operator learns why.
fn by_kind(error: &GatewayError) -> S3Error {
    let code = match error.kind() {
        ErrorKind::Denied => S3ErrorCode::AccessDenied,
        ErrorKind::Full => S3ErrorCode::InsufficientStorage,
        ErrorKind::Limited => S3ErrorCode::SlowDown,
        ErrorKind::Unavailable => S3ErrorCode::ServiceUnavailable,
        ErrorKind::Absent
        | ErrorKind::Conflict
        | ErrorKind::Corrupt
        | ErrorKind::Internal
        | ErrorKind::Invalid => S3ErrorCode::InternalError,
    };
    S3Error::new(code).detail(crate::s3::error::chain(error))
}
