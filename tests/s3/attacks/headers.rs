//! Rows 17, 51 and 56: headers that are too long, that other servers use internally, or that ask
//! for what is not there.

use super::Scene;
use crate::raw::{Connection, Request};
use std::fmt::Write as _;

/// `MinIO` unpacked an archive into any key that it named, with the checks of the upload's own
/// (CVE-2026-40344).
#[test]
fn row_17_cve_2026_40344_archive_to_unpack_is_refused() {
    let scene = Scene::start();
    for (name, value) in [
        ("x-amz-meta-snowball-auto-extract", "true"),
        ("X-Amz-Meta-Snowball-Auto-Extract", "TRUE"),
        ("x-minio-extract", "true"),
    ] {
        let put = scene.put().header(name, value);
        if name.starts_with("x-minio") {
            // Not a header of S3's: it means nothing, and the body is stored as it came.
            put.send().expect(200);
            scene.city.delete("/attacked/object").expect(204);
        } else {
            scene.refused(put, 501, "NotImplemented");
        }
    }
    scene.is_unharmed();
}

#[test]
fn row_51_user_metadata_over_2_kib_is_refused() {
    let scene = Scene::start();
    let one = scene.put().header("x-amz-meta-a", &"v".repeat(2048));
    scene.refused(one, 400, "MetadataTooLarge");
    let mut many = scene.put();
    for index in 0..30 {
        many = many.header(&format!("x-amz-meta-{index:02}"), &"v".repeat(100));
    }
    scene.refused(many, 400, "MetadataTooLarge");
    let upload = scene.city.request("POST", "/attacked/object?uploads");
    let upload = upload.header("x-amz-meta-a", &"v".repeat(2048));
    scene.refused(upload, 400, "MetadataTooLarge");
    scene.is_unharmed();
    scene.city.put("/attacked/source", "here").expect(200);
    let copy = |target: &str, len: usize| {
        let copy = scene.city.request("PUT", target);
        let copy = copy.header("x-amz-copy-source", "attacked/source");
        let copy = copy.header("x-amz-metadata-directive", "REPLACE");
        copy.header("x-amz-meta-a", &"v".repeat(len))
    };
    for target in ["/attacked/object", "/attacked/source"] {
        scene.refused(copy(target, 2048), 400, "MetadataTooLarge");
    }
    scene.holds(&[("source", b"here")]);
    let source = scene.city.head("/attacked/source").expect(200);
    assert_eq!(source.header("x-amz-meta-a"), None);
    copy("/attacked/source", 2047).send().expect(200);
    scene.city.delete("/attacked/source").expect(204);
    let fits = scene.put().header("x-amz-meta-a", &"v".repeat(2047));
    fits.send().expect(200);
}

#[test]
fn row_51_header_block_over_16_kib_is_refused() {
    let scene = Scene::start();
    let mut big = scene.put();
    for index in 0..10 {
        big = big.unsigned_header(&format!("x-{index}"), &"v".repeat(2000));
    }
    scene.refused(big, 400, "RequestHeaderSectionTooLarge");
    // What the HTTP layer refuses itself, and closes.
    let long = "v".repeat(1 << 20);
    let mut many = String::new();
    for index in 0..20_000 {
        write!(many, "x-{index}: v\r\n").expect("text");
    }
    for lines in [
        format!("x-long: {long}\r\n"),
        format!("{long}: x\r\n"),
        many,
    ] {
        let head = scene.put().wire().head();
        let head = head.strip_suffix(b"\r\n").expect("a blank line").to_vec();
        let mut connection = Connection::open(scene.city.port);
        connection.write(&[&head[..], lines.as_bytes(), b"\r\n"].concat());
        if let Some(answer) = connection.try_answer("PUT") {
            assert!(
                matches!(answer.status, 400 | 413 | 431),
                "{}",
                answer.status
            );
        }
        assert!(connection.is_closed(), "the connection stayed open");
    }
    // A target without end.
    let mut connection = Connection::open(scene.city.port);
    connection.write(format!("GET /{} HTTP/1.1\r\n", "x".repeat(1 << 20)).as_bytes());
    if let Some(answer) = connection.try_answer("GET") {
        assert!(
            matches!(answer.status, 400 | 414 | 431),
            "{}",
            answer.status
        );
    }
    assert!(connection.is_closed(), "the connection stayed open");
    scene.is_unharmed();
}

