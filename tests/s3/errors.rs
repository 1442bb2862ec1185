//! Refusals say what AWS's say: the standard elements of each, and those that its code adds.

use crate::raw::{Answer, Request, amz_date, sha256_hex};
use crate::server::TestServer;

/// A refusal with these elements, and the four that every one has.
#[track_caller]
fn says(answer: Answer, (status, code): (u16, &str), elements: &[(&str, &str)]) -> Answer {
    let answer = answer.refused(status, code);
    for (name, text) in elements {
        assert_eq!(
            answer.text(name).as_deref(),
            Some(*text),
            "{}",
            answer.body_text()
        );
    }
    let names = ["Message", "Resource", "RequestId", "HostId"];
    let is_said = |name: &&str| answer.text(name).is_some_and(|text| !text.is_empty());
    assert!(names.iter().all(is_said), "{}", answer.body_text());
    assert_eq!(answer.header("content-type"), Some("application/xml"));
    assert_eq!(
        answer.text("RequestId").as_deref(),
        answer.header("x-amz-request-id")
    );
    assert_eq!(
        answer.text("HostId").as_deref(),
        answer.header("x-amz-id-2")
    );
    answer
}

#[test]
fn refused_signatures_say_what_was_signed() {
    let server = TestServer::start();
    let city = server.account("city");
    let id = &*city.access_key_id;
    let put = city.request("PUT", "/errors/object?x-id=a").body("body");
    let put = put.header("x-amz-server-side-encryption-customer-key", "Q1VTVE9N");
    let mut wire = put.wire();
    let authorization = wire.value("authorization").to_owned();
    let signature = authorization.rsplit('=').next().expect("a signature");
    wire.target = "/errors/object?x-id=b".to_owned();
    let elements = [("AWSAccessKeyId", id), ("SignatureProvided", signature)];
    let denied = (403, "SignatureDoesNotMatch");
    let answer = says(wire.send(city.port), denied, &elements);
    let date = wire.value("x-amz-date");
    let canonical = answer
        .text("CanonicalRequest")
        .expect("a canonical request");
    assert!(
        canonical.starts_with("PUT\n/errors/object\nx-id=b\nhost:127.0.0.1:"),
        "{canonical}"
    );
    assert!(
        canonical.ends_with(&format!("\n{}", sha256_hex(b"body"))),
        "{canonical}"
    );
    assert!(!canonical.contains("Q1VTVE9N"), "{canonical}");
    let string_to_sign = answer.text("StringToSign").expect("a string to sign");
    assert!(string_to_sign.starts_with(&format!("AWS4-HMAC-SHA256\n{date}\n")));
    for (bytes, text) in [
        ("StringToSignBytes", string_to_sign),
        ("CanonicalRequestBytes", canonical),
    ] {
        let bytes = answer.text(bytes).expect("bytes").replace(' ', "");
        assert_eq!(hex::decode(bytes).expect("hex"), text.as_bytes());
    }
    let mut stranger = city.clone();
    stranger.access_key_id = "AKIAIOSFODNN7EXAMPLE".to_owned();
    let elements = [("AWSAccessKeyId", "AKIAIOSFODNN7EXAMPLE")];
    for request in [
        stranger.request("GET", "/"),
        stranger.request("GET", "/").presigned(),
    ] {
        says(request.send(), (403, "InvalidAccessKeyId"), &elements);
    }
    let late = city.request("GET", "/").aged(3600).send();
    let skew = ("MaxAllowedSkewMilliseconds", "900000");
    let late = says(late, (403, "RequestTimeTooSkewed"), &[skew]);
    assert!(late.text("RequestTime").is_some() && late.text("ServerTime").is_some());
}

/// The operator sees in one line of the log why a signature failed, and nothing secret.
#[test]
fn log_says_why_a_signature_failed_without_secrets() {
    let server = TestServer::start();
    let city = server.account("city");
    let put = city.request("PUT", "/errors/a%20b").body("body");
    let put = put.header("x-amz-server-side-encryption-customer-key", "Q1VTVE9N");
    let mut wire = put.wire();
    let authorization = wire.value("authorization").to_owned();
    let signature = authorization.rsplit('=').next().expect("a signature");
    wire.target = "/errors/a%20c".to_owned();
    let answer = wire.send(city.port).refused(403, "SignatureDoesNotMatch");
    let request_id = answer.text("RequestId").expect("an id");
    let mut presigned = city.request("GET", "/errors/object").presigned().wire();
    presigned.target.push_str("&versionId=1");
    presigned
        .send(city.port)
        .refused(403, "SignatureDoesNotMatch");
    let log = server.log();
    let line = log.lines().find(|line| line.contains(&request_id));
    let line = line.expect("a line of the request");
    for part in [
        "INFO",
        "SignatureDoesNotMatch",
        "canonical_request",
        "PUT\\\\n/errors/a%20c\\\\n",
        "x-amz-server-side-encryption-customer-key:(left out)",
        "string_to_sign",
    ] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    let (_, presigned) = presigned
        .target
        .split_once("X-Amz-Signature=")
        .expect("a signature");
    for secret in [&city.secret, "Q1VTVE9N", signature, &presigned[..64]] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}

