//! STS actions: from a form to credentials for a while.
//!
//! Owns: AWS's bounds on how long they last, what is refused because this server does not have it.
//! Not here: who may take a role (`iam::authorize`), the credentials (`gateway::session`).
//!
//! Source: AWS STS API Reference, `AssumeRole` and `GetSessionToken`.

use crate::auth::{Actor, VerifiedIdentity};
use crate::gateway::session::{AssumeRoleRequest, AssumedRole, FoundRole, IssuedSession};
use crate::iam::policy::PolicyKind;
use crate::iam::{Action, Denied, Ground, Principal, Request, Resource, authorize};
use crate::model::iam::IamName;
use crate::model::tenant::{AccountId, TenantStatus};
use crate::s3::policy_context::Asked;
use crate::s3::query::Sender;
use crate::s3::query::answer::Answer;
use crate::s3::query::error::QueryError;
use crate::s3::query::form::Form;

/// Seconds that the session of a role may last; the role itself bounds it further.
const ROLE_SECONDS: (u32, u32) = (15 * 60, 12 * 60 * 60);
const ROLE_SECONDS_DEFAULT: u32 = 60 * 60;
/// Seconds that a role may last which was taken from within another one.
const CHAINED_SECONDS_MAX: u32 = 60 * 60;
/// Seconds that the session of a user may last.
const TOKEN_SECONDS: (u32, u32) = (15 * 60, 36 * 60 * 60);
const TOKEN_SECONDS_DEFAULT: u32 = 12 * 60 * 60;
/// Characters of an ARN at most.
const ARN_LEN_MAX: usize = 2048;

/// What `AssumeRole` can ask for and this server does not have: managed policies, session tags,
/// federated contexts, devices of multi-factor authentication.
const UNSUPPORTED: &[&str] = &[
    "PolicyArns",
    "ProvidedContexts",
    "SerialNumber",
    "SourceIdentity",
    "Tags",
    "TokenCode",
    "TransitiveTagKeys",
];
/// The same of `GetSessionToken`.
const UNSUPPORTED_OF_TOKEN: &[&str] = &["SerialNumber", "TokenCode"];

/// A role as a form names it.
struct RoleName<'a> {
    arn: &'a str,
    account: &'a str,
    name: IamName,
}

impl<'a> RoleName<'a> {
    fn parse(arn: &'a str) -> Option<Self> {
        let rest = arn.strip_prefix("arn:aws:iam::")?;
        let (account, rest) = rest.split_once(":role/")?;
        let name = IamName::user(rest.rsplit('/').next()?).ok()?;
        (arn.len() <= ARN_LEN_MAX).then_some(Self { arn, account, name })
    }
}

/// `AssumeRole`.
///
/// # Errors
/// `AccessDenied`, also for a role that does not exist and for one of another account; for
/// parameters that are not valid; when keys or rows fail.
pub async fn assume_role(
    sender: &Sender<'_>,
    form: &Form,
    (identity, principal): (&VerifiedIdentity, &Principal),
) -> Result<Answer, QueryError> {
    form.refuse(UNSUPPORTED)?;
    let arn = form.need("RoleArn")?;
    let named = RoleName::parse(arn)
        .ok_or_else(|| QueryError::invalid("RoleArn", "it is not the ARN of a role"))?;
    let session_name = IamName::session(form.need("RoleSessionName")?)
        .map_err(|error| QueryError::invalid("RoleSessionName", &error.to_string()))?;
    let seconds = form.number("DurationSeconds", ROLE_SECONDS)?;
    let policy = session_policy(form)?;
    let asked = Asked {
        session_name: Some(session_name.to_string()),
        external_id: external_id(form)?,
        ..Asked::default()
    };
    let denied = |denied: &Denied| QueryError::denied_on(denied, principal, Some(named.arn));
    let role = find_role(sender, &named, principal).await?;
    let role = role.ok_or_else(|| {
        denied(&Denied {
            action: Action::StsAssumeRole,
            ground: Ground::Nothing,
        })
    })?;
    let context = sender.context(principal, &asked);
    let permit = authorize(&Request {
        principal,
        action: Action::StsAssumeRole,
        resource: Resource::Role(role.resource()),
        context: &context,
    });
    let permit = permit.map_err(|error| denied(&error))?;
    let request = AssumeRoleRequest {
        session_name,
        seconds: role_seconds(seconds, &role, identity)?,
        policy,
    };
    let gateway = &sender.state.gateway;
    let assumed = gateway.assume_role(permit, (&role, &request), identity);
    Ok(assumed_role(&assumed.await?, request.policy.as_deref()))
}

