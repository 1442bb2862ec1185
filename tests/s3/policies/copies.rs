//! Rows 31 and 32, point 76: what a copy reads, what a version needs, what an upload needs.

use super::{BUCKET, OBJECTS, Scene, allow, denied, grant, of, statement, user};
use crate::points::uploads::Upload;
use crate::versioning::{at, put, set};
use serde_json::json;

#[test]
fn row_31_copy_reads_only_what_its_caller_may_read() {
    let scene = Scene::start();
    let (city, other) = (&scene.city, &scene.other);
    other.put("/mine", "").expect(200);
    let copy = |headers: &[(&str, &str)]| {
        let mut copy = other
            .request("PUT", "/mine/copy")
            .header("x-amz-copy-source", "/paper/a");
        for (name, value) in headers {
            copy = copy.header(name, value);
        }
        copy.send()
    };
    let upload = Upload::create(other, "/mine/parts");
    let part = || {
        let target = format!("/mine/parts?partNumber=1&uploadId={}", upload.id);
        other
            .request("PUT", &target)
            .header("x-amz-copy-source", "/paper/a")
            .send()
    };
    denied(copy(&[]));
    denied(copy(&[("x-amz-copy-source-if-match", "\"no\"")]));
    denied(part());
    let write = statement("Allow", &of(other), &json!("s3:PutObject"), &json!(OBJECTS));
    scene.policy(&json!([write]));
    denied(copy(&[]));
    denied(part());
    assert!(other.get("/mine").expect(200).texts("Key").is_empty());
    let read = statement("Allow", &of(other), &json!("s3:GetObject"), &json!(OBJECTS));
    scene.policy(&json!([read]));
    copy(&[]).expect(200);
    part().expect(200);
    assert_eq!(other.get("/mine/copy").expect(200).body, b"the record");
    // Tags that go along are read as well.
    let tags = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
    city.put("/paper/a?tagging", tags).expect(200);
    denied(copy(&[]));
    copy(&[("x-amz-tagging-directive", "REPLACE")]).expect(200);
    let both = json!(["s3:GetObject", "s3:GetObjectTagging"]);
    scene.policy(&json!([statement(
        "Allow",
        &of(other),
        &both,
        &json!(OBJECTS)
    )]));
    copy(&[]).expect(200);
    scene.is_unharmed();
}

#[test]
fn row_32_ghsa_3ppv_version_needs_a_permission_of_its_own() {
    let scene = Scene::start();
    let (city, other) = (&scene.city, &scene.other);
    set(city, "/paper", "Enabled");
    let version = put(city, "/paper/a", "newer");
    let (named, null) = (at("/paper/a", &version), at("/paper/a", "null"));
    other.put("/mine", "").expect(200);
    let copy = |source: &str| {
        let copy = other.request("PUT", "/mine/copy");
        copy.header("x-amz-copy-source", source).send()
    };
    let plain = json!([
        "s3:GetObject",
        "s3:GetObjectTagging",
        "s3:DeleteObject",
        "s3:GetObjectAttributes"
    ]);
    scene.policy(&json!([statement(
        "Allow",
        &of(other),
        &plain,
        &json!(OBJECTS)
    )]));
    other.get("/paper/a").expect(200);
    copy("/paper/a").expect(200);
    for target in [&named, &null] {
        denied(other.get(target));
        denied(other.head(target));
        denied(other.get(&format!("{target}&tagging")));
        denied(other.delete(target));
        denied(copy(target));
        let attributes = other.request("GET", &format!("{target}&attributes"));
        denied(attributes.header("x-amz-object-attributes", "ETag").send());
    }
    // An empty one names a version, too, or another reader of the policy could take it for none.
    denied(other.get("/paper/a?versionId="));
    let many =
        format!("<Delete><Object><Key>a</Key><VersionId>{version}</VersionId></Object></Delete>");
    let many = other.post("/paper?delete", many).expect(200);
    assert_eq!(many.texts("Code"), ["AccessDenied"]);
    let versions = json!(["s3:GetObjectVersion"]);
    scene.policy(&json!([statement(
        "Allow",
        &of(other),
        &versions,
        &json!(OBJECTS)
    )]));
    assert_eq!(other.get(&null).expect(200).body, b"the record");
    copy(&named).expect(200);
    denied(other.get("/paper/a"));
}

