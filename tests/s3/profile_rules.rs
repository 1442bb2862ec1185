//! Lifecycle rules of buckets with a profile: the ones that the profile brings, and the ones that
//! an attacker with the tenant's own key sets.

use crate::lifecycle_effects::{SETTINGS, eventually, pause, versions_of};
use crate::lifecycle_rules::{days, document, rule};
use crate::raw::Account;
use crate::server::TestServer;
use std::time::Duration;

fn create(server: &TestServer, profile: &str) {
    let words = ["bucket", "create", profile, "--tenant", "city"];
    let made = server.admin(&[&words[..], &["--profile", profile]].concat());
    made.expect("a bucket");
}

fn stored(city: &Account, target: &str) {
    city.put(target, "the only copy").expect(200);
}

#[test]
fn profile_brings_the_rules_that_it_says() {
    let server = TestServer::start();
    let city = server.account("city");
    for (profile, noncurrent) in [
        ("restic", Some("30")),
        ("rclone", Some("90")),
        ("pgbackrest", Some("35")),
        ("records", None),
    ] {
        create(&server, profile);
        let told = city.get(&format!("/{profile}?lifecycle")).expect(200);
        let text = |name: &str| told.text(name);
        assert_eq!(text("NoncurrentDays").as_deref(), noncurrent, "{profile}");
        let marker = text("ExpiredObjectDeleteMarker");
        let wanted = noncurrent.map(|_| "true");
        assert_eq!(marker.as_deref(), wanted, "{profile}");
        let abort = text("DaysAfterInitiation");
        assert_eq!(abort.as_deref(), Some("7"), "{profile}");
        // Nothing that is in sight ever goes by them.
        assert_eq!(told.texts("Days"), Vec::<String>::new(), "{profile}");
        assert_eq!(told.texts("Date"), Vec::<String>::new(), "{profile}");
        assert!(told.texts("Status").iter().all(|own| own == "Enabled"));
    }
}

/// "Protection keeps a retained object from being hidden too": by the job as well.
#[test]
fn rules_of_a_stolen_key_hide_and_destroy_nothing_that_is_retained() {
    let server = TestServer::start_with(&SETTINGS);
    let city = server.account("city");
    for profile in ["restic", "records"] {
        create(&server, profile);
    }
    let kept = [
        "/restic/config",
        "/restic/data/ab/abcd",
        "/restic/snapshots/1",
        "/records/akt.pdf",
    ];
    for target in kept {
        stored(&city, target);
    }
    stored(&city, "/restic/overwritten");
    stored(&city, "/restic/locks/1");
    city.put("/restic/overwritten", "encrypted").expect(200);
    let actions = format!(
        "{}<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>\
         </NoncurrentVersionExpiration>",
        days(1)
    );
    let before: Vec<_> = ["restic", "records"]
        .map(|bucket| versions_of(&city, bucket))
        .concat();
    for bucket in ["restic", "records"] {
        let rules = document(&rule("all", "<Prefix/>", &actions));
        city.put(&format!("/{bucket}?lifecycle"), rules).expect(200);
    }
    eventually("what is not retained goes", || {
        city.head("/restic/locks/1").status == 404
    });
    let count = |outcome: &str| {
        let name = format!("riznica_lifecycle_total{{outcome=\"{outcome}\"}}");
        let count = server.metric(&name).expect("a counter");
        count.parse::<usize>().expect("a number")
    };
    // Each pass finds all of them due, and leaves them.
    eventually("the others are due and stay", || {
        count("protected") >= 2 * (kept.len() + 1) && count("locked") >= 2
    });
    pause(Duration::from_secs(2));
    for target in kept {
        let answer = city.get(target).expect(200);
        assert_eq!(answer.body_text(), "the only copy", "{target}");
    }
    let after = ["restic", "records"]
        .map(|bucket| versions_of(&city, bucket))
        .concat();
    let is_retained = |own: &&crate::lifecycle_effects::Version| own.object_key != "locks/1";
    let retained = |all: &[crate::lifecycle_effects::Version]| -> Vec<_> {
        all.iter().filter(is_retained).cloned().collect()
    };
    assert_eq!(retained(&after), retained(&before));
    let old = before
        .iter()
        .find(|own| own.object_key == "overwritten" && !own.is_latest);
    let old = &old.expect("the older version").id;
    let old = city.get(&format!("/restic/overwritten?versionId={old}"));
    assert_eq!(old.expect(200).body_text(), "the only copy");
}
