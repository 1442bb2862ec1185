//! Every class of S3 calls with temporary credentials: by header, by URL, in frames, by the SDK.

use super::super::{Scene, allow};
use super::{take, token, writer};
use crate::attacks::streaming::{DATA, Frames, SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER};
use crate::points::uploads::{PART_LEN, Upload};
use crate::post::PostForm;
use crate::raw::{Account, Wire};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use serde_json::json;
use std::time::Duration;

/// A session of a role, of a user and of the root, each of which may do everything with objects.
fn sessions(scene: &Scene) -> Vec<Account> {
    let everything = json!([allow(&json!("s3:*"))]);
    let (ana, arn) = writer(scene, &everything);
    super::super::grant(&scene.city, "ana", &everything);
    vec![take(&ana, &arn, None), token(&ana), token(&scene.city)]
}

#[test]
fn sessions_write_read_list_copy_and_delete() {
    let scene = Scene::start();
    for by in sessions(&scene) {
        by.put("/paper/b", "written").expect(200);
        assert_eq!(by.get("/paper/b").expect(200).body, b"written");
        by.head("/paper/b").expect(200);
        assert_eq!(
            by.get("/paper?list-type=2").expect(200).texts("Key"),
            ["a", "b"]
        );
        assert_eq!(by.get("/").expect(200).texts("Name"), ["paper"]);
        let copy = by.request("PUT", "/paper/c");
        let copy = copy.header("x-amz-copy-source", "/paper/b").send();
        copy.expect(200);
        assert_eq!(by.get("/paper/c").expect(200).body, b"written");
        let tags = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
        by.put("/paper/c?tagging", tags).expect(200);
        let many = "<Delete><Object><Key>b</Key></Object><Object><Key>c</Key></Object></Delete>";
        let deleted = by.post("/paper?delete", many).expect(200);
        assert_eq!(deleted.texts("Key"), ["b", "c"]);
        // What it makes is its account's.
        by.put("/made-by-a-session", "").expect(200);
        scene.city.delete("/made-by-a-session").expect(204);
        scene.is_unharmed();
    }
}

/// A form that a session has signed says which one, and its policy speaks of it (point 106).
#[test]
fn sessions_sign_forms() {
    let scene = Scene::start();
    for by in sessions(&scene) {
        let form = || PostForm::of(&by, "paper", "form");
        form().sign().send().expect(204);
        assert_eq!(by.get("/paper/form").expect(200).body, b"the file");
        by.delete("/paper/form").expect(204);
        let signed = form().sign();
        let without = signed.clone().remove("x-amz-security-token").send();
        without.refused(403, "InvalidAccessKeyId");
        for token in ["token", "", &"A".repeat(9000)] {
            let other = signed.clone().set("x-amz-security-token", token).send();
            other.refused(400, "InvalidToken");
        }
        let lasting = PostForm::of(&scene.city, "paper", "form");
        let lasting = lasting.field("x-amz-security-token", by.token.as_deref().expect("one"));
        lasting.sign().send().refused(400, "InvalidToken");
        let mut uncovered = by.clone();
        uncovered.token = None;
        let uncovered = PostForm::of(&uncovered, "paper", "form");
        let uncovered = uncovered.bare("x-amz-security-token", by.token.as_deref().expect("one"));
        uncovered.sign().send().refused(403, "AccessDenied");
        scene.is_unharmed();
    }
}

#[test]
fn sessions_upload_in_parts() {
    let scene = Scene::start();
    for by in sessions(&scene) {
        let whole = Upload::object(&by, "/paper/parts", &[PART_LEN, 9]);
        assert!(by.get("/paper/parts").expect(200).body == whole);
        let upload = Upload::create(&by, "/paper/copied");
        let part = upload.part_request(1, b"");
        let part = part
            .header("x-amz-copy-source", "/paper/a")
            .send()
            .expect(200);
        let etag = part.text("ETag").expect("an ETag");
        upload.complete(&[(1, &etag)]).expect(200);
        assert_eq!(by.get("/paper/copied").expect(200).body, b"the record");
        let upload = Upload::create(&by, "/paper/aborted");
        upload.part(1, b"part");
        upload.list("").expect(200);
        upload.abort().expect(204);
        for key in ["parts", "copied"] {
            by.delete(&format!("/paper/{key}")).expect(204);
        }
        scene.is_unharmed();
    }
}

#[test]
fn sessions_sign_urls() {
    let scene = Scene::start();
    for by in sessions(&scene) {
        let put = by.request("PUT", "/paper/b").body("by url").presigned();
        put.send().expect(200);
        let got = by.request("GET", "/paper/b").presigned().send().expect(200);
        assert_eq!(got.body, b"by url");
        by.request("DELETE", "/paper/b")
            .presigned()
            .send()
            .expect(204);
        scene.is_unharmed();
    }
}

#[test]
fn sessions_sign_bodies_in_frames() {
    let scene = Scene::start();
    for by in sessions(&scene) {
        for form in [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER] {
            let len = DATA.len().to_string();
            let mut request = by.request("PUT", "/paper/b").payload(form);
            request = request.header("x-amz-decoded-content-length", &len);
            if form != SIGNED {
                request = request.header("x-amz-trailer", "x-amz-checksum-crc32");
            }
            let head = request.wire();
            let frames = match form {
                UNSIGNED_TRAILER => Frames::unsigned(),
                _ => Frames::signed(&by, &head),
            };
            let send = |frames: &Frames| {
                let mut wire: Wire = head.clone();
                wire.body = frames.bytes();
                let len = wire.body.len().to_string();
                wire.set("content-length", &len);
                wire.send(by.port)
            };
            send(&frames).expect(200);
            assert_eq!(by.get("/paper/b").expect(200).body, DATA, "{form}");
            by.delete("/paper/b").expect(204);
            if form != UNSIGNED_TRAILER {
                // Signed on by somebody else.
                let stranger = Account {
                    secret: scene.city.secret.clone(),
                    ..by.clone()
                };
                let forged = Frames::signed(&stranger, &head);
                send(&forged).refused(403, "SignatureDoesNotMatch");
            }
        }
        scene.is_unharmed();
    }
}

#[tokio::test]
async fn sdk_works_with_temporary_credentials() {
    let scene = Scene::start();
    for by in sessions(&scene) {
        let client = scene.server.client(&by);
        let put = client.put_object().bucket("paper").key("b");
        let body = ByteStream::from_static(b"by the sdk");
        put.body(body).send().await.expect("it is stored");
        let got = client.get_object().bucket("paper").key("b");
        let got = got.send().await.expect("it is there");
        let bytes = got.body.collect().await.expect("its bytes").into_bytes();
        assert_eq!(bytes.as_ref(), b"by the sdk");
        let life = PresigningConfig::expires_in(Duration::from_mins(1)).expect("a life");
        let url = client.get_object().bucket("paper").key("b");
        let url = url.presigned(life).await.expect("a url");
        assert!(url.uri().contains("X-Amz-Security-Token="));
        let target = url
            .uri()
            .splitn(4, '/')
            .nth(3)
            .expect("a target")
            .to_owned();
        let anonymous = by.request("GET", &format!("/{target}")).anonymous();
        assert_eq!(anonymous.send().expect(200).body, b"by the sdk");
        let delete = client.delete_object().bucket("paper").key("b");
        delete.send().await.expect("it is gone");
    }
}
