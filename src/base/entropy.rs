//! Randomness as a parameter.
//!
//! Owns: the `Entropy` trait and the operating system's source (crypto.md 21).
//! Not here: a seedable source; that lives in `tests/support`, so that it cannot ship.

use crate::base::kind::ErrorKind;
use ring::rand::{SecureRandom, SystemRandom};

/// The operating system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("operating system gave no random bytes")]
pub struct EntropyError;

impl EntropyError {
    /// What the caller should do: nothing is wrong with the request.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Unavailable
    }
}

/// Source of random bytes fit for keys, salts and identifiers.
pub trait Entropy: Send + Sync + std::fmt::Debug {
    /// Fills `bytes` with random bytes.
    ///
    /// # Errors
    /// `Unavailable` when the source fails; `bytes` is then unspecified and must not be used.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError>;
}

/// The operating system's random source.
#[derive(Debug)]
pub struct SystemEntropy {
    rng: SystemRandom,
}

impl SystemEntropy {
    /// Opens the source.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that opens the random source"
    )]
    pub fn new() -> Self {
        Self {
            rng: SystemRandom::new(),
        }
    }
}

impl Default for SystemEntropy {
    fn default() -> Self {
        Self::new()
    }
}

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        self.rng
            .fill(bytes)
            .map_err(|ring::error::Unspecified| EntropyError)
    }
}

/// `N` random bytes.
///
/// # Errors
/// As [`Entropy::fill`].
pub fn random_array<const N: usize>(entropy: &dyn Entropy) -> Result<[u8; N], EntropyError> {
    let mut bytes = [0_u8; N];
    entropy.fill(&mut bytes)?;
    Ok(bytes)
}
