//! Points 104 and 108: which parts of a form are its fields and which is its file, and what the
//! fields ask for.

use super::with_bucket;
use crate::post::PostForm;
use crate::raw::{Account, Answer};
use serde_json::json;

fn form(city: &Account) -> PostForm {
    PostForm::of(city, "points", "object")
}

#[track_caller]
fn holds(city: &Account, target: &str, body: &[u8]) -> Answer {
    let answer = city.get(&format!("/points/{target}")).expect(200);
    assert_eq!(answer.body, body);
    answer
}

/// python's requests gives every part a file name: its own.
#[test]
fn point_104_every_field_may_have_a_filename_and_the_one_named_file_is_the_file() {
    let (_server, city) = with_bucket();
    let mut signed = form(&city).field("x-amz-meta-a", "1").sign();
    for part in &mut signed.parts {
        part.filename = Some(part.name.clone());
    }
    signed.send().expect(204);
    let stored = holds(&city, "object", b"the file");
    assert_eq!(stored.header("x-amz-meta-a"), Some("1"));
    // And a part that comes with a file's name and type is none if it is not called so.
    let renamed = form(&city).sign().rename("file", "upload");
    let refused = renamed.send().refused(400, "InvalidArgument");
    let text = refused.text("Message").expect("a text");
    assert_eq!(text, "POST requires exactly one file upload per request.");
    assert_eq!(refused.text("ArgumentName").as_deref(), Some("file"));
    assert_eq!(refused.text("ArgumentValue").as_deref(), Some("0"));
}

#[test]
fn point_104_filename_is_filled_in_from_the_file() {
    let (_server, city) = with_bucket();
    for (filename, target, object_key) in [
        (Some("a.txt"), "in/a.txt", "in/a.txt"),
        (Some("C:\\My documents\\b.txt"), "in/b.txt", "in/b.txt"),
        (Some("/home/ana/c.txt"), "in/c.txt", "in/c.txt"),
        (Some("\u{17e}.txt"), "in/%C5%BE.txt", "in/\u{17e}.txt"),
        (
            Some("${filename}"),
            "in/%24%7Bfilename%7D",
            "in/${filename}",
        ),
        (Some(""), "in/", "in/"),
        (None, "in/", "in/"),
    ] {
        let form = PostForm::new(&city, "points").bare("key", "in/${filename}");
        let form = form.condition(json!(["starts-with", "$key", "in/"]));
        let form = form.bare("x-amz-meta-name", "<${filename}>");
        let form = form.condition(json!([
            "eq",
            "$x-amz-meta-name",
            format!("<{}>", &object_key[3..])
        ]));
        form.filename(filename).send().expect(204);
        let stored = holds(&city, target, b"the file");
        assert!(stored.header("x-amz-meta-name").is_some(), "{filename:?}");
        city.delete(&format!("/points/{target}")).expect(204);
    }
    // Conditions are about what is filled in, not about what stands in the form.
    let form = PostForm::new(&city, "points").field("key", "${filename}");
    let refused = form.send().refused(403, "AccessDenied");
    let text = refused.text("Message").expect("a text");
    assert!(
        text.ends_with("[\"eq\", \"$key\", \"${filename}\"]"),
        "{text}"
    );
}

#[test]
fn point_104_names_operators_and_condition_keys_count_in_any_letter_case() {
    let (_server, city) = with_bucket();
    let form = PostForm::new(&city, "points").without_conditions();
    let form = form
        .bare("kEy", "foo.txt")
        .bare("aCl", "private")
        .bare("CONTENT-TYPE", "text/plain")
        .condition(json!({"bUcKeT": "points"}))
        .condition(json!(["StArTs-WiTh", "$KeY", "foo"]))
        .condition(json!({"AcL": "private"}))
        .condition(json!(["EQ", "$CoNtEnT-TyPe", "text/plain"]))
        .condition(json!(["Content-LENGTH-range", 1, 10]));
    let signed = form.sign().rename("policy", "pOLICy");
    let signed = signed.rename("x-amz-signature", "X-Amz-Signature");
    let signed = signed.rename("x-amz-credential", "X-AMZ-Credential");
    signed.rename("file", "File").send().expect(204);
    let stored = holds(&city, "foo.txt", b"the file");
    assert_eq!(stored.header("content-type"), Some("text/plain"));
}

#[test]
fn point_104_expiration_and_conditions_are_exact() {
    let (_server, city) = with_bucket();
    for policy in [
        "{\"EXPIRATION\": \"{expiration}\", \"conditions\": []}",
        "{\"expiration\": \"{expiration}\", \"CONDITIONS\": []}",
        "{\"Expiration\": \"{expiration}\", \"Conditions\": []}",
    ] {
        let answer = form(&city).policy(policy).send();
        let answer = answer.refused(400, "InvalidPolicyDocument");
        let text = answer.text("Message").expect("a text");
        assert!(text.starts_with("Invalid Policy: Unexpected: '"), "{text}");
    }
    city.get("/points/object").refused(404, "NoSuchKey");
}

