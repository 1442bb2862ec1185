//! The keyring: all tenant keys of an installation, sealed under the root key.
//!
//! Owns: the bytes of the keyring file and what may change in it.
//! Not here: the file's life (`local`), what a tenant key wraps (`crypto::KeyEncryptionKey`).
//!
//! File: magic "RZ1K" | format u8 = 1 | algorithm u8 = 1 | salt 32 | commitment 32 | sealed
//! contents and tag. Key, nonce and commitment derive from the root key, the salt and the label
//! "rz1/keyring"; every writing draws a new salt. The associated data is everything before the
//! sealed contents.
//! Contents: tenant count u32, then for each tenant, by id: tenant 16 | generation count u32 | for
//! each generation, ascending: generation u32 | key 32. Integers are little endian.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::base::codec::{CodecError, Reader, Writer};
use crate::base::entropy::Entropy;
use crate::base::secret::Secret;
use crate::crypto::{KeyEncryptionKey, KeyError, LABEL_KEYRING, OnceKey};
use crate::kms::error::KmsError;
use crate::kms::root_key::ROOT_KEY_LEN;
use crate::model::id::TenantId;

/// Name of the keyring file in the data folder.
pub const KEYRING_FILE_NAME: &str = "keyring.rz1";

const MAGIC: &[u8; 4] = b"RZ1K";
const FORMAT: u8 = 1;
const ALGORITHM_AES_256_GCM: u8 = 1;
const FIRST_GENERATION: u32 = 1;
const TENANT_KEY_LEN: usize = 32;

/// Tenant keys by tenant and generation. Cloning shares the keys, it does not copy them.
#[derive(Clone, Debug, Default)]
pub(in crate::kms) struct Keyring {
    tenants: BTreeMap<TenantId, BTreeMap<u32, Arc<KeyEncryptionKey>>>,
}

impl Keyring {
    /// Whether the tenant has a key.
    pub(in crate::kms) fn has_tenant(&self, tenant: TenantId) -> bool {
        self.tenants.contains_key(&tenant)
    }

    /// The tenant's newest generation and its number.
    pub(in crate::kms) fn current(
        &self,
        tenant: TenantId,
    ) -> Result<(u32, &Arc<KeyEncryptionKey>), KeyError> {
        let newest = self.tenants.get(&tenant).and_then(BTreeMap::last_key_value);
        let (generation, tenant_key) = newest.ok_or(KeyError::UnknownTenant { tenant })?;
        Ok((*generation, tenant_key))
    }

    /// The tenant's key of one generation.
    pub(in crate::kms) fn generation(
        &self,
        tenant: TenantId,
        generation: u32,
    ) -> Result<&Arc<KeyEncryptionKey>, KeyError> {
        let generations = self
            .tenants
            .get(&tenant)
            .ok_or(KeyError::UnknownTenant { tenant })?;
        generations
            .get(&generation)
            .ok_or(KeyError::UnknownGeneration { tenant, generation })
    }

    /// Gives the tenant a first key.
    pub(in crate::kms) fn create(
        &mut self,
        tenant: TenantId,
        entropy: &dyn Entropy,
    ) -> Result<(), KeyError> {
        let tenant_key = Arc::new(KeyEncryptionKey::generate(entropy)?);
        self.tenants
            .insert(tenant, BTreeMap::from([(FIRST_GENERATION, tenant_key)]));
        Ok(())
    }

    /// Gives the tenant a new generation and returns its number.
    pub(in crate::kms) fn rotate(
        &mut self,
        tenant: TenantId,
        entropy: &dyn Entropy,
    ) -> Result<u32, KeyError> {
        let generations = self
            .tenants
            .get_mut(&tenant)
            .ok_or(KeyError::UnknownTenant { tenant })?;
        let newest = generations
            .last_key_value()
            .map_or(0, |(generation, _)| *generation);
        let next = newest
            .checked_add(1)
            .ok_or(KeyError::GenerationsExhausted { tenant })?;
        generations.insert(next, Arc::new(KeyEncryptionKey::generate(entropy)?));
        Ok(next)
    }

    /// Takes all the tenant's keys away.
    pub(in crate::kms) fn destroy(&mut self, tenant: TenantId) {
        self.tenants.remove(&tenant);
    }

