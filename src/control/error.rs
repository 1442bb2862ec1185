//! Why an operator's command failed.
#![deny(clippy::wildcard_enum_match_arm)]

use crate::base::entropy::EntropyError;
use crate::base::kind::ErrorKind;
use crate::catalog::error::CatalogError;
use crate::config::profile_folder::ProfileError;
use crate::crypto::KeyError;

/// An operator's command failed.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The access key id exists.
    #[error("access key id exists already; choose another, or delete it first")]
    AccessKeyTaken,
    /// The tenant's buckets have other names.
    #[error(
        "the names of this tenant's buckets have to begin with {prefixes}; 'riznica tenant update' changes that"
    )]
    BucketNameOutside {
        /// How they have to begin.
        prefixes: String,
    },
    /// The bucket name exists.
    #[error("bucket exists already; names are shared by all tenants")]
    BucketTaken,
    /// The rows failed.
    #[error("catalog failed")]
    Catalog(#[from] CatalogError),
    /// The bucket has no default retention, so nothing in it could be protected.
    #[error(
        "bucket has no default retention, so nothing in it would be protected; its owner sets one with PutObjectLockConfiguration, or create a bucket with a profile"
    )]
    BucketNotRetained,
    /// Operator or token is unknown.
    #[error("operator or token is unknown; use the credential file that 'riznica init' wrote")]
    Denied,
    /// No random bytes.
    #[error("no random bytes")]
    Entropy(#[from] EntropyError),
    /// A display name that cannot be shown.
    #[error("display name is empty, longer than 256 characters or holds control characters")]
    InvalidDisplayName,
    /// An e-mail address that cannot be one.
    #[error("e-mail address is longer than 254 characters or has no '@' between two parts")]
    InvalidEmail,
    /// A secret access key of the wrong form.
    #[error("secret access key is not 8 to 128 visible ASCII characters")]
    InvalidSecret,
    /// A text about a tenant that cannot be shown.
    #[error("text is longer than 256 characters or holds control characters")]
    InvalidText,
    /// The key service failed.
    #[error("key service failed")]
    Keys(#[from] KeyError),
    /// No such access key.
    #[error("no such access key; 'riznica key list' shows all")]
    NoSuchAccessKey,
    /// No such bucket.
    #[error("no such bucket; 'riznica bucket list' shows all")]
    NoSuchBucket,
    /// No such session.
    #[error("no session of this installation has this key and token, or its role or user is gone")]
    NoSuchSession,
    /// No such tenant.
    #[error("no such tenant; 'riznica tenant list' shows all")]
    NoSuchTenant,
    /// The profile cannot be used.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// Keys that are protected would become deletable.
    #[error(
        "bucket is protected already, and protection is never loosened; give patterns that it has, or fewer"
    )]
    ProtectionLoosened,
    /// The tenant name exists.
    #[error("tenant exists already")]
    TenantTaken,
    /// More buckets than a tenant may have.
    #[error("tenant has as many buckets as it may have")]
    TooManyBuckets,
}

impl ControlError {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::AccessKeyTaken
            | Self::BucketNotRetained
            | Self::BucketTaken
            | Self::ProtectionLoosened
            | Self::TenantTaken => ErrorKind::Conflict,
            Self::Catalog(source) => source.kind(),
            Self::Denied => ErrorKind::Denied,
            Self::Entropy(source) => source.kind(),
            Self::BucketNameOutside { .. }
            | Self::InvalidDisplayName
            | Self::InvalidEmail
            | Self::InvalidSecret
            | Self::InvalidText => ErrorKind::Invalid,
            Self::Keys(source) => source.kind(),
            Self::NoSuchAccessKey
            | Self::NoSuchBucket
            | Self::NoSuchSession
            | Self::NoSuchTenant => ErrorKind::Absent,
            Self::Profile(source) => source.kind(),
            Self::TooManyBuckets => ErrorKind::Limited,
        }
    }
}