#[test]
fn missing_things_are_named() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/errors", "").expect(200);
    let bucket = ("BucketName", "no-such-bucket");
    says(
        city.get("/no-such-bucket"),
        (404, "NoSuchBucket"),
        &[bucket],
    );
    says(
        city.put("/no-such-bucket/a", "x"),
        (404, "NoSuchBucket"),
        &[bucket],
    );
    let object = ("Key", "a b\u{17e}");
    says(
        city.get("/errors/a%20b%C5%BE"),
        (404, "NoSuchKey"),
        &[object],
    );
    let version = [
        ("Key", "a"),
        ("VersionId", "01230123012301230123012301230123"),
    ];
    says(
        city.get("/errors/a?versionId=01230123012301230123012301230123"),
        (404, "NoSuchVersion"),
        &version,
    );
    let upload = ("UploadId", "none");
    for request in [
        city.request("DELETE", "/errors/a?uploadId=none"),
        city.request("GET", "/errors/a?uploadId=none"),
        city.request("PUT", "/errors/a?partNumber=1&uploadId=none"),
    ] {
        says(request.send(), (404, "NoSuchUpload"), &[upload]);
    }
    let copy = city.request("PUT", "/errors/copy");
    let copy = copy.header("x-amz-copy-source", "errors/none").send();
    says(copy, (404, "NoSuchKey"), &[("Key", "none")]);
    city.put("/errors/object", "body").expect(200);
    let bucket = ("BucketName", "errors");
    says(city.delete("/errors"), (409, "BucketNotEmpty"), &[bucket]);
    let other = server.account("other");
    says(
        other.put("/errors", ""),
        (409, "BucketAlreadyExists"),
        &[bucket],
    );
}

#[test]
fn wrong_arguments_are_named() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/errors", "").expect(200);
    let argument = [("ArgumentName", "partNumber"), ("ArgumentValue", "0")];
    let part = city.get("/errors/a?partNumber=0");
    says(part, (400, "InvalidArgument"), &argument);
    let argument = [("ArgumentName", "max-keys"), ("ArgumentValue", "x")];
    says(
        city.get("/errors?max-keys=x"),
        (400, "InvalidArgument"),
        &argument,
    );
    let hash = city.request("PUT", "/errors/a").payload("none").send();
    let argument = [
        ("ArgumentName", "x-amz-content-sha256"),
        ("ArgumentValue", "none"),
    ];
    says(hash, (400, "InvalidArgument"), &argument);
    let name = ("BucketName", "UP");
    says(city.put("/UP", ""), (400, "InvalidBucketName"), &[name]);
    let class = city.request("PUT", "/errors/a");
    let class = class.header("x-amz-storage-class", "GLACIER").send();
    let requested = ("StorageClassRequested", "GLACIER");
    says(class, (400, "InvalidStorageClass"), &[requested]);
    let uri = ("URI", "/errors/%zz");
    says(city.get("/errors/%zz"), (400, "InvalidURI"), &[uri]);
    let long = city.put(&format!("/errors/{}", "k".repeat(1025)), "");
    says(
        long,
        (400, "KeyTooLongError"),
        &[("Size", "1025"), ("MaxSizeAllowed", "1024")],
    );
    let large = city.request("PUT", "/errors/a");
    let large = large.header("x-amz-meta-a", &"v".repeat(2048)).send();
    let sizes = [("Size", "2049"), ("MaxSizeAllowed", "2048")];
    says(large, (400, "MetadataTooLarge"), &sizes);
    for (method, target, kind, allow) in [
        ("PATCH", "/", "SERVICE", "GET"),
        ("DELETE", "/", "SERVICE", "GET"),
        ("PATCH", "/errors", "BUCKET", "DELETE, GET, HEAD, POST, PUT"),
        ("POST", "/errors?versioning", "BUCKET", "GET, PUT"),
        ("PUT", "/errors?location", "BUCKET", "GET"),
        ("PATCH", "/errors/a", "OBJECT", "DELETE, GET, HEAD, PUT"),
        (
            "PUT",
            "/errors/a?partNumber=1",
            "OBJECT",
            "DELETE, GET, HEAD",
        ),
        ("PUT", "/errors/a?uploads", "OBJECT", "POST"),
    ] {
        let elements = [("Method", method), ("ResourceType", kind)];
        let answer = city.request(method, target).send();
        let answer = says(answer, (405, "MethodNotAllowed"), &elements);
        assert_eq!(answer.header("allow"), Some(allow), "{method} {target}");
    }
    let acl = city.get("/errors/a?replication");
    says(acl, (501, "NotImplemented"), &[("Header", "replication")]);
}

