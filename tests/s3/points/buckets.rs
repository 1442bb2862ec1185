//! Points 15 to 20: names, creation and deletion of buckets, the list of buckets.

use super::{fill, with_bucket};
use crate::raw::Account;

#[test]
fn point_15_names_outside_the_rules_are_refused() {
    let (_server, city) = with_bucket();
    let long = "a".repeat(64);
    for bad in [
        "a",
        "ab",
        "_abc",
        "a_bc",
        "abc_",
        "abc-",
        "-abc",
        ".abc",
        "abc.",
        "a..b",
        "a.-b",
        "a-.b",
        "192.168.5.4",
        "999.168.005.4",
        "Abc",
        "a%20b",
        "%C4%8Da%C4%8Dak",
        "xn--abc",
        "sthree-abc",
        "amzn-s3-demo-abc",
        "abc-s3alias",
        "abc--ol-s3",
        "abc.mrap",
        "abc--x-s3",
        "abc--table-s3",
        &long,
    ] {
        let refused = city.put(&format!("/{bad}"), "");
        assert_eq!(
            refused.outcome(),
            (400, "InvalidBucketName".to_owned()),
            "{bad}"
        );
    }
    assert_eq!(city.get("/").expect(200).texts("Name"), ["points"]);
}

#[test]
fn point_15_names_inside_the_rules_are_accepted() {
    let (_server, city) = with_bucket();
    let long = "a".repeat(63);
    for good in [
        "abc",
        "1abc",
        "a.b.c",
        "a-b-c",
        "192.168.5",
        "1.2.3.4.5",
        &long,
    ] {
        city.put(&format!("/{good}"), "").expect(200);
        city.put(&format!("/{good}/k"), "four").expect(200);
        assert_eq!(
            city.get(&format!("/{good}")).expect(200).texts("Key"),
            ["k"]
        );
    }
}

// Another ACL than the one that all buckets have cannot be asked for yet.
#[test]
fn point_16_own_bucket_is_created_again_with_contents_untouched() {
    let (_server, city) = with_bucket();
    fill(&city, &["a"]);
    city.put("/points", "").expect(200);
    let again = city
        .request("PUT", "/points")
        .header("x-amz-acl", "private");
    let again = again.send().expect(200);
    assert_eq!(again.header("location"), Some("/points"));
    assert_eq!(city.get("/points/a").expect(200).body, b"four");
    assert_eq!(city.get("/").expect(200).texts("Name"), ["points"]);
}

#[test]
fn point_16_bucket_of_another_exists_already() {
    let (server, city) = with_bucket();
    fill(&city, &["a"]);
    let stranger = server.account("stranger");
    stranger
        .put("/points", "")
        .refused(409, "BucketAlreadyExists");
    assert_eq!(city.get("/points/a").expect(200).body, b"four");
    assert!(stranger.get("/").expect(200).texts("Name").is_empty());
}

#[test]
fn bucket_that_would_be_another_than_was_asked_for_is_not_created() {
    let (_server, city) = with_bucket();
    let create = |name: &str, value: &str| city.request("PUT", "/asked").header(name, value).send();
    let ownership = "x-amz-object-ownership";
    for (name, value, status, code) in [
        (ownership, "bucketownerenforced", 400, "InvalidArgument"),
        (
            "x-amz-acl",
            "public-read",
            400,
            "InvalidBucketAclWithObjectOwnership",
        ),
        ("x-amz-grant-read", "id=1", 400, "InvalidArgument"),
    ] {
        create(name, value).refused(status, code);
    }
    assert_eq!(city.get("/").expect(200).texts("Name"), ["points"]);
    create(ownership, "BucketOwnerEnforced").expect(200);
    assert_eq!(city.get("/").expect(200).texts("Name"), ["asked", "points"]);
}

