//! The watch over quotas: tells the operator before a limit is reached, not by it.
//!
//! Owns: how full the limits are as metrics, a warning when a threshold is passed.
//! Not here: refusing what would pass a limit (`catalog::usage`).

use crate::base::clock::Clock;
use crate::base::task::Stop;
use crate::catalog::error::CatalogError;
use crate::catalog::{buckets, tenants, usage};
use crate::model::quota::{QuotaKind, QuotaScope};
use crate::storage::Engine;
use crate::telemetry::metrics::{Metrics, QuotaFigure};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Shares of a limit, in percent, at which the operator is told.
const THRESHOLDS: [u64; 2] = [80, 95];

/// The watch.
#[derive(Debug)]
pub struct QuotaWatch {
    engine: Arc<dyn Engine>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    interval: Duration,
}

/// What a limit is about: scope, name, kind.
type Place = (&'static str, String, &'static str);

impl QuotaWatch {
    /// A watch that looks at all limits once in an interval.
    pub fn new(
        engine: Arc<dyn Engine>,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
        interval: Duration,
    ) -> Self {
        Self {
            engine,
            clock,
            metrics,
            interval,
        }
    }

    /// Watches until told to stop.
    pub async fn run(self, mut stop: Stop) {
        let mut told = BTreeMap::new();
        while !stop.is_stopped() {
            match self.look().await {
                Ok(figures) => {
                    tell(&figures, &mut told);
                    self.metrics.quotas(figures);
                }
                Err(error) => {
                    let kind = error.kind();
                    tracing::warn!(%error, ?kind, "quotas cannot be looked at");
                }
            }
            let pause = self.clock.sleep(self.interval);
            futures::future::select(pause, std::pin::pin!(stop.stopped())).await;
        }
    }

    async fn look(&self) -> Result<Vec<QuotaFigure>, CatalogError> {
        let engine = &*self.engine;
        let mut figures = Vec::new();
        let mut note = |scope: QuotaScope, name: &str, kind: QuotaKind, used, limit| {
            figures.extend(Option::map(limit, |limit| QuotaFigure {
                scope: scope.name(),
                name: name.to_owned(),
                kind: kind.name(),
                used,
                limit,
            }));
        };
        for tenant in tenants::list(engine).await? {
            let limits = tenant.limits;
            if limits == <_>::default() {
                continue;
            }
            let (usage, buckets) = usage::of_tenant(engine, tenant.tenant).await?;
            let name = tenant.name.to_string();
            for kind in QuotaKind::STORED {
                note(
                    QuotaScope::Tenant,
                    &name,
                    kind,
                    usage.of(kind),
                    limits.of(kind),
                );
            }
            let kind = QuotaKind::Buckets;
            note(QuotaScope::Tenant, &name, kind, buckets, limits.of(kind));
        }
        for entry in buckets::list(engine).await? {
            let Some(record) = buckets::header(engine, entry.bucket).await? else {
                continue;
            };
            if record.quota.is_unlimited() {
                continue;
            }
            let usage = usage::of_bucket(engine, entry.bucket).await?;
            let name = record.name.to_string();
            for kind in QuotaKind::STORED {
                let limit = record.quota.of(kind);
                note(QuotaScope::Bucket, &name, kind, usage.of(kind), limit);
            }
        }
        Ok(figures)
    }
}

/// The highest threshold that is reached, 0 for none.
fn level(figure: &QuotaFigure) -> u64 {
    let reached = |percent: &&u64| {
        u128::from(figure.used) * 100 >= u128::from(figure.limit) * u128::from(**percent)
    };
    THRESHOLDS.iter().rfind(reached).copied().unwrap_or(0)
}

/// Warns of every limit that has come to a higher threshold since the last look.
fn tell(figures: &[QuotaFigure], told: &mut BTreeMap<Place, u64>) {
    let mut now = BTreeMap::new();
    for figure in figures {
        let place = (figure.scope, figure.name.clone(), figure.kind);
        let (before, level) = (told.get(&place).copied().unwrap_or(0), level(figure));
        if level > before {
            tracing::warn!(
                scope = figure.scope,
                name = figure.name,
                quota = figure.kind,
                used = figure.used,
                limit = figure.limit,
                "quota is used to {level} percent; beyond the limit writes are refused: 'riznica quota set' changes it"
            );
        }
        now.insert(place, level);
    }
    *told = now;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(used: u64, limit: u64) -> QuotaFigure {
        QuotaFigure {
            scope: "bucket",
            name: "records".to_owned(),
            kind: "bytes",
            used,
            limit,
        }
    }

    #[test]
    fn thresholds_are_reached_exactly() {
        for (used, limit, expected) in [
            (0, 100, 0),
            (79, 100, 0),
            (80, 100, 80),
            (94, 100, 80),
            (95, 100, 95),
            (101, 100, 95),
            (0, 0, 95),
            (u64::MAX, u64::MAX, 95),
        ] {
            assert_eq!(level(&figure(used, limit)), expected, "{used} of {limit}");
        }
    }

    #[test]
    fn level_is_remembered_until_it_falls() {
        let mut told = BTreeMap::new();
        for (used, expected) in [(80, 80), (96, 95), (10, 0)] {
            tell(&[figure(used, 100)], &mut told);
            assert_eq!(told.values().copied().collect::<Vec<_>>(), [expected]);
        }
        tell(&[], &mut told);
        assert!(told.is_empty());
    }
}
