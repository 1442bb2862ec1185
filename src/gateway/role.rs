//! What an account's administrators do to roles alone: create them, say who may take them and for
//! how long.
//!
//! Owns: that a trust policy names nobody of another account. Not here: what roles have in common
//! with users and groups (`account`), taking a role (`session`).

use crate::catalog::accounts::Account;
use crate::catalog::accounts::member::RoleTerms;
use crate::gateway::Gateway;
use crate::gateway::account::AccountAnswer;
use crate::gateway::error::GatewayError;
use crate::iam::Action;
use crate::iam::policy::{Policy, PolicyError, PolicyKind};
use crate::model::iam::{IamName, IamPath};
use crate::model::id::TenantId;
use crate::model::tenant::AccountId;

/// What is asked of a role.
#[derive(Clone, Debug)]
pub enum RoleRequest {
    /// Create it.
    Create(IamName, IamPath, RoleTerms),
    /// Set its description, where one is given, and the seconds of its longest session.
    Set(IamName, Option<String>, u32),
    /// Set who may take it.
    SetTrust(IamName, String),
}

impl RoleRequest {
    /// The action that the caller must be allowed.
    pub fn action(&self) -> Action {
        match self {
            Self::Create(..) => Action::IamCreateRole,
            Self::Set(..) => Action::IamUpdateRole,
            Self::SetTrust(..) => Action::IamUpdateAssumeRolePolicy,
        }
    }

    /// The role that it is about.
    pub fn role(&self) -> &IamName {
        match self {
            Self::Create(role, ..) | Self::Set(role, ..) | Self::SetTrust(role, _) => role,
        }
    }
}

impl Gateway {
    /// Does what is asked of a role; the permit was spent by `account_request`.
    pub(in crate::gateway) async fn role_request(
        &self,
        tenant: TenantId,
        account: &Account<'_>,
        request: RoleRequest,
    ) -> Result<AccountAnswer, GatewayError> {
        match request {
            RoleRequest::Create(name, path, terms) => {
                accept_trust(tenant, &terms.trust)?;
                let created = account.create_role(&name, &path, terms, self.now());
                return Ok(AccountAnswer::Member(created.await?, Vec::new()));
            }
            RoleRequest::Set(name, description, seconds) => {
                let set = account.change_role(&name, |terms| {
                    if let Some(description) = &description {
                        terms.description.clone_from(description);
                    }
                    terms.session_seconds_max = seconds;
                });
                set.await?;
            }
            RoleRequest::SetTrust(name, trust) => {
                accept_trust(tenant, &trust)?;
                let set = account.change_role(&name, |terms| terms.trust.clone_from(&trust));
                set.await?;
            }
        }
        Ok(AccountAnswer::Done)
    }
}

/// A role is taken within its account alone. A trust that names another account would look as if it
/// were in force, so it is refused.
fn accept_trust(tenant: TenantId, text: &str) -> Result<(), GatewayError> {
    let trust = Policy::parse(PolicyKind::Trust, text.as_bytes())?;
    if trust.names_others_than(&AccountId::of(tenant)) {
        return Err(PolicyError::InvalidPrincipal.into());
    }
    Ok(())
}
