//! Derivation of keys: HKDF-SHA-256 with a label for each purpose.
//!
//! Owns: every label (two purposes never share one), and `OnceKey`, the key, nonce and commitment
//! that seal exactly one message (crypto.md 4, 7; C2).
//! Not here: stream nonces (`nonce`), what is sealed (`record`, `wrap`, `kms::local`).

use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use zeroize::Zeroizing;

use crate::base::entropy::{Entropy, random_array};
use crate::base::limits::TAG_LEN;
use crate::base::secret::{self, SecretBytes};
use crate::crypto::algorithm::{Algorithm, KEY_LEN, ReadyKey, Refused};
use crate::crypto::error::{OpenError, SealError};
use crate::crypto::nonce::{PREFIX_LEN, StreamNonce};

/// Seals records under a scope key.
pub(in crate::crypto) const LABEL_RECORD: &[u8] = b"rz1/record";
/// Seals streams under a data key; the part number follows, `u32` big endian.
pub(in crate::crypto) const LABEL_PART: &[u8] = b"rz1/part";
/// Wraps scope keys under a tenant key.
pub(in crate::crypto) const LABEL_WRAP: &[u8] = b"rz1/wrap";
/// Seals the keyring of the local key service under the root key.
pub(crate) const LABEL_KEYRING: &[u8] = b"rz1/keyring";

/// Bytes of a salt. Salts are random: 2^128 of them before two are likely to meet.
pub(crate) const SALT_LEN: usize = 32;
/// Bytes of a commitment: a collision takes 2^128 work.
pub(crate) const COMMITMENT_LEN: usize = 32;
/// Bytes of a nonce of AES-GCM.
const NONCE_LEN: usize = 12;

struct OutputLen(usize);

