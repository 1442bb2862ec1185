//! Point 86 and issue 4: Object Lock on a bucket that was there, with all that it holds.

use super::{FAR, both, configuration, hold, lock_of, retain, retention};
use crate::server::TestServer;
use crate::versioning::{at, list, put, set, version_of};

#[test]
fn point_86_lock_comes_to_a_bucket_that_keeps_versions() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/worm", "").expect(200);
    city.put("/worm/a", "null").expect(200);
    let enable = |default| city.put("/worm?object-lock", configuration(default));
    enable(None).refused(409, "InvalidBucketState");
    set(&city, "/worm", "Suspended");
    enable(None).refused(409, "InvalidBucketState");
    set(&city, "/worm", "Enabled");
    let one = put(&city, "/worm/a", "one");
    let marker = version_of(&city.delete("/worm/a").expect(204));
    // Without a lock nothing could have been locked.
    let refused = city.put(
        &at("/worm/a", &one).replace('?', "?legal-hold&"),
        hold("ON"),
    );
    refused.refused(400, "InvalidRequest");
    enable(Some("<Mode>COMPLIANCE</Mode><Days>1</Days>")).expect(200);
    // What was there has no lock, and can be locked now: versions, and the null version.
    for version in ["null", &*one] {
        let target = at("/worm/a", version);
        assert_eq!(lock_of(&city, &target), None);
        let document = retention("COMPLIANCE", FAR);
        retain(&city, &target, &document, false).expect(200);
        assert_eq!(lock_of(&city, &target), both("COMPLIANCE", FAR));
        city.delete(&target).refused(403, "AccessDenied");
    }
    // What comes now is under the default.
    let two = put(&city, "/worm/a", "two");
    let (mode, _) = lock_of(&city, &at("/worm/a", &two)).expect("a lock");
    assert_eq!(mode, "COMPLIANCE");
    city.delete(&at("/worm/a", &marker)).expect(204);
    let left: Vec<String> = list(&city, "/worm")
        .into_iter()
        .map(|row| row.version)
        .collect();
    assert_eq!(left, [two, one, "null".to_owned()]);
    assert_eq!(city.get("/worm/a?versionId=null").expect(200).body, b"null");
}

/// A locked null version cannot be replaced: the one way to replace it is closed.
#[test]
fn point_86_locked_null_version_is_not_replaced() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/worm", "").expect(200);
    city.put("/worm/a", "null").expect(200);
    set(&city, "/worm", "Enabled");
    city.put("/worm?object-lock", configuration(None))
        .expect(200);
    let document = retention("COMPLIANCE", FAR);
    retain(&city, "/worm/a", &document, false).expect(200);
    let suspend = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
    city.put("/worm?versioning", suspend)
        .refused(409, "InvalidBucketState");
    put(&city, "/worm/a", "newer");
    city.delete("/worm/a").expect(204);
    assert_eq!(city.get("/worm/a?versionId=null").expect(200).body, b"null");
    assert_eq!(
        lock_of(&city, "/worm/a?versionId=null"),
        both("COMPLIANCE", FAR)
    );
}
