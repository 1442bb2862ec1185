//! Rows 28 to 30 and 75: names that would climb, split or overflow if they were paths.

use super::Scene;

/// Names of other buckets and files, as a path would reach them: percent-encoded, and the object
/// key that each is.
const CLIMBING: [(&str, &str); 14] = [
    ("../others-bucket/object", "../others-bucket/object"),
    ("../../others-bucket/object", "../../others-bucket/object"),
    ("%2e%2e/others-bucket/object", "../others-bucket/object"),
    ("%2e%2e%2fothers-bucket%2fobject", "../others-bucket/object"),
    (
        "%252e%252e/others-bucket/object",
        "%2e%2e/others-bucket/object",
    ),
    ("./object", "./object"),
    (".", "."),
    ("..", ".."),
    ("a//b", "a//b"),
    ("/", "/"),
    ("//others-bucket/object", "//others-bucket/object"),
    ("a/../b", "a/../b"),
    ("..%5cothers-bucket%5cobject", "..\\others-bucket\\object"),
    ("%7E/.ssh/authorized_keys", "~/.ssh/authorized_keys"),
];

fn scene_with_neighbour() -> Scene {
    let scene = Scene::start();
    let other = scene.server.account("other");
    other.put("/others-bucket", "").expect(200);
    other.put("/others-bucket/object", "theirs").expect(200);
    scene
}

/// Keys are literal: what is put under `..` is got under `..`, and nowhere else.
#[test]
fn row_28_cve_2025_68705_keys_that_climb_stay_in_their_bucket() {
    let scene = scene_with_neighbour();
    let city = &scene.city;
    for (written, key) in CLIMBING {
        let target = format!("/attacked/{written}");
        // The target is what the path says after one decoding, re-encoded by the signer's rules.
        let canonical = format!("/attacked/{}", encoded(key));
        let answer = city.request("PUT", &canonical).body(written).wire();
        answer.send(city.port).expect(200);
        let got = city.get(&canonical).expect(200);
        assert_eq!(got.body, written.as_bytes(), "{key}");
        let listed = city.get("/attacked?list-type=2").expect(200);
        assert_eq!(listed.texts("Key"), [key]);
        let prefix = encoded(key).replace('/', "%2F");
        let listed = city.get(&format!("/attacked?list-type=2&prefix={prefix}"));
        assert_eq!(listed.expect(200).texts("Key"), [key]);
        // The raw spelling names the same object, signed as it decodes.
        let mut raw = city.request("HEAD", &canonical).wire();
        raw.target = target;
        assert_eq!(raw.send(city.port).status, 200, "{written}");
        let copy = city.request("PUT", "/attacked/copy");
        let source = format!("attacked/{}", encoded(key));
        let copy = copy.header("x-amz-copy-source", &source).send();
        copy.expect(200);
        assert_eq!(
            city.get("/attacked/copy").expect(200).body,
            written.as_bytes()
        );
        city.delete("/attacked/copy").expect(204);
        city.delete(&canonical).expect(204);
    }
    scene.is_unharmed();
}

fn encoded(key: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    let encode = |b: u8| {
        if is_plain(b) {
            char::from(b).to_string()
        } else {
            format!("%{b:02X}")
        }
    };
    key.bytes().map(encode).collect()
}

/// No path leads from one's own bucket into another's.
#[test]
fn row_28_cve_2026_54917_paths_that_climb_reach_no_other_bucket() {
    let scene = scene_with_neighbour();
    for target in [
        "/attacked/../others-bucket/object",
        "/attacked/%2e%2e/others-bucket/object",
        "/attacked/..%2fothers-bucket%2fobject",
        "/./others-bucket/object",
        "/../others-bucket/object",
        "//others-bucket/object",
        "/attacked%2f..%2fothers-bucket/object",
        "/attacked%00/object",
    ] {
        for method in ["GET", "DELETE", "PUT"] {
            let mut wire = scene.city.request(method, target).wire();
            wire.target = target.to_owned();
            let answer = wire.send(scene.city.port);
            assert_ne!(answer.body, b"theirs", "{method} {target}");
            let key = target.strip_prefix("/attacked/");
            if let (true, "PUT", Some(key)) = (answer.status == 200, method, key) {
                let key = key.replace("%2e", ".").replace("%2f", "/");
                scene.city.delete(&format!("/attacked/{key}")).expect(204);
            }
        }
    }
    assert_eq!(scene.counted("others-bucket"), (1, "theirs".len()));
    scene.is_unharmed();
}

