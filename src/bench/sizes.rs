//! Sizes of objects.
//!
//! Owns: sizes and ranges of sizes as people write them, the size that an object has.
//! Not here: the limit of a single PUT (`plan`).

use crate::bench::random::{mix, scale};
use std::fmt;

/// A size that cannot be read, with what to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a size as 4KiB or 1MB, or a range of sizes as 4KiB..1MiB, the smaller one first")]
pub struct InvalidSize;

/// One size, or all between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SizeRange {
    smallest: u64,
    largest: u64,
}

impl SizeRange {
    /// Reads `4KiB` or `4KiB..1MiB`.
    ///
    /// # Errors
    /// `InvalidSize`.
    pub fn parse(text: &str) -> Result<Self, InvalidSize> {
        let size = |text: &str| {
            let size = text.trim().parse::<bytesize::ByteSize>();
            size.map(|size| size.as_u64()).map_err(|_size| InvalidSize)
        };
        let (smallest, largest) = text.split_once("..").unwrap_or((text, text));
        let (smallest, largest) = (size(smallest)?, size(largest)?);
        if smallest > largest {
            return Err(InvalidSize);
        }
        Ok(Self { smallest, largest })
    }

    /// The size that a random number gives. In a range each doubling is as frequent as each other,
    /// as sizes in real stores are rather than evenly spread; bytes are even within a doubling.
    fn pick(self, number: u64) -> u64 {
        if self.smallest == self.largest {
            return self.smallest;
        }
        let doublings = |size: u64| u64::from(u64::BITS - size.leading_zeros());
        let (low, high) = (doublings(self.smallest), doublings(self.largest));
        let doubling = low + scale(number, high - low + 1);
        let first = if doubling == 0 {
            0
        } else {
            1 << (doubling - 1)
        };
        let first = self.smallest.max(first);
        let last = if doubling == 0 {
            0
        } else {
            u64::MAX >> (64 - doubling)
        };
        let last = self.largest.min(last);
        // Mixed again: the number's high bits have chosen the doubling.
        first + scale(mix(number), last - first + 1)
    }
}

impl fmt::Display for SizeRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.smallest == self.largest {
            return f.write_str(&told(self.smallest));
        }
        write!(f, "{}..{}", told(self.smallest), told(self.largest))
    }
}

/// A size to the byte, in the largest unit that it is a multiple of.
fn told(size: u64) -> String {
    const UNITS: [(u64, &str); 6] = [
        (1 << 30, "GiB"),
        (1_000_000_000, "GB"),
        (1 << 20, "MiB"),
        (1_000_000, "MB"),
        (1 << 10, "KiB"),
        (1000, "KB"),
    ];
    let is_multiple = |unit: u64| size >= unit && size.is_multiple_of(unit);
    let unit = UNITS.into_iter().find(|(unit, _)| is_multiple(*unit));
    let (unit, name) = unit.unwrap_or((1, "B"));
    format!("{}{name}", size / unit)
}

/// The sizes of a run, each as frequent as the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sizes {
    ranges: Vec<SizeRange>,
}

impl Sizes {
    /// All of these; `None` when there are none.
    pub fn new(ranges: Vec<SizeRange>) -> Option<Self> {
        (!ranges.is_empty()).then_some(Self { ranges })
    }

    /// The size that a random number gives.
    pub(super) fn pick(&self, number: u64) -> u64 {
        let index = scale(number, self.ranges.len() as u64);
        let index = usize::try_from(index).unwrap_or(0);
        let range = self.ranges.get(index);
        range.map_or(0, |range| range.pick(mix(number)))
    }

    /// The smallest of them.
    pub fn smallest(&self) -> u64 {
        self.ranges
            .iter()
            .map(|range| range.smallest)
            .min()
            .unwrap_or(0)
    }

    /// The largest of them.
    pub fn largest(&self) -> u64 {
        self.ranges
            .iter()
            .map(|range| range.largest)
            .max()
            .unwrap_or(0)
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.ranges.iter().map(ToString::to_string).collect();
        f.write_str(&parts.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::random::Sequence;

    fn sizes(texts: &[&str]) -> Sizes {
        let ranges = texts.iter().map(|text| SizeRange::parse(text).unwrap());
        Sizes::new(ranges.collect()).unwrap()
    }

    #[test]
    fn sizes_are_read_and_told_as_people_write_them() {
        let told = sizes(&["4KiB", "0..1MiB"]);
        assert_eq!(told.to_string(), "4KiB,0B..1MiB");
        assert_eq!((told.smallest(), told.largest()), (0, 1 << 20));
        assert_eq!(sizes(&["1MB"]).largest(), 1_000_000);
        for text in ["1MB", "1500KB", "1537B", "5GiB", "1000KiB", "1B..3GB"] {
            assert_eq!(sizes(&[text]).to_string(), text);
        }
        for bad in ["", "4XB", "-1", "2KiB..1KiB", "1..", "..2"] {
            assert_eq!(SizeRange::parse(bad), Err(InvalidSize), "{bad}");
        }
    }

    #[test]
    fn picked_sizes_stay_in_their_ranges_and_spread_over_them() {
        let mixed = sizes(&["100", "1000..1000000"]);
        let mut sequence = Sequence::new(9);
        let picked: Vec<u64> = (0..20_000).map(|_| mixed.pick(sequence.next())).collect();
        let small = picked.iter().filter(|size| **size == 100).count();
        assert!((9500..10_500).contains(&small), "{small}");
        let ranged = || picked.iter().filter(|size| **size != 100);
        assert!(ranged().all(|size| (1000..=1_000_000).contains(size)));
        // Ten doublings and a bit: about half of them are below 32,768.
        let low = ranged().filter(|size| **size < 32_768).count();
        assert!((4500..6300).contains(&low), "{low}");
        assert!(ranged().any(|size| *size > 900_000) && ranged().any(|size| *size < 1020));
    }

    #[test]
    fn narrow_and_widest_ranges_do_not_overflow() {
        let mut sequence = Sequence::new(9);
        for text in ["0..1", "0..0", "1..1", "5GiB..5GiB", "7..8"] {
            let range = SizeRange::parse(text).unwrap();
            for _ in 0..1000 {
                let size = range.pick(sequence.next());
                assert!(
                    (range.smallest..=range.largest).contains(&size),
                    "{text} {size}"
                );
            }
        }
        for number in [0, u64::MAX] {
            assert!(SizeRange::parse("3..1000").unwrap().pick(number) <= 1000);
        }
    }
}
