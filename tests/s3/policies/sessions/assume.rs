//! `AssumeRole`: who may take a role, for how long, and what is refused.

use super::super::query::{iam, sts};
use super::super::{Scene, allow, denied, grant, number, policy, user};
use super::{assume, create, credentials, role, take, token, trust, user_arn, writer};
use crate::raw::Account;
use serde_json::{Value, json};

fn identity(by: &Account) -> (String, String) {
    let told = sts(by, &[("Action", "GetCallerIdentity")]).expect(200);
    (
        told.text("Arn").expect("an ARN"),
        told.text("UserId").expect("an id"),
    )
}

/// A statement that lets its user take a role.
fn may_assume(arn: &str) -> Value {
    json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn})
}

#[test]
fn taken_role_does_what_it_may_and_knows_its_name() {
    let scene = Scene::start();
    let (ana, arn) = writer(&scene, &json!([allow(&json!("s3:PutObject"))]));
    denied(ana.put("/paper/b", "no"));
    let more = [("DurationSeconds", "900"), ("ExternalId", "third:party")];
    let answer = assume(&ana, &arn, &more).expect(200);
    let account = number(&scene.city);
    let session = format!("arn:aws:sts::{account}:assumed-role/writer/nightly");
    assert_eq!(answer.text("Arn"), Some(session.clone()));
    assert!(answer.text("PackedPolicySize").is_none());
    let expiration = answer.text("Expiration").expect("an end");
    let in_minutes = |minutes: i64| {
        let at = crate::raw::now() + time::Duration::minutes(minutes);
        let format = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]");
        at.format(format).expect("a date")
    };
    assert!(
        (in_minutes(14)..=in_minutes(16)).contains(&expiration[..16].to_owned()),
        "{expiration}"
    );
    let taken = credentials(&ana, &answer);
    taken.put("/paper/b", "written").expect(200);
    denied(taken.get("/paper/a"));
    denied(taken.delete("/paper/b"));
    let (told, id) = identity(&taken);
    assert_eq!(told, session);
    assert_eq!(answer.text("AssumedRoleId"), Some(id.clone()));
    assert!(id.starts_with("AROA") && id.ends_with(":nightly"), "{id}");
    // The user is as it was.
    denied(ana.put("/paper/c", "no"));
    scene.city.delete("/paper/b").expect(204);
    scene.is_unharmed();
}

#[test]
fn trust_by_name_is_enough_and_by_account_needs_the_own_policy() {
    let scene = Scene::start();
    let city = &scene.city;
    let (ana, eva) = (user(city, "ana"), user(city, "eva"));
    let by_name = role(
        city,
        "named",
        &json!({"AWS": user_arn(city, "ana")}),
        &json!([]),
    );
    assume(&ana, &by_name, &[]).expect(200);
    denied(assume(&eva, &by_name, &[]));
    // Not even with a policy of its own: the role does not trust it.
    grant(city, "eva", &json!([allow(&json!("*"))]));
    denied(assume(&eva, &by_name, &[]));
    // A denial by its own policy is final.
    let deny = json!({"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"});
    grant(city, "ana", &json!([deny]));
    denied(assume(&ana, &by_name, &[]));
    for (name, principal) in [
        ("account", json!({"AWS": number(city)})),
        ("everybody", json!("*")),
        ("all", json!({"AWS": "*"})),
    ] {
        let arn = role(city, name, &principal, &json!([]));
        grant(city, "ana", &json!([allow(&json!("s3:*"))]));
        denied(assume(&ana, &arn, &[]));
        grant(city, "ana", &json!([may_assume(&format!("{arn}-other"))]));
        denied(assume(&ana, &arn, &[]));
        grant(city, "ana", &json!([may_assume(&arn)]));
        assume(&ana, &arn, &[]).expect(200);
    }
    // A denial by the trust policy is final too.
    let everybody = trust(&json!({"AWS": number(city)}));
    let mut but_ana = trust(&json!({"AWS": user_arn(city, "ana")}));
    but_ana["Effect"] = json!("Deny");
    let made = create(city, "but", &policy(&json!([everybody, but_ana])), &[]).expect(200);
    let arn = made.text("Arn").expect("an ARN");
    grant(city, "ana", &json!([allow(&json!("*"))]));
    denied(assume(&ana, &arn, &[]));
    assume(&eva, &arn, &[]).expect(200);
}

