//! Ranges, from the header to the bytes of a blob. Input: object length u64 | header.

use riznica::crypto::range::{sealed_len, sealed_range, segment_range};
use riznica::model::range::ByteRange;

/// Longest stream: 2^32 segments of 64 KiB.
const OBJECT_LEN_MAX: u64 = 1 << 48;

pub fn run(data: &[u8]) {
    let Some((object_len, header)) = data.split_first_chunk::<8>() else {
        return;
    };
    let object_len = u64::from_le_bytes(*object_len);
    let Some(range) = std::str::from_utf8(header).ok().and_then(ByteRange::parse) else {
        return;
    };
    let written = match range {
        ByteRange::From(first) => format!("bytes={first}-"),
        ByteRange::Inclusive(first, last) => format!("bytes={first}-{last}"),
        ByteRange::Suffix(len) => format!("bytes=-{len}"),
    };
    assert_eq!(ByteRange::parse(&written), Some(range));
    let Ok(bytes) = range.resolve(object_len) else {
        return;
    };
    assert!(bytes.start < bytes.end && bytes.end <= object_len);
    let segments = segment_range(&bytes).expect("the range is not empty");
    assert!(segments.first <= segments.last && segments.offset_in_first < 65_536);
    assert_eq!(
        segments.first * 65_536 + segments.offset_in_first,
        bytes.start
    );
    if object_len <= OBJECT_LEN_MAX {
        let sealed = sealed_range(&segments, object_len).expect("the range is within the object");
        assert!(sealed.start < sealed.end && sealed.end <= sealed_len(object_len));
        let overhead = (segments.last - segments.first + 1) * 16;
        assert!(sealed.end - sealed.start >= bytes.end - bytes.start + overhead);
    }
}
