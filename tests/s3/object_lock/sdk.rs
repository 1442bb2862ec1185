//! The official SDK on Object Lock: what it sends and how it reads the answers.

use super::FAR;
use crate::server::TestServer;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use aws_sdk_s3::types::{
    BucketVersioningStatus, DefaultRetention, Delete, ObjectIdentifier, ObjectLockConfiguration,
    ObjectLockEnabled, ObjectLockLegalHold, ObjectLockLegalHoldStatus, ObjectLockMode,
    ObjectLockRetention, ObjectLockRetentionMode, ObjectLockRule, VersioningConfiguration,
};

fn far() -> DateTime {
    DateTime::from_str(FAR, DateTimeFormat::DateTime).expect("a date")
}

async fn with_lock() -> (TestServer, Client) {
    let server = TestServer::start();
    let client = server.tenant("city");
    let create = client.create_bucket().bucket("worm");
    let create = create.object_lock_enabled_for_bucket(true).send();
    create.await.expect("a bucket");
    (server, client)
}

#[tokio::test]
async fn point_87_official_client_sets_and_reads_a_default() {
    let (_server, client) = with_lock().await;
    let default = DefaultRetention::builder().days(30);
    let default = default.mode(ObjectLockRetentionMode::Governance).build();
    let rule = ObjectLockRule::builder().default_retention(default).build();
    let configuration = ObjectLockConfiguration::builder().rule(rule);
    let configuration = configuration.object_lock_enabled(ObjectLockEnabled::Enabled);
    let configuration = configuration.build();
    let put = client.put_object_lock_configuration().bucket("worm");
    let put = put.object_lock_configuration(configuration.clone()).send();
    put.await.expect("a configuration");
    let get = client.get_object_lock_configuration().bucket("worm").send();
    let found = get.await.expect("a configuration");
    assert_eq!(found.object_lock_configuration(), Some(&configuration));
}

#[tokio::test]
async fn point_90_official_client_locks_bypasses_and_is_refused() {
    let (_server, client) = with_lock().await;
    let put = |object_key: &str, mode: ObjectLockMode| {
        let put = client.put_object().bucket("worm").key(object_key);
        let put = put.object_lock_mode(mode);
        let put = put.object_lock_retain_until_date(far());
        put.body(b"locked".to_vec().into()).send()
    };
    let compliance = put("c", ObjectLockMode::Compliance).await;
    let governance = put("g", ObjectLockMode::Governance).await;
    let id = |stored: Option<&str>| stored.expect("an id").to_owned();
    let compliance = id(compliance.expect("a version").version_id());
    let governance = id(governance.expect("a version").version_id());
    let delete = |object_key: &str, version: &str, bypass: bool| {
        let delete = client.delete_object().bucket("worm").key(object_key);
        let delete = delete.version_id(version);
        delete.bypass_governance_retention(bypass).send()
    };
    for (object_key, version, bypass) in [
        ("c", &compliance, false),
        ("c", &compliance, true),
        ("g", &governance, false),
    ] {
        let refused = delete(object_key, version, bypass).await;
        let refused = refused.expect_err("a locked version");
        assert_eq!(refused.code(), Some("AccessDenied"));
    }
    delete("g", &governance, true).await.expect("bypassed");
    let head = client.head_object().bucket("worm").key("c").send();
    let head = head.await.expect("the object");
    assert_eq!(head.object_lock_mode(), Some(&ObjectLockMode::Compliance));
    assert_eq!(head.object_lock_retain_until_date(), Some(&far()));
    let get = client.get_object().bucket("worm").key("c").send();
    let body = get.await.expect("the object").body.collect().await;
    assert_eq!(body.expect("its body").to_vec(), b"locked");
}

#[tokio::test]
async fn point_89_official_client_changes_retention_and_hold() {
    let (_server, client) = with_lock().await;
    let put = client.put_object().bucket("worm").key("a");
    put.send().await.expect("a version");
    let get = client.get_object_retention().bucket("worm").key("a").send();
    let none = get.await.expect_err("no retention");
    assert_eq!(none.code(), Some("NoSuchObjectLockConfiguration"));
    let retain = |mode: ObjectLockRetentionMode, until: DateTime| {
        let retention = ObjectLockRetention::builder().mode(mode);
        let retention = retention.retain_until_date(until).build();
        let put = client.put_object_retention().bucket("worm").key("a");
        put.retention(retention).send()
    };
    let governance = ObjectLockRetentionMode::Governance;
    retain(governance.clone(), far())
        .await
        .expect("a retention");
    let get = client.get_object_retention().bucket("worm").key("a").send();
    let found = get.await.expect("a retention");
    let found = found.retention().expect("a retention");
    assert_eq!(found.mode(), Some(&governance));
    assert_eq!(found.retain_until_date(), Some(&far()));
    let sooner = DateTime::from_secs(far().secs() - 1);
    let refused = retain(governance, sooner).await.expect_err("shorter");
    assert_eq!(refused.code(), Some("AccessDenied"));
    for status in [
        ObjectLockLegalHoldStatus::On,
        ObjectLockLegalHoldStatus::Off,
    ] {
        let hold = ObjectLockLegalHold::builder()
            .status(status.clone())
            .build();
        let put = client.put_object_legal_hold().bucket("worm").key("a");
        put.legal_hold(hold).send().await.expect("a hold");
        let get = client
            .get_object_legal_hold()
            .bucket("worm")
            .key("a")
            .send();
        let found = get.await.expect("a hold");
        let found = found.legal_hold().expect("a hold");
        assert_eq!(found.status(), Some(&status));
        let head = client.head_object().bucket("worm").key("a").send();
        let head = head.await.expect("the object");
        let is_on = head.object_lock_legal_hold_status() == Some(&ObjectLockLegalHoldStatus::On);
        assert_eq!(is_on, status == ObjectLockLegalHoldStatus::On);
    }
}

