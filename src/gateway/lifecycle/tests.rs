//! The steps of the lifecycle job while others change what was judged: whatever comes between
//! judging and acting, nothing is destroyed that is not due any more.

use super::scene::{Bystander, DAY, EXPIRE, NONCURRENT, Place};
use super::{LifecycleOutcome, OpenUpload};
use crate::base::kind::ErrorKind;
use crate::catalog::uploads::{self, UploadRecord};
use crate::crypto::DataKey;
use crate::gateway::identity;
use crate::model::id::UploadId;
use crate::model::lifecycle::due::{DayLength, Moment};
use crate::model::lock::LockState;
use crate::model::metadata::ObjectMetadata;
use crate::model::tags::TagSet;
use crate::model::versioning::Versioning;

/// An object with two versions of which the older has been noncurrent for ten days.
async fn overwritten() -> Place {
    let place = Place::new(Versioning::Enabled, NONCURRENT).await;
    place.put(false).await;
    place.put(false).await;
    place.clock.advance(10 * DAY);
    place
}

#[tokio::test]
async fn noncurrent_version_is_removed_when_nothing_comes_between() {
    let place = overwritten().await;
    let outcomes = place.apply(async || {}).await;
    assert_eq!(outcomes, [LifecycleOutcome::RemovedVersion]);
    assert_eq!(place.versions().await, (1, true));
}

#[tokio::test]
async fn version_that_is_the_newest_again_is_not_destroyed() {
    let place = overwritten().await;
    let outcomes = place.apply(async || place.destroy_newest().await).await;
    assert_eq!(outcomes, [LifecycleOutcome::Changed]);
    assert_eq!(place.versions().await, (1, true));
}

#[tokio::test]
async fn version_is_judged_again_when_another_comes_on_top() {
    let place = overwritten().await;
    let outcomes = place.apply(async || place.put(false).await).await;
    assert_eq!(outcomes, [LifecycleOutcome::Changed]);
    assert_eq!(place.versions().await, (3, true));
    let outcomes = place.apply(async || {}).await;
    assert_eq!(outcomes, [LifecycleOutcome::RemovedVersion]);
    assert_eq!(place.versions().await, (2, true));
}

#[tokio::test]
async fn version_that_was_just_overwritten_is_not_due() {
    let place = Place::new(Versioning::Enabled, NONCURRENT).await;
    place.put(false).await;
    place.clock.advance(400 * DAY);
    let bucket = place.bucket().await;
    let keys = place.gateway.lifecycle_keys(&bucket, None, 10).await;
    assert_eq!(keys.unwrap(), std::slice::from_ref(&place.object_key));
    place.put(false).await;
    assert_eq!(place.apply(async || {}).await, []);
    assert_eq!(place.versions().await, (2, true));
}

#[tokio::test]
async fn rules_that_were_taken_away_or_replaced_do_nothing() {
    for is_replaced in [false, true] {
        for (versioning, actions, marker) in [
            (Versioning::Enabled, EXPIRE, false),
            (Versioning::Suspended, EXPIRE, false),
            (Versioning::Unversioned, EXPIRE, false),
            (Versioning::Enabled, EXPIRE, true),
            (Versioning::Enabled, NONCURRENT, false),
        ] {
            let place = Place::new(versioning, actions).await;
            place.put(marker).await;
            if actions == NONCURRENT {
                place.put(false).await;
            }
            place.clock.advance(10 * DAY);
            let before = place.versions().await;
            let outcomes = if is_replaced {
                let replace = async || place.set_rules("two", actions).await;
                place.apply(replace).await
            } else {
                place.apply(async || place.delete_rules().await).await
            };
            assert_eq!(
                outcomes,
                [LifecycleOutcome::Changed],
                "{versioning:?} {actions}"
            );
            assert_eq!(place.versions().await, before, "{versioning:?} {actions}");
        }
    }
}

