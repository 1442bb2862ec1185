//! Time as a parameter: wall clock, monotonic clock and sleeping.
//!
//! Owns: the `Clock` trait, the system's clock, and a manual one for tests of time-dependent rules.
//! Not here: calendar formats (`model::time`), the retention clock, which does not
//! believe the wall clock (`catalog::retention_clock`).

use async_trait::async_trait;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Source of time. Everything that reads a clock or waits takes one of these, so that a test can
/// drive it.
#[async_trait]
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Wall clock: milliseconds since 1970-01-01T00:00:00Z.
    fn unix_millis(&self) -> u64;
    /// Monotonic time since an arbitrary start; never goes backwards.
    fn monotonic(&self) -> Duration;
    /// Completes after `duration`.
    ///
    /// # Cancel safety
    /// Dropping the future cancels the wait and nothing else.
    async fn sleep(&self, duration: Duration);
}

/// The operating system's clocks.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time starts now.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the system's clocks"
    )]
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the system's clocks"
    )]
    fn unix_millis(&self) -> u64 {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that sleeps"
    )]
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// A clock that moves only when told to; `sleep` advances it at once. Its wall clock can be set
/// apart from its monotonic time, as an administrator or a broken time server does.
#[derive(Debug, Default)]
pub struct ManualClock {
    time: Mutex<ManualTime>,
}

/// Both times of a manual clock.
#[derive(Clone, Copy, Debug, Default)]
struct ManualTime {
    wall: Duration,
    monotonic: Duration,
}

impl ManualClock {
    /// A clock standing at `unix_millis`.
    pub fn at(unix_millis: u64) -> Self {
        let time = ManualTime {
            wall: Duration::from_millis(unix_millis),
            monotonic: Duration::from_millis(unix_millis),
        };
        Self {
            time: Mutex::new(time),
        }
    }

    /// Moves both times forward.
    pub fn advance(&self, duration: Duration) {
        let mut time = self.time();
        time.wall = time.wall.saturating_add(duration);
        time.monotonic = time.monotonic.saturating_add(duration);
    }

    /// Sets the wall clock, forward or back; the monotonic time stands.
    pub fn set_wall(&self, unix_millis: u64) {
        self.time().wall = Duration::from_millis(unix_millis);
    }

    fn time(&self) -> MutexGuard<'_, ManualTime> {
        self.time.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn unix_millis(&self) -> u64 {
        u64::try_from(self.time().wall.as_millis()).unwrap_or(u64::MAX)
    }

    fn monotonic(&self) -> Duration {
        self.time().monotonic
    }

    async fn sleep(&self, duration: Duration) {
        self.advance(duration);
    }
}
