//! Every admin route by everybody who may not: refused in one form, and nothing is changed.

use super::{Scene, refused, request_of};
use riznica::admin::routes::ROUTES;
use riznica::catalog::operators::{self, OperatorRecord};
use riznica::model::operator::{OperatorName, Role, Roles};
use riznica::model::time::Timestamp;

const TOKEN: [u8; 32] = [7; 32];

/// An operator that expired long ago; the listener makes none.
fn expired() -> OperatorRecord {
    let name = OperatorName::parse("expired").expect("a name");
    let roles = Roles::of(Role::ALL).expect("roles");
    let made = (Timestamp::from_millis(1), "operator");
    let mut expired = OperatorRecord::new(name, roles, made, &TOKEN);
    expired.expires = Some(Timestamp::from_millis(2));
    expired
}

/// Asks for every route with this header, each time refused with this text.
#[track_caller]
fn all_refused(scene: &Scene, who: &str, authorization: &str, wanted: &str) {
    for route in ROUTES.iter().filter(|route| route.permission.is_some()) {
        let message = refused(&scene.ask_route(authorization, route), 403);
        assert!(message.contains(wanted), "{who} {}: {message}", route.name);
    }
}

#[test]
fn strangers_and_those_whose_credential_ended_are_refused_by_every_route() {
    let mut scene = Scene::start();
    let disabled = scene.operator("disabled", "\"operator\",\"security-officer\"");
    let disable = "{\"status\":\"disabled\"}";
    scene
        .ask("PATCH", "/v1/operators/disabled", disable)
        .expect(200);
    let gone = scene.operator("gone", "\"operator\",\"security-officer\"");
    scene.ask("DELETE", "/v1/operators/gone", "").expect(204);
    let renewed = scene.operator("second", "\"operator\"");
    scene
        .ask("POST", "/v1/operators/second/token", "")
        .expect(200);
    scene.in_store(async |engine| {
        let expired = expired();
        let created = operators::create(engine, &expired, |_batch| {});
        created.await.expect("a new operator");
    });
    let before = scene.told();

    let unknown = "operator or token is unknown";
    let wrong = format!("Bearer operator:{}", "0".repeat(64));
    let expired = format!("Bearer expired:{}", hex::encode(TOKEN));
    for (who, authorization, wanted) in [
        ("nothing", "", unknown),
        ("a wrong token", &wrong, unknown),
        (
            "another operator's token",
            &gone.replace("gone", "operator"),
            unknown,
        ),
        ("a deleted operator", &gone, unknown),
        ("a replaced token", &renewed, unknown),
        ("no token", "Bearer operator:", unknown),
        ("basic", "Basic b3BlcmF0b3I6eA==", unknown),
        (
            "a disabled operator",
            &disabled,
            "this operator is disabled",
        ),
        ("an expired operator", &expired, "credential has expired"),
    ] {
        all_refused(&scene, who, authorization, wanted);
    }
    scene.tells_the_same(&before, "afterwards");
}

#[test]
fn tenants_signatures_open_no_admin_route() {
    let scene = Scene::start();
    let before = scene.told();
    for route in ROUTES.iter().filter(|route| route.permission.is_some()) {
        let (path, body) = request_of(route);
        let method = route.method.to_uppercase();
        let signed = scene.city.request(&method, path).body(body);
        for mut wire in [signed.clone().wire(), signed.presigned().wire()] {
            wire.set("content-type", "application/json");
            let message = refused(&scene.server.send_to_admin(&wire), 403);
            assert!(message.contains("unknown"), "{}: {message}", route.name);
        }
    }
    scene.tells_the_same(&before, "afterwards");
}

/// Each role does what the table gives it and nothing else; who is refused is told who may.
#[test]
fn roles_do_what_the_table_gives_them_and_no_more() {
    let scene = Scene::start();
    for role in Role::ALL {
        let who = scene.operator(
            &format!("only-{}", role.name()),
            &format!("\"{}\"", role.name()),
        );
        let before = scene.told();
        for route in ROUTES {
            let Some(permission) = route.lacks(role) else {
                continue;
            };
            let message = refused(&scene.ask_route(&who, route), 403);
            let refusal = format!("role {} may not", role.name());
            assert!(message.contains(&refusal), "{}: {message}", route.name);
            let may = permission.roles().iter().map(|role| role.name());
            let may = format!("{} may", may.collect::<Vec<_>>().join(" or "));
            assert!(message.ends_with(&may), "{}: {message}", route.name);
        }
        scene.tells_the_same(&before, role.name());
    }
    for role in Role::ALL {
        let scene = Scene::start();
        let who = scene.operator("somebody", &format!("\"{}\"", role.name()));
        for route in ROUTES {
            if route.lacks(role).is_none() {
                let answer = scene.ask_route(&who, route);
                assert_eq!(answer.status, route.status, "{role:?} {}", route.name);
            }
        }
    }
}

/// The auditor changes nothing, and sees no secret.
#[test]
fn auditor_reads_everything_and_no_secret() {
    let scene = Scene::start();
    let auditor = scene.operator("auditor", "\"auditor\"");
    let founder = scene.server.founder();
    let secrets = [
        scene.city.secret.as_str(),
        "secret-of-DISABLED1",
        founder.rsplit(':').next().expect("a token"),
        auditor.rsplit(':').next().expect("a token"),
    ];
    let mut read = 0;
    for route in ROUTES.iter().filter(|route| !route.is_change()) {
        let answer = scene.ask_route(&auditor, route).expect(200);
        for secret in secrets {
            assert!(!answer.body_text().contains(secret), "{}", route.name);
        }
        read += 1;
    }
    assert!(read > 15, "{read}");
}
