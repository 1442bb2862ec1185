//! Point 38: what is missing is told only to who may list.

use super::{BUCKET, OBJECTS, Scene, allow, denied, grant, statement, user};
use serde_json::{Value, json};

#[test]
fn point_38_missing_key_is_told_to_who_may_list_it() {
    let scene = Scene::start();
    let ana = user(&scene.city, "ana");
    let read = json!([
        "s3:GetObject",
        "s3:GetObjectTagging",
        "s3:GetObjectAttributes",
        "s3:PutObject",
        "s3:PutObjectTagging"
    ]);
    let tags = "<Tagging><TagSet/></Tagging>";
    let missing = |key: &str| {
        let attributes = ana.request("GET", &format!("/paper/{key}?attributes"));
        vec![
            ana.get(&format!("/paper/{key}")),
            ana.head(&format!("/paper/{key}")),
            ana.get(&format!("/paper/{key}?tagging")),
            ana.put(&format!("/paper/{key}?tagging"), tags),
            attributes.header("x-amz-object-attributes", "ETag").send(),
            {
                let copy = ana.request("PUT", "/paper/copy");
                copy.header("x-amz-copy-source", &format!("/paper/{key}"))
                    .send()
            },
        ]
    };
    grant(&scene.city, "ana", &json!([allow(&read)]));
    missing("missing").into_iter().for_each(denied);
    // The list that is asked about is that of the key.
    let list = |condition: Value| {
        let mut list = json!({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": BUCKET});
        list["Condition"] = condition;
        list
    };
    let in_folder = list(json!({"StringLike": {"s3:prefix": "in/*"}}));
    grant(&scene.city, "ana", &json!([allow(&read), in_folder]));
    missing("missing").into_iter().for_each(denied);
    for answer in missing("in/missing") {
        if answer.body.is_empty() {
            answer.expect(404);
        } else {
            answer.refused(404, "NoSuchKey");
        }
    }
    grant(&scene.city, "ana", &json!([allow(&read), list(json!({}))]));
    for answer in missing("missing") {
        answer.expect(404);
    }
    let deny = statement("Deny", &json!("*"), &json!("s3:ListBucket"), &json!(BUCKET));
    scene.policy(&json!([deny]));
    missing("missing").into_iter().for_each(denied);
    scene
        .city
        .get("/paper/missing")
        .refused(403, "AccessDenied");
    scene.city.delete("/paper?policy").expect(204);
    scene.is_unharmed();
}

/// The answer to a missing object and to a forbidden one are alike in everything.
#[test]
fn point_38_missing_and_forbidden_look_alike() {
    let scene = Scene::start();
    let open = statement(
        "Allow",
        &json!("*"),
        &json!("s3:GetObject"),
        &json!(OBJECTS),
    );
    scene.policy(&json!([open]));
    let shape = |target: &str| {
        let answer = scene
            .anonymous("GET", target, "")
            .refused(403, "AccessDenied");
        let mut names: Vec<_> = answer.headers.into_iter().map(|(name, _)| name).collect();
        names.sort();
        names
    };
    let missing = shape("/paper/missing");
    scene.city.delete("/paper?policy").expect(204);
    assert_eq!(shape("/paper/a"), missing);
}
