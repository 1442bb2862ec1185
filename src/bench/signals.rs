//! Ctrl-C and SIGTERM.

use crate::bench::error::BenchError;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end a run.
#[derive(Debug)]
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Receives signals from now on: they no longer end the process by themselves.
    ///
    /// # Errors
    /// `Signals`.
    pub(super) fn new() -> Result<Self, BenchError> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).map_err(BenchError::Signals)?,
            terminate: signal(SignalKind::terminate()).map_err(BenchError::Signals)?,
        })
    }

    /// Completes when somebody wants the run to end.
    ///
    /// # Cancel safety
    /// No signal is lost by dropping the future.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
