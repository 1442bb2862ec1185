//! `riznica policy explain` and the log name the grant that decides.

use super::{Scene, canned, document, id};
use crate::policies::explain;
use crate::versioning::{put, set};

#[test]
fn explanation_names_the_grant() {
    let scene = Scene::start();
    let (city, owner, other) = (&scene.city, id(&scene.city), id(&scene.other));
    let list = document(&owner, &[(&owner, "FULL_CONTROL"), (&other, "READ")]);
    city.put("/lists/a?acl", list).expect(200);
    canned(city, "/lists?acl", "public-read-write");
    scene.other.put("/lists/theirs", "theirs").expect(200);
    let object = "grant 2 of the object's access control list";
    let write = "grant 2 of the bucket's access control list";
    let (nothing, root) = (
        "no policy allows it",
        "the caller is the root of the account",
    );
    for (by, action, resource, decision, reason) in [
        (
            Some(&scene.other),
            "s3:GetObject",
            "lists/a",
            "allow",
            object,
        ),
        (None, "s3:GetObject", "lists/a", "deny", nothing),
        (None, "s3:PutObject", "lists/a", "allow", write),
        (Some(city), "s3:GetObject", "lists/theirs", "deny", nothing),
        (
            Some(&scene.other),
            "s3:GetObject",
            "lists/theirs",
            "allow",
            root,
        ),
        (
            Some(city),
            "s3:DeleteObjectVersion",
            "lists/theirs",
            "allow",
            root,
        ),
    ] {
        let words = ["--action", action, "--resource", resource];
        let told = explain(&scene.server, by, &words);
        assert_eq!(
            told,
            (decision.to_owned(), reason.to_owned()),
            "{action} {resource}"
        );
    }
    scene.other.get("/lists/a").expect(200);
    city.get("/lists/theirs").refused(403, "AccessDenied");
}

#[test]
fn explanation_is_of_the_version_that_is_given() {
    let scene = Scene::start();
    let city = &scene.city;
    set(city, "/lists", "Enabled");
    let open = put(city, "/lists/a", "open");
    canned(city, "/lists/a?acl", "public-read");
    put(city, "/lists/a", "closed");
    let words = ["--action", "s3:GetObjectVersion", "--resource", "lists/a"];
    assert_eq!(explain(&scene.server, None, &words).0, "deny");
    let version = format!("s3:VersionId={open}");
    let words = [&words[..], &["--context", &version]].concat();
    assert_eq!(explain(&scene.server, None, &words).0, "allow");
}

#[test]
fn log_says_that_nothing_allows_it() {
    let scene = Scene::start();
    scene.other.get("/lists/a").refused(403, "AccessDenied");
    let log = scene.server.log();
    assert!(
        log.contains("action=s3:GetObject ground=`no policy allows it`"),
        "{log}"
    );
}
