//! IAM actions: from a form to a request, from what came of it to an answer.

use crate::auth::{AccessKeyId, CredentialStatus, VerifiedIdentity};
use crate::base::encoding::uri_encode;
use crate::gateway::account::{AccountAnswer, AccountRequest, CredentialRecord, Member};
use crate::iam::Principal;
use crate::iam::policy::Caller;
use crate::model::iam::{IamName, IamPath, MemberKind};
use crate::model::tenant::AccountId;
use crate::s3::query::answer::{Answer, Entry};
use crate::s3::query::error::{QueryError, needs_name};
use crate::s3::query::form::{Form, Page};
use crate::s3::query::role;
use crate::s3::query::service::ApiAction;
use MemberKind::{Group, Role, User};

/// What a form asks for.
///
/// # Errors
/// For parameters that are missing or not valid.
pub fn request(
    action: ApiAction,
    form: &Form,
    principal: &Principal,
) -> Result<AccountRequest, QueryError> {
    let user = || name(form, User, "UserName");
    let group = || name(form, Group, "GroupName");
    let policy = || name(form, Group, "PolicyName");
    // The caller itself, when no user is named.
    let own_or_user = || match (form.get("UserName")?, &principal.caller) {
        (None, Caller::User { name, .. }) => {
            IamName::user(name).map_err(|error| QueryError::invalid("UserName", &error.to_string()))
        }
        (None, other) => Err(needs_name(other)),
        (Some(_), _) => user(),
    };
    let key = || {
        let id = AccessKeyId::parse(form.need("AccessKeyId")?);
        id.map_err(|error| QueryError::invalid("AccessKeyId", &error.to_string()))
    };
    let text = || Ok::<_, QueryError>(form.need("PolicyDocument")?.to_owned());
    let membership = |is_member| {
        Ok::<_, QueryError>(AccountRequest::SetMembership {
            user: user()?,
            group: group()?,
            is_member,
        })
    };
    Ok(match action {
        ApiAction::AddUserToGroup => membership(true)?,
        ApiAction::CreateAccessKey => AccountRequest::CreateKey(own_or_user()?),
        ApiAction::CreateGroup => AccountRequest::Create(Group, group()?, path(form)?),
        ApiAction::CreateUser => AccountRequest::Create(User, user()?, path(form)?),
        ApiAction::DeleteAccessKey => AccountRequest::DeleteKey(own_or_user()?, key()?),
        ApiAction::DeleteGroup => AccountRequest::Delete(Group, group()?),
        ApiAction::DeleteGroupPolicy => AccountRequest::DeletePolicy(Group, group()?, policy()?),
        ApiAction::DeleteUser => AccountRequest::Delete(User, user()?),
        ApiAction::DeleteUserPolicy => AccountRequest::DeletePolicy(User, user()?, policy()?),
        ApiAction::GetAccessKeyLastUsed => AccountRequest::KeyLastUsed(key()?),
        ApiAction::GetGroup => AccountRequest::Get(Group, group()?),
        ApiAction::GetGroupPolicy => AccountRequest::GetPolicy(Group, group()?, policy()?),
        ApiAction::GetUser => AccountRequest::Get(User, own_or_user()?),
        ApiAction::GetUserPolicy => AccountRequest::GetPolicy(User, user()?, policy()?),
        ApiAction::ListAccessKeys => AccountRequest::ListKeys(own_or_user()?),
        ApiAction::ListGroupPolicies => AccountRequest::ListPolicies(Group, group()?),
        ApiAction::ListGroups => AccountRequest::List(Group),
        ApiAction::ListGroupsForUser => AccountRequest::GroupsOf(user()?),
        ApiAction::ListUserPolicies => AccountRequest::ListPolicies(User, user()?),
        ApiAction::ListUsers => AccountRequest::List(User),
        ApiAction::PutGroupPolicy => AccountRequest::PutPolicy(Group, group()?, policy()?, text()?),
        ApiAction::PutUserPolicy => AccountRequest::PutPolicy(User, user()?, policy()?, text()?),
        ApiAction::RemoveUserFromGroup => membership(false)?,
        ApiAction::UpdateAccessKey => {
            AccountRequest::SetKeyStatus(own_or_user()?, key()?, status(form)?)
        }
        other => return role::request(other, form),
    })
}

/// A name that a form gives.
///
/// # Errors
/// When it is missing or not valid.
pub fn name(form: &Form, kind: MemberKind, parameter: &str) -> Result<IamName, QueryError> {
    let name = kind.name(form.need(parameter)?);
    name.map_err(|error| QueryError::invalid(parameter, &error.to_string()))
}

/// The path that a form gives.
///
/// # Errors
/// When it is not valid.
pub fn path(form: &Form) -> Result<IamPath, QueryError> {
    match form.get("Path")? {
        None => Ok(IamPath::default()),
        Some(text) => {
            IamPath::parse(text).map_err(|error| QueryError::invalid("Path", &error.to_string()))
        }
    }
}

