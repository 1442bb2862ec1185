//! Operators: how they are made, changed and ended, and that nobody locks the installation.

use super::{Scene, json, refused};
use riznica::admin::routes::ROUTES;
use riznica::base::digest::{DigestAlgorithm, digest};
use riznica::catalog::keyspace;
use riznica::catalog::record::{self, RecordKind};
use riznica::model::operator::OperatorName;
use riznica::storage::{MetaBatch, MetaStore as _, Partition};
use serde_json::Value;

#[test]
fn operator_has_role_maker_last_use_and_an_end() {
    let scene = Scene::start();
    let shown = |name: &str| {
        json(
            &scene
                .ask("GET", &format!("/v1/operators/{name}"), "")
                .expect(200),
        )
    };
    let founder = shown("operator");
    assert_eq!(
        founder["roles"],
        serde_json::json!(["operator", "security-officer"])
    );
    assert_eq!(
        (&founder["created_by"], &founder["expires"]),
        (&Value::Null, &Value::Null)
    );
    assert!(founder["last_used"].is_string(), "{founder}");

    let body = "{\"name\":\"ana\",\"roles\":[\"auditor\"],\"valid_days\":30}";
    let token = json(&scene.ask("POST", "/v1/operators", body).expect(201));
    let ana = shown("ana");
    assert_eq!(
        (&ana["created_by"], &ana["status"]),
        (&"operator".into(), &"active".into())
    );
    assert_eq!(
        (&ana["last_used"], &ana["expires"]),
        (&Value::Null, &token["expires"])
    );
    let ana = format!("Bearer ana:{}", token["token"].as_str().expect("a token"));
    let ask = |method: &str, path: &str, body: &str| {
        scene.server.admin_request_by(&ana, method, path, body)
    };
    ask("GET", "/v1/tenants", "").expect(200);
    assert!(shown("ana")["last_used"].is_string());
    refused(&ask("POST", "/v1/tenants", "{\"name\":\"school\"}"), 403);

    // A role counts from the next command on, and so does its end.
    let change = |body: &str| scene.ask("PATCH", "/v1/operators/ana", body).expect(200);
    change("{\"roles\":[\"operator\"],\"valid_days\":null}");
    assert_eq!(shown("ana")["expires"], Value::Null);
    ask("POST", "/v1/tenants", "{\"name\":\"school\"}").expect(201);
    change("{\"status\":\"disabled\"}");
    refused(&ask("GET", "/v1/tenants", ""), 403);
    change("{\"status\":\"active\"}");
    ask("GET", "/v1/tenants", "").expect(200);
    refused(&scene.ask("POST", "/v1/operators", body), 409);
    for bad in [
        "{\"name\":\"eva\",\"roles\":[]}",
        "{\"name\":\"eva\",\"roles\":[\"root\"]}",
        "{\"name\":\"eva\"}",
        "{\"name\":\"Eva\",\"roles\":[\"auditor\"]}",
        "{\"name\":\"eva\",\"roles\":[\"auditor\"],\"valid_days\":0}",
        "{\"name\":\"eva\",\"roles\":[\"auditor\"],\"token\":\"00\"}",
    ] {
        refused(&scene.ask("POST", "/v1/operators", bad), 400);
    }
}

#[test]
fn o1_nobody_changes_itself_and_the_last_officer_stays() {
    let scene = Scene::start();
    let own = "/v1/operators/operator";
    for (method, body) in [
        ("PATCH", "{\"roles\":[\"auditor\"]}"),
        ("PATCH", "{\"status\":\"disabled\"}"),
        ("PATCH", "{\"valid_days\":1}"),
        ("DELETE", ""),
    ] {
        let message = refused(&scene.ask(method, own, body), 409);
        assert!(
            message.contains("nobody changes or deletes itself"),
            "{message}"
        );
    }
    // An officer whose credential ends is none who could be the last.
    let body = "{\"name\":\"guest\",\"roles\":[\"security-officer\"],\"valid_days\":1}";
    let token = json(&scene.ask("POST", "/v1/operators", body).expect(201));
    let guest = format!("Bearer guest:{}", token["token"].as_str().expect("a token"));
    let by = |who: &str, method: &str, path: &str, body: &str| {
        scene.server.admin_request_by(who, method, path, body)
    };
    for (method, body) in [
        ("PATCH", "{\"roles\":[\"operator\"]}"),
        ("PATCH", "{\"status\":\"disabled\"}"),
        ("PATCH", "{\"valid_days\":9}"),
        ("DELETE", ""),
    ] {
        let message = refused(&by(&guest, method, own, body), 409);
        assert!(message.contains("last security officer"), "{message}");
    }
    let mara = scene.operator("mara", "\"security-officer\"");
    by(&mara, "DELETE", own, "").expect(204);
    refused(&scene.ask("GET", "/v1/operators", ""), 403);
    refused(&by(&guest, "DELETE", "/v1/operators/mara", ""), 409);
    by(&mara, "DELETE", "/v1/operators/guest", "").expect(204);
}

#[test]
fn renewed_token_ends_the_old_one_at_once() {
    let scene = Scene::start();
    let old = scene.operator("ana", "\"auditor\"");
    let renewed = scene.ask("POST", "/v1/operators/ana/token", "").expect(200);
    let token = json(&renewed)["token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let ask = |who: &str| scene.server.admin_request_by(who, "GET", "/v1/tenants", "");
    refused(&ask(&old), 403);
    ask(&format!("Bearer ana:{token}")).expect(200);
    refused(&scene.ask("POST", "/v1/operators/nobody/token", ""), 404);
}

/// A store from before there were roles: its operator still is who it was, and does everything.
#[test]
fn operator_of_an_older_store_does_everything() {
    let mut scene = Scene::start();
    let founder = scene.server.founder();
    let token = hex::decode(founder.rsplit(':').next().expect("a token")).expect("digits");
    scene.in_store(async |engine| {
        let row = record::encode(RecordKind::Operator, |w| {
            let hash = digest(DigestAlgorithm::Sha256, &token);
            w.field(&hash).u64(1_700_000_000_000);
        });
        let mut batch = MetaBatch::new(Partition::System);
        batch.put(keyspace::operator(&OperatorName::first()), row.into());
        engine.commit(batch).await.expect("a store that takes it");
    });
    for route in ROUTES {
        let answer = scene.ask_route(&founder, route);
        assert_eq!(answer.status, route.status, "{}", route.name);
    }
    let shown = json(&scene.ask("GET", "/v1/operators/operator", "").expect(200));
    assert_eq!(shown["created"], "2023-11-14T22:13:20.000Z");
    assert_eq!(
        shown["roles"],
        serde_json::json!(["operator", "security-officer"])
    );
}