/// `MinIO` took its own replication headers from any client, which left objects that nobody could
/// read (CVE-2026-34204).
#[test]
fn row_56_cve_2026_34204_internal_headers_of_servers_mean_nothing() {
    let scene = Scene::start();
    let with_all = |mut put: Request| {
        for (name, value) in [
            ("x-riznica-tenant", "other"),
            ("x-riznica-plaintext", "true"),
            ("x-minio-source-etag", "00000000000000000000000000000000"),
            ("x-minio-source-replication-request", "true"),
            (
                "x-minio-replication-server-side-encryption-sealed-key",
                "AAAA",
            ),
            ("x-rgw-object-type", "Appendable"),
            ("x-forwarded-for", "10.0.0.1"),
            ("x-forwarded-host", "others-bucket.example"),
            ("x-forwarded-proto", "https"),
            ("x-original-url", "/others-bucket/object"),
            ("x-http-method-override", "DELETE"),
            ("forwarded", "host=others-bucket.example"),
        ] {
            put = put.unsigned_header(name, value);
        }
        put
    };
    let body = b"a body that must be readable".as_slice();
    let put = scene.city.request("PUT", "/attacked/object").body(body);
    let answer = with_all(put).send().expect(200);
    let etag = answer.header("etag").expect("an etag").to_owned();
    assert_ne!(etag, "\"00000000000000000000000000000000\"");
    let get = with_all(scene.city.request("GET", "/attacked/object")).send();
    assert_eq!(get.expect(200).header("etag"), Some(&*etag));
    scene.holds(&[("object", body)]);
}

#[test]
fn row_56_metadata_named_like_internals_is_opaque() {
    let scene = Scene::start();
    let body = b"a body that must be readable".as_slice();
    let names = [
        "x-amz-meta-x-amz-key",
        "x-amz-meta-x-amz-iv",
        "x-amz-meta-x-amz-cek-alg",
        "x-amz-meta-x-minio-internal-compression",
        "x-amz-meta-x-riznica-sealed",
        "x-amz-meta-etag",
        "x-amz-meta-content-length",
        "x-amz-meta-version-id",
        "x-amz-meta-__proto__",
        "x-amz-meta-",
    ];
    let mut put = scene.city.request("PUT", "/attacked/object").body(body);
    for name in names {
        put = put.header(name, "mallory");
    }
    put.send().expect(200);
    let head = scene.city.head("/attacked/object").expect(200);
    for name in names.iter().filter(|name| **name != "x-amz-meta-") {
        assert_eq!(head.header(name), Some("mallory"), "{name}");
    }
    assert_eq!(
        head.header("content-length"),
        Some(&*body.len().to_string())
    );
    scene.holds(&[("object", body)]);
}

/// Metadata that asks for a wrong success is refused by name, not ignored.
#[test]
fn row_10_headers_that_are_not_implemented_are_refused_when_signed() {
    let scene = Scene::start();
    for (name, value) in [
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
        ("x-amz-write-offset-bytes", "0"),
        ("x-amz-mfa", "1 2"),
    ] {
        scene.refused(scene.put().header(name, value), 501, "NotImplemented");
    }
    // The bucket has no Object Lock: a lock that would not hold is refused.
    let held = scene.put().header("x-amz-object-lock-legal-hold", "ON");
    scene.refused(held, 400, "InvalidRequest");
    for value in [
        "public-read",
        "public-read-write",
        "authenticated-read",
        "mallory",
    ] {
        let put = scene.put().header("x-amz-acl", value);
        scene.refused(put, 400, "AccessControlListNotSupported");
    }
    let put = scene.put().header("x-amz-grant-read", "id=1");
    scene.refused(put, 400, "AccessControlListNotSupported");
    scene.is_unharmed();
}
