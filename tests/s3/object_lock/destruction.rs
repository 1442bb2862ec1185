//! Point 90: what a lock keeps from being destroyed, and what not.

use super::{
    FAR, FARTHER, both, delete_bypassing, lock_of, put_locked, retain, retention, survives,
    with_lock,
};
use crate::points::uploads::{PART_LEN, Upload, bytes};
use crate::versioning::{at, list, put, version_of};

#[test]
fn point_90_plain_delete_adds_a_marker_that_can_be_removed() {
    let (_server, city) = with_lock();
    for mode in ["GOVERNANCE", "COMPLIANCE"] {
        let target = format!("/worm/{mode}");
        let version = put_locked(&city, &target, mode, FAR);
        let deleted = city.delete(&target).expect(204);
        assert_eq!(deleted.header("x-amz-delete-marker"), Some("true"));
        let marker = version_of(&deleted);
        city.get(&target).refused(404, "NoSuchKey");
        survives(&city, &target, &version);
        city.delete(&at(&target, &marker)).expect(204);
        assert_eq!(city.get(&target).expect(200).body, b"locked");
    }
}

#[test]
fn point_90_governance_is_destroyed_with_bypass_only() {
    let (_server, city) = with_lock();
    let version = put_locked(&city, "/worm/a", "GOVERNANCE", FAR);
    let target = at("/worm/a", &version);
    for _ in 0..2 {
        city.delete(&target).refused(403, "AccessDenied");
    }
    let asked = city
        .request("DELETE", &target)
        .header(super::BYPASS, "false");
    asked.send().refused(403, "AccessDenied");
    survives(&city, "/worm/a", &version);
    let gone = delete_bypassing(&city, &target).expect(204);
    assert_eq!(gone.header("x-amz-version-id"), Some(&*version));
    city.get(&target).refused(404, "NoSuchVersion");
    assert!(list(&city, "/worm").is_empty());
}

#[test]
fn point_90_compliance_is_destroyed_by_nothing() {
    let (_server, city) = with_lock();
    let version = put_locked(&city, "/worm/a", "COMPLIANCE", FAR);
    let target = at("/worm/a", &version);
    for newer in ["", "newer", "marker"] {
        if newer == "marker" {
            city.delete("/worm/a").expect(204);
        } else if !newer.is_empty() {
            put(&city, "/worm/a", newer);
        }
        city.delete(&target).refused(403, "AccessDenied");
        delete_bypassing(&city, &target).refused(403, "AccessDenied");
        survives(&city, "/worm/a", &version);
    }
    city.delete("/worm").refused(409, "BucketNotEmpty");
    assert_eq!(lock_of(&city, &target), both("COMPLIANCE", FAR));
}

/// A bypass is not a key to COMPLIANCE by way of GOVERNANCE.
#[test]
fn point_90_lengthened_retention_holds_as_long_as_it_says() {
    let (_server, city) = with_lock();
    let version = put_locked(&city, "/worm/a", "GOVERNANCE", FAR);
    let target = at("/worm/a", &version);
    let document = retention("GOVERNANCE", FARTHER);
    retain(&city, &target, &document, false).expect(200);
    city.delete(&target).refused(403, "AccessDenied");
    let document = retention("COMPLIANCE", FARTHER);
    retain(&city, &target, &document, true).expect(200);
    delete_bypassing(&city, &target).refused(403, "AccessDenied");
    survives(&city, "/worm/a", &version);
}

#[test]
fn point_90_conditions_do_not_open_a_lock() {
    let (_server, city) = with_lock();
    let version = put_locked(&city, "/worm/a", "COMPLIANCE", FAR);
    let target = at("/worm/a", &version);
    let etag = city.head(&target).expect(200);
    let etag = etag.header("etag").expect("an ETag");
    for (name, value) in [
        ("if-match", etag),
        ("if-match", "*"),
        ("x-amz-if-match-size", "6"),
    ] {
        let delete = city.request("DELETE", &target).header(name, value);
        delete
            .header(super::BYPASS, "true")
            .send()
            .refused(403, "AccessDenied");
    }
    survives(&city, "/worm/a", &version);
}

#[test]
fn point_90_locked_parts_stay_whole() {
    let (_server, city) = with_lock();
    let headers = [(super::MODE, "COMPLIANCE"), (super::UNTIL, FAR)];
    let upload = Upload::create_with(&city, "/worm/a", &headers);
    let parts = [bytes(1, PART_LEN), bytes(2, 1000)];
    let etags = [upload.part(1, &parts[0]), upload.part(2, &parts[1])];
    let done = upload.complete(&[(1, &etags[0]), (2, &etags[1])]);
    let version = version_of(&done.expect(200));
    // The upload is over: what is left of it can be neither aborted nor overwritten.
    upload.abort();
    upload.part_request(1, b"other").send();
    upload.complete(&[(1, &etags[0])]);
    delete_bypassing(&city, &at("/worm/a", &version)).refused(403, "AccessDenied");
    let whole = parts.concat();
    assert!(city.get(&at("/worm/a", &version)).expect(200).body == whole);
}

/// Who is not the owner learns nothing and destroys nothing.
#[test]
fn point_90_strangers_have_no_bypass() {
    let (server, city) = with_lock();
    let stranger = server.account("stranger");
    let version = put_locked(&city, "/worm/a", "GOVERNANCE", FAR);
    let target = at("/worm/a", &version);
    delete_bypassing(&stranger, &target).refused(403, "AccessDenied");
    let document = retention("GOVERNANCE", FARTHER);
    retain(&stranger, &target, &document, true).refused(403, "AccessDenied");
    let anonymous = city
        .request("DELETE", &target)
        .header(super::BYPASS, "true");
    anonymous.anonymous().send().refused(403, "AccessDenied");
    stranger
        .get(&format!("{target}&retention"))
        .refused(403, "AccessDenied");
    survives(&city, "/worm/a", &version);
    assert_eq!(lock_of(&city, &target), both("GOVERNANCE", FAR));
}

/// Nor is a lock lost when the server is killed.
#[test]
fn point_90_killed_server_keeps_locks() {
    let (mut server, city) = with_lock();
    let version = put_locked(&city, "/worm/a", "COMPLIANCE", FAR);
    let held = put(&city, "/worm/b", "locked");
    city.put("/worm/b?legal-hold", super::hold("ON"))
        .expect(200);
    super::set_default(&city, Some("<Mode>GOVERNANCE</Mode><Days>7</Days>"));
    server.restart();
    delete_bypassing(&city, &at("/worm/a", &version)).refused(403, "AccessDenied");
    delete_bypassing(&city, &at("/worm/b", &held)).refused(403, "AccessDenied");
    survives(&city, "/worm/a", &version);
    survives(&city, "/worm/b", &held);
    put(&city, "/worm/c", "x");
    assert_eq!(
        lock_of(&city, "/worm/c").expect("the default").0,
        "GOVERNANCE"
    );
}
