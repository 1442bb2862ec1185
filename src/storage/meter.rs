//! Counters that also add up how long they held what: a value times the time that it stood.
//!
//! Owns: the rows of counters and of closed periods, and how a meter goes on in time (E9).
//! Not here: which changes are metered and what they mean (`catalog`), bounds (`evaluate`).
//!
//! A meter knows the current period alone. The first change of a later period closes the period of
//! the change before it: one row with the value that stood at the period's end, and the amount of
//! the period. Periods without a change have no row; the value of the one before stood all along.

use crate::storage::error::{EngineError, StoreError};
use crate::storage::types::{MetaKey, Partition};
use bytes::Bytes;

/// Length of a period: an hour, counted from 1970 on.
pub const PERIOD_MILLIS: u64 = 3_600_000;

/// Bytes of a counter's row without a meter, and with one.
const PLAIN_LEN: usize = 8;
const METERED_LEN: usize = 32;
/// Bytes of a closed period's row.
const CLOSING_LEN: usize = 24;

/// When a counter changes, and where its periods are closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meter {
    /// When, in milliseconds since 1970. A time before the last change's counts as that.
    pub at: u64,
    /// Partition of the closed periods' rows, which nothing but this meter writes.
    pub partition: Partition,
    /// What their keys begin with; the inverted number of the period follows (u32 big endian), so
    /// that they sort from new to old.
    pub prefix: MetaKey,
    /// Whether no change comes any more: the current period is closed too.
    pub ends: bool,
}

impl Meter {
    /// Key of a closed period.
    pub fn closing_key(&self, period: u32) -> MetaKey {
        [&self.prefix[..], &(!period).to_be_bytes()].concat().into()
    }
}

/// The period that a time lies in.
pub fn period_of(millis: u64) -> u32 {
    u32::try_from(millis / PERIOD_MILLIS).unwrap_or(u32::MAX)
}

/// When a period begins.
pub fn start_of(period: u32) -> u64 {
    u64::from(period).saturating_mul(PERIOD_MILLIS)
}

fn end_of(period: u32) -> u64 {
    start_of(period).saturating_add(PERIOD_MILLIS)
}

fn area(value: u64, from: u64, to: u64) -> u128 {
    u128::from(value).saturating_mul(u128::from(to.saturating_sub(from)))
}

/// A period that is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closing {
    /// The value at its end.
    pub last: u64,
    /// The value times the milliseconds that it stood, added up.
    pub amount: u128,
}

impl Closing {
    /// A period in which nothing changed.
    pub fn steady(value: u64) -> Self {
        let amount = area(value, 0, PERIOD_MILLIS);
        Self {
            last: value,
            amount,
        }
    }

    pub(in crate::storage) fn encode(self) -> Bytes {
        let mut row = Vec::with_capacity(CLOSING_LEN);
        row.extend_from_slice(&self.last.to_le_bytes());
        row.extend_from_slice(&self.amount.to_le_bytes());
        row.into()
    }

    /// Reads a row: value u64 | amount u128, little endian. `None` for another length.
    pub fn decode(row: &[u8]) -> Option<Self> {
        let (last, amount) = row.split_first_chunk::<8>()?;
        Some(Self {
            last: u64::from_le_bytes(*last),
            amount: u128::from_le_bytes(<[u8; 16]>::try_from(amount).ok()?),
        })
    }
}

/// A counter's row: value u64, and with a meter | last change u64 | amount u128, little endian.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CounterRow {
    /// The number.
    pub value: u64,
    /// Its meter, if it has one.
    pub metered: Option<Metered>,
}

/// What a meter has added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metered {
    /// When the counter changed last, in milliseconds since 1970.
    pub at: u64,
    /// What the period of that change amounts to, up to then.
    pub amount: u128,
}

impl CounterRow {
    /// Reads a row; `None` for one of another length, which was not written by a counter.
    pub fn decode(row: &[u8]) -> Option<Self> {
        let (value, rest) = row.split_first_chunk::<PLAIN_LEN>()?;
        let value = u64::from_le_bytes(*value);
        if rest.is_empty() {
            let metered = None;
            return Some(Self { value, metered });
        }
        let (at, amount) = rest.split_first_chunk::<8>()?;
        let metered = Metered {
            at: u64::from_le_bytes(*at),
            amount: u128::from_le_bytes(<[u8; 16]>::try_from(amount).ok()?),
        };
        Some(Self {
            value,
            metered: Some(metered),
        })
    }

    pub(in crate::storage) fn encode(self) -> Bytes {
        let mut row = Vec::with_capacity(METERED_LEN);
        row.extend_from_slice(&self.value.to_le_bytes());
        if let Some(Metered { at, amount }) = self.metered {
            row.extend_from_slice(&at.to_le_bytes());
            row.extend_from_slice(&amount.to_le_bytes());
        }
        row.into()
    }

    /// What the meter says of a period that is not closed, up to `now`.
    pub fn open_period(&self, period: u32, now: u64) -> Closing {
        let Some(Metered { at, amount }) = self.metered else {
            return Closing::default();
        };
        let (now, last) = (now.max(at), self.value);
        let to = now.clamp(start_of(period), end_of(period));
        let amount = if period == period_of(at) {
            amount.saturating_add(area(last, at, to))
        } else {
            area(last, start_of(period), to)
        };
        Closing { last, amount }
    }

