//! Sessions end at once when what they stem from is deleted, switched off or suspended, and outlive
//! a restart otherwise.

use super::super::query::{iam, sts};
use super::super::{Scene, allow, grant, key, user};
use super::{allow_role, assume, role, take, token, user_arn, writer};
use crate::raw::{Account, Answer};
use serde_json::json;

fn ask(by: &Account, action: &str, more: &[(&str, &str)]) -> Answer {
    iam(by, &[&[("Action", action)], more].concat())
}

/// Neither S3 nor a query API takes the credentials.
#[track_caller]
fn is_over(by: &Account) {
    by.get("/paper/a").refused(400, "InvalidToken");
    let url = by.request("GET", "/paper/a").presigned();
    url.send().refused(400, "InvalidToken");
    let asked = sts(by, &[("Action", "GetCallerIdentity")]);
    asked.refused(403, "InvalidClientTokenId");
}

#[test]
fn sessions_outlive_a_restart() {
    let mut scene = Scene::start();
    let (ana, arn) = writer(&scene, &json!([allow(&json!("s3:*"))]));
    let narrowing = json!([allow(&json!("s3:GetObject"))]);
    let narrowed = take(&ana, &arn, Some(&narrowing));
    let root = token(&scene.city);
    scene.server.restart();
    narrowed.get("/paper/a").expect(200);
    narrowed.delete("/paper/a").refused(403, "AccessDenied");
    root.get("/paper/a").expect(200);
    scene.is_unharmed();
}

#[test]
fn sessions_end_with_the_key_of_their_user() {
    let scene = Scene::start();
    let city = &scene.city;
    let (ana, arn) = writer(&scene, &json!([allow(&json!("s3:*"))]));
    grant(city, "ana", &json!([allow(&json!("s3:*"))]));
    let second = key(city, "ana");
    let by_first = [take(&ana, &arn, None), token(&ana)];
    let by_second = [take(&second, &arn, None), token(&second)];
    let set = |of: &Account, status: &str| {
        let id = of.access_key_id.as_str();
        let more = [("UserName", "ana"), ("AccessKeyId", id), ("Status", status)];
        ask(city, "UpdateAccessKey", &more).expect(200);
    };
    for _ in 0..3 {
        set(&ana, "Inactive");
        by_first.iter().for_each(is_over);
        set(&ana, "Active");
        for by in by_first.iter().chain(&by_second) {
            by.get("/paper/a").expect(200);
        }
    }
    let id = ana.access_key_id.as_str();
    let first = [("UserName", "ana"), ("AccessKeyId", id)];
    ask(city, "DeleteAccessKey", &first).expect(200);
    by_first.iter().for_each(is_over);
    for by in &by_second {
        by.get("/paper/a").expect(200);
    }
    // An operator's hand counts as much.
    let admin = |words: &[&str]| scene.server.admin(words).expect("it is done");
    admin(&["key", "disable", &second.access_key_id]);
    by_second.iter().for_each(is_over);
}

#[test]
fn sessions_end_with_the_root_key_that_made_them() {
    let scene = Scene::start();
    let second = scene.server.access_key("city");
    let session = token(&second);
    session.get("/paper/a").expect(200);
    let delete = ["key", "delete", second.access_key_id.as_str(), "--yes"];
    scene.server.admin(&delete).expect("it is deleted");
    is_over(&session);
    scene.is_unharmed();
}

