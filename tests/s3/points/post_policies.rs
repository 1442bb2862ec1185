//! Points 106 and 107: forms that their policy does not allow, and policies and forms that are
//! none.

use super::with_bucket;
use crate::post::{PostForm, SignedForm, date_in};
use crate::raw::{Account, Answer};
use serde_json::json;

fn form(city: &Account) -> PostForm {
    PostForm::of(city, "points", "foo.txt")
}

#[track_caller]
fn denied(answer: Answer, text: &str) {
    let answer = answer.refused(403, "AccessDenied");
    let message = answer.text("Message").expect("a text");
    assert_eq!(message, format!("Invalid according to Policy: {text}"));
}

#[track_caller]
fn invalid(answer: Answer, text: &str) {
    let answer = answer.refused(400, "InvalidPolicyDocument");
    let message = answer.text("Message").expect("a text");
    assert_eq!(message, format!("Invalid Policy: {text}"));
}

#[track_caller]
fn nothing_is_stored(city: &Account) {
    let listed = city.get("/points").expect(200).texts("Key");
    assert_eq!(listed, Vec::<String>::new());
}

#[test]
fn point_106_unknown_access_key_and_wrong_signature_are_refused() {
    let (_server, city) = with_bucket();
    let mut stranger = city.clone();
    stranger.access_key_id = "AKIDUNKNOWN".to_owned();
    let refused = form(&stranger).send().refused(403, "InvalidAccessKeyId");
    assert_eq!(
        refused.text("AWSAccessKeyId").as_deref(),
        Some("AKIDUNKNOWN")
    );
    let signed = form(&city).sign();
    let signature = signed.value("x-amz-signature");
    let backwards: String = signature.chars().rev().collect();
    for wrong in [
        &*backwards,
        &signature.to_uppercase(),
        "",
        "00",
        &signature[1..],
    ] {
        let answer = signed.clone().set("x-amz-signature", wrong).send();
        let answer = answer.refused(403, "SignatureDoesNotMatch");
        let told = answer.text("SignatureProvided").unwrap_or_default();
        assert_eq!(told, wrong);
        assert_eq!(answer.text("StringToSign"), Some(signed.value("policy")));
        assert_eq!(answer.text("CanonicalRequest"), None);
        let id = answer.text("AWSAccessKeyId");
        assert_eq!(id.as_deref(), Some(&*city.access_key_id));
    }
    // What was signed is the text, before anything is made of it.
    let policy = signed.value("policy");
    let cut = &policy[..policy.len() - 2];
    for spoilt in [cut, "e30=", "", "no policy"] {
        let answer = signed.clone().set("policy", spoilt).send();
        answer.refused(403, "SignatureDoesNotMatch");
    }
    nothing_is_stored(&city);
}

/// The fields that say how a policy was signed are for this server, and for now.
#[test]
fn point_106_signature_of_another_scope_or_time_is_refused() {
    let (_server, city) = with_bucket();
    let signed = form(&city).sign();
    let credential = signed.value("x-amz-credential");
    let date = signed.value("x-amz-date");
    let with = |name: &str, value: &str| signed.clone().set(name, value).send();
    let refused = with(
        "x-amz-credential",
        &credential.replace("us-east-1", "eu-west-1"),
    );
    let refused = refused.refused(400, "InvalidArgument");
    assert_eq!(refused.text("Region").as_deref(), Some("us-east-1"));
    assert_eq!(
        refused.text("ArgumentName").as_deref(),
        Some("X-Amz-Credential")
    );
    let text = "the region 'eu-west-1' is wrong; expecting 'us-east-1'";
    assert_eq!(refused.text("Message").as_deref(), Some(text));
    for (name, value) in [
        ("x-amz-credential", credential.replace("/s3/", "/sts/")),
        (
            "x-amz-credential",
            credential.replace("aws4_request", "aws4"),
        ),
        ("x-amz-credential", credential.replace('/', "")),
        ("x-amz-credential", String::new()),
        ("x-amz-date", "20150101T000000Z".to_owned()),
        ("x-amz-date", "2026-11-23".to_owned()),
        ("x-amz-date", String::new()),
        ("x-amz-algorithm", "AWS4-ECDSA-P256-SHA256".to_owned()),
        ("x-amz-algorithm", "AWS4-HMAC-SHA1".to_owned()),
    ] {
        with(name, &value).refused(400, "InvalidArgument");
    }
    let days = 24 * 60 * 60;
    let old = form(&city).aged(7 * days + 60).expires_in(600).send();
    old.refused(403, "AccessDenied");
    form(&city)
        .aged(-20 * 60)
        .send()
        .refused(403, "RequestTimeTooSkewed");
    nothing_is_stored(&city);
    // A policy outlives the quarter of an hour that a request has.
    let hours = form(&city).aged(6 * days).expires_in(60);
    assert!(hours.clone().sign().value("x-amz-date") < date);
    hours.send().expect(204);
}

