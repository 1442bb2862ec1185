//! How fast a tenant may go.
//!
//! Owns: rates, and the bucket of tokens that a rate is kept by.
//! Not here: whose rates (`catalog::tenants`), when they are asked (`gateway::fairness`).
//!
//! Source: RFC 2697 and 4115 describe token buckets; this one may go into debt, so that what is
//! only known when it is over (the bytes of an answer) is paid for by what comes next.

use std::time::Duration;

/// Seconds of its rate that a tenant may use up at once.
const BURST_SECONDS: u64 = 2;
/// Nanoseconds of a second.
const SECOND_NANOS: u128 = 1_000_000_000;

/// How fast a tenant may go; `None` is without a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TenantRates {
    /// Requests in a second.
    pub requests: Option<u64>,
    /// Bytes of bodies of requests in a second.
    pub bytes_in: Option<u64>,
    /// Bytes of bodies of answers in a second.
    pub bytes_out: Option<u64>,
    /// Requests at once.
    pub concurrent: Option<u64>,
}

impl TenantRates {
    /// Whether nothing is limited.
    pub fn is_unlimited(&self) -> bool {
        *self == Self::default()
    }
}

/// A bucket that fills at a rate and holds two seconds of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenBucket {
    per_second: u64,
    /// Tokens times nanoseconds of a second; below zero is a debt.
    level: i128,
    at: Duration,
}

impl TokenBucket {
    /// A full bucket. A rate of zero lets nothing through.
    pub fn full(per_second: u64, now: Duration) -> Self {
        let mut bucket = Self {
            per_second,
            level: 0,
            at: now,
        };
        bucket.level = bucket.capacity();
        bucket
    }

    fn capacity(&self) -> i128 {
        let tokens = u128::from(self.per_second.saturating_mul(BURST_SECONDS));
        i128::try_from(tokens.saturating_mul(SECOND_NANOS)).unwrap_or(i128::MAX)
    }

    fn refill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.at).as_nanos();
        let tokens = passed.saturating_mul(u128::from(self.per_second));
        let tokens = i128::try_from(tokens).unwrap_or(i128::MAX);
        self.level = self.level.saturating_add(tokens).min(self.capacity());
        self.at = now.max(self.at);
    }

    /// How long to wait until there are `tokens`, or none of them when there are.
    pub fn wait_for(&mut self, tokens: u64, now: Duration) -> Option<Duration> {
        self.refill(now);
        let needed = i128::from(tokens).saturating_mul(i128::try_from(SECOND_NANOS).ok()?);
        let missing = u128::try_from(needed.saturating_sub(self.level)).ok()?;
        if missing == 0 {
            return None;
        }
        if self.per_second == 0 {
            return Some(Duration::MAX);
        }
        let nanos = missing.div_ceil(u128::from(self.per_second));
        Some(Duration::from_nanos(
            u64::try_from(nanos).unwrap_or(u64::MAX),
        ))
    }

    /// Takes tokens, also those that are not there.
    pub fn take(&mut self, tokens: u64) {
        let second = i128::try_from(SECOND_NANOS).unwrap_or(i128::MAX);
        let taken = i128::from(tokens).saturating_mul(second);
        self.level = self.level.saturating_sub(taken);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn burst_goes_through_and_then_the_rate() {
        let mut bucket = TokenBucket::full(10, at(0));
        let mut passed = 0;
        for millis in 0..5000 {
            if bucket.wait_for(1, at(millis)).is_none() {
                bucket.take(1);
                passed += 1;
            }
        }
        // Twenty at once, then ten a second for five seconds.
        assert_eq!(passed, 69);
    }

    #[test]
    fn debt_is_waited_for() {
        let mut bucket = TokenBucket::full(100, at(0));
        bucket.take(1200);
        assert_eq!(
            bucket.wait_for(1, at(0)),
            Some(Duration::from_millis(10_010))
        );
        assert_eq!(bucket.wait_for(1, at(10_000)), Some(at(10)));
        assert_eq!(bucket.wait_for(1, at(10_010)), None);
        let clock_that_goes_back = bucket.wait_for(1, at(5));
        assert_eq!(clock_that_goes_back, None);
    }

    #[test]
    fn zero_lets_nothing_through_and_extremes_do_not_overflow() {
        let mut none = TokenBucket::full(0, at(0));
        assert_eq!(none.wait_for(1, at(1 << 40)), Some(Duration::MAX));
        let mut all = TokenBucket::full(u64::MAX, at(0));
        for _ in 0..3 {
            all.take(u64::MAX);
        }
        assert!(all.wait_for(u64::MAX, Duration::MAX).is_none());
    }
}
