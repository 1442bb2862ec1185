//! The local key service: tenant keys in a keyring file in the data folder, sealed under a root key
//! from outside it.
//!
//! Owns: the keyring in memory, its file, and the order of changes: the file first, then memory,
//! then the answer.
//! Not here: the bytes of the keyring (`keyring`), the root key's sources (`root_key`).
//!
//! Old copies of the keyring file, in backups for example, still open under the root key:
//! destroying a tenant key reaches them only when they are destroyed too (`docs/FORMAT.md`).

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use tokio::sync::Mutex;

use crate::base::entropy::Entropy;
use crate::base::secret::Secret;
use crate::base::task::BlockingPool;
use crate::crypto::{KeyContext, KeyError, KeyProvider, ScopeKey, WrappedKey};
use crate::kms::error::KmsError;
use crate::kms::files;
use crate::kms::keyring::{KEYRING_FILE_NAME, Keyring};
use crate::kms::root_key::{ROOT_KEY_LEN, RootKeySource};
use crate::model::id::TenantId;

/// What a local key service is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalKeyConfig {
    /// Where the root key comes from.
    pub root_key: RootKeySource,
    /// The folder of the keyring; it exists.
    pub data_folder: PathBuf,
}

/// The local key service.
#[derive(Debug)]
pub struct LocalKeyService {
    shared: Arc<Shared>,
    pool: BlockingPool,
}

#[derive(Debug)]
struct Shared {
    root_key: Secret<ROOT_KEY_LEN>,
    path: PathBuf,
    keyring: RwLock<Arc<Keyring>>,
    /// The file as this process last wrote or read it. Held while it changes.
    stored: Arc<Mutex<Vec<u8>>>,
    entropy: Arc<dyn Entropy>,
}

impl LocalKeyService {
    /// Loads root key and keyring. When there is no keyring, writes an empty one, so that a wrong
    /// root key is noticed from the second start on.
    ///
    /// # Errors
    /// The root key is refused, or the keyring cannot be read, written or opened; the text says
    /// what to do.
    ///
    /// # Cancel safety
    /// Dropping the future leaves at most an empty keyring or a salt file behind.
    pub async fn open(
        config: LocalKeyConfig,
        entropy: Arc<dyn Entropy>,
        pool: BlockingPool,
    ) -> Result<Self, KmsError> {
        let opened = pool.run(move || Shared::open(&config, entropy));
        let shared = Arc::new(opened.await??);
        Ok(Self { shared, pool })
    }

    /// Changes the keyring: the closure says what, and whether anything changed at all.
    ///
    /// # Cancel safety
    /// From the first write on the change runs to its end on the pool, memory included, whoever
    /// waits for it.
    async fn change<T, F>(&self, apply: F) -> Result<T, KeyError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Keyring, &dyn Entropy) -> Result<(T, Change), KeyError> + Send + 'static,
    {
        let mut stored = Arc::clone(&self.shared.stored).lock_owned().await;
        let shared = Arc::clone(&self.shared);
        let changed = self.pool.run(move || {
            let mut next = Keyring::clone(&shared.keyring());
            let (answer, change) = apply(&mut next, &*shared.entropy)?;
            if matches!(change, Change::Made) {
                shared.store(next, &mut stored).map_err(unavailable)?;
            }
            Ok(answer)
        });
        changed.await?
    }
}

enum Change {
    Made,
    Needless,
}

impl Shared {
    fn open(config: &LocalKeyConfig, entropy: Arc<dyn Entropy>) -> Result<Self, KmsError> {
        let root_key = config.root_key.load(&config.data_folder, &*entropy)?;
        let path = config.data_folder.join(KEYRING_FILE_NAME);
        let file = files::read_if_present(&path).map_err(|source| KmsError::KeyringUnreadable {
            path: path.clone(),
            source,
        })?;
        let (keyring, stored) = if let Some(file) = file {
            (Keyring::open(&file, &root_key, &path)?, file)
        } else {
            let keyring = Keyring::default();
            let file = keyring.seal(&root_key, &*entropy)?;
            files::replace(&path, &file).map_err(|source| KmsError::KeyringNotWritten {
                path: path.clone(),
                source,
            })?;
            tracing::warn!(path = %path.display(), "no keyring found, an empty one was created");
            (keyring, file)
        };
        let keyring = RwLock::new(Arc::new(keyring));
        Ok(Self {
            root_key,
            path,
            keyring,
            stored: Arc::new(Mutex::new(stored)),
            entropy,
        })
    }

