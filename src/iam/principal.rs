//! Who asks, with the policies that are about it.
//!
//! Owns: `Principal`, what bounds its session. Not here: how the policies are found
//! (`gateway::principal`), the decision (`authorize`).

use crate::iam::policy::{Caller, Policy};
use crate::model::id::TenantId;
use crate::model::tenant::{AccountId, TenantStatus};
use crate::model::time::Timestamp;
use std::sync::Arc;

/// A policy of a user, as decisions name it.
#[derive(Clone, Debug)]
pub struct AttachedPolicy {
    /// What it is attached to and its name, such as `policy "read" of user "ana"`.
    pub label: Arc<str>,
    /// What it says.
    pub policy: Arc<Policy>,
}

/// What bounds a caller with temporary credentials.
#[derive(Clone, Debug)]
pub struct SessionBounds {
    /// When its token was issued.
    pub issued: Timestamp,
    /// The policy that it was issued with: whatever allows, this has to allow it too.
    pub policy: Option<AttachedPolicy>,
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The tenant; `None` when the request is not signed.
    pub tenant: Option<TenantId>,
    /// In the words of policies.
    pub caller: Caller,
    /// What a user may do, by its own policies and by those of its groups, or a role. A tenant's
    /// root has none: it may do everything.
    pub policies: Vec<AttachedPolicy>,
    /// What bounds it, if its credentials are temporary.
    pub session: Option<SessionBounds>,
    /// Whether its tenant is served.
    pub status: TenantStatus,
}

impl Principal {
    /// Nobody.
    pub fn anonymous() -> Self {
        Self {
            tenant: None,
            caller: Caller::Anonymous,
            policies: Vec::new(),
            session: None,
            status: TenantStatus::Active,
        }
    }

    /// A tenant's root.
    pub fn root(tenant: TenantId, canonical_id: &str, status: TenantStatus) -> Self {
        Self {
            tenant: Some(tenant),
            caller: Caller::Root {
                account: AccountId::of(tenant),
                canonical_id: canonical_id.into(),
            },
            policies: Vec::new(),
            session: None,
            status,
        }
    }

    /// The policy that its session was issued with.
    pub fn session_policy(&self) -> Option<&AttachedPolicy> {
        self.session.as_ref()?.policy.as_ref()
    }

    /// Whether a condition of one of its policies asks for a key that begins so.
    pub fn asks_for(&self, key_prefix: &str) -> bool {
        let mut policies = self.policies.iter().chain(self.session_policy());
        policies.any(|own| own.policy.asks_for(key_prefix))
    }
}
