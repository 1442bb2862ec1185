//! What conditions know of a session.

use super::super::{Scene, allow, denied, grant, user};
use super::{allow_role, take, token, writer};
use serde_json::{Value, json};

fn when(condition: &Value) -> Value {
    let mut statement = allow(&json!("s3:GetObject"));
    statement["Condition"] = condition.clone();
    json!([statement])
}

#[test]
fn conditions_know_role_session_and_when_it_began() {
    let scene = Scene::start();
    let city = &scene.city;
    let (ana, arn) = writer(&scene, &json!([]));
    let taken = take(&ana, &arn, None);
    let id = super::super::query::sts(&taken, &[("Action", "GetCallerIdentity")]).expect(200);
    let id = id.text("UserId").expect("an id");
    let session = format!(
        "arn:aws:sts::{}:assumed-role/writer/nightly",
        super::super::number(city)
    );
    for (holds, condition) in [
        (true, json!({"ArnEquals": {"aws:PrincipalArn": arn}})),
        (false, json!({"ArnEquals": {"aws:PrincipalArn": session}})),
        (
            true,
            json!({"StringEquals": {"aws:PrincipalType": "AssumedRole"}}),
        ),
        (true, json!({"StringEquals": {"aws:userid": id}})),
        (true, json!({"StringLike": {"aws:userid": "AROA*:nightly"}})),
        (true, json!({"Null": {"aws:username": "true"}})),
        (
            true,
            json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}}),
        ),
        (true, json!({"Null": {"aws:MultiFactorAuthAge": "true"}})),
        (
            true,
            json!({"DateGreaterThan": {"aws:TokenIssueTime": "2026-01-01T00:00:00Z"}}),
        ),
        (
            false,
            json!({"DateLessThan": {"aws:TokenIssueTime": "2026-01-01T00:00:00Z"}}),
        ),
        (
            true,
            json!({"StringEquals": {
            "aws:PrincipalAccount": super::super::number(city)}}),
        ),
        (true, json!({"Null": {"sts:RoleSessionName": "true"}})),
    ] {
        allow_role(city, "writer", &when(&condition));
        let answer = taken.get("/paper/a");
        assert_eq!(answer.status == 200, holds, "{condition}");
    }
}

/// A user's session is the user, but for what tells that it is one.
#[test]
fn conditions_tell_users_from_their_sessions() {
    let scene = Scene::start();
    let city = &scene.city;
    let ana = user(city, "ana");
    for (holds, lasting, condition) in [
        (true, true, json!({"StringEquals": {"aws:username": "ana"}})),
        (
            true,
            true,
            json!({"StringEquals": {"aws:PrincipalType": "User"}}),
        ),
        (
            true,
            false,
            json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}}),
        ),
        (
            true,
            true,
            json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}),
        ),
        (
            true,
            false,
            json!({"Null": {"aws:TokenIssueTime": "false"}}),
        ),
    ] {
        grant(city, "ana", &when(&condition));
        let temporary = token(&ana).get("/paper/a");
        assert_eq!(temporary.status == 200, holds, "{condition}");
        assert_eq!(ana.get("/paper/a").status == 200, lasting, "{condition}");
    }
    // No header makes it so.
    grant(
        city,
        "ana",
        &when(&json!({"Null": {"aws:TokenIssueTime": "false"}})),
    );
    let forged = ana.request("GET", "/paper/a");
    let forged = forged.header("x-amz-tokenissuetime", "2026-01-01T00:00:00Z");
    denied(forged.send());
}

/// How sessions of a role are ended before their time, as AWS's console does it.
#[test]
fn sessions_that_began_before_a_time_are_shut_out() {
    let scene = Scene::start();
    let (ana, arn) = writer(&scene, &json!([]));
    let taken = take(&ana, &arn, None);
    let deny = |time: &str| {
        json!([allow(&json!("s3:*")), {
            "Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": time}},
        }])
    };
    allow_role(&scene.city, "writer", &deny("2026-01-01T00:00:00Z"));
    taken.get("/paper/a").expect(200);
    allow_role(&scene.city, "writer", &deny("2999-01-01T00:00:00Z"));
    denied(taken.get("/paper/a"));
}
