//! From a text to a policy: strict, so that what a policy's author believes it says is what it
//! says.
//!
//! Owns: the grammar. A member that is unknown or repeated is an error: it would be a rule that its
//! author thinks is in force.
//! Not here: what the elements mean (`evaluate`, `condition`, `principal`).
//!
//! Source: AWS IAM User Guide, "Grammar of the IAM JSON policy language".

use crate::iam::policy::condition::Condition;
use crate::iam::policy::document::{Effect, Policy, PolicyKind, Selection, Statement};
use crate::iam::policy::error::PolicyError;
use crate::iam::policy::pattern::Pattern;
use crate::iam::policy::principal::{PrincipalName, Principals};
use crate::model::tenant::AccountId;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

/// Statements of one policy, and conditions of one statement: more than fits into its bytes with
/// any sense.
const STATEMENTS_MAX: usize = 200;
const CONDITIONS_MAX: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct RawPolicy {
    #[serde(default, deserialize_with = "present")]
    version: Option<String>,
    #[expect(dead_code, reason = "legal, means nothing")]
    #[serde(default, deserialize_with = "present")]
    id: Option<String>,
    statement: OneOrMany<RawStatement>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct RawStatement {
    #[serde(default, deserialize_with = "present")]
    sid: Option<String>,
    effect: RawEffect,
    #[serde(default, deserialize_with = "present")]
    principal: Option<RawPrincipal>,
    #[serde(default, deserialize_with = "present")]
    not_principal: Option<RawPrincipal>,
    #[serde(default, deserialize_with = "present")]
    action: Option<OneOrMany<String>>,
    #[serde(default, deserialize_with = "present")]
    not_action: Option<OneOrMany<String>>,
    #[serde(default, deserialize_with = "present")]
    resource: Option<OneOrMany<String>>,
    #[serde(default, deserialize_with = "present")]
    not_resource: Option<OneOrMany<String>>,
    #[serde(default, deserialize_with = "present")]
    condition: Option<Members<Members<OneOrMany<Scalar>>>>,
}

/// A member that is there has a value: `null` would be a condition that its author thinks is in
/// force.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

#[derive(Clone, Copy, Deserialize)]
enum RawEffect {
    Allow,
    Deny,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawPrincipal {
    Text(String),
    Kinds(Members<OneOrMany<String>>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
}

impl<T> OneOrMany<T> {
    fn into_vec(self) -> Vec<T> {
        match self {
            Self::Many(many) => many,
            Self::One(one) => vec![one],
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Truth(bool),
    Integer(i64),
    Number(f64),
}

impl Scalar {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Truth(truth) => truth.to_string(),
            Self::Integer(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
        }
    }
}

/// The members of an object, none of them twice.
struct Members<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Members<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Unique<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Unique<T> {
            type Value = Members<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                let (mut names, mut is_unique) = (HashSet::new(), true);
                while let Some((name, value)) = map.next_entry::<String, T>()? {
                    is_unique &= names.insert(name.clone());
                    members.push((name, value));
                }
                let twice = || serde::de::Error::custom("a member occurs twice");
                is_unique.then_some(Members(members)).ok_or_else(twice)
            }
        }
        deserializer.deserialize_map(Unique(PhantomData))
    }
}

pub(in crate::iam::policy) fn parse(kind: PolicyKind, text: &[u8]) -> Result<Policy, PolicyError> {
    let max = kind.len_max();
    if text.len() > max {
        return Err(PolicyError::TooLong { max });
    }
    let raw: RawPolicy = serde_json::from_slice(text).map_err(|error| PolicyError::Syntax {
        reason: error.to_string(),
    })?;
    let has_variables = match raw.version.as_deref() {
        Some("2012-10-17") => true,
        Some("2008-10-17") | None => false,
        Some(_) => return Err(PolicyError::Version),
    };
    let raw = raw.statement.into_vec();
    if raw.is_empty() || raw.len() > STATEMENTS_MAX {
        return Err(PolicyError::NoStatement);
    }
    let statements = raw
        .into_iter()
        .map(|raw| statement(kind, raw, has_variables))
        .collect::<Result<Vec<_>, _>>()?;
    let mut sids = HashSet::new();
    for sid in statements.iter().filter_map(|own| own.sid.as_deref()) {
        if !sids.insert(sid) {
            return Err(PolicyError::DuplicateSid);
        }
    }
    Ok(Policy { statements })
}

fn statement(
    kind: PolicyKind,
    raw: RawStatement,
    has_variables: bool,
) -> Result<Statement, PolicyError> {
    let effect = match raw.effect {
        RawEffect::Allow => Effect::Allow,
        RawEffect::Deny => Effect::Deny,
    };
    let is_named = |sid: &str| {
        let is_blank = |b: u8| b == b' ' && kind == PolicyKind::Bucket;
        sid.bytes()
            .all(|b| b.is_ascii_alphanumeric() || is_blank(b))
    };
    if raw.sid.as_deref().is_some_and(|sid| !is_named(sid)) {
        return Err(PolicyError::InvalidSid);
    }
    let principals = match kind {
        PolicyKind::Bucket => principals(effect, raw.principal, raw.not_principal)?,
        PolicyKind::Identity if raw.principal.is_some() || raw.not_principal.is_some() => {
            return Err(PolicyError::UnexpectedElement {
                element: "Principal",
            });
        }
        PolicyKind::Identity => Principals::Attached,
    };
    let actions = selection(raw.action, raw.not_action, "Action, NotAction", |text| {
        if is_action(kind, text) {
            Pattern::parse(text, false)
        } else {
            Err(PolicyError::InvalidAction)
        }
    })?;
    let resources = selection(
        raw.resource,
        raw.not_resource,
        "Resource, NotResource",
        |text| {
            if is_resource(kind, text) {
                Pattern::parse(text, has_variables)
            } else {
                Err(PolicyError::InvalidResource)
            }
        },
    )?;
    Ok(Statement {
        sid: raw.sid,
        effect,
        principals,
        actions,
        resources,
        conditions: conditions(raw.condition, has_variables)?,
    })
}

fn selection(
    only: Option<OneOrMany<String>>,
    all_but: Option<OneOrMany<String>>,
    elements: &'static str,
    read: impl Fn(&str) -> Result<Pattern, PolicyError>,
) -> Result<Selection, PolicyError> {
    let read_all = |texts: OneOrMany<String>| {
        let texts = texts.into_vec();
        let patterns = texts.iter().map(|text| read(text));
        let patterns = patterns.collect::<Result<Vec<_>, _>>()?;
        if patterns.is_empty() {
            return Err(PolicyError::Element { elements });
        }
        Ok(patterns)
    };
    match (only, all_but) {
        (Some(only), None) => Ok(Selection::Only(read_all(only)?)),
        (None, Some(all_but)) => Ok(Selection::AllBut(read_all(all_but)?)),
        (None, None) | (Some(_), Some(_)) => Err(PolicyError::Element { elements }),
    }
}

/// A bucket's policy is about S3; a user's may speak of whatever a tool's author knows.
fn is_action(kind: PolicyKind, text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'*' | b'?'))
    };
    if text == "*" {
        return true;
    }
    let Some((service, name)) = text.split_once(':') else {
        return false;
    };
    let is_service = match kind {
        PolicyKind::Bucket => service.eq_ignore_ascii_case("s3"),
        PolicyKind::Identity => service
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'*')),
    };
    is_service && !service.is_empty() && is_name(name)
}

