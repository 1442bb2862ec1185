//! What a decision rests on.
//!
//! Owns: `Ground`, whose list a grant is in, and `Denied`, which carries it to the log.
//! Not here: the decision (`authorize`).

use crate::base::kind::ErrorKind;
use crate::iam::action::Action;
use std::fmt;
use std::sync::Arc;

/// Whose access control list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListOf {
    /// The bucket's.
    Bucket,
    /// The object's.
    Object,
}

/// What a decision rests on. Statements and grants are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ground {
    /// A statement of the bucket's policy.
    BucketPolicy(usize),
    /// A statement of a policy of the caller's.
    OwnPolicy {
        /// Whose and which.
        label: Arc<str>,
        /// The statement.
        statement: usize,
    },
    /// A grant of an access control list.
    Grant {
        /// Whose list.
        of: ListOf,
        /// The grant.
        grant: usize,
    },
    /// The caller owns it.
    Owner,
    /// Nothing allows it.
    Nothing,
    /// An account's root takes no role.
    RootTakesNoRole,
    /// Something allows it, but not the policy that the session was issued with.
    SessionPolicy,
    /// A statement of the policy that says who may take the role.
    TrustPolicy(usize),
    /// A bucket's policy is handled by its owner's account alone.
    OtherAccount,
    /// The bucket's policy would, but public access is restricted.
    PublicAccessRestricted,
    /// An operator has made the caller's or the owner's account read-only.
    ReadOnly,
    /// An operator has suspended the caller's or the owner's account.
    Suspended,
    /// The caller's account has begun the upload.
    UploadBegun,
}

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BucketPolicy(statement) => {
                write!(f, "statement {} of the bucket policy", statement + 1)
            }
            Self::OwnPolicy { label, statement } => {
                write!(f, "statement {} of {label}", statement + 1)
            }
            Self::Grant { of, grant } => {
                let of = match of {
                    ListOf::Bucket => "bucket",
                    ListOf::Object => "object",
                };
                write!(f, "grant {} of the {of}'s access control list", grant + 1)
            }
            Self::Owner => f.write_str("the caller is the root of the account"),
            Self::Nothing => f.write_str("no policy allows it"),
            Self::RootTakesNoRole => f.write_str("the root of an account takes no role"),
            Self::SessionPolicy => f.write_str("the session policy does not allow it"),
            Self::TrustPolicy(statement) => {
                write!(f, "statement {} of the role's trust policy", statement + 1)
            }
            Self::OtherAccount => {
                f.write_str("a bucket policy is handled by the account of the bucket alone")
            }
            Self::PublicAccessRestricted => {
                f.write_str("the bucket policy is public and RestrictPublicBuckets is on")
            }
            Self::ReadOnly => f.write_str("the account is read-only"),
            Self::Suspended => f.write_str("the account is suspended"),
            Self::UploadBegun => f.write_str("the account has begun the upload"),
        }
    }
}

/// The caller may not do this.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("caller may not do this action={} ground=`{}`", .action.name(), .ground)]
pub struct Denied {
    /// What was asked for.
    pub action: Action,
    /// Why not.
    pub ground: Ground,
}

impl Denied {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Denied
    }
}
