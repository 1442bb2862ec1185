//! Why a command failed, for the person at the console.

use crate::bench::BenchError;
use crate::server::error::StartupError;
use std::path::PathBuf;

/// A command failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// A load run failed.
    #[error(transparent)]
    Bench(#[from] BenchError),
    /// The credential file is not one.
    #[error("credential file is not one that 'riznica init' wrote path={}; name the right one with --credential or RIZNICA_CREDENTIAL", .path.display())]
    Credential {
        /// The file.
        path: PathBuf,
    },
    /// Something does not agree with something else.
    #[error("{text}")]
    Disagreement {
        /// What, and what to do.
        text: &'static str,
    },
    /// A file cannot be read.
    #[error("file cannot be read or written path={}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Output cannot be written.
    #[error("output cannot be written")]
    Output(#[source] std::io::Error),
    /// The server refused.
    #[error("{message}")]
    Refused {
        /// What the server says.
        message: String,
    },
    /// Something would be destroyed, and nobody said yes.
    #[error("{text}")]
    Unconfirmed {
        /// What to do.
        text: &'static str,
    },
    /// The server cannot be started.
    #[error(transparent)]
    Startup(#[from] StartupError),
    /// The server does not answer.
    #[error("admin listener does not answer at {url}; is 'riznica serve' running there?")]
    Unreachable {
        /// Where it was sought.
        url: String,
        /// Why.
        #[source]
        source: Box<ureq::Error>,
    },
    /// The answer is not what this program expects.
    #[error("admin listener answered something unexpected; is the server of the same version?")]
    Unexpected(#[source] serde_json::Error),
}
