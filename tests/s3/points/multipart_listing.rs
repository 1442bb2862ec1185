//! ListParts and ListMultipartUploads: point 52 and paging.

use super::uploads::Upload;
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
