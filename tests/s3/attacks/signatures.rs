//! Rows 1 to 4, 10 to 14 and 27: requests that are signed in a header, wrongly.

use super::Scene;
use crate::raw::{Account, Wire, amz_date, sha256_hex};

/// Replaces a part of the `Authorization` header.
fn with_authorization(wire: &Wire, from: &str, to: &str) -> Wire {
    let mut changed = wire.clone();
    let value = wire.value("authorization").replace(from, to);
    assert_ne!(value, wire.value("authorization"), "nothing was changed");
    changed.set("authorization", &value);
    changed
}

#[test]
fn row_01_wrong_secret_is_denied() {
    let scene = Scene::start();
    let mut thief = scene.city.clone();
    thief.secret.replace_range(..1, "_");
    for method in ["GET", "HEAD", "PUT", "DELETE"] {
        for target in [
            "/",
            "/attacked",
            "/attacked/object",
            "/no-such-bucket/object",
        ] {
            let answer = thief.request(method, target).send();
            let code = if method == "HEAD" {
                ""
            } else {
                "SignatureDoesNotMatch"
            };
            assert_eq!(
                answer.outcome(),
                (403, code.to_owned()),
                "{method} {target}"
            );
        }
    }
    scene.is_unharmed();
}

/// Every signed byte counts: the path's, the query's, the headers', the signature's.
#[test]
fn row_01_any_changed_byte_is_denied() {
    let scene = Scene::start();
    let put = scene.city.request("PUT", "/attacked/object?x-id=PutObject");
    let put = put.header("x-amz-meta-office", "North").body("body");
    let signed = put.header("content-type", "text/plain").wire();
    for (from, to) in [
        ("/object", "/objecu"),
        ("/attacked/", "/attacked//"),
        ("?x-id=PutObject", "?x-id=PutObjecu"),
        ("?x-id=PutObject", "?x-id=PutObject&a=b"),
        ("?x-id=PutObject", ""),
    ] {
        let mut changed = signed.clone();
        changed.target = signed.target.replace(from, to);
        scene.refused_wire(&changed, 403, "SignatureDoesNotMatch");
    }
    for (name, value) in [
        ("x-amz-meta-office", "north"),
        ("content-type", "text/plaim"),
        ("host", "localhost"),
        ("x-amz-content-sha256", &sha256_hex(b"")),
        ("x-amz-date", &amz_date(1)),
    ] {
        let mut changed = signed.clone();
        changed.set(name, value);
        scene.refused_wire(&changed, 403, "SignatureDoesNotMatch");
    }
    let mut changed = signed.clone();
    changed.method = "POST".to_owned();
    scene.refused_wire(&changed, 403, "SignatureDoesNotMatch");
    let signature = signed.value("authorization").rsplit('=').next();
    let signature = signature.expect("a signature").to_owned();
    for forged in [
        "",
        "00",
        &signature.to_uppercase(),
        &"0".repeat(64),
        &signature[..63],
    ] {
        let changed = with_authorization(&signed, &signature, forged);
        scene.refused_wire(&changed, 403, "SignatureDoesNotMatch");
    }
    scene.is_unharmed();
    signed.send(scene.city.port).expect(200);
}

#[test]
fn row_02_unknown_access_key_is_denied() {
    let scene = Scene::start();
    let stranger = Account {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        ..scene.city.clone()
    };
    for method in ["GET", "PUT", "DELETE"] {
        let answer = stranger.request(method, "/attacked/object").send();
        let answer = answer.refused(403, "InvalidAccessKeyId");
        let named = answer.text("AWSAccessKeyId");
        assert_eq!(named, Some(stranger.access_key_id.clone()));
    }
    scene.is_unharmed();
}

/// A key that an operator has switched off works no more; its owner learns no other reason than
/// that it does not exist.
#[test]
fn row_02_disabled_access_key_is_denied() {
    let scene = Scene::start();
    let credential = scene.server.admin(&["key", "create", "--tenant", "city"]);
    let credential: serde_json::Value =
        serde_json::from_str(&credential.expect("a key")).expect("JSON");
    let text = |field: &str| credential[field].as_str().expect("text").to_owned();
    let second = Account {
        port: scene.city.port,
        access_key_id: text("access_key_id"),
        secret: text("secret_access_key"),
        token: None,
    };
    second.get("/attacked").expect(200);
    let disabled = scene
        .server
        .admin(&["key", "disable", &second.access_key_id]);
    disabled.expect("it is disabled");
    second
        .put("/attacked/object", "x")
        .refused(403, "InvalidAccessKeyId");
    scene.is_unharmed();
}

