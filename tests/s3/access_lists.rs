//! Access control lists where the bucket's owner owns everything (s3-behaviour.md 62, 67, 70).

use crate::server::TestServer;

fn owner_alone(answer: &crate::raw::Answer, name: &str) {
    assert_eq!(answer.texts("Permission"), ["FULL_CONTROL"]);
    assert_eq!(answer.texts("DisplayName"), [name, name]);
    let ids = answer.texts("ID");
    assert!(
        ids.len() == 2 && ids[0] == ids[1] && ids[0].len() == 64,
        "{ids:?}"
    );
    assert!(answer.body_text().contains("xsi:type=\"CanonicalUser\""));
}

#[test]
fn point_62_lists_tell_that_the_owner_has_full_control() {
    let server = TestServer::start();
    let (city, stranger) = (server.account("city"), server.account("stranger"));
    city.put("/lists", "").expect(200);
    city.put("/lists/a", "x").expect(200);
    for target in ["/lists?acl", "/lists/a?acl"] {
        owner_alone(&city.get(target).expect(200), "city");
        stranger.get(target).refused(403, "AccessDenied");
        stranger.put(target, "").refused(403, "AccessDenied");
    }
    city.get("/lists/b?acl").refused(404, "NoSuchKey");
    city.get("/lists/a?acl&versionId=x")
        .refused(400, "InvalidArgument");
    let versioned = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    city.put("/lists?versioning", versioned).expect(200);
    let version = city.put("/lists/a", "y").expect(200);
    let version = version
        .header("x-amz-version-id")
        .expect("a version")
        .to_owned();
    let of_version = city
        .get(&format!("/lists/a?acl&versionId={version}"))
        .expect(200);
    assert_eq!(
        of_version.header("x-amz-version-id"),
        Some(version.as_str())
    );
    owner_alone(&of_version, "city");
    city.delete("/lists/a").expect(204);
    city.get("/lists/a?acl").refused(404, "NoSuchKey");
}

/// The list of a copy's source is put on the copy by s3cmd.
#[test]
fn point_70_no_list_is_taken_but_the_one_that_there_is() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/lists", "").expect(200);
    city.put("/lists/a", "x").expect(200);
    for target in ["/lists?acl", "/lists/a?acl"] {
        let told = city.get(target).expect(200).body;
        for acl in ["public-read", "private", "bucket-owner-full-control"] {
            let put = city.request("PUT", target).header("x-amz-acl", acl).send();
            put.refused(400, "AccessControlListNotSupported");
        }
        city.put(target, told.clone()).expect(200);
        let text = String::from_utf8(told.clone()).expect("text");
        let wider = text.replace("FULL_CONTROL", "READ");
        city.put(target, wider)
            .refused(400, "AccessControlListNotSupported");
        city.put(target, "")
            .refused(400, "AccessControlListNotSupported");
        city.put(target, "<a/>").refused(400, "MalformedXML");
        assert_eq!(city.get(target).expect(200).body, told);
    }
    let told = city.get("/lists/a?acl").expect(200).body;
    city.put("/lists/none?acl", told).refused(404, "NoSuchKey");
    let controls = city.get("/lists?ownershipControls").expect(200);
    assert_eq!(controls.texts("ObjectOwnership"), ["BucketOwnerEnforced"]);
    city.put("/lists?ownershipControls", controls.body.clone())
        .expect(200);
    let other = controls
        .body_text()
        .replace("BucketOwnerEnforced", "ObjectWriter");
    city.put("/lists?ownershipControls", other)
        .refused(501, "NotImplemented");
    city.put("/lists?ownershipControls", "<a/>")
        .refused(400, "MalformedXML");
}
