//! Rows 49 and 50: numbers that are none, too large, or negative; ranges.

use super::Scene;

#[test]
fn row_49_impossible_part_numbers_are_refused() {
    let scene = Scene::start();
    let upload = scene.city.post("/attacked/object?uploads", "").expect(200);
    let upload = upload.text("UploadId").expect("an id");
    for number in [
        "0",
        "10001",
        "-1",
        "1e99",
        "1.0",
        "0x1",
        "18446744073709551617",
        "%201",
        "",
        "x",
    ] {
        let target = format!("/attacked/object?partNumber={number}&uploadId={upload}");
        let part = scene.city.request("PUT", &target).body("a part");
        scene.refused(part, 400, "InvalidArgument");
    }
    let listed = scene
        .city
        .get(&format!("/attacked/object?uploadId={upload}"));
    assert_eq!(listed.expect(200).texts("PartNumber"), Vec::<String>::new());
    scene
        .city
        .delete(&format!("/attacked/object?uploadId={upload}"))
        .expect(204);
    scene.city.put("/attacked/object", "body").expect(200);
    for number in ["0", "10001", "-1", "1e99", "x"] {
        let target = format!("/attacked/object?partNumber={number}");
        scene.refused(scene.city.request("GET", &target), 400, "InvalidArgument");
    }
    scene.holds(&[("object", b"body")]);
}

#[test]
fn row_49_impossible_page_sizes_are_refused() {
    let scene = Scene::start();
    let upload = scene.city.post("/attacked/object?uploads", "").expect(200);
    let upload = upload.text("UploadId").expect("an id");
    let parts = format!("/attacked/object?uploadId={upload}");
    for number in [
        "-1",
        "x",
        "1e3",
        "1.5",
        "99999999999999999999",
        "%205",
        "0x5",
    ] {
        for target in [
            format!("/attacked?max-keys={number}"),
            format!("/attacked?list-type=2&max-keys={number}"),
            format!("/attacked?max-uploads={number}&uploads"),
            format!("{parts}&max-parts={number}").replace("uploadId", "zz"),
        ] {
            let target = target.replace(&format!("zz={upload}&max-parts={number}"), &{
                format!("max-parts={number}&uploadId={upload}")
            });
            scene.refused(scene.city.request("GET", &target), 400, "InvalidArgument");
        }
        let target = format!("/?max-buckets={number}");
        scene.refused(scene.city.request("GET", &target), 400, "InvalidArgument");
    }
    for marker in ["-1", "x", "99999999999999999999"] {
        let target = format!("/attacked/object?part-number-marker={marker}&uploadId={upload}");
        scene.refused(scene.city.request("GET", &target), 400, "InvalidArgument");
    }
    scene.city.delete(&parts).expect(204);
    scene.is_unharmed();
}

/// A token is a place in the caller's own list: one that is none is refused, a forged one leads to
/// no other list.
#[test]
fn row_49_forged_continuation_tokens_reach_nothing() {
    let scene = Scene::start();
    for token in [
        "x",
        "AAAA",
        "..%2F..%2Fothers-bucket",
        "%00",
        "eyJrIjoiLi4ifQ%3D%3D",
        "1%20OR%201%3D1",
        &"A".repeat(4000),
    ] {
        let target = format!("/attacked?continuation-token={token}&list-type=2");
        let listed = scene.city.get(&target);
        let is_place = listed.status == 200 && listed.texts("Key").is_empty();
        let is_refused = listed.outcome() == (400, "InvalidArgument".to_owned());
        assert!(is_place || is_refused, "{token}: {}", listed.body_text());
        let listed = scene.city.get(&format!("/?continuation-token={token}"));
        let mine = ["attacked", "good-client"];
        let names = listed.texts("Name");
        assert!(
            names.iter().all(|name| mine.contains(&&**name)),
            "{names:?}"
        );
    }
    scene.is_unharmed();
}

