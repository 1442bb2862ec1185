//! A crash loses no version, no marker and no setting (issue 4).

use super::{at, brief, list, mark, put, read, set, version_of, with_bucket, with_versions};
use crate::points::uploads::Upload;
use std::collections::BTreeSet;
use std::sync::mpsc;

#[test]
fn point_58_killed_server_keeps_versions_markers_and_state() {
    let (mut server, city) = with_bucket();
    city.put("/vers/a", "null").expect(200);
    set(&city, "/vers", "Enabled");
    let one = put(&city, "/vers/a", "one");
    mark(&city, "/vers/a");
    let parts = Upload::object(&city, "/vers/b", &[6 * 1024 * 1024, 10]);
    let gone = put(&city, "/vers/c", "gone");
    city.delete(&at("/vers/c", &gone)).expect(204);
    set(&city, "/vers", "Suspended");
    city.delete("/vers/d").expect(204);
    let before = list(&city, "/vers");
    server.restart();
    assert_eq!(list(&city, "/vers"), before);
    let status = city.get("/vers?versioning").expect(200).text("Status");
    assert_eq!(status.as_deref(), Some("Suspended"));
    assert_eq!(read(&city, "/vers/a?versionId=null"), "null");
    assert_eq!(read(&city, &at("/vers/a", &one)), "one");
    assert!(city.get("/vers/b").expect(200).body == parts);
    city.get("/vers/a").refused(404, "NoSuchKey");
    city.get(&at("/vers/c", &gone))
        .refused(404, "NoSuchVersion");
    // The null version is still the one that a suspended write replaces.
    city.put("/vers/a", "new null").expect(200);
    let after = list(&city, "/vers");
    assert_eq!(after.len(), before.len());
    assert_eq!(brief(&after)[0], ("a", "null", false, true));
}

/// Versions that follow a crash are newer than those before it.
#[test]
fn point_58_versions_after_a_crash_are_newer() {
    let (mut server, city) = with_versions();
    let mut expected = Vec::new();
    for round in 0..3 {
        for n in 0..5 {
            expected.push(put(&city, "/vers/a", format!("{round} {n}")));
        }
        server.restart();
    }
    expected.reverse();
    let rows = list(&city, "/vers");
    let listed: Vec<&String> = rows.iter().map(|row| &row.version).collect();
    assert_eq!(listed, expected.iter().collect::<Vec<_>>());
    assert!(rows.is_sorted_by(|newer, older| newer.last_modified >= older.last_modified));
}

/// Killed in the middle of writes and deletions: what was acknowledged is there, and the key's
/// versions hang together.
#[test]
fn point_58_killed_in_mid_write_keeps_what_was_acknowledged() {
    let (mut server, city) = with_versions();
    for _ in 0..3 {
        let (send, acknowledged) = mpsc::sync_channel(1_000_000);
        let mut seen = BTreeSet::<String>::new();
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let (city, send) = (&city, send.clone());
                let write = move |n: u32| {
                    let wire = match n % 4 {
                        3 => city.request("DELETE", "/vers/a").wire(),
                        _ => city
                            .request("PUT", "/vers/a")
                            .body(format!("{writer} {n}"))
                            .wire(),
                    };
                    // The server may be gone at any point.
                    let answer = wire.try_send(city.port)?;
                    send.send(version_of(&answer)).ok()
                };
                scope.spawn(move || (0..).map_while(write).for_each(drop));
            }
            // Killed in the midst of them.
            seen.extend(acknowledged.iter().take(30));
            server.kill();
        });
        drop(send);
        seen.extend(acknowledged);
        server.restart();
        let rows = list(&city, "/vers");
        let listed: BTreeSet<String> = rows.iter().map(|row| row.version.clone()).collect();
        assert_eq!(listed.len(), rows.len(), "a version is listed twice");
        let lost: Vec<_> = seen.difference(&listed).collect();
        assert!(lost.is_empty(), "{lost:?}");
        assert!(rows.is_sorted_by(|newer, older| newer.last_modified >= older.last_modified));
        for (index, row) in rows.iter().enumerate() {
            assert_eq!(row.is_latest, index == 0);
            let status = if row.is_marker { 405 } else { 200 };
            city.get(&at("/vers/a", &row.version)).expect(status);
        }
        let counted = server.admin(&["bucket", "list"]).expect("buckets");
        let counted: serde_json::Value = serde_json::from_str(&counted).expect("JSON");
        assert_eq!(counted[0]["objects"], rows.len());
    }
}
