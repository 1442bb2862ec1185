//! Usage against a model: whatever is stored and deleted, and whenever, the byte-hours are the
//! integral of the bytes of the objects that are there.

use crate::base::channel::BodyReceiver;
use crate::catalog::recount;
use crate::catalog::usage_hours::{self, ACCOUNT};
use crate::catalog::usage_months::{self, BucketUsage};
use crate::gateway::digests::{BodyEnd, DeclaredDigests};
use crate::gateway::lifecycle::scene::{BUCKET, EXPIRE, Place, TENANT};
use crate::gateway::multipart::complete::{CompleteUpload, CompletedPart};
use crate::gateway::multipart::create::CreateUpload;
use crate::gateway::multipart::upload_part::UploadPart;
use crate::gateway::object::copy::CopyObject;
use crate::gateway::object::delete::{DeleteConditions, DeleteObject};
use crate::gateway::object::put::PutObject;
use crate::gateway::write_path::Body;
use crate::iam::policy::evaluate::NoContext;
use crate::iam::{Action, BucketResource, Permit, Principal, Request, Resource, authorize};
use crate::model::conditions::{ReadConditions, WriteConditions};
use crate::model::etag::ETag;
use crate::model::id::UploadId;
use crate::model::lock::LockState;
use crate::model::metadata::ObjectMetadata;
use crate::model::month::{HOUR_MILLIS, Hour, Month, hour_of};
use crate::model::object_key::ObjectKey;
use crate::model::quota::{QuotaKind, Usage};
use crate::model::tags::TagSet;
use crate::model::tenant::TenantStatus;
use crate::model::time::Timestamp;
use crate::model::traffic::{Figures, RequestKind, Traffic};
use crate::model::upload::PartNumber;
use crate::model::versioning::Versioning;
use std::collections::BTreeMap;
use std::time::Duration;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// What the objects amount to, by adding up what is there between any two steps.
#[derive(Default)]
struct Model {
    held: Usage,
    since: u64,
    millis: BTreeMap<(Hour, &'static str), u128>,
}

const KINDS: [QuotaKind; 3] = QuotaKind::STORED;

impl Model {
    /// Time passes; nothing changes.
    fn pass_to(&mut self, now: u64) {
        while self.since < now {
            let hour = hour_of(Timestamp::from_millis(self.since));
            let end = now.min((u64::from(hour) + 1) * HOUR_MILLIS);
            for kind in KINDS {
                let own = u128::from(self.held.of(kind)) * u128::from(end - self.since);
                *self.millis.entry((hour, kind.name())).or_default() += own;
            }
            self.since = end;
        }
    }

    fn sum(&self, kind: QuotaKind) -> u128 {
        let own = self
            .millis
            .iter()
            .filter(|((_, name), _)| *name == kind.name());
        own.map(|(_, millis)| millis).sum()
    }
}

fn permit(action: Action) -> Permit {
    let principal = Principal::root(TENANT, "ab", TenantStatus::Active);
    let resource = Resource::Bucket(BucketResource {
        bucket: BUCKET,
        owner: TENANT,
        owner_status: TenantStatus::Active,
        name: "records",
        object_key: None,
        policy: None,
        binds_root: false,
        restricts_public: true,
        lists: None,
        begun_by: None,
    });
    let request = Request {
        principal: &principal,
        action,
        resource,
        context: &NoContext,
    };
    authorize(&request).unwrap()
}

fn key(number: u64) -> ObjectKey {
    ObjectKey::parse(&format!("file/{number}")).unwrap()
}

fn body(len: u64) -> Body {
    let len = usize::try_from(len).unwrap();
    BodyReceiver::whole(vec![7; len].into(), BodyEnd::default())
}

impl Place {
    async fn put_bytes(&self, object_key: ObjectKey, len: u64) {
        let request = PutObject {
            object_key,
            metadata: ObjectMetadata::default(),
            declared: DeclaredDigests::default(),
            conditions: WriteConditions::default(),
            tags: TagSet::default(),
            lock: LockState::default(),
            acl: None,
        };
        let bucket = self.bucket().await;
        let put = self
            .gateway
            .put_object(permit(Action::PutObject), &bucket, request, body(len));
        put.await.unwrap();
    }

    async fn copy(&self, source_key: ObjectKey, object_key: ObjectKey) {
        let bucket = self.bucket().await;
        let request = CopyObject {
            source_key,
            source_version: None,
            source_conditions: ReadConditions::default(),
            object_key,
            conditions: WriteConditions::default(),
            metadata: Some(ObjectMetadata::default()),
            tags: None,
            lock: LockState::default(),
            acl: None,
            encryption: None,
            names_a_change: true,
            checksum_algorithm: None,
        };
        let permits = (permit(Action::GetObject), permit(Action::PutObject));
        let copied = self.gateway.copy_object(permits, &bucket, &bucket, request);
        // A source that is not there is not copied.
        drop(copied.await);
    }