#[tokio::test]
async fn object_that_was_written_again_does_not_expire() {
    for versioning in [
        Versioning::Enabled,
        Versioning::Suspended,
        Versioning::Unversioned,
    ] {
        let place = Place::new(versioning, EXPIRE).await;
        place.put(false).await;
        place.clock.advance(10 * DAY);
        let outcomes = place.apply(async || place.put(false).await).await;
        assert_eq!(outcomes, [LifecycleOutcome::Changed]);
        assert!(place.versions().await.1, "{versioning:?}");
        place.clock.advance(10 * DAY);
        let outcomes = place.apply(async || {}).await;
        assert_eq!(outcomes, [LifecycleOutcome::Expired]);
        assert!(!place.versions().await.1, "{versioning:?}");
    }
}

#[tokio::test]
async fn lone_marker_goes_only_while_it_is_lone_and_on_top() {
    let place = Place::new(Versioning::Enabled, EXPIRE).await;
    place.put(true).await;
    place.clock.advance(10 * DAY);
    let outcomes = place.apply(async || place.put(false).await).await;
    assert_eq!(outcomes, [LifecycleOutcome::Changed]);
    assert_eq!(place.versions().await, (2, true));
    place.destroy_newest().await;
    let outcomes = place.apply(async || {}).await;
    assert_eq!(outcomes, [LifecycleOutcome::RemovedMarker]);
    assert_eq!(place.versions().await, (0, false));
}

#[tokio::test]
async fn upload_is_not_aborted_by_rules_that_were_taken_away() {
    let place = Place::new(Versioning::Unversioned, EXPIRE).await;
    let bucket = place.bucket().await;
    let rules = place.gateway.rules_in_force(&bucket).await;
    let rules = rules.unwrap().unwrap();
    let upload = UploadId::from_bytes([9; 16]);
    let identity = identity(&bucket, &place.object_key);
    let engine = &*place.gateway.engine;
    let record = UploadRecord {
        upload,
        initiated: place.gateway.now(),
        data_key: DataKey::generate(&*place.gateway.entropy).unwrap(),
        metadata: ObjectMetadata::default(),
        tags: TagSet::default(),
        lock: LockState::default(),
        owner: None,
        checksum: None,
    };
    let bucket_key = place.gateway.sealing_key(&bucket).await.unwrap();
    let row = record.seal(&identity, &bucket_key, &*place.gateway.entropy);
    let created = uploads::create(engine, &identity, upload, row.unwrap()).await;
    created.unwrap();
    let due = OpenUpload {
        object_key: place.object_key.clone(),
        upload,
        initiated: Some(place.gateway.now()),
    };
    place.delete_rules().await;
    let gateway = &place.gateway;
    let outcome = gateway
        .abort_due_upload((&bucket, &rules), &due, &Bystander)
        .await;
    assert_eq!(outcome.unwrap(), LifecycleOutcome::Changed);
    let open = gateway.lifecycle_uploads(&bucket, None, 10).await;
    assert_eq!(open.unwrap(), std::slice::from_ref(&due));
    place.set_rules("one", EXPIRE).await;
    let outcome = gateway
        .abort_due_upload((&bucket, &rules), &due, &Bystander)
        .await;
    assert_eq!(outcome.unwrap(), LifecycleOutcome::AbortedUpload);
    let open = gateway.lifecycle_uploads(&bucket, None, 10).await;
    assert_eq!(open.unwrap(), []);
}

/// What says whether the bucket locks is read again by every commit that destroys: row 59.
#[tokio::test]
async fn bucket_whose_row_cannot_be_read_loses_nothing() {
    let place = overwritten().await;
    let bucket = place.bucket().await;
    let rules = place.gateway.rules_in_force(&bucket).await;
    let rules = rules.unwrap().unwrap();
    place.damage_bucket().await;
    let destroyed = place.destroy(&bucket).await;
    assert_eq!(destroyed.unwrap_err().kind(), ErrorKind::Corrupt);
    let moment = Moment {
        now: place.gateway.retention_now(),
        day: DayLength::REAL,
    };
    let object = (&bucket, &place.object_key);
    let gateway = &place.gateway;
    let mut bystander = Bystander;
    let applied = gateway.apply_lifecycle(object, (&rules, moment), &mut bystander);
    assert_eq!(applied.await.unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(place.versions().await, (2, true));
}
