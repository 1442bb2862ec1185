//! Why an operator's command failed.
#![deny(clippy::wildcard_enum_match_arm)]

use crate::base::entropy::EntropyError;
use crate::base::kind::ErrorKind;
use crate::catalog::accounts::error::AccountError;
use crate::catalog::error::CatalogError;
use crate::config::document_folder::DocumentError;
use crate::crypto::KeyError;
use crate::model::operator::{Permission, Role, Roles};

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
    /// The month's hours were taken away.
    #[error(
        "the hours of that month are not kept any more (jobs.usage_hours_days); its sums are, ask without hours"
    )]
    HoursGone,
    /// Hours are told of one tenant.
    #[error("hours are told of one tenant at a time; name it")]
    HoursOfAll,
    /// A display name that cannot be shown.
    #[error("display name is empty, longer than 256 characters or holds control characters")]
    InvalidDisplayName,
    /// An e-mail address that cannot be one.
    #[error(
        "e-mail address is longer than 254 characters, has no '@' between two parts, or holds control characters"
    )]
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
    /// No security officer who is active and does not expire would be left.
    #[error(
        "this is the last security officer who is active and does not expire; make another one first"
    )]
    LastOfficer,
    /// The month lies in the future.
    #[error("month has not begun")]
    MonthAhead,
    /// No such access key.
    #[error("no such access key; 'riznica key list' shows all")]
    NoSuchAccessKey,
    /// No such bucket.
    #[error("no such bucket; 'riznica bucket list' shows all")]
    NoSuchBucket,
    /// No such operator.
    #[error("no such operator; 'riznica operator list' shows all")]
    NoSuchOperator,
    /// No such session.
    #[error("no session of this installation has this key and token, or its role or user is gone")]
    NoSuchSession,
    /// No such tenant.
    #[error("no such tenant; 'riznica tenant list' shows all")]
    NoSuchTenant,
    /// The operator's token does not work any more.
    #[error("this operator is disabled; a security officer can enable it")]
    OperatorDisabled,
    /// The operator's token does not work any more.
    #[error("this operator's credential has expired; a security officer can renew it")]
    OperatorExpired,
    /// The operator's name exists.
    #[error("operator exists already")]
    OperatorTaken,
    /// Nobody changes itself.
    #[error("nobody changes or deletes itself; another security officer does")]
    OwnRecord,
    /// The profile or template cannot be used.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Users, groups or keys cannot be made.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// Buckets of a template are named after the tenant.
    #[error(
        "tenant name is too long or no beginning of bucket names; the template's buckets are named after it, so take one of at most 30 characters"
    )]
    NameTooLongForTemplate,
    /// Keys that are protected would become deletable.
    #[error(
        "bucket is protected already, and protection is never loosened; give patterns that it has, or fewer"
    )]
    ProtectionLoosened,
    /// No role of the operator lets it do this.
    #[error("role {roles} may not {}; {} may", .permission.name(), role_names(.permission.roles()))]
    RoleMissing {
        /// What it is.
        roles: Roles,
        /// What it lacks.
        permission: Permission,
    },
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
            | Self::LastOfficer
            | Self::OperatorTaken
            | Self::OwnRecord
            | Self::ProtectionLoosened
            | Self::TenantTaken => ErrorKind::Conflict,
            Self::Catalog(source) => source.kind(),
            Self::Denied
            | Self::OperatorDisabled
            | Self::OperatorExpired
            | Self::RoleMissing { .. } => ErrorKind::Denied,
            Self::Entropy(source) => source.kind(),
            Self::BucketNameOutside { .. }
            | Self::HoursGone
            | Self::HoursOfAll
            | Self::InvalidDisplayName
            | Self::InvalidEmail
            | Self::InvalidSecret
            | Self::InvalidText
            | Self::NameTooLongForTemplate
            | Self::MonthAhead => ErrorKind::Invalid,
            Self::Keys(source) => source.kind(),
            Self::NoSuchAccessKey
            | Self::NoSuchBucket
            | Self::NoSuchOperator
            | Self::NoSuchSession
            | Self::NoSuchTenant => ErrorKind::Absent,
            Self::Document(source) => source.kind(),
            Self::Account(source) => source.kind(),
            Self::TooManyBuckets => ErrorKind::Limited,
        }
    }
}

fn role_names(roles: &[Role]) -> String {
    let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
    names.join(" or ")
}