/// What nobody may take looks like what is not there, and another tenant never gets in.
#[test]
fn roots_strangers_and_nobody_take_no_role() {
    let scene = Scene::start();
    let city = &scene.city;
    let arn = role(city, "writer", &json!("*"), &json!([allow(&json!("*"))]));
    let root = assume(city, &arn, &[]).refused(403, "AccessDenied");
    let text = "Roles may not be assumed by root accounts.";
    assert_eq!(root.text("Message").as_deref(), Some(text));
    let eva = user(&scene.other, "eva");
    grant(&scene.other, "eva", &json!([allow(&json!("*"))]));
    let refusal = |by: &Account, arn: &str| {
        let answer = assume(by, arn, &[]).refused(403, "AccessDenied");
        let text = answer.text("Message").expect("a text");
        text.replace(arn, "ARN")
    };
    let missing = refusal(
        &eva,
        &format!("arn:aws:iam::{}:role/no", number(&scene.other)),
    );
    assert_eq!(refusal(&eva, &arn), missing);
    assert_eq!(refusal(&eva, &format!("{arn}x")), missing);
    // The name is the ARN's, path and letters included.
    let ana = user(city, "ana");
    grant(city, "ana", &json!([allow(&json!("*"))]));
    assume(&ana, &arn, &[]).expect(200);
    for wrong in [
        arn.replace(":role/", ":role/path/"),
        arn.replace("writer", "Writer"),
    ] {
        denied(assume(&ana, &wrong, &[]));
    }
    let anonymous = Account {
        access_key_id: "RZNOBODY".to_owned(),
        ..ana
    };
    assume(&anonymous, &arn, &[]).refused(403, "InvalidClientTokenId");
}

#[test]
fn durations_are_within_the_bounds_of_the_role() {
    let scene = Scene::start();
    let (ana, arn) = writer(&scene, &json!([]));
    let lasting = |seconds: &str| assume(&ana, &arn, &[("DurationSeconds", seconds)]);
    for seconds in ["899", "0", "-1", "43201", "99999999999999999999", "1h"] {
        lasting(seconds).refused(400, "ValidationError");
    }
    for seconds in ["900", "3600", ""] {
        lasting(seconds).expect(200);
    }
    let answer = lasting("3601").refused(400, "ValidationError");
    let text = answer.text("Message").expect("a text");
    assert!(text.contains("MaxSessionDuration"), "{text}");
}

#[test]
fn parameters_that_are_not_valid_or_not_supported_are_refused() {
    let scene = Scene::start();
    let (ana, arn) = writer(&scene, &json!([allow(&json!("s3:*"))]));
    for (name, value) in [
        ("Tags.member.1.Key", "k"),
        ("TransitiveTagKeys.member.1", "k"),
        (
            "PolicyArns.member.1.arn",
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
        ),
        ("ProvidedContexts.member.1.ContextAssertion", "x"),
        ("SerialNumber", "arn:aws:iam::111122223333:mfa/ana"),
        ("TokenCode", "123456"),
        ("SourceIdentity", "ana"),
        ("ExternalId", "x"),
        ("ExternalId", "with blank"),
        ("Policy", &"x".repeat(2049)),
    ] {
        let answer = assume(&ana, &arn, &[(name, value)]);
        let answer = answer.refused(400, "ValidationError");
        let text = answer.text("Message").expect("a text").to_lowercase();
        let named = name.split('.').next().expect("a name").to_lowercase();
        assert!(text.contains(&named), "{name}: {text}");
    }
    for policy in ["{", "{}", r#"{"Version":"2012-10-17","Statement":[]}"#] {
        let answer = assume(&ana, &arn, &[("Policy", policy)]);
        answer.refused(400, "MalformedPolicyDocument");
    }
    let take = |pairs: &[(&str, &str)]| sts(&ana, &[&[("Action", "AssumeRole")], pairs].concat());
    let name = ("RoleSessionName", "nightly");
    for pairs in [
        vec![name],
        vec![("RoleArn", arn.as_str())],
        vec![("RoleArn", "writer"), name],
        vec![("RoleArn", arn.as_str()), ("RoleSessionName", "n")],
        vec![("RoleArn", arn.as_str()), ("RoleSessionName", "a/b")],
        vec![("RoleArn", arn.as_str()), ("RoleSessionName", "a b")],
    ] {
        take(&pairs).refused(400, "ValidationError");
    }
}

