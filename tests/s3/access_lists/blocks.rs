//! Public access blocks and public lists (77, 78).

use super::{SIGNED_USERS, Scene, canned, document, id, tells};
use crate::post::PostForm;
use crate::server::TestServer;

const FULL: (&str, &str) = ("city", "FULL_CONTROL");

/// Sets one of the blocks.
fn block(scene: &Scene, name: &str) {
    let document = format!(
        "<PublicAccessBlockConfiguration><{name}>true</{name}></PublicAccessBlockConfiguration>"
    );
    scene
        .city
        .put("/lists?publicAccessBlock", document)
        .expect(200);
}

fn is_public(scene: &Scene) -> bool {
    let status = scene.city.get("/lists?policyStatus").expect(200);
    status.text("IsPublic").expect("a status") == "true"
}

#[test]
fn point_77_policy_status_counts_the_buckets_list() {
    let scene = Scene::start();
    for (name, expected) in [
        ("private", false),
        ("public-read", true),
        ("authenticated-read", true),
        ("public-read-write", true),
        ("log-delivery-write", false),
    ] {
        canned(&scene.city, "/lists?acl", name);
        assert_eq!(is_public(&scene), expected, "{name}");
    }
    // An object's is not the bucket's.
    canned(&scene.city, "/lists?acl", "private");
    canned(&scene.city, "/lists/a?acl", "public-read");
    assert!(!is_public(&scene));
    canned(&scene.city, "/lists?acl", "public-read");
    block(&scene, "IgnorePublicAcls");
    assert!(!is_public(&scene));
}

#[test]
fn point_78_public_lists_are_blocked_by_every_way() {
    let scene = Scene::start();
    let (city, owner) = (&scene.city, id(&scene.city));
    block(&scene, "BlockPublicAcls");
    let signed = format!("uri={SIGNED_USERS}");
    let public = [
        ("x-amz-acl", "public-read"),
        ("x-amz-acl", "public-read-write"),
        ("x-amz-acl", "authenticated-read"),
        ("x-amz-grant-read-acp", &*signed),
    ];
    for (name, value) in public {
        let copy = city.request("PUT", "/lists/b");
        for request in [
            city.request("PUT", "/lists?acl"),
            city.request("PUT", "/lists/a?acl"),
            city.request("PUT", "/lists/b").body("b"),
            copy.header("x-amz-copy-source", "/lists/a"),
            city.request("POST", "/lists/b?uploads"),
        ] {
            let refused = request.header(name, value).send();
            refused.refused(403, "AccessDenied");
        }
        let field = if name == "x-amz-acl" { "acl" } else { name };
        let form = PostForm::of(city, "lists", "b").field(field, value);
        form.send().refused(403, "AccessDenied");
    }
    for target in ["/lists?acl", "/lists/a?acl"] {
        let put = city.put(target, document(&owner, &[(SIGNED_USERS, "WRITE")]));
        put.refused(403, "AccessDenied");
        tells(city, target, &[FULL]);
        canned(city, target, "log-delivery-write");
        canned(city, target, "private");
    }
    assert_eq!(city.get("/lists").expect(200).texts("Key"), ["a"]);
    let begun = city.get("/lists?uploads").expect(200).texts("UploadId");
    assert_eq!(begun, Vec::<String>::new());
}

/// New buckets are blocked unless the operator has it otherwise.
#[test]
fn point_78_new_bucket_is_not_public_where_new_buckets_are_blocked() {
    let server = TestServer::start();
    let city = server.account("city");
    let create = |name: &str, acl: &str| {
        let create = city.request("PUT", name).header("x-amz-acl", acl);
        create
            .header("x-amz-object-ownership", "ObjectWriter")
            .send()
    };
    for acl in ["public-read", "public-read-write", "authenticated-read"] {
        let refused = "InvalidBucketAclWithBlockPublicAccessError";
        create("/public", acl).refused(400, refused);
    }
    city.get("/public").refused(404, "NoSuchBucket");
    create("/private", "private").expect(200);
    let put = city
        .request("PUT", "/private/a")
        .header("x-amz-acl", "public-read");
    put.send().refused(403, "AccessDenied");
}

#[test]
fn point_78_public_lists_that_are_ignored_let_nobody_in() {
    let scene = Scene::start();
    let city = &scene.city;
    canned(city, "/lists?acl", "public-read-write");
    let put = city
        .request("PUT", "/lists/a")
        .header("x-amz-acl", "public-read");
    put.body("the record").send().expect(200);
    block(&scene, "IgnorePublicAcls");
    for target in ["/lists", "/lists/a"] {
        scene
            .nobody("GET", target)
            .send()
            .refused(403, "AccessDenied");
        scene.other.get(target).refused(403, "AccessDenied");
        city.get(target).expect(200);
    }
    scene
        .other
        .put("/lists/b", "b")
        .refused(403, "AccessDenied");
    // They are kept and told, and those to accounts count.
    tells(city, "/lists/a?acl", &[("AllUsers", "READ"), FULL]);
    let list = document(
        &id(city),
        &[(&id(&scene.other), "READ"), (SIGNED_USERS, "READ")],
    );
    city.put("/lists/a?acl", list).expect(200);
    scene.other.get("/lists/a").expect(200);
    scene
        .nobody("GET", "/lists/a")
        .send()
        .refused(403, "AccessDenied");
    city.delete("/lists?publicAccessBlock").expect(204);
    scene.nobody("GET", "/lists").send().expect(200);
}

#[test]
fn point_78_public_policy_where_it_is_restricted_closes_lists_too() {
    let scene = Scene::start();
    let city = &scene.city;
    canned(city, "/lists/a?acl", "public-read");
    canned(city, "/lists?acl", "public-read-write");
    scene.other.put("/lists/theirs", "theirs").expect(200);
    let open = "{\"Statement\": {\"Effect\": \"Allow\", \"Principal\": \"*\", \
        \"Action\": \"s3:GetObjectTagging\", \"Resource\": \"arn:aws:s3:::lists/*\"}}";
    city.put("/lists?policy", open).expect(204);
    scene.nobody("GET", "/lists/a").send().expect(200);
    block(&scene, "RestrictPublicBuckets");
    scene
        .nobody("GET", "/lists/a")
        .send()
        .refused(403, "AccessDenied");
    scene.other.get("/lists/a").refused(403, "AccessDenied");
    city.get("/lists/a").expect(200);
    // It is for the bucket's account alone: also who owns an object in it is another.
    for target in ["/lists/theirs", "/lists/theirs?acl"] {
        scene.other.get(target).refused(403, "AccessDenied");
    }
    city.delete("/lists?policy").expect(204);
    scene.other.get("/lists/theirs").expect(200);
    scene.nobody("GET", "/lists/a").send().expect(200);
}