/// s3s had no such limit for headers and forms until its pull request 616.
#[test]
fn row_03_s3s_616_date_off_by_more_than_15_minutes_is_denied() {
    let scene = Scene::start();
    for age in [16 * 60, -16 * 60, 86_400, -86_400, 20 * 365 * 86_400] {
        scene.refused(scene.put().aged(age), 403, "RequestTimeTooSkewed");
    }
    scene.is_unharmed();
    for age in [14 * 60, -14 * 60] {
        scene.put().aged(age).send().expect(200);
    }
}

#[test]
fn row_04_request_without_a_date_is_denied() {
    let scene = Scene::start();
    let mut undated = scene.put().wire();
    undated.remove("x-amz-date");
    scene.refused_wire(&undated, 403, "AccessDenied");
    for date in [
        "",
        "yesterday",
        "20261123",
        "2026-11-23T10:15:00Z",
        "99999999T999999Z",
    ] {
        let mut undated = scene.put().wire();
        undated.set("x-amz-date", date);
        scene.refused_wire(&undated, 403, "AccessDenied");
        undated.remove("x-amz-date");
        undated.set("date", date);
        scene.refused_wire(&undated, 403, "AccessDenied");
    }
    scene.is_unharmed();
}

/// `MinIO` took unsigned headers of a signed request at their word (GHSA-xm99), `SeaweedFS` some of
/// them (9121).
#[test]
fn row_10_ghsa_xm99_put_with_an_unsigned_amz_header_is_denied() {
    let scene = Scene::start();
    for (name, value) in [
        ("x-amz-acl", "public-read"),
        ("x-amz-bypass-governance-retention", "true"),
        ("x-amz-checksum-crc32", "AAAAAA=="),
        ("x-amz-copy-source", "/attacked/other"),
        ("x-amz-expected-bucket-owner", "111122223333"),
        ("x-amz-grant-read", "id=1"),
        ("x-amz-meta-owner", "mallory"),
        ("x-amz-object-lock-legal-hold", "ON"),
        ("x-amz-object-lock-mode", "COMPLIANCE"),
        (
            "x-amz-object-lock-retain-until-date",
            "2140-01-01T00:00:00Z",
        ),
        ("x-amz-sdk-checksum-algorithm", "CRC32"),
        ("x-amz-security-token-2", "t"),
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-storage-class", "GLACIER"),
        ("x-amz-tagging", "owner=mallory"),
        ("x-amz-trailer", "x-amz-checksum-crc32"),
        ("x-amz-website-redirect-location", "https://evil.example/"),
    ] {
        let request = scene.put().unsigned_header(name, value);
        let answer = request.send().refused(403, "AccessDenied");
        assert_eq!(answer.text("HeadersNotSigned").as_deref(), Some(name));
        let upper = scene.put().unsigned_header(&name.to_uppercase(), value);
        scene.refused(upper, 403, "AccessDenied");
    }
    scene.is_unharmed();
}

#[test]
fn row_11_signature_that_leaves_out_the_host_is_denied() {
    let scene = Scene::start();
    let without = with_authorization(&scene.put().wire(), "SignedHeaders=host;", "SignedHeaders=");
    scene.refused_wire(&without, 403, "AccessDenied");
    let empty = with_authorization(
        &scene.put().wire(),
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date",
        "SignedHeaders=",
    );
    scene.refused_wire(&empty, 403, "AccessDenied");
    scene.is_unharmed();
}

/// `MinIO` looks for a signed header among the query parameters when it is not a header.
#[test]
fn row_12_signed_header_that_came_as_a_query_parameter_is_denied() {
    let scene = Scene::start();
    let signed = scene.put().header("x-amz-meta-role", "admin").wire();
    let mut moved = signed;
    moved.remove("x-amz-meta-role");
    scene.refused_wire(&moved, 403, "SignatureDoesNotMatch");
    // The query is signed as well, so that nothing but the header's place is wrong.
    let target = "/attacked/object?x-amz-meta-role=admin";
    let mut moved = scene.city.request("PUT", target);
    moved = moved.header("x-amz-meta-role", "admin").body("body");
    let mut moved = moved.wire();
    moved.remove("x-amz-meta-role");
    scene.refused_wire(&moved, 403, "SignatureDoesNotMatch");
    scene.is_unharmed();
}