/// A role or user that is made anew under its old name is another one.
#[test]
fn sessions_end_with_their_role_and_user() {
    let scene = Scene::start();
    let city = &scene.city;
    let everything = json!([allow(&json!("s3:*"))]);
    let (ana, arn) = writer(&scene, &everything);
    let taken = take(&ana, &arn, None);
    let own = ("RoleName", "writer");
    ask(city, "DeleteRolePolicy", &[own, ("PolicyName", "own")]).expect(200);
    taken.get("/paper/a").refused(403, "AccessDenied");
    allow_role(city, "writer", &everything);
    taken.get("/paper/a").expect(200);
    ask(city, "DeleteRolePolicy", &[own, ("PolicyName", "own")]).expect(200);
    ask(city, "DeleteRole", &[own]).expect(200);
    is_over(&taken);
    let trusted = json!({"AWS": user_arn(city, "ana")});
    role(city, "writer", &trusted, &everything);
    is_over(&taken);
    take(&ana, &arn, None).get("/paper/a").expect(200);
    // Who is out of the trust keeps what was taken until its time: it is taken away by the role.
    let taken = take(&ana, &arn, None);
    let nobody = super::super::policy(&json!([super::trust(&json!({"Service": "x.example"}))]));
    let set = [own, ("PolicyDocument", nobody.as_str())];
    ask(city, "UpdateAssumeRolePolicy", &set).expect(200);
    assume(&ana, &arn, &[]).refused(403, "AccessDenied");
    taken.get("/paper/a").expect(200);
    let session = token(&ana);
    let id = ana.access_key_id.as_str();
    let first = [("UserName", "ana"), ("AccessKeyId", id)];
    ask(city, "DeleteAccessKey", &first).expect(200);
    ask(city, "DeleteUser", &[("UserName", "ana")]).expect(200);
    user(city, "ana");
    grant(city, "ana", &everything);
    is_over(&session);
    is_over(&taken);
}

#[test]
fn sessions_stop_with_their_tenant() {
    let scene = Scene::start();
    let city = &scene.city;
    let (ana, arn) = writer(&scene, &json!([allow(&json!("s3:*"))]));
    let (taken, root) = (take(&ana, &arn, None), token(city));
    let status = |status: &str| {
        let words = ["tenant", "update", "city", "--status", status];
        scene.server.admin(&words).expect("it is set");
    };
    status("suspended");
    for by in [&taken, &root] {
        by.get("/paper/a").refused(403, "AllAccessDisabled");
    }
    for by in [&ana, city] {
        let asked = sts(by, &[("Action", "GetSessionToken")]);
        asked.refused(403, "AccessDenied");
    }
    assume(&ana, &arn, &[]).refused(403, "AccessDenied");
    status("read-only");
    for by in [&taken, &root, &take(&ana, &arn, None), &token(&ana)] {
        by.put("/paper/b", "no").refused(403, "AccessDenied");
    }
    taken.get("/paper/a").expect(200);
    root.get("/paper/a").expect(200);
    status("active");
    taken.put("/paper/b", "yes").expect(200);
    root.delete("/paper/b").expect(204);
    scene.is_unharmed();
}

/// A session is no key of its own in the store: it takes no room, and its use is its key's.
#[test]
fn sessions_leave_no_rows() {
    let scene = Scene::start();
    let city = &scene.city;
    let ana = user(city, "ana");
    grant(city, "ana", &json!([allow(&json!("s3:*"))]));
    let last = |id: &str| ask(city, "GetAccessKeyLastUsed", &[("AccessKeyId", id)]);
    let session = token(&ana);
    let before = last(&ana.access_key_id).expect(200);
    session.get("/paper/a").expect(200);
    last(&session.access_key_id).refused(404, "NoSuchEntity");
    let after = last(&ana.access_key_id).expect(200);
    assert_eq!(after.text("ServiceName").as_deref(), Some("s3"));
    assert!(after.text("LastUsedDate") >= before.text("LastUsedDate"));
    for _ in 0..50 {
        token(&ana).get("/paper/a").expect(200);
    }
    let listed = ask(city, "ListAccessKeys", &[("UserName", "ana")]).expect(200);
    assert_eq!(listed.texts("AccessKeyId"), [ana.access_key_id.as_str()]);
    let keys = scene.server.admin(&["key", "list"]).expect("a list");
    assert!(!keys.contains("\"RT"), "{keys}");
}
