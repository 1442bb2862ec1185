//! The official SDK for Rust with its default settings: the whole life of a bucket and its
//! objects, over HTTP and over HTTPS.

use crate::authority::Authority;
use crate::raw::sha256_hex;
use crate::server::TestServer;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, Delete, ObjectIdentifier, Part};

const BUCKET: &str = "life-cycle";
const MIB: usize = 1024 * 1024;
const LARGE: &str = "\u{432}/large + (1).bin";

#[tokio::test]
async fn sdk_life_cycle_over_http_passes() {
    let server = TestServer::start();
    live(&server.tenant("city")).await;
}

#[tokio::test]
async fn sdk_life_cycle_over_https_passes() {
    let authority = Authority::new();
    let server = authority.server();
    let account = server.account("city");
    live(&server.client_over_tls(&account, &authority)).await;
}

#[tokio::test]
async fn sdk_refuses_a_server_of_an_unknown_authority() {
    let authority = Authority::new();
    let server = authority.server();
    let account = server.account("city");
    let client = server.client_over_tls(&account, &Authority::new());
    let refusal = client.list_buckets().send().await;
    let error = refusal.expect_err("a client that does not trust the server");
    assert!(error.raw_response().is_none(), "{error:?}");
}

async fn live(client: &Client) {
    make_bucket(client).await;
    small_objects(client).await;
    large_object(client).await;
    conditions(client).await;
    pages(client).await;
    copies(client).await;
    remove(client).await;
}

/// Bytes without a pattern that a sealed block could hide.
fn content(len: usize) -> Vec<u8> {
    (0_u32..)
        .map(|n| n.wrapping_mul(2_654_435_761).rotate_left(11).to_le_bytes()[1])
        .take(len)
        .collect()
}

async fn put(client: &Client, object_key: &str, body: Vec<u8>) -> Option<String> {
    let put = client.put_object().bucket(BUCKET).key(object_key);
    let put = put.body(ByteStream::from(body)).send().await;
    put.expect("stored").e_tag
}

/// The SHA-256 of an object, or of a range of it.
async fn sha256(client: &Client, object_key: &str, range: Option<&str>) -> String {
    let get = client.get_object().bucket(BUCKET).key(object_key);
    let answer = get.set_range(range.map(str::to_owned)).send().await;
    let body = answer.expect("an object").body.collect().await;
    sha256_hex(&body.expect("its body").to_vec())
}

async fn make_bucket(client: &Client) {
    let head = client.head_bucket().bucket(BUCKET).send().await;
    assert!(
        head.expect_err("absent")
            .into_service_error()
            .is_not_found()
    );
    let create = client.create_bucket().bucket(BUCKET).send().await;
    create.expect("a bucket");
    let head = client.head_bucket().bucket(BUCKET).send().await;
    head.expect("the bucket");
    let listed = client.list_buckets().send().await.expect("a list");
    let names = listed.buckets().iter().map(|bucket| bucket.name());
    assert_eq!(names.collect::<Vec<_>>(), [Some(BUCKET)]);
    let versioning = client.get_bucket_versioning().bucket(BUCKET).send().await;
    assert_eq!(versioning.expect("an answer").status, None);
}

/// Sizes at the borders of segments and pieces; what is said of an object comes back.
async fn small_objects(client: &Client) {
    for len in [0, 1, 65_536, 262_145, MIB] {
        let body = content(len);
        let object_key = format!("\u{43c}/{len} a+b=c&d %20.bin");
        put(client, &object_key, body.clone()).await;
        assert_eq!(sha256(client, &object_key, None).await, sha256_hex(&body));
    }
    let put = client.put_object().bucket(BUCKET).key("told");
    let put = put.content_type("text/x-case").metadata("office", "north");
    let put = put.body(ByteStream::from_static(b"four")).send().await;
    let checksum = put.expect("stored").checksum_crc32;
    assert!(checksum.is_some(), "the default checksum is not answered");
    let head = client.head_object().bucket(BUCKET).key("told");
    let head = head.checksum_mode("ENABLED".into()).send().await;
    let head = head.expect("the object");
    assert_eq!(head.content_length(), Some(4));
    assert_eq!(head.content_type(), Some("text/x-case"));
    assert_eq!(head.checksum_crc32, checksum);
    let office = head.metadata().and_then(|own| own.get("office"));
    assert_eq!(office.map(String::as_str), Some("north"));
}