    async fn delete_newest(&self, object_key: &ObjectKey) {
        let bucket = self.bucket().await;
        let request = DeleteObject {
            object_key,
            version: None,
            conditions: DeleteConditions::default(),
            bypass: false,
        };
        let permit = permit(Action::DeleteObject);
        let deleted = self.gateway.delete_object(permit, &bucket, &request);
        deleted.await.unwrap();
    }

    async fn begin_upload(&self, object_key: &ObjectKey) -> UploadId {
        let request = CreateUpload {
            object_key: object_key.clone(),
            metadata: ObjectMetadata::default(),
            tags: TagSet::default(),
            lock: LockState::default(),
            acl: None,
            checksum: None,
        };
        let bucket = self.bucket().await;
        let permit = permit(Action::PutObject);
        let begun = self.gateway.create_upload(permit, &bucket, request);
        begun.await.unwrap()
    }

    async fn put_part(&self, object_key: &ObjectKey, upload: UploadId, len: u64) -> ETag {
        let request = UploadPart {
            object_key: object_key.clone(),
            upload,
            part_number: PartNumber::new(1).unwrap(),
            declared: DeclaredDigests::default(),
        };
        let bucket = self.bucket().await;
        let permit = permit(Action::PutObject);
        let stored = self
            .gateway
            .upload_part(permit, &bucket, request, body(len));
        ETag::single(stored.await.unwrap().part.entry.md5)
    }

    async fn end_upload_of(&self, object_key: &ObjectKey, (upload, etag): (UploadId, ETag)) {
        let bucket = self.bucket().await;
        let request = CompleteUpload {
            object_key: object_key.clone(),
            upload,
            parts: vec![CompletedPart {
                part_number: PartNumber::new(1).unwrap(),
                etag: Some(etag),
                checksums: Vec::new(),
            }],
            conditions: WriteConditions::default(),
            checksum: None,
            checksum_type: None,
            size: None,
        };
        let permit = permit(Action::PutObject);
        let completed = self.gateway.complete_upload(permit, &bucket, &request);
        completed.await.unwrap();
    }

    /// One step of any kind.
    async fn step(&self, dice: &mut Dice, uploads: &mut Vec<(ObjectKey, UploadId, ETag)>) {
        let object_key = key(dice.below(6));
        match dice.below(9) {
            0..=2 => self.put_bytes(object_key, dice.below(3000)).await,
            3 => self.copy(key(dice.below(6)), object_key).await,
            4 | 5 => self.delete_newest(&object_key).await,
            6 => {
                let upload = self.begin_upload(&object_key).await;
                self.put_part(&object_key, upload, dice.below(3000)).await;
                let etag = self.put_part(&object_key, upload, dice.below(3000)).await;
                uploads.push((object_key, upload, etag));
            }
            7 => {
                if let Some((object_key, upload, etag)) = uploads.pop() {
                    self.end_upload_of(&object_key, (upload, etag)).await;
                }
            }
            _ => {
                if let Some((object_key, upload, _)) = uploads.pop() {
                    let bucket = self.bucket().await;
                    let permit = permit(Action::AbortMultipartUpload);
                    let aborted = self
                        .gateway
                        .abort_upload(permit, &bucket, &object_key, upload);
                    aborted.await.unwrap();
                }
            }
        }
    }

    fn now_millis(&self) -> u64 {
        self.gateway.retention_now().millis()
    }

    /// What is there, by its rows, which have to agree with the counters.
    async fn held(&self) -> Usage {
        let counted = recount::of_bucket(&*self.gateway.engine, BUCKET).await;
        let counted = counted.unwrap();
        assert!(counted.agrees(), "{counted:?}");
        counted.rows
    }

