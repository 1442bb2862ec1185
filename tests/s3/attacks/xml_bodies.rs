//! Rows 45 to 47: documents that expand, that never end, or that say a thing too often.

use super::Scene;
use crate::raw::{Answer, Connection};
use std::fmt::Write as _;
use std::time::Duration;

/// Requests that take a document, and a document of each with a place for an attack.
const DOCUMENTS: [(&str, &str, &str); 3] = [
    (
        "POST",
        "/attacked?delete",
        "<Delete><Object><Key>@</Key></Object></Delete>",
    ),
    (
        "POST",
        "/attacked/object?uploadId=@@",
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>@</ETag></Part>\
         </CompleteMultipartUpload>",
    ),
    (
        "PUT",
        "/created",
        "<CreateBucketConfiguration><LocationConstraint>@</LocationConstraint>\
         </CreateBucketConfiguration>",
    ),
];

fn scene_with_upload() -> (Scene, String) {
    let scene = Scene::start();
    scene.city.put("/attacked/witness", "here").expect(200);
    let created = scene.city.post("/attacked/object?uploads", "").expect(200);
    let upload = created.text("UploadId").expect("an id");
    (scene, upload)
}

/// Nothing was deleted, completed or created.
#[track_caller]
fn is_unharmed(scene: &Scene, upload: &str) {
    scene
        .city
        .delete(&format!("/attacked/object?uploadId={upload}"))
        .expect(204);
    scene.city.get("/created").refused(404, "NoSuchBucket");
    scene.holds(&[("witness", b"here")]);
}

fn send(scene: &Scene, upload: &str, (method, target): (&str, &str), body: String) -> Answer {
    let target = target.replace("@@", upload);
    scene.city.request(method, &target).body(body).send()
}

/// Entities are not expanded and not fetched: the billion laughs, and files of the server.
#[test]
fn row_45_billion_laughs_and_external_entities_are_refused() {
    let (scene, upload) = scene_with_upload();
    let mut laughs = String::from("<!DOCTYPE x [<!ENTITY l0 \"ha\">");
    for level in 1..30 {
        let previous = format!("&l{};", level - 1).repeat(10);
        write!(laughs, "<!ENTITY l{level} \"{previous}\">").expect("text");
    }
    laughs.push_str("]>");
    let external = "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>";
    let remote = "<!DOCTYPE x SYSTEM \"http://127.0.0.1/x.dtd\">";
    let parameter = "<!DOCTYPE x [<!ENTITY % p SYSTEM \"http://127.0.0.1/x\"> %p;]>";
    let include = "<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" \
                   href=\"file:///etc/passwd\" parse=\"text\"/>";
    for (method, target, document) in DOCUMENTS {
        for (prolog, value) in [
            (&*laughs, "&l29;"),
            (external, "&e;"),
            (remote, "witness"),
            (parameter, "witness"),
            ("<!DOCTYPE x>", "witness"),
            ("", "&undefined;"),
            ("", "&#0;"),
            ("", "&#xD800;"),
            ("<!DOCTYPE x>", include),
            (
                "<?xml-stylesheet href=\"file:///etc/passwd\"?><!DOCTYPE x>",
                "witness",
            ),
        ] {
            let body = format!("{prolog}{}", document.replace('@', value));
            let answer = send(&scene, &upload, (method, target), body.clone());
            let outcome = answer.outcome();
            assert_eq!(
                outcome,
                (400, "MalformedXML".to_owned()),
                "{target}: {body:.200}"
            );
            assert!(!answer.body_text().contains("root:"), "{body}");
        }
    }
    is_unharmed(&scene, &upload);
}

