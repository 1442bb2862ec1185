//! Principals of bucket policies.
//!
//! Owns: which callers an element names.
//! Not here: reading it (`parse`).

use crate::iam::policy::arn::Caller;
use crate::model::tenant::AccountId;

/// How a principal element names a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// By its account: an Allow hands the decision to the account's own policies.
    ByAccount,
    /// Itself, or with everybody.
    Itself,
}

/// One principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrincipalName {
    /// Everybody, also who does not sign.
    Anyone,
    /// All of an account.
    Account(AccountId),
    /// A user, by ARN.
    Arn(String),
    /// A tenant's root, by canonical id.
    CanonicalUser(String),
    /// A service or a federation: accepted as AWS does, names nobody here.
    Elsewhere,
}

impl PrincipalName {
    /// How it names a caller, if it does.
    pub fn names(&self, caller: &Caller) -> Option<Named> {
        match (self, caller) {
            (Self::Anyone, _) => Some(Named::Itself),
            (Self::Account(named), Caller::Root { account, .. }) if named == account => {
                Some(Named::Itself)
            }
            (Self::Account(named), Caller::User { account, .. }) if named == account => {
                Some(Named::ByAccount)
            }
            (Self::Arn(named), Caller::User { arn, .. }) if **arn == **named => Some(Named::Itself),
            (Self::CanonicalUser(named), Caller::Root { canonical_id, .. })
                if **canonical_id == **named =>
            {
                Some(Named::Itself)
            }
            _ => None,
        }
    }
}

/// The principal element of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principals {
    /// The statement is about whom it is attached to.
    Attached,
    /// These.
    Only(Vec<PrincipalName>),
    /// All but these.
    AllBut(Vec<PrincipalName>),
}

impl Principals {
    /// How it names a caller, if it does.
    pub fn names(&self, caller: &Caller) -> Option<Named> {
        match self {
            Self::Attached => Some(Named::Itself),
            Self::Only(names) => names.iter().filter_map(|name| name.names(caller)).max(),
            Self::AllBut(names) => {
                // An account alone excepts its root: its users have to be named themselves.
                let is_excepted = names
                    .iter()
                    .any(|name| name.names(caller) == Some(Named::Itself));
                (!is_excepted).then_some(Named::Itself)
            }
        }
    }

    /// Whether it names everybody.
    pub fn is_anyone(&self) -> bool {
        match self {
            Self::Attached | Self::AllBut(_) => false,
            Self::Only(names) => names.contains(&PrincipalName::Anyone),
        }
    }
}
