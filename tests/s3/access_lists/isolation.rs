//! A list opens the version that it is of, and nothing else.

use super::{Scene, canned, document, id};
use crate::raw::Account;
use crate::versioning::{at, put, set};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

#[test]
fn list_opens_its_own_object_alone() {
    let scene = Scene::start();
    let (city, other) = (&scene.city, &scene.other);
    let create = other.request("PUT", "/theirs");
    let create = create.header("x-amz-object-ownership", "ObjectWriter");
    create.send().expect(200);
    for key in ["a", "a/", "A", "ab", "b"] {
        city.put(&format!("/lists/{key}"), "ours").expect(200);
        let put = other.request("PUT", &format!("/theirs/{key}"));
        put.header("x-amz-acl", "public-read")
            .body("theirs")
            .send()
            .expect(200);
    }
    canned(other, "/theirs?acl", "public-read-write");
    canned(city, "/lists/a?acl", "public-read");
    for key in ["a/", "A", "ab", "b"] {
        let target = format!("/lists/{key}");
        scene
            .nobody("GET", &target)
            .send()
            .refused(403, "AccessDenied");
        other.get(&target).refused(403, "AccessDenied");
        scene
            .nobody("GET", &format!("/theirs/{key}"))
            .send()
            .expect(200);
    }
    scene.nobody("GET", "/lists/a").send().expect(200);
    scene
        .nobody("GET", "/lists")
        .send()
        .refused(403, "AccessDenied");
    // A foreign list does not open what is copied over.
    let copy = city.request("PUT", "/lists/b");
    copy.header("x-amz-copy-source", "/theirs/a")
        .send()
        .expect(200);
    scene
        .nobody("GET", "/lists/b")
        .send()
        .refused(403, "AccessDenied");
    let copy = other.request("PUT", "/theirs/copy");
    let copy = copy.header("x-amz-copy-source", "/lists/b").send();
    copy.refused(403, "AccessDenied");
    let copy = other.request("PUT", "/theirs/copy");
    copy.header("x-amz-copy-source", "/lists/a")
        .send()
        .expect(200);
}

#[test]
fn list_opens_its_own_version_alone() {
    let scene = Scene::start();
    let city = &scene.city;
    set(city, "/lists", "Enabled");
    let versions: Vec<_> = (0..3)
        .map(|n| put(city, "/lists/v", format!("body {n}")))
        .collect();
    let of = |version: &str| at("/lists/v", version);
    canned(city, &format!("{}&acl", of(&versions[1])), "public-read");
    let read = |target: &str| scene.nobody("GET", target).send().status;
    assert_eq!(
        [0, 1, 2].map(|n: usize| read(&of(&versions[n]))),
        [403, 200, 403]
    );
    assert_eq!(read("/lists/v"), 403);
    // Of a version that becomes the newest, its own list counts.
    city.delete(&of(&versions[2])).expect(204);
    assert_eq!(read("/lists/v"), 200);
    city.delete(&of(&versions[1])).expect(204);
    assert_eq!(read("/lists/v"), 403);
    city.delete("/lists/v").expect(204);
    assert_eq!(read("/lists/v"), 403);
    let marker = city
        .get("/lists?versions&prefix=v")
        .expect(200)
        .texts("VersionId");
    assert_eq!(read(&of(&marker[0])), 403);
}

/// Readers by list while the object is replaced: never another's bytes, sizes or list.
#[test]
fn object_that_takes_the_place_of_an_open_one_is_not_opened() {
    let scene = Scene::start();
    let (city, is_over) = (&scene.city, AtomicBool::new(false));
    let (open, closed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let owner = id(city);
    let look = |nobody: &Account| {
        while !is_over.load(Ordering::Relaxed) {
            let get = nobody.request("GET", "/lists/a").anonymous().send();
            let counter = match get.status {
                200 => &open,
                403 => &closed,
                other => panic!("{other}: {}", get.body_text()),
            };
            counter.fetch_add(1, Ordering::Relaxed);
            assert!(get.status != 200 || get.body == b"open", "another object");
            let head = nobody.request("HEAD", "/lists/a").anonymous().send();
            let len = head.header("content-length");
            assert!(head.status != 200 || len == Some("4"), "{head:?}");
            let list = nobody.request("GET", "/lists/a?acl").anonymous().send();
            list.refused(403, "AccessDenied");
        }
    };
    city.put("/lists/a?acl", document(&owner, &[])).expect(200);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..3).map(|_| scope.spawn(|| look(city))).collect();
        for _ in 0..150 {
            let public = city
                .request("PUT", "/lists/a")
                .header("x-amz-acl", "public-read");
            public.body("open").send().expect(200);
            city.put("/lists/a", "secret").expect(200);
        }
        is_over.store(true, Ordering::Relaxed);
        for reader in readers {
            reader.join().expect("nothing was seen");
        }
    });
    let seen = [open, closed].map(AtomicUsize::into_inner);
    assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
}
