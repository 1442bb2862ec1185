//! The AEAD algorithms that RZ1 knows.
//!
//! Owns: the stored number of each, and the way to a ready key. An unknown number is refused; there
//! is no fallback (crypto.md 13).
//! Not here: which nonce, which associated data (`derive`, `nonce`, `record`, `wrap`).

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::base::limits::TAG_LEN;
use crate::crypto::error::OpenError;

/// Bytes of every key of this format.
pub(in crate::crypto) const KEY_LEN: usize = 32;

/// An AEAD algorithm. The numbers are stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::crypto) enum Algorithm {
    /// AES-256-GCM with 96-bit nonces and 128-bit tags, number 1.
    Aes256Gcm,
}

/// The operation failed; ring does not say why, and nobody should.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::crypto) struct Refused;

impl Algorithm {
    /// What new bytes are sealed with.
    pub(in crate::crypto) const CURRENT: Self = Self::Aes256Gcm;

    /// The stored number.
    pub(in crate::crypto) const fn number(self) -> u8 {
        match self {
            Self::Aes256Gcm => 1,
        }
    }

    /// The algorithm of a stored number.
    pub(in crate::crypto) const fn from_number(number: u8) -> Result<Self, OpenError> {
        match number {
            1 => Ok(Self::Aes256Gcm),
            algorithm => Err(OpenError::UnknownAlgorithm { algorithm }),
        }
    }

    /// A key ready for use. ring keeps its own expanded copy inside and does not wipe it; such keys
    /// therefore live inside one request (crypto.md 20).
    pub(in crate::crypto) fn ready_key(self, bytes: &[u8; KEY_LEN]) -> Result<ReadyKey, Refused> {
        let algorithm = match self {
            Self::Aes256Gcm => &AES_256_GCM,
        };
        let unbound =
            UnboundKey::new(algorithm, bytes).map_err(|ring::error::Unspecified| Refused)?;
        Ok(ReadyKey {
            aead: LessSafeKey::new(unbound),
        })
    }
}

/// An AEAD key with its schedule expanded. Not `Clone`: the types around it count its uses.
pub(in crate::crypto) struct ReadyKey {
    aead: LessSafeKey,
}

impl ReadyKey {
    /// Seals `bytes` in place and returns the tag.
    pub(in crate::crypto) fn seal(
        &self,
        nonce: [u8; NONCE_LEN],
        associated_data: &[u8],
        bytes: &mut [u8],
    ) -> Result<[u8; TAG_LEN], Refused> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self
            .aead
            .seal_in_place_separate_tag(nonce, Aad::from(associated_data), bytes);
        let tag = tag.map_err(|ring::error::Unspecified| Refused)?;
        <[u8; TAG_LEN]>::try_from(tag.as_ref()).map_err(|_len| Refused)
    }

    /// Opens what stands from `sealed_start` to the end of `bytes` (ciphertext, then tag) and
    /// writes the plaintext to the front of `bytes`. Returns the plaintext's length. On failure the
    /// plaintext's place holds nothing secret.
    pub(in crate::crypto) fn open(
        &self,
        nonce: [u8; NONCE_LEN],
        associated_data: &[u8],
        bytes: &mut [u8],
        sealed_start: usize,
    ) -> Result<usize, Refused> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        let opened =
            self.aead
                .open_within(nonce, Aad::from(associated_data), bytes, sealed_start..);
        opened
            .map(|plaintext| plaintext.len())
            .map_err(|ring::error::Unspecified| Refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test cases 13 to 16 of "The Galois/Counter Mode of Operation" (`McGrew`, Viega), AES-256
    /// with 96-bit nonces.
    #[test]
    fn aes_256_gcm_matches_published_vectors() {
        let plain = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
                     1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255";
        let secret = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
        let zero = "00".repeat(32);
        let zero_nonce = "00".repeat(12);
        let nonce = "cafebabefacedbaddecaf888";
        let cases = [
            (
                zero.as_str(),
                zero_nonce.as_str(),
                "",
                "",
                "",
                "530f8afbc74536b9a963b4f1c4cb738b",
            ),
            (
                zero.as_str(),
                zero_nonce.as_str(),
                "00000000000000000000000000000000",
                "",
                "cea7403d4d606b6e074ec5d3baf39d18",
                "d0d1c8a799996bf0265b98b5d48ab919",
            ),
            (
                secret,
                nonce,
                plain,
                "",
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                 8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
                "b094dac5d93471bdec1a502270e3cc6c",
            ),
            (
                secret,
                nonce,
                plain.get(..120).unwrap(),
                "feedfacedeadbeeffeedfacedeadbeefabaddad2",
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                 8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
                "76fc6ece0f4e1768cddf8853bb2d551b",
            ),
        ];
        for (secret, nonce, plain, associated_data, sealed, tag) in cases {
            let bytes = |hexadecimal: &str| hex::decode(hexadecimal).unwrap();
            let ready = Algorithm::CURRENT
                .ready_key(&bytes(secret).try_into().unwrap())
                .unwrap();
            let nonce = <[u8; 12]>::try_from(bytes(nonce)).unwrap();
            let mut buffer = bytes(plain);
            let made = ready
                .seal(nonce, &bytes(associated_data), &mut buffer)
                .unwrap();
            assert_eq!(
                (hex::encode(&buffer), hex::encode(made)),
                (sealed.to_owned(), tag.to_owned())
            );
            buffer.extend_from_slice(&made);
            let len = ready
                .open(nonce, &bytes(associated_data), &mut buffer, 0)
                .unwrap();
            assert_eq!(buffer[..len], bytes(plain));
        }
    }

    #[test]
    fn unknown_number_is_refused() {
        for number in (0..=u8::MAX).filter(|number| *number != 1) {
            let Err(OpenError::UnknownAlgorithm { algorithm }) = Algorithm::from_number(number)
            else {
                panic!("{number} was accepted");
            };
            assert_eq!(algorithm, number);
        }
    }
}
