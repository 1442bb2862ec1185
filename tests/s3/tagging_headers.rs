//! Tags by header: on PUT, on copies by both directives, on uploads in parts (points 54, 79).

use crate::points::uploads::Upload;
use crate::raw::{Account, Answer, Request};
use crate::server::TestServer;
use crate::tagging::{assert_tags, document};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::TaggingDirective;

fn with_bucket() -> (TestServer, Account) {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/tagged", "").expect(200);
    (server, city)
}

fn put(city: &Account, target: &str, tagging: &str) -> Answer {
    let put = city.request("PUT", target).body("four");
    put.header("x-amz-tagging", tagging).send()
}

fn copy(city: &Account, source: &str, target: &str) -> Request {
    city.request("PUT", target)
        .header("x-amz-copy-source", source)
}

/// Text that is no tags, and what AWS answers to it.
fn wrong() -> Vec<(String, &'static str)> {
    let many: Vec<String> = (0..11).map(|n| format!("n{n}=v")).collect();
    [
        ("a=%zz", "InvalidArgument"),
        ("a=%2", "InvalidArgument"),
        ("a=%FF", "InvalidArgument"),
        ("a=1&a=2", "InvalidArgument"),
        ("a=1&%61=2", "InvalidArgument"),
        ("=v", "InvalidTag"),
        ("a=*", "InvalidTag"),
        ("a=%00", "InvalidTag"),
        ("aws:a=v", "InvalidTag"),
        (&*many.join("&"), "InvalidTag"),
        (&*format!("{}=v", "n".repeat(129)), "InvalidTag"),
        (&*format!("a={}", "v".repeat(257)), "InvalidTag"),
    ]
    .map(|(text, code)| (text.to_owned(), code))
    .to_vec()
}

#[test]
fn point_79_put_stores_the_tags_of_its_header() {
    let (_server, city) = with_bucket();
    for (text, expected) in [
        ("a=1&b", vec![("a", "1"), ("b", "")]),
        ("z=1&b=&a=2", vec![("a", "2"), ("b", ""), ("z", "1")]),
        ("x+y=a%2Bb%20c&", vec![("x y", "a+b c")]),
        ("%C5%BE=%2F%3A%40", vec![("\u{17e}", "/:@")]),
        ("a=b=c", vec![("a", "b=c")]),
        ("", vec![]),
    ] {
        put(&city, "/tagged/k", text).expect(200);
        assert_tags(&city, "/tagged/k", "", &expected);
    }
    city.put("/tagged/k", "four").expect(200);
    assert_tags(&city, "/tagged/k", "", &[]);
}

#[test]
fn point_79_put_with_wrong_tags_stores_nothing() {
    let (_server, city) = with_bucket();
    put(&city, "/tagged/k", "a=1").expect(200);
    for (text, code) in wrong() {
        for target in ["/tagged/k", "/tagged/new"] {
            let refused = put(&city, target, &text).refused(400, code);
            if code == "InvalidArgument" {
                let name = refused.text("ArgumentName");
                assert_eq!(name.as_deref(), Some("x-amz-tagging"), "{text}");
            }
        }
    }
    let twice = city.request("PUT", "/tagged/k").body("four");
    let twice = twice.header("x-amz-tagging", "a=2");
    let twice = twice.header("x-amz-tagging", "b=2").send();
    twice.refused(400, "InvalidRequest");
    city.get("/tagged/new").refused(404, "NoSuchKey");
    assert_tags(&city, "/tagged/k", "", &[("a", "1")]);
}

#[test]
fn copy_keeps_the_tags_of_its_source_unless_it_replaces_them() {
    let (_server, city) = with_bucket();
    city.put("/other", "").expect(200);
    put(&city, "/tagged/k", "a=1&b").expect(200);
    let own = [("a", "1"), ("b", "")];
    copy(&city, "/tagged/k", "/other/copy").send().expect(200);
    assert_tags(&city, "/other/copy", "", &own);
    // The request's tags count only when it says so.
    let kept = copy(&city, "/tagged/k", "/tagged/kept").header("x-amz-tagging", "c=1");
    kept.header("x-amz-tagging-directive", "COPY")
        .send()
        .expect(200);
    assert_tags(&city, "/tagged/kept", "", &own);
    let kept = copy(&city, "/tagged/k", "/tagged/kept").header("x-amz-tagging", "c=1");
    kept.send().expect(200);
    assert_tags(&city, "/tagged/kept", "", &own);
    // Metadata and tags have a directive each.
    let other = copy(&city, "/tagged/k", "/tagged/other");
    let other = other.header("x-amz-metadata-directive", "REPLACE");
    other.send().expect(200);
    assert_tags(&city, "/tagged/other", "", &own);
    let replace = || {
        let copy = copy(&city, "/tagged/k", "/tagged/copy");
        copy.header("x-amz-tagging-directive", "REPLACE")
    };
    let replaced = replace().header("x-amz-tagging", "c=3").send();
    replaced.expect(200);
    assert_tags(&city, "/tagged/copy", "", &[("c", "3")]);
    for (text, code) in wrong() {
        let refused = replace().header("x-amz-tagging", &text).send();
        refused.refused(400, code);
    }
    for directive in ["replace", "MERGE", ""] {
        let unknown = copy(&city, "/tagged/k", "/tagged/copy");
        let unknown = unknown.header("x-amz-tagging-directive", directive);
        unknown.send().refused(400, "InvalidArgument");
    }
    assert_tags(&city, "/tagged/copy", "", &[("c", "3")]);
    replace().send().expect(200);
    assert_tags(&city, "/tagged/copy", "", &[]);
    assert_tags(&city, "/tagged/k", "", &own);
}

