//! What a grant lets its grantee do, and nobody else (68; attacks.md 31 to 35).

use super::{ALL_USERS, SIGNED_USERS, Scene, canned, document, id, tells};
use crate::policies::{allow, grant, policy, user};
use crate::raw::{Account, Answer};
use serde_json::json;

/// The requests that permissions of a bucket are about, with the status of a success.
const OF_BUCKET: [(&str, &str, &str, u16); 8] = [
    ("READ", "GET", "/lists", 200),
    ("READ", "GET", "/lists?list-type=2", 200),
    ("READ", "GET", "/lists?versions", 200),
    ("READ", "GET", "/lists?uploads", 200),
    ("READ", "HEAD", "/lists", 200),
    ("READ_ACP", "GET", "/lists?acl", 200),
    ("WRITE", "PUT", "/lists/new", 200),
    ("WRITE", "DELETE", "/lists/new", 204),
];
/// Those that permissions of an object are about.
const OF_OBJECT: [(&str, &str, &str, u16); 4] = [
    ("READ", "GET", "/lists/a", 200),
    ("READ", "HEAD", "/lists/a", 200),
    ("READ", "GET", "/lists/a?attributes", 200),
    ("READ_ACP", "GET", "/lists/a?acl", 200),
];
/// Those that no list is about.
const OF_NEITHER: [(&str, &str); 12] = [
    ("GET", "/lists?policy"),
    ("GET", "/lists?versioning"),
    ("GET", "/lists?ownershipControls"),
    ("PUT", "/lists?ownershipControls"),
    ("DELETE", "/lists?ownershipControls"),
    ("PUT", "/lists?policy"),
    ("PUT", "/lists?publicAccessBlock"),
    ("DELETE", "/lists"),
    ("GET", "/lists/a?tagging"),
    ("DELETE", "/lists/a?tagging"),
    ("GET", "/lists/a?retention"),
    ("DELETE", "/lists/a?versionId=null"),
];

/// Sends a request of an account, or of nobody.
fn send(scene: &Scene, by: Option<&Account>, method: &str, target: &str) -> Answer {
    let request = match by {
        Some(account) => account.request(method, target),
        None => scene.nobody(method, target),
    };
    request.header("x-amz-object-attributes", "ETag").send()
}

/// That of the requests about `of` those succeed which one of `permissions` is for.
#[track_caller]
fn may(
    scene: &Scene,
    by: Option<&Account>,
    requests: &[(&str, &str, &str, u16)],
    permissions: &[&str],
) {
    for (permission, method, target, status) in requests {
        let is_granted = permissions.contains(permission);
        let expected = if is_granted { *status } else { 403 };
        let answer = send(scene, by, method, target);
        assert_eq!(answer.status, expected, "{permissions:?} {method} {target}");
    }
    for (method, target) in OF_NEITHER {
        let answer = send(scene, by, method, target);
        assert_eq!(answer.status, 403, "{permissions:?} {method} {target}");
    }
}

#[test]
fn point_68_permissions_of_a_bucket_are_for_what_they_say() {
    for start in [Scene::start, Scene::classic] {
        permissions_of_a_bucket(&start());
    }
}

fn permissions_of_a_bucket(scene: &Scene) {
    let (city, owner) = (&scene.city, id(&scene.city));
    let third = scene.server.account("third");
    let other = id(&scene.other);
    for permission in ["READ", "WRITE", "READ_ACP", "WRITE_ACP"] {
        city.put("/lists?acl", document(&owner, &[(&other, permission)]))
            .expect(200);
        let (granted, none) = (&[permission][..], &[][..]);
        let by = [
            (Some(&scene.other), granted),
            (Some(&third), none),
            (None, none),
        ];
        for (by, granted) in by {
            may(scene, by, &OF_BUCKET, granted);
            may(scene, by, &OF_OBJECT, &[]);
        }
        let put = scene.other.put("/lists?acl", document(&owner, &[]));
        let is_granted = permission == "WRITE_ACP";
        assert_eq!(put.status == 200, is_granted, "{permission}");
    }
    city.put("/lists?acl", document(&owner, &[(&other, "FULL_CONTROL")]))
        .expect(200);
    let all = ["READ", "WRITE", "READ_ACP"];
    may(scene, Some(&scene.other), &OF_BUCKET, &all);
    may(scene, Some(&third), &OF_BUCKET, &[]);
    assert_eq!(city.get("/lists/a").expect(200).body, b"the record");
}

