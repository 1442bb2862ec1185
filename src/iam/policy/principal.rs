//! Principals of bucket policies and of roles' trust policies.
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
    /// Itself, or with everybody; of a session its role. An Allow counts as the caller's own
    /// policies do: a session is narrowed further by the policy that it was issued with.
    Itself,
    /// The very session.
    Session,
}

/// One principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrincipalName {
    /// Everybody, also who does not sign.
    Anyone,
    /// Everybody of the account that the policy is in, as far as their own policies let them.
    AnyoneInAccount,
    /// All of an account.
    Account(AccountId),
    /// A user, a role or a session of one, by ARN.
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
            (Self::Anyone, _) | (Self::AnyoneInAccount, Caller::Root { .. }) => Some(Named::Itself),
            (Self::Account(named), Caller::Root { account, .. }) if named == account => {
                Some(Named::Itself)
            }
            (Self::AnyoneInAccount, Caller::Role { .. } | Caller::User { .. }) => {
                Some(Named::ByAccount)
            }
            (Self::Account(named), Caller::Role { account, .. } | Caller::User { account, .. })
                if named == account =>
            {
                Some(Named::ByAccount)
            }
            (Self::Arn(named), Caller::Role { session_arn, .. }) if **session_arn == **named => {
                Some(Named::Session)
            }
            (Self::Arn(named), Caller::Role { role_arn, .. }) if **role_arn == **named => {
                Some(Named::Itself)
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
                // An account alone excepts its root: its users have to be named themselves, and a
                // role's sessions by themselves too (IAM User Guide, "NotPrincipal").
                let excepting = match caller {
                    Caller::Role { .. } => Named::Session,
                    Caller::Anonymous | Caller::Root { .. } | Caller::User { .. } => Named::Itself,
                };
                let named = names.iter().filter_map(|name| name.names(caller)).max();
                let is_excepted = names.contains(&PrincipalName::Anyone)
                    || named.is_some_and(|named| named >= excepting);
                (!is_excepted).then_some(Named::Itself)
            }
        }
    }

    /// The names.
    pub fn names_given(&self) -> &[PrincipalName] {
        match self {
            Self::Attached => &[],
            Self::Only(names) | Self::AllBut(names) => names,
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
