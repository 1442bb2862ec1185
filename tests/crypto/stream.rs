//! Streams: sealing in pieces, opening in any order, and what makes them fail.

use crate::entropy::FixedEntropy;
use crate::samples::{
    PIECE_LEN, SEALED_SEGMENT_LEN, SEGMENT_LEN, data_key, plaintext, seal_stream,
};
use bytes::Buf as _;
use riznica::base::limits::STORED_ALIGNMENT;
use riznica::crypto::{
    BLOB_HEADER_LEN, OpenError, Opener, SealError, Sealer, StreamParameters, range,
};

fn opener(part_number: u32, parameters: &StreamParameters, len: usize) -> Opener {
    Opener::new(
        data_key().opening_key(part_number, parameters).unwrap(),
        len.try_into().unwrap(),
    )
}

fn sealed(len: usize) -> (StreamParameters, Vec<u8>) {
    seal_stream(
        &data_key(),
        0,
        &plaintext(len),
        &FixedEntropy::new("stream"),
    )
}

fn sealer() -> Sealer {
    Sealer::new(
        data_key()
            .sealing_key(0, &FixedEntropy::new("sealer"))
            .unwrap(),
    )
}

#[test]
fn stream_round_trips_at_every_edge() {
    let edges = [
        0,
        1,
        15,
        16,
        SEGMENT_LEN - 1,
        SEGMENT_LEN,
        SEGMENT_LEN + 1,
        PIECE_LEN - 1,
    ];
    for len in edges
        .into_iter()
        .chain([PIECE_LEN, PIECE_LEN + 1, 2 * PIECE_LEN, 2 * PIECE_LEN + 9])
    {
        let (parameters, mut bytes) = sealed(len);
        assert_eq!(bytes.len() as u64, range::sealed_len(len as u64), "{len}");
        let opened = opener(0, &parameters, len).open_whole(&mut bytes).unwrap();
        assert_eq!(bytes[..opened], plaintext(len), "{len}");
    }
}

#[test]
fn stream_opens_any_run_of_segments() {
    let len = 5 * SEGMENT_LEN + 77;
    let (parameters, bytes) = sealed(len);
    let (opener, plaintext) = (opener(0, &parameters, len), plaintext(len));
    for first in 0..6 {
        for last in first..6 {
            let end = ((last + 1) * SEALED_SEGMENT_LEN).min(bytes.len());
            let mut run = bytes[first * SEALED_SEGMENT_LEN..end].to_vec();
            let opened = opener.open(first as u64, &mut run).unwrap();
            let expected = &plaintext[first * SEGMENT_LEN..((last + 1) * SEGMENT_LEN).min(len)];
            assert_eq!(&run[..opened], expected, "{first}..={last}");
        }
    }
}

#[test]
fn stream_with_a_flipped_byte_fails_and_leaves_no_plaintext() {
    let len = 2 * SEGMENT_LEN + 5;
    let (parameters, bytes) = sealed(len);
    let opener = opener(0, &parameters, len);
    for index in (0..bytes.len())
        .step_by(4099)
        .chain(bytes.len() - 21..bytes.len())
    {
        let mut changed = bytes.clone();
        changed[index] ^= 0x40;
        assert!(
            matches!(opener.open(0, &mut changed), Err(OpenError::Unauthentic)),
            "byte {index}"
        );
        assert!(changed.iter().all(|byte| *byte == 0), "byte {index}");
    }
}

