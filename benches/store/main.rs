//! What a store costs, on the real engine in a folder of the target directory: rows to records and
//! back, 4 KiB out of a sealed piece, a page of a listing, a group of commits.
//!
//! One binary, since each links RocksDB. `cargo bench --bench store -- PATTERN` runs a part of it;
//! with `-- --test`, as continuous integration does, every part runs once on a small store.
//! Not here: sealing without rows (`benches/seal.rs`).

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
