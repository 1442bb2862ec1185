//! Unwrapped scope keys in memory: bounded count, bounded age (crypto.md 2).
//!
//! Owns: which keys are in memory and until when. The key service sees one call per key and period,
//! not one per object. While it is down, keys that are here go on serving until they age out; after
//! that the answer is its error.
//! Not here: what a request does with a key (`gateway`).
//!
//! Invariants
//! - C5: a key older than the age limit is never handed out; held by `CachingKeys::cached`.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lru::LruCache;

use crate::base::clock::Clock;
use crate::crypto::{KeyContext, KeyError, KeyProvider, ScopeKey, WrappedKey};
use crate::model::id::TenantId;

/// How long an unwrapped key stays usable, unless configured otherwise.
pub const CACHE_AGE_DEFAULT: Duration = Duration::from_mins(5);

/// Keys in memory. A bucket has one in use; a thousand buckets in use within five minutes are many
/// for one gateway.
const KEYS_MAX: NonZeroUsize = NonZeroUsize::new(1024).unwrap();
/// Misses that may wait for the key service at once, for different keys. Bounds what a cold start
/// asks of it.
const FILLS_MAX: usize = 64;

/// The wrapped bytes are part of the name: two keys that were ever generated for one context are
/// never mixed up.
type CacheIndex = (KeyContext, WrappedKey);

struct CachedKey {
    scope_key: Arc<ScopeKey>,
    since: Duration,
}

/// A cache in front of a key service.
pub struct CachingKeys {
    provider: Arc<dyn KeyProvider>,
    clock: Arc<dyn Clock>,
    age_max: Duration,
    keys: Mutex<LruCache<CacheIndex, CachedKey>>,
    /// One call at a time for one key: a thousand requests for a cold bucket ask the service once.
    fills: Vec<tokio::sync::Mutex<()>>,
    hasher: RandomState,
}

impl CachingKeys {
    /// A cache whose keys serve for `age_max`.
    pub fn new(provider: Arc<dyn KeyProvider>, clock: Arc<dyn Clock>, age_max: Duration) -> Self {
        Self {
            provider,
            clock,
            age_max,
            keys: Mutex::new(LruCache::new(KEYS_MAX)),
            fills: (0..FILLS_MAX)
                .map(|_| tokio::sync::Mutex::new(()))
                .collect(),
            hasher: RandomState::new(),
        }
    }

    /// The scope key of `wrapped`, from memory or from the service.
    ///
    /// # Errors
    /// What the service says, when the key is not in memory or too old.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn scope_key(
        &self,
        context: &KeyContext,
        wrapped: &WrappedKey,
    ) -> Result<Arc<ScopeKey>, KeyError> {
        let index = (*context, wrapped.clone());
        if let Some(scope_key) = self.cached(&index) {
            return Ok(scope_key);
        }
        let _fill = match self.fill_lock(&index) {
            Some(lock) => Some(lock.lock().await),
            None => None,
        };
        if let Some(scope_key) = self.cached(&index) {
            return Ok(scope_key);
        }
        // The age counts from before the call: a slow service must not lengthen it.
        let since = self.clock.monotonic();
        let scope_key = Arc::new(self.provider.unwrap_key(wrapped, context).await?);
        self.evict_expired();
        let cached = CachedKey {
            scope_key: Arc::clone(&scope_key),
            since,
        };
        drop(self.keys().put(index, cached));
        Ok(scope_key)
    }

    /// Drops all keys that are too old. They are wiped when the last request that uses them ends.
    /// Called on every miss; a job calls it too, so that keys do not stay in the memory of an idle
    /// gateway.
    pub fn evict_expired(&self) {
        let now = self.clock.monotonic();
        self.keys().retain(|_, cached| self.is_fresh(cached, now));
    }

    /// Drops all keys of a tenant, before or after its key is destroyed.
    pub fn forget_tenant(&self, tenant: TenantId) {
        self.keys()
            .retain(|(context, _), _| context.tenant != tenant);
    }

    /// Keys in memory now.
    pub fn len(&self) -> usize {
        self.keys().len()
    }

    /// Whether no key is in memory.
    pub fn is_empty(&self) -> bool {
        self.keys().is_empty()
    }

    /// The key, if it is here and not too old (C5).
    fn cached(&self, index: &CacheIndex) -> Option<Arc<ScopeKey>> {
        let now = self.clock.monotonic();
        let mut keys = self.keys();
        let cached = keys.get(index)?;
        if self.is_fresh(cached, now) {
            return Some(Arc::clone(&cached.scope_key));
        }
        drop(keys.pop(index));
        None
    }

    fn is_fresh(&self, cached: &CachedKey, now: Duration) -> bool {
        now.saturating_sub(cached.since) < self.age_max
    }

    fn fill_lock(&self, index: &CacheIndex) -> Option<&tokio::sync::Mutex<()>> {
        let hash = usize::try_from(self.hasher.hash_one(index) % 64).unwrap_or(0);
        self.fills.get(hash)
    }

    fn keys(&self) -> MutexGuard<'_, LruCache<CacheIndex, CachedKey>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CachingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "CachingKeys(provider={:?}, len={})",
            self.provider,
            self.len()
        )
    }
}
