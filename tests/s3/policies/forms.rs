//! The query API's door: forms that are none, actions that there are not, signatures for others.

use super::query::{GLOBAL, body, iam, send, signed, sts};
use super::{Scene, sessions};
use crate::raw::{Account, REGION};
use crate::server::TestServer;
use riznica::s3::query::service::{Api, ApiAction};

const LIST: &str = "Action=ListUsers&Version=2010-05-08";

#[test]
fn forms_that_are_none_are_refused() {
    let scene = Scene::start();
    let city = &scene.city;
    for form in [
        "",
        "Version=2010-05-08",
        "Action=",
        "Action=ListUsers&Action=ListUsers&Version=2010-05-08",
        "Action=GetUser&UserName=a&UserName=b&Version=2010-05-08",
        "Action=ListUsers&Version=%zz",
        "Action=ListUsers&Version=%2",
    ] {
        let answer = send(city, "iam", form);
        assert_eq!(
            answer.outcome(),
            (400, "MalformedQueryString".to_owned()),
            "{form}"
        );
        assert_eq!(answer.text("Type").as_deref(), Some("Sender"));
    }
    for form in [
        "Action=NoSuchAction&Version=2010-05-08",
        "Action=listusers&Version=2010-05-08",
        "Action=ListUsers&Version=2011-06-15",
        "Action=ListUsers&Version=x",
        "Action=GetSessionTokens&Version=2011-06-15",
        "Action=%3Cb%3E%0d%0a&Version=2010-05-08",
    ] {
        send(city, "iam", form).refused(400, "InvalidAction");
    }
    for (name, value) in [
        ("UserName", "a b"),
        ("UserName", ""),
        ("UserName", "a/b"),
        ("UserName", "\u{10d}"),
        ("Path", "no-slash"),
        ("Path", "/a b/"),
    ] {
        let pairs = [("Action", "CreateUser"), ("UserName", "ana"), (name, value)];
        let pairs: Vec<_> = pairs
            .into_iter()
            .filter(|(own, v)| *own != name || *v == value)
            .collect();
        iam(city, &pairs).refused(400, "ValidationError");
    }
    let long = "u".repeat(65);
    iam(city, &[("Action", "CreateUser"), ("UserName", &long)]).refused(400, "ValidationError");
    iam(city, &[("Action", "ListUsers"), ("MaxItems", "0")]).refused(400, "ValidationError");
    // A root has no name of its own to leave out.
    iam(city, &[("Action", "CreateAccessKey")]).refused(400, "ValidationError");
    let large = format!("{LIST}&X={}", "x".repeat(70_000));
    let answer = send(city, "iam", &large);
    assert!(
        (400..500).contains(&answer.status),
        "{}",
        answer.body_text()
    );
    assert!(
        iam(city, &[("Action", "ListUsers")])
            .expect(200)
            .texts("UserName")
            .is_empty()
    );
}

/// Rule 2 of attacks.md: the service that a signature names is never what decides.
#[test]
fn signature_counts_for_its_service_alone() {
    let scene = Scene::start();
    let city = &scene.city;
    send(city, "iam", LIST).expect(200);
    for service in ["sts", "s3", "ec2", ""] {
        let answer = send(city, service, LIST);
        assert!(
            [400, 403].contains(&answer.status),
            "{service}: {}",
            answer.body_text()
        );
    }
    let identity = body(&[("Action", "GetCallerIdentity")], "2011-06-15");
    send(city, "sts", &identity).expect(200);
    let answer = send(city, "iam", &identity);
    assert!(
        [400, 403].contains(&answer.status),
        "{}",
        answer.body_text()
    );
    // An S3 signature of the same request.
    let request = city
        .request("POST", "/")
        .header("content-type", "application/x-www-form-urlencoded");
    let answer = request.body(LIST).send();
    assert!(
        [400, 403].contains(&answer.status),
        "{}",
        answer.body_text()
    );
    // And the other way round: a form's signature is good for no S3 request.
    let mut wire = signed(city, ("iam", GLOBAL), LIST);
    wire.method = "GET".to_owned();
    wire.body.clear();
    wire.set("content-length", "0");
    let answer = wire.send(city.port);
    assert!(
        [400, 403].contains(&answer.status),
        "{}",
        answer.body_text()
    );
}

#[test]
fn forms_are_signed_whole() {
    let scene = Scene::start();
    let city = &scene.city;
    let mut changed = signed(city, ("iam", GLOBAL), LIST);
    changed.body = LIST.replace("ListUsers", "ListGroup").into_bytes();
    let answer = changed.send(city.port);
    assert_eq!(answer.status / 100, 4, "{}", answer.body_text());
    let same_length = LIST.replace("Users", "Useri");
    changed.body = same_length.into_bytes();
    assert_eq!(changed.send(city.port).status / 100, 4);
    let mut unsigned = signed(city, ("iam", GLOBAL), LIST);
    unsigned.remove("authorization");
    unsigned
        .send(city.port)
        .refused(403, "MissingAuthenticationToken");
    let mut stranger = city.clone();
    stranger.access_key_id = "RZAAAAAAAAAAAAAAAAAA".to_owned();
    send(&stranger, "iam", LIST).refused(403, "InvalidClientTokenId");
    stranger = city.clone();
    stranger.secret.push('x');
    send(&stranger, "iam", LIST).refused(403, "SignatureDoesNotMatch");
}

