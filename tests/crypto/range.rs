//! Range arithmetic against the obvious.

use crate::entropy::FixedEntropy;
use crate::samples::{data_key, plaintext, seal_stream};
use proptest::prelude::*;
use riznica::crypto::Opener;
use riznica::crypto::range::{
    SegmentRange, sealed_len, sealed_range, segment_count, segment_range,
};
use std::ops::Range;

#[test]
fn range_without_bytes_has_no_segments() {
    assert_eq!(segment_range(&(5..5)), None);
    assert_eq!(segment_range(&Range { start: 9, end: 0 }), None);
}

#[test]
fn lengths_at_the_edges() {
    let cases = [
        (0, 1, 16),
        (1, 1, 17),
        (65_536, 1, 65_552),
        (65_537, 2, 65_569),
    ];
    for (plaintext_len, count, sealed) in cases {
        assert_eq!(segment_count(plaintext_len), count);
        assert_eq!(sealed_len(plaintext_len), sealed);
    }
    assert_eq!(sealed_len(u64::MAX), u64::MAX);
}

#[test]
fn segments_beyond_the_stream_have_no_place() {
    let segments = |first, last| SegmentRange {
        first,
        last,
        offset_in_first: 0,
    };
    assert_eq!(sealed_range(&segments(0, 1), 65_536), None);
    assert_eq!(sealed_range(&segments(1, 0), 1_000_000), None);
    assert_eq!(sealed_range(&segments(1, 1), 65_537), Some(65_552..65_569));
    assert_eq!(sealed_range(&segments(u64::MAX, u64::MAX), u64::MAX), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn ranged_read_gives_the_bytes_of_the_range(
        len in 1_u64..400_000,
        a in any::<u64>(),
        b in any::<u64>(),
    ) {
        let at = |n: u64| usize::try_from(n).unwrap();
        let (start, end) = ((a % len).min(b % len), (a % len).max(b % len) + 1);
        let plaintext = plaintext(len.try_into().unwrap());
        let entropy = FixedEntropy::new("range");
        let (parameters, bytes) = seal_stream(&data_key(), 0, &plaintext, &entropy);
        let opener = Opener::new(data_key().opening_key(0, &parameters).unwrap(), len);
        let segments = segment_range(&(start..end)).unwrap();
        let place = sealed_range(&segments, len).unwrap();
        let mut run = bytes[at(place.start)..at(place.end)].to_vec();
        let opened = opener.open(segments.first, &mut run).unwrap();
        let (offset, wanted) = (at(segments.offset_in_first), at(end - start));
        prop_assert!(opened >= offset + wanted && opened - offset - wanted < 65_536);
        prop_assert_eq!(&run[offset..offset + wanted], &plaintext[at(start)..][..wanted]);
    }

    #[test]
    fn segment_range_covers_and_is_tight(start in any::<u64>(), wanted in 1_u64..10_000_000) {
        let end = start.saturating_add(wanted);
        prop_assume!(start < end);
        let segments = segment_range(&(start..end)).unwrap();
        let (start, end) = (u128::from(start), u128::from(end));
        let (first, last) = (u128::from(segments.first), u128::from(segments.last));
        prop_assert_eq!(first * 65_536 + u128::from(segments.offset_in_first), start);
        prop_assert!(segments.offset_in_first < 65_536);
        prop_assert!(last * 65_536 < end && end <= (last + 1) * 65_536);
    }
}
