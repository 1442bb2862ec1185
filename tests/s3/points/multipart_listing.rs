//! ListParts and ListMultipartUploads: point 52 and paging.

use super::uploads::Upload;
use super::with_bucket;
use crate::server::TestServer;

#[test]
fn point_52_uploads_come_with_their_creators_in_key_order() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let owner = city.get("/").expect(200);
    let (id, name) = (owner.text("ID"), owner.text("DisplayName"));
    let created: Vec<String> = ["b", "a/2", "a/1", "b"]
        .iter()
        .map(|key| Upload::create(&city, &format!("/parts/{key}")).id)
        .collect();
    let listed = city.get("/parts?uploads").expect(200);
    assert_eq!(listed.texts("Key"), ["a/1", "a/2", "b", "b"]);
    let ids = listed.texts("UploadId");
    assert_eq!(ids[..2], [created[2].clone(), created[1].clone()]);
    // Uploads of one key in the order of their creation.
    assert_eq!(ids[2..], [created[0].clone(), created[3].clone()]);
    let body = listed.body_text();
    assert_eq!(body.matches("<Initiator>").count(), 4);
    assert_eq!(body.matches("<Owner>").count(), 4);
    assert!(
        listed
            .texts("ID")
            .iter()
            .all(|text| Some(text) == id.as_ref())
    );
    assert!(
        listed
            .texts("DisplayName")
            .iter()
            .all(|text| Some(text) == name.as_ref())
    );
    assert_eq!(listed.texts("StorageClass"), ["STANDARD"; 4]);
    let parts = Upload {
        id: ids[0].clone(),
        ..Upload::create(&city, "/parts/z")
    };
    let parts = Upload {
        target: "/parts/a/1".to_owned(),
        ..parts
    };
    let parts = parts.list("").expect(200);
    assert!(
        parts.body_text().contains("<Owner><ID>"),
        "{}",
        parts.body_text()
    );
    assert!(parts.body_text().contains("<Initiator><ID>"));
    assert!(
        parts
            .texts("ID")
            .iter()
            .all(|text| Some(text) == id.as_ref())
    );
}

#[test]
fn uploads_are_paged_by_both_markers() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let mut all: Vec<(String, String)> = Vec::new();
    for key in ["a", "b", "b", "b", "c"] {
        let upload = Upload::create(&city, &format!("/parts/{key}"));
        all.push((key.to_owned(), upload.id));
    }
    for limit in 1..=6 {
        let mut seen = Vec::new();
        let (mut key_marker, mut id_marker) = (String::new(), String::new());
        loop {
            let page = city.get(&format!(
                "/parts?key-marker={key_marker}&max-uploads={limit}&upload-id-marker={id_marker}\
                 &uploads"
            ));
            let page = page.expect(200);
            assert_eq!(page.text("KeyMarker"), Some(key_marker));
            assert_eq!(page.text("UploadIdMarker"), Some(id_marker));
            assert_eq!(page.text("MaxUploads"), Some(limit.to_string()));
            let (keys, ids) = (page.texts("Key"), page.texts("UploadId"));
            assert!(keys.len() <= limit);
            seen.extend(keys.into_iter().zip(ids));
            if page.text("IsTruncated").as_deref() == Some("false") {
                break;
            }
            key_marker = page.text("NextKeyMarker").expect("a marker");
            id_marker = page.text("NextUploadIdMarker").expect("a marker");
        }
        assert_eq!(seen, all, "pages of {limit}");
    }
}

#[test]
fn uploads_are_rolled_up_and_filtered() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    for key in ["a/1", "a/2", "b", "c/1"] {
        Upload::create(&city, &format!("/parts/{key}"));
    }
    let listed = city.get("/parts?delimiter=%2F&uploads").expect(200);
    assert_eq!(listed.texts("Key"), ["b"]);
    let body = listed.body_text();
    assert!(
        body.contains("<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>"),
        "{body}"
    );
    assert!(
        body.contains("<CommonPrefixes><Prefix>c/</Prefix></CommonPrefixes>"),
        "{body}"
    );
    let listed = city.get("/parts?prefix=a%2F&uploads").expect(200);
    assert_eq!(listed.texts("Key"), ["a/1", "a/2"]);
    let listed = city
        .get("/parts?encoding-type=url&prefix=a%2F&uploads")
        .expect(200);
    assert_eq!(listed.text("EncodingType").as_deref(), Some("url"));
    for bad in ["max-uploads=-1", "max-uploads=x", "encoding-type=zip"] {
        city.get(&format!("/parts?{bad}&uploads"))
            .refused(400, "InvalidArgument");
    }
    // Pages across common prefixes lose and repeat nothing.
    let first = city
        .get("/parts?delimiter=%2F&max-uploads=1&uploads")
        .expect(200);
    assert_eq!(first.text("NextKeyMarker").as_deref(), Some("a/"));
    let second = city.get("/parts?delimiter=%2F&key-marker=a%2F&max-uploads=1&uploads");
    assert_eq!(second.expect(200).texts("Key"), ["b"]);
}

