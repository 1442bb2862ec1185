//! Points 88 and 90: legal holds.

use super::{FAR, HOLD, delete_bypassing, hold, put_locked, retain, survives, with_lock};
use crate::versioning::{at, list, put};

#[test]
fn point_90_hold_keeps_a_version_without_any_retention() {
    let (_server, city) = with_lock();
    let version = put(&city, "/worm/a", "locked");
    let target = at("/worm/a", &version);
    let legal_hold = format!("{target}&legal-hold");
    city.put(&legal_hold, hold("ON")).expect(200);
    city.delete(&target).refused(403, "AccessDenied");
    // Nobody bypasses a hold.
    delete_bypassing(&city, &target).refused(403, "AccessDenied");
    survives(&city, "/worm/a", &version);
    city.put(&legal_hold, hold("OFF")).expect(200);
    city.delete(&target).expect(204);
    assert!(list(&city, "/worm").is_empty());
}

/// Retention and hold do not know each other.
#[test]
fn point_90_hold_and_retention_are_apart() {
    let (_server, city) = with_lock();
    let version = put_locked(&city, "/worm/a", "GOVERNANCE", FAR);
    let target = at("/worm/a", &version);
    city.put("/worm/a?legal-hold", hold("ON")).expect(200);
    retain(&city, &target, "<Retention/>", true).expect(200);
    assert_eq!(city.head(&target).header(HOLD), Some("ON"));
    delete_bypassing(&city, &target).refused(403, "AccessDenied");
    let document = super::retention("COMPLIANCE", FAR);
    retain(&city, &target, &document, false).expect(200);
    city.put("/worm/a?legal-hold", hold("OFF")).expect(200);
    delete_bypassing(&city, &target).refused(403, "AccessDenied");
    survives(&city, "/worm/a", &version);
}

#[test]
fn point_90_marker_goes_over_a_held_version() {
    let (_server, city) = with_lock();
    let put = city.request("PUT", "/worm/a").header(HOLD, "ON");
    let stored = put.body("locked").send().expect(200);
    let version = crate::versioning::version_of(&stored);
    let marker = crate::versioning::version_of(&city.delete("/worm/a").expect(204));
    survives(&city, "/worm/a", &version);
    city.delete(&at("/worm/a", &marker)).expect(204);
    assert_eq!(city.head("/worm/a").expect(200).header(HOLD), Some("ON"));
    city.delete("/worm").refused(409, "BucketNotEmpty");
}
