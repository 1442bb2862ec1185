//! How long does a decision by a policy of 20 statements take?
//!
//! Owns: that number, for a question that every statement has to be asked about (the last one
//! allows it), and for one with conditions in every statement. Accepted: at most 5 us. Last
//! accepted values: 0.53 us and 1.86 us on a shared machine with 2 cores.
//! Not here: finding the policies (a point read for each user and group).
#![expect(clippy::unwrap_used, reason = "a bench that cannot run may end")]

use criterion::{Criterion, criterion_group, criterion_main};
use riznica::iam::policy::{Answer, Caller, Context, Policy, PolicyKind, Question};
use riznica::model::tenant::AccountId;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::hint::black_box;

struct Request;

impl Context for Request {
    fn values(&self, key: &str) -> Option<Vec<Cow<'_, str>>> {
        match key {
            "aws:username" => Some(vec!["ana".into()]),
            "aws:sourceip" => Some(vec!["10.1.2.3".into()]),
            "s3:prefix" => Some(vec!["archive/2026/11/".into()]),
            _ => None,
        }
    }
}

/// 20 statements; the last one allows.
fn policy(condition: Option<&Value>) -> Policy {
    let statement = |number: usize| {
        let folder = if number == 19 {
            "arn:aws:s3:::records/archive/${aws:username}/*".to_owned()
        } else {
            format!("arn:aws:s3:::records/archive/{number:02}/*/drafts/*")
        };
        let other = format!("arn:aws:iam::1111222233{number:02}:root");
        let mut own = json!({
            "Effect": if number.is_multiple_of(4) { "Deny" } else { "Allow" },
            "Principal": {"AWS": [other, "111122223333"]},
            "Action": ["s3:GetObject", "s3:PutObject*", "s3:List*"],
            "Resource": folder,
        });
        if let Some(condition) = condition
            && number != 19
        {
            let own = own.as_object_mut().unwrap();
            own.insert(
                "Resource".to_owned(),
                json!("arn:aws:s3:::records/archive/*"),
            );
            own.insert("Condition".to_owned(), condition.clone());
        }
        own
    };
    let statements: Vec<Value> = (0..20).map(statement).collect();
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    Policy::parse(PolicyKind::Bucket, text.as_bytes()).unwrap()
}

fn evaluate(c: &mut Criterion) {
    let account = AccountId::parse("111122223333").unwrap();
    let caller = Caller::Root {
        account,
        canonical_id: "c0ffee".into(),
    };
    let conditions = json!({
        "StringLike": {"s3:prefix": ["office/*", "register/*"]},
        "IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.168.0.0/16"]},
    });
    for (name, condition) in [
        ("policy_20_statements", None),
        ("policy_20_statements_with_conditions", Some(&conditions)),
    ] {
        let policy = policy(condition);
        let question = Question {
            caller: &caller,
            action: "s3:GetObject",
            resource: "arn:aws:s3:::records/archive/ana/2026/minutes.pdf",
            context: &Request,
        };
        let answer = policy.answer(&question);
        assert!(
            matches!(answer, Answer::Allow { statement: 19, .. }),
            "{answer:?}"
        );
        c.bench_function(name, |b| {
            b.iter(|| black_box(&policy).answer(black_box(&question)));
        });
    }
}

criterion_group!(benches, evaluate);
criterion_main!(benches);