#[test]
fn location_constraint_is_the_region_or_refused() {
    let (_server, city) = with_bucket();
    let create = |location: &str| {
        let body = format!(
            "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <LocationConstraint>{location}</LocationConstraint></CreateBucketConfiguration>"
        );
        city.put("/located", body)
    };
    for other in ["eu-west-1", "us-gov-east-1", "ap-southeast-4", "EU"] {
        let refused = create(other).refused(400, "IllegalLocationConstraintException");
        let text = refused.text("Message").expect("a text");
        assert!(text.starts_with(&format!("The {other} location constraint")));
    }
    for bad in ["Mars", "us_east_1", "us-east-1x", "a", "eu-west-", "-1"] {
        let refused = create(bad).refused(400, "InvalidLocationConstraint");
        assert_eq!(refused.text("LocationConstraint").as_deref(), Some(bad));
    }
    for bad in ["<a", "<CreateBucketConfiguration>", "<Other/>"] {
        city.put("/located", bad).refused(400, "MalformedXML");
    }
    assert_eq!(city.get("/").expect(200).texts("Name"), ["points"]);
    create("us-east-1").expect(200);
    let location = city.get("/located?location").expect(200).body_text();
    assert!(location.contains("<LocationConstraint"), "{location}");
    assert!(!location.contains("us-east-1"), "{location}");
}

// Versions and delete markers come with versioning.
#[test]
fn point_17_bucket_with_an_object_is_not_deleted() {
    let (_server, city) = with_bucket();
    fill(&city, &["a"]);
    city.delete("/points").refused(409, "BucketNotEmpty");
    assert_eq!(city.get("/points/a").expect(200).body, b"four");
    city.delete("/points/a").expect(204);
    city.delete("/points").expect(204);
}

#[test]
fn point_17_bucket_with_open_uploads_is_deleted() {
    let (_server, city) = with_bucket();
    let created = city.post("/points/a?uploads", "").expect(200);
    let upload = created.text("UploadId").expect("an upload");
    let part = format!("/points/a?partNumber=1&uploadId={upload}");
    city.put(&part, "four").expect(200);
    city.delete("/points").expect(204);
    city.put(&part, "four").refused(404, "NoSuchBucket");
    city.put("/points", "").expect(200);
    assert!(
        city.get("/points?uploads")
            .expect(200)
            .texts("UploadId")
            .is_empty()
    );
    city.put(&part, "four").refused(404, "NoSuchUpload");
}

#[test]
fn point_17_second_deletion_finds_no_bucket() {
    let (_server, city) = with_bucket();
    city.delete("/points").expect(204);
    city.delete("/points").refused(404, "NoSuchBucket");
}

#[test]
fn point_18_head_of_a_missing_bucket_has_no_body() {
    let (_server, city) = with_bucket();
    for request in [
        city.request("HEAD", "/no-such-bucket"),
        city.request("HEAD", "/no-such-bucket").anonymous(),
        city.request("HEAD", "/no-such-bucket/a"),
    ] {
        let wire = request.wire();
        let mut connection = crate::raw::Connection::open(city.port);
        connection.write(&wire.head());
        connection.answer("HEAD").expect(404);
        // Were there a body, it would be read as the next answer's beginning.
        connection.write(&city.request("GET", "/points").wire().head());
        connection.answer("GET").expect(200);
    }
}

#[test]
fn point_18_stranger_is_told_that_a_bucket_is_missing() {
    let (_server, city) = with_bucket();
    for (method, target) in [
        ("GET", "/no-such-bucket"),
        ("GET", "/no-such-bucket?list-type=2"),
        ("GET", "/no-such-bucket/a"),
        ("DELETE", "/no-such-bucket"),
        ("DELETE", "/no-such-bucket/a"),
    ] {
        let anonymous = city.request(method, target).anonymous().send();
        assert_eq!(
            anonymous.outcome(),
            (404, "NoSuchBucket".to_owned()),
            "{method} {target}"
        );
    }
    for (method, target) in [
        ("GET", "/points"),
        ("GET", "/points/a"),
        ("DELETE", "/points/a"),
    ] {
        let anonymous = city.request(method, target).anonymous().send();
        anonymous.refused(403, "AccessDenied");
    }
    // What is missing must not be made by a stranger.
    let create = city.request("PUT", "/no-such-bucket").anonymous();
    create.send().refused(403, "AccessDenied");
}