    /// Seals the keyring into the bytes of its file.
    pub(in crate::kms) fn seal(
        &self,
        root_key: &Secret<ROOT_KEY_LEN>,
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, KmsError> {
        let once = OnceKey::generate(root_key.expose(), LABEL_KEYRING, entropy)?;
        let mut w = Writer::new();
        w.fixed(MAGIC)
            .u8(FORMAT)
            .u8(ALGORITHM_AES_256_GCM)
            .fixed(once.salt())
            .fixed(once.commitment());
        let mut file = w.into_vec();
        let associated_data = file.clone();
        once.seal(&associated_data, &self.encode(), &mut file)?;
        Ok(file)
    }

    /// Opens the bytes of a keyring file; `path` is for the error's text.
    pub(in crate::kms) fn open(
        file: &[u8],
        root_key: &Secret<ROOT_KEY_LEN>,
        path: &Path,
    ) -> Result<Self, KmsError> {
        let undecodable = |source| KmsError::KeyringUndecodable {
            path: path.to_owned(),
            source,
        };
        let not_opened = || KmsError::KeyringNotOpened {
            path: path.to_owned(),
        };
        let mut r = Reader::new(file);
        if r.array().map_err(undecodable)? != *MAGIC {
            return Err(undecodable(CodecError::InvalidField("magic")));
        }
        let format = r.u8().map_err(undecodable)?;
        if format != FORMAT {
            return Err(KmsError::KeyringUnknownFormat {
                path: path.to_owned(),
                format,
            });
        }
        if r.u8().map_err(undecodable)? != ALGORITHM_AES_256_GCM {
            return Err(undecodable(CodecError::InvalidField("algorithm")));
        }
        let salt = r.array().map_err(undecodable)?;
        let commitment = r.array().map_err(undecodable)?;
        let sealed = r.rest();
        let head_len = file.len().saturating_sub(sealed.len());
        let head = file.get(..head_len).unwrap_or_default();
        let once = OnceKey::restore(root_key.expose(), LABEL_KEYRING, salt, &commitment);
        let contents = once.and_then(|once| once.open(head, sealed));
        let contents = contents.map_err(|_unauthentic| not_opened())?;
        Self::decode(contents.expose()).map_err(undecodable)
    }

    fn encode(&self) -> Zeroizing<Vec<u8>> {
        let generation_count = self.tenants.values().map(BTreeMap::len).sum::<usize>();
        // Reserved in one go: a vector that grows leaves its old place, and keys in it, behind.
        let capacity = generation_count
            .saturating_mul(TENANT_KEY_LEN.saturating_add(size_of::<u32>()))
            .saturating_add(self.tenants.len().saturating_mul(32))
            .saturating_add(32);
        let mut contents = Zeroizing::new(Vec::with_capacity(capacity));
        contents.extend_from_slice(&count(self.tenants.len()));
        for (tenant, generations) in &self.tenants {
            contents.extend_from_slice(tenant.as_bytes());
            contents.extend_from_slice(&count(generations.len()));
            for (generation, tenant_key) in generations {
                contents.extend_from_slice(&generation.to_le_bytes());
                contents.extend_from_slice(tenant_key.expose());
            }
        }
        contents
    }

    fn decode(contents: &[u8]) -> Result<Self, CodecError> {
        let mut r = Reader::new(contents);
        let mut tenants = BTreeMap::new();
        for _ in 0..r.u32()? {
            let tenant = TenantId::from_bytes(r.array()?);
            let mut generations = BTreeMap::new();
            for _ in 0..r.u32()? {
                let generation = r.u32()?;
                let tenant_key = KeyEncryptionKey::from_slice(r.fixed(TENANT_KEY_LEN)?)
                    .ok_or(CodecError::InvalidField("tenant key"))?;
                if generations
                    .insert(generation, Arc::new(tenant_key))
                    .is_some()
                {
                    return Err(CodecError::InvalidField("generation"));
                }
            }
            if generations.is_empty() || tenants.insert(tenant, generations).is_some() {
                return Err(CodecError::InvalidField("tenant"));
            }
        }
        r.finish()?;
        Ok(Self { tenants })
    }
}

fn count(len: usize) -> [u8; 4] {
    u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes()
}
