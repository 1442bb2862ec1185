//! Who asks: from a verified identity to a principal with its policies.
//!
//! Owns: finding a user's policies and those of its groups, or a role's, and what bounds a session;
//! the cache of what was parsed.
//! Not here: the records (`catalog::accounts`), the decision (`iam::authorize`).
//!
//! Every request of a user or role reads its row and its groups' (point reads, a few microseconds
//! each) and compares them with the cached copies: what was changed, here or on another gateway,
//! counts at once, and no invalidation can be missed.

use crate::auth::{Actor, VerifiedIdentity};
use crate::catalog::accounts::Account;
use crate::catalog::accounts::member::Member;
use crate::catalog::error::CatalogError;
use crate::catalog::{credentials, keyspace, sessions, tenants};
use crate::crypto::ScopeKey;
use crate::gateway::Gateway;
use crate::gateway::error::GatewayError;
use crate::iam::{AttachedPolicy, Principal};
use crate::model::iam::{IamName, MemberKind};
use crate::model::id::TenantId;
use crate::model::tenant::TenantStatus;
use crate::storage::{MetaKey, MetaStore, Partition};
use bytes::Bytes;
use lru::LruCache;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

/// Parsed users and groups kept in memory.
const CACHED_MAX: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

/// A user or group with its policies parsed.
#[derive(Debug)]
struct ParsedMember {
    member: Member,
    policies: Vec<AttachedPolicy>,
}

/// Stored bytes and what was read from them.
type CachedMember = (Bytes, Arc<ParsedMember>);

/// Parsed members by their rows, with the stored bytes that they were opened from.
#[derive(Clone, Debug)]
pub(in crate::gateway) struct MemberCache {
    parsed: Arc<Mutex<LruCache<MetaKey, CachedMember>>>,
}

impl Default for MemberCache {
    fn default() -> Self {
        Self {
            parsed: Arc::new(Mutex::new(LruCache::new(CACHED_MAX))),
        }
    }
}

impl MemberCache {
    fn get(&self, row: &MetaKey, stored: &Bytes) -> Option<Arc<ParsedMember>> {
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, member) = parsed.get(row)?;
        (known == stored).then(|| Arc::clone(member))
    }

    fn put(&self, row: MetaKey, stored: Bytes, member: &Arc<ParsedMember>) {
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        parsed.put(row, (stored, Arc::clone(member)));
    }
}

impl Gateway {
    /// Who asks, with the policies that are about it.
    ///
    /// # Errors
    /// `CallerGone` for a user that was deleted, `SessionGone` for the user or role of a session;
    /// when keys or rows fail, or a policy does not parse.
    pub async fn principal(
        &self,
        identity: Option<&VerifiedIdentity>,
    ) -> Result<Principal, GatewayError> {
        let Some(identity) = identity else {
            return Ok(Principal::anonymous());
        };
        let tenant = identity.tenant();
        let status = self.terms.status_of(tenant);
        self.last_used.note(identity.lasting_key_id(), self.now());
        let mut principal = match identity.actor() {
            Actor::Root => Principal::root(tenant, identity.canonical_id(), status),
            Actor::User(name) => self.user_principal(identity, name).await?,
            Actor::Role { role, session_name } => {
                let found = self.parsed_member(tenant, MemberKind::Role, role).await?;
                let found = found.filter(|found| is_of_session(identity, &found.member));
                let found = found.ok_or(GatewayError::SessionGone)?;
                let policies = found.policies.clone();
                found.member.role_principal(session_name, policies, status)
            }
        };
        let bounds = identity.session().map(sessions::bounds);
        principal.session = bounds.transpose()?;
        Ok(principal)
    }

    async fn user_principal(
        &self,
        identity: &VerifiedIdentity,
        name: &IamName,
    ) -> Result<Principal, GatewayError> {
        let tenant = identity.tenant();
        let user = self.parsed_member(tenant, MemberKind::User, name).await?;
        let is_session = identity.session().is_some();
        let user = user.filter(|user| !is_session || is_of_session(identity, &user.member));
        let user = user.ok_or(if is_session {
            GatewayError::SessionGone
        } else {
            GatewayError::CallerGone
        })?;
        let mut policies = user.policies.clone();
        for group in &user.member.groups {
            let group = self.parsed_member(tenant, MemberKind::Group, group).await?;
            // A group is only deleted when it has no users.
            let group = group.ok_or(CatalogError::Inconsistent("group of a user"))?;
            policies.extend(group.policies.iter().cloned());
        }
        Ok(user
            .member
            .principal(policies, self.terms.status_of(tenant)))
    }

    /// Whether a tenant is served.
    pub fn status_of(&self, tenant: TenantId) -> TenantStatus {
        self.terms.status_of(tenant)
    }

    async fn parsed_member(
        &self,
        tenant: TenantId,
        kind: MemberKind,
        name: &IamName,
    ) -> Result<Option<Arc<ParsedMember>>, GatewayError> {
        let row = keyspace::member(tenant, kind, name);
        let stored = MetaStore::get(&*self.engine, Partition::System, &row).await;
        let Some(stored) = stored.map_err(CatalogError::from)? else {
            return Ok(None);
        };
        if let Some(known) = self.members.get(&row, &stored) {
            return Ok(Some(known));
        }
        let key = self.credentials_key(tenant).await?;
        let member = Member::open((tenant, kind), &row, &stored, &key)?;
        let policies = member.attached()?;
        let parsed = Arc::new(ParsedMember { member, policies });
        self.members.put(row, stored, &parsed);
        Ok(Some(parsed))
    }

    /// The key under which a tenant's credentials, users and groups are sealed.
    pub(in crate::gateway) async fn credentials_key(
        &self,
        tenant: TenantId,
    ) -> Result<Arc<ScopeKey>, GatewayError> {
        let record = tenants::find(&*self.engine, tenant).await?;
        let record = record.ok_or(CatalogError::Inconsistent("tenant"))?;
        let context = credentials::key_context(tenant);
        Ok(self
            .keys
            .scope_key(&context, &record.credentials_key)
            .await?)
    }

    /// An account with what opens its rows.
    pub(in crate::gateway) fn account_of<'a>(
        &'a self,
        tenant: TenantId,
        key: &'a ScopeKey,
    ) -> Account<'a> {
        Account {
            engine: &*self.engine,
            entropy: &*self.entropy,
            key,
            tenant,
        }
    }
}

/// Whether a session is of this user or role, not of an earlier one of the same name.
fn is_of_session(identity: &VerifiedIdentity, member: &Member) -> bool {
    let session = identity.session();
    session.is_some_and(|session| *session.actor_id == *member.id)
}
