//! Points in time and their S3 and HTTP formats.
//!
//! Owns: `Timestamp` in milliseconds; whole seconds are truncated, never rounded (s3-behaviour.md
//! 14). Not here: reading a clock (`base::clock`).

use time::format_description::FormatItem;
use time::format_description::well_known::{Rfc2822, Rfc3339};
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

/// RFC 9110 IMF-fixdate.
const HTTP_DATE: &[FormatItem<'_>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);
/// RFC 850 dates, obsolete but to be accepted (RFC 9110, 5.6.7).
const RFC850_DATE: &[FormatItem<'_>] = format_description!(
    "[weekday], [day]-[month repr:short]-[year repr:last_two] [hour]:[minute]:[second] GMT"
);
/// C `asctime`, obsolete but to be accepted.
const ASCTIME_DATE: &[FormatItem<'_>] = format_description!(
    "[weekday repr:short] [month repr:short] [day padding:space] [hour]:[minute]:[second] [year]"
);
/// Bytes of a time in XML.
const ISO_LEN: usize = 24;
/// To the millisecond: a date that a client reads and sends back must not have become an earlier
/// one.
const ISO_MILLIS: &[FormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// The last millisecond that has a year of four digits.
const MILLIS_MAX: u64 = 253_402_300_799_999;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(u64);

impl Timestamp {
    /// From milliseconds since the epoch.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// Whole seconds since the epoch, truncated: what all HTTP-date conditions compare.
    pub const fn seconds(self) -> u64 {
        self.0 / 1000
    }

    fn date(self) -> OffsetDateTime {
        let nanos = i128::from(self.0) * 1_000_000;
        OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// `Mon, 23 Nov 2026 10:00:00 GMT`
    pub fn http_date(self) -> String {
        self.date().format(HTTP_DATE).unwrap_or_default()
    }

    /// `2026-11-23T10:00:00.000Z`: the milliseconds are always zero, as S3 writes times in XML, so
    /// that lists and headers agree. Written digit by digit, since a listing has a thousand of
    /// them: `format` takes several times as long.
    pub fn iso8601(self) -> String {
        let date = self.date();
        let mut text = String::with_capacity(ISO_LEN);
        push_digits(&mut text, date.year().unsigned_abs(), 1000);
        for (mark, number) in [
            ('-', date.month().into()),
            ('-', date.day()),
            ('T', date.hour()),
            (':', date.minute()),
            (':', date.second()),
        ] {
            text.push(mark);
            push_digits(&mut text, number.into(), 10);
        }
        text.push_str(".000Z");
        text
    }

    /// `2026-11-23T10:00:00.123Z`, as dates of retentions are told.
    pub fn iso8601_millis(self) -> String {
        self.date().format(ISO_MILLIS).unwrap_or_default()
    }

    /// Parses ISO 8601 as RFC 3339 has it, rounded up to the millisecond: a retention is never
    /// shorter than its date. A date before 1970 is the epoch; one behind 9999 could not be told
    /// again and is none.
    pub fn parse_iso8601(text: &str) -> Option<Self> {
        let date = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        let nanos = date.unix_timestamp_nanos().max(0);
        let millis = nanos.saturating_add(999_999) / 1_000_000;
        let millis = u64::try_from(millis).ok();
        millis.filter(|millis| *millis <= MILLIS_MAX).map(Self)
    }

    /// Parses the three HTTP-date forms, RFC 2822 (which writes `-0000`) and ISO 8601.
    pub fn parse_http(text: &str) -> Option<Self> {
        let text = text.trim();
        let parse = |format| {
            PrimitiveDateTime::parse(text, format)
                .ok()
                .map(PrimitiveDateTime::assume_utc)
        };
        let date = parse(HTTP_DATE)
            .or_else(|| parse(ASCTIME_DATE))
            .or_else(|| parse(RFC850_DATE))
            .or_else(|| OffsetDateTime::parse(text, &Rfc2822).ok())
            .or_else(|| OffsetDateTime::parse(text, &Rfc3339).ok())?;
        let millis = date.to_offset(UtcOffset::UTC).unix_timestamp_nanos() / 1_000_000;
        u64::try_from(millis).ok().map(Self)
    }
}

/// Appends the digits of a number, from the one that counts `unit`, a power of ten, on.
fn push_digits(text: &mut String, number: u32, unit: u32) {
    let mut unit = unit;
    while unit > 0 {
        let digit = number / unit % 10;
        text.extend(char::from_digit(digit, 10));
        unit /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{prop_assert_eq, proptest};

    #[test]
    fn timestamp_formats_truncate_milliseconds() {
        let at = Timestamp::from_millis(1_795_428_000_999);
        assert_eq!(at.http_date(), "Mon, 23 Nov 2026 10:00:00 GMT");
        assert_eq!(at.iso8601(), "2026-11-23T10:00:00.000Z");
    }

    proptest! {
        #[test]
        fn iso8601_is_what_the_formatter_writes(millis in 0..=MILLIS_MAX) {
            let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].000Z");
            let at = Timestamp::from_millis(millis);
            prop_assert_eq!(at.iso8601(), at.date().format(format).unwrap());
        }
    }

    #[test]
    fn iso8601_is_never_read_as_an_earlier_time() {
        for (text, millis) in [
            ("2140-01-01T00:00:00Z", 5_364_662_400_000),
            ("2140-01-01T00:00:00.000Z", 5_364_662_400_000),
            ("2140-01-01T01:00:00+01:00", 5_364_662_400_000),
            ("2140-01-01T00:00:00.1234Z", 5_364_662_400_124),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
            ("1969-01-01T00:00:00Z", 0),
        ] {
            let at = Timestamp::from_millis(millis);
            assert_eq!(Timestamp::parse_iso8601(text), Some(at), "{text}");
            assert_eq!(Timestamp::parse_iso8601(&at.iso8601_millis()), Some(at));
        }
        for bad in [
            "",
            "2140-01-01",
            "2140-01-01T00:00:00",
            "2140-13-01T00:00:00Z",
            "2140-02-30T00:00:00Z",
            "20140-01-01T00:00:00Z",
            "9999-12-31T23:59:59.9999Z",
            "9999-12-31T23:59:59-01:00",
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "5364662400",
        ] {
            assert_eq!(Timestamp::parse_iso8601(bad), None, "{bad}");
        }
    }

    #[test]
    fn http_date_parses_in_every_legal_form() {
        let expected = Some(Timestamp::from_millis(784_111_777_000));
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sun, 06 Nov 1994 08:49:37 -0000",
            "1994-11-06T08:49:37Z",
        ] {
            assert_eq!(Timestamp::parse_http(text), expected, "{text}");
        }
        assert_eq!(Timestamp::parse_http("yesterday"), None);
    }
}
