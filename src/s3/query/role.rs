//! IAM actions about roles: from a form to a request, and how a role is shown.
//!
//! Source: AWS IAM API Reference, `CreateRole`, `UpdateRole`; "IAM and AWS STS quotas".

use crate::base::encoding::uri_encode;
use crate::gateway::account::{AccountRequest, RoleTerms};
use crate::gateway::role::RoleRequest;
use crate::model::iam::MemberKind::{Group, Role};
use crate::s3::query::account::{name, path};
use crate::s3::query::error::QueryError;
use crate::s3::query::form::Form;
use crate::s3::query::service::ApiAction;

/// Seconds that the longest session of a role may have, and what it has when nobody says.
const SESSION_SECONDS: (u32, u32) = (60 * 60, 12 * 60 * 60);
const SESSION_SECONDS_DEFAULT: u32 = 60 * 60;
/// Characters of a description at most.
const DESCRIPTION_LEN_MAX: usize = 1000;
/// What `CreateRole` can ask for and this server does not have.
const UNSUPPORTED: &[&str] = &["PermissionsBoundary", "Tags"];

/// What a form asks for.
///
/// # Errors
/// For parameters that are missing or not valid, and for an action that is not about roles.
pub fn request(action: ApiAction, form: &Form) -> Result<AccountRequest, QueryError> {
    let role = || name(form, Role, "RoleName");
    let policy = || name(form, Group, "PolicyName");
    Ok(match action {
        ApiAction::CreateRole => {
            form.refuse(UNSUPPORTED)?;
            let terms = RoleTerms {
                trust: form.need("AssumeRolePolicyDocument")?.to_owned(),
                description: description(form)?.unwrap_or_default(),
                session_seconds_max: seconds(form)?,
            };
            AccountRequest::Role(RoleRequest::Create(role()?, path(form)?, terms))
        }
        ApiAction::DeleteRole => AccountRequest::Delete(Role, role()?),
        ApiAction::DeleteRolePolicy => AccountRequest::DeletePolicy(Role, role()?, policy()?),
        ApiAction::GetRole => AccountRequest::Get(Role, role()?),
        ApiAction::GetRolePolicy => AccountRequest::GetPolicy(Role, role()?, policy()?),
        ApiAction::ListRolePolicies => AccountRequest::ListPolicies(Role, role()?),
        ApiAction::ListRoles => AccountRequest::List(Role),
        ApiAction::PutRolePolicy => {
            let text = form.need("PolicyDocument")?.to_owned();
            AccountRequest::PutPolicy(Role, role()?, policy()?, text)
        }
        ApiAction::UpdateAssumeRolePolicy => {
            let trust = form.need("PolicyDocument")?.to_owned();
            AccountRequest::Role(RoleRequest::SetTrust(role()?, trust))
        }
        ApiAction::UpdateRole => {
            let (description, seconds) = (description(form)?, seconds(form)?);
            AccountRequest::Role(RoleRequest::Set(role()?, description, seconds))
        }
        other => return Err(QueryError::no_such_action(other.name(), None)),
    })
}

fn seconds(form: &Form) -> Result<u32, QueryError> {
    let given = form.number("MaxSessionDuration", SESSION_SECONDS)?;
    Ok(given.unwrap_or(SESSION_SECONDS_DEFAULT))
}

fn description(form: &Form) -> Result<Option<String>, QueryError> {
    let Some(text) = form.get("Description")? else {
        return Ok(None);
    };
    let is_shown = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    if text.chars().count() > DESCRIPTION_LEN_MAX || !text.chars().all(is_shown) {
        let why = "it is longer than 1000 characters or holds control characters";
        return Err(QueryError::invalid("Description", why));
    }
    Ok(Some(text.to_owned()))
}

/// What a role's entry has beyond other members'.
pub fn entry(terms: &RoleTerms) -> Vec<(&'static str, String)> {
    let seconds = terms.session_seconds_max.to_string();
    let mut entry = vec![
        // Escaped, as IAM answers it (API Reference, Role).
        (
            "AssumeRolePolicyDocument",
            uri_encode(terms.trust.as_bytes()),
        ),
        ("MaxSessionDuration", seconds),
    ];
    if !terms.description.is_empty() {
        entry.push(("Description", terms.description.clone()));
    }
    entry
}