#[test]
fn stream_with_segments_out_of_place_fails() {
    let len = 3 * SEGMENT_LEN + 5;
    let (parameters, bytes) = sealed(len);
    let opener = opener(0, &parameters, len);
    let segments = bytes.chunks(SEALED_SEGMENT_LEN).collect::<Vec<_>>();
    for order in [
        vec![1, 0, 2, 3],
        vec![0, 2, 3],
        vec![0, 0, 1, 2, 3],
        vec![0, 1, 2, 3, 3],
        vec![0, 1, 3],
    ] {
        let mut moved = order
            .iter()
            .flat_map(|index| segments[*index])
            .copied()
            .collect::<Vec<_>>();
        assert!(opener.open(0, &mut moved).is_err(), "{order:?}");
    }
    for first_segment in [1, 2, 3, 4, u64::from(u32::MAX), u64::MAX] {
        assert!(
            opener
                .open(first_segment, &mut segments[0].to_vec())
                .is_err(),
            "{first_segment}"
        );
    }
    assert!(opener.open(0, &mut []).is_err(), "no segment at all");
    assert!(
        opener
            .open(0, &mut segments[0][..SEGMENT_LEN].to_vec())
            .is_err(),
        "no tag"
    );
}

#[test]
fn stream_cut_at_a_segment_edge_fails() {
    let len = 3 * SEGMENT_LEN;
    let (parameters, bytes) = sealed(len);
    for kept in 1..3 {
        let cut = bytes[..kept * SEALED_SEGMENT_LEN].to_vec();
        let with_true_len = opener(0, &parameters, len).open_whole(&mut cut.clone());
        assert!(with_true_len.is_err(), "{kept} segments, length as it was");
        // An edited length makes the opener expect the last flag where there is none.
        let with_edited_len = opener(0, &parameters, kept * SEGMENT_LEN).open(0, &mut cut.clone());
        assert!(with_edited_len.is_err(), "{kept} segments, length edited");
        // As a ranged read it is shorter than asked, which the caller sees.
        let run = opener(0, &parameters, len)
            .open(0, &mut cut.clone())
            .unwrap();
        assert_eq!(run, kept * SEGMENT_LEN);
    }
}

#[test]
fn stream_extended_fails() {
    for (len, extra) in [
        (SEGMENT_LEN, 1),
        (SEGMENT_LEN, SEALED_SEGMENT_LEN),
        (5, 1),
        (0, 16),
    ] {
        let (parameters, mut bytes) = sealed(len);
        bytes.extend(vec![0; extra]);
        assert!(
            opener(0, &parameters, len).open(0, &mut bytes).is_err(),
            "{len} + {extra}"
        );
    }
}

#[test]
fn opening_key_for_another_part_or_attempt_is_refused() {
    let entropy = FixedEntropy::new("parts");
    let (first, _) = seal_stream(&data_key(), 7, b"part", &entropy);
    let (second, _) = seal_stream(&data_key(), 7, b"part", &entropy);
    assert_ne!(first, second, "a second attempt has a new salt");
    assert!(data_key().opening_key(7, &first).is_ok());
    let mixed = StreamParameters {
        salt: first.salt,
        commitment: second.commitment,
    };
    for (part_number, parameters) in [(8, first), (0, first), (7, mixed)] {
        let refused = data_key().opening_key(part_number, &parameters);
        assert!(
            matches!(refused, Err(OpenError::Unauthentic)),
            "{part_number}"
        );
    }
}

/// C2: nothing that could use a nonce twice gets as far as the cipher.
#[test]
fn sealer_refuses_calls_out_of_order() {
    let segment = plaintext(SEGMENT_LEN);
    let mut finished = sealer();
    finished.seal(segment.as_slice(), true, &[]).unwrap();
    for is_last in [false, true] {
        let refused = finished.seal(segment.as_slice(), is_last, &[]);
        assert!(matches!(refused, Err(SealError::AlreadyFinished)));
    }
    let mut running = sealer();
    assert!(matches!(
        running.seal(b"".as_slice(), false, &[]),
        Err(SealError::EmptyPiece)
    ));
    assert!(matches!(
        running.seal(b"1".as_slice(), false, &[]),
        Err(SealError::UnalignedPiece { len: 1 })
    ));
    let too_long = vec![0; PIECE_LEN + 1];
    assert!(matches!(
        running.seal(too_long.as_slice(), true, &[]),
        Err(SealError::PlaintextTooLong { .. })
    ));
    running.seal(segment.as_slice(), false, b"header").unwrap();
    assert!(matches!(
        running.seal(segment.as_slice(), false, b"x"),
        Err(SealError::PrefixAfterStart)
    ));
    assert!(matches!(
        running.seal(b"".as_slice(), true, &[]),
        Err(SealError::EmptyPiece)
    ));
    assert_eq!(
        running
            .seal(b"9".as_slice(), true, &[])
            .unwrap()
            .into_bytes()
            .len(),
        17
    );
}

