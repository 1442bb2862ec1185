//! The official SDK on Object Lock: what it sends and how it reads the answers.

use super::FAR;
use crate::server::TestServer;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use aws_sdk_s3::types::{
    DefaultRetention, ObjectLockConfiguration, ObjectLockEnabled, ObjectLockLegalHold,
    ObjectLockLegalHoldStatus, ObjectLockMode, ObjectLockRetention, ObjectLockRetentionMode,
    ObjectLockRule,
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
