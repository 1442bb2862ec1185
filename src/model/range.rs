//! Byte ranges of GET and copy requests.
#![deny(clippy::arithmetic_side_effects, clippy::as_conversions)]
//!
//! Owns: parsing of `Range` (RFC 9110, 14.1.2) and of `x-amz-copy-source-range`, and their
//! resolution against a length. Not here: the way from bytes to segments (`crypto::range`).

use std::ops::Range;

/// A range as asked for, before the length is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteRange {
    /// `first-`
    From(u64),
    /// `first-last`, last included.
    Inclusive(u64, u64),
    /// `-length`: the last bytes.
    Suffix(u64),
}

/// The range holds no byte of the object (416).
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("range holds no byte of the object")]
pub struct UnsatisfiableRange;

impl ByteRange {
    /// Parses a `Range` header. `None` when it is malformed or asks for several ranges: S3 then
    /// sends the whole object.
    pub fn parse(header: &str) -> Option<Self> {
        let spec = header.trim().strip_prefix("bytes=")?.trim();
        let (first, last) = spec.split_once('-')?;
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if !digits(first) || !digits(last) {
            return None;
        }
        match (parse_number(first), parse_number(last)) {
            (Some(first), Some(last)) if first <= last => Some(Self::Inclusive(first, last)),
            (Some(first), None) => Some(Self::From(first)),
            (None, Some(length)) => Some(Self::Suffix(length)),
            _ => None,
        }
    }

    /// The bytes that the range holds in an object of `object_len` bytes.
    ///
    /// # Errors
    /// When it holds none.
    pub fn resolve(self, object_len: u64) -> Result<Range<u64>, UnsatisfiableRange> {
        let (start, end) = match self {
            Self::From(first) => (first, object_len),
            Self::Inclusive(first, last) => (first, last.saturating_add(1).min(object_len)),
            Self::Suffix(length) => (object_len.saturating_sub(length), object_len),
        };
        if start < end {
            Ok(start..end)
        } else {
            Err(UnsatisfiableRange)
        }
    }
}

/// `None` for no digits; a number too large for `u64` counts as the largest.
fn parse_number(digits: &str) -> Option<u64> {
    (!digits.is_empty()).then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn range_resolves_as_rfc_9110_says() {
        let cases: [(&str, u64, Option<Range<u64>>); 9] = [
            ("bytes=0-4", 10, Some(0..5)),
            ("bytes=5-", 10, Some(5..10)),
            ("bytes=-3", 10, Some(7..10)),
            ("bytes=-30", 10, Some(0..10)),
            ("bytes=4-400", 10, Some(4..10)),
            ("bytes=10-", 10, None),
            ("bytes=0-0", 0, None),
            ("bytes=-0", 10, None),
            ("bytes=0-99999999999999999999999", 10, Some(0..10)),
        ];
        for (header, len, expected) in cases {
            let range = ByteRange::parse(header).unwrap();
            assert_eq!(range.resolve(len).ok(), expected, "{header} of {len}");
        }
    }

    #[test]
    fn range_that_is_malformed_or_multiple_is_ignored() {
        for header in [
            "bytes=5-1",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "items=0-1",
            "bytes=0-1,3-4",
            "bytes=--1",
            "0-1",
        ] {
            assert_eq!(ByteRange::parse(header), None, "{header}");
        }
    }
}
