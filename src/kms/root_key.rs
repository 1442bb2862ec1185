//! The root key: where it comes from, and what makes this program refuse it (crypto.md 3).
//!
//! Owns: the sources, the rules on file mode, owner, length and content, and the creation of a root
//! key file.
//! Not here: derivation from a passphrase (`passphrase`), what the root key opens (`keyring`).

use std::fs::{self, DirBuilder, File, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::base::entropy::Entropy;
use crate::base::secret::Secret;
use crate::kms::error::KmsError;
use crate::kms::files;
use crate::kms::passphrase;

/// Bytes of a root key.
pub(in crate::kms) const ROOT_KEY_LEN: usize = 32;
/// Longest file that is read: a passphrase of a thousand bytes is long.
const FILE_LEN_MAX: usize = 1024;
/// Hexadecimal digits of a root key.
const HEX_LEN: usize = 64;
/// Permissions that nobody but the owner may have, and execution, which makes no sense.
const MODE_FORBIDDEN: u32 = 0o177;
/// As before, but readable by the group: where the file system has access lists, systemd owns the
/// credential as root and lets the service's user in by an entry that shows in the group's place.
const CREDENTIAL_MODE_FORBIDDEN: u32 = 0o337;
const PERMISSION_BITS: u32 = 0o777;
const WRITABLE_BY_OTHERS: u32 = 0o022;
const FOLDER_MODE: u32 = 0o700;

/// Where the root key comes from. None of the paths may lie inside the data folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootKeySource {
    /// A file with 32 bytes or 64 hexadecimal digits, mode 0600 or 0400, owned by the user that the
    /// program runs as.
    File(PathBuf),
    /// A file with a passphrase, same mode and owner; the root key is derived with Argon2id. The
    /// salt lies in the data folder and is no secret.
    PassphraseFile(PathBuf),
    /// As `File`, below `$CREDENTIALS_DIRECTORY`: also owned by root, and readable by an access
    /// list of systemd's.
    SystemdCredential(PathBuf),
}

impl RootKeySource {
    /// Reads or derives the root key. Blocks.
    pub(in crate::kms) fn load(
        &self,
        data_folder: &Path,
        entropy: &dyn Entropy,
    ) -> Result<Secret<ROOT_KEY_LEN>, KmsError> {
        match self {
            Self::File(path) => parse(path, &read(path, data_folder, refuse_access_by_others)?),
            Self::SystemdCredential(path) => parse(
                path,
                &read(path, data_folder, refuse_credential_access_by_others)?,
            ),
            Self::PassphraseFile(path) => {
                let passphrase = read(path, data_folder, refuse_access_by_others)?;
                passphrase::derive(path, &passphrase, data_folder, entropy)
            }
        }
    }
}

fn read(
    path: &Path,
    data_folder: &Path,
    refuse_access: fn(&Path, &Metadata) -> Result<(), KmsError>,
) -> Result<Zeroizing<Vec<u8>>, KmsError> {
    let unreadable = |source| KmsError::RootKeyUnreadable {
        path: path.to_owned(),
        source,
    };
    // Asked before opening, because opening a pipe would wait for its writer.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(KmsError::RootKeyNotAFile {
            path: path.to_owned(),
        });
    }
    let real_path = path.canonicalize().map_err(unreadable)?;
    if data_folder
        .canonicalize()
        .is_ok_and(|folder| real_path.starts_with(folder))
    {
        return Err(KmsError::RootKeyInsideDataFolder {
            path: path.to_owned(),
        });
    }
    let mut file = File::open(path).map_err(unreadable)?;
    // Asked of the open file, so that what was looked at is what is read.
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(KmsError::RootKeyNotAFile {
            path: path.to_owned(),
        });
    }
    refuse_access(path, &metadata)?;
    let bytes = files::read_secret::<FILE_LEN_MAX>(&mut file).map_err(unreadable)?;
    bytes.ok_or_else(|| KmsError::RootKeyWrongLength {
        path: path.to_owned(),
    })
}