/// Two uploaded parts and a copied one, read whole and over the borders of parts.
async fn large_object(client: &Client) {
    let (first, second) = (content(5 * MIB), content(6 * MIB + 1));
    put(client, "source", first.clone()).await;
    let create = client.create_multipart_upload().bucket(BUCKET).key(LARGE);
    let upload = create.send().await.expect("an upload").upload_id;
    let upload = upload.expect("its name");
    let mut parts = CompletedMultipartUpload::builder();
    for (number, body) in [(1, &first), (2, &second)] {
        let part = client.upload_part().bucket(BUCKET).key(LARGE);
        let part = part.upload_id(&upload).part_number(number);
        let sent = part.body(ByteStream::from(body.clone())).send().await;
        let sent = sent.expect("a part");
        let done = CompletedPart::builder().part_number(number);
        let done = done.set_e_tag(sent.e_tag);
        parts = parts.parts(done.set_checksum_crc32(sent.checksum_crc32).build());
    }
    let copy = client.upload_part_copy().bucket(BUCKET).key(LARGE);
    let copy = copy.upload_id(&upload).part_number(3);
    let copy = copy.copy_source(format!("{BUCKET}/source"));
    let copied = copy.copy_source_range("bytes=1-1000000").send().await;
    let copied = copied.expect("a copied part").copy_part_result;
    let copied = copied.expect("its result");
    let done = CompletedPart::builder().part_number(3);
    let done = done.set_e_tag(copied.e_tag);
    parts = parts.parts(done.set_checksum_crc32(copied.checksum_crc32).build());
    let listed = client.list_parts().bucket(BUCKET).key(LARGE);
    let listed = listed.upload_id(&upload).send().await.expect("a list");
    let numbers = listed.parts().iter().map(Part::part_number);
    assert_eq!(numbers.collect::<Vec<_>>(), [Some(1), Some(2), Some(3)]);
    let complete = client.complete_multipart_upload().bucket(BUCKET).key(LARGE);
    let complete = complete.upload_id(&upload).multipart_upload(parts.build());
    complete.send().await.expect("an object");
    let tail = first.get(1..1_000_001).expect("its bytes");
    let whole = [&*first, &*second, tail].concat();
    assert_eq!(sha256(client, LARGE, None).await, sha256_hex(&whole));
    for (from, to) in [(5 * MIB - 9, 5 * MIB + 9), (0, 1), (10 * MIB, whole.len())] {
        let range = format!("bytes={from}-{}", to - 1);
        let found = sha256(client, LARGE, Some(&range)).await;
        let wanted = whole.get(from..to).expect("its bytes");
        assert_eq!(found, sha256_hex(wanted), "{range}");
    }
}

async fn conditions(client: &Client) {
    let attempt = |body: &'static [u8]| {
        let put = client.put_object().bucket(BUCKET).key("condition");
        put.body(ByteStream::from_static(body))
    };
    let first = attempt(b"first").if_none_match("*").send().await;
    let first = first.expect("created").e_tag.expect("its ETag");
    let again = attempt(b"second").if_none_match("*").send().await;
    assert_eq!(
        again.expect_err("it is there").code(),
        Some("PreconditionFailed")
    );
    let replaced = attempt(b"second").if_match(&first).send().await;
    replaced.expect("replaced");
    let stale = attempt(b"third").if_match(&first).send().await;
    assert_eq!(
        stale.expect_err("it changed").code(),
        Some("PreconditionFailed")
    );
    let found = sha256(client, "condition", None).await;
    assert_eq!(found, sha256_hex(b"second"));
    let absent = client
        .get_object()
        .bucket(BUCKET)
        .key("absent")
        .send()
        .await;
    assert!(
        absent
            .expect_err("absent")
            .into_service_error()
            .is_no_such_key()
    );
}

async fn pages(client: &Client) {
    let wanted: Vec<String> = (0..25).map(|n| format!("page/{n:02} \u{436}")).collect();
    for object_key in &wanted {
        put(client, object_key, Vec::new()).await;
    }
    let pages = client.list_objects_v2().bucket(BUCKET).prefix("page/");
    let mut pages = pages.into_paginator().page_size(7).send();
    let (mut count, mut found) = (0, Vec::new());
    while let Some(page) = pages.next().await {
        let page = page.expect("a page");
        count += 1;
        found.extend(page.contents().iter().filter_map(|row| row.key.clone()));
    }
    assert_eq!((count, found), (4, wanted));
    let folders = client.list_objects_v2().bucket(BUCKET).delimiter("/");
    let folders = folders.send().await.expect("a list");
    let names = folders
        .common_prefixes()
        .iter()
        .filter_map(|row| row.prefix());
    assert_eq!(names.collect::<Vec<_>>(), ["page/", "\u{432}/", "\u{43c}/"]);
}

async fn copies(client: &Client) {
    let copy = client.copy_object().bucket(BUCKET).key("copy");
    let copy = copy.copy_source(format!("{BUCKET}/told")).send().await;
    copy.expect("a copy");
    assert_eq!(sha256(client, "copy", None).await, sha256_hex(b"four"));
    let head = client.head_object().bucket(BUCKET).key("copy").send().await;
    assert_eq!(head.expect("the copy").content_type(), Some("text/x-case"));
    let tags = client.get_object_tagging().bucket(BUCKET);
    let none = tags.clone().key("copy").send().await.expect("an answer");
    assert!(none.tag_set().is_empty(), "{none:?}");
    let absent = tags.key("absent").send().await;
    assert_eq!(absent.expect_err("absent").code(), Some("NoSuchKey"));
}

async fn remove(client: &Client) {
    let refused = client.delete_bucket().bucket(BUCKET).send().await;
    assert_eq!(
        refused.expect_err("not empty").code(),
        Some("BucketNotEmpty")
    );
    let delete = client.delete_object().bucket(BUCKET).key("told");
    delete.send().await.expect("deleted");
    let listed = client.list_objects_v2().bucket(BUCKET).send().await;
    let listed = listed.expect("a list");
    let named = listed.contents().iter().filter_map(|row| row.key.clone());
    let named = named.map(|name| ObjectIdentifier::builder().key(name).build());
    let named: Result<Vec<_>, _> = named.collect();
    let doomed = Delete::builder().set_objects(Some(named.expect("names")));
    let many = client.delete_objects().bucket(BUCKET);
    let many = many.delete(doomed.build().expect("a request")).send().await;
    let many = many.expect("an answer");
    assert_eq!(
        (many.errors(), many.deleted().len()),
        (&[][..], listed.contents().len())
    );
    let delete = client.delete_bucket().bucket(BUCKET).send().await;
    delete.expect("deleted");
    let head = client.head_bucket().bucket(BUCKET).send().await;
    assert!(head.expect_err("gone").into_service_error().is_not_found());
}
