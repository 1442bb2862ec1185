//! Typed readings of headers and query parameters.

pub mod acl;
pub mod conditions;
pub mod copy_source;
pub mod digests;
pub mod encryption;
pub mod guard;
pub mod header;
pub mod lock;
pub mod metadata;
pub mod number;
pub mod tagging;
pub mod token;
pub mod version;
