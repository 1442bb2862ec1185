//! Roles by the IAM API: what is given comes back, bounds and errors are AWS's.

use super::super::query::iam;
use super::super::{Scene, allow, denied, grant, number, policy, user};
use super::{allow_role, assume, create, role, take, trust, user_arn, writer};
use crate::raw::{Account, Answer};
use serde_json::{Value, json};

fn ask(by: &Account, action: &str, more: &[(&str, &str)]) -> Answer {
    iam(by, &[&[("Action", action)], more].concat())
}

fn unescaped(text: &str) -> String {
    let bytes: Vec<u8> = riznica::base::encoding::uri_decode(text.as_bytes()).expect("escapes");
    String::from_utf8(bytes).expect("text")
}

/// What the account's users may take, as far as their own policies say.
fn open_trust(city: &Account) -> String {
    policy(&json!([trust(&json!({"AWS": number(city)}))]))
}

#[test]
fn role_comes_back_as_it_was_given() {
    let scene = Scene::start();
    let city = &scene.city;
    let text = format!(" {} ", open_trust(city));
    let more = [
        ("Path", "/backup/"),
        ("Description", "\u{10c}uvar no\u{107}nih kopija"),
        ("MaxSessionDuration", "7200"),
    ];
    let made = create(city, "Keeper", &text, &more).expect(200);
    let account = number(city);
    for answer in [
        made,
        ask(city, "GetRole", &[("RoleName", "keeper")]).expect(200),
    ] {
        let text_of = |name: &str| answer.text(name).expect(name);
        assert_eq!(text_of("RoleName"), "Keeper");
        assert_eq!(text_of("Path"), "/backup/");
        let arn = format!("arn:aws:iam::{account}:role/backup/Keeper");
        assert_eq!(text_of("Arn"), arn);
        assert_eq!(text_of("MaxSessionDuration"), "7200");
        assert_eq!(text_of("Description"), more[1].1);
        assert_eq!(unescaped(&text_of("AssumeRolePolicyDocument")), text);
        assert!(text_of("RoleId").starts_with("AROA"));
    }
    create(city, "KEEPER", &text, &[]).refused(409, "EntityAlreadyExists");
    create(city, "other", &text, &[("Path", "/else/")]).expect(200);
    let listed = ask(city, "ListRoles", &[]).expect(200);
    assert_eq!(listed.texts("RoleName"), ["Keeper", "other"]);
    let of_path = ask(city, "ListRoles", &[("PathPrefix", "/backup/")]).expect(200);
    assert_eq!(of_path.texts("RoleName"), ["Keeper"]);
    let first = ask(city, "ListRoles", &[("MaxItems", "1")]).expect(200);
    let marker = first.text("Marker").expect("more");
    let second = ask(city, "ListRoles", &[("Marker", &marker)]).expect(200);
    assert_eq!(second.texts("RoleName"), ["other"]);
    // Users and roles have names of their own.
    user(city, "keeper");
    assert_eq!(scene.other.get("/").expect(200).texts("Name").len(), 0);
    ask(&scene.other, "GetRole", &[("RoleName", "keeper")]).refused(404, "NoSuchEntity");
}

#[test]
fn role_changes_and_goes() {
    let scene = Scene::start();
    let city = &scene.city;
    let (ana, arn) = writer(&scene, &json!([]));
    let name = ("RoleName", "writer");
    let update = [name, ("Description", "d"), ("MaxSessionDuration", "43200")];
    let updated = ask(city, "UpdateRole", &update).expect(200);
    assert!(updated.body_text().contains("<UpdateRoleResult>"));
    assume(&ana, &arn, &[("DurationSeconds", "43200")]).expect(200);
    // Without a value the default is applied, as AWS documents it; the description stays.
    ask(city, "UpdateRole", &[name]).expect(200);
    let got = ask(city, "GetRole", &[name]).expect(200);
    assert_eq!(got.text("MaxSessionDuration").as_deref(), Some("3600"));
    assert_eq!(got.text("Description").as_deref(), Some("d"));
    let nobody = policy(&json!([trust(&json!({"Service": "ec2.amazonaws.com"}))]));
    let set = [name, ("PolicyDocument", &nobody)];
    ask(city, "UpdateAssumeRolePolicy", &set).expect(200);
    assume(&ana, &arn, &[]).refused(403, "AccessDenied");
    // Policies go before the role.
    let text = policy(&json!([allow(&json!("s3:*"))]));
    allow_role(city, "writer", &json!([allow(&json!("s3:*"))]));
    let own = [name, ("PolicyName", "own")];
    let got = ask(city, "GetRolePolicy", &own).expect(200);
    let shown = got.text("PolicyDocument").expect("a policy");
    assert_eq!(unescaped(&shown), text);
    assert_eq!(got.text("RoleName").as_deref(), Some("writer"));
    let listed = ask(city, "ListRolePolicies", &[name]).expect(200);
    assert_eq!(listed.texts("member"), ["own"]);
    ask(city, "DeleteRole", &[name]).refused(409, "DeleteConflict");
    ask(city, "DeleteRolePolicy", &own).expect(200);
    ask(city, "DeleteRolePolicy", &own).refused(404, "NoSuchEntity");
    ask(city, "GetRolePolicy", &own).refused(404, "NoSuchEntity");
    ask(city, "DeleteRole", &[name]).expect(200);
    for action in ["GetRole", "DeleteRole", "UpdateRole", "ListRolePolicies"] {
        ask(city, action, &[name]).refused(404, "NoSuchEntity");
    }
    ask(city, "UpdateAssumeRolePolicy", &set).refused(404, "NoSuchEntity");
}

