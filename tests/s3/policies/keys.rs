//! Keys of users: several for rotation, and those that are off or gone stop at once.

use super::query::iam;
use super::{Scene, allow, grant, key, user};
use crate::raw::{Account, Answer};
use serde_json::json;

fn set(city: &Account, of: &Account, status: &str) -> Answer {
    let id = of.access_key_id.as_str();
    let form = [
        ("Action", "UpdateAccessKey"),
        ("UserName", "ana"),
        ("AccessKeyId", id),
        ("Status", status),
    ];
    iam(city, &form)
}

fn delete(city: &Account, of: &Account) -> Answer {
    let id = of.access_key_id.as_str();
    iam(
        city,
        &[
            ("Action", "DeleteAccessKey"),
            ("UserName", "ana"),
            ("AccessKeyId", id),
        ],
    )
}

#[test]
fn keys_that_are_off_or_gone_stop_at_once() {
    let scene = Scene::start();
    let city = &scene.city;
    let first = user(city, "ana");
    grant(city, "ana", &json!([allow(&json!("s3:GetObject"))]));
    let second = key(city, "ana");
    first.get("/paper/a").expect(200);
    let listed = iam(city, &[("Action", "ListAccessKeys"), ("UserName", "ana")]).expect(200);
    let mut ids = [first.access_key_id.clone(), second.access_key_id.clone()];
    ids.sort();
    assert_eq!(listed.texts("AccessKeyId"), ids);
    assert!(
        !listed.body_text().contains("Secret"),
        "{}",
        listed.body_text()
    );
    for _ in 0..3 {
        set(city, &first, "Inactive").expect(200);
        first.get("/paper/a").refused(403, "InvalidAccessKeyId");
        second.get("/paper/a").expect(200);
        set(city, &first, "Active").expect(200);
        first.get("/paper/a").expect(200);
    }
    set(city, &first, "off").refused(400, "ValidationError");
    delete(city, &first).expect(200);
    first.get("/paper/a").refused(403, "InvalidAccessKeyId");
    delete(city, &first).refused(404, "NoSuchEntity");
    set(city, &first, "Active").refused(404, "NoSuchEntity");
    second.get("/paper/a").expect(200);
    for _ in 0..4 {
        key(city, "ana");
    }
    iam(city, &[("Action", "CreateAccessKey"), ("UserName", "ana")]).refused(409, "LimitExceeded");
    // The root's key is no user's.
    delete(city, city).refused(404, "NoSuchEntity");
    city.get("/paper/a").expect(200);
}

/// The operator's commands see users' keys too, and leave nothing behind.
#[test]
fn operators_stop_keys_of_users() {
    let scene = Scene::start();
    let city = &scene.city;
    let ana = user(city, "ana");
    grant(city, "ana", &json!([allow(&json!("s3:GetObject"))]));
    let id = ana.access_key_id.as_str();
    scene
        .server
        .admin(&["key", "disable", id])
        .expect("disabled");
    ana.get("/paper/a").refused(403, "InvalidAccessKeyId");
    scene.server.admin(&["key", "delete", id]).expect("deleted");
    let listed = iam(city, &[("Action", "ListAccessKeys"), ("UserName", "ana")]).expect(200);
    assert!(listed.texts("AccessKeyId").is_empty());
    let forget = [
        ("Action", "DeleteUserPolicy"),
        ("UserName", "ana"),
        ("PolicyName", "own"),
    ];
    iam(city, &forget).expect(200);
    iam(city, &[("Action", "DeleteUser"), ("UserName", "ana")]).expect(200);
}

/// Changes of one account follow one another: a user is not deleted under a key that is created.
#[test]
fn no_key_outlives_its_user() {
    let scene = Scene::start();
    let city = &scene.city;
    for round in 0..8 {
        let name = format!("u{round}");
        iam(city, &[("Action", "CreateUser"), ("UserName", &name)]).expect(200);
        let (created, deleted) = std::thread::scope(|scope| {
            let create =
                scope.spawn(|| iam(city, &[("Action", "CreateAccessKey"), ("UserName", &name)]));
            let delete =
                scope.spawn(|| iam(city, &[("Action", "DeleteUser"), ("UserName", &name)]));
            (
                create.join().expect("an answer"),
                delete.join().expect("an answer"),
            )
        });
        match (created.status, deleted.outcome()) {
            (200, (409, code)) => assert_eq!(code, "DeleteConflict"),
            (404, (200, _)) => {}
            other => panic!("{other:?}"),
        }
    }
}
