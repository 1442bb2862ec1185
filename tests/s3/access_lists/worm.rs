//! Lists and owners open no way around Object Lock (57, 89).

use super::{OPEN, canned, id, tells};
use crate::object_lock::{BYPASS, FAR, MODE, UNTIL, lock_of, retention};
use crate::server::TestServer;
use crate::versioning::{at, version_of};

/// A version of another account's, under COMPLIANCE in a bucket that everybody may write.
#[test]
fn row_57_owner_of_an_object_destroys_and_shortens_nothing() {
    let server = TestServer::start_with(OPEN);
    let (city, other) = (server.account("city"), server.account("other"));
    let create = city.request("PUT", "/worm");
    let create = create.header("x-amz-bucket-object-lock-enabled", "true");
    let create = create.header("x-amz-object-ownership", "ObjectWriter");
    create
        .header("x-amz-acl", "public-read-write")
        .send()
        .expect(200);
    let put = other.request("PUT", "/worm/a").body("theirs");
    let version = version_of(&put.send().expect(200));
    let target = at("/worm/a", &version);
    let full = format!("id={}, id={}", id(&other), id(&city));
    let grant = other.request("PUT", &format!("{target}&acl"));
    grant
        .header("x-amz-grant-full-control", &full)
        .send()
        .expect(200);
    let locks = [
        format!("{target}&retention"),
        format!("{target}&legal-hold"),
    ];
    // Locks are the bucket owner's to set, as policies give.
    let lock = retention("COMPLIANCE", FAR);
    other
        .put(&locks[0], lock.clone())
        .refused(403, "AccessDenied");
    city.put(&locks[0], lock).expect(200);
    for account in [&other, &city] {
        for document in [
            retention("COMPLIANCE", "2100-01-01T00:00:00Z"),
            retention("GOVERNANCE", FAR),
            "<Retention/>".to_owned(),
        ] {
            let put = account.request("PUT", &locks[0]).body(document);
            let put = put.header(BYPASS, "true").send();
            assert!(put.status >= 400, "{}", put.body_text());
        }
        let delete = account.request("DELETE", &target).header(BYPASS, "true");
        delete.send().refused(403, "AccessDenied");
        // The list of a locked version is not its contents: it can be changed, as on AWS.
        canned(account, &format!("{target}&acl"), "public-read-write");
        let grant = other.request("PUT", &format!("{target}&acl"));
        grant
            .header("x-amz-grant-full-control", &full)
            .send()
            .expect(200);
    }
    let get = account_reads(&other, &target);
    assert_eq!(get, b"theirs");
    let told = lock_of(&city, &target);
    assert_eq!(told, Some(("COMPLIANCE".to_owned(), FAR.to_owned())));
    let head = city.head(&target).expect(200);
    assert_eq!(head.header(MODE), Some("COMPLIANCE"));
    assert_eq!(head.header(UNTIL), Some(FAR));
    tells(
        &other,
        &format!("{target}&acl"),
        &[("other", "FULL_CONTROL"), ("city", "FULL_CONTROL")],
    );
}

fn account_reads(account: &crate::raw::Account, target: &str) -> Vec<u8> {
    account.get(target).expect(200).body
}
