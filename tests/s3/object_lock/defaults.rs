//! Point 87: a bucket's default retention.

use super::{FAR, HOLD, both, delete_bypassing, lock_of, put_locked, set_default, with_lock};
use crate::points::uploads::Upload;
use crate::raw;
use crate::versioning::{at, list, put, version_of};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const WEEK: &str = "<Mode>GOVERNANCE</Mode><Days>7</Days>";

/// The date is so many days behind now, give or take what the test took.
#[track_caller]
fn is_in_days(until: &str, days: i64, began: OffsetDateTime) {
    let until = OffsetDateTime::parse(until, &Rfc3339).expect("a date");
    let days = time::Duration::days(days);
    // The server tells milliseconds, and its clock was read at another moment.
    let slack = time::Duration::seconds(2);
    let (least, most) = (began + days - slack, raw::now() + days + slack);
    assert!(
        until >= least && until <= most,
        "{until} is not {days} from now"
    );
}

#[test]
fn point_87_default_is_in_days_or_years() {
    let (_server, city) = with_lock();
    for (mode, period, days) in [
        ("GOVERNANCE", "<Days>1</Days>", 1),
        ("COMPLIANCE", "<Days>30</Days>", 30),
        ("GOVERNANCE", "<Years>1</Years>", 365),
        ("GOVERNANCE", "<Years>10</Years>", 3650),
        ("GOVERNANCE", "<Years>100</Years>", 36_500),
    ] {
        set_default(&city, Some(&format!("<Mode>{mode}</Mode>{period}")));
        let began = raw::now();
        let version = put(&city, "/worm/a", "x");
        let (told, until) = lock_of(&city, &at("/worm/a", &version)).expect("a lock");
        assert_eq!(told, mode);
        is_in_days(&until, days, began);
    }
}

#[test]
fn point_87_default_is_for_every_new_version() {
    let (_server, city) = with_lock();
    let free = put(&city, "/worm/free", "x");
    set_default(&city, Some(WEEK));
    put(&city, "/worm/put", "x");
    let copy = city.request("PUT", "/worm/copy");
    copy.header("x-amz-copy-source", "worm/free")
        .send()
        .expect(200);
    let itself = city.request("PUT", "/worm/itself");
    itself.body("x").send().expect(200);
    let itself = city.request("PUT", "/worm/itself");
    let itself = itself.header("x-amz-copy-source", "worm/itself");
    let itself = itself.header("x-amz-metadata-directive", "REPLACE");
    itself.send().expect(200);
    Upload::object(&city, "/worm/upload", &[1000]);
    for object_key in ["put", "copy", "itself", "upload"] {
        let target = format!("/worm/{object_key}");
        let (mode, _) = lock_of(&city, &target).expect(object_key);
        assert_eq!(mode, "GOVERNANCE", "{object_key}");
        let version = version_of(&city.head(&target));
        city.delete(&at(&target, &version))
            .refused(403, "AccessDenied");
    }
    // What was there before stays free.
    assert_eq!(lock_of(&city, "/worm/free"), None);
    city.delete(&at("/worm/free", &free)).expect(204);
}

/// An upload that began before the default and ends after it is under it.
#[test]
fn point_87_default_counts_when_an_upload_completes() {
    let (_server, city) = with_lock();
    let upload = Upload::create(&city, "/worm/a");
    let etag = upload.part(1, b"x");
    set_default(&city, Some(WEEK));
    let began = raw::now();
    upload.complete(&[(1, &etag)]).expect(200);
    let (mode, until) = lock_of(&city, "/worm/a").expect("a lock");
    assert_eq!(mode, "GOVERNANCE");
    is_in_days(&until, 7, began);
}

#[test]
fn point_87_lock_of_a_write_wins_over_the_default() {
    let (_server, city) = with_lock();
    set_default(&city, Some("<Mode>COMPLIANCE</Mode><Years>5</Years>"));
    put_locked(&city, "/worm/a", "GOVERNANCE", FAR);
    assert_eq!(lock_of(&city, "/worm/a"), both("GOVERNANCE", FAR));
    // A hold alone leaves the retention to the default.
    let put = city.request("PUT", "/worm/b").header(HOLD, "ON");
    put.body("x").send().expect(200);
    let (mode, _) = lock_of(&city, "/worm/b").expect("a lock");
    assert_eq!(mode, "COMPLIANCE");
    assert_eq!(city.head("/worm/b").header(HOLD), Some("ON"));
}

/// Another default, or none, changes nothing about what was stored under the first.
#[test]
fn point_87_changed_default_leaves_stored_versions() {
    let (_server, city) = with_lock();
    set_default(&city, Some("<Mode>COMPLIANCE</Mode><Days>30</Days>"));
    let version = put(&city, "/worm/a", "locked");
    let before = lock_of(&city, "/worm/a");
    for default in [Some("<Mode>GOVERNANCE</Mode><Days>1</Days>"), None] {
        set_default(&city, default);
        assert_eq!(lock_of(&city, &at("/worm/a", &version)), before);
        delete_bypassing(&city, &at("/worm/a", &version)).refused(403, "AccessDenied");
    }
    super::survives(&city, "/worm/a", &version);
}

#[test]
fn point_87_markers_are_under_no_default() {
    let (_server, city) = with_lock();
    set_default(&city, Some("<Mode>COMPLIANCE</Mode><Days>30</Days>"));
    let version = put(&city, "/worm/a", "locked");
    let marker = version_of(&city.delete("/worm/a").expect(204));
    city.delete(&at("/worm/a", &marker)).expect(204);
    assert_eq!(list(&city, "/worm").len(), 1);
    super::survives(&city, "/worm/a", &version);
    assert_eq!(city.get("/worm/a").expect(200).body, b"locked");
}
