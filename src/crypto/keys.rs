//! The keys as types: what may be done with each, and nothing else.
//!
//! Owns: `ScopeKey`, `WrappedKey`, `DataKey`, `StreamParameters`, and the two faces of a data key
//! for one part: `SealingKey` and `OpeningKey`.
//! Not here: derivation (`derive`), tenant keys (`wrap`), root keys (`kms`).

use std::fmt;

use crate::base::codec::{Reader, Writer};
use crate::base::entropy::{Entropy, EntropyError, random_array};
use crate::base::secret::{self, Secret};
use crate::crypto::algorithm::{KEY_LEN, Refused};
use crate::crypto::derive::{COMMITMENT_LEN, SALT_LEN, StreamSecrets};
use crate::crypto::error::{OpenError, SealError};

/// A bucket key, or a tenant's credentials key: 256 bits and the version that records name.
pub struct ScopeKey {
    secret: Secret<KEY_LEN>,
    version: u32,
}

impl ScopeKey {
    /// A fresh key.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn generate(version: u32, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        Ok(Self {
            secret: Secret::generate(entropy)?,
            version,
        })
    }

    /// A key that a key service gave out; `None` when it does not have 32 bytes. The caller wipes
    /// its own copy.
    pub fn from_slice(version: u32, bytes: &[u8]) -> Option<Self> {
        Some(Self {
            secret: Secret::from_slice(bytes)?,
            version,
        })
    }

    /// The version that records sealed under this key name.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Whether two keys are the same, in constant time.
    pub fn is_equal(&self, other: &Self) -> bool {
        self.version == other.version && self.secret.is_equal(other.expose())
    }

    /// The bytes, for derivation and wrapping.
    pub(crate) fn expose(&self) -> &[u8; KEY_LEN] {
        self.secret.expose()
    }
}

impl fmt::Debug for ScopeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScopeKey(version={}, redacted)", self.version)
    }
}

/// A scope key wrapped by a key service.
///
/// Stored: format `u8` = 1 | tenant key generation `u32` | service's bytes, length-prefixed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WrappedKey {
    generation: u32,
    opaque: Vec<u8>,
}

impl WrappedKey {
    const FORMAT: u8 = 1;

    /// What a service returns: the generation of the tenant key that wraps, and bytes that only the
    /// service reads.
    pub fn new(generation: u32, opaque: Vec<u8>) -> Self {
        Self { generation, opaque }
    }

    /// Generation of the tenant key that wraps.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The service's bytes.
    pub fn opaque(&self) -> &[u8] {
        &self.opaque
    }

    /// The stored form.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.u8(Self::FORMAT).u32(self.generation).field(&self.opaque);
        w.into_vec()
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// `Corrupt` for anything but one whole wrapped key of a known format.
    pub fn decode(bytes: &[u8]) -> Result<Self, OpenError> {
        let mut r = Reader::new(bytes);
        let format = r.u8()?;
        if format != Self::FORMAT {
            return Err(OpenError::UnknownFormat { format });
        }
        let generation = r.u32()?;
        let opaque = r.field()?.to_vec();
        r.finish()?;
        Ok(Self { generation, opaque })
    }
}

/// What is stored beside a stream so that the holder of the data key can open it. Not secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamParameters {
    /// Drawn for this attempt at this part.
    pub salt: [u8; SALT_LEN],
    /// Proves the key before anything is opened.
    pub commitment: [u8; COMMITMENT_LEN],
}

/// The key of one object version, or of one upload and its parts. Lies inside the sealed record.
pub struct DataKey {
    secret: Secret<KEY_LEN>,
}

impl DataKey {
    /// A fresh key.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        Ok(Self {
            secret: Secret::generate(entropy)?,
        })
    }

    /// The key out of an opened record; `None` when it does not have 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            secret: Secret::from_slice(bytes)?,
        })
    }

    /// The bytes, for the sealed part of a record and for nothing else.
    pub fn expose(&self) -> &[u8; KEY_LEN] {
        self.secret.expose()
    }

    /// The key for one attempt at writing a part. The salt is fresh, so a second attempt at the
    /// same part never meets the first one's nonces (C2).
    ///
    /// # Errors
    /// When the random source fails.
    pub fn sealing_key(
        &self,
        part_number: u32,
        entropy: &dyn Entropy,
    ) -> Result<SealingKey, SealError> {
        let salt = random_array::<SALT_LEN>(entropy)?;
        let secrets = StreamSecrets::derive(self.expose(), part_number, &salt);
        let secrets = secrets.map_err(|Refused| SealError::Refused)?;
        let parameters = StreamParameters {
            salt,
            commitment: secrets.commitment,
        };
        Ok(SealingKey {
            secrets,
            parameters,
        })
    }

    /// The key that opens a stored part. Compares the commitment in constant time (C3).
    ///
    /// # Errors
    /// `Unauthentic` when data key, part number and parameters do not belong together.
    pub fn opening_key(
        &self,
        part_number: u32,
        parameters: &StreamParameters,
    ) -> Result<OpeningKey, OpenError> {
        let secrets = StreamSecrets::derive(self.expose(), part_number, &parameters.salt);
        let secrets = secrets.map_err(|Refused| OpenError::Unauthentic)?;
        if secret::is_equal(&secrets.commitment, &parameters.commitment) {
            Ok(OpeningKey { secrets })
        } else {
            Err(OpenError::Unauthentic)
        }
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(redacted)")
    }
}

/// Seals one part, once: its [`crate::crypto::Sealer`] consumes it.
pub struct SealingKey {
    pub(in crate::crypto) secrets: StreamSecrets,
    pub(in crate::crypto) parameters: StreamParameters,
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(redacted)")
    }
}

/// Opens one part.
pub struct OpeningKey {
    pub(in crate::crypto) secrets: StreamSecrets,
}

impl fmt::Debug for OpeningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpeningKey(redacted)")
    }
}
