//! Entropy that is the same in every run: SHA-256(seed | counter), block after block. Lives here so
//! that it cannot ship.

use ring::digest::{SHA256, digest};
use riznica::base::entropy::{Entropy, EntropyError};
use std::sync::Mutex;

/// Deterministic bytes from a seed.
#[derive(Debug)]
pub(crate) struct FixedEntropy {
    seed: Vec<u8>,
    counter: Mutex<u64>,
}

impl FixedEntropy {
    /// Two sources with one seed give the same bytes.
    pub(crate) fn new(seed: &str) -> Self {
        Self {
            seed: seed.as_bytes().to_vec(),
            counter: Mutex::new(0),
        }
    }
}

impl Entropy for FixedEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        let mut counter = self.counter.lock().map_err(|_poisoned| EntropyError)?;
        for chunk in bytes.chunks_mut(SHA256.output_len()) {
            let block = digest(
                &SHA256,
                &[self.seed.as_slice(), &counter.to_be_bytes()].concat(),
            );
            *counter += 1;
            chunk
                .iter_mut()
                .zip(block.as_ref())
                .for_each(|(to, from)| *to = *from);
        }
        Ok(())
    }
}
