//! Users, groups, roles and access keys of the caller's account.
//!
//! Owns: one request type for all that an account's administrators do, each with the action that
//! its permit has to be for. Not here: what roles alone have (`role`), the rows
//! (`catalog::accounts`), the wire (`s3::query`).

use crate::auth::{AccessKeyId, CredentialStatus};
use crate::catalog::accounts::Account;
use crate::catalog::credentials::{self, IssuedCredential};
use crate::catalog::error::CatalogError;
use crate::crypto::ScopeKey;
use crate::gateway::Gateway;
use crate::gateway::error::GatewayError;
use crate::gateway::role::RoleRequest;
use crate::iam::policy::{Policy, PolicyKind};
use crate::iam::{Action, Permit};
use crate::model::iam::{IamName, IamPath, MemberKind};
use crate::model::id::TenantId;
use crate::model::time::Timestamp;

// What the frontend sees of the rows.
pub use crate::catalog::accounts::error::AccountError;
pub use crate::catalog::accounts::member::{Member, RoleTerms};
pub use crate::catalog::credentials::CredentialRecord;

/// What is asked of an account.
#[derive(Clone, Debug)]
pub enum AccountRequest {
    /// Create a user or group.
    Create(MemberKind, IamName, IamPath),
    /// Create an access key of a user.
    CreateKey(IamName),
    /// Delete a user, group or role.
    Delete(MemberKind, IamName),
    /// Delete an access key of a user.
    DeleteKey(IamName, AccessKeyId),
    /// Take a policy of a user, group or role away.
    DeletePolicy(MemberKind, IamName, IamName),
    /// Read a user, a role, or a group with its users.
    Get(MemberKind, IamName),
    /// Read a policy of a user, group or role.
    GetPolicy(MemberKind, IamName, IamName),
    /// Read the groups of a user.
    GroupsOf(IamName),
    /// Ask when an access key was last used.
    KeyLastUsed(AccessKeyId),
    /// List the users, groups or roles.
    List(MemberKind),
    /// List the access keys of a user.
    ListKeys(IamName),
    /// List the policies of a user, group or role.
    ListPolicies(MemberKind, IamName),
    /// Set a policy of a user, group or role.
    PutPolicy(MemberKind, IamName, IamName, String),
    /// Switch an access key of a user on or off.
    SetKeyStatus(IamName, AccessKeyId, CredentialStatus),
    /// Put a user into a group, or take it out.
    SetMembership {
        /// The user.
        user: IamName,
        /// The group.
        group: IamName,
        /// Whether it is to be in it.
        is_member: bool,
    },
    /// What roles alone have.
    Role(RoleRequest),
}

/// What came of it.
#[derive(Debug)]
pub enum AccountAnswer {
    /// It is done.
    Done,
    /// When an access key was last used, as far as is known.
    KeyLastUsed(CredentialRecord, Option<Timestamp>),
    /// A new access key.
    IssuedKey(IssuedCredential),
    /// Access keys.
    Keys(Vec<CredentialRecord>),
    /// A user, a role, or a group with its users.
    Member(Member, Vec<Member>),
    /// Users, groups or roles.
    Members(Vec<Member>),
    /// Names of policies.
    PolicyNames(Vec<IamName>),
    /// A policy's text.
    PolicyText(String),
}

