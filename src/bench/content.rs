//! The bytes of objects: incompressible, different for each object, known at every offset without
//! being stored.
//!
//! Owns: making and comparing them. Not here: which object has which start (`objects`).
//!
//! Eight bytes cost two multiplications, so a worker makes gigabytes a second, and reads are
//! compared to the last byte for what a digest would cost many times over.

use crate::bench::random::{GAMMA, mix};

/// Bytes of a piece: what a worker holds of a body at a time.
pub(super) const PIECE_LEN: usize = 64 * 1024;

/// Bytes of a word.
const WORD: u64 = 8;

const fn word(start: u64, index: u64) -> [u8; 8] {
    mix(start.wrapping_add(index.wrapping_mul(GAMMA))).to_le_bytes()
}

/// Fills `bytes` with what an object has at `offset`.
pub(super) fn fill(start: u64, offset: u64, bytes: &mut [u8]) {
    let mut index = offset / WORD;
    let skipped = usize::try_from(offset % WORD).unwrap_or(0);
    let mut rest = bytes;
    if skipped > 0 {
        let first = word(start, index);
        let first = first.get(skipped..).unwrap_or_default();
        let len = first.len().min(rest.len());
        let (head, tail) = rest.split_at_mut(len);
        head.copy_from_slice(first.get(..len).unwrap_or_default());
        (rest, index) = (tail, index + 1);
    }
    let (words, last) = rest.as_chunks_mut::<8>();
    for place in words {
        *place = word(start, index);
        index += 1;
    }
    let len = last.len();
    last.copy_from_slice(word(start, index).get(..len).unwrap_or_default());
}

/// Whether `bytes` is what an object has at `offset`.
pub(super) fn is_content(start: u64, offset: u64, bytes: &[u8]) -> bool {
    let mut expected = [0_u8; 4096];
    let mut at = offset;
    bytes.chunks(expected.len()).all(|piece| {
        let Some(expected) = expected.get_mut(..piece.len()) else {
            return false;
        };
        fill(start, at, expected);
        at += piece.len() as u64;
        expected == piece
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offset_and_length_shows_the_same_bytes() {
        let mut whole = vec![0; 10_000];
        fill(7, 0, &mut whole);
        for offset in (0..40).chain(4090..4110) {
            for len in (0..40).chain([4096, 5000]) {
                let mut part = vec![0; len];
                fill(7, offset as u64, &mut part);
                assert_eq!(part, whole[offset..offset + len], "{offset} {len}");
                assert!(is_content(7, offset as u64, &part));
            }
        }
    }

    #[test]
    fn any_changed_byte_is_noticed() {
        let mut bytes = vec![0; 9001];
        fill(7, 3, &mut bytes);
        for place in [0, 4, 5, 4095, 4096, 9000] {
            bytes[place] ^= 1;
            assert!(!is_content(7, 3, &bytes), "{place}");
            bytes[place] ^= 1;
        }
        assert!(!is_content(8, 3, &bytes));
        assert!(!is_content(7, 4, &bytes));
    }

    #[test]
    fn bytes_look_random() {
        let mut bytes = vec![0; 1 << 16];
        fill(7, 0, &mut bytes);
        let mut counts = [0_u32; 256];
        for byte in bytes {
            counts[usize::from(byte)] += 1;
        }
        assert!(counts.iter().all(|count| (180..340).contains(count)));
    }
}
