//! What the XML layer alone decides, seen from outside: names that XML 1.0 cannot hold, white
//! space, markers of pages that end on a common prefix.
//!
//! Not here: hostile documents (`attacks::xml_bodies`), listings themselves (`points`).

use crate::server::TestServer;

const BUCKET: &str = "/documents";

/// S3 writes control characters as references that XML 1.0 does not know; a client that asks for
/// `encoding-type=url` gets them percent-encoded, and both spellings delete the object.
#[test]
fn object_key_with_control_characters_is_listed_and_deleted() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put(BUCKET, "").expect(200);
    city.put(&format!("{BUCKET}/a%01%0D%0A%7F%26b"), "x")
        .expect(200);
    let plain = city.get(&format!("{BUCKET}?list-type=2")).expect(200);
    assert!(
        plain
            .body_text()
            .contains("<Key>a&#x1;&#xD;&#xA;&#x7F;&amp;b</Key>"),
        "{}",
        plain.body_text()
    );
    let encoded = city.get(&format!("{BUCKET}?encoding-type=url")).expect(200);
    assert_eq!(encoded.text("Key").as_deref(), Some("a%01%0D%0A%7F%26b"));
    // A literal CR LF is one line feed (XML 1.0, 2.11), and so another key.
    let delete = |object_key: &str| {
        let body = format!("<Delete><Object><Key>{object_key}</Key></Object></Delete>");
        city.post(&format!("{BUCKET}?delete"), body).expect(200)
    };
    let key_count = || {
        let page = city.get(&format!("{BUCKET}?list-type=2")).expect(200);
        page.text("KeyCount").expect("a count")
    };
    let other = delete("a&#1;\r\n&#x7F;&amp;b");
    assert!(
        other
            .body_text()
            .contains("<Key>a&#x1;&#xA;&#x7F;&amp;b</Key>")
    );
    assert_eq!(key_count(), "1");
    delete("a&#1;&#13;\n&#x7F;&amp;b");
    assert_eq!(key_count(), "0");
}

/// What serialisers add around a document and its values changes nothing.
#[test]
fn document_with_mark_declaration_comments_and_prefixes_means_the_same() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put(BUCKET, "").expect(200);
    for object_key in ["a", "b"] {
        city.put(&format!("{BUCKET}/{object_key}"), "x").expect(200);
    }
    let body = "\u{feff}<?xml version='1.0' encoding='utf-8' standalone='yes'?>\r\n<!-- c -->\r\n\
                <s3:Delete xmlns:s3=\"http://s3.amazonaws.com/doc/2006-03-01/\">\r\n\
                <s3:Object><s3:Key>a</s3:Key></s3:Object>\t\
                <s3:Object><s3:Key><![CDATA[b]]></s3:Key>\
                <s3:VersionId> null </s3:VersionId></s3:Object>\
                <s3:Quiet> TRUE </s3:Quiet></s3:Delete>\r\n";
    let answer = city.post(&format!("{BUCKET}?delete"), body).expect(200);
    assert_eq!(answer.texts("Key"), Vec::<String>::new());
    let page = city.get(&format!("{BUCKET}?list-type=2")).expect(200);
    assert_eq!(page.text("KeyCount").as_deref(), Some("0"));
    for bad in [
        "<?xml version='1.0' encoding='iso-8859-1'?><Delete><Object><Key>a</Key></Object></Delete>",
        "<Delete a='1' a='2'><Object><Key>a</Key></Object></Delete>",
        "<Delete><Object><Key>a</Key></Object><Quiet>maybe</Quiet></Delete>",
    ] {
        city.post(&format!("{BUCKET}?delete"), bad)
            .refused(400, "MalformedXML");
    }
    let empty = "<CreateBucketConfiguration><LocationConstraint> </LocationConstraint>\
                 </CreateBucketConfiguration>";
    city.put("/elsewhere", empty).expect(200);
}

/// A page that ends on a common prefix has no upload to go on behind: its marker is there and
/// empty, and with it the next page begins behind the whole prefix.
#[test]
fn uploads_page_that_ends_on_a_common_prefix_goes_on_behind_it() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put(BUCKET, "").expect(200);
    for object_key in ["a/1", "a/2", "b"] {
        city.post(&format!("{BUCKET}/{object_key}?uploads"), "")
            .expect(200);
    }
    let list = |query: &str| {
        let target = format!("{BUCKET}?uploads&delimiter=%2F&max-uploads=1{query}");
        city.get(&target).expect(200)
    };
    let page = list("");
    assert_eq!(page.texts("Prefix"), ["", "a/"]);
    assert_eq!(page.text("NextKeyMarker").as_deref(), Some("a/"));
    assert_eq!(page.text("NextUploadIdMarker").as_deref(), Some(""));
    let page = list("&key-marker=a%2F&upload-id-marker=");
    assert_eq!(page.text("Key").as_deref(), Some("b"));
    assert_eq!(page.text("IsTruncated").as_deref(), Some("false"));
    assert_eq!(page.text("NextUploadIdMarker"), None);
}