/// `SeaweedFS` chose the service by what the signature named (CVE-2026-55873).
#[test]
fn row_13_cve_2026_55873_foreign_credential_scope_is_refused() {
    let scene = Scene::start();
    let signed = scene.put().wire();
    let today = amz_date(0)[..8].to_owned();
    let yesterday = amz_date(86_400)[..8].to_owned();
    for (from, to) in [
        ("/us-east-1/", "/eu-central-1/"),
        ("/us-east-1/", "//"),
        ("/s3/", "/sts/"),
        ("/s3/", "/iam/"),
        ("/s3/", "/S3/"),
        ("/aws4_request", "/aws5_request"),
        ("/aws4_request", ""),
        ("/aws4_request", "/aws4_request/more"),
        (&format!("/{today}/"), &format!("/{yesterday}/")),
        (&format!("/{today}/"), "/"),
    ] {
        let changed = with_authorization(&signed, from, to);
        scene.refused_wire(&changed, 400, "AuthorizationHeaderMalformed");
    }
    let region = with_authorization(&signed, "/us-east-1/", "/eu-central-1/");
    let answer = region.send(scene.city.port);
    assert_eq!(answer.text("Region").as_deref(), Some("us-east-1"));
    scene.is_unharmed();
}

#[test]
fn row_13_malformed_authorization_is_refused() {
    let scene = Scene::start();
    let signed = scene.put().wire();
    for (from, to) in [
        ("Credential=", "Credentials="),
        ("SignedHeaders=", "signedheaders="),
        (", Signature=", ""),
        (", Signature=", ", Signature=00, Signature="),
        ("SignedHeaders=host;", "SignedHeaders=host;host;"),
        ("SignedHeaders=host;", "SignedHeaders=HOST;"),
        (
            "x-amz-content-sha256;x-amz-date",
            "x-amz-date;x-amz-content-sha256",
        ),
        ("SignedHeaders=host", "SignedHeaders=host;;"),
    ] {
        let changed = with_authorization(&signed, from, to);
        scene.refused_wire(&changed, 400, "AuthorizationHeaderMalformed");
    }
    scene.is_unharmed();
}

#[test]
fn row_14_other_algorithms_are_refused() {
    let scene = Scene::start();
    let id = &scene.city.access_key_id;
    for (value, code) in [
        (
            format!("AWS {id}:frJIUN8DYpKDtOLCwo//yllqDzg="),
            "InvalidRequest",
        ),
        (
            "Bearer eyJhbGciOiJub25lIn0.e30.".to_owned(),
            "InvalidArgument",
        ),
        ("Basic Y2l0eTpzZWNyZXQ=".to_owned(), "InvalidArgument"),
        (String::new(), "InvalidArgument"),
        (
            "AWS4-HMAC-SHA512 Credential=x".to_owned(),
            "InvalidArgument",
        ),
        (
            "aws4-hmac-sha256 Credential=x".to_owned(),
            "InvalidArgument",
        ),
    ] {
        let mut wire = scene.put().wire();
        wire.set("authorization", &value);
        scene.refused_wire(&wire, 400, code);
    }
    for (from, to) in [
        ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
        ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"),
    ] {
        let changed = with_authorization(&scene.put().wire(), from, to);
        scene.refused_wire(&changed, 400, "InvalidArgument");
    }
    // SigV2 in the query.
    let target = format!("/attacked/object?AWSAccessKeyId={id}&Expires=9999999999&Signature=x");
    let second = scene.city.request("PUT", &target).anonymous();
    scene.refused(second, 400, "InvalidRequest");
    scene.is_unharmed();
}

/// What two readers of a request could read differently is not read at all.
#[test]
fn row_27_repeated_headers_are_refused() {
    let scene = Scene::start();
    for name in ["authorization", "x-amz-date", "x-amz-content-sha256"] {
        let mut wire = scene.put().wire();
        let value = wire.value(name).to_owned();
        wire.headers.push((name.to_owned(), value));
        scene.refused_wire(&wire, 400, "InvalidRequest");
        let mut first = scene.put().wire();
        first
            .headers
            .insert(1, (name.to_owned(), "something else".to_owned()));
        scene.refused_wire(&first, 400, "InvalidRequest");
    }
    let twice = scene.city.request("PUT", "/attacked/object");
    let twice = twice.header("x-amz-copy-source", "/attacked/a");
    let twice = twice.header("x-amz-copy-source", "/attacked/b");
    scene.refused(twice, 400, "InvalidRequest");
    scene.is_unharmed();
}
