//! Rank 7: background work. Every job is a loop of bounded steps that may stop anywhere and go on
//! after a restart.
//!
//! Owns: the sweep.
//! Not here: starting and stopping tasks (`base::task`, `server`).

pub mod sweep;
