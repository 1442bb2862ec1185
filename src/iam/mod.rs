//! Rank 3: what a caller may do.
//!
//! Owns: actions, resources, and `authorize`, the only maker of a `Permit`.
//! Not here: who is calling (`auth`).
//!
//! Invariants
//! - P1: no data path and no control path runs without a `Permit` for that action on that resource;
//!   held by the types, since `Permit` has no other constructor and every `gateway` function takes
//!   one by value.
//! - P2: a caller reaches only buckets of its own tenant; held by `authorize`.

pub mod action;
pub mod authorize;

pub use action::Action;
pub use authorize::{Denied, Permit, Resource, authorize};
