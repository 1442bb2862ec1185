//! Sealing of a stream, piece by piece.
//!
//! Owns: `Sealer`, and `SealedPiece`, the proof that bytes are sealed (C4).
//! Not here: how pieces are cut and hashed (`gateway::write_path`).

use std::fmt;

use bytes::Bytes;

use crate::base::limits::{PIECE_PLAIN_LEN, SEGMENT_LEN, TAG_LEN};
use crate::crypto::algorithm::Refused;
use crate::crypto::error::SealError;
use crate::crypto::keys::{SealingKey, StreamParameters};

/// Sealed bytes of one piece. Only [`Sealer::seal`] makes one, and engines are given nothing else
/// (C4):
///
/// ```compile_fail,E0451
/// let plaintext = bytes::Bytes::from_static(b"not sealed");
/// let piece = riznica::crypto::SealedPiece { bytes: plaintext };
/// ```
pub struct SealedPiece {
    bytes: Bytes,
}

impl SealedPiece {
    /// The bytes to store.
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }
}

impl fmt::Debug for SealedPiece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedPiece(len={})", self.bytes.len())
    }
}

/// Seals one attempt at one part, from its first byte to its last.
#[derive(Debug)]
pub struct Sealer {
    sealing_key: SealingKey,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Fresh,
    Running,
    Finished,
}

impl Sealer {
    /// Starts a stream; the key is spent on it.
    pub fn new(sealing_key: SealingKey) -> Self {
        Self {
            sealing_key,
            state: State::Fresh,
        }
    }

    /// What has to be stored beside the stream.
    pub fn parameters(&self) -> StreamParameters {
        self.sealing_key.parameters
    }

    /// Seals the next bytes: at most `PIECE_PLAIN_LEN`, whole segments unless `is_last`. The piece
    /// begins with `prefix`, readable bytes that only the first piece may have. One allocation, one
    /// copy of the plaintext.
    ///
    /// # Errors
    /// `AlreadyFinished` after the last piece, and after any error while sealing: a nonce that may
    /// have been used is not used again. `EmptyPiece`, `PlaintextTooLong`, `PrefixAfterStart`,
    /// `UnalignedPiece` leave the stream as it was.
    pub fn seal(
        &mut self,
        plaintext: &[u8],
        is_last: bool,
        prefix: &[u8],
    ) -> Result<SealedPiece, SealError> {
        self.refuse_misuse(plaintext.len(), is_last, prefix.len())?;
        self.state = State::Finished;
        let bytes = self.seal_segments(plaintext, is_last, prefix)?;
        if !is_last {
            self.state = State::Running;
        }
        Ok(SealedPiece {
            bytes: bytes.into(),
        })
    }

    fn refuse_misuse(&self, len: usize, is_last: bool, prefix_len: usize) -> Result<(), SealError> {
        match self.state {
            State::Finished => return Err(SealError::AlreadyFinished),
            State::Running if prefix_len != 0 => return Err(SealError::PrefixAfterStart),
            State::Fresh | State::Running => {}
        }
        if len > PIECE_PLAIN_LEN {
            return Err(SealError::PlaintextTooLong { len });
        }
        // An empty last piece after others would leave the stream without a last flag where its
        // length ends.
        let is_empty_stream = is_last && self.state == State::Fresh;
        if len == 0 && !is_empty_stream {
            return Err(SealError::EmptyPiece);
        }
        if !is_last && !len.is_multiple_of(SEGMENT_LEN) {
            return Err(SealError::UnalignedPiece { len });
        }
        Ok(())
    }

    fn seal_segments(
        &mut self,
        plaintext: &[u8],
        is_last: bool,
        prefix: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let segment_count = plaintext.len().div_ceil(SEGMENT_LEN).max(1);
        let capacity = segment_count
            .checked_mul(TAG_LEN)
            .and_then(|tags_len| tags_len.checked_add(plaintext.len()))
            .and_then(|sealed_len| sealed_len.checked_add(prefix.len()))
            .ok_or(SealError::PlaintextTooLong {
                len: plaintext.len(),
            })?;
        let mut output = Vec::with_capacity(capacity);
        output.extend_from_slice(prefix);
        let mut rest = plaintext;
        loop {
            let (segment, after) = rest.split_at_checked(SEGMENT_LEN).unwrap_or((rest, &[]));
            rest = after;
            self.seal_segment(segment, is_last && rest.is_empty(), &mut output)?;
            if rest.is_empty() {
                return Ok(output);
            }
        }
    }

    fn seal_segment(
        &mut self,
        segment: &[u8],
        is_last_segment: bool,
        output: &mut Vec<u8>,
    ) -> Result<(), SealError> {
        let secrets = &mut self.sealing_key.secrets;
        let nonce = secrets.nonce.advance(is_last_segment)?;
        let start = output.len();
        output.extend_from_slice(segment);
        let in_place = output.get_mut(start..).ok_or(SealError::Refused)?;
        let tag = secrets
            .ready
            .seal(nonce, &[], in_place)
            .map_err(|Refused| SealError::Refused)?;
        output.extend_from_slice(&tag);
        Ok(())
    }
}
