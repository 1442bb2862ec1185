//! A pass of several pages that is killed in each of them: one pass does all of it, and its report
//! is the sum of what all processes did.
//!
//! Not here: that nothing else is touched (`lifecycle_crash`).

use crate::lifecycle_effects::{eventually, pause, versions};
use crate::lifecycle_rules::{days, document, rule};
use crate::raw::Account;
use crate::server::TestServer;
use std::thread;
use std::time::Duration;

/// A second pass would come only after the test, so what this one leaves out stays. The retention
/// clock loses little by a kill, so that everything is due from the beginning on.
pub(crate) const ONE_PASS: [(&str, &str); 4] = [
    ("RIZNICA_JOBS__RETENTION_CLOCK_INTERVAL_S", "1"),
    ("RIZNICA_JOBS__LIFECYCLE_INTERVAL_S", "36000"),
    ("RIZNICA_JOBS__LIFECYCLE_TEST_DAY_S", "1"),
    ("RIZNICA_JOBS__LIFECYCLE_ACTIONS_PER_S", "200"),
];
/// Longer than a day of the job and what a kill takes from the retention clock.
pub(crate) const DUE: Duration = Duration::from_secs(8);
/// More than two pages of object keys; the pages of the job have 256.
const OBJECTS: usize = 600;
/// More than a page of noncurrent versions of one object.
const NONCURRENT: usize = 300;
/// More than a page of uploads.
const UPLOADS: usize = 300;
/// What each process does before it is killed: in the first, second and third page of objects, in
/// the object with many versions, in both pages of uploads.
const KILLS: [u64; 9] = [80, 130, 110, 200, 130, 70, 90, 120, 150];
/// Looks at the counters, 5 ms apart.
const LOOKS_MAX: u32 = 12_000;
const OUTCOMES: [&str; 3] = ["expired", "removed_version", "aborted_upload"];

fn fill(city: &Account) {
    city.put("/ruled", "").expect(200);
    let enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    city.put("/ruled?versioning", enabled).expect(200);
    let objects = || {
        for number in 0..OBJECTS {
            let target = format!("/ruled/expired/{number}");
            city.put(&target, "4444").expect(200);
        }
    };
    let one_object = || {
        for _ in 0..=NONCURRENT {
            city.put("/ruled/trimmed", "22").expect(200);
        }
    };
    let uploads = || {
        for number in 0..UPLOADS {
            let target = format!("/ruled/upload/{}?uploads", number % 7);
            city.post(&target, "").expect(200);
        }
    };
    thread::scope(|scope| {
        scope.spawn(objects);
        scope.spawn(one_object);
        scope.spawn(uploads);
    });
}

fn rules() -> String {
    let noncurrent = "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>\
                      </NoncurrentVersionExpiration>";
    let abort = "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation>\
                 </AbortIncompleteMultipartUpload>";
    document(
        &[
            rule("expire", "<Prefix>expired/</Prefix>", &days(1)),
            rule("trim", "<Prefix>trimmed</Prefix>", noncurrent),
            rule("abort", "<Prefix>upload/</Prefix>", abort),
        ]
        .concat(),
    )
}

/// What this process did so far.
fn done(server: &TestServer) -> u64 {
    let count = |outcome: &&str| {
        let metric = server.metric(&format!("riznica_lifecycle_total{{outcome=\"{outcome}\"}}"));
        metric.map_or(0, |count| count.parse().expect("a number"))
    };
    OUTCOMES.iter().map(count).sum()
}

/// The log's lines about passes that are over.
pub(crate) fn reports(server: &TestServer) -> Vec<String> {
    let log = server.log();
    let over = |line: &&str| line.contains("lifecycle pass over a bucket is over");
    log.lines().filter(over).map(str::to_owned).collect()
}

/// A report says all of this, as `name=value`.
#[track_caller]
pub(crate) fn assert_report(report: &str, fields: &[(&str, usize)]) {
    for (name, count) in fields {
        let wanted = format!("{name}={count}");
        let is_there = report.split([' ', ',']).any(|field| field == wanted);
        assert!(is_there, "{wanted}: {report}");
    }
}

#[test]
fn one_pass_that_is_killed_in_every_page_does_all_and_reports_the_sum() {
    let mut server = TestServer::start_with(&ONE_PASS);
    let city = server.account("city");
    fill(&city);
    pause(DUE);
    city.put("/ruled?lifecycle", rules()).expect(200);
    for (number, actions) in KILLS.into_iter().enumerate() {
        server.restart();
        let is_reached = (0..LOOKS_MAX).any(|_| {
            let is_reached = done(&server) >= actions;
            if !is_reached {
                pause(Duration::from_millis(5));
            }
            is_reached
        });
        let reports = reports(&server);
        assert!(is_reached && reports.is_empty(), "{number}: {reports:?}");
    }
    server.restart();
    eventually("the pass is over", || !reports(&server).is_empty());
    let reports = reports(&server);
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert!(reports[0].contains("is_resumed=true"), "{reports:?}");
    // Keys too are counted once: it went on where it was, not at the beginning.
    let counts = [
        ("object_keys", OBJECTS + 1),
        ("expired", OBJECTS),
        ("removed_versions", NONCURRENT),
        ("aborted_uploads", UPLOADS),
        ("removed_markers", 0),
        ("locked", 0),
        ("over_quota", 0),
        ("protected", 0),
        ("changed", 0),
        ("failed", 0),
    ];
    assert_report(&reports[0], &counts);
    let all = versions(&city);
    let is_current = |prefix: &str, is_marker: bool| {
        let own = all.iter().filter(|own| own.object_key.starts_with(prefix));
        own.filter(|own| own.is_latest && own.is_marker == is_marker)
            .count()
    };
    assert_eq!(is_current("expired/", true), OBJECTS);
    assert_eq!(is_current("trimmed", false), 1);
    assert_eq!(all.len(), 2 * OBJECTS + 1);
    let uploads = city.get("/ruled?uploads").expect(200).texts("UploadId");
    assert!(uploads.is_empty(), "{uploads:?}");
    server.admin(&["usage", "recount"]).expect("right counters");
}