async fn set_versioning(client: &Client, status: BucketVersioningStatus) -> Result<(), String> {
    let settings = VersioningConfiguration::builder().status(status).build();
    let put = client.put_bucket_versioning().bucket("worm");
    let done = put.versioning_configuration(settings).send().await;
    done.map(drop)
        .map_err(|error| error.code().expect("a code").to_owned())
}

async fn enable(client: &Client) -> Result<(), String> {
    let configuration = ObjectLockConfiguration::builder();
    let configuration = configuration.object_lock_enabled(ObjectLockEnabled::Enabled);
    let put = client.put_object_lock_configuration().bucket("worm");
    let put = put.object_lock_configuration(configuration.build()).send();
    let done = put.await.map(drop);
    done.map_err(|error| error.code().expect("a code").to_owned())
}

#[tokio::test]
async fn point_86_official_client_enables_lock_on_versions_only() {
    let server = TestServer::start();
    let client = server.tenant("city");
    let create = client.create_bucket().bucket("worm").send();
    create.await.expect("a bucket");
    let none = client.get_object_lock_configuration().bucket("worm").send();
    let none = none.await.expect_err("no lock");
    assert_eq!(none.code(), Some("ObjectLockConfigurationNotFoundError"));
    let refused = || Err("InvalidBucketState".to_owned());
    assert_eq!(enable(&client).await, refused());
    let (enabled, suspended) = (
        BucketVersioningStatus::Enabled,
        BucketVersioningStatus::Suspended,
    );
    assert_eq!(set_versioning(&client, suspended.clone()).await, Ok(()));
    assert_eq!(enable(&client).await, refused());
    assert_eq!(set_versioning(&client, enabled.clone()).await, Ok(()));
    assert_eq!(enable(&client).await, Ok(()));
    // From here on the versions stay.
    assert_eq!(set_versioning(&client, suspended).await, refused());
    let get = client.get_bucket_versioning().bucket("worm").send();
    let found = get.await.expect("a setting");
    assert_eq!(found.status(), Some(&enabled));
}

#[tokio::test]
async fn point_88_official_client_is_refused_locks_in_a_bucket_without() {
    let server = TestServer::start();
    let client = server.tenant("city");
    let create = client.create_bucket().bucket("worm").send();
    create.await.expect("a bucket");
    let put = client.put_object().bucket("worm").key("a").send();
    put.await.expect("an object");
    let mut codes = Vec::new();
    let get = client.get_object_retention().bucket("worm").key("a").send();
    codes.push(get.await.expect_err("no lock").code().map(str::to_owned));
    let get = client.get_object_legal_hold().bucket("worm").key("a");
    let refused = get.send().await.expect_err("no lock");
    codes.push(refused.code().map(str::to_owned));
    let retention = ObjectLockRetention::builder().mode(ObjectLockRetentionMode::Compliance);
    let retention = retention.retain_until_date(far()).build();
    let put = client.put_object_retention().bucket("worm").key("a");
    let refused = put.retention(retention).send().await;
    codes.push(refused.expect_err("no lock").code().map(str::to_owned));
    let hold = ObjectLockLegalHold::builder().status(ObjectLockLegalHoldStatus::On);
    let put = client.put_object_legal_hold().bucket("worm").key("a");
    let refused = put.legal_hold(hold.build()).send().await;
    codes.push(refused.expect_err("no lock").code().map(str::to_owned));
    let put = client.put_object().bucket("worm").key("b");
    let put = put.object_lock_mode(ObjectLockMode::Compliance);
    let refused = put.object_lock_retain_until_date(far()).send().await;
    codes.push(refused.expect_err("no lock").code().map(str::to_owned));
    assert_eq!(codes, vec![Some("InvalidRequest".to_owned()); 5]);
}

#[tokio::test]
async fn point_90_official_client_deletes_many_and_the_locked_one_errs_alone() {
    let (_server, client) = with_lock().await;
    let put = client.put_object().bucket("worm").key("locked");
    let put = put.object_lock_mode(ObjectLockMode::Governance);
    let put = put.object_lock_retain_until_date(far()).send();
    let locked = put.await.expect("a version");
    let put = client.put_object().bucket("worm").key("free").send();
    let free = put.await.expect("a version");
    let entry = |object_key: &str, version: Option<&str>| {
        let entry = ObjectIdentifier::builder().key(object_key);
        let entry = entry.version_id(version.expect("an id"));
        entry.build().expect("an entry")
    };
    let locked = entry("locked", locked.version_id());
    let entries = vec![locked.clone(), entry("free", free.version_id())];
    let send = |entries: Vec<ObjectIdentifier>, bypass: bool| {
        let list = Delete::builder().set_objects(Some(entries)).build();
        let delete = client.delete_objects().bucket("worm");
        let delete = delete.delete(list.expect("a list"));
        delete.bypass_governance_retention(bypass).send()
    };
    let answer = send(entries, false).await.expect("an answer");
    let deleted: Vec<_> = answer.deleted().iter().map(|own| own.key()).collect();
    assert_eq!(deleted, [Some("free")]);
    let [error] = answer.errors() else {
        panic!("not one error: {answer:?}");
    };
    assert_eq!(
        (error.key(), error.code()),
        (Some("locked"), Some("AccessDenied"))
    );
    assert_eq!(error.version_id(), locked.version_id());
    let answer = send(vec![locked], true).await.expect("an answer");
    assert_eq!((answer.deleted().len(), answer.errors().len()), (1, 0));
}
