//! Rank 7: background work. Every job is a loop of bounded steps that may stop anywhere and go on
//! after a restart.
//!
//! Owns: the sweep, lifecycle rules, the keeper of the retention clock, the watch over quotas,
//! the times at which keys were last used.
//! Not here: starting and stopping tasks (`base::task`, `server`).

pub mod clock;
pub mod last_used;
pub mod lifecycle;
pub mod lifecycle_progress;
mod lifecycle_warden;
pub mod quota_watch;
pub mod sweep;
pub mod usage;