#[test]
fn copy_onto_itself_keeps_or_replaces_tags() {
    let (_server, city) = with_bucket();
    put(&city, "/tagged/k", "a=1").expect(200);
    let onto = || {
        let copy = copy(&city, "/tagged/k", "/tagged/k");
        copy.header("x-amz-metadata-directive", "REPLACE")
    };
    onto().send().expect(200);
    assert_tags(&city, "/tagged/k", "", &[("a", "1")]);
    let replaced = onto().header("x-amz-tagging-directive", "REPLACE");
    replaced.header("x-amz-tagging", "b=2").send().expect(200);
    assert_tags(&city, "/tagged/k", "", &[("b", "2")]);
    assert_eq!(city.get("/tagged/k").expect(200).body, b"four");
}

#[test]
fn copy_has_the_tags_of_the_version_that_it_copies() {
    let (_server, city) = with_bucket();
    city.put(
        "/tagged?versioning",
        "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
    )
    .expect(200);
    let older = put(&city, "/tagged/k", "on=older").expect(200);
    let older = older.header("x-amz-version-id").expect("a version");
    put(&city, "/tagged/k", "on=newer").expect(200);
    let source = format!("/tagged/k?versionId={older}");
    copy(&city, &source, "/tagged/copy").send().expect(200);
    assert_tags(&city, "/tagged/copy", "", &[("on", "older")]);
    copy(&city, "/tagged/k", "/tagged/copy").send().expect(200);
    assert_tags(&city, "/tagged/copy", "", &[("on", "newer")]);
    // Tags that were changed later are those of the version now.
    city.put("/tagged/k?tagging", document(&[("on", "changed")]))
        .expect(200);
    copy(&city, "/tagged/k", "/tagged/copy").send().expect(200);
    assert_tags(&city, "/tagged/copy", "", &[("on", "changed")]);
}

#[test]
fn point_54_upload_has_the_tags_of_its_creation() {
    let (_server, city) = with_bucket();
    for (text, code) in wrong() {
        let create = city.request("POST", "/tagged/k?uploads");
        let create = create.header("x-amz-tagging", &text).send();
        create.refused(400, code);
    }
    let uploads = city.get("/tagged?uploads").expect(200);
    assert!(uploads.texts("UploadId").is_empty());
    let tagging = [("x-amz-tagging", "b=2&a+1")];
    let upload = Upload::create_with(&city, "/tagged/k", &tagging);
    let etag = upload.part(1, b"four");
    city.get("/tagged/k?tagging").refused(404, "NoSuchKey");
    upload.complete(&[(1, &etag)]).expect(200);
    let own = [("a 1", ""), ("b", "2")];
    assert_tags(&city, "/tagged/k", "", &own);
    let copied = copy(&city, "/tagged/k", "/tagged/copy");
    copied.send().expect(200);
    assert_tags(&city, "/tagged/copy", "", &own);
    // Another upload onto the key, without tags.
    let upload = Upload::create(&city, "/tagged/k");
    let etag = upload.part(1, b"four");
    upload.complete(&[(1, &etag)]).expect(200);
    assert_tags(&city, "/tagged/k", "", &[]);
}

#[tokio::test]
async fn sdk_tags_what_it_writes_and_copies() {
    let server = TestServer::start();
    let client = server.tenant("city");
    let bucket = client.create_bucket().bucket("tagged");
    bucket.send().await.expect("a bucket");
    let put = client.put_object().bucket("tagged").key("k");
    let put = put.body(ByteStream::from_static(b"four"));
    let put = put.tagging("colour=dark%20red&unit=a%2Fb");
    put.send().await.expect("an object");
    let tags = async |object_key: &str| {
        let get = client.get_object_tagging().bucket("tagged");
        let found = get.key(object_key).send().await.expect("tags");
        let pairs = found.tag_set().iter();
        let pairs = pairs.map(|tag| format!("{}={}", tag.key(), tag.value()));
        pairs.collect::<Vec<_>>()
    };
    assert_eq!(tags("k").await, ["colour=dark red", "unit=a/b"]);
    let copy = client.copy_object().bucket("tagged").key("copy");
    let copy = copy.copy_source("tagged/k").tagging("b=1&a=2");
    let copy = copy.tagging_directive(TaggingDirective::Replace);
    copy.send().await.expect("a copy");
    assert_eq!(tags("copy").await, ["a=2", "b=1"]);
}
