//! Tags of buckets: points 79 and 80.

use crate::raw::Account;
use crate::server::TestServer;
use crate::tagging::{document, tags};
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::types::{Tag, Tagging};

#[track_caller]
fn assert_tags(city: &Account, expected: &[(&str, &str)]) {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let found = tags(&city.get("/tagged?tagging").expect(200));
    assert_eq!(found, expected.iter().map(own).collect::<Vec<_>>());
}

fn with_bucket() -> (TestServer, Account) {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/tagged", "").expect(200);
    (server, city)
}

#[test]
fn point_80_bucket_without_tags_has_no_set_and_deletes_succeed() {
    let (_server, city) = with_bucket();
    let refused = city.get("/tagged?tagging").refused(404, "NoSuchTagSet");
    assert_eq!(refused.text("BucketName").as_deref(), Some("tagged"));
    city.delete("/tagged?tagging").expect(204);
    let two = [("b", "2"), ("\u{17e} a", "")];
    city.put("/tagged?tagging", document(&two)).expect(204);
    assert_tags(&city, &two);
    city.put("/tagged?tagging", document(&[("c", "3")]))
        .expect(204);
    assert_tags(&city, &[("c", "3")]);
    for _ in 0..2 {
        city.delete("/tagged?tagging").expect(204);
        city.get("/tagged?tagging").refused(404, "NoSuchTagSet");
    }
    city.put("/tagged?tagging", document(&[("c", "3")]))
        .expect(204);
    city.put("/tagged?tagging", document(&[])).expect(204);
    city.get("/tagged?tagging").refused(404, "NoSuchTagSet");
}

#[test]
fn point_79_limits_of_a_bucket_are_its_own() {
    let (_server, city) = with_bucket();
    let names: Vec<String> = (10..61).map(|n| format!("n{n}")).collect();
    let value = "\u{161}".repeat(256);
    let many: Vec<(&str, &str)> = names.iter().map(|name| (&**name, &*value)).collect();
    city.put("/tagged?tagging", document(&many[..50]))
        .expect(204);
    assert_tags(&city, &many[..50]);
    let long = format!("{value}v");
    for (bad, text) in [
        (many.clone(), "Bucket tag count cannot be greater than 50"),
        (
            vec![("a", "1"), ("a", "1")],
            "Cannot provide multiple Tags with the same key",
        ),
        (vec![("", "1")], "The TagKey you have provided is invalid"),
        (
            vec![("a", &*long)],
            "The TagValue you have provided is invalid",
        ),
    ] {
        let refused = city.put("/tagged?tagging", document(&bad));
        let refused = refused.refused(400, "InvalidTag");
        assert_eq!(refused.text("Message").as_deref(), Some(text));
    }
    for bad in [
        "",
        "<Tagging/>",
        "a=1",
        "<Tagging><TagSet><Tag/></TagSet></Tagging>",
    ] {
        city.put("/tagged?tagging", bad)
            .refused(400, "MalformedXML");
    }
    assert_tags(&city, &many[..50]);
}

#[test]
fn tags_of_a_bucket_are_its_owners_and_go_with_it() {
    let (server, city) = with_bucket();
    let stranger = server.account("stranger");
    let body = document(&[("a", "1")]);
    city.put("/tagged?tagging", &*body).expect(204);
    for method in ["GET", "PUT", "DELETE"] {
        let request = |account: &Account| account.request(method, "/tagged?tagging").body(&*body);
        request(&stranger).send().refused(403, "AccessDenied");
        let anonymous = request(&city).anonymous().send();
        anonymous.refused(403, "AccessDenied");
        let elsewhere = request(&city).header("x-amz-expected-bucket-owner", "somebody");
        elsewhere.send().refused(403, "AccessDenied");
        let absent = city.request(method, "/absent?tagging").body(&*body);
        absent.send().refused(404, "NoSuchBucket");
    }
    // Tags of the bucket are not those of its objects, nor do they keep it from being deleted.
    city.put("/tagged/k", "four").expect(200);
    let object = city.get("/tagged/k?tagging").expect(200);
    assert!(tags(&object).is_empty());
    city.delete("/tagged/k").expect(204);
    assert_tags(&city, &[("a", "1")]);
    city.delete("/tagged").expect(204);
    city.put("/tagged", "").expect(200);
    city.get("/tagged?tagging").refused(404, "NoSuchTagSet");
}

#[tokio::test]
async fn sdk_tags_a_bucket() {
    let server = TestServer::start();
    let client = server.tenant("city");
    let create = client.create_bucket().bucket("tagged");
    create.send().await.expect("a bucket");
    let get = || client.get_bucket_tagging().bucket("tagged").send();
    let none = get().await.expect_err("it has no tags");
    assert_eq!(none.code(), Some("NoSuchTagSet"));
    let tag = Tag::builder().key("unit").value("archive / 2").build();
    let tag = tag.expect("a tag");
    let tagging = Tagging::builder().tag_set(tag.clone()).build();
    let put = client.put_bucket_tagging().bucket("tagged");
    let put = put.tagging(tagging.expect("tags"));
    put.send().await.expect("tags");
    assert_eq!(get().await.expect("tags").tag_set(), [tag]);
    let delete = client.delete_bucket_tagging().bucket("tagged");
    delete.send().await.expect("no tags");
    get().await.expect_err("it has no tags");
}
