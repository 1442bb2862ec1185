//! Server-side encryption as clients ask for it and see it. Everything is sealed whatever they ask
//! for.
//!
//! Owns: the algorithm names of `x-amz-server-side-encryption`.
//! Not here: the sealing (`crypto`).

/// The header of requests and answers (S3 user guide, "Protecting data with server-side
/// encryption").
pub const SSE_HEADER: &str = "x-amz-server-side-encryption";

/// An algorithm of server-side encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SseAlgorithm {
    /// `SSE-S3`: keys that the store manages.
    Aes256,
}

impl SseAlgorithm {
    /// The name in headers and XML.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aes256 => "AES256",
        }
    }

    /// Parses the name.
    pub fn parse(name: &str) -> Option<Self> {
        (name == Self::Aes256.name()).then_some(Self::Aes256)
    }

    /// The number in stored rows; 0 is none.
    pub const fn to_stored(self) -> u8 {
        match self {
            Self::Aes256 => 1,
        }
    }

    /// The algorithm of a stored number.
    pub const fn from_stored(stored: u8) -> Option<Self> {
        match stored {
            1 => Some(Self::Aes256),
            _ => None,
        }
    }
}