    async fn month(&self, month: Month) -> Vec<BucketUsage> {
        let (engine, now) = (&*self.gateway.engine, self.gateway.retention_now());
        let told = usage_months::of_tenant(engine, TENANT, month, now);
        told.await.unwrap()
    }
}

fn assert_same(figures: &Figures, held: Usage, millis: impl Fn(QuotaKind) -> u128) {
    let told = [figures.bytes, figures.objects, figures.upload_bytes];
    for (own, kind) in told.into_iter().zip(KINDS) {
        assert_eq!(own.last, held.of(kind), "{kind:?}");
        assert_eq!(own.millis, millis(kind), "{kind:?}");
    }
}

async fn reconcile(versioning: Versioning, seed: u64) {
    let place = Place::new(versioning, EXPIRE).await;
    let (mut dice, mut uploads) = (Dice(seed), Vec::new());
    let began = place.now_millis();
    let month = Month::of(Timestamp::from_millis(began));
    let mut model = Model {
        since: began,
        ..Model::default()
    };
    for _ in 0..120 {
        let pause = match dice.below(4) {
            0 => 0,
            1 => dice.below(1000),
            2 => dice.below(HOUR_MILLIS),
            _ => dice.below(4 * HOUR_MILLIS),
        };
        place.clock.advance(Duration::from_millis(pause));
        model.pass_to(place.now_millis());
        place.step(&mut dice, &mut uploads).await;
        model.held = place.held().await;
    }
    assert!(model.held.bytes > 0 && model.sum(QuotaKind::UploadBytes) > 0);
    place.clock.advance(Duration::from_millis(777));
    model.pass_to(place.now_millis());
    let now = place.gateway.retention_now();
    assert!(now < month.end(), "all steps lie in one month");
    let told = place.month(month).await;
    assert_eq!(told.len(), 1);
    assert_same(&told[0].figures, model.held, |kind| model.sum(kind));
    let engine = &*place.gateway.engine;
    let hours = usage_hours::of_bucket(engine, (TENANT, BUCKET), month.hours(), now);
    for (hour, figures) in hours.await.unwrap() {
        let millis = |kind: QuotaKind| {
            let own = model.millis.get(&(hour, kind.name()));
            own.copied().unwrap_or_default()
        };
        let told = [figures.bytes, figures.objects, figures.upload_bytes];
        for (own, kind) in told.into_iter().zip(KINDS) {
            assert_eq!(own.millis, millis(kind), "{hour} {kind:?}");
        }
    }
    close_and_end(&place, model, month).await;
}

/// The month ends, and the bucket after it: the month stays as it was.
async fn close_and_end(place: &Place, mut model: Model, month: Month) {
    let rest = month.end().millis() - place.now_millis() + HOUR_MILLIS;
    place.clock.advance(Duration::from_millis(rest));
    model.pass_to(month.end().millis());
    let engine = &*place.gateway.engine;
    assert!(usage_months::close(engine, TENANT, month).await.unwrap());
    assert!(!usage_months::close(engine, TENANT, month).await.unwrap());
    let closed = place.month(month).await;
    assert_same(&closed[0].figures, model.held, |kind| model.sum(kind));
    let next = Month::of(place.gateway.retention_now());
    let told = place.month(next).await;
    let hour = u128::from(HOUR_MILLIS);
    assert_same(&told[0].figures, model.held, |kind| {
        u128::from(model.held.of(kind)) * hour
    });
    assert_eq!(place.month(month).await, closed);
}

#[tokio::test]
async fn byte_hours_are_the_integral_of_the_objects_that_are_there() {
    for seed in [1, 2, 3] {
        reconcile(Versioning::Unversioned, seed).await;
    }
}

#[tokio::test]
async fn byte_hours_count_all_versions_and_markers() {
    for seed in [4, 5] {
        reconcile(Versioning::Enabled, seed).await;
        reconcile(Versioning::Suspended, seed).await;
    }
}

#[tokio::test]
async fn deleted_bucket_is_told_with_what_it_held() {
    let place = Place::new(Versioning::Unversioned, EXPIRE).await;
    let month = Month::of(place.gateway.retention_now());
    place.put_bytes(key(1), 1000).await;
    let upload = place.begin_upload(&key(2)).await;
    place.put_part(&key(2), upload, 500).await;
    place.clock.advance(Duration::from_hours(5));
    place.delete_newest(&key(1)).await;
    place.clock.advance(Duration::from_mins(90));
    let bucket = place.bucket().await;
    let permit = permit(Action::DeleteBucket);
    let deleted = place.gateway.delete_bucket(permit, &bucket);
    deleted.await.unwrap();
    let get = Traffic::of(RequestKind::Get, 3, 4);
    place.gateway.count_traffic(TENANT, None, get);
    place.clock.advance(Duration::from_hours(30));
    let engine = &*place.gateway.engine;
    place.gateway.traffic.store(engine).await.unwrap();
    let told = place.month(month).await;
    let [account, ended] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!((account.bucket, &account.name), (ACCOUNT, &None));
    assert_eq!(account.figures.traffic, get);
    assert_eq!(ended.name.as_ref().unwrap().as_str(), "records");
    assert!(ended.ended.is_some());
    let hour = u128::from(HOUR_MILLIS);
    assert_eq!(
        ended.figures.bytes.millis,
        (1500 * 5 * 2 + 500 * 3) * hour / 2
    );
    assert_eq!(ended.figures.objects.millis, 5 * hour);
    assert_eq!(ended.figures.bytes.last, 0);
    // What the sweep takes away it does not need.
    let partition = crate::catalog::keyspace::bucket_partition(BUCKET);
    let mut sweep = crate::storage::MetaBatch::new(partition);
    sweep.delete_range(vec![0].into(), vec![0xff].into());
    engine.commit(sweep).await.unwrap();
    assert_eq!(place.month(month).await, told);
}
