//! Access control lists where the bucket's owner owns everything (62 to 70), as in every bucket
//! that is created without saying otherwise: they are told, and no other is taken.

use crate::post::PostForm;
use crate::raw::{Account, Request};
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
        city.put(target, "<a/>").refused(400, "MalformedACLError");
        assert_eq!(city.get(target).expect(200).body, told);
    }
    let told = city.get("/lists/a?acl").expect(200).body;
    city.put("/lists/none?acl", told).refused(404, "NoSuchKey");
    let controls = city.get("/lists?ownershipControls").expect(200);
    assert_eq!(controls.texts("ObjectOwnership"), ["BucketOwnerEnforced"]);
    city.put("/lists?ownershipControls", controls.body)
        .expect(200);
    city.put("/lists?ownershipControls", "<a/>")
        .refused(400, "MalformedXML");
}

/// Who owns a bucket is told alike wherever it is told.
#[test]
fn point_63_owner_is_the_same_everywhere() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/lists", "").expect(200);
    city.put("/lists/a", "x").expect(200);
    city.post("/lists/b?uploads", "").expect(200);
    let id = city.get("/lists?acl").expect(200).text("ID");
    assert!(id.is_some());
    for target in [
        "/",
        "/lists",
        "/lists?list-type=2&fetch-owner=true",
        "/lists?versions",
        "/lists?uploads",
        "/lists/a?acl",
    ] {
        let answer = city.get(target).expect(200);
        assert_eq!(answer.text("ID"), id, "{target}");
        assert_eq!(
            answer.text("DisplayName").as_deref(),
            Some("city"),
            "{target}"
        );
    }
}

const CANNED: [&str; 6] = [
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-read",
    "unheard-of",
];

/// The requests that make an object, but for what they say of its list.
fn uploads(city: &Account) -> Vec<Request> {
    let copy = city.request("PUT", "/lists/b");
    vec![
        city.request("PUT", "/lists/b").body("y"),
        copy.header("x-amz-copy-source", "/lists/a"),
        city.request("POST", "/lists/b?uploads"),
    ]
}

#[track_caller]
fn nothing_came_of_it(city: &Account) {
    assert_eq!(city.get("/lists").expect(200).texts("Key"), ["a"]);
    let begun = city.get("/lists?uploads").expect(200).texts("UploadId");
    assert_eq!(begun, Vec::<String>::new());
}

/// Where the bucket's owner owns everything, an upload takes no list that says otherwise. `private`
/// says nothing else than what is, and old clients send it with everything.
#[test]
fn point_70_uploads_take_no_list_but_the_owners() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/lists", "").expect(200);
    city.put("/lists/a", "x").expect(200);
    for acl in CANNED {
        for upload in uploads(&city) {
            let refused = upload.header("x-amz-acl", acl).send();
            refused.refused(400, "AccessControlListNotSupported");
        }
        let form = PostForm::of(&city, "lists", "b").field("acl", acl);
        form.send().refused(400, "AccessControlListNotSupported");
    }
    for (acl, code) in [
        ("public-read", "InvalidBucketAclWithObjectOwnership"),
        ("public-read-write", "InvalidBucketAclWithObjectOwnership"),
        ("authenticated-read", "InvalidBucketAclWithObjectOwnership"),
        ("aws-exec-read", "InvalidArgument"),
        ("unheard-of", "InvalidArgument"),
    ] {
        let bucket = city.request("PUT", "/other").header("x-amz-acl", acl);
        bucket.send().refused(400, code);
    }
    nothing_came_of_it(&city);
    city.get("/other").refused(404, "NoSuchBucket");
    for acl in ["bucket-owner-full-control", "private"] {
        for upload in uploads(&city) {
            upload.header("x-amz-acl", acl).send().expect(200);
        }
        let form = PostForm::of(&city, "lists", "b").field("acl", acl);
        form.send().expect(204);
        owner_alone(&city.get("/lists/b?acl").expect(200), "city");
    }
}

