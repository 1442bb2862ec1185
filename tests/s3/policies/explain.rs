//! `riznica policy explain` says what requests get, and why (issue 5, 2).

use super::sessions::{take, token, writer};
use super::{Scene, allow, explain, grant, policy, user};
use crate::raw::Account;
use serde_json::json;

/// A bucket that is open to readers, and a user who may do everything but delete.
fn scene() -> (Scene, Account) {
    let scene = Scene::start();
    let city = &scene.city;
    let ana = user(city, "ana");
    let read = json!([
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"},
    ]);
    grant(city, "ana", &read);
    let open = policy(&json!([
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
         "Resource": super::OBJECTS},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": super::OBJECTS,
         "Condition": {"NumericGreaterThan": {"s3:max-keys": "5"}}},
    ]));
    city.put("/paper?policy", open).expect(204);
    (scene, ana)
}

#[test]
fn explanation_is_what_requests_get() {
    let (scene, ana) = scene();
    let (city, other) = (&scene.city, &scene.other);
    let object = ["--action", "s3:GetObject", "--resource", "paper/a"];
    for (by, status) in [
        (Some(city), 200),
        (Some(&ana), 200),
        (Some(other), 200),
        (None, 200),
    ] {
        let (decision, _) = explain(&scene.server, by, &object);
        assert_eq!(decision, "allow");
        let answer = by.map_or_else(
            || city.request("GET", "/paper/a").anonymous().send(),
            |by| by.get("/paper/a"),
        );
        answer.expect(status);
    }
}

#[test]
fn explanation_names_the_statement_that_decides() {
    let (scene, ana) = scene();
    let (city, other) = (&scene.city, &scene.other);
    for (by, action, decision, reason) in [
        (
            city,
            "s3:DeleteObject",
            "allow",
            "the caller is the root of the account",
        ),
        (
            &ana,
            "s3:DeleteObject",
            "deny",
            "statement 2 of policy own of user ana",
        ),
        (
            &ana,
            "s3:ListBucket",
            "allow",
            "statement 1 of policy own of user ana",
        ),
        (
            other,
            "s3:GetObject",
            "allow",
            "statement 1 of the bucket policy",
        ),
        (other, "s3:ListBucket", "deny", "no policy allows it"),
    ] {
        let words = ["--action", action, "--resource", "arn:aws:s3:::paper/a"];
        let told = explain(&scene.server, Some(by), &words);
        assert_eq!(told, (decision.to_owned(), reason.to_owned()), "{action}");
    }
    let put = [
        "--action",
        "s3:putobject",
        "--resource",
        "paper/a",
        "--context",
        "S3:max-keys=6",
    ];
    let (decision, reason) = explain(&scene.server, Some(&ana), &put);
    assert_eq!(
        (&*decision, &*reason),
        ("deny", "statement 2 of the bucket policy")
    );
    let status = ["tenant", "update", "city", "--status", "suspended"];
    scene.server.admin(&status).expect("suspended");
    let object = ["--action", "s3:GetObject", "--resource", "paper/a"];
    let told = explain(&scene.server, Some(&ana), &object);
    assert_eq!(
        told,
        ("deny".to_owned(), "the account is suspended".to_owned())
    );
}

/// The session of a key and its token, narrowed as it is.
#[test]
fn explanation_knows_sessions() {
    let scene = Scene::start();
    let (ana, arn) = writer(&scene, &json!([allow(&json!("s3:*"))]));
    let taken = take(&ana, &arn, None);
    let narrowed = take(&ana, &arn, Some(&json!([allow(&json!("s3:GetObject"))])));
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("token");
    let ask = |by: &Account, action: &str| {
        std::fs::write(&file, by.token.as_deref().expect("a token")).expect("a file");
        let file = file.to_str().expect("a path");
        let words = ["--session-token-file", file, "--action", action];
        let words = [words.as_slice(), &["--resource", "paper/a"]].concat();
        explain(&scene.server, Some(by), &words)
    };
    for (by, action, decision, reason) in [
        (
            &taken,
            "s3:PutObject",
            "allow",
            "statement 1 of policy own of role writer",
        ),
        (&taken, "iam:ListUsers", "deny", "no policy allows it"),
        (
            &narrowed,
            "s3:GetObject",
            "allow",
            "statement 1 of policy own of role writer",
        ),
        (
            &narrowed,
            "s3:PutObject",
            "deny",
            "the session policy does not allow it",
        ),
        (
            &token(&scene.city),
            "s3:PutObject",
            "allow",
            "the caller is the root of the account",
        ),
    ] {
        let told = ask(by, action);
        assert_eq!(told, (decision.to_owned(), reason.to_owned()), "{action}");
    }
    // Without its token, or with another one, there is no such key.
    let words = [
        "policy",
        "explain",
        "--key",
        &taken.access_key_id,
        "--action",
        "s3:GetObject",
    ];
    let words = [words.as_slice(), &["--resource", "paper/a"]].concat();
    assert!(scene.server.admin(&words).is_none());
    std::fs::write(&file, narrowed.token.as_deref().expect("a token")).expect("a file");
    let other = [
        words.as_slice(),
        &["--session-token-file", file.to_str().expect("a path")],
    ];
    assert!(scene.server.admin(&other.concat()).is_none());
}

#[test]
fn questions_that_are_none_are_refused() {
    let scene = Scene::start();
    for words in [
        ["--action", "s3:Nothing", "--resource", "paper/a"],
        ["--action", "s3:GetObject", "--resource", "nothing/a"],
        ["--action", "s3:GetObject", "--resource", "/"],
    ] {
        let words = [["policy", "explain", "--anonymous"].as_slice(), &words].concat();
        assert!(scene.server.admin(&words).is_none(), "{words:?}");
    }
    let unknown = [
        "policy",
        "explain",
        "--key",
        "RZNOBODY",
        "--action",
        "s3:GetObject",
    ];
    let unknown = [unknown.as_slice(), &["--resource", "paper/a"]].concat();
    assert!(scene.server.admin(&unknown).is_none());
}
