//! Counters, in the Prometheus text format. `docs/METRICS.md` explains each; a test compares.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the duration histogram, in milliseconds.
const BUCKETS_MS: [u64; 10] = [1, 2, 5, 10, 25, 50, 100, 500, 2_000, 10_000];

/// Names of all metrics, for the comparison with the documentation.
pub const NAMES: [&str; 4] = [
    "riznica_requests_total",
    "riznica_request_duration_seconds",
    "riznica_authentication_failures_total",
    "riznica_engine",
];

/// All counters of a process.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: Mutex<BTreeMap<(&'static str, u16), u64>>,
    buckets: [AtomicU64; BUCKETS_MS.len()],
    duration_us: AtomicU64,
    count: AtomicU64,
    authentication_failures: AtomicU64,
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

    /// Counts a request that could not be authenticated.
    pub fn authentication_failed(&self) {
        self.authentication_failures.fetch_add(1, Ordering::Relaxed);
    }

    /// All counters, with the engine's figures.
    pub fn render(&self, engine: &[(&'static str, u64)]) -> String {
        let mut out = String::new();
        match self.write(&mut out, engine) {
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
        writeln!(out, "# TYPE riznica_engine gauge")?;
        for (figure, value) in engine {
            writeln!(out, "riznica_engine{{figure=\"{figure}\"}} {value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_rendered_and_documented() {
        let metrics = Metrics::new();
        metrics.request("GetObject", 200, Duration::from_millis(3));
        let text = metrics.render(&[("pieces", 7)]);
        let documentation = include_str!("../../docs/METRICS.md");
        for name in NAMES {
            assert!(text.contains(name), "{name} is not rendered");
            assert!(documentation.contains(name), "{name} is not documented");
        }
        assert!(text.contains("riznica_request_duration_seconds_bucket{le=\"0.005\"} 1"));
        assert!(text.contains("riznica_request_duration_seconds_bucket{le=\"0.002\"} 0"));
    }
}
