//! What lifecycle rules do: point 85, with a day of two seconds.

use crate::lifecycle_rules::{days, document, expected, rule, told};
use crate::raw::{Account, Answer};
use crate::server::TestServer;
use std::time::Duration;

/// The job looks every second, and a day has two of them.
pub(crate) const SETTINGS: [(&str, &str); 3] = [
    ("RIZNICA_JOBS__LIFECYCLE_INTERVAL_S", "1"),
    ("RIZNICA_JOBS__LIFECYCLE_TEST_DAY_S", "2"),
    ("RIZNICA_JOBS__LIFECYCLE_ACTIONS_PER_S", "1000"),
];
const ENABLED: &str = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
/// Looks at a condition, a tenth of a second apart: a minute, for a machine that is busy.
const LOOKS_MAX: u32 = 600;
/// A day of the tests.
const DAY: Duration = Duration::from_secs(2);

/// Waits until a condition holds.
#[track_caller]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let holds = (0..LOOKS_MAX).any(|_| {
        let is_there = holds();
        if !is_there {
            pause(Duration::from_millis(100));
        }
        is_there
    });
    assert!(holds, "not in time: {what}");
}

#[expect(
    clippy::disallowed_methods,
    reason = "a pause between two looks, and days that have to pass"
)]
pub(crate) fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

fn with_bucket(is_versioned: bool) -> (TestServer, Account) {
    let server = TestServer::start_with(&SETTINGS);
    let city = server.account("city");
    city.put("/ruled", "").expect(200);
    if is_versioned {
        city.put("/ruled?versioning", ENABLED).expect(200);
    }
    (server, city)
}

fn set_rules(city: &Account, rules: &[String]) {
    let rules = document(&rules.concat());
    city.put("/ruled?lifecycle", rules).expect(200);
}

/// Object keys in a listing.
fn keys(city: &Account) -> Vec<String> {
    city.get("/ruled?list-type=2").expect(200).texts("Key")
}

/// A version in a listing: object key, whether it is a marker, its id, whether it is the latest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) object_key: String,
    pub(crate) is_marker: bool,
    pub(crate) id: String,
    pub(crate) is_latest: bool,
}

/// All versions of the bucket of these tests, by object key and from new to old.
pub(crate) fn versions(city: &Account) -> Vec<Version> {
    versions_of(city, "ruled")
}

/// As [`versions`], of any bucket.
pub(crate) fn versions_of(city: &Account, bucket: &str) -> Vec<Version> {
    let mut found = Vec::new();
    let mut marker = String::new();
    loop {
        let page = city.get(&format!("/{bucket}?versions{marker}")).expect(200);
        let body = page.body_text();
        for part in body
            .split("<Version>")
            .flat_map(|part| part.split("<DeleteMarker>"))
        {
            let text = |name: &str| {
                let (_, rest) = part.split_once(&format!("<{name}>"))?;
                Some(rest.split_once('<')?.0.to_owned())
            };
            if let (Some(object_key), Some(latest)) = (text("Key"), text("IsLatest")) {
                found.push(Version {
                    object_key,
                    is_marker: !part.contains("<ETag>"),
                    id: text("VersionId").expect("an id"),
                    is_latest: latest == "true",
                });
            }
        }
        let next = |name: &str| page.text(name).filter(|text| !text.is_empty());
        let Some(object_key) = next("NextKeyMarker") else {
            return found;
        };
        let version = next("NextVersionIdMarker").unwrap_or_default();
        let object_key = object_key.replace('/', "%2F");
        marker = format!("&key-marker={object_key}&version-id-marker={version}");
    }
}

fn of<'a>(all: &'a [Version], object_key: &str) -> Vec<&'a Version> {
    all.iter()
        .filter(|own| own.object_key == object_key)
        .collect()
}

fn version_id(answer: &Answer) -> String {
    let id = answer.header("x-amz-version-id");
    id.expect("a version id").to_owned()
}

