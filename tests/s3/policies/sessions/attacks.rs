//! Temporary credentials in the wrong hands, spoilt or put together wrongly: nothing is let in, and
//! no answer tells what exists (rows 1, 2, 8, 10).

use super::super::query::{iam, signed, sts};
use super::super::{Scene, allow, grant, user};
use super::{take, token, writer};
use crate::raw::{Account, Answer, TOKEN_HEADER};
use riznica::base::encoding::{base64_url_decode, base64_url_encode};
use serde_json::json;

/// A session of the user `ana` and one of the role `writer`, which may do everything.
fn sessions(scene: &Scene) -> [Account; 2] {
    let everything = json!([allow(&json!("s3:*"))]);
    let (ana, arn) = writer(scene, &everything);
    grant(&scene.city, "ana", &everything);
    [token(&ana), take(&ana, &arn, None)]
}

fn with_token(of: &Account, token: &str) -> Account {
    Account {
        token: Some(token.to_owned()),
        ..of.clone()
    }
}

fn token_of(of: &Account) -> &str {
    of.token.as_deref().expect("a token")
}

/// By header and by URL.
fn both(by: &Account) -> [Answer; 2] {
    let put = |target| by.request("PUT", target).body("must not be stored");
    [put("/paper/b").send(), put("/paper/c").presigned().send()]
}

#[test]
fn tampered_tokens_are_refused_at_every_byte() {
    let scene = Scene::start();
    for by in sessions(&scene) {
        let whole = base64_url_decode(token_of(&by)).expect("base64");
        let spoilt = (0..whole.len()).step_by(7).map(|at| {
            let mut spoilt = whole.clone();
            spoilt[at] ^= 0x40;
            base64_url_encode(&spoilt)
        });
        let cut = [1, 17, 60, whole.len() - 1].map(|len| base64_url_encode(&whole[..len]));
        let none = ["AQ", "x", "....", "AQAB-_"].map(str::to_owned);
        for text in spoilt.chain(cut).chain(none) {
            for answer in both(&with_token(&by, &text)) {
                answer.refused(400, "InvalidToken");
            }
        }
        let long = "A".repeat(9000);
        by.get("/paper/a").expect(200);
        with_token(&by, &long)
            .get("/paper/a")
            .refused(400, "InvalidToken");
        let asked = sts(&with_token(&by, "AQ"), &[("Action", "GetCallerIdentity")]);
        asked.refused(403, "InvalidClientTokenId");
    }
    scene.is_unharmed();
}

/// A5: a token is half of a credential: with another half it is none, whatever that one is.
#[test]
fn tokens_go_with_their_own_ids_and_secrets_alone() {
    let scene = Scene::start();
    let city = &scene.city;
    let [one, other] = sessions(&scene);
    for by in [
        with_token(&one, token_of(&other)),
        // On a lasting key, of its own tenant and of another, and on one that is not there.
        with_token(city, token_of(&one)),
        with_token(&scene.other, token_of(&one)),
        with_token(city, token_of(&token(city))),
        Account {
            access_key_id: "RTNOBODY".to_owned(),
            ..one.clone()
        },
    ] {
        for answer in both(&by) {
            answer.refused(400, "InvalidToken");
        }
    }
    // The right id and token with a wrong secret, by another word: the token is genuine.
    let thief = Account {
        secret: city.secret.clone(),
        ..one.clone()
    };
    for answer in both(&thief) {
        answer.refused(403, "SignatureDoesNotMatch");
    }
    // Without its token the id is not there.
    let bare = Account { token: None, ..one };
    for answer in both(&bare) {
        answer.refused(403, "InvalidAccessKeyId");
    }
    scene.is_unharmed();
}

