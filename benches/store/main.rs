//! What a store costs, on the real engine in a folder of the target directory: rows to records and
//! back, 4 KiB out of a sealed piece, a page of a listing, a group of commits.
//!
//! One binary, since each links RocksDB. `cargo bench --bench store -- PATTERN` runs a part of it;
//! with `-- --test`, as continuous integration does, every part runs once on a small store.
//! Not here: sealing without rows (`benches/seal.rs`).
//!
//! Last accepted, 2026-11-30, 2 cores of an AMD EPYC (virtual machine): 4 KiB out of a piece 6.8 us
//! to open, 66 us to read; a version's row 1.8 us to make, 1.4 us to read, a bucket's header 0.27
//! and 0.18 us; a page of 1,000 keys 1.6 ms and 0.28 ms to render, of 1,000 common prefixes 1.6
//! and 0.02 ms; commits of 1, 16 and 64 writers 5,900, 23,400 and 39,200 a second, with 0.9, 8.2
//! and 32 to a sync.

#![expect(clippy::unwrap_used, reason = "a bench that cannot run may end")]

mod commits;
mod listing;
mod ranges;
mod records;
mod store;

use criterion::{criterion_group, criterion_main};

criterion_group!(
    benches,
    records::records,
    ranges::ranges,
    listing::pages,
    commits::groups
);
criterion_main!(benches);
