//! Points 39 and 40: deletions under conditions, and many at once.

use super::multipart_checksums::{checksum, header_of};
use super::uploads::bytes;
use super::{fill, with_bucket};
use crate::raw::{Account, Answer};
use crate::server::TestServer;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};

const OTHER: &str = "\"0123456789abcdef0123456789abcdef\"";
const LONG_AGO: &str = "Fri, 21 Oct 2016 07:28:00 GMT";

/// A bucket with `a`, of four bytes; its ETag and time.
fn with_object() -> (TestServer, Account, String, String) {
    let (server, city) = with_bucket();
    fill(&city, &["a"]);
    let head = city.head("/points/a").expect(200);
    let header = |name: &str| head.header(name).expect("a header").to_owned();
    let (etag, time) = (header("etag"), header("last-modified"));
    (server, city, etag, time)
}

fn delete_if(city: &Account, target: &str, headers: &[(&str, &str)]) -> Answer {
    let mut delete = city.request("DELETE", target);
    for (name, value) in headers {
        delete = delete.header(name, value);
    }
    delete.send()
}

const SIZE: &str = "x-amz-if-match-size";
const TIME: &str = "x-amz-if-match-last-modified-time";

/// The object stays when any condition fails, and goes when all hold.
#[track_caller]
fn stays_then_goes(city: &Account, fails: &[&[(&str, &str)]], holds: &[(&str, &str)]) {
    for headers in fails {
        let answer = delete_if(city, "/points/a", headers);
        let failed = (412, "PreconditionFailed".to_owned());
        assert_eq!(answer.outcome(), failed, "{headers:?}");
        city.head("/points/a").expect(200);
    }
    let gone = delete_if(city, "/points/a", holds).expect(204);
    assert_eq!(gone.header("x-amz-delete-marker"), None);
    city.get("/points/a").refused(404, "NoSuchKey");
}

#[test]
fn point_39_if_match_decides() {
    let (_server, city, etag, _) = with_object();
    let fails: [&[(&str, &str)]; 2] = [&[("if-match", OTHER)], &[("if-match", "\"no etag\"")]];
    stays_then_goes(&city, &fails, &[("if-match", &etag)]);
}

#[test]
fn point_39_if_match_any_deletes_what_is_there() {
    let (_server, city, ..) = with_object();
    stays_then_goes(&city, &[], &[("if-match", "*")]);
}

#[test]
fn point_39_size_decides() {
    let (_server, city, ..) = with_object();
    let fails: [&[(&str, &str)]; 3] = [&[(SIZE, "3")], &[(SIZE, "5")], &[(SIZE, "0")]];
    stays_then_goes(&city, &fails, &[(SIZE, "4")]);
}

#[test]
fn point_39_size_of_an_empty_object_decides() {
    let (_server, city) = with_bucket();
    city.put("/points/a", "").expect(200);
    stays_then_goes(&city, &[&[(SIZE, "1")]], &[(SIZE, "0")]);
}

#[test]
fn point_39_last_modified_time_decides() {
    let (_server, city, _, time) = with_object();
    stays_then_goes(&city, &[&[(TIME, LONG_AGO)]], &[(TIME, &time)]);
}

#[test]
fn point_39_all_conditions_must_hold() {
    let (_server, city, etag, time) = with_object();
    let fails: [&[(&str, &str)]; 3] = [
        &[("if-match", OTHER), (SIZE, "4"), (TIME, &time)],
        &[("if-match", &etag), (SIZE, "5"), (TIME, &time)],
        &[("if-match", &etag), (SIZE, "4"), (TIME, LONG_AGO)],
    ];
    let holds = [("if-match", &*etag), (SIZE, "4"), (TIME, &*time)];
    stays_then_goes(&city, &fails, &holds);
}

