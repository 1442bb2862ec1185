//! Versions that are written, deleted and listed at the same time.

use super::{Row, at, list, mark, put, read, set, version_of, with_bucket, with_versions};
use crate::points::held::HeldPut;
use crate::points::uploads::bytes;
use crate::raw::Account;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

/// Newest first by time, and the first one is the latest.
fn is_ordered(rows: &[Row]) {
    for pair in rows.windows(2) {
        assert!(pair[0].last_modified >= pair[1].last_modified, "{pair:?}");
    }
    let latest: Vec<bool> = rows.iter().map(|row| row.is_latest).collect();
    let expected: Vec<bool> = (0..rows.len()).map(|index| index == 0).collect();
    assert_eq!(latest, expected);
}

/// Every version that was acknowledged is listed once and holds its own bytes.
#[test]
fn point_58_parallel_writes_of_one_key_are_all_kept() {
    let (_server, city) = with_versions();
    let city = &city;
    let body = |seed: u8| {
        bytes(
            seed,
            if seed.is_multiple_of(3) {
                200_000
            } else {
                1000
            },
        )
    };
    let acknowledged: BTreeMap<String, u8> = std::thread::scope(|scope| {
        let writers = (0..8_u8).map(|writer| {
            scope.spawn(move || {
                let seeds = (0..8_u8).map(|round| writer * 8 + round);
                seeds
                    .map(|seed| (put(city, "/vers/a", body(seed)), seed))
                    .collect::<Vec<_>>()
            })
        });
        let writers: Vec<_> = writers.collect();
        let joined = writers
            .into_iter()
            .flat_map(|one| one.join().expect("puts"));
        joined.collect()
    });
    assert_eq!(acknowledged.len(), 64, "ids are unique");
    let rows = list(city, "/vers");
    is_ordered(&rows);
    let listed: BTreeSet<&String> = rows.iter().map(|row| &row.version).collect();
    assert_eq!(listed, acknowledged.keys().collect());
    for (version, seed) in &acknowledged {
        let answer = city.get(&at("/vers/a", version)).expect(200);
        assert!(answer.body == body(*seed), "{version} has other bytes");
    }
    let newest = acknowledged[&rows[0].version];
    assert!(city.get("/vers/a").expect(200).body == body(newest));
}

/// A writer's own versions are in the order in which they were acknowledged.
#[test]
fn point_58_acknowledged_order_is_the_listed_order() {
    let (_server, city) = with_versions();
    let city = &city;
    let write = |writer, round| {
        if (writer + round) % 3 == 0 {
            mark(city, "/vers/a")
        } else {
            put(city, "/vers/a", format!("{writer}-{round}"))
        }
    };
    let write = &write;
    let chains: Vec<Vec<String>> = std::thread::scope(|scope| {
        let writers = (0..6)
            .map(|writer| scope.spawn(move || (0..10).map(|round| write(writer, round)).collect()));
        let writers: Vec<_> = writers.collect();
        let joined = writers.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined.map(|chain| chain.expect("a chain")).collect()
    });
    let rows = list(city, "/vers");
    assert_eq!(rows.len(), 60);
    is_ordered(&rows);
    let place = |version: &String| rows.iter().position(|row| row.version == *version);
    for chain in chains {
        let places: Vec<_> = chain.iter().map(place).collect();
        assert!(
            places.is_sorted_by(|older, newer| older > newer),
            "{places:?}"
        );
    }
}

