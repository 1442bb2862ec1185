//! Documents of lifecycle rules and `x-amz-expiration`: points 81 to 84. What the rules do is in
//! `lifecycle_effects`.

use crate::raw::{Account, Answer};
use crate::server::TestServer;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, ExpirationStatus,
    LifecycleExpiration, LifecycleRule, LifecycleRuleAndOperator, LifecycleRuleFilter,
    NoncurrentVersionExpiration, Tag,
};
use time::format_description::FormatItem;
use time::macros::format_description;
use time::{Duration, PrimitiveDateTime, Time};

const HTTP_DATE: &[FormatItem<'_>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);
const TARGET: &str = "/ruled?lifecycle";

/// A document of rules.
pub(crate) fn document(rules: &str) -> String {
    let namespace = "http://s3.amazonaws.com/doc/2006-03-01/";
    format!("<LifecycleConfiguration xmlns=\"{namespace}\">{rules}</LifecycleConfiguration>")
}

/// A rule in force.
pub(crate) fn rule(id: &str, scope: &str, actions: &str) -> String {
    format!("<Rule><ID>{id}</ID>{scope}<Status>Enabled</Status>{actions}</Rule>")
}

/// An action of `Expiration`.
pub(crate) fn days(days: u32) -> String {
    format!("<Expiration><Days>{days}</Days></Expiration>")
}

fn with_bucket() -> (TestServer, Account) {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/ruled", "").expect(200);
    (server, city)
}

fn put(city: &Account, rules: &str) -> Answer {
    city.put(TARGET, document(rules))
}

#[test]
fn point_81_rules_come_back_as_they_were_given() {
    let (_server, city) = with_bucket();
    let none = city
        .get(TARGET)
        .refused(404, "NoSuchLifecycleConfiguration");
    assert_eq!(none.text("BucketName").as_deref(), Some("ruled"));
    city.delete(TARGET).expect(204);
    let tag = "<Tag><Key>a b</Key><Value>1</Value></Tag>";
    let given = [
        rule("one", "<Prefix>a&amp;/</Prefix>", &days(365)),
        rule("two", "<Filter></Filter>", &days(1)).replace("Enabled", "Disabled"),
        rule("three", "<Filter><Prefix></Prefix></Filter>", &days(2)),
        rule(
            "four",
            &format!("<Filter><Prefix>p</Prefix>{tag}</Filter>"),
            "<Expiration><Date>2030-01-01T00:00:00.000Z</Date></Expiration>",
        ),
        rule(
            "five",
            &format!(
                "<Filter><And><Prefix>p</Prefix>{tag}\
                 <ObjectSizeGreaterThan>5</ObjectSizeGreaterThan></And></Filter>"
            ),
            "<NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays>\
             <NewerNoncurrentVersions>7</NewerNoncurrentVersions></NoncurrentVersionExpiration>",
        ),
        rule(
            "six",
            "<Prefix></Prefix>",
            "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>\
             <AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation>\
             </AbortIncompleteMultipartUpload>",
        ),
    ];
    put(&city, &given.concat()).expect(200);
    let told = city.get(TARGET).expect(200).body_text();
    assert!(told.ends_with(&document(&given.concat())), "{told}");
    // They replace one another, and what is told can be sent back.
    put(&city, &given[0]).expect(200);
    let told = city.get(TARGET).expect(200).body_text();
    assert!(told.ends_with(&document(&given[0])), "{told}");
    city.put(TARGET, told).expect(200);
    for _ in 0..2 {
        city.delete(TARGET).expect(204);
        city.get(TARGET)
            .refused(404, "NoSuchLifecycleConfiguration");
    }
}

#[test]
fn point_81_missing_ids_are_generated() {
    let (_server, city) = with_bucket();
    let unnamed = format!("<Rule><Prefix/><Status>Enabled</Status>{}</Rule>", days(1));
    let empty = unnamed.replace("<Prefix/>", "<ID/><Prefix>a</Prefix>");
    put(&city, &format!("{unnamed}{empty}")).expect(200);
    let ids = city.get(TARGET).expect(200).texts("ID");
    assert_eq!(ids.len(), 2);
    assert!(
        ids.iter().all(|id| !id.is_empty()) && ids[0] != ids[1],
        "{ids:?}"
    );
    // They stay as they are.
    assert_eq!(city.get(TARGET).expect(200).texts("ID"), ids);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of documents")]
fn point_82_rules_that_are_none_are_refused_and_change_nothing() {
    let (_server, city) = with_bucket();
    let with = |actions: &str| rule("one", "<Prefix/>", actions);
    let good = with(&days(1));
    put(&city, &good).expect(200);
    let before = city.get(TARGET).expect(200).body_text();
    let noncurrent = |inner: &str| {
        with(&format!(
            "<NoncurrentVersionExpiration>{inner}</NoncurrentVersionExpiration>"
        ))
    };
    let tagged = "<Filter><Tag><Key>a</Key><Value>1</Value></Tag></Filter>";
    let abort = "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation>\
                 </AbortIncompleteMultipartUpload>";
    for (rules, status, code) in [
        (
            rule(&"x".repeat(256), "<Prefix/>", &days(1)),
            400,
            "InvalidArgument",
        ),
        (good.repeat(2), 400, "InvalidArgument"),
        (with(&days(0)), 400, "InvalidArgument"),
        (
            with("<Expiration><Days>-1</Days></Expiration>"),
            400,
            "InvalidArgument",
        ),
        (
            with("<Expiration><Date>1970-08-22T19:08:21Z</Date></Expiration>"),
            400,
            "InvalidArgument",
        ),
        (
            noncurrent("<NoncurrentDays>0</NoncurrentDays>"),
            400,
            "InvalidArgument",
        ),
        (
            noncurrent("<NewerNoncurrentVersions>5</NewerNoncurrentVersions>"),
            400,
            "InvalidArgument",
        ),
        (
            noncurrent(
                "<NoncurrentDays>1</NoncurrentDays>\
                 <NewerNoncurrentVersions>101</NewerNoncurrentVersions>",
            ),
            400,
            "InvalidArgument",
        ),
        (good.replace("Enabled", "enabled"), 400, "MalformedXML"),
        (good.replace("Enabled", "disabled"), 400, "MalformedXML"),
        (good.replace("Enabled", "invalid"), 400, "MalformedXML"),
        (with("<Expiration/>"), 400, "MalformedXML"),
        (rule("one", "", &days(1)), 400, "MalformedXML"),
        (
            rule("one", "<Prefix/><Filter/>", &days(1)),
            400,
            "MalformedXML",
        ),
        (String::new(), 400, "MalformedXML"),
        (with(""), 400, "InvalidRequest"),
        (rule("one", tagged, abort), 400, "InvalidRequest"),
        (
            rule(
                "one",
                tagged,
                "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>\
                 </Expiration>",
            ),
            400,
            "InvalidRequest",
        ),
        (
            with("<Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition>"),
            501,
            "NotImplemented",
        ),
        (
            with("<NoncurrentVersionTransition/>"),
            501,
            "NotImplemented",
        ),
    ] {
        put(&city, &rules).refused(status, code);
    }
    let many = |count: u32| {
        let rule = |number| rule(&format!("n{number}"), "<Prefix/>", &days(1));
        (0..count).map(rule).collect::<String>()
    };
    put(&city, &many(1001)).refused(400, "MalformedXML");
    assert_eq!(city.get(TARGET).expect(200).body_text(), before);
    put(&city, &many(1000)).expect(200);
    assert_eq!(city.get(TARGET).expect(200).texts("ID").len(), 1000);
}

#[test]
fn rules_are_their_owners() {
    let (server, city) = with_bucket();
    let stranger = server.account("stranger");
    put(&city, &rule("one", "<Prefix/>", &days(1))).expect(200);
    let before = city.get(TARGET).expect(200).body_text();
    stranger.get(TARGET).refused(403, "AccessDenied");
    put(&stranger, &rule("two", "<Prefix/>", &days(1))).refused(403, "AccessDenied");
    stranger.delete(TARGET).refused(403, "AccessDenied");
    city.request("DELETE", TARGET)
        .anonymous()
        .send()
        .refused(403, "AccessDenied");
    assert_eq!(city.get(TARGET).expect(200).body_text(), before);
    city.get("/absent?lifecycle").refused(404, "NoSuchBucket");
    // A bucket of the same name later has no rules.
    city.delete("/ruled").expect(204);
    city.put("/ruled", "").expect(200);
    city.get(TARGET)
        .refused(404, "NoSuchLifecycleConfiguration");
}

/// `x-amz-expiration` as it has to be for an object, by its Last-Modified.
pub(crate) fn expected(city: &Account, target: &str, days: i64, rule_id: &str) -> String {
    let head = city.request("HEAD", target).send().expect(200);
    let written = head.header("last-modified").expect("a date");
    let written = PrimitiveDateTime::parse(written, HTTP_DATE).expect("an HTTP date");
    let end = written + Duration::days(days);
    let midnight = end.replace_time(Time::MIDNIGHT) + Duration::days(1);
    let date = midnight.format(HTTP_DATE).expect("a date");
    format!("expiry-date=\"{date}\", rule-id=\"{rule_id}\"")
}

/// The header, if there is one.
pub(crate) fn told(answer: &Answer) -> Option<String> {
    answer.header("x-amz-expiration").map(str::to_owned)
}

#[test]
fn point_83_expiry_is_told_by_the_rule_that_matches_first() {
    let (_server, city) = with_bucket();
    let unruled = city.put("/ruled/a/x", "1").expect(200);
    assert_eq!(told(&unruled), None);
    let by_tag = "<Filter><Prefix>t/</Prefix><Tag><Key>keep</Key><Value>no</Value></Tag></Filter>";
    let rules = [
        rule("long 1/2", "<Prefix>a/</Prefix>", &days(100)),
        rule("short", "<Prefix>a/b/</Prefix>", &days(2)),
        rule("off", "<Prefix>a/</Prefix>", &days(1)).replace("Enabled", "Disabled"),
        rule("tag", by_tag, &days(3)),
        rule(
            "size",
            "<Filter><And><Prefix>s/</Prefix>\
             <ObjectSizeGreaterThan>3</ObjectSizeGreaterThan></And></Filter>",
            &days(4),
        ),
    ];
    put(&city, &rules.concat()).expect(200);
    for (target, body, tags, wanted) in [
        ("/ruled/a/x", "1", "", Some((100, "long%201%2F2"))),
        ("/ruled/a/b/x", "1", "", Some((2, "short"))),
        ("/ruled/b", "1", "", None),
        ("/ruled/t/x", "1", "keep=no", Some((3, "tag"))),
        ("/ruled/t/y", "1", "keep=yes", None),
        ("/ruled/t/z", "1", "", None),
        ("/ruled/s/x", "1234", "", Some((4, "size"))),
        ("/ruled/s/y", "123", "", None),
    ] {
        let put = city.request("PUT", target).body(body);
        let put = if tags.is_empty() {
            put
        } else {
            put.header("x-amz-tagging", tags)
        };
        let put = put.send().expect(200);
        let wanted = wanted.map(|(days, id)| expected(&city, target, days, id));
        assert_eq!(told(&put), wanted, "{target}");
        for method in ["HEAD", "GET"] {
            let read = city.request(method, target).send().expect(200);
            assert_eq!(told(&read), wanted, "{method} {target}");
        }
    }
    // Tags that come later count as well.
    let tagging = crate::tagging::document(&[("keep", "no")]);
    city.put("/ruled/t/y?tagging", tagging).expect(200);
    let head = city.request("HEAD", "/ruled/t/y").send().expect(200);
    assert_eq!(told(&head), Some(expected(&city, "/ruled/t/y", 3, "tag")));
    city.delete(TARGET).expect(204);
    let head = city.request("HEAD", "/ruled/a/x").send().expect(200);
    assert_eq!(told(&head), None);
}

#[test]
fn point_84_predicates_without_and_have_to_hold_together() {
    let (_server, city) = with_bucket();
    let scope = "<Filter><Prefix>t/</Prefix><Tag><Key>a</Key><Value>1</Value></Tag>\
                 <ObjectSizeGreaterThan>3</ObjectSizeGreaterThan></Filter>";
    put(&city, &rule("all", scope, &days(3))).expect(200);
    for (target, body, tags, is_told) in [
        ("/ruled/t/x", "1234", "a=1", true),
        ("/ruled/u/x", "1234", "a=1", false),
        ("/ruled/t/y", "1234", "a=2", false),
        ("/ruled/t/z", "123", "a=1", false),
    ] {
        let put = city.request("PUT", target).body(body);
        let put = put.header("x-amz-tagging", tags).send().expect(200);
        assert_eq!(told(&put).is_some(), is_told, "{target}");
    }
}

#[test]
fn point_83_expiry_is_told_on_copies_uploads_and_current_versions_only() {
    let (_server, city) = with_bucket();
    put(&city, &rule("one", "<Prefix>a/</Prefix>", &days(5))).expect(200);
    let wanted = |target: &str| Some(expected(&city, target, 5, "one"));
    city.put("/ruled/source", "1").expect(200);
    let copy = city.request("PUT", "/ruled/a/copy");
    let copy = copy
        .header("x-amz-copy-source", "/ruled/source")
        .send()
        .expect(200);
    assert_eq!(told(&copy), wanted("/ruled/a/copy"));
    let upload = city.post("/ruled/a/parts?uploads", "").expect(200);
    assert_eq!(told(&upload), None);
    let id = upload.text("UploadId").expect("an id");
    let part = format!("/ruled/a/parts?partNumber=1&uploadId={id}");
    let etag = city.put(&part, "12345").expect(200);
    let etag = etag.header("etag").expect("an ETag").replace('"', "&quot;");
    let list = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>\
         </CompleteMultipartUpload>"
    );
    let target = format!("/ruled/a/parts?uploadId={id}");
    let complete = city.post(&target, list).expect(200);
    assert_eq!(told(&complete), wanted("/ruled/a/parts"));
    let enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    city.put("/ruled?versioning", enabled).expect(200);
    let first = city.put("/ruled/a/v", "1").expect(200);
    assert_eq!(told(&first), wanted("/ruled/a/v"));
    let version = first.header("x-amz-version-id").expect("an id");
    let named = format!("/ruled/a/v?versionId={version}");
    let head = |target: &str| told(&city.request("HEAD", target).send().expect(200));
    assert_eq!(head(&named), wanted("/ruled/a/v"));
    city.put("/ruled/a/v", "2").expect(200);
    assert_eq!(head(&named), None);
    assert_eq!(head("/ruled/a/v"), wanted("/ruled/a/v"));
}

#[test]
fn point_83_date_that_no_header_can_name_is_not_told() {
    let (_server, city) = with_bucket();
    put(&city, &rule("one", "<Prefix/>", &days(2_147_483_647))).expect(200);
    assert_eq!(told(&city.put("/ruled/a", "1").expect(200)), None);
    let date = "<Expiration><Date>2012-12-21T00:00:00Z</Date></Expiration>";
    put(&city, &rule("a", "<Prefix/>", date)).expect(200);
    let answer = city.request("HEAD", "/ruled/a").send().expect(200);
    let wanted = "expiry-date=\"Fri, 21 Dec 2012 00:00:00 GMT\", rule-id=\"a\"";
    assert_eq!(told(&answer).as_deref(), Some(wanted));
}

#[tokio::test]
async fn point_81_sdk_sets_reads_and_deletes_rules() {
    let server = TestServer::start();
    let client = server.tenant("city");
    let made = client.create_bucket().bucket("ruled").send().await;
    made.expect("a bucket");
    let read = || client.get_bucket_lifecycle_configuration().bucket("ruled");
    let none = read().send().await.expect_err("no rules");
    assert_eq!(none.code(), Some("NoSuchLifecycleConfiguration"));
    let tag = Tag::builder().key("a").value("1").build().expect("a tag");
    let and = LifecycleRuleAndOperator::builder()
        .prefix("logs/")
        .tags(tag)
        .object_size_less_than(1 << 40)
        .build();
    let first = LifecycleRule::builder()
        .id("first")
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().and(and).build())
        .expiration(LifecycleExpiration::builder().days(30).build())
        .noncurrent_version_expiration(
            NoncurrentVersionExpiration::builder()
                .noncurrent_days(7)
                .newer_noncurrent_versions(3)
                .build(),
        )
        .build()
        .expect("a rule");
    let second = LifecycleRule::builder()
        .id("second")
        .status(ExpirationStatus::Disabled)
        .filter(LifecycleRuleFilter::builder().prefix("").build())
        .abort_incomplete_multipart_upload(
            AbortIncompleteMultipartUpload::builder()
                .days_after_initiation(2)
                .build(),
        )
        .build()
        .expect("a rule");
    let rules = vec![first, second];
    let configuration = BucketLifecycleConfiguration::builder()
        .set_rules(Some(rules.clone()))
        .build()
        .expect("a configuration");
    let put = client.put_bucket_lifecycle_configuration().bucket("ruled");
    let put = put.lifecycle_configuration(configuration).send().await;
    put.expect("rules are set");
    assert_eq!(read().send().await.expect("rules").rules(), rules);
    let gone = client
        .delete_bucket_lifecycle()
        .bucket("ruled")
        .send()
        .await;
    gone.expect("rules are gone");
    assert!(read().send().await.is_err());
}