impl KeyType for OutputLen {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF-SHA-256 (RFC 5869): extract with `salt`, expand with the pieces of `info` one after the
/// other. Fails only for more than 8160 bytes of output.
pub(in crate::crypto) fn hkdf_sha256(
    secret: &[u8],
    salt: &[u8],
    info: &[&[u8]],
    output: &mut [u8],
) -> Result<(), Refused> {
    let extracted = Salt::new(HKDF_SHA256, salt).extract(secret);
    let expanded = extracted.expand(info, OutputLen(output.len()));
    expanded
        .and_then(|okm| okm.fill(output))
        .map_err(|ring::error::Unspecified| Refused)
}

/// A key and nonce for one message: sealing or opening consumes it.
pub(crate) struct OnceKey {
    ready: ReadyKey,
    nonce: [u8; NONCE_LEN],
    salt: [u8; SALT_LEN],
    commitment: [u8; COMMITMENT_LEN],
}

impl OnceKey {
    /// A key for a new message, from a fresh salt.
    pub(crate) fn generate(
        secret: &[u8; KEY_LEN],
        label: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Self, SealError> {
        let salt = random_array::<SALT_LEN>(entropy)?;
        Self::derive(secret, label, salt).map_err(|Refused| SealError::Refused)
    }

    /// The key of a stored message, which holds `salt` and `commitment`. The commitment is compared
    /// in constant time before anything is opened (C3).
    pub(crate) fn restore(
        secret: &[u8; KEY_LEN],
        label: &[u8],
        salt: [u8; SALT_LEN],
        commitment: &[u8; COMMITMENT_LEN],
    ) -> Result<Self, OpenError> {
        let once = Self::derive(secret, label, salt).map_err(|Refused| OpenError::Unauthentic)?;
        if secret::is_equal(&once.commitment, commitment) {
            Ok(once)
        } else {
            Err(OpenError::Unauthentic)
        }
    }

    fn derive(secret: &[u8; KEY_LEN], label: &[u8], salt: [u8; SALT_LEN]) -> Result<Self, Refused> {
        let mut output = Zeroizing::new([0_u8; KEY_LEN + NONCE_LEN + COMMITMENT_LEN]);
        hkdf_sha256(secret, &salt, &[label], output.as_mut_slice())?;
        let (aead, rest) = output.split_first_chunk::<KEY_LEN>().ok_or(Refused)?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE_LEN>().ok_or(Refused)?;
        let commitment = rest.first_chunk::<COMMITMENT_LEN>().ok_or(Refused)?;
        let ready = Algorithm::CURRENT.ready_key(aead)?;
        Ok(Self {
            ready,
            nonce: *nonce,
            salt,
            commitment: *commitment,
        })
    }

    /// The salt, to be stored.
    pub(crate) fn salt(&self) -> &[u8; SALT_LEN] {
        &self.salt
    }

    /// The commitment, to be stored.
    pub(crate) fn commitment(&self) -> &[u8; COMMITMENT_LEN] {
        &self.commitment
    }

    /// Appends `secret`, sealed and with its tag, to `output`.
    pub(crate) fn seal(
        self,
        associated_data: &[u8],
        secret: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<(), SealError> {
        let start = output.len();
        output.reserve_exact(secret.len().saturating_add(TAG_LEN));
        output.extend_from_slice(secret);
        let sealed = output.get_mut(start..).ok_or(SealError::Refused)?;
        if let Ok(tag) = self.ready.seal(self.nonce, associated_data, sealed) {
            output.extend_from_slice(&tag);
            return Ok(());
        }
        sealed.fill(0);
        output.truncate(start);
        Err(SealError::Refused)
    }

    /// Opens ciphertext and tag.
    pub(crate) fn open(
        self,
        associated_data: &[u8],
        sealed: &[u8],
    ) -> Result<SecretBytes, OpenError> {
        let mut bytes = sealed.to_vec();
        let opened = self.ready.open(self.nonce, associated_data, &mut bytes, 0);
        let len = opened.map_err(|Refused| OpenError::Unauthentic)?;
        bytes.truncate(len);
        Ok(SecretBytes::new(bytes))
    }
}

/// The key, the nonces and the commitment of one attempt at one part.
pub(in crate::crypto) struct StreamSecrets {
    pub(in crate::crypto) ready: ReadyKey,
    pub(in crate::crypto) nonce: StreamNonce,
    pub(in crate::crypto) commitment: [u8; COMMITMENT_LEN],
}

impl StreamSecrets {
    /// Derives them from a data key (crypto.md 9).
    pub(in crate::crypto) fn derive(
        data_key: &[u8; KEY_LEN],
        part_number: u32,
        salt: &[u8; SALT_LEN],
    ) -> Result<Self, Refused> {
        let mut output = Zeroizing::new([0_u8; KEY_LEN + PREFIX_LEN + COMMITMENT_LEN]);
        let info = [LABEL_PART, &part_number.to_be_bytes()];
        hkdf_sha256(data_key, salt, &info, output.as_mut_slice())?;
        let (aead, rest) = output.split_first_chunk::<KEY_LEN>().ok_or(Refused)?;
        let (prefix, rest) = rest.split_first_chunk::<PREFIX_LEN>().ok_or(Refused)?;
        let commitment = rest.first_chunk::<COMMITMENT_LEN>().ok_or(Refused)?;
        let ready = Algorithm::CURRENT.ready_key(aead)?;
        Ok(Self {
            ready,
            nonce: StreamNonce::new(*prefix),
            commitment: *commitment,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5869, appendix A, test cases 1 to 3.
    #[test]
    fn hkdf_matches_rfc_5869() {
        let ramp = |from: u8, to: u8| (from..=to).collect::<Vec<_>>();
        let cases = [
            (
                vec![0x0b; 22],
                ramp(0, 0x0c),
                ramp(0xf0, 0xf9),
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf\
                 34007208d5b887185865",
            ),
            (
                ramp(0, 0x4f),
                ramp(0x60, 0xaf),
                ramp(0xb0, 0xff),
                "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c\
                 59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71\
                 cc30c58179ec3e87c14c01d5c1f3434f1d87",
            ),
            (
                vec![0x0b; 22],
                Vec::new(),
                Vec::new(),
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d\
                 9d201395faa4b61a96c8",
            ),
        ];
        for (secret, salt, info, expected) in cases {
            let mut output = vec![0; expected.len() / 2];
            let (head, tail) = info.split_at(info.len() / 2);
            hkdf_sha256(&secret, &salt, &[head, tail], &mut output).unwrap();
            assert_eq!(hex::encode(output), expected);
        }
    }

    /// In every stored message the commitment is associated data too, so only this test sees that
    /// it is compared by itself, before anything is opened (C3).
    #[test]
    fn once_key_with_another_commitment_is_not_restored() {
        let once = OnceKey::derive(&[1; KEY_LEN], LABEL_RECORD, [2; SALT_LEN]).unwrap();
        let restore = |secret: u8, label, salt: u8| {
            OnceKey::restore(
                &[secret; KEY_LEN],
                label,
                [salt; SALT_LEN],
                once.commitment(),
            )
            .is_ok()
        };
        assert!(restore(1, LABEL_RECORD, 2));
        assert!(!restore(3, LABEL_RECORD, 2), "other secret");
        assert!(!restore(1, LABEL_WRAP, 2), "other label");
        assert!(!restore(1, LABEL_RECORD, 3), "other salt");
    }

    #[test]
    fn labels_are_not_prefixes_of_one_another() {
        let labels = [LABEL_RECORD, LABEL_PART, LABEL_WRAP, LABEL_KEYRING];
        for (index, label) in labels.iter().enumerate() {
            for (other_index, other) in labels.iter().enumerate() {
                assert!(index == other_index || !other.starts_with(label));
            }
        }
    }
}