/// Clients sign forms for the region of AWS's global endpoints, wherever the server is.
#[test]
fn forms_are_accepted_for_the_global_region() {
    let server = TestServer::start_with(&[("RIZNICA_S3__REGION", "eu-kragujevac-1")]);
    let city = server.account("city");
    assert_eq!(GLOBAL, REGION);
    for region in [GLOBAL, "eu-kragujevac-1"] {
        signed(&city, ("iam", region), LIST)
            .send(city.port)
            .expect(200);
    }
    let wrong = signed(&city, ("iam", "eu-north-1"), LIST).send(city.port);
    assert!([400, 403].contains(&wrong.status), "{}", wrong.body_text());
    // S3 itself is asked for in the server's own region only.
    let answer = city.get("/");
    assert_eq!(
        answer.outcome(),
        (400, "AuthorizationHeaderMalformed".to_owned())
    );
}

/// Temporary credentials of a root do nothing in IAM, a role's not what the session's policy
/// denies.
#[track_caller]
fn is_denied_to_sessions(
    (city, ana, role): (&Account, &Account, &str),
    action: ApiAction,
    form: &[(&str, &str)],
) {
    let root = iam(&sessions::token(city), form);
    root.refused(403, "InvalidClientTokenId");
    let deny = serde_json::json!({"Effect": "Deny", "Resource": "*",
        "Action": format!("iam:{}", action.name())});
    let narrowing = serde_json::json!([super::allow(&serde_json::json!("*")), deny]);
    let narrowed = sessions::take(ana, role, Some(&narrowing));
    super::denied(iam(&narrowed, form));
}

/// Row 33 for the query APIs: every action of the table, by who may not.
#[test]
fn row_33_every_action_is_denied_to_who_may_not() {
    let scene = Scene::start();
    let nobody = super::user(&scene.city, "nobody");
    let id = nobody.access_key_id.clone();
    let text = super::policy(&serde_json::json!([super::allow(&serde_json::json!("*"))]));
    let account = serde_json::json!({"AWS": super::number(&scene.city)});
    let trust = super::policy(&serde_json::json!([sessions::trust(&account)]));
    let everything = serde_json::json!([super::allow(&serde_json::json!("*"))]);
    let arn = sessions::role(&scene.city, "keeper", &account, &everything);
    let (ana, writer) = sessions::writer(&scene, &everything);
    let pairs = [
        ("UserName", "nobody"),
        ("GroupName", "clerks"),
        ("PolicyName", "own"),
        ("PolicyDocument", text.as_str()),
        ("AccessKeyId", id.as_str()),
        ("Status", "Active"),
        ("RoleName", "keeper"),
        ("AssumeRolePolicyDocument", trust.as_str()),
        ("RoleArn", arn.as_str()),
        ("RoleSessionName", "nightly"),
    ];
    let create = [("Action", "CreateGroup"), ("GroupName", "clerks")];
    iam(&scene.city, &create).expect(200);
    for action in ApiAction::ALL {
        let form = [&[("Action", action.name())], &pairs[..]].concat();
        if action.api() == Api::Sts {
            let answer = sts(&nobody, &form);
            match action {
                ApiAction::AssumeRole => super::denied(answer),
                // Who one is, and credentials that may do no more than one may.
                _ => drop(answer.expect(200)),
            }
            continue;
        }
        super::denied(iam(&nobody, &form));
        is_denied_to_sessions((&scene.city, &ana, &writer), *action, &form);
        let mut unsigned = signed(&scene.city, ("iam", GLOBAL), &body(&form, "2010-05-08"));
        unsigned.remove("authorization");
        unsigned
            .send(scene.city.port)
            .refused(403, "MissingAuthenticationToken");
        // A denial of this action alone leaves a user with everything else without it.
        let deny = serde_json::json!({"Effect": "Deny", "Resource": "*",
            "Action": format!("iam:{}", action.name())});
        super::user(&scene.other, action.name());
        let rights = serde_json::json!([super::allow(&serde_json::json!("*")), deny]);
        super::grant(&scene.other, action.name(), &rights);
        let denied = super::key(&scene.other, action.name());
        super::denied(iam(&denied, &form));
    }
    let user = [("Action", "ListUserPolicies"), ("UserName", "nobody")];
    assert!(
        iam(&scene.city, &user)
            .expect(200)
            .texts("member")
            .is_empty()
    );
    assert_eq!(
        iam(
            &scene.city,
            &[("Action", "GetGroup"), ("GroupName", "clerks")]
        )
        .expect(200)
        .texts("UserName"),
        Vec::<String>::new()
    );
}
