//! Principals as policies write them.
//!
//! Owns: the grammar of a principal element.
//! Not here: the statement around it (`parse`), whom a name means (`principal`).

use crate::iam::policy::document::{Effect, PolicyKind};
use crate::iam::policy::error::PolicyError;
use crate::iam::policy::parse::{Members, OneOrMany};
use crate::iam::policy::principal::{PrincipalName, Principals};
use crate::model::tenant::AccountId;
use serde::Deserialize;

/// The element, unread.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum RawPrincipal {
    Text(String),
    Kinds(Members<OneOrMany<String>>),
}

/// Reads the one principal element that a statement has.
pub(super) fn principals(
    kind: PolicyKind,
    effect: Effect,
    only: Option<RawPrincipal>,
    all_but: Option<RawPrincipal>,
) -> Result<Principals, PolicyError> {
    match (only, all_but) {
        (Some(only), None) => Ok(Principals::Only(principal_names(kind, only)?)),
        (None, Some(_)) if effect == Effect::Allow => Err(PolicyError::AllowNotPrincipal),
        (None, Some(all_but)) => Ok(Principals::AllBut(principal_names(kind, all_but)?)),
        (None, None) | (Some(_), Some(_)) => Err(PolicyError::Element {
            elements: "Principal, NotPrincipal",
        }),
    }
}

fn principal_names(
    policy: PolicyKind,
    raw: RawPrincipal,
) -> Result<Vec<PrincipalName>, PolicyError> {
    let mut names = Vec::new();
    match raw {
        RawPrincipal::Text(text) if text == "*" => names.push(anyone(policy)),
        RawPrincipal::Text(_) => return Err(PolicyError::InvalidPrincipal),
        RawPrincipal::Kinds(kinds) => {
            for (kind, texts) in kinds.0 {
                for text in texts.into_vec() {
                    names.push(principal_name(policy, &kind, &text)?);
                }
            }
        }
    }
    if names.is_empty() {
        return Err(PolicyError::InvalidPrincipal);
    }
    Ok(names)
}

/// Whom `*` names. In a role's trust everybody of its account: another one's never get in.
fn anyone(policy: PolicyKind) -> PrincipalName {
    if policy == PolicyKind::Trust {
        PrincipalName::AnyoneInAccount
    } else {
        PrincipalName::Anyone
    }
}

fn principal_name(
    policy: PolicyKind,
    kind: &str,
    text: &str,
) -> Result<PrincipalName, PolicyError> {
    match kind {
        "AWS" if text == "*" => Ok(anyone(policy)),
        "AWS" => aws_principal(text).ok_or(PolicyError::InvalidPrincipal),
        "CanonicalUser" if !text.is_empty() && policy == PolicyKind::Bucket => {
            Ok(PrincipalName::CanonicalUser(text.to_ascii_lowercase()))
        }
        "Service" | "Federated" if !text.is_empty() => Ok(PrincipalName::Elsewhere),
        _ => Err(PolicyError::InvalidPrincipal),
    }
}

/// An account's number, or an ARN of it; wildcards are for `*` alone.
fn aws_principal(text: &str) -> Option<PrincipalName> {
    if let Some(account) = AccountId::parse(text) {
        return Some(PrincipalName::Account(account));
    }
    let rest = text.strip_prefix("arn:aws:")?;
    let (service, rest) = rest.split_once("::")?;
    let (account, name) = rest.split_once(':')?;
    if !matches!(service, "iam" | "sts") || name.is_empty() || text.contains(['*', '?']) {
        return None;
    }
    match AccountId::parse(account) {
        Some(account) if name == "root" => Some(PrincipalName::Account(account)),
        // An account of another server: nobody here.
        None if name == "root" => Some(PrincipalName::Elsewhere),
        Some(_) | None => Some(PrincipalName::Arn(text.to_owned())),
    }
}