/// What is written while the bucket's state changes is a version or a null version, and no version
/// that was acknowledged is lost.
#[test]
fn point_56_writes_beside_changes_of_state_lose_no_version() {
    let (_server, city) = with_bucket();
    set(&city, "/vers", "Enabled");
    let city = &city;
    let done = &AtomicBool::new(false);
    let acknowledged: Vec<String> = std::thread::scope(|scope| {
        let writers = (0..4).map(|writer| {
            scope.spawn(move || {
                let write = |round| {
                    let answer = city.put("/vers/a", format!("{writer}-{round}")).expect(200);
                    answer.header("x-amz-version-id").map(str::to_owned)
                };
                (0..30).filter_map(write).collect::<Vec<_>>()
            })
        });
        let writers: Vec<_> = writers.collect();
        let flapping = scope.spawn(move || {
            while !done.load(Ordering::Relaxed) {
                set(city, "/vers", "Suspended");
                set(city, "/vers", "Enabled");
            }
        });
        let joined = writers
            .into_iter()
            .flat_map(|one| one.join().expect("puts"));
        let acknowledged = joined.collect();
        done.store(true, Ordering::Relaxed);
        flapping.join().expect("changes of state");
        acknowledged
    });
    let rows = list(city, "/vers");
    is_ordered(&rows);
    let nulls = rows.iter().filter(|row| row.version == "null").count();
    assert!(nulls <= 1, "{nulls} null versions");
    assert_eq!(rows.len() - nulls, acknowledged.len());
    for version in &acknowledged {
        assert_eq!(
            version_of(&city.get(&at("/vers/a", version)).expect(200)),
            *version
        );
    }
}

/// A PUT that began before versioning was enabled ends as a version: it replaces nothing.
#[test]
fn point_56_put_that_began_before_enabling_replaces_nothing() {
    let (_server, city) = with_bucket();
    city.put("/vers/a", "null").expect(200);
    let request = city.request("PUT", "/vers/a").body(bytes(1, 100_000));
    let held = HeldPut::begin(city.port, request);
    set(&city, "/vers", "Enabled");
    let stored = held.finish().expect(200);
    let one = version_of(&stored);
    let rows = list(&city, "/vers");
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].version, one);
    assert_eq!(read(&city, "/vers/a?versionId=null"), "null");
}

/// Two deletions of one version, a promotion, and readers of what is left: nobody sees the key
/// missing while an older version is there.
#[test]
fn point_58_readers_beside_promotions_always_find_a_version() {
    let (_server, city) = with_versions();
    let oldest = put(&city, "/vers/a", "oldest");
    beside_promotions(&city, || {
        let answer = city.get("/vers/a").expect(200);
        assert!(matches!(&*answer.body, b"oldest" | b"newest"));
        assert_eq!(read(&city, &at("/vers/a", &oldest)), "oldest");
    });
}

/// A version that nobody touches is in every list, also when the one above it is deleted and it
/// takes its place.
#[test]
fn point_58_lists_beside_promotions_always_hold_the_older_version() {
    let (_server, city) = with_versions();
    let oldest = put(&city, "/vers/a", "oldest");
    beside_promotions(&city, || {
        let page = city.get("/vers?versions").expect(200);
        let found = super::rows(&page);
        let count = found.iter().filter(|row| row.version == oldest).count();
        assert_eq!(count, 1, "{found:?}");
    });
}

/// Puts a version on top and destroys it, again and again, and `look`s meanwhile.
fn beside_promotions(city: &Account, look: impl Fn()) {
    let done = &AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while !done.load(Ordering::Relaxed) {
                let newest = put(city, "/vers/a", "newest");
                city.delete(&at("/vers/a", &newest)).expect(204);
            }
        });
        let looks = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for _ in 0..300 {
                look();
            }
        }));
        done.store(true, Ordering::Relaxed);
        if let Err(panic) = looks {
            std::panic::resume_unwind(panic);
        }
    });
}

/// Deletions of all versions at the same time end with nothing, and with a count of nothing.
#[test]
fn point_57_parallel_destruction_leaves_nothing() {
    let (server, city) = with_versions();
    let city = &city;
    let versions: Vec<String> = (0..40)
        .map(|n| {
            if n % 5 == 0 {
                mark(city, "/vers/a")
            } else {
                put(city, "/vers/a", "four")
            }
        })
        .collect();
    std::thread::scope(|scope| {
        for lane in 0..8 {
            let versions = &versions;
            scope.spawn(move || {
                // Each version is deleted by two of the threads.
                for version in versions.iter().skip(lane % 4).step_by(4) {
                    city.delete(&at("/vers/a", version)).expect(204);
                }
            });
        }
    });
    assert!(list(city, "/vers").is_empty());
    let counted = server.admin(&["bucket", "list"]).expect("buckets");
    let counted: serde_json::Value = serde_json::from_str(&counted).expect("JSON");
    assert_eq!(
        (&counted[0]["objects"], &counted[0]["bytes"]),
        (&0.into(), &0.into())
    );
    city.delete("/vers").expect(204);
}
