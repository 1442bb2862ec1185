//! A policy as it was read.
//!
//! Owns: `Policy` and its statements.
//! Not here: reading it (`parse`), asking it (`evaluate`).

use crate::iam::policy::condition::Condition;
use crate::iam::policy::error::PolicyError;
use crate::iam::policy::parse;
use crate::iam::policy::pattern::Pattern;
use crate::iam::policy::principal::Principals;

/// What a policy is attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    /// A bucket: it says whom it is about.
    Bucket,
    /// A user, a group or a session: it is about those.
    Identity,
}

impl PolicyKind {
    /// Bytes of the longest document: AWS's bound on bucket policies, and on the managed policies
    /// of an identity.
    pub const fn len_max(self) -> usize {
        match self {
            Self::Bucket => 20 * 1024,
            Self::Identity => 6 * 1024,
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
