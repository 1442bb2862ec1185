//! Signing keys: derivation and a small cache (step 8).
//!
//! Owns: the bounded cache, and equal work for access key ids that do not exist (A3).
//! Not here: verification (`verify`).
//!
//! Region and service belong to the verifier that owns the cache, so that they need not be part of
//! its index. `ring` does not wipe its keys; a signing key is worth one day in one region for one
//! service, the secret itself is not kept.

use crate::auth::credential::{AccessKeyId, Credential};
use crate::auth::error::AuthError;
use crate::auth::sigv4::scope::RequestDate;
use lru::LruCache;
use ring::hmac;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Signing keys kept: every credential that is active at once on a busy installation, at some 300
/// bytes each.
const CACHED_MAX: NonZeroUsize = match NonZeroUsize::new(4096) {
    Some(count) => count,
    None => NonZeroUsize::MIN,
};
/// Stands in for the secret of an id that does not exist. Whatever verifies under it is refused all
/// the same.
const DUMMY_SECRET: &str = "0000000000000000000000000000000000000000";

#[cfg(test)]
thread_local! {
    static VERIFICATIONS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Signatures that this thread has verified, for the test of equal work.
#[cfg(test)]
pub(super) fn verification_count() -> usize {
    VERIFICATIONS.get()
}

/// The key that signs one credential's requests on one day.
#[derive(Clone)]
pub(super) struct SigningKey {
    mac: Arc<hmac::Key>,
}

impl SigningKey {
    pub(super) fn derive(secret: &str, date: &RequestDate, region: &str, service: &str) -> Self {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(date.at().millis());
        let bytes = aws_sigv4::sign::v4::generate_signing_key(secret, time, region, service);
        Self {
            mac: Arc::new(hmac::Key::new(hmac::HMAC_SHA256, bytes.as_ref())),
        }
    }

    /// The signature of a string, for requests that we send ourselves (`sign`).
    pub(super) fn sign(&self, string_to_sign: &[u8]) -> String {
        hex::encode(hmac::sign(&self.mac, string_to_sign).as_ref())
    }

    /// Whether `signature_hex` is the signature of `string_to_sign`: 64 lower-case hexadecimal
    /// digits, decoded and compared in constant time (A4).
    pub(super) fn verifies(&self, string_to_sign: &[u8], signature_hex: &[u8]) -> bool {
        let is_canonical = signature_hex
            .iter()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let mut tag = [0_u8; 32];
        let is_decoded = hex::decode_to_slice(signature_hex, &mut tag).is_ok();
        // The work is done for malformed signatures too, so that all wrong ones take the same time.
        let is_verified = hmac::verify(&self.mac, string_to_sign, &tag).is_ok();
        #[cfg(test)]
        VERIFICATIONS.set(VERIFICATIONS.get() + 1);
        is_canonical && is_decoded && is_verified
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(redacted)")
    }
}

#[derive(PartialEq, Eq, Hash)]
struct CacheIndex {
    access_key_id: AccessKeyId,
    revision: u64,
    day: String,
}

type Cache = Mutex<LruCache<CacheIndex, SigningKey>>;

/// Derives signing keys and remembers them.
pub(super) struct SigningKeys {
    region: String,
    service: String,
    existing: Cache,
    /// Its own cache: guesses take as long as real ids, cold and warm, and evict nothing of theirs.
    nonexistent: Cache,
}

impl SigningKeys {
    /// An empty cache for one region and service.
    pub(super) fn new(region: String, service: String) -> Self {
        let cache = || Mutex::new(LruCache::new(CACHED_MAX));
        Self {
            region,
            service,
            existing: cache(),
            nonexistent: cache(),
        }
    }

    /// The region whose requests the keys sign.
    pub(super) fn region(&self) -> &str {
        &self.region
    }

    /// The service whose requests the keys sign.
    pub(super) fn service(&self) -> &str {
        &self.service
    }

    /// The signing key of a credential on a day.
    ///
    /// # Errors
    /// `CorruptCredential` when the secret is not text.
    pub(super) fn existing(
        &self,
        credential: &Credential,
        date: &RequestDate,
    ) -> Result<SigningKey, AuthError> {
        let secret = str::from_utf8(credential.secret_access_key.expose())
            .map_err(|_utf8| AuthError::CorruptCredential { source: None })?;
        let index = CacheIndex {
            access_key_id: credential.access_key_id.clone(),
            revision: credential.revision,
            day: date.day().to_owned(),
        };
        Ok(self.cached(&self.existing, index, secret, date))
    }

    /// A signing key for an id that does not exist, at the same price.
    pub(super) fn nonexistent(
        &self,
        access_key_id: &AccessKeyId,
        date: &RequestDate,
    ) -> SigningKey {
        let index = CacheIndex {
            access_key_id: access_key_id.clone(),
            revision: 0,
            day: date.day().to_owned(),
        };
        self.cached(&self.nonexistent, index, DUMMY_SECRET, date)
    }

    /// Keys that are remembered for ids that exist, and for ids that do not.
    #[cfg(test)]
    pub(super) fn cached_counts(&self) -> (usize, usize) {
        let count = |cache: &Cache| cache.lock().unwrap_or_else(PoisonError::into_inner).len();
        (count(&self.existing), count(&self.nonexistent))
    }

    fn cached(
        &self,
        cache: &Cache,
        index: CacheIndex,
        secret: &str,
        date: &RequestDate,
    ) -> SigningKey {
        let lock = || cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = lock().get(&index) {
            return found.clone();
        }
        // Derived outside the lock: two requests may derive the same key, none waits for the other.
        let derived = SigningKey::derive(secret, date, &self.region, &self.service);
        lock().put(index, derived.clone());
        derived
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKeys")
            .field("region", &self.region)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}
