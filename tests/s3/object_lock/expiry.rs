//! A retention ends when it says, by the retention clock, and not before.

use super::{FAR, both, delete_bypassing, in_seconds, lock_of, put_locked, retain, retention};
use super::{survives, with_lock};
use crate::raw;
use crate::versioning::at;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Asks until the answer is another than 403; how often it was that.
fn refusals(mut ask: impl FnMut() -> u16, until: &str) -> usize {
    let until = OffsetDateTime::parse(until, &Rfc3339).expect("a date");
    // The retention clock may be behind the machine's, by as much as the server took to start.
    let patience = until + time::Duration::seconds(30);
    for count in 0.. {
        let status = ask();
        if status != 403 {
            assert!(raw::now() >= until, "destroyed before its time");
            return count;
        }
        assert!(raw::now() < patience, "still locked");
    }
    unreachable!("it is asked for less than a minute")
}

#[test]
fn point_90_retention_that_is_over_keeps_nothing() {
    let (_server, city) = with_lock();
    for mode in ["GOVERNANCE", "COMPLIANCE"] {
        let until = in_seconds(3);
        let version = put_locked(&city, "/worm/a", mode, &until);
        let target = at("/worm/a", &version);
        let count = refusals(|| city.delete(&target).status, &until);
        assert!(count > 0, "it was never locked");
        city.get(&target).refused(404, "NoSuchVersion");
    }
}

/// What is over is still told, and may become anything.
#[test]
fn point_89_retention_that_is_over_may_be_replaced() {
    let (_server, city) = with_lock();
    let until = in_seconds(3);
    let version = put_locked(&city, "/worm/a", "COMPLIANCE", &until);
    let target = at("/worm/a", &version);
    let governance = retention("GOVERNANCE", FAR);
    refusals(|| retain(&city, &target, &governance, false).status, &until);
    assert_eq!(lock_of(&city, &target), both("GOVERNANCE", FAR));
    city.delete(&target).refused(403, "AccessDenied");
    survives(&city, "/worm/a", &version);
}

/// A lengthened retention does not end at its first date.
#[test]
fn point_89_lengthened_retention_outlives_its_first_date() {
    let (_server, city) = with_lock();
    let until = in_seconds(3);
    let version = put_locked(&city, "/worm/a", "COMPLIANCE", &until);
    let target = at("/worm/a", &version);
    let free = put_locked(&city, "/worm/b", "COMPLIANCE", &until);
    retain(&city, &target, &retention("COMPLIANCE", FAR), false).expect(200);
    refusals(|| city.delete(&at("/worm/b", &free)).status, &until);
    delete_bypassing(&city, &target).refused(403, "AccessDenied");
    survives(&city, "/worm/a", &version);
}

/// A retention that is over does not end a hold.
#[test]
fn point_90_hold_outlives_a_retention() {
    let (_server, city) = with_lock();
    let until = in_seconds(3);
    let version = put_locked(&city, "/worm/a", "GOVERNANCE", &until);
    let target = at("/worm/a", &version);
    let free = put_locked(&city, "/worm/b", "GOVERNANCE", &until);
    city.put("/worm/a?legal-hold", super::hold("ON"))
        .expect(200);
    refusals(|| city.delete(&at("/worm/b", &free)).status, &until);
    city.delete(&target).refused(403, "AccessDenied");
    delete_bypassing(&city, &target).refused(403, "AccessDenied");
    city.put("/worm/a?legal-hold", super::hold("OFF"))
        .expect(200);
    city.delete(&target).expect(204);
}
