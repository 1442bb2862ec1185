//! Why the catalog could not do something.
#![deny(clippy::wildcard_enum_match_arm)]
//!
//! Owns: `CatalogError`, the union of what the layers below report, and the facts that the catalog
//! itself establishes. Not here: S3 codes (`s3::error`).

use crate::base::codec::CodecError;
use crate::base::entropy::EntropyError;
use crate::base::kind::ErrorKind;
use crate::crypto::{KeyError, OpenError, SealError};
use crate::model::quota::QuotaExceeded;
use crate::storage::{CommitError, EngineError};

/// A catalog operation failed.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The bucket was deleted meanwhile.
    #[error("bucket is gone")]
    BucketGone,
    /// The engine refused or lost the commit.
    #[error("commit failed")]
    Commit(#[source] CommitError),
    /// A stored row does not decode.
    #[error("stored row does not decode")]
    Decode(#[from] CodecError),
    /// The engine failed.
    #[error("engine failed")]
    Engine(#[from] EngineError),
    /// No random bytes.
    #[error("no random bytes")]
    Entropy(#[from] EntropyError),
    /// The key service failed.
    #[error("key service failed")]
    Keys(#[from] KeyError),
    /// A stored row does not open.
    #[error("stored row does not open")]
    Open(#[from] OpenError),
    /// A row could not be sealed.
    #[error("row could not be sealed")]
    Seal(#[from] SealError),
    /// A lock keeps the version from being destroyed.
    #[error("version is locked")]
    Locked,
    /// A limit would be passed.
    #[error(transparent)]
    QuotaExceeded(QuotaExceeded),
    /// The name is taken.
    #[error("name is taken")]
    Taken,
    /// The row changed between reading and writing, again and again.
    #[error("row is changed too often at once")]
    Contended,
    /// A version's rows disagree with one another.
    #[error("stored rows disagree row={0}")]
    Inconsistent(&'static str),
}

impl CatalogError {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::BucketGone => ErrorKind::Absent,
            Self::Commit(source) => source.kind(),
            Self::Decode(source) => source.kind(),
            Self::Engine(source) => source.kind(),
            Self::Entropy(source) => source.kind(),
            Self::Keys(source) => source.kind(),
            Self::Open(source) => source.kind(),
            Self::Seal(source) => source.kind(),
            Self::Locked => ErrorKind::Denied,
            Self::Taken => ErrorKind::Conflict,
            Self::Contended | Self::QuotaExceeded(_) => ErrorKind::Limited,
            Self::Inconsistent(_) => ErrorKind::Corrupt,
        }
    }
}

impl From<CommitError> for CatalogError {
    fn from(source: CommitError) -> Self {
        Self::Commit(source)
    }
}
