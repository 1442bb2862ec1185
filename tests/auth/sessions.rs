//! Temporary credentials out of the catalog: they end by the clock, with the key that they stem
//! from, and not by a restart.

use crate::support::{REGION, SignedRequest, Signer, empty};
use riznica::auth::{AccessKeyId, Actor, AuthError, CredentialStatus, Session, Verified, Verifier};
use riznica::base::clock::{Clock, ManualClock};
use riznica::base::entropy::{Entropy, SystemEntropy};
use riznica::base::secret::SecretBytes;
use riznica::base::task::BlockingPool;
use riznica::catalog::credential_store::CatalogCredentials;
use riznica::catalog::credentials::{self, CredentialRecord, key_context};
use riznica::catalog::sessions::{self, SessionGrant};
use riznica::catalog::tenants::{self, TenantRecord};
use riznica::catalog::terms::TermsTable;
use riznica::crypto::{KeyProvider, ScopeKey};
use riznica::kms::{LocalKeyConfig, LocalKeyService, RootKeySource};
use riznica::model::id::TenantId;
use riznica::model::quota::TenantLimits;
use riznica::model::rates::TenantRates;
use riznica::model::tenant::{BucketPrefixes, CanonicalId, TenantName, TenantStatus};
use riznica::model::time::Timestamp;
use riznica::storage::{Engine, MemoryEngine};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

const TENANT: TenantId = TenantId::from_bytes([7; 16]);
/// 2026-11-23T10:00:00Z.
const BEGIN: u64 = 1_795_428_000;
const PARENT: &str = "RZPARENT";

/// A tenant with one access key, and a clock.
struct Store {
    engine: Arc<dyn Engine>,
    provider: Arc<dyn KeyProvider>,
    entropy: Arc<dyn Entropy>,
    clock: Arc<ManualClock>,
    key: ScopeKey,
    running: Verifier,
    _folder: TempDir,
}

/// A server that has just been started.
fn verifier(
    engine: &Arc<dyn Engine>,
    provider: &Arc<dyn KeyProvider>,
    clock: &Arc<ManualClock>,
) -> Verifier {
    let credentials = CatalogCredentials::new(
        Arc::clone(engine),
        Arc::clone(provider),
        Arc::new(TermsTable::default()),
    );
    let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
    Verifier::new(REGION.to_owned(), clock, Arc::new(credentials))
}

impl Store {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let root_key = folder.path().join("root.key");
        std::fs::write(&root_key, [3; 32]).unwrap();
        std::fs::set_permissions(&root_key, PermissionsExt::from_mode(0o600)).unwrap();
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy::new());
        let pool = BlockingPool::new(tokio::runtime::Handle::current(), 2);
        let config = LocalKeyConfig {
            root_key: RootKeySource::File(root_key),
            data_folder: folder.path().join("data"),
        };
        std::fs::create_dir(&config.data_folder).unwrap();
        let keys = LocalKeyService::open(config, Arc::clone(&entropy), pool).await;
        let provider: Arc<dyn KeyProvider> = Arc::new(keys.unwrap());
        provider.create_tenant_key(TENANT).await.unwrap();
        let (key, credentials_key) = provider.generate_key(&key_context(TENANT)).await.unwrap();
        let tenant = TenantRecord {
            tenant: TENANT,
            name: TenantName::parse("city").unwrap(),
            display_name: "city".to_owned(),
            email: String::new(),
            canonical_id: CanonicalId::from_random([1; 32]),
            created: Timestamp::from_millis(1),
            credentials_key,
            limits: TenantLimits::default(),
            status: TenantStatus::Active,
            registration_number: String::new(),
            contact: String::new(),
            bucket_prefixes: BucketPrefixes::default(),
            rates: TenantRates::default(),
        };
        let engine: Arc<dyn Engine> = Arc::new(MemoryEngine::new());
        tenants::create(&*engine, &tenant, |_batch| {})
            .await
            .unwrap();
        let clock = Arc::new(ManualClock::at(BEGIN * 1000));
        let store = Self {
            running: verifier(&engine, &provider, &clock),
            engine,
            provider,
            entropy,
            clock,
            key,
            _folder: folder,
        };
        store.create_parent(BEGIN * 1000, None).await;
        store
    }

    async fn create_parent(&self, created: u64, expires: Option<u64>) {
        let id = AccessKeyId::parse(PARENT).unwrap();
        let secret = SecretBytes::new(b"the secret of the parent".to_vec());
        let created = Timestamp::from_millis(created);
        let keys = (&self.key, &*self.entropy);
        let mut record = CredentialRecord::seal(id, TENANT, created, &secret, keys).unwrap();
        record.expires = expires.map(|seconds| Timestamp::from_millis(seconds * 1000));
        credentials::create(&*self.engine, &record, |_batch| {})
            .await
            .unwrap();
    }

    async fn delete_parent(&self) {
        let id = AccessKeyId::parse(PARENT).unwrap();
        let gone = credentials::delete(&*self.engine, &id, |_batch, _old| {});
        assert!(gone.await.unwrap());
    }

    /// A session of the root that ends after so many seconds.
    fn session(&self, seconds: u64) -> Signer {
        let issued = Timestamp::from_millis(BEGIN * 1000);
        let grant = SessionGrant {
            tenant: TENANT,
            actor: Actor::Root,
            session: Session {
                parent: AccessKeyId::parse(PARENT).unwrap(),
                issued,
                actor_id: "".into(),
                policy: None,
            },
            parent_created: issued,
            expires: Timestamp::from_millis((BEGIN + seconds) * 1000),
        };
        let issued = sessions::issue(&grant, &self.key, &*self.entropy).unwrap();
        let leaked = |bytes: &[u8]| -> &'static str {
            Box::leak(String::from_utf8(bytes.to_vec()).unwrap().into_boxed_str())
        };
        Signer {
            access_key_id: leaked(issued.access_key_id.as_str().as_bytes()),
            secret: leaked(issued.secret_access_key.expose()),
            token: Some(leaked(issued.token.expose())),
            ..Signer::default()
        }
    }

    /// Verifies as a server does that has been running, and as one that has just been started.
    async fn verify(&self, request: &SignedRequest) -> Result<(), AuthError> {
        let started = verifier(&self.engine, &self.provider, &self.clock);
        let fresh = started.verify(&request.view()).await;
        let outcome = self.running.verify(&request.view()).await;
        let kind = |outcome: &Result<Verified, AuthError>| match outcome {
            Ok(_) => None,
            Err(error) => Some(std::mem::discriminant(error)),
        };
        assert_eq!(kind(&fresh), kind(&outcome), "{fresh:?} {outcome:?}");
        let identity = outcome?.identity.unwrap();
        assert_eq!(identity.tenant(), TENANT);
        assert_eq!(identity.lasting_key_id().as_str(), PARENT);
        Ok(())
    }

    /// What becomes of a request that is signed so many seconds after the begin, and of one that
    /// was presigned at the begin for seven days.
    async fn outcomes(&self, signer: Signer, seconds: u64) -> [Result<(), AuthError>; 2] {
        let at = BEGIN + seconds;
        let signed = Signer { at, ..signer }.header_form("GET", "/bucket/a", &[], empty());
        let presigned = signer.query_form("GET", "/bucket/a", &[], 604_800);
        [self.verify(&signed).await, self.verify(&presigned).await]
    }
}