#[test]
fn point_108_uncovered_ignored_fields_and_checksums_are_allowed() {
    let (_server, city) = with_bucket();
    let sha256 = "mUZZ3of3J93N5130QxTzHX82ezv/NH6FLzkFMPKXIMc=";
    let sent = form(&city)
        .bare("x-ignore-foo", "bar")
        .bare("X-Ignore-Foo", "twice")
        .bare("x-amz-checksum-sha256", sha256)
        .bare("x-amz-checksum-algorithm", "SHA256");
    let answer = sent.send();
    assert_eq!(answer.status, 204, "{}", answer.body_text());
    assert_eq!(answer.header("x-amz-checksum-sha256"), Some(sha256));
    let stored = holds(&city, "object", b"the file");
    assert_eq!(stored.header("x-amz-meta-foo"), None);
    let head = city.request("HEAD", "/points/object");
    let head = head.header("x-amz-checksum-mode", "ENABLED").send();
    assert_eq!(head.header("x-amz-checksum-sha256"), Some(sha256));
    // A wrong one stores nothing, nor does one that is none, nor an algorithm without one.
    for (name, value, code) in [
        (
            "x-amz-checksum-sha256",
            &*sha256.replace('m', "n"),
            "BadDigest",
        ),
        ("x-amz-checksum-sha256", "sailorjerry", "InvalidRequest"),
        ("x-amz-checksum-crc32", "AAAAAA==", "BadDigest"),
        ("x-amz-checksum-algorithm", "SHA1", "InvalidRequest"),
        ("x-amz-checksum-algorithm", "MD5", "InvalidRequest"),
    ] {
        let wrong = PostForm::of(&city, "points", "wrong").bare(name, value);
        wrong.send().refused(400, code);
    }
    let two = PostForm::of(&city, "points", "wrong").bare("x-amz-checksum-sha256", sha256);
    let two = two.bare("x-amz-checksum-crc32", "AAAAAA==");
    two.send().refused(400, "InvalidRequest");
    city.get("/points/wrong").refused(404, "NoSuchKey");
}

#[test]
fn point_108_content_type_is_optional() {
    let (_server, city) = with_bucket();
    form(&city).send().expect(204);
    let stored = holds(&city, "object", b"the file");
    assert_eq!(stored.header("content-type"), Some("binary/octet-stream"));
    // The field's is the object's; the part's own is nobody's.
    let typed = form(&city).field("Content-Type", "image/png").sign();
    let body = String::from_utf8(typed.body()).expect("text");
    let marked = "filename=\"file.txt\"\r\n";
    assert!(body.contains(marked));
    let body = body.replace(marked, &format!("{marked}Content-Type: text/html\r\n"));
    typed.request().body(body).send().expect(204);
    let stored = holds(&city, "object", b"the file");
    assert_eq!(stored.header("content-type"), Some("image/png"));
}

#[test]
fn point_108_tagging_field_is_xml() {
    let (_server, city) = with_bucket();
    let tagged = |document: &str| form(&city).field("tagging", document);
    let document = "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag>\r\n\
        <Tag><Key>b</Key><Value></Value></Tag></TagSet></Tagging>";
    tagged(document).send().expect(204);
    let tags = city.get("/points/object?tagging").expect(200);
    assert_eq!(tags.texts("Key"), ["a", "b"]);
    assert_eq!(tags.texts("Value"), ["1", ""]);
    let many = "<Tag><Key>N</Key><Value/></Tag>".repeat(11);
    let many = (0..11).fold(many, |text, n| text.replacen('N', &n.to_string(), 1));
    for (document, code) in [
        ("a=1&b=2", "MalformedXML"),
        ("not-xml", "MalformedXML"),
        ("<Tags/>", "MalformedXML"),
        (
            &format!("<Tagging><TagSet>{many}</TagSet></Tagging>"),
            "InvalidTag",
        ),
    ] {
        tagged(document).send().refused(400, code);
    }
    form(&city)
        .field("x-amz-tagging", "a=1")
        .send()
        .refused(400, "InvalidArgument");
    let tags = city.get("/points/object?tagging").expect(200);
    assert_eq!(tags.texts("Key"), ["a", "b"]);
}

