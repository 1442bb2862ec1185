//! From a principal, an action and a resource to a permit.
//!
//! Owns: the decision, out of what the policies say together. Not here: what one policy says
//! (`policy`), which policies there are (`gateway::bucket_policy`, `gateway::principal`).
//!
//! Source: AWS IAM User Guide, "Policy evaluation logic", "Cross-account policy evaluation logic",
//! "Session policies".
//! 0. Beyond AWS: nobody does anything for a suspended account or in its buckets, and nobody
//!    changes anything for or in a read-only one.
//! 1. A denial by any policy is final; but the owner's root keeps its bucket's policy in hand.
//! 2. Within an account, its root may do everything; a user may do what its own policies allow, or
//!    what the bucket's policy allows to the user itself.
//! 3. In another account's bucket the bucket's policy or an access control list has to allow it,
//!    and for a user its own policies as well. What lists add, and that an object may be another's
//!    than its bucket, is told by `lists`.
//! 4. A session policy takes away what it does not allow, but for what a bucket's policy allows to
//!    the very session.
//! 5. A role is taken by who its trust policy allows to: itself, or, where it names the account, by
//!    its own policies as well. Never by an account's root (as on AWS), and, beyond AWS, never by
//!    another account.

use crate::iam::action::{Action, ActionTarget};
use crate::iam::ground::{Denied, Ground};
use crate::iam::lists::Sight;
use crate::iam::policy::arn;
use crate::iam::policy::principal::Named;
use crate::iam::policy::{Answer, Caller, Policy, Question};
use crate::iam::principal::Principal;
use crate::iam::resource::{BucketResource, Request, Resource, RoleResource};
use crate::model::id::{BucketId, TenantId};
use crate::model::tenant::TenantStatus;
use std::sync::Arc;

/// Proof that `authorize` allowed one action on one resource. Not `Clone`: it is spent by the
/// operation.
#[derive(Debug)]
pub struct Permit {
    action: Action,
    scope: Scope,
    sight: Sight,
    caller: Option<TenantId>,
}

#[derive(Debug, PartialEq, Eq)]
enum Scope {
    Account(TenantId),
    Bucket(BucketId),
    Role(TenantId, String),
}

impl Permit {
    /// The tenant whose account this permit is for that action on.
    pub fn account(&self, action: Action) -> Option<TenantId> {
        match self.scope {
            Scope::Account(tenant) if self.action == action => Some(tenant),
            Scope::Account(_) | Scope::Bucket(_) | Scope::Role(..) => None,
        }
    }

    /// The tenant whose role of that id this permit is to act as.
    pub fn role(&self, id: &str) -> Option<TenantId> {
        match &self.scope {
            Scope::Role(tenant, own) if self.action == Action::StsAssumeRole && own == id => {
                Some(*tenant)
            }
            Scope::Account(_) | Scope::Bucket(_) | Scope::Role(..) => None,
        }
    }

    /// Whether this permit is for that action on that bucket.
    pub fn covers(&self, action: Action, bucket: BucketId) -> bool {
        self.action == action && self.scope == Scope::Bucket(bucket)
    }

    /// Which object it is for, where that was decided by the object's own list.
    pub fn sight(&self) -> Sight {
        self.sight
    }

    /// The account of who was allowed it; `None` for who does not sign.
    pub fn caller(&self) -> Option<TenantId> {
        self.caller
    }
}

/// Decides whether somebody may do something.
///
/// # Errors
/// `Denied` when not.
pub fn authorize(request: &Request<'_>) -> Result<Permit, Denied> {
    let action = request.action;
    let denied = |ground| Denied { action, ground };
    decide(request).map_err(denied)?;
    let mut sight = Sight::Any;
    let scope = match (request.resource, request.principal.tenant) {
        (Resource::Bucket(bucket), _) => {
            let lists = bucket.lists.as_ref();
            sight = lists.map_or(sight, |lists| lists.sight(action));
            Scope::Bucket(bucket.bucket)
        }
        (Resource::Role(role), _) => Scope::Role(role.owner, role.id.to_owned()),
        (Resource::Account { .. }, Some(tenant)) => Scope::Account(tenant),
        (Resource::Account { .. }, None) => return Err(denied(Ground::Nothing)),
    };
    Ok(Permit {
        action,
        scope,
        sight,
        caller: request.principal.tenant,
    })
}

