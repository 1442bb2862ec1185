//! From a verified identity, an action and a resource to a permit.
//!
//! Owns: the decision. Today it is one rule: a tenant's keys do everything in the tenant's own
//! buckets and nothing elsewhere. Not here: policies (a later layer evaluates them in this same
//! function).

use crate::auth::VerifiedIdentity;
use crate::base::kind::ErrorKind;
use crate::iam::action::Action;
use crate::model::id::{BucketId, TenantId};

/// What an action is done to. A bucket comes with its owner as the catalog knows it, never as the
/// request claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// The caller's account: its list of buckets, a bucket that does not exist yet.
    Account,
    /// A bucket or something in it.
    Bucket {
        /// The bucket.
        bucket: BucketId,
        /// Its owner.
        owner: TenantId,
    },
}

/// The caller may not do this.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("caller may not do this action={}", .action.name())]
pub struct Denied {
    /// What was asked for.
    pub action: Action,
}

impl Denied {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Denied
    }
}

/// Proof that `authorize` allowed one action on one resource. Not `Clone`: it is spent by the
/// operation.
#[derive(Debug)]
pub struct Permit {
    tenant: TenantId,
    action: Action,
    resource: Resource,
}

impl Permit {
    /// The tenant on whose behalf the action is done.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Whether this permit is for that action on the caller's account.
    pub fn covers_account(&self, action: Action) -> bool {
        self.action == action && self.resource == Resource::Account
    }

    /// Whether this permit is for that action on that bucket.
    pub fn covers(&self, action: Action, bucket: BucketId) -> bool {
        let is_bucket = match self.resource {
            Resource::Account => false,
            Resource::Bucket {
                bucket: permitted, ..
            } => permitted == bucket,
        };
        self.action == action && is_bucket
    }
}

/// Decides whether `identity` may do `action` to `resource`.
///
/// # Errors
/// `Denied` when not.
pub fn authorize(
    identity: &VerifiedIdentity,
    action: Action,
    resource: Resource,
) -> Result<Permit, Denied> {
    let tenant = identity.tenant();
    match resource {
        Resource::Bucket { owner, .. } if owner != tenant => Err(Denied { action }),
        Resource::Account | Resource::Bucket { .. } => Ok(Permit {
            tenant,
            action,
            resource,
        }),
    }
}
