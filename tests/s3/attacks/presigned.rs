//! Rows 3, 5 to 9, 12, 13 and 16: presigned URLs, wrong and stretched.

use super::Scene;
use crate::raw::{Request, Signing, Wire};

fn presigned_put(scene: &Scene) -> Request {
    scene.put().presigned()
}

/// Replaces a part of the target after it was signed.
fn with_target(wire: &Wire, from: &str, to: &str) -> Wire {
    let mut changed = wire.clone();
    changed.target = wire.target.replace(from, to);
    assert_ne!(changed.target, wire.target, "nothing was changed");
    changed
}

#[test]
fn row_01_presigned_with_any_changed_byte_is_denied() {
    let scene = Scene::start();
    let signed = presigned_put(&scene).wire();
    for (from, to) in [
        ("/object?", "/objecu?"),
        ("X-Amz-Expires=300", "X-Amz-Expires=301"),
        (
            "&X-Amz-SignedHeaders=",
            "&partNumber=1&X-Amz-SignedHeaders=",
        ),
        ("X-Amz-Signature=", "X-Amz-Signature=0"),
    ] {
        scene.refused_wire(
            &with_target(&signed, from, to),
            403,
            "SignatureDoesNotMatch",
        );
    }
    for method in ["GET", "DELETE", "POST"] {
        let mut changed = signed.clone();
        changed.method = method.to_owned();
        scene.refused_wire(&changed, 403, "SignatureDoesNotMatch");
    }
    scene.is_unharmed();
}

#[test]
fn row_03_presigned_that_begins_in_the_future_is_denied() {
    let scene = Scene::start();
    let early = presigned_put(&scene).aged(-16 * 60);
    scene.refused(early, 403, "RequestTimeTooSkewed");
    scene.is_unharmed();
}

#[test]
fn row_05_expired_presigned_is_denied() {
    let scene = Scene::start();
    for (life, age) in [(1, 60), (300, 301), (604_800, 604_801)] {
        let old = scene.put().signing(Signing::Presigned(life)).aged(age);
        let answer = old.send().refused(403, "AccessDenied");
        assert_eq!(
            answer.text("Message").as_deref(),
            Some("Request has expired")
        );
        assert_eq!(answer.text("X-Amz-Expires"), Some(life.to_string()));
        assert!(answer.text("Expires").is_some() && answer.text("ServerTime").is_some());
    }
    scene.is_unharmed();
}

#[test]
fn row_06_presigned_with_an_impossible_life_is_refused() {
    let scene = Scene::start();
    let zero = scene.put().signing(Signing::Presigned(0));
    scene.refused(zero, 403, "AccessDenied");
    for life in [-1, 604_801, i64::MAX] {
        let wrong = scene.put().signing(Signing::Presigned(life));
        scene.refused(wrong, 400, "AuthorizationQueryParametersError");
    }
    let signed = presigned_put(&scene).wire();
    for life in [
        "abc",
        "18446744073709551616",
        "",
        "%2B300",
        "3e2",
        "0x12c",
        "300%20",
    ] {
        let to = format!("X-Amz-Expires={life}");
        let changed = with_target(&signed, "X-Amz-Expires=300", &to);
        scene.refused_wire(&changed, 400, "AuthorizationQueryParametersError");
    }
    scene.is_unharmed();
}

#[test]
fn row_07_presigned_with_a_missing_or_repeated_parameter_is_refused() {
    let scene = Scene::start();
    let signed = presigned_put(&scene).wire();
    let (path, query) = signed.target.split_once('?').expect("a query");
    let pairs: Vec<&str> = query.split('&').collect();
    for (index, pair) in pairs.iter().enumerate() {
        let mut without = pairs.clone();
        without.remove(index);
        let mut twice = pairs.clone();
        twice.push(pair);
        let lower = pair.to_lowercase();
        let mut misspelt = pairs.clone();
        misspelt[index] = &lower;
        for pairs in [without, twice, misspelt] {
            let mut changed = signed.clone();
            changed.target = format!("{path}?{}", pairs.join("&"));
            scene.refused_wire(&changed, 400, "AuthorizationQueryParametersError");
        }
    }
    let date = with_target(&signed, "X-Amz-Date=", "X-Amz-Date=x");
    scene.refused_wire(&date, 400, "AuthorizationQueryParametersError");
    scene.is_unharmed();
}

/// `MinIO` authorized by the one and verified the other (CVE-2026-41145).
#[test]
fn row_08_cve_2026_41145_header_and_query_authentication_together_are_refused() {
    let scene = Scene::start();
    let by_header = scene.put().wire();
    let by_query = presigned_put(&scene).wire();
    let mut both = by_query;
    both.set("authorization", by_header.value("authorization"));
    scene.refused_wire(&both, 400, "InvalidArgument");
    let mut both = by_header.clone();
    both.target.push_str("?X-Amz-Credential=x");
    scene.refused_wire(&both, 400, "InvalidArgument");
    let mut both = by_header.clone();
    both.target
        .push_str("?AWSAccessKeyId=x&Signature=y&Expires=9");
    scene.refused_wire(&both, 400, "InvalidArgument");
    scene.is_unharmed();
}