fn is_resource(kind: PolicyKind, text: &str) -> bool {
    match kind {
        PolicyKind::Bucket => text
            .strip_prefix("arn:aws:s3:::")
            .is_some_and(|name| !name.is_empty()),
        PolicyKind::Identity => text == "*" || text.splitn(6, ':').count() == 6,
    }
}

fn conditions(
    raw: Option<Members<Members<OneOrMany<Scalar>>>>,
    has_variables: bool,
) -> Result<Vec<Condition>, PolicyError> {
    let mut conditions = Vec::new();
    for (operator, keys) in raw.map_or_else(Vec::new, |members| members.0) {
        for (key, values) in keys.0 {
            if !key.contains(':') {
                return Err(PolicyError::InvalidConditionKey { key });
            }
            let values: Vec<_> = values
                .into_vec()
                .into_iter()
                .map(Scalar::into_text)
                .collect();
            conditions.push(Condition::parse(&operator, &key, &values, has_variables)?);
        }
    }
    if conditions.len() > CONDITIONS_MAX {
        return Err(PolicyError::Syntax {
            reason: format!("more than {CONDITIONS_MAX} conditions in a statement"),
        });
    }
    Ok(conditions)
}

fn principals(
    effect: Effect,
    only: Option<RawPrincipal>,
    all_but: Option<RawPrincipal>,
) -> Result<Principals, PolicyError> {
    match (only, all_but) {
        (Some(only), None) => Ok(Principals::Only(principal_names(only)?)),
        (None, Some(_)) if effect == Effect::Allow => Err(PolicyError::AllowNotPrincipal),
        (None, Some(all_but)) => Ok(Principals::AllBut(principal_names(all_but)?)),
        (None, None) | (Some(_), Some(_)) => Err(PolicyError::Element {
            elements: "Principal, NotPrincipal",
        }),
    }
}

fn principal_names(raw: RawPrincipal) -> Result<Vec<PrincipalName>, PolicyError> {
    let mut names = Vec::new();
    match raw {
        RawPrincipal::Text(text) if text == "*" => names.push(PrincipalName::Anyone),
        RawPrincipal::Text(_) => return Err(PolicyError::InvalidPrincipal),
        RawPrincipal::Kinds(kinds) => {
            for (kind, texts) in kinds.0 {
                for text in texts.into_vec() {
                    names.push(principal_name(&kind, &text)?);
                }
            }
        }
    }
    if names.is_empty() {
        return Err(PolicyError::InvalidPrincipal);
    }
    Ok(names)
}

fn principal_name(kind: &str, text: &str) -> Result<PrincipalName, PolicyError> {
    match kind {
        "AWS" if text == "*" => Ok(PrincipalName::Anyone),
        "AWS" => aws_principal(text).ok_or(PolicyError::InvalidPrincipal),
        "CanonicalUser" if !text.is_empty() => {
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
