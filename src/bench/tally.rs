//! Counts of what came of requests.
//!
//! Owns: latencies in histograms, faults by code, in memory that does not grow with time. Not here:
//! how they are told (`report`).

use crate::bench::client::Outcome;
use crate::bench::mix::Kind;
use hdrhistogram::Histogram;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Digits of a latency that are kept: 2,048 counters for each doubling.
const DIGITS: u8 = 3;
/// The longest latency that is told apart, in microseconds: a day, as the longest patience.
const LATENCY_MAX: u64 = 86_400_000_000;
/// Codes that are told apart: they come from the server.
const CODES_MAX: usize = 64;
/// Stands for the codes beyond.
const OTHER_CODES: &str = "(other codes)";

/// Counts of one kind of request.
#[derive(Clone, Debug, Default)]
pub(super) struct KindTally {
    /// Latencies of right answers, in microseconds; `None` before the first.
    pub(super) latencies: Option<Histogram<u64>>,
    /// Right answers.
    pub(super) requests: u64,
    /// Wrong answers, refusals, broken connections.
    pub(super) errors: u64,
    /// Answers that ask to come later.
    pub(super) slow_down: u64,
    /// Bytes of objects and documents that were moved by right answers.
    pub(super) bytes: u64,
}

/// Counts of all kinds.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) kinds: BTreeMap<Kind, KindTally>,
    pub(super) codes: BTreeMap<String, u64>,
    pub(super) first_error: Option<String>,
    /// When the last request ended.
    pub(super) ended: Duration,
}

impl Tally {
    fn record(&mut self, kind: Kind, bytes: u64, outcome: &Outcome) {
        let counts = self.kinds.entry(kind).or_default();
        self.ended = self.ended.max(outcome.ended);
        match &outcome.result {
            Ok(_) => {
                counts.requests += 1;
                counts.bytes += bytes;
                counts.record_latency(outcome.ended.saturating_sub(outcome.began));
            }
            Err(fault) if fault.slow_down().is_some() => counts.slow_down += 1,
            Err(fault) => {
                counts.errors += 1;
                self.count_code(fault.code(), 1);
                self.first_error.get_or_insert_with(|| fault.line());
            }
        }
    }

    fn count_code(&mut self, code: &str, count: u64) {
        let own = self.codes.len() - usize::from(self.codes.contains_key(OTHER_CODES));
        let is_room = own < CODES_MAX || self.codes.contains_key(code);
        let code = if is_room { code } else { OTHER_CODES };
        *self.codes.entry(code.to_owned()).or_default() += count;
    }

    fn add(&mut self, other: &Self) {
        for (kind, counts) in &other.kinds {
            self.kinds.entry(*kind).or_default().add(counts);
        }
        for (code, count) in &other.codes {
            self.count_code(code, *count);
        }
        self.ended = self.ended.max(other.ended);
        if self.first_error.is_none() {
            self.first_error.clone_from(&other.first_error);
        }
    }

    /// All kinds together.
    pub(super) fn total(&self) -> KindTally {
        let mut total = KindTally::default();
        for counts in self.kinds.values() {
            total.add(counts);
        }
        total
    }
}

impl KindTally {
    fn record_latency(&mut self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(LATENCY_MAX);
        if self.latencies.is_none() {
            // Never refused: the bounds are constants that the crate allows.
            self.latencies = Histogram::new_with_bounds(1, LATENCY_MAX, DIGITS).ok();
        }
        if let Some(latencies) = &mut self.latencies {
            latencies.saturating_record(micros.max(1));
        }
    }

    fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.errors += other.errors;
        self.slow_down += other.slow_down;
        self.bytes += other.bytes;
        match (&mut self.latencies, &other.latencies) {
            (Some(own), Some(latencies)) => {
                let is_added = own.add(latencies).is_ok();
                debug_assert!(is_added, "both have the same bounds");
            }
            (own @ None, latencies) => own.clone_from(latencies),
            (Some(_), None) => {}
        }
    }
}

