//! What happens at the same time (s3-behaviour.md 35 to 37, 40, 48).

use crate::server::TestServer;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use futures::future::join_all;

const MIB: usize = 1024 * 1024;

fn bytes(seed: u8, len: usize) -> Vec<u8> {
    (0_u32..)
        .map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3] ^ seed)
        .take(len)
        .collect()
}

async fn bucket(client: &Client) -> &'static str {
    client
        .create_bucket()
        .bucket("races")
        .send()
        .await
        .expect("a new bucket");
    "races"
}

async fn get(client: &Client, object_key: &str) -> Vec<u8> {
    let answer = client.get_object().bucket("races").key(object_key);
    let answer = answer.send().await.expect("an object");
    answer.body.collect().await.expect("its body").to_vec()
}

/// K1: of many writers on one key exactly one creates it, and what is there is one writer's.
#[tokio::test]
async fn parallel_creations_of_one_key_have_one_winner() {
    let server = TestServer::start();
    let client = server.tenant("city");
    let bucket = bucket(&client).await;
    let put = |seed: u8| {
        let body = ByteStream::from(bytes(seed, 300_000));
        let put = client.put_object().bucket(bucket).key("one").body(body);
        put.if_none_match("*").send()
    };
    let outcomes = join_all((0..64).map(put)).await;
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let codes = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    for error in codes {
        assert_eq!(error.code(), Some("PreconditionFailed"));
    }
    assert_eq!(won, 1);
    let stored = get(&client, "one").await;
    assert!((0..64).any(|seed| stored == bytes(seed, 300_000)));
}

/// K1, K2: plain writers all succeed, the last finisher wins whole, and usage counts one object.
#[tokio::test]
async fn parallel_overwrites_leave_one_whole_object() {
    let server = TestServer::start();
    let client = server.tenant("city");
    let bucket = bucket(&client).await;
    let put = |seed: u8| {
        let body = ByteStream::from(bytes(seed, 2 * MIB));
        client
            .put_object()
            .bucket(bucket)
            .key("one")
            .body(body)
            .send()
    };
    let outcomes = join_all((0..16).map(put)).await;
    assert!(outcomes.iter().all(Result::is_ok));
    let stored = get(&client, "one").await;
    assert!((0..16).any(|seed| stored == bytes(seed, 2 * MIB)));
    let listed = server.admin(&["bucket", "list"]).expect("buckets");
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
    assert_eq!(listed[0]["objects"], 1);
    assert_eq!(listed[0]["bytes"], 2 * MIB);
}

/// K4, C1: a reader that is in the middle of an object keeps reading it after it was replaced and
/// deleted.
#[tokio::test]
async fn running_read_keeps_its_version() {
    let server = TestServer::start();
    let client = server.tenant("city");
    let bucket = bucket(&client).await;
    let old = bytes(1, 24 * MIB);
    let put = |body: Vec<u8>| {
        let body = ByteStream::from(body);
        client
            .put_object()
            .bucket(bucket)
            .key("one")
            .body(body)
            .send()
    };
    put(old.clone()).await.expect("the old object");
    let mut body = client
        .get_object()
        .bucket(bucket)
        .key("one")
        .send()
        .await
        .expect("the old object")
        .body;
    let mut read = body.next().await.expect("a piece").expect("bytes").to_vec();
    put(bytes(2, MIB)).await.expect("the new object");
    let delete = client.delete_object().bucket(bucket).key("one");
    delete.send().await.expect("deleted");
    while let Some(piece) = body.next().await {
        read.extend_from_slice(&piece.expect("the rest of the old object"));
    }
    assert!(read == old, "the reader saw other bytes");
}

/// K3: a PUT whose bucket is deleted while its body arrives ends in 404.
#[tokio::test]
async fn put_into_a_bucket_deleted_meanwhile_is_not_found() {
    let server = TestServer::start();
    let client = server.tenant("city");
    let bucket = bucket(&client).await;
    let create = client.create_multipart_upload().bucket(bucket).key("one");
    let upload = create.send().await.expect("an upload");
    let delete = client.delete_bucket().bucket(bucket);
    delete.send().await.expect("deleted, open upload and all");
    let part = client
        .upload_part()
        .bucket(bucket)
        .key("one")
        .part_number(1)
        .upload_id(upload.upload_id().expect("an id"))
        .body(ByteStream::from(bytes(1, 6 * MIB)));
    let error = part.send().await.expect_err("the bucket is gone");
    assert_eq!(error.code(), Some("NoSuchBucket"));
    // The name is free again, and the new bucket knows nothing of the old one.
    let again = client.create_bucket().bucket(bucket);
    again.send().await.expect("the name is free");
    let uploads = client.list_multipart_uploads().bucket(bucket);
    assert!(uploads.send().await.expect("a list").uploads().is_empty());
}
