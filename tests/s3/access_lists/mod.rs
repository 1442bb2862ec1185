//! Access control lists and object ownership (s3-behaviour.md 62 to 71, 77, 78). A test's name
//! begins with its point.
//!
//! Owns: the scene where lists count, lists as they are told, documents.
//! Not here: where the bucket's owner owns everything (`enforced`), policies (`policies`).

mod blocks;
mod classic;
mod commits;
mod documents;
mod effects;
mod enforced;
mod explained;
mod foreign_uploads;
mod isolation;
mod lasting;
mod owners;
mod ownership;
mod statuses;
mod told;
mod uploads;
mod worm;

use crate::raw::{Account, Answer, Request};
use crate::server::TestServer;
use std::fmt::Write as _;

/// New buckets are not kept from becoming public.
const OPEN: &[(&str, &str)] = &[("RIZNICA_S3__BLOCK_PUBLIC_ACCESS", "false")];
/// As everything was before 2023: new buckets are also their writers'.
const CLASSIC: &[(&str, &str)] = &[
    ("RIZNICA_S3__BLOCK_PUBLIC_ACCESS", "false"),
    ("RIZNICA_S3__OBJECT_OWNERSHIP", "ObjectWriter"),
];
const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const SIGNED_USERS: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";

/// A server with the accounts `city` and `other`; `city` has the bucket `lists`, in which lists
/// count, with an object `a`.
struct Scene {
    server: TestServer,
    city: Account,
    other: Account,
}

impl Scene {
    /// Whoever writes owns what it writes.
    fn start() -> Self {
        Self::start_with("ObjectWriter")
    }

    fn start_with(ownership: &str) -> Self {
        Self::of(OPEN, &[("x-amz-object-ownership", ownership)])
    }

    /// The bucket asks for nothing, and lists count.
    fn classic() -> Self {
        Self::of(CLASSIC, &[])
    }

    fn of(settings: &[(&str, &str)], headers: &[(&str, &str)]) -> Self {
        let server = TestServer::start_with(settings);
        let (city, other) = (server.account("city"), server.account("other"));
        let mut create = city.request("PUT", "/lists");
        for (name, value) in headers {
            create = create.header(name, value);
        }
        create.send().expect(200);
        city.put("/lists/a", "the record").expect(200);
        Self {
            server,
            city,
            other,
        }
    }

    /// A request of nobody.
    fn nobody(&self, method: &str, target: &str) -> Request {
        self.city.request(method, target).anonymous()
    }
}

/// The canonical id of an account.
fn id(account: &Account) -> String {
    let listed = account.get("/").expect(200);
    listed.text("ID").expect("an id")
}

/// Sets a list by its name.
#[track_caller]
fn canned(account: &Account, target: &str, name: &str) {
    let put = account.request("PUT", target).header("x-amz-acl", name);
    put.send().expect(200);
}

/// The grants of an answer: the end of a group's name or an account's display name, and the
/// permission.
fn grants(answer: &Answer) -> Vec<(String, String)> {
    let body = answer.body_text();
    let grants = body.split("<Grant>").skip(1);
    let between = |text: &str, name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        Some(rest.split_once('<')?.0.to_owned())
    };
    grants
        .map(|grant| {
            let group = between(grant, "URI");
            let group = group.and_then(|uri| Some(uri.rsplit_once('/')?.1.to_owned()));
            let grantee = group.or_else(|| between(grant, "DisplayName"));
            let permission = between(grant, "Permission");
            (
                grantee.expect("a grantee"),
                permission.expect("a permission"),
            )
        })
        .collect()
}

/// That these are the grants that an account is told of something.
#[track_caller]
fn tells(account: &Account, target: &str, expected: &[(&str, &str)]) {
    let told = grants(&account.get(target).expect(200));
    let told: Vec<_> = told.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(told, expected, "{target}");
}

/// The element of a grantee: an id, a group or an e-mail address.
fn grantee(name: &str) -> String {
    if name.starts_with("http") {
        format!("<URI>{name}</URI>")
    } else if name.contains('@') {
        format!("<EmailAddress>{name}</EmailAddress>")
    } else {
        format!("<ID>{name}</ID>")
    }
}

/// A document of a list.
fn document(owner: &str, grants: &[(&str, &str)]) -> String {
    let mut text =
        format!("<AccessControlPolicy><Owner><ID>{owner}</ID></Owner><AccessControlList>");
    for (name, permission) in grants {
        let named = grantee(name);
        write!(
            text,
            "<Grant><Grantee>{named}</Grantee><Permission>{permission}</Permission></Grant>"
        )
        .expect("text");
    }
    text + "</AccessControlList></AccessControlPolicy>"
}

/// A document of object ownership.
fn controls(setting: &str) -> String {
    format!(
        "<OwnershipControls><Rule><ObjectOwnership>{setting}</ObjectOwnership></Rule>\
         </OwnershipControls>"
    )
}
