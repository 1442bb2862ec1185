//! Policies. Input: kind u8 (by its last two bits a bucket's, an identity's, a role's trust, a
//! session's) | the document.

use super::support::split_byte;
use riznica::iam::policy::arn::{assumed_role_arn, role_arn, user_arn};
use riznica::iam::policy::{Answer, Caller, Context, Effect, Policy, PolicyKind, Question};
use riznica::model::tenant::AccountId;
use std::borrow::Cow;

/// Every key has a value, and the value is one that patterns could take for their own.
struct Everything;

impl Context for Everything {
    fn values(&self, key: &str) -> Option<Vec<Cow<'_, str>>> {
        Some(vec![key.to_owned().into(), "*".into(), "10.1.1.1".into()])
    }
}

struct Nothing;

impl Context for Nothing {
    fn values(&self, _key: &str) -> Option<Vec<Cow<'_, str>>> {
        None
    }
}

fn callers() -> [Caller; 4] {
    let account = AccountId::parse("111122223333").expect("a number");
    [
        Caller::Anonymous,
        Caller::Root {
            account,
            canonical_id: "c0ffee".into(),
        },
        Caller::User {
            account,
            name: "ana".into(),
            arn: user_arn(&account, "/", "ana").into(),
            id: "AIDA".into(),
        },
        Caller::Role {
            account,
            role_arn: role_arn(&account, "/", "clerk").into(),
            session_arn: assumed_role_arn(&account, "clerk", "day").into(),
            id: "AROA:day".into(),
        },
    ]
}

pub fn run(data: &[u8]) {
    let (kind, text) = split_byte(data);
    let kind = match kind & 3 {
        0 => PolicyKind::Bucket,
        1 => PolicyKind::Identity,
        2 => PolicyKind::Trust,
        _ => PolicyKind::Session,
    };
    let Ok(policy) = Policy::parse(kind, text) else {
        return;
    };
    assert!(text.len() <= kind.len_max());
    assert!((1..=200).contains(&policy.statements.len()));
    assert_eq!(Policy::parse(kind, text).as_ref(), Ok(&policy));
    let without_denials = Policy {
        statements: policy
            .statements
            .iter()
            .filter(|own| own.effect == Effect::Allow)
            .cloned()
            .collect(),
    };
    if without_denials.statements.is_empty() {
        assert!(!policy.is_public());
    }
    for caller in &callers() {
        for context in [&Everything as &dyn Context, &Nothing] {
            for (action, resource) in [
                ("s3:GetObject", "arn:aws:s3:::records/a"),
                ("iam:CreateUser", "arn:aws:iam::111122223333:user/ana"),
            ] {
                let question = Question {
                    caller,
                    action,
                    resource,
                    context,
                };
                holds(&policy, &without_denials, &question);
            }
        }
    }
}

/// What an answer names is there, and a denial only ever takes away.
fn holds(policy: &Policy, without_denials: &Policy, question: &Question<'_>) {
    let effect = |statement: usize| policy.statements[statement].effect;
    let answer = policy.answer(question);
    let allowed = without_denials.answer(question);
    assert!(!matches!(allowed, Answer::Deny { .. }));
    match answer {
        Answer::Deny { statement } => assert_eq!(effect(statement), Effect::Deny),
        Answer::Allow { statement, named } => {
            assert_eq!(effect(statement), Effect::Allow);
            assert!(matches!(allowed, Answer::Allow { named: own, .. } if own == named));
        }
        Answer::Silent => assert_eq!(allowed, Answer::Silent),
    }
}
