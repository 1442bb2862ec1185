//! Tenants after templates, by the command line: the built-in ones, edited ones, wrong ones; and
//! the commands of docs/OPERATIONS.md about them and about usage, as they are written there.

use crate::raw::Account;
use crate::server::TestServer;
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn set_up(server: &TestServer, name: &str, template: &str) -> Value {
    let made = server.admin(&["tenant", "create", name, "--template", template]);
    json(&made.expect("a tenant"))
}

/// The key of a user that was made with its tenant.
fn key(server: &TestServer, made: &Value, user: &str) -> Account {
    let users = made["users"].as_array().expect("users");
    let own = users.iter().find(|own| own["user"] == user);
    let own = own.expect("the user");
    let text = |field: &str| own[field].as_str().expect("text").to_owned();
    Account {
        port: server.port,
        access_key_id: text("access_key_id"),
        secret: text("secret_access_key"),
        token: None,
    }
}

#[test]
fn tenant_begins_with_what_its_template_says() {
    let server = TestServer::start();
    let made = set_up(&server, "kragujevac", "city-administration");
    assert_eq!(made["template"], "city-administration");
    let show = |words: &[&str]| json(&server.admin(words).expect("an answer"));
    let records = show(&["bucket", "show", "kragujevac-records"]);
    assert_eq!(records["retention_mode"], "COMPLIANCE");
    assert_eq!(records["protected"], true);
    let backups = show(&["bucket", "show", "kragujevac-backups"]);
    assert_eq!(backups["quota"]["bytes"], 10_000_000_000_000_u64);
    let quota = show(&["quota", "show", "--tenant", "kragujevac"]);
    assert_eq!(
        (&quota["limits"]["buckets"], &quota["buckets"]),
        (&30.into(), &3.into())
    );
    let rates = show(&["rate", "show", "--tenant", "kragujevac"]);
    assert_eq!(rates["requests"], 500);

    let administrator = key(&server, &made, "administrator");
    administrator.put("/kragujevac-more", "").expect(200);
    administrator
        .put("/others-more", "")
        .refused(403, "AccessDenied");
    let backup = key(&server, &made, "backup");
    backup.put("/kragujevac-backups/locks/a", "x").expect(200);
    backup.delete("/kragujevac-backups/locks/a").expect(204);
    backup
        .put("/kragujevac-records/a", "x")
        .refused(403, "AccessDenied");
    let archive = key(&server, &made, "archive");
    archive.put("/kragujevac-records/a", "x").expect(200);
    archive.get("/kragujevac-records/a").expect(200);
    archive
        .delete("/kragujevac-records/a")
        .refused(403, "AccessDenied");
    archive
        .get("/kragujevac-backups?list-type=2")
        .refused(403, "AccessDenied");
}

#[test]
fn every_template_that_is_listed_sets_a_tenant_up() {
    let server = TestServer::start();
    let listed = json(&server.admin(&["tenant", "templates"]).expect("a list"));
    let names = listed.as_array().expect("a list").iter();
    let names: Vec<_> = names
        .map(|own| own["name"].as_str().expect("text"))
        .collect();
    assert_eq!(
        names,
        ["city-administration", "commercial", "public-institution"]
    );
    for (name, template) in ["one", "two", "three"].into_iter().zip(names) {
        let made = set_up(&server, name, template);
        let administrator = key(&server, &made, "administrator");
        for bucket in ["records", "backups", "exchange"] {
            let target = format!("/{name}-{bucket}/a");
            administrator.put(&target, "x").expect(200);
        }
        let again = server.admin(&["tenant", "create", name, "--template", template]);
        assert!(again.is_none(), "{name} exists");
    }
    let shown = server.admin(&["tenant", "templates", "commercial"]);
    let text = json(&shown.expect("a template"))["text"].clone();
    assert!(text.as_str().expect("text").contains("[[buckets]]"));
}

#[test]
fn secrets_are_shown_once_and_are_in_no_log() {
    let server = TestServer::start();
    let url = server.admin_url();
    let words = [
        "tenant",
        "create",
        "novi-sad",
        "--template",
        "public-institution",
    ];
    let admin = ["--admin", &url, "--credential", "{data}.keys/operator.json"];
    let (table, is_good) = server.command(&[&words[..], &admin].concat());
    assert!(is_good && table.contains("shown this once"), "{table}");
    let line = table.lines().find(|line| line.starts_with("administrator"));
    let secret = line.expect("a user").split_whitespace().last();
    let secret = secret.expect("a secret");
    assert!(secret.len() >= 40, "{table}");
    assert!(!server.log().contains(secret));
    for listing in [["key", "list"], ["tenant", "list"]] {
        let listed = server.admin(&listing).expect("a list");
        assert!(!listed.contains(secret));
    }
}

#[test]
fn template_of_the_folder_wins_and_a_wrong_one_is_told_with_file_and_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("it is written");
    };
    write("bad.toml", "description = \"d\"\n[quota]\nbyte = 1\n");
    let setting = folder.path().to_string_lossy().into_owned();
    let server = TestServer::start_with(&[("RIZNICA_TENANTS__FOLDER", &setting)]);
    let log = server.log();
    assert!(log.contains("bad.toml") && log.contains("line 3"), "{log}");
    write(
        "commercial.toml",
        "description = \"ours\"\n[[buckets]]\nname = \"box\"\n",
    );
    let made = set_up(&server, "firm", "commercial");
    assert_eq!(made["buckets"][0]["name"], "firm-box");
    let policy = "description = \"d\"\n[[groups]]\nname = \"g\"\n[groups.policies]\np = '''{}'''\n";
    let profile = "description = \"d\"\n[[buckets]]\nname = \"b\"\nprofile = \"none\"\n";
    let url = server.admin_url();
    for (text, reason) in [
        ("description = 1", "line 1"),
        (policy, "line 5"),
        (profile, "riznica profile list"),
        (
            "description = \"d\"\n[[users]]\nname = \"u\"\ngroups = [\"g\"]\n",
            "[[groups]]",
        ),
    ] {
        write("bad.toml", text);
        let words = [
            "tenant",
            "create",
            "town",
            "--template",
            "bad",
            "--admin",
            &url,
        ];
        let credential = ["--credential", "{data}.keys/operator.json"];
        let (answer, is_good) = server.command(&[&words[..], &credential].concat());
        assert!(!is_good, "{answer}");
        assert!(
            answer.contains("bad.toml") && answer.contains(reason),
            "{answer}"
        );
    }
    assert!(server.admin(&["tenant", "show", "town"]).is_none());
}

/// The commands of a section's blocks.
fn commands(section: &str) -> Vec<String> {
    let document = include_str!("../../docs/OPERATIONS.md");
    let title = format!("## {section}\n");
    let (_, rest) = document.split_once(&title).expect("the section");
    let own = rest.split("\n## ").next().expect("its text");
    let blocks = own.split("```sh\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().expect("its end"));
    let lines = blocks.flat_map(|block| {
        let whole = block.replace("\\\n", " ");
        let lines: Vec<_> = whole.lines().map(str::to_owned).collect();
        lines
    });
    lines.filter(|line| !line.trim().is_empty()).collect()
}

#[test]
fn commands_of_the_documentation_run_as_they_are_written() {
    let server = TestServer::start();
    server.account("city");
    for section in ["Tenant templates", "Usage"] {
        let commands = commands(section);
        assert!(commands.len() >= 3, "{section}: {commands:?}");
        for command in commands {
            let (text, is_good) = server.shell(&command);
            assert!(is_good, "{command}: {text}");
        }
    }
}
