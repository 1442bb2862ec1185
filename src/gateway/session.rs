//! Temporary credentials: sessions of roles, of users and of roots.
//!
//! Owns: what a session is issued for and how long it may last. Not here: its token
//! (`catalog::sessions`), who may take a role (`iam::authorize`), the wire (`s3::query::session`).
//!
//! Source: AWS STS API Reference, `AssumeRole` and `GetSessionToken`.

use crate::auth::{Actor, Session, VerifiedIdentity};
use crate::catalog::accounts::member::{Member, RoleTerms};
use crate::catalog::credentials;
use crate::catalog::error::CatalogError;
use crate::catalog::sessions::{self, SessionGrant};
use crate::gateway::Gateway;
use crate::gateway::error::GatewayError;
use crate::iam::policy::{Caller, Policy, PolicyKind};
use crate::iam::{Action, Permit, Principal, RoleResource};
use crate::model::iam::{IamName, MemberKind};
use crate::model::id::TenantId;
use crate::model::time::Timestamp;

// What the frontend sees of the token.
pub use crate::catalog::sessions::IssuedSession;

/// Seconds that a session of a root lasts at most, whatever is asked for.
const ROOT_SECONDS_MAX: u32 = 60 * 60;

/// A role that somebody asks for.
#[derive(Debug)]
pub struct FoundRole {
    member: Member,
    terms: RoleTerms,
    arn: String,
    trust: Policy,
}

impl FoundRole {
    /// The role, for the decision.
    pub fn resource(&self) -> RoleResource<'_> {
        RoleResource {
            owner: self.member.tenant,
            id: &self.member.id,
            arn: &self.arn,
            trust: &self.trust,
        }
    }

    /// Seconds of its longest session.
    pub fn session_seconds_max(&self) -> u32 {
        self.terms.session_seconds_max
    }
}

/// How a role is to be taken.
#[derive(Clone, Debug)]
pub struct AssumeRoleRequest {
    /// What the session is called.
    pub session_name: IamName,
    /// What narrows it further.
    pub policy: Option<String>,
    /// How long it lasts.
    pub seconds: u32,
}

/// A role that was taken.
#[derive(Debug)]
pub struct AssumedRole {
    /// The credentials.
    pub issued: IssuedSession,
    /// Who whoever has them is.
    pub caller: Caller,
}

impl Gateway {
    /// A role with this ARN of a tenant.
    ///
    /// # Errors
    /// When keys or rows fail.
    pub async fn role_for_decision(
        &self,
        tenant: TenantId,
        (name, arn): (&IamName, &str),
    ) -> Result<Option<FoundRole>, GatewayError> {
        let key = self.credentials_key(tenant).await?;
        let account = self.account_of(tenant, &key);
        let found = account.find(MemberKind::Role, name).await?;
        let Some(member) = found.filter(|role| role.arn() == arn) else {
            return Ok(None);
        };
        let terms = member.role.clone();
        let terms = terms.ok_or(CatalogError::Inconsistent("role"))?;
        let trust = Policy::parse(PolicyKind::Trust, terms.trust.as_bytes());
        let trust = trust.map_err(|_text| CatalogError::Inconsistent("trust policy of a role"))?;
        Ok(Some(FoundRole {
            arn: member.arn(),
            member,
            terms,
            trust,
        }))
    }

    /// Issues credentials that act as a role.
    ///
    /// # Errors
    /// `Policy` for a session policy that is none, `WrongPermit`, `SessionGone` when the caller's
    /// key was deleted meanwhile, or when keys or rows fail.
    pub async fn assume_role(
        &self,
        permit: Permit,
        (role, request): (&FoundRole, &AssumeRoleRequest),
        identity: &VerifiedIdentity,
    ) -> Result<AssumedRole, GatewayError> {
        let tenant = spend(permit, &role.member.id)?;
        if let Some(policy) = &request.policy {
            Policy::parse(PolicyKind::Session, policy.as_bytes())?;
        }
        let now = self.now();
        let session_name = &request.session_name;
        let actor = Actor::Role {
            role: role.member.name.clone(),
            session_name: session_name.clone(),
        };
        let session = Session {
            parent: identity.lasting_key_id().clone(),
            issued: now,
            actor_id: role.member.id.as_str().into(),
            policy: request.policy.as_deref().map(Into::into),
        };
        let issued = self.issue(tenant, (actor, session), request.seconds);
        let status = self.status_of(tenant);
        let principal = role.member.role_principal(session_name, Vec::new(), status);
        Ok(AssumedRole {
            issued: issued.await?,
            caller: principal.caller,
        })
    }

    /// Issues temporary credentials that act as the caller itself. Like naming oneself this takes
    /// no permission: they may do nothing that the caller may not.
    ///
    /// # Errors
    /// `SessionGone` when the caller's key was deleted meanwhile, or when keys or rows fail.
    pub async fn session_token(
        &self,
        (identity, principal): (&VerifiedIdentity, &Principal),
        seconds: u32,
    ) -> Result<IssuedSession, GatewayError> {
        let (actor_id, seconds) = match &principal.caller {
            Caller::Root { .. } => ("", seconds.min(ROOT_SECONDS_MAX)),
            other => (other.user_id(), seconds),
        };
        let session = Session {
            parent: identity.lasting_key_id().clone(),
            issued: self.now(),
            actor_id: actor_id.into(),
            policy: None,
        };
        let actor = identity.actor().clone();
        self.issue(identity.tenant(), (actor, session), seconds)
            .await
    }

    async fn issue(
        &self,
        tenant: TenantId,
        (actor, session): (Actor, Session),
        seconds: u32,
    ) -> Result<IssuedSession, GatewayError> {
        let parent = credentials::find(&*self.engine, &session.parent).await?;
        let parent = parent.filter(|parent| parent.tenant == tenant);
        let parent = parent.ok_or(GatewayError::SessionGone)?;
        let expires = session.issued.millis();
        let expires = expires.saturating_add(u64::from(seconds).saturating_mul(1000));
        let grant = SessionGrant {
            tenant,
            actor,
            session,
            parent_created: parent.created,
            expires: Timestamp::from_millis(expires),
        };
        let key = self.credentials_key(tenant).await?;
        Ok(sessions::issue(&grant, &key, &*self.entropy)?)
    }
}

/// Spends a permit: it must be to act as this role.
#[expect(clippy::needless_pass_by_value, reason = "a permit is spent")]
fn spend(permit: Permit, id: &str) -> Result<TenantId, GatewayError> {
    permit.role(id).ok_or(GatewayError::WrongPermit {
        action: Action::StsAssumeRole,
    })
}
