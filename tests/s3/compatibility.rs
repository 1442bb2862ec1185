//! `docs/S3_COMPATIBILITY.md` against the running server: what it says is refused is refused so.
//! And against the code: what the router and the guard of headers refuse is named there.
//!
//! Not here: that the table of supported operations is complete and its tests exist
//! (`tests/tidy.rs`).

use crate::raw::Account;
use crate::server::TestServer;

const DOCUMENT: &str = include_str!("../../docs/S3_COMPATIBILITY.md");
const ROUTER: &str = include_str!("../../src/s3/route.rs");
const GUARD: &str = include_str!("../../src/s3/extract/guard.rs");

/// The cells of the rows of the table under a heading.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let section = DOCUMENT
        .split("\n## ")
        .find(|part| part.starts_with(heading));
    let lines = section.expect("the heading").lines();
    let rows = lines.filter(|line| line.starts_with('|')).skip(2);
    rows.map(|line| {
        let cells = line.trim_matches('|').split('|');
        cells
            .map(|cell| cell.trim().trim_matches('`').to_owned())
            .collect()
    })
    .collect()
}

fn status_and_code(answer: &str) -> (u16, String) {
    let (status, code) = answer.split_once(' ').expect("status and code");
    (status.parse().expect("a status"), code.to_owned())
}

fn with_object(server: &TestServer) -> Account {
    let city = server.account("city");
    city.put("/bucket", "").expect(200);
    city.put("/bucket/key", "four").expect(200);
    city
}

/// Nothing but the one object is there, as it was.
fn assert_nothing_changed(city: &Account) {
    assert_eq!(city.get("/bucket/key").expect(200).body, b"four");
    assert_eq!(city.get("/bucket").expect(200).texts("Key"), ["key"]);
    assert_eq!(city.get("/").expect(200).texts("Name"), ["bucket"]);
    assert!(
        city.get("/bucket?uploads")
            .expect(200)
            .texts("UploadId")
            .is_empty()
    );
}

#[test]
fn refused_operations_are_refused_as_documented() {
    let server = TestServer::start();
    let city = with_object(&server);
    let rows = rows("Refused operations");
    assert!(rows.len() > 40, "the table was not found");
    for row in rows {
        let [operation, request, answer] = row.as_slice() else {
            panic!("a row of three cells: {row:?}");
        };
        let (method, target) = request.split_once(' ').expect("method and target");
        let expected = status_and_code(answer);
        let refused = city.request(method, target).send();
        assert_eq!(refused.outcome(), expected, "{operation}");
        // A stranger does not even learn that.
        let stranger = city.request(method, target).anonymous().send();
        assert_eq!(
            stranger.outcome(),
            (403, "AccessDenied".to_owned()),
            "{operation}"
        );
    }
    assert_nothing_changed(&city);
}

#[test]
fn refused_headers_are_refused_as_documented() {
    let server = TestServer::start();
    let city = with_object(&server);
    let rows = rows("Refused headers");
    assert!(rows.len() > 10, "the table was not found");
    for row in rows {
        let [name, value, request, answer] = row.as_slice() else {
            panic!("a row of four cells: {row:?}");
        };
        let (method, target) = request.split_once(' ').expect("method and target");
        let refused = city.request(method, target).header(name, value);
        let refused = refused
            .body(if method == "PUT" { "new" } else { "" })
            .send();
        assert_eq!(
            refused.outcome(),
            status_and_code(answer),
            "{name}: {value}"
        );
    }
    assert_nothing_changed(&city);
}

/// The texts of a list of the code, such as `const SUBRESOURCES: &[&str] = &[`.
fn listed(source: &'static str, name: &str) -> Vec<&'static str> {
    let begin = format!("const {name}: &[&str] = &[");
    let (_, rest) = source.split_once(&begin).expect("the list");
    let (list, _) = rest.split_once("];").expect("its end");
    list.split('"').skip(1).step_by(2).collect()
}

/// The first query parameters of the requests in a column, such as `acl` of `GET /bucket?acl`.
fn subresources(heading: &str) -> Vec<String> {
    let requests = rows(heading).into_iter().filter_map(|row| {
        let (_, query) = row[1].split_once('?')?;
        Some(
            query
                .split(['&', '='])
                .next()
                .unwrap_or_default()
                .to_owned(),
        )
    });
    requests.collect()
}

/// A parameter that the router knows and no operation takes is one that it refuses.
#[test]
fn subresources_of_the_router_are_on_the_page() {
    let known = listed(ROUTER, "SUBRESOURCES");
    assert!(known.len() > 30, "the list was not found");
    let (_, arms) = ROUTER.split_once("fn service(").expect("the routes");
    let (arms, _) = arms.split_once("fn refusal(").expect("their end");
    let supported = rows("Supported operations");
    let refused = subresources("Refused operations");
    let mut refused_count = 0;
    for name in known {
        if arms.contains(&format!("Some(\"{name}\")")) {
            let is_named = supported.iter().any(|row| row[1].contains(name));
            // What a newer operation takes has to leave the table of the refused ones, too.
            assert!(is_named, "{name} is not among the supported operations");
        } else {
            refused_count += 1;
            let is_named = refused.iter().any(|refused| refused == name);
            assert!(is_named, "{name} is not among the refused operations");
        }
    }
    assert!(refused_count > 15, "{refused_count}");
}

/// Headers that are refused whatever they say, and those that are refused for some values.
#[test]
fn refused_headers_of_the_guard_are_on_the_page() {
    let mut known = listed(GUARD, "NOT_IMPLEMENTED");
    assert!(known.len() > 2, "the list was not found");
    let (_, tests) = GUARD
        .split_once("pub fn refuse_unsupported(")
        .expect("the guard");
    let (tests, _) = tests.split_once("\n}\n").expect("its end");
    for compared in tests.split("*name == ").skip(1) {
        let name = compared.split([' ', ')']).next().expect("a name");
        let constant = format!("const {name}: &str = ");
        let text = GUARD.split_once(&constant).map_or(name, |(_, text)| text);
        known.extend(text.split('"').nth(1));
    }
    for name in ["x-amz-storage-class", "x-amz-website-redirect-location"] {
        assert!(known.contains(&name), "{known:?}");
    }
    let rows = rows("Refused headers");
    for name in known {
        let is_named = rows.iter().any(|row| row[0] == name);
        assert!(is_named, "{name} is not among the refused headers");
    }
}

/// What the row of CreateBucket says about what a bucket can be created with.
#[test]
fn create_bucket_takes_a_lock_and_refuses_tags() {
    let server = TestServer::start();
    let city = server.account("city");
    let tags = "<CreateBucketConfiguration><Tags><Tag><Key>a</Key><Value>b</Value></Tag></Tags>\
                </CreateBucketConfiguration>";
    city.put("/tagged", tags).refused(501, "NotImplemented");
    city.get("/tagged").refused(404, "NoSuchBucket");
    let create = city.request("PUT", "/locked");
    let create = create.header("x-amz-bucket-object-lock-enabled", "true");
    create.send().expect(200);
    let lock = city.get("/locked?object-lock").expect(200);
    assert_eq!(lock.text("ObjectLockEnabled").as_deref(), Some("Enabled"));
    let versioning = city.get("/locked?versioning").expect(200);
    assert_eq!(versioning.text("Status").as_deref(), Some("Enabled"));
}
