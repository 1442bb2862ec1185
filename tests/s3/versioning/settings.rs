//! Point 55: a bucket's versioning, and the bucket that never had any.

use super::{UNKNOWN, at, document, holds, list, put, rows, set, with_bucket, with_versions};
use crate::raw::Account;
use crate::server::TestServer;

fn status(city: &Account) -> Option<String> {
    let answer = city.get("/vers?versioning").expect(200);
    assert!(answer.body_text().contains("VersioningConfiguration"));
    answer.text("Status")
}

#[test]
fn point_55_status_follows_the_settings() {
    let (_server, city) = with_bucket();
    assert_eq!(status(&city), None);
    for new in [
        "Enabled",
        "Enabled",
        "Suspended",
        "Suspended",
        "Enabled",
        "Suspended",
    ] {
        set(&city, "/vers", new);
        assert_eq!(status(&city).as_deref(), Some(new));
    }
}

#[test]
fn point_55_new_bucket_may_be_suspended_at_once() {
    let (_server, city) = with_bucket();
    set(&city, "/vers", "Suspended");
    assert_eq!(status(&city).as_deref(), Some("Suspended"));
    let stored = city.put("/vers/a", "x").expect(200);
    assert_eq!(stored.header("x-amz-version-id"), None);
    holds(&city, &[("a", "null", false, true)]);
}

/// No answer names a version, and the one version is listed as `null`.
#[test]
fn point_55_never_versioned_bucket_names_no_version() {
    let (_server, city) = with_bucket();
    let copy = city
        .request("PUT", "/vers/b")
        .header("x-amz-copy-source", "vers/a");
    let answers = [
        city.put("/vers/a", "x"),
        city.put("/vers/a", "again"),
        city.get("/vers/a"),
        city.head("/vers/a"),
        copy.send(),
        city.get("/vers/a?versionId=null"),
        city.request("GET", "/vers/a?attributes")
            .header("x-amz-object-attributes", "ETag")
            .send(),
    ];
    for answer in answers {
        let answer = answer.expect(200);
        assert_eq!(answer.header("x-amz-version-id"), None);
        assert_eq!(answer.header("x-amz-copy-source-version-id"), None);
        assert_eq!(answer.header("x-amz-delete-marker"), None);
    }
    holds(
        &city,
        &[("a", "null", false, true), ("b", "null", false, true)],
    );
    let deleted = city.delete("/vers/a").expect(204);
    assert_eq!(deleted.header("x-amz-version-id"), None);
    assert_eq!(deleted.header("x-amz-delete-marker"), None);
    holds(&city, &[("b", "null", false, true)]);
    city.delete("/vers/b?versionId=null").expect(204);
    holds(&city, &[]);
}

#[test]
fn point_55_never_versioned_bucket_has_no_other_version() {
    let (_server, city) = with_bucket();
    city.put("/vers/a", "x").expect(200);
    city.get(&at("/vers/a", UNKNOWN))
        .refused(404, "NoSuchVersion");
    city.head(&at("/vers/a", UNKNOWN)).expect(404);
    city.delete(&at("/vers/a", UNKNOWN)).expect(204);
    assert_eq!(city.get("/vers/a").expect(200).body, b"x");
}

#[test]
fn point_55_rows_tell_size_etag_time_class_and_owner() {
    let (_server, city) = with_versions();
    put(&city, "/vers/a", "four");
    city.delete("/vers/a").expect(204);
    let head = city.get("/vers?versions").expect(200);
    let [marker, version] = rows(&head).try_into().expect("two rows");
    assert!(marker.is_marker && marker.size.is_none() && marker.etag.is_none());
    assert_eq!(version.size.as_deref(), Some("4"));
    let etag = version.etag.expect("an ETag");
    assert!(etag.starts_with('"') && etag.len() == 34, "{etag}");
    assert!(version.last_modified <= marker.last_modified);
    assert_eq!(head.texts("StorageClass"), ["STANDARD"]);
    // The owner of the version and of the marker.
    assert_eq!(head.texts("Owner").len(), 2);
    assert_eq!(head.texts("ID").len(), 2);
}

#[test]
fn point_55_document_that_says_neither_is_refused() {
    let (_server, city) = with_bucket();
    for inner in [
        "",
        "<Status/>",
        "<Status>enabled</Status>",
        "<Status>ENABLED</Status>",
        "<Status>Disabled</Status>",
        "<Status>Enabled</Status><Status>Suspended</Status>",
        "<Status>Enabled</Status><Other>x</Other>",
    ] {
        let body = format!("<VersioningConfiguration>{inner}</VersioningConfiguration>");
        let refused = city.put("/vers?versioning", body);
        assert_eq!(
            refused.outcome(),
            (400, "MalformedXML".to_owned()),
            "{inner}"
        );
    }
    city.put("/vers?versioning", "")
        .refused(400, "MalformedXML");
    let whole = document("Enabled");
    city.put("/vers?versioning", &whole[..whole.len() - 3])
        .refused(400, "MalformedXML");
    assert_eq!(status(&city), None);
}

/// A second factor that nobody asks for would be a promise that is not kept.
#[test]
fn point_55_mfa_delete_is_not_implemented() {
    let (_server, city) = with_bucket();
    let with = |mfa: &str| {
        let more = format!("<MfaDelete>{mfa}</MfaDelete></VersioningConfiguration>");
        document("Enabled").replace("</VersioningConfiguration>", &more)
    };
    city.put("/vers?versioning", with("Enabled"))
        .refused(501, "NotImplemented");
    assert_eq!(status(&city), None);
    city.put("/vers?versioning", with("Disabled")).expect(200);
    assert_eq!(status(&city).as_deref(), Some("Enabled"));
}

#[test]
fn point_55_strangers_neither_read_nor_change_versions() {
    let server = TestServer::start();
    let (city, other) = (server.account("city"), server.account("other"));
    city.put("/vers", "").expect(200);
    set(&city, "/vers", "Enabled");
    let first = put(&city, "/vers/a", "one");
    let second = put(&city, "/vers/a", "two");
    let suspend = document("Suspended");
    for target in [
        "/vers?versioning",
        "/vers?versions",
        &at("/vers/a", &first),
        "/vers/a?versionId=x",
    ] {
        other.get(target).refused(403, "AccessDenied");
        let anonymous = city.request("GET", target).anonymous().send();
        anonymous.refused(403, "AccessDenied");
    }
    other
        .put("/vers?versioning", &*suspend)
        .refused(403, "AccessDenied");
    other
        .delete(&at("/vers/a", &first))
        .refused(403, "AccessDenied");
    let body =
        format!("<Delete><Object><Key>a</Key><VersionId>{first}</VersionId></Object></Delete>");
    other
        .post("/vers?delete", body)
        .refused(403, "AccessDenied");
    let stolen = other.request("PUT", "/mine/a");
    other.put("/mine", "").expect(200);
    let source = at("vers/a", &first);
    stolen
        .header("x-amz-copy-source", &source)
        .send()
        .refused(403, "AccessDenied");
    assert_eq!(status(&city).as_deref(), Some("Enabled"));
    holds(
        &city,
        &[("a", &second, false, true), ("a", &first, false, false)],
    );
    city.get("/absent?versioning").refused(404, "NoSuchBucket");
    city.get("/absent?versions").refused(404, "NoSuchBucket");
    city.put("/absent?versioning", suspend)
        .refused(404, "NoSuchBucket");
    assert!(list(&other, "/mine").is_empty());
}