/// A condition that cannot be read must not pass.
#[test]
fn point_39_condition_that_is_none_is_refused() {
    let (_server, city, ..) = with_object();
    for (name, value) in [
        (SIZE, ""),
        (SIZE, "-1"),
        (SIZE, "four"),
        (SIZE, "+4"),
        (SIZE, "99999999999999999999999"),
        (TIME, ""),
        (TIME, "yesterday"),
    ] {
        let answer = delete_if(&city, "/points/a", &[(name, value)]);
        let refused = (400, "InvalidArgument".to_owned());
        assert_eq!(answer.outcome(), refused, "{name} {value:?}");
    }
    city.head("/points/a").expect(200);
}

#[test]
fn point_39_absent_object_meets_every_condition() {
    let (_server, city) = with_bucket();
    for header in [
        ("if-match", "*"),
        ("if-match", OTHER),
        (SIZE, "4"),
        (TIME, LONG_AGO),
    ] {
        let gone = delete_if(&city, "/points/a", &[header]).expect(204);
        assert_eq!(gone.header("x-amz-delete-marker"), None);
        assert_eq!(gone.header("x-amz-version-id"), None);
    }
    let versions = city.get("/points?versions");
    assert!(versions.texts("DeleteMarker").is_empty());
    assert!(city.get("/points").expect(200).texts("Key").is_empty());
}

/// A condition is about what is there: nothing gets no marker on top, and a marker matches nothing,
/// whether it is the newest or named.
#[test]
fn point_39_markers_are_there_and_match_nothing() {
    let (_server, city) = with_bucket();
    for status in ["Enabled", "Suspended"] {
        let document =
            format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
        city.put("/points?versioning", document).expect(200);
        let conditions = [
            ("if-match", "*"),
            ("if-match", OTHER),
            (SIZE, "0"),
            (TIME, LONG_AGO),
        ];
        let object = format!("/points/{status}");
        for header in conditions {
            let gone = delete_if(&city, &object, &[header]).expect(204);
            assert_eq!(gone.header("x-amz-delete-marker"), None, "{header:?}");
            assert_eq!(gone.header("x-amz-version-id"), None, "{header:?}");
        }
        let versions = city.get(&format!("/points?versions&prefix={status}"));
        assert_eq!(versions.text("Key"), None);
        let marker = city.delete(&object).expect(204);
        let marker = marker.header("x-amz-version-id").expect("a marker");
        for target in [object.clone(), format!("{object}?versionId={marker}")] {
            for header in conditions {
                let refused = delete_if(&city, &target, &[header]);
                refused.refused(412, "PreconditionFailed");
            }
        }
        let versions = city.get(&format!("/points?versions&prefix={status}"));
        assert_eq!(versions.texts("VersionId"), [marker]);
    }
}

#[test]
fn point_39_null_version_is_deleted_under_conditions() {
    let (_server, city, etag, _) = with_object();
    let target = "/points/a?versionId=null";
    let refused = delete_if(&city, target, &[("if-match", OTHER)]);
    refused.refused(412, "PreconditionFailed");
    delete_if(&city, target, &[("if-match", &etag)]).expect(204);
    city.get("/points/a").refused(404, "NoSuchKey");
}

/// What a deletion under a condition takes is what the condition was about, however close an
/// overwrite comes.
#[test]
fn point_39_conditional_delete_never_takes_a_newer_object() {
    let (_server, city) = with_bucket();
    for (round, len) in (0..40_u8).zip([4, 300_000].into_iter().cycle()) {
        let old = city.put("/points/a", bytes(round, len)).expect(200);
        let etag = old.header("etag").expect("an ETag");
        let newer = bytes(round + 100, len);
        std::thread::scope(|scope| {
            scope.spawn(|| city.put("/points/a", &*newer).expect(200));
            let deleted = delete_if(&city, "/points/a", &[("if-match", etag)]);
            let status = deleted.status;
            assert!(matches!(status, 204 | 412), "{}", deleted.body_text());
        });
        assert!(city.get("/points/a").expect(200).body == newer, "{round}");
    }
}

