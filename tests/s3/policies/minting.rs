//! Row 38: who may not mint keys or change policies does not get more than it has.

use super::query::iam;
use super::{Scene, allow, denied, grant, number, policy, user};
use crate::raw::{Account, Answer};
use serde_json::json;

fn ask(by: &Account, action: &str, pairs: &[(&str, &str)]) -> Answer {
    let mut form = vec![("Action", action)];
    form.extend_from_slice(pairs);
    iam(by, &form)
}

/// A user with all of S3, and one with everything.
fn with_users(scene: &Scene) -> (Account, Account) {
    let (ana, boss) = (user(&scene.city, "ana"), user(&scene.city, "boss"));
    grant(&scene.city, "ana", &json!([allow(&json!("s3:*"))]));
    grant(&scene.city, "boss", &json!([allow(&json!("*"))]));
    ask(&scene.city, "CreateGroup", &[("GroupName", "admins")]).expect(200);
    let all = policy(&json!([allow(&json!("*"))]));
    let put = [
        ("GroupName", "admins"),
        ("PolicyName", "all"),
        ("PolicyDocument", all.as_str()),
    ];
    ask(&scene.city, "PutGroupPolicy", &put).expect(200);
    (ana, boss)
}

#[test]
fn row_38_s3_permissions_are_no_iam_permissions() {
    let scene = Scene::start();
    let (ana, boss) = with_users(&scene);
    let all = policy(&json!([allow(&json!("*"))]));
    let policy = [("PolicyName", "own"), ("PolicyDocument", all.as_str())];
    let id = ("AccessKeyId", boss.access_key_id.as_str());
    for (action, pairs) in [
        ("CreateAccessKey", vec![]),
        ("CreateAccessKey", vec![("UserName", "ana")]),
        ("CreateAccessKey", vec![("UserName", "boss")]),
        ("CreateUser", vec![("UserName", "third")]),
        (
            "PutUserPolicy",
            [&[("UserName", "ana")], &policy[..]].concat(),
        ),
        (
            "PutUserPolicy",
            [&[("UserName", "boss")], &policy[..]].concat(),
        ),
        (
            "PutGroupPolicy",
            [&[("GroupName", "admins")], &policy[..]].concat(),
        ),
        (
            "AddUserToGroup",
            vec![("UserName", "ana"), ("GroupName", "admins")],
        ),
        ("DeleteUserPolicy", vec![("UserName", "ana"), policy[0]]),
        ("GetUserPolicy", vec![("UserName", "boss"), policy[0]]),
        (
            "UpdateAccessKey",
            vec![("UserName", "boss"), id, ("Status", "Inactive")],
        ),
        ("DeleteAccessKey", vec![("UserName", "boss"), id]),
        ("ListUsers", vec![]),
        ("GetUser", vec![]),
        ("GetUser", vec![("UserName", "missing")]),
    ] {
        let answer = ask(&ana, action, &pairs).refused(403, "AccessDenied");
        let text = answer.text("Message").expect("a text");
        assert!(text.contains(&format!("iam:{action}")), "{text}");
    }
    denied(ask(&ana, "DeleteUser", &[("UserName", "ana")]));
    boss.get("/paper/a").expect(200);
    let listed = ask(&boss, "ListUsers", &[]).expect(200);
    assert_eq!(listed.texts("UserName"), ["ana", "boss"]);
}