/// Signature version 2, and tokens that this server has not issued.
#[test]
fn point_106_other_signatures_are_refused() {
    let (_server, city) = with_bucket();
    let signed = form(&city).sign();
    for name in ["AWSAccessKeyId", "signature", "Signature"] {
        let answer = signed.clone().set(name, "AKID").send();
        answer.refused(400, "InvalidRequest");
    }
    let old = signed.remove("x-amz-algorithm").remove("x-amz-credential");
    let old = old.remove("x-amz-date").remove("x-amz-signature");
    let old = old.set("AWSAccessKeyId", city.access_key_id.as_bytes());
    let answer = old.set("signature", "dGhlIHNpZ25hdHVyZQ==").send();
    let answer = answer.refused(400, "InvalidRequest");
    let text = answer.text("Message").expect("a text");
    assert!(text.contains("AWS4-HMAC-SHA256"), "{text}");
    let token = form(&city).field("x-amz-security-token", "token").send();
    token.refused(400, "InvalidToken");
    nothing_is_stored(&city);
}

#[test]
fn point_106_expired_policy_is_denied() {
    let (_server, city) = with_bucket();
    denied(form(&city).expires_in(-6000).send(), "Policy expired.");
    denied(form(&city).expires_in(-2).send(), "Policy expired.");
    nothing_is_stored(&city);
}

#[test]
fn point_106_condition_that_is_not_met_is_denied_and_named() {
    let (_server, city) = with_bucket();
    for (condition, text) in [
        (json!(["eq", "$key", "bar"]), "[\"eq\", \"$key\", \"bar\"]"),
        (json!({"Key": "foo.TXT"}), "[\"eq\", \"$Key\", \"foo.TXT\"]"),
        (
            json!(["Starts-With", "$key", "Foo"]),
            "[\"Starts-With\", \"$key\", \"Foo\"]",
        ),
        (
            json!(["starts-with", "$key", "foo.txt2"]),
            "[\"starts-with\", \"$key\", \"foo.txt2\"]",
        ),
        (
            json!(["eq", "key", "foo.txt"]),
            "[\"eq\", \"key\", \"foo.txt\"]",
        ),
        (
            json!(["starts-with", "key", ""]),
            "[\"starts-with\", \"key\", \"\"]",
        ),
        (
            json!(["eq", "$x", "a\"\n"]),
            "[\"eq\", \"$x\", \"a\\\"\\n\"]",
        ),
        (
            json!(["content-length-range", "test", "10"]),
            "[\"content-length-range\", \"test\", \"10\"]",
        ),
    ] {
        let answer = form(&city).condition(condition).send();
        denied(answer, &format!("Policy Condition failed: {text}"));
    }
    // Of content types each in a list has to begin so.
    let typed = |value: &str| {
        let form = form(&city).bare("Content-Type", value);
        form.condition(json!(["starts-with", "$Content-Type", "image/"]))
    };
    let text = "Policy Condition failed: [\"starts-with\", \"$Content-Type\", \"image/\"]";
    for value in [
        "image/jpg,text/plain",
        "text/plain",
        "",
        "image",
        "image/png,",
    ] {
        denied(typed(value).send(), text);
    }
    nothing_is_stored(&city);
    for value in ["image/png", "image/jpg, image/png,image/gif"] {
        typed(value).send().expect(204);
    }
    // Of other fields it is text.
    let text = form(&city).bare("x-amz-meta-a", "a,b");
    let text = text.condition(json!(["starts-with", "$x-amz-meta-a", "a"]));
    text.send().expect(204);
}

