//! Object Lock as clients see it (points 86 to 91 of the list of S3 behaviour, and what it means
//! for 54): nothing destroys what is retained. A test's name begins with the point's number.
//!
//! Owns: the scene, documents, and what is said of a version's lock. Not here: documents that are
//! refused (`lock_documents`), the clock (`tests/clients/clock.py`).

mod changes;
mod creation;
mod defaults;
mod destruction;
pub(crate) mod everything;
mod existing;
mod expiry;
mod headers;
mod holds;
mod many_deletes;
mod races;
mod sdk;

use crate::raw::{self, Account, Answer, Request};
use crate::server::TestServer;
use crate::versioning::{at, version_of};
use time::format_description::well_known::Rfc3339;

/// Whoever may bypass GOVERNANCE asks for it.
pub(crate) const BYPASS: &str = "x-amz-bypass-governance-retention";
pub(crate) const MODE: &str = "x-amz-object-lock-mode";
pub(crate) const UNTIL: &str = "x-amz-object-lock-retain-until-date";
pub(crate) const HOLD: &str = "x-amz-object-lock-legal-hold";
/// A date that no test lives to see, as the server tells it.
pub(crate) const FAR: &str = "2140-01-01T00:00:00.000Z";
/// A later one.
const FARTHER: &str = "2141-01-01T00:00:00.000Z";

/// A server, and an account that has the empty bucket `worm` with Object Lock.
pub(crate) fn with_lock() -> (TestServer, Account) {
    let server = TestServer::start();
    let city = server.account("city");
    create(&city, "/worm");
    (server, city)
}

/// Creates a bucket with Object Lock.
pub(crate) fn create(account: &Account, bucket: &str) {
    let create = account.request("PUT", bucket);
    let create = create.header("x-amz-bucket-object-lock-enabled", "true");
    create.send().expect(200);
}

/// A time so many seconds from now.
fn in_seconds(seconds: i64) -> String {
    let at = raw::now() + time::Duration::seconds(seconds);
    at.format(&Rfc3339).expect("a date")
}

/// The document of PutObjectRetention.
pub(crate) fn retention(mode: &str, until: &str) -> String {
    format!("<Retention><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>")
}

/// The document of PutObjectLegalHold.
pub(crate) fn hold(status: &str) -> String {
    format!("<LegalHold><Status>{status}</Status></LegalHold>")
}

/// The document of PutObjectLockConfiguration, with what stands in the default retention.
pub(crate) fn configuration(default: Option<&str>) -> String {
    let rule =
        default.map(|inner| format!("<Rule><DefaultRetention>{inner}</DefaultRetention></Rule>"));
    let rule = rule.unwrap_or_default();
    format!(
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>{rule}\
         </ObjectLockConfiguration>"
    )
}

/// Sets the default retention of `worm`.
#[track_caller]
fn set_default(account: &Account, default: Option<&str>) {
    let put = account.put("/worm?object-lock", configuration(default));
    put.expect(200);
}

/// A PUT of an object under retention.
pub(crate) fn locked(account: &Account, target: &str, mode: &str, until: &str) -> Request {
    let put = account.request("PUT", target).header(MODE, mode);
    put.header(UNTIL, until)
}

/// Stores a version under retention; its id.
#[track_caller]
fn put_locked(account: &Account, target: &str, mode: &str, until: &str) -> String {
    let put = locked(account, target, mode, until).body("locked").send();
    version_of(&put.expect(200))
}

/// Changes the retention of a target; `bypass` asks for GOVERNANCE to be bypassed.
fn retain(account: &Account, target: &str, document: &str, bypass: bool) -> Answer {
    let joint = if target.contains('?') { '&' } else { '?' };
    let mut put = account.request("PUT", &format!("{target}{joint}retention"));
    if bypass {
        put = put.header(BYPASS, "true");
    }
    put.body(document).send()
}

/// DELETE that asks for GOVERNANCE to be bypassed.
fn delete_bypassing(account: &Account, target: &str) -> Answer {
    let delete = account.request("DELETE", target);
    delete.header(BYPASS, "true").send()
}

/// Mode and date of a version, as HEAD and GetObjectRetention agree to tell them.
#[track_caller]
pub(crate) fn lock_of(account: &Account, target: &str) -> Option<(String, String)> {
    let head = account.head(target).expect(200);
    let header = |name: &str| head.header(name).map(str::to_owned);
    let told = header(MODE).zip(header(UNTIL));
    assert_eq!(header(MODE).is_some(), header(UNTIL).is_some());
    let joint = if target.contains('?') { '&' } else { '?' };
    let answer = account.get(&format!("{target}{joint}retention"));
    match &told {
        None => {
            answer.refused(404, "NoSuchObjectLockConfiguration");
        }
        Some((mode, until)) => {
            let answer = answer.expect(200);
            assert_eq!(answer.text("Mode").as_ref(), Some(mode));
            assert_eq!(answer.text("RetainUntilDate").as_ref(), Some(until));
        }
    }
    told
}

/// The version is there, with these bytes.
#[track_caller]
fn survives(account: &Account, target: &str, version: &str) {
    let answer = account.get(&at(target, version)).expect(200);
    assert_eq!(answer.body, b"locked");
}

/// What [`lock_of`] says of a version with this retention.
#[expect(
    clippy::unnecessary_wraps,
    reason = "compared with an option everywhere"
)]
fn both(mode: &str, until: &str) -> Option<(String, String)> {
    Some((mode.to_owned(), until.to_owned()))
}