#[test]
fn point_85_objects_expire_by_prefix_tag_and_size() {
    let (server, city) = with_bucket(false);
    assert!(
        server.log().contains("lifecycle_test_day_s"),
        "{}",
        server.log()
    );
    for object_key in ["a/1", "a/2", "b/1", "s/small"] {
        city.put(&format!("/ruled/{object_key}"), "123").expect(200);
    }
    city.put("/ruled/s/large", "123456").expect(200);
    for (object_key, tag) in [("t/go", "keep=no"), ("t/stay", "keep=yes")] {
        let put = city
            .request("PUT", &format!("/ruled/{object_key}"))
            .body("1");
        put.header("x-amz-tagging", tag).send().expect(200);
    }
    let filter = |inner: &str| format!("<Filter>{inner}</Filter>");
    let tag = "<Tag><Key>keep</Key><Value>no</Value></Tag>";
    let size = "<ObjectSizeGreaterThan>3</ObjectSizeGreaterThan>";
    set_rules(
        &city,
        &[
            rule("a", "<Prefix>a/</Prefix>", &days(1)),
            rule("b", "<Prefix>b/</Prefix>", &days(1)).replace("Enabled", "Disabled"),
            rule(
                "s",
                &filter(&format!("<Prefix>s/</Prefix>{size}")),
                &days(1),
            ),
            rule(
                "t",
                &filter(&format!("<And><Prefix>t/</Prefix>{tag}</And>")),
                &days(1),
            ),
            rule("r", "<Prefix>r/</Prefix>", &days(50)),
        ],
    );
    let put = city.put("/ruled/r/1", "1").expect(200);
    let wanted = ["b/1", "r/1", "s/small", "t/stay"];
    eventually("objects expire", || keys(&city).len() <= wanted.len());
    assert_eq!(keys(&city), wanted);
    // What the rules do not name stays, however long it waits.
    pause(DAY);
    assert_eq!(keys(&city), wanted);
    let metric = server.metric("riznica_lifecycle_total{outcome=\"expired\"}");
    assert_eq!(metric.as_deref(), Some("4"));
    // The day of two seconds is the job's alone: clients are told real days.
    let date = expected(&city, "/ruled/r/1", 50, "r");
    assert_eq!(told(&put).as_ref(), Some(&date));
    for method in ["HEAD", "GET"] {
        let read = city.request(method, "/ruled/r/1").send().expect(200);
        assert_eq!(told(&read).as_ref(), Some(&date), "{method}");
    }
}

#[test]
fn point_85_date_in_the_past_acts_at_the_next_scan_and_none_in_the_future() {
    let (_server, city) = with_bucket(false);
    city.put("/ruled/past/1", "1").expect(200);
    city.put("/ruled/future/1", "1").expect(200);
    let date = |date: &str| format!("<Expiration><Date>{date}T00:00:00Z</Date></Expiration>");
    set_rules(
        &city,
        &[
            rule("p", "<Prefix>past/</Prefix>", &date("2015-01-01")),
            rule("f", "<Prefix>future/</Prefix>", &date("2130-01-01")),
        ],
    );
    eventually("the date acts", || keys(&city).len() <= 1);
    assert_eq!(keys(&city), ["future/1"]);
}

#[test]
fn point_85_days_add_one_marker_and_a_lone_marker_goes() {
    let (_server, city) = with_bucket(true);
    let kept = version_id(&city.put("/ruled/a/1", "1").expect(200));
    // A marker with nothing below it.
    let marker = city.delete("/ruled/a/lone").expect(204);
    assert_eq!(marker.header("x-amz-delete-marker"), Some("true"));
    // The same where no rule looks.
    city.delete("/ruled/b/lone").expect(204);
    city.delete("/ruled/c/lone").expect(204);
    set_rules(
        &city,
        &[
            rule("a", "<Prefix>a/</Prefix>", &days(1)),
            rule(
                "c",
                "<Prefix>c/</Prefix>",
                "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>\
                 </Expiration>",
            ),
        ],
    );
    eventually("a marker is added, lone markers go", || {
        let all = versions(&city);
        of(&all, "a/1").len() > 1 && of(&all, "a/lone").is_empty() && of(&all, "c/lone").is_empty()
    });
    let all = versions(&city);
    let [marker, object] = of(&all, "a/1")[..] else {
        panic!("not two versions: {all:?}");
    };
    assert!(marker.is_marker && marker.is_latest);
    assert!(!object.is_marker && object.id == kept);
    assert_eq!(of(&all, "b/lone").len(), 1);
    // Never a second one.
    pause(2 * DAY);
    assert_eq!(versions(&city), all);
}

#[test]
fn point_85_noncurrent_versions_go_but_for_the_newest() {
    let (_server, city) = with_bucket(true);
    let put = |target: &str| version_id(&city.put(target, "1").expect(200));
    let of_a: Vec<_> = (0..4).map(|_| put("/ruled/a/1")).collect();
    let of_n: Vec<_> = (0..5).map(|_| put("/ruled/n/1")).collect();
    let of_b: Vec<_> = (0..3).map(|_| put("/ruled/b/1")).collect();
    let noncurrent = |newer: &str| {
        format!(
            "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>{newer}\
             </NoncurrentVersionExpiration>"
        )
    };
    let newer = "<NewerNoncurrentVersions>2</NewerNoncurrentVersions>";
    set_rules(
        &city,
        &[
            rule("a", "<Prefix>a/</Prefix>", &noncurrent("")),
            rule("n", "<Prefix>n/</Prefix>", &noncurrent(newer)),
        ],
    );
    eventually("noncurrent versions go", || {
        versions(&city).len() <= 1 + 3 + 3
    });
    let all = versions(&city);
    let ids = |object_key: &str| {
        let own = of(&all, object_key);
        own.iter()
            .map(|own| own.id.clone())
            .rev()
            .collect::<Vec<_>>()
    };
    assert_eq!(ids("a/1"), of_a[3..]);
    assert_eq!(ids("n/1"), of_n[2..]);
    assert_eq!(ids("b/1"), of_b);
    // It counts from becoming noncurrent, not from being written: this one is days old by now.
    pause(2 * DAY);
    let current = put("/ruled/a/1");
    let all = versions(&city);
    let own: Vec<_> = of(&all, "a/1").iter().map(|own| own.id.clone()).collect();
    assert_eq!(own, [current.clone(), of_a[3].clone()]);
    eventually("it goes as well", || of(&versions(&city), "a/1").len() == 1);
    assert_eq!(of(&versions(&city), "a/1")[0].id, current);
}

