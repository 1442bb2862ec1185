//! The log: text for people, JSON lines for collectors, on standard error.

use crate::telemetry::log_writer;
use std::io::IsTerminal;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

/// Writes the log's last lines when it is dropped.
#[derive(Debug)]
#[must_use = "the log ends with it"]
pub struct Log(#[expect(dead_code, reason = "held for its drop")] WorkerGuard);

/// Starts logging, until the answer is dropped. A second call changes nothing.
///
/// # Errors
/// When `level` is no filter, such as `info` or `info,riznica::s3=debug`.
pub fn install(is_json: bool, level: &str) -> Result<Log, ParseError> {
    let filter = EnvFilter::try_new(level)?;
    let (writer, guard) = log_writer::batched(std::io::stderr());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer);
    let installed = if is_json {
        builder
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .try_init()
    } else {
        builder
            .with_ansi(std::io::stderr().is_terminal())
            .try_init()
    };
    if installed.is_err() {
        tracing::debug!("log was started before");
    }
    Ok(Log(guard))
}
