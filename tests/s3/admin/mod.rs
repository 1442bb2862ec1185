//! The admin listener: who may do what, what is noted of it, what it says of itself. The tests are
//! made from its table of routes: a route without a request here fails.
//!
//! Owns: a request for every route, and a server on which each of them does what it should.
//! Not here: noise (`attacks::random_admin`), records under COMPLIANCE
//! (`object_lock::everything::admin`).

mod commands;
mod document;
mod isolation;
mod journal;
mod operators;

use crate::raw::{Account, Answer};
use crate::server::TestServer;
use riznica::admin::routes::{ROUTES, Route};
use riznica::base::clock::SystemClock;
use riznica::base::task::BlockingPool;
use riznica::storage::{Engine as _, RocksEngine, RocksOptions};
use serde_json::Value;
use std::sync::Arc;

/// A request that each route does when it may: name, path, body. Those that take something away
/// have something of their own.
const REQUESTS: &[(&str, &str, &str)] = &[
    ("live", "/health/live", ""),
    ("ready", "/health/ready", ""),
    ("metrics", "/metrics", ""),
    ("openapi", "/v1/openapi.json", ""),
    ("clock", "/v1/clock", ""),
    ("listChanges", "/v1/changes?limit=1000", ""),
    ("listOperators", "/v1/operators", ""),
    (
        "createOperator",
        "/v1/operators",
        "{\"name\":\"newcomer\",\"roles\":[\"auditor\"]}",
    ),
    ("showOperator", "/v1/operators/changed", ""),
    (
        "changeOperator",
        "/v1/operators/changed",
        "{\"status\":\"disabled\"}",
    ),
    ("deleteOperator", "/v1/operators/deleted", ""),
    ("renewOperator", "/v1/operators/renewed/token", ""),
    ("listTenants", "/v1/tenants", ""),
    ("createTenant", "/v1/tenants", "{\"name\":\"school\"}"),
    ("showTenant", "/v1/tenants/city", ""),
    ("changeTenant", "/v1/tenants/city", "{\"contact\":\"Ana\"}"),
    ("showTenantQuota", "/v1/tenants/city/quota", ""),
    (
        "setTenantQuota",
        "/v1/tenants/city/quota",
        "{\"bytes\":1000000,\"buckets\":9}",
    ),
    ("showRates", "/v1/tenants/city/rates", ""),
    ("setRates", "/v1/tenants/city/rates", "{\"requests\":500}"),
    ("listKeys", "/v1/keys", ""),
    ("createKey", "/v1/keys", "{\"tenant\":\"city\"}"),
    ("disableKey", "/v1/keys/DISABLED1/disable", ""),
    ("deleteKey", "/v1/keys/DELETED1", ""),
    ("listBuckets", "/v1/buckets", ""),
    (
        "createBucket",
        "/v1/buckets",
        "{\"name\":\"letters\",\"tenant\":\"city\"}",
    ),
    ("showBucket", "/v1/buckets/worm", ""),
    (
        "protectBucket",
        "/v1/buckets/worm/protect",
        "{\"deletable\":[]}",
    ),
    ("showBucketQuota", "/v1/buckets/worm/quota", ""),
    (
        "setBucketQuota",
        "/v1/buckets/worm/quota",
        "{\"objects\":1000}",
    ),
    ("listTemplates", "/v1/tenant-templates", ""),
    ("showTemplate", "/v1/tenant-templates/commercial", ""),
    (
        "createTenantFromTemplate",
        "/v1/tenant-templates/commercial/tenants",
        "{\"name\":\"bakery\"}",
    ),
    (
        "explainPolicy",
        "/v1/policy/explain",
        "{\"action\":\"s3:GetObject\",\"resource\":\"worm/a\"}",
    ),
    ("reportUsage", "/v1/usage?tenant=city", ""),
    ("recountUsage", "/v1/usage/recount", ""),
    ("listProfiles", "/v1/profiles", ""),
    ("showProfile", "/v1/profiles/records", ""),
];

/// A server with something for each request.
pub(super) struct Scene {
    pub(super) server: TestServer,
    pub(super) city: Account,
}

impl Scene {
    pub(super) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(super) fn start_with(settings: &[(&str, &str)]) -> Self {
        let server = TestServer::start_with(settings);
        let city = server.account("city");
        let scene = Self { server, city };
        for name in ["changed", "deleted", "renewed"] {
            scene.operator(name, "\"auditor\"");
        }
        for id in ["DISABLED1", "DELETED1"] {
            let key = format!(
                "{{\"tenant\":\"city\",\"access_key_id\":\"{id}\",\"secret_access_key\":\"secret-of-{id}\"}}"
            );
            scene.ask("POST", "/v1/keys", &key).expect(201);
        }
        let bucket = "{\"name\":\"worm\",\"tenant\":\"city\",\"profile\":\"pgbackrest\"}";
        scene.ask("POST", "/v1/buckets", bucket).expect(201);
        scene
    }

