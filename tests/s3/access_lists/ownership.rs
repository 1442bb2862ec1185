//! Object ownership (71).

use super::{OPEN, Scene, canned, controls, document, id, tells};
use crate::server::TestServer;

#[test]
fn point_71_controls_are_set_told_and_taken_away() {
    let scene = Scene::start();
    let city = &scene.city;
    for setting in [
        "BucketOwnerPreferred",
        "BucketOwnerEnforced",
        "ObjectWriter",
    ] {
        city.put("/lists?ownershipControls", controls(setting))
            .expect(200);
        let told = city.get("/lists?ownershipControls").expect(200);
        assert_eq!(told.texts("ObjectOwnership"), [setting]);
    }
    for _ in 0..2 {
        let gone = city.delete("/lists?ownershipControls").expect(204);
        assert!(gone.body.is_empty());
        let told = city.get("/lists?ownershipControls");
        let told = told.refused(404, "OwnershipControlsNotFoundError");
        assert_eq!(told.text("BucketName").as_deref(), Some("lists"));
    }
    // As ObjectWriter.
    canned(city, "/lists?acl", "public-read-write");
    let put = scene.other.request("PUT", "/lists/b");
    let put = put
        .header("x-amz-acl", "bucket-owner-full-control")
        .body("b");
    put.send().expect(200);
    let both = [("other", "FULL_CONTROL"), ("city", "FULL_CONTROL")];
    tells(city, "/lists/b?acl", &both);
    for method in ["GET", "PUT", "DELETE"] {
        let foreign = scene.other.request(method, "/lists?ownershipControls");
        foreign.send().refused(403, "AccessDenied");
    }
}

#[test]
fn point_71_preferred_owner_owns_what_is_handed_over() {
    let scene = Scene::start_with("BucketOwnerPreferred");
    let city = &scene.city;
    canned(city, "/lists?acl", "public-read-write");
    let put = |target: &str, acl: Option<&str>| {
        let mut put = scene.other.request("PUT", target).body("b");
        if let Some(acl) = acl {
            put = put.header("x-amz-acl", acl);
        }
        put.send().expect(200);
    };
    put("/lists/handed", Some("bucket-owner-full-control"));
    tells(city, "/lists/handed?acl", &[("city", "FULL_CONTROL")]);
    assert_eq!(city.get("/lists/handed").expect(200).body, b"b");
    scene
        .other
        .get("/lists/handed")
        .refused(403, "AccessDenied");
    for acl in [
        None,
        Some("private"),
        Some("public-read"),
        Some("bucket-owner-read"),
    ] {
        put("/lists/kept", acl);
        let told = scene.other.get("/lists/kept?acl").expect(200);
        assert_eq!(told.text("ID"), Some(id(&scene.other)), "{acl:?}");
    }
    // Once it is written it is not handed over any more.
    canned(&scene.other, "/lists/kept?acl", "bucket-owner-full-control");
    let told = city.get("/lists/kept?acl").expect(200);
    assert_eq!(told.text("ID"), Some(id(&scene.other)));
}

#[test]
fn point_71_bucket_whose_list_counts_is_not_enforced() {
    let scene = Scene::start();
    let (city, owner) = (&scene.city, id(&scene.city));
    let enforce = || city.put("/lists?ownershipControls", controls("BucketOwnerEnforced"));
    let refused = "InvalidBucketAclWithObjectOwnership";
    canned(city, "/lists?acl", "public-read");
    enforce().refused(400, refused);
    let other = id(&scene.other);
    city.put("/lists?acl", document(&owner, &[(&other, "READ_ACP")]))
        .expect(200);
    enforce().refused(400, refused);
    let told = city.get("/lists?ownershipControls").expect(200);
    assert_eq!(told.texts("ObjectOwnership"), ["ObjectWriter"]);
    city.put("/lists?acl", document(&owner, &[(&owner, "READ")]))
        .expect(200);
    enforce().expect(200);
    let put = city
        .request("PUT", "/lists?acl")
        .header("x-amz-acl", "public-read");
    put.send().refused(400, "AccessControlListNotSupported");
}

