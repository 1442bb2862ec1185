//! A list that was taken when a write began is none when it ends, if the bucket takes it no longer
//! (70, 71, 78).

use super::{Scene, canned, controls, tells};
use crate::lifecycle_effects::pause;
use crate::points::uploads::Upload;
use crate::policies::policy;
use crate::raw::Connection;
use serde_json::json;
use std::time::Duration;

const FULL: (&str, &str) = ("city", "FULL_CONTROL");
const PUBLIC: [(&str, &str); 1] = [("x-amz-acl", "public-read")];
const BLOCK: &str = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
    </PublicAccessBlockConfiguration>";

#[test]
fn point_78_upload_whose_list_is_blocked_meanwhile_is_not_completed() {
    let scene = Scene::start();
    let city = &scene.city;
    let upload = Upload::create_with(city, "/lists/parts", &PUBLIC);
    let etag = upload.part(1, b"parts");
    city.put("/lists?publicAccessBlock", BLOCK).expect(200);
    let refused = upload.complete(&[(1, &etag)]).refused(403, "AccessDenied");
    assert!(refused.body_text().contains("BlockPublicAcls"));
    city.get("/lists/parts").refused(404, "NoSuchKey");
    // The upload stays open.
    city.delete("/lists?publicAccessBlock").expect(204);
    upload.complete(&[(1, &etag)]).expect(200);
    tells(city, "/lists/parts?acl", &[("AllUsers", "READ"), FULL]);
}

#[test]
fn point_71_upload_that_outlasts_lists_is_the_bucket_owners() {
    let scene = Scene::start();
    let (city, other) = (&scene.city, &scene.other);
    canned(city, "/lists?acl", "public-read-write");
    let foreign = Upload::create_with(other, "/lists/theirs", &PUBLIC);
    let own = Upload::create_with(city, "/lists/own", &PUBLIC);
    canned(city, "/lists?acl", "private");
    let open = policy(&json!([
        {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject",
         "Resource": "arn:aws:s3:::lists/*"},
    ]));
    city.put("/lists?policy", open).expect(204);
    city.put("/lists?ownershipControls", controls("BucketOwnerEnforced"))
        .expect(200);
    for upload in [&foreign, &own] {
        let etag = upload.part(1, b"parts");
        upload.complete(&[(1, &etag)]).expect(200);
        assert_eq!(city.get(&upload.target).expect(200).body, b"parts");
    }
    // Also where lists count again.
    city.put("/lists?ownershipControls", controls("ObjectWriter"))
        .expect(200);
    for upload in [&foreign, &own] {
        tells(city, &format!("{}?acl", upload.target), &[FULL]);
        let nobody = scene.nobody("GET", &upload.target).send();
        nobody.refused(403, "AccessDenied");
        other.get(&upload.target).refused(403, "AccessDenied");
    }
}

/// The body arrives while the bucket's settings change.
#[test]
fn point_78_object_whose_list_is_blocked_meanwhile_is_not_stored() {
    let scene = Scene::start();
    let city = &scene.city;
    let begin = |target: &str| {
        let put = city
            .request("PUT", target)
            .header("x-amz-acl", "public-read");
        let wire = put.body(vec![b'x'; 1000]).wire();
        let mut connection = Connection::open(city.port);
        connection.write(&wire.head());
        connection.write(&wire.body[..500]);
        (connection, wire)
    };
    let (mut blocked, wire) = begin("/lists/blocked");
    pause(Duration::from_millis(500));
    city.put("/lists?publicAccessBlock", BLOCK).expect(200);
    blocked.write(&wire.body[500..]);
    blocked.answer("PUT").refused(403, "AccessDenied");
    city.get("/lists/blocked").refused(404, "NoSuchKey");
    city.delete("/lists?publicAccessBlock").expect(204);
    let (mut enforced, wire) = begin("/lists/enforced");
    pause(Duration::from_millis(500));
    city.put("/lists?ownershipControls", controls("BucketOwnerEnforced"))
        .expect(200);
    enforced.write(&wire.body[500..]);
    enforced.answer("PUT").expect(200);
    city.put("/lists?ownershipControls", controls("ObjectWriter"))
        .expect(200);
    tells(city, "/lists/enforced?acl", &[FULL]);
}
