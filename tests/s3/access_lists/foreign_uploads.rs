//! Whose an upload is decides who goes on with it, whatever else it may write into the bucket (52;
//! S3 User Guide, "Multipart upload API and permissions"): where lists count and where not.

use super::{Scene, canned, tells};
use crate::points::uploads::Upload;
use crate::policies::{allow, grant, policy, user};
use crate::raw::{Account, Request};
use serde_json::json;

/// Everybody may write into the bucket by its list.
fn by_list() -> Scene {
    let scene = Scene::start();
    canned(&scene.city, "/lists?acl", "public-read-write");
    scene
}

/// Everybody may write into the bucket by its policy, where its owner owns everything.
fn by_policy() -> Scene {
    let scene = Scene::start_with("BucketOwnerEnforced");
    let open = policy(&json!([
        {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject",
         "Resource": "arn:aws:s3:::lists/*"},
    ]));
    scene.city.put("/lists?policy", open).expect(204);
    scene
}

const SCENES: [fn() -> Scene; 2] = [by_list, by_policy];

/// The same upload, as another account names it.
fn by<'a>(account: &'a Account, upload: &Upload<'_>) -> Upload<'a> {
    Upload {
        account,
        target: upload.target.clone(),
        id: upload.id.clone(),
    }
}

#[track_caller]
fn not_theirs(request: Request) {
    let refused = request.send().refused(403, "AccessDenied");
    let text = refused.body_text();
    assert!(text.contains("another account has begun"), "{text}");
}

#[test]
fn only_the_initiator_and_the_bucket_owner_go_on_with_an_upload() {
    for start in SCENES {
        let scene = start();
        let (city, third) = (&scene.city, scene.server.account("third"));
        third.put("/thirds", "").expect(200);
        third.put("/thirds/a", "to copy").expect(200);
        // Whoever may write may write into its own uploads.
        let own = Upload::create(&third, "/lists/own");
        let etag = own.part(1, b"own");
        own.complete(&[(1, &etag)]).expect(200);
        let upload = Upload::create(&scene.other, "/lists/parts");
        let etag = upload.part(1, b"theirs");
        let foreign = by(&third, &upload);
        let document = Upload::document(&[(1, &etag)]);
        let part = format!("/lists/parts?partNumber=2&uploadId={}", upload.id);
        let copy = || {
            let copy = third.request("PUT", &part);
            copy.header("x-amz-copy-source", "/thirds/a")
        };
        not_theirs(foreign.part_request(1, b"slipped in"));
        not_theirs(foreign.part_request(1, b"slipped in").anonymous());
        not_theirs(copy());
        not_theirs(foreign.complete_request(&document));
        not_theirs(foreign.complete_request(&document).anonymous());
        foreign.list("").refused(403, "AccessDenied");
        foreign.abort().refused(403, "AccessDenied");
        city.get("/lists/parts").refused(404, "NoSuchKey");
        let listed = upload.list("").expect(200);
        assert_eq!(listed.texts("PartNumber"), ["1"]);
        let done = upload.complete(&[(1, &etag)]).expect(200);
        // What is remembered of it is told to the same, and to nobody else.
        for account in [&scene.other, city] {
            let again = by(account, &upload).complete(&[(1, &etag)]).expect(200);
            assert_eq!(again.text("ETag"), done.text("ETag"));
        }
        not_theirs(foreign.complete_request(&document));
        not_theirs(foreign.complete_request(&document).anonymous());
        assert_eq!(city.head("/lists/own").status, own_status(&scene));
    }
}

/// What another account's object is to the bucket's owner: its own where lists do not count.
fn own_status(scene: &Scene) -> u16 {
    let told = scene.city.get("/lists?ownershipControls").expect(200);
    let setting = told.text("ObjectOwnership");
    if setting.as_deref() == Some("BucketOwnerEnforced") {
        200
    } else {
        403
    }
}

