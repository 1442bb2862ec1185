//! Point 75 and row 58: conditions on locks, and bypassing them.

use super::{Scene, allow, denied, grant, of, statement, user};
use crate::object_lock::{BYPASS, HOLD, MODE, UNTIL, create, retention};
use crate::raw::{Account, Answer};
use crate::versioning::{at, version_of};
use serde_json::{Value, json};

const LOCKED: &str = "arn:aws:s3:::worm/*";
const SOON: &str = "2031-01-01T00:00:00Z";
const LATE: &str = "2139-01-01T00:00:00Z";

fn put(by: &Account, headers: &[(&str, &str)]) -> Answer {
    let mut request = by.request("PUT", "/worm/new").body("new");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.send()
}

/// Lets the other tenant write into `worm` under a condition.
fn open(scene: &Scene, condition: &Value) {
    let actions = json!([
        "s3:PutObject",
        "s3:PutObjectRetention",
        "s3:PutObjectLegalHold"
    ]);
    let mut allow = statement("Allow", &of(&scene.other), &actions, &json!(LOCKED));
    allow["Condition"] = condition.clone();
    let text = super::policy(&json!([allow]));
    scene.city.put("/worm?policy", text).expect(204);
}

#[test]
fn point_75_locks_that_the_request_asks_for() {
    let scene = Scene::start();
    let other = &scene.other;
    create(&scene.city, "/worm");
    let mut stored = scene.city.put("/worm/a", "x").expect(200);
    let a = |stored: &Answer| format!("{}&retention", at("/worm/a", &version_of(stored)));
    open(
        &scene,
        &json!({"StringEquals": {"s3:object-lock-mode": "GOVERNANCE"}}),
    );
    denied(put(other, &[]));
    denied(put(other, &[(MODE, "COMPLIANCE"), (UNTIL, SOON)]));
    put(other, &[(MODE, "GOVERNANCE"), (UNTIL, SOON)]).expect(200);
    denied(other.put(&a(&stored), retention("COMPLIANCE", SOON)));
    other
        .put(&a(&stored), retention("GOVERNANCE", SOON))
        .expect(200);
    stored = scene.city.put("/worm/a", "y").expect(200);
    let early =
        json!({"DateLessThan": {"s3:object-lock-retain-until-date": "2032-01-01T00:00:00Z"}});
    open(&scene, &early);
    denied(put(other, &[(MODE, "GOVERNANCE"), (UNTIL, LATE)]));
    put(other, &[(MODE, "GOVERNANCE"), (UNTIL, SOON)]).expect(200);
    denied(other.put(&a(&stored), retention("GOVERNANCE", LATE)));
    other
        .put(&a(&stored), retention("GOVERNANCE", SOON))
        .expect(200);
    stored = scene.city.put("/worm/a", "z").expect(200);
    let days = json!({"NumericLessThan": {"s3:object-lock-remaining-retention-days": "7300"}});
    open(&scene, &days);
    denied(put(other, &[(MODE, "GOVERNANCE"), (UNTIL, LATE)]));
    denied(other.put(&a(&stored), retention("GOVERNANCE", LATE)));
    other
        .put(&a(&stored), retention("GOVERNANCE", SOON))
        .expect(200);
    open(
        &scene,
        &json!({"StringEquals": {"s3:object-lock-legal-hold": "ON"}}),
    );
    let hold = |status: &str| {
        let target = format!("{}&legal-hold", at("/worm/a", &version_of(&stored)));
        other.put(
            &target,
            format!("<LegalHold><Status>{status}</Status></LegalHold>"),
        )
    };
    denied(put(other, &[(HOLD, "OFF")]));
    denied(put(other, &[]));
    put(other, &[(HOLD, "ON")]).expect(200);
    denied(hold("OFF"));
    hold("ON").expect(200);
}

