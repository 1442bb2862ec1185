//! Why an engine failed.
//!
//! Owns: `EngineError` (reads and pieces), `CommitError` (batches), `OpenEngineError` (the start).
//! Not here: what the layers above make of them (`catalog::error`).
#![deny(clippy::wildcard_enum_match_arm)]

use crate::base::kind::ErrorKind;
use crate::base::task::PoolError;
use std::path::PathBuf;

/// A read or a write failed; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The engine was closed, or its commit thread has ended.
    #[error("engine is closed")]
    Closed,
    /// Stored bytes failed the engine's own checks.
    #[error("stored bytes fail the engine's checks operation={operation}")]
    Corrupt {
        /// What was being done.
        operation: &'static str,
        /// What the engine says.
        #[source]
        source: StoreError,
    },
    /// Less free space than the configured minimum (`storage.min_free_mib`).
    #[error("file system has less free space than storage.min_free_mib; free some, or add some")]
    Full,
    /// The disk or the engine failed.
    #[error("engine failed operation={operation}")]
    Io {
        /// What was being done.
        operation: &'static str,
        /// What the engine says.
        #[source]
        source: StoreError,
    },
    /// The pool of threads is closing.
    #[error("thread pool failed")]
    Pool(#[from] PoolError),
    /// The engine takes no writes after a log write failed.
    #[error("engine takes no writes since a log write failed; check the disk, then restart")]
    ReadOnly,
}

impl EngineError {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Closed | Self::Io { .. } | Self::ReadOnly => ErrorKind::Unavailable,
            Self::Corrupt { .. } => ErrorKind::Corrupt,
            Self::Full => ErrorKind::Full,
            Self::Pool(source) => source.kind(),
        }
    }
}

/// A commit did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A condition does not hold; nothing was changed.
    #[error("condition does not hold index={condition_index}")]
    ConditionFailed {
        /// Its position in the batch.
        condition_index: usize,
    },
    /// A counter would leave its bounds; nothing was changed.
    #[error("counter would leave its bounds index={counter_index}")]
    CounterOutOfBounds {
        /// Its position in the batch.
        counter_index: usize,
    },
    /// The engine failed; nothing was changed.
    #[error("engine failed")]
    Engine(#[from] EngineError),
    /// The log could not be written; the batch may or may not have been applied (E6).
    #[error("outcome of the commit is unknown")]
    UnknownOutcome,
}

impl CommitError {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::ConditionFailed { .. } => ErrorKind::Conflict,
            Self::CounterOutOfBounds { .. } => ErrorKind::Limited,
            Self::Engine(source) => source.kind(),
            Self::UnknownOutcome => ErrorKind::Unavailable,
        }
    }
}

/// An engine could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenEngineError {
    /// The folder cannot be made or read.
    #[error("data folder cannot be used path={}", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The log was damaged after it had been acknowledged; nothing has been changed.
    #[error("log lacks acknowledged commits; restore the data folder path={}", .path.display())]
    LogDamaged {
        /// The folder.
        path: PathBuf,
    },
    /// Another process has it.
    #[error("another process uses the data folder; stop it first path={}", .path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// The engine refuses the folder.
    #[error("engine refuses the data folder path={}", .path.display())]
    Refused {
        /// The folder.
        path: PathBuf,
        /// What the engine says.
        #[source]
        source: StoreError,
    },
    /// A thread of the engine cannot be started.
    #[error("thread of the engine cannot be started")]
    Thread(#[source] std::io::Error),
}

/// What the embedded store says, as text: its own error type stays inside `storage::rocks`.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct StoreError {
    pub(in crate::storage) message: Box<str>,
}

impl StoreError {
    pub(in crate::storage) fn new(message: &str) -> Self {
        Self {
            message: message.into(),
        }
    }
}
