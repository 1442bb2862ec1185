//! Tenants do not reach one another (attacks.md 33), and strangers reach nothing.

use crate::server::TestServer;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use std::io::{Read, Write};
use std::net::TcpStream;

/// P1, P2: every operation on a foreign bucket is denied, and nothing changes.
#[tokio::test]
async fn foreign_tenant_is_denied_everything() {
    let server = TestServer::start();
    let (owner, stranger) = (server.tenant("owner"), server.tenant("stranger"));
    let bucket = "owners-bucket";
    let create = owner.create_bucket().bucket(bucket);
    create.send().await.expect("a bucket");
    let body = ByteStream::from_static(b"mine");
    let put = owner.put_object().bucket(bucket).key("k").body(body);
    put.send().await.expect("an object");
    macro_rules! denied {
        ($($request:expr),* $(,)?) => {
            $(
                let error = $request.send().await.expect_err("denied");
                let status = error.raw_response().map(|raw| raw.status().as_u16());
                assert_eq!(status, Some(403), stringify!($request));
            )*
        };
    }
    denied!(
        stranger.head_bucket().bucket(bucket),
        stranger.get_bucket_location().bucket(bucket),
        stranger.list_objects_v2().bucket(bucket),
        stranger.list_objects().bucket(bucket),
        stranger.list_multipart_uploads().bucket(bucket),
        stranger.get_object().bucket(bucket).key("k"),
        stranger.head_object().bucket(bucket).key("k"),
        stranger.delete_object().bucket(bucket).key("k"),
        stranger.put_object().bucket(bucket).key("k"),
        stranger.create_multipart_upload().bucket(bucket).key("k"),
        stranger.delete_bucket().bucket(bucket),
    );
    let mine = stranger.create_bucket().bucket("strangers-bucket");
    mine.send().await.expect("a bucket");
    let copy = stranger.copy_object().bucket("strangers-bucket").key("k");
    let copy = copy.copy_source("owners-bucket/k").send().await;
    assert_eq!(copy.expect_err("denied").code(), Some("AccessDenied"));
    let taken = stranger.create_bucket().bucket(bucket).send().await;
    assert_eq!(
        taken.expect_err("taken").code(),
        Some("BucketAlreadyExists")
    );
    let listed = stranger.list_buckets().send().await.expect("a list");
    assert_eq!(listed.buckets().len(), 1);
    let kept = owner.get_object().bucket(bucket).key("k").send().await;
    let kept = kept.expect("the object").body.collect().await;
    assert_eq!(kept.expect("its body").to_vec(), b"mine");
}

/// P3: the admin listener does nothing without an operator's token.
#[tokio::test]
async fn stranger_is_denied_by_both_listeners() {
    let server = TestServer::start();
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).expect("a connection");
    let request = b"PUT /bucket HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n";
    stream.write_all(request).expect("sent");
    let mut answer = [0; 4096];
    let len = stream.read(&mut answer).expect("an answer");
    let answer = String::from_utf8_lossy(&answer[..len]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    assert!(answer.contains("<Code>AccessDenied</Code>"), "{answer}");
    let nobody = tempfile::NamedTempFile::new().expect("a file");
    let forged = r#"{"operator": "operator", "token": "00ff"}"#;
    std::fs::write(nobody.path(), forged).expect("written");
    let path = nobody.path().to_str().expect("a path");
    for words in [["tenant", "list"], ["key", "list"], ["bucket", "list"]] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_riznica"))
            .args(words)
            .args(["--admin", &server.admin_url(), "--credential", path])
            .output()
            .expect("the command runs");
        assert!(!output.status.success(), "{words:?}");
        assert!(output.stdout.is_empty(), "{words:?}");
    }
}

/// Who may not do something learns nothing of what else is wrong with it (s3-behaviour.md 12).
#[test]
fn permission_is_judged_before_arguments_and_body() {
    let server = TestServer::start();
    let (owner, stranger) = (server.account("owner"), server.account("stranger"));
    owner.put("/owners-bucket", "").expect(200);
    owner.put("/owners-bucket/k", "mine").expect(200);
    let headers = [
        ("x-amz-server-side-encryption", "AES192"),
        ("x-amz-server-side-encryption-customer-algorithm", "AES192"),
        ("x-amz-storage-class", "NONE"),
        ("x-amz-acl", "public-read"),
        ("x-amz-copy-source", "no-slash"),
        ("content-md5", "no-md5"),
    ];
    for (name, value) in headers {
        let put = stranger.request("PUT", "/owners-bucket/k").body("other");
        put.header(name, value).send().refused(403, "AccessDenied");
        let put = owner.request("PUT", "/owners-bucket/k").body("other");
        let answer = put.header(name, value).send();
        assert!(answer.status >= 400 && answer.status != 403, "{name}");
    }
    for target in ["?delete", "?encryption", "/k?uploadId=x", "/k?uploads"] {
        let method = if target == "?encryption" {
            "PUT"
        } else {
            "POST"
        };
        let target = format!("/owners-bucket{target}");
        let request = stranger.request(method, &target).body("<no document");
        request.send().refused(403, "AccessDenied");
    }
    let long = stranger.request("PUT", "/owners-bucket/k");
    let long = long.header("content-length", "99999999999999");
    long.send().refused(403, "AccessDenied");
    assert_eq!(owner.get("/owners-bucket/k").expect(200).body, b"mine");
}