/// A write with a lock needs the permission for the lock, too.
#[test]
fn locks_by_header_need_the_permission_for_locks() {
    let scene = Scene::start();
    create(&scene.city, "/worm");
    let clerk = user(&scene.city, "clerk");
    grant(
        &scene.city,
        "clerk",
        &json!([allow(&json!("s3:PutObject"))]),
    );
    put(&clerk, &[]).expect(200);
    denied(put(&clerk, &[(MODE, "GOVERNANCE"), (UNTIL, SOON)]));
    denied(put(&clerk, &[(HOLD, "ON")]));
    denied(put(&clerk, &[("x-amz-tagging", "a=b")]));
    let upload = clerk
        .request("POST", "/worm/new?uploads")
        .header(HOLD, "ON");
    denied(upload.send());
    let all = json!([
        "s3:PutObject",
        "s3:PutObjectRetention",
        "s3:PutObjectLegalHold",
        "s3:PutObjectTagging"
    ]);
    grant(&scene.city, "clerk", &json!([allow(&all)]));
    put(
        &clerk,
        &[
            (MODE, "GOVERNANCE"),
            (UNTIL, SOON),
            (HOLD, "ON"),
            ("x-amz-tagging", "a=b"),
        ],
    )
    .expect(200);
}

/// A bucket with Object Lock needs the permissions for what it begins with.
#[test]
fn bucket_with_lock_needs_the_permissions_for_it() {
    let scene = Scene::start();
    let clerk = user(&scene.city, "clerk");
    let make = |name: &str| {
        let make = clerk.request("PUT", name);
        make.header("x-amz-bucket-object-lock-enabled", "true")
            .send()
    };
    grant(
        &scene.city,
        "clerk",
        &json!([allow(&json!("s3:CreateBucket"))]),
    );
    clerk.put("/plain", "").expect(200);
    denied(make("/locked"));
    let lock = "s3:PutBucketObjectLockConfiguration";
    grant(
        &scene.city,
        "clerk",
        &json!([allow(&json!(["s3:CreateBucket", lock]))]),
    );
    denied(make("/locked"));
    assert_eq!(
        scene.city.get("/").expect(200).texts("Name"),
        ["paper", "plain"]
    );
    let all = json!(["s3:CreateBucket", lock, "s3:PutBucketVersioning"]);
    grant(&scene.city, "clerk", &json!([allow(&all)]));
    make("/locked").expect(200);
}

/// Row 58: the header bypasses nothing for who may not bypass.
#[test]
fn row_58_cve_2023_25812_denied_bypass_bypasses_nothing() {
    let scene = Scene::start();
    let city = &scene.city;
    create(city, "/worm");
    let headers = [(MODE, "GOVERNANCE"), (UNTIL, SOON)];
    let version = version_of(&put(city, &headers).expect(200));
    let target = at("/worm/new", &version);
    let many =
        format!("<Delete><Object><Key>new</Key><VersionId>{version}</VersionId></Object></Delete>");
    let remains = |by: &Account| {
        by.request("DELETE", &target)
            .header(BYPASS, "true")
            .send()
            .refused(403, "AccessDenied");
        let all = by.request("POST", "/worm?delete").header(BYPASS, "true");
        let all = all.body(many.as_str()).send().expect(200);
        assert_eq!(all.texts("Code"), ["AccessDenied"]);
        let shorter = by
            .request("PUT", &format!("{target}&retention"))
            .header(BYPASS, "true");
        let shorter = shorter.body(retention("GOVERNANCE", "2030-01-01T00:00:00Z"));
        shorter.send().refused(403, "AccessDenied");
        assert_eq!(
            city.get(&target).expect(200).header(MODE),
            Some("GOVERNANCE")
        );
    };
    // A user that may do everything else.
    let clerk = user(city, "clerk");
    let bypass = json!("s3:BypassGovernanceRetention");
    let deny = json!({"Effect": "Deny", "Action": bypass, "Resource": "*"});
    grant(city, "clerk", &json!([allow(&json!("*")), deny]));
    remains(&clerk);
    grant(city, "clerk", &json!([allow(&json!("s3:*Object*"))]));
    remains(&clerk);
    // The root itself, by the bucket's policy.
    let deny = statement("Deny", &json!("*"), &bypass, &json!(LOCKED));
    city.put("/worm?policy", super::policy(&json!([deny])))
        .expect(204);
    remains(city);
    city.delete("/worm?policy").expect(204);
    let mine = json!([allow(&json!(["s3:DeleteObjectVersion", bypass]))]);
    grant(city, "clerk", &mine);
    clerk
        .request("DELETE", &target)
        .header(BYPASS, "true")
        .send()
        .expect(204);
}
