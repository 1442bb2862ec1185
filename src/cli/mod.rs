//! The command line.
//!
//! Owns: arguments and their help, the client side of the admin listener, tables and JSON for
//! output. All texts that people read on the console are in `args` and `args_*` (help) and
//! `texts`. Not here: what commands do (`server`, `bench`, and
//! `control` behind the admin listener).

pub mod args;
pub mod args_bench;
pub mod args_operators;
pub mod args_policies;
pub mod args_tenants;
pub mod args_usage;
pub mod bench;
pub mod bench_progress;
pub mod buckets;
pub mod client;
pub mod commands;
pub mod confirm;
pub mod error;
pub mod inspect;
pub mod limit;
pub mod operators;
pub mod output;
pub mod policies;
pub mod quotas;
pub mod rates;
pub mod templates;
pub mod texts;
pub mod usage;

pub use args::Arguments;
pub use commands::run;
