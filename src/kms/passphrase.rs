//! The root key out of a passphrase: Argon2id (RFC 9106).
//!
//! Owns: the salt file in the data folder and the cost.
//! Not here: who may read the passphrase file (`root_key`).
//!
//! Salt file: magic "RZ1S" | format u8 = 1 | zero 3 | memory u32, KiB | passes u32 | lanes u32 |
//! salt 32. Integers are little endian. It is no secret, but without it the passphrase is worth
//! nothing: it belongs into every backup.

use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version};

use crate::base::codec::{Reader, Writer};
use crate::base::entropy::{Entropy, random_array};
use crate::base::secret::Secret;
use crate::kms::error::KmsError;
use crate::kms::files;
use crate::kms::keyring::KEYRING_FILE_NAME;
use crate::kms::root_key::ROOT_KEY_LEN;

/// Name of the salt file in the data folder.
pub const SALT_FILE_NAME: &str = "root-salt.rz1";
/// Fewest bytes of a passphrase.
const PASSPHRASE_LEN_MIN: usize = 12;

const MAGIC: &[u8; 4] = b"RZ1S";
const FORMAT: u8 = 1;
const SALT_LEN: usize = 32;

/// The second recommendation of RFC 9106, section 4: 64 MiB, three passes, four lanes.
const COST: Cost = Cost {
    memory_kib: 64 * 1024,
    passes: 3,
    lanes: 4,
};
/// Least memory that a salt file may ask for (OWASP's minimum), and most: a damaged file must not
/// exhaust the machine.
const MEMORY_KIB: std::ops::RangeInclusive<u32> = 19 * 1024..=4 * 1024 * 1024;
const PASSES: std::ops::RangeInclusive<u32> = 1..=64;
const LANES: std::ops::RangeInclusive<u32> = 1..=16;

struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

struct SaltFile {
    cost: Cost,
    salt: [u8; SALT_LEN],
}

impl SaltFile {
    fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.fixed(MAGIC)
            .u8(FORMAT)
            .fixed(&[0; 3])
            .u32(self.cost.memory_kib)
            .u32(self.cost.passes)
            .u32(self.cost.lanes)
            .fixed(&self.salt);
        w.into_vec()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader::new(bytes);
        let is_ours =
            r.array().ok()? == *MAGIC && r.u8().ok()? == FORMAT && r.array().ok()? == [0; 3];
        let cost = Cost {
            memory_kib: r.u32().ok()?,
            passes: r.u32().ok()?,
            lanes: r.u32().ok()?,
        };
        let salt = r.array().ok()?;
        r.finish().ok()?;
        let is_bounded = MEMORY_KIB.contains(&cost.memory_kib)
            && PASSES.contains(&cost.passes)
            && LANES.contains(&cost.lanes);
        (is_ours && is_bounded).then_some(Self { cost, salt })
    }
}

/// Derives the root key. Makes the salt file when there is neither salt nor keyring. Blocks, for
/// about 100 ms.
pub(in crate::kms) fn derive(
    passphrase_path: &Path,
    contents: &[u8],
    data_folder: &Path,
    entropy: &dyn Entropy,
) -> Result<Secret<ROOT_KEY_LEN>, KmsError> {
    // Editors end the line; the line's end is not part of the passphrase.
    let passphrase = contents.strip_suffix(b"\n").unwrap_or(contents);
    let passphrase = passphrase.strip_suffix(b"\r").unwrap_or(passphrase);
    if passphrase.len() < PASSPHRASE_LEN_MIN {
        let path = passphrase_path.to_owned();
        return Err(KmsError::PassphraseTooShort {
            path,
            len_min: PASSPHRASE_LEN_MIN,
        });
    }
    let file = load_or_create_salt(data_folder, entropy)?;
    let cost = Params::new(
        file.cost.memory_kib,
        file.cost.passes,
        file.cost.lanes,
        Some(ROOT_KEY_LEN),
    );
    let cost = cost.map_err(KmsError::PassphraseDerivation)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost);
    let mut root_key = Secret::from_slice(&[0; ROOT_KEY_LEN]).ok_or(
        KmsError::PassphraseDerivation(argon2::Error::OutputTooShort),
    )?;
    argon2
        .hash_password_into(passphrase, &file.salt, root_key.expose_mut().as_mut_slice())
        .map_err(KmsError::PassphraseDerivation)?;
    Ok(root_key)
}

fn load_or_create_salt(data_folder: &Path, entropy: &dyn Entropy) -> Result<SaltFile, KmsError> {
    let path = data_folder.join(SALT_FILE_NAME);
    let stored = files::read_if_present(&path);
    match stored.map_err(|source| KmsError::SaltUnreadable {
        path: path.clone(),
        source,
    })? {
        Some(bytes) => SaltFile::decode(&bytes).ok_or(KmsError::SaltInvalid { path }),
        None if data_folder.join(KEYRING_FILE_NAME).exists() => Err(KmsError::SaltMissing { path }),
        None => {
            let file = SaltFile {
                cost: COST,
                salt: random_array(entropy)?,
            };
            files::replace(&path, &file.encode())
                .map_err(|source| KmsError::SaltNotWritten { path, source })?;
            Ok(file)
        }
    }
}
