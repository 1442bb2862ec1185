//! A form's upload is an upload: versions, conditions, locks, quotas, rates and CORS hold for it as
//! for a PUT (points 97, 104 to 109). And it is nothing else: a form is authenticated by its
//! fields.

use super::with_bucket;
use crate::object_lock::{FAR, HOLD, MODE, UNTIL, lock_of, with_lock};
use crate::post::{PostForm, SignedForm};
use crate::raw::{Account, Answer, Connection, Wire};
use crate::server::TestServer;
use crate::versioning::{set, version_of};
use serde_json::Value;

fn form(city: &Account) -> PostForm {
    PostForm::of(city, "points", "object")
}

#[test]
fn point_104_large_file_arrives_whole_also_in_chunks() {
    let (_server, city) = with_bucket();
    // Every byte, with beginnings of the boundary among them.
    let mut file: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    for (at, text) in [
        (0, "--"),
        (65_000, "\r\n----WebKitFormBoundaryAbC12"),
        (262_140, "\r\n----WebKitFormBoundary"),
        (1_000_000, "----WebKitFormBoundaryAbC123--\r\n"),
        (2_999_990, "\r\n------We"),
    ] {
        file[at..at + text.len()].copy_from_slice(text.as_bytes());
    }
    let signed = form(&city).file(file.clone()).sign();
    signed.send().expect(204);
    assert!(city.get("/points/object").expect(200).body == file);
    city.delete("/points/object").expect(204);
    for chunk_len in [1000, 65_536, 1 << 20] {
        chunked(&signed, chunk_len).send(city.port).expect(204);
        assert!(city.get("/points/object").expect(200).body == file);
    }
}

/// The form in chunks of the transfer: nobody has told its length.
fn chunked(signed: &SignedForm, chunk_len: usize) -> Wire {
    let mut wire = signed.request().wire();
    wire.remove("content-length");
    wire.set("transfer-encoding", "chunked");
    let mut body = Vec::new();
    for chunk in wire.body.chunks(chunk_len) {
        body.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        body.extend_from_slice(chunk);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"0\r\n\r\n");
    wire.body = body;
    wire
}

/// curl asks before it sends a large form; who sends it is known only when it has come.
#[test]
fn point_104_form_that_waits_for_100_is_asked_for() {
    let (_server, city) = with_bucket();
    let request = form(&city).sign().request();
    let wire = request.unsigned_header("expect", "100-continue").wire();
    let mut connection = Connection::open(city.port);
    for _ in 0..2 {
        connection.write(&wire.head());
        assert_eq!(connection.answer("POST").status, 100);
        connection.write(&wire.body);
        connection.answer("POST").expect(204);
    }
}

/// The connection goes on behind a form, stored or not.
#[test]
fn point_104_connection_serves_the_next_request() {
    let (_server, city) = with_bucket();
    let good = form(&city).sign();
    let denied = form(&city).bare("acl", "private").sign();
    let mut connection = Connection::open(city.port);
    for (signed, status) in [(&good, 204), (&denied, 403), (&good, 204), (&denied, 403)] {
        let wire = signed.request().wire();
        connection.write(&wire.head());
        connection.write(&wire.body);
        let answer = connection.answer("POST").expect(status);
        assert!(!answer.closes());
    }
}

#[test]
fn point_104_what_is_no_form_is_told_so() {
    let (_server, city) = with_bucket();
    let signed = form(&city).sign();
    for content_type in [
        "text/html",
        "application/x-www-form-urlencoded",
        "multipart/mixed; boundary=a",
    ] {
        for request in [
            city.request("POST", "/points").anonymous(),
            city.request("POST", "/points"),
        ] {
            let request = request
                .header("content-type", content_type)
                .body(signed.body());
            let answer = request.send().refused(412, "PreconditionFailed");
            let condition = "Bucket POST must be of the enclosure-type multipart/form-data";
            assert_eq!(answer.text("Condition").as_deref(), Some(condition));
        }
    }
    city.post("/points", "").refused(412, "PreconditionFailed");
    // A bucket takes forms, nothing else does.
    for target in ["/", "/points/object"] {
        let mut elsewhere = signed.clone();
        elsewhere.target = target.to_owned();
        elsewhere.send().refused(403, "AccessDenied");
    }
    city.get("/points/object").refused(404, "NoSuchKey");
}