#[test]
fn point_106_missing_field_counts_as_empty() {
    let (_server, city) = with_bucket();
    for (condition, text) in [
        (
            json!(["starts-with", "$x-amz-meta-foo", "bar"]),
            "[\"starts-with\", \"$x-amz-meta-foo\", \"bar\"]",
        ),
        (json!({"acl": "private"}), "[\"eq\", \"$acl\", \"private\"]"),
    ] {
        let answer = form(&city).condition(condition).send();
        denied(answer, &format!("Policy Condition failed: {text}"));
    }
    nothing_is_stored(&city);
    let sse = "$x-amz-server-side-encryption";
    let form = form(&city).condition(json!(["starts-with", sse, ""]));
    form.condition(json!(["eq", "$acl", ""])).send().expect(204);
}

#[test]
fn point_106_bucket_and_every_field_have_to_be_covered() {
    let (_server, city) = with_bucket();
    let bare = form(&city)
        .without_conditions()
        .condition(json!({"key": "foo.txt"}));
    denied(bare.send(), "Extra input fields: bucket");
    let many = form(&city).bare("acl", "private").bare("submit", "Upload");
    denied(many.send(), "Extra input fields: acl, submit");
    for name in [
        "Content-Type",
        "content-md5",
        "success_action_status",
        "success_action_redirect",
        "redirect",
        "tagging",
        "x-amz-meta-a",
        "x-amz-storage-class",
        "x-amz-object-lock-mode",
        "x-amz-server-side-encryption",
        "if-none-match",
        "x-ignored",
        "bucket2",
    ] {
        let answer = form(&city).bare(name, "a").send();
        denied(
            answer,
            &format!("Extra input fields: {}", name.to_lowercase()),
        );
    }
    // So have those that say how the policy was signed, but for the signature itself.
    let policy = "{\"expiration\": \"{expiration}\", \"conditions\": [{\"bucket\": \"points\"}, \
                  [\"starts-with\", \"$key\", \"\"]]}";
    denied(
        form(&city).policy(policy).send(),
        "Extra input fields: x-amz-algorithm, x-amz-credential, x-amz-date",
    );
    nothing_is_stored(&city);
    // A field that nobody knows does nothing where the policy expects it.
    let known = form(&city)
        .field("submit", "Upload")
        .field("bucket", "points");
    known.send().expect(204);
}

/// What stands behind the file is not looked at: no policy has to cover it, and it does nothing.
#[test]
fn point_106_fields_behind_the_file_do_not_count() {
    let (_server, city) = with_bucket();
    let signed = form(&city).sign().behind("submit", "Upload");
    let signed = signed
        .behind("x-amz-meta-a", "1")
        .behind("acl", "public-read");
    signed.send().expect(204);
    let stored = city.get("/points/foo.txt").expect(200);
    assert_eq!(stored.header("x-amz-meta-a"), None);
    assert_eq!(stored.body, b"the file");
    city.delete("/points/foo.txt").expect(204);
    let mut moved = form(&city).sign();
    moved.parts.rotate_right(1);
    let refused = moved.send().refused(400, "InvalidArgument");
    let text = "Bucket POST must contain a field named 'key'.  If it is specified, please check \
                the order of the fields.";
    assert_eq!(refused.text("Message").as_deref(), Some(text));
    nothing_is_stored(&city);
}