/// A permission for oneself is one for oneself: whichever name the form has.
#[test]
fn row_38_permission_for_oneself_reaches_nobody_else() {
    let scene = Scene::start();
    let city = &scene.city;
    let (ana, boss) = with_users(&scene);
    let own = format!("arn:aws:iam::{}:user/${{aws:username}}", number(city));
    let keys = json!({"Effect": "Allow", "Action": "iam:*AccessKey*", "Resource": own});
    grant(city, "ana", &json!([keys]));
    let made = ask(&ana, "CreateAccessKey", &[]).expect(200);
    assert_eq!(made.text("UserName").as_deref(), Some("ana"));
    let more = Account {
        port: ana.port,
        access_key_id: made.text("AccessKeyId").expect("an id"),
        secret: made.text("SecretAccessKey").expect("a secret"),
        token: None,
    };
    // No more than the key that made it.
    denied(more.get("/paper/a"));
    denied(ask(&more, "CreateUser", &[("UserName", "third")]));
    for name in ["boss", "BOSS", "ana2", "*", "an?", "../boss"] {
        let answer = ask(&ana, "CreateAccessKey", &[("UserName", name)]);
        assert!(
            [400, 403].contains(&answer.status),
            "{name}: {}",
            answer.body_text()
        );
    }
    denied(ask(&ana, "ListAccessKeys", &[("UserName", "boss")]));
    // Another user's key under one's own name.
    let theirs = [
        ("UserName", "ana"),
        ("AccessKeyId", boss.access_key_id.as_str()),
    ];
    ask(&ana, "DeleteAccessKey", &theirs).refused(404, "NoSuchEntity");
    ask(
        &ana,
        "UpdateAccessKey",
        &[theirs[0], theirs[1], ("Status", "Inactive")],
    )
    .refused(404, "NoSuchEntity");
    // And the root's.
    let root = [
        ("UserName", "ana"),
        ("AccessKeyId", city.access_key_id.as_str()),
    ];
    ask(&ana, "DeleteAccessKey", &root).refused(404, "NoSuchEntity");
    boss.get("/paper/a").expect(200);
    city.get("/paper/a").expect(200);
    // The own name in another case is the own name.
    ask(&ana, "ListAccessKeys", &[("UserName", "ANA")]).expect(200);
}

/// A path is part of the ARN: a permission for one path is none for another.
#[test]
fn row_38_paths_bound_administrators() {
    let scene = Scene::start();
    let city = &scene.city;
    let head = user(city, "head");
    let below = format!("arn:aws:iam::{}:user/school/*", number(city));
    let may = json!({"Effect": "Allow", "Action": "iam:*", "Resource": below});
    grant(city, "head", &json!([may]));
    let make =
        |name: &str, path: &str| ask(&head, "CreateUser", &[("UserName", name), ("Path", path)]);
    make("pupil", "/school/").expect(200);
    denied(make("clerk", "/"));
    denied(make("clerk", "/city/"));
    denied(ask(&head, "CreateUser", &[("UserName", "clerk")]));
    ask(&head, "CreateAccessKey", &[("UserName", "pupil")]).expect(200);
    denied(ask(&head, "CreateAccessKey", &[("UserName", "head")]));
    denied(ask(&head, "CreateAccessKey", &[]));
    denied(ask(&head, "GetUser", &[("UserName", "missing")]));
}

/// Names are alike in either case, so a denial is of the user, not of a spelling.
#[test]
fn row_38_denial_of_a_user_is_not_evaded_by_other_letters() {
    let scene = Scene::start();
    let city = &scene.city;
    let (ana, _boss) = with_users(&scene);
    ask(
        city,
        "CreateUser",
        &[("UserName", "Head"), ("Path", "/city/")],
    )
    .expect(200);
    let arns = |names: [&str; 3]| names.map(|name| format!("arn:aws:iam::{}:{name}", number(city)));
    let closed = arns(["user/boss", "user/city/Head", "group/admins"]);
    let deny = json!({"Effect": "Deny", "Action": "iam:*", "Resource": closed});
    grant(city, "ana", &json!([allow(&json!("*")), deny]));
    for name in ["boss", "BOSS", "Boss", "Head", "head", "HEAD"] {
        denied(ask(&ana, "CreateAccessKey", &[("UserName", name)]));
        denied(ask(&ana, "ListAccessKeys", &[("UserName", name)]));
        let own = [("UserName", name), ("PolicyName", "own")];
        denied(ask(&ana, "DeleteUserPolicy", &own));
    }
    for name in ["admins", "ADMINS"] {
        let member = [("GroupName", name), ("UserName", "ana")];
        denied(ask(&ana, "AddUserToGroup", &member));
    }
    ask(&ana, "CreateAccessKey", &[("UserName", "ana")]).expect(200);
}
