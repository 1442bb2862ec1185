//! Documents, good and bad, and what they say.

use super::arn::{bucket_arn, object_arn, user_arn};
use super::principal::Named;
use super::*;
use crate::model::tenant::AccountId;
use std::borrow::Cow;
use std::collections::BTreeMap;

const CITY: &str = "111122223333";
const OTHER: &str = "444455556666";

struct Values(BTreeMap<&'static str, Vec<&'static str>>);

impl Context for Values {
    fn values(&self, key: &str) -> Option<Vec<Cow<'_, str>>> {
        let values = self.0.get(key)?;
        Some(values.iter().map(|value| Cow::Borrowed(*value)).collect())
    }
}

fn root(account: &str) -> Caller {
    Caller::Root {
        account: AccountId::parse(account).unwrap(),
        canonical_id: format!("c{account}").as_str().into(),
    }
}

fn user(account: &str, name: &str) -> Caller {
    let account = AccountId::parse(account).unwrap();
    Caller::User {
        arn: user_arn(&account, "/", name).as_str().into(),
        account,
        name: name.into(),
        id: format!("AIDA{name}").as_str().into(),
    }
}

fn bucket_policy(statements: &str) -> Result<Policy, PolicyError> {
    let text = format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{statements}]}}");
    Policy::parse(PolicyKind::Bucket, text.as_bytes())
}

fn allow(rest: &str) -> String {
    format!("{{\"Effect\":\"Allow\",{rest}}}")
}

const READ: &str = r#""Action":"s3:GetObject","Resource":"arn:aws:s3:::records/*""#;

fn ask(policy: &Policy, caller: &Caller, action: &str, resource: &str) -> Answer {
    policy.answer(&Question {
        caller,
        action,
        resource,
        context: &Values(BTreeMap::new()),
    })
}

fn reads(policy: &Policy, caller: &Caller) -> Answer {
    ask(policy, caller, "s3:GetObject", &object_arn("records", "a"))
}

