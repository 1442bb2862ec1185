//! `versionId` on reads, and how answers name versions.

use super::{UNKNOWN, at, mark, put, read, with_versions};
use crate::raw::{Account, Answer};

/// GET, HEAD and GetObjectAttributes of a target.
fn reads(city: &Account, target: &str) -> [(&'static str, Answer); 3] {
    let joint = if target.contains('?') { '&' } else { '?' };
    let attributes = city.request("GET", &format!("{target}{joint}attributes"));
    let attributes = attributes.header("x-amz-object-attributes", "ETag,ObjectSize");
    [
        ("GET", city.get(target)),
        ("HEAD", city.head(target)),
        ("attributes", attributes.send()),
    ]
}

#[test]
fn point_58_versions_are_read_by_their_ids() {
    let (_server, city) = with_versions();
    let send = |body: &str| {
        let put = city.request("PUT", "/vers/a").body(body);
        let put = put.header("x-amz-meta-name", body);
        let put = put.header("content-type", &format!("text/{body}"));
        super::version_of(&put.send().expect(200))
    };
    let (one, two) = (send("one"), send("other"));
    let marker = mark(&city, "/vers/a");
    let three = send("three");
    assert_ne!(marker, three);
    for (version, body) in [(&one, "one"), (&two, "other"), (&three, "three")] {
        let target = at("/vers/a", version);
        for (name, answer) in reads(&city, &target) {
            let answer = answer.expect(200);
            let told = answer.header("x-amz-version-id");
            assert_eq!(told, Some(&**version), "{name}");
            if name == "attributes" {
                let size = body.len().to_string();
                assert_eq!(answer.text("ObjectSize"), Some(size));
                continue;
            }
            assert_eq!(answer.header("x-amz-meta-name"), Some(body));
            let content_type = format!("text/{body}");
            assert_eq!(answer.header("content-type"), Some(&*content_type));
            let len = body.len().to_string();
            assert_eq!(answer.header("content-length"), Some(&*len));
        }
        assert_eq!(read(&city, &target), body);
    }
    for (_, answer) in reads(&city, "/vers/a") {
        assert_eq!(super::version_of(&answer.expect(200)), three);
    }
}

#[test]
fn point_58_ranges_and_conditions_are_about_the_version() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/a", "0123456789");
    put(&city, "/vers/a", "x");
    let target = at("/vers/a", &one);
    let etag = city.head(&target).expect(200);
    let etag = etag.header("etag").expect("an ETag");
    let get = |name: &str, value: &str| city.request("GET", &target).header(name, value).send();
    let part = get("range", "bytes=2-4").expect(206);
    assert_eq!(part.body, b"234");
    assert_eq!(part.header("content-range"), Some("bytes 2-4/10"));
    assert_eq!(super::version_of(&part), one);
    get("if-none-match", etag).expect(304);
    assert_eq!(get("if-match", etag).expect(200).body, b"0123456789");
    let newest = city.request("GET", "/vers/a").header("if-match", etag);
    newest.send().refused(412, "PreconditionFailed");
    let told = city.get(&format!("{target}&response-content-type=text%2Fx"));
    assert_eq!(told.expect(200).header("content-type"), Some("text/x"));
}

#[test]
fn point_58_presigned_reads_name_versions() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/a", "one");
    put(&city, "/vers/a", "two");
    let get = city.request("GET", &at("/vers/a", &one)).presigned();
    assert_eq!(get.send().expect(200).body, b"one");
    // The version is signed with the rest: another one is not read with the same signature.
    let other = put(&city, "/vers/a", "three");
    let mut wire = city.request("GET", &at("/vers/a", &one)).presigned().wire();
    wire.target = wire.target.replace(&one, &other);
    let refused = wire.send(city.port);
    refused.refused(403, "SignatureDoesNotMatch");
}

#[test]
fn point_58_unknown_versions_are_not_found() {
    let (_server, city) = with_versions();
    let a = put(&city, "/vers/a", "a");
    let b = put(&city, "/vers/b", "b");
    for target in [
        at("/vers/a", UNKNOWN),
        at("/vers/a", &b),
        at("/vers/b", &a),
        at("/vers/never", &a),
        "/vers/a?versionId=null".to_owned(),
        "/vers/never?versionId=null".to_owned(),
    ] {
        for (name, answer) in reads(&city, &target) {
            assert_eq!(answer.status, 404, "{name} {target}");
            assert_eq!(answer.header("x-amz-delete-marker"), None);
            if name != "HEAD" {
                let code = answer.text("Code");
                assert_eq!(code.as_deref(), Some("NoSuchVersion"), "{name} {target}");
            }
        }
    }
    let refused = city.get(&at("/vers/a", UNKNOWN));
    assert_eq!(refused.text("VersionId").as_deref(), Some(UNKNOWN));
    assert_eq!(refused.text("Key").as_deref(), Some("a"));
}

#[test]
fn point_58_ids_that_are_none_are_refused() {
    let (_server, city) = with_versions();
    let one = put(&city, "/vers/a", "one");
    for bad in [
        "",
        "x",
        "NULL",
        "null%00",
        &one[1..],
        "..%2Fa",
        &"0".repeat(33),
    ] {
        for (name, answer) in reads(&city, &at("/vers/a", bad)) {
            assert_eq!(answer.status, 400, "{name} {bad:?}");
            if name != "HEAD" {
                assert_eq!(answer.text("Code").as_deref(), Some("InvalidArgument"));
            }
        }
    }
    city.get("/vers/a?versionId")
        .refused(400, "InvalidArgument");
}

/// A version that was deleted while it is read is read to its end.
#[test]
fn point_37_running_read_keeps_its_version() {
    use crate::points::uploads::bytes;
    use crate::raw::Connection;
    let (_server, city) = with_versions();
    let body = bytes(1, 48 * 1024 * 1024);
    let one = put(&city, "/vers/a", &*body);
    put(&city, "/vers/a", "newer");
    let target = at("/vers/a", &one);
    let mut reader = Connection::open(city.port);
    reader.write(&city.request("GET", &target).wire().head());
    // The answer has begun, and is more than all buffers on the way hold.
    assert!(!reader.is_closed());
    city.delete(&target).expect(204);
    city.get(&target).refused(404, "NoSuchVersion");
    let answer = reader.answer("GET").expect(200);
    assert!(answer.body == body, "other bytes");
    assert_eq!(read(&city, "/vers/a"), "newer");
}