/// Where the bucket's owner comes to own everything, lists are kept and do not count.
#[test]
fn point_71_lists_rest_while_the_bucket_owner_owns_everything() {
    let scene = Scene::start();
    let (city, owner) = (&scene.city, id(&scene.city));
    canned(city, "/lists?acl", "public-read-write");
    scene.other.put("/lists/theirs", "theirs").expect(200);
    canned(city, "/lists/a?acl", "public-read");
    city.put("/lists?acl", document(&owner, &[])).expect(200);
    city.put("/lists?ownershipControls", controls("BucketOwnerEnforced"))
        .expect(200);
    scene
        .nobody("GET", "/lists/a")
        .send()
        .refused(403, "AccessDenied");
    scene
        .other
        .get("/lists/theirs")
        .refused(403, "AccessDenied");
    assert_eq!(city.get("/lists/theirs").expect(200).body, b"theirs");
    for target in ["/lists?acl", "/lists/a?acl", "/lists/theirs?acl"] {
        tells(city, target, &[("city", "FULL_CONTROL")]);
    }
    let listed = city.get("/lists").expect(200);
    assert_eq!(listed.texts("DisplayName"), ["city", "city"]);
    // A version that is made meanwhile has none.
    city.put("/lists/new", "new").expect(200);
    city.put("/lists?ownershipControls", controls("BucketOwnerPreferred"))
        .expect(200);
    scene.nobody("GET", "/lists/a").send().expect(200);
    city.get("/lists/theirs").refused(403, "AccessDenied");
    assert_eq!(scene.other.get("/lists/theirs").expect(200).body, b"theirs");
    tells(city, "/lists?acl", &[]);
    tells(city, "/lists/new?acl", &[("city", "FULL_CONTROL")]);
}

#[test]
fn point_71_new_bucket_has_the_ownership_and_the_list_that_it_asks_for() {
    let server = TestServer::start_with(OPEN);
    let (city, other) = (server.account("city"), server.account("other"));
    let create = |name: &str, headers: &[(&str, &str)]| {
        let mut create = city.request("PUT", name);
        for (header, value) in headers {
            create = create.header(header, value);
        }
        create.send()
    };
    let ownership = "x-amz-object-ownership";
    for setting in [
        "BucketOwnerEnforced",
        "BucketOwnerPreferred",
        "ObjectWriter",
    ] {
        let name = format!("/{}", setting.to_lowercase());
        create(&name, &[(ownership, setting)]).expect(200);
        let told = city.get(&format!("{name}?ownershipControls")).expect(200);
        assert_eq!(told.texts("ObjectOwnership"), [setting]);
        // The same again is the same; another is not what there is.
        create(&name, &[(ownership, setting)]).expect(200);
    }
    let again = create("/bucketownerenforced", &[(ownership, "ObjectWriter")]);
    again.refused(409, "BucketAlreadyOwnedByYou");
    let grantee = format!("id={}", id(&other));
    for list in [
        ("x-amz-acl", "public-read"),
        ("x-amz-grant-read", &*grantee),
    ] {
        let refused = "InvalidBucketAclWithObjectOwnership";
        create("/listed", &[list]).refused(400, refused);
        create("/listed", &[list, (ownership, "BucketOwnerEnforced")]).refused(400, refused);
    }
    city.get("/listed").refused(404, "NoSuchBucket");
    create("/own", &[("x-amz-acl", "private")]).expect(200);
    let list = [(ownership, "ObjectWriter"), ("x-amz-grant-read", &*grantee)];
    create("/listed", &list).expect(200);
    tells(&city, "/listed?acl", &[("other", "READ")]);
    other.get("/listed").expect(200);
    create("/listed", &list).refused(409, "BucketAlreadyOwnedByYou");
    for bad in ["bucketownerenforced", "Unset", ""] {
        create("/bad", &[(ownership, bad)]).refused(400, "InvalidArgument");
    }
}
