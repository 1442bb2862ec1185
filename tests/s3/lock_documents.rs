//! Documents and headers of Object Lock: points 86 to 89 as far as a single request shows them.
//!
//! Not here: that nothing destroys what is locked.

use crate::raw::{Account, Answer};
use crate::server::TestServer;

const VERSIONED: &str = "<VersioningConfiguration><Status>Enabled</Status>\
    </VersioningConfiguration>";
const LOCKED: &str = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>\
    </ObjectLockConfiguration>";
const FAR: &str = "2140-01-01T00:00:00.000Z";

fn with_rule(inner: &str) -> String {
    let rule = format!("<Rule><DefaultRetention>{inner}</DefaultRetention></Rule>");
    LOCKED.replace("</ObjectLockConf", &format!("{rule}</ObjectLockConf"))
}

fn retention(mode: &str, date: &str) -> String {
    let date = format!("<RetainUntilDate>{date}</RetainUntilDate>");
    format!("<Retention><Mode>{mode}</Mode>{date}</Retention>")
}

fn hold(status: &str) -> String {
    format!("<LegalHold><Status>{status}</Status></LegalHold>")
}

/// A bucket without Object Lock, and one with it and an object.
fn with_buckets() -> (TestServer, Account) {
    let server = TestServer::start();
    let city = server.account("city");
    for bucket in ["/open", "/locked"] {
        city.put(bucket, "").expect(200);
        city.put(&format!("{bucket}/k"), "four").expect(200);
    }
    city.put("/locked?versioning", VERSIONED).expect(200);
    city.put("/locked?object-lock", LOCKED).expect(200);
    (server, city)
}

fn told(answer: &Answer) -> (Option<String>, Option<String>) {
    (answer.text("Mode"), answer.text("RetainUntilDate"))
}

fn both(mode: &str, date: &str) -> (Option<String>, Option<String>) {
    (Some(mode.to_owned()), Some(date.to_owned()))
}

#[test]
fn point_86_configuration_needs_versions_and_keeps_them() {
    let (_server, city) = with_buckets();
    let not_found = "ObjectLockConfigurationNotFoundError";
    let refused = city.get("/open?object-lock").refused(404, not_found);
    assert_eq!(refused.text("BucketName").as_deref(), Some("open"));
    city.put("/open?object-lock", LOCKED)
        .refused(409, "InvalidBucketState");
    let suspended = VERSIONED.replace("Enabled", "Suspended");
    city.put("/open?versioning", &*suspended).expect(200);
    city.put("/open?object-lock", LOCKED)
        .refused(409, "InvalidBucketState");
    city.get("/open?object-lock").refused(404, not_found);
    city.put("/open?versioning", VERSIONED).expect(200);
    city.put("/open?object-lock", LOCKED).expect(200);
    city.put("/open?versioning", &*suspended)
        .refused(409, "InvalidBucketState");
    let answer = city.get("/open?versioning").expect(200);
    assert_eq!(answer.text("Status").as_deref(), Some("Enabled"));
}

#[test]
fn point_87_configuration_is_told_as_it_was_set() {
    let (_server, city) = with_buckets();
    let answer = city.get("/locked?object-lock").expect(200);
    let enabled = answer.text("ObjectLockEnabled");
    assert_eq!(enabled.as_deref(), Some("Enabled"));
    assert!(!answer.body_text().contains("Rule"), "{answer:?}");
    let days = with_rule("<Mode>GOVERNANCE</Mode><Days>7</Days>");
    let years = with_rule("<Mode>COMPLIANCE</Mode><Years>1</Years>");
    for document in [&days, &years] {
        city.put("/locked?object-lock", &**document).expect(200);
        let told = city.get("/locked?object-lock").expect(200).body_text();
        let (_, rule) = document.split_once("<Rule>").expect("a rule");
        assert!(told.ends_with(rule), "{told}");
    }
    city.put("/locked?object-lock", LOCKED).expect(200);
    let told = city.get("/locked?object-lock").expect(200).body_text();
    assert!(!told.contains("Rule"), "{told}");
}