    /// Goes on to `at`; returns the period that is over, if one is.
    pub(in crate::storage) fn advance(&mut self, at: u64) -> Option<(u32, Closing)> {
        let Some(before) = self.metered else {
            let amount = 0;
            self.metered = Some(Metered { at, amount });
            return None;
        };
        let at = at.max(before.at);
        let (old, new) = (period_of(before.at), period_of(at));
        let amount = self.open_period(new, at).amount;
        let closed = (old < new).then(|| (old, self.open_period(old, at)));
        self.metered = Some(Metered { at, amount });
        closed
    }

    /// The current period as if nothing changed in it any more.
    pub(in crate::storage) fn ended(&self) -> Option<(u32, Closing)> {
        let period = period_of(self.metered?.at);
        Some((period, self.open_period(period, end_of(period))))
    }
}

/// The error of a row that was not written by a counter, or by one without a meter.
pub(in crate::storage) fn corrupt(problem: &'static str) -> EngineError {
    EngineError::Corrupt {
        operation: "read counter",
        source: StoreError::new(problem),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{any, prop, proptest};
    use proptest::{prop_assert, prop_assert_eq};
    use std::collections::BTreeMap;

    #[test]
    fn rows_round_trip_and_other_lengths_are_refused() {
        let plain = CounterRow {
            value: 7,
            metered: None,
        };
        let metered = CounterRow {
            value: u64::MAX,
            metered: Some(Metered {
                at: 1_800_000_000_001,
                amount: u128::MAX,
            }),
        };
        for (row, len) in [(plain, PLAIN_LEN), (metered, METERED_LEN)] {
            let bytes = row.encode();
            assert_eq!(bytes.len(), len);
            assert_eq!(CounterRow::decode(&bytes), Some(row));
        }
        let closing = Closing {
            last: 3,
            amount: 1 << 100,
        };
        assert_eq!(Closing::decode(&closing.encode()), Some(closing));
        for len in 0..48 {
            let bytes = vec![1; len];
            let is_counter = [PLAIN_LEN, METERED_LEN].contains(&len);
            assert_eq!(CounterRow::decode(&bytes).is_some(), is_counter, "{len}");
            let is_closing = len == CLOSING_LEN;
            assert_eq!(Closing::decode(&bytes).is_some(), is_closing, "{len}");
        }
    }

    /// Amount of each period, by adding up milliseconds one change after the other.
    fn amounts(changes: &[(u64, u64)], end: u64) -> BTreeMap<u32, u128> {
        let mut amounts = BTreeMap::new();
        for (index, (from, value)) in changes.iter().enumerate() {
            let until = changes.get(index + 1).map_or(end, |next| next.0);
            for period in period_of(*from)..=period_of(until) {
                let from = (*from).max(start_of(period));
                let to = until.min(end_of(period));
                *amounts.entry(period).or_default() += area(*value, from, to);
            }
        }
        amounts
    }

    proptest! {
        // E9: whatever the times, the periods add up to the integral, and none is closed twice.
        #[test]
        fn closed_periods_and_the_open_one_are_the_integral(
            steps in prop::collection::vec((0..3 * PERIOD_MILLIS, 0..1_u64 << 50), 1..40),
            rest in 0..3 * PERIOD_MILLIS,
        ) {
            let mut row = CounterRow::default();
            let (mut now, mut changes) = (1_800_000_123_456, Vec::new());
            let mut closed = BTreeMap::new();
            for (pause, value) in steps {
                now += pause;
                if let Some((period, closing)) = row.advance(now) {
                    prop_assert_eq!(closing.last, row.value);
                    prop_assert!(closed.insert(period, closing).is_none());
                }
                row.value = value;
                changes.push((now, value));
            }
            let end = now + rest;
            let mut value = 0;
            for (period, expected) in amounts(&changes, end) {
                let told = match closed.get(&period) {
                    Some(closing) => *closing,
                    None if period < period_of(now) => Closing::steady(value),
                    None => row.open_period(period, end),
                };
                value = told.last;
                prop_assert_eq!(told.amount, expected, "period {}", period);
            }
            prop_assert_eq!(value, row.value);
        }

        #[test]
        fn clock_that_runs_backwards_takes_nothing_away(
            times in prop::collection::vec(any::<u32>(), 1..40)
        ) {
            let mut row = CounterRow { value: 5, metered: None };
            let (mut total, mut latest, mut first) = (0, 0, None);
            for time in times {
                let at = u64::from(time);
                let before = row.metered.map_or(0, |own| own.amount);
                let closed = row.advance(at);
                latest = at.max(latest);
                first.get_or_insert(at);
                let own = row.metered.unwrap();
                prop_assert_eq!(own.at, latest);
                match closed {
                    None => prop_assert!(own.amount >= before),
                    Some((_, closing)) => prop_assert!(closing.amount >= before),
                }
                total = own.amount;
            }
            prop_assert!(total <= area(5, first.unwrap_or(0), latest));
        }
    }
}