fn status(form: &Form) -> Result<CredentialStatus, QueryError> {
    match form.need("Status")? {
        "Active" => Ok(CredentialStatus::Active),
        "Inactive" => Ok(CredentialStatus::Disabled),
        _ => Err(QueryError::invalid(
            "Status",
            "it is neither Active nor Inactive",
        )),
    }
}

/// GetCallerIdentity: no permission is needed, and none takes it away (STS API Reference).
pub fn caller_identity(identity: &VerifiedIdentity, principal: &Principal) -> Answer {
    let mut answer = Answer::default();
    answer.text("Arn", &principal.caller.arn().unwrap_or_default());
    answer.text("UserId", principal.caller.user_id());
    answer.text("Account", AccountId::of(identity.tenant()).as_str());
    answer
}

/// The answer to what came of a request.
pub fn answer(answered: AccountAnswer, page: &Page, form: &Form) -> Answer {
    let mut answer = Answer::default();
    let action = form.action().unwrap_or_default();
    match answered {
        AccountAnswer::Done => {
            if action == ApiAction::UpdateRole.name() {
                answer.result();
            }
        }
        AccountAnswer::IssuedKey(issued) => {
            let mut key = key(&issued.record);
            let secret = String::from_utf8_lossy(issued.secret_access_key.expose());
            key.push(("SecretAccessKey", secret.into_owned()));
            answer.element("AccessKey", &key);
        }
        AccountAnswer::KeyLastUsed(record, last_used) => {
            let user = record.user.as_ref().map(IamName::to_string);
            answer.text("UserName", &user.unwrap_or_default());
            // "N/A" is AWS's own word for a key that was never used.
            let service = if last_used.is_some() { "s3" } else { "N/A" };
            let mut entry = vec![
                ("ServiceName", service.to_owned()),
                ("Region", "N/A".to_owned()),
            ];
            entry.extend(last_used.map(|at| ("LastUsedDate", at.iso8601())));
            answer.element("AccessKeyLastUsed", &entry);
        }
        AccountAnswer::Keys(records) => {
            let keys = records.iter().map(key).collect();
            answer.list("AccessKeyMetadata", keys, page);
        }
        AccountAnswer::Member(member, users) => {
            answer.element(element(member.kind), &entry(&member));
            if member.kind == Group {
                let users = users.iter().map(entry);
                answer.list("Users", users.collect(), page);
            }
        }
        AccountAnswer::Members(mut members) => {
            let prefix = form.get("PathPrefix").ok().flatten().unwrap_or("/");
            members.retain(|member| member.path.as_str().starts_with(prefix));
            let members = members.iter().map(entry);
            let name = match action {
                _ if action.contains("Group") => "Groups",
                _ if action.contains("Role") => "Roles",
                _ => "Users",
            };
            answer.list(name, members.collect(), page);
        }
        AccountAnswer::PolicyNames(names) => {
            let names = names.iter().map(|name| vec![("", name.to_string())]);
            answer.list("PolicyNames", names.collect(), page);
        }
        AccountAnswer::PolicyText(text) => {
            for parameter in ["UserName", "GroupName", "RoleName", "PolicyName"] {
                if let Ok(Some(name)) = form.get(parameter) {
                    answer.text(parameter, name);
                }
            }
            // Escaped, as IAM answers it (API Reference, GetUserPolicy).
            answer.text("PolicyDocument", &uri_encode(text.as_bytes()));
        }
    }
    answer
}

fn element(kind: MemberKind) -> &'static str {
    match kind {
        Group => "Group",
        Role => "Role",
        User => "User",
    }
}

fn entry(member: &Member) -> Entry {
    let (id_name, name_name) = match member.kind {
        Group => ("GroupId", "GroupName"),
        Role => ("RoleId", "RoleName"),
        User => ("UserId", "UserName"),
    };
    let mut entry = vec![
        ("Path", member.path.as_str().to_owned()),
        (name_name, member.name.to_string()),
        (id_name, member.id.clone()),
        ("Arn", member.arn()),
        ("CreateDate", member.created.iso8601()),
    ];
    entry.extend(member.role.iter().flat_map(role::entry));
    entry
}

fn key(record: &CredentialRecord) -> Entry {
    let status = match record.status {
        CredentialStatus::Active => "Active",
        CredentialStatus::Disabled => "Inactive",
    };
    let user = record.user.as_ref().map(IamName::to_string);
    vec![
        ("UserName", user.unwrap_or_default()),
        ("AccessKeyId", record.access_key_id.to_string()),
        ("Status", status.to_owned()),
        ("CreateDate", record.created.iso8601()),
    ]
}
