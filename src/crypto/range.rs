//! From plaintext ranges to segments and back.
//!
//! Owns: the arithmetic, all of it checked.
//! Not here: S3 range headers (`model::range`), pieces (`gateway::read_path`).
#![deny(clippy::arithmetic_side_effects, clippy::as_conversions)]

use std::ops::Range;

/// Plaintext bytes of a full segment.
pub(in crate::crypto) const SEGMENT_LEN_U64: u64 = 65_536;
/// Tag bytes of a segment.
const TAG_LEN_U64: u64 = 16;

const _: () = assert!(crate::base::limits::SEGMENT_LEN == 65_536);
const _: () = assert!(crate::base::limits::TAG_LEN == 16);

/// The segments that cover a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentRange {
    /// Number of the first one.
    pub first: u64,
    /// Number of the last one.
    pub last: u64,
    /// Where the range begins in the first one's plaintext.
    pub offset_in_first: u64,
}

/// The segments that cover `range` of a stream's plaintext; `None` for a range without bytes.
pub fn segment_range(range: &Range<u64>) -> Option<SegmentRange> {
    if range.start >= range.end {
        return None;
    }
    let last_byte = range.end.checked_sub(1)?;
    Some(SegmentRange {
        first: range.start.checked_div(SEGMENT_LEN_U64)?,
        last: last_byte.checked_div(SEGMENT_LEN_U64)?,
        offset_in_first: range.start.checked_rem(SEGMENT_LEN_U64)?,
    })
}

/// Segments of a stream: at least one.
pub fn segment_count(plaintext_len: u64) -> u64 {
    plaintext_len.div_ceil(SEGMENT_LEN_U64).max(1)
}

/// Bytes of a sealed stream, without the readable header. Saturates far above the largest object (5
/// TiB).
pub fn sealed_len(plaintext_len: u64) -> u64 {
    plaintext_len.saturating_add(segment_count(plaintext_len).saturating_mul(TAG_LEN_U64))
}

/// Where segments `first` to `last` lie in a sealed stream of `plaintext_len` bytes, without the
/// readable header; `None` when the stream has no such segments.
pub fn sealed_range(segments: &SegmentRange, plaintext_len: u64) -> Option<Range<u64>> {
    if segments.first > segments.last || segments.last >= segment_count(plaintext_len) {
        return None;
    }
    let sealed_segment_len = SEGMENT_LEN_U64.checked_add(TAG_LEN_U64)?;
    let start = segments.first.checked_mul(sealed_segment_len)?;
    let end = segments
        .last
        .checked_add(1)?
        .checked_mul(sealed_segment_len)?;
    Some(start..end.min(sealed_len(plaintext_len)))
}
