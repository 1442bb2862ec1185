//! Why an operation of the data plane failed: domain facts, no HTTP.
#![deny(clippy::wildcard_enum_match_arm)]
//!
//! Owns: `GatewayError` and its kind.
//! Not here: the S3 code of each (`s3::error::map`).

use crate::base::entropy::EntropyError;
use crate::base::kind::ErrorKind;
use crate::base::task::PoolError;
use crate::catalog::accounts::error::AccountError;
use crate::catalog::error::CatalogError;
use crate::crypto::{KeyError, OpenError, SealError};
use crate::gateway::acl::AclRefusal;
use crate::gateway::bucket_policy::PolicyRefusal;
use crate::gateway::object::version_error::VersionError;
use crate::iam::Action;
use crate::iam::policy::PolicyError;
use crate::model::etag::ETag;
use crate::model::quota::QuotaExceeded;
use crate::model::tenant::BucketPrefixes;
use crate::model::time::Timestamp;
use crate::storage::EngineError;

/// An operation of the data plane failed.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// An access control list or an ownership is not taken.
    #[error(transparent)]
    Acl(#[from] AclRefusal),
    /// A user, group or access key of an account could not be read or changed.
    #[error(transparent)]
    Account(AccountError),
    /// The body ended before its clean end.
    #[error("body ended before its clean end")]
    BodyAborted,
    /// The caller owns a bucket of this name.
    #[error("bucket is the caller's already")]
    BucketAlreadyOwned,
    /// The tenant's buckets have other names.
    #[error("bucket name does not begin as the tenant's have to")]
    BucketNameOutside {
        /// How they have to begin.
        prefixes: BucketPrefixes,
    },
    /// Somebody else owns a bucket of this name.
    #[error("bucket name is taken")]
    BucketNameTaken,
    /// The bucket holds objects.
    #[error("bucket is not empty")]
    BucketNotEmpty,
    /// The user whose key signed was deleted.
    #[error("caller was deleted")]
    CallerGone,
    /// The user or role that a session acts for was deleted.
    #[error("user or role of the session was deleted")]
    SessionGone,
    /// The rows failed.
    #[error("catalog failed")]
    Catalog(#[source] CatalogError),
    /// The declared checksum differs from the body's.
    #[error("checksum does not match the body")]
    ChecksumMismatch,
    /// The Content-MD5 differs from the body's.
    #[error("md5 does not match the body")]
    ContentMd5Mismatch {
        /// The body's.
        calculated: [u8; 16],
    },
    /// The stored bytes of an object are missing or do not authenticate.
    #[error("stored bytes of the object do not verify")]
    CorruptObject,
    /// A copy of so many bytes takes a multipart upload.
    #[error("copy source is too large")]
    CopySourceTooLarge,
    /// A copy onto itself that changes nothing.
    #[error("copy onto itself changes nothing")]
    CopyToItself,
    /// No random bytes.
    #[error("no random bytes")]
    Entropy(#[from] EntropyError),
    /// A part that is not the last is too small.
    #[error("part is too small part={part_number} size={size}")]
    PartTooSmall {
        /// Its number.
        part_number: u16,
        /// Its bytes.
        size: u64,
        /// Its ETag.
        etag: ETag,
    },
    /// A part of the list is unknown or has another ETag or checksum.
    #[error("part is unknown or differs part={part_number}")]
    InvalidPart {
        /// Its number.
        part_number: u16,
    },
    /// The list of parts is not in ascending order.
    #[error("parts are not in ascending order")]
    InvalidPartOrder,
    /// The key service failed.
    #[error("key service failed")]
    Keys(#[from] KeyError),
    /// The bucket does not exist.
    #[error("no such bucket")]
    NoSuchBucket,
    /// A policy is not taken.
    #[error(transparent)]
    Policy(#[from] PolicyRefusal),
    /// The object does not exist.
    #[error("no such object")]
    NoSuchKey,
    /// The upload does not exist.
    #[error("no such upload")]
    NoSuchUpload,
    /// Another account has begun the upload.
    #[error("upload was begun by another account")]
    NotInitiator,
    /// A read condition says that the client has it already.
    #[error("object is not modified")]
    NotModified {
        /// The object's ETag.
        etag: ETag,
        /// Its time.
        last_modified: Timestamp,
    },
    /// The object would be larger than the largest that S3 knows.
    #[error("object is too large")]
    TooLarge,
    /// A limit of the bucket or of its owner would be passed.
    #[error(transparent)]
    QuotaExceeded(#[from] QuotaExceeded),
    /// More buckets than a tenant may have.
    #[error("tenant has as many buckets as it may have")]
    TooManyBuckets,
    /// The x-amz-content-sha256 differs from the body's.
    #[error("sha256 of the payload does not match")]
    PayloadHashMismatch {
        /// The body's.
        calculated: [u8; 32],
    },
    /// What was decided about has changed before it was done: to be asked for again.
    #[error("object was replaced after the decision about it")]
    Overtaken,
    /// The pool of threads is closing.
    #[error("thread pool failed")]
    Pool(#[from] PoolError),
    /// A condition does not hold.
    #[error("precondition does not hold")]
    PreconditionFailed,
    /// The range holds no byte of the object.
    #[error("range is not satisfiable size={size}")]
    RangeNotSatisfiable {
        /// The object's bytes.
        size: u64,
    },
    /// Sealing failed.
    #[error("sealing failed")]
    Seal(#[from] SealError),
    /// The parts hold another number of bytes than the client declares.
    #[error("parts hold another number of bytes than declared")]
    SizeMismatch,
    /// The checksum type or algorithm differs from what the upload declared.
    #[error("checksum differs from what the upload declared")]
    ChecksumNotDeclared,
    /// A record names a key version that the bucket does not have.
    #[error("bucket has no key of this version version={version}")]
    UnknownKeyVersion {
        /// The version.
        version: u32,
    },
    /// Versions or their locks do not allow it.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// The permit is for something else: a bug.
    #[error("permit is for another action or bucket wanted={}", .action.name())]
    WrongPermit {
        /// What it should have been for.
        action: Action,
    },
}

impl GatewayError {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::BodyAborted
            | Self::ChecksumMismatch
            | Self::ChecksumNotDeclared
            | Self::ContentMd5Mismatch { .. }
            | Self::CopySourceTooLarge
            | Self::CopyToItself
            | Self::InvalidPart { .. }
            | Self::InvalidPartOrder
            | Self::PartTooSmall { .. }
            | Self::PayloadHashMismatch { .. }
            | Self::RangeNotSatisfiable { .. }
            | Self::SizeMismatch
            | Self::TooLarge => ErrorKind::Invalid,
            Self::BucketAlreadyOwned
            | Self::BucketNameTaken
            | Self::BucketNotEmpty
            | Self::NotModified { .. }
            | Self::PreconditionFailed => ErrorKind::Conflict,
            Self::Account(source) => source.kind(),
            Self::Acl(source) => source.kind(),
            Self::Catalog(source) => source.kind(),
            Self::CorruptObject | Self::UnknownKeyVersion { .. } => ErrorKind::Corrupt,
            Self::Entropy(source) => source.kind(),
            Self::Keys(source) => source.kind(),
            Self::NoSuchBucket | Self::NoSuchKey | Self::NoSuchUpload => ErrorKind::Absent,
            Self::Version(source) => source.kind(),
            Self::Overtaken => ErrorKind::Unavailable,
            Self::Pool(source) => source.kind(),
            Self::Seal(source) => source.kind(),
            Self::QuotaExceeded(_) | Self::TooManyBuckets => ErrorKind::Limited,
            Self::BucketNameOutside { .. }
            | Self::CallerGone
            | Self::NotInitiator
            | Self::SessionGone => ErrorKind::Denied,
            Self::Policy(source) => source.kind(),
            Self::WrongPermit { .. } => ErrorKind::Internal,
        }
    }
}

impl From<PolicyError> for GatewayError {
    fn from(source: PolicyError) -> Self {
        Self::Policy(PolicyRefusal::Malformed(source))
    }
}

impl From<AccountError> for GatewayError {
    fn from(source: AccountError) -> Self {
        match source {
            AccountError::Catalog(source) => source.into(),
            other @ (AccountError::NoSuchAccessKey
            | AccountError::NoSuchMember { .. }
            | AccountError::NoSuchPolicy { .. }
            | AccountError::StillHas { .. }
            | AccountError::Taken { .. }
            | AccountError::TooMany { .. }) => Self::Account(other),
        }
    }
}

impl From<CatalogError> for GatewayError {
    fn from(source: CatalogError) -> Self {
        match source {
            CatalogError::BucketGone => Self::NoSuchBucket,
            CatalogError::Locked => Self::Version(VersionError::Locked),
            CatalogError::QuotaExceeded(source) => Self::QuotaExceeded(source),
            other @ (CatalogError::Commit(_)
            | CatalogError::Contended
            | CatalogError::Decode(_)
            | CatalogError::Engine(_)
            | CatalogError::Entropy(_)
            | CatalogError::Inconsistent(_)
            | CatalogError::Keys(_)
            | CatalogError::Open(_)
            | CatalogError::Seal(_)
            | CatalogError::Taken) => Self::Catalog(other),
        }
    }
}

impl From<EngineError> for GatewayError {
    fn from(source: EngineError) -> Self {
        Self::Catalog(source.into())
    }
}

impl From<OpenError> for GatewayError {
    fn from(source: OpenError) -> Self {
        Self::Catalog(source.into())
    }
}