#[tokio::test]
async fn point_39_official_client_deletes_under_conditions() {
    let (server, city, etag, _) = with_object();
    let client = server.client(&city);
    let head = client.head_object().bucket("points").key("a").send();
    let head = head.await.expect("an answer");
    let time = *head.last_modified().expect("a time");
    let delete = |size: i64| {
        let delete = client.delete_object().bucket("points").key("a");
        let delete = delete.if_match(&etag).if_match_last_modified_time(time);
        delete.if_match_size(size).send()
    };
    let refused = delete(5).await.expect_err("another size");
    assert_eq!(refused.code(), Some("PreconditionFailed"));
    delete(4).await.expect("a deletion");
    city.get("/points/a").refused(404, "NoSuchKey");
    fill(&city, &["b", "c"]);
    let head = client.head_object().bucket("points").key("b").send();
    let head = head.await.expect("an answer");
    let of = |object_key: &str| {
        let entry = ObjectIdentifier::builder().key(object_key);
        let entry = entry.set_e_tag(head.e_tag().map(str::to_owned));
        entry.set_last_modified_time(head.last_modified().copied())
    };
    let entries = [of("b").size(4), of("c").size(5)];
    let entries = entries.map(|entry| entry.build().expect("an entry"));
    let list = Delete::builder().set_objects(Some(entries.into()));
    let list = list.build().expect("a list");
    let answer = client.delete_objects().bucket("points").delete(list).send();
    let answer = answer.await.expect("an answer");
    assert_eq!(answer.deleted()[0].key(), Some("b"));
    assert_eq!(answer.errors()[0].key(), Some("c"));
    assert_eq!(answer.errors()[0].code(), Some("PreconditionFailed"));
}

fn delete_many(city: &Account, inner: &str) -> Answer {
    city.post("/points?delete", format!("<Delete>{inner}</Delete>"))
}

fn entry(object_key: &str, more: &str) -> String {
    format!("<Object><Key>{object_key}</Key>{more}</Object>")
}

/// What stands inside each element of a name.
fn blocks(answer: &Answer, name: &str) -> Vec<String> {
    answer.texts(name)
}

#[test]
fn point_39_entries_of_delete_objects_have_their_own_conditions() {
    let (_server, city, etag, time) = with_object();
    fill(&city, &["b", "c", "d", "e", "f", "g"]);
    let escaped = etag.replace('"', "&quot;");
    let document = [
        entry("a", &format!("<ETag>{escaped}</ETag>")),
        entry("b", "<ETag>0123456789abcdef0123456789abcdef</ETag>"),
        entry("c", "<Size>4</Size>"),
        entry("d", "<Size>5</Size>"),
        entry(
            "e",
            &format!("<LastModifiedTime>{LONG_AGO}</LastModifiedTime>"),
        ),
        entry("f", "<ETag>*</ETag>"),
        entry("missing", "<ETag>*</ETag>"),
    ];
    let answer = delete_many(&city, &document.concat()).expect(200);
    let deleted = blocks(&answer, "Deleted").concat();
    for object_key in ["a", "c", "f", "missing"] {
        let named = format!("<Key>{object_key}</Key>");
        assert!(deleted.contains(&named), "{object_key}: {deleted}");
    }
    let errors = blocks(&answer, "Error");
    assert_eq!(errors.len(), 3, "{errors:?}");
    for (error, object_key) in errors.iter().zip(["b", "d", "e"]) {
        assert!(error.contains(&format!("<Key>{object_key}</Key>")));
        assert!(error.contains("<Code>PreconditionFailed</Code>"));
    }
    assert!(!answer.body_text().contains("DeleteMarker"));
    let left = city.get("/points").expect(200).texts("Key");
    assert_eq!(left, ["b", "d", "e", "g"]);
    let last = entry("g", &format!("<LastModifiedTime>{time}</LastModifiedTime>"));
    // Filled a moment later than `a`, maybe in the next second.
    let own = city.head("/points/g").expect(200);
    let own = own.header("last-modified").expect("a time");
    let last = last.replace(&time, own);
    let answer = delete_many(&city, &last).expect(200);
    assert_eq!(blocks(&answer, "Deleted").len(), 1);
}

