//! Wrapping of scope keys under a tenant key that this process holds (the local key service).
//!
//! Owns: `KeyEncryptionKey` and the bytes of a locally wrapped key.
//! Not here: where tenant keys come from and go (`kms::local`); services that wrap by themselves.
//!
//! Service's bytes of a `WrappedKey`: algorithm u8 | salt 32 | commitment 32 | sealed scope key 32
//! | tag 16 = 113 bytes.
//! Associated data: that of the context, then one more field: generation u32 | algorithm u8 | salt
//! | commitment.

use std::fmt;

use crate::base::codec::{Reader, Writer};
use crate::base::entropy::{Entropy, EntropyError};
use crate::base::limits::TAG_LEN;
use crate::base::secret::Secret;
use crate::crypto::algorithm::{Algorithm, KEY_LEN};
use crate::crypto::derive::{LABEL_WRAP, OnceKey};
use crate::crypto::error::{OpenError, SealError};
use crate::crypto::keys::{ScopeKey, WrappedKey};
use crate::crypto::provider::KeyContext;

/// A tenant key: wraps scope keys, never data.
pub struct KeyEncryptionKey {
    secret: Secret<KEY_LEN>,
}

impl KeyEncryptionKey {
    /// A fresh key.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        Ok(Self {
            secret: Secret::generate(entropy)?,
        })
    }

    /// A stored key; `None` when it does not have 32 bytes. The caller wipes its own copy.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            secret: Secret::from_slice(bytes)?,
        })
    }

    /// The bytes, for the keyring.
    pub(crate) fn expose(&self) -> &[u8; KEY_LEN] {
        self.secret.expose()
    }

    /// Wraps a scope key for `context`. `generation` is this key's own number.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn wrap_key(
        &self,
        scope_key: &ScopeKey,
        generation: u32,
        context: &KeyContext,
        entropy: &dyn Entropy,
    ) -> Result<WrappedKey, SealError> {
        let once = OnceKey::generate(self.expose(), LABEL_WRAP, entropy)?;
        let mut w = Writer::new();
        w.u8(Algorithm::CURRENT.number())
            .fixed(once.salt())
            .fixed(once.commitment());
        let mut opaque = w.into_vec();
        let associated_data = associated_data(context, generation, &opaque);
        once.seal(&associated_data, scope_key.expose(), &mut opaque)?;
        Ok(WrappedKey::new(generation, opaque))
    }

    /// Opens a key that this one wrapped for `context`.
    ///
    /// # Errors
    /// `Unauthentic` for another key, context, generation or changed bytes; `Undecodable` and
    /// `UnknownAlgorithm` before that.
    pub fn unwrap_key(
        &self,
        wrapped: &WrappedKey,
        context: &KeyContext,
    ) -> Result<ScopeKey, OpenError> {
        let sealed_len = KEY_LEN.saturating_add(TAG_LEN);
        let mut r = Reader::new(wrapped.opaque());
        // There is one algorithm so far; a second one is passed on to the derivation from here.
        let Algorithm::Aes256Gcm = Algorithm::from_number(r.u8()?)?;
        let (salt, commitment) = (r.array()?, r.array()?);
        let sealed = r.fixed(sealed_len)?;
        r.finish()?;
        let head_len = wrapped.opaque().len().saturating_sub(sealed_len);
        let head = wrapped.opaque().get(..head_len).unwrap_or_default();
        let once = OnceKey::restore(self.expose(), LABEL_WRAP, salt, &commitment)?;
        let secret = once.open(
            &associated_data(context, wrapped.generation(), head),
            sealed,
        )?;
        ScopeKey::from_slice(context.version, secret.expose()).ok_or(OpenError::Unauthentic)
    }
}

impl fmt::Debug for KeyEncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyEncryptionKey(redacted)")
    }
}

fn associated_data(context: &KeyContext, generation: u32, head: &[u8]) -> Vec<u8> {
    let mut readable = Writer::new();
    readable.u32(generation).fixed(head);
    let mut w = Writer::new();
    w.fixed(&context.associated_data())
        .field(readable.as_slice());
    w.into_vec()
}