/// The role, if it is one of the caller's account. Whether there is one is not told.
async fn find_role(
    sender: &Sender<'_>,
    named: &RoleName<'_>,
    principal: &Principal,
) -> Result<Option<FoundRole>, QueryError> {
    let Some(tenant) = principal.tenant else {
        return Ok(None);
    };
    if AccountId::of(tenant).as_str() != named.account {
        return Ok(None);
    }
    let gateway = &sender.state.gateway;
    let found = gateway.role_for_decision(tenant, (&named.name, named.arn));
    Ok(found.await?)
}

fn role_seconds(
    asked: Option<u32>,
    role: &FoundRole,
    identity: &VerifiedIdentity,
) -> Result<u32, QueryError> {
    let seconds = asked.unwrap_or(ROLE_SECONDS_DEFAULT);
    if matches!(identity.actor(), Actor::Role { .. }) && seconds > CHAINED_SECONDS_MAX {
        let text = "The requested DurationSeconds exceeds the 1 hour session limit for roles \
                    assumed by role chaining.";
        return Err(QueryError::validation(text));
    }
    if seconds > role.session_seconds_max() {
        let text =
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(QueryError::validation(text));
    }
    Ok(seconds)
}

fn session_policy(form: &Form) -> Result<Option<String>, QueryError> {
    let policy = form.get("Policy")?;
    let max = PolicyKind::Session.len_max();
    if policy.is_some_and(|policy| policy.len() > max) {
        let rule = format!("Member must have length less than or equal to {max}");
        return Err(QueryError::constraint("Policy", "...", &rule));
    }
    Ok(policy.map(str::to_owned))
}

fn external_id(form: &Form) -> Result<Option<String>, QueryError> {
    let id = form.get("ExternalId")?;
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&b);
    let is_valid = |id: &str| (2..=1224).contains(&id.len()) && id.bytes().all(is_allowed);
    if id.is_some_and(|id| !is_valid(id)) {
        let why = "it is not 2 to 1224 letters, digits and +=,.@:/_-";
        return Err(QueryError::invalid("ExternalId", why));
    }
    Ok(id.map(str::to_owned))
}

fn assumed_role(assumed: &AssumedRole, policy: Option<&str>) -> Answer {
    let mut answer = credentials(&assumed.issued);
    let caller = &assumed.caller;
    let user = vec![
        ("AssumedRoleId", caller.user_id().to_owned()),
        ("Arn", caller.arn().unwrap_or_default()),
    ];
    answer.element("AssumedRoleUser", &user);
    if let Some(policy) = policy {
        let percent = policy.len().saturating_mul(100) / PolicyKind::Session.len_max();
        answer.text("PackedPolicySize", &percent.max(1).to_string());
    }
    answer
}

/// `GetSessionToken`.
///
/// # Errors
/// `AccessDenied` for temporary credentials and for a suspended account; for parameters that are
/// not valid; when keys or rows fail.
pub async fn session_token(
    sender: &Sender<'_>,
    form: &Form,
    (identity, principal): (&VerifiedIdentity, &Principal),
) -> Result<Answer, QueryError> {
    form.refuse(UNSUPPORTED_OF_TOKEN)?;
    if identity.session().is_some() {
        return Err(QueryError::session_asks_for_session());
    }
    if principal.status == TenantStatus::Suspended {
        return Err(QueryError::suspended());
    }
    let seconds = form.number("DurationSeconds", TOKEN_SECONDS)?;
    let seconds = seconds.unwrap_or(TOKEN_SECONDS_DEFAULT);
    let gateway = &sender.state.gateway;
    let issued = gateway.session_token((identity, principal), seconds);
    Ok(credentials(&issued.await?))
}

fn credentials(issued: &IssuedSession) -> Answer {
    let text = |secret: &[u8]| String::from_utf8_lossy(secret).into_owned();
    let mut answer = Answer::default();
    let entry = vec![
        ("AccessKeyId", issued.access_key_id.to_string()),
        ("SecretAccessKey", text(issued.secret_access_key.expose())),
        ("SessionToken", text(issued.token.expose())),
        ("Expiration", issued.expires.iso8601()),
    ];
    answer.element("Credentials", &entry);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_arns_are_read_by_account_and_last_name() {
        let read = |arn| RoleName::parse(arn).map(|own| (own.account, own.name.to_string()));
        for (arn, name) in [
            ("arn:aws:iam::111122223333:role/writer", "writer"),
            ("arn:aws:iam::111122223333:role/a/b/Writer", "Writer"),
        ] {
            assert_eq!(read(arn), Some(("111122223333", name.to_owned())), "{arn}");
        }
        for arn in [
            "",
            "writer",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:user/ana",
            "arn:aws:sts::111122223333:assumed-role/writer/day",
            "arn:aws:iam::111122223333:role/a b",
            &format!("arn:aws:iam::111122223333:role{}/a", "/p".repeat(1100)),
        ] {
            assert!(read(arn).is_none(), "{arn}");
        }
    }
}