#[test]
fn bounds_of_roles_are_kept() {
    let scene = Scene::start();
    let city = &scene.city;
    let text = open_trust(city);
    let long = ["d".repeat(1001), "r".repeat(65)];
    for (name, more) in [
        ("a", ("MaxSessionDuration", "3599")),
        ("a", ("MaxSessionDuration", "43201")),
        ("a", ("MaxSessionDuration", "-1")),
        ("a", ("Description", long[0].as_str())),
        ("a", ("Description", "a\u{1}b")),
        ("a", ("Path", "backup")),
        (
            "a",
            (
                "PermissionsBoundary",
                "arn:aws:iam::aws:policy/ReadOnlyAccess",
            ),
        ),
        ("a", ("Tags.member.1.Key", "k")),
        (long[1].as_str(), ("Path", "/")),
        ("a b", ("Path", "/")),
        ("", ("Path", "/")),
    ] {
        let answer = create(city, name, &text, &[more]);
        answer.refused(400, "ValidationError");
    }
    let listed = ask(city, "ListRoles", &[]).expect(200);
    assert!(listed.texts("RoleName").is_empty());
}

/// A trust policy says who may take the role and nothing else, and never names another account:
/// that would look as if it were in force.
#[test]
fn trust_that_is_none_or_names_others_is_refused() {
    let scene = Scene::start();
    let city = &scene.city;
    let (own, other) = (number(city), number(&scene.other));
    let named = |principal: Value| json!([trust(&principal)]);
    let arn = |account: &str, rest: &str| json!({"AWS": format!("arn:aws:iam::{account}:{rest}")});
    let with = |element: &str, value: Value| {
        let mut statement = trust(&json!({"AWS": own}));
        statement[element] = value;
        json!([statement])
    };
    for statements in [
        named(json!({"AWS": other})),
        named(arn(&other, "root")),
        named(arn(&other, "user/eva")),
        named(arn("", "user/eva")),
        named(json!({"AWS": [own, other]})),
        named(json!({"CanonicalUser": "c0ffee"})),
        with("Resource", json!("*")),
        with("Action", json!("s3:GetObject")),
        with("Action", json!(["sts:AssumeRole", "iam:*"])),
        with("Sid", json!("a b")),
        json!([{"Effect": "Allow", "Action": "sts:AssumeRole"}]),
        json!([]),
    ] {
        let text = policy(&statements);
        let answer = create(city, "refused", &text, &[]);
        assert_eq!(
            answer.outcome(),
            (400, "MalformedPolicyDocument".to_owned()),
            "{text}"
        );
    }
    create(city, "refused", "{", &[]).refused(400, "MalformedPolicyDocument");
    let long = format!("{}{}", open_trust(city), " ".repeat(2048));
    create(city, "refused", &long, &[]).refused(409, "LimitExceeded");
    let listed = ask(city, "ListRoles", &[]).expect(200);
    assert!(listed.texts("RoleName").is_empty());
    for (name, principal) in [
        ("everybody", json!("*")),
        ("account", json!({"AWS": own})),
        ("root", arn(&own, "root")),
        ("user", arn(&own, "user/ana")),
        (
            "session",
            json!({"AWS": format!("arn:aws:sts::{own}:assumed-role/a/b")}),
        ),
        ("service", json!({"Service": "ec2.amazonaws.com"})),
    ] {
        create(city, name, &policy(&named(principal)), &[]).expect(200);
    }
    // Neither does a change let them in.
    let foreign = policy(&named(json!({"AWS": other})));
    let set = [("RoleName", "user"), ("PolicyDocument", foreign.as_str())];
    let refused = ask(city, "UpdateAssumeRolePolicy", &set);
    refused.refused(400, "MalformedPolicyDocument");
}

/// Row 38: who has no `iam:` permission makes no role, widens none and lets nobody into one.
#[test]
fn row_38_user_without_permission_touches_no_role() {
    let scene = Scene::start();
    let city = &scene.city;
    let (ana, arn) = writer(&scene, &json!([allow(&json!("s3:GetObject"))]));
    grant(city, "ana", &json!([allow(&json!(["s3:*", "sts:*"]))]));
    let taken = take(&ana, &arn, None);
    let everything = policy(&json!([allow(&json!("*"))]));
    let text = open_trust(city);
    for by in [&ana, &taken] {
        let name = ("RoleName", "writer");
        let own = ("PolicyName", "own");
        denied(create(by, "mine", &text, &[]));
        for (action, more) in [
            ("DeleteRole", vec![name]),
            ("DeleteRolePolicy", vec![name, own]),
            ("GetRole", vec![name]),
            ("GetRolePolicy", vec![name, own]),
            ("ListRolePolicies", vec![name]),
            ("ListRoles", vec![]),
            (
                "PutRolePolicy",
                vec![name, own, ("PolicyDocument", &everything)],
            ),
            (
                "UpdateAssumeRolePolicy",
                vec![name, ("PolicyDocument", &text)],
            ),
            ("UpdateRole", vec![name]),
        ] {
            denied(ask(by, action, &more));
        }
    }
    denied(taken.put("/paper/b", "no"));
    // A permission for one role is for that one.
    let only = json!({"Effect": "Allow", "Action": "iam:*", "Resource": &arn});
    grant(city, "ana", &json!([only]));
    role(
        city,
        "other",
        &json!({"AWS": user_arn(city, "ana")}),
        &json!([]),
    );
    ask(&ana, "GetRole", &[("RoleName", "writer")]).expect(200);
    denied(ask(&ana, "GetRole", &[("RoleName", "other")]));
    scene.is_unharmed();
}