#[test]
fn point_87_configuration_that_is_none_is_refused_and_changes_nothing() {
    let (server, city) = with_buckets();
    let stranger = server.account("stranger");
    let good = with_rule("<Mode>GOVERNANCE</Mode><Days>7</Days>");
    city.put("/locked?object-lock", &*good).expect(200);
    for bad in [
        String::new(),
        LOCKED.replace("Enabled<", "Disabled<"),
        LOCKED.replace("Enabled<", "enabled<"),
        with_rule("<Mode>GOVERNANCE</Mode><Days>7</Days><Years>1</Years>"),
        with_rule("<Mode>GOVERNANCE</Mode>"),
        with_rule("<Days>7</Days>"),
        with_rule("<Mode>governance</Mode><Days>7</Days>"),
        with_rule("<Mode>abc</Mode><Days>7</Days>"),
        with_rule("<Mode>GOVERNANCE</Mode><Days>seven</Days>"),
    ] {
        city.put("/locked?object-lock", &*bad)
            .refused(400, "MalformedXML");
    }
    for (period, name) in [
        ("<Days>0</Days>", "Days"),
        ("<Days>-1</Days>", "Days"),
        ("<Years>-1</Years>", "Years"),
        ("<Days>36501</Days>", "Days"),
        ("<Years>101</Years>", "Years"),
    ] {
        let bad = with_rule(&format!("<Mode>GOVERNANCE</Mode>{period}"));
        let refused = city.put("/locked?object-lock", bad);
        let refused = refused.refused(400, "InvalidArgument");
        assert_eq!(refused.text("ArgumentName").as_deref(), Some(name));
    }
    stranger
        .get("/locked?object-lock")
        .refused(403, "AccessDenied");
    let put = stranger.put("/locked?object-lock", LOCKED);
    put.refused(403, "AccessDenied");
    let told = city.get("/locked?object-lock").expect(200);
    assert_eq!(told.text("Days").as_deref(), Some("7"));
}

#[test]
fn point_88_bucket_without_lock_has_no_retention_and_no_hold() {
    let (_server, city) = with_buckets();
    for answer in [
        city.get("/open/k?retention"),
        city.get("/open/k?legal-hold"),
        city.put("/open/k?retention", retention("GOVERNANCE", FAR)),
        city.put("/open/k?legal-hold", hold("ON")),
    ] {
        let refused = answer.refused(400, "InvalidRequest");
        let text = "Bucket is missing Object Lock Configuration";
        assert_eq!(refused.text("Message").as_deref(), Some(text));
    }
    for target in ["/locked/absent?retention", "/locked/absent?legal-hold"] {
        city.get(target).refused(404, "NoSuchKey");
    }
    let absent = city.put("/locked/absent?legal-hold", hold("ON"));
    absent.refused(404, "NoSuchKey");
}

#[test]
fn point_87_retention_that_is_none_is_refused() {
    let (_server, city) = with_buckets();
    let none = "NoSuchObjectLockConfiguration";
    city.get("/locked/k?retention").refused(404, none);
    for bad in [
        String::new(),
        "<Retention><Mode>GOVERNANCE</Mode></Retention>".to_owned(),
        format!("<Retention><RetainUntilDate>{FAR}</RetainUntilDate></Retention>"),
        retention("governance", FAR),
        retention("compliance", FAR),
        retention("abc", FAR),
        retention("GOVERNANCE", "2140-01-01"),
        retention("GOVERNANCE", "tomorrow"),
        retention("GOVERNANCE", "20140-01-01T00:00:00Z"),
    ] {
        city.put("/locked/k?retention", &*bad)
            .refused(400, "MalformedXML");
    }
    for past in ["2016-01-01T00:00:00Z", "1969-01-01T00:00:00Z"] {
        city.put("/locked/k?retention", retention("GOVERNANCE", past))
            .refused(400, "InvalidArgument");
    }
    city.get("/locked/k?retention").refused(404, none);
    // Nothing to take away.
    city.put("/locked/k?retention", "<Retention/>").expect(200);
}

#[test]
fn point_89_retention_changes_as_far_as_its_mode_allows() {
    let (_server, city) = with_buckets();
    let put = |mode: &str, date: &str, bypass: &str| {
        let put = city.request("PUT", "/locked/k?retention");
        let put = put.header("x-amz-bypass-governance-retention", bypass);
        put.body(retention(mode, date)).send()
    };
    let get = || told(&city.get("/locked/k?retention").expect(200));
    put("GOVERNANCE", "2140-01-01T00:00:00.1239Z", "false").expect(200);
    // Never shorter than it was said.
    let told = both("GOVERNANCE", "2140-01-01T00:00:00.124Z");
    assert_eq!(get(), told);
    let head = city.head("/locked/k").expect(200);
    assert_eq!(head.header("x-amz-object-lock-mode"), told.0.as_deref());
    let until = head.header("x-amz-object-lock-retain-until-date");
    assert_eq!(until, told.1.as_deref());
    // What was told can be sent back.
    put("GOVERNANCE", "2140-01-01T00:00:00.124Z", "false").expect(200);
    put("GOVERNANCE", FAR, "false").refused(403, "AccessDenied");
    put("COMPLIANCE", FAR, "false").refused(403, "AccessDenied");
    let taken = city.put("/locked/k?retention", "<Retention/>");
    taken.refused(403, "AccessDenied");
    put("GOVERNANCE", FAR, "perhaps").refused(400, "InvalidArgument");
    assert_eq!(get(), told);
    put("GOVERNANCE", FAR, "true").expect(200);
    assert_eq!(get(), both("GOVERNANCE", FAR));
    put("COMPLIANCE", FAR, "true").expect(200);
    for bypass in ["true", "false"] {
        put("GOVERNANCE", FAR, bypass).refused(403, "AccessDenied");
        let sooner = put("COMPLIANCE", "2139-01-01T00:00:00Z", bypass);
        sooner.refused(403, "AccessDenied");
    }
    put("COMPLIANCE", "2141-01-01T00:00:00Z", "false").expect(200);
    assert_eq!(get(), both("COMPLIANCE", "2141-01-01T00:00:00.000Z"));
}