#[test]
fn head_of_a_bucket_tells_its_region_also_to_who_may_not_read_it() {
    let (server, city) = with_bucket();
    let stranger = server.account("stranger");
    let own = city.head("/points").expect(200);
    assert_eq!(own.header("x-amz-bucket-region"), Some("us-east-1"));
    let foreign = stranger.head("/points").expect(403);
    assert_eq!(foreign.header("x-amz-bucket-region"), Some("us-east-1"));
    let missing = city.head("/no-such-bucket").expect(404);
    assert_eq!(missing.header("x-amz-bucket-region"), None);
}

/// The names on all pages of this size.
fn pages(account: &Account, size: usize, more: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut token = String::new();
    loop {
        let target = format!("/?max-buckets={size}{more}{token}");
        let answer = account.get(&target).expect(200);
        pages.push(answer.texts("Name"));
        let Some(next) = answer.text("ContinuationToken") else {
            return pages;
        };
        let is_url_safe = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
        assert!(!next.is_empty() && next.chars().all(is_url_safe), "{next}");
        token = format!("&continuation-token={next}");
    }
}

#[test]
fn point_19_buckets_are_listed_in_name_order_by_pages() {
    let (server, city) = with_bucket();
    server.account("stranger").put("/foreign", "").expect(200);
    for name in ["zebra", "a-b", "a.b", "a0b", "middle"] {
        city.put(&format!("/{name}"), "").expect(200);
    }
    let all = ["a-b", "a.b", "a0b", "middle", "points", "zebra"];
    let listed = city.get("/").expect(200);
    assert_eq!(listed.texts("Name"), all);
    assert_eq!(listed.text("ContinuationToken"), None);
    assert!(
        listed
            .texts("CreationDate")
            .iter()
            .all(|date| date.contains(".000Z"))
    );
    assert_eq!(pages(&city, 6, ""), [all.to_vec()]);
    assert_eq!(pages(&city, 10_000, ""), [all.to_vec()]);
    assert_eq!(pages(&city, 4, ""), [all[..4].to_vec(), all[4..].to_vec()]);
    assert_eq!(pages(&city, 1, "").concat(), all);
    assert_eq!(pages(&city, 1, "").len(), all.len());
    assert_eq!(
        pages(&city, 2, "&prefix=a"),
        [all[..2].to_vec(), all[2..3].to_vec()]
    );
}

#[test]
fn point_19_token_does_not_show_a_name() {
    let (_server, city) = with_bucket();
    city.put("/zebra", "").expect(200);
    let listed = city.get("/?max-buckets=1").expect(200);
    let token = listed.text("ContinuationToken").expect("a token");
    assert!(!token.contains("points"), "{token}");
}

#[test]
fn point_19_forged_tokens_and_sizes_are_refused() {
    let (_server, city) = with_bucket();
    for query in [
        "continuation-token=%00",
        "continuation-token=points",
        "continuation-token=%2F%2F%2F",
        "max-buckets=0",
        "max-buckets=10001",
        "max-buckets=-1",
        "max-buckets=x",
    ] {
        let refused = city.get(&format!("/?{query}"));
        assert_eq!(
            refused.outcome(),
            (400, "InvalidArgument".to_owned()),
            "{query}"
        );
    }
}

#[test]
fn point_19_list_shows_buckets_of_the_asked_region_only() {
    let (_server, city) = with_bucket();
    let here = city.get("/?bucket-region=us-east-1").expect(200);
    assert_eq!(here.texts("Name"), ["points"]);
    let elsewhere = city.get("/?bucket-region=eu-west-1").expect(200);
    assert!(elsewhere.texts("Name").is_empty());
}

#[test]
fn point_19_stranger_lists_no_buckets() {
    let (_server, city) = with_bucket();
    let anonymous = city.request("GET", "/").anonymous().send();
    anonymous.refused(403, "AccessDenied");
}

#[test]
fn point_20_there_are_no_torrents() {
    let (_server, city) = with_bucket();
    fill(&city, &["a"]);
    city.get("/points/a?torrent").refused(404, "NoSuchKey");
}
