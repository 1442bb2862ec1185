//! The classic profile: new buckets are their writers' and nothing of them is blocked, as it was on
//! AWS before 2023 and is on other stores. Lists count without anybody asking for it.

use super::{CLASSIC, Scene, canned, controls, document, id, tells};
use crate::points::uploads::Upload;
use crate::server::TestServer;

const FULL: (&str, &str) = ("city", "FULL_CONTROL");
const PUBLIC: [(&str, &str); 2] = [("AllUsers", "READ"), FULL];

#[test]
fn lists_count_in_a_new_bucket_that_asks_for_nothing() {
    let scene = Scene::classic();
    let (city, other) = (&scene.city, &scene.other);
    let told = city.get("/lists?ownershipControls").expect(200);
    assert_eq!(told.texts("ObjectOwnership"), ["ObjectWriter"]);
    city.get("/lists?publicAccessBlock")
        .refused(404, "NoSuchPublicAccessBlockConfiguration");
    tells(city, "/lists?acl", &[FULL]);
    scene
        .nobody("GET", "/lists/a")
        .send()
        .refused(403, "AccessDenied");
    canned(city, "/lists/a?acl", "public-read");
    tells(city, "/lists/a?acl", &PUBLIC);
    scene.nobody("GET", "/lists/a").send().expect(200);
    let put = city.request("PUT", "/lists/b");
    let put = put.header("x-amz-acl", "public-read").body("b");
    put.send().expect(200);
    scene.nobody("GET", "/lists/b").send().expect(200);
    let list = document(&id(city), &[(&id(other), "WRITE")]);
    city.put("/lists?acl", list).expect(200);
    let upload = Upload::create(other, "/lists/theirs");
    let etag = upload.part(1, b"theirs");
    upload.complete(&[(1, &etag)]).expect(200);
    tells(other, "/lists/theirs?acl", &[("other", "FULL_CONTROL")]);
    city.get("/lists/theirs").refused(403, "AccessDenied");
}

#[test]
fn new_bucket_is_public_if_it_asks_and_enforced_if_it_asks() {
    let scene = Scene::classic();
    let city = &scene.city;
    let create = |name: &str, header: (&str, &str)| {
        let create = city.request("PUT", name).header(header.0, header.1);
        create.send().expect(200);
    };
    create("/public", ("x-amz-acl", "public-read"));
    tells(city, "/public?acl", &PUBLIC);
    scene.nobody("GET", "/public").send().expect(200);
    create(
        "/enforced",
        ("x-amz-object-ownership", "BucketOwnerEnforced"),
    );
    let put = city.request("PUT", "/enforced?acl");
    let put = put.header("x-amz-acl", "public-read").send();
    put.refused(400, "AccessControlListNotSupported");
    city.put("/lists?ownershipControls", controls("BucketOwnerEnforced"))
        .expect(200);
    let put = city.request("PUT", "/lists/b");
    let put = put.header("x-amz-acl", "public-read").body("b").send();
    put.refused(400, "AccessControlListNotSupported");
}

/// Operators' buckets are as tenants'.
#[test]
fn bucket_that_an_operator_creates_is_as_the_setting_says() {
    for (settings, expected) in [(CLASSIC, "ObjectWriter"), (&[][..], "BucketOwnerEnforced")] {
        let server = TestServer::start_with(settings);
        let city = server.account("city");
        let words = ["bucket", "create", "given", "--tenant", "city"];
        server.admin(&words).expect("a bucket");
        let told = city.get("/given?ownershipControls").expect(200);
        assert_eq!(told.texts("ObjectOwnership"), [expected]);
    }
}
