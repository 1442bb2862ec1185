//! The command line.
//!
//! Owns: arguments and their help, the client side of the admin listener, tables and JSON for
//! output. All texts that people read on the console are in `args` (help) and `texts`. Not here:
//! what commands do (`server`, and `control` behind the admin listener).

pub mod args;
pub mod buckets;
pub mod client;
pub mod commands;
pub mod error;
pub mod output;
pub mod quotas;
pub mod texts;

pub use args::Arguments;
pub use commands::run;
