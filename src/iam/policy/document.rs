//! A policy as it was read.
//!
//! Owns: `Policy` and its statements.
//! Not here: reading it (`parse`), asking it (`evaluate`).

use crate::iam::policy::condition::Condition;
use crate::iam::policy::error::PolicyError;
use crate::iam::policy::parse;
use crate::iam::policy::pattern::Pattern;
use crate::iam::policy::principal::{PrincipalName, Principals};
use crate::model::tenant::AccountId;

/// What a policy is attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    /// A bucket: it says whom it is about.
    Bucket,
    /// A user, a group or a role: it is about those.
    Identity,
    /// A session: it is about that one.
    Session,
    /// A role: it says who may act as it.
    Trust,
}

impl PolicyKind {
    /// Bytes of the longest document: AWS's bounds on bucket policies, on the managed policies of
    /// an identity, on session policies and on trust policies.
    pub const fn len_max(self) -> usize {
        match self {
            Self::Bucket => 20 * 1024,
            Self::Identity => 6 * 1024,
            Self::Session | Self::Trust => 2 * 1024,
        }
    }
}

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, whatever allows.
    Deny,
}

/// These patterns, or all else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// What matches one of them.
    Only(Vec<Pattern>),
    /// What matches none of them.
    AllBut(Vec<Pattern>),
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Its own name.
    pub sid: Option<String>,
    /// What it does.
    pub effect: Effect,
    /// Whom it is about.
    pub principals: Principals,
    /// What they do.
    pub actions: Selection,
    /// What they do it to.
    pub resources: Selection,
    /// Under which circumstances; all of them.
    pub conditions: Vec<Condition>,
}

/// A policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its statements, in order.
    pub statements: Vec<Statement>,
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(kind: PolicyKind, text: &[u8]) -> Result<Self, PolicyError> {
        parse::parse(kind, text)
    }

    /// Whether it names somebody of another account. Services and federations are nobody's.
    pub fn names_others_than(&self, account: &AccountId) -> bool {
        let is_other = |name: &PrincipalName| match name {
            PrincipalName::Account(named) => named != account,
            PrincipalName::Arn(arn) => arn.split(':').nth(4) != Some(account.as_str()),
            PrincipalName::CanonicalUser(_) => true,
            PrincipalName::Anyone | PrincipalName::AnyoneInAccount | PrincipalName::Elsewhere => {
                false
            }
        };
        let statements = self.statements.iter();
        let mut names = statements.flat_map(|statement| statement.principals.names_given());
        names.any(is_other)
    }

    /// Whether it allows something to everybody, but for conditions that leave few of them (AWS,
    /// "The meaning of \"public\"").
    pub fn is_public(&self) -> bool {
        self.statements.iter().any(|statement| {
            let is_narrowed = statement.conditions.iter().any(Condition::narrows);
            statement.effect == Effect::Allow && statement.principals.is_anyone() && !is_narrowed
        })
    }

    /// Whether a condition asks for a key that begins so.
    pub fn asks_for(&self, key_prefix: &str) -> bool {
        let conditions = |statement: &Statement| {
            let mut conditions = statement.conditions.iter();
            conditions.any(|condition| condition.key().starts_with(key_prefix))
        };
        self.statements.iter().any(conditions)
    }
}
