//! Roles and temporary credentials (issue 5, 2 and 3; points 111 and 112).
//!
//! Owns: making roles, taking them. Not here: the operations that temporary credentials may not do
//! (`matrix`).

mod assume;
mod attacks;
mod calls;
mod ends;
mod facts;
mod narrowed;
mod roles;
mod tokens;

use super::query::{iam, sts};
use super::{Scene, number, policy, user};
use crate::raw::{Account, Answer};
use serde_json::{Value, json};

/// The account's users and roles as far as their own policies let them, and everybody named.
pub(super) fn trust(principal: &Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})
}

/// The ARN of a user of an account.
pub(super) fn user_arn(account: &Account, name: &str) -> String {
    format!("arn:aws:iam::{}:user/{name}", number(account))
}

/// The form that creates a role.
pub(super) fn create(account: &Account, name: &str, trust: &str, more: &[(&str, &str)]) -> Answer {
    let create = [
        ("Action", "CreateRole"),
        ("RoleName", name),
        ("AssumeRolePolicyDocument", trust),
    ];
    iam(account, &[create.as_slice(), more].concat())
}

/// Gives a role the policy `own` of these statements.
#[track_caller]
pub(super) fn allow_role(account: &Account, name: &str, statements: &Value) {
    let text = policy(statements);
    let put = [
        ("Action", "PutRolePolicy"),
        ("RoleName", name),
        ("PolicyName", "own"),
        ("PolicyDocument", &text),
    ];
    iam(account, &put).expect(200);
}

/// A role that somebody may take, with these statements; its ARN.
#[track_caller]
pub(super) fn role(account: &Account, name: &str, trusted: &Value, statements: &Value) -> String {
    let made = create(account, name, &policy(&json!([trust(trusted)])), &[]).expect(200);
    if statements.as_array().is_some_and(|own| !own.is_empty()) {
        allow_role(account, name, statements);
    }
    made.text("Arn").expect("an ARN")
}

/// The form that takes a role.
pub(super) fn assume(by: &Account, arn: &str, more: &[(&str, &str)]) -> Answer {
    let take = [
        ("Action", "AssumeRole"),
        ("RoleArn", arn),
        ("RoleSessionName", "nightly"),
    ];
    sts(by, &[take.as_slice(), more].concat())
}

/// The credentials of an answer.
#[track_caller]
pub(super) fn credentials(by: &Account, answer: &Answer) -> Account {
    Account {
        port: by.port,
        access_key_id: answer.text("AccessKeyId").expect("an id"),
        secret: answer.text("SecretAccessKey").expect("a secret"),
        token: Some(answer.text("SessionToken").expect("a token")),
    }
}

/// Takes a role, narrowed by these statements.
#[track_caller]
pub(super) fn take(by: &Account, arn: &str, narrowing: Option<&Value>) -> Account {
    let text = narrowing.map(policy);
    let narrowing: Vec<_> = text.iter().map(|text| ("Policy", text.as_str())).collect();
    credentials(by, &assume(by, arn, &narrowing).expect(200))
}

/// Temporary credentials of somebody itself.
#[track_caller]
pub(super) fn token(by: &Account) -> Account {
    credentials(by, &sts(by, &[("Action", "GetSessionToken")]).expect(200))
}

/// The user `ana`, who may take the role `writer`, which may do these things; and the role's ARN.
pub(super) fn writer(scene: &Scene, statements: &Value) -> (Account, String) {
    let ana = user(&scene.city, "ana");
    let trusted = json!({"AWS": user_arn(&scene.city, "ana")});
    let arn = role(&scene.city, "writer", &trusted, statements);
    (ana, arn)
}
