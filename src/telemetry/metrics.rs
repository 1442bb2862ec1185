//! Counters, in the Prometheus text format. `docs/METRICS.md` explains each; a test compares.

use crate::telemetry::log_writer;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the duration histogram, in milliseconds.
const BUCKETS_MS: [u64; 10] = [1, 2, 5, 10, 25, 50, 100, 500, 2_000, 10_000];

/// Names of all metrics, for the comparison with the documentation.
pub const NAMES: [&str; 14] = [
    "riznica_requests_total",
    "riznica_slowed_requests_total",
    "riznica_request_duration_seconds",
    "riznica_authentication_failures_total",
    "riznica_engine",
    "riznica_log_lines_lost_total",
    "riznica_retention_clock_seconds",
    "riznica_retention_clock_lag_seconds",
    "riznica_retention_clock_alarm",
    "riznica_lifecycle_total",
    "riznica_lifecycle_last_pass_seconds",
    "riznica_quota_limit",
    "riznica_quota_used",
    "riznica_usage_stored_seconds",
];

/// The retention clock's figures.
#[derive(Clone, Copy, Debug)]
pub struct RetentionFigures {
    /// Its time, in milliseconds since 1970.
    pub millis: u64,
    /// Wall clock minus its time, in milliseconds.
    pub lag_millis: i64,
    /// Whether the two are too far apart.
    pub is_alarm: bool,
}

/// A limit, and how much of it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaFigure {
    /// `tenant` or `bucket`.
    pub scope: &'static str,
    /// Its name, without characters that a label cannot hold.
    pub name: String,
    /// What is limited.
    pub kind: &'static str,
    /// How much is used.
    pub used: u64,
    /// The limit.
    pub limit: u64,
}

/// What the lifecycle job does or meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifecycleEvent {
    /// An upload was aborted.
    AbortedUpload,
    /// A current version was put out of sight.
    Expired,
    /// Something could not be judged or acted on.
    Failed,
    /// A lock keeps a version that was due.
    Locked,
    /// The quota leaves no room for a delete marker.
    OverQuota,
    /// The bucket's protection keeps an object that was due.
    Protected,
    /// A delete marker with nothing below it was taken away.
    RemovedMarker,
    /// A noncurrent version was destroyed.
    RemovedVersion,
}

impl LifecycleEvent {
    const ALL: [Self; 8] = [
        Self::AbortedUpload,
        Self::Expired,
        Self::Failed,
        Self::Locked,
        Self::OverQuota,
        Self::Protected,
        Self::RemovedMarker,
        Self::RemovedVersion,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::AbortedUpload => "aborted_upload",
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Locked => "locked",
            Self::OverQuota => "over_quota",
            Self::Protected => "protected",
            Self::RemovedMarker => "removed_marker",
            Self::RemovedVersion => "removed_version",
        }
    }
}

/// All counters of a process.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: Mutex<BTreeMap<(&'static str, u16), u64>>,
    buckets: [AtomicU64; BUCKETS_MS.len()],
    duration_us: AtomicU64,
    count: AtomicU64,
    authentication_failures: AtomicU64,
    lifecycle: [AtomicU64; LifecycleEvent::ALL.len()],
    lifecycle_pass_millis: AtomicU64,
    quotas: Mutex<Vec<QuotaFigure>>,
    slowed: Mutex<BTreeMap<&'static str, u64>>,
    usage_stored_millis: AtomicU64,
}

