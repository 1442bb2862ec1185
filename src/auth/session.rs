//! Temporary credentials: for whom they act, and what bounds them.
//!
//! Owns: `Actor` and `Session`, as far as verification and decisions need them.
//! Not here: the token that holds them (`catalog::sessions`), who gets one (`gateway::session`).

use crate::auth::credential::AccessKeyId;
use crate::model::iam::IamName;
use crate::model::time::Timestamp;
use std::sync::Arc;

/// Whom a credential acts for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A role, in one session of it.
    Role {
        /// The role.
        role: IamName,
        /// What whoever took it called the session.
        session_name: IamName,
    },
    /// The tenant's root.
    Root,
    /// A user.
    User(IamName),
}

/// What a temporary credential has beyond a lasting one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The lasting access key that it stems from, if need be by several roles: it works while that
    /// one does.
    pub parent: AccessKeyId,
    /// When it was issued.
    pub issued: Timestamp,
    /// The id of the user or role that it acts for, which no later one of the same name has;
    /// nothing for a root.
    pub actor_id: Arc<str>,
    /// The policy that it was narrowed by.
    pub policy: Option<Arc<str>>,
}
