//! The progress of warm-up and measured time.
//!
//! Owns: when the measured time begins, as the run notices it. Not here: which requests count
//! (`worker`).

use crate::bench::progress::{Phase, Progress, Rates};
use std::time::Duration;

/// How often the progress is told.
pub(super) const TICK: Duration = Duration::from_millis(100);

/// Milliseconds of a time.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Tells the progress of warm-up and measured time.
pub(super) struct Watch<'a> {
    progress: &'a dyn Progress,
    counted_from: Duration,
    warm_up: Duration,
    duration: Duration,
    is_begun: bool,
}

impl<'a> Watch<'a> {
    /// A watch before the first request.
    pub(super) fn new(
        progress: &'a dyn Progress,
        counted_from: Duration,
        warm_up: Duration,
        duration: Duration,
    ) -> Self {
        if !warm_up.is_zero() {
            progress.begin(Phase::WarmUp, millis(warm_up));
        }
        Self {
            progress,
            counted_from,
            warm_up,
            duration,
            is_begun: false,
        }
    }

    /// When to look again, and whether the measured time has begun with this look.
    pub(super) fn tick(&mut self, now: Duration, so_far: (u64, u64)) -> (Duration, bool) {
        let Some(passed) = now.checked_sub(self.counted_from) else {
            let left = self.counted_from.saturating_sub(now);
            let passed = self.warm_up.saturating_sub(left);
            self.progress.update(millis(passed), None);
            return (TICK.min(left), false);
        };
        let begins = !self.is_begun;
        if begins {
            self.is_begun = true;
            if !self.warm_up.is_zero() {
                self.progress.end();
            }
            self.progress.begin(Phase::Measure, millis(self.duration));
        }
        self.progress.update(millis(passed), rates(so_far, passed));
        (TICK, begins)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "rates of fewer digits than a float has"
)]
fn rates((requests, bytes): (u64, u64), passed: Duration) -> Option<Rates> {
    let seconds = passed.as_secs_f64();
    (seconds > 0.0).then(|| Rates {
        requests_per_s: requests as f64 / seconds,
        mb_per_s: bytes as f64 / seconds / 1e6,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// Notes what it is told.
    #[derive(Debug, Default)]
    struct Notes(Mutex<Vec<String>>);

    impl Progress for Notes {
        fn begin(&self, phase: Phase, len: u64) {
            self.0.lock().unwrap().push(format!("{phase:?} {len}"));
        }

        fn update(&self, done: u64, rates: Option<Rates>) {
            let rate = rates.map(|rates| rates.requests_per_s);
            self.0.lock().unwrap().push(format!("{done} {rate:?}"));
        }

        fn end(&self) {
            self.0.lock().unwrap().push("end".to_owned());
        }
    }

    #[test]
    fn measured_time_begins_once_and_is_not_looked_for_too_late() {
        let (notes, second) = (Notes::default(), Duration::from_secs(1));
        let millis = Duration::from_millis;
        let mut watch = Watch::new(&notes, millis(5000), second, 2 * second);
        assert_eq!(watch.tick(millis(4000), (0, 0)), (TICK, false));
        assert_eq!(watch.tick(millis(4970), (0, 0)), (millis(30), false));
        assert_eq!(watch.tick(millis(5000), (0, 0)), (TICK, true));
        assert_eq!(watch.tick(millis(6000), (50, 0)), (TICK, false));
        let told = [
            "WarmUp 1000",
            "0 None",
            "970 None",
            "end",
            "Measure 2000",
            "0 None",
        ];
        let told = told.into_iter().chain(["1000 Some(50.0)"]);
        assert_eq!(*notes.0.lock().unwrap(), told.collect::<Vec<_>>());
    }
}
