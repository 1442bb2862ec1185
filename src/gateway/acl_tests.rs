//! What a write makes of its list when the bucket or the object has changed since it began: the
//! bucket's record that it holds, or the version that was decided about, is an old one.

use crate::base::channel::BodyReceiver;
use crate::catalog::buckets::{self, BucketRecord};
use crate::gateway::acl::AclRefusal;
use crate::gateway::digests::{BodyEnd, DeclaredDigests};
use crate::gateway::error::GatewayError;
use crate::gateway::lifecycle::scene::{BUCKET, EXPIRE, Place, TENANT};
use crate::gateway::object::copy::{CopiedObject, CopyObject};
use crate::gateway::object::put::{PutObject, StoredObject};
use crate::iam::policy::evaluate::NoContext;
use crate::iam::{
    AccessLists, Action, AskedObject, BucketResource, Permit, Principal, Request, Resource,
    authorize,
};
use crate::model::acl::{AccessList, AskedAcl, CannedAcl};
use crate::model::conditions::{ReadConditions, WriteConditions};
use crate::model::id::{TenantId, VersionId};
use crate::model::lock::LockState;
use crate::model::metadata::ObjectMetadata;
use crate::model::object_key::ObjectKey;
use crate::model::ownership::ObjectOwnership;
use crate::model::public_access::PublicAccessBlock;
use crate::model::tags::TagSet;
use crate::model::tenant::TenantStatus;
use crate::model::versioning::Versioning;

const WRITER: TenantId = TenantId::from_bytes([9; 16]);

fn key(name: &str) -> ObjectKey {
    ObjectKey::parse(name).unwrap()
}

/// A permit of the bucket's owner, for the version that it has seen.
fn permit(action: Action, seen: Option<VersionId>) -> Permit {
    let object = seen.map_or(AskedObject::New, |version| AskedObject::Stored {
        version,
        list: None,
    });
    let lists = AccessLists {
        object,
        ..AccessLists::default()
    };
    let request = Request {
        principal: &Principal::root(TENANT, "ab", TenantStatus::Active),
        action,
        resource: Resource::Bucket(BucketResource {
            bucket: BUCKET,
            owner: TENANT,
            owner_status: TenantStatus::Active,
            name: "records",
            object_key: Some("a"),
            policy: None,
            binds_root: false,
            restricts_public: false,
            lists: Some(lists),
            begun_by: None,
        }),
        context: &NoContext,
    };
    authorize(&request).unwrap()
}

/// Everybody may read what `WRITER` owns.
fn public() -> AccessList {
    AccessList::canned(CannedAcl::PublicRead, WRITER, TENANT)
}

/// A bucket in which lists count.
async fn scene() -> Place {
    let place = Place::new(Versioning::Unversioned, EXPIRE).await;
    change(&place, |bucket| {
        bucket.ownership = ObjectOwnership::ObjectWriter;
    })
    .await;
    place
}

async fn change(place: &Place, change: impl Fn(&mut BucketRecord)) {
    let apply = |bucket: &mut BucketRecord| {
        change(bucket);
        true
    };
    let changed = buckets::change(&*place.gateway.engine, BUCKET, apply).await;
    assert!(changed.unwrap());
}

fn block(bucket: &mut BucketRecord) {
    bucket.access.public_access_block = Some(PublicAccessBlock::ALL);
}

fn enforce(bucket: &mut BucketRecord) {
    bucket.ownership = ObjectOwnership::BucketOwnerEnforced;
}

/// Puts an object as a request does that found the bucket so.
async fn put(
    place: &Place,
    found: &BucketRecord,
    (name, acl): (&str, Option<AccessList>),
) -> Result<StoredObject, GatewayError> {
    let request = PutObject {
        object_key: key(name),
        metadata: ObjectMetadata::default(),
        declared: DeclaredDigests::default(),
        conditions: WriteConditions::default(),
        tags: TagSet::default(),
        lock: LockState::default(),
        acl: acl.map(Box::new),
    };
    let body = BodyReceiver::whole(vec![7; 10].into(), BodyEnd::default());
    let permit = permit(Action::PutObject, None);
    place.gateway.put_object(permit, found, request, body).await
}

