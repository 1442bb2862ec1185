//! Users by the IAM query API: their life cycle, their policies, what excludes what (111, 112).

use super::query::iam;
use super::{Scene, allow, denied, grant, key, number, policy, user};
use crate::raw::{Account, Answer};
use serde_json::json;

fn ask(by: &Account, action: &str, pairs: &[(&str, &str)]) -> Answer {
    let mut form = vec![("Action", action)];
    form.extend_from_slice(pairs);
    iam(by, &form)
}

#[test]
fn user_lives_from_creation_to_deletion() {
    let scene = Scene::start();
    let city = &scene.city;
    let ana = [("UserName", "Ana")];
    ask(city, "GetUser", &ana).refused(404, "NoSuchEntity");
    let made = ask(
        city,
        "CreateUser",
        &[("UserName", "Ana"), ("Path", "/archive/")],
    )
    .expect(200);
    assert_eq!(made.header("content-type"), Some("text/xml"));
    let body = made.body_text();
    assert!(
        body.contains("<CreateUserResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">")
    );
    assert!(
        body.contains("<CreateUserResult><User><Path>/archive/</Path>"),
        "{body}"
    );
    assert!(made.text("RequestId").is_some());
    let arn = format!("arn:aws:iam::{}:user/archive/Ana", number(city));
    assert_eq!(made.text("Arn").as_deref(), Some(arn.as_str()));
    let id = made.text("UserId").expect("an id");
    assert!(id.starts_with("AIDA") && id.len() == 20, "{id}");
    // Names that differ in case alone are one.
    ask(city, "CreateUser", &[("UserName", "ANA")]).refused(409, "EntityAlreadyExists");
    assert_eq!(
        ask(city, "GetUser", &[("UserName", "ana")])
            .expect(200)
            .text("UserId"),
        Some(id)
    );
    ask(city, "CreateUser", &[("UserName", "Boban")]).expect(200);
    let listed = ask(city, "ListUsers", &[]).expect(200);
    assert_eq!(listed.texts("UserName"), ["Ana", "Boban"]);
    assert_eq!(listed.text("IsTruncated").as_deref(), Some("false"));
    let below = ask(city, "ListUsers", &[("PathPrefix", "/archive/")]).expect(200);
    assert_eq!(below.texts("UserName"), ["Ana"]);
    let page = ask(city, "ListUsers", &[("MaxItems", "1")]).expect(200);
    let marker = page.text("Marker").expect("a marker");
    let rest = ask(city, "ListUsers", &[("Marker", &marker)]).expect(200);
    assert_eq!(rest.texts("UserName"), ["Boban"]);
    let ana_key = key(city, "Ana");
    let identity = super::query::sts(&ana_key, &[("Action", "GetCallerIdentity")]).expect(200);
    assert_eq!(identity.text("Arn"), Some(arn));
    ask(city, "DeleteUser", &ana).refused(409, "DeleteConflict");
    let id = [
        ("UserName", "Ana"),
        ("AccessKeyId", ana_key.access_key_id.as_str()),
    ];
    ask(city, "DeleteAccessKey", &id).expect(200);
    grant(city, "Ana", &json!([allow(&json!("s3:*"))]));
    ask(city, "DeleteUser", &ana).refused(409, "DeleteConflict");
    ask(
        city,
        "DeleteUserPolicy",
        &[("UserName", "Ana"), ("PolicyName", "own")],
    )
    .expect(200);
    ask(city, "CreateGroup", &[("GroupName", "clerks")]).expect(200);
    let member = [("UserName", "Ana"), ("GroupName", "clerks")];
    ask(city, "AddUserToGroup", &member).expect(200);
    ask(city, "DeleteUser", &ana).refused(409, "DeleteConflict");
    ask(city, "RemoveUserFromGroup", &member).expect(200);
    ask(city, "DeleteUser", &ana).expect(200);
    ask(city, "DeleteUser", &ana).refused(404, "NoSuchEntity");
    assert_eq!(
        ask(city, "ListUsers", &[]).expect(200).texts("UserName"),
        ["Boban"]
    );
}

/// The point's words: 400 for what is no policy, 404 for who is not there.
#[test]
fn point_111_policies_of_users() {
    let scene = Scene::start();
    let city = &scene.city;
    ask(city, "CreateUser", &[("UserName", "ana")]).expect(200);
    let text = policy(&json!(allow(&json!("s3:GetObject"))));
    let put = |user: &str, name: &str, text: &str| {
        let form = [
            ("UserName", user),
            ("PolicyName", name),
            ("PolicyDocument", text),
        ];
        ask(city, "PutUserPolicy", &form)
    };
    put("nobody", "own", &text).refused(404, "NoSuchEntity");
    for action in ["GetUserPolicy", "DeleteUserPolicy"] {
        let missing = [("UserName", "ana"), ("PolicyName", "own")];
        ask(city, action, &missing).refused(404, "NoSuchEntity");
        let nobody = [("UserName", "nobody"), ("PolicyName", "own")];
        ask(city, action, &nobody).refused(404, "NoSuchEntity");
    }
    ask(city, "ListUserPolicies", &[("UserName", "nobody")]).refused(404, "NoSuchEntity");
    put("ana", &"n".repeat(129), &text).refused(400, "ValidationError");
    put("ana", "a b", &text).refused(400, "ValidationError");
    put("ana", "own", "").refused(400, "ValidationError");
    for wrong in [
        "{}".to_owned(),
        text.replace("2012", "2013"),
        text.replace("Statement", "Statements"),
        policy(&json!([])),
        policy(&json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": "*"})),
        policy(&json!({"Effect": "Allow", "Action": "s3:*"})),
        policy(
            &json!([{"Sid": "a", "Effect": "Allow", "Action": "s3:*", "Resource": "*"},
            {"Sid": "a", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}]),
        ),
    ] {
        put("ana", "own", &wrong).refused(400, "MalformedPolicyDocument");
    }
    put("ana", "own", &format!("{text}{}", " ".repeat(6200))).refused(409, "LimitExceeded");
    let long = format!("{text}{}", " ".repeat(70_000));
    let answer = put("ana", "own", &long);
    assert!(
        (400..500).contains(&answer.status),
        "{}",
        answer.body_text()
    );
    assert!(
        ask(city, "ListUserPolicies", &[("UserName", "ana")])
            .expect(200)
            .texts("member")
            .is_empty()
    );
}

/// Several policies of a user, read back as they were given.
#[test]
fn point_111_policies_come_back() {
    let scene = Scene::start();
    let city = &scene.city;
    ask(city, "CreateUser", &[("UserName", "ana")]).expect(200);
    let text = policy(&json!(allow(&json!("s3:GetObject"))));
    let put = |user: &str, name: &str, text: &str| {
        let form = [
            ("UserName", user),
            ("PolicyName", name),
            ("PolicyDocument", text),
        ];
        ask(city, "PutUserPolicy", &form)
    };
    put("ana", "own", &text).expect(200);
    put("ana", "Another", &text).expect(200);
    let listed = ask(city, "ListUserPolicies", &[("UserName", "ana")]).expect(200);
    assert_eq!(listed.texts("member"), ["Another", "own"]);
    let got = ask(
        city,
        "GetUserPolicy",
        &[("UserName", "ana"), ("PolicyName", "own")],
    )
    .expect(200);
    // Escaped, as IAM answers it.
    let escaped = got.text("PolicyDocument").expect("a text");
    assert!(escaped.starts_with("%7B%22"), "{escaped}");
    let unescaped = escaped
        .replace("%7B", "{")
        .replace("%7D", "}")
        .replace("%22", "\"");
    let unescaped = unescaped
        .replace("%3A", ":")
        .replace("%2C", ",")
        .replace("%2A", "*");
    assert_eq!(unescaped, text);
    for number in 0..8 {
        put("ana", &format!("n{number}"), &text).expect(200);
    }
    put("ana", "eleventh", &text).refused(409, "LimitExceeded");
    put("ana", "OWN", &text).expect(200);
}

#[test]
fn point_112_denial_of_a_user_policy_is_final_and_allow_opens() {
    let scene = Scene::start();
    let (city, other) = (&scene.city, &scene.other);
    let ana = user(city, "ana");
    let everything = allow(&json!("*"));
    grant(city, "ana", &json!([everything]));
    ana.put("/ours", "").expect(200);
    ana.put("/ours/x", "x").expect(200);
    let upload = crate::points::uploads::Upload::create(&ana, "/ours/parts");
    let denied_actions = json!([
        "s3:ListAllMyBuckets",
        "s3:DeleteBucket",
        "s3:*Tagging",
        "s3:AbortMultipartUpload"
    ]);
    let deny = json!({"Effect": "Deny", "Action": denied_actions, "Resource": "*"});
    grant(city, "ana", &json!([everything, deny]));
    let resources = json!(["arn:aws:s3:::ours", "arn:aws:s3:::ours/*"]);
    let open = super::statement("Allow", &json!("*"), &json!("s3:*"), &resources);
    city.put("/ours?policy", policy(&json!([open]))).expect(204);
    denied(ana.get("/"));
    denied(ana.delete("/ours"));
    denied(ana.get("/ours/x?tagging"));
    denied(ana.delete("/ours?tagging"));
    denied(ana.delete(&format!("/ours/parts?uploadId={}", upload.id)));
    ana.get("/ours/x").expect(200);
    // A bucket's policy opens it to a user without any policy of its own.
    let eva = user(city, "eva");
    eva.get("/ours/x").expect(200);
    denied(eva.get("/paper/a"));
    let arn = format!("arn:aws:iam::{}:user/eva", number(city));
    let named = super::statement(
        "Allow",
        &json!({"AWS": arn}),
        &json!("s3:GetObject"),
        &json!(super::OBJECTS),
    );
    scene.policy(&json!([named]));
    eva.get("/paper/a").expect(200);
    denied(other.get("/paper/a"));
    // The account alone hands it on to the account's own policies.
    let account = super::statement(
        "Allow",
        &super::of(city),
        &json!("s3:GetObject"),
        &json!(super::OBJECTS),
    );
    scene.policy(&json!([account]));
    denied(eva.get("/paper/a"));
    grant(city, "eva", &json!([allow(&json!("s3:GetObject"))]));
    eva.get("/paper/a").expect(200);
}

/// `${aws:username}`: everybody has a folder, and no name reaches beyond it.
#[test]
fn variables_give_each_user_a_folder() {
    let scene = Scene::start();
    let city = &scene.city;
    let (ana, star) = (user(city, "ana"), user(city, "an.=@"));
    ask(city, "CreateGroup", &[("GroupName", "all")]).expect(200);
    let own = json!([
        {"Effect": "Allow", "Action": "s3:*Object",
            "Resource": "arn:aws:s3:::paper/${aws:username}/*"},
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": super::BUCKET,
            "Condition": {"StringLike": {"s3:prefix": "${aws:username}/*"}}},
    ]);
    let form = [
        ("GroupName", "all"),
        ("PolicyName", "folder"),
        ("PolicyDocument", &policy(&own)),
    ];
    ask(city, "PutGroupPolicy", &form).expect(200);
    for name in ["ana", "an.=@"] {
        ask(
            city,
            "AddUserToGroup",
            &[("GroupName", "all"), ("UserName", name)],
        )
        .expect(200);
    }
    ana.put("/paper/ana/x", "mine").expect(200);
    ana.get("/paper/ana/x").expect(200);
    ana.get("/paper?prefix=ana%2F").expect(200);
    for target in [
        "/paper/a",
        "/paper/an.%3D%40/x",
        "/paper/anax",
        "/paper/ana",
        "/paper?prefix=an",
    ] {
        denied(ana.get(target));
    }
    star.put("/paper/an.%3D%40/x", "mine").expect(200);
    denied(star.get("/paper/ana/x"));
    denied(star.get("/paper?prefix=ana%2F"));
}

/// Row 33 for users: what one tenant's administrators see and do ends at the tenant.
#[test]
fn tenants_users_are_isolated() {
    let scene = Scene::start();
    let (city, other) = (&scene.city, &scene.other);
    let (ours, theirs) = (user(city, "ana"), user(other, "ana"));
    grant(city, "ana", &json!([allow(&json!("*"))]));
    ours.get("/paper/a").expect(200);
    denied(theirs.get("/paper/a"));
    grant(other, "ana", &json!([allow(&json!("*"))]));
    denied(theirs.get("/paper/a"));
    let listed = ask(&theirs, "ListUsers", &[]).expect(200).body_text();
    assert!(!listed.contains(&number(city)), "{listed}");
    let id = [
        ("UserName", "ana"),
        ("AccessKeyId", ours.access_key_id.as_str()),
    ];
    for by in [other, &theirs] {
        ask(by, "DeleteAccessKey", &id).refused(404, "NoSuchEntity");
        let off = [id[0], id[1], ("Status", "Inactive")];
        ask(by, "UpdateAccessKey", &off).refused(404, "NoSuchEntity");
    }
    ask(city, "CreateUser", &[("UserName", "only-ours")]).expect(200);
    ask(other, "GetUser", &[("UserName", "only-ours")]).refused(404, "NoSuchEntity");
    ask(other, "DeleteUser", &[("UserName", "only-ours")]).refused(404, "NoSuchEntity");
    ours.get("/paper/a").expect(200);
    assert_ne!(number(city), number(other));
    scene.is_unharmed();
}