impl AccountRequest {
    /// The action that the caller must be allowed.
    pub fn action(&self) -> Action {
        use MemberKind::{Group, Role, User};
        match self {
            Self::Create(Group, ..) => Action::IamCreateGroup,
            Self::Create(Role, ..) => Action::IamCreateRole,
            Self::Create(User, ..) => Action::IamCreateUser,
            Self::CreateKey(_) => Action::IamCreateAccessKey,
            Self::Delete(Group, _) => Action::IamDeleteGroup,
            Self::Delete(Role, _) => Action::IamDeleteRole,
            Self::Delete(User, _) => Action::IamDeleteUser,
            Self::DeleteKey(..) => Action::IamDeleteAccessKey,
            Self::DeletePolicy(Group, ..) => Action::IamDeleteGroupPolicy,
            Self::DeletePolicy(Role, ..) => Action::IamDeleteRolePolicy,
            Self::DeletePolicy(User, ..) => Action::IamDeleteUserPolicy,
            Self::Get(Group, _) => Action::IamGetGroup,
            Self::Get(Role, _) => Action::IamGetRole,
            Self::Get(User, _) => Action::IamGetUser,
            Self::GetPolicy(Group, ..) => Action::IamGetGroupPolicy,
            Self::GetPolicy(Role, ..) => Action::IamGetRolePolicy,
            Self::GetPolicy(User, ..) => Action::IamGetUserPolicy,
            Self::GroupsOf(_) => Action::IamListGroupsForUser,
            Self::KeyLastUsed(_) => Action::IamGetAccessKeyLastUsed,
            Self::List(Group) => Action::IamListGroups,
            Self::List(Role) => Action::IamListRoles,
            Self::List(User) => Action::IamListUsers,
            Self::ListKeys(_) => Action::IamListAccessKeys,
            Self::ListPolicies(Group, _) => Action::IamListGroupPolicies,
            Self::ListPolicies(Role, _) => Action::IamListRolePolicies,
            Self::ListPolicies(User, _) => Action::IamListUserPolicies,
            Self::PutPolicy(Group, ..) => Action::IamPutGroupPolicy,
            Self::PutPolicy(Role, ..) => Action::IamPutRolePolicy,
            Self::PutPolicy(User, ..) => Action::IamPutUserPolicy,
            Self::SetKeyStatus(..) => Action::IamUpdateAccessKey,
            Self::SetMembership {
                is_member: true, ..
            } => Action::IamAddUserToGroup,
            Self::SetMembership { .. } => Action::IamRemoveUserFromGroup,
            Self::Role(request) => request.action(),
        }
    }

    /// The path of what it creates.
    pub fn new_path(&self) -> Option<&IamPath> {
        match self {
            Self::Create(_, _, path) | Self::Role(RoleRequest::Create(_, path, _)) => Some(path),
            _ => None,
        }
    }

    /// The user, group or role that it is about, as far as it is about one.
    pub fn subject(&self) -> Option<(MemberKind, &IamName)> {
        use MemberKind::{Group, Role, User};
        match self {
            Self::Create(kind, name, _)
            | Self::Delete(kind, name)
            | Self::DeletePolicy(kind, name, _)
            | Self::Get(kind, name)
            | Self::GetPolicy(kind, name, _)
            | Self::ListPolicies(kind, name)
            | Self::PutPolicy(kind, name, ..) => Some((*kind, name)),
            Self::CreateKey(user)
            | Self::DeleteKey(user, _)
            | Self::GroupsOf(user)
            | Self::ListKeys(user)
            | Self::SetKeyStatus(user, ..) => Some((User, user)),
            Self::SetMembership { group, .. } => Some((Group, group)),
            Self::Role(request) => Some((Role, request.role())),
            Self::KeyLastUsed(_) | Self::List(_) => None,
        }
    }
}

impl Gateway {
    /// Path and name of a user, group or role, as its ARN has them; `None` when there is no such
    /// one. For decisions alone. The name is the stored one: requests may write it in other
    /// letters.
    ///
    /// # Errors
    /// When keys or rows fail.
    pub async fn member_for_decision(
        &self,
        tenant: TenantId,
        kind: MemberKind,
        name: &IamName,
    ) -> Result<Option<(IamPath, IamName)>, GatewayError> {
        let key = self.credentials_key(tenant).await?;
        let found = self.account_of(tenant, &key).find(kind, name).await?;
        Ok(found.map(|member| (member.path, member.name)))
    }

