//! Verification of signatures and decoding of streaming bodies, against AWS's own signer and
//! published examples.
//!
//! Owns: one test per rule of attacks.md, verification rules, and per row that concerns
//! verification.
//! Not here: the HTTP answers (tests/s3).
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests: a panic is the report"
)]

mod aws_suite;
mod chunks;
mod credentials;
mod header_form;
mod malformed;
mod payload;
mod presigned;
mod published;
mod rules;
mod sessions;
mod support;
