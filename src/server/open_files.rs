//! How many files and sockets the process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files besides the engine's and the connections: listeners, logs, keys, pipes, a flush's outputs.
const OTHER_FILES: u64 = 512;

/// Raises the soft limit of open files to the hard one and returns how many connections fit beside
/// the engine's files: `wanted` of them at most. Without the check the limit would show as refused
/// connections, or as a failed flush, at the worst time.
pub fn connections_that_fit(wanted: usize, engine_files: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let limit = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(error = %error, "the limit of open files could not be raised");
            limit.current
        }
    };
    let Some(limit) = limit else { return wanted };
    let room = limit.saturating_sub(OTHER_FILES.saturating_add(engine_files as u64));
    let fitting = usize::try_from(room).unwrap_or(wanted).clamp(1, wanted);
    if fitting < wanted {
        tracing::warn!(
            limit,
            max_open_files = engine_files,
            max_connections = wanted,
            fitting,
            "the limit of open files (ulimit -n, LimitNOFILE) leaves room for fewer connections \
             than server.max_connections: raise the limit"
        );
    }
    fitting
}
