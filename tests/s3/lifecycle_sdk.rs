//! The official SDK on lifecycle rules: points 82 to 85, with a day of two seconds for the job.
//! Point 81 is in `lifecycle_rules`.

use crate::lifecycle_effects::{SETTINGS, pause};
use crate::server::TestServer;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::types::builders::LifecycleRuleBuilder;
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, BucketVersioningStatus,
    CompletedMultipartUpload, CompletedPart, ExpirationStatus, LifecycleExpiration, LifecycleRule,
    LifecycleRuleAndOperator, LifecycleRuleFilter, NoncurrentVersionExpiration,
    NoncurrentVersionTransition, Tag, Transition, TransitionStorageClass, VersioningConfiguration,
};
use std::time::Duration;

async fn with_bucket() -> (TestServer, Client) {
    let server = TestServer::start_with(&SETTINGS);
    let client = server.tenant("city");
    let create = client.create_bucket().bucket("ruled").send();
    create.await.expect("a bucket");
    (server, client)
}

async fn put(client: &Client, object_key: &str, tagging: &str) -> Option<String> {
    let put = client.put_object().bucket("ruled").key(object_key);
    let put = put.body(b"content".to_vec().into()).tagging(tagging);
    let stored = put.send().await.expect("an object");
    stored.expiration().map(str::to_owned)
}

async fn keys(client: &Client) -> Vec<String> {
    let list = client.list_objects_v2().bucket("ruled").send();
    let page = list.await.expect("a list");
    let keys = page.contents().iter().filter_map(|own| own.key());
    keys.map(str::to_owned).collect()
}

/// A rule in force, before it has actions.
fn rule(id: &str, filter: LifecycleRuleFilter) -> LifecycleRuleBuilder {
    let rule = LifecycleRule::builder().id(id).filter(filter);
    rule.status(ExpirationStatus::Enabled)
}

fn prefix(prefix: &str) -> LifecycleRuleFilter {
    LifecycleRuleFilter::builder().prefix(prefix).build()
}

fn days(days: i32) -> LifecycleExpiration {
    LifecycleExpiration::builder().days(days).build()
}

/// Sets rules; the code and the text of the refusal, if it is refused.
async fn set(client: &Client, rules: Vec<LifecycleRule>) -> Result<(), (String, String)> {
    let rules = BucketLifecycleConfiguration::builder().set_rules(Some(rules));
    let put = client.put_bucket_lifecycle_configuration().bucket("ruled");
    let put = put.lifecycle_configuration(rules.build().expect("a configuration"));
    let text = |text: Option<&str>| text.expect("text").to_owned();
    let done = put.send().await.map(drop);
    done.map_err(|error| (text(error.code()), text(error.message())))
}

/// Waits until a bucket's keys are these.
async fn await_keys(client: &Client, wanted: &[&str]) {
    for _ in 0..600 {
        if keys(client).await == wanted {
            return;
        }
        pause(Duration::from_millis(100));
    }
    assert_eq!(keys(client).await, wanted);
}

#[tokio::test]
async fn point_82_official_client_is_refused_what_is_no_rule() {
    let (_server, client) = with_bucket().await;
    let get = || {
        let get = client.get_bucket_lifecycle_configuration();
        get.bucket("ruled").send()
    };
    let none = get().await.expect_err("no rules");
    assert_eq!(none.code(), Some("NoSuchLifecycleConfiguration"));
    let good = || rule("one", prefix("a/")).expiration(days(1));
    let built = |rule: LifecycleRuleBuilder| rule.build();
    let glacier = TransitionStorageClass::Glacier;
    let transition = Transition::builder().days(1).storage_class(glacier.clone());
    let noncurrent = NoncurrentVersionTransition::builder().noncurrent_days(1);
    let noncurrent = noncurrent.storage_class(glacier);
    let newer = NoncurrentVersionExpiration::builder().newer_noncurrent_versions(2);
    let unscoped = LifecycleRule::builder().status(ExpirationStatus::Enabled);
    for (rules, code, word) in [
        (
            vec![good().transitions(transition.build())],
            "NotImplemented",
            "one storage class",
        ),
        (
            vec![good().noncurrent_version_transitions(noncurrent.build())],
            "NotImplemented",
            "'NoncurrentVersionTransition'",
        ),
        (vec![good(), good()], "InvalidArgument", ""),
        (
            vec![rule("zero", prefix("")).expiration(days(0))],
            "InvalidArgument",
            "",
        ),
        (
            vec![rule("n", prefix("")).noncurrent_version_expiration(newer.build())],
            "InvalidArgument",
            "",
        ),
        (vec![unscoped.expiration(days(1))], "MalformedXML", ""),
        (vec![rule("idle", prefix(""))], "InvalidRequest", ""),
    ] {
        let rules = rules.into_iter().map(built);
        let rules = rules.collect::<Result<_, _>>().expect("rules");
        let (told, message) = set(&client, rules).await.expect_err("a refusal");
        assert_eq!(told, code, "{message}");
        assert!(message.contains(word), "{message}");
    }
    let none = get().await.expect_err("still no rules");
    assert_eq!(none.code(), Some("NoSuchLifecycleConfiguration"));
}