    /// Does what is asked of the permit's account.
    ///
    /// # Errors
    /// `Account`, `MalformedPolicy`, `WrongPermit`, or when keys or rows fail.
    ///
    /// # Durability
    /// When this returns `Ok`, a change survives power loss and is in force.
    pub async fn account_request(
        &self,
        permit: Permit,
        request: AccountRequest,
    ) -> Result<AccountAnswer, GatewayError> {
        let action = request.action();
        let tenant = permit.account(action);
        let tenant = tenant.ok_or(GatewayError::WrongPermit { action })?;
        let key = self.credentials_key(tenant).await?;
        let account = self.account_of(tenant, &key);
        let answer = match request {
            AccountRequest::Create(kind, name, path) => {
                let member = account.create(kind, &name, &path, self.now()).await?;
                AccountAnswer::Member(member, Vec::new())
            }
            AccountRequest::CreateKey(user) => {
                let issued = self.issue_key(tenant, &user, &key)?;
                account.create_key(&user, &issued.record).await?;
                AccountAnswer::IssuedKey(issued)
            }
            AccountRequest::Delete(kind, name) => {
                account.delete(kind, &name).await?;
                AccountAnswer::Done
            }
            AccountRequest::DeleteKey(user, id) => {
                account.delete_key(&user, &id).await?;
                AccountAnswer::Done
            }
            AccountRequest::DeletePolicy(kind, name, policy) => {
                account.delete_policy((kind, &name), &policy).await?;
                AccountAnswer::Done
            }
            AccountRequest::Get(kind, name) => member_with_users(&account, kind, &name).await?,
            AccountRequest::GetPolicy(kind, name, policy) => {
                let text = policy_text(&account, (kind, &name), &policy).await?;
                AccountAnswer::PolicyText(text)
            }
            AccountRequest::GroupsOf(user) => {
                AccountAnswer::Members(groups_of(&account, &user).await?)
            }
            AccountRequest::KeyLastUsed(id) => self.key_last_used(tenant, &id).await?,
            AccountRequest::List(kind) => AccountAnswer::Members(account.list(kind).await?),
            AccountRequest::ListKeys(user) => AccountAnswer::Keys(account.keys_of(&user).await?),
            AccountRequest::ListPolicies(kind, name) => {
                let policies = account.get(kind, &name).await?.policies;
                let names = policies.into_iter().map(|(policy, _)| policy);
                AccountAnswer::PolicyNames(names.collect())
            }
            AccountRequest::PutPolicy(kind, name, policy, text) => {
                Policy::parse(PolicyKind::Identity, text.as_bytes())?;
                account.put_policy((kind, &name), &policy, &text).await?;
                AccountAnswer::Done
            }
            AccountRequest::Role(request) => self.role_request(tenant, &account, request).await?,
            AccountRequest::SetKeyStatus(user, id, status) => {
                account.set_key_status(&user, &id, status).await?;
                AccountAnswer::Done
            }
            AccountRequest::SetMembership {
                user,
                group,
                is_member,
            } => {
                account.set_membership(&user, &group, is_member).await?;
                AccountAnswer::Done
            }
        };
        Ok(answer)
    }

    async fn key_last_used(
        &self,
        tenant: TenantId,
        id: &AccessKeyId,
    ) -> Result<AccountAnswer, GatewayError> {
        let record = credentials::find(&*self.engine, id).await?;
        let record = record.filter(|record| record.tenant == tenant);
        let record = record.ok_or(AccountError::NoSuchAccessKey)?;
        let last_used = self.last_used.of(&*self.engine, id).await?;
        Ok(AccountAnswer::KeyLastUsed(record, last_used))
    }

    fn issue_key(
        &self,
        tenant: TenantId,
        user: &IamName,
        key: &ScopeKey,
    ) -> Result<IssuedCredential, GatewayError> {
        let (id, secret_access_key) =
            credentials::generate(&*self.entropy).map_err(CatalogError::from)?;
        let keys = (key, &*self.entropy);
        let mut record = CredentialRecord::seal(id, tenant, self.now(), &secret_access_key, keys)?;
        record.user = Some(user.clone());
        Ok(IssuedCredential {
            record,
            secret_access_key,
        })
    }
}

async fn member_with_users(
    account: &Account<'_>,
    kind: MemberKind,
    name: &IamName,
) -> Result<AccountAnswer, AccountError> {
    let member = account.get(kind, name).await?;
    let users = match kind {
        MemberKind::Group => account.users_of(name).await?,
        MemberKind::Role | MemberKind::User => Vec::new(),
    };
    Ok(AccountAnswer::Member(member, users))
}

async fn groups_of(account: &Account<'_>, user: &IamName) -> Result<Vec<Member>, AccountError> {
    let user = account.get(MemberKind::User, user).await?;
    let mut groups = account.list(MemberKind::Group).await?;
    groups.retain(|group| user.groups.iter().any(|own| own.is(&group.name)));
    Ok(groups)
}

async fn policy_text(
    account: &Account<'_>,
    (kind, name): (MemberKind, &IamName),
    policy: &IamName,
) -> Result<String, AccountError> {
    let policies = account.get(kind, name).await?.policies;
    let found = policies.into_iter().find(|(known, _)| known.is(policy));
    let missing = || AccountError::NoSuchPolicy {
        name: policy.to_string(),
    };
    Ok(found.ok_or_else(missing)?.1)
}