#[test]
fn parts_are_paged_by_number() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/parts", "").expect(200);
    let upload = Upload::create(&city, "/parts/k");
    let numbers = [1_u32, 2, 3, 9_999, 10_000];
    for number in numbers {
        upload.part(number, number.to_string().as_bytes());
    }
    for limit in 1..=6 {
        let mut seen = Vec::new();
        let mut marker = "0".to_owned();
        loop {
            let page = upload.list(&format!("&max-parts={limit}&part-number-marker={marker}"));
            let page = page.expect(200);
            assert_eq!(page.text("PartNumberMarker"), Some(marker));
            assert_eq!(page.text("MaxParts"), Some(limit.to_string()));
            seen.extend(page.texts("PartNumber"));
            if page.text("IsTruncated").as_deref() == Some("false") {
                break;
            }
            marker = page.text("NextPartNumberMarker").expect("a marker");
        }
        let expected: Vec<String> = numbers.iter().map(u32::to_string).collect();
        assert_eq!(seen, expected, "pages of {limit}");
    }
    let none = upload.list("&max-parts=0").expect(200);
    assert!(none.texts("PartNumber").is_empty());
    assert_eq!(none.text("IsTruncated").as_deref(), Some("false"));
    for bad in ["max-parts=-1", "max-parts=x", "part-number-marker=-1"] {
        upload
            .list(&format!("&{bad}"))
            .refused(400, "InvalidArgument");
    }
}

#[test]
fn point_52_part_list_says_everything_of_its_upload() {
    let (_server, city) = with_bucket();
    let said = [("x-amz-checksum-algorithm", "SHA256")];
    let upload = Upload::create_with(&city, "/points/a%20%26b", &said);
    let sent = [&b"one"[..], b"three"].map(|body| {
        let number = u32::try_from(body.len()).expect("small");
        upload.part_request(number, body).send().expect(200)
    });
    let header = |name: &str| -> Vec<_> {
        let values = sent.iter().filter_map(|answer| answer.header(name));
        values.map(str::to_owned).collect()
    };
    let listed = upload.list("").expect(200);
    for (element, value) in [
        ("Bucket", "points"),
        ("Key", "a &b"),
        ("UploadId", &*upload.id),
        ("StorageClass", "STANDARD"),
        ("ChecksumAlgorithm", "SHA256"),
        ("ChecksumType", "COMPOSITE"),
        ("PartNumberMarker", "0"),
        ("NextPartNumberMarker", "5"),
        ("MaxParts", "1000"),
        ("IsTruncated", "false"),
    ] {
        assert_eq!(listed.texts(element), [value], "{element}");
    }
    assert_eq!(listed.texts("PartNumber"), ["3", "5"]);
    assert_eq!(listed.texts("Size"), ["3", "5"]);
    assert_eq!(listed.texts("ETag"), header("etag"));
    assert_eq!(
        listed.texts("ChecksumSHA256"),
        header("x-amz-checksum-sha256")
    );
    assert_eq!(listed.texts("LastModified").len(), 2);
    let owner = city.get("/").expect(200);
    for element in ["ID", "DisplayName"] {
        let own = owner.text(element).expect("an owner");
        assert_eq!(listed.texts(element), [own.clone(), own], "{element}");
    }
    let etags = header("etag");
    let small = upload.complete(&[(3, &etags[0]), (5, &etags[1])]);
    small.refused(400, "EntityTooSmall");
    upload.complete(&[(3, &etags[0])]).expect(200);
    upload.list("").refused(404, "NoSuchUpload");
}

