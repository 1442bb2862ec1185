//! What is asked of a decision: who, what, to what.
//!
//! Owns: the resources, and what follows from their facts alone.
//! Not here: the decision (`authorize`).

use crate::iam::action::Action;
use crate::iam::lists::AccessLists;
use crate::iam::policy::{Context, Policy};
use crate::iam::principal::Principal;
use crate::model::id::{BucketId, TenantId};
use crate::model::tenant::TenantStatus;
use std::fmt;

/// A bucket that something is done in, as the catalog knows it, never as the request claims.
#[derive(Clone, Copy, Debug)]
pub struct BucketResource<'a> {
    /// The bucket.
    pub bucket: BucketId,
    /// Its owner.
    pub owner: TenantId,
    /// Whether its owner is served.
    pub owner_status: TenantStatus,
    /// Its name.
    pub name: &'a str,
    /// The object; needed for actions on objects.
    pub object_key: Option<&'a str>,
    /// Its policy.
    pub policy: Option<&'a Policy>,
    /// Whether the policy binds the owner's root also in what it does to the policy.
    pub binds_root: bool,
    /// Whether a public policy opens it to its owner's account alone.
    pub restricts_public: bool,
    /// Its access control lists; `None` where they do not count.
    pub lists: Option<AccessLists<'a>>,
    /// The account that began the upload which the action is done to.
    pub begun_by: Option<TenantId>,
}

impl BucketResource<'_> {
    /// Whose the thing is that an action is done to.
    pub(in crate::iam) fn holder(&self, action: Action) -> TenantId {
        let lists = self.lists.as_ref();
        let owner = lists.and_then(|lists| lists.object_owner(action));
        owner.unwrap_or(self.owner)
    }

    /// Whether the action is done to an upload that the account of the caller has begun: it lists
    /// and ends it (S3 User Guide, "Multipart upload API and permissions").
    pub(in crate::iam) fn is_own_upload(&self, action: Action, caller: Option<TenantId>) -> bool {
        action.is_on_upload() && caller.is_some() && self.begun_by == caller
    }
}

/// A role that somebody wants to act as, as the catalog knows it.
#[derive(Clone, Copy, Debug)]
pub struct RoleResource<'a> {
    /// Whose.
    pub owner: TenantId,
    /// Its id.
    pub id: &'a str,
    /// Its ARN.
    pub arn: &'a str,
    /// Who may act as it.
    pub trust: &'a Policy,
}

/// What an action is done to.
#[derive(Clone, Copy, Debug)]
pub enum Resource<'a> {
    /// The caller's account: its list of buckets, a bucket that does not exist yet.
    Account {
        /// The ARN in policies.
        arn: &'a str,
    },
    /// A bucket or something in it.
    Bucket(BucketResource<'a>),
    /// A role.
    Role(RoleResource<'a>),
}

/// Who asks for what.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Who.
    pub principal: &'a Principal,
    /// What.
    pub action: Action,
    /// To what.
    pub resource: Resource<'a>,
    /// Under which circumstances.
    pub context: &'a dyn Context,
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("principal", self.principal)
            .field("action", &self.action)
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}
