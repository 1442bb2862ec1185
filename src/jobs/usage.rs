//! The keeper of usage: stores what is asked of buckets, closes months, takes old hours away.
//!
//! Not here: counting (`catalog::traffic`), what is held (`catalog::usage_hours`), sums
//! (`catalog::usage_months`).

use crate::base::clock::Clock;
use crate::base::task::Stop;
use crate::catalog::error::CatalogError;
use crate::catalog::retention_clock::RetentionClock;
use crate::catalog::traffic::TrafficTable;
use crate::catalog::{tenants, usage_hours, usage_months};
use crate::model::month::{HOUR_MILLIS, Hour, Month, hour_of};
use crate::model::time::Timestamp;
use crate::storage::Engine;
use crate::telemetry::metrics::Metrics;
use std::sync::Arc;
use std::time::Duration;

/// Pause between two stores: what a crash may lose of the counts of requests and bytes moved.
const INTERVAL: Duration = Duration::from_mins(1);
/// How long after its end a month is closed. Until then everything that belongs into it has been
/// stored, also if the clock was set back a little by a crash.
const CLOSING_MILLIS: u64 = HOUR_MILLIS;
/// Hours of a day.
const DAY_HOURS: u64 = 24;

/// The job.
#[derive(Debug)]
pub struct UsageKeeper {
    engine: Arc<dyn Engine>,
    clock: Arc<dyn Clock>,
    retention: Arc<RetentionClock>,
    traffic: Arc<TrafficTable>,
    metrics: Arc<Metrics>,
    kept_days: u64,
}

/// What was done last.
#[derive(Debug, Default)]
struct Done {
    /// Hour in which months were closed.
    closed: Option<Hour>,
    /// Day on which hours were taken away.
    purged: Option<u64>,
}

impl UsageKeeper {
    /// A keeper that keeps hours for so many days.
    pub fn new(
        engine: Arc<dyn Engine>,
        clocks: (Arc<dyn Clock>, Arc<RetentionClock>),
        traffic: Arc<TrafficTable>,
        metrics: Arc<Metrics>,
        kept_days: u64,
    ) -> Self {
        let (clock, retention) = clocks;
        Self {
            engine,
            clock,
            retention,
            traffic,
            metrics,
            kept_days,
        }
    }

    /// Keeps usage until told to stop, and stores what is counted a last time.
    pub async fn run(self, mut stop: Stop) {
        let mut done = Done::default();
        loop {
            if let Err(error) = self.turn(&mut done).await {
                let kind = error.kind();
                tracing::warn!(%error, ?kind, "usage cannot be stored; it stays counted in memory, and the next turn tries again");
            }
            if stop.is_stopped() {
                return;
            }
            let pause = self.clock.sleep(INTERVAL);
            futures::future::select(pause, std::pin::pin!(stop.stopped())).await;
        }
    }

    async fn turn(&self, done: &mut Done) -> Result<(), CatalogError> {
        self.traffic.store(&*self.engine).await?;
        self.metrics.usage_stored(self.clock.unix_millis());
        let now = self.retention.now();
        let hour = hour_of(now);
        if done.closed != Some(hour) {
            self.close_months(now).await?;
            done.closed = Some(hour);
        }
        let day = u64::from(hour) / DAY_HOURS;
        if done.purged != Some(day) {
            self.purge(now).await?;
            done.purged = Some(day);
        }
        Ok(())
    }

    /// The oldest month whose hours are kept.
    fn oldest(&self, now: Timestamp) -> Month {
        let kept = self.kept_days.saturating_mul(DAY_HOURS * HOUR_MILLIS);
        Month::of(Timestamp::from_millis(now.millis().saturating_sub(kept)))
    }

