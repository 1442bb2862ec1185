//! Fairness among tenants: none goes faster than an operator lets it, so that it leaves something
//! for the others.
//!
//! Owns: the meters of tenants that have rates, and the visit of one request.
//! Not here: the rates (`model::rates`), the answer `SlowDown` (`s3`).
//!
//! Meters are in memory: a restart begins with full ones. Bytes are counted when a request is over,
//! and what comes next waits for them; a request that is let in is never slowed down in the middle.

use crate::gateway::Gateway;
use crate::model::id::TenantId;
use crate::model::rates::{TenantRates, TokenBucket};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A tenant goes too fast.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[error("tenant exceeds its rate what=`{what}` retry_after={}s", .retry_after.as_secs())]
pub struct TooFast {
    /// Of what.
    pub what: &'static str,
    /// When to come again.
    pub retry_after: Duration,
}

/// Meters of tenants that have rates.
#[derive(Clone, Debug, Default)]
pub(in crate::gateway) struct Meters {
    of_tenants: Arc<Mutex<HashMap<TenantId, Arc<Mutex<Meter>>>>>,
}

#[derive(Debug)]
struct Meter {
    rates: TenantRates,
    requests: Option<TokenBucket>,
    bytes_in: Option<TokenBucket>,
    bytes_out: Option<TokenBucket>,
    concurrent: u64,
    /// Refusals that the log was not told of yet, and when it was last told of any.
    untold: u64,
    told: Option<Duration>,
}

/// The log is told of a tenant's refusals at most so often: whoever does not wait when it is told
/// to is refused thousands of times a second.
const TELL_INTERVAL: Duration = Duration::from_secs(10);

/// Told to come again when requests at once are too many: one of them may end at any time.
const CONCURRENT_RETRY: Duration = Duration::from_secs(1);

impl Meter {
    fn new(rates: TenantRates, now: Duration) -> Self {
        let bucket = |rate: Option<u64>| rate.map(|rate| TokenBucket::full(rate, now));
        Self {
            rates,
            requests: bucket(rates.requests),
            bytes_in: bucket(rates.bytes_in),
            bytes_out: bucket(rates.bytes_out),
            concurrent: 0,
            untold: 0,
            told: None,
        }
    }

    /// Rates that an operator has changed begin with full buckets; requests under way stay counted.
    fn adopt(&mut self, rates: TenantRates, now: Duration) {
        if self.rates != rates {
            let concurrent = self.concurrent;
            *self = Self::new(rates, now);
            self.concurrent = concurrent;
        }
    }

    /// Counts a refusal; answers how many there were when it is time to tell.
    fn refused(&mut self, now: Duration) -> Option<u64> {
        self.untold = self.untold.saturating_add(1);
        let is_time = self
            .told
            .is_none_or(|told| now.saturating_sub(told) >= TELL_INTERVAL);
        is_time.then(|| {
            self.told = Some(now);
            std::mem::take(&mut self.untold)
        })
    }

    fn enter(&mut self, now: Duration) -> Result<(), TooFast> {
        if self
            .rates
            .concurrent
            .is_some_and(|max| self.concurrent >= max)
        {
            return Err(TooFast {
                what: "requests at once",
                retry_after: CONCURRENT_RETRY,
            });
        }
        for (what, bucket) in [
            ("requests", &mut self.requests),
            ("bytes in", &mut self.bytes_in),
            ("bytes out", &mut self.bytes_out),
        ] {
            let wait = bucket.as_mut().and_then(|bucket| bucket.wait_for(1, now));
            if let Some(retry_after) = wait {
                return Err(TooFast { what, retry_after });
            }
        }
        if let Some(bucket) = &mut self.requests {
            bucket.take(1);
        }
        self.concurrent = self.concurrent.saturating_add(1);
        Ok(())
    }
}

/// A request that was let in. Dropped when its answer has been sent.
#[derive(Debug, Default)]
pub struct Visit {
    meter: Option<Arc<Mutex<Meter>>>,
}

impl Visit {
    /// Whether its end is to be noted.
    pub fn is_counted(&self) -> bool {
        self.meter.is_some()
    }

    /// Counts the bytes of the request's body and of the answer's.
    pub fn moved(&self, bytes_in: u64, bytes_out: u64) {
        let Some(meter) = &self.meter else { return };
        let mut meter = meter.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = &mut meter.bytes_in {
            bucket.take(bytes_in);
        }
        if let Some(bucket) = &mut meter.bytes_out {
            bucket.take(bytes_out);
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if let Some(meter) = &self.meter {
            let mut meter = meter.lock().unwrap_or_else(PoisonError::into_inner);
            meter.concurrent = meter.concurrent.saturating_sub(1);
        }
    }
}

impl Gateway {
    /// Lets a tenant's request in, if the tenant does not go too fast.
    ///
    /// # Errors
    /// `TooFast`.
    pub fn enter(&self, tenant: Option<TenantId>) -> Result<Visit, TooFast> {
        let Some(tenant) = tenant else {
            return Ok(Visit::default());
        };
        let rates = self.terms.rates_of(tenant);
        if rates.is_unlimited() {
            return Ok(Visit::default());
        }
        let now = self.clock.monotonic();
        let meter = {
            let meters = &self.meters.of_tenants;
            let mut meters = meters.lock().unwrap_or_else(PoisonError::into_inner);
            let fresh = || Arc::new(Mutex::new(Meter::new(rates, now)));
            Arc::clone(meters.entry(tenant).or_insert_with(fresh))
        };
        {
            let mut own = meter.lock().unwrap_or_else(PoisonError::into_inner);
            own.adopt(rates, now);
            if let Err(refusal) = own.enter(now) {
                let told = own.refused(now);
                drop(own);
                if let Some(refused) = told {
                    tracing::warn!(
                        tenant = self.terms.name_of(tenant),
                        what = refusal.what,
                        refused,
                        "tenant is kept to its rate"
                    );
                }
                return Err(refusal);
            }
        }
        Ok(Visit { meter: Some(meter) })
    }
}
