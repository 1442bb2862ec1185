//! What a run tells.
//!
//! Owns: the figures and their names, which programs rely on; the arithmetic from counts to
//! figures. Not here: how they are printed (`cli::bench`).

use crate::bench::process::Usage;
use crate::bench::tally::{KindTally, Tally};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// Name of the line of all kinds together.
pub const TOTAL: &str = "(total)";

/// The figures of a run with what it takes to read them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Version of this program, not of the server.
    pub riznica: &'static str,
    /// When the counted time began, RFC 3339.
    pub started: String,
    /// From there until the last counted request ended.
    pub seconds: f64,
    /// Why it is shorter than it was meant to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_early: Option<EndedEarly>,
    /// What was asked for.
    pub plan: PlanTold,
    /// The machine that this program ran on.
    pub machine: Machine,
    /// What the server's process used, if `--pid` named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerUse>,
    /// What this program used.
    pub client: ClientUse,
    /// Kinds of requests; with more than one, their sum last.
    pub operations: Vec<Line>,
    /// Failed requests by S3's code or, in parentheses, by what was wrong.
    pub errors: BTreeMap<String, u64>,
    /// The first failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_error: Option<String>,
    /// Objects, versions and delete markers that were deleted in the end.
    pub swept: u64,
}

/// Why a run was shorter than it was meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedEarly {
    /// Everything that there was to delete was deleted.
    NothingLeft,
    /// By Ctrl-C or SIGTERM.
    Signal,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlanTold {
    /// Host and port.
    pub endpoint: String,
    /// Whether it was asked over TLS.
    pub tls: bool,
    /// The bucket.
    pub bucket: String,
    /// What stands before every key of the run.
    pub prefix: String,
    /// Kinds of requests and their weights.
    pub mix: String,
    /// Sizes of objects.
    pub sizes: String,
    /// Bytes of a range.
    pub range_bytes: u64,
    /// Objects that were prepared.
    pub objects: u64,
    /// Connections.
    pub concurrency: usize,
    /// Threads of this program.
    pub threads: usize,
    /// Milliseconds that requests begin in.
    pub duration_ms: u64,
    /// Milliseconds before that.
    pub warm_up_ms: u64,
    /// Whether bodies were signed.
    pub signed_payload: bool,
    /// Given again, contents, sizes and choices are the same.
    pub seed: u64,
}

/// A machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// Processors that this program may use.
    pub cores: usize,
}

/// What a server used in the counted time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ServerUse {
    /// Its process.
    pub pid: u32,
    /// User and system time.
    pub cpu_seconds: f64,
    /// User and system time over all answered requests, refused ones included.
    pub cpu_us_per_request: f64,
    /// Resident memory in the end.
    pub resident_bytes: u64,
    /// The most that was resident since the process began.
    pub resident_peak_bytes: u64,
}

/// What this program used in the counted time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ClientUse {
    /// User and system time.
    pub cpu_seconds: f64,
    /// Of the time that its threads have: near 1 it measures itself.
    pub cpu_share: f64,
    /// The most that was resident.
    pub resident_peak_bytes: u64,
}

/// The figures of one kind of request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// Its name, or [`TOTAL`].
    pub operation: String,
    /// Right answers.
    pub requests: u64,
    /// Wrong answers, refusals, broken connections.
    pub errors: u64,
    /// Answers that ask to come later.
    pub slow_down: u64,
    /// Bytes of objects and documents moved by right answers.
    pub bytes: u64,
    /// Right answers in a second.
    pub requests_per_s: f64,
    /// Megabytes (10^6 bytes) in a second.
    pub mb_per_s: f64,
    /// Half of the right answers took no longer, in milliseconds; as all below.
    pub p50_ms: f64,
    /// Nine of ten.
    pub p90_ms: f64,
    /// 99 of 100.
    pub p99_ms: f64,
    /// 999 of 1,000.
    pub p99_9_ms: f64,
    /// All.
    pub max_ms: f64,
}

/// Digits that are told: what lies behind them is noise.
fn rounded(number: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    let rounded = (number * scale).round() / scale;
    if rounded.is_finite() { rounded } else { 0.0 }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "figures of fewer digits than a float has"
)]
fn float(number: u64) -> f64 {
    number as f64
}

