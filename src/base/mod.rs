//! Rank 0: building blocks without a domain word in them.
//!
//! Owns: time, randomness, secrets, byte codecs, digests, text encodings, the bounded body channel,
//! task supervision. Not here: anything that knows what a bucket is (`model`) or where bytes lie
//! (`storage`).

pub mod channel;
pub mod clock;
pub mod codec;
pub mod digest;
pub mod encoding;
pub mod entropy;
pub mod kind;
pub mod limits;
pub mod md5;
pub mod secret;
pub mod task;
