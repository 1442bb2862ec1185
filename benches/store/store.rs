//! A store as the server opens it, with a tenant and buckets of objects.
//!
//! Owns: its folder, permits for the tenant's root, rows of objects without bodies, many to a
//! commit.

use riznica::base::entropy::SystemEntropy;
use riznica::catalog::keyspace;
use riznica::catalog::objects::{
    BlobRef, BodyBinding, ObjectIdentity, ObjectPlain, ObjectRecord, ObjectSecret,
};
use riznica::config::{Config, Overrides, load};
use riznica::crypto::{DataKey, KeyContext, KeyScope, ScopeKey, StreamParameters};
use riznica::gateway::bucket::NewBucket;
use riznica::gateway::{BucketRecord, Gateway};
use riznica::iam::policy::Context;
use riznica::iam::{Action, BucketResource, Permit, Principal, Request, Resource, authorize};
use riznica::model::bucket::BucketName;
use riznica::model::checksum::{Checksum, ChecksumAlgorithm, ChecksumType, ObjectChecksum};
use riznica::model::etag::ETag;
use riznica::model::id::{BlobId, TenantId, VersionId};
use riznica::model::lock::LockState;
use riznica::model::metadata::ObjectMetadata;
use riznica::model::object_key::ObjectKey;
use riznica::model::tags::TagSet;
use riznica::model::tenant::TenantStatus;
use riznica::model::time::Timestamp;
use riznica::server::compose::{self, Parts};
use riznica::server::init;
use riznica::storage::MetaBatch;
use std::borrow::Cow;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

pub(crate) const TENANT: TenantId = TenantId::from_bytes([7; 16]);
/// 2026-11-23T10:00:00Z.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_795_428_000_000);
/// Rows of one commit while a bucket is filled.
const ROWS_PER_COMMIT: usize = 2000;

/// Whether every bench runs just once, to see that it does.
pub(crate) fn is_trial() -> bool {
    std::env::args().any(|argument| argument == "--test")
}

/// An open store. Its folder goes when it is dropped.
pub(crate) struct Store {
    pub(crate) runtime: Runtime,
    pub(crate) parts: Parts,
    pub(crate) gateway: Gateway,
    folder: TempDir,
}

struct NoCircumstances;

impl Context for NoCircumstances {
    fn values(&self, _key: &str) -> Option<Vec<Cow<'_, str>>> {
        None
    }
}

impl Store {
    /// A new one with the tenant, with the default configuration.
    pub(crate) fn new() -> Self {
        // Not the system's folder for temporary files: that may be memory, where a sync is free.
        let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let (config, credential) = (config(&folder), folder.path().join("operator.json"));
        let initialised = init(&config, &credential, runtime.handle());
        runtime.block_on(initialised).unwrap();
        let store = Self::open(folder, runtime);
        let made = store.parts.provider.create_tenant_key(TENANT);
        store.runtime.block_on(made).unwrap();
        store
    }

    fn open(folder: TempDir, runtime: Runtime) -> Self {
        let config = config(&folder);
        let opened = runtime.block_on(compose::open(&config, runtime.handle()));
        let parts = opened.unwrap();
        Self {
            gateway: parts.s3_state(&config).gateway,
            runtime,
            parts,
            folder,
        }
    }

    /// The same one after a stop and a start: what was written lies in tables and blob files, and
    /// nothing is in memory.
    pub(crate) fn restarted(self) -> Self {
        let Self {
            runtime,
            parts,
            gateway,
            folder,
        } = self;
        runtime.block_on(parts.engine.close());
        drop((parts, gateway));
        Self::open(folder, runtime)
    }

    /// A new bucket.
    pub(crate) fn bucket(&self, name: &str) -> BucketRecord {
        let name = BucketName::parse(name).unwrap();
        let arn = format!("arn:aws:s3:::{}", name.as_str());
        let permit = permit(Action::CreateBucket, Resource::Account { arn: &arn });
        self.runtime.block_on(async {
            let new = NewBucket::default();
            let created = self.gateway.create_bucket(permit, &name, &new);
            created.await.unwrap();
            self.gateway.find_bucket(&name).await.unwrap()
        })
    }

