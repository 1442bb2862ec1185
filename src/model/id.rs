//! Identifiers that we make: 16 bytes, printed as 32 hexadecimal digits.
//!
//! Owns: `TenantId`, `BucketId`, `BlobId`, `ChangeId`, `UploadId`, `VersionId`. They are newtypes,
//! so that one is never taken for another. Not here: names that people choose (`model::bucket`,
//! `model::tenant`).

use crate::base::entropy::{Entropy, EntropyError};
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

/// Text that is not 32 hexadecimal digits.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("identifier is not 32 hexadecimal digits")]
pub struct InvalidId;

/// The head of the last identifier that this process made. Heads are all that has to ascend; the
/// random rest keeps identifiers of several processes apart.
static LAST: AtomicU64 = AtomicU64::new(0);

/// 48 bits of milliseconds and a 16-bit count: `earliest` or later, and above every one before.
fn ascending(earliest: u64) -> u64 {
    let next = |last: u64| Some(earliest.max(last.wrapping_add(1)));
    let before = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
    let (Ok(before) | Err(before)) = before;
    earliest.max(before.wrapping_add(1))
}

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

            /// A fresh identifier: 48 bits of `unix_millis` and 16 bits of a count within it, big
            /// endian, then 64 random bits. Identifiers that a process makes later sort later, also
            /// within a millisecond and when the clock is set back: uploads of one object are
            /// listed as they began, and neighbours in time are neighbours in the engine.
            ///
            /// # Errors
            /// When the random source fails.
            pub fn generate(unix_millis: u64, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
                let mut bytes = [0_u8; 16];
                entropy.fill(&mut bytes)?;
                if let Some(head) = bytes.first_chunk_mut::<8>() {
                    *head = ascending(unix_millis << 16).to_be_bytes();
                }
                Ok(Self(bytes))
            }

            /// This identifier, or a fresh one above `floor` if it is not: what follows another
            /// sorts behind it, whatever clocks and other processes say.
            ///
            /// # Errors
            /// When the random source fails.
            pub fn above(
                self,
                floor: Option<Self>,
                entropy: &dyn Entropy,
            ) -> Result<Self, EntropyError> {
                let Some(floor) = floor.filter(|floor| *floor >= self) else {
                    return Ok(self);
                };
                let mut bytes = [0_u8; 16];
                entropy.fill(&mut bytes)?;
                if let (Some(head), Some(below)) =
                    (bytes.first_chunk_mut::<8>(), floor.0.first_chunk::<8>())
                {
                    let earliest = u64::from_be_bytes(*below).saturating_add(1);
                    *head = ascending(earliest).to_be_bytes();
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
    /// A change that an operator made.
    ChangeId
);
id!(
    /// A multipart upload.
    UploadId
);
id!(
    /// An object version.
    VersionId
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy::SystemEntropy;

    #[test]
    fn identifiers_ascend_within_a_millisecond_and_when_the_clock_goes_back() {
        let entropy = SystemEntropy::new();
        let make = |millis| UploadId::generate(millis, &entropy).unwrap();
        let ids: Vec<UploadId> = [7, 7, 7, 9, 8, 7, 9, 10].into_iter().map(make).collect();
        assert!(ids.is_sorted());
        let many: Vec<UploadId> = (0..70_000).map(|_| make(11)).collect();
        assert!(many.is_sorted() && many[0] > ids[7]);
        assert_eq!(ids[0].as_bytes()[..6], [0, 0, 0, 0, 0, 7]);
    }

    #[test]
    fn identifier_that_follows_another_is_above_it() {
        let entropy = SystemEntropy::new();
        let own = VersionId::generate(20, &entropy).unwrap();
        let ahead = VersionId::from_bytes([0x70; 16]);
        assert_eq!(own.above(None, &entropy).unwrap(), own);
        let low = VersionId::from_bytes([0; 16]);
        assert_eq!(own.above(Some(low), &entropy).unwrap(), own);
        assert!(own.above(Some(own), &entropy).unwrap() > own);
        assert!(own.above(Some(ahead), &entropy).unwrap() > ahead);
    }
}