#[test]
fn first_piece_begins_with_its_prefix_and_fills_one_allocation() {
    let prefix = [0xab; BLOB_HEADER_LEN];
    for len in [0, 5, PIECE_LEN] {
        let mut sealer = sealer();
        let parameters = sealer.parameters();
        let piece = sealer
            .seal(plaintext(len).as_slice(), true, &prefix)
            .unwrap()
            .into_bytes();
        assert_eq!(piece[..BLOB_HEADER_LEN], prefix);
        let mut bytes = piece[BLOB_HEADER_LEN..].to_vec();
        // What is left is what it takes to be aligned.
        let piece_len = piece.len();
        let left = piece.try_into_mut().unwrap().capacity() - piece_len;
        assert!(left <= 2 * STORED_ALIGNMENT, "{left} of {piece_len}");
        let opened = opener(0, &parameters, len).open_whole(&mut bytes).unwrap();
        assert_eq!(bytes[..opened], plaintext(len));
    }
}

#[test]
fn pieces_of_scattered_bytes_are_the_same_and_lie_in_memory_as_in_the_stream() {
    let pieces = [PIECE_LEN, PIECE_LEN, 3 * SEGMENT_LEN, 2 * SEGMENT_LEN + 5];
    let prefix = [0xab; BLOB_HEADER_LEN];
    let (mut whole, mut scattered) = (sealer(), sealer());
    let mut offset = 0;
    for (index, len) in pieces.into_iter().enumerate() {
        let (bytes, is_last) = (plaintext(len), index + 1 == pieces.len());
        let prefix = if index == 0 { prefix.as_slice() } else { &[] };
        let expected = whole.seal(bytes.as_slice(), is_last, prefix).unwrap();
        let (first, rest) = bytes.split_at(1000);
        let (second, third) = rest.split_at(SEGMENT_LEN);
        let piece = scattered.seal(first.chain(second).chain(third), is_last, prefix);
        let piece = piece.unwrap().into_bytes();
        assert_eq!(piece, expected.into_bytes());
        let place = |at: usize| at % STORED_ALIGNMENT;
        assert_eq!(place(piece.as_ptr().addr()), place(offset), "{index}");
        offset += piece.len();
    }
}

#[test]
fn opener_is_shared_between_threads() {
    let len = 4 * SEGMENT_LEN;
    let (parameters, bytes) = sealed(len);
    let (opener, expected) = (opener(0, &parameters, len), plaintext(len));
    std::thread::scope(|scope| {
        for (index, segment) in bytes.chunks(SEALED_SEGMENT_LEN).enumerate() {
            let (opener, expected) = (&opener, &expected);
            scope.spawn(move || {
                let mut segment = segment.to_vec();
                let opened = opener.open(index as u64, &mut segment).unwrap();
                assert_eq!(
                    segment[..opened],
                    expected[index * SEGMENT_LEN..][..SEGMENT_LEN]
                );
            });
        }
    });
}

#[test]
fn stream_key_depends_on_the_data_key() {
    let (parameters, _) = sealed(1);
    let other = riznica::crypto::DataKey::from_slice(&[0xdb; 32]).unwrap();
    assert!(matches!(
        other.opening_key(0, &parameters),
        Err(OpenError::Unauthentic)
    ));
    assert_eq!(data_key().expose(), &[0xda; 32]);
}