#[test]
fn point_68_permissions_of_an_object_are_for_what_they_say() {
    for start in [Scene::start, Scene::classic] {
        permissions_of_an_object(&start());
    }
}

fn permissions_of_an_object(scene: &Scene) {
    let (city, owner) = (&scene.city, id(&scene.city));
    let third = scene.server.account("third");
    let other = id(&scene.other);
    city.put("/lists/b", "private").expect(200);
    for permission in ["READ", "WRITE", "READ_ACP", "WRITE_ACP"] {
        city.put("/lists/a?acl", document(&owner, &[(&other, permission)]))
            .expect(200);
        let (granted, none) = (&[permission][..], &[][..]);
        let by = [
            (Some(&scene.other), granted),
            (Some(&third), none),
            (None, none),
        ];
        for (by, granted) in by {
            may(scene, by, &OF_OBJECT, granted);
            may(scene, by, &OF_BUCKET, &[]);
            assert_eq!(send(scene, by, "GET", "/lists/b").status, 403);
        }
        for method in ["PUT", "DELETE"] {
            let write = send(scene, Some(&scene.other), method, "/lists/a");
            write.refused(403, "AccessDenied");
        }
        let put = scene.other.put("/lists/a?acl", document(&owner, &[]));
        assert_eq!(put.status == 200, permission == "WRITE_ACP", "{permission}");
    }
    city.put(
        "/lists/a?acl",
        document(&owner, &[(&other, "FULL_CONTROL")]),
    )
    .expect(200);
    may(scene, Some(&scene.other), &OF_OBJECT, &["READ", "READ_ACP"]);
    assert_eq!(city.get("/lists/a").expect(200).body, b"the record");
}

#[test]
fn point_68_groups_are_everybody_and_who_signs() {
    let scene = Scene::start();
    let (city, owner) = (&scene.city, id(&scene.city));
    for (group, nobody) in [(ALL_USERS, 200), (SIGNED_USERS, 403)] {
        for target in ["/lists?acl", "/lists/a?acl"] {
            city.put(target, document(&owner, &[(group, "READ")]))
                .expect(200);
        }
        for target in ["/lists", "/lists/a"] {
            scene.other.get(target).expect(200);
            let answer = scene.nobody("GET", target).send();
            assert_eq!(answer.status, nobody, "{target}");
        }
    }
    // Presigned by nobody's leave: response headers are still not for who does not sign.
    city.put("/lists/a?acl", document(&owner, &[(ALL_USERS, "READ")]))
        .expect(200);
    let override_type = "/lists/a?response-content-type=text%2Fhtml";
    let refused = scene.nobody("GET", override_type).send();
    refused.refused(400, "InvalidRequest");
    let logs = "http://acs.amazonaws.com/groups/s3/LogDelivery";
    city.put("/lists/a?acl", document(&owner, &[(logs, "READ")]))
        .expect(200);
    tells(city, "/lists/a?acl", &[("LogDelivery", "READ")]);
    for by in [Some(&scene.other), None] {
        assert_eq!(send(&scene, by, "GET", "/lists/a").status, 403);
    }
}

/// Bucket WRITE: any object is overwritten and deleted, and what is written is the writer's.
#[test]
fn point_68_writing_into_the_bucket_overwrites_any_object() {
    let scene = Scene::start();
    let city = &scene.city;
    canned(city, "/lists?acl", "public-read-write");
    scene.other.put("/lists/a", "overwritten").expect(200);
    assert_eq!(scene.other.get("/lists/a").expect(200).body, b"overwritten");
    city.get("/lists/a").refused(403, "AccessDenied");
    city.head("/lists/a").expect(403);
    city.get("/lists/a?tagging").refused(403, "AccessDenied");
    tells(&scene.other, "/lists/a?acl", &[("other", "FULL_CONTROL")]);
    // Listing and deleting stay the bucket owner's.
    let listed = city.get("/lists").expect(200);
    assert_eq!(listed.texts("DisplayName"), ["other"]);
    city.delete("/lists/a").expect(204);
    scene.other.get("/lists/a").refused(404, "NoSuchKey");
    // What nobody has signed is the bucket owner's.
    scene.nobody("PUT", "/lists/n").body("n").send().expect(200);
    assert_eq!(city.get("/lists/n").expect(200).body, b"n");
    tells(city, "/lists/n?acl", &[("city", "FULL_CONTROL")]);
    scene
        .nobody("GET", "/lists/n")
        .send()
        .refused(403, "AccessDenied");
}

