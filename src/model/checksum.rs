//! Checksums that clients declare and that we store: the five algorithms of S3.
//!
//! Owns: algorithm names, header names, values, composite and full-object types ("Checking object
//! integrity", S3 user guide). Not here: the arithmetic (`base::digest`), wire trailers
//! (`s3::body`).

use crate::base::digest::{DigestAlgorithm, Digester, combine};
use crate::base::encoding::{base64_decode, base64_encode};

/// A checksum algorithm of S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ChecksumAlgorithm {
    /// CRC-32.
    Crc32 = 1,
    /// CRC-32C.
    Crc32c = 2,
    /// CRC-64/NVME.
    Crc64Nvme = 3,
    /// SHA-1.
    Sha1 = 4,
    /// SHA-256.
    Sha256 = 5,
}

impl ChecksumAlgorithm {
    /// All of them, in the order of their stored numbers.
    pub const ALL: [Self; 5] = [
        Self::Crc32,
        Self::Crc32c,
        Self::Crc64Nvme,
        Self::Sha1,
        Self::Sha256,
    ];

    /// The name in `x-amz-checksum-algorithm` and in XML.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    /// The header and trailer that carries a value.
    pub const fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// Parses a name, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
    }

    /// The algorithm whose header this is; `None` for other headers. `header` is lower case.
    pub fn from_header(header: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.header() == header)
    }

    /// The stored number.
    pub const fn to_stored(self) -> u8 {
        match self {
            Self::Crc32 => 1,
            Self::Crc32c => 2,
            Self::Crc64Nvme => 3,
            Self::Sha1 => 4,
            Self::Sha256 => 5,
        }
    }

    /// The algorithm of a stored number.
    pub fn from_stored(stored: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.to_stored() == stored)
    }

    /// The digest behind it.
    pub const fn digest(self) -> DigestAlgorithm {
        match self {
            Self::Crc32 => DigestAlgorithm::Crc32,
            Self::Crc32c => DigestAlgorithm::Crc32c,
            Self::Crc64Nvme => DigestAlgorithm::Crc64Nvme,
            Self::Sha1 => DigestAlgorithm::Sha1,
            Self::Sha256 => DigestAlgorithm::Sha256,
        }
    }

    /// Bytes of a value.
    pub const fn value_len(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// The type that a multipart object has when the client names none: SHA composite, CRC64NVME
    /// full object, the other CRCs composite (S3 API reference, CreateMultipartUpload,
    /// `x-amz-checksum-type`).
    pub const fn default_multipart_type(self) -> ChecksumType {
        match self {
            Self::Crc64Nvme => ChecksumType::FullObject,
            Self::Crc32 | Self::Crc32c | Self::Sha1 | Self::Sha256 => ChecksumType::Composite,
        }
    }

    /// Whether a multipart object may have this type under this algorithm.
    pub const fn allows(self, checksum_type: ChecksumType) -> bool {
        match (self, checksum_type) {
            (Self::Crc32 | Self::Crc32c, _)
            | (Self::Crc64Nvme, ChecksumType::FullObject)
            | (Self::Sha1 | Self::Sha256, ChecksumType::Composite) => true,
            (Self::Crc64Nvme, ChecksumType::Composite)
            | (Self::Sha1 | Self::Sha256, ChecksumType::FullObject) => false,
        }
    }
}

/// What a checksum of a multipart object covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecksumType {
    /// Checksum over the parts' checksums.
    Composite,
    /// Checksum over the whole object's bytes.
    FullObject,
}

impl ChecksumType {
    /// The text in headers and XML.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Composite => "COMPOSITE",
            Self::FullObject => "FULL_OBJECT",
        }
    }

    /// Parses the text.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Composite, Self::FullObject]
            .into_iter()
            .find(|t| t.name() == name)
    }
}

/// A checksum value with its algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checksum {
    /// The algorithm.
    pub algorithm: ChecksumAlgorithm,
    /// The raw value, of the algorithm's length.
    pub value: Vec<u8>,
}

impl Checksum {
    /// Parses a Base64 value; `None` when it is malformed or of the wrong length.
    pub fn parse(algorithm: ChecksumAlgorithm, text: &str) -> Option<Self> {
        let value = base64_decode(text)?;
        (value.len() == algorithm.value_len()).then_some(Self { algorithm, value })
    }

    /// The value in Base64.
    pub fn to_base64(&self) -> String {
        base64_encode(&self.value)
    }
}

/// The stored checksum of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectChecksum {
    /// Algorithm and value.
    pub checksum: Checksum,
    /// What the value covers; simple PUTs are `FullObject`.
    pub checksum_type: ChecksumType,
    /// Number of parts behind a composite value, 0 otherwise.
    pub part_count: u16,
}

impl ObjectChecksum {
    /// The text in headers and XML: Base64, with `-N` for a composite value.
    pub fn text(&self) -> String {
        let base64 = self.checksum.to_base64();
        match self.checksum_type {
            ChecksumType::Composite => format!("{base64}-{}", self.part_count),
            ChecksumType::FullObject => base64,
        }
    }

    /// Whether a client's text is this checksum. The number of parts of a composite one may be
    /// missing.
    pub fn is_written(&self, text: &str) -> bool {
        text == self.text() || text == self.checksum.to_base64()
    }

    /// The checksum of a multipart object from its parts' checksums and lengths, or `None` when the
    /// algorithm cannot give that type.
    pub fn of_parts(
        algorithm: ChecksumAlgorithm,
        checksum_type: ChecksumType,
        parts: &[(Vec<u8>, u64)],
    ) -> Option<Self> {
        let value = match checksum_type {
            ChecksumType::Composite => {
                let mut digester = Digester::new(algorithm.digest());
                for (value, _len) in parts {
                    digester.update(value);
                }
                digester.finish()
            }
            ChecksumType::FullObject => {
                let mut whole = Digester::new(algorithm.digest()).finish();
                for (value, len) in parts {
                    whole = combine(algorithm.digest(), &whole, value, *len)?;
                }
                whole
            }
        };
        let part_count = match checksum_type {
            ChecksumType::Composite => u16::try_from(parts.len()).ok()?,
            ChecksumType::FullObject => 0,
        };
        Some(Self {
            checksum: Checksum { algorithm, value },
            checksum_type,
            part_count,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::digest;

    #[test]
    fn full_object_checksum_of_parts_equals_checksum_of_whole() {
        for algorithm in [
            ChecksumAlgorithm::Crc32,
            ChecksumAlgorithm::Crc32c,
            ChecksumAlgorithm::Crc64Nvme,
        ] {
            let parts = [b"one ".as_slice(), b"two ", b"three"]
                .map(|p| (digest(algorithm.digest(), p), p.len() as u64));
            let whole =
                ObjectChecksum::of_parts(algorithm, ChecksumType::FullObject, &parts).unwrap();
            assert_eq!(
                whole.checksum.value,
                digest(algorithm.digest(), b"one two three")
            );
        }
        assert_eq!(
            ObjectChecksum::of_parts(
                ChecksumAlgorithm::Sha1,
                ChecksumType::FullObject,
                &[(vec![0; 20], 1)]
            ),
            None
        );
    }

    #[test]
    fn checksum_of_wrong_length_is_refused() {
        assert_eq!(Checksum::parse(ChecksumAlgorithm::Crc32, "AAAAAAA="), None);
        assert!(Checksum::parse(ChecksumAlgorithm::Crc32, "AAAAAA==").is_some());
    }
}
