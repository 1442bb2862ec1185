//! What is no list, and what asks for two (66, 67; attacks.md 39).

use super::{ALL_USERS, Scene, canned, controls, document, id, tells};

const FULL: (&str, &str) = ("city", "FULL_CONTROL");

#[test]
fn row_39_documents_off_the_schema_change_nothing() {
    let scene = Scene::start();
    let (city, owner) = (&scene.city, id(&scene.city));
    let good = document(&owner, &[(ALL_USERS, "READ")]);
    let grants = good.split_once("<Grant>").expect("a grant").1;
    let grant = grants.split_once("</Grant>").expect("its end").0;
    for (from, to, code) in [
        ("<Owner>", "<Owner><ID>a</ID>", "MalformedACLError"),
        (
            "<AccessControlList>",
            "<AccessControlList><Other/>",
            "MalformedACLError",
        ),
        ("<Grantee>", "<Grantee><ID>a</ID>", "MalformedACLError"),
        ("<Permission>READ</Permission>", "", "MalformedACLError"),
        ("<URI>", "<URI/><URI>", "MalformedACLError"),
        ("READ", "OWN", "MalformedACLError"),
        ("READ", "read", "MalformedACLError"),
        ("AllUsers", "Allusers", "InvalidArgument"),
        ("<Owner>", "<!DOCTYPE a><Owner>", "MalformedACLError"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good);
        for target in ["/lists?acl", "/lists/a?acl"] {
            city.put(target, bad.clone()).refused(400, code);
        }
    }
    let many = |count: usize| {
        let grants = format!("<Grant>{grant}</Grant>").repeat(count);
        good.replace(&format!("<Grant>{grant}</Grant>"), &grants)
    };
    for target in ["/lists?acl", "/lists/a?acl"] {
        city.put(target, many(101))
            .refused(400, "MalformedACLError");
        // They are counted before anybody is looked for.
        city.put(target, document(&owner, &[("c0ffee", "READ"); 101]))
            .refused(400, "MalformedACLError");
        let unknown = vec!["id=c0ffee"; 101].join(",");
        let put = city.request("PUT", target);
        let put = put.header("x-amz-grant-read", &unknown).send();
        put.refused(400, "MalformedACLError");
        city.put(target, document(&owner, &[("c0ffee", "READ"); 100]))
            .refused(400, "InvalidArgument");
        for bad in ["<a/>", "no document"] {
            city.put(target, bad).refused(400, "MalformedACLError");
        }
        city.put(target, "").refused(400, "MissingSecurityHeader");
        tells(city, target, &[FULL]);
        city.put(target, many(100)).expect(200);
        tells(city, target, &[("AllUsers", "READ"); 100]);
    }
}

#[test]
fn two_ways_to_ask_at_once_are_refused() {
    let scene = Scene::start();
    let (city, owner) = (&scene.city, id(&scene.city));
    let grantee = format!("id={owner}");
    for target in ["/lists?acl", "/lists/a?acl", "/lists/b"] {
        let both = city.request("PUT", target).header("x-amz-acl", "private");
        let both = both.header("x-amz-grant-read", &grantee).send();
        both.refused(400, "InvalidRequest");
        let unknown = city.request("PUT", target);
        let unknown = unknown.header("x-amz-grant-everything", &grantee).send();
        unknown.refused(400, "InvalidArgument");
    }
    for target in ["/lists?acl", "/lists/a?acl"] {
        for (name, value) in [("x-amz-acl", "private"), ("x-amz-grant-read", &grantee)] {
            let put = city.request("PUT", target).header(name, value);
            let put = put.body(document(&owner, &[(ALL_USERS, "READ")]));
            put.send().refused(400, "UnexpectedContent");
        }
        tells(city, target, &[FULL]);
    }
    city.get("/lists/b").refused(404, "NoSuchKey");
}

#[test]
fn what_is_not_there_has_no_list() {
    let scene = Scene::start();
    let city = &scene.city;
    for method in ["GET", "PUT"] {
        let none = city.request(method, "/lists/none?acl");
        let none = none.header("x-amz-acl", "private").send();
        none.refused(404, "NoSuchKey");
        let no_version = city.request(method, "/lists/a?acl&versionId=x");
        let no_version = no_version.header("x-amz-acl", "private").send();
        no_version.refused(400, "InvalidArgument");
        let none = scene.other.request(method, "/lists/none?acl");
        let none = none.header("x-amz-acl", "private").send();
        none.refused(403, "AccessDenied");
    }
    city.get("/none?acl").refused(404, "NoSuchBucket");
}

#[test]
fn row_39_ownership_off_the_schema_changes_nothing() {
    let scene = Scene::start();
    let city = &scene.city;
    let good = controls("BucketOwnerPreferred");
    for bad in [
        "<OwnershipControls/>".to_owned(),
        good.replace("Preferred", "preferred"),
        good.replace("</Rule>", "</Rule><Rule/>"),
        good.replace("<Rule>", "<Rule><Other/>"),
        good.replace("OwnershipControls>", "Ownership>"),
    ] {
        city.put("/lists?ownershipControls", bad)
            .refused(400, "MalformedXML");
    }
    let told = city.get("/lists?ownershipControls").expect(200);
    assert_eq!(told.texts("ObjectOwnership"), ["ObjectWriter"]);
    canned(city, "/lists?acl", "private");
}
