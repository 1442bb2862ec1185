//! Default encryption of buckets, and what answers say of it (s3-behaviour.md 94, 97).

use crate::raw::{Account, Answer};
use crate::server::TestServer;

const AES256: &str = "<ServerSideEncryptionConfiguration><Rule>\
    <ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>\
    </ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>";
const NOT_FOUND: &str = "ServerSideEncryptionConfigurationNotFoundError";

fn told(answer: &Answer) -> Option<&str> {
    answer.header("x-amz-server-side-encryption")
}

/// What every kind of answer about an object in the bucket tells.
fn told_by_all(city: &Account, bucket: &str) -> Vec<Option<String>> {
    let target = |rest: &str| format!("/{bucket}/{rest}");
    let mut answers = vec![
        city.put(&target("a"), "four").expect(200),
        city.get(&target("a")).expect(200),
        city.head(&target("a")).expect(200),
    ];
    let copy = city.request("PUT", &target("b"));
    let copy = copy.header("x-amz-copy-source", &target("a"));
    answers.push(copy.send().expect(200));
    answers.push(city.get(&target("b")).expect(200));
    let created = city.post(&target("m?uploads"), "").expect(200);
    let upload = created.text("UploadId").expect("an upload");
    answers.push(created);
    let part = format!("m?partNumber=1&uploadId={upload}");
    let copied = city.request("PUT", &target(&part));
    let copied = copied.header("x-amz-copy-source", &target("a"));
    answers.push(copied.send().expect(200));
    let stored = city.put(&target(&part), "four").expect(200);
    let etag = stored.header("etag").expect("an ETag").to_owned();
    answers.push(stored);
    let list = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>\
         </CompleteMultipartUpload>"
    );
    let complete = format!("m?uploadId={upload}");
    answers.push(city.post(&target(&complete), list).expect(200));
    answers.push(city.get(&target("m")).expect(200));
    answers
        .iter()
        .map(|answer| told(answer).map(str::to_owned))
        .collect()
}

#[test]
fn point_97_unset_default_is_reported_as_aws_does() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/sealed", "").expect(200);
    let answer = city.get("/sealed?encryption").expect(200);
    assert_eq!(answer.text("SSEAlgorithm").as_deref(), Some("AES256"));
    assert_eq!(answer.text("BucketKeyEnabled").as_deref(), Some("false"));
    let all = told_by_all(&city, "sealed");
    assert!(
        all.iter().all(|told| told.as_deref() == Some("AES256")),
        "{all:?}"
    );
}

#[test]
fn point_97_unset_default_is_not_found_where_configured_so() {
    let server = TestServer::start_with(&[("RIZNICA_S3__REPORT_DEFAULT_ENCRYPTION", "false")]);
    let city = server.account("city");
    city.put("/sealed", "").expect(200);
    city.get("/sealed?encryption").refused(404, NOT_FOUND);
    city.delete("/sealed?encryption").expect(204);
    let all = told_by_all(&city, "sealed");
    assert!(all.iter().all(Option::is_none), "{all:?}");
    // Who asks for it is told, then and later.
    let asked = city.request("PUT", "/sealed/asked");
    let asked = asked
        .header("x-amz-server-side-encryption", "AES256")
        .body("four");
    assert_eq!(told(&asked.send().expect(200)), Some("AES256"));
    assert_eq!(
        told(&city.head("/sealed/asked").expect(200)),
        Some("AES256")
    );
    // A copy counts as its own request, not as its source's.
    let copy = city.request("PUT", "/sealed/copy");
    let copy = copy.header("x-amz-copy-source", "/sealed/asked");
    assert_eq!(told(&copy.send().expect(200)), None);
    assert_eq!(told(&city.head("/sealed/copy").expect(200)), None);
}

#[test]
fn point_97_default_is_set_reported_and_taken_away() {
    let server = TestServer::start_with(&[("RIZNICA_S3__REPORT_DEFAULT_ENCRYPTION", "false")]);
    let (city, stranger) = (server.account("city"), server.account("stranger"));
    city.put("/sealed", "").expect(200);
    city.put("/sealed?encryption", AES256).expect(200);
    let answer = city.get("/sealed?encryption").expect(200);
    assert_eq!(answer.text("SSEAlgorithm").as_deref(), Some("AES256"));
    let all = told_by_all(&city, "sealed");
    assert!(
        all.iter().all(|told| told.as_deref() == Some("AES256")),
        "{all:?}"
    );
    stranger
        .get("/sealed?encryption")
        .refused(403, "AccessDenied");
    stranger
        .put("/sealed?encryption", AES256)
        .refused(403, "AccessDenied");
    stranger
        .delete("/sealed?encryption")
        .refused(403, "AccessDenied");
    city.delete("/sealed?encryption").expect(204);
    city.delete("/sealed?encryption").expect(204);
    city.get("/sealed?encryption").refused(404, NOT_FOUND);
    // What was written under the setting keeps saying so.
    assert_eq!(told(&city.head("/sealed/a").expect(200)), Some("AES256"));
    city.put("/sealed/later", "four").expect(200);
    assert_eq!(told(&city.head("/sealed/later").expect(200)), None);
}

#[test]
fn other_default_encryption_is_refused() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/sealed", "").expect(200);
    let with = |inner: &str| AES256.replace("<SSEAlgorithm>AES256</SSEAlgorithm>", inner);
    let kms = with("<SSEAlgorithm>aws:kms</SSEAlgorithm>");
    city.put("/sealed?encryption", kms)
        .refused(501, "NotImplemented");
    for bad in [
        with("<SSEAlgorithm>AES192</SSEAlgorithm>"),
        with("<SSEAlgorithm>AES256</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID>"),
        with(""),
        AES256.replace("Rule>", "Rules>"),
        "<ServerSideEncryptionConfiguration/>".to_owned(),
        String::new(),
    ] {
        city.put("/sealed?encryption", bad)
            .refused(400, "MalformedXML");
    }
    city.get("/no-such-bucket?encryption")
        .refused(404, "NoSuchBucket");
}