impl Line {
    fn of(operation: &str, counts: &KindTally, time: Duration) -> Self {
        let per_second = |number: f64| number / time.as_secs_f64();
        let millis = |quantile: f64| {
            let latencies = counts.latencies.as_ref();
            let micros = latencies.map_or(0, |latencies| latencies.value_at_quantile(quantile));
            rounded(float(micros) / 1e3, 3)
        };
        Self {
            operation: operation.to_owned(),
            requests: counts.requests,
            errors: counts.errors,
            slow_down: counts.slow_down,
            bytes: counts.bytes,
            requests_per_s: rounded(per_second(float(counts.requests)), 1),
            mb_per_s: rounded(per_second(float(counts.bytes)) / 1e6, 2),
            p50_ms: millis(0.5),
            p90_ms: millis(0.9),
            p99_ms: millis(0.99),
            p99_9_ms: millis(0.999),
            max_ms: millis(1.0),
        }
    }
}

/// The lines of a tally; the sum last when there are several.
pub(super) fn lines(tally: &Tally, time: Duration) -> Vec<Line> {
    let kinds = tally.kinds.iter();
    let mut lines: Vec<_> = kinds
        .map(|(kind, counts)| Line::of(kind.name(), counts, time))
        .collect();
    if lines.len() > 1 {
        lines.push(Line::of(TOTAL, &tally.total(), time));
    }
    lines
}

impl ServerUse {
    /// What was used between two looks.
    pub(super) fn between(pid: u32, before: Usage, after: Usage, answered: u64) -> Self {
        let cpu_seconds = after.cpu_seconds - before.cpu_seconds;
        Self {
            pid,
            cpu_seconds: rounded(cpu_seconds, 3),
            cpu_us_per_request: rounded(cpu_seconds * 1e6 / float(answered), 1),
            resident_bytes: after.resident_bytes,
            resident_peak_bytes: after.resident_peak_bytes,
        }
    }
}

impl ClientUse {
    /// What was used between two looks of so many threads.
    pub(super) fn between(before: Usage, after: Usage, time: Duration, threads: usize) -> Self {
        let cpu_seconds = after.cpu_seconds - before.cpu_seconds;
        let available = time.as_secs_f64() * float(threads as u64);
        Self {
            cpu_seconds: rounded(cpu_seconds, 3),
            cpu_share: rounded(cpu_seconds / available, 2),
            resident_peak_bytes: after.resident_peak_bytes,
        }
    }
}

/// Seconds as they are told.
pub(super) fn seconds(time: Duration) -> f64 {
    rounded(time.as_secs_f64(), 3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::mix::Kind;
    use crate::bench::tally::Tallies;
    use crate::bench::tally::tests::outcome;

    #[test]
    fn figures_follow_from_counts() {
        let tallies = Tallies::new(1);
        for millis in 1..=1000 {
            let ended = outcome(millis, Ok(()));
            tallies.record(0, Kind::Get, 1_000_000, &ended);
        }
        let lines = lines(&tallies.sum(), Duration::from_secs(10));
        assert_eq!(lines.len(), 1);
        let line = &lines[0];
        let near = |told: f64, expected: f64| (told - expected).abs() <= expected / 1000.0;
        assert_eq!((line.operation.as_str(), line.requests), ("get", 1000));
        assert!(near(line.requests_per_s, 100.0) && near(line.mb_per_s, 100.0));
        assert!(
            near(line.p50_ms, 500.0) && near(line.p90_ms, 900.0),
            "{line:?}"
        );
        assert!(
            near(line.p99_ms, 990.0) && near(line.p99_9_ms, 999.0),
            "{line:?}"
        );
        assert!(near(line.max_ms, 1000.0), "{line:?}");
    }

    #[test]
    fn several_kinds_are_summed_and_none_is_no_figure() {
        let tallies = Tallies::new(1);
        assert_eq!(lines(&tallies.sum(), Duration::ZERO), []);
        tallies.record(0, Kind::Get, 5, &outcome(1, Ok(())));
        tallies.record(0, Kind::Put, 7, &outcome(3, Ok(())));
        let lines = lines(&tallies.sum(), Duration::ZERO);
        assert_eq!(lines.len(), 3);
        assert_eq!((lines[2].operation.as_str(), lines[2].bytes), (TOTAL, 12));
        // No time has passed: no rate can be told, and JSON knows no infinity.
        assert_eq!(lines[2].requests_per_s.to_bits(), 0_f64.to_bits());
    }

    #[test]
    fn processor_time_is_shared_among_requests_and_threads() {
        let at = |cpu_seconds| Usage {
            cpu_seconds,
            ..Usage::default()
        };
        let server = ServerUse::between(7, at(1.0), at(3.0), 1000);
        assert!((server.cpu_us_per_request - 2000.0).abs() < 1e-9);
        let client = ClientUse::between(at(1.0), at(3.0), Duration::from_secs(2), 2);
        assert!((client.cpu_share - 0.5).abs() < 1e-9);
    }
}
