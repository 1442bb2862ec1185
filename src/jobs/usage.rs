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
