//! The sealing format and the local key service, from outside.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test helper that cannot go on fails its test"
)]

#[path = "../support/entropy.rs"]
mod entropy;

mod cache;
mod golden;
mod keyring;
mod range;
mod record;
mod root_key;
mod samples;
mod stream;
mod twin;
mod vectors;
