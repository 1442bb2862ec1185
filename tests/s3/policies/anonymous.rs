//! Requests without a signature: nothing, but for what a bucket's policy opens to everybody.

use super::{BUCKET, OBJECTS, Scene, statement};
use crate::points::uploads::Upload;
use serde_json::{Value, json};

fn everybody(action: &Value, resource: &Value) -> Value {
    json!([statement("Allow", &json!("*"), action, resource)])
}

#[test]
fn anonymous_reads_what_is_open_and_nothing_else() {
    let scene = Scene::start();
    let refused = |method: &str, target: &str| {
        scene
            .anonymous(method, target, "")
            .refused(403, "AccessDenied");
    };
    for target in [
        "/paper/a",
        "/paper",
        "/paper?list-type=2",
        "/paper?policy",
        "/",
        "/paper?acl",
    ] {
        refused("GET", target);
    }
    scene.policy(&everybody(&json!("s3:GetObject"), &json!(OBJECTS)));
    assert_eq!(
        scene.anonymous("GET", "/paper/a", "").expect(200).body,
        b"the record"
    );
    scene.anonymous("HEAD", "/paper/a", "").expect(200);
    let ranged = scene.city.request("GET", "/paper/a").anonymous();
    assert_eq!(
        ranged.header("range", "bytes=4-5").send().expect(206).body,
        b"re"
    );
    // Without ListBucket nobody is told what is missing (38).
    refused("GET", "/paper/missing");
    scene.anonymous("HEAD", "/paper/missing", "").expect(403);
    for target in [
        "/paper",
        "/paper?versions",
        "/paper?uploads",
        "/paper/a?tagging",
        "/",
        "/other",
    ] {
        let status = if target == "/other" {
            (404, "NoSuchBucket")
        } else {
            (403, "AccessDenied")
        };
        scene
            .anonymous("GET", target, "")
            .refused(status.0, status.1);
    }
    for (method, target) in [
        ("PUT", "/paper/b"),
        ("DELETE", "/paper/a"),
        ("PUT", "/mine"),
        ("DELETE", "/paper"),
        ("POST", "/paper/b?uploads"),
        ("PUT", "/paper/a?tagging"),
    ] {
        refused(method, target);
    }
    refused("GET", "/paper/a?versionId=null");
    scene.is_unharmed();
}

#[test]
fn anonymous_lists_writes_and_deletes_where_that_is_open() {
    let scene = Scene::start();
    scene.policy(&everybody(&json!(["s3:ListBucket"]), &json!(BUCKET)));
    let listed = scene
        .anonymous("GET", "/paper?list-type=2&fetch-owner=true", "")
        .expect(200);
    assert_eq!(listed.texts("Key"), ["a"]);
    assert_eq!(
        scene
            .anonymous("GET", "/paper", "")
            .expect(200)
            .texts("Key"),
        ["a"]
    );
    scene.anonymous("HEAD", "/paper", "").expect(200);
    scene
        .anonymous("GET", "/paper/a", "")
        .refused(403, "AccessDenied");
    let write = json!(["s3:PutObject", "s3:AbortMultipartUpload", "s3:GetObject"]);
    scene.policy(&everybody(&write, &json!("arn:aws:s3:::paper/in/*")));
    scene
        .anonymous("PUT", "/paper/in/x", "from nobody")
        .expect(200);
    scene
        .anonymous("PUT", "/paper/x", "from nobody")
        .refused(403, "AccessDenied");
    assert_eq!(
        scene.city.get("/paper/in/x").expect(200).body,
        b"from nobody"
    );
    let chunked = scene.city.request("PUT", "/paper/in/y").anonymous();
    let chunked = chunked
        .header("transfer-encoding", "chunked")
        .body("4\r\nfour\r\n0\r\n\r\n");
    assert!([200, 411].contains(&chunked.send().status));
    let wrong = scene.city.request("PUT", "/paper/in/z").anonymous();
    let wrong = wrong
        .header("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")
        .body("x");
    wrong.send().refused(400, "BadDigest");
    let hash = crate::raw::sha256_hex(b"y");
    let wrong = scene.city.request("PUT", "/paper/in/z").anonymous();
    let wrong = wrong.header("x-amz-content-sha256", &hash).body("x");
    wrong.send().refused(400, "XAmzContentSHA256Mismatch");
    let created = scene
        .anonymous("POST", "/paper/in/parts?uploads", "")
        .expect(200);
    let id = created.text("UploadId").expect("an id");
    let part = format!("/paper/in/parts?partNumber=1&uploadId={id}");
    let etag = scene.anonymous("PUT", &part, "part").expect(200);
    let document = Upload::document(&[(1, etag.header("etag").expect("an ETag"))]);
    let complete = format!("/paper/in/parts?uploadId={id}");
    scene.anonymous("POST", &complete, &document).expect(200);
    assert_eq!(
        scene
            .anonymous("GET", "/paper/in/parts", "")
            .expect(200)
            .body,
        b"part"
    );
    scene
        .anonymous("DELETE", "/paper/in/x", "")
        .refused(403, "AccessDenied");
}

