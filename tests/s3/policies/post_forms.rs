//! Browsers' forms and policies: a form may what its signer may, and nobody's form what the
//! bucket's policy opens to everybody (points 104 to 108; attacks 33, 35 to 37, 40).

use super::{BUCKET, OBJECTS, Scene, allow, denied, grant, of, statement, user};
use crate::post::PostForm;
use crate::raw::Account;
use serde_json::{Value, json};

fn form(account: &Account) -> PostForm {
    PostForm::of(account, "paper", "b")
}

fn everybody(action: &Value) -> Value {
    json!([statement("Allow", &json!("*"), action, &json!(OBJECTS))])
}

const TAGS: &str = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";

#[test]
fn point_106_form_may_what_its_signer_may() {
    let scene = Scene::start();
    let ana = user(&scene.city, "ana");
    denied(form(&ana).send());
    denied(form(&scene.other).send());
    // The bucket's own ARN is not the object's (76).
    let on_bucket = json!([{"Effect": "Allow", "Action": "s3:PutObject", "Resource": BUCKET}]);
    grant(&scene.city, "ana", &on_bucket);
    denied(form(&ana).send());
    scene.is_unharmed();
    let own =
        json!([{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::paper/b*"}]);
    grant(&scene.city, "ana", &own);
    form(&ana).send().expect(204);
    denied(PostForm::of(&ana, "paper", "c").send());
    // What a form asks for beyond the object needs its own permission.
    denied(form(&ana).field("tagging", TAGS).send());
    let both = json!([allow(&json!(["s3:PutObject", "s3:PutObjectTagging"]))]);
    grant(&scene.city, "ana", &both);
    form(&ana).field("tagging", TAGS).send().expect(204);
    let lock = form(&ana).field("x-amz-object-lock-legal-hold", "ON");
    denied(lock.clone().send());
    let lock = lock.field("x-amz-object-lock-mode", "GOVERNANCE");
    denied(lock.send());
    let root = form(&scene.city).field("x-amz-object-lock-legal-hold", "ON");
    root.send().refused(400, "InvalidRequest");
    // A signer that is gone, or may no longer, has signed for nothing.
    grant(&scene.city, "ana", &json!([allow(&json!("s3:GetObject"))]));
    denied(form(&ana).send());
}

/// Across accounts both have to allow it.
#[test]
fn point_106_form_of_another_account_needs_both() {
    let scene = Scene::start();
    let eva = user(&scene.other, "eva");
    let statement = statement(
        "Allow",
        &of(&scene.other),
        &json!("s3:PutObject"),
        &json!(OBJECTS),
    );
    scene.policy(&json!([statement]));
    denied(form(&eva).send());
    grant(&scene.other, "eva", &json!([allow(&json!("s3:PutObject"))]));
    form(&eva).send().expect(204);
    form(&scene.other).send().expect(204);
    let stored = scene.city.get("/paper/b").expect(200);
    assert_eq!(stored.body, b"the file");
}

#[test]
fn point_106_anonymous_form_needs_an_open_bucket_and_no_policy() {
    let scene = Scene::start();
    let nobody = || form(&scene.city).anonymous();
    denied(nobody().send());
    let missing = PostForm::of(&scene.city, "no-such-bucket", "a").anonymous();
    missing.send().refused(404, "NoSuchBucket");
    scene.is_unharmed();
    scene.policy(&everybody(&json!("s3:PutObject")));
    let tagged = nobody().bare("tagging", TAGS);
    denied(tagged.clone().send());
    let answer = nobody()
        .bare("x-amz-meta-a", "1")
        .bare("Content-Type", "text/plain")
        .bare("success_action_status", "201")
        .send()
        .expect(201);
    assert_eq!(answer.text("Key").as_deref(), Some("b"));
    let stored = scene.city.get("/paper/b").expect(200);
    assert_eq!(stored.header("x-amz-meta-a"), Some("1"));
    scene.policy(&everybody(&json!(["s3:PutObject", "s3:PutObjectTagging"])));
    tagged.send().expect(204);
    // A signature that does not hold makes no anonymous form, nor does one that is there in part.
    let signed = form(&scene.city).sign();
    let forged = signed.clone().set("x-amz-signature", "0".repeat(64)).send();
    forged.refused(403, "SignatureDoesNotMatch");
    let mut unknown = scene.city.clone();
    unknown.access_key_id = "AKIDUNKNOWN".to_owned();
    form(&unknown).send().refused(403, "InvalidAccessKeyId");
    for name in [
        "policy",
        "x-amz-signature",
        "x-amz-credential",
        "x-amz-algorithm",
        "x-amz-date",
    ] {
        let part = signed.clone().remove(name).send();
        part.refused(400, "InvalidArgument");
    }
    let elsewhere = nobody().bare("bucket", "another").send();
    elsewhere.refused(403, "AccessDenied");
}

/// Denies writes under a condition.
fn deny(scene: &Scene, operator: &str, key: &str, value: &str) {
    let mut deny = statement("Deny", &json!("*"), &json!("s3:PutObject"), &json!(OBJECTS));
    deny["Condition"] = json!({operator: {key: value}});
    scene.policy(&json!([deny]));
}

/// A denial wins, and what it asks of a request a form has in its fields.
#[test]
fn point_106_conditions_of_policies_see_the_fields() {
    let scene = Scene::start();
    let sse = "x-amz-server-side-encryption";
    let class = "x-amz-storage-class";
    for (key, value, field) in [
        (&*format!("s3:{sse}"), "AES256", (sse, "AES256")),
        ("s3:x-amz-acl", "private", ("acl", "private")),
        ("s3:RequestObjectTag/k", "v", ("tagging", TAGS)),
        (&format!("s3:{class}"), "STANDARD", (class, "STANDARD")),
        ("s3:if-none-match", "*", ("if-none-match", "*")),
    ] {
        deny(&scene, "StringNotEquals", key, value);
        denied(form(&scene.city).send());
        scene.is_unharmed();
        let sent = form(&scene.city).field(field.0, field.1).send();
        sent.expect(204);
        scene.city.delete("/paper/b").expect(204);
    }
}

/// No header of the request is a field, and none is the caller's address.
#[test]
fn point_106_conditions_of_policies_do_not_see_headers_of_the_request() {
    let scene = Scene::start();
    let dressed = |name: &str, value: &str| {
        let request = form(&scene.city).sign().request();
        request.header(name, value).send()
    };
    deny(&scene, "StringNotEquals", "s3:x-amz-acl", "private");
    denied(dressed("x-amz-acl", "private"));
    deny(&scene, "NotIpAddress", "aws:SourceIp", "10.1.1.1/32");
    denied(dressed("x-forwarded-for", "10.1.1.1"));
    let evil = "https://evil.example/";
    deny(&scene, "StringEquals", "aws:Referer", evil);
    denied(dressed("referer", evil));
    scene.is_unharmed();
    dressed("referer", "https://city.example/").expect(204);
}

/// How a request was authenticated is known.
#[test]
fn point_106_forms_are_known_by_their_auth_type() {
    let scene = Scene::start();
    let put = || scene.city.put("/paper/b", "by header");
    deny(&scene, "StringEquals", "s3:authType", "POST");
    denied(form(&scene.city).send());
    put().expect(200);
    deny(&scene, "StringNotEquals", "s3:authType", "POST");
    form(&scene.city).send().expect(204);
    denied(put());
}

/// Accounts that an operator has stopped, and keys that were switched off, sign for nothing.
#[test]
fn point_106_signer_that_is_stopped_is_refused() {
    let scene = Scene::start();
    let signed = form(&scene.city).sign();
    let set = |status: &str| {
        let words = ["tenant", "update", "city", "--status", status];
        scene.server.admin(&words).expect("a status");
    };
    set("suspended");
    signed.send().refused(403, "AllAccessDisabled");
    set("read-only");
    signed.send().refused(403, "AccessDenied");
    set("active");
    signed.send().expect(204);
}
