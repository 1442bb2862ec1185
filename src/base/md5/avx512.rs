//! MD5 of 16 streams in the lanes of 512-bit vectors.
//!
//! Owns: the instructions. Every round function is one, with its truth table as the operand.

use super::lanes::lane_kernel;
use super::steps::{SINES, settle, steps};
use std::arch::x86_64::{
    __m128i, __m512i, _mm_extract_epi32, _mm_set_epi32, _mm_set_epi64x, _mm_setzero_si128,
    _mm512_add_epi32, _mm512_castsi128_si512, _mm512_extracti32x4_epi32, _mm512_inserti32x4,
    _mm512_rol_epi32, _mm512_set1_epi32, _mm512_ternarylogic_epi32, _mm512_unpackhi_epi32,
    _mm512_unpackhi_epi64, _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
};

type Vector = __m512i;

lane_kernel!("avx512f", 16);

/// Quarter `q` of vector `v` is row `4 * q + v`.
#[inline]
#[target_feature(enable = "avx512f")]
fn gather(rows: [__m128i; 16]) -> [Vector; 4] {
    let [
        r0,
        r1,
        r2,
        r3,
        r4,
        r5,
        r6,
        r7,
        r8,
        r9,
        r10,
        r11,
        r12,
        r13,
        r14,
        r15,
    ] = rows;
    [
        join(r0, r4, r8, r12),
        join(r1, r5, r9, r13),
        join(r2, r6, r10, r14),
        join(r3, r7, r11, r15),
    ]
}

#[inline]
#[target_feature(enable = "avx512f")]
fn join(q0: __m128i, q1: __m128i, q2: __m128i, q3: __m128i) -> Vector {
    let vector = _mm512_inserti32x4::<1>(_mm512_castsi128_si512(q0), q1);
    _mm512_inserti32x4::<3>(_mm512_inserti32x4::<2>(vector, q2), q3)
}

/// The rows that [`gather`] put together.
#[inline]
#[target_feature(enable = "avx512f")]
fn scatter([v0, v1, v2, v3]: [Vector; 4]) -> [__m128i; 16] {
    [
        _mm512_extracti32x4_epi32::<0>(v0),
        _mm512_extracti32x4_epi32::<0>(v1),
        _mm512_extracti32x4_epi32::<0>(v2),
        _mm512_extracti32x4_epi32::<0>(v3),
        _mm512_extracti32x4_epi32::<1>(v0),
        _mm512_extracti32x4_epi32::<1>(v1),
        _mm512_extracti32x4_epi32::<1>(v2),
        _mm512_extracti32x4_epi32::<1>(v3),
        _mm512_extracti32x4_epi32::<2>(v0),
        _mm512_extracti32x4_epi32::<2>(v1),
        _mm512_extracti32x4_epi32::<2>(v2),
        _mm512_extracti32x4_epi32::<2>(v3),
        _mm512_extracti32x4_epi32::<3>(v0),
        _mm512_extracti32x4_epi32::<3>(v1),
        _mm512_extracti32x4_epi32::<3>(v2),
        _mm512_extracti32x4_epi32::<3>(v3),
    ]
}

#[inline]
#[target_feature(enable = "avx512f")]
fn splat(word: u32) -> Vector {
    _mm512_set1_epi32(word.cast_signed())
}

#[inline]
#[target_feature(enable = "avx512f")]
fn add(x: Vector, y: Vector) -> Vector {
    _mm512_add_epi32(x, y)
}

/// `RIGHT` is for processors without a rotation.
#[inline]
#[target_feature(enable = "avx512f")]
fn rotate_left<const LEFT: i32, const RIGHT: i32>(x: Vector) -> Vector {
    _mm512_rol_epi32::<LEFT>(x)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn f(sum: Vector, b: Vector, c: Vector, d: Vector) -> Vector {
    add(
        settled(sum),
        _mm512_ternarylogic_epi32::<0b1100_1010>(b, c, d),
    )
}

#[inline]
#[target_feature(enable = "avx512f")]
fn g(sum: Vector, b: Vector, c: Vector, d: Vector) -> Vector {
    add(
        settled(sum),
        _mm512_ternarylogic_epi32::<0b1110_0100>(b, c, d),
    )
}

#[inline]
#[target_feature(enable = "avx512f")]
fn h(sum: Vector, b: Vector, c: Vector, d: Vector) -> Vector {
    add(
        settled(sum),
        _mm512_ternarylogic_epi32::<0b1001_0110>(b, c, d),
    )
}

#[inline]
#[target_feature(enable = "avx512f")]
fn i(sum: Vector, b: Vector, c: Vector, d: Vector) -> Vector {
    add(
        settled(sum),
        _mm512_ternarylogic_epi32::<0b0011_1001>(b, c, d),
    )
}

#[inline]
#[target_feature(enable = "avx512f")]
fn settled(mut sum: Vector) -> Vector {
    settle!(zmm_reg, sum);
    sum
}

#[inline]
#[target_feature(enable = "avx512f")]
fn unpack_low_32(x: Vector, y: Vector) -> Vector {
    _mm512_unpacklo_epi32(x, y)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn unpack_high_32(x: Vector, y: Vector) -> Vector {
    _mm512_unpackhi_epi32(x, y)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn unpack_low_64(x: Vector, y: Vector) -> Vector {
    _mm512_unpacklo_epi64(x, y)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn unpack_high_64(x: Vector, y: Vector) -> Vector {
    _mm512_unpackhi_epi64(x, y)
}
