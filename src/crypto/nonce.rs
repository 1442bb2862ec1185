//! Nonces of a stream: prefix 7 | segment counter `u32` big endian | last flag 1 (crypto.md 9).
//!
//! Owns: the counter. Taking a nonce moves it forward, so the same one is never taken twice (C2).
//! Not here: nonces of single messages (`derive::OnceKey`).

use crate::crypto::error::SealError;

/// Bytes of the derived prefix.
pub(in crate::crypto) const PREFIX_LEN: usize = 7;

/// The nonces of one stream.
pub(in crate::crypto) struct StreamNonce {
    prefix: [u8; PREFIX_LEN],
    /// `None` when all are taken.
    next: Option<u32>,
}

impl StreamNonce {
    /// Starts at segment zero.
    pub(in crate::crypto) const fn new(prefix: [u8; PREFIX_LEN]) -> Self {
        Self {
            prefix,
            next: Some(0),
        }
    }

    /// Takes the nonce of the next segment.
    pub(in crate::crypto) fn advance(&mut self, is_last: bool) -> Result<[u8; 12], SealError> {
        let segment = self.next.ok_or(SealError::CounterExhausted)?;
        self.next = segment.checked_add(1);
        Ok(self.of_segment(segment, is_last))
    }

    /// The nonce of a segment, for opening.
    pub(in crate::crypto) fn of_segment(&self, segment: u32, is_last: bool) -> [u8; 12] {
        let [p0, p1, p2, p3, p4, p5, p6] = self.prefix;
        let [c0, c1, c2, c3] = segment.to_be_bytes();
        [
            p0,
            p1,
            p2,
            p3,
            p4,
            p5,
            p6,
            c0,
            c1,
            c2,
            c3,
            u8::from(is_last),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counter_at_its_end_is_an_error_not_a_repetition() {
        let mut nonce = StreamNonce {
            prefix: [7; PREFIX_LEN],
            next: Some(u32::MAX - 1),
        };
        assert_eq!(
            nonce.advance(false).unwrap(),
            [7, 7, 7, 7, 7, 7, 7, 255, 255, 255, 254, 0]
        );
        assert_eq!(
            nonce.advance(true).unwrap(),
            [7, 7, 7, 7, 7, 7, 7, 255, 255, 255, 255, 1]
        );
        assert!(matches!(
            nonce.advance(false),
            Err(SealError::CounterExhausted)
        ));
        assert!(matches!(
            nonce.advance(true),
            Err(SealError::CounterExhausted)
        ));
    }
}