/// Decides, and says what the decision rests on: `Ok` what allows it, `Err` what does not.
///
/// # Errors
/// The ground of a denial.
pub fn decide(request: &Request<'_>) -> Result<Ground, Ground> {
    served(request.action, request.principal.status)?;
    match request.resource {
        Resource::Account { arn } => decide_in_account(request, arn),
        Resource::Role(role) => decide_on_role(request, &role),
        Resource::Bucket(bucket) => {
            let ground = decide_in_bucket(request, &bucket)?;
            // Behind the policies: who may do nothing here is not told about the owner.
            served(request.action, bucket.owner_status)?;
            Ok(ground)
        }
    }
}

/// What an account's status leaves of an action.
fn served(action: Action, status: TenantStatus) -> Result<(), Ground> {
    match status {
        TenantStatus::Suspended => Err(Ground::Suspended),
        TenantStatus::ReadOnly if action.is_change() => Err(Ground::ReadOnly),
        TenantStatus::Active | TenantStatus::ReadOnly => Ok(()),
    }
}

fn decide_in_account(request: &Request<'_>, arn: &str) -> Result<Ground, Ground> {
    if request.principal.caller == Caller::Anonymous {
        return Err(Ground::Nothing);
    }
    let own = own_answer(request, arn)?;
    own.within(own.allowed.clone().ok_or(Ground::Nothing)?)
}

fn decide_on_role(request: &Request<'_>, role: &RoleResource<'_>) -> Result<Ground, Ground> {
    if request.principal.tenant != Some(role.owner) {
        return Err(Ground::Nothing);
    }
    if let Caller::Root { .. } = request.principal.caller {
        return Err(Ground::RootTakesNoRole);
    }
    let by_trust = role.trust.answer(&question(request, role.arn));
    if let Answer::Deny { statement } = by_trust {
        return Err(Ground::TrustPolicy(statement));
    }
    let own = own_answer(request, role.arn)?;
    match by_trust {
        Answer::Allow { named, statement } => match named {
            Named::ByAccount => own.within(own.allowed.clone().ok_or(Ground::Nothing)?),
            Named::Itself => own.within(Ground::TrustPolicy(statement)),
            Named::Session => Ok(Ground::TrustPolicy(statement)),
        },
        Answer::Deny { .. } | Answer::Silent => Err(Ground::Nothing),
    }
}

/// What a caller's own policies allow.
struct Own {
    /// What allows it, by the caller's own policies.
    allowed: Option<Ground>,
    /// Whether the session policy, if there is one, leaves it.
    is_within: bool,
}

impl Own {
    /// What the session leaves of a ground.
    fn within(&self, ground: Ground) -> Result<Ground, Ground> {
        if self.is_within {
            Ok(ground)
        } else {
            Err(Ground::SessionPolicy)
        }
    }
}

/// What the caller's own policies and its session's say together; a denial by any of them is final.
fn own_answer(request: &Request<'_>, resource: &str) -> Result<Own, Ground> {
    let allowed = identity_answer(request, resource)?;
    let Some(session) = request.principal.session_policy() else {
        return Ok(Own {
            allowed,
            is_within: true,
        });
    };
    match session.policy.answer(&question(request, resource)) {
        Answer::Deny { statement } => Err(Ground::OwnPolicy {
            label: Arc::clone(&session.label),
            statement,
        }),
        answer => Ok(Own {
            allowed,
            is_within: matches!(answer, Answer::Allow { .. }),
        }),
    }
}

/// What the policies of a user or role say: `Some` ground to allow it, `None` when they are silent.
/// A tenant's root needs none.
fn identity_answer(request: &Request<'_>, resource: &str) -> Result<Option<Ground>, Ground> {
    if let Caller::Root { .. } = request.principal.caller {
        return Ok(Some(Ground::Owner));
    }
    let question = question(request, resource);
    let mut allowed = None;
    for own in &request.principal.policies {
        let ground = |statement| Ground::OwnPolicy {
            label: Arc::clone(&own.label),
            statement,
        };
        match own.policy.answer(&question) {
            Answer::Deny { statement } => return Err(ground(statement)),
            Answer::Allow { statement, .. } if allowed.is_none() => {
                allowed = Some(ground(statement));
            }
            Answer::Allow { .. } | Answer::Silent => {}
        }
    }
    Ok(allowed)
}