/// From one role into another: by that one's trust and the first one's policy, for an hour at most,
/// and no longer than the key it all began with.
#[test]
fn roles_are_chained_for_an_hour_at_most() {
    let scene = Scene::start();
    let city = &scene.city;
    let (ana, first) = writer(&scene, &json!([]));
    let second = role(
        city,
        "second",
        &json!({"AWS": first}),
        &json!([allow(&json!("s3:*"))]),
    );
    let name = ("RoleName", "second");
    iam(
        city,
        &[
            ("Action", "UpdateRole"),
            name,
            ("MaxSessionDuration", "43200"),
        ],
    )
    .expect(200);
    denied(assume(&ana, &second, &[]));
    let taken = take(&ana, &first, None);
    let long = assume(&taken, &second, &[("DurationSeconds", "3601")]);
    let text = long.refused(400, "ValidationError").text("Message");
    assert!(text.is_some_and(|text| text.contains("chaining")));
    let chained = credentials(&ana, &assume(&taken, &second, &[]).expect(200));
    chained.get("/paper/a").expect(200);
    // A session narrowed to nothing takes nothing along.
    let narrowed = take(&ana, &first, Some(&json!([allow(&json!("s3:GetObject"))])));
    denied(assume(&narrowed, &second, &[]));
    // A user's own session takes roles as the user does.
    let own = token(&ana);
    let taken = credentials(&ana, &assume(&own, &first, &[]).expect(200));
    assume(&taken, &second, &[]).expect(200);
    // It all hangs on the one key.
    let id = ana.access_key_id.as_str();
    let delete = [
        ("Action", "DeleteAccessKey"),
        ("UserName", "ana"),
        ("AccessKeyId", id),
    ];
    iam(city, &delete).expect(200);
    for over in [taken, chained, own] {
        over.get("/paper/a").refused(400, "InvalidToken");
    }
}

#[test]
fn trust_asks_for_an_external_id_and_a_session_name() {
    let scene = Scene::start();
    let city = &scene.city;
    let ana = user(city, "ana");
    let mut statement = trust(&json!({"AWS": user_arn(city, "ana")}));
    statement["Condition"] = json!({
        "StringEquals": {"sts:ExternalId": "third-party"},
        "StringLike": {"sts:RoleSessionName": "${aws:username}-*"},
    });
    let made = create(city, "guest", &policy(&json!([statement])), &[]).expect(200);
    let arn = made.text("Arn").expect("an ARN");
    let take = |name: &str, id: Option<&str>| {
        let mut pairs = vec![
            ("Action", "AssumeRole"),
            ("RoleArn", arn.as_str()),
            ("RoleSessionName", name),
        ];
        pairs.extend(id.map(|id| ("ExternalId", id)));
        sts(&ana, &pairs)
    };
    take("ana-1", Some("third-party")).expect(200);
    denied(take("ana-1", None));
    denied(take("ana-1", Some("another")));
    denied(take("eva-1", Some("third-party")));
}
