//! MD5 of several streams at once, one in each lane of a vector: the source of all vector kernels.
//!
//! Owns: how blocks of many streams become vectors of words, and back. Not here: the instructions
//! (`avx2`, `avx512`), which streams run together (`streams`).
//!
//! A lane is a 32-bit word of a vector. Four lanes are a quarter: in each quarter, four words of
//! four streams (16 bytes of each block) are turned by the same eight unpacks at every width. A
//! chaining value is four words as well, and is turned likewise.

/// Defines `compress` for `$lanes` streams in terms of the instructions of the module around it.
macro_rules! lane_kernel {
    ($feature:literal, $lanes:literal) => {
        /// Takes the first `count` blocks of each stream into its chaining value.
        #[target_feature(enable = $feature)]
        pub(super) fn compress(
            states: &mut [[u32; 4]; $lanes],
            streams: &[&[[u8; 64]]; $lanes],
            count: usize,
        ) {
            let mut rows = [_mm_setzero_si128(); $lanes];
            for (row, state) in rows.iter_mut().zip(states.iter()) {
                *row = from_words(*state);
            }
            let [mut a, mut b, mut c, mut d] = turn(gather(rows));
            for index in 0..count {
                let words = words(streams, index);
                let before = [a, b, c, d];
                macro_rules! step {
                    ($f:tt, $a:tt, $b:tt, $c:tt, $d:tt, $word:expr, $sine:expr, $turn:tt) => {
                        let sum = add(add($a, splat(SINES[$sine])), words[$word]);
                        $a = add(
                            rotate_left::<$turn, { 32 - $turn }>($f(sum, $b, $c, $d)),
                            $b,
                        );
                    };
                }
                steps!(step, a, b, c, d);
                let [a_before, b_before, c_before, d_before] = before;
                a = add(a, a_before);
                b = add(b, b_before);
                c = add(c, c_before);
                d = add(d, d_before);
            }
            for (state, row) in states.iter_mut().zip(scatter(turn([a, b, c, d]))) {
                *state = to_words(row);
            }
        }

        /// The 16 words of block `index` of every stream.
        #[inline]
        #[target_feature(enable = $feature)]
        fn words(streams: &[&[[u8; 64]]; $lanes], index: usize) -> [Vector; 16] {
            let mut rows = [[_mm_setzero_si128(); $lanes]; 4];
            for (lane, stream) in streams.iter().enumerate() {
                let block = stream.get(index).unwrap_or(&[0; 64]);
                for (row, bytes) in rows.iter_mut().zip(block.as_chunks().0) {
                    if let Some(place) = row.get_mut(lane) {
                        *place = from_bytes(bytes);
                    }
                }
            }
            let [r0, r1, r2, r3] = rows;
            let [w0, w1, w2, w3] = turn(gather(r0));
            let [w4, w5, w6, w7] = turn(gather(r1));
            let [w8, w9, w10, w11] = turn(gather(r2));
            let [w12, w13, w14, w15] = turn(gather(r3));
            [
                w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11, w12, w13, w14, w15,
            ]
        }

        /// Four rows of four words in every quarter become four columns; twice is the identity.
        #[inline]
        #[target_feature(enable = $feature)]
        fn turn([r0, r1, r2, r3]: [Vector; 4]) -> [Vector; 4] {
            let (low_01, high_01) = (unpack_low_32(r0, r1), unpack_high_32(r0, r1));
            let (low_23, high_23) = (unpack_low_32(r2, r3), unpack_high_32(r2, r3));
            [
                unpack_low_64(low_01, low_23),
                unpack_high_64(low_01, low_23),
                unpack_low_64(high_01, high_23),
                unpack_high_64(high_01, high_23),
            ]
        }

        #[inline]
        #[target_feature(enable = $feature)]
        fn from_bytes(bytes: &[u8; 16]) -> __m128i {
            let mut halves = [0; 2];
            for (half, bytes) in halves.iter_mut().zip(bytes.as_chunks().0) {
                *half = i64::from_le_bytes(*bytes);
            }
            let [low, high] = halves;
            _mm_set_epi64x(high, low)
        }

        #[inline]
        #[target_feature(enable = $feature)]
        fn from_words(words: [u32; 4]) -> __m128i {
            let [w0, w1, w2, w3] = words.map(u32::cast_signed);
            _mm_set_epi32(w3, w2, w1, w0)
        }

        #[inline]
        #[target_feature(enable = $feature)]
        fn to_words(row: __m128i) -> [u32; 4] {
            [
                _mm_extract_epi32::<0>(row),
                _mm_extract_epi32::<1>(row),
                _mm_extract_epi32::<2>(row),
                _mm_extract_epi32::<3>(row),
            ]
            .map(i32::cast_unsigned)
        }
    };
}
pub(super) use lane_kernel;