#[test]
fn bodies_that_differ_are_told_how() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/errors", "").expect(200);
    let put = || -> Request { city.request("PUT", "/errors/a").body("body") };
    // MD5 of nothing, and of the body.
    let digests = [
        ("ExpectedDigest", "1B2M2Y8AsgTpgAmY7PhCfg=="),
        ("CalculatedDigest", "hBotaJrYa9FhFEdFPCLG/A=="),
    ];
    let wrong = put()
        .header("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")
        .send();
    says(wrong, (400, "BadDigest"), &digests);
    let wrong = put().header("content-md5", "none").send();
    says(wrong, (400, "InvalidDigest"), &[("Content-MD5", "none")]);
    let (declared, calculated) = (sha256_hex(b"other"), sha256_hex(b"body"));
    let hashes = [
        ("ClientComputedContentSHA256", &*declared),
        ("S3ComputedContentSHA256", &calculated),
    ];
    let wrong = put().payload(&declared).send();
    says(wrong, (400, "XAmzContentSHA256Mismatch"), &hashes);
    let mut huge = put().wire();
    huge.set("content-length", "5368709121");
    let sizes = [
        ("ProposedSize", "5368709121"),
        ("MaxSizeAllowed", "5368709120"),
    ];
    says(huge.send(city.port), (400, "EntityTooLarge"), &sizes);
}

#[test]
fn failed_conditions_and_ranges_are_named() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/errors", "").expect(200);
    city.put("/errors/a", "body").expect(200);
    for (method, name, value) in [
        ("GET", "If-Match", "\"00\""),
        ("PUT", "If-Match", "\"00\""),
        ("PUT", "If-None-Match", "*"),
        (
            "GET",
            "If-Unmodified-Since",
            "Sat, 01 Jan 2000 00:00:00 GMT",
        ),
    ] {
        let request = city.request(method, "/errors/a");
        let answer = request.unsigned_header(name, value).send();
        says(answer, (412, "PreconditionFailed"), &[("Condition", name)]);
    }
    let range = city
        .request("GET", "/errors/a")
        .header("range", "bytes=4-")
        .send();
    let elements = [("RangeRequested", "bytes=4-"), ("ActualObjectSize", "4")];
    says(range, (416, "InvalidRange"), &elements);
    let head = city
        .request("HEAD", "/errors/a")
        .header("range", "bytes=4-")
        .send();
    assert_eq!((head.status, head.body.len()), (416, 0));
    let head = city.head("/errors/none");
    assert_eq!((head.status, head.body.len()), (404, 0));
}

#[test]
fn refused_parts_are_named() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/errors", "").expect(200);
    let created = city.post("/errors/a?uploads", "").expect(200);
    let id = created.text("UploadId").expect("an id");
    let part = |number: usize| {
        let target = format!("/errors/a?partNumber={number}&uploadId={id}");
        city.put(&target, "small").expect(200)
    };
    let etag = part(1).header("etag").expect("an etag").to_owned();
    part(2);
    let entry = |number: usize| {
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
    };
    let complete = |parts: String| {
        let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        city.post(&format!("/errors/a?uploadId={id}"), body)
    };
    let small = [
        ("ProposedSize", "5"),
        ("MinSizeAllowed", "5242880"),
        ("PartNumber", "1"),
        ("ETag", etag.trim_matches('"')),
    ];
    says(
        complete(entry(1) + &entry(2)),
        (400, "EntityTooSmall"),
        &small,
    );
    let missing = [("UploadId", &*id), ("PartNumber", "3")];
    says(complete(entry(3)), (400, "InvalidPart"), &missing);
    let order = complete(entry(2) + &entry(1));
    says(order, (400, "InvalidPartOrder"), &[("UploadId", &id)]);
}

#[test]
fn expired_presigned_says_when() {
    let server = TestServer::start();
    let city = server.account("city");
    let old = city
        .request("GET", "/errors/a")
        .presigned()
        .aged(3600)
        .send();
    let old = says(old, (403, "AccessDenied"), &[("X-Amz-Expires", "300")]);
    let year = &amz_date(3600)[..4];
    assert!(
        old.text("Expires")
            .is_some_and(|time| time.starts_with(year))
    );
    assert!(old.text("ServerTime").is_some());
}
