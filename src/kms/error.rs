//! Why the local key service cannot start or store.
#![deny(clippy::wildcard_enum_match_arm)]
//!
//! Owns: `KmsError`. Its texts are read by operators: each says what to do.
//! Not here: what a request is told (`crypto::KeyError`).

use std::io;
use std::path::PathBuf;

use crate::base::codec::CodecError;
use crate::base::entropy::EntropyError;
use crate::base::kind::ErrorKind;
use crate::base::task::PoolError;
use crate::crypto::SealError;

/// The local key service failed.
#[derive(Debug, thiserror::Error)]
pub enum KmsError {
    /// No random bytes.
    #[error("no random bytes")]
    Entropy(#[from] EntropyError),
    /// The keyring file was replaced by somebody else while this process ran.
    #[error(
        "keyring file was changed by another program, restart to read it again path={}",
        .path.display()
    )]
    KeyringChanged {
        /// The keyring.
        path: PathBuf,
    },
    /// Root key and keyring do not belong together, or the keyring is damaged.
    #[error(
        "keyring does not open under this root key, configure the root key that it was made \
         with or restore the keyring from a backup path={}",
        .path.display()
    )]
    KeyringNotOpened {
        /// The keyring.
        path: PathBuf,
    },
    /// The keyring could not be written.
    #[error(
        "keyring could not be written, look at space and permissions of the data folder \
         path={}",
        .path.display()
    )]
    KeyringNotWritten {
        /// The keyring.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The keyring opens, and its contents make no sense.
    #[error("keyring does not decode, restore it from a backup path={}", .path.display())]
    KeyringUndecodable {
        /// The keyring.
        path: PathBuf,
        /// Where it went wrong.
        #[source]
        source: CodecError,
    },
    /// The keyring was written by a newer program.
    #[error(
        "keyring has a format that this program does not know, use the program that wrote it \
         format={format} path={}",
        .path.display()
    )]
    KeyringUnknownFormat {
        /// The keyring.
        path: PathBuf,
        /// Its number.
        format: u8,
    },
    /// The keyring could not be read.
    #[error(
        "keyring could not be read, look at permissions of the data folder path={}",
        .path.display()
    )]
    KeyringUnreadable {
        /// The keyring.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Argon2 failed.
    #[error("root key could not be derived from the passphrase, is there enough memory")]
    PassphraseDerivation(#[source] argon2::Error),
    /// The passphrase is too short to resist guessing.
    #[error("passphrase is too short, use at least {len_min} bytes path={}", .path.display())]
    PassphraseTooShort {
        /// The passphrase file.
        path: PathBuf,
        /// Fewest bytes.
        len_min: usize,
    },
    /// The pool of threads is closing.
    #[error("thread pool failed")]
    Pool(#[from] PoolError),
    /// A root key of nothing but zero bytes.
    #[error("root key consists of zero bytes only, create a real one path={}", .path.display())]
    RootKeyAllZero {
        /// The file.
        path: PathBuf,
    },
    /// The file to create exists.
    #[error(
        "root key file exists and is never overwritten, choose another path path={}",
        .path.display()
    )]
    RootKeyExists {
        /// The file.
        path: PathBuf,
    },
    /// Others may write to the folder of the root key, and so replace it.
    #[error(
        "folder of the root key can be written to by others, run chmod 0700 on it \
         mode={mode:04o} path={}",
        .path.display()
    )]
    RootKeyFolderTooOpen {
        /// The folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Key and data side by side: a copy of the data folder would be a copy of everything.
    #[error(
        "root key file lies inside the data folder, move it elsewhere path={}",
        .path.display()
    )]
    RootKeyInsideDataFolder {
        /// The file.
        path: PathBuf,
    },
    /// Group or others have a permission on the file.
    #[error(
        "root key file can be used by others than its owner, run chmod 0600 on it \
         mode={mode:04o} path={}",
        .path.display()
    )]
    RootKeyModeTooOpen {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A folder, a device or a pipe.
    #[error("root key file is not a regular file path={}", .path.display())]
    RootKeyNotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The root key file could not be created.
    #[error(
        "root key file could not be written, look at permissions of its folder path={}",
        .path.display()
    )]
    RootKeyNotWritten {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file cannot be read.
    #[error(
        "root key file could not be read, does it exist and belong to this user path={}",
        .path.display()
    )]
    RootKeyUnreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Neither 32 bytes nor 64 hexadecimal digits.
    #[error(
        "root key file holds neither exactly 32 bytes nor 64 hexadecimal digits path={}",
        .path.display()
    )]
    RootKeyWrongLength {
        /// The file.
        path: PathBuf,
    },
    /// The file belongs to somebody else.
    #[error(
        "root key file belongs to another user, run chown on it owner={owner} \
         expected={expected} path={}",
        .path.display()
    )]
    RootKeyWrongOwner {
        /// The file.
        path: PathBuf,
        /// Its user id.
        owner: u32,
        /// Ours.
        expected: u32,
    },
    /// The salt file does not decode.
    #[error("salt file is damaged, restore it from a backup path={}", .path.display())]
    SaltInvalid {
        /// The file.
        path: PathBuf,
    },
    /// There is a keyring and no salt, so the passphrase cannot lead to its root key.
    #[error(
        "salt file is missing although there is a keyring, restore it from a backup path={}",
        .path.display()
    )]
    SaltMissing {
        /// The file.
        path: PathBuf,
    },
    /// The salt could not be stored.
    #[error(
        "salt file could not be written, look at space and permissions of the data folder \
         path={}",
        .path.display()
    )]
    SaltNotWritten {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The salt file cannot be read.
    #[error(
        "salt file could not be read, look at permissions of the data folder path={}",
        .path.display()
    )]
    SaltUnreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The keyring could not be sealed.
    #[error("keyring could not be sealed")]
    Seal(#[from] SealError),
}

impl KmsError {
    /// What the caller should do; for most the answer is in the text and the caller is the
    /// operator.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Entropy(source) => source.kind(),
            Self::Pool(source) => source.kind(),
            Self::Seal(source) => source.kind(),
            Self::KeyringUndecodable { .. }
            | Self::KeyringUnknownFormat { .. }
            | Self::SaltInvalid { .. }
            | Self::SaltMissing { .. } => ErrorKind::Corrupt,
            Self::KeyringChanged { .. }
            | Self::KeyringNotWritten { .. }
            | Self::KeyringUnreadable { .. }
            | Self::PassphraseDerivation(_)
            | Self::SaltNotWritten { .. }
            | Self::SaltUnreadable { .. } => ErrorKind::Unavailable,
            Self::RootKeyExists { .. } => ErrorKind::Conflict,
            Self::KeyringNotOpened { .. }
            | Self::PassphraseTooShort { .. }
            | Self::RootKeyAllZero { .. }
            | Self::RootKeyFolderTooOpen { .. }
            | Self::RootKeyInsideDataFolder { .. }
            | Self::RootKeyModeTooOpen { .. }
            | Self::RootKeyNotAFile { .. }
            | Self::RootKeyNotWritten { .. }
            | Self::RootKeyUnreadable { .. }
            | Self::RootKeyWrongLength { .. }
            | Self::RootKeyWrongOwner { .. } => ErrorKind::Invalid,
        }
    }
}
