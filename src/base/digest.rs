//! Digests and checksums behind one incremental interface.
//!
//! Owns: MD5 (ETag, Content-MD5), SHA-1, SHA-256, CRC32, CRC32C, CRC64NVME accumulators.
//! Not here: MD5 of several streams at once (`md5`), which digest a request declared
//! (`model::checksum`), keyed digests (`crypto`, `auth`).

use crate::base::md5::Md5;
use aws_lc_rs::digest as lc;

/// A digest that objects may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DigestAlgorithm {
    /// CRC-32 (ISO-HDLC).
    Crc32,
    /// CRC-32C (Castagnoli).
    Crc32c,
    /// CRC-64/NVME.
    Crc64Nvme,
    /// MD5 (RFC 1321).
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl DigestAlgorithm {
    /// Whether it is computed as fast as memory is read: then the way to another thread costs more.
    pub fn is_light(self) -> bool {
        match self {
            Self::Crc32 | Self::Crc32c | Self::Crc64Nvme => true,
            Self::Md5 | Self::Sha1 | Self::Sha256 => false,
        }
    }
}

/// Accumulates one digest over a stream.
pub struct Digester {
    state: State,
}

enum State {
    Crc(Box<crc_fast::Digest>, usize),
    Md5(Box<Md5>),
    Lc(Box<lc::Context>),
}

impl std::fmt::Debug for Digester {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digester")
    }
}

impl Digester {
    /// An accumulator that has seen nothing.
    pub fn new(algorithm: DigestAlgorithm) -> Self {
        use crc_fast::CrcAlgorithm;
        let state = match algorithm {
            DigestAlgorithm::Crc32 => State::Crc(
                Box::new(crc_fast::Digest::new(CrcAlgorithm::Crc32IsoHdlc)),
                4,
            ),
            DigestAlgorithm::Crc32c => {
                State::Crc(Box::new(crc_fast::Digest::new(CrcAlgorithm::Crc32Iscsi)), 4)
            }
            DigestAlgorithm::Crc64Nvme => {
                State::Crc(Box::new(crc_fast::Digest::new(CrcAlgorithm::Crc64Nvme)), 8)
            }
            DigestAlgorithm::Md5 => State::Md5(Box::default()),
            DigestAlgorithm::Sha1 => {
                State::Lc(Box::new(lc::Context::new(&lc::SHA1_FOR_LEGACY_USE_ONLY)))
            }
            DigestAlgorithm::Sha256 => State::Lc(Box::new(lc::Context::new(&lc::SHA256))),
        };
        Self { state }
    }

    /// Adds the next bytes of the stream.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Crc(digest, _) => digest.update(bytes),
            State::Md5(digest) => digest.update(bytes),
            State::Lc(context) => context.update(bytes),
        }
    }

    /// The digest, big endian for CRCs as S3 writes them.
    pub fn finish(self) -> Vec<u8> {
        match self.state {
            State::Crc(digest, len) => {
                let value = digest.finalize().to_be_bytes();
                value
                    .get(8_usize.saturating_sub(len)..)
                    .unwrap_or_default()
                    .to_vec()
            }
            State::Md5(digest) => digest.finish().to_vec(),
            State::Lc(context) => context.finish().as_ref().to_vec(),
        }
    }
}

/// The digest of one byte string.
pub fn digest(algorithm: DigestAlgorithm, bytes: &[u8]) -> Vec<u8> {
    let mut digester = Digester::new(algorithm);
    digester.update(bytes);
    digester.finish()
}

/// CRC of the concatenation of two byte strings from their CRCs and the second's length; `None` for
/// a digest that cannot be combined.
pub fn combine(
    algorithm: DigestAlgorithm,
    first: &[u8],
    second: &[u8],
    second_len: u64,
) -> Option<Vec<u8>> {
    use crc_fast::CrcAlgorithm;
    let (crc, len) = match algorithm {
        DigestAlgorithm::Crc32 => (CrcAlgorithm::Crc32IsoHdlc, 4),
        DigestAlgorithm::Crc32c => (CrcAlgorithm::Crc32Iscsi, 4),
        DigestAlgorithm::Crc64Nvme => (CrcAlgorithm::Crc64Nvme, 8),
        DigestAlgorithm::Md5 | DigestAlgorithm::Sha1 | DigestAlgorithm::Sha256 => return None,
    };
    let combined = crc_fast::checksum_combine(crc, be(first), be(second), second_len);
    Some(
        combined
            .to_be_bytes()
            .get(8_usize.saturating_sub(len)..)?
            .to_vec(),
    )
}

fn be(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |value, byte| (value << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the CRC catalogue and of RFC 1321, FIPS 180.
    #[test]
    fn digest_of_known_text_matches_published_value() {
        let check = b"123456789";
        assert_eq!(
            digest(DigestAlgorithm::Crc32, check),
            0xcbf4_3926_u32.to_be_bytes()
        );
        assert_eq!(
            digest(DigestAlgorithm::Crc32c, check),
            0xe306_9283_u32.to_be_bytes()
        );
        assert_eq!(
            digest(DigestAlgorithm::Crc64Nvme, check),
            0xae8b_1486_0a79_9888_u64.to_be_bytes()
        );
        assert_eq!(
            hex::encode(digest(DigestAlgorithm::Md5, b"abc")),
            "900150983cd24fb0d6963f7d28e17f72"
        );
        assert_eq!(
            hex::encode(digest(DigestAlgorithm::Sha1, b"abc")),
            "a9993e364706816aba3e25717850c26c9cd0d89d"
        );
        assert_eq!(
            hex::encode(digest(DigestAlgorithm::Sha256, b"abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn combine_of_two_crcs_equals_crc_of_concatenation() {
        for algorithm in [
            DigestAlgorithm::Crc32,
            DigestAlgorithm::Crc32c,
            DigestAlgorithm::Crc64Nvme,
        ] {
            let whole = digest(algorithm, b"first and second");
            let combined = combine(
                algorithm,
                &digest(algorithm, b"first "),
                &digest(algorithm, b"and second"),
                10,
            );
            assert_eq!(combined, Some(whole));
        }
    }
}
