//! The local key service: clauses KP1 to KP4 of `KeyProvider`, and the keyring file.

use crate::samples::{self, BUCKET, TENANT};
use crate::vectors;
use riznica::base::encoding::{base64_decode, base64_encode};
use riznica::base::entropy::{Entropy, SystemEntropy};
use riznica::base::kind::ErrorKind;
use riznica::base::task::BlockingPool;
use riznica::crypto::{
    KeyContext, KeyError, KeyProvider, KeyScope, OpenError, RecordView, WrappedKey, seal_record,
};
use riznica::kms::{
    KEYRING_FILE_NAME, KmsError, LocalKeyConfig, LocalKeyService, RootKeySource,
    create_root_key_file,
};
use riznica::model::id::{BucketId, TenantId};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

const OTHER_TENANT: TenantId = TenantId::from_bytes([9; 16]);

/// A data folder and a root key beside it.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        let place = Self { folder };
        create_root_key_file(&place.root_key(), &SystemEntropy::new()).unwrap();
        place
    }

    pub(crate) fn root_key(&self) -> PathBuf {
        self.folder.path().join("secret").join("root.key")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn keyring(&self) -> PathBuf {
        self.data().join(KEYRING_FILE_NAME)
    }

    async fn open(&self) -> Result<LocalKeyService, KmsError> {
        open_service(self, Arc::new(SystemEntropy::new())).await
    }
}

pub(crate) fn pool() -> BlockingPool {
    BlockingPool::new(tokio::runtime::Handle::current(), 2)
}

async fn open_service(
    place: &Place,
    entropy: Arc<dyn Entropy>,
) -> Result<LocalKeyService, KmsError> {
    let root_key = RootKeySource::File(place.root_key());
    let config = LocalKeyConfig {
        root_key,
        data_folder: place.data(),
    };
    LocalKeyService::open(config, entropy, pool()).await
}

fn write_root_key(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
}

#[tokio::test]
async fn generated_key_unwraps_in_its_context_only() {
    let place = Place::new();
    let service = place.open().await.unwrap();
    for tenant in [TENANT, OTHER_TENANT] {
        service.create_tenant_key(tenant).await.unwrap();
    }
    let context = samples::key_context();
    let (scope_key, wrapped) = service.generate_key(&context).await.unwrap();
    assert!(
        service
            .unwrap_key(&wrapped, &context)
            .await
            .unwrap()
            .is_equal(&scope_key)
    );
    let elsewhere = [
        KeyContext {
            tenant: OTHER_TENANT,
            ..context
        },
        KeyContext {
            scope: KeyScope::Credentials,
            ..context
        },
        KeyContext {
            scope: KeyScope::Bucket(BucketId::from_bytes([0; 16])),
            ..context
        },
        KeyContext {
            version: 4,
            ..context
        },
    ];
    for context in elsewhere {
        let refused = service.unwrap_key(&wrapped, &context).await.unwrap_err();
        assert!(
            matches!(refused, KeyError::Open(OpenError::Unauthentic)),
            "{context:?}"
        );
        let refused = service.rewrap_key(&wrapped, &context).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Corrupt, "{context:?}");
    }
}

