//! The OpenAPI document against the router of a running server, and the form of what is refused.
//! Answers and schemas are compared by `tests/clients/admin_api.py`.

use super::{Scene, json, refused};
use riznica::admin::routes::ROUTES;
use riznica::model::operator::Role;
use serde_json::Value;

const METHODS: [&str; 8] = [
    "GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE",
];

fn document(scene: &Scene) -> Value {
    json(&scene.ask("GET", "/v1/openapi.json", "").expect(200))
}

#[test]
fn document_lists_the_paths_and_methods_of_the_router_and_no_others() {
    let scene = Scene::start();
    let document = document(&scene);
    let paths = document["paths"].as_object().expect("paths");
    let mut documented = 0;
    for (path, methods) in paths {
        let methods = methods.as_object().expect("methods");
        let target = path.replace("{name}", "nobody").replace("{id}", "NOBODY");
        let allowed: Vec<String> = ROUTES
            .iter()
            .filter(|route| route.path == path)
            .map(|route| route.method.to_uppercase())
            .collect();
        for method in METHODS {
            let answer = scene.ask(method, &target, "");
            if methods.contains_key(&method.to_lowercase()) {
                documented += 1;
                let is_routed =
                    answer.status != 405 && !answer.body_text().contains("no such resource");
                assert!(is_routed, "{method} {path}: {answer:?}");
                continue;
            }
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("allow"), Some(allowed.join(", ").as_str()));
        }
    }
    assert_eq!(documented, ROUTES.len());
    for path in [
        "/",
        "/v1",
        "/v1/tenants/",
        "/v1/tenants/city/keys",
        "/v2/tenants",
        "/health",
    ] {
        let message = refused(&scene.ask("GET", path, ""), 404);
        assert_eq!(message, "no such resource", "{path}");
    }
}

#[test]
fn document_names_roles_and_commands() {
    let scene = Scene::start();
    let document = document(&scene);
    assert_eq!(document["openapi"], "3.1.0");
    for route in ROUTES {
        let operation = &document["paths"][route.path][route.method];
        let command = operation["x-riznica-command"].as_str().expect("a command");
        let words: Vec<&str> = command.split(' ').skip(1).chain(["--help"]).collect();
        let (help, is_known) = scene.server.command(&words);
        assert!(is_known, "{command}: {help}");
        let roles = operation["x-riznica-roles"].as_array().expect("roles");
        let needed = route.permission.into_iter().chain(route.also);
        let own: usize = needed.map(|own| own.roles().len()).sum();
        assert_eq!(roles.len(), own, "{}", route.name);
    }
}

/// A body has the fields that the route knows, is declared as JSON, and is not endless; and nobody
/// but operators learns what there is.
#[test]
fn bodies_queries_and_types_that_are_not_expected_are_refused_in_one_form() {
    let scene = Scene::start();
    let before = scene.told();
    for route in ROUTES.iter().filter(|route| route.body.is_some()) {
        let (path, _) = super::request_of(route);
        let method = route.method.to_uppercase();
        for body in [
            "",
            "null",
            "[]",
            "{\"surprise\":1}",
            "{\"name\":\"a\",\"name\":\"b\"}",
            "{\"name\":",
            "\u{feff}{}",
        ] {
            refused(&scene.ask(&method, path, body), 400);
        }
        let long = format!("{{\"name\":\"{}\"}}", "a".repeat(70_000));
        refused(&scene.ask(&method, path, &long), 413);
        let founder = scene.server.founder();
        let mut wire = scene.city.request(&method, path).body("{}").wire();
        wire.set("authorization", &founder);
        refused(&scene.server.send_to_admin(&wire), 415);
        wire.set("authorization", "Bearer nobody:00");
        refused(&scene.server.send_to_admin(&wire), 403);
    }
    for route in ROUTES {
        let (path, body) = super::request_of(route);
        let method = route.method.to_uppercase();
        let joint = if path.contains('?') { '&' } else { '?' };
        let message = refused(&scene.ask(&method, &format!("{path}{joint}x=1"), body), 400);
        assert!(message.contains("\"x\""), "{message}");
        if route.body.is_none() {
            let message = refused(&scene.ask(&method, path, "{}"), 400);
            assert_eq!(message, "no body is expected here");
        }
    }
    scene.tells_the_same(&before, "afterwards");
}

/// The table of `docs/OPERATIONS.md` gives each command that changes something to the roles that
/// have it, and to no other.
#[test]
fn table_of_roles_is_the_one_of_the_code() {
    let text = include_str!("../../../docs/OPERATIONS.md");
    let header = "| Command | operator | security-officer | auditor |";
    let (_, table) = text.split_once(header).expect("the table");
    let rows: Vec<Vec<&str>> = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let columns = [Role::Operator, Role::SecurityOfficer, Role::Auditor];
    for route in ROUTES.iter().filter(|route| route.is_change()) {
        let command = format!("`{}`", route.command);
        let row = rows.iter().find(|row| row[0].contains(&command));
        let row = row.expect(&command);
        let permission = route.permission.expect("a change needs one");
        for (column, role) in columns.iter().enumerate() {
            let is_told = row[column + 1] == "yes";
            assert_eq!(
                is_told,
                permission.roles().contains(role),
                "{command} {role:?}"
            );
        }
    }
}
