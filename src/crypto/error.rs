//! Why something could not be sealed, opened, or had from the key service.
#![deny(clippy::wildcard_enum_match_arm)]
//!
//! Owns: `SealError` (writers), `OpenError` (readers), `KeyError` (callers of a `KeyProvider`).
//! Not here: why a particular key service failed (`kms::error`).

use crate::base::codec::CodecError;
use crate::base::entropy::EntropyError;
use crate::base::kind::ErrorKind;
use crate::base::task::PoolError;
use crate::model::id::TenantId;

/// Something could not be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The stream has had its last piece.
    #[error("stream is sealed to its end already")]
    AlreadyFinished,
    /// The stream has more segments than the nonce counts.
    #[error("stream has more segments than its nonces")]
    CounterExhausted,
    /// A piece without bytes, other than the only one of an empty stream.
    #[error("piece has no bytes")]
    EmptyPiece,
    /// No random bytes.
    #[error("no random bytes")]
    Entropy(#[from] EntropyError),
    /// The piece is longer than pieces are, or the record longer than its lengths express.
    #[error("plaintext is too long len={len}")]
    PlaintextTooLong {
        /// Its bytes.
        len: usize,
    },
    /// Readable bytes belong before the first piece only.
    #[error("readable prefix after the first piece")]
    PrefixAfterStart,
    /// The AEAD refused.
    #[error("sealing was refused")]
    Refused,
    /// A piece that is not the last does not consist of whole segments.
    #[error("piece is not the last and not of whole segments len={len}")]
    UnalignedPiece {
        /// Its bytes.
        len: usize,
    },
}

impl SealError {
    /// What the caller should do: all but a failing random source is a bug of ours.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Entropy(source) => source.kind(),
            Self::AlreadyFinished
            | Self::CounterExhausted
            | Self::EmptyPiece
            | Self::PlaintextTooLong { .. }
            | Self::PrefixAfterStart
            | Self::Refused
            | Self::UnalignedPiece { .. } => ErrorKind::Internal,
        }
    }
}

/// Stored bytes could not be opened. All are `Corrupt`: an unknown number may be a newer program's
/// or a flipped bit, and in both cases the bytes are neither answered nor taken for absent.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Wrong key, wrong place or changed bytes; on purpose nobody is told which.
    #[error("stored bytes do not authenticate")]
    Unauthentic,
    /// The bytes do not have the shape that they claim.
    #[error("stored bytes do not decode")]
    Undecodable(#[from] CodecError),
    /// The algorithm number is none that this program knows.
    #[error("algorithm is not one that this program knows algorithm={algorithm}")]
    UnknownAlgorithm {
        /// The stored number.
        algorithm: u8,
    },
    /// The format number is none that this program knows.
    #[error("format is not one that this program knows format={format}")]
    UnknownFormat {
        /// The stored number.
        format: u8,
    },
    /// The record was sealed under another version of the scope key.
    #[error("record was sealed under another version of the key stored={stored} given={given}")]
    UnknownKeyVersion {
        /// The version in the record.
        stored: u32,
        /// The version of the key that was to open it.
        given: u32,
    },
}

impl OpenError {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unauthentic
            | Self::Undecodable(_)
            | Self::UnknownAlgorithm { .. }
            | Self::UnknownFormat { .. }
            | Self::UnknownKeyVersion { .. } => ErrorKind::Corrupt,
        }
    }
}

/// The key service did not give what was asked of it.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No random bytes.
    #[error("no random bytes")]
    Entropy(#[from] EntropyError),
    /// The tenant's generations are used up.
    #[error("tenant key cannot be rotated any more tenant={tenant}")]
    GenerationsExhausted {
        /// The tenant.
        tenant: TenantId,
    },
    /// The wrapped key does not open.
    #[error("wrapped key does not open")]
    Open(#[from] OpenError),
    /// The threads that the service runs on are gone.
    #[error("thread pool failed")]
    Pool(#[from] PoolError),
    /// The key could not be wrapped.
    #[error("key could not be wrapped")]
    Seal(#[from] SealError),
    /// The service cannot be reached or cannot store.
    #[error("key service is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The key was wrapped under a generation of the tenant's key that the service does not have.
    #[error(
        "key service has no such generation of the tenant key tenant={tenant} \
         generation={generation}"
    )]
    UnknownGeneration {
        /// The tenant.
        tenant: TenantId,
        /// The generation.
        generation: u32,
    },
    /// The service has no key of this tenant: never created, or destroyed.
    #[error("key service has no key of the tenant tenant={tenant}")]
    UnknownTenant {
        /// The tenant.
        tenant: TenantId,
    },
}

impl KeyError {
    /// What the caller should do. A missing key is `Corrupt`: what it sealed exists and cannot be
    /// opened.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Entropy(source) => source.kind(),
            Self::GenerationsExhausted { .. } => ErrorKind::Internal,
            Self::Open(source) => source.kind(),
            Self::Pool(source) => source.kind(),
            Self::Seal(source) => source.kind(),
            Self::Unavailable(_) => ErrorKind::Unavailable,
            Self::UnknownGeneration { .. } | Self::UnknownTenant { .. } => ErrorKind::Corrupt,
        }
    }
}
