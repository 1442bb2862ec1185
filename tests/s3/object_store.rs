//! The crate `object_store`, which `DataFusion` and Delta Lake build on, with its own
//! integration suite: every public test function that it runs against S3 itself.
//!
//! Not here: object tagging, which the suite keeps private (`tagging`).

use crate::authority::Authority;
use crate::raw::{Account, REGION};
use crate::server::TestServer;
use object_store::aws::{AmazonS3, AmazonS3Builder, Checksum, S3CopyIfNotExists};
use object_store::integration as suite;
use object_store::path::Path;
use object_store::{Certificate, ClientOptions, Error, ObjectStoreExt, PutPayload};

const BUCKET: &str = "object-store";

/// A server with an empty bucket.
struct Fixture {
    server: TestServer,
    account: Account,
}

impl Fixture {
    fn new() -> Self {
        let server = TestServer::start();
        let account = server.account("city");
        account.put(&format!("/{BUCKET}"), "").expect(200);
        Self { server, account }
    }

    /// The crate's default settings (conditional writes by ETag among them).
    fn builder(&self) -> AmazonS3Builder {
        let endpoint = format!("http://127.0.0.1:{}", self.server.port);
        let builder = builder(&self.account).with_endpoint(endpoint);
        builder.with_allow_http(true)
    }

    fn store(&self) -> AmazonS3 {
        self.builder().build().expect("a store")
    }

    /// Copies that refuse to replace: UploadPartCopy, then a conditional Complete.
    fn store_with_conditional_copy(&self) -> AmazonS3 {
        let builder = self.builder();
        let builder = builder.with_copy_if_not_exists(S3CopyIfNotExists::Multipart);
        builder.build().expect("a store")
    }

    /// A store of a bucket that is not there.
    fn absent(&self) -> AmazonS3 {
        let builder = self.builder().with_bucket_name("object-store-absent");
        builder.build().expect("a store")
    }
}

fn builder(account: &Account) -> AmazonS3Builder {
    AmazonS3Builder::new()
        .with_bucket_name(BUCKET)
        .with_region(REGION)
        .with_access_key_id(&account.access_key_id)
        .with_secret_access_key(&account.secret)
}

#[tokio::test]
async fn object_store_put_get_delete_list_passes() {
    suite::put_get_delete_list(&Fixture::new().store()).await;
}

#[tokio::test]
async fn object_store_put_get_delete_list_over_tls_passes() {
    let authority = Authority::new();
    let server = authority.server();
    let account = server.account("city");
    let certificate = Certificate::from_pem(&authority.certificate_pem());
    let client = ClientOptions::new().with_root_certificate(certificate.expect("a certificate"));
    let store = builder(&account)
        .with_endpoint(format!("https://127.0.0.1:{}", server.port))
        .with_client_options(client);
    let store = store.build().expect("a store");
    let bucket = server.client_over_tls(&account, &authority).create_bucket();
    bucket.bucket(BUCKET).send().await.expect("a bucket");
    suite::put_get_delete_list(&store).await;
    suite::multipart(&store, &store).await;
}

#[tokio::test]
async fn object_store_put_get_delete_list_with_unsigned_payload_passes() {
    let fixture = Fixture::new();
    let store = fixture.builder().with_unsigned_payload(true).build();
    suite::put_get_delete_list(&store.expect("a store")).await;
}

#[tokio::test]
async fn object_store_put_get_delete_list_with_sha256_passes() {
    put_get_delete_list_with(Checksum::SHA256).await;
}

#[tokio::test]
async fn object_store_put_get_delete_list_with_crc64nvme_passes() {
    put_get_delete_list_with(Checksum::CRC64NVME).await;
}

async fn put_get_delete_list_with(checksum: Checksum) {
    let fixture = Fixture::new();
    let builder = fixture.builder().with_checksum_algorithm(checksum);
    let store = builder.build().expect("a store");
    suite::put_get_delete_list(&store).await;
    suite::multipart(&store, &store).await;
}

#[tokio::test]
async fn object_store_list_with_offset_exclusivity_passes() {
    suite::list_with_offset_exclusivity(&Fixture::new().store()).await;
}

#[tokio::test]
async fn object_store_list_paginated_passes() {
    let fixture = Fixture::new();
    let store = fixture.store();
    suite::list_paginated(&store, &store).await;
}

#[tokio::test]
async fn object_store_list_uses_directories_correctly_passes() {
    suite::list_uses_directories_correctly(&Fixture::new().store()).await;
}