/// Neither a header nor the query is part of what the policy's signer has seen.
#[test]
fn point_106_nothing_but_the_form_authenticates_it() {
    let (_server, city) = with_bucket();
    let signed = form(&city).sign();
    let content_type = signed.request().wire().value("content-type").to_owned();
    let by_header = city
        .request("POST", "/points")
        .header("content-type", &content_type);
    let by_header = by_header.body(signed.body());
    by_header.clone().send().refused(400, "InvalidArgument");
    by_header.presigned().send().refused(400, "InvalidArgument");
    for query in ["?X-Amz-Signature=00", "?AWSAccessKeyId=a", "?Signature=a"] {
        let mut in_query = signed.clone();
        in_query.target.push_str(query);
        in_query.send().refused(400, "InvalidArgument");
    }
    for (name, value) in [
        ("x-amz-meta-a", "1"),
        ("x-amz-tagging", "a=1"),
        ("x-amz-acl", "private"),
        ("x-amz-object-lock-legal-hold", "ON"),
        ("x-amz-server-side-encryption", "AES256"),
        ("x-amz-checksum-crc32", "AAAAAA=="),
        ("x-amz-copy-source", "/points/other"),
        ("if-none-match", "*"),
        ("if-match", "\"a\""),
    ] {
        let answer = signed.request().header(name, value).send();
        let answer = answer.refused(400, "InvalidRequest");
        assert_eq!(answer.text("Header").as_deref(), Some(name));
    }
    let owner = signed
        .request()
        .header("x-amz-expected-bucket-owner", "somebody");
    owner.send().refused(403, "AccessDenied");
    city.get("/points/object").refused(404, "NoSuchKey");
    // What browsers add does no harm, nor do headers of the request that are none of the object's.
    let dressed = signed.request().header("user-agent", "Mozilla/5.0");
    let dressed = dressed
        .header("cache-control", "max-age=0")
        .header("cookie", "a=b");
    dressed
        .header("referer", "https://city.example/")
        .send()
        .expect(204);
    let stored = city.get("/points/object").expect(200);
    assert_eq!(stored.header("cache-control"), None);
}

#[test]
fn point_108_versions_are_kept_and_conditions_judged() {
    let (_server, city) = with_bucket();
    let once = |name: &str, value: &str| form(&city).field(name, value);
    once("If-None-Match", "*").send().expect(204);
    let refused = once("If-None-Match", "*").send();
    let refused = refused.refused(412, "PreconditionFailed");
    assert_eq!(refused.text("Condition").as_deref(), Some("If-None-Match"));
    once("if-match", "\"00\"")
        .send()
        .refused(412, "PreconditionFailed");
    set(&city, "/points", "Enabled");
    let etag = city
        .head("/points/object")
        .header("etag")
        .expect("an ETag")
        .to_owned();
    let answer = once("if-match", &etag).file("newer").send().expect(204);
    let version = version_of(&answer);
    assert_eq!(
        version_of(&city.head("/points/object").expect(200)),
        version
    );
    let listed = city.get("/points?versions").expect(200).texts("VersionId");
    assert_eq!(listed, [version, "null".to_owned()]);
    let absent = PostForm::of(&city, "points", "absent").field("if-match", "*");
    absent.send().refused(404, "NoSuchKey");
    let since = once("If-Modified-Since", "Fri, 21 Oct 2095 07:28:00 GMT");
    since.send().refused(501, "NotImplemented");
}

#[test]
fn point_108_locks_apply_and_hold() {
    let (_server, city) = with_lock();
    let lock = |form: PostForm| {
        let form = form.field(MODE, "COMPLIANCE").field(UNTIL, FAR);
        form.field(HOLD, "ON")
    };
    let form = |object_key: &str| PostForm::of(&city, "worm", object_key);
    let stored = lock(form("object")).send().expect(204);
    let version = version_of(&stored);
    let target = format!("/worm/object?versionId={version}");
    let locked = lock_of(&city, &target).expect("a lock");
    assert_eq!(locked, ("COMPLIANCE".to_owned(), FAR.to_owned()));
    assert_eq!(city.head(&target).header(HOLD), Some("ON"));
    city.delete(&target).refused(403, "AccessDenied");
    // A form puts another version on top and takes nothing away.
    form("object").file("newer").send().expect(204);
    assert_eq!(city.get(&target).expect(200).body, b"the file");
    for (name, value) in [(MODE, "COMPLIANCE"), (UNTIL, FAR), (HOLD, "on")] {
        form("wrong")
            .field(name, value)
            .send()
            .refused(400, "InvalidArgument");
    }
    let past = form("wrong")
        .field(MODE, "GOVERNANCE")
        .field(UNTIL, "2020-01-01T00:00:00Z");
    past.send().refused(400, "InvalidArgument");
    city.put("/unlocked", "").expect(200);
    let unlocked = PostForm::of(&city, "unlocked", "wrong");
    lock(unlocked).send().refused(400, "InvalidRequest");
    let listed = city.get("/worm").expect(200).texts("Key");
    assert_eq!(listed, ["object"]);
}

fn usage(server: &TestServer) -> (u64, u64) {
    let shown = server.admin(&["quota", "show", "--bucket", "points"]);
    let shown: Value = serde_json::from_str(&shown.expect("a quota")).expect("JSON");
    let number = |field: &str| shown["usage"][field].as_u64().expect("a number");
    (number("bytes"), number("objects"))
}

