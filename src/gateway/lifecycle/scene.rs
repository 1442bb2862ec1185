//! A gateway over an engine in memory with one object under rules, for the tests beside this.

use crate::base::clock::{Clock, ManualClock};
use crate::base::entropy::{Entropy, SystemEntropy};
use crate::base::md5::Md5Service;
use crate::base::task::BlockingPool;
use crate::catalog::buckets::{self, BucketRecord};
use crate::catalog::changes::{self, Decision, NewVersion};
use crate::catalog::keyspace;
use crate::catalog::last_used::LastUsed;
use crate::catalog::ledger::BlobLeases;
use crate::catalog::objects::{BlobRef, BodyBinding, ObjectPlain, ObjectRecord, ObjectSecret};
use crate::catalog::retention_clock::RetentionClock;
use crate::catalog::settings::{self, SettingsKind};
use crate::catalog::terms::TermsTable;
use crate::catalog::traffic::TrafficTable;
use crate::catalog::versions::{self, FoundVersion, VersionRow};
use crate::crypto::{DataKey, KeyContext, KeyProvider, KeyScope, StreamParameters};
use crate::gateway::error::GatewayError;
use crate::gateway::lifecycle::{LifecycleObserver, LifecycleOutcome};
use crate::gateway::{Gateway, GatewayParts, identity};
use crate::kms::{CachingKeys, LocalKeyConfig, LocalKeyService, RootKeySource};
use crate::model::bucket::BucketName;
use crate::model::etag::ETag;
use crate::model::id::{BlobId, BucketId, TenantId, VersionId};
use crate::model::lifecycle::due::{DayLength, Moment};
use crate::model::lock::LockState;
use crate::model::metadata::ObjectMetadata;
use crate::model::object_key::ObjectKey;
use crate::model::ownership::ObjectOwnership;
use crate::model::tags::TagSet;
use crate::model::time::Timestamp;
use crate::model::versioning::Versioning;
use crate::storage::{Engine, MemoryEngine, MetaBatch, MetaStore};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

pub(in crate::gateway) const BUCKET: BucketId = BucketId::from_bytes([7; 16]);
pub(in crate::gateway) const TENANT: TenantId = TenantId::from_bytes([1; 16]);
pub(super) const DAY: Duration = Duration::from_hours(24);
pub(super) const NONCURRENT: &str =
    "\"expiration\":null,\"noncurrent\":{\"days\":1,\"newer_versions\":null}";
pub(in crate::gateway) const EXPIRE: &str = "\"expiration\":{\"Days\":1},\"noncurrent\":null";

/// A gateway over an engine in memory with one bucket.
pub(in crate::gateway) struct Place {
    pub(in crate::gateway) gateway: Gateway,
    pub(in crate::gateway) clock: Arc<ManualClock>,
    pub(super) object_key: ObjectKey,
    _folder: TempDir,
}

