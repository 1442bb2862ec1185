//! The progress bar of `riznica bench`, on standard error and only when that is a terminal.

use crate::bench::Progress;
use crate::bench::progress::{Phase, Rates};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};

/// Shows how far a run is.
#[derive(Debug)]
pub struct Bar {
    is_shown: bool,
    current: Mutex<Option<ProgressBar>>,
}

impl Bar {
    /// A bar on standard error; none when nobody sees it.
    pub fn new() -> Self {
        Self {
            is_shown: std::io::stderr().is_terminal(),
            current: Mutex::new(None),
        }
    }

    fn replace(&self, bar: Option<ProgressBar>) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = std::mem::replace(&mut *current, bar) {
            before.finish_and_clear();
        }
    }
}

impl Default for Bar {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress for Bar {
    fn begin(&self, phase: Phase, len: u64) {
        if !self.is_shown {
            return;
        }
        let (name, template) = match phase {
            Phase::Measure => ("measuring", "{prefix:>10} [{bar:30}] {msg}"),
            Phase::Prepare => (
                "preparing",
                "{prefix:>10} [{bar:30}] {pos} of {len} objects",
            ),
            Phase::Sweep => ("deleting", "{prefix:>10} {pos} objects"),
            Phase::WarmUp => ("warm-up", "{prefix:>10} [{bar:30}]"),
        };
        let bar = ProgressBar::with_draw_target(Some(len), ProgressDrawTarget::stderr());
        // The templates are constants that the crate reads; its own is good enough otherwise.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(name);
        self.replace(Some(bar));
    }

    fn update(&self, done: u64, rates: Option<Rates>) {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = current.as_ref() {
            if let Some(rates) = rates {
                let (requests, megabytes) = (rates.requests_per_s, rates.mb_per_s);
                bar.set_message(format!("{requests:.0} requests/s, {megabytes:.1} MB/s"));
            }
            bar.set_position(done);
        }
    }

    fn end(&self) {
        self.replace(None);
    }
}