/// Four servers let the holder of a URL for one write copy any object that the URL's signer could
/// read.
#[test]
fn row_09_cve_2026_54330_presigned_put_with_unsigned_copy_source_is_denied() {
    let scene = Scene::start();
    scene.city.put("/attacked/secret", "secret").expect(200);
    let held = [("secret", b"secret".as_slice())];
    for source in [
        "/attacked/secret",
        "attacked/secret",
        "%2Fattacked%2Fsecret",
    ] {
        let put = scene.city.request("PUT", "/attacked/object").presigned();
        let put = put.unsigned_header("x-amz-copy-source", source);
        let answer = put.send().refused(403, "AccessDenied");
        let named = answer.text("HeadersNotSigned");
        assert_eq!(named.as_deref(), Some("x-amz-copy-source"));
    }
    for (name, value) in [
        ("x-amz-acl", "public-read"),
        ("x-amz-grant-full-control", "id=1"),
        ("x-amz-meta-owner", "mallory"),
        ("x-amz-metadata-directive", "REPLACE"),
        ("x-amz-object-lock-mode", "COMPLIANCE"),
        ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
        ("x-amz-storage-class", "STANDARD"),
        ("x-amz-tagging", "a=b"),
        ("x-amz-website-redirect-location", "/"),
        ("x-amz-write-offset-bytes", "0"),
    ] {
        let put = presigned_put(&scene).unsigned_header(name, value);
        scene.refused(put, 403, "AccessDenied");
    }
    scene.holds(&held);
}

#[test]
fn row_12_presigned_header_that_came_as_a_query_parameter_is_denied() {
    let scene = Scene::start();
    let target = "/attacked/object?x-amz-meta-role=admin";
    let put = scene.city.request("PUT", target).body("body").presigned();
    let mut moved = put.header("x-amz-meta-role", "admin").wire();
    moved.remove("x-amz-meta-role");
    scene.refused_wire(&moved, 403, "SignatureDoesNotMatch");
    scene.is_unharmed();
}

#[test]
fn row_13_presigned_with_a_foreign_credential_scope_is_refused() {
    let scene = Scene::start();
    let signed = presigned_put(&scene).wire();
    for (from, to) in [
        ("%2Fus-east-1%2F", "%2Feu-central-1%2F"),
        ("%2Fs3%2F", "%2Fsts%2F"),
        ("%2Faws4_request", "%2Faws5_request"),
        ("%2Faws4_request", ""),
        (
            "X-Amz-SignedHeaders=host",
            "X-Amz-SignedHeaders=host%3Bhost",
        ),
    ] {
        let changed = with_target(&signed, from, to);
        scene.refused_wire(&changed, 400, "AuthorizationQueryParametersError");
    }
    let old = presigned_put(&scene).aged(86_400);
    scene.refused(old, 403, "AccessDenied");
    scene.is_unharmed();
}

#[test]
fn row_14_presigned_with_another_algorithm_is_refused() {
    let scene = Scene::start();
    let signed = presigned_put(&scene).wire();
    for algorithm in ["AWS4-ECDSA-P256-SHA256", "aws4-hmac-sha256", "none", ""] {
        let to = format!("X-Amz-Algorithm={algorithm}");
        let changed = with_target(&signed, "X-Amz-Algorithm=AWS4-HMAC-SHA256", &to);
        scene.refused_wire(&changed, 400, "AuthorizationQueryParametersError");
    }
    scene.is_unharmed();
}

/// A credential that only the query names authenticates nothing (CVE-2026-41145).
#[test]
fn row_16_cve_2026_41145_streaming_body_with_a_credential_but_no_signature_is_refused() {
    let scene = Scene::start();
    let id = &scene.city.access_key_id;
    let body = "4\r\nbody\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
    let unsigned = |target: &str| {
        scene
            .city
            .request("PUT", target)
            .anonymous()
            .header("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
            .header("x-amz-decoded-content-length", "4")
            .header("x-amz-trailer", "x-amz-checksum-crc32")
            .body(body)
    };
    let scope = format!("{id}%2F20261123%2Fus-east-1%2Fs3%2Faws4_request");
    let target = format!("/attacked/object?X-Amz-Credential={scope}");
    scene.refused(unsigned(&target), 400, "AuthorizationQueryParametersError");
    let target = format!("/attacked/object?x-amz-credential={scope}");
    scene.refused(unsigned(&target), 400, "AuthorizationQueryParametersError");
    let answer = unsigned("/attacked/object").send();
    answer.refused(403, "AccessDenied");
    scene.is_unharmed();
}
