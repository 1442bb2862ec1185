//! Refused HEAD requests have no body: on one connection each is followed by a request whose answer
//! would begin with the body if there were one.

use crate::raw::{Account, Connection, Request};
use crate::server::TestServer;

/// A bucket with versions, an object of four bytes, and the id of a delete marker of another key.
fn with_marker(city: &Account) -> String {
    city.put("/heads", "").expect(200);
    let enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    city.put("/heads?versioning", enabled).expect(200);
    city.put("/heads/a", "four").expect(200);
    let marked = city.delete("/heads/marked").expect(204);
    let id = marked.header("x-amz-version-id").expect("a marker");
    id.to_owned()
}

#[test]
fn refused_heads_have_no_body_on_the_wire() {
    let server = TestServer::start();
    let city = server.account("city");
    let marker = with_marker(&city);
    let head = |target: &str| city.request("HEAD", target);
    let mut stranger = city.clone();
    stranger.secret = "another secret".to_owned();
    let none = "/heads/a?versionId=01230123012301230123012301230123";
    let requests: Vec<(u16, Request)> = vec![
        (400, head("/heads/a?partNumber=0")),
        (400, head("/heads/a?versionId=none")),
        (400, head("/heads/%zz")),
        (403, stranger.request("HEAD", "/heads/a")),
        (403, head("/heads/a").anonymous()),
        (403, head("/heads").anonymous()),
        (404, head("/no-such-bucket")),
        (404, head("/no-such-bucket/a")),
        (404, head("/heads/none")),
        (404, head("/heads/marked")),
        (404, head(none)),
        (405, head("/")),
        (405, head(&format!("/heads/marked?versionId={marker}"))),
        (412, head("/heads/a").header("if-match", "\"00\"")),
        (416, head("/heads/a").header("range", "bytes=4-")),
        (501, head("/heads?website")),
        (405, head("/heads/a?tagging")),
        (501, head("/heads/a?replication")),
        (
            501,
            head("/heads/a").header("x-amz-server-side-encryption-customer-algorithm", "AES256"),
        ),
    ];
    let mut connection = Connection::open(city.port);
    for (status, request) in requests {
        let wire = request.wire();
        connection.write(&wire.head());
        let answer = connection.answer("HEAD");
        assert_eq!(answer.status, status, "{}", wire.target);
        assert!(!answer.closes(), "{}: {answer:?}", wire.target);
        assert!(answer.header("x-amz-request-id").is_some());
        connection.write(&city.request("GET", "/heads/a").wire().head());
        let next = connection.answer("GET").expect(200);
        assert_eq!(next.body, b"four", "after {}", wire.target);
    }
}

/// One that succeeds tells the length of what GET would send, and sends none of it.
#[test]
fn heads_that_succeed_have_no_body_on_the_wire() {
    let server = TestServer::start();
    let city = server.account("city");
    with_marker(&city);
    let mut connection = Connection::open(city.port);
    let head = |target: &str| city.request("HEAD", target);
    for (status, len, request) in [
        (200, "4", head("/heads/a")),
        (206, "2", head("/heads/a").header("range", "bytes=1-2")),
        (200, "4", head("/heads/a?partNumber=1")),
        (200, "0", head("/heads")),
    ] {
        connection.write(&request.wire().head());
        let answer = connection.answer("HEAD").expect(status);
        let told = answer.header("content-length").unwrap_or("0");
        assert_eq!(told, len);
        connection.write(&city.request("GET", "/heads/a").wire().head());
        assert_eq!(connection.answer("GET").expect(200).body, b"four");
    }
}
