//! Rank 7, the wire: HTTP, XML and S3's words. Nothing here decides policy or touches storage.
//!
//! Owns: routing, authentication's entry, bodies, headers, answers, errors.
//! Not here: what operations do (`gateway`), what callers may do (`iam`).

pub mod app;
pub mod authenticate;
pub mod body;
pub mod cors;
pub mod error;
mod exchange;
pub mod extract;
pub mod handlers;
pub mod operation;
pub mod policy_context;
pub mod post;
pub mod query;
pub mod respond;
pub mod route;
pub mod tally;
pub mod xml;
