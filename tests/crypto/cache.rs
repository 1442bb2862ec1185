//! The cache of scope keys: one call per key and period, bounded count and age, service out (C5).

use crate::entropy::FixedEntropy;
use crate::samples;
use async_trait::async_trait;
use riznica::base::clock::ManualClock;
use riznica::base::kind::ErrorKind;
use riznica::crypto::{KeyContext, KeyEncryptionKey, KeyError, KeyProvider, ScopeKey, WrappedKey};
use riznica::kms::CachingKeys;
use riznica::model::id::TenantId;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

const AGE_MAX: Duration = Duration::from_mins(5);

/// One tenant key, counted calls, and a switch that takes it down.
#[derive(Debug)]
struct CountingService {
    tenant_key: KeyEncryptionKey,
    calls: AtomicUsize,
    is_down: AtomicBool,
}

#[async_trait]
impl KeyProvider for CountingService {
    async fn create_tenant_key(&self, _tenant: TenantId) -> Result<(), KeyError> {
        Ok(())
    }

    async fn generate_key(&self, context: &KeyContext) -> Result<(ScopeKey, WrappedKey), KeyError> {
        let entropy = FixedEntropy::new(&format!(
            "{context:?} {}",
            self.calls.load(Ordering::SeqCst)
        ));
        let scope_key = ScopeKey::generate(context.version, &entropy)?;
        let wrapped = self.tenant_key.wrap_key(&scope_key, 1, context, &entropy)?;
        Ok((scope_key, wrapped))
    }

    async fn unwrap_key(
        &self,
        wrapped: &WrappedKey,
        context: &KeyContext,
    ) -> Result<ScopeKey, KeyError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        if self.is_down.load(Ordering::SeqCst) {
            return Err(KeyError::Unavailable("service is down".into()));
        }
        Ok(self.tenant_key.unwrap_key(wrapped, context)?)
    }

    async fn rewrap_key(
        &self,
        wrapped: &WrappedKey,
        _: &KeyContext,
    ) -> Result<WrappedKey, KeyError> {
        Ok(wrapped.clone())
    }

    async fn rotate_tenant_key(&self, _tenant: TenantId) -> Result<u32, KeyError> {
        Ok(1)
    }

    async fn destroy_tenant_key(&self, _tenant: TenantId) -> Result<(), KeyError> {
        Ok(())
    }

    async fn health(&self) -> Result<(), KeyError> {
        Ok(())
    }
}

struct Setting {
    service: Arc<CountingService>,
    clock: Arc<ManualClock>,
    cache: CachingKeys,
}

impl Setting {
    fn new() -> Self {
        let tenant_key = KeyEncryptionKey::from_slice(&[0x7e; 32]).unwrap();
        let (calls, is_down) = (AtomicUsize::new(0), AtomicBool::new(false));
        let service = Arc::new(CountingService {
            tenant_key,
            calls,
            is_down,
        });
        let clock = Arc::new(ManualClock::at(1_000_000));
        let cache = CachingKeys::new(
            Arc::<CountingService>::clone(&service),
            Arc::<ManualClock>::clone(&clock),
            AGE_MAX,
        );
        Self {
            service,
            clock,
            cache,
        }
    }

    fn calls(&self) -> usize {
        self.service.calls.load(Ordering::SeqCst)
    }

    async fn wrapped(&self, version: u32) -> (KeyContext, WrappedKey) {
        let context = KeyContext {
            version,
            ..samples::key_context()
        };
        (
            context,
            self.service.generate_key(&context).await.unwrap().1,
        )
    }
}

#[tokio::test]
async fn service_is_asked_once_per_key_and_period() {
    let setting = Setting::new();
    let (context, wrapped) = setting.wrapped(1).await;
    let first = setting.cache.scope_key(&context, &wrapped).await.unwrap();
    setting
        .clock
        .advance(AGE_MAX.saturating_sub(Duration::from_millis(1)));
    let second = setting.cache.scope_key(&context, &wrapped).await.unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!(setting.calls(), 1);
    setting.clock.advance(Duration::from_millis(1));
    let third = setting.cache.scope_key(&context, &wrapped).await.unwrap();
    assert!(!Arc::ptr_eq(&first, &third) && first.is_equal(&third));
    assert_eq!(setting.calls(), 2);
}

