//! Policies as clients see them (points 72 to 78, 111 and 112 of the list of S3 behaviour; attacks
//! 31 to 39, 53 and 58): bucket policies, users and groups, public access blocks. A test's name
//! begins with its point or row.
//!
//! Owns: the scene, documents, users and their keys.
//! Not here: the signer of forms (`query`), every operation by callers who may not (`matrix`).

mod anonymous;
mod circumstances;
mod concealed;
mod conditions;
mod conditions_lock;
mod copies;
mod documents;
mod durability;
mod explain;
mod forms;
mod groups;
mod keys;
mod matrix;
mod minting;
mod post_forms;
mod public_access;
mod quantifiers;
mod query;
mod root;
mod sessions;
mod users;

use crate::raw::{Account, Answer};
use crate::server::TestServer;
use query::iam;
use serde_json::{Value, json};

/// New buckets are not kept from becoming public.
const OPEN: &[(&str, &str)] = &[("RIZNICA_S3__BLOCK_PUBLIC_ACCESS", "false")];
/// All that is in the bucket `paper`.
const OBJECTS: &str = "arn:aws:s3:::paper/*";
/// The bucket itself.
const BUCKET: &str = "arn:aws:s3:::paper";

/// A server with the tenants `city` and `other`; `city` has the bucket `paper` with an object `a`.
struct Scene {
    server: TestServer,
    city: Account,
    other: Account,
}

/// What `riznica policy explain` says: the decision and its reason.
pub(crate) fn explain(
    server: &TestServer,
    by: Option<&Account>,
    words: &[&str],
) -> (String, String) {
    let whose = by.map_or_else(
        || vec!["--anonymous"],
        |by| vec!["--key", &by.access_key_id],
    );
    let words = [["policy", "explain"].as_slice(), &whose, words].concat();
    let told = server.admin(&words).expect("an explanation");
    let told: Value = serde_json::from_str(&told).expect("JSON");
    let text = |name: &str| told[name].as_str().expect("text").to_owned();
    (text("decision"), text("reason"))
}

impl Scene {
    fn start() -> Self {
        Self::start_with(OPEN)
    }

    fn start_with(settings: &[(&str, &str)]) -> Self {
        let server = TestServer::start_with(settings);
        let (city, other) = (server.account("city"), server.account("other"));
        city.put("/paper", "").expect(200);
        city.put("/paper/a", "the record").expect(200);
        Self {
            server,
            city,
            other,
        }
    }

    /// Sets the policy of `paper`.
    #[track_caller]
    fn policy(&self, statements: &Value) {
        let put = self.city.put("/paper?policy", policy(statements));
        assert_eq!(put.expect(204).body, b"");
    }

    /// A request of nobody.
    fn anonymous(&self, method: &str, target: &str, body: &str) -> Answer {
        let request = self.city.request(method, target).anonymous();
        request.body(body).send()
    }

    /// Nothing but the object is in the bucket, as it was.
    #[track_caller]
    fn is_unharmed(&self) {
        assert_eq!(self.city.get("/paper/a").expect(200).body, b"the record");
        assert_eq!(self.city.get("/paper").expect(200).texts("Key"), ["a"]);
    }
}

/// A policy of these statements.
pub(crate) fn policy(statements: &Value) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

/// A statement of a bucket's policy.
fn statement(effect: &str, principal: &Value, action: &Value, resource: &Value) -> Value {
    json!({"Effect": effect, "Principal": principal, "Action": action, "Resource": resource})
}

/// A statement that allows these actions on everything to whom it is attached to.
pub(crate) fn allow(action: &Value) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": "*"})
}

/// The number of an account.
fn number(account: &Account) -> String {
    let identity = query::sts(account, &[("Action", "GetCallerIdentity")]).expect(200);
    identity.text("Account").expect("a number")
}

/// The principal that is an account.
fn of(account: &Account) -> Value {
    json!({"AWS": number(account)})
}

/// A new user of an account, with a key.
pub(crate) fn user(account: &Account, name: &str) -> Account {
    iam(account, &[("Action", "CreateUser"), ("UserName", name)]).expect(200);
    key(account, name)
}

/// A new key of a user.
fn key(account: &Account, name: &str) -> Account {
    let create = [("Action", "CreateAccessKey"), ("UserName", name)];
    let issued = iam(account, &create).expect(200);
    Account {
        port: account.port,
        access_key_id: issued.text("AccessKeyId").expect("an id"),
        secret: issued.text("SecretAccessKey").expect("a secret"),
        token: None,
    }
}

/// Gives a user the policy `own` of these statements.
#[track_caller]
pub(crate) fn grant(account: &Account, name: &str, statements: &Value) {
    let text = policy(statements);
    let put = [
        ("Action", "PutUserPolicy"),
        ("UserName", name),
        ("PolicyName", "own"),
        ("PolicyDocument", &text),
    ];
    iam(account, &put).expect(200);
}

/// The answer is a refusal that tells nothing; those to HEAD have no body.
#[track_caller]
fn denied(answer: Answer) {
    if answer.body.is_empty() {
        answer.expect(403);
    } else {
        answer.refused(403, "AccessDenied");
    }
}