/// quick-xml took quadratic time for attributes (RUSTSEC-2026-0194) and memory without bound for
/// namespaces (-0195). The whole of these is refused within the time that one is allowed 100 times
/// over here: a debug line, a slow machine.
#[test]
fn row_46_rustsec_2026_0194_attributes_namespaces_and_depth_are_refused_quickly() {
    let (scene, upload) = scene_with_upload();
    let mut attributes = String::from("<Delete");
    for index in 0..80_000 {
        write!(attributes, " a{index}=\"\"").expect("text");
    }
    attributes.push_str("/>");
    let mut namespaces = String::from("<Delete");
    for index in 0..30_000 {
        write!(namespaces, " xmlns:n{index}=\"u{index}\"").expect("text");
    }
    namespaces.push_str("/>");
    let deep = "<a>".repeat(10_000) + &"</a>".repeat(10_000);
    let unclosed = "<a>".repeat(100_000);
    let comments = "<!--".to_owned() + &"- ".repeat(100_000);
    let text = format!("<Delete>{}", "&amp;".repeat(100_000));
    for document in [attributes, namespaces, deep, unclosed, comments, text] {
        for (method, target, _) in DOCUMENTS {
            let since = std::time::UNIX_EPOCH.elapsed().expect("a time");
            let answer = send(&scene, &upload, (method, target), document.clone());
            let now = std::time::UNIX_EPOCH.elapsed().expect("a time");
            let (status, code) = answer.outcome();
            let codes = ["MalformedXML", "MaxMessageLengthExceeded"];
            assert!(status == 400 && codes.contains(&&*code), "{status} {code}");
            let elapsed = now.saturating_sub(since);
            assert!(
                elapsed < Duration::from_secs(5),
                "{elapsed:?} {document:.20}"
            );
        }
    }
    is_unharmed(&scene, &upload);
}

/// The body's cap is reached by declared length and by counting, and never by reading 100 MiB.
/// CompleteMultipartUpload may have 4 MiB: ten thousand parts with checksums are more than 1 MiB.
#[test]
fn row_46_documents_over_the_cap_are_refused() {
    let (scene, upload) = scene_with_upload();
    for (method, target, document) in DOCUMENTS {
        let long = document.replace('@', &"x".repeat(5 << 20));
        let answer = send(&scene, &upload, (method, target), long);
        answer.refused(400, "MaxMessageLengthExceeded");
        // Declared to be 100 MiB: refused long before they have come.
        let target = target.replace("@@", &upload);
        let request = scene
            .city
            .request(method, &target)
            .payload("UNSIGNED-PAYLOAD");
        let mut wire = request.wire();
        wire.set("content-length", &(100_u64 << 20).to_string());
        let mut connection = Connection::open(scene.city.port);
        connection.write(&wire.head());
        connection.write(&vec![b' '; 5 << 20]);
        let answer = connection.answer(method);
        answer.refused(400, "MaxMessageLengthExceeded");
        assert!(connection.is_closed(), "the connection stayed open");
    }
    is_unharmed(&scene, &upload);
}

#[test]
fn row_45_documents_that_are_none_are_refused() {
    let (scene, upload) = scene_with_upload();
    for (method, target, document) in DOCUMENTS {
        for body in [
            "not XML",
            "<",
            "<Delete>",
            "<Other/>",
            "{\"Delete\": {}}",
            "<Delete/><Delete/>",
            "\u{feff}<",
            &document[..document.len() - 1],
            &document.replace("</", "<"),
            &format!("{document}{document}"),
            &format!("{document}trailing"),
        ] {
            let answer = send(&scene, &upload, (method, target), body.to_owned());
            let (status, code) = answer.outcome();
            assert_eq!((status, &*code), (400, "MalformedXML"), "{target}: {body}");
        }
    }
    is_unharmed(&scene, &upload);
}

#[test]
fn row_47_more_than_1000_keys_delete_nothing() {
    let (scene, upload) = scene_with_upload();
    let mut keys = String::from("<Object><Key>witness</Key></Object>");
    for index in 0..1000 {
        write!(keys, "<Object><Key>k{index}</Key></Object>").expect("text");
    }
    let body = format!("<Delete>{keys}</Delete>");
    scene
        .city
        .post("/attacked?delete", body)
        .refused(400, "MalformedXML");
    scene
        .city
        .post("/attacked?delete", "<Delete/>")
        .refused(400, "MalformedXML");
    is_unharmed(&scene, &upload);
}

#[test]
fn row_47_repeated_keys_are_each_deleted_once() {
    let scene = Scene::start();
    scene.city.put("/attacked/witness", "here").expect(200);
    scene.city.put("/attacked/object", "body").expect(200);
    let body = format!(
        "<Delete>{}</Delete>",
        "<Object><Key>object</Key></Object>".repeat(1000)
    );
    let answer = scene.city.post("/attacked?delete", body).expect(200);
    assert_eq!(answer.texts("Error"), Vec::<String>::new());
    let deleted = answer.texts("Key");
    assert!(deleted.iter().all(|key| key == "object"), "{deleted:?}");
    scene.holds(&[("witness", b"here")]);
}
