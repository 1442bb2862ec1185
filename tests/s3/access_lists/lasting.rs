//! Lists and ownership survive kill -9, whole.

use super::{Scene, canned, controls, document, id, tells};
use crate::lifecycle_effects::pause;
use crate::points::uploads::Upload;
use crate::raw::Account;
use std::time::Duration;

#[test]
fn lists_ownership_and_owners_survive_a_crash() {
    let mut scene = Scene::start();
    canned(&scene.city, "/lists?acl", "public-read-write");
    scene.other.put("/lists/theirs", "theirs").expect(200);
    canned(&scene.city, "/lists/a?acl", "public-read");
    let city = scene.city.clone();
    let acl = [("x-amz-acl", "public-read")];
    let upload = Upload::create_with(&city, "/lists/parts", &acl);
    let etag = upload.part(1, b"parts");
    scene.server.restart();
    let full = ("city", "FULL_CONTROL");
    let public = [("AllUsers", "READ"), full];
    tells(
        &city,
        "/lists?acl",
        &[("AllUsers", "READ"), ("AllUsers", "WRITE"), full],
    );
    tells(&city, "/lists/a?acl", &public);
    tells(
        &scene.other,
        "/lists/theirs?acl",
        &[("other", "FULL_CONTROL")],
    );
    upload.complete(&[(1, &etag)]).expect(200);
    tells(&city, "/lists/parts?acl", &public);
    canned(&city, "/lists?acl", "private");
    city.put("/lists?ownershipControls", controls("BucketOwnerEnforced"))
        .expect(200);
    scene.server.restart();
    let told = city.get("/lists?ownershipControls").expect(200);
    assert_eq!(told.texts("ObjectOwnership"), ["BucketOwnerEnforced"]);
    tells(&city, "/lists/a?acl", &[full]);
}

/// Kills while lists are set: the one in force is one that was set, the newest that was confirmed
/// or a later one, and what the bucket's header says of it is so.
#[test]
fn list_is_whole_after_kills() {
    let mut scene = Scene::start();
    let (owner, other) = (id(&scene.city), id(&scene.other));
    for target in ["/lists?acl", "/lists/a?acl"] {
        let mut confirmed = 0;
        for round in 0..3 {
            let from = confirmed;
            // So many grants that their number tells which one it is.
            let send = |city: &Account| {
                let mut last = from;
                for number in from + 1..100 {
                    let list = document(&owner, &vec![(&*other, "READ"); number]);
                    let put = city.request("PUT", target).body(list);
                    match put.wire().try_send(city.port) {
                        Some(answer) if answer.status == 200 => last = number,
                        _ => break,
                    }
                }
                last
            };
            confirmed = std::thread::scope(|scope| {
                let sender = scope.spawn(|| send(&scene.city));
                pause(Duration::from_millis(30 + 20 * round));
                scene.server.kill();
                sender.join().expect("its end")
            });
            scene.server.restart();
            let told = super::grants(&scene.city.get(target).expect(200));
            let grant = ("other".to_owned(), "READ".to_owned());
            if confirmed > 0 {
                assert!(told.len() >= confirmed, "{} after {confirmed}", told.len());
                assert!(told.iter().all(|own| *own == grant));
                let read = target.trim_end_matches("?acl");
                scene.other.get(read).expect(200);
            }
        }
        canned(&scene.city, target, "private");
        scene
            .other
            .get(target.trim_end_matches("?acl"))
            .refused(403, "AccessDenied");
    }
    // No trace of a list is left that would keep the bucket from being enforced.
    let enforced = controls("BucketOwnerEnforced");
    scene
        .city
        .put("/lists?ownershipControls", enforced)
        .expect(200);
}
