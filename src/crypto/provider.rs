//! The key service as the rest of the program sees it (crypto.md 1).
//!
//! Owns: the trait and the context that every call is bound to.
//! Not here: implementations and the cache (`kms`).

use std::fmt::Debug;

use async_trait::async_trait;

use crate::base::codec::Writer;
use crate::crypto::error::KeyError;
use crate::crypto::keys::{ScopeKey, WrappedKey};
use crate::model::id::{BucketId, TenantId};

/// What a scope key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyScope {
    /// The records of a bucket.
    Bucket(BucketId),
    /// The secret access keys of a tenant.
    Credentials,
}

/// Whose key, what for, which version. A wrapped key opens in the context it was wrapped in and in
/// no other (C3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyContext {
    /// The tenant.
    pub tenant: TenantId,
    /// What the key is for.
    pub scope: KeyScope,
    /// Version of the key, chosen by the caller.
    pub version: u32,
}

impl KeyContext {
    /// The associated data of the wrapped key: four length-prefixed fields, "RZ1", tenant, scope (1
    /// and the bucket id, or 2), version as `u32` little endian.
    pub fn associated_data(&self) -> Vec<u8> {
        let mut scope = Writer::new();
        match self.scope {
            KeyScope::Bucket(bucket) => scope.u8(1).fixed(bucket.as_bytes()),
            KeyScope::Credentials => scope.u8(2),
        };
        let mut w = Writer::new();
        w.field(b"RZ1")
            .field(self.tenant.as_bytes())
            .field(scope.as_slice())
            .field(&self.version.to_le_bytes());
        w.into_vec()
    }
}

/// A service that holds one key per tenant and wraps scope keys with it. The tenant key never
/// leaves the service.
///
/// - KP1: `unwrap_key` gives back the key that `generate_key` made, and only for the same context.
/// - KP2: after `destroy_tenant_key` nothing wrapped for the tenant unwraps again, not even after a
///   new `create_tenant_key`.
/// - KP3: after `rotate_tenant_key` older wrapped keys still unwrap, and `rewrap_key` moves them to
///   the new generation.
/// - KP4: an error never leaves a changed key behind that the caller does not know of, except that
///   a change whose answer was lost may have happened; every call may be repeated.
///
/// # Durability
/// `create_tenant_key`, `rotate_tenant_key` and `destroy_tenant_key` are durable when they return
/// `Ok`.
///
/// # Cancel safety
/// Dropping a future of a changing call leaves the change undone or done, never half done.
#[async_trait]
pub trait KeyProvider: Send + Sync + Debug {
    /// Makes the tenant's key; keeps an existing one.
    ///
    /// # Errors
    /// `Unavailable` when the service cannot be reached or cannot store.
    async fn create_tenant_key(&self, tenant: TenantId) -> Result<(), KeyError>;

    /// A fresh scope key, open and wrapped under the tenant's current generation.
    ///
    /// # Errors
    /// `Unavailable`; `Corrupt` when the tenant has no key.
    async fn generate_key(&self, context: &KeyContext) -> Result<(ScopeKey, WrappedKey), KeyError>;

    /// The scope key of a wrapped one.
    ///
    /// # Errors
    /// `Unavailable`; `Corrupt` when the tenant has no such generation, or the key was wrapped in
    /// another context.
    async fn unwrap_key(
        &self,
        wrapped: &WrappedKey,
        context: &KeyContext,
    ) -> Result<ScopeKey, KeyError>;

    /// The same scope key under the tenant's current generation.
    ///
    /// # Errors
    /// As [`KeyProvider::unwrap_key`].
    async fn rewrap_key(
        &self,
        wrapped: &WrappedKey,
        context: &KeyContext,
    ) -> Result<WrappedKey, KeyError>;

    /// Makes a new generation of the tenant's key and returns its number; the older ones go on
    /// unwrapping.
    ///
    /// # Errors
    /// `Unavailable`; `Corrupt` when the tenant has no key.
    async fn rotate_tenant_key(&self, tenant: TenantId) -> Result<u32, KeyError>;

    /// Destroys all generations of the tenant's key. What they wrapped cannot be opened again by
    /// anybody. A tenant without a key is no error. Nothing calls it yet: it would destroy retained
    /// versions too (`tests/tidy/tables.rs`, `UNCALLED`).
    ///
    /// # Errors
    /// `Unavailable`.
    async fn destroy_tenant_key(&self, tenant: TenantId) -> Result<(), KeyError>;

    /// Whether the service answers.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn health(&self) -> Result<(), KeyError>;
}
