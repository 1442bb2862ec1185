//! Numbers that look random and follow from a seed.
//!
//! Owns: `SplitMix64` (Steele, Lea, Flood 2014): a few cycles for eight bytes, any place of the
//! sequence at once. Not here: secrets and ids, which come from `base::entropy`; nothing in this
//! file is unpredictable.

/// The odd constant that the sequence advances by: 2^64 divided by the golden ratio.
pub(super) const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// Mixes a number so that neighbours become strangers.
pub(super) const fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// A sequence of numbers.
#[derive(Clone, Debug)]
pub(super) struct Sequence {
    state: u64,
}

impl Sequence {
    /// The sequence of a seed.
    pub(super) const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next number.
    pub(super) const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GAMMA);
        mix(self.state)
    }

    /// A number below `bound`; 0 when there is none. The bias is below one in 2^32 for bounds of
    /// 32 bits.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        scale(self.next(), bound)
    }
}

/// Maps a number of 64 bits onto those below `bound`.
pub(super) fn scale(number: u64, bound: u64) -> u64 {
    let product = u128::from(number) * u128::from(bound);
    u64::try_from(product >> 64).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_is_the_published_one() {
        let mut sequence = Sequence::new(1_234_567);
        let first = [sequence.next(), sequence.next(), sequence.next()];
        let published = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        assert_eq!(first, published);
    }

    #[test]
    fn numbers_below_a_bound_reach_all_of_them() {
        let mut sequence = Sequence::new(1);
        let mut seen = [0_u32; 7];
        for _ in 0..7000 {
            seen[usize::try_from(sequence.below(7)).unwrap()] += 1;
        }
        assert!(
            seen.iter().all(|count| (800..1200).contains(count)),
            "{seen:?}"
        );
        assert_eq!(sequence.below(0), 0);
    }
}
