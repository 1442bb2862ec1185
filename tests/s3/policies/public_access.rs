//! Points 77 and 78: what is public, and what keeps a bucket from it.

use super::{BUCKET, OBJECTS, Scene, of, policy, statement};
use serde_json::{Value, json};

const TARGET: &str = "/paper?publicAccessBlock";

/// In the order of the document.
fn blocks([acls, ignore, policy, restrict]: [bool; 4]) -> String {
    format!(
        "<PublicAccessBlockConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <BlockPublicAcls>{acls}</BlockPublicAcls><IgnorePublicAcls>{ignore}</IgnorePublicAcls>\
         <BlockPublicPolicy>{policy}</BlockPublicPolicy>\
         <RestrictPublicBuckets>{restrict}</RestrictPublicBuckets></PublicAccessBlockConfiguration>"
    )
}

fn told(scene: &Scene) -> Vec<String> {
    let answer = scene.city.get(TARGET).expect(200);
    [
        "BlockPublicAcls",
        "IgnorePublicAcls",
        "BlockPublicPolicy",
        "RestrictPublicBuckets",
    ]
    .iter()
    .map(|name| answer.text(name).expect("a switch"))
    .collect()
}

fn read_by(principal: &Value, condition: &Value) -> Value {
    let mut allow = statement("Allow", principal, &json!("s3:GetObject"), &json!(OBJECTS));
    if !condition.is_null() {
        allow["Condition"] = condition.clone();
    }
    json!([allow])
}

#[test]
fn point_77_policy_status_tells_what_is_public() {
    let scene = Scene::start();
    let status = || {
        let answer = scene.city.get("/paper?policyStatus").expect(200);
        answer.text("IsPublic").expect("a truth")
    };
    assert_eq!(status(), "false");
    let (everybody, other) = (json!("*"), of(&scene.other));
    let ip = |range: &str| json!({"IpAddress": {"aws:SourceIp": range}});
    for (principal, condition, is_public) in [
        (&everybody, Value::Null, "true"),
        (&json!({"AWS": ["111122223333", "*"]}), Value::Null, "true"),
        (&other, Value::Null, "false"),
        (&everybody, ip("10.0.0.0/8"), "false"),
        (&everybody, ip("0.0.0.0/0"), "true"),
        (
            &everybody,
            json!({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            "true",
        ),
        (
            &everybody,
            json!({"StringLike": {"aws:UserAgent": "*"}}),
            "true",
        ),
        (
            &everybody,
            json!({"StringEqualsIfExists": {"aws:username": "ana"}}),
            "true",
        ),
        (
            &everybody,
            json!({"StringEquals": {"aws:PrincipalAccount": "111122223333"}}),
            "false",
        ),
    ] {
        scene.policy(&read_by(principal, &condition));
        assert_eq!(status(), is_public, "{principal} {condition}");
    }
    let deny = statement("Deny", &everybody, &json!("s3:PutObject"), &json!(OBJECTS));
    scene.policy(&json!([deny]));
    assert_eq!(status(), "false");
}

#[test]
fn point_78_blocks_come_back_and_go() {
    let scene = Scene::start();
    let city = &scene.city;
    city.get(TARGET)
        .refused(404, "NoSuchPublicAccessBlockConfiguration");
    city.delete(TARGET).expect(204);
    assert_eq!(
        city.put(TARGET, blocks([true, false, true, false]))
            .expect(200)
            .body,
        b""
    );
    assert_eq!(told(&scene), ["true", "false", "true", "false"]);
    let some = "<PublicAccessBlockConfiguration><IgnorePublicAcls>TRUE</IgnorePublicAcls>\
                </PublicAccessBlockConfiguration>";
    city.put(TARGET, some).expect(200);
    assert_eq!(told(&scene), ["false", "true", "false", "false"]);
    for wrong in [
        String::new(),
        "<PublicAccessBlock/>".to_owned(),
        blocks([true, true, true, true]).replace(">true</Block", ">yes</Block"),
        blocks([true, true, true, true]).replace("RestrictPublicBuckets", "Restrict"),
        blocks([true, true, true, true]).replace("IgnorePublicAcls", "BlockPublicAcls"),
    ] {
        city.put(TARGET, wrong.as_str())
            .refused(400, "MalformedXML");
        assert_eq!(told(&scene), ["false", "true", "false", "false"]);
    }
    city.delete(TARGET).expect(204);
    city.get(TARGET)
        .refused(404, "NoSuchPublicAccessBlockConfiguration");
}

#[test]
fn point_78_block_public_policy_refuses_public_policies_alone() {
    let scene = Scene::start();
    let city = &scene.city;
    city.put(TARGET, blocks([false, false, true, false]))
        .expect(200);
    let public = policy(&read_by(&json!("*"), &Value::Null));
    city.put("/paper?policy", public.as_str())
        .refused(403, "AccessDenied");
    city.get("/paper?policy").refused(404, "NoSuchBucketPolicy");
    scene.policy(&read_by(&of(&scene.other), &Value::Null));
    city.put("/paper?policy", public.as_str())
        .refused(403, "AccessDenied");
    scene.other.get("/paper/a").expect(200);
    let narrow = json!({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}});
    scene.policy(&read_by(&json!("*"), &narrow));
    scene.anonymous("GET", "/paper/a", "").expect(200);
    // What was public before stays so: this block is about new policies.
    city.put(TARGET, blocks([false, false, false, false]))
        .expect(200);
    city.put("/paper?policy", public).expect(204);
    city.put(TARGET, blocks([false, false, true, false]))
        .expect(200);
    scene.anonymous("GET", "/paper/a", "").expect(200);
}

#[test]
fn point_78_restrict_public_buckets_keeps_strangers_out() {
    let scene = Scene::start();
    let city = &scene.city;
    let ana = super::user(city, "ana");
    scene.policy(&read_by(&json!("*"), &Value::Null));
    scene.anonymous("GET", "/paper/a", "").expect(200);
    city.put(TARGET, blocks([false, false, false, true]))
        .expect(200);
    scene
        .anonymous("GET", "/paper/a", "")
        .refused(403, "AccessDenied");
    scene.other.get("/paper/a").refused(403, "AccessDenied");
    city.get("/paper/a").expect(200);
    ana.get("/paper/a").expect(200);
    // A policy that names the other tenant is not public.
    scene.policy(&read_by(&of(&scene.other), &Value::Null));
    scene.other.get("/paper/a").expect(200);
    scene.policy(&read_by(&json!("*"), &Value::Null));
    city.delete(TARGET).expect(204);
    scene.anonymous("GET", "/paper/a", "").expect(200);
}

/// As the server is set up by default, nothing becomes public by a policy alone.
#[test]
fn new_buckets_have_all_four_blocks() {
    let scene = Scene::start_with(&[]);
    assert_eq!(told(&scene), ["true"; 4]);
    let everything = json!([BUCKET, OBJECTS]);
    let public = statement("Allow", &json!("*"), &json!("s3:GetObject"), &everything);
    let public = policy(&json!([public]));
    scene
        .city
        .put("/paper?policy", public.as_str())
        .refused(403, "AccessDenied");
    scene.policy(&read_by(&of(&scene.other), &Value::Null));
    scene.other.get("/paper/a").expect(200);
    scene.city.delete(TARGET).expect(204);
    scene.city.put("/paper?policy", public).expect(204);
    scene.anonymous("GET", "/paper/a", "").expect(200);
}