impl Metrics {
    /// All counters at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts an answered request.
    pub fn request(&self, operation: &'static str, status: u16, elapsed: Duration) {
        *self
            .requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry((operation, status))
            .or_insert(0) += 1;
        let millis = elapsed.as_millis();
        for (bucket, bound) in self.buckets.iter().zip(BUCKETS_MS) {
            if millis <= u128::from(bound) {
                bucket.fetch_add(1, Ordering::Relaxed);
            }
        }
        let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        self.duration_us.fetch_add(micros, Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a request of a tenant that goes faster than this rate of its own.
    pub fn slowed(&self, rate: &'static str) {
        let mut slowed = self.slowed.lock().unwrap_or_else(PoisonError::into_inner);
        *slowed.entry(rate).or_insert(0) += 1;
    }

    /// Counts a request that could not be authenticated.
    pub fn authentication_failed(&self) {
        self.authentication_failures.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts what the lifecycle job did or met.
    pub fn lifecycle(&self, event: LifecycleEvent) {
        let mut counters = LifecycleEvent::ALL.iter().zip(&self.lifecycle);
        if let Some((_, counter)) = counters.find(|(own, _)| **own == event) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Notes when the lifecycle job ended a pass over a bucket, in milliseconds since 1970.
    pub fn lifecycle_pass(&self, millis: u64) {
        self.lifecycle_pass_millis
            .fetch_max(millis, Ordering::Relaxed);
    }

    /// Notes when counts of requests were stored, in milliseconds since 1970.
    pub fn usage_stored(&self, millis: u64) {
        self.usage_stored_millis.store(millis, Ordering::Relaxed);
    }

    /// Replaces the figures of all limits.
    pub fn quotas(&self, figures: Vec<QuotaFigure>) {
        *self.quotas.lock().unwrap_or_else(PoisonError::into_inner) = figures;
    }

    /// All counters, with the figures of engine and retention clock.
    pub fn render(&self, engine: &[(&'static str, u64)], retention: RetentionFigures) -> String {
        let mut out = String::new();
        let written = self.write(&mut out, engine);
        match written.and_then(|()| write_retention(&mut out, retention)) {
            Ok(()) => out,
            // Writing to a string does not fail.
            Err(std::fmt::Error) => String::new(),
        }
    }

    fn write(&self, out: &mut String, engine: &[(&'static str, u64)]) -> std::fmt::Result {
        writeln!(out, "# TYPE riznica_requests_total counter")?;
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        for ((operation, status), count) in requests.iter() {
            writeln!(
                out,
                "riznica_requests_total{{operation=\"{operation}\",status=\"{status}\"}} {count}"
            )?;
        }
        writeln!(out, "# TYPE riznica_request_duration_seconds histogram")?;
        for (bucket, bound) in self.buckets.iter().zip(BUCKETS_MS) {
            let (value, seconds) = (
                bucket.load(Ordering::Relaxed),
                Duration::from_millis(bound).as_secs_f64(),
            );
            writeln!(
                out,
                "riznica_request_duration_seconds_bucket{{le=\"{seconds}\"}} {value}"
            )?;
        }
        let count = self.count.load(Ordering::Relaxed);
        let sum = Duration::from_micros(self.duration_us.load(Ordering::Relaxed)).as_secs_f64();
        writeln!(
            out,
            "riznica_request_duration_seconds_bucket{{le=\"+Inf\"}} {count}"
        )?;
        writeln!(out, "riznica_request_duration_seconds_sum {sum}")?;
        writeln!(out, "riznica_request_duration_seconds_count {count}")?;
        writeln!(out, "# TYPE riznica_authentication_failures_total counter")?;
        let failures = self.authentication_failures.load(Ordering::Relaxed);
        writeln!(out, "riznica_authentication_failures_total {failures}")?;
        writeln!(out, "# TYPE riznica_slowed_requests_total counter")?;
        let slowed = self.slowed.lock().unwrap_or_else(PoisonError::into_inner);
        for (rate, count) in slowed.iter() {
            writeln!(
                out,
                "riznica_slowed_requests_total{{rate=\"{rate}\"}} {count}"
            )?;
        }
        writeln!(out, "# TYPE riznica_engine gauge")?;
        for (figure, value) in engine {
            writeln!(out, "riznica_engine{{figure=\"{figure}\"}} {value}")?;
        }
        writeln!(out, "# TYPE riznica_log_lines_lost_total counter")?;
        let lost = log_writer::lost_lines();
        writeln!(out, "riznica_log_lines_lost_total {lost}")?;
        self.write_lifecycle(out)
    }

    fn write_lifecycle(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "# TYPE riznica_lifecycle_total counter")?;
        for (event, counter) in LifecycleEvent::ALL.iter().zip(&self.lifecycle) {
            let (name, count) = (event.name(), counter.load(Ordering::Relaxed));
            writeln!(out, "riznica_lifecycle_total{{outcome=\"{name}\"}} {count}")?;
        }
        let millis = self.lifecycle_pass_millis.load(Ordering::Relaxed);
        let seconds = Duration::from_millis(millis).as_secs_f64();
        writeln!(out, "# TYPE riznica_lifecycle_last_pass_seconds gauge")?;
        writeln!(out, "riznica_lifecycle_last_pass_seconds {seconds}")?;
        let millis = self.usage_stored_millis.load(Ordering::Relaxed);
        let seconds = Duration::from_millis(millis).as_secs_f64();
        writeln!(out, "# TYPE riznica_usage_stored_seconds gauge")?;
        writeln!(out, "riznica_usage_stored_seconds {seconds}")?;
        self.write_quotas(out)
    }

    fn write_quotas(&self, out: &mut String) -> std::fmt::Result {
        let quotas = self.quotas.lock().unwrap_or_else(PoisonError::into_inner);
        for what in ["limit", "used"] {
            writeln!(out, "# TYPE riznica_quota_{what} gauge")?;
            for figure in quotas.iter() {
                let QuotaFigure {
                    scope, name, kind, ..
                } = figure;
                let value = if what == "limit" {
                    figure.limit
                } else {
                    figure.used
                };
                writeln!(
                    out,
                    "riznica_quota_{what}{{scope=\"{scope}\",name=\"{name}\",quota=\"{kind}\"}} {value}"
                )?;
            }
        }
        Ok(())
    }
}

fn write_retention(out: &mut String, figures: RetentionFigures) -> std::fmt::Result {
    let seconds = Duration::from_millis(figures.millis).as_secs_f64();
    let lag = Duration::from_millis(figures.lag_millis.unsigned_abs()).as_secs_f64();
    let sign = if figures.lag_millis < 0 { "-" } else { "" };
    let alarm = u8::from(figures.is_alarm);
    writeln!(out, "# TYPE riznica_retention_clock_seconds gauge")?;
    writeln!(out, "riznica_retention_clock_seconds {seconds}")?;
    writeln!(out, "# TYPE riznica_retention_clock_lag_seconds gauge")?;
    writeln!(out, "riznica_retention_clock_lag_seconds {sign}{lag}")?;
    writeln!(out, "# TYPE riznica_retention_clock_alarm gauge")?;
    writeln!(out, "riznica_retention_clock_alarm {alarm}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_rendered_and_documented() {
        let metrics = Metrics::new();
        metrics.request("GetObject", 200, Duration::from_millis(3));
        let retention = RetentionFigures {
            millis: 1_795_428_000_250,
            lag_millis: -301_500,
            is_alarm: true,
        };
        metrics.lifecycle(LifecycleEvent::Locked);
        metrics.slowed("bytes in");
        metrics.quotas(vec![QuotaFigure {
            scope: "tenant",
            name: "city".to_owned(),
            kind: "bytes",
            used: 80,
            limit: 100,
        }]);
        let text = metrics.render(&[("pieces", 7)], retention);
        let documentation = include_str!("../../docs/METRICS.md");
        for name in NAMES {
            assert!(text.contains(name), "{name} is not rendered");
            assert!(documentation.contains(name), "{name} is not documented");
        }
        assert!(text.contains("riznica_request_duration_seconds_bucket{le=\"0.005\"} 1"));
        assert!(text.contains("riznica_request_duration_seconds_bucket{le=\"0.002\"} 0"));
        assert!(text.contains("\nriznica_retention_clock_seconds 1795428000.25\n"));
        assert!(text.contains("\nriznica_retention_clock_lag_seconds -301.5\n"));
        assert!(text.contains("\nriznica_retention_clock_alarm 1\n"));
        assert!(text.contains("\nriznica_lifecycle_total{outcome=\"locked\"} 1\n"));
        assert!(text.contains("\nriznica_slowed_requests_total{rate=\"bytes in\"} 1\n"));
        let labels = "scope=\"tenant\",name=\"city\",quota=\"bytes\"";
        assert!(text.contains(&format!("\nriznica_quota_used{{{labels}}} 80\n")));
        assert!(text.contains(&format!("\nriznica_quota_limit{{{labels}}} 100\n")));
    }
}