#[test]
fn point_87_legal_hold_is_on_or_off() {
    let (_server, city) = with_buckets();
    let status = || city.get("/locked/k?legal-hold").expect(200).text("Status");
    assert_eq!(status().as_deref(), Some("OFF"));
    for expected in ["ON", "ON", "OFF", "OFF", "ON"] {
        let put = city.put("/locked/k?legal-hold", hold(expected));
        put.expect(200);
        assert_eq!(status().as_deref(), Some(expected));
        let head = city.head("/locked/k").expect(200);
        let header = head.header("x-amz-object-lock-legal-hold");
        assert_eq!(header, (expected == "ON").then_some("ON"));
    }
    for bad in ["abc", "on", "", "ON</Status><Status>OFF"] {
        city.put("/locked/k?legal-hold", hold(bad))
            .refused(400, "MalformedXML");
    }
    assert_eq!(status().as_deref(), Some("ON"));
}

#[test]
fn locks_are_of_the_version_that_is_named() {
    let (_server, city) = with_buckets();
    let put = city.put("/locked/k", "newer").expect(200);
    let newer = put.header("x-amz-version-id").expect("a version");
    city.put("/locked/k?legal-hold&versionId=null", hold("ON"))
        .expect(200);
    let target = format!("/locked/k?retention&versionId={newer}");
    city.put(&target, retention("GOVERNANCE", FAR)).expect(200);
    let null = city.get("/locked/k?retention&versionId=null");
    null.refused(404, "NoSuchObjectLockConfiguration");
    let newest = city.get("/locked/k?legal-hold").expect(200);
    assert_eq!(newest.text("Status").as_deref(), Some("OFF"));
    let null = city.head("/locked/k?versionId=null").expect(200);
    assert_eq!(null.header("x-amz-object-lock-legal-hold"), Some("ON"));
    assert_eq!(null.header("x-amz-object-lock-mode"), None);
    let newest = city.head("/locked/k").expect(200);
    assert_eq!(newest.header("x-amz-object-lock-mode"), Some("GOVERNANCE"));
    assert_eq!(newest.header("x-amz-object-lock-legal-hold"), None);
    let marker = city.delete("/locked/k").expect(204);
    let marker = marker.header("x-amz-version-id").expect("a marker");
    let on_marker = city.put(
        &format!("/locked/k?retention&versionId={marker}"),
        retention("GOVERNANCE", FAR),
    );
    on_marker.refused(405, "MethodNotAllowed");
}

#[test]
fn bypass_that_can_be_read_in_two_ways_deletes_nothing() {
    let (_server, city) = with_buckets();
    city.put(
        "/locked/k?retention&versionId=null",
        retention("GOVERNANCE", FAR),
    )
    .expect(200);
    let name = "x-amz-bypass-governance-retention";
    let delete = || city.request("DELETE", "/locked/k?versionId=null");
    let list = "<Delete><Object><Key>k</Key><VersionId>null</VersionId></Object></Delete>";
    let post = || city.request("POST", "/locked?delete").body(list);
    for request in [delete(), post()] {
        let request = request.header(name, "perhaps").send();
        request.refused(400, "InvalidArgument");
    }
    for request in [delete(), post()] {
        let request = request.header(name, "false").header(name, "true").send();
        request.refused(400, "InvalidRequest");
    }
    delete().send().refused(403, "AccessDenied");
    assert_eq!(city.get("/locked/k").expect(200).body, b"four");
    delete().header(name, "true").send().expect(204);
    city.get("/locked/k").refused(404, "NoSuchKey");
}