/// The source of a copy is one bucket and one literal key; who may read it is asked for those.
#[test]
fn row_29_cve_2026_55874_copy_source_that_climbs_is_refused() {
    let scene = scene_with_neighbour();
    scene.city.put("/attacked/own", "mine").expect(200);
    let copy = |source: &str| {
        let copy = scene.city.request("PUT", "/attacked/copy");
        copy.header("x-amz-copy-source", source)
    };
    for (source, status, code) in [
        ("/attacked/../others-bucket/object", 404, "NoSuchKey"),
        ("attacked/%2e%2e/others-bucket/object", 404, "NoSuchKey"),
        ("attacked%2f..%2fothers-bucket%2fobject", 404, "NoSuchKey"),
        ("attacked/%252e%252e/others-bucket/object", 404, "NoSuchKey"),
        ("attacked/own%3FversionId=null", 404, "NoSuchKey"),
        (
            "attacked/own?versionId=null?versionId=null",
            404,
            "NoSuchKey",
        ),
        ("attacked//own", 404, "NoSuchKey"),
        ("others-bucket/object", 403, "AccessDenied"),
        ("/others-bucket/object", 403, "AccessDenied"),
        ("others%2dbucket/object", 403, "AccessDenied"),
        ("others-bucket/object?versionId=null", 403, "AccessDenied"),
        ("no-such-bucket/object", 404, "NoSuchBucket"),
        ("/../others-bucket/object", 400, "InvalidArgument"),
        ("//others-bucket/object", 400, "InvalidArgument"),
        ("./others-bucket/object", 400, "InvalidArgument"),
        ("Others-Bucket/object", 400, "InvalidArgument"),
        ("attacked", 400, "InvalidArgument"),
        ("attacked/", 400, "InvalidArgument"),
        ("/", 400, "InvalidArgument"),
        ("", 400, "InvalidArgument"),
        ("attacked/%zz", 400, "InvalidArgument"),
        ("attacked/%ff", 400, "InvalidArgument"),
        ("attacked/a%00b", 400, "InvalidArgument"),
        (
            "arn:aws:s3:us-east-1:1:accesspoint/x/object/own",
            400,
            "InvalidArgument",
        ),
        ("http://127.0.0.1/attacked/own", 400, "InvalidArgument"),
    ] {
        scene.refused(copy(source), status, code);
    }
    for version in ["1", "", "../x", "null%00", "nul"] {
        let source = format!("attacked/own?versionId={version}");
        let answer = copy(&source).send();
        let is_refused = matches!(answer.status, 400 | 404);
        assert!(
            is_refused,
            "{source}: {} {}",
            answer.status,
            answer.body_text()
        );
    }
    scene.holds(&[("own", b"mine")]);
    assert_eq!(scene.counted("others-bucket"), (1, "theirs".len()));
}

#[test]
fn row_30_key_over_1024_bytes_is_refused() {
    let scene = Scene::start();
    let put = |key: &str| {
        scene
            .city
            .request("PUT", &format!("/attacked/{key}"))
            .body("x")
    };
    scene.refused(put(&"k".repeat(1025)), 400, "KeyTooLongError");
    // Bytes count, not characters, and not the characters that escapes take.
    scene.refused(put(&"%C5%A1".repeat(513)), 400, "KeyTooLongError");
    let upload = format!("/attacked/{}?uploads", "k".repeat(1025));
    scene.refused(scene.city.request("POST", &upload), 400, "KeyTooLongError");
    let copy = scene.city.request("PUT", "/attacked/copy");
    let copy = copy.header(
        "x-amz-copy-source",
        &format!("attacked/{}", "k".repeat(1025)),
    );
    let (status, code) = copy.send().outcome();
    let is_refused = status == 400 && ["InvalidArgument", "KeyTooLongError"].contains(&&*code);
    assert!(is_refused, "{status} {code}");
    scene.is_unharmed();
    let longest = "%C5%A1".repeat(512);
    put(&longest).send().expect(200);
    scene.city.get(&format!("/attacked/{longest}")).expect(200);
    scene
        .city
        .delete(&format!("/attacked/{longest}"))
        .expect(204);
    scene.is_unharmed();
}

#[test]
fn row_30_key_that_is_no_text_is_refused() {
    let scene = Scene::start();
    for key in [
        "a%00b",
        "%00",
        "%ff",
        "%C0%AF",
        "%ED%A0%80",
        "%F5%80%80%80",
        "%",
        "%2",
        "%zz",
        "%u0041",
        "a%",
    ] {
        for method in ["GET", "PUT", "DELETE"] {
            let request = scene.city.request(method, &format!("/attacked/{key}"));
            scene.refused(request, 400, "InvalidURI");
        }
    }
    for query in ["prefix=%zz", "prefix=%", "%zz=1"] {
        let request = scene
            .city
            .request("GET", &format!("/attacked?list-type=2&{query}"));
        scene.refused(request, 400, "InvalidURI");
    }
    for query in ["prefix=%FF", "delimiter=%C0%AF", "marker=%FF"] {
        let request = scene.city.request("GET", &format!("/attacked?{query}"));
        scene.refused(request, 400, "InvalidArgument");
    }
    scene.is_unharmed();
}

#[test]
fn row_75_impossible_bucket_names_are_refused() {
    let scene = Scene::start();
    let long = "b".repeat(64);
    for name in [
        "..",
        ".",
        "a..b",
        "a.-b",
        "a-.b",
        "ab",
        &long,
        "192.168.5.4",
        "127.0.0.1",
        "Bucket",
        "BUCKET",
        "a_b",
        "_abc",
        "abc_",
        "-abc",
        "abc-",
        ".abc",
        "abc.",
        "xn--bucket",
        "sthree-bucket",
        "amzn-s3-demo-bucket",
        "bucket-s3alias",
        "bucket--ol-s3",
        "bucket.mrap",
        "bucket--x-s3",
        "bucket--table-s3",
        "a%20b",
        "a%0Ab",
        "%D0%B3%D1%80%D0%B0%D0%B4",
    ] {
        let create = scene.city.request("PUT", &format!("/{name}"));
        scene.refused(create, 400, "InvalidBucketName");
        let put = scene
            .city
            .request("PUT", &format!("/{name}/object"))
            .body("x");
        scene.refused(put, 400, "InvalidBucketName");
    }
    let listed = scene.city.get("/").expect(200);
    assert_eq!(listed.texts("Name"), ["attacked", "good-client"]);
    scene.is_unharmed();
    let longest = "b".repeat(63);
    scene.city.put(&format!("/{longest}"), "").expect(200);
    scene.city.put("/3.office-b1", "").expect(200);
}