#[test]
fn point_85_deletion_by_rules_leaves_nothing_behind() {
    let (_server, city) = with_bucket(true);
    for _ in 0..3 {
        city.put("/ruled/a/1", "1").expect(200);
    }
    let actions = format!(
        "{}<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>\
         </NoncurrentVersionExpiration>",
        days(1)
    );
    set_rules(&city, &[rule("a", "<Prefix/>", &actions)]);
    // The current version expires, becomes noncurrent, is removed; its marker is alone then.
    eventually("all of it is gone", || versions(&city).is_empty());
    city.delete("/ruled").expect(204);
}

#[test]
fn point_85_uploads_are_aborted_by_prefix() {
    let (_server, city) = with_bucket(false);
    let begin = |object_key: &str| {
        let answer = city
            .post(&format!("/ruled/{object_key}?uploads"), "")
            .expect(200);
        let id = answer.text("UploadId").expect("an id");
        let part = format!("/ruled/{object_key}?partNumber=1&uploadId={id}");
        city.put(&part, vec![7; 100_000]).expect(200);
        id
    };
    let gone = begin("a/1");
    let kept = begin("b/1");
    let abort = "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation>\
                 </AbortIncompleteMultipartUpload>";
    set_rules(&city, &[rule("a", "<Prefix>a/</Prefix>", abort)]);
    let uploads = || city.get("/ruled?uploads").expect(200).texts("UploadId");
    eventually("the upload is aborted", || uploads().len() <= 1);
    assert_eq!(uploads(), [kept]);
    let parts = city.get(&format!("/ruled/a/1?uploadId={gone}"));
    parts.refused(404, "NoSuchUpload");
}

#[test]
fn locked_versions_stay_until_their_lock_is_over() {
    let server = TestServer::start_with(&SETTINGS);
    let city = server.account("city");
    let made = city.request("PUT", "/ruled");
    let made = made.header("x-amz-bucket-object-lock-enabled", "true");
    made.send().expect(200);
    let locked = |header: &str, value: &str| {
        let put = city
            .request("PUT", "/ruled/a/1")
            .body("1")
            .header(header, value);
        let mode = put.clone().header(
            "x-amz-object-lock-retain-until-date",
            "2130-01-01T00:00:00Z",
        );
        let put = if header.ends_with("mode") { mode } else { put };
        version_id(&put.send().expect(200))
    };
    let kept = [
        locked("x-amz-object-lock-mode", "COMPLIANCE"),
        locked("x-amz-object-lock-mode", "GOVERNANCE"),
        locked("x-amz-object-lock-legal-hold", "ON"),
    ];
    version_id(&city.put("/ruled/a/1", "free").expect(200));
    let current = version_id(&city.put("/ruled/a/1", "2").expect(200));
    let noncurrent = "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>\
                      </NoncurrentVersionExpiration>";
    set_rules(&city, &[rule("a", "<Prefix/>", noncurrent)]);
    let ids = || {
        versions(&city)
            .iter()
            .map(|own| own.id.clone())
            .collect::<Vec<_>>()
    };
    let [compliance, governance, held] = kept;
    let wanted = [
        current.clone(),
        held.clone(),
        governance.clone(),
        compliance.clone(),
    ];
    eventually("the version without a lock goes", || {
        ids().len() <= wanted.len()
    });
    assert_eq!(ids(), wanted);
    let skipped = || server.metric("riznica_lifecycle_total{outcome=\"locked\"}");
    eventually("it is told", || skipped().is_some_and(|count| count != "0"));
    let off = "<LegalHold><Status>OFF</Status></LegalHold>";
    city.put(&format!("/ruled/a/1?legal-hold&versionId={held}"), off)
        .expect(200);
    eventually("it goes without its hold", || ids().len() <= 3);
    assert_eq!(ids(), [current, governance, compliance]);
}

#[test]
fn rules_that_were_deleted_do_nothing_any_more() {
    let (_server, city) = with_bucket(false);
    set_rules(&city, &[rule("a", "<Prefix/>", &days(1))]);
    city.put("/ruled/first", "1").expect(200);
    eventually("the rule acts", || keys(&city).is_empty());
    city.put("/ruled/second", "1").expect(200);
    city.delete("/ruled?lifecycle").expect(204);
    pause(3 * DAY);
    assert_eq!(keys(&city), ["second"]);
}
