//! What operators can do to a version under COMPLIANCE: nothing.

use super::{bucket_is_unharmed, with_records};
use riznica::admin::routes::ROUTES;

/// Every route of `src/admin/routes.rs`, and requests beside them that others have: method, path,
/// body.
const REQUESTS: &[(&str, &str, &str)] = &[
    ("GET", "/health/live", ""),
    ("GET", "/health/ready", ""),
    ("GET", "/metrics", ""),
    ("GET", "/v1/clock", ""),
    ("GET", "/v1/openapi.json", ""),
    ("GET", "/v1/changes", ""),
    ("GET", "/v1/operators", ""),
    (
        "POST",
        "/v1/operators",
        "{\"name\":\"mallory\",\"roles\":[\"operator\",\"security-officer\"]}",
    ),
    ("GET", "/v1/operators/mallory", ""),
    (
        "PATCH",
        "/v1/operators/mallory",
        "{\"roles\":[\"security-officer\"]}",
    ),
    ("POST", "/v1/operators/mallory/token", ""),
    ("DELETE", "/v1/operators/mallory", ""),
    (
        "PUT",
        "/v1/clock",
        "{\"retention\":\"2200-01-01T00:00:00Z\"}",
    ),
    (
        "POST",
        "/v1/clock",
        "{\"retention\":\"2200-01-01T00:00:00Z\"}",
    ),
    ("DELETE", "/v1/clock", ""),
    ("GET", "/v1/tenants", ""),
    ("POST", "/v1/tenants", "{\"name\":\"city\"}"),
    ("POST", "/v1/tenants", "{\"name\":\"another\"}"),
    ("GET", "/v1/tenants/city", ""),
    ("PUT", "/v1/tenants/city", "{}"),
    (
        "PATCH",
        "/v1/tenants/city",
        "{\"status\":\"read-only\",\"bucket_prefixes\":[\"other-\"]}",
    ),
    ("PATCH", "/v1/tenants/city", "{\"status\":\"active\"}"),
    (
        "POST",
        "/v1/policy/explain",
        "{\"action\":\"s3:DeleteObjectVersion\",\"resource\":\"worm/newest\"}",
    ),
    ("GET", "/v1/tenants/city/rates", ""),
    ("PUT", "/v1/tenants/city/rates", "{\"bytes_in\":1}"),
    ("PUT", "/v1/tenants/city/rates", "{}"),
    ("DELETE", "/v1/tenants/city", ""),
    ("DELETE", "/v1/tenants/city?force=true", ""),
    ("GET", "/v1/keys", ""),
    ("POST", "/v1/keys", "{\"tenant\":\"city\"}"),
    ("GET", "/v1/buckets", ""),
    (
        "POST",
        "/v1/buckets",
        "{\"name\":\"worm\",\"tenant\":\"city\"}",
    ),
    ("GET", "/v1/buckets/worm", ""),
    (
        "PUT",
        "/v1/buckets/worm",
        "{\"object_lock\":false,\"versioning\":\"Suspended\"}",
    ),
    ("DELETE", "/v1/buckets/worm", ""),
    ("DELETE", "/v1/buckets/worm?force=true", ""),
    ("DELETE", "/v1/buckets/worm/newest", ""),
    (
        "POST",
        "/v1/buckets",
        "{\"name\":\"worm\",\"tenant\":\"city\",\"profile\":\"rclone\"}",
    ),
    (
        "POST",
        "/v1/buckets/worm/protect",
        "{\"deletable\":[\"newest\"]}",
    ),
    ("POST", "/v1/buckets/worm/protect", "{\"deletable\":[]}"),
    (
        "PUT",
        "/v1/buckets/worm/quota",
        "{\"bytes\":0,\"objects\":0}",
    ),
    ("GET", "/v1/buckets/worm/quota", ""),
    ("PUT", "/v1/buckets/worm/quota", "{}"),
    ("PUT", "/v1/tenants/city/quota", "{\"bytes\":0}"),
    ("GET", "/v1/tenants/city/quota", ""),
    ("PUT", "/v1/tenants/city/quota", "{}"),
    ("GET", "/v1/tenant-templates", ""),
    ("GET", "/v1/tenant-templates/commercial", ""),
    (
        "POST",
        "/v1/tenant-templates/commercial/tenants",
        "{\"name\":\"city\"}",
    ),
    (
        "POST",
        "/v1/tenant-templates/commercial/tenants",
        "{\"name\":\"worm\"}",
    ),
    ("GET", "/v1/usage", ""),
    ("GET", "/v1/usage/recount", ""),
    ("GET", "/v1/profiles", ""),
    ("GET", "/v1/profiles/records", ""),
    // Last: from here on the account's key is no good.
    ("POST", "/v1/keys/{access_key}/disable", ""),
    ("DELETE", "/v1/keys/{access_key}", ""),
];

