//! The journal of changes: one record for each change, none for what was refused, no secret.

use super::{Scene, json, refused};
use riznica::admin::routes::ROUTES;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Whether a record has the form that the kind of its change asks for.
#[track_caller]
fn is_told(change: &Value, name: &str) {
    let (before, after) = (&change["before"], &change["after"]);
    let makes = name.starts_with("create");
    let deletes = name.starts_with("delete");
    assert_eq!(before.is_null(), makes, "{change}");
    assert_eq!(after.is_null(), deletes, "{change}");
    assert!(makes || before.is_object(), "{change}");
    assert!(deletes || after.is_object(), "{change}");
    let at = change["at"].as_str().expect("a time");
    let at = OffsetDateTime::parse(at, &Rfc3339).expect("ISO 8601");
    let age = crate::raw::now() - at;
    assert!(
        age.whole_seconds() < 60 && age.whole_seconds() > -60,
        "{change}"
    );
}

#[test]
fn k6_every_change_makes_one_record_and_a_refused_one_none() {
    let mut scene = Scene::start();
    let auditor = scene.operator("auditor", "\"auditor\"");
    let founder = scene.server.founder();
    let mut secrets = vec![scene.city.secret.clone(), "secret-of-".to_owned()];
    let mut known = scene.changes();
    let changing = ROUTES.iter().filter(|route| route.is_change());
    for route in changing {
        refused(&scene.ask_route(&auditor, route), 403);
        assert_eq!(scene.changes(), known, "{} was refused", route.name);
        let answer = scene.ask_route(&founder, route);
        assert_eq!(answer.status, route.status, "{}", route.name);
        let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let users = document["users"].as_array().cloned().unwrap_or_default();
        for told in users.iter().chain([&document]) {
            for field in ["token", "secret_access_key"] {
                secrets.extend(told[field].as_str().map(str::to_owned));
            }
        }
        let mut changes = scene.changes();
        assert_eq!(changes[..known.len()], known);
        let made = &changes[known.len()..];
        // A template makes several things.
        let is_one = route.name != "createTenantFromTemplate";
        assert_eq!(made.len() == 1, is_one, "{}: {made:?}", route.name);
        for change in made {
            assert_eq!(change["operator"], "operator");
            assert_eq!(change["operation"], route.name);
        }
        let change = made.first().expect("a change");
        is_told(change, route.name);
        std::mem::swap(&mut known, &mut changes);
        // What reads leaves no trace.
        for route in ROUTES.iter().filter(|route| !route.is_change()) {
            scene.ask_route(&founder, route).expect(200);
        }
        assert_eq!(scene.changes(), known);
    }
    assert!(secrets.len() > 4, "the answers with secrets were not found");
    scene.server.restart();
    assert_eq!(scene.changes(), known, "after a crash");
    let text = Value::from(known).to_string();
    for secret in secrets {
        assert!(!text.contains(&secret), "a secret is told");
    }
}

#[test]
fn record_tells_what_differs_and_init_is_the_first() {
    let scene = Scene::start();
    let first = &scene.changes()[0];
    assert_eq!(
        (&first["operation"], &first["operator"]),
        (&"init".into(), &"init".into())
    );
    assert_eq!(first["after"]["name"], "operator");
    let suspend = "{\"status\":\"suspended\",\"contact\":\"Ana\"}";
    scene.ask("PATCH", "/v1/tenants/city", suspend).expect(200);
    let quota = "{\"bytes\":5,\"buckets\":3}";
    scene
        .ask("PUT", "/v1/tenants/city/quota", quota)
        .expect(200);
    let quota = "{\"objects\":7}";
    scene
        .ask("PUT", "/v1/buckets/worm/quota", quota)
        .expect(200);
    let changes = scene.changes();
    let [.., status, tenant, bucket] = changes.as_slice() else {
        panic!("three changes");
    };
    let json = |text: &str| -> Value { serde_json::from_str(text).expect("JSON") };
    assert_eq!(
        status["before"],
        json("{\"status\":\"active\",\"contact\":\"\"}")
    );
    assert_eq!(status["after"], json(suspend));
    assert_eq!(tenant["after"]["quota"]["buckets"], 3);
    assert_eq!(tenant["before"]["quota"]["buckets"], Value::Null);
    assert_eq!(
        (&bucket["tenant"], &bucket["subject"]),
        (&"city".into(), &"bucket worm".into())
    );
    assert_eq!(bucket["after"]["quota"]["objects"], 7);
    // A refused change of a bucket that is protected leaves nothing.
    let protect = |patterns: &str| {
        let body = format!("{{\"deletable\":[{patterns}]}}");
        scene.ask("POST", "/v1/buckets/worm/protect", &body)
    };
    protect("").expect(200);
    let known = scene.changes().len();
    refused(&protect("\"locks/\""), 409);
    assert_eq!(scene.changes().len(), known);
}

#[test]
fn journal_is_read_in_pages_by_time_tenant_and_operator() {
    let scene = Scene::start();
    let officer = scene.operator("mara", "\"security-officer\"");
    let by_mara = |path: &str, body: &str| {
        let server = &scene.server;
        server.admin_request_by(&officer, "POST", path, body)
    };
    by_mara("/v1/keys", "{\"tenant\":\"city\"}").expect(201);
    let list = |query: &str| {
        json(
            &scene
                .ask("GET", &format!("/v1/changes?{query}"), "")
                .expect(200),
        )
    };
    let all = scene.changes();
    let mut pages = Vec::new();
    let mut marker = String::new();
    loop {
        let page = list(&format!("limit=3{marker}"));
        pages.extend(page["changes"].as_array().expect("a list").clone());
        let Some(next) = page["next_marker"].as_str() else {
            break;
        };
        marker = format!("&marker={next}");
    }
    assert_eq!(pages, all);
    let mine = list("operator=mara&tenant=city");
    assert_eq!(mine["changes"].as_array().expect("a list").len(), 1);
    assert_eq!(mine["changes"][0]["operation"], "createKey");
    let last = all.last().expect("a change")["at"]
        .as_str()
        .expect("a time");
    let recent = list(&format!("since={last}"));
    assert_eq!(recent["changes"][0]["at"], last);
    assert_eq!(
        list("since=2999-01-01T00:00:00Z")["changes"],
        Value::Array(Vec::new())
    );
    for bad in [
        "since=yesterday",
        "since=2026-11-29",
        "tenant=A",
        "operator=%20",
        "marker=1",
        "limit=0",
        "limit=1001",
        "limit=-1",
        "limit=1&limit=2",
        "until=2999-01-01T00:00:00Z",
    ] {
        refused(&scene.ask("GET", &format!("/v1/changes?{bad}"), ""), 400);
    }
}