#[test]
fn principals_name_whom_they_name() {
    let itself = Answer::Allow {
        statement: 0,
        named: Named::Itself,
    };
    let by_account = Answer::Allow {
        statement: 0,
        named: Named::ByAccount,
    };
    let anonymous = Caller::Anonymous;
    for (principal, caller, expected) in [
        (r#""*""#, &anonymous, itself),
        (r#"{"AWS":"*"}"#, &user(CITY, "ana"), itself),
        (r#"{"AWS":"111122223333"}"#, &root(CITY), itself),
        (r#"{"AWS":"111122223333"}"#, &user(CITY, "ana"), by_account),
        (r#"{"AWS":"111122223333"}"#, &root(OTHER), Answer::Silent),
        (r#"{"AWS":"111122223333"}"#, &anonymous, Answer::Silent),
        (
            r#"{"AWS":["arn:aws:iam::111122223333:root"]}"#,
            &root(CITY),
            itself,
        ),
        (
            r#"{"AWS":"arn:aws:iam::111122223333:user/ana"}"#,
            &user(CITY, "ana"),
            itself,
        ),
        (
            r#"{"AWS":"arn:aws:iam::111122223333:user/ana"}"#,
            &user(CITY, "eva"),
            Answer::Silent,
        ),
        (
            r#"{"AWS":"arn:aws:iam::111122223333:user/ana"}"#,
            &root(CITY),
            Answer::Silent,
        ),
        (r#"{"CanonicalUser":"C111122223333"}"#, &root(CITY), itself),
        (
            r#"{"Service":"logging.s3.amazonaws.com"}"#,
            &root(CITY),
            Answer::Silent,
        ),
    ] {
        let statement = allow(&format!("\"Principal\":{principal},{READ}"));
        let policy = bucket_policy(&statement).unwrap();
        assert_eq!(reads(&policy, caller), expected, "{principal} {caller:?}");
    }
}

#[test]
fn row_35_denial_wins_and_exceptions_except_only_whom_they_name() {
    let deny = r#"{"Effect":"Deny","NotPrincipal":{"AWS":["arn:aws:iam::111122223333:root",
        "arn:aws:iam::111122223333:user/ana"]},"NotAction":"s3:List*",
        "Resource":"arn:aws:s3:::records/*"}"#;
    let all = allow(r#""Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::records*""#);
    let policy = bucket_policy(&format!("{all},{deny}")).unwrap();
    let denied = Answer::Deny { statement: 1 };
    for caller in [user(CITY, "eva"), root(OTHER), Caller::Anonymous] {
        assert_eq!(reads(&policy, &caller), denied, "{caller:?}");
        let listed = ask(&policy, &caller, "s3:ListBucket", &bucket_arn("records"));
        assert!(matches!(listed, Answer::Allow { .. }), "{caller:?}");
    }
    for caller in [user(CITY, "ana"), root(CITY)] {
        let answer = reads(&policy, &caller);
        assert!(matches!(answer, Answer::Allow { .. }), "{caller:?}");
    }
}

#[test]
fn account_alone_excepts_its_root_alone() {
    let deny = r#"{"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},
        "Action":"*","Resource":"arn:aws:s3:::*"}"#;
    let policy = bucket_policy(deny).unwrap();
    assert_eq!(reads(&policy, &root(CITY)), Answer::Silent);
    let denied = Answer::Deny { statement: 0 };
    assert_eq!(reads(&policy, &user(CITY, "ana")), denied);
}

#[test]
fn actions_are_alike_in_either_case_and_resources_are_not() {
    let statement =
        allow(r#""Principal":"*","Action":"S3:get*","NotResource":"arn:aws:s3:::records/Secret*""#);
    let policy = bucket_policy(&statement).unwrap();
    let asked = |action, key| ask(&policy, &root(CITY), action, &object_arn("records", key));
    assert!(matches!(
        asked("s3:GetObject", "secret"),
        Answer::Allow { .. }
    ));
    assert_eq!(asked("s3:GetObject", "Secret/1"), Answer::Silent);
    assert_eq!(asked("s3:PutObject", "secret"), Answer::Silent);
}

#[test]
fn conditions_hold_all_together() {
    let condition = r#""Condition":{"IpAddress":{"aws:SourceIp":["10.0.0.0/8"]},
        "StringLike":{"s3:prefix":["home/${aws:username}/*"]},"Bool":{"aws:SecureTransport":true},
        "NumericLessThanEquals":{"s3:max-keys":10}}"#;
    let what = r#""Principal":"*","Action":"s3:ListBucket","Resource":"arn:aws:s3:::records""#;
    let policy = bucket_policy(&allow(&format!("{what},{condition}"))).unwrap();
    let good = BTreeMap::from([
        ("aws:sourceip", vec!["10.1.2.3"]),
        ("s3:prefix", vec!["home/ana/x"]),
        ("aws:username", vec!["ana"]),
        ("aws:securetransport", vec!["true"]),
        ("s3:max-keys", vec!["10"]),
    ]);
    let asked = |values| {
        policy.answer(&Question {
            caller: &user(CITY, "ana"),
            action: "s3:ListBucket",
            resource: &bucket_arn("records"),
            context: &Values(values),
        })
    };
    assert!(matches!(asked(good.clone()), Answer::Allow { .. }));
    for (key, value) in [
        ("aws:sourceip", "11.1.2.3"),
        ("s3:prefix", "home/eva/x"),
        ("aws:username", "eva"),
        ("aws:securetransport", "false"),
        ("s3:max-keys", "11"),
    ] {
        let mut values = good.clone();
        values.insert(key, vec![value]);
        assert_eq!(asked(values.clone()), Answer::Silent, "{key}");
        values.remove(key);
        assert_eq!(asked(values), Answer::Silent, "without {key}");
    }
}

#[test]
fn point_77_public_is_what_everybody_may_without_a_narrow_condition() {
    let public = |principal: &str, condition: &str| {
        let statement = allow(&format!("\"Principal\":{principal},{READ}{condition}"));
        bucket_policy(&statement).unwrap().is_public()
    };
    assert!(public(r#""*""#, "") && public(r#"{"AWS":["*"]}"#, ""));
    assert!(!public(r#"{"AWS":"111122223333"}"#, ""));
    let with = |operator: &str, key: &str, value: &str| {
        format!(",\"Condition\":{{\"{operator}\":{{\"{key}\":\"{value}\"}}}}")
    };
    assert!(!public(
        r#""*""#,
        &with("IpAddress", "aws:SourceIp", "10.0.0.0/8")
    ));
    assert!(public(
        r#""*""#,
        &with("IpAddress", "aws:SourceIp", "0.0.0.0/0")
    ));
    assert!(public(
        r#""*""#,
        &with("NotIpAddress", "aws:SourceIp", "10.0.0.0/8")
    ));
    assert!(public(
        r#""*""#,
        &with("IpAddressIfExists", "aws:SourceIp", "10.0.0.0/8")
    ));
    assert!(public(r#""*""#, &with("StringLike", "aws:userid", "*")));
    assert!(public(r#""*""#, &with("StringEquals", "s3:prefix", "a")));
    assert!(
        !bucket_policy(
            r#"{"Effect":"Deny","Principal":"*","Action":"*","Resource":"arn:aws:s3:::a"}"#
        )
        .unwrap()
        .is_public()
    );
}

#[test]
fn row_39_documents_that_are_no_policies_are_refused() {
    let ok = allow(&format!("\"Principal\":\"*\",{READ}"));
    assert!(bucket_policy(&ok).is_ok());
    for statement in [
        String::new(),
        format!("{{\"Effect\":\"allow\",\"Principal\":\"*\",{READ}}}"),
        format!("{{\"Principal\":\"*\",{READ}}}"),
        allow(READ),
        allow(&format!("\"Principal\":\"ana\",{READ}")),
        allow(&format!("\"Principal\":{{}},{READ}")),
        allow(&format!("\"Principal\":{{\"AWS\":[]}},{READ}")),
        allow(&format!(
            "\"Principal\":{{\"AWS\":\"arn:aws:iam::*:root\"}},{READ}"
        )),
        allow(&format!("\"Principal\":{{\"Aws\":\"*\"}},{READ}")),
        allow(&format!("\"NotPrincipal\":\"*\",{READ}")),
        allow(&format!("\"Principal\":\"*\",\"Unknown\":1,{READ}")),
        allow(&format!(
            "\"Principal\":\"*\",\"Action\":\"s3:PutObject\",{READ}"
        )),
        allow(&format!(
            "\"Principal\":\"*\",\"NotAction\":\"s3:PutObject\",{READ}"
        )),
        allow(r#""Principal":"*","Action":[],"Resource":"arn:aws:s3:::records/*""#),
        allow(r#""Principal":"*","Action":"iam:*","Resource":"arn:aws:s3:::records/*""#),
        allow(r#""Principal":"*","Action":"s3:Get Object","Resource":"arn:aws:s3:::records/*""#),
        allow(r#""Principal":"*","Action":"s3:*","Resource":"records/*""#),
        allow(r#""Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username""#),
        allow(r#""Principal":"*","Action":"s3:*""#),
        allow(&format!("\"Principal\":\"*\",\"Sid\":\"a;b\",{READ}")),
        format!(
            "{},{}",
            allow(&format!("\"Principal\":\"*\",\"Sid\":\"a\",{READ}")),
            allow(&format!("\"Principal\":\"*\",\"Sid\":\"a\",{READ}"))
        ),
        allow(&format!(
            "\"Principal\":\"*\",\"Condition\":{{\"Same\":{{\"a:b\":1}}}},{READ}"
        )),
        allow(&format!(
            "\"Principal\":\"*\",\"Condition\":{{\"Bool\":{{\"ab\":true}}}},{READ}"
        )),
        allow(&format!(
            "\"Principal\":\"*\",\"Condition\":{{\"Bool\":{{\"a:b\":true,\"a:b\":false}}}},{READ}"
        )),
    ] {
        assert!(bucket_policy(&statement).is_err(), "{statement}");
    }
    for text in [
        "",
        "[]",
        "{}",
        "null",
        r#"{"Statement":[]}"#,
        r#"{"Version":"2013-01-01","Statement":[]}"#,
        &format!("{{\"Version\":\"2012-10-18\",\"Statement\":[{ok}]}}"),
        &format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{ok}],\"Statement\":[{ok}]}}"),
        &format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{ok}]}} x"),
        &format!(
            "{{\"Statement\":{ok},\"Id\":\"{}\"}}",
            "x".repeat(20 * 1024)
        ),
        &"[".repeat(5000),
    ] {
        assert!(
            Policy::parse(PolicyKind::Bucket, text.as_bytes()).is_err(),
            "{text}"
        );
    }
}

#[test]
fn point_111_identity_policies_have_no_principal_and_may_be_one_statement() {
    let parse = |text: &str| Policy::parse(PolicyKind::Identity, text.as_bytes());
    let statement = r#"{"Effect":"Allow","Action":["s3:*","iam:GetUser"],"Resource":"*"}"#;
    let policy = parse(&format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":{statement}}}"
    ))
    .unwrap();
    let answer = reads(&policy, &user(CITY, "ana"));
    assert!(matches!(answer, Answer::Allow { .. }));
    let with_principal = statement.replacen('{', r#"{"Principal":"*","#, 1);
    let refused = parse(&format!("{{\"Statement\":{with_principal}}}"));
    assert!(matches!(
        refused,
        Err(PolicyError::UnexpectedElement { .. })
    ));
}
