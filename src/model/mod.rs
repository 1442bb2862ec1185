//! Rank 1: the nouns of the product as types that parse. No I/O, no async.
//!
//! Owns: names, identifiers, ranges, ETags, checksums, conditions, times, versions, locks, tags.
//! Not here: how they are stored (`catalog`), sealed (`crypto`) or written on the wire (`s3`).

pub mod acl;
pub mod bucket;
pub mod checksum;
pub mod conditions;
pub mod cors;
pub mod encryption;
pub mod etag;
pub mod iam;
pub mod id;
pub mod lifecycle;
pub mod lock;
pub mod metadata;
pub mod month;
pub mod object_key;
pub mod operator;
pub mod ownership;
pub mod protection;
pub mod public_access;
pub mod quota;
pub mod range;
pub mod rates;
pub mod tags;
pub mod tenant;
pub mod time;
pub mod traffic;
pub mod upload;
pub mod versioning;