    /// The key of a bucket's records.
    pub(crate) fn key_of(&self, bucket: &BucketRecord) -> ScopeKey {
        let (version, wrapped) = bucket.current_key().unwrap();
        let context = KeyContext {
            tenant: bucket.tenant,
            scope: KeyScope::Bucket(bucket.bucket),
            version: *version,
        };
        let unwrapped = self.parts.provider.unwrap_key(wrapped, &context);
        self.runtime.block_on(unwrapped).unwrap()
    }

    /// Stores rows of objects under these names.
    pub(crate) fn fill(&self, bucket: &BucketRecord, names: impl Iterator<Item = String>) {
        let key = self.key_of(bucket);
        let mut names = names.peekable();
        while names.peek().is_some() {
            let mut batch = MetaBatch::new(keyspace::bucket_partition(bucket.bucket));
            for name in names.by_ref().take(ROWS_PER_COMMIT) {
                let object_key = ObjectKey::parse(&name).unwrap();
                let row = seal(&record(), bucket, &object_key, &key);
                batch.put(keyspace::current(&object_key), row);
            }
            let committed = self.parts.engine.commit(batch);
            self.runtime.block_on(committed).unwrap();
        }
    }
}

fn config(folder: &TempDir) -> Config {
    let overrides = Overrides {
        data_dir: Some(folder.path().join("data")),
        ..Overrides::default()
    };
    load::merge("", std::iter::empty(), overrides).unwrap()
}

/// A permit for the tenant's root.
fn permit(action: Action, resource: Resource<'_>) -> Permit {
    let request = Request {
        principal: &Principal::root(TENANT, "c0ffee", TenantStatus::Active),
        action,
        resource,
        context: &NoCircumstances,
    };
    authorize(&request).unwrap()
}

/// A permit for an action in a bucket of the tenant's.
pub(crate) fn permit_in(bucket: &BucketRecord, action: Action, object: Option<&str>) -> Permit {
    let resource = BucketResource {
        bucket: bucket.bucket,
        owner: TENANT,
        owner_status: TenantStatus::Active,
        name: bucket.name.as_str(),
        object_key: object,
        policy: None,
        binds_root: false,
        restricts_public: false,
        lists: None,
        begun_by: None,
    };
    permit(action, Resource::Bucket(resource))
}

/// A version as a client of today leaves it: a content type, a time of its own, a checksum.
pub(crate) fn record() -> ObjectRecord {
    let entropy = SystemEntropy::new();
    let mut metadata = ObjectMetadata::default();
    metadata.set_content_header("content-type", "image/jpeg");
    metadata.add_user_metadata("mtime", "1795428000.123456789");
    ObjectRecord {
        plain: ObjectPlain {
            size: 123_456,
            last_modified: NOW,
            version: VersionId::generate(NOW.millis(), &entropy).unwrap(),
            part_count: None,
            blob: Some(BlobRef {
                blob: BlobId::generate(NOW.millis(), &entropy).unwrap(),
                piece_count: 1,
            }),
            is_null: true,
            is_marker: false,
            lock: LockState::default(),
        },
        secret: ObjectSecret {
            data_key: DataKey::generate(&entropy).unwrap(),
            etag: ETag::single([0xab; 16]),
            checksum: Some(ObjectChecksum {
                checksum: Checksum {
                    algorithm: ChecksumAlgorithm::Crc64Nvme,
                    value: vec![0x5a; 8],
                },
                checksum_type: ChecksumType::FullObject,
                part_count: 0,
            }),
            metadata,
            tags: TagSet::default(),
            acl: None,
            body: BodyBinding::Stream(StreamParameters {
                salt: [3; 32],
                commitment: [4; 32],
            }),
        },
    }
}

/// The row of a version.
pub(crate) fn seal(
    record: &ObjectRecord,
    bucket: &BucketRecord,
    object_key: &ObjectKey,
    key: &ScopeKey,
) -> bytes::Bytes {
    let identity = identity(bucket, object_key);
    record.seal(&identity, key, &SystemEntropy::new()).unwrap()
}

/// What a row is bound to.
pub(crate) fn identity<'a>(bucket: &BucketRecord, object_key: &'a ObjectKey) -> ObjectIdentity<'a> {
    ObjectIdentity {
        tenant: bucket.tenant,
        bucket: bucket.bucket,
        object_key,
    }
}