fn are_verified(outcomes: &[Result<(), AuthError>; 2]) -> bool {
    outcomes.iter().all(Result::is_ok)
}

#[tokio::test]
async fn session_ends_by_the_clock_whatever_its_url_lives() {
    let store = Store::new().await;
    let signer = store.session(900);
    assert!(are_verified(&store.outcomes(signer, 0).await));
    store.clock.advance(Duration::from_secs(899));
    assert!(are_verified(&store.outcomes(signer, 899).await));
    store.clock.advance(Duration::from_secs(1));
    for outcome in store.outcomes(signer, 900).await {
        assert!(
            matches!(outcome, Err(AuthError::ExpiredToken)),
            "{outcome:?}"
        );
    }
    // Who has the token alone is not told that it has expired.
    let thief = Signer {
        secret: "another secret",
        ..signer
    };
    for outcome in store.outcomes(thief, 900).await {
        let is_mismatch = matches!(outcome, Err(AuthError::SignatureDoesNotMatch { .. }));
        assert!(is_mismatch, "{outcome:?}");
    }
}

/// A session that was issued while the clock was ahead does not last as much longer when the clock
/// is right again.
#[tokio::test]
async fn session_from_the_future_is_none() {
    let store = Store::new().await;
    let signer = store.session(900);
    let presigned = |seconds: u64| {
        let at = BEGIN - seconds;
        Signer { at, ..signer }.query_form("GET", "/bucket/a", &[], 300)
    };
    store.clock.set_wall((BEGIN - 900) * 1000);
    assert!(store.verify(&presigned(900)).await.is_ok());
    store.clock.set_wall((BEGIN - 901) * 1000);
    let outcome = store.verify(&presigned(901)).await;
    assert!(
        matches!(outcome, Err(AuthError::InvalidToken)),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn session_ends_with_the_key_that_it_stems_from() {
    let store = Store::new().await;
    let signer = store.session(43_200);
    let id = AccessKeyId::parse(PARENT).unwrap();
    let set = async |status| {
        let note = |_batch: &mut _, _old: &_, _new: &_| {};
        let set = credentials::store_status(&*store.engine, &id, status, note);
        assert!(set.await.unwrap());
    };
    let are_over = async || {
        for outcome in store.outcomes(signer, 0).await {
            assert!(
                matches!(outcome, Err(AuthError::InvalidToken)),
                "{outcome:?}"
            );
        }
    };
    set(CredentialStatus::Disabled).await;
    are_over().await;
    set(CredentialStatus::Active).await;
    assert!(are_verified(&store.outcomes(signer, 0).await));
    store.delete_parent().await;
    are_over().await;
    // A later key of the same id is another one.
    store.create_parent(BEGIN * 1000 + 1, None).await;
    are_over().await;
    store.delete_parent().await;
    store.create_parent(BEGIN * 1000, Some(BEGIN + 60)).await;
    assert!(are_verified(&store.outcomes(signer, 0).await));
    store.clock.advance(Duration::from_mins(1));
    for outcome in store.outcomes(signer, 60).await {
        assert!(
            matches!(outcome, Err(AuthError::ExpiredToken)),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn token_goes_with_its_own_key_id_and_store_alone() {
    let (store, another) = (Store::new().await, Store::new().await);
    let (one, other) = (store.session(900), store.session(900));
    for signer in [
        Signer {
            token: other.token,
            ..one
        },
        Signer {
            access_key_id: PARENT,
            secret: "the secret of the parent",
            ..one
        },
        Signer {
            token: Some("AAAA"),
            ..one
        },
        another.session(900),
    ] {
        for outcome in store.outcomes(signer, 0).await {
            assert!(
                matches!(outcome, Err(AuthError::InvalidToken)),
                "{outcome:?}"
            );
        }
    }
    let without = Signer { token: None, ..one };
    for outcome in store.outcomes(without, 0).await {
        assert!(
            matches!(outcome, Err(AuthError::InvalidAccessKeyId)),
            "{outcome:?}"
        );
    }
}