    /// Closes all months that are over and whose hours are there, the oldest first.
    async fn close_months(&self, now: Timestamp) -> Result<(), CatalogError> {
        let over = Timestamp::from_millis(now.millis().saturating_sub(CLOSING_MILLIS));
        let oldest = self.oldest(now);
        for tenant in tenants::list(&*self.engine).await? {
            let tenant = tenant.tenant;
            let mut open = Vec::new();
            let mut next = Month::of(over).before();
            while let Some(month) = next.filter(|month| *month >= oldest) {
                if usage_months::is_closed(&*self.engine, tenant, month).await? {
                    break;
                }
                open.push(month);
                next = month.before();
            }
            for month in open.into_iter().rev() {
                usage_months::close(&*self.engine, tenant, month).await?;
            }
        }
        Ok(())
    }

    async fn purge(&self, now: Timestamp) -> Result<(), CatalogError> {
        let before = self.oldest(now).hours().start;
        for tenant in tenants::list(&*self.engine).await? {
            usage_hours::purge(&*self.engine, tenant.tenant, before).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::ManualClock;
    use crate::catalog::buckets::{self, BucketRecord};
    use crate::catalog::guarded_batch;
    use crate::catalog::tenants::TenantRecord;
    use crate::catalog::usage::{self, Account};
    use crate::catalog::usage_months::BucketUsage;
    use crate::model::bucket::BucketName;
    use crate::model::id::{BucketId, TenantId};
    use crate::model::quota::{TenantLimits, UsageChange};
    use crate::model::traffic::{RequestKind, Traffic};
    use crate::storage::MemoryEngine;

    const TENANT: TenantId = TenantId::from_bytes([1; 16]);
    const BUCKET: BucketId = BucketId::from_bytes([7; 16]);
    const KEPT_DAYS: u64 = 62;
    const HOUR: u128 = HOUR_MILLIS as u128;

    struct Place {
        keeper: UsageKeeper,
        clock: Arc<ManualClock>,
        done: Done,
    }

    impl Place {
        /// A tenant with a bucket, at the beginning of a month.
        async fn new(month: Month) -> Self {
            let engine: Arc<dyn Engine> = Arc::new(MemoryEngine::new());
            let clock = Arc::new(ManualClock::at(month.start().millis()));
            let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
            let retention = RetentionClock::load(Arc::clone(&engine), Arc::clone(&shared)).await;
            let tenant = TenantRecord::sample(TENANT, "city");
            tenants::create(&*engine, &tenant, |_batch| {})
                .await
                .unwrap();
            buckets::create(&*engine, &bucket(), &[], 9).await.unwrap();
            let clocks = (shared, Arc::new(retention.unwrap()));
            let traffic = Arc::new(TrafficTable::default());
            let metrics = Arc::new(Metrics::new());
            Self {
                keeper: UsageKeeper::new(engine, clocks, traffic, metrics, KEPT_DAYS),
                clock,
                done: Done::default(),
            }
        }

        fn now(&self) -> Timestamp {
            self.keeper.retention.now()
        }

        async fn store(&self, bytes: i64) {
            let change = UsageChange {
                bytes,
                objects: bytes.signum(),
                upload_bytes: 0,
            };
            let account = Account::of(&bucket(), TenantLimits::default(), self.now());
            let mut batch = guarded_batch(BUCKET);
            usage::count(&mut batch, &account, change);
            self.keeper.engine.commit(batch).await.unwrap();
        }

        fn ask(&self) {
            let get = Traffic::of(RequestKind::Get, 1, 10);
            self.keeper
                .traffic
                .count(TENANT, Some(BUCKET), self.now(), get);
        }

        async fn at(&mut self, time: u64) {
            let pause = time - self.now().millis();
            self.clock.advance(Duration::from_millis(pause));
            self.keeper.turn(&mut self.done).await.unwrap();
        }

        async fn month(&self, month: Month) -> (bool, Vec<BucketUsage>) {
            let engine = &*self.keeper.engine;
            let is_closed = usage_months::is_closed(engine, TENANT, month).await;
            let told = usage_months::of_tenant(engine, TENANT, month, self.now()).await;
            (is_closed.unwrap(), told.unwrap())
        }
    }

    fn bucket() -> BucketRecord {
        let name = BucketName::parse("records").unwrap();
        BucketRecord::new(BUCKET, name, TENANT, Timestamp::default(), Vec::new())
    }

    #[tokio::test]
    async fn month_is_closed_an_hour_after_its_end_and_stays() {
        let month = Month::parse("2026-11").unwrap();
        let mut place = Place::new(month).await;
        place.store(100).await;
        place.ask();
        let end = month.end().millis();
        place.at(end - 1).await;
        place.ask();
        place.at(end + HOUR_MILLIS - 1).await;
        let (is_closed, before) = place.month(month).await;
        assert!(!is_closed);
        assert_eq!(before[0].figures.bytes.millis, 100 * 720 * HOUR);
        assert_eq!(before[0].figures.traffic.requests_of(RequestKind::Get), 2);
        place.store(-100).await;
        place.at(end + HOUR_MILLIS).await;
        let (is_closed, after) = place.month(month).await;
        assert!(is_closed);
        assert_eq!(after, before);
        let (is_closed, next) = place.month(Month::parse("2026-12").unwrap()).await;
        assert!(!is_closed);
        assert_eq!(next[0].figures.bytes.millis, 100 * (HOUR - 1));
    }

    #[tokio::test]
    async fn months_that_nobody_closed_are_closed_later_and_old_hours_go() {
        let month = Month::parse("2026-11").unwrap();
        let mut place = Place::new(month).await;
        place.store(100).await;
        // Nothing runs for two months and a day.
        let late = Month::parse("2027-01").unwrap();
        place.at(late.start().millis() + 86_400_000).await;
        for (name, hours) in [("2026-11", 720), ("2026-12", 744)] {
            let (is_closed, told) = place.month(Month::parse(name).unwrap()).await;
            assert!(is_closed, "{name}");
            assert_eq!(told[0].figures.bytes.millis, 100 * hours * HOUR, "{name}");
        }
        place.store(50).await;
        let before = place.month(month).await;
        let engine = Arc::clone(&place.keeper.engine);
        let hours = || usage_months::by_hours(&*engine, TENANT, month, late.end());
        assert_eq!(hours().await.unwrap().map(|own| own.len()), Some(720));
        // What stands since November is told although its hours are gone.
        let year = Month::parse("2027-12").unwrap();
        place.at(year.start().millis() + 86_400_000).await;
        assert!(hours().await.unwrap().is_none());
        assert_eq!(place.month(month).await, before);
        let (_, told) = place.month(year).await;
        assert_eq!(told[0].figures.bytes.millis, 150 * 24 * HOUR);
        let spring = Month::parse("2027-11").unwrap();
        let (is_closed, told) = place.month(spring).await;
        assert!(is_closed);
        assert_eq!(told[0].figures.bytes.millis, 150 * 720 * HOUR);
    }

    #[tokio::test]
    async fn counts_are_stored_when_the_keeper_stops() {
        let place = Place::new(Month::parse("2026-11").unwrap()).await;
        place.ask();
        let (engine, traffic) = (
            Arc::clone(&place.keeper.engine),
            Arc::clone(&place.keeper.traffic),
        );
        let at = place.now();
        let handle = tokio::runtime::Handle::current();
        let mut supervisor = crate::base::task::Supervisor::new(handle);
        let keeper = place.keeper;
        supervisor.start("usage", |stop| keeper.run(stop));
        supervisor.shutdown().await;
        assert_eq!(traffic.waiting(), 0);
        let hour = hour_of(at);
        let told = usage_hours::of_bucket(&*engine, (TENANT, BUCKET), hour..hour + 1, at);
        let told = told.await.unwrap();
        assert_eq!(told[0].1.traffic.bytes_out, 10);
    }
}
