//! Calendar months and hours in UTC, as usage is told by them.
//!
//! Owns: parsing and writing them, where they begin and end.
//! Not here: what is told of them (`model::traffic`, `catalog::usage_hours`).

use crate::model::time::Timestamp;
use std::fmt;
use std::ops::Range;
use time::{Date, OffsetDateTime};

/// Milliseconds of an hour.
pub const HOUR_MILLIS: u64 = 3_600_000;

/// An hour, counted from 1970 on.
pub type Hour = u32;

/// The hour that a time lies in.
pub fn hour_of(at: Timestamp) -> Hour {
    Hour::try_from(at.millis() / HOUR_MILLIS).unwrap_or(Hour::MAX)
}

/// When an hour begins.
pub fn hour_start(hour: Hour) -> Timestamp {
    Timestamp::from_millis(u64::from(hour).saturating_mul(HOUR_MILLIS))
}

/// A month from 1970 to 9999, written `2026-11`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    /// Months from January of the year 0 on.
    number: u32,
}

/// A text is no month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("month is not a year from 1970 on and a month, such as 2026-11")]
pub struct InvalidMonth;

impl Month {
    const FIRST: Self = Self { number: 1970 * 12 };
    const LAST: Self = Self {
        number: 9999 * 12 + 11,
    };

    /// Parses `2026-11`.
    ///
    /// # Errors
    /// `InvalidMonth`.
    pub fn parse(text: &str) -> Result<Self, InvalidMonth> {
        let (year, month) = text.split_once('-').ok_or(InvalidMonth)?;
        let number = |digits: &str, len: usize| {
            let is_number = digits.len() == len && digits.bytes().all(|own| own.is_ascii_digit());
            is_number.then(|| digits.parse::<u32>().ok()).flatten()
        };
        let year = number(year, 4).ok_or(InvalidMonth)?;
        let month = number(month, 2).filter(|own| (1..=12).contains(own));
        Self::of_number(year * 12 + month.ok_or(InvalidMonth)? - 1).ok_or(InvalidMonth)
    }

    /// The month of a stored number.
    pub fn of_number(number: u32) -> Option<Self> {
        let month = Self { number };
        (Self::FIRST..=Self::LAST).contains(&month).then_some(month)
    }

    /// Its number, as it is stored.
    pub fn number(self) -> u32 {
        self.number
    }

    /// The month that a time lies in.
    pub fn of(at: Timestamp) -> Self {
        let seconds = i64::try_from(at.seconds()).unwrap_or(i64::MAX);
        let Ok(date) = OffsetDateTime::from_unix_timestamp(seconds) else {
            return Self::LAST;
        };
        let year = u32::try_from(date.year()).unwrap_or_default();
        let number = year * 12 + u32::from(u8::from(date.month())) - 1;
        Self::of_number(number).unwrap_or(Self::LAST)
    }

    /// The month before; `None` before 1970.
    pub fn before(self) -> Option<Self> {
        Self::of_number(self.number.saturating_sub(1))
    }

    /// When it begins.
    pub fn start(self) -> Timestamp {
        let (year, month) = (self.number / 12, self.number % 12 + 1);
        let month = u8::try_from(month).ok().and_then(|own| own.try_into().ok());
        let date = i32::try_from(year)
            .ok()
            .zip(month)
            .and_then(|(year, month)| Date::from_calendar_date(year, month, 1).ok());
        let seconds = date.map_or(0, |own| own.midnight().assume_utc().unix_timestamp());
        let millis = u64::try_from(seconds).unwrap_or_default() * 1000;
        Timestamp::from_millis(millis)
    }

    /// When it is over.
    pub fn end(self) -> Timestamp {
        let next = Self {
            number: self.number + 1,
        };
        if self < Self::LAST {
            next.start()
        } else {
            Timestamp::from_millis(u64::MAX)
        }
    }

    /// Its hours.
    pub fn hours(self) -> Range<Hour> {
        hour_of(self.start())..hour_of(self.end())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.number / 12, self.number % 12 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn month_has_the_hours_of_the_calendar() {
        for (text, start, days) in [
            ("1970-01", "1970-01-01T00:00:00.000Z", 31),
            ("2026-11", "2026-11-01T00:00:00.000Z", 30),
            ("2026-12", "2026-12-01T00:00:00.000Z", 31),
            ("2027-02", "2027-02-01T00:00:00.000Z", 28),
            ("2028-02", "2028-02-01T00:00:00.000Z", 29),
        ] {
            let month = Month::parse(text).unwrap();
            assert_eq!(month.to_string(), text);
            assert_eq!(month.start().iso8601(), start);
            assert_eq!(month.hours().len(), days * 24, "{text}");
            assert_eq!(hour_start(month.hours().start), month.start());
            assert_eq!(Month::of(month.start()), month);
            let last = Timestamp::from_millis(month.end().millis() - 1);
            assert_eq!(Month::of(last), month);
            assert_eq!(Month::of(month.end()).before(), Some(month));
            assert_eq!(Month::of_number(month.number()), Some(month));
        }
        assert_eq!(Month::FIRST.before(), None);
    }

    #[test]
    fn text_that_is_no_month_is_refused() {
        for text in [
            "",
            "2026",
            "2026-1",
            "2026-00",
            "2026-13",
            "26-11",
            "1969-12",
            "2026-11-01",
            "2026/11",
            "+026-11",
            "2026-+1",
            "20260-1",
        ] {
            assert_eq!(Month::parse(text), Err(InvalidMonth), "{text}");
        }
        let far = Timestamp::from_millis(u64::MAX);
        assert_eq!(Month::of(far).to_string(), "9999-12");
    }
}