#[test]
fn row_49_versions_that_are_none_are_refused() {
    let scene = Scene::start();
    scene.city.put("/attacked/object", "body").expect(200);
    for version in ["x", "", "-1", "..%2Fobject", "%00", &"A".repeat(1100)] {
        for method in ["GET", "DELETE"] {
            let target = format!("/attacked/object?versionId={version}");
            let answer = scene.city.request(method, &target).send();
            let (status, code) = answer.outcome();
            let is_refused = matches!(
                (status, &*code),
                (400, "InvalidArgument") | (404, "NoSuchVersion")
            );
            assert!(is_refused, "{method} {version}: {status} {code}");
        }
    }
    for upload in ["x", "", "..", "%00", &"A".repeat(1100)] {
        let target = format!("/attacked/object?partNumber=1&uploadId={upload}");
        let part = scene.city.request("PUT", &target).body("x");
        scene.refused(part, 404, "NoSuchUpload");
    }
    scene.holds(&[("object", b"body")]);
}

#[test]
fn row_49_impossible_lengths_and_sizes_are_refused() {
    let scene = Scene::start();
    scene.city.put("/attacked/object", "body").expect(200);
    for size in ["-1", "x", "1e3", "99999999999999999999"] {
        let delete = scene.city.request("DELETE", "/attacked/object");
        let delete = delete.header("x-amz-if-match-size", size);
        scene.refused(delete, 400, "InvalidArgument");
    }
    let huge = (5_u64 << 30) + 1;
    let mut wire = scene.put().wire();
    wire.set("content-length", &huge.to_string());
    scene.refused_wire(&wire, 400, "EntityTooLarge");
    scene.holds(&[("object", b"body")]);
}

/// What is no range is no range request (RFC 9110, 14.2): the whole object is the answer. No
/// header makes more of an object than it is.
#[test]
fn row_50_malformed_ranges_are_ignored() {
    let scene = Scene::start();
    let body = b"0123456789".as_slice();
    scene.city.put("/attacked/object", body).expect(200);
    let thousand = format!("bytes={}", vec!["0-9"; 1000].join(","));
    for range in [
        "bytes=5-1",
        "bytes=0-18446744073709551616,1-2",
        "bytes=x-y",
        "bytes=--1",
        "bytes=-",
        "bytes=1-2,3-4",
        "bytes=+1-2",
        "bytes=0x1-2",
        "lines=1-2",
        "bytes",
        "",
        &thousand,
    ] {
        let get = scene.city.request("GET", "/attacked/object");
        let answer = get.header("range", range).send();
        assert_eq!(answer.status, 200, "{range}: {}", answer.body_text());
        assert_eq!(answer.body, body, "{range}");
    }
    scene.holds(&[("object", body)]);
}

#[test]
fn row_50_ranges_past_the_end_are_refused_or_cut() {
    let scene = Scene::start();
    let body = b"0123456789".as_slice();
    scene.city.put("/attacked/object", body).expect(200);
    for range in [
        "bytes=10-",
        "bytes=10-20",
        "bytes=18446744073709551615-",
        "bytes=-0",
    ] {
        let get = scene
            .city
            .request("GET", "/attacked/object")
            .header("range", range);
        let answer = get.send().refused(416, "InvalidRange");
        assert_eq!(
            answer.header("content-range"),
            Some("bytes */10"),
            "{range}"
        );
        assert_eq!(answer.text("ActualObjectSize").as_deref(), Some("10"));
        assert_eq!(answer.text("RangeRequested").as_deref(), Some(range));
    }
    for (range, expected) in [
        ("bytes=9-18446744073709551615", "bytes 9-9/10"),
        ("bytes=-18446744073709551615", "bytes 0-9/10"),
        ("bytes=0-18446744073709551615", "bytes 0-9/10"),
    ] {
        let get = scene
            .city
            .request("GET", "/attacked/object")
            .header("range", range);
        let answer = get.send().expect(206);
        assert_eq!(answer.header("content-range"), Some(expected), "{range}");
    }
    // Numbers above 2^64 are numbers still: past the end, or no range at all, never another one.
    for range in [
        "bytes=18446744073709551616-",
        "bytes=99999999999999999999999-",
    ] {
        let get = scene
            .city
            .request("GET", "/attacked/object")
            .header("range", range);
        let answer = get.send();
        assert!(
            matches!(answer.status, 200 | 416),
            "{range}: {}",
            answer.status
        );
        assert!(answer.status == 416 || answer.body == body);
    }
    scene.city.put("/attacked/object", "").expect(200);
    for range in ["bytes=0-0", "bytes=-1"] {
        let get = scene
            .city
            .request("GET", "/attacked/object")
            .header("range", range);
        scene.refused(get, 416, "InvalidRange");
    }
    scene.holds(&[("object", b"")]);
}
