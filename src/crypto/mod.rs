//! Rank 2: encryption at rest, format RZ1. Bytes in, bytes out; no storage, no HTTP.
//!
//! Owns: the way from a scope key (of a bucket, or of a tenant's credentials) down to sealed bytes,
//! and the trait of the service that guards the keys above it. The bytes are specified in
//! `docs/FORMAT.md`.
//! Not here: where wrapped keys and sealed bytes lie (`catalog`), where root keys come from
//! (`kms`).
//!
//! ```text
//! root key -> tenant key -> scope key -> record key, one per record
//!   record: data key -> stream key, one per attempt at a part
//! ```
//!
//! Invariants
//! - C2: a (key, nonce) pair seals at most once. Records and wrapped keys: key and nonce derive
//!   from a fresh 32-byte salt and are consumed by the one use (`derive`). Streams: the counter
//!   only moves forward (`nonce`), and `SealingKey` is consumed by its `Sealer`. Otherwise GCM
//!   loses both secrecy and authenticity.
//! - C3: nothing opens under another key than it was sealed under, or in another place: commitments
//!   are compared before opening, and associated data names the place (`record`, `wrap`,
//!   `stream::open`).
//! - C4: nothing but `stream::Sealer` makes a `SealedPiece`, and engines take nothing else.

mod algorithm;
mod derive;
mod error;
mod header;
mod keys;
mod nonce;
mod provider;
pub mod range;
mod record;
mod stream;
mod wrap;

pub use error::{KeyError, OpenError, SealError};
pub use header::{BLOB_HEADER_LEN, BlobHeader};
pub use keys::{DataKey, OpeningKey, ScopeKey, SealingKey, StreamParameters, WrappedKey};
pub use provider::{KeyContext, KeyProvider, KeyScope};
pub use record::{RecordContext, RecordView, seal_record};
pub use stream::{Opener, SealedPiece, Sealer};
pub use wrap::KeyEncryptionKey;

pub(crate) use derive::{LABEL_KEYRING, OnceKey};