#[test]
fn point_76_upload_needs_the_permission_for_its_object() {
    let scene = Scene::start();
    let other = &scene.other;
    let put = json!("s3:PutObject");
    scene.policy(&json!([statement(
        "Allow",
        &of(other),
        &put,
        &json!(BUCKET)
    )]));
    denied(other.post("/paper/new?uploads", ""));
    denied(other.put("/paper/new", "x"));
    scene.policy(&json!([statement(
        "Allow",
        &of(other),
        &put,
        &json!("arn:aws:s3:::paper/new")
    )]));
    denied(other.post("/paper/newer?uploads", ""));
    let upload = Upload::create(other, "/paper/new");
    let etag = upload.part(1, b"part");
    // Who began it lists and ends it as well, whatever the policy says of that.
    upload.list("").expect(200);
    Upload::create(other, "/paper/new").abort().expect(204);
    let document = Upload::document(&[(1, &etag)]);
    upload.complete_request(&document).send().expect(200);
    // The bucket's owner owns it.
    assert_eq!(scene.city.get("/paper/new").expect(200).body, b"part");
    denied(other.get("/paper/new"));
}

/// Row 34, point 13: the expectation about the owner is judged for everybody.
#[test]
fn row_34_wrong_owner_is_refused_also_to_nobody() {
    let scene = Scene::start();
    let resources = json!([BUCKET, OBJECTS]);
    let open = statement("Allow", &json!("*"), &json!("s3:*"), &resources);
    scene.policy(&json!([open]));
    let owner = scene.city.get("/").expect(200).text("ID").expect("an id");
    for (expected, status) in [(owner.as_str(), 200), ("111122223333", 403), ("", 403)] {
        let expecting = |target: &str| {
            let request = scene.city.request("GET", target);
            request.header("x-amz-expected-bucket-owner", expected)
        };
        for target in ["/paper/a", "/paper", "/paper?policyStatus"] {
            expecting(target).anonymous().send().expect(status);
            expecting(target).send().expect(status);
        }
    }
}

/// Who could change a bucket's policy would have everything in it: nobody else can be allowed that.
#[test]
fn bucket_policy_is_handled_by_its_account_alone() {
    let scene = Scene::start();
    let resources = json!([BUCKET, OBJECTS]);
    let open = statement("Allow", &json!("*"), &json!("s3:*"), &resources);
    let named = statement("Allow", &of(&scene.other), &json!("s3:*Policy"), &resources);
    scene.policy(&json!([open, named]));
    let text = super::policy(&json!([open]));
    scene.other.get("/paper/a").expect(200);
    for (method, body) in [("GET", ""), ("PUT", text.as_str()), ("DELETE", "")] {
        denied(scene.anonymous(method, "/paper?policy", body));
        let by_other = scene.other.request(method, "/paper?policy");
        denied(by_other.body(body).send());
    }
    // The account's own user can be.
    let ana = user(&scene.city, "ana");
    ana.get("/paper?policy").expect(200);
    ana.put("/paper?policy", text).expect(204);
}

/// A user of another tenant needs the bucket's word and its own tenant's.
#[test]
fn foreign_user_needs_both_policies() {
    let scene = Scene::start();
    let eva = user(&scene.other, "eva");
    let arn = format!("arn:aws:iam::{}:user/eva", super::number(&scene.other));
    let read = json!("s3:GetObject");
    for principal in [of(&scene.other), json!({"AWS": arn}), json!("*")] {
        grant(&scene.other, "eva", &json!([allow(&json!("iam:GetUser"))]));
        scene.policy(&json!([statement(
            "Allow",
            &principal,
            &read,
            &json!(OBJECTS)
        )]));
        denied(eva.get("/paper/a"));
        grant(&scene.other, "eva", &json!([allow(&read)]));
        eva.get("/paper/a").expect(200);
        scene.city.delete("/paper?policy").expect(204);
        denied(eva.get("/paper/a"));
    }
    scene.is_unharmed();
}
