//! Groups: their policies count for their users at once, and stop at once.

use super::query::iam;
use super::{Scene, allow, denied, grant, policy, user};
use crate::raw::{Account, Answer};
use serde_json::json;

fn ask(by: &Account, action: &str, pairs: &[(&str, &str)]) -> Answer {
    let mut form = vec![("Action", action)];
    form.extend_from_slice(pairs);
    iam(by, &form)
}

const GROUP: (&str, &str) = ("GroupName", "Clerks");

#[test]
fn group_counts_at_once_and_stops_at_once() {
    let scene = Scene::start();
    let city = &scene.city;
    let ana = user(city, "ana");
    let read = policy(&json!([allow(&json!("s3:GetObject"))]));
    let put = [GROUP, ("PolicyName", "read"), ("PolicyDocument", &read)];
    ask(city, "PutGroupPolicy", &put).refused(404, "NoSuchEntity");
    let made = ask(city, "CreateGroup", &[GROUP]).expect(200);
    assert!(made.text("GroupId").expect("an id").starts_with("AGPA"));
    ask(city, "CreateGroup", &[("GroupName", "clerks")]).refused(409, "EntityAlreadyExists");
    let member = [("GroupName", "clerks"), ("UserName", "ANA")];
    for _ in 0..3 {
        denied(ana.get("/paper/a"));
        ask(city, "AddUserToGroup", &member).expect(200);
        ask(city, "AddUserToGroup", &member).expect(200);
        denied(ana.get("/paper/a"));
        ask(city, "PutGroupPolicy", &put).expect(200);
        ana.get("/paper/a").expect(200);
        ask(city, "RemoveUserFromGroup", &member).expect(200);
        denied(ana.get("/paper/a"));
        ask(city, "AddUserToGroup", &member).expect(200);
        ana.get("/paper/a").expect(200);
        ask(city, "DeleteGroupPolicy", &[GROUP, ("PolicyName", "read")]).expect(200);
        denied(ana.get("/paper/a"));
        ask(city, "RemoveUserFromGroup", &member).expect(200);
    }
    ask(city, "AddUserToGroup", &member).expect(200);
    ask(city, "PutGroupPolicy", &put).expect(200);
    // A group's denial is final as well.
    let deny =
        json!({"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::paper/a"});
    ask(
        city,
        "PutGroupPolicy",
        &[
            GROUP,
            ("PolicyName", "no"),
            ("PolicyDocument", &policy(&deny)),
        ],
    )
    .expect(200);
    grant(city, "ana", &json!([allow(&json!("*"))]));
    denied(ana.get("/paper/a"));
    let got = ask(city, "GetGroup", &[GROUP]).expect(200);
    assert_eq!(got.texts("UserName"), ["ana"]);
    let of = ask(city, "ListGroupsForUser", &[("UserName", "ana")]).expect(200);
    assert_eq!(of.texts("GroupName"), ["Clerks"]);
    let policies = ask(city, "ListGroupPolicies", &[GROUP]).expect(200);
    assert_eq!(policies.texts("member"), ["no", "read"]);
    let text = ask(city, "GetGroupPolicy", &[GROUP, ("PolicyName", "read")]).expect(200);
    assert!(
        text.text("PolicyDocument")
            .expect("a text")
            .contains("s3%3AGetObject")
    );
    for policy in ["no", "read"] {
        ask(city, "DeleteGroup", &[GROUP]).refused(409, "DeleteConflict");
        ask(city, "DeleteGroupPolicy", &[GROUP, ("PolicyName", policy)]).expect(200);
    }
    ask(city, "DeleteGroup", &[GROUP]).refused(409, "DeleteConflict");
    ask(city, "RemoveUserFromGroup", &member).expect(200);
    ask(city, "DeleteGroup", &[GROUP]).expect(200);
    ask(city, "GetGroup", &[GROUP]).refused(404, "NoSuchEntity");
    assert!(
        ask(city, "ListGroups", &[])
            .expect(200)
            .texts("GroupName")
            .is_empty()
    );
    ana.get("/paper/a").expect(200);
}

#[test]
fn user_has_ten_groups_at_most() {
    let scene = Scene::start();
    let city = &scene.city;
    let ana = user(city, "ana");
    for number in 0..11 {
        let name = format!("g{number}");
        ask(city, "CreateGroup", &[("GroupName", &name)]).expect(200);
        let added = ask(
            city,
            "AddUserToGroup",
            &[("GroupName", &name), ("UserName", "ana")],
        );
        if number < 10 {
            added.expect(200);
        } else {
            added.refused(409, "LimitExceeded");
        }
    }
    let read = policy(&json!([allow(&json!("s3:GetObject"))]));
    let put = [
        ("GroupName", "g9"),
        ("PolicyName", "read"),
        ("PolicyDocument", read.as_str()),
    ];
    ask(city, "PutGroupPolicy", &put).expect(200);
    ana.get("/paper/a").expect(200);
    let nobody = [("GroupName", "g0"), ("UserName", "nobody")];
    ask(city, "AddUserToGroup", &nobody).refused(404, "NoSuchEntity");
}
