//! Holds a lifecycle pass to its rate, and counts what it does: for the log, the metrics and the
//! row that a restart goes on from.
//!
//! Owns: `Warden`.
//! Not here: the passes (`jobs::lifecycle`), what the row is (`jobs::lifecycle_progress`).
//!
//! What an action adds to the report is stored in the action's own commit, so that kill -9 at any
//! moment leaves a report of what was done, no more and no less. What is only seen (locked,
//! changed, failed) is stored once its object is over, for the next process looks at that object
//! again.

use crate::base::clock::Clock;
use crate::base::kind::ErrorKind;
use crate::base::task::Stop;
use crate::gateway::error::GatewayError;
use crate::gateway::lifecycle::{LifecycleObserver, LifecycleOutcome};
use crate::jobs::lifecycle_progress::{LifecycleReport, Pass, Place, Progress};
use crate::model::object_key::ObjectKey;
use crate::storage::MetaBatch;
use crate::telemetry::metrics::{LifecycleEvent, Metrics};
use std::time::Duration;

/// One for each turn of a pass.
pub(in crate::jobs) struct Warden<'a> {
    clock: &'a dyn Clock,
    metrics: &'a Metrics,
    stop: &'a Stop,
    /// Before each action.
    pause: Duration,
    /// The bucket's row without the pass.
    progress: Progress,
    /// The pass as a restart would find it.
    pass: Pass,
    /// What it did and saw so far.
    report: LifecycleReport,
}

impl LifecycleObserver for Warden<'_> {
    async fn admit(&mut self) -> bool {
        self.clock.sleep(self.pause).await;
        !self.stop.is_stopped()
    }

    fn extend(&self, outcome: LifecycleOutcome, batch: &mut MetaBatch) {
        let mut progress = self.progress();
        if let Some(pass) = &mut progress.running {
            *pass.report.count_mut(outcome) += 1;
        }
        progress.put(batch);
    }

    fn outcome(&mut self, outcome: LifecycleOutcome) {
        *self.report.count_mut(outcome) += 1;
        let (event, is_stored) = match outcome {
            LifecycleOutcome::AbortedUpload => (LifecycleEvent::AbortedUpload, true),
            LifecycleOutcome::Changed => return,
            LifecycleOutcome::Expired => (LifecycleEvent::Expired, true),
            LifecycleOutcome::Locked => (LifecycleEvent::Locked, false),
            LifecycleOutcome::OverQuota => (LifecycleEvent::OverQuota, false),
            LifecycleOutcome::Protected => (LifecycleEvent::Protected, false),
            LifecycleOutcome::RemovedMarker => (LifecycleEvent::RemovedMarker, true),
            LifecycleOutcome::RemovedVersion => (LifecycleEvent::RemovedVersion, true),
        };
        if is_stored {
            *self.pass.report.count_mut(outcome) += 1;
        }
        self.metrics.lifecycle(event);
    }
}

impl<'a> Warden<'a> {
    /// For a pass that begins or goes on.
    pub(in crate::jobs) fn new(
        (clock, metrics, stop): (&'a dyn Clock, &'a Metrics, &'a Stop),
        actions_per_second: u32,
        (progress, pass): (Progress, Pass),
    ) -> Self {
        Self {
            clock,
            metrics,
            stop,
            pause: Duration::from_secs(1) / actions_per_second.max(1),
            progress,
            report: pass.report,
            pass,
        }
    }

    /// Where the pass has come to.
    pub(in crate::jobs) const fn place(&self) -> &Place {
        &self.pass.place
    }

    /// All before this place is done.
    pub(in crate::jobs) fn advance(&mut self, place: Place) {
        self.pass.place = place;
        self.pass.report = self.report;
    }

    /// As [`Warden::advance`], behind one more object.
    pub(in crate::jobs) fn advance_object(&mut self, object_key: &ObjectKey) {
        self.report.object_keys += 1;
        self.advance(Place::Objects(Some(object_key.as_str().to_owned())));
    }

    /// The bucket's row while the pass is not over.
    pub(in crate::jobs) fn progress(&self) -> Progress {
        Progress {
            running: Some(self.pass.clone()),
            ..self.progress.clone()
        }
    }

    /// What was done, once it is over.
    pub(in crate::jobs) const fn pass(&self) -> &Pass {
        &self.pass
    }

    /// A damaged object is told and passed over; anything else would fail for the next one too, and
    /// ends the pass where it is.
    pub(in crate::jobs) fn judge_failure(
        &mut self,
        object_key: &ObjectKey,
        error: GatewayError,
    ) -> Result<(), GatewayError> {
        if error.kind() != ErrorKind::Corrupt {
            return Err(error);
        }
        self.report.failed += 1;
        self.metrics.lifecycle(LifecycleEvent::Failed);
        tracing::warn!(
            object_key = object_key.as_str(),
            error = %error,
            kind = ?error.kind(),
            "lifecycle rules were not applied to a damaged object; the next pass tries again"
        );
        Ok(())
    }
}
