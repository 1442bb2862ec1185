//! Black-box tests: the official SDK with its default settings against the real binary.
#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

#[path = "../support/server.rs"]
mod server;

mod races;
mod tenancy;