#[tokio::test]
async fn requests_at_once_for_a_cold_key_share_one_call() {
    let setting = Setting::new();
    let (context, wrapped) = setting.wrapped(1).await;
    let requests = (0..100).map(|_| setting.cache.scope_key(&context, &wrapped));
    futures::future::try_join_all(requests).await.unwrap();
    assert_eq!(setting.calls(), 1);
}

#[tokio::test]
async fn keys_serve_while_the_service_is_out_until_they_age() {
    let setting = Setting::new();
    let (context, wrapped) = setting.wrapped(1).await;
    setting.cache.scope_key(&context, &wrapped).await.unwrap();
    setting.service.is_down.store(true, Ordering::SeqCst);
    setting.clock.advance(AGE_MAX / 2);
    assert!(setting.cache.scope_key(&context, &wrapped).await.is_ok());
    setting.clock.advance(AGE_MAX / 2);
    let refused = setting
        .cache
        .scope_key(&context, &wrapped)
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert!(setting.cache.is_empty());
    setting.service.is_down.store(false, Ordering::SeqCst);
    assert!(setting.cache.scope_key(&context, &wrapped).await.is_ok());
}

#[tokio::test]
async fn cache_is_bounded_and_keeps_what_is_used() {
    let setting = Setting::new();
    let (used_context, used) = setting.wrapped(1).await;
    for version in 1..=1500 {
        let (context, wrapped) = setting.wrapped(version).await;
        setting.cache.scope_key(&context, &wrapped).await.unwrap();
        setting.cache.scope_key(&used_context, &used).await.unwrap();
    }
    assert_eq!(setting.cache.len(), 1024);
    // The key in use was asked for once under each of its two wrapped forms at most.
    assert!(setting.calls() <= 1501, "{}", setting.calls());
}

#[tokio::test]
async fn two_keys_of_one_context_are_not_mixed_up() {
    let setting = Setting::new();
    let (context, first) = setting.wrapped(1).await;
    let first_key = setting.cache.scope_key(&context, &first).await.unwrap();
    let (_, second) = setting.wrapped(1).await;
    let second_key = setting.cache.scope_key(&context, &second).await.unwrap();
    assert!(!first_key.is_equal(&second_key));
}

#[tokio::test]
async fn wrong_context_is_not_cached() {
    let setting = Setting::new();
    let (context, wrapped) = setting.wrapped(1).await;
    let other = KeyContext {
        version: 2,
        ..context
    };
    assert_eq!(
        setting
            .cache
            .scope_key(&other, &wrapped)
            .await
            .unwrap_err()
            .kind(),
        ErrorKind::Corrupt
    );
    assert!(setting.cache.is_empty());
}

#[tokio::test]
async fn aged_and_forgotten_keys_leave_memory() {
    let setting = Setting::new();
    let (context, wrapped) = setting.wrapped(1).await;
    let held = Arc::downgrade(&setting.cache.scope_key(&context, &wrapped).await.unwrap());
    setting.clock.advance(AGE_MAX);
    assert!(held.upgrade().is_some(), "nobody has looked yet");
    setting.cache.evict_expired();
    assert!(held.upgrade().is_none());
    let held = Arc::downgrade(&setting.cache.scope_key(&context, &wrapped).await.unwrap());
    setting.clock.advance(AGE_MAX);
    let (other_context, other) = setting.wrapped(2).await;
    setting
        .cache
        .scope_key(&other_context, &other)
        .await
        .unwrap();
    assert!(held.upgrade().is_none(), "a miss looks through all");
    setting.cache.scope_key(&context, &wrapped).await.unwrap();
    setting.cache.forget_tenant(TenantId::from_bytes([0; 16]));
    assert_eq!(setting.cache.len(), 2);
    setting.cache.forget_tenant(context.tenant);
    assert!(setting.cache.is_empty());
}
