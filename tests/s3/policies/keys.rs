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
    scene
        .server
        .admin(&["key", "delete", "--yes", id])
        .expect("deleted");
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

/// Many at once: changes follow one another, and none is lost.
#[test]
fn users_that_are_created_at_once_are_all_there() {
    let scene = Scene::start();
    let city = &scene.city;
    std::thread::scope(|scope| {
        for number in 0..24 {
            scope.spawn(move || {
                let name = format!("u{number:02}");
                iam(city, &[("Action", "CreateUser"), ("UserName", &name)]).expect(200);
                key(city, &name).get("/paper/a").expect(403);
            });
        }
    });
    let listed = iam(city, &[("Action", "ListUsers")]).expect(200);
    let wanted: Vec<String> = (0..24).map(|number| format!("u{number:02}")).collect();
    assert_eq!(listed.texts("UserName"), wanted);
}

/// Links that were signed by a key end with it.
#[test]
fn presigned_links_end_with_their_key() {
    let scene = Scene::start();
    let ana = user(&scene.city, "ana");
    grant(&scene.city, "ana", &json!([allow(&json!("s3:GetObject"))]));
    let link = ana.request("GET", "/paper/a").presigned().wire();
    link.send(ana.port).expect(200);
    grant(&scene.city, "ana", &json!([allow(&json!("s3:PutObject"))]));
    link.send(ana.port).refused(403, "AccessDenied");
    grant(&scene.city, "ana", &json!([allow(&json!("s3:GetObject"))]));
    link.send(ana.port).expect(200);
    delete(&scene.city, &ana).expect(200);
    link.send(ana.port).refused(403, "InvalidAccessKeyId");
}

/// The operator's log names the statement that decided; the client is not told.
#[test]
fn log_tells_which_statement_decided() {
    let scene = Scene::start();
    let ana = user(&scene.city, "ana");
    let deny = json!({"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"});
    grant(&scene.city, "ana", &json!([allow(&json!("s3:*")), deny]));
    let own = ana.delete("/paper/a").refused(403, "AccessDenied");
    let close = super::statement(
        "Deny",
        &json!("*"),
        &json!("s3:GetObject"),
        &json!(super::OBJECTS),
    );
    scene.policy(&json!([close]));
    let by_bucket = ana.get("/paper/a").refused(403, "AccessDenied");
    let nothing = scene.other.get("/paper").refused(403, "AccessDenied");
    let log = scene.server.log();
    for (answer, action, ground) in [
        (
            own,
            "s3:DeleteObject",
            "statement 2 of policy own of user ana",
        ),
        (
            by_bucket,
            "s3:GetObject",
            "statement 1 of the bucket policy",
        ),
        (nothing, "s3:ListBucket", "no policy allows it"),
    ] {
        let id = answer.header("x-amz-request-id").expect("an id").to_owned();
        let line = log.lines().find(|line| line.contains(&id)).expect("a line");
        assert!(line.contains(action) && line.contains(ground), "{line}");
        assert!(
            !answer.body_text().contains("statement"),
            "{}",
            answer.body_text()
        );
    }
}