#[test]
fn row_10_unsigned_and_misplaced_tokens_are_refused() {
    let scene = Scene::start();
    let [by, _] = sessions(&scene);
    let text = token_of(&by);
    let bare = Account {
        token: None,
        ..by.clone()
    };
    let put = |by: &Account| by.request("PUT", "/paper/b").body("must not be stored");
    let unsigned = put(&bare).unsigned_header(TOKEN_HEADER, text).send();
    let unsigned = unsigned.refused(403, "AccessDenied");
    let names = unsigned.text("HeadersNotSigned");
    assert_eq!(names.as_deref(), Some(TOKEN_HEADER));
    let twice = put(&by).header(TOKEN_HEADER, text).send();
    twice.refused(400, "InvalidRequest");
    let parameter = format!("/paper/b?X-Amz-Security-Token={text}");
    for by in [&by, &bare] {
        let elsewhere = by.request("PUT", &parameter).body("must not be stored");
        elsewhere.send().refused(400, "InvalidArgument");
    }
    let in_header = put(&bare).header(TOKEN_HEADER, text).presigned().send();
    in_header.refused(400, "InvalidArgument");
    let mut added = put(&bare).presigned().wire();
    added.target = format!("{}&X-Amz-Security-Token={text}", added.target);
    added.send(by.port).refused(403, "SignatureDoesNotMatch");
    // Nothing that it could belong to.
    put(&bare)
        .anonymous()
        .header(TOKEN_HEADER, text)
        .send()
        .refused(400, "InvalidToken");
    let anonymous = bare.request("PUT", &parameter).anonymous();
    anonymous.send().refused(400, "InvalidToken");
    // The query APIs have the same rules.
    let mut form = signed(&by, ("sts", crate::raw::REGION), "Action=GetCallerIdentity");
    form.set(TOKEN_HEADER, &format!("{text}A"));
    form.send(by.port).refused(403, "InvalidClientTokenId");
    form.remove(TOKEN_HEADER);
    form.send(by.port).refused(403, "InvalidClientTokenId");
    scene.is_unharmed();
}

/// A token of one installation is nothing on another, not even for tenants of the same name.
#[test]
fn tokens_of_another_installation_are_refused() {
    let (scene, another) = (Scene::start(), Scene::start());
    let foreign = Account {
        port: scene.city.port,
        ..token(&another.city)
    };
    for answer in both(&foreign) {
        answer.refused(400, "InvalidToken");
    }
    scene.is_unharmed();
}

/// Who has no key makes no session, and a tenant's session is nothing in another tenant.
#[test]
fn sessions_are_of_their_own_tenant_alone() {
    let scene = Scene::start();
    let eva = user(&scene.other, "eva");
    grant(&scene.other, "eva", &json!([allow(&json!("*"))]));
    for by in [token(&eva), token(&scene.other)] {
        by.get("/paper/a").refused(403, "AccessDenied");
        by.put("/paper/b", "no").refused(403, "AccessDenied");
        assert!(by.get("/").expect(200).texts("Name").is_empty());
    }
    let stranger = Account {
        access_key_id: "RZNOBODY".to_owned(),
        ..scene.city.clone()
    };
    let asked = sts(&stranger, &[("Action", "GetSessionToken")]);
    asked.refused(403, "InvalidClientTokenId");
    let mut anonymous = signed(&stranger, ("sts", "us-east-1"), "Action=GetSessionToken");
    anonymous.remove("authorization");
    anonymous
        .send(stranger.port)
        .refused(403, "MissingAuthenticationToken");
    scene.is_unharmed();
}

/// Neither the secret nor the token of a session is in the log, also of refused requests.
#[test]
fn secrets_of_sessions_are_in_no_log() {
    let scene = Scene::start();
    let [one, other] = sessions(&scene);
    for by in [&one, &other] {
        for answer in both(by) {
            answer.expect(200);
        }
        by.request("GET", "/paper/a")
            .presigned()
            .aged(600)
            .send()
            .expect(403);
        let spoilt = Account {
            secret: "spoilt".to_owned(),
            ..by.clone()
        };
        for answer in both(&spoilt) {
            answer.refused(403, "SignatureDoesNotMatch");
        }
        let body = iam(&spoilt, &[("Action", "ListUsers")]).body_text();
        assert!(!body.contains(token_of(by)), "{body}");
    }
    let log = scene.server.log();
    for by in [&one, &other] {
        assert!(!log.contains(&by.secret) && !log.contains(token_of(by)));
    }
}
