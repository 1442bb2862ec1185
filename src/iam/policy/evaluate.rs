//! What a policy says to a question.
//!
//! Owns: which statements apply, and which of them decides.
//! Not here: what several policies say together (`iam::authorize`).
//!
//! Source: AWS IAM User Guide, "Policy evaluation logic".

use crate::iam::policy::arn::Caller;
use crate::iam::policy::document::{Effect, Policy, Selection, Statement};
use crate::iam::policy::principal::Named;
use std::borrow::Cow;
use std::fmt;

/// What a request has for the keys of conditions and variables.
pub trait Context: Send + Sync {
    /// The values of a key, `None` when the request has none. Names are in lower case, but for a
    /// tag's name behind a slash.
    fn values(&self, key: &str) -> Option<Vec<Cow<'_, str>>>;
}

/// A request without anything.
#[derive(Clone, Copy, Debug)]
pub struct NoContext;

impl Context for NoContext {
    fn values(&self, _key: &str) -> Option<Vec<Cow<'_, str>>> {
        None
    }
}

/// May this caller do this?
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// Who.
    pub caller: &'a Caller,
    /// What: the action's name in policies.
    pub action: &'a str,
    /// To what: an ARN.
    pub resource: &'a str,
    /// Under which circumstances.
    pub context: &'a dyn Context,
}

impl fmt::Debug for Question<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question")
            .field("caller", self.caller)
            .field("action", &self.action)
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}

/// What a policy says. Numbers count statements from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// No, whatever others say.
    Deny {
        /// By this statement.
        statement: usize,
    },
    /// Yes.
    Allow {
        /// By this statement.
        statement: usize,
        /// How it names the caller.
        named: Named,
    },
    /// Nothing.
    Silent,
}

impl Policy {
    /// Asks the policy. A denial wins over everything; of statements that allow, the one that names
    /// the caller itself.
    pub fn answer(&self, question: &Question<'_>) -> Answer {
        // How an Allow can name this caller at best: behind one that does, only denials count.
        let best = match question.caller {
            Caller::Role { .. } => Named::Session,
            Caller::Anonymous | Caller::Root { .. } | Caller::User { .. } => Named::Itself,
        };
        let mut answer = Answer::Silent;
        for (number, statement) in self.statements.iter().enumerate() {
            let better = match (statement.effect, answer) {
                (Effect::Allow, Answer::Allow { named, .. }) => named < best,
                (Effect::Allow | Effect::Deny, _) => true,
            };
            if !better {
                continue;
            }
            let Some(named) = statement.applies(question) else {
                continue;
            };
            match (statement.effect, answer) {
                (Effect::Deny, _) => return Answer::Deny { statement: number },
                (Effect::Allow, Answer::Allow { named: known, .. }) if known >= named => {}
                (Effect::Allow, _) => {
                    answer = Answer::Allow {
                        statement: number,
                        named,
                    };
                }
            }
        }
        answer
    }
}

impl Statement {
    /// How it names the caller, if it is about this question at all. What is cheap to tell comes
    /// first.
    fn applies(&self, question: &Question<'_>) -> Option<Named> {
        let named = self.principals.names(question.caller)?;
        let context = question.context;
        let is_action = self
            .actions
            .selects(|pattern| pattern.matches_ignoring_case(question.action, context));
        let is_about = is_action
            && self
                .resources
                .selects(|pattern| pattern.matches(question.resource, context))
            && self
                .conditions
                .iter()
                .all(|condition| condition.holds(context));
        is_about.then_some(named)
    }
}

impl Selection {
    fn selects(&self, is_match: impl Fn(&super::pattern::Pattern) -> bool) -> bool {
        match self {
            Self::Only(patterns) => patterns.iter().any(is_match),
            Self::AllBut(patterns) => !patterns.iter().any(is_match),
        }
    }
}
