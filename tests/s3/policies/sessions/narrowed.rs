//! Session policies: what a session may do is what its role may and its policy leaves.

use super::super::query::iam;
use super::super::{BUCKET, OBJECTS, Scene, allow, denied, number, of, policy, statement};
use super::{allow_role, assume, role, take, user_arn, writer};
use crate::raw::Account;
use serde_json::{Value, json};

fn on(action: &Value, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

#[test]
fn session_does_what_role_and_session_policy_allow_both() {
    let scene = Scene::start();
    let (ana, arn) = writer(
        &scene,
        &json!([allow(&json!(["s3:GetObject", "s3:PutObject"]))]),
    );
    let narrowing = json!([allow(&json!(["s3:GetObject", "s3:DeleteObject"]))]);
    let answer = assume(&ana, &arn, &[("Policy", &policy(&narrowing))]).expect(200);
    let size = answer.text("PackedPolicySize").expect("a size");
    let size: u32 = size.parse().expect("a number");
    assert!((1..=100).contains(&size), "{size}");
    let narrowed = super::credentials(&ana, &answer);
    narrowed.get("/paper/a").expect(200);
    denied(narrowed.put("/paper/b", "no"));
    denied(narrowed.delete("/paper/a"));
    denied(narrowed.get("/paper"));
    let log = scene.server.log();
    assert!(
        log.contains("the session policy does not allow it"),
        "{log}"
    );
    // The role itself is as it was, and a session without a policy is the role.
    take(&ana, &arn, None).put("/paper/b", "yes").expect(200);
    scene.city.delete("/paper/b").expect(204);
    // A change of the role counts at once, within what the session leaves.
    allow_role(&scene.city, "writer", &json!([allow(&json!("s3:*"))]));
    narrowed.put("/paper/b", "no").refused(403, "AccessDenied");
    narrowed.delete("/paper/a").expect(204);
}

#[test]
fn denial_by_a_session_policy_is_final() {
    let scene = Scene::start();
    let (ana, arn) = writer(&scene, &json!([allow(&json!("*"))]));
    let deny = json!({"Effect": "Deny", "Action": "s3:*", "Resource": format!("{OBJECTS}")});
    let narrowed = take(&ana, &arn, Some(&json!([allow(&json!("*")), deny])));
    narrowed.get("/paper").expect(200);
    denied(narrowed.get("/paper/a"));
    // Also where the bucket allows it to the very session.
    let session = session_arn(&scene.city, "writer");
    let open = statement(
        "Allow",
        &json!({"AWS": session}),
        &json!("s3:GetObject"),
        &json!(OBJECTS),
    );
    scene.policy(&json!([open]));
    denied(narrowed.get("/paper/a"));
    // And a denial of the bucket's.
    let shut = statement("Deny", &json!("*"), &json!("s3:ListBucket"), &json!(BUCKET));
    scene.policy(&json!([shut]));
    denied(narrowed.get("/paper"));
}

fn session_arn(account: &Account, role: &str) -> String {
    format!(
        "arn:aws:sts::{}:assumed-role/{role}/nightly",
        number(account)
    )
}

/// What a bucket's policy allows to a role is narrowed by a session's policy, what it allows to the
/// session is not (IAM User Guide, "Session policies").
#[test]
fn bucket_policies_name_roles_and_their_sessions() {
    let scene = Scene::start();
    let city = &scene.city;
    let (ana, arn) = writer(&scene, &json!([]));
    let plain = take(&ana, &arn, None);
    let only_list = json!([on(&json!("s3:ListBucket"), BUCKET)]);
    let narrowed = take(&ana, &arn, Some(&only_list));
    let open = |principal: &Value| {
        let get = statement("Allow", principal, &json!("s3:GetObject"), &json!(OBJECTS));
        scene.policy(&json!([get]));
    };
    for by in [&plain, &narrowed] {
        denied(by.get("/paper/a"));
    }
    open(&json!({"AWS": arn}));
    plain.get("/paper/a").expect(200);
    denied(narrowed.get("/paper/a"));
    denied(ana.get("/paper/a"));
    open(&json!({"AWS": session_arn(city, "writer")}));
    plain.get("/paper/a").expect(200);
    narrowed.get("/paper/a").expect(200);
    let named = [
        ("Action", "AssumeRole"),
        ("RoleArn", &arn),
        ("RoleSessionName", "daily"),
    ];
    let daily = super::super::query::sts(&ana, &named).expect(200);
    denied(super::credentials(&ana, &daily).get("/paper/a"));
    // The account alone hands the decision to the role's own policies.
    open(&of(city));
    denied(plain.get("/paper/a"));
    // Everybody is also a session, within what it was narrowed to.
    open(&json!("*"));
    plain.get("/paper/a").expect(200);
    denied(narrowed.get("/paper/a"));
    // The name of another role is another one's.
    open(&json!({"AWS": format!("{arn}2")}));
    denied(plain.get("/paper/a"));
}

/// Who is excepted from a denial has to be named as the session that it is.
#[test]
fn exceptions_except_sessions_by_their_own_names() {
    let scene = Scene::start();
    let city = &scene.city;
    let (ana, arn) = writer(&scene, &json!([allow(&json!("s3:*"))]));
    let taken = take(&ana, &arn, None);
    let but = |names: &Value| {
        let deny = json!({"Effect": "Deny", "NotPrincipal": {"AWS": names},
                          "Action": "s3:GetObject", "Resource": OBJECTS});
        scene.policy(&json!([deny]));
    };
    but(&json!([arn, number(city)]));
    denied(taken.get("/paper/a"));
    but(&json!([arn, session_arn(city, "writer"), number(city)]));
    taken.get("/paper/a").expect(200);
}

/// Across accounts both sides have to allow it, and the session's policy leaves it.
#[test]
fn sessions_reach_other_accounts_as_both_allow() {
    let scene = Scene::start();
    let other = &scene.other;
    let eva = super::super::user(other, "eva");
    let trusted = json!({"AWS": user_arn(other, "eva")});
    let arn = role(other, "reader", &trusted, &json!([]));
    let plain = take(&eva, &arn, None);
    let get = statement(
        "Allow",
        &json!({"AWS": arn}),
        &json!("s3:GetObject"),
        &json!(OBJECTS),
    );
    scene.policy(&json!([get]));
    denied(plain.get("/paper/a"));
    allow_role(other, "reader", &json!([allow(&json!("s3:GetObject"))]));
    plain.get("/paper/a").expect(200);
    let put = json!([allow(&json!("s3:PutObject"))]);
    denied(take(&eva, &arn, Some(&put)).get("/paper/a"));
    denied(plain.put("/paper/b", "no"));
    denied(plain.get("/paper"));
    scene.is_unharmed();
}

/// Conditions on what an object has are asked of session policies too.
#[test]
fn session_policies_see_tags_and_documents() {
    let scene = Scene::start();
    let city = &scene.city;
    let (ana, arn) = writer(&scene, &json!([allow(&json!("s3:*"))]));
    let mut public = allow(&json!("s3:GetObject"));
    public["Condition"] = json!({"StringEquals": {"s3:ExistingObjectTag/kind": "public"}});
    let mut tag = allow(&json!("s3:PutObjectTagging"));
    tag["Condition"] = json!({"StringEquals": {"s3:RequestObjectTag/kind": "secret"}});
    let narrowed = take(&ana, &arn, Some(&json!([public, tag])));
    let tagged = |kind: &str| {
        format!(
            "<Tagging><TagSet><Tag><Key>kind</Key><Value>{kind}</Value></Tag></TagSet></Tagging>"
        )
    };
    denied(narrowed.get("/paper/a"));
    city.put("/paper/a?tagging", tagged("public")).expect(200);
    narrowed.get("/paper/a").expect(200);
    denied(narrowed.put("/paper/a?tagging", tagged("public")));
    narrowed
        .put("/paper/a?tagging", tagged("secret"))
        .expect(200);
    denied(narrowed.get("/paper/a"));
}

/// IAM is for sessions of roles, as far as they may, and never more than the session leaves.
#[test]
fn narrowed_sessions_administrate_no_more_than_they_may() {
    let scene = Scene::start();
    let (ana, arn) = writer(&scene, &json!([allow(&json!("iam:*"))]));
    let list = |by: &Account| iam(by, &[("Action", "ListUsers")]);
    let create =
        |by: &Account, name: &str| iam(by, &[("Action", "CreateUser"), ("UserName", name)]);
    let full = take(&ana, &arn, None);
    create(&full, "eva").expect(200);
    let own = iam(&full, &[("Action", "CreateAccessKey")]);
    own.refused(400, "ValidationError");
    let narrowed = take(&ana, &arn, Some(&json!([allow(&json!("iam:List*"))])));
    list(&narrowed).expect(200);
    denied(create(&narrowed, "third"));
    let nothing = take(&ana, &arn, Some(&json!([allow(&json!("s3:*"))])));
    denied(list(&nothing));
}
