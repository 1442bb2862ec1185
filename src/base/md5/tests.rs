//! Every kernel against RFC 1321 and against the crate that is not ours.

use super::{Kernel, Md5, Streams};
use bytes::Bytes;
use md5::Digest as _;
use proptest::prelude::*;

/// RFC 1321, A.5.
const VECTORS: [(&str, &str); 7] = [
    ("", "d41d8cd98f00b204e9800998ecf8427e"),
    ("a", "0cc175b9c0f1b6a831c399e269772661"),
    ("abc", "900150983cd24fb0d6963f7d28e17f72"),
    ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
    (
        "abcdefghijklmnopqrstuvwxyz",
        "c3fcd3d76192e4007dfb496cca67e13b",
    ),
    (
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        "d174ab98d277d9f5a5611c2c9f419d9f",
    ),
    (
        "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
        "57edf4a22be3c955ac49da2e2107b67a",
    ),
];

/// A message of its own for every seed.
fn message(len: usize, seed: usize) -> Bytes {
    let byte = |index: usize| (index.wrapping_mul(31) ^ (index >> 8) ^ seed.wrapping_mul(97)) & 255;
    (0..len)
        .map(|index| u8::try_from(byte(index)).unwrap())
        .collect()
}

/// The MD5s of messages that come in pieces and run together: whenever a stream's piece is hashed,
/// its next one enters. More streams than lanes wait for a free one.
fn together(kernel: Kernel, messages: &[Vec<Bytes>]) -> Vec<[u8; 16]> {
    let mut digests = vec![[0; 16]; messages.len()];
    let mut rest: Vec<_> = messages
        .iter()
        .map(|pieces| pieces.iter().cloned())
        .collect();
    let mut waiting: Vec<(Md5, usize)> = (0..messages.len()).map(|n| (Md5::default(), n)).collect();
    let mut streams = Streams::new(kernel);
    while !(waiting.is_empty() && streams.is_empty()) {
        while streams.free_lanes() > 0
            && let Some((md5, n)) = waiting.pop()
        {
            match rest[n].next() {
                Some(piece) => streams.enter(md5, piece, n),
                None => digests[n] = md5.finish(),
            }
        }
        streams.turn();
        waiting.extend(streams.finished());
    }
    digests
}

/// Cuts `message` at `cuts`, taken modulo what is left.
fn pieces(mut message: Bytes, cuts: &[usize]) -> Vec<Bytes> {
    let mut pieces = Vec::new();
    for cut in cuts {
        pieces.push(message.split_to(cut % (message.len() + 1)));
    }
    pieces.push(message);
    pieces
}

#[test]
fn digest_of_rfc_vectors_is_published_value_alone_and_in_every_lane() {
    for (text, digest) in VECTORS {
        let mut md5 = Md5::default();
        md5.update(text.as_bytes());
        assert_eq!(hex::encode(md5.finish()), digest);
    }
    for kernel in Kernel::all() {
        // Each vector is in each lane once.
        for turn in 0..16 {
            let vector = |lane: usize| VECTORS[(lane + turn) % VECTORS.len()];
            let messages: Vec<_> = (0..16)
                .map(|lane| vec![Bytes::from(vector(lane).0)])
                .collect();
            for (lane, digest) in together(kernel, &messages).into_iter().enumerate() {
                assert_eq!(hex::encode(digest), vector(lane).1, "{kernel}, lane {lane}");
            }
        }
    }
}

#[test]
fn digest_around_ends_of_blocks_equals_the_reference() {
    for len in (0..=260).chain([511, 512, 513, 16_383, 16_384, 16_385, 65_599]) {
        let whole = message(len, 3);
        let expected: [u8; 16] = md5::Md5::digest(&whole).into();
        for cut in [0, 1, 55, 56, 63, 64, 65, 128] {
            let (head, tail) = whole.split_at(cut.min(len));
            let mut md5 = Md5::default();
            md5.update(head);
            md5.update(tail);
            assert_eq!(md5.len(), len as u64);
            assert_eq!(md5.finish(), expected, "{len} cut at {cut}");
        }
    }
}

#[test]
fn machine_of_the_tests_runs_every_kernel_that_it_has() {
    let names: Vec<_> = Kernel::all().map(|kernel| kernel.to_string()).collect();
    let mut expected = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            expected.push("avx512");
        }
        if is_x86_feature_detected!("avx2") {
            expected.push("avx2");
        }
    }
    expected.push("scalar");
    assert_eq!(names, expected);
    assert_eq!(Kernel::best().to_string(), names[0]);
}

/// Mostly lengths around a few blocks, some up to 1 MiB.
fn len() -> impl Strategy<Value = usize> {
    prop_oneof![8 => 0..=300_usize, 8 => 0..=40_000_usize, 1 => 0..=1_048_576_usize]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Any number of streams, of any lengths, in any pieces: each has the digest it has alone.
    #[test]
    fn digests_of_streams_together_equal_the_reference(
        streams in prop::collection::vec(
            (len(), prop::collection::vec(0..400_000_usize, 0..5)),
            1..36,
        ),
    ) {
        let whole: Vec<_> =
            streams.iter().enumerate().map(|(n, (len, _))| message(*len, n)).collect();
        let expected: Vec<[u8; 16]> =
            whole.iter().map(|message| md5::Md5::digest(message).into()).collect();
        let messages: Vec<_> = whole
            .into_iter()
            .zip(&streams)
            .map(|(message, (_, cuts))| pieces(message, cuts))
            .collect();
        for kernel in Kernel::all() {
            prop_assert_eq!(&together(kernel, &messages), &expected, "{}", kernel);
        }
    }
}
