//! `GetSessionToken`: a user or a root for a while, who then does S3, `AssumeRole` and
//! `GetCallerIdentity`, and nothing else.

use super::super::query::{iam, sts};
use super::super::{Scene, allow, denied, grant, user};
use super::{assume, credentials, take, token, writer};
use crate::raw::{Account, Answer};
use serde_json::json;

fn ask(by: &Account, more: &[(&str, &str)]) -> Answer {
    sts(by, &[&[("Action", "GetSessionToken")], more].concat())
}

/// Minutes until the credentials of an answer end.
fn minutes(answer: &Answer) -> i64 {
    let format = time::format_description::well_known::Iso8601::DEFAULT;
    let end = answer.text("Expiration").expect("an end");
    let end = time::OffsetDateTime::parse(&end, &format).expect("a date");
    (end - crate::raw::now()).whole_seconds().div_euclid(60) + 1
}

#[test]
fn session_of_a_user_is_the_user_in_s3() {
    let scene = Scene::start();
    let ana = user(&scene.city, "ana");
    let temporary = token(&ana);
    denied(temporary.get("/paper/a"));
    grant(&scene.city, "ana", &json!([allow(&json!("s3:GetObject"))]));
    temporary.get("/paper/a").expect(200);
    denied(temporary.put("/paper/b", "no"));
    let identity = |by: &Account| {
        let told = sts(by, &[("Action", "GetCallerIdentity")]).expect(200);
        (told.text("Arn"), told.text("UserId"), told.text("Account"))
    };
    assert_eq!(identity(&temporary), identity(&ana));
    let root = token(&scene.city);
    root.put("/paper/b", "the root's").expect(200);
    root.delete("/paper/b").expect(204);
    assert_eq!(identity(&root), identity(&scene.city));
    scene.is_unharmed();
}

#[test]
fn durations_are_awss() {
    let scene = Scene::start();
    let ana = user(&scene.city, "ana");
    for (seconds, lasting) in [("", 720), ("900", 15), ("129600", 2160)] {
        let answer = ask(&ana, &[("DurationSeconds", seconds)]).expect(200);
        let minutes = minutes(&answer);
        assert!(
            (lasting - 1..=lasting).contains(&minutes),
            "{seconds}: {minutes}"
        );
        // A root's never lasts longer than an hour.
        let answer = ask(&scene.city, &[("DurationSeconds", seconds)]).expect(200);
        let lasting = lasting.min(60);
        let minutes = self::minutes(&answer);
        assert!(
            (lasting - 1..=lasting).contains(&minutes),
            "{seconds}: {minutes}"
        );
    }
    for seconds in ["899", "129601", "-5", "x"] {
        ask(&ana, &[("DurationSeconds", seconds)]).refused(400, "ValidationError");
    }
    for (name, value) in [("SerialNumber", "mfa"), ("TokenCode", "123456")] {
        let answer = ask(&ana, &[(name, value)]).refused(400, "ValidationError");
        assert!(
            answer
                .text("Message")
                .is_some_and(|text| text.contains(name))
        );
    }
}

/// Who got hold of temporary credentials makes no lasting ones (AWS STS API Reference,
/// `GetSessionToken`).
#[test]
fn session_tokens_reach_no_iam_and_mint_no_more() {
    let scene = Scene::start();
    let (ana, arn) = writer(&scene, &json!([allow(&json!("s3:GetObject"))]));
    grant(&scene.city, "ana", &json!([allow(&json!("*"))]));
    for by in [token(&ana), token(&scene.city)] {
        for form in [
            vec![("Action", "ListUsers")],
            vec![("Action", "CreateAccessKey"), ("UserName", "ana")],
            vec![("Action", "CreateUser"), ("UserName", "eva")],
            vec![("Action", "GetUser")],
            vec![("Action", "ListRoles")],
        ] {
            iam(&by, &form).refused(403, "InvalidClientTokenId");
        }
        ask(&by, &[]).refused(403, "AccessDenied");
        sts(&by, &[("Action", "GetCallerIdentity")]).expect(200);
    }
    let listed = iam(&scene.city, &[("Action", "ListUsers")]).expect(200);
    assert_eq!(listed.texts("UserName"), ["ana"]);
    // Roles are taken, by users.
    let taken = credentials(&ana, &assume(&token(&ana), &arn, &[]).expect(200));
    taken.get("/paper/a").expect(200);
    ask(&taken, &[]).refused(403, "AccessDenied");
    denied(assume(&token(&scene.city), &arn, &[]));
    // The role's own session may do IAM as far as the role may: not at all.
    denied(iam(&take(&ana, &arn, None), &[("Action", "ListUsers")]));
}
