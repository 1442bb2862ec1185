//! Rank 1: what operators see.
//!
//! Owns: the log's form, counters, and what must not be logged as it is.

mod log_writer;
pub mod metrics;
pub mod redact;
pub mod subscriber;
