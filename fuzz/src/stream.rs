//! Streams of sealed segments. Input: copies u8 | place u16 | bytes that the plaintext is made of.

use super::support::{Counter, split_byte};
use riznica::base::limits::{PIECE_PLAIN_LEN, SEGMENT_LEN};
use riznica::crypto::range::{sealed_range, segment_range};
use riznica::crypto::{DataKey, Opener, Sealer, StreamParameters};

const PART_NUMBER: u32 = 1;
const PLAIN_LEN_MAX: usize = PIECE_PLAIN_LEN + 2 * SEGMENT_LEN;

pub fn run(data: &[u8]) {
    let (copies, data) = split_byte(data);
    let (place, data) = data.split_first_chunk::<2>().unwrap_or((&[0, 0], data));
    let place = usize::from(u16::from_le_bytes(*place));
    let mut plain = data.repeat(usize::from(copies) + 1);
    plain.truncate(PLAIN_LEN_MAX);
    let (parameters, sealed) = seal(&plain);
    let opener = |len: usize| opener(&parameters, len);

    let mut whole = sealed.clone();
    let len = opener(plain.len())
        .open_whole(&mut whole)
        .expect("it was sealed by us");
    assert_eq!(whole[..len], plain);

    // A place anywhere in the stream, however long it is.
    let at = place.wrapping_mul(sealed.len() / 65_536 + 1) % sealed.len();
    let mut changed = sealed.clone();
    changed[at] ^= 1;
    assert_refused(&opener(plain.len()), changed);
    assert_refused(&opener(plain.len()), sealed[..at].to_vec());
    assert_refused(&opener(plain.len()), [sealed.as_slice(), &[0]].concat());
    assert_refused(&opener(plain.len() + 1), sealed.clone());
    assert_refused(&opener(data.len()), data.to_vec());
    assert_range(&opener(plain.len()), &plain, &sealed, at);
}

fn data_key() -> DataKey {
    DataKey::from_slice(&[0xda; 32]).expect("32 bytes")
}

fn opener(parameters: &StreamParameters, len: usize) -> Opener {
    let opening_key = data_key().opening_key(PART_NUMBER, parameters);
    Opener::new(opening_key.expect("its parameters are ours"), len as u64)
}

fn seal(plain: &[u8]) -> (StreamParameters, Vec<u8>) {
    let sealing_key = data_key().sealing_key(PART_NUMBER, &Counter::default());
    let mut sealer = Sealer::new(sealing_key.expect("there is entropy"));
    let parameters = sealer.parameters();
    let mut sealed = Vec::new();
    let mut rest = plain;
    loop {
        let (piece, after) = rest.split_at(rest.len().min(PIECE_PLAIN_LEN));
        rest = after;
        let piece = sealer
            .seal(piece, rest.is_empty(), &[])
            .expect("full pieces, then the last");
        sealed.extend_from_slice(&piece.into_bytes());
        if rest.is_empty() {
            return (parameters, sealed);
        }
    }
}

/// Refused, and nothing of it is left in the buffer.
fn assert_refused(opener: &Opener, mut sealed: Vec<u8>) {
    assert!(
        opener.open_whole(&mut sealed).is_err(),
        "it was not sealed like this"
    );
    assert!(sealed.iter().all(|byte| *byte == 0));
}

/// A range opens from its segments alone.
fn assert_range(opener: &Opener, plain: &[u8], sealed: &[u8], at: usize) {
    if plain.is_empty() {
        return;
    }
    let start = at % plain.len();
    let range = start as u64..plain.len() as u64;
    let segments = segment_range(&range).expect("it is not empty");
    let window = sealed_range(&segments, plain.len() as u64).expect("it is within the stream");
    let mut window = sealed[window.start as usize..window.end as usize].to_vec();
    let len = opener
        .open(segments.first, &mut window)
        .expect("it was sealed by us");
    assert_eq!(
        window[segments.offset_in_first as usize..len],
        plain[start..]
    );
}
