//! Secret bytes as types: wiped on drop, redacted in `Debug`, compared in constant time, not
//! `Clone` (crypto.md 20).
//!
//! Owns: `Secret<N>` for keys of known length, `SecretBytes` for the rest.
//! Not here: what a key is for (`crypto::keys`, `auth::credential`).

use crate::base::entropy::{Entropy, EntropyError};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use std::fmt;
use zeroize::Zeroize;

/// A secret of exactly `N` bytes, on the heap so that moving it leaves no copy behind.
pub struct Secret<const N: usize> {
    bytes: Box<[u8; N]>,
}

impl<const N: usize> Secret<N> {
    /// Draws a fresh secret.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut secret = Self {
            bytes: Box::new([0; N]),
        };
        entropy.fill(secret.bytes.as_mut_slice())?;
        Ok(secret)
    }

    /// Takes over bytes; `None` when they are not exactly `N`. The caller wipes its own copy.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut secret = Self {
            bytes: Box::new([0; N]),
        };
        if bytes.len() != N {
            return None;
        }
        secret.bytes.copy_from_slice(bytes);
        Some(secret)
    }

    /// The bytes themselves. Only cryptographic code calls this.
    pub fn expose(&self) -> &[u8; N] {
        &self.bytes
    }

    /// The bytes, for a function that fills them in place.
    pub fn expose_mut(&mut self) -> &mut [u8; N] {
        &mut self.bytes
    }

    /// Compares in constant time.
    pub fn is_equal(&self, other: &[u8]) -> bool {
        is_equal(self.bytes.as_slice(), other)
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret<{N}>(redacted)")
    }
}

/// A secret of any length.
pub struct SecretBytes {
    bytes: Vec<u8>,
}

impl SecretBytes {
    /// Takes over `bytes`.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }

    /// The bytes themselves. Only cryptographic code calls this.
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for SecretBytes {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(redacted)")
    }
}

/// Compares two byte strings in time that depends on their lengths only.
pub fn is_equal(a: &[u8], b: &[u8]) -> bool {
    verify_slices_are_equal(a, b).is_ok()
}
