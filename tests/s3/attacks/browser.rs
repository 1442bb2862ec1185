//! Rows 43, 44 and 52 to 55: what a browser could be talked into.
//!
//! Not here: forms that are in order but for one thing (`post_forms`).

use super::Scene;
use crate::raw::{Answer, Connection, Request};
use std::fmt::Write as _;

const BOUNDARY: &str = "----form";

fn form(fields: &[(&str, &str)]) -> String {
    let mut form = String::new();
    for (name, value) in fields {
        write!(
            form,
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        )
        .expect("text");
    }
    form + &format!("--{BOUNDARY}--\r\n")
}

fn post(scene: &Scene, target: &str, body: impl Into<Vec<u8>>) -> Request {
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    let post = scene.city.request("POST", target);
    post.header("content-type", &content_type).body(body)
}

/// A refusal without effect; the connection answers again, or the refusal says that it is closed.
#[track_caller]
fn refused_and_alive(scene: &Scene, request: Request) {
    let wire = request.wire();
    let mut connection = Connection::open(scene.city.port);
    connection.write(&wire.head());
    connection.write(&wire.body);
    let answer = connection.answer("POST");
    assert!(matches!(answer.status, 400 | 403 | 405 | 501), "{answer:?}");
    if !answer.closes() {
        connection.write(&scene.city.request("HEAD", "/good-client").wire().head());
        assert_eq!(connection.answer("HEAD").status, 200);
    }
}

/// `MinIO` let a form write into its own bucket (CVE-2023-28434).
#[test]
fn row_43_cve_2023_28434_forms_store_nothing() {
    let scene = Scene::start();
    let fields = "f".repeat(1 << 20);
    let forms = [
        form(&[("key", "object"), ("file", "x")]),
        form(&[
            ("bucket", ".minio.sys"),
            ("key", "config/config.json"),
            ("file", "x"),
        ]),
        form(&[("key", "../good-client/object"), ("file", "x")]),
        form(&[("key", "object")]),
        form(&[("key", "object"), ("file", "x"), ("file", "y")]),
        form(&[
            ("x-ignore-padding", &fields),
            ("key", "object"),
            ("file", "x"),
        ]),
        "no boundary at all".to_owned(),
        String::new(),
    ];
    for body in forms {
        for target in ["/attacked", "/attacked/", "/", "/attacked/object"] {
            refused_and_alive(&scene, post(&scene, target, body.clone()));
            let stranger = post(&scene, target, body.clone()).anonymous();
            refused_and_alive(&scene, stranger);
        }
    }
    scene.is_unharmed();
}

#[test]
fn row_44_form_policies_that_are_none_store_nothing() {
    let scene = Scene::start();
    let conditions = format!(
        "{{\"conditions\":[{}]}}",
        "{\"key\":\"x\"},".repeat(100_000)
    );
    for policy in ["not base64!", "eyJ", "bm90IEpTT04=", "e30=", &conditions] {
        let body = form(&[
            ("key", "object"),
            ("policy", policy),
            ("x-amz-algorithm", "AWS4-HMAC-SHA256"),
            ("x-amz-signature", "00"),
            ("file", "x"),
        ]);
        refused_and_alive(&scene, post(&scene, "/attacked", body).anonymous());
    }
    scene.is_unharmed();
}

/// A line break of a client's ends no header of an answer (CVE-2020-10753, Ceph).
#[test]
fn row_52_cve_2020_10753_line_breaks_never_reach_an_answers_head() {
    let scene = Scene::start();
    let body = b"body".as_slice();
    scene.city.put("/attacked/object", body).expect(200);
    let injected = "x%0D%0ASet-Cookie%3A%20mallory%3D1";
    for parameter in [
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type",
        "response-expires",
    ] {
        for value in [injected, "x%0Ay", "x%0Dy", "x%00y", "x%7Fy", "%1B%5B31m"] {
            let target = format!("/attacked/object?{parameter}={value}");
            for request in [
                scene.city.request("GET", &target),
                scene.city.request("GET", &target).presigned(),
            ] {
                let answer = request.send().refused(400, "InvalidArgument");
                assert_eq!(answer.header("set-cookie"), None);
            }
        }
    }
    // In names that answers echo.
    let target = format!("/attacked?list-type=2&prefix={injected}");
    let listed = scene.city.get(&target).expect(200);
    assert_eq!(listed.header("set-cookie"), None);
    let missing = scene
        .city
        .get(&format!("/attacked/{}", "x%0D%0ASet-Cookie%3A%20a"));
    let missing = missing.refused(404, "NoSuchKey");
    assert_eq!(missing.header("set-cookie"), None);
    let vertical = scene.put().header("x-amz-meta-a", "b\u{b}c");
    let (status, _) = vertical.send().outcome();
    assert_eq!(status, 400);
    scene.holds(&[("object", body)]);
}