/// A list lets an account in; its users need its leave as well, as for a bucket's policy.
#[test]
fn users_of_a_grantee_need_their_own_policies_too() {
    let scene = Scene::start();
    let (city, owner) = (&scene.city, id(&scene.city));
    let (ana, eva) = (user(&scene.other, "ana"), user(&scene.other, "eva"));
    grant(&scene.other, "eva", &json!([allow(&json!("s3:GetObject"))]));
    for grantee in [
        id(&scene.other),
        SIGNED_USERS.to_owned(),
        ALL_USERS.to_owned(),
    ] {
        city.put("/lists/a?acl", document(&owner, &[(&grantee, "READ")]))
            .expect(200);
        scene.other.get("/lists/a").expect(200);
        eva.get("/lists/a").expect(200);
        ana.get("/lists/a").refused(403, "AccessDenied");
        eva.get("/lists/a?acl").refused(403, "AccessDenied");
    }
    // Users of the owner's account: a grant to everybody is one to them, one to the account is not.
    let own = user(city, "own");
    canned(city, "/lists/a?acl", "private");
    own.get("/lists/a").refused(403, "AccessDenied");
    canned(city, "/lists/a?acl", "authenticated-read");
    own.get("/lists/a").expect(200);
}

#[test]
fn row_35_explicit_denial_is_final_whatever_a_list_grants() {
    let scene = Scene::start();
    let city = &scene.city;
    canned(city, "/lists/a?acl", "public-read");
    canned(city, "/lists?acl", "public-read-write");
    scene.other.put("/lists/theirs", "theirs").expect(200);
    let deny = policy(&json!([
        {"Effect": "Deny", "Principal": "*", "Action": ["s3:GetObject", "s3:ListBucket"],
         "Resource": ["arn:aws:s3:::lists", "arn:aws:s3:::lists/*"]},
    ]));
    city.put("/lists?policy", deny).expect(204);
    for by in [Some(&scene.other), None] {
        for target in ["/lists", "/lists/a", "/lists/theirs"] {
            let answer = send(&scene, by, "GET", target);
            answer.refused(403, "AccessDenied");
        }
    }
    scene.other.get("/lists/theirs?acl").expect(200);
    let eva = user(&scene.other, "eva");
    let statements = json!([
        allow(&json!("s3:*")),
        {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"},
    ]);
    grant(&scene.other, "eva", &statements);
    eva.put("/lists/b", "b").refused(403, "AccessDenied");
    eva.get("/lists?uploads").expect(200);
}

/// A policy speaks of the bucket owner's objects; of others' it can only deny.
#[test]
fn policy_opens_the_bucket_owners_objects_alone() {
    let scene = Scene::start();
    let city = &scene.city;
    let open = policy(&json!([
        {"Effect": "Allow", "Principal": "*", "Action": "s3:*",
         "Resource": ["arn:aws:s3:::lists", "arn:aws:s3:::lists/*"]},
    ]));
    city.put("/lists?policy", open).expect(204);
    scene.other.put("/lists/theirs", "theirs").expect(200);
    let third = scene.server.account("third");
    third.get("/lists/a").expect(200);
    for target in [
        "/lists/theirs",
        "/lists/theirs?acl",
        "/lists/theirs?tagging",
    ] {
        for by in [Some(&third), Some(city), None] {
            let answer = send(&scene, by, "GET", target);
            answer.refused(403, "AccessDenied");
        }
        scene.other.get(target).expect(200);
    }
    let copy = third.request("PUT", "/lists/copy");
    let copy = copy.header("x-amz-copy-source", "/lists/theirs").send();
    copy.refused(403, "AccessDenied");
    // Whoever may delete in the bucket deletes it.
    third.delete("/lists/theirs").expect(204);
    third.get("/lists/theirs").refused(404, "NoSuchKey");
}

/// Who may not list is not told what there is not; who may is.
#[test]
fn missing_objects_are_told_to_who_may_list() {
    let scene = Scene::start();
    let city = &scene.city;
    canned(city, "/lists/a?acl", "public-read");
    scene
        .nobody("GET", "/lists/none")
        .send()
        .refused(403, "AccessDenied");
    scene.other.get("/lists/none").refused(403, "AccessDenied");
    canned(city, "/lists?acl", "public-read");
    scene
        .nobody("GET", "/lists/none")
        .send()
        .refused(404, "NoSuchKey");
    scene.other.get("/lists/none").refused(404, "NoSuchKey");
    scene.other.get("/lists/none?acl").refused(404, "NoSuchKey");
    scene
        .other
        .get("/lists/none?tagging")
        .refused(403, "AccessDenied");
    scene.nobody("HEAD", "/lists/none").send().expect(404);
    city.put("/lists/b", "private").expect(200);
    scene
        .nobody("GET", "/lists/b")
        .send()
        .refused(403, "AccessDenied");
}

/// A list in a request needs the permission to set it, as the write itself does.
#[test]
fn list_in_a_header_needs_the_permission_to_set_it() {
    let scene = Scene::start();
    let city = &scene.city;
    let ana = user(city, "ana");
    let write = ["s3:PutObject", "s3:GetObject", "s3:CreateBucket"];
    grant(city, "ana", &json!([allow(&json!(write))]));
    let requests = |acl: (&str, &str)| {
        let copy = ana.request("PUT", "/lists/b");
        let all = [
            ana.request("PUT", "/lists/b").body("b"),
            copy.header("x-amz-copy-source", "/lists/a"),
            ana.request("POST", "/lists/b?uploads"),
            ana.request("PUT", "/new")
                .header("x-amz-object-ownership", "ObjectWriter"),
        ];
        all.map(|request| request.header(acl.0, acl.1))
    };
    let own = format!("id={}", id(city));
    for acl in [("x-amz-acl", "private"), ("x-amz-grant-read", &own)] {
        for request in requests(acl) {
            request.send().refused(403, "AccessDenied");
        }
    }
    city.get("/lists/b").refused(404, "NoSuchKey");
    let more = [&write[..], &["s3:PutObjectAcl", "s3:PutBucketAcl"]].concat();
    let more = [&more[..], &["s3:PutBucketOwnershipControls"]].concat();
    grant(city, "ana", &json!([allow(&json!(more))]));
    for request in requests(("x-amz-acl", "private")) {
        request.send().expect(200);
    }
}

/// What a bucket has anyway needs no permission to set it.
#[test]
fn list_of_a_new_bucket_needs_the_permission_unless_it_is_private() {
    let scene = Scene::start();
    let city = &scene.city;
    let ana = user(city, "ana");
    grant(city, "ana", &json!([allow(&json!("s3:CreateBucket"))]));
    let create = |name: &str, header: (&str, &str)| {
        let create = ana.request("PUT", name);
        create.header(header.0, header.1).send()
    };
    create("/without", ("x-amz-meta-a", "no list")).expect(200);
    create("/private", ("x-amz-acl", "private")).expect(200);
    let own = format!("id={}", id(city));
    let lists = [
        ("x-amz-acl", "public-read"),
        ("x-amz-acl", "bucket-owner-full-control"),
        ("x-amz-grant-full-control", &*own),
    ];
    for list in lists {
        create("/listed", list).refused(403, "AccessDenied");
    }
    city.get("/listed").refused(404, "NoSuchBucket");
    let more = ["s3:CreateBucket", "s3:PutBucketAcl"];
    grant(city, "ana", &json!([allow(&json!(more))]));
    create("/listed", lists[0]).refused(400, "InvalidBucketAclWithObjectOwnership");
    create("/listed", lists[2]).expect(200);
}

/// What a request's headers say of a list is what conditions are about.
#[test]
fn point_75_conditions_see_the_list_that_is_asked_for() {
    let scene = Scene::start();
    let city = &scene.city;
    let other = format!("id={}", id(&scene.other));
    let deny = |key: &str, value: &str| {
        let when = json!({"StringLike": {key: value}});
        policy(
            &json!([{"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject*",
            "Resource": "arn:aws:s3:::lists/*", "Condition": when}]),
        )
    };
    for (key, value, header) in [
        ("s3:x-amz-acl", "public-*", ("x-amz-acl", "public-read")),
        ("s3:x-amz-grant-read", "id=*", ("x-amz-grant-read", &*other)),
        (
            "s3:x-amz-grant-full-control",
            "id=*",
            ("x-amz-grant-full-control", &*other),
        ),
    ] {
        city.put("/lists?policy", deny(key, value)).expect(204);
        for target in ["/lists/b", "/lists/a?acl"] {
            let denied = city.request("PUT", target).header(header.0, header.1);
            denied.send().refused(403, "AccessDenied");
            canned(city, target, "private");
        }
    }
}