#[test]
fn bucket_owner_goes_on_with_an_upload_of_another() {
    for start in SCENES {
        let scene = start();
        let city = &scene.city;
        let upload = Upload::create(&scene.other, "/lists/parts");
        let ours = by(city, &upload);
        let etag = ours.part(1, b"by the owner");
        let listed = ours.list("").expect(200);
        assert_eq!(listed.texts("PartNumber"), ["1"]);
        // Its users are of its account.
        let ana = user(city, "ana");
        grant(city, "ana", &json!([allow(&json!("s3:*"))]));
        let done = by(&ana, &upload).complete(&[(1, &etag)]).expect(200);
        let again = upload.complete(&[(1, &etag)]).expect(200);
        assert_eq!(again.text("ETag"), done.text("ETag"));
    }
}

#[test]
fn initiator_lists_and_ends_its_upload_wherever_it_is() {
    for start in SCENES {
        let scene = start();
        let (city, other) = (&scene.city, &scene.other);
        let third = scene.server.account("third");
        let upload = Upload::create(other, "/lists/parts");
        upload.part(1, b"theirs");
        let is_owned = own_status(&scene) == 403;
        let holders = ["other", if is_owned { "other" } else { "city" }];
        for account in [other, city] {
            let listed = by(account, &upload).list("").expect(200);
            assert_eq!(listed.texts("DisplayName"), holders);
        }
        let listed = city.get("/lists?uploads").expect(200);
        assert_eq!(listed.texts("DisplayName"), holders);
        let foreign = by(&third, &upload);
        foreign.list("").refused(403, "AccessDenied");
        foreign.abort().refused(403, "AccessDenied");
        // Its users need its leave as well.
        let (ana, eva) = (user(other, "ana"), user(other, "eva"));
        let action = json!("s3:AbortMultipartUpload");
        grant(other, "eva", &json!([allow(&action)]));
        by(&ana, &upload).abort().refused(403, "AccessDenied");
        by(&eva, &upload).list("").refused(403, "AccessDenied");
        by(&eva, &upload).abort().expect(204);
        let upload = Upload::create(other, "/lists/parts");
        upload.abort().expect(204);
        let open = city.get("/lists?uploads").expect(200).texts("UploadId");
        assert_eq!(open, Vec::<String>::new());
    }
}

/// A denial stays one, also of the initiator.
#[test]
fn initiator_does_not_end_what_a_policy_denies() {
    let scene = by_list();
    let deny = policy(&json!([
        {"Effect": "Deny", "Principal": "*", "Action": "s3:AbortMultipartUpload",
         "Resource": "arn:aws:s3:::lists/*"},
    ]));
    let upload = Upload::create(&scene.other, "/lists/parts");
    scene.city.put("/lists?policy", deny).expect(204);
    upload.abort().refused(403, "AccessDenied");
    upload.list("").expect(200);
}

/// Nobody is not the bucket's owner.
#[test]
fn upload_that_nobody_signed_is_told_apart() {
    for start in SCENES {
        let scene = start();
        let (city, other) = (&scene.city, &scene.other);
        let own = Upload::create(city, "/lists/own");
        not_theirs(own.part_request(1, b"slipped in").anonymous());
        own.abort().expect(204);
        let begun = scene.nobody("POST", "/lists/n?uploads").send().expect(200);
        let upload = Upload {
            account: city,
            target: "/lists/n".to_owned(),
            id: begun.text("UploadId").expect("an upload id"),
        };
        let listed = city.get("/lists?uploads").expect(200);
        assert!(!listed.body_text().contains("<Initiator>"));
        assert_eq!(listed.texts("DisplayName"), ["city"]);
        not_theirs(by(other, &upload).part_request(1, b"slipped in"));
        let part = upload.part_request(1, b"nobodys").anonymous().send();
        let etag = part.expect(200).header("etag").expect("an ETag").to_owned();
        for method in ["GET", "DELETE"] {
            let target = format!("/lists/n?uploadId={}", upload.id);
            let refused = scene.nobody(method, &target).send();
            refused.refused(403, "AccessDenied");
        }
        let document = Upload::document(&[(1, &etag)]);
        for _ in 0..2 {
            let complete = upload.complete_request(&document).anonymous();
            complete.send().expect(200);
        }
        not_theirs(by(other, &upload).complete_request(&document));
        assert_eq!(city.get("/lists/n").expect(200).body, b"nobodys");
        tells(city, "/lists/n?acl", &[("city", "FULL_CONTROL")]);
    }
}