#[test]
fn point_106_bucket_other_than_the_policys_is_denied() {
    let (_server, city) = with_bucket();
    city.put("/other", "").expect(200);
    let text = "Policy Condition failed: [\"eq\", \"$bucket\", \"points\"]";
    let mut signed = form(&city).sign();
    signed.target = "/other".to_owned();
    denied(signed.send(), text);
    let signed = form(&city).field("bucket", "points").sign();
    let mut elsewhere = signed.clone();
    elsewhere.target = "/other".to_owned();
    denied(elsewhere.send(), text);
    signed.send().expect(204);
    let missing = PostForm::of(&city, "no-such-bucket", "a").send();
    missing.refused(404, "NoSuchBucket");
    let listed = city.get("/other").expect(200).texts("Key");
    assert_eq!(listed, Vec::<String>::new());
}

#[test]
fn point_107_form_that_lacks_a_field_is_told_which() {
    let (_server, city) = with_bucket();
    let told = |signed: SignedForm, name: &str| {
        let refused = signed.send().refused(400, "InvalidArgument");
        let text = format!(
            "Bucket POST must contain a field named '{name}'.  If it is specified, please check \
             the order of the fields."
        );
        assert_eq!(refused.text("Message"), Some(text));
        assert_eq!(refused.text("ArgumentName").as_deref(), Some(name));
        assert_eq!(refused.text("ArgumentValue").as_deref(), Some(""));
    };
    let signed = form(&city).sign();
    told(signed.clone().remove("key"), "key");
    told(signed.clone().set("key", ""), "key");
    told(signed.clone().remove("x-amz-signature"), "X-Amz-Signature");
    told(signed.clone().remove("x-amz-date"), "X-Amz-Date");
    told(
        signed.clone().remove("x-amz-credential"),
        "X-Amz-Credential",
    );
    told(signed.clone().remove("policy"), "Policy");
    let bare = signed.remove("x-amz-algorithm").remove("x-amz-credential");
    told(bare.clone(), "X-Amz-Algorithm");
    let bare = bare.remove("x-amz-date").remove("x-amz-signature");
    told(bare, "X-Amz-Algorithm");
    told(PostForm::new(&city, "points").anonymous().sign(), "key");
    nothing_is_stored(&city);
}

#[test]
fn point_107_policy_that_is_none_is_refused() {
    let (_server, city) = with_bucket();
    let bucket = "{\"bucket\": \"points\"}";
    let all = format!("\"conditions\": [{bucket}, [\"starts-with\", \"$key\", \"\"]]");
    let soon = "\"expiration\": \"{expiration}\"";
    for (policy, text) in [
        ("", "Invalid JSON."),
        ("not JSON", "Invalid JSON."),
        ("[]", "Invalid JSON."),
        ("null", "Invalid JSON."),
        ("\"text\"", "Invalid JSON."),
        (&*format!("{{{soon}, {all}}} more"), "Invalid JSON."),
        (&format!("{{{soon}, {all},}}"), "Invalid JSON."),
        (&format!("{{{soon}, {soon}, {all}}}"), "Invalid JSON."),
        (&format!("{{{soon}, {all}, {all}}}"), "Invalid JSON."),
        ("{}", "Policy missing expiration."),
        (&format!("{{{all}}}"), "Policy missing expiration."),
        (&format!("{{{soon}}}"), "Policy missing conditions."),
        (
            &format!("{{{soon}, {all}, \"Statement\": []}}"),
            "Unexpected: 'Statement'",
        ),
        (
            &format!("{{{soon}, \"conditions\": {bucket}}}"),
            "Invalid 'conditions' value: must be a List.",
        ),
        (
            &format!("{{{soon}, \"conditions\": null}}"),
            "Invalid 'conditions' value: must be a List.",
        ),
        (&format!("{{\"expiration\": 1, {all}}}"), "Invalid JSON."),
        (&format!("{{\"expiration\": null, {all}}}"), "Invalid JSON."),
    ] {
        invalid(form(&city).policy(policy).send(), text);
    }
    let deep = format!(
        "{{{soon}, \"conditions\": {}{}}}",
        "[".repeat(500),
        "]".repeat(500)
    );
    invalid(form(&city).policy(&deep).send(), "Invalid JSON.");
    nothing_is_stored(&city);
}

