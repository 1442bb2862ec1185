//! Bodies of the fuzz targets: one function each, with its assertions.
//!
//! Owns: `TARGETS`. `fuzz_targets/*.rs` hands each to libFuzzer; `tests/corpus` runs each over its
//! folder in `corpus/`, so that a plain test run replays what was ever found.
//! Not here: how they are built and run (`README.md`).

pub mod authorization;
pub mod aws_chunked;
pub mod copy_source;
mod cors;
pub mod envelope;
pub mod framed_record;
pub mod keyring;
pub mod lifecycle;
pub mod lock_request;
pub mod object_record;
pub mod part_table;
pub mod policy_document;
pub mod post_form;
pub mod post_policy;
pub mod presigned;
pub mod range;
pub mod session_token;
pub mod stream;
mod support;
pub mod tags;
pub mod upload_rows;
pub mod xml_request;

/// A target's body: it panics when an assertion does not hold.
pub type Body = fn(&[u8]);

/// All targets by name.
pub const TARGETS: [(&str, Body); 20] = [
    ("authorization", authorization::run),
    ("aws_chunked", aws_chunked::run),
    ("copy_source", copy_source::run),
    ("envelope", envelope::run),
    ("framed_record", framed_record::run),
    ("keyring", keyring::run),
    ("lifecycle", lifecycle::run),
    ("lock_request", lock_request::run),
    ("object_record", object_record::run),
    ("part_table", part_table::run),
    ("policy_document", policy_document::run),
    ("post_form", post_form::run),
    ("post_policy", post_policy::run),
    ("presigned", presigned::run),
    ("range", range::run),
    ("session_token", session_token::run),
    ("stream", stream::run),
    ("tags", tags::run),
    ("upload_rows", upload_rows::run),
    ("xml_request", xml_request::run),
];
