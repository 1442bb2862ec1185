//! Names of callers and resources, as policies write them.
//!
//! Owns: the ARNs of callers, S3 resource names.
//! Not here: which tenant has which account number (`model::tenant`).

use crate::model::tenant::AccountId;
use std::sync::Arc;

/// Who asks, in the words of policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Nobody: the request is not signed.
    Anonymous,
    /// A tenant's own key.
    Root {
        /// The tenant's account.
        account: AccountId,
        /// Its canonical id.
        canonical_id: Arc<str>,
    },
    /// A user of a tenant.
    User {
        /// The tenant's account.
        account: AccountId,
        /// The user's name.
        name: Arc<str>,
        /// The user's ARN.
        arn: Arc<str>,
        /// Its id, which no later user of the same name has.
        id: Arc<str>,
    },
    /// A session of a role of a tenant.
    Role {
        /// The tenant's account.
        account: AccountId,
        /// The role's ARN.
        role_arn: Arc<str>,
        /// The session's ARN.
        session_arn: Arc<str>,
        /// The role's id, which no later role of the same name has, and the session's name behind a
        /// colon.
        id: Arc<str>,
    },
}

impl Caller {
    /// Its account.
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Anonymous => None,
            Self::Role { account, .. }
            | Self::Root { account, .. }
            | Self::User { account, .. } => Some(account),
        }
    }

    /// What kind of caller it is (IAM User Guide, "aws:PrincipalType").
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Anonymous => "Anonymous",
            Self::Role { .. } => "AssumedRole",
            Self::Root { .. } => "Account",
            Self::User { .. } => "User",
        }
    }

    /// Its identifier: the account's own for its root (IAM User Guide, "aws:userid").
    pub fn user_id(&self) -> &str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Root { account, .. } => account.as_str(),
            Self::Role { id, .. } | Self::User { id, .. } => id,
        }
    }

    /// A user's name.
    pub fn user_name(&self) -> Option<&str> {
        match self {
            Self::Anonymous | Self::Role { .. } | Self::Root { .. } => None,
            Self::User { name, .. } => Some(name),
        }
    }

    /// Its ARN; of a role that of the session.
    pub fn arn(&self) -> Option<String> {
        match self {
            Self::Anonymous => None,
            Self::Role { session_arn, .. } => Some(session_arn.to_string()),
            Self::Root { account, .. } => Some(root_arn(account)),
            Self::User { arn, .. } => Some(arn.to_string()),
        }
    }

    /// Its ARN as conditions know it; of a session that of the role (IAM User Guide,
    /// "aws:PrincipalArn").
    pub fn principal_arn(&self) -> Option<String> {
        match self {
            Self::Role { role_arn, .. } => Some(role_arn.to_string()),
            Self::Anonymous | Self::Root { .. } | Self::User { .. } => self.arn(),
        }
    }
}

/// The ARN of an account's root.
pub fn root_arn(account: &AccountId) -> String {
    format!("arn:aws:iam::{account}:root")
}

/// The ARN of a user.
pub fn user_arn(account: &AccountId, path: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:user{path}{name}")
}

/// The ARN of a role.
pub fn role_arn(account: &AccountId, path: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:role{path}{name}")
}

/// The ARN of a session of a role, which does not have the role's path.
pub fn assumed_role_arn(account: &AccountId, name: &str, session_name: &str) -> String {
    format!("arn:aws:sts::{account}:assumed-role/{name}/{session_name}")
}

/// What an account's list of buckets is in policies.
pub const ALL_BUCKETS: &str = "arn:aws:s3:::*";

/// The ARN of a bucket.
pub fn bucket_arn(bucket: &str) -> String {
    format!("arn:aws:s3:::{bucket}")
}

/// The ARN of an object.
pub fn object_arn(bucket: &str, object_key: &str) -> String {
    format!("arn:aws:s3:::{bucket}/{object_key}")
}