/// One entry that cannot be read refuses itself, not the others.
#[test]
fn point_39_entry_whose_condition_is_none_errs_alone() {
    let (_server, city, ..) = with_object();
    fill(&city, &["b", "c"]);
    let document = [
        entry("a", "<Size>four</Size>"),
        entry("b", ""),
        entry("c", "<LastModifiedTime>yesterday</LastModifiedTime>"),
    ];
    let answer = delete_many(&city, &document.concat()).expect(200);
    assert_eq!(blocks(&answer, "Deleted"), ["<Key>b</Key>"]);
    assert_eq!(blocks(&answer, "Code"), ["InvalidArgument"; 2]);
    let left = city.get("/points").expect(200).texts("Key");
    assert_eq!(left, ["a", "c"]);
}

#[test]
fn point_40_over_a_thousand_keys_are_refused() {
    let (_server, city) = with_bucket();
    fill(&city, &["k0"]);
    let entries =
        |count: usize| -> String { (0..count).map(|n| entry(&format!("k{n}"), "")).collect() };
    let refused = delete_many(&city, &entries(1001));
    refused.refused(400, "MalformedXML");
    city.get("/points/k0").expect(200);
    let answer = delete_many(&city, &entries(1000)).expect(200);
    assert_eq!(blocks(&answer, "Deleted").len(), 1000);
    city.get("/points/k0").refused(404, "NoSuchKey");
}

/// A list that was damaged on its way deletes nothing.
#[test]
fn point_40_list_with_a_wrong_digest_deletes_nothing() {
    let (_server, city) = with_bucket();
    fill(&city, &["a"]);
    let list = format!("<Delete>{}</Delete>", entry("a", ""));
    let with = |name: &str, value: &str| {
        let post = city.request("POST", "/points?delete").body(&*list);
        post.header(name, value).send()
    };
    // Of the empty body.
    with("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==").refused(400, "BadDigest");
    with("content-md5", "1B2M").refused(400, "InvalidDigest");
    for algorithm in ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] {
        let name = header_of(algorithm);
        let wrong = checksum(algorithm, b"");
        with(&name, &wrong).refused(400, "BadDigest");
        with(&name, "AAA").refused(400, "InvalidRequest");
        city.get("/points/a").expect(200);
        let right = checksum(algorithm, list.as_bytes());
        let answer = with(&name, &right).expect(200);
        assert_eq!(blocks(&answer, "Deleted"), ["<Key>a</Key>"]);
        fill(&city, &["a"]);
    }
}

#[test]
fn point_40_absent_keys_are_reported_deleted() {
    let (_server, city) = with_bucket();
    fill(&city, &["there"]);
    let document = [entry("there", ""), entry("never-there", "")];
    let answer = delete_many(&city, &document.concat()).expect(200);
    assert_eq!(
        blocks(&answer, "Deleted"),
        ["<Key>there</Key>", "<Key>never-there</Key>"]
    );
    assert!(blocks(&answer, "Error").is_empty());
    assert!(city.get("/points").expect(200).texts("Key").is_empty());
}

#[test]
fn point_40_same_key_twice_succeeds_twice() {
    let (_server, city) = with_bucket();
    fill(&city, &["a", "b"]);
    let document = [entry("a", ""), entry("b", ""), entry("a", "")];
    let answer = delete_many(&city, &document.concat()).expect(200);
    assert_eq!(
        blocks(&answer, "Deleted"),
        ["<Key>a</Key>", "<Key>b</Key>", "<Key>a</Key>"]
    );
    assert!(blocks(&answer, "Error").is_empty());
}

