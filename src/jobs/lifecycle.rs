//! The lifecycle job: does what the rules of the buckets say, at a bounded rate, and tells what it
//! did.
//!
//! Owns: passes over a bucket, how they are resumed.
//! Not here: what is due (`model::lifecycle::due`), doing it (`gateway::lifecycle`), rate and
//! report (`jobs::lifecycle_warden`).
//!
//! Every action is one commit that holds only if what was judged is still there, so a crash leaves
//! a pass half done and nothing else; how far it came is stored in the same commit, and the next
//! process goes on there.

use crate::base::clock::Clock;
use crate::base::task::Stop;
use crate::catalog::buckets::{self, BucketEntry, BucketRecord};
use crate::catalog::error::CatalogError;
use crate::catalog::retention_clock::RetentionClock;
use crate::gateway::Gateway;
use crate::gateway::bucket_settings::LifecycleRules;
use crate::gateway::error::GatewayError;
use crate::gateway::lifecycle::{LifecycleObserver, OpenUpload};
use crate::jobs::lifecycle_progress::{Pass, Place, Progress};
use crate::jobs::lifecycle_warden::Warden;
use crate::model::id::{BucketId, UploadId};
use crate::model::lifecycle::due::{DayLength, KeyRules, Moment};
use crate::model::object_key::ObjectKey;
use crate::model::tenant::TenantStatus;
use crate::model::time::Timestamp;
use crate::storage::Engine;
use crate::telemetry::metrics::{LifecycleEvent, Metrics};
use std::sync::Arc;
use std::time::Duration;

/// Object keys or uploads looked at in one step.
const PAGE: usize = 256;
/// Steps after which the place is stored though nothing was done.
const STEPS_PER_STORE: u64 = 16;
/// Pause after each step, so that a pass over much that is not due leaves room for requests.
const STEP_PAUSE: Duration = Duration::from_millis(2);
/// How often the job looks for buckets whose next pass has come.
const LOOK_INTERVAL_MAX: Duration = Duration::from_mins(1);

/// How the job goes about it.
#[derive(Clone, Copy, Debug)]
pub struct LifecycleSettings {
    /// From the end of a bucket's pass to the beginning of its next one.
    pub interval: Duration,
    /// Versions and uploads acted on in a second at most.
    pub actions_per_second: u32,
    /// How long a day is; only a test makes it another than the real one.
    pub day: DayLength,
}

/// A bucket, its rules, and when they are applied.
type Work<'a> = (&'a BucketRecord, &'a LifecycleRules, Moment);

/// The job.
#[derive(Debug)]
pub struct LifecycleJob {
    engine: Arc<dyn Engine>,
    gateway: Gateway,
    clock: Arc<dyn Clock>,
    retention: Arc<RetentionClock>,
    metrics: Arc<Metrics>,
    settings: LifecycleSettings,
}

impl LifecycleJob {
    /// A job over all buckets.
    pub fn new(
        engine: Arc<dyn Engine>,
        gateway: Gateway,
        clock: Arc<dyn Clock>,
        retention: Arc<RetentionClock>,
        metrics: Arc<Metrics>,
        settings: LifecycleSettings,
    ) -> Self {
        Self {
            engine,
            gateway,
            clock,
            retention,
            metrics,
            settings,
        }
    }

    /// Works until told to stop.
    pub async fn run(self, mut stop: Stop) {
        if self.settings.day != DayLength::REAL {
            tracing::warn!(
                "jobs.lifecycle_test_day_s is set: lifecycle rules take effect after seconds instead of days. This is for tests only"
            );
        }
        let pause = self.settings.interval.min(LOOK_INTERVAL_MAX);
        loop {
            self.look(&stop).await;
            if stop.is_stopped() {
                return;
            }
            let pause = self.clock.sleep(pause);
            futures::future::select(pause, std::pin::pin!(stop.stopped())).await;
            if stop.is_stopped() {
                return;
            }
        }
    }

    /// Goes through the buckets whose pass has come.
    async fn look(&self, stop: &Stop) {
        let entries = match buckets::list(&*self.engine).await {
            Ok(entries) => entries,
            Err(error) => {
                tracing::warn!(error = %error, "lifecycle job cannot list buckets; it tries again");
                return;
            }
        };
        for entry in entries {
            if stop.is_stopped() {
                return;
            }
            if let Err(error) = self.visit(&entry, stop).await {
                self.metrics.lifecycle(LifecycleEvent::Failed);
                tracing::warn!(
                    bucket = %entry.name,
                    error = %error,
                    kind = ?error.kind(),
                    "lifecycle pass failed; it goes on there at its next turn"
                );
            }
        }
    }

    async fn visit(&self, entry: &BucketEntry, stop: &Stop) -> Result<(), GatewayError> {
        let Some((_, rules)) = self.in_force(entry.bucket).await? else {
            return Ok(());
        };
        let mut progress = Progress::load(&*self.engine, entry.bucket).await?;
        if progress.rules != rules.checksum() {
            // What was passed over was judged by other rules.
            progress = Progress::default();
            progress.rules = rules.checksum();
        }
        let pass = match progress.running.take() {
            Some(pass) => Pass {
                is_resumed: true,
                ..pass
            },
            None if self.is_due(&progress) => Pass::default(),
            None => return Ok(()),
        };
        self.pass(entry, (progress, pass), stop).await
    }

    /// A bucket with its rules as they are now.
    async fn in_force(
        &self,
        bucket: BucketId,
    ) -> Result<Option<(BucketRecord, LifecycleRules)>, GatewayError> {
        let Some(bucket) = buckets::header(&*self.engine, bucket).await? else {
            return Ok(None);
        };
        // Nothing of an account that an operator has stopped is changed, by rules neither.
        if self.gateway.status_of(bucket.tenant) != TenantStatus::Active {
            return Ok(None);
        }
        let rules = self.gateway.rules_in_force(&bucket).await?;
        Ok(rules.map(|rules| (bucket, rules)))
    }

