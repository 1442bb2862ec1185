//! Tags of objects and their versions by document: points 62, 79, 80.
//!
//! Not here: tags by header (`tagging_headers`).

use crate::raw::{Account, Answer};
use crate::server::TestServer;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Tag, Tagging};

const VERSIONED: &str = "<VersioningConfiguration><Status>Enabled</Status>\
    </VersioningConfiguration>";

fn with_object() -> (TestServer, Account) {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/tagged", "").expect(200);
    city.put("/tagged/k", "four").expect(200);
    (server, city)
}

pub(crate) fn document(tags: &[(&str, &str)]) -> String {
    let tag = |(name, value): &(&str, &str)| {
        format!("<Tag><Key>{name}</Key><Value>{value}</Value></Tag>")
    };
    let tags: Vec<String> = tags.iter().map(tag).collect();
    let namespace = "http://s3.amazonaws.com/doc/2006-03-01/";
    let tags = tags.concat();
    format!("<Tagging xmlns=\"{namespace}\"><TagSet>{tags}</TagSet></Tagging>")
}

/// Names and values in an answer, in its order.
pub(crate) fn tags(answer: &Answer) -> Vec<(String, String)> {
    let (names, values) = (answer.texts("Key"), answer.texts("Value"));
    assert_eq!(names.len(), values.len());
    names.into_iter().zip(values).collect()
}

/// What `GET target?tagging` and the count on HEAD say.
#[track_caller]
pub(crate) fn assert_tags(city: &Account, target: &str, query: &str, expected: &[(&str, &str)]) {
    let answer = city.get(&format!("{target}?tagging{query}")).expect(200);
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    assert_eq!(tags(&answer), expected.iter().map(own).collect::<Vec<_>>());
    let query = query.replacen('&', "?", 1);
    let head = city.head(&format!("{target}{query}")).expect(200);
    let count = (!expected.is_empty()).then(|| expected.len().to_string());
    assert_eq!(head.header("x-amz-tagging-count"), count.as_deref());
}

fn version(answer: &Answer) -> String {
    let version = answer.header("x-amz-version-id").map(str::to_owned);
    version.expect("a version id")
}

#[test]
fn point_79_tags_come_back_sorted_as_they_were_given() {
    let (_server, city) = with_object();
    let odd = [
        ("z", ""),
        (" a ", "1 + 1 = 2"),
        ("\u{17e}up:@/-._", "a&amp;b"),
    ];
    // An ampersand is in no tag.
    city.put("/tagged/k?tagging", document(&odd))
        .refused(400, "InvalidTag");
    let odd = [
        ("z", ""),
        (" a ", "1 + 1 = 2"),
        ("\u{17e}up:@/-._", "\u{436} "),
    ];
    let put = city.put("/tagged/k?tagging", document(&odd)).expect(200);
    assert!(put.body.is_empty() && put.header("x-amz-version-id").is_none());
    let sorted = [odd[1], odd[0], odd[2]];
    assert_tags(&city, "/tagged/k", "", &sorted);
    // The tags that are sent replace those that are there.
    city.put("/tagged/k?tagging", document(&[("b", "1")]))
        .expect(200);
    assert_tags(&city, "/tagged/k", "", &[("b", "1")]);
    city.put("/tagged/k?tagging", document(&[])).expect(200);
    assert_tags(&city, "/tagged/k", "", &[]);
}

#[test]
fn point_79_limits_are_reached_and_not_passed() {
    let (_server, city) = with_object();
    let names: Vec<String> = (0..11).map(|n| format!("n{n}")).collect();
    let many = |count: usize| -> Vec<(&str, &str)> {
        names
            .iter()
            .take(count)
            .map(|name| (&**name, "v"))
            .collect()
    };
    let (name, value) = ("\u{17e}".repeat(128), "\u{17e}".repeat(256));
    let mut most = many(9);
    most.push((&name, &value));
    city.put("/tagged/k?tagging", document(&most)).expect(200);
    let mut sorted = most.clone();
    sorted.sort_unstable();
    assert_tags(&city, "/tagged/k", "", &sorted);
    let (long_name, long_value) = (format!("{name}n"), format!("{value}v"));
    for (bad, text) in [
        (many(11), "Object tags cannot be greater than 10"),
        (
            vec![("a", "1"), ("a", "2")],
            "Cannot provide multiple Tags with the same key",
        ),
        (
            vec![(&*long_name, "v")],
            "The TagKey you have provided is invalid",
        ),
        (vec![("", "v")], "The TagKey you have provided is invalid"),
        (
            vec![("a", &*long_value)],
            "The TagValue you have provided is invalid",
        ),
        (
            vec![("a", "&#x7;")],
            "The TagValue you have provided is invalid",
        ),
        (
            vec![("a", "*")],
            "The TagValue you have provided is invalid",
        ),
        (
            vec![("good", "tag"), ("aws:a", "v")],
            "The TagKey you have provided is invalid",
        ),
    ] {
        let refused = city.put("/tagged/k?tagging", document(&bad));
        let refused = refused.refused(400, "InvalidTag");
        assert_eq!(refused.text("Message").as_deref(), Some(text), "{bad:?}");
    }
    assert_tags(&city, "/tagged/k", "", &sorted);
}