#[tokio::test]
async fn object_store_list_with_delimiter_passes() {
    suite::list_with_delimiter(&Fixture::new().store()).await;
}

/// Ranges and every precondition of a read.
#[tokio::test]
async fn object_store_get_opts_passes() {
    suite::get_opts(&Fixture::new().store()).await;
}

/// Conditional writes: create only, and update of exactly the version that was read.
#[tokio::test]
async fn object_store_put_opts_passes() {
    suite::put_opts(&Fixture::new().store(), true).await;
}

#[tokio::test]
async fn object_store_put_get_attributes_passes() {
    suite::put_get_attributes(&Fixture::new().store()).await;
}

#[tokio::test]
async fn object_store_stream_get_passes() {
    suite::stream_get(&Fixture::new().store()).await;
}

#[tokio::test]
async fn object_store_rename_and_copy_passes() {
    suite::rename_and_copy(&Fixture::new().store()).await;
}

#[tokio::test]
async fn object_store_copy_if_not_exists_passes() {
    suite::copy_if_not_exists(&Fixture::new().store_with_conditional_copy()).await;
}

#[tokio::test]
async fn object_store_copy_rename_nonexistent_object_passes() {
    suite::copy_rename_nonexistent_object(&Fixture::new().store_with_conditional_copy()).await;
}

#[tokio::test]
async fn object_store_multipart_passes() {
    let fixture = Fixture::new();
    let store = fixture.store();
    suite::multipart(&store, &store).await;
}

#[tokio::test]
async fn object_store_multipart_with_opts_passes() {
    let fixture = Fixture::new();
    let store = fixture.store();
    suite::multipart_with_opts(&store, &store).await;
}

#[tokio::test]
async fn object_store_multipart_put_part_out_of_order_passes() {
    let fixture = Fixture::new();
    let store = fixture.store();
    suite::multipart_put_part_out_of_order(&store, &store).await;
}

#[tokio::test]
async fn object_store_multipart_out_of_order_passes() {
    suite::multipart_out_of_order(&Fixture::new().store()).await;
}

#[tokio::test]
async fn object_store_multipart_race_condition_passes() {
    suite::multipart_race_condition(&Fixture::new().store(), true).await;
}

#[tokio::test]
async fn object_store_response_extensions_passes() {
    let fixture = Fixture::new();
    let connector = suite::MarkerHttpConnector::default();
    let store = fixture.builder().with_http_connector(connector).build();
    suite::response_extensions(&store.expect("a store"), true).await;
}

/// A link made by the crate works without credentials, and only for what it was made for.
#[tokio::test]
async fn object_store_signed_url_reads_one_object() {
    let fixture = Fixture::new();
    let store = fixture.store();
    let location = Path::from("file.txt");
    let payload = PutPayload::from_static(b"hello world");
    store.put(&location, payload).await.expect("stored");
    let url = sign(&store, &location).await;
    let answer = fixture.account.request("GET", &url).anonymous().send();
    assert_eq!(answer.expect(200).body, b"hello world");
    let other = url.replace("file.txt", "other.txt");
    let answer = fixture.account.request("GET", &other).anonymous().send();
    answer.refused(403, "SignatureDoesNotMatch");
}

/// Path and query of a link to read an object.
async fn sign(store: &AmazonS3, location: &Path) -> String {
    use object_store::signer::Signer;
    let get = "GET".parse().expect("a method");
    let url = store.signed_url(get, location, std::time::Duration::from_mins(1));
    let url = url.await.expect("a URL");
    format!("{}?{}", url.path(), url.query().expect("a query"))
}

#[tokio::test]
async fn object_store_absent_objects_and_buckets_are_told_apart_from_failures() {
    let fixture = Fixture::new();
    let location = Path::from("absent");
    let found = suite::get_nonexistent_object(&fixture.store(), Some(location.clone())).await;
    assert_not_found(found);
    fixture.store().delete(&location).await.expect("deleted");
    let absent = fixture.absent();
    assert_not_found(absent.get(&location).await);
    assert_not_found(absent.put(&location, PutPayload::from_static(b"x")).await);
    assert_not_found(absent.delete(&location).await);
}

fn assert_not_found<T>(outcome: Result<T, Error>) {
    let error = outcome.err();
    assert!(matches!(error, Some(Error::NotFound { .. })), "{error:?}");
}