#[test]
fn point_40_quiet_reports_errors_only() {
    let (_server, city) = with_bucket();
    fill(&city, &["a", "b"]);
    let document = [
        entry("a", ""),
        entry("missing", ""),
        entry("b", "<Size>5</Size>"),
    ];
    let quiet = format!("<Quiet>true</Quiet>{}", document.concat());
    let answer = delete_many(&city, &quiet).expect(200);
    assert!(blocks(&answer, "Deleted").is_empty());
    assert_eq!(blocks(&answer, "Error").len(), 1);
    assert_eq!(blocks(&answer, "Key"), ["b"]);
    let left = city.get("/points").expect(200).texts("Key");
    assert_eq!(left, ["b"]);
    let nothing = format!("{}<Quiet>true</Quiet>", entry("b", ""));
    let answer = delete_many(&city, &nothing).expect(200);
    assert!(answer.body_text().contains("DeleteResult"));
    assert!(blocks(&answer, "Key").is_empty());
    city.get("/points/b").refused(404, "NoSuchKey");
    let loud = format!("<Quiet>false</Quiet>{}", entry("b", ""));
    let answer = delete_many(&city, &loud).expect(200);
    assert_eq!(blocks(&answer, "Deleted"), ["<Key>b</Key>"]);
}

#[test]
fn point_40_parallel_identical_requests_all_succeed() {
    let (_server, city) = with_bucket();
    let keys: Vec<String> = (0..200).map(|n| format!("k{n}")).collect();
    let borrowed: Vec<&str> = keys.iter().map(String::as_str).collect();
    fill(&city, &borrowed);
    let document: String = keys.iter().map(|k| entry(k, "")).collect();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let answer = delete_many(&city, &document).expect(200);
                assert_eq!(blocks(&answer, "Deleted").len(), 200);
                assert!(blocks(&answer, "Error").is_empty());
            });
        }
    });
    assert!(city.get("/points").expect(200).texts("Key").is_empty());
}

#[test]
fn point_40_errors_carry_key_version_and_code() {
    let (_server, city) = with_bucket();
    fill(&city, &["a%20%26%20b"]);
    let version = "<VersionId>0000</VersionId>";
    let document = entry("a &amp; b", version);
    let answer = delete_many(&city, &document).expect(200);
    assert!(blocks(&answer, "Deleted").is_empty());
    assert_eq!(blocks(&answer, "Error").len(), 1);
    assert_eq!(answer.text("Key").as_deref(), Some("a & b"));
    assert_eq!(answer.text("Code").as_deref(), Some("NoSuchVersion"));
    let version = answer.text("VersionId");
    assert_eq!(version.as_deref(), Some("0000"));
    assert!(answer.text("Message").is_some_and(|text| !text.is_empty()));
    city.get("/points/a%20%26%20b").expect(200);
}

/// An entry that names the null version is answered with it.
#[test]
fn point_40_null_version_is_deleted_and_named() {
    let (_server, city) = with_bucket();
    fill(&city, &["a"]);
    let document = entry("a", "<VersionId>null</VersionId>");
    let answer = delete_many(&city, &document).expect(200);
    assert_eq!(answer.text("VersionId").as_deref(), Some("null"));
    assert_eq!(answer.text("Key").as_deref(), Some("a"));
    city.get("/points/a").refused(404, "NoSuchKey");
}

#[test]
fn point_40_keys_are_deleted_as_they_are_written() {
    let (_server, city) = with_bucket();
    let stored = ["%20", "a/b", "a%25b", "%3Ca%3E", "a%0D%0Ab", "%20x%20"];
    fill(&city, &stored);
    let document = [
        entry(" ", ""),
        entry("a/b", ""),
        entry("a%b", ""),
        entry("&lt;a&gt;", ""),
        entry("a&#13;&#10;b", ""),
        entry(" x ", ""),
    ];
    let answer = delete_many(&city, &document.concat()).expect(200);
    assert_eq!(
        answer.texts("Key"),
        [" ", "a/b", "a%b", "<a>", "a\r\nb", " x "]
    );
    assert!(city.get("/points").expect(200).texts("Key").is_empty());
}