#[test]
fn point_107_malformed_date_is_refused() {
    let (_server, city) = with_bucket();
    let zoned = date_in(600).replace('Z', "+02:00");
    let spaced = date_in(600).replace('T', " ");
    for date in [
        &*zoned,
        &spaced,
        "2140-01-01",
        "2140-01-01T00:00:00",
        "2140-01-01 00:00:00.123456+00:00",
        "2140-13-01T00:00:00Z",
        "2140-01-01t00:00:00Z",
        "20140101T000000Z",
        "Fri, 01 Jan 2140 00:00:00 GMT",
        "soon",
        "",
    ] {
        let policy = json!({"expiration": date, "conditions": [{"bucket": "points"}]});
        let answer = form(&city).policy(&policy.to_string()).send();
        invalid(answer, &format!("Invalid 'expiration' value: '{date}'"));
    }
    nothing_is_stored(&city);
    // Both forms that clients write.
    for fraction in ["Z", ".000Z", ".5Z"] {
        let expiration = date_in(600).replace('Z', fraction);
        let conditions = json!([{"bucket": "points"}, ["starts-with", "$key", ""],
            ["starts-with", "$x-amz-algorithm", ""], ["starts-with", "$x-amz-credential", ""],
            ["starts-with", "$x-amz-date", ""]]);
        let policy = json!({"expiration": expiration, "conditions": conditions});
        form(&city).policy(&policy.to_string()).send().expect(204);
    }
}

#[test]
fn point_107_condition_that_is_none_is_refused() {
    let (_server, city) = with_bucket();
    let one =
        "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.";
    let string = "Invalid Simple-Condition: value must be a string.";
    let kind = "Invalid Condition: must be a List or Object.";
    let lengths = "Invalid content-length-range: wrong number of arguments.";
    let negative = "Invalid content-length-range: lengths must not be negative.";
    for (condition, text) in [
        ("{}", one),
        ("{\"acl\": \"a\", \"key\": \"b\"}", one),
        ("{\"acl\": \"a\", \"acl\": \"a\"}", one),
        ("{\"acl\": 1}", string),
        ("{\"acl\": [\"private\"]}", string),
        ("{\"acl\": null}", "Invalid JSON."),
        ("{\"acl\": true}", "Invalid JSON."),
        ("[]", "Invalid Condition: missing operation identifier."),
        (
            "[\"like\", \"$key\", \"a\"]",
            "Invalid Condition: unknown operation 'like'.",
        ),
        ("[1, \"$key\", \"a\"]", "Invalid JSON."),
        ("[\"eq\"]", "Invalid eq: wrong number of arguments."),
        (
            "[\"eq\", \"$key\"]",
            "Invalid eq: wrong number of arguments.",
        ),
        (
            "[\"eq\", \"$key\", \"a\", \"b\"]",
            "Invalid eq: wrong number of arguments.",
        ),
        (
            "[\"starts-with\", \"$key\"]",
            "Invalid starts-with: wrong number of arguments.",
        ),
        ("[\"eq\", \"$key\", 1]", "Invalid JSON."),
        ("[\"eq\", null, \"a\"]", "Invalid JSON."),
        ("[\"content-length-range\", 0]", lengths),
        ("[\"content-length-range\", 0, 1, 2]", lengths),
        ("[\"content-length-range\", -1, 0]", negative),
        ("[\"content-length-range\", 0, -1]", negative),
        ("[\"content-length-range\", \"-1\", \"0\"]", negative),
        ("[\"content-length-range\", 0, 512.0]", "Invalid JSON."),
        ("[\"content-length-range\", 0, 1e3]", "Invalid JSON."),
        ("[\"content-length-range\", null, 1]", "Invalid JSON."),
        ("\"acl\"", kind),
        ("1", kind),
        ("null", kind),
    ] {
        let policy = format!(
            "{{\"expiration\": \"{{expiration}}\", \"conditions\": [{{\"bucket\": \"points\"}}, \
             {condition}]}}"
        );
        invalid(form(&city).policy(&policy).send(), text);
    }
    nothing_is_stored(&city);
}