/// Every command that talks to a server, as it would be used against the record.
const COMMANDS: &[&[&str]] = &[
    &["tenant", "create", "city"],
    &["tenant", "create", "city", "--template", "commercial"],
    &["tenant", "templates"],
    &["tenant", "list"],
    &["tenant", "update", "city", "--status", "read-only"],
    &["tenant", "update", "city", "--status", "active"],
    &["rate", "set", "--tenant", "city", "--bytes-out", "1TB"],
    &["rate", "show", "--tenant", "city"],
    &[
        "policy",
        "explain",
        "--anonymous",
        "--action",
        "s3:DeleteObjectVersion",
        "--resource",
        "worm/newest",
    ],
    &["tenant", "show", "city"],
    &["key", "create", "--tenant", "city"],
    &["key", "list"],
    &["bucket", "list"],
    &["bucket", "create", "worm", "--tenant", "city"],
    &[
        "bucket",
        "create",
        "worm",
        "--tenant",
        "city",
        "--profile",
        "rclone",
    ],
    &["bucket", "show", "worm"],
    &["bucket", "protect", "worm", "--deletable", "newest"],
    &["quota", "set", "--bucket", "worm", "--bytes", "0"],
    &["quota", "show", "--bucket", "worm"],
    &["quota", "set", "--bucket", "worm", "--bytes", "none"],
    &["usage"],
    &["usage", "recount"],
    &["profile", "list"],
    &["profile", "show", "records"],
    &["clock"],
    &["health"],
    &["metrics"],
    &["openapi"],
    &["changes"],
    &["operator", "create", "mallory", "--role", "operator"],
    &["operator", "list"],
    &["operator", "show", "mallory"],
    &[
        "operator",
        "update",
        "mallory",
        "--role",
        "security-officer",
    ],
    &["operator", "renew", "mallory", "--yes"],
    &["operator", "delete", "mallory", "--yes"],
    &["key", "disable", "{access_key}"],
    &["key", "delete", "{access_key}", "--yes"],
];

/// Commands that talk to no server.
const LOCAL: &[&[&str]] = &[
    &["init", "--data-dir", "{data}"],
    &["version"],
    // A client of the S3 API, whose operations are all tried.
    &[
        "bench",
        "delete",
        "--endpoint",
        "http://127.0.0.1:1",
        "--bucket",
        "records",
        "--access-key",
        "unknown",
    ],
    // A second server does not get the folder of the first; the first one is what the tests kill.
    &[
        "serve",
        "--data-dir",
        "{data}",
        "--listen",
        "127.0.0.1:0",
        "--admin-listen",
        "127.0.0.1:0",
    ],
];

/// Whether a request's path is one of a route: `{name}` stands for one step.
fn is_of(path: &str, route: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let (mut steps, mut pattern) = (path.split('/'), route.split('/'));
    let is_alike = steps
        .by_ref()
        .zip(pattern.by_ref())
        .all(|(step, own)| own.starts_with('{') || own == step);
    is_alike && path.split('/').count() == route.split('/').count()
}

#[test]
fn row_57_every_admin_route_is_tried() {
    for route in ROUTES {
        let (method, route) = (route.method.to_uppercase(), route.path);
        let is_tried = REQUESTS
            .iter()
            .any(|(own, path, _)| *own == method && is_of(path, route));
        assert!(
            is_tried,
            "{method} {route} is not tried against a version under COMPLIANCE: add it to REQUESTS"
        );
    }
}

/// Commands of a help text: the first words of the lines under `Commands:`.
fn subcommands(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| line.trim() != "Commands:");
    let lines = lines.skip(1).take_while(|line| line.starts_with(' '));
    // Continued descriptions are indented further.
    let names = lines.filter(|line| !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    let names = names.filter(|name| *name != "help");
    names.map(str::to_owned).collect()
}

#[test]
fn row_57_every_command_is_tried() {
    let server = crate::server::TestServer::start();
    let help = |words: &[&str]| subcommands(&server.command(words).0);
    let mut leaves = Vec::new();
    for name in help(&["--help"]) {
        let below = help(&[&name, "--help"]);
        if below.is_empty() {
            leaves.push(vec![name]);
        } else {
            leaves.extend(below.into_iter().map(|own| vec![name.clone(), own]));
        }
    }
    assert!(leaves.len() > 8, "{leaves:?}");
    for leaf in leaves {
        let is_tried = |words: &&[&str]| leaf.iter().zip(*words).all(|(own, word)| own == word);
        assert!(
            COMMANDS.iter().chain(LOCAL).any(is_tried),
            "{leaf:?} is not tried against a version under COMPLIANCE: add it to COMMANDS"
        );
    }
}

#[test]
fn row_57_no_operator_destroys_a_compliance_version() {
    let (mut server, mut city, records) = with_records();
    for (method, path, body) in REQUESTS {
        let path = path.replace("{access_key}", &city.access_key_id);
        let answer = server.admin_request(method, &path, body);
        assert!(
            answer.status < 500,
            "{method} {path}: {}",
            answer.body_text()
        );
        if path.contains(&city.access_key_id) {
            city = server.access_key("city");
        }
        for record in &records {
            record.is_unharmed(&city, &format!("{method} {path}"));
        }
    }
    for words in COMMANDS {
        let words = words
            .iter()
            .map(|word| word.replace("{access_key}", &city.access_key_id));
        let words: Vec<String> = words.collect();
        let borrowed: Vec<&str> = words.iter().map(String::as_str).collect();
        server.admin(&borrowed);
        if words.contains(&city.access_key_id) {
            city = server.access_key("city");
        }
        for record in &records {
            record.is_unharmed(&city, &format!("{words:?}"));
        }
    }
    for words in LOCAL {
        let (text, is_done) = server.command(words);
        assert_eq!(is_done, words == &["version"], "{words:?}: {text}");
        for record in &records {
            record.is_unharmed(&city, &format!("{words:?}"));
        }
    }
    bucket_is_unharmed(&city);
    server.restart();
    for record in &records {
        record.is_unharmed(&city, "after a crash");
    }
    bucket_is_unharmed(&city);
}
