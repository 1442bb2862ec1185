//! The command line covers the API: every route is used by the command that the table names with
//! it. What destroys asks first.

use super::Scene;
use riznica::admin::routes::ROUTES;
use std::collections::BTreeSet;

/// Command lines that together use every route.
const LINES: &[&[&str]] = &[
    &["health"],
    &["metrics"],
    &["openapi"],
    &["clock"],
    &[
        "operator", "create", "newcomer", "--role", "auditor", "--role", "operator",
    ],
    &["operator", "list"],
    &["operator", "show", "newcomer"],
    &[
        "operator",
        "update",
        "newcomer",
        "--role",
        "auditor",
        "--valid-days",
        "9",
    ],
    &["operator", "renew", "newcomer", "--yes"],
    &["operator", "delete", "newcomer", "--yes"],
    &["tenant", "create", "school", "--display-name", "School"],
    &["tenant", "templates"],
    &["tenant", "templates", "commercial"],
    &["tenant", "create", "bakery", "--template", "commercial"],
    &["tenant", "list"],
    &["tenant", "show", "school"],
    &["tenant", "update", "school", "--contact", "Ana"],
    &["quota", "set", "--tenant", "school", "--bytes", "1GB"],
    &["quota", "show", "--tenant", "school"],
    &["quota", "set", "--bucket", "worm", "--objects", "9"],
    &["quota", "show", "--bucket", "worm"],
    &["rate", "set", "--tenant", "school", "--requests", "9"],
    &["rate", "show", "--tenant", "school"],
    &["key", "create", "--tenant", "school"],
    &["key", "list", "--tenant", "school"],
    &["key", "disable", "DISABLED1"],
    &["key", "delete", "DELETED1", "--yes"],
    &["bucket", "create", "letters", "--tenant", "school"],
    &["bucket", "list", "--tenant", "school"],
    &["bucket", "show", "letters"],
    &["bucket", "protect", "worm"],
    &[
        "policy",
        "explain",
        "--anonymous",
        "--action",
        "s3:GetObject",
        "--resource",
        "worm/a",
    ],
    &["usage", "--tenant", "school"],
    &["usage", "recount"],
    &["profile", "list"],
    &["profile", "show", "records"],
    &[
        "changes",
        "--since",
        "2026-01-01",
        "--tenant",
        "school",
        "--operator",
        "operator",
    ],
];

/// What a part of the log says was answered well.
fn operations(log: &str) -> BTreeSet<&str> {
    let lines = log
        .lines()
        .filter(|line| line.contains("admin command answered"));
    let good = lines.filter(|line| line.contains("status=20"));
    let names = good.filter_map(|line| line.split("operation=\"").nth(1)?.split('"').next());
    names.collect()
}

#[test]
fn every_route_is_used_by_its_command() {
    let scene = Scene::start_with(&[("RIZNICA_LOG__LEVEL", "debug")]);
    let mut used = BTreeSet::new();
    for words in LINES {
        let before = scene.server.log().len();
        let json = scene.server.admin(words);
        let json = json.unwrap_or_else(|| panic!("{words:?} failed"));
        serde_json::from_str::<serde_json::Value>(&json).expect("JSON for programs");
        let log = scene.server.log();
        for name in operations(&log[before..]) {
            let route = ROUTES.iter().find(|route| route.name == name);
            let command = route.expect("a route").command;
            if words.join(" ").starts_with(command) {
                used.insert(name.to_owned());
            }
        }
    }
    for route in ROUTES {
        assert!(
            used.contains(route.name),
            "no command uses {}: add `riznica {}`, or name the one that does",
            route.name,
            route.command
        );
    }
}

/// Tables for people: a header and a line for each.
#[test]
fn lists_are_tables_for_people() {
    let scene = Scene::start();
    let table = |words: &[&str]| {
        let url = scene.server.admin_url();
        let more = ["--admin", &url, "--credential", "{data}.keys/operator.json"];
        let (text, is_done) = scene.server.command(&[words, &more].concat());
        assert!(is_done, "{words:?}: {text}");
        text
    };
    let operators = table(&["operator", "list"]);
    assert!(operators.starts_with("NAME"), "{operators}");
    assert!(
        operators.contains("operator  operator, security-officer"),
        "{operators}"
    );
    assert_eq!(operators.lines().count(), 5);
    let changes = table(&["changes"]);
    assert!(
        changes.contains("createTenant") && changes.contains("tenant city"),
        "{changes}"
    );
    assert!(changes.lines().next().expect("a header").contains("BEFORE"));
}

#[test]
fn what_destroys_asks_and_without_a_terminal_does_nothing() {
    let scene = Scene::start();
    let url = scene.server.admin_url();
    for words in [
        &["key", "delete", "DELETED1"][..],
        &["operator", "delete", "deleted"],
        &["operator", "renew", "renewed"],
    ] {
        let more = ["--admin", &url, "--credential", "{data}.keys/operator.json"];
        let words = [words, &more].concat();
        let before = scene.told();
        let (text, is_done) = scene.server.command(&words);
        assert!(!is_done && text.contains("give --yes"), "{words:?}: {text}");
        scene.tells_the_same(&before, &words.join(" "));
        let (text, is_done) = scene.server.command(&[&words[..], &["--yes"]].concat());
        assert!(is_done, "{words:?}: {text}");
        assert!(scene.told() != before, "{words:?}");
    }
}

#[test]
fn saved_credential_works_and_replaces_no_file() {
    let scene = Scene::start();
    let file = scene.server.data_folder().join("../mara.json");
    let file = file.to_str().expect("text");
    let create = [
        "operator",
        "create",
        "mara",
        "--role",
        "security-officer",
        "--save",
        file,
    ];
    let told = scene.server.admin(&create).expect("a new operator");
    assert!(
        told.contains("credential_file") && !told.contains("token"),
        "{told}"
    );
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(file).expect("a file").permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    let list = ["key", "list", "--credential", file, "--output", "json"];
    let (keys, is_done) = scene.server.command(&list);
    assert!(is_done, "{keys}");
    let again = [
        "operator", "create", "eva", "--role", "auditor", "--save", file,
    ];
    assert_eq!(scene.server.admin(&again), None);
    assert_eq!(scene.server.admin(&["operator", "show", "eva"]), None);
}
