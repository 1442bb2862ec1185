//! Identifiers that we make: 16 bytes, printed as 32 hexadecimal digits.
//!
//! Owns: `TenantId`, `BucketId`, `BlobId`, `UploadId`, `VersionId`. They are newtypes so that one
//! is never taken for another. Not here: names that people choose (`model::bucket`,
//! `model::tenant`).

use crate::base::entropy::{Entropy, EntropyError};
use std::fmt;
use std::str::FromStr;

/// Text that is not 32 hexadecimal digits.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("identifier is not 32 hexadecimal digits")]
pub struct InvalidId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The identifier with exactly these bytes, as stored.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The stored form.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// A fresh identifier: 48 bits of `unix_millis`, big endian, then 80 random bits.
            /// Identifiers made later sort later, which keeps neighbours in time neighbours in the
            /// engine.
            ///
            /// # Errors
            /// When the random source fails.
            pub fn generate(unix_millis: u64, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
                let mut bytes = [0_u8; 16];
                entropy.fill(&mut bytes)?;
                let [_, _, time @ ..] = unix_millis.to_be_bytes();
                if let Some(head) = bytes.first_chunk_mut::<6>() {
                    *head = time;
                }
                Ok(Self(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let mut bytes = [0_u8; 16];
                hex::decode_to_slice(text, &mut bytes).map_err(|_hex| InvalidId)?;
                Ok(Self(bytes))
            }
        }
    };
}

id!(
    /// A tenant, whatever it is called now.
    TenantId
);
id!(
    /// One life of a bucket: a bucket deleted and created again under its name is another.
    BucketId
);
id!(
    /// The sealed bytes of one object version or part.
    BlobId
);
id!(
    /// A multipart upload.
    UploadId
);
id!(
    /// An object version.
    VersionId
);