/// Whether a root's decision about its bucket's policy does not depend on what the policy says: it
/// can take away also one that cannot be read any longer.
pub fn keeps_policy(
    principal: &Principal,
    action: Action,
    (owner, binds_root): (TenantId, bool),
) -> bool {
    let is_owner =
        principal.tenant == Some(owner) && matches!(principal.caller, Caller::Root { .. });
    is_owner && action.is_on_bucket_policy() && !binds_root
}

fn decide_in_bucket(request: &Request<'_>, bucket: &BucketResource<'_>) -> Result<Ground, Ground> {
    let principal = request.principal;
    let holder = bucket.holder(request.action);
    let is_in_account = principal.tenant == Some(holder);
    // Whatever the policy allows: who could change it would have everything (S3 API reference,
    // PutBucketPolicy).
    if request.action.is_on_bucket_policy() && !is_in_account {
        return Err(Ground::OtherAccount);
    }
    let is_owner = is_in_account && matches!(principal.caller, Caller::Root { .. });
    let keeps_policy = keeps_policy(principal, request.action, (bucket.owner, bucket.binds_root));
    let is_bounded = principal.session_policy().is_some();
    if !is_bounded && (keeps_policy || (is_owner && bucket.policy.is_none())) {
        return Ok(Ground::Owner);
    }
    let resource = resource_arn(request.action, bucket);
    let by_policy = bucket.policy.map_or(Answer::Silent, |policy| {
        policy.answer(&question(request, &resource))
    });
    if let Answer::Deny { statement } = by_policy {
        return Err(Ground::BucketPolicy(statement));
    }
    let own = own_answer(request, &resource)?;
    let granted = granted(request, bucket, &by_policy);
    let ground = match (granted, &own.allowed) {
        (Some((ground, Named::Session)), _) if is_in_account => Ok(ground),
        (_, Some(ground)) if is_in_account => own.within(ground.clone()),
        (Some((ground, Named::Itself)), None) if is_in_account => own.within(ground),
        (Some((ground, _)), allowed)
            if !is_in_account && (principal.caller == Caller::Anonymous || allowed.is_some()) =>
        {
            own.within(ground)
        }
        _ => Err(Ground::Nothing),
    }?;
    let is_elsewhere = principal.tenant != Some(bucket.owner);
    if is_elsewhere && bucket.restricts_public && bucket.policy.is_some_and(Policy::is_public) {
        return Err(Ground::PublicAccessRestricted);
    }
    Ok(ground)
}

/// What the bucket's policy, a list or having begun the upload allows, and how it names the caller.
/// The policy says nothing of an object that is not the bucket owner's.
fn granted(
    request: &Request<'_>,
    bucket: &BucketResource<'_>,
    by_policy: &Answer,
) -> Option<(Ground, Named)> {
    let is_bucket_owners = bucket.holder(request.action) == bucket.owner;
    let by_policy = match by_policy {
        Answer::Allow { statement, named } if is_bucket_owners => {
            Some((Ground::BucketPolicy(*statement), *named))
        }
        Answer::Allow { .. } | Answer::Deny { .. } | Answer::Silent => None,
    };
    let (action, caller) = (request.action, request.principal.tenant);
    let lists = bucket.lists.as_ref();
    let by_list = lists.and_then(|lists| lists.allow(action, caller));
    let is_own_upload = bucket.is_own_upload(action, caller);
    let by_upload = is_own_upload.then_some((Ground::UploadBegun, Named::ByAccount));
    let all = [by_upload, by_list, by_policy].into_iter().flatten();
    all.max_by_key(|(_, named)| *named)
}

fn question<'a>(request: &Request<'a>, resource: &'a str) -> Question<'a> {
    Question {
        caller: &request.principal.caller,
        action: request.action.name(),
        resource,
        context: request.context,
    }
}

fn resource_arn(action: Action, bucket: &BucketResource<'_>) -> String {
    match bucket.object_key {
        Some(object_key) if action.target() == ActionTarget::Object => {
            arn::object_arn(bucket.name, object_key)
        }
        Some(_) | None => arn::bucket_arn(bucket.name),
    }
}
