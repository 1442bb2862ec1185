//! Row 59 for every way to destroy a version: by its id, many at once, by a lifecycle rule; for
//! older versions, for legal holds, and for the row that says whether a bucket locks at all.

use super::locks::{damage, place_of_date};
use crate::lifecycle_effects::{SETTINGS, eventually, versions_of};
use crate::lifecycle_rules::{document, rule};
use crate::object_lock::{BYPASS, FAR, HOLD, configuration, create, locked, with_lock};
use crate::raw::{Account, Answer};
use crate::server::TestServer;
use crate::versioning::{at, put, version_of};
use riznica::catalog::keyspace;
use riznica::model::id::VersionId;
use riznica::model::object_key::ObjectKey;
use riznica::storage::MetaKey;

const PAST: u64 = 1_000_000_000_000;

/// A version whose lock is damaged.
struct Victim {
    object_key: &'static str,
    version: String,
    /// Whether it is the newest one of its object.
    is_newest: bool,
    damage: fn(&mut [u8]),
}

impl Victim {
    fn row(&self) -> MetaKey {
        let object_key = ObjectKey::parse(self.object_key).expect("a key");
        if self.is_newest {
            keyspace::current(&object_key)
        } else {
            let version: VersionId = self.version.parse().expect("an id");
            keyspace::older(&object_key, version)
        }
    }

    fn target(&self) -> String {
        at(&format!("/worm/{}", self.object_key), &self.version)
    }
}

/// The date of the retention is over.
fn end_retention(row: &mut [u8]) {
    let at = place_of_date(row);
    row[at..at + 8].copy_from_slice(&PAST.to_le_bytes());
}

/// There is no hold.
fn end_hold(row: &mut [u8]) {
    let at = place_of_date(row);
    assert_eq!(row[at + 8], 1, "the hold is readable");
    row[at + 8] = 0;
}

/// Neither.
fn end_both(row: &mut [u8]) {
    end_hold(row);
    end_retention(row);
}

/// Locked versions, with a newer one above those that are to be older ones.
fn victims(city: &Account) -> Vec<Victim> {
    let lock = |object_key: &'static str, mode: &str, hold: &str, damage: fn(&mut [u8])| {
        let target = format!("/worm/{object_key}");
        let put_locked = locked(city, &target, mode, FAR).header(HOLD, hold);
        let version = version_of(&put_locked.body("the record").send().expect(200));
        let is_newest = object_key.starts_with("newest");
        if !is_newest {
            put(city, &target, "newer");
        }
        Victim {
            object_key,
            version,
            is_newest,
            damage,
        }
    };
    vec![
        lock("newest/retained", "COMPLIANCE", "OFF", end_retention),
        lock("newest/held", "GOVERNANCE", "ON", end_hold),
        lock("older/retained", "COMPLIANCE", "OFF", end_retention),
        lock("older/held", "GOVERNANCE", "ON", end_hold),
        lock("older/both", "COMPLIANCE", "ON", end_both),
    ]
}

/// DeleteObjects of versions: object key and id.
fn delete_many(city: &Account, entries: &[(&str, &str)]) -> Answer {
    let entry = |(object_key, version): &(&str, &str)| {
        format!("<Object><Key>{object_key}</Key><VersionId>{version}</VersionId></Object>")
    };
    let entries: String = entries.iter().map(entry).collect();
    let post = city.request("POST", "/worm?delete").header(BYPASS, "true");
    post.body(format!("<Delete>{entries}</Delete>")).send()
}

#[test]
fn row_59_unreadable_lock_blocks_every_way_to_destroy_a_version() {
    let mut server = TestServer::start_with(&SETTINGS);
    let city = server.account("city");
    create(&city, "/worm");
    let victims = victims(&city);
    let free = put(&city, "/worm/free", "1");
    // The rule's own work, which has to go on beside them.
    put(&city, "/worm/trimmed", "1");
    put(&city, "/worm/trimmed", "2");
    server.kill();
    let change = |victim: &Victim| damage(&server, &victim.row(), |row| (victim.damage)(row));
    let before: Vec<_> = victims.iter().map(change).collect();
    server.restart();
    for victim in &victims {
        let destroy = city.request("DELETE", &victim.target());
        let answer = destroy.header(BYPASS, "true").send();
        answer.refused(500, "InternalError");
    }
    let mut entries: Vec<_> = victims
        .iter()
        .map(|victim| (victim.object_key, &*victim.version))
        .collect();
    entries.push(("free", &free));
    let answer = delete_many(&city, &entries).expect(200);
    let codes = answer.texts("Code");
    assert_eq!(codes, vec!["InternalError"; victims.len()]);
    assert_eq!(answer.texts("Deleted").len(), 1);
    let noncurrent = "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>\
                      </NoncurrentVersionExpiration>";
    let rules = document(&rule("all", "<Prefix/>", noncurrent));
    city.put("/worm?lifecycle", rules).expect(200);
    let count = |outcome: &str| {
        let name = format!("riznica_lifecycle_total{{outcome=\"{outcome}\"}}");
        let count = server.metric(&name).expect("a counter");
        count.parse::<u64>().expect("a number")
    };
    // By the readable part alone two of them would be due; each pass finds both.
    eventually("the rule fails for what is damaged", || {
        count("failed") >= 4
    });
    eventually("and works for the rest", || count("removed_version") >= 1);
    assert_eq!(count("removed_version"), 1);
    server.kill();
    for (victim, before) in victims.iter().zip(before) {
        damage(&server, &victim.row(), |row| *row = before);
    }
    server.restart();
    for victim in &victims {
        let answer = city.get(&victim.target()).expect(200);
        assert_eq!(answer.body, b"the record", "{}", victim.object_key);
        let destroy = city.request("DELETE", &victim.target());
        let expected = destroy.header(BYPASS, "true").send();
        expected.refused(403, "AccessDenied");
    }
    let trimmed = versions_of(&city, "worm");
    let trimmed = trimmed.iter().filter(|own| own.object_key == "trimmed");
    assert_eq!(trimmed.count(), 1);
}

/// The bucket's row says that there is Object Lock: without it every version would be free. The
/// server does not serve such a store; what a damage at run time does is in
/// `src/gateway/lifecycle/tests.rs`.
#[test]
fn row_59_bucket_whose_lock_cannot_be_read_destroys_nothing() {
    let (mut server, city) = with_lock();
    let default = configuration(Some("<Mode>COMPLIANCE</Mode><Days>33333</Days>"));
    city.put("/worm?object-lock", default).expect(200);
    let version = put(&city, "/worm/a", "the record");
    server.kill();
    // "No Object Lock" in the place of "a default retention in days".
    let before = damage(&server, &keyspace::bucket_header(), |row| {
        let days = 33_333_u32.to_le_bytes();
        let place = row.windows(4).position(|bytes| bytes == days);
        let place = place.expect("the default retention is readable");
        row[place - 2] = 0;
    });
    let words = ["serve", "--data-dir", "{data}", "--listen", "127.0.0.1:0"];
    let (text, is_served) =
        server.command(&[&words[..], &["--admin-listen", "127.0.0.1:0"]].concat());
    assert!(!is_served && text.contains("does not decode"), "{text}");
    damage(&server, &keyspace::bucket_header(), |row| *row = before);
    server.restart();
    let target = at("/worm/a", &version);
    assert_eq!(city.get(&target).expect(200).body, b"the record");
    city.delete(&target).refused(403, "AccessDenied");
}
