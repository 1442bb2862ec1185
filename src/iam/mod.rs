//! Rank 3: what a caller may do.
//!
//! Owns: actions, resources, principals, policies, and `authorize`, the only maker of a `Permit`.
//! Not here: who is calling (`auth`).
//!
//! Invariants
//! - P1: no data path and no control path runs without a `Permit` for that action on that resource;
//!   held by the types, since `Permit` has no other constructor and every `gateway` function takes
//!   one by value.
//! - P2: a caller reaches buckets of its own tenant, and what a bucket's policy or an access
//!   control list opens to it; held by `authorize`.

pub mod action;
pub mod authorize;
pub mod ground;
#[cfg(test)]
mod list_tests;
pub mod lists;
pub mod policy;
pub mod principal;
pub mod resource;
#[cfg(test)]
mod session_tests;

pub use action::Action;
pub use authorize::{Permit, authorize, decide, keeps_policy};
pub use ground::{Denied, Ground};
pub use lists::{AccessLists, AskedObject, Sight};
pub use principal::{AttachedPolicy, Principal, SessionBounds};
pub use resource::{BucketResource, Request, Resource, RoleResource};
