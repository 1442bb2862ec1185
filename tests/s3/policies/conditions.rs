//! Points 74 and 75: each condition key by a request that has it and one that has not.

use super::{BUCKET, OBJECTS, Scene, denied, of, statement};
use crate::raw::{Account, Answer};
use serde_json::{Value, json};

/// What may be done with a condition, a request that fulfils it, and one that does not.
type Case<'a> = (
    Value,
    &'a [&'a str],
    &'a dyn Fn(&Account) -> Answer,
    &'a dyn Fn(&Account) -> Answer,
);

/// Allows the other tenant an action under a condition; one request passes, one does not.
#[track_caller]
fn holds(scene: &Scene, (condition, actions, passes, fails): Case<'_>) {
    let resources = json!([BUCKET, OBJECTS]);
    let mut allow = statement("Allow", &of(&scene.other), &json!(actions), &resources);
    allow["Condition"] = condition.clone();
    scene.policy(&json!([allow]));
    denied(fails(&scene.other));
    let answer = passes(&scene.other);
    assert!(answer.status < 300, "{condition}: {}", answer.body_text());
    // The same said as a denial, to the owner.
    let mut deny = statement("Deny", &json!("*"), &json!(actions), &resources);
    deny["Condition"] = condition;
    scene.policy(&json!([deny]));
    denied(passes(&scene.city));
    let answer = fails(&scene.city);
    assert!(answer.status < 300, "{}", answer.body_text());
}

fn with(account: &Account, method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = account.request(method, target);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.send()
}

fn tag_document(value: &str) -> String {
    format!("<Tagging><TagSet><Tag><Key>k</Key><Value>{value}</Value></Tag></TagSet></Tagging>")
}

#[test]
fn point_75_tags_that_the_object_has() {
    let scene = Scene::start();
    let city = &scene.city;
    with(
        city,
        "PUT",
        "/paper/public",
        &[("x-amz-tagging", "k=public&l=x")],
    )
    .expect(200);
    with(
        city,
        "PUT",
        "/paper/secret",
        &[("x-amz-tagging", "K=public&k=secret")],
    )
    .expect(200);
    let is_public = json!({"StringEquals": {"s3:existingobjecttag/k": "public"}});
    let read = ["s3:GetObject", "s3:GetObjectTagging"];
    for target in ["/paper/a", "/paper/secret"] {
        holds(
            &scene,
            (
                is_public.clone(),
                &read,
                &|by| by.get("/paper/public"),
                &|by| by.get(target),
            ),
        );
    }
    holds(
        &scene,
        (
            is_public.clone(),
            &read,
            &|by| by.head("/paper/public"),
            &|by| by.head("/paper/secret"),
        ),
    );
    let tags = |target: &str| format!("{target}?tagging");
    holds(
        &scene,
        (
            is_public,
            &read,
            &|by| by.get(&tags("/paper/public")),
            &|by| by.get(&tags("/paper/a")),
        ),
    );
    let absent = json!({"Null": {"s3:ExistingObjectTag/l": "true"}});
    holds(
        &scene,
        (absent, &read, &|by| by.get("/paper/secret"), &|by| {
            by.get("/paper/public")
        }),
    );
}

/// Point 76: what counts is what the tags are before the change.
#[test]
fn point_76_tags_before_the_change_decide_about_it() {
    let scene = Scene::start();
    let (city, other) = (&scene.city, &scene.other);
    let open = json!({"StringEquals": {"s3:ExistingObjectTag/k": "open"}});
    let actions = json!(["s3:PutObjectTagging", "s3:DeleteObjectTagging"]);
    let mut allow = statement("Allow", &of(other), &actions, &json!(OBJECTS));
    allow["Condition"] = open;
    scene.policy(&json!([allow]));
    let target = "/paper/a?tagging";
    other
        .put(target, tag_document("open"))
        .refused(403, "AccessDenied");
    city.put(target, tag_document("open")).expect(200);
    other.put(target, tag_document("closed")).expect(200);
    other
        .put(target, tag_document("open"))
        .refused(403, "AccessDenied");
    other.delete(target).refused(403, "AccessDenied");
    assert_eq!(city.get(target).expect(200).texts("Value"), ["closed"]);
}

#[test]
fn point_75_tags_that_the_request_sets() {
    let scene = Scene::start();
    let write = ["s3:PutObject", "s3:PutObjectTagging"];
    let is_ours = json!({"StringEquals": {"s3:RequestObjectTag/k": "ours"}});
    let put = |by: &Account, tags: &str| {
        let headers = [("x-amz-tagging", tags)];
        with(by, "PUT", "/paper/new", &headers)
    };
    holds(
        &scene,
        (is_ours.clone(), &write, &|by| put(by, "k=ours"), &|by| {
            put(by, "k=theirs")
        }),
    );
    holds(
        &scene,
        (is_ours.clone(), &write, &|by| put(by, "k=ours&m="), &|by| {
            by.put("/paper/new", "x")
        }),
    );
    let set = |by: &Account, value: &str| by.put("/paper/a?tagging", tag_document(value));
    holds(
        &scene,
        (is_ours, &write, &|by| set(by, "ours"), &|by| {
            set(by, "theirs")
        }),
    );
    let names = json!({"ForAllValues:StringEquals": {"s3:RequestObjectTagKeys": ["k", "l"]},
        "Null": {"s3:RequestObjectTagKeys": false}});
    holds(
        &scene,
        (names, &write, &|by| put(by, "k=1"), &|by| {
            put(by, "k=1&m=2")
        }),
    );
}

