//! Row 48: lists of parts that are not what was uploaded.

use super::Scene;

const PART_LEN: usize = 5 << 20;

fn part(seed: u8) -> Vec<u8> {
    vec![seed; PART_LEN]
}

fn list(parts: &[(&str, &str)]) -> String {
    let part = |(number, etag): &(&str, &str)| {
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
    };
    let parts: String = parts.iter().map(part).collect();
    format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>")
}

/// An upload with parts 1 and 2; its id and their ETags.
fn upload(scene: &Scene, target: &str, bodies: [Vec<u8>; 2]) -> (String, [String; 2]) {
    let created = scene
        .city
        .post(&format!("{target}?uploads"), "")
        .expect(200);
    let id = created.text("UploadId").expect("an id");
    let mut number = 0;
    let etags = bodies.map(|body| {
        number += 1;
        let target = format!("{target}?partNumber={number}&uploadId={id}");
        let stored = scene.city.put(&target, body).expect(200);
        stored.header("etag").expect("an etag").to_owned()
    });
    (id, etags)
}

#[test]
fn row_48_wrong_lists_of_parts_complete_nothing() {
    let scene = Scene::start();
    let (id, [one, two]) = upload(&scene, "/attacked/object", [part(1), b"tail".to_vec()]);
    let target = format!("/attacked/object?uploadId={id}");
    for (parts, code) in [
        (list(&[("2", &two), ("1", &one)]), "InvalidPartOrder"),
        (list(&[("1", &one), ("3", &two)]), "InvalidPart"),
        (list(&[("1", &two), ("2", &one)]), "InvalidPart"),
        (list(&[("1", &one), ("2", "\"00\"")]), "InvalidPart"),
        (list(&[("1", &one), ("2", "")]), "InvalidPart"),
        (list(&[("2", &one)]), "InvalidPart"),
        (list(&[]), "MalformedXML"),
        (String::new(), "MalformedXML"),
        (list(&[("0", &one)]), "MalformedXML"),
        (list(&[("-1", &one)]), "MalformedXML"),
        (list(&[("99999999999999999999", &one)]), "MalformedXML"),
        (list(&[("1", &one)]).replace("ETag", "Tag"), "MalformedXML"),
    ] {
        let complete = scene.city.request("POST", &target).body(parts.clone());
        let answer = complete.send();
        let (status, got) = answer.outcome();
        // A number that no part can have names no part, or is no number of the schema.
        let is_number = code == "MalformedXML" && parts.contains("<PartNumber>");
        let codes = if is_number {
            vec!["MalformedXML", "InvalidPart", "InvalidArgument"]
        } else {
            vec![code]
        };
        assert!(
            status == 400 && codes.contains(&&*got),
            "{parts}: {status} {got}"
        );
        scene.city.get("/attacked/object").refused(404, "NoSuchKey");
    }
    // The upload has outlived all of it.
    let whole = list(&[("1", &one), ("2", &two)]);
    scene.city.post(&target, whole).expect(200);
    scene.holds(&[("object", &[part(1), b"tail".to_vec()].concat())]);
}

#[test]
fn row_48_small_part_before_the_last_completes_nothing() {
    let scene = Scene::start();
    let bodies = [b"small".to_vec(), b"tail".to_vec()];
    let (id, [one, two]) = upload(&scene, "/attacked/object", bodies);
    let target = format!("/attacked/object?uploadId={id}");
    let whole = list(&[("1", &one), ("2", &two)]);
    let answer = scene
        .city
        .post(&target, whole)
        .refused(400, "EntityTooSmall");
    assert_eq!(answer.text("ProposedSize").as_deref(), Some("5"));
    assert_eq!(answer.text("MinSizeAllowed"), Some(PART_LEN.to_string()));
    assert_eq!(answer.text("PartNumber").as_deref(), Some("1"));
    assert_eq!(answer.text("ETag"), Some(one.trim_matches('"').to_owned()));
    scene.city.get("/attacked/object").refused(404, "NoSuchKey");
    scene.city.delete(&target).expect(204);
    scene.is_unharmed();
}

/// An upload belongs to its bucket and its key; its id alone opens nothing.
#[test]
fn row_48_foreign_uploads_do_not_exist() {
    let scene = Scene::start();
    let other = scene.server.account("other");
    other.put("/others-bucket", "").expect(200);
    let (id, [one, _]) = upload(&scene, "/attacked/object", [b"x".to_vec(), b"y".to_vec()]);
    let body = list(&[("1", &one)]);
    for target in ["/attacked/another", "/good-client/object"] {
        let target = format!("{target}?uploadId={id}");
        let answer = scene
            .city
            .post(&target, body.clone())
            .refused(404, "NoSuchUpload");
        assert_eq!(answer.text("UploadId").as_deref(), Some(&*id));
        scene.city.delete(&target).refused(404, "NoSuchUpload");
        scene.city.get(&target).refused(404, "NoSuchUpload");
        let part = target.replace('?', "?partNumber=1&");
        scene.city.put(&part, "x").refused(404, "NoSuchUpload");
    }
    let target = format!("/others-bucket/object?uploadId={id}");
    other
        .post(&target, body.clone())
        .refused(404, "NoSuchUpload");
    let target = format!("/attacked/object?uploadId={id}");
    other
        .post(&target, body.clone())
        .refused(403, "AccessDenied");
    other.delete(&target).refused(403, "AccessDenied");
    other.get(&target).refused(403, "AccessDenied");
    scene.city.post(&target, body).expect(200);
    scene.holds(&[("object", b"x")]);
}
