//! The retention clock: the time that retention is compared with, which does not believe the wall
//! clock (crypto.md 19). Who can set the machine's clock must not thereby end a retention.
//!
//! Owns: how it advances, and its row in the system partition (`docs/FORMAT.md`). A row that does
//! not decode is an error: the clock is never started anew over it. Not here: when it is stored and
//! who is told that the clocks differ (`jobs::clock`), the rules of locks (`model::lock`).
//!
//! It advances with the monotonic clock. When the wall clock is ahead, because it jumped or because
//! the process was down, it catches up at twice real time; when the wall clock is behind, it runs
//! at half of real time until the wall clock has caught up. Nobody can set it.
//!
//! Invariants
//! - R1: while a process runs, the retention clock never runs backwards, and between two readings
//!   it advances by at least half and at most twice the monotonic time between them; held by
//!   `advance`. Otherwise a jump of the wall clock would make locked versions deletable.
//! - R2: the stored time is never replaced by an earlier one and never ahead of a reading; held by
//!   `RetentionClock::persist`. Otherwise restarts would gain or lose time without bound. A crash
//!   takes the clock back to what was stored last, which keeps versions longer.

use crate::base::clock::Clock;
use crate::base::codec::{CodecError, Reader};
use crate::catalog::error::CatalogError;
use crate::catalog::keyspace;
use crate::catalog::record::{self, RecordKind};
use crate::model::time::Timestamp;
use crate::storage::{CommitError, Engine, MetaBatch, MetaStore, Partition};
use bytes::Bytes;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Half nanoseconds, so that half of any elapsed time is whole and nothing is rounded, however
/// often the clock is read.
const TICKS_PER_NANO: u128 = 2;
/// Ticks of a millisecond.
const TICKS_PER_MILLI: u128 = 1_000_000 * TICKS_PER_NANO;
/// From which difference on an operator is told: far above what a machine with a time server has,
/// and below the skew from which clients are refused (15 minutes).
const ALARM_MILLIS: u64 = 5 * 60 * 1000;

/// The retention clock of an installation. It is shared: each installation has one.
#[derive(Debug)]
pub struct RetentionClock {
    engine: Arc<dyn Engine>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

/// As of the last reading.
#[derive(Clone, Copy, Debug)]
struct State {
    /// The retention clock, in ticks since 1970.
    trusted: u128,
    /// Monotonic time of the reading.
    read_at: Duration,
}

/// Both clocks at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockReading {
    /// The retention clock.
    pub retention: Timestamp,
    /// The wall clock.
    pub wall: Timestamp,
}

impl ClockReading {
    /// Wall clock minus retention clock, in milliseconds.
    pub fn lag_millis(&self) -> i64 {
        let (wall, retention) = (self.wall.millis(), self.retention.millis());
        let lag = i64::try_from(wall.abs_diff(retention)).unwrap_or(i64::MAX);
        if wall < retention { -lag } else { lag }
    }

    /// Whether the clocks are so far apart that an operator has to know.
    pub fn is_alarm(&self) -> bool {
        self.lag_millis().unsigned_abs() > ALARM_MILLIS
    }
}