/// A number is a number only in its plain form.
#[test]
fn pages_beyond_the_last_part_are_empty() {
    let (_server, city) = with_bucket();
    let upload = Upload::create(&city, "/points/k");
    upload.part(10_000, b"last");
    for marker in ["10000", "10001", "2147483647"] {
        let page = upload.list(&format!("&part-number-marker={marker}"));
        let page = page.expect(200);
        assert!(page.texts("PartNumber").is_empty(), "{marker}");
        assert_eq!(page.text("IsTruncated").as_deref(), Some("false"));
    }
    let page = upload.list("&part-number-marker=9999").expect(200);
    assert_eq!(page.texts("PartNumber"), ["10000"]);
    let page = upload.list("&max-parts=2000").expect(200);
    assert_eq!(page.text("MaxParts").as_deref(), Some("1000"));
    for bad in ["2147483648", "%2B1", "1.0", "0x1"] {
        upload
            .list(&format!("&part-number-marker={bad}"))
            .refused(400, "InvalidArgument");
    }
}

#[test]
fn point_52_uploads_of_one_object_come_in_the_order_of_their_creation() {
    let (_server, city) = with_bucket();
    let created: Vec<String> = (0..60)
        .map(|_| Upload::create(&city, "/points/k").id)
        .collect();
    let listed = city.get("/points?uploads").expect(200);
    assert_eq!(listed.texts("UploadId"), created);
    let initiated = listed.texts("Initiated");
    assert!(initiated.len() == 60 && initiated.is_sorted());
}

#[test]
fn point_50_finished_and_aborted_uploads_are_not_listed() {
    let (_server, city) = with_bucket();
    let open = Upload::create(&city, "/points/k");
    let aborted = Upload::create(&city, "/points/k");
    let finished = Upload::create(&city, "/points/k");
    let etag = finished.part(1, b"part");
    finished.complete(&[(1, &etag)]).expect(200);
    aborted.abort().expect(204);
    let listed = city.get("/points?uploads").expect(200);
    assert_eq!(listed.texts("UploadId"), [open.id]);
}

#[test]
fn upload_marker_counts_only_beside_a_key_marker() {
    let (_server, city) = with_bucket();
    let ids = ["a", "b", "b", "c"].map(|name| Upload::create(&city, &format!("/points/{name}")).id);
    let listed = |markers: &str| {
        let page = city.get(&format!("/points?{markers}&uploads")).expect(200);
        page.texts("UploadId")
    };
    let alone = listed(&format!("upload-id-marker={}", ids[2]));
    assert_eq!(alone, ids, "without a key marker it is ignored");
    assert_eq!(listed("upload-id-marker=nonsense"), ids);
    assert_eq!(listed("key-marker=b"), ids[3..]);
    assert_eq!(
        listed(&format!("key-marker=b&upload-id-marker={}", ids[1])),
        ids[2..]
    );
    // A marker may name an upload that has ended.
    let second = Upload {
        account: &city,
        target: "/points/b".to_owned(),
        id: ids[1].clone(),
    };
    second.abort().expect(204);
    assert_eq!(
        listed(&format!("key-marker=b&upload-id-marker={}", ids[1])),
        ids[2..]
    );
}

#[test]
fn uploads_are_listed_url_encoded() {
    let (_server, city) = with_bucket();
    for name in ["d%20d/one", "d%20d/two", "p%2Bq%20%26", "%D0%B6"] {
        Upload::create(&city, &format!("/points/{name}"));
    }
    let listed = |query: &str| city.get(&format!("/points?{query}&uploads")).expect(200);
    let all = listed("encoding-type=url");
    assert_eq!(
        all.texts("Key"),
        ["d%20d/one", "d%20d/two", "p%2Bq%20%26", "%D0%B6"]
    );
    let page = listed("delimiter=d%2F&encoding-type=url&max-uploads=1&prefix=d%20");
    assert_eq!(page.text("Delimiter").as_deref(), Some("d/"));
    assert_eq!(page.texts("Prefix"), ["d%20", "d%20d/"]);
    let page = listed("encoding-type=url&key-marker=d%20d%2Fone&max-uploads=1");
    assert_eq!(page.text("KeyMarker").as_deref(), Some("d%20d/one"));
    assert_eq!(page.text("NextKeyMarker").as_deref(), Some("d%20d/two"));
    let plain = listed("key-marker=d%20d%2Ftwo");
    assert_eq!(plain.texts("Key"), ["p+q &", "\u{436}"]);
}
