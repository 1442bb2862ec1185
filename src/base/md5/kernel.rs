//! Which instructions hash, and the only way to them.
//!
//! Owns: detection, and the calls that detection makes sound. Not here: the rounds (`lanes`,
//! `scalar`).

use super::scalar;
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};

/// A way to hash that this machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel {
    instructions: Instructions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instructions {
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    Scalar,
}

/// One stream's share of a call.
pub(super) struct Share<'a> {
    /// Its chaining value.
    pub(super) state: &'a mut [u32; 4],
    /// Its next blocks.
    pub(super) blocks: &'a [[u8; 64]],
}

impl Kernel {
    /// The one that hashes most streams at once.
    pub fn best() -> Self {
        Self::all().next().unwrap_or(Self {
            instructions: Instructions::Scalar,
        })
    }

    /// All that this machine has, the best first.
    pub fn all() -> impl Iterator<Item = Self> {
        [
            #[cfg(target_arch = "x86_64")]
            (Instructions::Avx512, is_x86_feature_detected!("avx512f")),
            #[cfg(target_arch = "x86_64")]
            (Instructions::Avx2, is_x86_feature_detected!("avx2")),
            (Instructions::Scalar, true),
        ]
        .into_iter()
        .filter(|(_, is_there)| *is_there)
        .map(|(instructions, _)| Self { instructions })
    }

    /// Most streams at once.
    pub fn lane_count(self) -> usize {
        match self.instructions {
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => 8,
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => 16,
            Instructions::Scalar => 1,
        }
    }

    /// Takes the first `count` blocks of each share into its state.
    ///
    /// Two streams are enough for lanes: 16 lanes take 97 ns for a block of each, 8 lanes 96 ns,
    /// one stream in general registers 73 ns.
    pub(super) fn compress(self, shares: &mut [Share<'_>], count: usize) {
        for shares in shares.chunks_mut(self.lane_count()) {
            match (self.instructions, &mut *shares) {
                (Instructions::Scalar, _) | (_, [_]) => in_registers(shares, count),
                #[cfg(target_arch = "x86_64")]
                (Instructions::Avx2, _) => in_lanes(shares, |states, streams| {
                    #[expect(unsafe_code, reason = "the compiler does not know the processor")]
                    // SAFETY: `Avx2` is only made where the processor has it.
                    unsafe {
                        avx2::compress(states, streams, count);
                    }
                }),
                #[cfg(target_arch = "x86_64")]
                (Instructions::Avx512, _) => in_lanes(shares, |states, streams| {
                    #[expect(unsafe_code, reason = "the compiler does not know the processor")]
                    // SAFETY: `Avx512` is only made where the processor has it.
                    unsafe {
                        avx512::compress(states, streams, count);
                    }
                }),
            }
        }
    }
}

impl std::fmt::Display for Kernel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.instructions {
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => "avx512",
            Instructions::Scalar => "scalar",
        })
    }
}

fn in_registers(shares: &mut [Share<'_>], count: usize) {
    for share in shares {
        scalar::compress(share.state, share.blocks.get(..count).unwrap_or_default());
    }
}

/// Runs a kernel of `LANES` lanes. Idle lanes go along with the first stream and are forgotten.
#[cfg(target_arch = "x86_64")]
fn in_lanes<const LANES: usize>(
    shares: &mut [Share<'_>],
    compress: impl FnOnce(&mut [[u32; 4]; LANES], &[&[[u8; 64]]; LANES]),
) {
    let idle = shares.first().map_or(&[][..], |share| share.blocks);
    let (mut states, mut streams) = ([[0; 4]; LANES], [idle; LANES]);
    for ((share, state), stream) in shares.iter().zip(&mut states).zip(&mut streams) {
        (*state, *stream) = (*share.state, share.blocks);
    }
    compress(&mut states, &streams);
    for (share, state) in shares.iter_mut().zip(states) {
        *share.state = state;
    }
}