/// A link of a stranger's chooses no header of an answer.
#[test]
fn row_53_response_parameters_of_anonymous_requests_are_refused() {
    let scene = Scene::start();
    scene.city.put("/attacked/object", "body").expect(200);
    let target = "/attacked/object?response-content-type=text%2Fhtml";
    let answer = scene.city.request("GET", target).anonymous().send();
    let (status, code) = answer.outcome();
    // There are no public buckets yet: the stranger is denied before the parameter is looked at.
    assert_eq!((status, &*code), (403, "AccessDenied"));
    assert_eq!(answer.header("content-type"), Some("application/xml"));
    // Unsigned parameters of a signed request are not taken either.
    let mut wire = scene.city.request("GET", "/attacked/object").wire();
    wire.target.push_str("?response-content-type=text%2Fhtml");
    scene.refused_wire(&wire, 403, "SignatureDoesNotMatch");
    let mut wire = scene
        .city
        .request("GET", "/attacked/object")
        .presigned()
        .wire();
    wire.target.push_str("&response-content-type=text%2Fhtml");
    scene.refused_wire(&wire, 403, "SignatureDoesNotMatch");
    scene.holds(&[("object", b"body")]);
}

/// `RustFS` served uploaded pages on the console's origin (CVE-2026-27822).
#[test]
fn row_54_cve_2026_27822_uploaded_pages_are_sandboxed() {
    let scene = Scene::start();
    let page = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".as_slice();
    for content_type in [
        "text/html",
        "image/svg+xml",
        "application/xhtml+xml",
        "text/xml",
    ] {
        let put = scene.city.request("PUT", "/attacked/page").body(page);
        put.header("content-type", content_type).send().expect(200);
        for answer in [
            scene.city.get("/attacked/page").expect(200),
            scene
                .city
                .request("GET", "/attacked/page")
                .presigned()
                .send()
                .expect(200),
            scene.city.head("/attacked/page").expect(200),
        ] {
            assert_eq!(answer.header("content-type"), Some(content_type));
            is_sandboxed(&answer);
        }
        let html = "/attacked/page?response-content-type=text%2Fhtml";
        is_sandboxed(&scene.city.get(html).expect(200));
    }
    // An error echoes names: it is XML, escaped, and not sniffed.
    let missing = scene
        .city
        .get("/attacked/%3Cscript%3Ealert%281%29%3C/script%3E");
    let missing = missing.refused(404, "NoSuchKey");
    assert!(!missing.body_text().contains("<script>"));
    assert_eq!(missing.header("x-content-type-options"), Some("nosniff"));
    scene.holds(&[("page", page)]);
}

#[track_caller]
fn is_sandboxed(answer: &Answer) {
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let policy = answer.header("content-security-policy").unwrap_or_default();
    assert!(
        policy
            .split(';')
            .any(|directive| directive.trim() == "sandbox"),
        "{policy}"
    );
}

#[test]
fn row_54_website_redirect_to_a_script_is_refused() {
    let scene = Scene::start();
    for location in [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "\\\\evil",
        "x",
    ] {
        let put = scene
            .put()
            .header("x-amz-website-redirect-location", location);
        scene.refused(put, 400, "InvalidRedirectLocation");
    }
    scene.is_unharmed();
}

/// Pages of other origins are allowed nothing, whoever their visitor is (CVE-2026-46685).
#[test]
fn row_55_cve_2026_46685_no_origin_is_reflected() {
    let scene = Scene::start();
    scene.city.put("/attacked/object", "body").expect(200);
    for origin in ["https://evil.example", "null", "http://127.0.0.1", "*"] {
        for target in [
            "/",
            "/attacked",
            "/attacked/object",
            "/no-such-bucket/object",
        ] {
            for method in ["GET", "PUT", "DELETE"] {
                let preflight = scene.city.request("OPTIONS", target).anonymous();
                let preflight = preflight.header("origin", origin);
                let preflight = preflight.header("access-control-request-method", method);
                let headers = "authorization,x-amz-date";
                let preflight = preflight.header("access-control-request-headers", headers);
                let answer = preflight.send();
                assert!(
                    matches!(answer.status, 400 | 403 | 404 | 405 | 501),
                    "{answer:?}"
                );
                has_no_cors(&answer);
            }
        }
        let get = scene.city.request("GET", "/attacked/object");
        let get = get.unsigned_header("origin", origin);
        let get = get.unsigned_header("cookie", "session=1");
        has_no_cors(&get.send().expect(200));
        let stranger = scene.city.request("GET", "/attacked/object").anonymous();
        has_no_cors(&stranger.header("origin", origin).send().expect(403));
    }
    scene.holds(&[("object", b"body")]);
}

#[track_caller]
fn has_no_cors(answer: &Answer) {
    let is_cors = |(name, _): &&(String, String)| name.starts_with("access-control-");
    assert_eq!(answer.headers.iter().find(is_cors), None);
}
