//! Black-box tests against the real binary: the official SDK with its default settings, and raw
//! signed requests.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on has failed"
)]
#![expect(
    clippy::needless_collect,
    reason = "threads all start before the first is waited for"
)]

#[path = "../support/authority.rs"]
mod authority;
#[path = "../support/raw.rs"]
mod raw;
#[path = "../support/server.rs"]
mod server;

mod access_lists;
mod admin;
mod attacks;
mod bench;
mod bench_ends;
mod bucket_encryption;
mod bucket_tagging;
mod compatibility;
mod cors;
mod documents;
mod errors;
mod expect;
mod head_errors;
mod lifecycle;
mod lifecycle_crash;
mod lifecycle_effects;
mod lifecycle_report;
mod lifecycle_resume;
mod lifecycle_rules;
mod lifecycle_sdk;
mod lock_documents;
mod log;
mod model;
mod object_lock;
mod object_store;
mod points;
mod policies;
mod post;
mod profile_rules;
mod profiles;
mod quotas;
mod races;
mod rates;
mod signer;
mod tagging;
mod tagging_headers;
mod templates;
mod tenancy;
mod tenant_terms;
mod unstated_hash;
mod usage;
mod versioning;