/// Grants are refused, to whomever: by id, by address, and by group.
#[test]
fn point_65_66_grants_are_refused() {
    let server = TestServer::start();
    let (city, other) = (server.account("city"), server.account("other"));
    city.put("/lists", "").expect(200);
    city.put("/lists/a", "x").expect(200);
    other.put("/others", "").expect(200);
    let id = other.get("/others?acl").expect(200).text("ID");
    let id = format!("id=\"{}\"", id.expect("an id"));
    for name in ["read", "write", "read-acp", "write-acp", "full-control"] {
        let name = format!("x-amz-grant-{name}");
        for grantee in [
            &*id,
            "id=\"unknown\"",
            "emailAddress=\"ana@city.example\"",
            "uri=\"http://acs.amazonaws.com/groups/global/AllUsers\"",
        ] {
            let lists = ["/lists?acl", "/lists/a?acl"].map(|target| city.request("PUT", target));
            for request in uploads(&city).into_iter().chain(lists) {
                let refused = request.header(&name, grantee).send();
                refused.refused(400, "AccessControlListNotSupported");
            }
        }
    }
    nothing_came_of_it(&city);
    owner_alone(&city.get("/lists/a?acl").expect(200), "city");
}

/// What another account writes is the bucket owner's, and nothing of it is the writer's.
#[test]
fn point_64_object_of_another_writer_is_the_bucket_owners() {
    let open = [("RIZNICA_S3__BLOCK_PUBLIC_ACCESS", "false")];
    let server = TestServer::start_with(&open);
    let (city, writer) = (server.account("city"), server.account("writer"));
    city.put("/lists", "").expect(200);
    let policy = "{\"Statement\": {\"Effect\": \"Allow\", \"Principal\": \"*\", \
        \"Action\": \"s3:PutObject\", \"Resource\": \"arn:aws:s3:::lists/*\"}}";
    city.put("/lists?policy", policy).expect(204);
    let put = |acl: &str| {
        let put = writer.request("PUT", "/lists/a").header("x-amz-acl", acl);
        put.body("theirs").send()
    };
    put("bucket-owner-read").refused(400, "AccessControlListNotSupported");
    put("bucket-owner-full-control").expect(200);
    owner_alone(&city.get("/lists/a?acl").expect(200), "city");
    assert_eq!(city.get("/lists/a").expect(200).body, b"theirs");
    for target in ["/lists/a", "/lists/a?acl", "/lists/a?tagging"] {
        writer.get(target).refused(403, "AccessDenied");
    }
    writer.delete("/lists/a").refused(403, "AccessDenied");
    let listed = city.get("/lists").expect(200);
    assert_eq!(listed.texts("DisplayName"), ["city"]);
}

/// A list without the owner would be one that nobody has; it is refused like any other.
#[test]
fn point_67_empty_list_is_refused_and_the_owner_keeps_its_own() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/lists", "").expect(200);
    city.put("/lists/a", "x").expect(200);
    for target in ["/lists?acl", "/lists/a?acl"] {
        let told = city.get(target).expect(200).body_text();
        let (head, rest) = told.split_once("<Grant>").expect("a grant");
        let (_, tail) = rest.split_once("</Grant>").expect("its end");
        let empty = city.put(target, format!("{head}{tail}"));
        empty.refused(400, "AccessControlListNotSupported");
        owner_alone(&city.get(target).expect(200), "city");
    }
}

#[test]
fn point_69_list_that_is_put_again_changes_nothing_however_often() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/lists", "").expect(200);
    city.put("/lists/a", "x").expect(200);
    let modified = |city: &Account| {
        let head = city.head("/lists/a").expect(200);
        head.header("last-modified").map(str::to_owned)
    };
    let before = modified(&city);
    assert!(before.is_some());
    for target in ["/lists?acl", "/lists/a?acl"] {
        let told = city.get(target).expect(200).body;
        std::thread::scope(|scope| {
            let puts = (0..50).map(|_| scope.spawn(|| city.put(target, told.clone())));
            let puts: Vec<_> = puts.collect();
            for put in puts {
                put.join().expect("an answer").expect(200);
            }
        });
        assert_eq!(city.get(target).expect(200).body, told);
    }
    assert_eq!(modified(&city), before);
}
