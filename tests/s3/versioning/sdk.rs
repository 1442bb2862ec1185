//! The official SDK on versions: what it sends and how it reads the answers.

use crate::server::TestServer;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::types::{
    BucketVersioningStatus, Delete, ObjectIdentifier, VersioningConfiguration,
};

pub(super) async fn set(client: &Client, status: BucketVersioningStatus) {
    let settings = VersioningConfiguration::builder().status(status).build();
    let put = client.put_bucket_versioning().bucket("vers");
    let put = put.versioning_configuration(settings).send();
    put.await.expect("a setting");
}

pub(super) async fn with_versions() -> (TestServer, Client) {
    let server = TestServer::start();
    let client = server.tenant("city");
    let create = client.create_bucket().bucket("vers").send();
    create.await.expect("a bucket");
    set(&client, BucketVersioningStatus::Enabled).await;
    (server, client)
}

pub(super) async fn put(client: &Client, object_key: &str, body: &str) -> String {
    let put = client.put_object().bucket("vers").key(object_key);
    let put = put.body(body.as_bytes().to_vec().into()).send();
    let stored = put.await.expect("a version");
    stored.version_id().expect("an id").to_owned()
}

#[tokio::test]
async fn point_55_official_client_sets_and_reads_versioning() {
    let (_server, client) = with_versions().await;
    for status in [
        BucketVersioningStatus::Suspended,
        BucketVersioningStatus::Enabled,
    ] {
        set(&client, status.clone()).await;
        let found = client.get_bucket_versioning().bucket("vers").send();
        let found = found.await.expect("a setting");
        assert_eq!(found.status(), Some(&status));
    }
}

#[tokio::test]
async fn point_58_official_client_pages_through_versions_and_empties_the_bucket() {
    let (_server, client) = with_versions().await;
    let mut expected = Vec::new();
    for object_key in ["a/1", "b+ /2", "\u{416}"] {
        let mut own: Vec<(String, String)> = Vec::new();
        for body in ["one", "two", "three"] {
            own.push((object_key.to_owned(), put(&client, object_key, body).await));
        }
        let delete = client.delete_object().bucket("vers").key(object_key).send();
        let deleted = delete.await.expect("a marker");
        assert_eq!(deleted.delete_marker(), Some(true));
        let id = deleted.version_id().expect("an id").to_owned();
        own.push((object_key.to_owned(), id));
        expected.extend(own.into_iter().rev());
    }
    let (mut found, mut latest) = (Vec::new(), 0);
    let (mut key_marker, mut version_marker) = (None, None);
    loop {
        let listing = client.list_object_versions().bucket("vers").max_keys(2);
        let listing = listing.set_key_marker(key_marker);
        let listing = listing.set_version_id_marker(version_marker);
        let page = listing.send().await.expect("a page");
        let mut own = Vec::new();
        for version in page.versions() {
            own.push((version.key(), version.version_id(), version.last_modified()));
            latest += usize::from(version.is_latest() == Some(true));
        }
        for marker in page.delete_markers() {
            own.push((marker.key(), marker.version_id(), marker.last_modified()));
            latest += usize::from(marker.is_latest() == Some(true));
        }
        assert!(own.len() <= 2 && own.iter().all(|(_, _, time)| time.is_some()));
        let text = |text: Option<&str>| text.expect("text").to_owned();
        found.extend(own.into_iter().map(|(name, id, _)| (text(name), text(id))));
        key_marker = page.next_key_marker().map(str::to_owned);
        version_marker = page.next_version_id_marker().map(str::to_owned);
        if page.is_truncated() != Some(true) {
            break;
        }
    }
    // The SDK gives versions and markers apart.
    found.sort();
    let mut sorted = expected.clone();
    sorted.sort();
    assert_eq!(found, sorted);
    assert_eq!(latest, 3);
    let entry = |(object_key, id): &(String, String)| {
        let entry = ObjectIdentifier::builder().key(object_key).version_id(id);
        entry.build().expect("an entry")
    };
    let list = Delete::builder().set_objects(Some(expected.iter().map(entry).collect()));
    let list = list.build().expect("a list");
    let delete = client.delete_objects().bucket("vers").delete(list).send();
    let deleted = delete.await.expect("an answer");
    assert_eq!((deleted.deleted().len(), deleted.errors().len()), (12, 0));
    client
        .delete_bucket()
        .bucket("vers")
        .send()
        .await
        .expect("empty");
}

#[tokio::test]
async fn point_60_official_client_reads_versions_and_markers() {
    let (_server, client) = with_versions().await;
    let one = put(&client, "a", "one").await;
    put(&client, "a", "two").await;
    let delete = client.delete_object().bucket("vers").key("a").send();
    let marker = delete.await.expect("a marker");
    let marker = marker.version_id().expect("an id");
    let get = |version: &str| {
        let get = client.get_object().bucket("vers").key("a");
        get.version_id(version).send()
    };
    let got = get(&one).await.expect("a version");
    assert_eq!(got.version_id(), Some(&*one));
    let body = got.body.collect().await.expect("its body").to_vec();
    assert_eq!(body, b"one");
    let refused = get(marker).await.expect_err("a marker");
    assert_eq!(refused.code(), Some("MethodNotAllowed"));
    let hidden = client.get_object().bucket("vers").key("a").send();
    let hidden = hidden.await.expect_err("a hidden object");
    assert_eq!(hidden.code(), Some("NoSuchKey"));
    let source = format!("vers/a?versionId={one}");
    let copy = client
        .copy_object()
        .bucket("vers")
        .key("a")
        .copy_source(source);
    let copied = copy.send().await.expect("a copy");
    assert_eq!(copied.copy_source_version_id(), Some(&*one));
    let head = client.head_object().bucket("vers").key("a").send();
    let head = head.await.expect("the object again");
    assert_eq!(head.version_id(), copied.version_id());
}
