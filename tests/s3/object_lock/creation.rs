//! Point 86: buckets that are created with Object Lock.

use super::{FAR, configuration, put_locked, with_lock};
use crate::server::TestServer;
use crate::versioning::{put, set};

#[test]
fn point_86_bucket_created_with_lock_keeps_versions() {
    let (_server, city) = with_lock();
    let versioning = city.get("/worm?versioning").expect(200);
    assert_eq!(versioning.text("Status").as_deref(), Some("Enabled"));
    let found = city.get("/worm?object-lock").expect(200);
    let enabled = found.text("ObjectLockEnabled");
    assert_eq!(enabled.as_deref(), Some("Enabled"));
    assert_eq!(found.text("Rule"), None);
    put(&city, "/worm/a", "x");
}

#[test]
fn point_86_bucket_with_lock_cannot_be_suspended() {
    let (_server, city) = with_lock();
    let document = |status: &str| {
        format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>")
    };
    city.put("/worm?versioning", document("Suspended"))
        .refused(409, "InvalidBucketState");
    // What it is already may be said again.
    set(&city, "/worm", "Enabled");
    let versioning = city.get("/worm?versioning").expect(200);
    assert_eq!(versioning.text("Status").as_deref(), Some("Enabled"));
}

#[test]
fn point_86_header_is_true_or_false() {
    let server = TestServer::start();
    let city = server.account("city");
    let create = |bucket: &str, value: &str| {
        let create = city.request("PUT", bucket);
        create
            .header("x-amz-bucket-object-lock-enabled", value)
            .send()
    };
    for bad in ["yes", "1", ""] {
        create("/bad", bad).refused(400, "InvalidArgument");
    }
    city.head("/bad").expect(404);
    create("/without", "false").expect(200);
    let missing = city.get("/without?object-lock");
    missing.refused(404, "ObjectLockConfigurationNotFoundError");
    create("/with", "true").expect(200);
    create("/other", "True").expect(200);
    city.get("/with?object-lock").expect(200);
    city.get("/other?object-lock").expect(200);
}

/// One's own bucket again, without the header: nothing changes.
#[test]
fn point_86_bucket_created_again_keeps_its_lock() {
    let (_server, city) = with_lock();
    let version = put_locked(&city, "/worm/a", "COMPLIANCE", FAR);
    super::set_default(&city, Some("<Mode>GOVERNANCE</Mode><Days>7</Days>"));
    city.put("/worm", "").expect(200);
    let found = city.get("/worm?object-lock").expect(200);
    assert_eq!(found.text("Days").as_deref(), Some("7"));
    super::survives(&city, "/worm/a", &version);
}

/// Nor does one that has none get it by being created again.
#[test]
fn point_86_bucket_created_again_gets_no_lock() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/open", "").expect(200);
    let again = city.request("PUT", "/open");
    let again = again.header("x-amz-bucket-object-lock-enabled", "true");
    // The bucket that is there is not what was asked for.
    again.send().refused(409, "BucketAlreadyOwnedByYou");
    let missing = city.get("/open?object-lock");
    missing.refused(404, "ObjectLockConfigurationNotFoundError");
}

#[test]
fn point_86_lock_is_never_taken_away() {
    let (_server, city) = with_lock();
    for document in [
        "<ObjectLockConfiguration/>".to_owned(),
        configuration(None).replace("Enabled<", "Disabled<"),
        String::new(),
    ] {
        let refused = city.put("/worm?object-lock", document);
        refused.refused(400, "MalformedXML");
    }
    let status = city.delete("/worm?object-lock").status;
    assert_eq!(status, 405);
    city.get("/worm?object-lock").expect(200);
    // Only the default goes.
    super::set_default(&city, Some("<Mode>COMPLIANCE</Mode><Years>1</Years>"));
    super::set_default(&city, None);
    city.put("/worm/a", "x").expect(200);
    assert_eq!(super::lock_of(&city, "/worm/a"), None);
}
