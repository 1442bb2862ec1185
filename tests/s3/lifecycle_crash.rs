//! kill -9 in the middle of a lifecycle pass, again and again: what is due is gone exactly once,
//! and nothing else is.

use crate::lifecycle_effects::{eventually, pause, versions};
use crate::lifecycle_rules::{days, document, rule};
use crate::raw::Account;
use crate::server::TestServer;
use std::time::Duration;

/// A day of a second, so that everything is due at once; slow enough that a kill falls into a pass.
const SETTINGS: [(&str, &str); 3] = [
    ("RIZNICA_JOBS__LIFECYCLE_INTERVAL_S", "1"),
    ("RIZNICA_JOBS__LIFECYCLE_TEST_DAY_S", "1"),
    ("RIZNICA_JOBS__LIFECYCLE_ACTIONS_PER_S", "60"),
];
/// Objects of each kind.
const OBJECTS: usize = 40;
const KILLS: u64 = 8;

fn fill(city: &Account) {
    city.put("/ruled", "").expect(200);
    let enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    city.put("/ruled?versioning", enabled).expect(200);
    for number in 0..OBJECTS {
        for kind in ["kept", "trimmed"] {
            for body in ["1", "22", "333"] {
                city.put(&format!("/ruled/{kind}/{number}"), body)
                    .expect(200);
            }
        }
        city.put(&format!("/ruled/expired/{number}"), "4444")
            .expect(200);
        city.delete(&format!("/ruled/lone/{number}")).expect(204);
        let upload = format!("/ruled/upload/{}?uploads", number % 10);
        city.post(&upload, "").expect(200);
    }
    city.post("/ruled/kept/upload?uploads", "").expect(200);
}

fn rules() -> String {
    let noncurrent = "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>\
                      </NoncurrentVersionExpiration>";
    let abort = "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation>\
                 </AbortIncompleteMultipartUpload>";
    let marker = "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>\
                  </Expiration>";
    document(
        &[
            rule("trim", "<Prefix>trimmed/</Prefix>", noncurrent),
            rule("expire", "<Prefix>expired/</Prefix>", &days(1)),
            rule("marker", "<Prefix>lone/</Prefix>", marker),
            rule("abort", "<Prefix>upload/</Prefix>", abort),
        ]
        .concat(),
    )
}

/// How many versions and markers there are under a prefix.
fn count(city: &Account, prefix: &str) -> (usize, usize) {
    let all = versions(city);
    let own = all.iter().filter(|own| own.object_key.starts_with(prefix));
    let (markers, objects): (Vec<_>, Vec<_>) = own.partition(|own| own.is_marker);
    (objects.len(), markers.len())
}

fn uploads(city: &Account) -> usize {
    city.get("/ruled?uploads")
        .expect(200)
        .texts("UploadId")
        .len()
}

fn is_done(city: &Account) -> bool {
    count(city, "trimmed/") == (OBJECTS, 0)
        && count(city, "expired/") == (OBJECTS, OBJECTS)
        && count(city, "lone/") == (0, 0)
        && uploads(city) == 1
}

#[test]
fn killed_pass_goes_on_and_does_everything_once() {
    let mut server = TestServer::start_with(&SETTINGS);
    let city = server.account("city");
    fill(&city);
    city.put("/ruled?lifecycle", rules()).expect(200);
    let mut unfinished = 0;
    for round in 0..KILLS {
        // Not the same moment each time, and never so late that nothing is left to do.
        pause(Duration::from_millis(150 + 97 * (round * 5 % 7)));
        server.restart();
        unfinished += u64::from(!is_done(&city));
        let kept = count(&city, "kept/");
        assert_eq!(kept, (3 * OBJECTS, 0), "round {round}");
        let (objects, markers) = count(&city, "expired/");
        assert!(objects == OBJECTS && markers <= OBJECTS, "round {round}");
    }
    assert!(unfinished >= 3, "the kills came too late to prove anything");
    eventually("everything due is gone", || is_done(&city));
    // Two more passes change nothing.
    let before = versions(&city);
    pause(Duration::from_secs(3));
    assert_eq!(versions(&city), before);
    assert_eq!(count(&city, "kept/"), (3 * OBJECTS, 0));
    let latest = |prefix: &str, is_marker: bool| {
        let own = before
            .iter()
            .filter(|own| own.object_key.starts_with(prefix));
        own.filter(|own| own.is_latest && own.is_marker == is_marker)
            .count()
    };
    assert_eq!(latest("trimmed/", false), OBJECTS);
    assert_eq!(latest("expired/", true), OBJECTS);
    // Each was counted out once: the usage is that of what is there.
    let listed = server.admin(&["bucket", "list"]).expect("buckets");
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
    let objects = before.len();
    let bytes = (1 + 2 + 3) * OBJECTS + 3 * OBJECTS + 4 * OBJECTS;
    assert_eq!(listed[0]["objects"], objects, "{listed}");
    assert_eq!(listed[0]["bytes"], bytes, "{listed}");
}
