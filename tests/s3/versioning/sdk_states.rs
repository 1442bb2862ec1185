//! The official SDK on what the states of versioning mean: null versions, markers by
//! `DeleteObjects`, completed uploads, tags of versions.

use super::sdk::{put, set, with_versions};
use crate::server::TestServer;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::types::{
    BucketVersioningStatus, CompletedMultipartUpload, CompletedPart, Delete, MfaDelete,
    ObjectIdentifier, Tag, Tagging, VersioningConfiguration,
};

/// As [`put`], without an id when the bucket is not Enabled.
async fn put_null(client: &Client, object_key: &str, body: &str) {
    let put = client.put_object().bucket("vers").key(object_key);
    let put = put.body(body.as_bytes().to_vec().into()).send();
    let stored = put.await.expect("an object");
    assert!(matches!(stored.version_id(), None | Some("null")));
}

/// Ids from new to old of an object's versions and markers: (id, whether a marker).
async fn ids(client: &Client, object_key: &str) -> Vec<(String, bool)> {
    let list = client.list_object_versions().bucket("vers");
    let page = list.prefix(object_key).send().await.expect("versions");
    let versions = page.versions().iter();
    let versions = versions.filter(|own| own.key() == Some(object_key));
    let versions = versions.map(|own| (own.version_id(), own.is_latest(), false));
    let markers = page.delete_markers().iter();
    let markers = markers.filter(|own| own.key() == Some(object_key));
    let markers = markers.map(|own| (own.version_id(), own.is_latest(), true));
    let mut rows: Vec<_> = versions.chain(markers).collect();
    // The SDK gives both apart; only which one is the latest says more.
    rows.sort_by_key(|(_, is_latest, _)| *is_latest != Some(true));
    let own = |(id, _, is_marker): (Option<&str>, _, bool)| (id.map(str::to_owned), is_marker);
    let rows = rows.into_iter().map(own);
    rows.map(|(id, is_marker)| (id.expect("an id"), is_marker))
        .collect()
}

async fn delete(client: &Client, object_key: &str, version: Option<&str>) -> Option<String> {
    let delete = client.delete_object().bucket("vers").key(object_key);
    let delete = delete.set_version_id(version.map(str::to_owned));
    let deleted = delete.send().await.expect("a deletion");
    deleted.version_id().map(str::to_owned)
}

async fn read(client: &Client, object_key: &str, version: Option<&str>) -> Vec<u8> {
    let get = client.get_object().bucket("vers").key(object_key);
    let get = get.set_version_id(version.map(str::to_owned));
    let body = get.send().await.expect("a version").body.collect();
    body.await.expect("its body").to_vec()
}

#[tokio::test]
async fn point_56_official_client_replaces_the_null_version_while_suspended() {
    let (_server, client) = with_versions().await;
    let version = put(&client, "a", "version").await;
    set(&client, BucketVersioningStatus::Suspended).await;
    put_null(&client, "a", "null 1").await;
    put_null(&client, "a", "null 2").await;
    let null = || ("null".to_owned(), false);
    let kept = || (version.clone(), false);
    assert_eq!(ids(&client, "a").await, [null(), kept()]);
    assert_eq!(read(&client, "a", None).await, b"null 2");
    // A deletion replaces it by a marker that is null itself.
    assert_eq!(delete(&client, "a", None).await.as_deref(), Some("null"));
    let marker = ("null".to_owned(), true);
    assert_eq!(ids(&client, "a").await, [marker, kept()]);
    assert_eq!(read(&client, "a", Some(&version)).await, b"version");
}

#[tokio::test]
async fn point_57_official_client_deletes_the_null_version_for_good() {
    let server = TestServer::start();
    let client = server.tenant("city");
    let create = client.create_bucket().bucket("vers").send();
    create.await.expect("a bucket");
    put_null(&client, "a", "before").await;
    set(&client, BucketVersioningStatus::Enabled).await;
    let version = put(&client, "a", "version").await;
    assert_eq!(read(&client, "a", Some("null")).await, b"before");
    let gone = delete(&client, "a", Some("null")).await;
    assert_eq!(gone.as_deref(), Some("null"));
    assert_eq!(ids(&client, "a").await, [(version, false)]);
    let get = client.get_object().bucket("vers").key("a");
    let refused = get.version_id("null").send().await.expect_err("gone");
    assert_eq!(refused.code(), Some("NoSuchVersion"));
}