#[test]
fn point_108_acl_metadata_and_encryption_apply() {
    let (_server, city) = with_bucket();
    let sent = form(&city)
        .field("acl", "bucket-owner-full-control")
        .field("Cache-Control", "private, max-age=60")
        .field(
            "Content-Disposition",
            "attachment; filename=\"\u{17e}.pdf\"",
        )
        .field("Content-Encoding", "gzip")
        .field("Content-Language", "sr")
        .field("Expires", "Wed, 21 Oct 2026 07:28:00 GMT")
        .field("x-amz-meta-Office", "North")
        .field("x-amz-meta-empty", "")
        .field("x-amz-storage-class", "STANDARD")
        .field("x-amz-server-side-encryption", "AES256");
    let answer = sent.send().expect(204);
    let encryption = "x-amz-server-side-encryption";
    assert_eq!(answer.header(encryption), Some("AES256"));
    let stored = holds(&city, "object", b"the file");
    for (name, value) in [
        ("cache-control", "private, max-age=60"),
        (
            "content-disposition",
            "attachment; filename=\"\u{17e}.pdf\"",
        ),
        ("content-encoding", "gzip"),
        ("content-language", "sr"),
        ("expires", "Wed, 21 Oct 2026 07:28:00 GMT"),
        ("x-amz-meta-office", "North"),
        ("x-amz-meta-empty", ""),
        (encryption, "AES256"),
    ] {
        assert_eq!(stored.header(name), Some(value), "{name}");
    }
}

/// What a PUT is refused for, a form is.
#[test]
fn point_108_fields_are_refused_as_headers_of_a_put_are() {
    let (_server, city) = with_bucket();
    let encryption = "x-amz-server-side-encryption";
    for (name, value, status, code) in [
        ("acl", "public-read", 400, "AccessControlListNotSupported"),
        ("acl", "x", 400, "AccessControlListNotSupported"),
        (
            "x-amz-grant-read",
            "id=\"x\"",
            400,
            "AccessControlListNotSupported",
        ),
        ("x-amz-storage-class", "GLACIER", 400, "InvalidStorageClass"),
        (encryption, "aws:kms", 501, "NotImplemented"),
        (encryption, "AES192", 400, "InvalidArgument"),
        (
            "x-amz-server-side-encryption-customer-algorithm",
            "AES256",
            501,
            "NotImplemented",
        ),
        (
            "x-amz-website-redirect-location",
            "/elsewhere",
            501,
            "NotImplemented",
        ),
        (
            "x-amz-website-redirect-location",
            "javascript:alert(1)",
            400,
            "InvalidRedirectLocation",
        ),
        (
            "x-amz-copy-source",
            "/points/object",
            400,
            "InvalidArgument",
        ),
        (
            "x-amz-trailer",
            "x-amz-checksum-crc32",
            400,
            "InvalidArgument",
        ),
        ("Content-MD5", "not base64", 400, "InvalidDigest"),
        ("Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA==", 400, "BadDigest"),
        (
            "x-amz-expected-bucket-owner",
            "somebody",
            403,
            "AccessDenied",
        ),
    ] {
        let refused = PostForm::of(&city, "points", "refused").field(name, value);
        refused.send().refused(status, code);
    }
    let large = PostForm::of(&city, "points", "refused").field("x-amz-meta-a", &"x".repeat(2100));
    large.send().refused(400, "MetadataTooLarge");
    city.get("/points/refused").refused(404, "NoSuchKey");
    let md5 = form(&city).field("content-md5", "kUTaJra1jII3md1KiohPJg==");
    md5.clone().send().expect(204);
    md5.file("other").send().refused(400, "BadDigest");
    holds(&city, "object", b"the file");
}

/// The same name twice: metadata is a list, as by headers; of anything else two readers could take
/// one each.
#[test]
fn point_104_fields_that_repeat_are_joined_or_refused() {
    let (_server, city) = with_bucket();
    let twice = PostForm::of(&city, "points", "object")
        .bare("x-amz-meta-a", "Ninja")
        .bare("x-amz-meta-A", "Stallman")
        .condition(json!({"x-amz-meta-a": "Ninja,Stallman"}));
    twice.send().expect(204);
    let stored = holds(&city, "object", b"the file");
    assert_eq!(stored.header("x-amz-meta-a"), Some("Ninja,Stallman"));
    for name in [
        "key",
        "KEY",
        "policy",
        "x-amz-signature",
        "acl",
        "Content-Type",
        "x-amz-date",
    ] {
        let mut signed = PostForm::of(&city, "points", "other")
            .field("acl", "private")
            .sign();
        let own = signed.set("Content-Type", "a/b");
        signed = own;
        let mut part = signed.parts[0].clone();
        name.clone_into(&mut part.name);
        signed.parts.insert(0, part);
        signed.send().refused(400, "InvalidRequest");
    }
    city.get("/points/other").refused(404, "NoSuchKey");
}