    /// Changes the store while the server is down.
    pub(super) fn in_store(&mut self, change: impl AsyncFnOnce(&RocksEngine)) {
        self.server.kill();
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let pool = BlockingPool::new(runtime.handle().clone(), 2);
        let options = RocksOptions {
            path: self.server.data_folder().join("store"),
            memtable_bytes: 8 << 20,
            block_cache_bytes: 8 << 20,
            max_open_files: 64,
            min_free_bytes: 0,
            ..RocksOptions::default()
        };
        let clock = Arc::new(SystemClock::new());
        let engine = RocksEngine::open(options, clock, pool).expect("a store");
        runtime.block_on(async {
            change(&engine).await;
            engine.close().await;
        });
        drop(engine);
        self.server.restart();
    }

    /// A new operator's `Authorization`.
    pub(super) fn operator(&self, name: &str, roles: &str) -> String {
        let body = format!("{{\"name\":\"{name}\",\"roles\":[{roles}]}}");
        let token = json(&self.ask("POST", "/v1/operators", &body).expect(201));
        format!(
            "Bearer {name}:{}",
            token["token"].as_str().expect("a token")
        )
    }

    /// A request of the first operator.
    pub(super) fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        self.server.admin_request(method, path, body)
    }

    /// The request of a route, by somebody.
    pub(super) fn ask_route(&self, by: &str, route: &Route) -> Answer {
        let (path, body) = request_of(route);
        let method = route.method.to_uppercase();
        self.server.admin_request_by(by, &method, path, body)
    }

    /// All that the admin listener tells of what is stored.
    pub(super) fn told(&self) -> Vec<(&'static str, Value)> {
        let moving = ["metrics", "clock", "live", "ready", "openapi"];
        let reads = ROUTES.iter().filter(|route| !route.is_change());
        let reads = reads.filter(|route| !moving.contains(&route.name));
        let founder = self.server.founder();
        let told = reads.map(|route| {
            let mut told = json(&self.ask_route(&founder, route).expect(200));
            forget(&mut told, "last_used");
            // How long what is there has been there goes on.
            for field in ["as_of", "byte_hours", "byte_milliseconds", "object_hours"] {
                forget(&mut told, field);
            }
            (route.name, told)
        });
        told.collect()
    }

    /// Whether it tells what it told before.
    #[track_caller]
    pub(super) fn tells_the_same(&self, before: &[(&'static str, Value)], what: &str) {
        for ((name, before), (_, after)) in before.iter().zip(self.told()) {
            assert!(
                *before == after,
                "{what}: {name} tells {after} after {before}"
            );
        }
    }

    /// The journal.
    pub(super) fn changes(&self) -> Vec<Value> {
        let answer = self.ask("GET", "/v1/changes?limit=1000", "").expect(200);
        let page = json(&answer);
        assert_eq!(page["next_marker"], Value::Null);
        page["changes"].as_array().expect("a list").clone()
    }
}

/// The request of a route.
fn request_of(route: &Route) -> (&'static str, &'static str) {
    let mut requests = REQUESTS.iter();
    let found = requests.find(|(name, _, _)| *name == route.name);
    let message = format!("{} has no request here: add it to REQUESTS", route.name);
    let (_, path, body) = found.expect(&message);
    (path, body)
}

/// An answer's document.
pub(super) fn json(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).expect("JSON")
}

/// Takes a field out of a document, wherever it is.
fn forget(value: &mut Value, field: &str) {
    match value {
        Value::Object(fields) => {
            fields.remove(field);
            fields.values_mut().for_each(|value| forget(value, field));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| forget(value, field)),
        _ => {}
    }
}

/// The message of a refusal, whose form is the same everywhere.
#[track_caller]
pub(super) fn refused(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.body_text());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let document = json(answer);
    assert_eq!(document.as_object().expect("an object").len(), 1);
    let error = document["error"].as_object().expect("an object");
    assert!(error.len() == 2 && error["code"].is_string(), "{document}");
    error["message"].as_str().expect("a text").to_owned()
}

#[test]
fn every_request_is_of_a_route_and_works() {
    let scene = Scene::start();
    let founder = scene.server.founder();
    assert_eq!(REQUESTS.len(), ROUTES.len());
    for route in ROUTES {
        let answer = scene.ask_route(&founder, route);
        assert_eq!(
            answer.status,
            route.status,
            "{}: {}",
            route.name,
            answer.body_text()
        );
        let content_type = answer.header("content-type");
        let is_empty = answer.body.is_empty();
        assert_eq!(content_type.is_none(), is_empty, "{}", route.name);
    }
}
