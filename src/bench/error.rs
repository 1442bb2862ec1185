//! Why a run ended without figures, or with figures that are not to be trusted.

use crate::bench::fault::Fault;
use crate::bench::plan::InvalidPlan;
use std::path::PathBuf;

/// A run failed.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// Told to stop while it was stopping.
    #[error(
        "stopped before everything was deleted: what is left is below s3://{bucket}/{prefix}; \
         'aws s3 rm --recursive' removes it (in a bucket with versions: each version)"
    )]
    Abandoned {
        /// The bucket.
        bucket: String,
        /// What is left has this before it.
        prefix: String,
    },
    /// The authorities' certificates cannot be used.
    #[error("certificates of authorities cannot be read path={}; name them with --ca-file", .path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
    },
    /// Not an endpoint.
    #[error("write --endpoint as http://HOST:PORT or https://HOST:PORT, without a path")]
    Endpoint,
    /// Requests failed.
    #[error("{failed} of {all} requests failed; {first}")]
    Failed {
        /// Requests that failed.
        failed: u64,
        /// All that were sent and counted.
        all: u64,
        /// The first failure.
        first: String,
    },
    /// Stopped by a signal.
    #[error("stopped by a signal; figures, if there are any, are of the time until then")]
    Interrupted,
    /// What was made could not be deleted.
    #[error("what the run made could not be deleted; it is left below s3://{bucket}/{prefix}")]
    Left {
        /// The bucket.
        bucket: String,
        /// What is left has this before it.
        prefix: String,
        /// Why.
        #[source]
        source: Box<Fault>,
    },
    /// The run failed, and what it had made until then could not be deleted.
    #[error(
        "the run failed, and what it had made is left below s3://{bucket}/{prefix}, since {why}"
    )]
    LeftAfter {
        /// The bucket.
        bucket: String,
        /// What is left has this before it.
        prefix: String,
        /// Why it could not be deleted.
        why: String,
        /// Why the run failed.
        #[source]
        source: Box<Self>,
    },
    /// No request has ended.
    #[error("no request has succeeded: there is nothing to tell")]
    Nothing,
    /// The plan makes no sense.
    #[error(transparent)]
    Plan(#[from] InvalidPlan),
    /// Objects could not be made ready.
    #[error("objects could not be prepared")]
    Prepare(#[source] Box<Fault>),
    /// The first requests failed: wrong credentials, bucket, or address.
    #[error("the endpoint does not do what a run needs: {needed}")]
    Probe {
        /// What was tried.
        needed: &'static str,
        /// Why it failed.
        #[source]
        source: Box<Fault>,
    },
    /// The server's process cannot be looked at.
    #[error("process cannot be looked at pid={pid}; --pid is for a server on this machine")]
    Process {
        /// Its id.
        pid: u32,
    },
    /// The operating system gave no random bytes for the run id.
    #[error("operating system gave no random bytes")]
    RunId,
    /// Signals cannot be received, so that Ctrl-C could not clean up.
    #[error("signals cannot be received")]
    Signals(#[source] std::io::Error),
}
