//! Lists of what is uploaded in parts and by forms, and whose an open upload is (62, 64, 108).

use super::{Scene, canned, document, id, tells};
use crate::points::uploads::Upload;
use crate::post::PostForm;

const FULL: (&str, &str) = ("city", "FULL_CONTROL");

#[test]
fn list_that_an_upload_begins_with_is_its_objects() {
    let scene = Scene::start();
    let city = &scene.city;
    let grantee = format!("id={}", id(&scene.other));
    let signed = [("AuthenticatedUsers", "READ"), FULL];
    for (header, expected) in [
        (("x-amz-acl", "authenticated-read"), &signed[..]),
        (("x-amz-grant-read", &*grantee), &[("other", "READ")][..]),
        (("x-amz-meta-a", "no list"), &[FULL][..]),
        (("x-amz-tagging", "a=b"), &[FULL][..]),
    ] {
        let upload = Upload::create_with(city, "/lists/parts", &[header]);
        let etag = upload.part(1, b"parts");
        upload.complete(&[(1, &etag)]).expect(200);
        tells(city, "/lists/parts?acl", expected);
        assert_eq!(city.get("/lists/parts").expect(200).body, b"parts");
    }
    // Tags and list together.
    let both = [
        ("x-amz-tagging", "a=b"),
        ("x-amz-acl", "authenticated-read"),
    ];
    let upload = Upload::create_with(city, "/lists/parts", &both);
    let etag = upload.part(1, b"parts");
    upload.complete(&[(1, &etag)]).expect(200);
    tells(city, "/lists/parts?acl", &signed);
    let tags = city.get("/lists/parts?tagging").expect(200);
    assert_eq!(tags.texts("Key"), ["a"]);
}

#[test]
fn upload_is_its_beginners_and_the_bucket_owners() {
    let scene = Scene::start();
    let (city, other) = (&scene.city, &scene.other);
    let third = scene.server.account("third");
    canned(city, "/lists?acl", "public-read-write");
    let upload = Upload::create(other, "/lists/parts");
    let etag = upload.part(1, b"theirs");
    let listed = upload.list("").expect(200);
    assert_eq!(listed.texts("DisplayName"), ["other", "other"]);
    let target = format!("/lists/parts?uploadId={}", upload.id);
    city.get(&target).expect(200);
    third.get(&target).refused(403, "AccessDenied");
    third.delete(&target).refused(403, "AccessDenied");
    scene
        .nobody("DELETE", &target)
        .send()
        .refused(403, "AccessDenied");
    let own = Upload::create(city, "/lists/own");
    let listed = city.get("/lists?uploads").expect(200);
    assert_eq!(
        listed.texts("DisplayName"),
        ["city", "city", "other", "other"]
    );
    other
        .delete(&format!("/lists/own?uploadId={}", own.id))
        .refused(403, "AccessDenied");
    upload.complete(&[(1, &etag)]).expect(200);
    tells(other, "/lists/parts?acl", &[("other", "FULL_CONTROL")]);
    city.get("/lists/parts").refused(403, "AccessDenied");
    let upload = Upload::create(other, "/lists/parts");
    upload.abort().expect(204);
    let upload = Upload::create(other, "/lists/parts");
    city.delete(&format!("/lists/parts?uploadId={}", upload.id))
        .expect(204);
}

#[test]
fn point_71_upload_that_is_handed_over_is_the_preferred_owners() {
    let scene = Scene::start_with("BucketOwnerPreferred");
    let (city, other) = (&scene.city, &scene.other);
    canned(city, "/lists?acl", "public-read-write");
    let hand_over = [("x-amz-acl", "bucket-owner-full-control")];
    let upload = Upload::create_with(other, "/lists/parts", &hand_over);
    let etag = upload.part(1, b"theirs");
    let listed = upload.list("").expect(200);
    assert_eq!(listed.texts("DisplayName"), ["other", "city"]);
    upload.complete(&[(1, &etag)]).expect(200);
    tells(city, "/lists/parts?acl", &[FULL]);
    other.get("/lists/parts").refused(403, "AccessDenied");
}

#[test]
fn point_108_form_sets_the_list_of_its_object() {
    let scene = Scene::start();
    let city = &scene.city;
    let grantee = format!("id=\"{}\"", id(&scene.other));
    for (name, value, expected) in [
        (
            "acl",
            "public-read",
            [("AllUsers", "READ"), FULL].as_slice(),
        ),
        ("acl", "private", &[FULL][..]),
        (
            "x-amz-grant-read-acp",
            &grantee,
            &[("other", "READ_ACP")][..],
        ),
    ] {
        let form = PostForm::of(city, "lists", "form").field(name, value);
        form.send().expect(204);
        tells(city, "/lists/form?acl", expected);
    }
    for (name, value) in [("acl", "x"), ("x-amz-grant-read", "x")] {
        let form = PostForm::of(city, "lists", "form").field(name, value);
        form.send().refused(400, "InvalidArgument");
    }
    // Nobody's form into a bucket that everybody may write.
    canned(city, "/lists?acl", "public-read-write");
    let form = PostForm::of(city, "lists", "nobodys").anonymous();
    form.send().expect(204);
    tells(city, "/lists/nobodys?acl", &[FULL]);
    let list = document(&id(city), &[]);
    city.put("/lists?acl", list).expect(200);
    let form = PostForm::of(city, "lists", "denied").anonymous();
    form.send().refused(403, "AccessDenied");
}