#[tokio::test]
async fn point_83_official_client_reads_when_objects_expire() {
    let (_server, client) = with_bucket().await;
    let rules = vec![rule("soon 1", prefix("a/")).expiration(days(90))];
    let rules = rules.into_iter().map(|rule| rule.build().expect("a rule"));
    set(&client, rules.collect()).await.expect("rules");
    let told = put(&client, "a/1", "").await.expect("a date");
    assert!(told.starts_with("expiry-date=\""), "{told}");
    assert!(told.ends_with("GMT\", rule-id=\"soon%201\""), "{told}");
    assert_eq!(put(&client, "b/1", "").await, None);
    let head = client.head_object().bucket("ruled").key("a/1").send();
    let head = head.await.expect("the object");
    assert_eq!(head.expiration(), Some(&*told));
    let get = client.get_object().bucket("ruled").key("a/1").send();
    let got = get.await.expect("the object");
    assert_eq!(got.expiration(), Some(&*told));
    let copy = client.copy_object().bucket("ruled").key("a/2");
    let copied = copy.copy_source("ruled/b/1").send().await.expect("a copy");
    assert_eq!(copied.expiration(), Some(&*told));
    let upload = client.create_multipart_upload().bucket("ruled").key("a/3");
    let upload = upload.send().await.expect("an upload");
    let id = upload.upload_id().expect("an id");
    let part = client.upload_part().bucket("ruled").key("a/3");
    let part = part.upload_id(id).part_number(1);
    let part = part.body(b"part".to_vec().into()).send();
    let etag = part.await.expect("a part").e_tag().map(str::to_owned);
    let part = CompletedPart::builder().part_number(1).set_e_tag(etag);
    let parts = CompletedMultipartUpload::builder().parts(part.build());
    let complete = client.complete_multipart_upload().bucket("ruled");
    let complete = complete.key("a/3").upload_id(id);
    let complete = complete.multipart_upload(parts.build()).send();
    let completed = complete.await.expect("an object");
    assert_eq!(completed.expiration(), Some(&*told));
}

#[tokio::test]
async fn point_84_official_client_filters_by_prefix_tag_and_size() {
    let (_server, client) = with_bucket().await;
    let tag = Tag::builder()
        .key("keep")
        .value("no")
        .build()
        .expect("a tag");
    let and = LifecycleRuleAndOperator::builder().prefix("and/").tags(tag);
    let and = and.object_size_greater_than(3).object_size_less_than(9);
    let and = LifecycleRuleFilter::builder().and(and.build()).build();
    let size = LifecycleRuleFilter::builder().object_size_greater_than(7);
    let rules = [
        rule("and", and).expiration(days(1)),
        rule("prefix", prefix("prefix/")).expiration(days(1)),
        rule("size", size.build()).expiration(days(1)),
    ];
    for (object_key, tagging) in [
        ("and/go", "keep=no"),
        ("and/stay", "keep=yes"),
        ("other/stay", "keep=no"),
        ("prefix/go", ""),
    ] {
        put(&client, object_key, tagging).await;
    }
    let large = client.put_object().bucket("ruled").key("size/go");
    let large = large.body(b"12345678".to_vec().into()).send();
    large.await.expect("an object");
    let rules = rules.into_iter().map(|rule| rule.build().expect("a rule"));
    set(&client, rules.collect()).await.expect("rules");
    await_keys(&client, &["and/stay", "other/stay"]).await;
}

#[tokio::test]
async fn point_85_official_client_sees_what_rules_do_to_versions_and_uploads() {
    let (_server, client) = with_bucket().await;
    let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled);
    let versioning = client.put_bucket_versioning().bucket("ruled");
    let versioning = versioning.versioning_configuration(enabled.build());
    versioning.send().await.expect("versioning");
    for _ in 0..4 {
        put(&client, "trim", "").await;
    }
    put(&client, "expire", "").await;
    let delete = client.delete_object().bucket("ruled").key("lone").send();
    delete.await.expect("a marker");
    let upload = client.create_multipart_upload().bucket("ruled").key("up");
    upload.send().await.expect("an upload");
    let noncurrent = NoncurrentVersionExpiration::builder().noncurrent_days(1);
    let noncurrent = noncurrent.newer_noncurrent_versions(1).build();
    let marker = LifecycleExpiration::builder().expired_object_delete_marker(true);
    let abort = AbortIncompleteMultipartUpload::builder().days_after_initiation(1);
    let rules = [
        rule("t", prefix("trim")).noncurrent_version_expiration(noncurrent),
        rule("e", prefix("expire")).expiration(days(1)),
        rule("l", prefix("lone")).expiration(marker.build()),
        rule("u", prefix("up")).abort_incomplete_multipart_upload(abort.build()),
    ];
    let rules = rules.into_iter().map(|rule| rule.build().expect("a rule"));
    set(&client, rules.collect()).await.expect("rules");
    // The current version and one older one; an object below its marker; no upload.
    let wanted = (vec!["expire", "trim", "trim"], vec!["expire"], 0);
    for look in 0..600 {
        let list = client.list_object_versions().bucket("ruled").send();
        let page = list.await.expect("versions");
        let versions: Vec<_> = page.versions().iter().filter_map(|own| own.key()).collect();
        let markers = page.delete_markers().iter();
        let markers: Vec<_> = markers.filter_map(|own| own.key()).collect();
        let list = client.list_multipart_uploads().bucket("ruled").send();
        let uploads = list.await.expect("uploads").uploads().len();
        let found = (versions, markers, uploads);
        if found == wanted {
            return;
        }
        assert!(look < 599, "{found:?}");
        pause(Duration::from_millis(100));
    }
}