fn refuse_access_by_others(path: &Path, metadata: &Metadata) -> Result<(), KmsError> {
    let expected = rustix::process::geteuid().as_raw();
    refuse_mode(path, metadata, MODE_FORBIDDEN)?;
    refuse_owner(path, metadata, &[expected])
}

fn refuse_credential_access_by_others(path: &Path, metadata: &Metadata) -> Result<(), KmsError> {
    let expected = rustix::process::geteuid().as_raw();
    refuse_mode(path, metadata, CREDENTIAL_MODE_FORBIDDEN)?;
    refuse_owner(path, metadata, &[expected, 0])
}

fn refuse_mode(path: &Path, metadata: &Metadata, forbidden: u32) -> Result<(), KmsError> {
    let mode = metadata.mode() & PERMISSION_BITS;
    if mode & forbidden == 0 {
        return Ok(());
    }
    Err(KmsError::RootKeyModeTooOpen {
        path: path.to_owned(),
        mode,
    })
}

fn refuse_owner(path: &Path, metadata: &Metadata, allowed: &[u32]) -> Result<(), KmsError> {
    let owner = metadata.uid();
    if allowed.contains(&owner) {
        return Ok(());
    }
    let expected = rustix::process::geteuid().as_raw();
    Err(KmsError::RootKeyWrongOwner {
        path: path.to_owned(),
        owner,
        expected,
    })
}

fn parse(path: &Path, contents: &[u8]) -> Result<Secret<ROOT_KEY_LEN>, KmsError> {
    let wrong_length = || KmsError::RootKeyWrongLength {
        path: path.to_owned(),
    };
    let mut decoded = Zeroizing::new([0_u8; ROOT_KEY_LEN]);
    let bytes = if contents.len() == ROOT_KEY_LEN {
        contents
    } else {
        let digits = contents.strip_suffix(b"\n").unwrap_or(contents);
        if digits.len() != HEX_LEN {
            return Err(wrong_length());
        }
        hex::decode_to_slice(digits, decoded.as_mut_slice()).map_err(|_hex| wrong_length())?;
        decoded.as_slice()
    };
    if bytes.iter().all(|byte| *byte == 0) {
        return Err(KmsError::RootKeyAllZero {
            path: path.to_owned(),
        });
    }
    Secret::from_slice(bytes).ok_or_else(wrong_length)
}

/// Creates a root key file: 64 hexadecimal digits and a newline, mode 0600. A missing folder is
/// created with mode 0700. Blocks.
///
/// # Errors
/// `Conflict` when the file exists: a root key is never overwritten. `Invalid` when others may
/// write to the folder, or the file cannot be created.
///
/// # Durability
/// The file is durable when this returns `Ok`.
pub fn create_root_key_file(path: &Path, entropy: &dyn Entropy) -> Result<(), KmsError> {
    let not_written = |source| KmsError::RootKeyNotWritten {
        path: path.to_owned(),
        source,
    };
    let folder = files::folder_of(path);
    let created = DirBuilder::new()
        .recursive(true)
        .mode(FOLDER_MODE)
        .create(folder);
    created.map_err(not_written)?;
    let mode = fs::metadata(folder).map_err(not_written)?.mode() & PERMISSION_BITS;
    if mode & WRITABLE_BY_OTHERS != 0 {
        return Err(KmsError::RootKeyFolderTooOpen {
            path: folder.to_owned(),
            mode,
        });
    }
    let secret = Secret::<ROOT_KEY_LEN>::generate(entropy)?;
    let mut text = Zeroizing::new([b'\n'; HEX_LEN + 1]);
    let digits = text.get_mut(..HEX_LEN).unwrap_or_default();
    hex::encode_to_slice(secret.expose(), digits)
        .map_err(|_len| not_written(io::ErrorKind::InvalidInput.into()))?;
    files::write_new(path, text.as_slice()).map_err(|source| {
        if source.kind() == io::ErrorKind::AlreadyExists {
            KmsError::RootKeyExists {
                path: path.to_owned(),
            }
        } else {
            not_written(source)
        }
    })?;
    files::sync_folder(path).map_err(not_written)
}
