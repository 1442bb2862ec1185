//! Row 35: denials beside allowances, what is named by exception, sets that overlap in part.

use super::{BUCKET, OBJECTS, Scene, allow, denied, grant, number, of, statement, user};
use serde_json::json;

#[test]
fn row_35_denial_wins_in_either_order_and_from_either_side() {
    let scene = Scene::start();
    let ana = user(&scene.city, "ana");
    let (may, read) = (allow(&json!("s3:*")), json!("s3:GetObject"));
    let may_not =
        json!({"Effect": "Deny", "Action": "s3:Get*", "Resource": "arn:aws:s3:::paper/a"});
    for rights in [json!([may, may_not]), json!([may_not, may])] {
        grant(&scene.city, "ana", &rights);
        denied(ana.get("/paper/a"));
        ana.put("/paper/b", "x").expect(200);
        ana.get("/paper/b").expect(200);
    }
    grant(&scene.city, "ana", &json!([may]));
    let open = statement("Allow", &json!("*"), &read, &json!(OBJECTS));
    let close = statement(
        "Deny",
        &of(&scene.city),
        &read,
        &json!("arn:aws:s3:::paper/a"),
    );
    for rights in [json!([open, close]), json!([close, open])] {
        scene.policy(&rights);
        denied(ana.get("/paper/a"));
        denied(scene.city.get("/paper/a"));
        scene.other.get("/paper/a").expect(200);
        scene.anonymous("GET", "/paper/a", "").expect(200);
    }
}

#[test]
fn row_35_not_action_and_not_resource_reach_what_is_not_named() {
    let scene = Scene::start();
    let ana = user(&scene.city, "ana");
    let all_but_delete =
        json!({"Effect": "Allow", "NotAction": ["s3:Delete*", "iam:*"], "Resource": "*"});
    grant(&scene.city, "ana", &json!([all_but_delete]));
    ana.get("/paper/a").expect(200);
    denied(ana.delete("/paper/a"));
    denied(super::query::iam(&ana, &[("Action", "ListUsers")]));
    let all_but_reads = json!({"Effect": "Deny", "NotAction": "s3:GET*", "Resource": "*"});
    grant(
        &scene.city,
        "ana",
        &json!([allow(&json!("*")), all_but_reads]),
    );
    ana.get("/paper/a").expect(200);
    denied(ana.put("/paper/b", "x"));
    let elsewhere =
        json!({"Effect": "Deny", "Action": "*", "NotResource": ["arn:aws:s3:::paper/in/*"]});
    grant(&scene.city, "ana", &json!([allow(&json!("*")), elsewhere]));
    ana.put("/paper/in/x", "x").expect(200);
    denied(ana.get("/paper/a"));
    denied(ana.get("/paper"));
    denied(ana.get("/"));
}

#[test]
fn row_35_not_principal_denies_all_others() {
    let scene = Scene::start();
    let (ana, eva) = (user(&scene.city, "ana"), user(&scene.city, "eva"));
    for name in ["ana", "eva"] {
        grant(&scene.city, name, &json!([allow(&json!("s3:*"))]));
    }
    let account = number(&scene.city);
    let open = statement(
        "Allow",
        &json!("*"),
        &json!("s3:*"),
        &json!([BUCKET, OBJECTS]),
    );
    let arns = json!([
        format!("arn:aws:iam::{account}:user/ana"),
        format!("arn:aws:iam::{account}:root")
    ]);
    let others = json!({"Effect": "Deny", "NotPrincipal": {"AWS": arns}, "Action": "s3:*",
        "Resource": [BUCKET, OBJECTS]});
    scene.policy(&json!([open, others]));
    ana.get("/paper/a").expect(200);
    scene.city.get("/paper/a").expect(200);
    denied(eva.get("/paper/a"));
    denied(scene.other.get("/paper/a"));
    denied(scene.anonymous("GET", "/paper/a", ""));
}

/// GHSA-v9cp: sets that overlap in part, and sets that are empty or absent.
#[test]
fn row_35_ghsa_v9cp_quantifiers_over_partial_and_empty_sets() {
    let scene = Scene::start();
    let put = |tags: &str| {
        let put = scene.other.request("PUT", "/paper/new").body("x");
        if tags.is_empty() {
            put.send()
        } else {
            put.header("x-amz-tagging", tags).send()
        }
    };
    let open = |condition: serde_json::Value| {
        let actions = json!(["s3:PutObject", "s3:PutObjectTagging"]);
        let mut allow = statement("Allow", &of(&scene.other), &actions, &json!(OBJECTS));
        allow["Condition"] = condition;
        scene.policy(&json!([allow]));
    };
    let keys = json!({"s3:RequestObjectTagKeys": ["a", "b"]});
    open(json!({"ForAllValues:StringEquals": keys}));
    put("a=1").expect(200);
    put("a=1&b=2").expect(200);
    denied(put("a=1&c=3"));
    // Nothing is all of everything, as AWS says: the guard is Null beside it.
    put("").expect(200);
    open(json!({"ForAllValues:StringEquals": keys, "Null": {"s3:RequestObjectTagKeys": "false"}}));
    denied(put(""));
    put("b=1").expect(200);
    open(json!({"ForAnyValue:StringEquals": keys}));
    denied(put(""));
    denied(put("c=1"));
    put("c=1&a=2").expect(200);
    open(json!({"ForAnyValue:StringNotEquals": keys}));
    denied(put("a=1"));
    denied(put(""));
    put("a=1&c=2").expect(200);
    open(json!({"ForAllValues:StringNotEquals": keys}));
    denied(put("a=1&c=2"));
    put("c=2").expect(200);
}