/// Counts that workers write at the same time: a shard for each thread, so that histograms, some
/// 230 KiB for each kind, are few and seldom waited for.
#[derive(Debug)]
pub(super) struct Tallies {
    shards: Vec<Mutex<Tally>>,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl Tallies {
    /// Counts of nothing.
    pub(super) fn new(shards: usize) -> Self {
        Self {
            shards: (0..shards.max(1)).map(|_| Mutex::default()).collect(),
            requests: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        }
    }

    /// Counts a request of a worker; `bytes` are what it moved if it was answered right.
    pub(super) fn record(&self, worker: usize, kind: Kind, bytes: u64, outcome: &Outcome) {
        if outcome.result.is_ok() {
            self.requests.fetch_add(1, Ordering::Relaxed);
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
        }
        if let Some(shard) = self.shards.get(worker % self.shards.len()) {
            let mut tally = shard.lock().unwrap_or_else(PoisonError::into_inner);
            tally.record(kind, bytes, outcome);
        }
    }

    /// Right answers and their bytes so far.
    pub(super) fn so_far(&self) -> (u64, u64) {
        (
            self.requests.load(Ordering::Relaxed),
            self.bytes.load(Ordering::Relaxed),
        )
    }

    /// All shards together.
    pub(super) fn sum(&self) -> Tally {
        let mut sum = Tally::default();
        for shard in &self.shards {
            sum.add(&shard.lock().unwrap_or_else(PoisonError::into_inner));
        }
        sum
    }
}

#[cfg(test)]
pub(in crate::bench) mod tests {
    use super::*;
    use crate::bench::client::Answer;
    use crate::bench::fault::Fault;

    /// A request that took so long.
    pub(in crate::bench) fn outcome(millis: u64, result: Result<(), Fault>) -> Outcome {
        Outcome {
            began: Duration::from_secs(1),
            ended: Duration::from_secs(1) + Duration::from_millis(millis),
            received: 0,
            result: result.map(|()| Answer {
                etag: None,
                document: Vec::new(),
            }),
        }
    }

    fn refused(code: &str) -> Result<(), Fault> {
        let told = (code.to_owned(), "told".to_owned());
        Err(Fault::refused("GET", 503, Some(told), None))
    }

    #[test]
    fn shards_add_up_and_faults_have_no_latency() {
        let tallies = Tallies::new(3);
        for worker in 0..10 {
            tallies.record(worker, Kind::Get, 100, &outcome(10, Ok(())));
            tallies.record(worker, Kind::Put, 7, &outcome(20, refused("InternalError")));
            tallies.record(worker, Kind::Put, 7, &outcome(30, refused("SlowDown")));
        }
        tallies.record(0, Kind::Get, 1, &outcome(500, Ok(())));
        let sum = tallies.sum();
        let (get, put) = (&sum.kinds[&Kind::Get], &sum.kinds[&Kind::Put]);
        assert_eq!((get.requests, get.errors, get.bytes), (11, 0, 1001));
        assert_eq!(
            (put.requests, put.errors, put.slow_down, put.bytes),
            (0, 10, 10, 0)
        );
        assert!(put.latencies.is_none());
        let latencies = get.latencies.as_ref().unwrap();
        assert!((9_990..=10_010).contains(&latencies.value_at_quantile(0.5)));
        assert!((499_000..=501_000).contains(&latencies.max()));
        assert_eq!(
            sum.codes,
            BTreeMap::from([("InternalError".to_owned(), 10)])
        );
        assert_eq!(sum.ended, Duration::from_millis(1500));
        assert_eq!(tallies.so_far(), (11, 1001));
        assert_eq!(sum.total().requests, 11);
        let first = sum.first_error.unwrap();
        assert!(first.contains("503 InternalError"), "{first}");
    }

    #[test]
    fn codes_of_a_strange_server_are_bounded() {
        let tallies = Tallies::new(1);
        for number in 0..1000 {
            let code = format!("Code{number}");
            tallies.record(0, Kind::Get, 0, &outcome(1, refused(&code)));
        }
        let codes = tallies.sum().codes;
        assert_eq!(codes.len(), CODES_MAX + 1);
        assert_eq!(codes.values().sum::<u64>(), 1000);
    }
}
