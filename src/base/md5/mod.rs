//! MD5 (RFC 1321), for `ETag` and Content-MD5 only: it is broken as a hash, and what every client
//! compares.
//!
//! Owns: the digest of one stream ([`Md5`]), of several at once in SIMD lanes ([`Streams`]), and
//! the threads that bodies are hashed on ([`Md5Service`], [`Md5Stream`]). Not here: which digests a
//! body needs (`gateway::digests`).
//!
//! Nothing else bounds a large PUT as MD5 does, and one stream cannot be made faster than its
//! chain of 64 steps a block. 16 streams in the lanes of AVX-512 take hardly longer than one.
//! `benches/md5.rs` has the figures. No crate in wide use hashes several streams.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod kernel;
#[cfg(target_arch = "x86_64")]
mod lanes;
mod scalar;
mod service;
mod steps;
mod stream;
mod streams;
#[cfg(test)]
mod tests;

pub use kernel::Kernel;
pub use service::Md5Service;
pub use stream::Md5Stream;
pub use streams::Streams;

const BLOCK_LEN: usize = 64;
/// Where the message's length begins in its last block.
const LEN_AT: usize = 56;

/// The MD5 of a stream so far.
#[derive(Clone, Debug)]
pub struct Md5 {
    state: [u32; 4],
    /// The beginning of the next block: `len % BLOCK_LEN` bytes.
    partial: [u8; BLOCK_LEN],
    len: u64,
}

impl Default for Md5 {
    fn default() -> Self {
        Self {
            state: steps::INITIAL,
            partial: [0; BLOCK_LEN],
            len: 0,
        }
    }
}

impl Md5 {
    /// Bytes so far.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether nothing has been added yet.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds the next bytes of the stream.
    pub fn update(&mut self, bytes: &[u8]) {
        let taken = self.fill_block(bytes);
        let (blocks, rest) = bytes.get(taken..).unwrap_or_default().as_chunks();
        self.compress(blocks);
        self.keep(rest);
    }

    /// The digest.
    pub fn finish(mut self) -> [u8; 16] {
        let bits = self.len.wrapping_mul(8);
        // One bit, zeros up to the length's place in this block or the next, and the length.
        let mut padding = [0; BLOCK_LEN];
        padding[0] = 0x80;
        let partial_len = self.partial_len();
        let end = if partial_len < LEN_AT {
            LEN_AT
        } else {
            LEN_AT + BLOCK_LEN
        };
        self.update(
            padding
                .get(..end.saturating_sub(partial_len))
                .unwrap_or_default(),
        );
        self.update(&bits.to_le_bytes());
        let mut digest = [0; 16];
        for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(self.state) {
            *bytes = word.to_le_bytes();
        }
        digest
    }

    /// Completes a block that was begun with as much of `bytes` as it needs, and says how much
    /// that is. What is left of `bytes` begins a block, or is empty.
    fn fill_block(&mut self, bytes: &[u8]) -> usize {
        if self.partial_len() == 0 {
            return 0;
        }
        let taken = bytes
            .len()
            .min(BLOCK_LEN.saturating_sub(self.partial_len()));
        self.keep(bytes.get(..taken).unwrap_or_default());
        if self.partial_len() == 0 {
            let block = self.partial;
            scalar::compress(&mut self.state, &[block]);
        }
        taken
    }

    /// Takes whole blocks. Nothing is partial.
    fn compress(&mut self, blocks: &[[u8; BLOCK_LEN]]) {
        scalar::compress(&mut self.state, blocks);
        self.count(blocks.len().saturating_mul(BLOCK_LEN));
    }

    /// Keeps bytes that do not go beyond the block that is partial.
    fn keep(&mut self, bytes: &[u8]) {
        let begun = self.partial_len();
        if let Some(place) = self
            .partial
            .get_mut(begun..begun.saturating_add(bytes.len()))
        {
            place.copy_from_slice(bytes);
        }
        self.count(bytes.len());
    }

    fn count(&mut self, len: usize) {
        self.len = self.len.wrapping_add(len as u64);
    }

    #[expect(clippy::cast_possible_truncation, reason = "it is below 64")]
    fn partial_len(&self) -> usize {
        (self.len % BLOCK_LEN as u64) as usize
    }
}
