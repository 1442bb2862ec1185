//! Users, groups and roles of tenants, and the access keys of users.
//!
//! Owns: what changes there are and which of them exclude one another. Every change has the
//! account's generation as a condition and raises it: changes of one account follow one another, so
//! that none is decided by what another one has just taken away (a user that gets a key while it is
//! deleted, a group that gets a user).
//! Not here: the records (`member`, `credentials`), who may change what (`iam`, `gateway`).
//!
//! Source: AWS IAM API Reference; "IAM and AWS STS quotas".

pub mod error;
pub mod keys;
pub mod member;

use crate::base::entropy::Entropy;
use crate::catalog::accounts::error::AccountError;
use crate::catalog::accounts::member::{Member, RoleTerms};
use crate::catalog::error::CatalogError;
use crate::catalog::keyspace;
use crate::crypto::ScopeKey;
use crate::model::iam::{IamName, IamPath, MemberKind};
use crate::model::id::TenantId;
use crate::model::time::Timestamp;
use crate::storage::{CommitError, Engine, EngineExt, MetaBatch, MetaStore, Partition, ScanRange};
use bytes::Bytes;

/// Users of an account at most (AWS: 5,000).
const USERS_MAX: usize = 5000;
/// Groups of an account at most (AWS: 300).
const GROUPS_MAX: usize = 300;
/// Roles of an account at most (AWS: 1,000).
const ROLES_MAX: usize = 1000;
/// Groups of a user at most (AWS: 10); a decision reads each.
const GROUPS_OF_USER_MAX: usize = 10;
/// Policies of a user, group or role at most; AWS bounds their characters instead.
const POLICIES_MAX: usize = 10;
/// Attempts to change an account while others change it too.
const CHANGE_ATTEMPTS_MAX: usize = 64;

/// An account with what opens its rows.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// The engine.
    pub engine: &'a dyn Engine,
    /// Randomness.
    pub entropy: &'a dyn Entropy,
    /// The tenant's credentials key.
    pub key: &'a ScopeKey,
    /// The tenant.
    pub tenant: TenantId,
}

/// A change that is being put together.
#[derive(Debug)]
struct Draft {
    batch: MetaBatch,
}

/// How putting a change together ended.
enum Drafted<T> {
    /// It is to be stored.
    Store(T),
    /// There is nothing to change.
    Keep(T),
}

