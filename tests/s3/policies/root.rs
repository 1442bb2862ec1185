//! Point 73: a denial binds the bucket's owner too, but for what it does to the policy.

use super::{BUCKET, OBJECTS, Scene, grant, policy, statement, user};
use serde_json::{Value, json};

const CONFIRM: &str = "x-amz-confirm-remove-self-bucket-access";

fn everything(effect: &str) -> Value {
    json!([statement(
        effect,
        &json!("*"),
        &json!("s3:*"),
        &json!([BUCKET, OBJECTS])
    )])
}

#[test]
fn point_73_denial_binds_the_root_but_for_its_policy() {
    let scene = Scene::start();
    let city = &scene.city;
    let ana = user(city, "ana");
    grant(city, "ana", &json!([super::allow(&json!("*"))]));
    scene.policy(&everything("Deny"));
    city.get("/paper/a").refused(403, "AccessDenied");
    city.put("/paper/b", "new").refused(403, "AccessDenied");
    city.get("/paper").refused(403, "AccessDenied");
    city.delete("/paper/a").refused(403, "AccessDenied");
    city.delete("/paper").refused(403, "AccessDenied");
    city.get("/paper?policyStatus").refused(403, "AccessDenied");
    city.delete("/paper?publicAccessBlock")
        .refused(403, "AccessDenied");
    // A user is no root, whatever it may.
    ana.get("/paper?policy").refused(403, "AccessDenied");
    ana.delete("/paper?policy").refused(403, "AccessDenied");
    ana.put("/paper?policy", policy(&everything("Allow")))
        .refused(403, "AccessDenied");
    let text = policy(&everything("Deny"));
    assert_eq!(city.get("/paper?policy").expect(200).body, text.as_bytes());
    city.put("/paper?policy", text).expect(204);
    city.delete("/paper?policy").expect(204);
    scene.is_unharmed();
    ana.get("/paper/a").expect(200);
}

#[test]
fn point_73_confirmed_policy_binds_the_root_in_everything() {
    let scene = Scene::start();
    let city = &scene.city;
    let put = |confirmed: &str, effect: &str| {
        let put = city.request("PUT", "/paper?policy");
        let put = put.header(CONFIRM, confirmed);
        put.body(policy(&everything(effect))).send()
    };
    put("maybe", "Deny").expect(400);
    put("false", "Deny").expect(204);
    city.delete("/paper?policy").expect(204);
    // Confirmed and harmless: the root goes on.
    put("true", "Allow").expect(204);
    city.get("/paper?policy").expect(200);
    put("true", "Deny").expect(204);
    city.get("/paper?policy").refused(403, "AccessDenied");
    put("false", "Allow").refused(403, "AccessDenied");
    city.delete("/paper?policy").refused(403, "AccessDenied");
    city.get("/paper/a").refused(403, "AccessDenied");
}

/// A statement of some actions denies those alone.
#[test]
fn point_73_denial_of_one_action_leaves_the_others() {
    let scene = Scene::start();
    let city = &scene.city;
    scene.policy(&json!([statement(
        "Deny",
        &json!("*"),
        &json!("s3:DeleteObject"),
        &json!(OBJECTS)
    )]));
    city.delete("/paper/a").refused(403, "AccessDenied");
    city.put("/paper/b", "new").expect(200);
    let many = "<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>";
    let answer = city.post("/paper?delete", many).expect(200);
    assert_eq!(answer.texts("Code"), ["AccessDenied", "AccessDenied"]);
    city.delete("/paper/b?versionId=null").expect(204);
    scene.is_unharmed();
}