#[test]
fn tagging_off_the_schema_is_malformed_and_changes_nothing() {
    let (_server, city) = with_object();
    let good = document(&[("a", "1")]);
    city.put("/tagged/k?tagging", &*good).expect(200);
    for bad in [
        String::new(),
        "a=1&b=2".to_owned(),
        "<Tagging/>".to_owned(),
        good.replace("TagSet", "Tags"),
        good.replace("Tagging", "TagSet"),
        good.replace("<Value>1</Value>", ""),
        good.replace("<Value>1</Value>", "<Value>1</Value><Value>2</Value>"),
        good.replace("<Value>1</Value>", "<Value>1</Value><Other/>"),
        good.replace("</Tagging>", ""),
        format!("<!DOCTYPE a>{good}"),
        "{\"TagSet\":[]}".to_owned(),
    ] {
        city.put("/tagged/k?tagging", &*bad)
            .refused(400, "MalformedXML");
    }
    let wrong = city.request("PUT", "/tagged/k?tagging").body(&*good);
    let wrong = wrong.header("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==");
    wrong.send().refused(400, "BadDigest");
    assert_tags(&city, "/tagged/k", "", &[("a", "1")]);
}

#[test]
fn point_80_object_without_tags_has_an_empty_set_and_deletes_succeed() {
    let (_server, city) = with_object();
    assert_tags(&city, "/tagged/k", "", &[]);
    city.delete("/tagged/k?tagging").expect(204);
    city.put("/tagged/k?tagging", document(&[("a", "1")]))
        .expect(200);
    for _ in 0..2 {
        let deleted = city.delete("/tagged/k?tagging").expect(204);
        assert!(deleted.body.is_empty());
        assert_tags(&city, "/tagged/k", "", &[]);
    }
    assert_eq!(city.get("/tagged/k").expect(200).body, b"four");
}

#[test]
fn tags_change_nothing_else_of_the_object() {
    let (_server, city) = with_object();
    let put = city.request("PUT", "/tagged/full").body("123456789");
    let put = put.header("x-amz-checksum-crc32", "y/Q5Jg==");
    let put = put.header("x-amz-meta-colour", "red");
    let put = put.header("content-type", "text/plain");
    put.send().expect(200);
    let read = || {
        let head = city.request("GET", "/tagged/full");
        let answer = head.header("x-amz-checksum-mode", "ENABLED").send();
        let answer = answer.expect(200);
        let header = |name: &&str| answer.header(name).map(str::to_owned);
        let headers = [
            "etag",
            "last-modified",
            "content-type",
            "content-length",
            "x-amz-meta-colour",
            "x-amz-checksum-crc32",
        ];
        let headers: Vec<_> = headers.iter().map(header).collect();
        assert!(headers.iter().all(Option::is_some), "{headers:?}");
        (headers, answer.body.clone())
    };
    let before = read();
    city.put("/tagged/full?tagging", document(&[("a", "1")]))
        .expect(200);
    assert_eq!(read(), before);
    city.delete("/tagged/full?tagging").expect(204);
    assert_eq!(read(), before);
    // Another object under the key has tags of its own: none.
    city.put("/tagged/full?tagging", document(&[("a", "1")]))
        .expect(200);
    city.put("/tagged/full", "new").expect(200);
    assert_tags(&city, "/tagged/full", "", &[]);
}

#[test]
fn point_62_tags_are_of_the_newest_version_or_of_the_one_that_is_named() {
    let (_server, city) = with_object();
    city.put("/tagged?versioning", VERSIONED).expect(200);
    let put = |body: &str| version(&city.put("/tagged/k", body).expect(200));
    let (older, newer) = (put("older"), put("newer"));
    let one = city.put("/tagged/k?tagging", document(&[("on", "newer")]));
    assert_eq!(version(&one.expect(200)), newer);
    let named = |id: &str, tags: &[(&str, &str)]| {
        let target = format!("/tagged/k?tagging&versionId={id}");
        let answer = city.put(&target, document(tags)).expect(200);
        assert_eq!(version(&answer), id);
        assert_eq!(version(&city.get(&target).expect(200)), id);
    };
    named(&older, &[("on", "older"), ("a", "")]);
    named("null", &[("on", "null")]);
    let query = |id: &str| format!("&versionId={id}");
    let assert = |id: &str, tags: &[(&str, &str)]| {
        assert_tags(&city, "/tagged/k", &query(id), tags);
    };
    assert(&newer, &[("on", "newer")]);
    assert(&older, &[("a", ""), ("on", "older")]);
    assert("null", &[("on", "null")]);
    assert_tags(&city, "/tagged/k", "", &[("on", "newer")]);
    let deleted = city.delete(&format!("/tagged/k?tagging&versionId={older}"));
    assert_eq!(version(&deleted.expect(204)), older);
    assert(&older, &[]);
    assert("null", &[("on", "null")]);
    let deleted = city.delete("/tagged/k?tagging").expect(204);
    assert_eq!(version(&deleted), newer);
    // A new version starts without, and the older ones keep theirs.
    let newest = put("newest");
    assert(&newest, &[]);
    assert("null", &[("on", "null")]);
    // No version came or went.
    let versions = city.get("/tagged?versions").expect(200);
    let expected = [newest, newer, older, "null".to_owned()];
    assert_eq!(versions.texts("VersionId"), expected);
}

