//! CORS: rules, preflights, headers on answers (s3-behaviour.md 109, 110; attacks.md 52, 55).

use crate::raw::{Account, Answer};
use crate::server::TestServer;

const RULES: &str = "<CORSConfiguration>\
    <CORSRule><AllowedOrigin>https://*.gov.rs</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>\
    <AllowedMethod>GET</AllowedMethod><AllowedHeader>x-amz-*</AllowedHeader>\
    <ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>600</MaxAgeSeconds></CORSRule>\
    <CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>\
    </CORSConfiguration>";

fn with_rules() -> (TestServer, Account) {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/pages", "").expect(200);
    city.put("/pages/a", "body").expect(200);
    city.put("/pages?cors", RULES).expect(200);
    (server, city)
}

fn preflight(city: &Account, target: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = city.request("OPTIONS", target).anonymous();
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.send()
}

const METHOD: &str = "access-control-request-method";
const HEADERS: &str = "access-control-request-headers";

#[test]
fn point_110_rules_are_stored_and_told_and_taken_away() {
    let (mut server, city) = with_rules();
    server.restart();
    assert!(
        city.get("/pages?cors")
            .expect(200)
            .body_text()
            .contains("https://*.gov.rs")
    );
    server
        .account("stranger")
        .get("/pages?cors")
        .refused(403, "AccessDenied");
    for (bad, code) in [
        (RULES.replace("PUT", "PATCH"), "InvalidRequest"),
        (RULES.replace("https://*.gov.rs", "*.*"), "InvalidRequest"),
        (
            RULES.replace("ETag", "a&#13;&#10;set-cookie: b"),
            "InvalidRequest",
        ),
        (RULES.replace("CORSRule", "Rule"), "MalformedXML"),
        ("<CORSConfiguration/>".to_owned(), "MalformedXML"),
    ] {
        city.put("/pages?cors", bad).refused(400, code);
    }
    assert!(
        city.get("/pages?cors")
            .expect(200)
            .body_text()
            .contains("<ExposeHeader>ETag<")
    );
    for _ in 0..2 {
        city.delete("/pages?cors").expect(204);
    }
    city.get("/pages?cors")
        .refused(404, "NoSuchCORSConfiguration");
    let asked = [("origin", "https://a.gov.rs"), (METHOD, "GET")];
    preflight(&city, "/pages/a", &asked).refused(403, "AccessForbidden");
}

#[test]
fn point_110_preflight_is_answered_by_the_first_rule_that_matches() {
    let (_server, city) = with_rules();
    let origin = "https://kragujevac.gov.rs";
    for target in ["/pages/a", "/pages/none", "/pages?uploads"] {
        let asked = [
            ("origin", origin),
            (METHOD, "PUT"),
            (HEADERS, "X-Amz-Date, x-amz-acl"),
        ];
        let answer = preflight(&city, target, &asked).expect(200);
        for (name, value) in [
            ("access-control-allow-origin", origin),
            ("access-control-allow-methods", "PUT, GET"),
            ("access-control-allow-headers", "X-Amz-Date, x-amz-acl"),
            ("access-control-expose-headers", "ETag"),
            ("access-control-max-age", "600"),
            ("access-control-allow-credentials", "true"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{target} {name}");
        }
        assert!(
            answer
                .header("vary")
                .is_some_and(|vary| vary.contains("Origin"))
        );
    }
    let asked = [("origin", "https://other.example"), (METHOD, "GET")];
    let answer = preflight(&city, "/pages/a", &asked).expect(200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    for asked in [
        [("origin", "https://other.example"), (METHOD, "PUT")],
        [("origin", origin), (METHOD, "DELETE")],
        [("origin", "https://gov.rs.evil.example"), (METHOD, "PUT")],
    ] {
        let refused = preflight(&city, "/pages/a", &asked);
        assert_eq!(refused.header("access-control-allow-origin"), None);
        refused.refused(403, "AccessForbidden");
    }
    let asked = [
        ("origin", origin),
        (METHOD, "PUT"),
        (HEADERS, "authorization"),
    ];
    preflight(&city, "/pages/a", &asked).refused(403, "AccessForbidden");
    for missing in [[("origin", origin)], [(METHOD, "PUT")]] {
        preflight(&city, "/pages/a", &missing).refused(400, "BadRequest");
    }
    let asked = [("origin", origin), (METHOD, "GET")];
    preflight(&city, "/no-such-bucket/a", &asked).refused(403, "AccessForbidden");
}

#[test]
fn point_109_answers_carry_the_headers_also_when_they_refuse() {
    let (_server, city) = with_rules();
    let origin = "https://nis.gov.rs";
    let told = |answer: &Answer| {
        answer
            .header("access-control-allow-origin")
            .map(str::to_owned)
    };
    let get = |target: &str, origin: &str| {
        let get = city.request("GET", target);
        get.unsigned_header("origin", origin).send()
    };
    let read = get("/pages/a", origin).expect(200);
    assert_eq!(
        (told(&read).as_deref(), read.body.as_slice()),
        (Some(origin), &b"body"[..])
    );
    assert_eq!(read.header("access-control-expose-headers"), Some("ETag"));
    assert_eq!(
        told(&get("/pages/none", origin).expect(404)).as_deref(),
        Some(origin)
    );
    let denied = city.request("GET", "/pages/a").anonymous();
    let denied = denied.header("origin", origin).send().expect(403);
    assert_eq!(told(&denied).as_deref(), Some(origin));
    assert_eq!(
        told(&get("/pages/a", "https://x.example").expect(200)).as_deref(),
        Some("*")
    );
    let delete = city.request("DELETE", "/pages/none");
    let delete = delete.unsigned_header("origin", origin).send().expect(204);
    assert_eq!(
        told(&delete),
        None,
        "no rule allows it, and it is done all the same"
    );
    let asked = city
        .request("DELETE", "/pages/none")
        .unsigned_header("origin", origin);
    let asked = asked.unsigned_header(METHOD, "PUT").send().expect(204);
    assert_eq!(
        told(&asked).as_deref(),
        Some(origin),
        "the method that is asked about counts"
    );
    assert_eq!(told(&city.get("/pages/a").expect(200)), None);
}
