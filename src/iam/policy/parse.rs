//! From a text to a policy: strict, so that what a policy's author believes it says is what it
//! says.
//!
//! Owns: the grammar. A member that is unknown or repeated is an error: it would be a rule that its
//! author thinks is in force.
//! Not here: what the elements mean (`evaluate`, `condition`, `principal`), how principals are
//! written (`parse_principal`).
//!
//! Source: AWS IAM User Guide, "Grammar of the IAM JSON policy language".

use crate::iam::policy::condition::Condition;
use crate::iam::policy::document::{Effect, Policy, PolicyKind, Selection, Statement};
use crate::iam::policy::error::PolicyError;
use crate::iam::policy::parse_principal::{RawPrincipal, principals};
use crate::iam::policy::pattern::Pattern;
use crate::iam::policy::principal::Principals;
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
pub(super) enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
}

impl<T> OneOrMany<T> {
    pub(super) fn into_vec(self) -> Vec<T> {
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
pub(super) struct Members<T>(pub(super) Vec<(String, T)>);

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
        PolicyKind::Bucket | PolicyKind::Trust => {
            principals(kind, effect, raw.principal, raw.not_principal)?
        }
        PolicyKind::Identity | PolicyKind::Session
            if raw.principal.is_some() || raw.not_principal.is_some() =>
        {
            return Err(PolicyError::UnexpectedElement {
                element: "Principal",
            });
        }
        PolicyKind::Identity | PolicyKind::Session => Principals::Attached,
    };
    let actions = selection(raw.action, raw.not_action, "Action, NotAction", |text| {
        if is_action(kind, text) {
            Pattern::parse(text, false)
        } else {
            Err(PolicyError::InvalidAction)
        }
    })?;
    Ok(Statement {
        sid: raw.sid,
        effect,
        principals,
        actions,
        resources: resources(kind, raw.resource, raw.not_resource, has_variables)?,
        conditions: conditions(raw.condition, has_variables)?,
    })
}

fn resources(
    kind: PolicyKind,
    only: Option<OneOrMany<String>>,
    all_but: Option<OneOrMany<String>>,
    has_variables: bool,
) -> Result<Selection, PolicyError> {
    match kind {
        // It is about the one role that it is attached to.
        PolicyKind::Trust if only.is_none() && all_but.is_none() => {
            return Ok(Selection::AllBut(Vec::new()));
        }
        PolicyKind::Trust => {
            let element = "Resource";
            return Err(PolicyError::UnexpectedElement { element });
        }
        PolicyKind::Bucket | PolicyKind::Identity | PolicyKind::Session => {}
    }
    selection(only, all_but, "Resource, NotResource", |text| {
        if is_resource(kind, text) {
            Pattern::parse(text, has_variables)
        } else {
            Err(PolicyError::InvalidResource)
        }
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

/// A bucket's policy is about S3, a role's trust about STS; a user's may speak of whatever a tool's
/// author knows.
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
        PolicyKind::Trust => service.eq_ignore_ascii_case("sts"),
        PolicyKind::Identity | PolicyKind::Session => service
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
        PolicyKind::Trust => false,
        PolicyKind::Identity | PolicyKind::Session => {
            text == "*" || text.splitn(6, ':').count() == 6
        }
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
