//! Points 72 and 74, row 39: what is stored is what was given, and what is no policy is refused.

use super::{BUCKET, OBJECTS, Scene, of, policy, statement};
use serde_json::json;

#[test]
fn point_72_policy_comes_back_byte_for_byte() {
    let scene = Scene::start();
    let city = &scene.city;
    let target = "/paper?policy";
    city.get(target).refused(404, "NoSuchBucketPolicy");
    city.delete(target).expect(204);
    let texts = [
        "{\"Version\": \"2012-10-17\",\n\t \"Statement\" : [ {\"Sid\":\"\\u0041 1\",\
         \"Effect\":\"Deny\",\
         \"Principal\": {\"AWS\" : [\"*\"]}, \"Action\":[\"s3:PutBucketTagging\"],\
         \"Resource\":\"arn:aws:s3:::paper\"} ] }\r\n",
        "{\"Id\":\"\u{413}\u{440}\",\"Statement\":{\"Effect\":\"Deny\",\"NotPrincipal\":\"*\",\
         \"NotAction\":\
         \"S3:get*\",\"NotResource\":\"arn:aws:s3:::paper/${aws:username}\"}}",
    ];
    for text in texts {
        assert_eq!(city.put(target, text).expect(204).body, b"");
        let answer = city.get(target).expect(200);
        assert_eq!(answer.body, text.as_bytes());
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
    assert_eq!(city.delete(target).expect(204).body, b"");
    city.get(target).refused(404, "NoSuchBucketPolicy");
    city.delete(target).expect(204);
    city.get("/missing?policy").refused(404, "NoSuchBucket");
    scene.is_unharmed();
}

#[test]
fn point_72_row_39_what_is_no_policy_is_refused() {
    let scene = Scene::start();
    let city = &scene.city;
    let kept = policy(&json!([statement(
        "Allow",
        &of(&scene.other),
        &json!("s3:GetObject"),
        &json!(OBJECTS)
    )]));
    city.put("/paper?policy", kept.as_str()).expect(204);
    let with = |rest: &str| {
        format!(
            "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Resource\":\
             \"{OBJECTS}\",{rest}}}]}}"
        )
    };
    let actions = "\"Action\":\"s3:GetObject\"";
    let everybody = format!("\"Principal\":\"*\",{actions}");
    let texts = [
        String::new(),
        "[]".to_owned(),
        "{".to_owned(),
        "<Policy/>".to_owned(),
        "{\"Version\":\"2012-10-17\"}".to_owned(),
        "{\"Version\":\"2012-10-17\",\"Statement\":[]}".to_owned(),
        with(&everybody).replace("2012", "2013"),
        with(&everybody).replace("\"2012-10-17\"", "20121017"),
        with(&everybody).replace("\"2012-10-17\"", "null"),
        with(&everybody).replace("Allow", "allow"),
        with(&everybody).replace(OBJECTS, "paper/*"),
        with(&everybody).replace(OBJECTS, "*"),
        // Allow with NotPrincipal; no principal; both.
        with(&everybody).replace("Principal", "NotPrincipal"),
        with(actions),
        with(&format!("{everybody},\"NotPrincipal\":\"*\"")),
        with(&format!("\"Principal\":\"arn:aws:iam::1:root\",{actions}")),
        with(&format!("\"Principal\":{{\"AWS\":[]}},{actions}")),
        with(&format!("\"Principal\":{{\"Nobody\":\"*\"}},{actions}")),
        with("\"Principal\":\"*\""),
        with("\"Principal\":\"*\",\"Action\":[]"),
        with("\"Principal\":\"*\",\"Action\":\"GetObject\""),
        with("\"Principal\":\"*\",\"Action\":\"iam:CreateUser\""),
        with("\"Principal\":\"*\",\"Action\":-1"),
        // Unknown and repeated members.
        with(&format!("{everybody},\"Actions\":\"s3:*\"")),
        with(&format!("{everybody},\"Effect\":\"Deny\"")),
        with(&format!("{everybody},\"Condition\":null")),
        with(&format!("{everybody},\"Condition\":[]")),
        with(&format!(
            "{everybody},\"Condition\":{{\"Bool\":{{\"aws:SecureTransport\":\"maybe\"}}}}"
        )),
        with(&format!(
            "{everybody},\"Condition\":{{\"Equals\":{{\"s3:prefix\":\"a\"}}}}"
        )),
        with(&format!(
            "{everybody},\"Condition\":{{\"StringEquals\":{{\"prefix\":\"a\"}}}}"
        )),
        with(&format!(
            "{everybody},\"Condition\":{{\"IpAddress\":{{\"aws:SourceIp\":\"10.0.0.0/40\"}}}}"
        )),
        with(&format!(
            "{everybody},\"Condition\":{{\"NumericLessThan\":{{\"s3:max-keys\":1e400}}}}"
        )),
        with(&format!(
            "{everybody},\"Condition\":{{\"NumericLessThan\":{{\"s3:max-keys\":\"-\"}}}}"
        )),
        with(&format!("{everybody},\"Sid\":\"a-b\"")),
        with(&everybody).replace("/*", "/${aws:username"),
        "[".repeat(10_000),
    ];
    for text in texts {
        let answer = city.put("/paper?policy", text.as_str());
        assert_eq!(
            answer.outcome(),
            (400, "MalformedPolicy".to_owned()),
            "{text}"
        );
        assert_eq!(city.get("/paper?policy").expect(200).body, kept.as_bytes());
    }
    let twice = json!([{"Sid": "a", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": OBJECTS}, {"Sid": "a", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": OBJECTS}]);
    let twice = city.put("/paper?policy", policy(&twice));
    twice.refused(400, "MalformedPolicy");
    let long = format!("{}{}", policy(&json!([])), " ".repeat(20 * 1024));
    city.put("/paper?policy", long)
        .refused(400, "MalformedPolicy");
    scene.other.get("/paper/a").expect(200);
    scene.is_unharmed();
}

/// The longest policy is taken; numbers and truths may stand as they are in JSON.
#[test]
fn point_72_longest_policy_is_taken() {
    let scene = Scene::start();
    let mut text = policy(
        &json!({"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
        "Resource": OBJECTS,
        "Condition": {"NumericGreaterThan": {"s3:max-keys": [-1, 2.5, 10_000_000]},
        "Bool": {"aws:SecureTransport": true}}}),
    );
    text.push_str(&" ".repeat(20 * 1024 - text.len()));
    scene.city.put("/paper?policy", text.as_str()).expect(204);
    assert_eq!(
        scene.city.get("/paper?policy").expect(200).body,
        text.as_bytes()
    );
}

#[test]
fn point_74_principals_and_resources_of_elsewhere_are_accepted_and_let_nobody_in() {
    let scene = Scene::start();
    for principal in [
        json!({"AWS": "arn:aws:iam::999999999999:root"}),
        json!({"AWS": "arn:aws:iam::s3tenant1:root"}),
        json!({"AWS": ["999999999999", "arn:aws:iam::999999999999:user/ana"]}),
        json!({"Service": "logging.s3.amazonaws.com"}),
        json!({"Federated": "arn:aws:iam::999999999999:oidc-provider/host"}),
        json!({"CanonicalUser": "79a59df900b949e55d96a1e698fbaced"}),
    ] {
        let resources = json!([BUCKET, OBJECTS, "arn:aws:s3:::*", "arn:aws:s3:::another/*"]);
        scene.policy(&json!([statement(
            "Allow",
            &principal,
            &json!("s3:*"),
            &resources
        )]));
        scene.other.get("/paper/a").refused(403, "AccessDenied");
        scene
            .anonymous("GET", "/paper/a", "")
            .refused(403, "AccessDenied");
    }
    for principal in [json!("*"), json!({"AWS": "*"}), json!({"AWS": ["*"]})] {
        let resources = json!("arn:aws:s3:::*");
        scene.policy(&json!([statement(
            "Allow",
            &principal,
            &json!("*"),
            &resources
        )]));
        assert_eq!(scene.other.get("/paper/a").expect(200).body, b"the record");
        scene.anonymous("GET", "/paper/a", "").expect(200);
    }
    // An owner by its canonical id, as ListBuckets tells it.
    let id = scene.other.get("/").expect(200).text("ID").expect("an id");
    let principal = json!({"CanonicalUser": id});
    scene.policy(&json!([statement(
        "Allow",
        &principal,
        &json!("s3:GetObject"),
        &json!(OBJECTS)
    )]));
    scene.other.get("/paper/a").expect(200);
    scene
        .anonymous("GET", "/paper/a", "")
        .refused(403, "AccessDenied");
    scene.is_unharmed();
}
