//! Sealing of a stream, piece by piece.
//!
//! Owns: `Sealer`, and `SealedPiece`, the proof that bytes are sealed (C4).
//! Not here: how pieces are cut and hashed (`gateway::write_path`).

use std::fmt;

use bytes::{Buf, BufMut, Bytes};

use crate::base::limits::{PIECE_PLAIN_LEN, SEGMENT_LEN, STORED_ALIGNMENT, TAG_LEN};
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
    /// Bytes of the pieces so far, prefix included.
    sealed_len: usize,
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
            sealed_len: 0,
        }
    }

    /// What has to be stored beside the stream.
    pub fn parameters(&self) -> StreamParameters {
        self.sealing_key.parameters
    }

    /// Seals the next bytes: at most `PIECE_PLAIN_LEN`, whole segments unless `is_last`. The piece
    /// begins with `prefix`, readable bytes that only the first piece may have. One allocation, one
    /// copy of the plaintext, aligned as `STORED_ALIGNMENT` says.
    ///
    /// # Errors
    /// `AlreadyFinished` after the last piece, and after any error while sealing: a nonce that may
    /// have been used is not used again. `EmptyPiece`, `PlaintextTooLong`, `PrefixAfterStart`,
    /// `UnalignedPiece` leave the stream as it was.
    pub fn seal(
        &mut self,
        plaintext: impl Buf,
        is_last: bool,
        prefix: &[u8],
    ) -> Result<SealedPiece, SealError> {
        self.refuse_misuse(plaintext.remaining(), is_last, prefix.len())?;
        self.state = State::Finished;
        let bytes = self.seal_segments(plaintext, is_last, prefix)?;
        self.sealed_len = self.sealed_len.wrapping_add(bytes.len());
        if !is_last {
            self.state = State::Running;
        }
        Ok(SealedPiece { bytes })
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
        mut plaintext: impl Buf,
        is_last: bool,
        prefix: &[u8],
    ) -> Result<Bytes, SealError> {
        let len = plaintext.remaining();
        let segment_count = len.div_ceil(SEGMENT_LEN).max(1);
        let sealed_len = segment_count
            .checked_mul(TAG_LEN)
            .and_then(|tags_len| tags_len.checked_add(len))
            .and_then(|sealed_len| sealed_len.checked_add(prefix.len()))
            .ok_or(SealError::PlaintextTooLong { len })?;
        let (mut output, start) = self.place(sealed_len);
        output.extend_from_slice(prefix);
        loop {
            let rest = plaintext.remaining();
            let segment_len = rest.min(SEGMENT_LEN);
            let is_last_segment = is_last && rest == segment_len;
            self.seal_segment(
                (&mut plaintext).take(segment_len),
                is_last_segment,
                &mut output,
            )?;
            if !plaintext.has_remaining() {
                return Ok(Bytes::from(output).slice(start..));
            }
        }
    }

    /// Memory for so many bytes of the stream, and where in it they begin.
    fn place(&self, len: usize) -> (Vec<u8>, usize) {
        if len < SEGMENT_LEN {
            // A short blob, which no file is written from, or the end of a long one.
            return (Vec::with_capacity(len), 0);
        }
        let mut output = Vec::<u8>::with_capacity(len.saturating_add(2 * STORED_ALIGNMENT));
        let aligned = output.as_ptr().align_offset(STORED_ALIGNMENT) % STORED_ALIGNMENT;
        let start = aligned.saturating_add(self.sealed_len % STORED_ALIGNMENT);
        output.resize(start, 0);
        (output, start)
    }

    fn seal_segment(
        &mut self,
        segment: impl Buf,
        is_last_segment: bool,
        output: &mut Vec<u8>,
    ) -> Result<(), SealError> {
        let secrets = &mut self.sealing_key.secrets;
        let nonce = secrets.nonce.advance(is_last_segment)?;
        let start = output.len();
        output.put(segment);
        let in_place = output.get_mut(start..).ok_or(SealError::Refused)?;
        let tag = secrets
            .ready
            .seal(nonce, &[], in_place)
            .map_err(|Refused| SealError::Refused)?;
        output.extend_from_slice(&tag);
        Ok(())
    }
}