/// Each key by itself: what may go goes, the rest stays.
#[test]
fn delete_objects_decides_per_key() {
    let scene = Scene::start();
    for key in ["in/1", "in/2", "out/1"] {
        scene.city.put(&format!("/paper/{key}"), "x").expect(200);
    }
    let many = "<Delete><Object><Key>in/1</Key></Object><Object><Key>out/1</Key></Object>\
                <Object><Key>in/2</Key><VersionId>null</VersionId></Object>\
                <Object><Key>in/missing</Key></Object></Delete>";
    scene
        .anonymous("POST", "/paper?delete", many)
        .refused(403, "AccessDenied");
    scene.policy(&everybody(
        &json!("s3:DeleteObject"),
        &json!("arn:aws:s3:::paper/in/*"),
    ));
    let answer = scene.anonymous("POST", "/paper?delete", many).expect(200);
    let body = answer.body_text();
    assert_eq!(answer.texts("Code"), ["AccessDenied", "AccessDenied"]);
    let (deleted, refused): (Vec<_>, Vec<_>) = ["in/1", "in/missing", "out/1", "in/2"]
        .into_iter()
        .partition(|key| body.contains(&format!("<Deleted><Key>{key}</Key>")));
    assert_eq!(
        (deleted, refused),
        (vec!["in/1", "in/missing"], vec!["out/1", "in/2"])
    );
    assert_eq!(
        scene.city.get("/paper").expect(200).texts("Key"),
        ["a", "in/2", "out/1"]
    );
}

/// Row 53: nobody makes a page of another's object.
#[test]
fn row_53_response_headers_are_for_who_signs() {
    let scene = Scene::start();
    scene.policy(&everybody(&json!("s3:GetObject"), &json!(OBJECTS)));
    for name in [
        "content-type",
        "content-language",
        "expires",
        "cache-control",
        "content-disposition",
        "content-encoding",
    ] {
        let target = format!("/paper/a?response-{name}=text%2Fhtml");
        scene
            .anonymous("GET", &target, "")
            .refused(400, "InvalidRequest");
        scene.anonymous("HEAD", &target, "").expect(400);
        let signed = scene.other.get(&target).expect(200);
        assert_eq!(signed.header(name), Some("text/html"));
        let presigned = scene.other.request("GET", &target).presigned();
        presigned.send().expect(200);
    }
}

/// Point 18: whether a bucket is there is told to everybody; a body is waited for by nobody.
#[test]
fn point_18_missing_bucket_is_missing_for_nobody_too() {
    let scene = Scene::start();
    for (method, target) in [
        ("GET", "/missing"),
        ("GET", "/missing/a"),
        ("DELETE", "/missing/a"),
        ("DELETE", "/missing"),
        ("PUT", "/missing/a"),
        ("POST", "/missing?delete"),
    ] {
        scene
            .anonymous(method, target, "")
            .refused(404, "NoSuchBucket");
    }
    assert_eq!(
        scene.anonymous("HEAD", "/missing", "").expect(404).body,
        b""
    );
    scene
        .anonymous("PUT", "/missing", "")
        .refused(403, "AccessDenied");
}