/// The file alone counts, to the byte, and not what is around it.
#[test]
fn point_108_quotas_hold_to_the_byte() {
    let (server, city) = with_bucket();
    let limits = ["quota", "set", "--bucket", "points", "--bytes", "1000000"];
    server.admin(&limits).expect("a limit");
    let of = |len: usize| form(&city).file(vec![7; len]).sign();
    for len in [1_000_001, 9_000_000] {
        let answers = [of(len).send(), chunked(&of(len), 65_536).send(city.port)];
        for answer in answers {
            let text = answer.refused(403, "QuotaExceeded").text("Message");
            assert!(text.expect("a text").contains("1000000 bytes"));
            assert_eq!(usage(&server), (0, 0));
        }
    }
    of(1_000_000).send().expect(204);
    assert_eq!(usage(&server), (1_000_000, 1));
    // The same object again takes its own place.
    of(1_000_000).send().expect(204);
    let more = PostForm::of(&city, "points", "more");
    more.clone().send().refused(403, "QuotaExceeded");
    more.file("").send().expect(204);
    assert_eq!(usage(&server), (1_000_000, 2));
    assert!(
        server.admin(&["usage", "recount"]).is_some(),
        "counters and rows differ"
    );
}

#[test]
fn point_106_rates_are_of_the_account_that_signed() {
    let (mut server, city) = with_bucket();
    let other = server.account("other");
    other.put("/free", "").expect(200);
    let rates = ["rate", "set", "--tenant", "city", "--requests", "5"];
    server.admin(&rates).expect("the rates are set");
    server.restart();
    let mut answers = (0..100).map(|_| form(&city).send());
    let slowed = answers
        .find(|answer| answer.status != 204)
        .expect("a refusal");
    let slowed = slowed.refused(503, "SlowDown");
    assert!(slowed.header("retry-after").is_some());
    PostForm::of(&other, "free", "a").send().expect(204);
}

/// Pages of other origins are told of their form's answer what the bucket's rules say, also when it
/// is refused.
#[test]
fn point_109_answers_to_forms_carry_the_headers_of_cors() {
    let (_server, city) = with_bucket();
    let rules = "<CORSConfiguration><CORSRule><AllowedOrigin>https://*.gov.rs</AllowedOrigin>\
        <AllowedMethod>POST</AllowedMethod><ExposeHeader>ETag</ExposeHeader></CORSRule>\
        </CORSConfiguration>";
    city.put("/points?cors", rules).expect(200);
    let origin = "https://nis.gov.rs";
    let told = |answer: &Answer| {
        answer
            .header("access-control-allow-origin")
            .map(str::to_owned)
    };
    let posted =
        |form: PostForm, origin: &str| form.sign().request().header("origin", origin).send();
    let stored = posted(form(&city), origin).expect(204);
    assert_eq!(told(&stored).as_deref(), Some(origin));
    assert_eq!(stored.header("access-control-expose-headers"), Some("ETag"));
    let denied = posted(form(&city).bare("acl", "private"), origin).expect(403);
    assert_eq!(told(&denied).as_deref(), Some(origin));
    let malformed = posted(form(&city).policy("x"), origin).expect(400);
    assert_eq!(told(&malformed).as_deref(), Some(origin));
    let redirect = form(&city).field("success_action_redirect", "http://city.example/");
    let redirected = posted(redirect, origin).expect(303);
    assert_eq!(told(&redirected).as_deref(), Some(origin));
    let elsewhere = posted(form(&city), "https://evil.example").expect(204);
    assert_eq!(told(&elsewhere), None);
    let preflight = city
        .request("OPTIONS", "/points")
        .anonymous()
        .header("origin", origin);
    let preflight = preflight
        .header("access-control-request-method", "POST")
        .send();
    assert_eq!(told(&preflight.expect(200)).as_deref(), Some(origin));
}

/// What a form tells of encryption is what a PUT tells (97).
#[test]
fn point_97_bucket_default_encryption_shows_on_forms() {
    let header = "x-amz-server-side-encryption";
    let server = TestServer::start_with(&[("RIZNICA_S3__REPORT_DEFAULT_ENCRYPTION", "false")]);
    let city = server.account("city");
    city.put("/points", "").expect(200);
    assert_eq!(form(&city).send().expect(204).header(header), None);
    let rule = "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
        <SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>\
        </ServerSideEncryptionConfiguration>";
    city.put("/points?encryption", rule).expect(200);
    let answer = form(&city).send().expect(204);
    assert_eq!(answer.header(header), Some("AES256"));
    assert_eq!(city.head("/points/object").header(header), Some("AES256"));
}

#[test]
fn point_83_forms_tell_when_their_object_expires() {
    let (_server, city) = with_bucket();
    let rule = "<LifecycleConfiguration><Rule><ID>year</ID><Filter><Prefix>ob</Prefix></Filter>\
        <Status>Enabled</Status><Expiration><Days>365</Days></Expiration></Rule>\
        </LifecycleConfiguration>";
    city.put("/points?lifecycle", rule).expect(200);
    let answer = form(&city).send().expect(204);
    let told = answer.header("x-amz-expiration").expect("a date");
    assert!(told.ends_with("rule-id=\"year\""), "{told}");
    let other = PostForm::of(&city, "points", "x").send().expect(204);
    assert_eq!(other.header("x-amz-expiration"), None);
}