/// Copies `a` as a request does that found the bucket so, and has seen that version of it.
async fn copy(
    place: &Place,
    found: &BucketRecord,
    (to, acl): (&str, Option<AccessList>),
    seen: VersionId,
) -> Result<CopiedObject, GatewayError> {
    let request = CopyObject {
        source_key: key("a"),
        source_version: None,
        source_conditions: ReadConditions::default(),
        object_key: key(to),
        conditions: WriteConditions::default(),
        metadata: Some(ObjectMetadata::default()),
        tags: None,
        lock: LockState::default(),
        acl: acl.map(Box::new),
        encryption: None,
        names_a_change: true,
        checksum_algorithm: None,
    };
    let permits = (
        permit(Action::GetObject, Some(seen)),
        permit(Action::PutObject, None),
    );
    let gateway = &place.gateway;
    gateway.copy_object(permits, found, found, request).await
}

/// The version of an object and the owner of its list, if it has one.
async fn look(place: &Place, name: &str) -> Option<(VersionId, Option<TenantId>)> {
    let (bucket, object_key) = (place.bucket().await, key(name));
    let found = place
        .gateway
        .object_for_decision(&bucket, &object_key, None);
    let found = found.await.unwrap()?;
    Some((found.version, found.acl.map(|list| list.owner())))
}

async fn version(place: &Place, name: &str) -> VersionId {
    look(place, name).await.unwrap().0
}

#[track_caller]
fn is_blocked<T>(result: Result<T, GatewayError>) {
    let refusal = result.err();
    assert!(
        matches!(refusal, Some(GatewayError::Acl(AclRefusal::PublicBlocked))),
        "{refusal:?}"
    );
}

#[tokio::test]
async fn point_78_list_that_is_blocked_since_is_not_stored() {
    let place = scene().await;
    let found = place.bucket().await;
    put(&place, &found, ("a", None)).await.unwrap();
    let seen = version(&place, "a").await;
    change(&place, block).await;
    is_blocked(put(&place, &found, ("new", Some(public()))).await);
    // Elsewhere the bytes are written, onto itself the record is sealed anew.
    for to in ["new", "a"] {
        is_blocked(copy(&place, &found, (to, Some(public())), seen).await);
    }
    assert_eq!(look(&place, "new").await, None);
    assert_eq!(look(&place, "a").await, Some((seen, None)));
}

#[tokio::test]
async fn point_71_list_is_none_where_lists_do_not_count_since() {
    let place = scene().await;
    let found = place.bucket().await;
    put(&place, &found, ("a", Some(public()))).await.unwrap();
    let (seen, owner) = look(&place, "a").await.unwrap();
    assert_eq!(owner, Some(WRITER));
    change(&place, enforce).await;
    put(&place, &found, ("put", Some(public()))).await.unwrap();
    for to in ["copy", "a"] {
        let copied = copy(&place, &found, (to, Some(public())), seen).await;
        copied.unwrap();
    }
    for name in ["put", "copy", "a"] {
        assert_eq!(look(&place, name).await.unwrap().1, None, "{name}");
    }
}

/// A decision is good for the version that it was made about.
#[tokio::test]
async fn version_that_took_the_place_of_the_one_seen_is_left_alone() {
    let place = scene().await;
    let found = place.bucket().await;
    put(&place, &found, ("a", None)).await.unwrap();
    let seen = version(&place, "a").await;
    put(&place, &found, ("a", None)).await.unwrap();
    let now = version(&place, "a").await;
    assert_ne!(seen, now);
    let (gateway, object_key) = (&place.gateway, key("a"));
    let named = (&found, &object_key);
    let tags = TagSet::from_stored(vec![("a".to_owned(), "b".to_owned())]);
    let tag = async |seen| {
        let action = Action::PutObjectTagging;
        let permit = permit(action, Some(seen));
        let set = gateway.set_object_tags(permit, action, named, None, &tags);
        set.await.map(drop)
    };
    let list = AskedAcl::Canned(CannedAcl::PublicRead);
    let share = async |seen| {
        let action = Action::PutObjectAcl;
        let permit = permit(action, Some(seen));
        let set = gateway.set_object_acl(permit, action, named, None, &list);
        set.await.map(drop)
    };
    let copied = async |to, seen| copy(&place, &found, (to, None), seen).await.map(drop);
    for overtaken in [
        tag(seen).await,
        share(seen).await,
        copied("new", seen).await,
        copied("a", seen).await,
    ] {
        assert!(
            matches!(overtaken, Err(GatewayError::Overtaken)),
            "{overtaken:?}"
        );
    }
    assert_eq!(look(&place, "new").await, None);
    assert_eq!(look(&place, "a").await, Some((now, None)));
    tag(now).await.unwrap();
    share(now).await.unwrap();
    copied("new", now).await.unwrap();
    assert_eq!(look(&place, "a").await, Some((now, Some(TENANT))));
}
