//! What versions, their locks and the protection of a bucket refuse.
#![deny(clippy::wildcard_enum_match_arm)]
//!
//! Owns: `VersionError` and its kind. Not here: the S3 code of each (`s3::error::map`).

use crate::base::kind::ErrorKind;
use crate::model::time::Timestamp;
use crate::model::versioning::VersionSelector;

/// Versions or their locks do not allow an operation.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum VersionError {
    /// The newest version, or the one that was named, is a delete marker.
    #[error("version is a delete marker")]
    DeleteMarker {
        /// The marker.
        marker: VersionSelector,
        /// Whether the client named it.
        is_named: bool,
        /// When it was made.
        last_modified: Timestamp,
    },
    /// The bucket's settings do not allow the change.
    #[error("bucket is not in a state for this")]
    InvalidBucketState,
    /// A lock keeps the version from being destroyed or the lock from being changed.
    #[error("version is locked")]
    Locked,
    /// The bucket has no Object Lock.
    #[error("bucket has no object lock")]
    NoObjectLock,
    /// The version does not exist.
    #[error("no such version version={selector}")]
    NoSuchVersion {
        /// The version.
        selector: VersionSelector,
    },
    /// The bucket's protection keeps a retained object from being hidden.
    #[error("object is protected")]
    Protected,
    /// A retention that would be over before it begins.
    #[error("retention ends in the past")]
    RetainUntilPast,
}

impl VersionError {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::DeleteMarker { .. } | Self::NoSuchVersion { .. } => ErrorKind::Absent,
            Self::InvalidBucketState => ErrorKind::Conflict,
            Self::Locked | Self::Protected => ErrorKind::Denied,
            Self::NoObjectLock | Self::RetainUntilPast => ErrorKind::Invalid,
        }
    }
}
