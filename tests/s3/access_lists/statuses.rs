//! Lists and accounts that an operator has suspended or made read-only: a list opens nothing for
//! such an account, nor in its buckets.

use super::{Scene, canned, document, id};

fn set(scene: &Scene, account: &str, status: &str) {
    let words = ["tenant", "update", account, "--status", status];
    scene.server.admin(&words).expect("the status is set");
}

/// Everybody may write; of `a` everybody reads; `theirs` is `other`'s, for `third` to read.
fn scene() -> (Scene, crate::raw::Account) {
    let scene = Scene::start();
    let third = scene.server.account("third");
    canned(&scene.city, "/lists?acl", "public-read-write");
    canned(&scene.city, "/lists/a?acl", "public-read");
    scene.other.put("/lists/theirs", "theirs").expect(200);
    let list = document(&id(&scene.other), &[(&id(&third), "READ")]);
    scene.other.put("/lists/theirs?acl", list).expect(200);
    (scene, third)
}

#[test]
fn grantee_does_what_its_status_leaves() {
    let (scene, third) = scene();
    let other = &scene.other;
    set(&scene, "other", "read-only");
    for target in ["/lists", "/lists/a", "/lists/theirs", "/lists/theirs?acl"] {
        other.get(target).expect(200);
    }
    other.put("/lists/b", "b").refused(403, "AccessDenied");
    let put = other.request("PUT", "/lists/theirs?acl");
    let put = put.header("x-amz-acl", "public-read").send();
    put.refused(403, "AccessDenied");
    // What is its own is still open to others as it has granted.
    third.get("/lists/theirs").expect(200);
    set(&scene, "other", "suspended");
    for target in ["/lists", "/lists/a", "/lists/theirs", "/lists/theirs?acl"] {
        other.get(target).refused(403, "AllAccessDisabled");
    }
    other.put("/lists/b", "b").refused(403, "AllAccessDisabled");
    third.get("/lists/theirs").expect(200);
    scene.nobody("GET", "/lists/a").send().expect(200);
    scene.city.delete("/lists/theirs").expect(204);
    set(&scene, "other", "active");
    other.get("/lists/a").expect(200);
}

#[test]
fn bucket_of_an_account_is_open_as_its_status_leaves() {
    let (scene, third) = scene();
    let other = &scene.other;
    set(&scene, "city", "read-only");
    third.get("/lists/theirs").expect(200);
    scene.nobody("GET", "/lists/a").send().expect(200);
    other.put("/lists/b", "b").refused(403, "AccessDenied");
    let nobody = scene.nobody("PUT", "/lists/b").body("b").send();
    nobody.refused(403, "AccessDenied");
    let put = other.request("PUT", "/lists/theirs?acl");
    let put = put.header("x-amz-acl", "public-read").send();
    put.refused(403, "AccessDenied");
    set(&scene, "city", "suspended");
    third.get("/lists/theirs").refused(403, "AllAccessDisabled");
    other.get("/lists/theirs").refused(403, "AllAccessDisabled");
    let nobody = scene.nobody("GET", "/lists/a").send();
    nobody.refused(403, "AllAccessDisabled");
    // Who may do nothing here is not told about the owner.
    let nobody = scene.nobody("GET", "/lists/theirs").send();
    nobody.refused(403, "AccessDenied");
    set(&scene, "city", "active");
    third.get("/lists/theirs").expect(200);
    other.put("/lists/b", "b").expect(200);
}