#[test]
fn point_75_headers_of_writes() {
    let scene = Scene::start();
    scene.city.put("/paper/public/form", "form").expect(200);
    let write = ["s3:PutObject"];
    let put =
        |by: &Account, name: &str, value: &str| with(by, "PUT", "/paper/new", &[(name, value)]);
    let read = statement(
        "Allow",
        &of(&scene.other),
        &json!("s3:GetObject"),
        &json!(OBJECTS),
    );
    // A copy reads its source as well.
    let mut copy = statement(
        "Allow",
        &of(&scene.other),
        &json!("s3:PutObject"),
        &json!(OBJECTS),
    );
    copy["Condition"] = json!({"StringLike": {"s3:x-amz-copy-source": "paper/public/*"}});
    scene.policy(&json!([copy, read]));
    let source = |value: &str| put(&scene.other, "x-amz-copy-source", value);
    denied(source("/paper/a"));
    denied(source("paper/a"));
    denied(scene.other.put("/paper/new", "x"));
    source("/paper/public/form").expect(200);
    source("paper/public%2Fform").expect(200);
    let directive = json!({"StringEquals": {"s3:x-amz-metadata-directive": "REPLACE"}});
    let copy = |by: &Account, directive: &str| {
        let headers = [
            ("x-amz-copy-source", "/mine/source"),
            ("x-amz-metadata-directive", directive),
        ];
        with(by, "PUT", "/paper/new", &headers)
    };
    scene.other.put("/mine", "").expect(200);
    scene.other.put("/mine/source", "x").expect(200);
    let city = of(&scene.city);
    let open = statement(
        "Allow",
        &city,
        &json!("s3:GetObject"),
        &json!("arn:aws:s3:::mine/*"),
    );
    scene
        .other
        .put("/mine?policy", super::policy(&json!([open])))
        .expect(204);
    holds(
        &scene,
        (directive, &write, &|by| copy(by, "REPLACE"), &|by| {
            copy(by, "COPY")
        }),
    );
    let sealed = json!({"StringEquals": {"s3:x-amz-server-side-encryption": "AES256"}});
    let header = "x-amz-server-side-encryption";
    holds(
        &scene,
        (sealed, &write, &|by| put(by, header, "AES256"), &|by| {
            by.put("/paper/new", "x")
        }),
    );
    scene.is_readable();
}

/// What is refused for other reasons is denied first.
#[test]
fn point_75_headers_that_are_refused_anyway() {
    let scene = Scene::start();
    for (key, header, value) in [
        ("s3:x-amz-acl", "x-amz-acl", "public-read"),
        (
            "s3:x-amz-grant-full-control",
            "x-amz-grant-full-control",
            "id=x",
        ),
        (
            "s3:x-amz-server-side-encryption-customer-algorithm",
            "x-amz-server-side-encryption-customer-algorithm",
            "AES256",
        ),
    ] {
        let put = || with(&scene.city, "PUT", "/paper/new", &[(header, value)]);
        let mut deny = statement("Deny", &json!("*"), &json!("s3:PutObject"), &json!(OBJECTS));
        deny["Condition"] = json!({"StringEquals": {key: value}});
        scene.policy(&json!([deny]));
        put().refused(403, "AccessDenied");
        scene.city.put("/paper/new", "x").expect(200);
        deny["Condition"] = json!({"Null": {key: "true"}});
        scene.policy(&json!([deny]));
        scene
            .city
            .put("/paper/new", "x")
            .refused(403, "AccessDenied");
        assert!(![200, 403].contains(&put().status), "{header}");
        scene.city.delete("/paper?policy").expect(204);
    }
}

#[test]
fn point_75_parameters_of_lists_and_reads() {
    let scene = Scene::start();
    let city = &scene.city;
    let list = ["s3:ListBucket", "s3:ListBucketVersions"];
    let at = |target: &'static str| move |by: &Account| by.get(target);
    let prefix = json!({"StringLike": {"s3:prefix": "a/*"}});
    for fails in [
        "/paper?prefix=b%2F",
        "/paper",
        "/paper?list-type=2&prefix=",
        "/paper?versions&prefix=A%2F",
    ] {
        holds(
            &scene,
            (
                prefix.clone(),
                &list,
                &at("/paper?list-type=2&prefix=a%2Fb"),
                &at(fails),
            ),
        );
    }
    holds(
        &scene,
        (
            prefix,
            &list,
            &at("/paper?versions&prefix=a%2F"),
            &at("/paper?versions"),
        ),
    );
    let folders = json!({"StringEquals": {"s3:delimiter": "/"}});
    holds(
        &scene,
        (
            folders,
            &list,
            &at("/paper?delimiter=%2F"),
            &at("/paper?delimiter=-"),
        ),
    );
    let few = json!({"NumericLessThanEquals": {"s3:max-keys": "10"}});
    for fails in ["/paper?max-keys=11", "/paper"] {
        holds(
            &scene,
            (few.clone(), &list, &at("/paper?max-keys=10"), &at(fails)),
        );
    }
    crate::versioning::set(city, "/paper", "Enabled");
    let first = crate::versioning::put(city, "/paper/v", "1");
    let second = crate::versioning::put(city, "/paper/v", "2");
    let is_first = json!({"StringEquals": {"s3:VersionId": first}});
    let version = |id: &str| crate::versioning::at("/paper/v", id);
    let read = ["s3:GetObjectVersion"];
    holds(
        &scene,
        (is_first, &read, &|by| by.get(&version(&first)), &|by| {
            by.get(&version(&second))
        }),
    );
}

impl Scene {
    #[track_caller]
    fn is_readable(&self) {
        self.city.delete("/paper?policy").expect(204);
        assert_eq!(self.city.get("/paper/a").expect(200).body, b"the record");
    }
}
