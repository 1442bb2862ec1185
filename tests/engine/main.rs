//! The engine contract (`riznica::storage`), one list of tests for every engine, and what only the
//! embedded engine can show: reopening, killing, full disks, logs that fail.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test helper that cannot go on fails its test"
)]

#[macro_use]
mod contract;
mod child;
mod crash;
mod files;
mod memory;
mod reclaim;
mod rocks;
mod support;