#[test]
fn tags_of_what_is_not_there_are_refused() {
    let (server, city) = with_object();
    let stranger = server.account("stranger");
    let body = || document(&[("a", "1")]);
    let all = |account: &Account, target: &str| {
        let target = format!("/{target}");
        [
            account.get(&target).outcome(),
            account.put(&target, body()).outcome(),
            account.delete(&target).outcome(),
        ]
    };
    let refusal = |status: u16, code: &str| [status, status, status].map(|s| (s, code.to_owned()));
    for (target, status, code) in [
        ("tagged/absent?tagging", 404, "NoSuchKey"),
        ("no-such-bucket/k?tagging", 404, "NoSuchBucket"),
        ("tagged/k?tagging&versionId=x", 400, "InvalidArgument"),
        ("tagged/k?tagging&versionId=", 400, "InvalidArgument"),
        (
            "tagged/k?tagging&versionId=00000000000000000000000000000000",
            404,
            "NoSuchVersion",
        ),
    ] {
        assert_eq!(all(&city, target), refusal(status, code), "{target}");
    }
    let denied = refusal(403, "AccessDenied");
    assert_eq!(all(&stranger, "tagged/k?tagging"), denied);
    for method in ["GET", "PUT", "DELETE"] {
        let request = || city.request(method, "/tagged/k?tagging").body(body());
        let anonymous = request().anonymous().send();
        anonymous.refused(403, "AccessDenied");
        let elsewhere = request().header("x-amz-expected-bucket-owner", "somebody");
        elsewhere.send().refused(403, "AccessDenied");
    }
    city.put("/tagged?versioning", VERSIONED).expect(200);
    let marker = version(&city.delete("/tagged/k").expect(204));
    let answer = city.get("/tagged/k?tagging").refused(404, "NoSuchKey");
    assert_eq!(answer.header("x-amz-delete-marker"), Some("true"));
    let target = format!("tagged/k?tagging&versionId={marker}");
    assert_eq!(all(&city, &target), refusal(405, "MethodNotAllowed"));
    assert_tags(&city, "/tagged/k", "&versionId=null", &[]);
}

#[test]
fn parallel_tags_all_succeed_and_one_stays() {
    let (_server, city) = with_object();
    let city = &city;
    std::thread::scope(|scope| {
        let put = |n: usize| {
            let tags = document(&[("n", &n.to_string()), ("m", &n.to_string())]);
            city.put("/tagged/k?tagging", tags).expect(200);
        };
        let threads: Vec<_> = (0..8).map(|n| scope.spawn(move || put(n))).collect();
        for thread in threads {
            thread.join().expect("all succeed");
        }
    });
    let tags = tags(&city.get("/tagged/k?tagging").expect(200));
    assert_eq!(tags.len(), 2);
    assert_eq!(tags[0].1, tags[1].1);
    assert_eq!(city.get("/tagged/k").expect(200).body, b"four");
}

#[tokio::test]
async fn sdk_puts_reads_and_deletes_tags() {
    let server = TestServer::start();
    let client = server.tenant("city");
    client
        .create_bucket()
        .bucket("tagged")
        .send()
        .await
        .expect("a bucket");
    let put = client.put_object().bucket("tagged").key("k \u{17e}/+");
    put.body(ByteStream::from_static(b"four"))
        .send()
        .await
        .expect("an object");
    let tag = |name: &str, value: &str| {
        let tag = Tag::builder().key(name).value(value);
        tag.build().expect("a tag")
    };
    let wanted = [tag("a b", "1+1"), tag("\u{17e}", "")];
    let tagging = Tagging::builder().set_tag_set(Some(wanted.to_vec()));
    let put = client.put_object_tagging().bucket("tagged");
    let put = put
        .key("k \u{17e}/+")
        .tagging(tagging.build().expect("tags"));
    put.send().await.expect("tags");
    let get = || {
        client
            .get_object_tagging()
            .bucket("tagged")
            .key("k \u{17e}/+")
    };
    let found = get().send().await.expect("tags");
    assert_eq!(found.tag_set(), wanted);
    let object = client.get_object().bucket("tagged").key("k \u{17e}/+");
    let object = object.send().await.expect("the object");
    assert_eq!(object.tag_count(), Some(2));
    let delete = client.delete_object_tagging().bucket("tagged");
    let delete = delete.key("k \u{17e}/+").send().await;
    delete.expect("no tags");
    assert_eq!(get().send().await.expect("tags").tag_set(), []);
}
