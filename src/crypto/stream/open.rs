//! Opening of a stream, any run of segments at a time.
//!
//! Owns: `Opener`.
//! Not here: which segments cover a range (`range`), reading them (`gateway::read_path`).

use std::fmt;

use crate::base::limits::{SEGMENT_LEN, TAG_LEN};
use crate::crypto::algorithm::Refused;
use crate::crypto::error::OpenError;
use crate::crypto::keys::OpeningKey;
use crate::crypto::range;

/// Opens segments of one stream, in any order and on any thread.
pub struct Opener {
    opening_key: OpeningKey,
    /// Number of the last segment.
    last_segment: u64,
    /// Plaintext bytes of the last segment.
    last_len: usize,
    sealed_len: u64,
}

impl Opener {
    /// An opener of a stream of `plaintext_len` bytes. The length comes from the sealed record: it
    /// decides which segment has to carry the last flag.
    pub fn new(opening_key: OpeningKey, plaintext_len: u64) -> Self {
        let last_segment = range::segment_count(plaintext_len).saturating_sub(1);
        let before = last_segment.saturating_mul(range::SEGMENT_LEN_U64);
        let last_len = usize::try_from(plaintext_len.saturating_sub(before)).unwrap_or(SEGMENT_LEN);
        Self {
            opening_key,
            last_segment,
            last_len,
            sealed_len: range::sealed_len(plaintext_len),
        }
    }

    /// Opens whole segments from number `first_segment` on. The plaintext ends up at the front of
    /// `sealed`, without gaps; the result is its length. Every tag holds before this returns `Ok`
    /// (C1); on an error `sealed` is wiped.
    ///
    /// How many segments there are is up to the caller: it compares the result with what it asked
    /// for.
    ///
    /// # Errors
    /// `Unauthentic` for a changed, foreign or reordered segment, for a piece of one, for none at
    /// all, and for anything after the last one.
    pub fn open(&self, first_segment: u64, sealed: &mut [u8]) -> Result<usize, OpenError> {
        let opened = self.open_segments(first_segment, sealed);
        if opened.is_err() {
            sealed.fill(0);
        }
        opened.map_err(|Refused| OpenError::Unauthentic)
    }

    /// Opens a stream that is there as a whole.
    ///
    /// # Errors
    /// As [`Opener::open`], and `Unauthentic` when segments are missing at the end.
    pub fn open_whole(&self, sealed: &mut [u8]) -> Result<usize, OpenError> {
        if u64::try_from(sealed.len()) != Ok(self.sealed_len) {
            sealed.fill(0);
            return Err(OpenError::Unauthentic);
        }
        self.open(0, sealed)
    }

    fn open_segments(&self, first_segment: u64, sealed: &mut [u8]) -> Result<usize, Refused> {
        let secrets = &self.opening_key.secrets;
        let total_len = sealed.len();
        let mut segment = first_segment;
        let mut sealed_start = 0_usize;
        let mut opened_len = 0_usize;
        loop {
            let is_last = segment == self.last_segment;
            if segment > self.last_segment {
                return Err(Refused);
            }
            let plain_len = if is_last { self.last_len } else { SEGMENT_LEN };
            let sealed_end = sealed_start
                .checked_add(plain_len)
                .and_then(|end| end.checked_add(TAG_LEN))
                .ok_or(Refused)?;
            let number = u32::try_from(segment).map_err(|_overflow| Refused)?;
            let nonce = secrets.nonce.of_segment(number, is_last);
            // Plaintext is written over the tags of the segments before: one pass, no second copy.
            let window = sealed.get_mut(opened_len..sealed_end).ok_or(Refused)?;
            let gap = sealed_start.checked_sub(opened_len).ok_or(Refused)?;
            let len = secrets.ready.open(nonce, &[], window, gap)?;
            opened_len = opened_len.checked_add(len).ok_or(Refused)?;
            sealed_start = sealed_end;
            if sealed_start == total_len {
                return Ok(opened_len);
            }
            segment = segment.checked_add(1).ok_or(Refused)?;
        }
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opener(redacted)")
    }
}
