//! A lock and a deletion at the same time: one of them comes first, and the other one knows.

use super::{FAR, delete_bypassing, hold, lock_of, put_locked, retain, retention, with_lock};
use crate::versioning::{at, put};
use std::sync::atomic::{AtomicBool, Ordering};

/// A version whose lock was acknowledged is there; one whose deletion was acknowledged was not
/// locked.
#[test]
fn point_90_lock_and_deletion_have_one_winner() {
    let (_server, city) = with_lock();
    let (city, mut outcomes) = (&city, [0; 2]);
    for round in 0..60 {
        let target = at("/worm/a", &put(city, "/worm/a", "locked"));
        let (locked, deleted) = std::thread::scope(|scope| {
            let lock = scope.spawn(|| {
                if round % 2 == 0 {
                    retain(city, &target, &retention("COMPLIANCE", FAR), false).outcome()
                } else {
                    city.put(&format!("{target}&legal-hold"), hold("ON"))
                        .outcome()
                }
            });
            let delete = scope.spawn(|| delete_bypassing(city, &target).outcome());
            (
                lock.join().expect("a lock"),
                delete.join().expect("a deletion"),
            )
        });
        let is_there = city.get(&target).status == 200;
        match (locked.0, deleted.0) {
            (200, 403) => assert!(is_there),
            (404, 204) => assert!(!is_there),
            other => panic!("{other:?}: {locked:?} {deleted:?}"),
        }
        outcomes[usize::from(is_there)] += 1;
    }
    assert_eq!(outcomes[0] + outcomes[1], 60);
}

/// Of many changes of one retention none shortens it: what is there in the end is the longest that
/// was acknowledged.
#[test]
fn point_89_parallel_lengthening_ends_with_the_longest() {
    let (_server, city) = with_lock();
    let city = &city;
    let version = put_locked(city, "/worm/a", "COMPLIANCE", FAR);
    let target = &at("/worm/a", &version);
    let longest = std::thread::scope(|scope| {
        let lengthen = |year: i32| {
            let until = format!("{year}-01-01T00:00:00.000Z");
            let answer = retain(city, target, &retention("COMPLIANCE", &until), true);
            assert!(matches!(answer.status, 200 | 403), "{}", answer.status);
            (answer.status == 200).then_some(year)
        };
        let lanes = (0..6).map(|lane| {
            scope.spawn(move || {
                let years = (0..10).map(|n| 2141 + (n * 7 + lane * 13) % 60);
                years.filter_map(lengthen).max()
            })
        });
        let lanes: Vec<_> = lanes.collect();
        let joined = lanes.into_iter().map(|lane| lane.join().expect("a lane"));
        joined.max().flatten().expect("one that was lengthened")
    });
    let (mode, until) = lock_of(city, target).expect("a lock");
    assert_eq!(mode, "COMPLIANCE");
    assert_eq!(until, format!("{longest}-01-01T00:00:00.000Z"));
}

/// Versions that are written while Object Lock is switched on: under the default or from before
/// it, and none of those under it can be destroyed.
#[test]
fn point_86_writes_beside_enabling_are_locked_from_then_on() {
    let server = crate::server::TestServer::start();
    let city = &server.account("city");
    city.put("/worm", "").expect(200);
    crate::versioning::set(city, "/worm", "Enabled");
    let enabled = &AtomicBool::new(false);
    std::thread::scope(|scope| {
        for lane in 0..4 {
            scope.spawn(move || {
                for n in 0..25 {
                    let was_enabled = enabled.load(Ordering::SeqCst);
                    let target = format!("/worm/{lane}-{n}");
                    let version = put(city, &target, "locked");
                    let head = city.head(&at(&target, &version)).expect(200);
                    let is_locked = head.header(super::MODE).is_some();
                    assert!(is_locked || !was_enabled, "{target}");
                }
            });
        }
        let default = "<Mode>COMPLIANCE</Mode><Days>1</Days>";
        let document = super::configuration(Some(default));
        city.put("/worm?object-lock", document).expect(200);
        enabled.store(true, Ordering::SeqCst);
    });
    for row in crate::versioning::list(city, "/worm") {
        let target = at(&format!("/worm/{}", row.object_key), &row.version);
        let is_locked = lock_of(city, &target).is_some();
        let status = delete_bypassing(city, &target).status;
        assert_eq!(status, if is_locked { 403 } else { 204 });
    }
}