impl Account<'_> {
    /// A member, if there is one.
    ///
    /// # Errors
    /// When the engine fails or the row is corrupt.
    pub async fn find(
        &self,
        kind: MemberKind,
        name: &IamName,
    ) -> Result<Option<Member>, CatalogError> {
        let row = keyspace::member(self.tenant, kind, name);
        let stored = MetaStore::get(self.engine, Partition::System, &row).await?;
        let open = |stored: Bytes| Member::open((self.tenant, kind), &row, &stored, self.key);
        stored.map(open).transpose()
    }

    /// A member.
    ///
    /// # Errors
    /// `NoSuchMember`, or when the engine fails or the row is corrupt.
    pub async fn get(&self, kind: MemberKind, name: &IamName) -> Result<Member, AccountError> {
        let found = self.find(kind, name).await?;
        found.ok_or_else(|| AccountError::NoSuchMember {
            kind,
            name: name.to_string(),
        })
    }

    /// All members of a kind, by name.
    ///
    /// # Errors
    /// When the engine fails or a row is corrupt.
    pub async fn list(&self, kind: MemberKind) -> Result<Vec<Member>, CatalogError> {
        let start = keyspace::members(self.tenant, kind);
        let range = ScanRange {
            end: keyspace::prefix_end(&start),
            start: start.to_vec(),
        };
        let rows = self.engine.scan_page(Partition::System, range, usize::MAX);
        let open = |(row, stored): &(Bytes, Bytes)| {
            Member::open((self.tenant, kind), row, stored, self.key)
        };
        rows.await?.iter().map(open).collect()
    }

    /// Creates a user or a group; a role has [`Account::create_role`].
    ///
    /// # Errors
    /// `Taken`, `TooMany`, or when keys or rows fail.
    ///
    /// # Durability
    /// As for every change here: when it returns `Ok`, it survives power loss.
    pub async fn create(
        &self,
        kind: MemberKind,
        name: &IamName,
        path: &IamPath,
        created: Timestamp,
    ) -> Result<Member, AccountError> {
        // Without its terms a role's row could not be read again.
        if kind == MemberKind::Role {
            return Err(CatalogError::Inconsistent("role").into());
        }
        let place = (self.tenant, kind);
        let member = Member::new(place, name.clone(), path.clone(), created, self.entropy)?;
        self.create_member(member).await
    }

    /// Creates a role.
    ///
    /// # Errors
    /// As [`Account::create`].
    ///
    /// # Durability
    /// As [`Account::create`].
    pub async fn create_role(
        &self,
        name: &IamName,
        path: &IamPath,
        terms: RoleTerms,
        created: Timestamp,
    ) -> Result<Member, AccountError> {
        let place = (self.tenant, MemberKind::Role);
        let mut member = Member::new(place, name.clone(), path.clone(), created, self.entropy)?;
        member.role = Some(terms);
        self.create_member(member).await
    }

    async fn create_member(&self, member: Member) -> Result<Member, AccountError> {
        self.change(async |draft| {
            let kind = member.kind;
            let members = self.list(kind).await?;
            let (max, what) = match kind {
                MemberKind::Group => (GROUPS_MAX, "groups in an account"),
                MemberKind::Role => (ROLES_MAX, "roles in an account"),
                MemberKind::User => (USERS_MAX, "users in an account"),
            };
            if members.iter().any(|known| known.name.is(&member.name)) {
                let name = member.name.to_string();
                return Err(AccountError::Taken { kind, name });
            }
            if members.len() >= max {
                return Err(AccountError::TooMany { what, max });
            }
            self.put(draft, &member)?;
            Ok(Drafted::Store(member.clone()))
        })
        .await
    }

    /// Changes what a role has beyond its policies.
    ///
    /// # Errors
    /// `NoSuchMember`, or when keys or rows fail.
    pub async fn change_role(
        &self,
        name: &IamName,
        apply: impl Fn(&mut RoleTerms),
    ) -> Result<(), AccountError> {
        self.change(async |draft| {
            let mut member = self.get(MemberKind::Role, name).await?;
            let terms = member.role.as_mut();
            apply(terms.ok_or(CatalogError::Inconsistent("role"))?);
            self.put(draft, &member)?;
            Ok(Drafted::Store(()))
        })
        .await
    }

    /// Deletes a user without keys, policies and groups, a group without policies and users, or a
    /// role without policies.
    ///
    /// # Errors
    /// `NoSuchMember`, `StillHas`, or when the rows fail.
    pub async fn delete(&self, kind: MemberKind, name: &IamName) -> Result<Member, AccountError> {
        self.change(async |draft| {
            let member = self.get(kind, name).await?;
            let what = if !member.policies.is_empty() {
                Some("policies")
            } else if !member.groups.is_empty() {
                Some("memberships of groups")
            } else if kind == MemberKind::User && !self.key_ids(name).await?.is_empty() {
                Some("access keys")
            } else if kind == MemberKind::Group && !self.users_of(name).await?.is_empty() {
                Some("users")
            } else {
                None
            };
            if let Some(what) = what {
                return Err(AccountError::StillHas { what });
            }
            draft.batch.delete(member.row());
            Ok(Drafted::Store(member))
        })
        .await
    }

    /// The users of a group.
    ///
    /// # Errors
    /// When the engine fails or a row is corrupt.
    pub async fn users_of(&self, group: &IamName) -> Result<Vec<Member>, CatalogError> {
        let mut users = self.list(MemberKind::User).await?;
        users.retain(|user| user.groups.iter().any(|own| own.is(group)));
        Ok(users)
    }

    /// Sets a policy of a user, group or role.
    ///
    /// # Errors
    /// `NoSuchMember`, `TooMany`, or when keys or rows fail.
    pub async fn put_policy(
        &self,
        (kind, name): (MemberKind, &IamName),
        policy: &IamName,
        text: &str,
    ) -> Result<(), AccountError> {
        self.change(async |draft| {
            let mut member = self.get(kind, name).await?;
            member.policies.retain(|(known, _)| !known.is(policy));
            if member.policies.len() >= POLICIES_MAX {
                return Err(AccountError::TooMany {
                    what: "policies of one user, group or role",
                    max: POLICIES_MAX,
                });
            }
            member.policies.push((policy.clone(), text.to_owned()));
            member.policies.sort();
            self.put(draft, &member)?;
            Ok(Drafted::Store(()))
        })
        .await
    }

    /// Takes a policy of a user, group or role away.
    ///
    /// # Errors
    /// `NoSuchMember`, `NoSuchPolicy`, or when keys or rows fail.
    pub async fn delete_policy(
        &self,
        (kind, name): (MemberKind, &IamName),
        policy: &IamName,
    ) -> Result<(), AccountError> {
        self.change(async |draft| {
            let mut member = self.get(kind, name).await?;
            let before = member.policies.len();
            member.policies.retain(|(known, _)| !known.is(policy));
            if member.policies.len() == before {
                let name = policy.to_string();
                return Err(AccountError::NoSuchPolicy { name });
            }
            self.put(draft, &member)?;
            Ok(Drafted::Store(()))
        })
        .await
    }

    /// Puts a user into a group, or takes it out of it; nothing happens when that is so already.
    ///
    /// # Errors
    /// `NoSuchMember`, `TooMany`, or when keys or rows fail.
    pub async fn set_membership(
        &self,
        user: &IamName,
        group: &IamName,
        is_member: bool,
    ) -> Result<(), AccountError> {
        self.change(async |draft| {
            let group = self.get(MemberKind::Group, group).await?.name;
            let mut user = self.get(MemberKind::User, user).await?;
            let was_member = user.groups.iter().any(|own| own.is(&group));
            if was_member == is_member {
                return Ok(Drafted::Keep(()));
            }
            if is_member {
                user.groups.push(group);
                user.groups.sort();
            } else {
                user.groups.retain(|own| !own.is(&group));
            }
            if user.groups.len() > GROUPS_OF_USER_MAX {
                return Err(AccountError::TooMany {
                    what: "groups of one user",
                    max: GROUPS_OF_USER_MAX,
                });
            }
            self.put(draft, &user)?;
            Ok(Drafted::Store(()))
        })
        .await
    }

    fn put(&self, draft: &mut Draft, member: &Member) -> Result<(), CatalogError> {
        let stored = member.seal(self.key, self.entropy)?;
        draft.batch.put(member.row(), stored);
        Ok(())
    }

    /// Stores a change that `draft` puts together from the account as it is then.
    async fn change<T>(
        &self,
        draft: impl AsyncFn(&mut Draft) -> Result<Drafted<T>, AccountError>,
    ) -> Result<T, AccountError> {
        let row = keyspace::account_generation(self.tenant);
        for _ in 0..CHANGE_ATTEMPTS_MAX {
            let old = MetaStore::get(self.engine, Partition::System, &row).await;
            let old = old.map_err(CatalogError::from)?;
            let mut change = Draft {
                batch: MetaBatch::new(Partition::System),
            };
            let generation = old.as_deref().map_or(0, generation).wrapping_add(1);
            match old {
                None => change.batch.absent(row.clone()),
                Some(old) => change.batch.equals(row.clone(), old),
            };
            let generation = Bytes::copy_from_slice(&generation.to_le_bytes());
            change.batch.put(row.clone(), generation);
            let outcome = match draft(&mut change).await? {
                Drafted::Keep(outcome) => return Ok(outcome),
                Drafted::Store(outcome) => outcome,
            };
            match self.engine.commit(change.batch).await {
                Err(CommitError::ConditionFailed { .. }) => {}
                Err(error) => return Err(CatalogError::from(error).into()),
                Ok(()) => return Ok(outcome),
            }
        }
        Err(CatalogError::Contended.into())
    }
}

/// A generation counts changes; one that cannot be read is only ever compared.
fn generation(stored: &[u8]) -> u64 {
    stored
        .first_chunk::<8>()
        .map_or(0, |bytes| u64::from_le_bytes(*bytes))
}
