//! The policy language of AWS IAM: documents, their strict parser, and what a document says to a
//! question.
//!
//! Owns: everything about one document. Not here: which documents are asked, and what follows from
//! their answers together (`iam::authorize`).
//!
//! Source: AWS IAM User Guide, "IAM JSON policy element reference" and "Policy evaluation logic".
//! No crate for it is audited and in use elsewhere, so it is ours, fuzzed and compared with a naive
//! evaluator.

pub mod arn;
pub mod condition;
pub mod document;
pub mod error;
pub mod evaluate;
mod glob;
#[cfg(test)]
mod naive;
pub mod operator;
mod parse;
mod parse_principal;
pub mod pattern;
pub mod principal;
#[cfg(test)]
mod tests;

pub use arn::Caller;
pub use document::{Effect, Policy, PolicyKind, Statement};
pub use error::PolicyError;
pub use evaluate::{Answer, Context, Question};