    fn is_due(&self, progress: &Progress) -> bool {
        let interval = u64::try_from(self.settings.interval.as_millis()).unwrap_or(u64::MAX);
        let now = self.retention.now().millis();
        let is_over = |finished: u64| now.saturating_sub(finished) >= interval;
        progress.finished_millis.is_none_or(is_over)
    }

    async fn pass(
        &self,
        entry: &BucketEntry,
        state: (Progress, Pass),
        stop: &Stop,
    ) -> Result<(), GatewayError> {
        let rules_checksum = state.0.rules;
        let parts = (&*self.clock, &*self.metrics, stop);
        let mut warden = Warden::new(parts, self.settings.actions_per_second, state);
        for step in 1_u64.. {
            // A pass may take hours: what its bucket's owner changes meanwhile counts at once.
            let in_force = self.in_force(entry.bucket).await?;
            let same = in_force.filter(|(_, rules)| rules.checksum() == rules_checksum);
            let Some((bucket, rules)) = same else {
                return Ok(());
            };
            let moment = Moment {
                now: self.retention.now(),
                day: self.settings.day,
            };
            let work = (&bucket, &rules, moment);
            let is_over = match warden.place().clone() {
                Place::Objects(after) => self.step_objects(work, after, &mut warden).await?,
                Place::Uploads(after) => self.step_uploads(work, after, &mut warden).await?,
            };
            if is_over {
                break;
            }
            if stop.is_stopped() || step.is_multiple_of(STEPS_PER_STORE) {
                let progress = warden.progress();
                progress.store(&*self.engine, entry.bucket).await?;
            }
            if stop.is_stopped() {
                return Ok(());
            }
            self.clock.sleep(STEP_PAUSE).await;
        }
        let finished = self.retention.now();
        let progress = Progress {
            running: None,
            finished_millis: Some(finished.millis()),
            ..warden.progress()
        };
        progress.store(&*self.engine, entry.bucket).await?;
        self.tell(entry, warden.pass(), finished);
        Ok(())
    }

    fn tell(&self, bucket: &BucketEntry, pass: &Pass, finished: Timestamp) {
        self.metrics.lifecycle_pass(finished.millis());
        let report = &pass.report;
        tracing::info!(
            bucket = %bucket.name,
            object_keys = report.object_keys,
            expired = report.expired,
            removed_versions = report.removed_versions,
            removed_markers = report.removed_markers,
            aborted_uploads = report.aborted_uploads,
            locked = report.locked,
            over_quota = report.over_quota,
            protected = report.protected,
            changed = report.changed,
            failed = report.failed,
            is_resumed = pass.is_resumed,
            "lifecycle pass over a bucket is over"
        );
    }

    /// One page of objects. Returns `false`, since uploads come behind them.
    async fn step_objects(
        &self,
        (bucket, rules, moment): Work<'_>,
        after: Option<String>,
        warden: &mut Warden<'_>,
    ) -> Result<bool, GatewayError> {
        // What was stored as a place was an object key.
        let after = after.and_then(|after| ObjectKey::parse(&after).ok());
        let page = self
            .gateway
            .lifecycle_keys(bucket, after.as_ref(), PAGE)
            .await?;
        let is_last = page.len() < PAGE;
        for object_key in page {
            let object = (bucket, &object_key);
            let applied = self
                .gateway
                .apply_lifecycle(object, (rules, moment), warden);
            match applied.await {
                Ok(true) => {}
                // Told to stop in the middle: this object is looked at again.
                Ok(false) => return Ok(false),
                Err(error) => warden.judge_failure(&object_key, error)?,
            }
            warden.advance_object(&object_key);
        }
        if is_last {
            warden.advance(Place::Uploads(None));
        }
        Ok(false)
    }

    /// One page of uploads. Returns whether it was the last one.
    async fn step_uploads(
        &self,
        (bucket, rules, moment): Work<'_>,
        after: Option<(String, String)>,
        warden: &mut Warden<'_>,
    ) -> Result<bool, GatewayError> {
        let after = after.and_then(|(object_key, upload)| {
            let upload: UploadId = upload.parse().ok()?;
            Some((ObjectKey::parse(&object_key).ok()?, upload))
        });
        let behind = after.as_ref().map(|(object_key, own)| (object_key, *own));
        let page = self.gateway.lifecycle_uploads(bucket, behind, PAGE).await?;
        let is_last = page.len() < PAGE;
        for upload in page {
            let own = KeyRules::of(&rules.configuration, upload.object_key.as_str());
            let Some(initiated) = upload.initiated else {
                let error = CatalogError::Inconsistent("upload").into();
                warden.judge_failure(&upload.object_key, error)?;
                warden.advance(behind_upload(&upload));
                continue;
            };
            if own.aborts(initiated, moment) {
                if !warden.admit().await {
                    return Ok(false);
                }
                let gateway = &self.gateway;
                let aborted = gateway.abort_due_upload((bucket, rules), &upload, warden);
                match aborted.await {
                    Ok(outcome) => warden.outcome(outcome),
                    Err(error) => warden.judge_failure(&upload.object_key, error)?,
                }
            }
            warden.advance(behind_upload(&upload));
        }
        Ok(is_last)
    }
}

fn behind_upload(upload: &OpenUpload) -> Place {
    let object_key = upload.object_key.as_str().to_owned();
    Place::Uploads(Some((object_key, upload.upload.to_string())))
}