impl Place {
    pub(in crate::gateway) async fn new(versioning: Versioning, actions: &str) -> Self {
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
        let keys = LocalKeyService::open(config, Arc::clone(&entropy), pool.clone()).await;
        let provider: Arc<dyn KeyProvider> = Arc::new(keys.unwrap());
        let manual = Arc::new(ManualClock::at(1_795_392_000_000));
        let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&manual);
        let engine: Arc<dyn Engine> = Arc::new(MemoryEngine::new());
        let retention = RetentionClock::load(Arc::clone(&engine), Arc::clone(&clock)).await;
        let keys = CachingKeys::new(Arc::clone(&provider), Arc::clone(&clock), DAY);
        let gateway = Gateway::new(GatewayParts {
            engine: Arc::clone(&engine),
            provider: Arc::clone(&provider),
            keys: Arc::new(keys),
            clock,
            entropy,
            md5: Md5Service::new(pool.clone(), 1),
            pool,
            leases: BlobLeases::default(),
            body_streams_max: 1,
            retention: Arc::new(retention.unwrap()),
            terms: Arc::new(TermsTable::default()),
            last_used: Arc::new(LastUsed::default()),
            traffic: Arc::new(TrafficTable::default()),
            blocks_public_access: true,
            object_ownership: ObjectOwnership::default(),
        });
        provider.create_tenant_key(TENANT).await.unwrap();
        let context = KeyContext {
            tenant: TENANT,
            scope: KeyScope::Bucket(BUCKET),
            version: 1,
        };
        let (_, wrapped) = provider.generate_key(&context).await.unwrap();
        let name = BucketName::parse("records").unwrap();
        let created = gateway.now();
        let keys = vec![(1, wrapped)];
        let mut bucket = BucketRecord::new(BUCKET, name, TENANT, created, keys);
        bucket.versioning = versioning;
        buckets::create(&*engine, &bucket, &[], u64::MAX)
            .await
            .unwrap();
        let place = Self {
            gateway,
            clock: manual,
            object_key: ObjectKey::parse("a/b").unwrap(),
            _folder: folder,
        };
        place.set_rules("one", actions).await;
        place
    }

    pub(super) async fn set_rules(&self, id: &str, actions: &str) {
        let document = format!(
            "{{\"rules\":[{{\"id\":\"{id}\",\"is_enabled\":true,\"scope\":{{\"Prefix\":\"\"}},\
             {actions},\"abort_incomplete_multipart_days\":1}}]}}"
        );
        self.change_rules(true, |batch| {
            settings::put(batch, SettingsKind::Lifecycle, document.as_bytes());
        })
        .await;
    }

    pub(super) async fn delete_rules(&self) {
        self.change_rules(false, |batch| {
            settings::delete(batch, SettingsKind::Lifecycle);
        })
        .await;
    }

    async fn change_rules(&self, has_lifecycle: bool, extend: impl Fn(&mut MetaBatch)) {
        let apply = |bucket: &mut BucketRecord| {
            bucket.has_lifecycle = has_lifecycle;
            true
        };
        let engine = &*self.gateway.engine;
        buckets::change_with(engine, BUCKET, apply, extend)
            .await
            .unwrap();
    }

    pub(in crate::gateway) async fn bucket(&self) -> BucketRecord {
        let header = buckets::header(&*self.gateway.engine, BUCKET).await;
        header.unwrap().unwrap()
    }

    /// Puts a version on top: an object, or a delete marker.
    pub(super) async fn put(&self, is_marker: bool) {
        let (gateway, object_key) = (&self.gateway, &self.object_key);
        let bucket = self.bucket().await;
        let begun = VersionId::generate(gateway.now().millis(), &*gateway.entropy).unwrap();
        let decide = async |bucket: &BucketRecord, current: Option<&VersionRow>| {
            let new = if is_marker {
                gateway
                    .marker_above(bucket, object_key, current, begun)
                    .await?
            } else {
                self.object(bucket, current, begun).await?
            };
            Ok::<_, GatewayError>(Decision::Put(Box::new(new)))
        };
        let target = gateway.target(&bucket, object_key, false);
        let changed = changes::commit_current(&*gateway.engine, target, decide, |_batch| {});
        assert!(changed.await.unwrap());
    }

    async fn object(
        &self,
        bucket: &BucketRecord,
        current: Option<&VersionRow>,
        begun: VersionId,
    ) -> Result<NewVersion, GatewayError> {
        let gateway = &self.gateway;
        let blob = BlobRef {
            blob: BlobId::from_bytes(*begun.as_bytes()),
            piece_count: 1,
        };
        let mut record = ObjectRecord {
            plain: ObjectPlain {
                size: 5,
                last_modified: Timestamp::default(),
                version: begun,
                part_count: None,
                blob: Some(blob),
                is_null: true,
                is_marker: false,
                lock: LockState::default(),
            },
            secret: ObjectSecret {
                data_key: DataKey::generate(&*gateway.entropy)?,
                etag: ETag::single([0; 16]),
                checksum: None,
                metadata: ObjectMetadata::default(),
                tags: TagSet::default(),
                acl: None,
                body: BodyBinding::Stream(StreamParameters {
                    salt: [0; 32],
                    commitment: [0; 32],
                }),
            },
        };
        gateway
            .succeed(bucket, current, begun)?
            .apply(&mut record.plain);
        let bucket_key = gateway.sealing_key(bucket).await?;
        let identity = identity(bucket, &self.object_key);
        Ok(NewVersion {
            plain: record.plain,
            row: record.seal(&identity, &bucket_key, &*gateway.entropy)?,
            part_table: None,
            memory: None,
            finished: Vec::new(),
            owned: Vec::new(),
            keeps_blobs: false,
        })
    }

    /// Destroys the newest version, as a client does that names it.
    pub(super) async fn destroy_newest(&self) {
        let bucket = self.bucket().await;
        assert!(self.destroy(&bucket).await.unwrap().is_some());
    }

    /// The bucket's row as it was, but for one bit.
    pub(super) async fn damage_bucket(&self) {
        let engine = &*self.gateway.engine;
        let partition = keyspace::bucket_partition(BUCKET);
        let row = MetaStore::get(engine, partition, &keyspace::bucket_header()).await;
        let mut row = row.unwrap().unwrap().to_vec();
        let middle = row.len() / 2;
        row[middle] ^= 1;
        let mut batch = MetaBatch::new(partition);
        batch.put(keyspace::bucket_header(), row.into());
        engine.commit(batch).await.unwrap();
    }

    /// As [`Place::destroy_newest`], in a bucket as a request found it.
    pub(super) async fn destroy(
        &self,
        bucket: &BucketRecord,
    ) -> Result<Option<ObjectPlain>, GatewayError> {
        let engine = &*self.gateway.engine;
        let current = versions::load_current(engine, BUCKET, &self.object_key).await;
        let selector = current.unwrap().unwrap().plain.selector();
        let decide = async |_: &BucketRecord, _: &FoundVersion| Ok::<_, GatewayError>(true);
        let target = self.gateway.target(bucket, &self.object_key, false);
        changes::remove_version(engine, target, selector, decide, |_batch| {}).await
    }

    /// How many versions there are, and whether the newest is an object.
    pub(super) async fn versions(&self) -> (u64, bool) {
        let engine = &*self.gateway.engine;
        let usage = crate::catalog::usage::of_bucket(engine, BUCKET)
            .await
            .unwrap();
        let current = versions::load_current(engine, BUCKET, &self.object_key).await;
        let current = current.unwrap();
        (
            usage.objects,
            current.is_some_and(|row| !row.plain.is_marker),
        )
    }

    fn moment(&self) -> Moment {
        Moment {
            now: self.gateway.retention_now(),
            day: DayLength::REAL,
        }
    }

    /// Applies the rules as they are now, with something in between judging and acting.
    pub(super) async fn apply(&self, meddle: impl AsyncFnOnce()) -> Vec<LifecycleOutcome> {
        let bucket = self.bucket().await;
        let rules = self.gateway.rules_in_force(&bucket).await.unwrap().unwrap();
        let mut meddler = Meddler {
            meddle: Some(meddle),
            outcomes: Vec::new(),
        };
        let object = (&bucket, &self.object_key);
        let applied = self
            .gateway
            .apply_lifecycle(object, (&rules, self.moment()), &mut meddler);
        assert!(applied.await.unwrap());
        meddler.outcomes
    }
}

/// Does something before the first action.
struct Meddler<F> {
    meddle: Option<F>,
    outcomes: Vec<LifecycleOutcome>,
}

/// Lets everything be done.
pub(super) struct Bystander;

impl LifecycleObserver for Bystander {
    async fn admit(&mut self) -> bool {
        true
    }

    fn extend(&self, _outcome: LifecycleOutcome, _batch: &mut MetaBatch) {}

    fn outcome(&mut self, _outcome: LifecycleOutcome) {}
}

impl<F: AsyncFnOnce()> LifecycleObserver for Meddler<F> {
    async fn admit(&mut self) -> bool {
        if let Some(meddle) = self.meddle.take() {
            meddle().await;
        }
        true
    }

    fn extend(&self, _outcome: LifecycleOutcome, _batch: &mut MetaBatch) {}

    fn outcome(&mut self, outcome: LifecycleOutcome) {
        self.outcomes.push(outcome);
    }
}