#[tokio::test]
async fn point_59_official_client_makes_markers_and_deletes_versions_many_at_once() {
    let (_server, client) = with_versions().await;
    let version = put(&client, "a", "one").await;
    let send = |entries: Vec<(&str, Option<String>)>| {
        let entry = |(object_key, version): (&str, Option<String>)| {
            let entry = ObjectIdentifier::builder().key(object_key);
            entry.set_version_id(version).build().expect("an entry")
        };
        let entries = entries.into_iter().map(entry).collect();
        let list = Delete::builder().set_objects(Some(entries)).build();
        let delete = client.delete_objects().bucket("vers");
        delete.delete(list.expect("a list")).send()
    };
    // Also where nothing was.
    let deleted = send(vec![("a", None), ("absent", None)]).await;
    let deleted = deleted.expect("an answer");
    assert!(deleted.errors().is_empty(), "{deleted:?}");
    let mut markers = Vec::new();
    for (entry, object_key) in deleted.deleted().iter().zip(["a", "absent"]) {
        assert_eq!(entry.key(), Some(object_key));
        assert_eq!(entry.delete_marker(), Some(true));
        assert_eq!(entry.version_id(), None);
        let marker = entry.delete_marker_version_id().expect("an id").to_owned();
        assert_eq!(ids(&client, object_key).await[0], (marker.clone(), true));
        markers.push(marker);
    }
    for _ in 0..2 {
        let entries = vec![
            ("a", Some(version.clone())),
            ("a", Some(markers[0].clone())),
        ];
        let deleted = send(entries).await.expect("an answer");
        assert!(deleted.errors().is_empty(), "{deleted:?}");
        let named: Vec<_> = deleted
            .deleted()
            .iter()
            .map(|own| own.version_id())
            .collect();
        assert_eq!(named, [Some(&*version), Some(&*markers[0])]);
    }
    assert_eq!(ids(&client, "a").await, []);
}

#[tokio::test]
async fn point_61_official_client_reads_the_version_of_a_completed_upload() {
    let (_server, client) = with_versions().await;
    for status in [
        BucketVersioningStatus::Enabled,
        BucketVersioningStatus::Suspended,
    ] {
        set(&client, status.clone()).await;
        let upload = client.create_multipart_upload().bucket("vers").key("up");
        let upload = upload.send().await.expect("an upload");
        let id = upload.upload_id().expect("an id");
        let part = client.upload_part().bucket("vers").key("up");
        let part = part.upload_id(id).part_number(1);
        let part = part.body(b"part".to_vec().into()).send();
        let etag = part.await.expect("a part").e_tag().map(str::to_owned);
        let part = CompletedPart::builder().part_number(1).set_e_tag(etag);
        let parts = CompletedMultipartUpload::builder().parts(part.build());
        let complete = client.complete_multipart_upload().bucket("vers");
        let complete = complete.key("up").upload_id(id);
        let complete = complete.multipart_upload(parts.build()).send();
        let completed = complete.await.expect("an object");
        let newest = ids(&client, "up").await.remove(0).0;
        if status == BucketVersioningStatus::Enabled {
            assert_eq!(completed.version_id(), Some(&*newest));
        } else {
            assert_eq!(completed.version_id(), None);
            assert_eq!(newest, "null");
        }
        assert_eq!(read(&client, "up", Some(&newest)).await, b"part");
    }
}

#[tokio::test]
async fn point_62_official_client_tags_the_version_that_it_names() {
    let (_server, client) = with_versions().await;
    let old = put(&client, "a", "one").await;
    let new = put(&client, "a", "two").await;
    let tag = |value: &str| {
        let tag = Tag::builder().key("rok").value(value).build();
        tag.expect("a tag")
    };
    let tagging = |value: &str| {
        let tagging = Tagging::builder().tag_set(tag(value)).build();
        tagging.expect("tags")
    };
    let set = client.put_object_tagging().bucket("vers").key("a");
    let set = set.version_id(&old).tagging(tagging("old")).send();
    assert_eq!(set.await.expect("tags").version_id(), Some(&*old));
    let set = client.put_object_tagging().bucket("vers").key("a");
    let set = set.tagging(tagging("new")).send().await.expect("tags");
    assert_eq!(set.version_id(), Some(&*new));
    for (version, value) in [(Some(&old), "old"), (Some(&new), "new"), (None, "new")] {
        let get = client.get_object_tagging().bucket("vers").key("a");
        let get = get.set_version_id(version.cloned()).send();
        assert_eq!(get.await.expect("tags").tag_set(), [tag(value)]);
    }
    let delete = client.delete_object_tagging().bucket("vers").key("a");
    let deleted = delete.version_id(&old).send().await.expect("no tags");
    assert_eq!(deleted.version_id(), Some(&*old));
    let get = client.get_object_tagging().bucket("vers").key("a").send();
    assert_eq!(get.await.expect("tags").tag_set(), [tag("new")]);
}

#[tokio::test]
async fn point_55_official_client_is_refused_mfa_delete() {
    let (_server, client) = with_versions().await;
    let settings = VersioningConfiguration::builder()
        .status(BucketVersioningStatus::Suspended)
        .mfa_delete(MfaDelete::Enabled)
        .build();
    let put = client.put_bucket_versioning().bucket("vers");
    let put = put.versioning_configuration(settings).send();
    let refused = put.await.expect_err("a refusal");
    assert_eq!(refused.code(), Some("NotImplemented"));
    let get = client.get_bucket_versioning().bucket("vers").send();
    let found = get.await.expect("a setting");
    assert_eq!(found.status(), Some(&BucketVersioningStatus::Enabled));
}
