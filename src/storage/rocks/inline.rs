//! Reading rows and pieces where they are asked for, as long as that does not mean waiting for the
//! disk.
//!
//! Owns: `InlineReads`: whether a read goes to the pool. Not here: the reads (`meta`, `blob`).
//!
//! What lies in tables is read from files, which the kernel nearly always has in memory, in 10 us;
//! the way to a thread of the pool and back costs more than that (`docs/PERFORMANCE.md`). Nobody
//! says beforehand whether a read will wait for the disk. But a thread that has waited knows: the
//! kernel counts how often each gave its processor up of its own accord (`ru_nvcsw`, getrusage(2)),
//! which being preempted is not. So reads are made by the thread that answers requests as long as
//! they wait for less than [`WAIT_MAX`] on the average; when they do not, the pool has them for
//! [`PAUSE`]. On a store that is not in memory, the tries take a fiftieth of a thread's time. A
//! disk that hangs has only those threads that began to read within [`HANGING`].

use crate::base::clock::Clock;
use nix::sys::resource::{UsageWho, getrusage};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What a read may wait for on the average: less than the way to the pool and back costs in two
/// threads' time (20 to 100 us, `docs/PERFORMANCE.md`), since those who are answered by the same
/// thread wait as well.
const WAIT_MAX: Duration = Duration::from_micros(20);
/// Reads that the average is taken of, the latest counting most.
const AVERAGED: u64 = 1024;
/// How long reads are left to the pool.
const PAUSE: Duration = Duration::from_millis(500);
/// What took less has not waited for a disk.
const PROMPT: Duration = Duration::from_micros(30);
/// While a read takes longer than this, others are left to the pool. A thread that is preempted in
/// the middle of one is back within a few milliseconds.
const HANGING: Duration = Duration::from_millis(5);

/// Whether reads are made where they are asked for. Threads change it without minding each other: a
/// read more or less in the average does no harm.
#[derive(Debug, Default)]
pub(in crate::storage) struct InlineReads {
    /// By the monotonic clock, in nanoseconds.
    paused_until: AtomicU64,
    /// What reads have waited on the average, in nanoseconds.
    wait: AtomicU64,
    /// When a read that is going on began, by the monotonic clock in nanoseconds; 0 for none. Of
    /// several at once only the first is here.
    going_on: AtomicU64,
    /// How often reads were left to the pool since the start.
    pauses: AtomicU64,
}

/// A read that is going on.
struct GoingOn<'a>(Option<&'a AtomicU64>);

impl Drop for GoingOn<'_> {
    fn drop(&mut self) {
        if let Some(going_on) = self.0 {
            going_on.store(0, Ordering::Relaxed);
        }
    }
}

impl InlineReads {
    /// Runs `read`, unless that might mean waiting; then gives it back.
    pub(in crate::storage) fn try_read<T, F: FnOnce() -> T>(
        &self,
        clock: &dyn Clock,
        read: F,
    ) -> Result<T, F> {
        let begun = nanos(clock.monotonic());
        if begun < self.paused_until.load(Ordering::Relaxed) {
            return Err(read);
        }
        let Some(_going_on) = self.begin(begun) else {
            return Err(read);
        };
        let before = waits();
        let found = read();
        let ended = nanos(clock.monotonic());
        let taken = ended.saturating_sub(begun);
        let has_waited = taken > nanos(PROMPT) && waits() != before;
        self.count(ended, if has_waited { taken } else { 0 });
        Ok(found)
    }

    /// How often reads have waited so long that they were left to the pool for a while.
    pub(in crate::storage) fn pauses(&self) -> u64 {
        self.pauses.load(Ordering::Relaxed)
    }

    /// Notes that a read begins; `None` when another one hangs.
    fn begin(&self, now: u64) -> Option<GoingOn<'_>> {
        let noted =
            self.going_on
                .compare_exchange(0, now.max(1), Ordering::Relaxed, Ordering::Relaxed);
        match noted {
            Ok(_free) => Some(GoingOn(Some(&self.going_on))),
            Err(other) if now.saturating_sub(other) > nanos(HANGING) => None,
            Err(_other) => Some(GoingOn(None)),
        }
    }

    /// Takes a read into the average.
    fn count(&self, now: u64, wait: u64) {
        let average = self.wait.load(Ordering::Relaxed);
        let average = average
            .saturating_sub(average / AVERAGED)
            .saturating_add(wait / AVERAGED);
        if average > nanos(WAIT_MAX) {
            let until = now.saturating_add(nanos(PAUSE));
            self.paused_until.store(until, Ordering::Relaxed);
            self.wait.store(0, Ordering::Relaxed);
            self.pauses.fetch_add(1, Ordering::Relaxed);
        } else {
            self.wait.store(average, Ordering::Relaxed);
        }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// How often this thread has given its processor up because it had to wait.
fn waits() -> Option<i64> {
    let usage = getrusage(UsageWho::RUSAGE_THREAD).ok()?;
    Some(usage.voluntary_context_switches())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::ManualClock;

    /// Gives its processor up, as a read from the disk does.
    fn wait() {
        let (sender, receiver) = std::sync::mpsc::sync_channel::<()>(0);
        assert!(receiver.recv_timeout(Duration::from_millis(1)).is_err());
        drop(sender);
    }

    #[test]
    fn reads_that_wait_too_long_send_those_after_them_to_the_pool_for_a_while() {
        let (reads, clock) = (InlineReads::default(), ManualClock::at(0));
        let slow = || {
            wait();
            clock.advance(Duration::from_millis(5));
        };
        // That is what four may be on the average of a thousand.
        for _ in 0..4 {
            assert!(reads.try_read(&clock, slow).is_ok());
            assert!(reads.try_read(&clock, || ()).is_ok());
        }
        assert!(reads.try_read(&clock, slow).is_ok());
        assert!(reads.try_read(&clock, || ()).is_err());
        clock.advance(Duration::from_millis(499));
        assert!(reads.try_read(&clock, || ()).is_err());
        clock.advance(Duration::from_millis(1));
        assert!(reads.try_read(&clock, || ()).is_ok());
        assert_eq!(reads.pauses(), 1);
        // The disk is still slow, which is found out as fast.
        for _ in 0..5 {
            assert!(reads.try_read(&clock, slow).is_ok());
        }
        assert!(reads.try_read(&clock, || ()).is_err());
        assert_eq!(reads.pauses(), 2);
    }

    #[test]
    fn read_beside_one_that_hangs_goes_to_the_pool() {
        let (reads, clock) = (InlineReads::default(), ManualClock::at(0));
        clock.advance(PAUSE);
        let hanging = || {
            assert!(reads.try_read(&clock, || ()).is_ok());
            clock.advance(HANGING * 2);
            assert!(reads.try_read(&clock, || ()).is_err());
        };
        assert!(reads.try_read(&clock, hanging).is_ok());
        assert!(reads.try_read(&clock, || ()).is_ok());
    }

    #[test]
    fn reads_that_are_only_preempted_go_on() {
        let (reads, clock) = (InlineReads::default(), ManualClock::at(0));
        for _ in 0..2 * AVERAGED {
            let preempted = || clock.advance(HANGING);
            assert!(reads.try_read(&clock, preempted).is_ok());
        }
    }
}