#[test]
fn point_107_file_outside_of_the_range_is_refused() {
    let (_server, city) = with_bucket();
    let ranged = |min: &serde_json::Value, max: &serde_json::Value, len: usize| {
        let form = form(&city).condition(json!(["content-length-range", min, max]));
        form.file(vec![b'x'; len])
    };
    let too_large = |answer: Answer, len: usize, max: &str| {
        let answer = answer.refused(400, "EntityTooLarge");
        assert_eq!(answer.text("ProposedSize"), Some(len.to_string()));
        assert_eq!(answer.text("MaxSizeAllowed").as_deref(), Some(max));
    };
    for len in [11, 12, 70_000, 5_000_000] {
        too_large(ranged(&json!(5), &json!(10), len).send(), len, "10");
    }
    too_large(ranged(&json!(0), &json!(0), 3).send(), 3, "0");
    for len in [0, 1, 4] {
        let answer = ranged(&json!(5), &json!(10), len).send();
        let answer = answer.refused(400, "EntityTooSmall");
        assert_eq!(answer.text("ProposedSize"), Some(len.to_string()));
        assert_eq!(answer.text("MinSizeAllowed").as_deref(), Some("5"));
    }
    // Several hold together, and what no length meets is met by none.
    let both = ranged(&json!(0), &json!(10), 8).condition(json!(["content-length-range", 9, 20]));
    both.send().refused(400, "EntityTooSmall");
    ranged(&json!(10), &json!(5), 7)
        .send()
        .refused(400, "EntityTooLarge");
    nothing_is_stored(&city);
    for len in [5, 10] {
        ranged(&json!(5), &json!(10), len).send().expect(204);
        ranged(&json!("5"), &json!("10"), len).send().expect(204);
    }
    let empty = ranged(&json!(0), &json!(0), 0).send().expect(204);
    assert_eq!(
        empty.header("etag"),
        Some("\"d41d8cd98f00b204e9800998ecf8427e\"")
    );
    let large = ranged(&json!(0), &json!(5 << 20), 3 << 20).send();
    large.expect(204);
    assert_eq!(
        city.get("/points/foo.txt").expect(200).body,
        vec![b'x'; 3 << 20]
    );
}

/// A form that is wrong twice is told what is wrong with its shape.
#[test]
fn point_107_structural_errors_win_over_conditions() {
    let (_server, city) = with_bucket();
    let unmet = "{\"key\": \"other\"}";
    for conditions in [
        format!("[{unmet}, {{}}]"),
        format!("[{unmet}, [\"content-length-range\", 0]]"),
        format!("[{unmet}, [\"content-length-range\", -1, 0]]"),
    ] {
        let policy =
            format!("{{\"expiration\": \"{{expiration}}\", \"conditions\": {conditions}}}");
        let answer = form(&city).policy(&policy).send();
        answer.refused(400, "InvalidPolicyDocument");
        let expired = form(&city).expires_in(-60).policy(&policy).send();
        expired.refused(400, "InvalidPolicyDocument");
    }
    for policy in [
        format!("{{\"conditions\": [{unmet}]}}"),
        format!("{{\"expiration\": \"soon\", \"conditions\": [{unmet}]}}"),
        "{\"expiration\": \"2000-01-01T00:00:00Z\"}".to_owned(),
    ] {
        let answer = form(&city).policy(&policy).send();
        answer.refused(400, "InvalidPolicyDocument");
    }
    let unmet = form(&city).condition(json!({"key": "other"})).sign();
    unmet
        .clone()
        .remove("key")
        .send()
        .refused(400, "InvalidArgument");
    unmet
        .remove("x-amz-signature")
        .send()
        .refused(400, "InvalidArgument");
    // The other way round where the file is what is wrong: it has not come yet.
    let large = form(&city).condition(json!({"acl": "private"}));
    let large = large
        .condition(json!(["content-length-range", 0, 1]))
        .send();
    large.refused(403, "AccessDenied");
    nothing_is_stored(&city);
}
