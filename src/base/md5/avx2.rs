//! MD5 of 8 streams in the lanes of 256-bit vectors.
//!
//! Owns: the instructions. The sums are left to the optimizer: holding it to their order gained
//! nothing here.

use super::lanes::lane_kernel;
use super::steps::{SINES, steps};
use std::arch::x86_64::{
    __m128i, __m256i, _mm_extract_epi32, _mm_set_epi32, _mm_set_epi64x, _mm_setzero_si128,
    _mm256_add_epi32, _mm256_and_si256, _mm256_andnot_si256, _mm256_castsi128_si256,
    _mm256_castsi256_si128, _mm256_extracti128_si256, _mm256_inserti128_si256, _mm256_or_si256,
    _mm256_set1_epi32, _mm256_slli_epi32, _mm256_srli_epi32, _mm256_unpackhi_epi32,
    _mm256_unpackhi_epi64, _mm256_unpacklo_epi32, _mm256_unpacklo_epi64, _mm256_xor_si256,
};

type Vector = __m256i;

lane_kernel!("avx2", 8);

/// Quarter `q` of vector `v` is row `4 * q + v`.
#[inline]
#[target_feature(enable = "avx2")]
fn gather([r0, r1, r2, r3, r4, r5, r6, r7]: [__m128i; 8]) -> [Vector; 4] {
    [join(r0, r4), join(r1, r5), join(r2, r6), join(r3, r7)]
}

#[inline]
#[target_feature(enable = "avx2")]
fn join(q0: __m128i, q1: __m128i) -> Vector {
    _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(q0), q1)
}

/// The rows that [`gather`] put together.
#[inline]
#[target_feature(enable = "avx2")]
fn scatter([v0, v1, v2, v3]: [Vector; 4]) -> [__m128i; 8] {
    [
        _mm256_castsi256_si128(v0),
        _mm256_castsi256_si128(v1),
        _mm256_castsi256_si128(v2),
        _mm256_castsi256_si128(v3),
        _mm256_extracti128_si256::<1>(v0),
        _mm256_extracti128_si256::<1>(v1),
        _mm256_extracti128_si256::<1>(v2),
        _mm256_extracti128_si256::<1>(v3),
    ]
}

#[inline]
#[target_feature(enable = "avx2")]
fn splat(word: u32) -> Vector {
    _mm256_set1_epi32(word.cast_signed())
}

#[inline]
#[target_feature(enable = "avx2")]
fn add(x: Vector, y: Vector) -> Vector {
    _mm256_add_epi32(x, y)
}

#[inline]
#[target_feature(enable = "avx2")]
fn rotate_left<const LEFT: i32, const RIGHT: i32>(x: Vector) -> Vector {
    _mm256_or_si256(_mm256_slli_epi32::<LEFT>(x), _mm256_srli_epi32::<RIGHT>(x))
}

#[inline]
#[target_feature(enable = "avx2")]
fn f(sum: Vector, b: Vector, c: Vector, d: Vector) -> Vector {
    let choice = _mm256_and_si256(_mm256_xor_si256(c, d), b);
    add(sum, _mm256_xor_si256(choice, d))
}

#[inline]
#[target_feature(enable = "avx2")]
fn g(sum: Vector, b: Vector, c: Vector, d: Vector) -> Vector {
    add(add(sum, _mm256_andnot_si256(d, c)), _mm256_and_si256(b, d))
}

#[inline]
#[target_feature(enable = "avx2")]
fn h(sum: Vector, b: Vector, c: Vector, d: Vector) -> Vector {
    add(sum, _mm256_xor_si256(_mm256_xor_si256(c, d), b))
}

#[inline]
#[target_feature(enable = "avx2")]
fn i(sum: Vector, b: Vector, c: Vector, d: Vector) -> Vector {
    let not_d = _mm256_xor_si256(d, _mm256_set1_epi32(-1));
    add(sum, _mm256_xor_si256(_mm256_or_si256(b, not_d), c))
}

#[inline]
#[target_feature(enable = "avx2")]
fn unpack_low_32(x: Vector, y: Vector) -> Vector {
    _mm256_unpacklo_epi32(x, y)
}

#[inline]
#[target_feature(enable = "avx2")]
fn unpack_high_32(x: Vector, y: Vector) -> Vector {
    _mm256_unpackhi_epi32(x, y)
}

#[inline]
#[target_feature(enable = "avx2")]
fn unpack_low_64(x: Vector, y: Vector) -> Vector {
    _mm256_unpacklo_epi64(x, y)
}

#[inline]
#[target_feature(enable = "avx2")]
fn unpack_high_64(x: Vector, y: Vector) -> Vector {
    _mm256_unpackhi_epi64(x, y)
}
