//! MD5 of one stream in general registers.
//!
//! Owns: the kernel that every machine has, and that a lone stream and short bodies take. Not here:
//! padding and partial blocks (`super::Md5`).

use super::steps::{SINES, settle, steps};

/// Takes whole blocks into `state`.
pub(super) fn compress(state: &mut [u32; 4], blocks: &[[u8; 64]]) {
    for block in blocks {
        compress_block(state, block);
    }
}

#[inline]
fn compress_block(state: &mut [u32; 4], block: &[u8; 64]) {
    let words = words(block);
    let [mut a, mut b, mut c, mut d] = *state;
    macro_rules! step {
        ($f:tt, $a:tt, $b:tt, $c:tt, $d:tt, $word:expr, $sine:expr, $turn:tt) => {
            let sum = $a.wrapping_add(words[$word]).wrapping_add(SINES[$sine]);
            $a = $f(sum, $b, $c, $d).rotate_left($turn).wrapping_add($b);
        };
    }
    steps!(step, a, b, c, d);
    for (word, change) in state.iter_mut().zip([a, b, c, d]) {
        *word = word.wrapping_add(change);
    }
}

#[inline]
fn words(block: &[u8; 64]) -> [u32; 16] {
    let mut words = [0; 16];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    words
}

#[inline]
fn f(sum: u32, b: u32, c: u32, d: u32) -> u32 {
    settled(sum).wrapping_add(((c ^ d) & b) ^ d)
}

/// The two halves of G have no bit in common: their sum is their union, and one of them does not
/// wait for `b`.
#[inline]
fn g(sum: u32, b: u32, c: u32, d: u32) -> u32 {
    settled(sum.wrapping_add(c & !d)).wrapping_add(b & d)
}

#[inline]
fn h(sum: u32, b: u32, c: u32, d: u32) -> u32 {
    settled(sum).wrapping_add((c ^ d) ^ b)
}

#[inline]
fn i(sum: u32, b: u32, c: u32, d: u32) -> u32 {
    settled(sum).wrapping_add((b | !d) ^ c)
}

/// A whole register, so that the assembler block asks for no part of one on any processor.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the upper half is zero")]
fn settled(sum: u32) -> u32 {
    let mut register = u64::from(sum);
    settle!(reg, register);
    register as u32
}
