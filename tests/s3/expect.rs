//! `Expect: 100-continue`: who may send a body is decided before it is asked for (s3-behaviour.md
//! 4, 5).

use crate::raw::{Account, Connection, Request};
use crate::server::TestServer;

fn put(account: &Account, target: &str) -> Request {
    let put = account.request("PUT", target).body("four");
    put.unsigned_header("Expect", "100-continue")
}

/// The statuses that come while the client still holds its body back.
fn status_ahead(port: u16, request: Request) -> u16 {
    let mut connection = Connection::open(port);
    connection.write(&request.wire().head());
    connection.answer("PUT").status
}

#[test]
fn body_is_asked_for_only_when_it_may_be_sent() {
    let server = TestServer::start();
    let (city, stranger) = (server.account("city"), server.account("stranger"));
    city.put("/expectations", "").expect(200);
    let wire = put(&city, "/expectations/a").wire();
    let mut connection = Connection::open(city.port);
    connection.write(&wire.head());
    assert_eq!(connection.answer("PUT").status, 100);
    connection.write(&wire.body);
    connection.answer("PUT").expect(200);
    // The same connection goes on.
    let wire = put(&city, "/expectations/b")
        .header("x-amz-meta-n", "2")
        .wire();
    connection.write(&wire.head());
    assert_eq!(connection.answer("PUT").status, 100);
    connection.write(&wire.body);
    connection.answer("PUT").expect(200);

    let anonymous = put(&city, "/expectations/c").anonymous();
    assert_eq!(status_ahead(city.port, anonymous), 403);
    assert_eq!(
        status_ahead(city.port, put(&stranger, "/expectations/c")),
        403
    );
    assert_eq!(
        status_ahead(city.port, put(&city, "/no-such-bucket/c")),
        404
    );
    let mut forged = city.clone();
    forged.secret.push('x');
    assert_eq!(
        status_ahead(city.port, put(&forged, "/expectations/c")),
        403
    );
    let keys = city.get("/expectations").expect(200).texts("Key");
    assert_eq!(keys, ["a", "b"]);
    let answer = city.get("/expectations/b").expect(200);
    assert_eq!(answer.header("x-amz-meta-n"), Some("2"));
}

/// After a refusal nothing on that connection is read as a request: the client may have sent the
/// body all the same.
#[test]
fn refused_announcement_ends_the_connection() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/expectations", "").expect(200);
    let smuggled = city.request("PUT", "/expectations/smuggled").wire().head();
    let announced = city.request("PUT", "/no-such-bucket/a").body(smuggled);
    let announced = announced.unsigned_header("Expect", "100-continue").wire();
    let mut connection = Connection::open(city.port);
    connection.write(&announced.head());
    let answer = connection.answer("PUT").refused(404, "NoSuchBucket");
    assert_eq!(answer.header("connection"), Some("close"));
    connection.write(&announced.body);
    assert!(connection.try_answer("PUT").is_none());
    assert!(
        city.get("/expectations")
            .expect(200)
            .texts("Key")
            .is_empty()
    );
}

#[test]
fn other_expectations_are_ignored() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/expectations", "").expect(200);
    for (n, value) in ["", "200-ok", "100"].into_iter().enumerate() {
        let put = city
            .request("PUT", &format!("/expectations/{n}"))
            .body("four");
        put.unsigned_header("Expect", value).send().expect(200);
    }
}