impl RetentionClock {
    /// Reads the stored time. An installation that has none, because it was never started, begins
    /// with the wall clock's; it stays so only if [`RetentionClock::begin`] stores it.
    ///
    /// # Errors
    /// `Decode` when the row does not decode, or when the engine fails.
    pub async fn load(
        engine: Arc<dyn Engine>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, CatalogError> {
        let stored = stored(&*engine).await?;
        let start = match stored {
            Some((_, stored)) => stored,
            None => Timestamp::from_millis(clock.unix_millis()),
        };
        let state = State {
            trusted: ticks(start),
            read_at: clock.monotonic(),
        };
        Ok(Self {
            engine,
            clock,
            state: Mutex::new(state),
        })
    }

    /// Stores the first time of an installation. Before anything is served: from then on no start
    /// believes the wall clock.
    ///
    /// # Errors
    /// As [`RetentionClock::persist`].
    pub async fn begin(&self) -> Result<(), CatalogError> {
        match stored(&*self.engine).await? {
            Some(_) => Ok(()),
            None => self.persist().await,
        }
    }

    /// The time that retention is compared with.
    pub fn now(&self) -> Timestamp {
        self.read().retention
    }

    /// Wall clock minus retention clock, in milliseconds.
    pub fn lag_millis(&self) -> i64 {
        self.read().lag_millis()
    }

    /// Both clocks.
    pub fn read(&self) -> ClockReading {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // Both are read under the lock: otherwise readings of two threads could overtake each
        // other, and the time between them would count twice.
        let monotonic = self.clock.monotonic();
        let wall = Timestamp::from_millis(self.clock.unix_millis());
        let elapsed = monotonic.saturating_sub(state.read_at);
        state.read_at = state.read_at.max(monotonic);
        let elapsed = elapsed.as_nanos().saturating_mul(TICKS_PER_NANO);
        state.trusted = advance(state.trusted, elapsed, ticks(wall));
        let millis = u64::try_from(state.trusted / TICKS_PER_MILLI).unwrap_or(u64::MAX);
        ClockReading {
            retention: Timestamp::from_millis(millis),
            wall,
        }
    }

    /// Stores the time, unless a later one is stored (R2).
    ///
    /// # Errors
    /// `Decode` when the row does not decode; `Contended` when another call was faster; or when the
    /// engine fails.
    ///
    /// # Cancel safety
    /// A dropped future has stored the time or not.
    pub async fn persist(&self) -> Result<(), CatalogError> {
        let mut batch = MetaBatch::new(Partition::System);
        let stored = stored(&*self.engine).await?;
        let now = self.now();
        match stored {
            Some((_, stored)) if stored >= now => return Ok(()),
            Some((row, _)) => batch.equals(keyspace::retention_clock(), row),
            None => batch.absent(keyspace::retention_clock()),
        };
        let row = record::encode(RecordKind::RetentionClock, |w| {
            w.u64(now.millis());
        });
        batch.put(keyspace::retention_clock(), row.into());
        match self.engine.commit(batch).await {
            Err(CommitError::ConditionFailed { .. }) => Err(CatalogError::Contended),
            other => Ok(other?),
        }
    }
}

fn ticks(at: Timestamp) -> u128 {
    u128::from(at.millis()).saturating_mul(TICKS_PER_MILLI)
}

/// How the clock advances (R1). All in ticks.
fn advance(trusted: u128, elapsed: u128, wall: u128) -> u128 {
    let due = trusted.saturating_add(elapsed);
    if wall >= due {
        due.saturating_add(elapsed.min(wall - due))
    } else {
        wall.max(trusted.saturating_add(elapsed / 2))
    }
}

/// The stored row and what it says.
async fn stored(engine: &dyn Engine) -> Result<Option<(Bytes, Timestamp)>, CatalogError> {
    let row = MetaStore::get(engine, Partition::System, &keyspace::retention_clock()).await?;
    let Some(row) = row else { return Ok(None) };
    let time = decode(&row)?;
    Ok(Some((row, time)))
}

fn decode(row: &[u8]) -> Result<Timestamp, CodecError> {
    let read = |r: &mut Reader<'_>| Ok(Timestamp::from_millis(r.u64()?));
    record::decode(RecordKind::RetentionClock, row, read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::ManualClock;
    use crate::storage::MemoryEngine;
    use proptest::prelude::{Strategy, any, prop, prop_oneof, proptest};
    use proptest::{prop_assert, prop_assert_eq};

    const START: u64 = 1_800_000_000_000;
    const HOUR: Duration = Duration::from_hours(1);
    const DAY_MILLIS: u64 = 86_400_000;

    struct Installation {
        engine: Arc<dyn Engine>,
        clock: Arc<ManualClock>,
    }

    impl Installation {
        fn new() -> Self {
            Self {
                engine: Arc::new(MemoryEngine::new()),
                clock: Arc::new(ManualClock::at(START)),
            }
        }

        async fn try_start(&self) -> Result<RetentionClock, CatalogError> {
            let engine = Arc::clone(&self.engine);
            let clock = Arc::<ManualClock>::clone(&self.clock);
            let retention = RetentionClock::load(engine, clock).await?;
            retention.begin().await?;
            Ok(retention)
        }

        async fn start(&self) -> RetentionClock {
            self.try_start().await.unwrap()
        }

        async fn stored(&self) -> Option<u64> {
            let stored = stored(&*self.engine).await.unwrap();
            stored.map(|(_, time)| time.millis())
        }

        async fn overwrite(&self, row: Vec<u8>) {
            let mut batch = MetaBatch::new(Partition::System);
            batch.put(keyspace::retention_clock(), row.into());
            self.engine.commit(batch).await.unwrap();
        }

        fn shift_wall(&self, millis: i64) {
            let wall = self.clock.unix_millis().saturating_add_signed(millis);
            self.clock.set_wall(wall);
        }
    }

    #[tokio::test]
    async fn first_start_takes_the_wall_clock_and_stores_it() {
        let installation = Installation::new();
        let retention = installation.start().await;
        assert_eq!(retention.now().millis(), START);
        assert_eq!(installation.stored().await, Some(START));
        installation.clock.advance(HOUR);
        assert_eq!(retention.now().millis(), START + 3_600_000);
        assert_eq!(retention.lag_millis(), 0);
        assert!(!retention.read().is_alarm());
    }

    #[tokio::test]
    async fn forward_jump_is_followed_at_twice_real_time() {
        let installation = Installation::new();
        let retention = installation.start().await;
        installation.clock.set_wall(START + 400 * DAY_MILLIS);
        assert_eq!(retention.now().millis(), START);
        assert!(retention.read().is_alarm());
        installation.clock.advance(HOUR);
        assert_eq!(retention.now().millis(), START + 2 * 3_600_000);
        installation.clock.set_wall(START + 3_600_000);
        installation.clock.advance(HOUR);
        assert_eq!(retention.now().millis(), START + 5 * 3_600_000 / 2);
        assert_eq!(retention.lag_millis(), -1_800_000);
        installation.clock.advance(HOUR);
        assert_eq!(retention.lag_millis(), 0);
    }

    #[tokio::test]
    async fn backward_jump_halves_the_speed_until_the_wall_has_caught_up() {
        let installation = Installation::new();
        let retention = installation.start().await;
        installation.shift_wall(-3_600_000);
        for _ in 0..7_200_000 {
            installation.clock.advance(Duration::from_millis(1));
            retention.now();
        }
        assert_eq!(retention.now().millis(), START + 3_600_000);
        assert_eq!(retention.lag_millis(), 0);
        installation.clock.advance(HOUR);
        assert_eq!(retention.now().millis(), START + 2 * 3_600_000);
    }

    #[tokio::test]
    async fn odd_nanoseconds_are_neither_lost_nor_gained() {
        let installation = Installation::new();
        let retention = installation.start().await;
        installation.clock.set_wall(0);
        let readings = 3_000_000;
        for _ in 0..readings {
            installation.clock.advance(Duration::from_nanos(333));
            retention.now();
        }
        let trusted = retention.state.lock().unwrap().trusted;
        assert_eq!(
            trusted,
            u128::from(START) * TICKS_PER_MILLI + 333 * readings
        );
    }

    #[tokio::test]
    async fn flapping_wall_gains_at_most_twice_real_time() {
        let installation = Installation::new();
        let retention = installation.start().await;
        let mut before = retention.now();
        for round in 0..10_000_u64 {
            let wall = if round % 2 == 0 {
                START + 400 * DAY_MILLIS
            } else {
                START - 3650 * DAY_MILLIS
            };
            installation.clock.set_wall(wall);
            installation.clock.advance(Duration::from_millis(7));
            let now = retention.now();
            assert!(now >= before);
            before = now;
        }
        // 7 ms at twice the speed, then 7 ms at half of it.
        assert_eq!(before.millis(), START + 10_000 * (14 + 7 / 2) / 2 + 2_500);
    }

    #[tokio::test]
    async fn restarts_neither_gain_time_nor_believe_the_wall_clock() {
        let installation = Installation::new();
        drop(installation.start().await);
        installation.clock.set_wall(START + 400 * DAY_MILLIS);
        for _ in 0..1000 {
            let retention = installation.start().await;
            installation.clock.advance(Duration::from_secs(1));
            retention.persist().await.unwrap();
            // Down for a day.
            drop(retention);
            installation.clock.advance(Duration::from_hours(24));
        }
        let retention = installation.start().await;
        assert_eq!(retention.now().millis(), START + 2 * 1_000_000);
    }

    #[tokio::test]
    async fn downtime_is_caught_up() {
        let installation = Installation::new();
        drop(installation.start().await);
        installation.clock.advance(HOUR);
        let retention = installation.start().await;
        assert_eq!(retention.lag_millis(), 3_600_000);
        assert!(retention.read().is_alarm());
        installation.clock.advance(HOUR);
        assert_eq!(retention.lag_millis(), 0);
        assert_eq!(retention.now().millis(), START + 2 * 3_600_000);
    }

    #[tokio::test]
    async fn stored_time_is_never_replaced_by_an_earlier_one() {
        let installation = Installation::new();
        let (early, late) = (installation.start().await, installation.start().await);
        installation.shift_wall(-3_600_000);
        early.persist().await.unwrap();
        assert_eq!(installation.stored().await, Some(START));
        installation.clock.advance(HOUR);
        late.persist().await.unwrap();
        assert_eq!(installation.stored().await, Some(START + 1_800_000));
        let later = record::encode(RecordKind::RetentionClock, |w| {
            w.u64(START + DAY_MILLIS);
        });
        installation.overwrite(later).await;
        early.persist().await.unwrap();
        assert_eq!(installation.stored().await, Some(START + DAY_MILLIS));
    }

    #[tokio::test]
    async fn row_that_does_not_decode_stops_the_start_and_stays() {
        let installation = Installation::new();
        let retention = installation.start().await;
        let good = record::encode(RecordKind::RetentionClock, |w| {
            w.u64(START);
        });
        let other_kind = record::encode(RecordKind::Released, |w| {
            w.u64(START);
        });
        let mut bad = vec![Vec::new(), other_kind, good[..good.len() - 1].to_vec()];
        for at in 0..good.len() {
            let mut flipped = good.clone();
            flipped[at] ^= 1;
            bad.push(flipped);
        }
        for row in bad {
            installation.overwrite(row.clone()).await;
            let refused = installation.try_start().await.unwrap_err();
            assert!(matches!(refused, CatalogError::Decode(_)), "{row:?}");
            let refused = retention.persist().await.unwrap_err();
            assert!(matches!(refused, CatalogError::Decode(_)), "{row:?}");
            let meta_key = keyspace::retention_clock();
            let found = MetaStore::get(&*installation.engine, Partition::System, &meta_key);
            assert_eq!(found.await.unwrap().unwrap(), row);
        }
    }

    #[test]
    fn alarm_is_raised_above_five_minutes_on_either_side() {
        let at = |wall: u64| ClockReading {
            retention: Timestamp::from_millis(START),
            wall: Timestamp::from_millis(wall),
        };
        for (wall, lag, is_alarm) in [
            (START + 300_000, 300_000, false),
            (START + 300_001, 300_001, true),
            (START - 300_000, -300_000, false),
            (START - 300_001, -300_001, true),
        ] {
            assert_eq!(
                (at(wall).lag_millis(), at(wall).is_alarm()),
                (lag, is_alarm)
            );
        }
        assert_eq!(at(u64::MAX).lag_millis(), i64::MAX);
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Run(Duration),
        SetWall(u64),
        ShiftWall(i64),
        Down {
            running_nanos: u64,
            down_millis: u64,
            stores: bool,
        },
    }

    fn step() -> impl Strategy<Value = Step> {
        let year = (365 * DAY_MILLIS).cast_signed();
        prop_oneof![
            4 => (0..5_000_000_000_u64).prop_map(|nanos| Step::Run(Duration::from_nanos(nanos))),
            2 => (0..400 * DAY_MILLIS).prop_map(|millis| Step::Run(Duration::from_millis(millis))),
            1 => any::<u64>().prop_map(Step::SetWall),
            2 => (-10_000..10_000_i64).prop_map(Step::ShiftWall),
            2 => (-10 * year..10 * year).prop_map(Step::ShiftWall),
            1 => (0..5_000_000_000_u64, 0..400 * DAY_MILLIS, any::<bool>()).prop_map(
                |(running_nanos, down_millis, stores)| Step::Down {
                    running_nanos,
                    down_millis,
                    stores
                }
            ),
        ]
    }

    proptest! {
        // R1, R2.
        #[test]
        fn clock_keeps_its_bounds_under_any_history(steps in prop::collection::vec(step(), 1..60)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let outcome: Result<(), proptest::test_runner::TestCaseError> = runtime.block_on(async {
                let installation = Installation::new();
                let mut retention = installation.start().await;
                let mut running = Duration::ZERO;
                let mut before = retention.now();
                let mut stored = START;
                for step in steps {
                    let mut elapsed = Duration::ZERO;
                    match step {
                        Step::SetWall(millis) => installation.clock.set_wall(millis),
                        Step::ShiftWall(millis) => installation.shift_wall(millis),
                        Step::Run(time) => elapsed = time,
                        Step::Down { running_nanos, down_millis, stores } => {
                            installation.clock.advance(Duration::from_nanos(running_nanos));
                            running += Duration::from_nanos(running_nanos);
                            if stores {
                                retention.persist().await.unwrap();
                            }
                            let found = installation.stored().await.unwrap();
                            prop_assert!(found >= stored && found <= retention.now().millis());
                            stored = found;
                            installation.clock.advance(Duration::from_millis(down_millis));
                            retention = installation.start().await;
                            before = retention.now();
                            prop_assert_eq!(before.millis(), stored);
                        }
                    }
                    installation.clock.advance(elapsed);
                    running += elapsed;
                    let now = retention.now();
                    let gone = u128::from(now.millis().checked_sub(before.millis()).unwrap());
                    // A reading is truncated to milliseconds.
                    prop_assert!(gone + 1 >= elapsed.as_millis() / 2);
                    prop_assert!(gone <= elapsed.as_millis() * 2 + 2);
                    let in_all = u128::from(now.millis() - START);
                    prop_assert!(in_all <= running.as_millis() * 2 + 2);
                    before = now;
                }
                Ok(())
            });
            outcome?;
        }

        #[test]
        fn clock_converges_when_the_wall_clock_stays(
            shift in -30 * DAY_MILLIS.cast_signed()..30 * DAY_MILLIS.cast_signed(),
            readings in 1..2000_u64,
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let installation = Installation::new();
            let retention = runtime.block_on(installation.start());
            installation.shift_wall(shift);
            // A second gains a second when the wall clock is ahead, half a second when it is
            // behind.
            let due = shift.unsigned_abs() * if shift < 0 { 2 } else { 1 };
            for reading in 0..readings {
                let pause = due * (reading + 1) / readings - due * reading / readings;
                if pause > 0 {
                    prop_assert_eq!(retention.lag_millis().signum(), shift.signum());
                }
                installation.clock.advance(Duration::from_millis(pause));
                retention.now();
            }
            prop_assert_eq!(retention.lag_millis(), 0);
            installation.clock.advance(HOUR);
            prop_assert_eq!(retention.lag_millis(), 0);
        }
    }

    #[test]
    fn readings_of_many_threads_count_no_time_twice() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let installation = Installation::new();
        let retention = runtime.block_on(installation.start());
        installation.clock.set_wall(START + 400 * DAY_MILLIS);
        let read = || {
            let mut before = retention.now();
            for _ in 0..20_000 {
                installation.clock.advance(Duration::from_micros(1));
                let now = retention.now();
                assert!(now >= before);
                before = now;
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(read);
            }
        });
        assert_eq!(retention.now().millis(), START + 2 * 160);
    }
}
