//! What the lifecycle job tells of itself, and its rate: every counter and the log's line about a
//! pass, to the number.

use crate::lifecycle_effects::{eventually, pause};
use crate::lifecycle_resume::{DUE, ONE_PASS, assert_report, reports};
use crate::lifecycle_rules::{days, document, rule};
use crate::object_lock::{FAR, create, locked};
use crate::raw::{self, Account};
use crate::server::TestServer;

/// Twenty actions a second.
const RATE: (&str, &str) = ("RIZNICA_JOBS__LIFECYCLE_ACTIONS_PER_S", "20");
const ACTIONS_PER_SECOND: f64 = 20.0;

/// The rules of all buckets of the test.
fn rules() -> String {
    let noncurrent = "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>\
                      </NoncurrentVersionExpiration>";
    let abort = "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation>\
                 </AbortIncompleteMultipartUpload>";
    let marker = "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>\
                  </Expiration>";
    document(
        &[
            rule("expire", "<Prefix>expired/</Prefix>", &days(1)),
            rule("trim", "<Prefix>trimmed/</Prefix>", noncurrent),
            rule("marker", "<Prefix>lone/</Prefix>", marker),
            rule("abort", "<Prefix>upload/</Prefix>", abort),
        ]
        .concat(),
    )
}

/// 60 expire, 20 older versions, 10 markers and 10 uploads go, 3 versions are locked.
fn fill_ruled(city: &Account) {
    create(city, "/ruled");
    for number in 0..60 {
        let target = format!("/ruled/expired/{number}");
        city.put(&target, "1").expect(200);
    }
    for number in 0..10 {
        for _ in 0..3 {
            let target = format!("/ruled/trimmed/{number}");
            city.put(&target, "1").expect(200);
        }
        city.delete(&format!("/ruled/lone/{number}")).expect(204);
        let target = format!("/ruled/upload/{number}?uploads");
        city.post(&target, "").expect(200);
    }
    for _ in 0..3 {
        let put = locked(city, "/ruled/trimmed/locked", "COMPLIANCE", FAR);
        put.body("1").send().expect(200);
    }
    locked(city, "/ruled/trimmed/locked", "COMPLIANCE", FAR)
        .body("1")
        .send()
        .expect(200);
}

/// 4 retained objects that would expire, in a bucket that protects them.
fn fill_protected(server: &TestServer, city: &Account) {
    let words = ["bucket", "create", "protected", "--tenant", "city"];
    let made = server.admin(&[&words[..], &["--profile", "restic"]].concat());
    made.expect("a bucket");
    for number in 0..4 {
        let target = format!("/protected/expired/{number}");
        city.put(&target, "1").expect(200);
    }
}

/// 2 objects that would expire, in a bucket without room for delete markers. Of the first there is
/// an older version; without it there is room for one.
fn fill_full(server: &TestServer, city: &Account) {
    city.put("/full", "").expect(200);
    let enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    city.put("/full?versioning", enabled).expect(200);
    for number in [0, 0, 1] {
        let target = format!("/full/expired/{number}");
        city.put(&target, "1").expect(200);
    }
    let words = ["quota", "set", "--bucket", "full", "--objects", "3"];
    server.admin(&words).expect("a limit");
}

#[test]
fn pass_keeps_to_its_rate_and_tells_what_it_did() {
    let settings = ONE_PASS.into_iter().filter(|(name, _)| *name != RATE.0);
    let settings: Vec<_> = settings.chain([RATE]).collect();
    let mut server = TestServer::start_with(&settings);
    let city = server.account("city");
    fill_ruled(&city);
    fill_protected(&server, &city);
    fill_full(&server, &city);
    pause(DUE);
    for bucket in ["ruled", "protected", "full"] {
        let target = format!("/{bucket}?lifecycle");
        let rules = match bucket {
            "full" => rules().replace("<Prefix>trimmed/", "<Prefix>expired/"),
            _ => rules(),
        };
        city.put(&target, rules).expect(200);
    }
    let begun = raw::now();
    server.restart();
    eventually("the passes are over", || reports(&server).len() >= 3);
    let seconds = (raw::now() - begun).as_seconds_f64();
    // What is refused in the end is an action too: 100 of the first bucket, 4 and 3.
    let least = (60.0 + 20.0 + 10.0 + 10.0 + 4.0 + 3.0) / ACTIONS_PER_SECOND;
    assert!(seconds >= least, "{seconds} s, not {least} s at least");
    for (outcome, count) in [
        ("expired", "61"),
        ("removed_version", "21"),
        ("removed_marker", "10"),
        ("aborted_upload", "10"),
        ("locked", "3"),
        ("protected", "4"),
        ("over_quota", "1"),
        ("failed", "0"),
    ] {
        let name = format!("riznica_lifecycle_total{{outcome=\"{outcome}\"}}");
        assert_eq!(server.metric(&name).as_deref(), Some(count), "{outcome}");
    }
    let last = server.metric("riznica_lifecycle_last_pass_seconds");
    let last = last.expect("a time");
    let last = last.split('.').next().and_then(|whole| whole.parse().ok());
    let span = begun.unix_timestamp()..=raw::now().unix_timestamp();
    assert!(span.contains(&last.expect("a number")), "{last:?}");
    let reports = reports(&server);
    assert_eq!(reports.len(), 3, "{reports:?}");
    for (bucket, counts) in [
        ("ruled", [81, 60, 20, 10, 10, 3, 0, 0]),
        ("protected", [4, 0, 0, 0, 0, 0, 4, 0]),
        ("full", [2, 1, 1, 0, 0, 0, 0, 1]),
    ] {
        let names = [
            "object_keys",
            "expired",
            "removed_versions",
            "removed_markers",
            "aborted_uploads",
            "locked",
            "protected",
            "over_quota",
        ];
        let own = format!("bucket={bucket}");
        let mut lines = reports.iter();
        let report = lines.find(|line| line.split(' ').any(|field| field == own));
        let fields: Vec<_> = names.into_iter().zip(counts).collect();
        let report = report.expect("its report");
        assert_report(report, &fields);
        assert_report(report, &[("changed", 0), ("failed", 0)]);
        assert!(report.contains("is_resumed=false"), "{report}");
    }
}
