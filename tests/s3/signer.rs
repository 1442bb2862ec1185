//! The raw signer of these tests is believed: the server accepts what it signs, refuses what is
//! changed afterwards.

use crate::server::TestServer;

#[test]
fn raw_signatures_are_accepted_and_changes_are_noticed() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/raw-signer", "").expect(200);
    let put = city.request("PUT", "/raw-signer/a%20b").body("four");
    let put = put.header("x-amz-meta-office", "North").wire();
    put.send(city.port).expect(200);
    let answer = city.get("/raw-signer/a%20b").expect(200);
    assert_eq!(answer.body, b"four");
    assert_eq!(answer.header("x-amz-meta-office"), Some("North"));
    let presigned = city.request("GET", "/raw-signer/a%20b").presigned();
    assert_eq!(presigned.send().expect(200).body, b"four");
    let mut changed = put;
    changed.set("x-amz-meta-office", "South");
    changed
        .send(city.port)
        .refused(403, "SignatureDoesNotMatch");
    let stranger = city.request("GET", "/raw-signer/a%20b").anonymous();
    stranger.send().refused(403, "AccessDenied");
    let keys = city.get("/raw-signer?list-type=2").expect(200).texts("Key");
    assert_eq!(keys, ["a b"]);
}
