//! The keeper of the retention clock: stores it, and tells the operator when the wall clock cannot
//! be believed.
//!
//! Owns: when it is stored, when a warning is logged and what it says.
//! Not here: how the clock advances (`catalog::retention_clock`).

use crate::base::clock::Clock;
use crate::base::task::Stop;
use crate::catalog::retention_clock::{ClockReading, RetentionClock};
use std::sync::Arc;
use std::time::Duration;

/// Pause between two warnings about the same trouble.
const REMINDER: Duration = Duration::from_hours(1);

/// The keeper.
#[derive(Debug)]
pub struct ClockKeeper {
    retention: Arc<RetentionClock>,
    clock: Arc<dyn Clock>,
    interval: Duration,
}

impl ClockKeeper {
    /// A keeper that looks at the clock once in an interval.
    pub fn new(retention: Arc<RetentionClock>, clock: Arc<dyn Clock>, interval: Duration) -> Self {
        Self {
            retention,
            clock,
            interval,
        }
    }

    /// Keeps the clock until told to stop, and stores it a last time.
    pub async fn run(self, mut stop: Stop) {
        let mut alarm = Alarm::default();
        loop {
            let reading = self.retention.read();
            if let Some(notice) = alarm.judge(&reading, self.clock.monotonic()) {
                log(notice, &reading);
            }
            if let Err(error) = self.retention.persist().await {
                tracing::warn!(
                    error = %error,
                    kind = ?error.kind(),
                    "retention clock is not stored; after a restart it goes on from what was stored last, and locked versions are kept longer"
                );
            }
            if stop.is_stopped() {
                return;
            }
            let pause = self.clock.sleep(self.interval);
            futures::future::select(pause, std::pin::pin!(stop.stopped())).await;
        }
    }
}

/// What an operator is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notice {
    /// The wall clock is ahead.
    Ahead,
    /// The wall clock is behind.
    Behind,
    /// The clocks agree again.
    Over,
}

/// What was said last, and when on the monotonic clock.
#[derive(Debug, Default)]
struct Alarm {
    said: Option<(Notice, Duration)>,
}

impl Alarm {
    /// What there is to say after a reading.
    fn judge(&mut self, reading: &ClockReading, monotonic: Duration) -> Option<Notice> {
        if !reading.is_alarm() {
            return self.said.take().map(|_| Notice::Over);
        }
        let trouble = if reading.lag_millis() > 0 {
            Notice::Ahead
        } else {
            Notice::Behind
        };
        let is_said = self
            .said
            .is_some_and(|(said, at)| said == trouble && monotonic.saturating_sub(at) < REMINDER);
        if is_said {
            return None;
        }
        self.said = Some((trouble, monotonic));
        Some(trouble)
    }
}

fn log(notice: Notice, reading: &ClockReading) {
    let lag_s = reading.lag_millis() / 1000;
    let (wall, retention) = (reading.wall.iso8601(), reading.retention.iso8601());
    match notice {
        Notice::Ahead => tracing::warn!(
            lag_s,
            wall,
            retention,
            "wall clock is ahead of the retention clock: the server was down for that long, or the wall clock jumped forward. Retention holds: the retention clock follows at twice real time at most. Unless it was the downtime, check the machine's clock (NTP) now: a wrong clock that stays ends retention early"
        ),
        Notice::Behind => tracing::warn!(
            lag_s,
            wall,
            retention,
            "wall clock is behind the retention clock: it was set back, or it was ahead for a while before. Retention holds: the retention clock runs at half speed until the wall clock has caught up. Check the machine's clock (NTP)"
        ),
        Notice::Over => tracing::info!(
            lag_s,
            wall,
            retention,
            "wall clock and retention clock agree again"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::ManualClock;
    use crate::model::time::Timestamp;
    use crate::storage::MemoryEngine;

    fn reading(lag_s: i64) -> ClockReading {
        let retention = 1_800_000_000_u64;
        ClockReading {
            retention: Timestamp::from_millis(retention * 1000),
            wall: Timestamp::from_millis(retention.saturating_add_signed(lag_s) * 1000),
        }
    }

    #[test]
    fn alarm_speaks_at_once_then_hourly_then_when_it_is_over() {
        let mut alarm = Alarm::default();
        let mut said = Vec::new();
        for minute in 0..200_u64 {
            let lag_s = match minute {
                10..150 => 86_400,
                160..170 => -86_400,
                _ => 299,
            };
            let at = Duration::from_mins(minute);
            said.extend(
                alarm
                    .judge(&reading(lag_s), at)
                    .map(|notice| (minute, notice)),
            );
        }
        let expected = [
            (10, Notice::Ahead),
            (70, Notice::Ahead),
            (130, Notice::Ahead),
            (150, Notice::Over),
            (160, Notice::Behind),
            (170, Notice::Over),
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn alarm_that_turns_round_speaks_at_once() {
        let mut alarm = Alarm::default();
        let at = Duration::from_secs(7);
        assert_eq!(alarm.judge(&reading(400), at), Some(Notice::Ahead));
        assert_eq!(alarm.judge(&reading(-400), at), Some(Notice::Behind));
        assert_eq!(alarm.judge(&reading(-400), at), None);
    }

    #[tokio::test]
    async fn keeper_stores_the_clock_when_it_stops() {
        let engine = Arc::new(MemoryEngine::new());
        let clock = Arc::new(ManualClock::at(1_000_000));
        let load = || {
            let (engine, clock) = (Arc::clone(&engine), Arc::clone(&clock));
            RetentionClock::load(engine, clock)
        };
        let retention = Arc::new(load().await.unwrap());
        retention.begin().await.unwrap();
        clock.advance(Duration::from_hours(2));
        let interval = Duration::from_mins(1);
        let time: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let keeper = ClockKeeper::new(Arc::clone(&retention), time, interval);
        let handle = tokio::runtime::Handle::current();
        let mut supervisor = crate::base::task::Supervisor::new(handle);
        supervisor.start("clock", |stop| keeper.run(stop));
        supervisor.shutdown().await;
        clock.set_wall(0);
        let stored = load().await.unwrap().now();
        assert!(stored.millis() >= 1_000_000 + 7_200_000);
    }
}