#[tokio::test]
async fn tenant_key_survives_creation_again_and_restart() {
    let place = Place::new();
    let context = samples::key_context();
    let service = place.open().await.unwrap();
    service.create_tenant_key(TENANT).await.unwrap();
    let (scope_key, wrapped) = service.generate_key(&context).await.unwrap();
    service.create_tenant_key(TENANT).await.unwrap();
    assert!(
        service
            .unwrap_key(&wrapped, &context)
            .await
            .unwrap()
            .is_equal(&scope_key)
    );
    drop(service);
    let service = place.open().await.unwrap();
    assert!(
        service
            .unwrap_key(&wrapped, &context)
            .await
            .unwrap()
            .is_equal(&scope_key)
    );
    let mode = std::fs::metadata(place.keyring())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn rotation_keeps_old_keys_and_rewrap_moves_them() {
    let place = Place::new();
    let context = samples::key_context();
    let service = place.open().await.unwrap();
    service.create_tenant_key(TENANT).await.unwrap();
    let (scope_key, old) = service.generate_key(&context).await.unwrap();
    assert_eq!(service.rotate_tenant_key(TENANT).await.unwrap(), 2);
    assert_eq!(service.rotate_tenant_key(TENANT).await.unwrap(), 3);
    let new = service.rewrap_key(&old, &context).await.unwrap();
    assert_eq!((old.generation(), new.generation()), (1, 3));
    let service = place.open().await.unwrap();
    for wrapped in [&old, &new] {
        assert!(
            service
                .unwrap_key(wrapped, &context)
                .await
                .unwrap()
                .is_equal(&scope_key)
        );
    }
    let unknown = WrappedKey::new(4, new.opaque().to_vec());
    let refused = service.unwrap_key(&unknown, &context).await;
    assert!(matches!(
        refused,
        Err(KeyError::UnknownGeneration { generation: 4, .. })
    ));
}

#[tokio::test]
async fn destroyed_tenant_key_is_gone_for_good() {
    let place = Place::new();
    let context = samples::key_context();
    let service = place.open().await.unwrap();
    service.create_tenant_key(TENANT).await.unwrap();
    let (_, wrapped) = service.generate_key(&context).await.unwrap();
    service.destroy_tenant_key(TENANT).await.unwrap();
    service.destroy_tenant_key(TENANT).await.unwrap();
    let refused = service.unwrap_key(&wrapped, &context).await;
    assert!(matches!(refused, Err(KeyError::UnknownTenant { .. })));
    let refused = service.rotate_tenant_key(TENANT).await;
    assert!(matches!(refused, Err(KeyError::UnknownTenant { .. })));
    let service = place.open().await.unwrap();
    service.create_tenant_key(TENANT).await.unwrap();
    let refused = service.unwrap_key(&wrapped, &context).await;
    assert!(matches!(
        refused,
        Err(KeyError::Open(OpenError::Unauthentic))
    ));
}

#[tokio::test]
async fn concurrent_changes_all_last() {
    let place = Place::new();
    let service = place.open().await.unwrap();
    let tenants = (0..20)
        .map(|n| TenantId::from_bytes([n; 16]))
        .collect::<Vec<_>>();
    let create = tenants
        .iter()
        .map(|tenant| service.create_tenant_key(*tenant));
    futures::future::try_join_all(create).await.unwrap();
    let service = place.open().await.unwrap();
    for tenant in tenants {
        let context = KeyContext {
            tenant,
            ..samples::key_context()
        };
        assert!(service.generate_key(&context).await.is_ok());
    }
}

#[tokio::test]
async fn keyring_under_another_root_key_is_refused() {
    let place = Place::new();
    place.open().await.unwrap();
    write_root_key(&place.root_key(), &[7; 32]);
    let refused = place.open().await.unwrap_err();
    assert!(matches!(refused, KmsError::KeyringNotOpened { .. }));
    assert!(
        refused
            .to_string()
            .contains("configure the root key that it was made with")
    );
}

#[tokio::test]
async fn keyring_with_any_flipped_byte_is_refused() {
    let place = Place::new();
    place
        .open()
        .await
        .unwrap()
        .create_tenant_key(TENANT)
        .await
        .unwrap();
    let file = std::fs::read(place.keyring()).unwrap();
    for index in 0..file.len() {
        let mut changed = file.clone();
        changed[index] ^= 1;
        std::fs::write(place.keyring(), changed).unwrap();
        assert!(place.open().await.is_err(), "byte {index}");
    }
    std::fs::write(place.keyring(), file).unwrap();
    assert!(place.open().await.is_ok());
}

#[tokio::test]
async fn keyring_changed_by_somebody_else_is_not_overwritten() {
    let place = Place::new();
    let first = place.open().await.unwrap();
    let second = place.open().await.unwrap();
    second.create_tenant_key(TENANT).await.unwrap();
    let refused = first.create_tenant_key(OTHER_TENANT).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert_eq!(
        first.health().await.unwrap_err().kind(),
        ErrorKind::Unavailable
    );
    second.health().await.unwrap();
    let third = place.open().await.unwrap();
    assert!(third.generate_key(&samples::key_context()).await.is_ok());
}

#[tokio::test]
async fn failed_write_changes_nothing() {
    let place = Place::new();
    let service = place.open().await.unwrap();
    // A folder where the temporary file goes: it can be neither removed nor replaced, not even by
    // root.
    let obstacle = place.keyring().with_extension("new");
    std::fs::create_dir(&obstacle).unwrap();
    let refused = service.create_tenant_key(TENANT).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    let refused = service.generate_key(&samples::key_context()).await;
    assert!(matches!(refused, Err(KeyError::UnknownTenant { .. })));
    std::fs::remove_dir(&obstacle).unwrap();
    service.create_tenant_key(TENANT).await.unwrap();
}

/// The vector file of the keyring: a chain from the root key down to a record.
pub(crate) async fn build(entropy: Arc<dyn Entropy>) -> Value {
    let place = Place::new();
    write_root_key(&place.root_key(), &[0x42; 32]);
    let service = open_service(&place, Arc::clone(&entropy)).await.unwrap();
    service.create_tenant_key(OTHER_TENANT).await.unwrap();
    service.create_tenant_key(TENANT).await.unwrap();
    service.rotate_tenant_key(TENANT).await.unwrap();
    let context = samples::key_context();
    let (scope_key, wrapped) = service.generate_key(&context).await.unwrap();
    let record_context = samples::record_context();
    let record = seal_record(&scope_key, &record_context, b"plain", b"secret", &*entropy).unwrap();
    let keyring = std::fs::read(place.keyring()).unwrap();
    let good = json!({
        "name": "two tenants", "root_key": hex::encode([0x42; 32]),
        "bytes": base64_encode(&keyring),
        "tenant": TENANT.to_string(), "bucket": BUCKET.to_string(), "version": context.version,
        "wrapped": base64_encode(&wrapped.encode()),
        "object_key": hex::encode(record_context.object_key),
        "record_version": hex::encode(record_context.version), "record": base64_encode(&record),
        "secret": hex::encode(b"secret"),
    });
    vectors::file("keyring", &[good], &malformed())
}

fn malformed() -> Vec<Value> {
    let case =
        |name, change, expect| vectors::malformed_case(name, "two tenants", &[change], expect);
    let flip = |at| vectors::flip(at, 1);
    let root_key = vectors::context("root_key", "43".repeat(32));
    vec![
        case("magic", flip(0), "undecodable"),
        case(
            "format 2",
            json!({ "op": "set", "at": 4, "bytes": "02" }),
            "unknown_format",
        ),
        case(
            "algorithm 2",
            json!({ "op": "set", "at": 5, "bytes": "02" }),
            "undecodable",
        ),
        case("salt", flip(6), "unauthentic"),
        case("commitment", flip(38), "unauthentic"),
        case("contents", flip(70), "unauthentic"),
        case("tag", flip(-1), "unauthentic"),
        case(
            "last byte missing",
            json!({ "op": "truncate", "count": 1 }),
            "unauthentic",
        ),
        case(
            "one byte more",
            json!({ "op": "append", "bytes": "00" }),
            "unauthentic",
        ),
        case(
            "half a head",
            json!({ "op": "set_tail", "at": 40, "bytes": "" }),
            "undecodable",
        ),
        case("other root key", root_key, "unauthentic"),
    ]
}

/// What this program makes of the keyring's vector file.
pub(crate) async fn open(file: &Value) {
    let good = &file["good"][0];
    open_chain(good).await.unwrap();
    for malformed in file["malformed"].as_array().unwrap() {
        let case = vectors::with_changes(good, &malformed["changes"]);
        let expected = match open_chain(&case).await.unwrap_err() {
            KmsError::KeyringNotOpened { .. } => "unauthentic",
            KmsError::KeyringUndecodable { .. } => "undecodable",
            KmsError::KeyringUnknownFormat { .. } => "unknown_format",
            other => panic!("{other}"),
        };
        assert_eq!(malformed["expect"], expected, "{}", malformed["name"]);
    }
}

async fn open_chain(case: &Value) -> Result<(), KmsError> {
    let place = Place::new();
    let bytes = |name: &str| base64_decode(case[name].as_str().unwrap()).unwrap();
    write_root_key(&place.root_key(), &vectors::field(case, "root_key"));
    std::fs::write(place.keyring(), bytes("bytes")).unwrap();
    let service = place.open().await?;
    let wrapped = WrappedKey::decode(&bytes("wrapped")).unwrap();
    let scope_key = service
        .unwrap_key(&wrapped, &samples::key_context())
        .await
        .unwrap();
    let record = bytes("record");
    let view = RecordView::decode(&record).unwrap();
    let secret = view.open(&scope_key, &samples::record_context()).unwrap();
    assert_eq!(secret.expose(), vectors::field(case, "secret"));
    Ok(())
}
