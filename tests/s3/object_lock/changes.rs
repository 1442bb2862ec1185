//! Point 89: how a retention may change, on every kind of version.

use super::{
    FAR, FARTHER, both, delete_bypassing, lock_of, put_locked, retain, retention, survives,
    with_lock,
};
use crate::versioning::{UNKNOWN, at, put, version_of};

const SOONER: &str = "2139-01-01T00:00:00.000Z";
const NONE: &str = "<Retention/>";

/// From, to, whether it takes a bypass: the whole table.
#[test]
fn point_89_every_change_is_free_or_takes_a_bypass_or_is_refused() {
    let (_server, city) = with_lock();
    let to = |mode: &str, until: &str| retention(mode, until);
    let (governance, compliance) = ("GOVERNANCE", "COMPLIANCE");
    // Document, and whether it is allowed without a bypass and with one.
    let cases = [
        (governance, to(governance, FAR), true, true),
        (governance, to(governance, FARTHER), true, true),
        (governance, to(governance, SOONER), false, true),
        (governance, to(compliance, FARTHER), false, true),
        (governance, to(compliance, FAR), false, true),
        (governance, to(compliance, SOONER), false, true),
        (governance, NONE.to_owned(), false, true),
        (compliance, to(compliance, FAR), true, true),
        (compliance, to(compliance, FARTHER), true, true),
        (compliance, to(compliance, SOONER), false, false),
        (compliance, to(governance, FAR), false, false),
        (compliance, to(governance, FARTHER), false, false),
        (compliance, NONE.to_owned(), false, false),
    ];
    for (number, (mode, document, free, bypassed)) in cases.iter().enumerate() {
        for (bypass, is_allowed) in [(false, free), (true, bypassed)] {
            let target = format!("/worm/{number}-{bypass}");
            let version = put_locked(&city, &target, mode, FAR);
            let target = at(&target, &version);
            let answer = retain(&city, &target, document, bypass);
            let what = format!("{mode} to {document}, bypass {bypass}");
            if *is_allowed {
                assert_eq!(answer.status, 200, "{what}");
                continue;
            }
            assert_eq!(answer.outcome(), (403, "AccessDenied".to_owned()), "{what}");
            assert_eq!(lock_of(&city, &target), both(mode, FAR), "{what}");
        }
    }
}

#[test]
fn point_89_retention_that_is_taken_away_frees_the_version() {
    let (_server, city) = with_lock();
    let version = put_locked(&city, "/worm/a", "GOVERNANCE", FAR);
    let target = at("/worm/a", &version);
    retain(&city, &target, NONE, false).refused(403, "AccessDenied");
    retain(&city, &target, NONE, true).expect(200);
    assert_eq!(lock_of(&city, &target), None);
    city.delete(&target).expect(204);
}

/// A change is about one version: the newest unless another is named.
#[test]
fn point_89_change_is_of_one_version() {
    let (_server, city) = with_lock();
    let one = put(&city, "/worm/a", "locked");
    let two = put(&city, "/worm/a", "locked");
    retain(&city, "/worm/a", &retention("COMPLIANCE", FAR), false).expect(200);
    assert_eq!(lock_of(&city, &at("/worm/a", &one)), None);
    assert_eq!(
        lock_of(&city, &at("/worm/a", &two)),
        both("COMPLIANCE", FAR)
    );
    retain(
        &city,
        &at("/worm/a", &one),
        &retention("GOVERNANCE", FAR),
        false,
    )
    .expect(200);
    assert_eq!(
        lock_of(&city, &at("/worm/a", &one)),
        both("GOVERNANCE", FAR)
    );
    assert_eq!(lock_of(&city, "/worm/a"), both("COMPLIANCE", FAR));
    // It changes neither the bytes nor the order.
    let rows = crate::versioning::list(&city, "/worm");
    let versions: Vec<&str> = rows.iter().map(|row| &*row.version).collect();
    assert_eq!(versions, [&*two, &*one]);
    survives(&city, "/worm/a", &one);
    delete_bypassing(&city, &at("/worm/a", &one)).expect(204);
    survives(&city, "/worm/a", &two);
}

#[test]
fn point_89_change_leaves_everything_else_of_the_version() {
    let (_server, city) = with_lock();
    let put = city.request("PUT", "/worm/a").body("locked");
    let put = put.header("x-amz-meta-name", "kept");
    put.header("content-type", "text/x-kept").send().expect(200);
    let before = city.head("/worm/a").expect(200);
    retain(&city, "/worm/a", &retention("COMPLIANCE", FAR), false).expect(200);
    city.put("/worm/a?legal-hold", super::hold("ON"))
        .expect(200);
    let after = city.head("/worm/a").expect(200);
    for name in [
        "etag",
        "last-modified",
        "x-amz-meta-name",
        "content-type",
        "content-length",
        "x-amz-version-id",
    ] {
        assert_eq!(after.header(name), before.header(name), "{name}");
    }
}

#[test]
fn point_89_versions_that_are_not_there_have_no_retention() {
    let (_server, city) = with_lock();
    let version = put(&city, "/worm/a", "locked");
    let marker = version_of(&city.delete("/worm/a").expect(204));
    let document = retention("GOVERNANCE", FAR);
    for (target, status, code) in [
        (at("/worm/a", &marker), 405, "MethodNotAllowed"),
        ("/worm/a".to_owned(), 404, "NoSuchKey"),
        ("/worm/never".to_owned(), 404, "NoSuchKey"),
        (at("/worm/a", UNKNOWN), 404, "NoSuchVersion"),
        (at("/worm/a", "x"), 400, "InvalidArgument"),
        (at("/worm/a", ""), 400, "InvalidArgument"),
    ] {
        retain(&city, &target, &document, false).refused(status, code);
        let joint = if target.contains('?') { '&' } else { '?' };
        let get = |what: &str| city.get(&format!("{target}{joint}{what}"));
        get("retention").refused(status, code);
        get("legal-hold").refused(status, code);
        let put = city.put(&format!("{target}{joint}legal-hold"), super::hold("ON"));
        put.refused(status, code);
    }
    assert_eq!(lock_of(&city, &at("/worm/a", &version)), None);
}

#[test]
fn point_89_dates_are_kept_far_into_the_future() {
    let (_server, city) = with_lock();
    for until in [
        "2140-01-01T00:00:00.000Z",
        "2999-12-31T23:59:59.999Z",
        "9999-12-31T23:59:59.000Z",
    ] {
        let version = put_locked(&city, "/worm/a", "GOVERNANCE", until);
        let target = at("/worm/a", &version);
        assert_eq!(lock_of(&city, &target), both("GOVERNANCE", until));
        city.delete(&target).refused(403, "AccessDenied");
        retain(&city, &target, &retention("GOVERNANCE", until), false).expect(200);
    }
}