    /// The keyring as of now. A change replaces it as a whole, so a poisoned lock still holds a
    /// whole one.
    fn keyring(&self) -> Arc<Keyring> {
        Arc::clone(&self.keyring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes `next` and then makes it the keyring.
    fn store(&self, next: Keyring, stored: &mut Vec<u8>) -> Result<(), KmsError> {
        self.refuse_foreign_change(stored)?;
        let file = next.seal(&self.root_key, &*self.entropy)?;
        files::replace(&self.path, &file).map_err(|source| KmsError::KeyringNotWritten {
            path: self.path.clone(),
            source,
        })?;
        *stored = file;
        *self.keyring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        Ok(())
    }

    /// Overwriting a keyring that somebody restored, or that a second process wrote, would lose
    /// keys for good. The same holds after an error between rename and fsync: which file is there
    /// is known again after a restart.
    fn refuse_foreign_change(&self, stored: &[u8]) -> Result<(), KmsError> {
        let unreadable = |source| KmsError::KeyringUnreadable {
            path: self.path.clone(),
            source,
        };
        let on_disk = files::read_if_present(&self.path).map_err(unreadable)?;
        if on_disk.as_deref() == Some(stored) {
            return Ok(());
        }
        Err(KmsError::KeyringChanged {
            path: self.path.clone(),
        })
    }
}

fn unavailable(source: KmsError) -> KeyError {
    KeyError::Unavailable(Box::new(source))
}

#[async_trait]
impl KeyProvider for LocalKeyService {
    async fn create_tenant_key(&self, tenant: TenantId) -> Result<(), KeyError> {
        let create = move |keyring: &mut Keyring, entropy: &dyn Entropy| {
            if keyring.has_tenant(tenant) {
                return Ok(((), Change::Needless));
            }
            keyring.create(tenant, entropy)?;
            Ok(((), Change::Made))
        };
        self.change(create).await
    }

    async fn generate_key(&self, context: &KeyContext) -> Result<(ScopeKey, WrappedKey), KeyError> {
        let keyring = self.shared.keyring();
        let (generation, tenant_key) = keyring.current(context.tenant)?;
        let entropy = &*self.shared.entropy;
        let scope_key = ScopeKey::generate(context.version, entropy)?;
        let wrapped = tenant_key.wrap_key(&scope_key, generation, context, entropy)?;
        Ok((scope_key, wrapped))
    }

    async fn unwrap_key(
        &self,
        wrapped: &WrappedKey,
        context: &KeyContext,
    ) -> Result<ScopeKey, KeyError> {
        let keyring = self.shared.keyring();
        let tenant_key = keyring.generation(context.tenant, wrapped.generation())?;
        Ok(tenant_key.unwrap_key(wrapped, context)?)
    }

    async fn rewrap_key(
        &self,
        wrapped: &WrappedKey,
        context: &KeyContext,
    ) -> Result<WrappedKey, KeyError> {
        let keyring = self.shared.keyring();
        let tenant_key = keyring.generation(context.tenant, wrapped.generation())?;
        let scope_key = tenant_key.unwrap_key(wrapped, context)?;
        let (generation, tenant_key) = keyring.current(context.tenant)?;
        Ok(tenant_key.wrap_key(&scope_key, generation, context, &*self.shared.entropy)?)
    }

    async fn rotate_tenant_key(&self, tenant: TenantId) -> Result<u32, KeyError> {
        let rotate = move |keyring: &mut Keyring, entropy: &dyn Entropy| {
            Ok((keyring.rotate(tenant, entropy)?, Change::Made))
        };
        self.change(rotate).await
    }

    async fn destroy_tenant_key(&self, tenant: TenantId) -> Result<(), KeyError> {
        let destroy = move |keyring: &mut Keyring, _entropy: &dyn Entropy| {
            if !keyring.has_tenant(tenant) {
                return Ok(((), Change::Needless));
            }
            keyring.destroy(tenant);
            Ok(((), Change::Made))
        };
        self.change(destroy).await
    }

    async fn health(&self) -> Result<(), KeyError> {
        let stored = Arc::clone(&self.shared.stored).lock_owned().await;
        let shared = Arc::clone(&self.shared);
        let seen = self.pool.run(move || shared.refuse_foreign_change(&stored));
        seen.await?.map_err(unavailable)
    }
}
