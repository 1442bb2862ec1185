//! `docs/S3_COMPATIBILITY.md` against the running server: what it says is refused is refused so.
//!
//! Not here: that the table of supported operations is complete and its tests exist
//! (`tests/tidy.rs`).

use crate::raw::Account;
use crate::server::TestServer;

const DOCUMENT: &str = include_str!("../../docs/S3_COMPATIBILITY.md");

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
