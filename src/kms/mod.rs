//! Rank 3: the key services and the cache in front of them.
//!
//! Owns: the local service (tenant keys in a keyring file under a root key), the sources of root
//! keys, `CachingKeys`.
//! Not here: the trait (`crypto::KeyProvider`), how keys seal (`crypto`), which settings exist
//! (`config`).

mod cache;
mod error;
mod files;
mod keyring;
mod local;
mod passphrase;
mod root_key;

pub use cache::{CACHE_AGE_DEFAULT, CachingKeys};
pub use error::KmsError;
pub use keyring::KEYRING_FILE_NAME;
pub use local::{LocalKeyConfig, LocalKeyService};
pub use passphrase::SALT_FILE_NAME;
pub use root_key::{RootKeySource, create_root_key_file};
