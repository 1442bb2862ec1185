//! What an operator sets for a tenant: whether it is served, how its buckets are named, how long
//! its keys live (issue 5, 1).

use crate::raw::Account;
use crate::server::TestServer;
use serde_json::Value;

const POLICY: &str = r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*",
    "Resource":["arn:aws:s3:::shared","arn:aws:s3:::shared/*"]}}"#;

fn set_status(server: &TestServer, status: &str) {
    let words = ["tenant", "update", "city", "--status", status];
    let told = server.admin(&words).expect("the status is set");
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["status"], status);
}

/// A tenant with a bucket that a policy opens to everybody.
fn scene() -> (TestServer, Account, Account) {
    let server = TestServer::start();
    let (city, other) = (server.account("city"), server.account("other"));
    city.put("/shared", "").expect(200);
    city.delete("/shared?publicAccessBlock").expect(204);
    city.put("/shared?policy", POLICY).expect(204);
    city.put("/shared/a", "mine").expect(200);
    assert_eq!(other.get("/shared/a").expect(200).body, b"mine");
    (server, city, other)
}

#[test]
fn suspended_tenant_reaches_nothing_and_loses_nothing() {
    let (mut server, city, other) = scene();
    set_status(&server, "suspended");
    for _ in 0..2 {
        for account in [&city, &other] {
            let read = account.get("/shared/a");
            let read = read.refused(403, "AllAccessDisabled");
            let text = read.text("Message").expect("a text");
            assert!(
                text.contains("suspended") && text.contains("operator"),
                "{text}"
            );
            account
                .put("/shared/b", "x")
                .refused(403, "AllAccessDisabled");
            account
                .delete("/shared/a")
                .refused(403, "AllAccessDisabled");
        }
        city.get("/").refused(403, "AllAccessDisabled");
        city.put("/another", "").refused(403, "AllAccessDisabled");
        server.restart();
    }
    // Its own buckets are the other one's business no more than before.
    other.put("/others", "").expect(200);
    set_status(&server, "active");
    assert_eq!(city.get("/shared/a").expect(200).body, b"mine");
    assert_eq!(city.get("/").expect(200).texts("Name"), ["shared"]);
    assert_eq!(city.get("/shared").expect(200).texts("Key"), ["a"]);
}

#[test]
fn read_only_tenant_is_read_and_not_changed() {
    let (server, city, other) = scene();
    let upload = city.request("POST", "/shared/u?uploads").send().expect(200);
    let upload = upload.text("UploadId").expect("an upload");
    set_status(&server, "read-only");
    for account in [&city, &other] {
        assert_eq!(account.get("/shared/a").expect(200).body, b"mine");
        assert_eq!(account.get("/shared").expect(200).texts("Key"), ["a"]);
        for (method, target) in [
            ("PUT", "/shared/a"),
            ("DELETE", "/shared/a"),
            ("PUT", "/shared/a?tagging"),
            ("DELETE", "/shared?tagging"),
            ("POST", "/shared/v?uploads"),
            ("DELETE", "/shared"),
        ] {
            let refused = account.request(method, target).send();
            let refused = refused.refused(403, "AccessDenied");
            let text = refused.text("Message").expect("a text");
            assert!(text.contains("read-only"), "{method} {target}: {text}");
        }
        let part = format!("/shared/u?partNumber=1&uploadId={upload}");
        account.put(&part, "part").refused(403, "AccessDenied");
    }
    city.get("/shared?policy").expect(200);
    let refused = city.delete("/shared?policy").refused(403, "AccessDenied");
    assert!(
        refused
            .text("Message")
            .expect("a text")
            .contains("read-only")
    );
    let document = "<Delete><Object><Key>a</Key></Object></Delete>";
    let deleted = city.request("POST", "/shared?delete").body(document).send();
    assert_eq!(deleted.expect(200).texts("Code"), ["AccessDenied"]);
    set_status(&server, "active");
    city.put("/shared/a", "again").expect(200);
}

#[test]
fn buckets_of_a_bound_tenant_begin_as_they_have_to() {
    let server = TestServer::start();
    let create = [
        "tenant",
        "create",
        "city",
        "--bucket-prefix",
        "kragujevac-",
        "--bucket-prefix",
        "kg-",
        "--registration-number",
        "07184069",
        "--contact",
        "Ana, +381 34 306 100",
    ];
    let told = server.admin(&create).expect("a tenant");
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["registration_number"], "07184069");
    assert_eq!(told["account_id"].as_str().expect("digits").len(), 12);
    let city = server.access_key("city");
    for name in ["kragujevac-records", "kg-1"] {
        city.put(&format!("/{name}"), "").expect(200);
    }
    for name in ["nis-records", "kragujevac"] {
        let refused = city
            .put(&format!("/{name}"), "")
            .refused(403, "AccessDenied");
        let text = refused.text("Message").expect("a text");
        assert!(text.contains("kragujevac-, kg-"), "{text}");
    }
    let by_operator = |name| server.admin(&["bucket", "create", name, "--tenant", "city"]);
    assert!(by_operator("nis-records").is_none() && by_operator("kg-2").is_some());
    let update = [
        "tenant",
        "update",
        "city",
        "--any-bucket-name",
        "--display-name",
        "\u{413}\u{440}\u{430}\u{434}",
    ];
    server.admin(&update).expect("changed");
    city.put("/anything", "").expect(200);
    let listed = city.get("/").expect(200);
    assert_eq!(
        listed.texts("DisplayName"),
        ["\u{413}\u{440}\u{430}\u{434}"],
        "an outdated name"
    );
    for bad in [
        ["--bucket-prefix", "A"],
        ["--status", "off"],
        ["--email", "none"],
    ] {
        let words = [["tenant", "update", "city"].as_slice(), &bad].concat();
        assert!(server.admin(&words).is_none(), "{bad:?}");
    }
    assert!(
        server
            .admin(&["tenant", "update", "nobody", "--contact", "x"])
            .is_none()
    );
}

#[test]
fn last_use_of_a_key_is_told() {
    let server = TestServer::start();
    let city = server.account("city");
    let keys = || {
        let listed = server
            .admin(&["key", "list", "--tenant", "city"])
            .expect("keys");
        serde_json::from_str::<Vec<Value>>(&listed).expect("JSON")
    };
    assert_eq!(keys()[0]["last_used"], Value::Null);
    city.get("/").expect(200);
    assert!(
        keys()[0]["last_used"]
            .as_str()
            .expect("a time")
            .starts_with("20")
    );
    let words = ["key", "create", "--tenant", "city", "--valid-days", "30"];
    let key: Value = serde_json::from_str(&server.admin(&words).expect("a key")).expect("JSON");
    assert!(key["expires"].as_str().expect("a time") > key["created"].as_str().expect("a time"));
}
