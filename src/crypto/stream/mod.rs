//! The data stream: segments of 64 KiB, each sealed on its own (STREAM; crypto.md 9 to 12).
//!
//! Owns: `Sealer` and `Opener`.
//! Not here: keys (`keys`), ranges (`range`), the readable header before the first segment
//! (`header`).
//!
//! Segment n of a stream: ciphertext of up to 65,536 bytes | tag 16, sealed with the nonce prefix |
//! n | last flag and no associated data: the stream's key is bound to the data key, the salt and
//! the part number by its derivation. Every segment but the last is full; an empty stream is one
//! empty last segment.

mod open;
mod seal;

pub use open::Opener;
pub use seal::{SealedPiece, Sealer};
