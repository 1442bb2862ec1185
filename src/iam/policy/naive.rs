//! The evaluator against a naive one, which reads the JSON anew for every question and says each
//! rule in the words of the manual.

use super::arn::{assumed_role_arn, role_arn, user_arn};
use super::principal::Named;
use super::{Answer, Caller, Context, Policy, PolicyKind, Question};
use crate::model::tenant::AccountId;
use proptest::prelude::{Just, Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::{select, subsequence};
use proptest::test_runner::Config;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;

const CITY: &str = "111122223333";
const OTHER: &str = "444455556666";
const KEYS: &[&str] = &[
    "aws:username",
    "s3:prefix",
    "s3:max-keys",
    "aws:sourceip",
    "s3:x",
];
const TEXTS: &[&str] = &[
    "a", "A", "ab", "b*", "*", "10", "9.5", "10.1.1.1", "true", "",
];
const PATTERNS: &[&str] = &[
    "a",
    "a*",
    "?b",
    "*",
    "b${*}",
    "${aws:username}",
    "${s3:x, 'a'}*",
    "true",
];

#[derive(Clone, Debug)]
struct Values(BTreeMap<&'static str, Vec<&'static str>>);

impl Context for Values {
    fn values(&self, key: &str) -> Option<Vec<Cow<'_, str>>> {
        let values = self.0.get(key)?;
        Some(values.iter().map(|value| Cow::Borrowed(*value)).collect())
    }
}

/// A character of a pattern.
#[derive(Clone, Copy, PartialEq)]
enum Sign {
    Any,
    One,
    Exactly(char),
}

/// A pattern whose variables were replaced; `None` when one has no value, or several.
fn signs(pattern: &str, has_wildcards: bool, context: &Values) -> Option<Vec<Sign>> {
    let mut signs = Vec::new();
    let mut rest = pattern;
    while let Some(next) = rest.chars().next() {
        if let Some(inner) = rest.strip_prefix("${") {
            let (inner, behind) = inner.split_once('}')?;
            rest = behind;
            let (name, default) = match inner.split_once(", ") {
                None => (inner, None),
                Some((name, default)) => (name, Some(default.trim_matches('\''))),
            };
            let values = context.0.get(name).map_or(&[][..], Vec::as_slice);
            let text = match (name, values) {
                ("*" | "?" | "$", _) => name,
                (_, [value]) => value,
                _ => default?,
            };
            signs.extend(text.chars().map(Sign::Exactly));
            continue;
        }
        rest = rest.get(next.len_utf8()..).expect("behind a character");
        signs.push(match next {
            '*' if has_wildcards => Sign::Any,
            '?' if has_wildcards => Sign::One,
            other => Sign::Exactly(other),
        });
    }
    Some(signs)
}

fn glob(signs: &[Sign], text: &[char], folds: bool) -> bool {
    let is_same = |a: char, b: char| a == b || (folds && a.eq_ignore_ascii_case(&b));
    match (signs.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((Sign::Any, rest)), _) => (0..=text.len()).any(|n| glob(rest, &text[n..], folds)),
        (None, Some(_)) | (Some(_), None) => false,
        (Some((Sign::One, rest)), Some((_, more))) => glob(rest, more, folds),
        (Some((Sign::Exactly(a), rest)), Some((b, more))) => {
            is_same(*a, *b) && glob(rest, more, folds)
        }
    }
}

fn like(pattern: &str, text: &str, (has_wildcards, folds): (bool, bool), context: &Values) -> bool {
    let text: Vec<char> = text.chars().collect();
    signs(pattern, has_wildcards, context).is_some_and(|signs| glob(&signs, &text, folds))
}

fn compare(operator: &str, wanted: &str, found: &str, context: &Values) -> bool {
    let numbers = || Some((found.parse::<f64>().ok()?, wanted.parse::<f64>().ok()?));
    match operator {
        "StringEquals" => like(wanted, found, (false, false), context),
        "StringEqualsIgnoreCase" => like(wanted, found, (false, true), context),
        "StringLike" => like(wanted, found, (true, false), context),
        "NumericEquals" => numbers().is_some_and(|(a, b)| a.total_cmp(&b).is_eq()),
        "NumericLessThan" => numbers().is_some_and(|(found, wanted)| found < wanted),
        "Bool" => found == wanted,
        "IpAddress" => found.starts_with("10.") && found.split('.').count() == 4,
        other => panic!("{other}"),
    }
}

fn list(value: &Value) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match value {
        Value::Array(many) => many.iter().map(text).collect(),
        one => vec![text(one)],
    }
}

fn condition_holds(operator: &str, key: &str, wanted: &Value, context: &Values) -> bool {
    let found = context.0.get(key);
    let wanted = list(wanted);
    if operator == "Null" {
        return (wanted == ["true"]) == found.is_none();
    }
    let (quantifier, name) = operator.split_once(':').unwrap_or(("", operator));
    let if_exists = name.ends_with("IfExists");
    let name = name.trim_end_matches("IfExists");
    let positive = name.replace("Not", "");
    let is_negated = name != positive;
    let found = found.map_or(&[][..], Vec::as_slice);
    let is_one_of = |value: &&str| {
        wanted
            .iter()
            .any(|own| compare(&positive, own, value, context))
    };
    match (quantifier, found, is_negated) {
        ("", [], _) => if_exists || is_negated,
        ("ForAllValues", [], _) => true,
        ("ForAnyValue", [], _) => if_exists,
        ("ForAllValues", _, false) => found.iter().all(is_one_of),
        ("ForAllValues" | "", _, true) => !found.iter().any(is_one_of),
        ("ForAnyValue", _, true) => !found.iter().all(is_one_of),
        (_, _, false) => found.iter().any(is_one_of),
        other => panic!("{other:?}"),
    }
}

fn named(value: &Value, caller: &Caller) -> Option<Named> {
    let names = match value {
        Value::String(_) => return Some(Named::Itself),
        Value::Object(kinds) => list(&kinds["AWS"]),
        other => panic!("{other}"),
    };
    let account = caller
        .account()
        .map(AccountId::to_string)
        .unwrap_or_default();
    let is_root = matches!(caller, Caller::Root { .. });
    let is_role = matches!(caller, Caller::Role { .. });
    let arn = caller.arn().unwrap_or_default();
    let role = caller.principal_arn().unwrap_or_default();
    if is_role && names.contains(&arn) {
        Some(Named::Session)
    } else if names
        .iter()
        .any(|name| name == "*" || *name == role || (is_root && *name == account))
    {
        Some(Named::Itself)
    } else if names.contains(&account) {
        Some(Named::ByAccount)
    } else {
        None
    }
}

/// Whether `NotPrincipal` leaves a caller out: a role's session by its own name alone.
fn excepts(value: &Value, caller: &Caller) -> bool {
    let is_everybody = value == "*" || value["AWS"] == json!(["*"]);
    let least = match caller {
        Caller::Role { .. } => Named::Session,
        _ => Named::Itself,
    };
    is_everybody || named(value, caller) >= Some(least)
}

fn statement_applies(own: &Value, question: &Question<'_>, context: &Values) -> Option<Named> {
    let names = match (own.get("Principal"), own.get("NotPrincipal")) {
        (Some(value), _) => named(value, question.caller)?,
        (_, Some(value)) if excepts(value, question.caller) => return None,
        _ => Named::Itself,
    };
    let matches = |value: &Value, text: &str, folds| {
        let patterns = list(value);
        patterns
            .iter()
            .any(|pattern| like(pattern, text, (true, folds), context))
    };
    let is_action = match own.get("Action") {
        Some(value) => matches(value, question.action, true),
        None => !matches(&own["NotAction"], question.action, true),
    };
    let is_resource = match own.get("Resource") {
        Some(value) => matches(value, question.resource, false),
        None => !matches(&own["NotResource"], question.resource, false),
    };
    let none = Map::new();
    let conditions = own
        .get("Condition")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    let holds = conditions.iter().all(|(operator, keys)| {
        let mut keys = keys.as_object().expect("keys").iter();
        keys.all(|(key, wanted)| condition_holds(operator, key, wanted, context))
    });
    (is_action && is_resource && holds).then_some(names)
}

/// What the policy says: whether it denies, and how it names whom it allows.
fn naive(policy: &Value, question: &Question<'_>, context: &Values) -> (bool, Option<Named>) {
    let statements = policy["Statement"].as_array().expect("statements");
    let by = |effect: &str| {
        let own = statements.iter().filter(|own| own["Effect"] == effect);
        let names = own.filter_map(|own| statement_applies(own, question, context));
        names.max()
    };
    (by("Deny").is_some(), by("Allow"))
}

fn condition() -> impl Strategy<Value = Value> {
    let text = |operator| {
        let some = subsequence(PATTERNS, 1..3);
        (Just(operator), some).prop_map(|(operator, some)| (operator, json!(some)))
    };
    let number = |operator| select(&["10", "9.5", "11"]).prop_map(move |n| (operator, json!(n)));
    let compared = prop_oneof![
        text("StringEquals"),
        text("StringNotEquals"),
        text("StringLike"),
        text("StringNotLike"),
        text("StringEqualsIgnoreCase"),
        text("StringNotEqualsIgnoreCase"),
        number("NumericEquals"),
        number("NumericNotEquals"),
        number("NumericLessThan"),
        Just(("Bool", json!(true))),
        Just(("IpAddress", json!("10.0.0.0/8"))),
        Just(("NotIpAddress", json!(["10.0.0.0/8"]))),
    ];
    let around = (
        select(&["", "ForAllValues:", "ForAnyValue:"]),
        select(&["", "IfExists"]),
    );
    let compared = (compared, around).prop_map(|((operator, wanted), (before, behind))| {
        (format!("{before}{operator}{behind}"), wanted)
    });
    let null = any::<bool>().prop_map(|truth| ("Null".to_owned(), json!(truth)));
    (prop_oneof![8 => compared, 1 => null], select(KEYS))
        .prop_map(|((operator, wanted), key)| json!({operator: {key: wanted}}))
}

fn statement(kind: PolicyKind) -> impl Strategy<Value = Value> {
    let principals = [
        json!("*"),
        json!({"AWS": CITY}),
        json!({"AWS": [OTHER, format!("arn:aws:iam::{CITY}:user/ana")]}),
        json!({"AWS": ["*"]}),
        json!({"AWS": OTHER}),
        json!({"AWS": [role_arn(&city(), "/", "clerk"), CITY]}),
        json!({"AWS": [assumed_role_arn(&city(), "clerk", "day"), OTHER]}),
    ];
    let actions = subsequence(
        &["s3:Get*", "S3:getobject", "*", "s3:?utObject", "s3:List*"],
        1..3,
    );
    let resources = subsequence(
        &[
            "arn:aws:s3:::a/*",
            "arn:aws:s3:::*",
            "arn:aws:s3:::a/${aws:username}",
            "arn:aws:s3:::?",
        ],
        1..3,
    );
    let conditions = prop::option::weighted(0.6, condition());
    let negations = any::<[bool; 3]>();
    let parts = (
        any::<bool>(),
        select(principals.to_vec()),
        actions,
        resources,
        conditions,
        negations,
    );
    parts.prop_map(
        move |(allows, principal, actions, resources, condition, negations)| {
            let name = |is_negated: bool, name: &str| {
                if is_negated {
                    format!("Not{name}")
                } else {
                    name.to_owned()
                }
            };
            let mut own = Map::new();
            own.insert(
                "Effect".to_owned(),
                json!(if allows { "Allow" } else { "Deny" }),
            );
            own.insert(name(negations[0], "Action"), json!(actions));
            own.insert(name(negations[1], "Resource"), json!(resources));
            if kind == PolicyKind::Bucket {
                own.insert(name(negations[2] && !allows, "Principal"), principal);
            }
            if let Some(condition) = condition {
                own.insert("Condition".to_owned(), condition);
            }
            Value::Object(own)
        },
    )
}

fn policy() -> impl Strategy<Value = (PolicyKind, Value)> {
    let kinds = select(&[PolicyKind::Bucket, PolicyKind::Identity]);
    kinds.prop_flat_map(|kind| {
        let statements = prop::collection::vec(statement(kind), 1..6);
        let text = |all| json!({"Version": "2012-10-17", "Statement": all});
        (Just(kind), statements.prop_map(text))
    })
}

fn city() -> AccountId {
    AccountId::parse(CITY).expect("a number")
}

fn callers() -> [Caller; 5] {
    let root = |account| Caller::Root {
        account: AccountId::parse(account).expect("a number"),
        canonical_id: account.into(),
    };
    let account = city();
    let clerk = Caller::Role {
        account,
        role_arn: role_arn(&account, "/", "clerk").into(),
        session_arn: assumed_role_arn(&account, "clerk", "day").into(),
        id: "AROA:day".into(),
    };
    let ana = Caller::User {
        account,
        name: "ana".into(),
        arn: user_arn(&account, "/", "ana").into(),
        id: "AIDA".into(),
    };
    [Caller::Anonymous, root(CITY), root(OTHER), ana, clerk]
}

proptest! {
    #![proptest_config(Config::with_cases(3000))]
    #[test]
    fn evaluator_says_what_the_naive_one_says(
        (kind, policy) in policy(),
        values in prop::collection::btree_map(
            select(KEYS), prop::collection::vec(select(TEXTS), 0..3), 0..4),
        action in select(&["s3:GetObject", "s3:PutObject", "s3:ListBucket"]),
        resource in select(&["arn:aws:s3:::a/b", "arn:aws:s3:::a/a", "arn:aws:s3:::a"]),
    ) {
        let text = policy.to_string();
        let parsed = Policy::parse(kind, text.as_bytes()).expect(&text);
        let context = Values(values);
        for caller in &callers() {
            let question = Question { caller, action, resource, context: &context };
            let said = match parsed.answer(&question) {
                Answer::Deny { .. } => (true, None),
                Answer::Allow { named, .. } => (false, Some(named)),
                Answer::Silent => (false, None),
            };
            let (denies, allows) = naive(&policy, &question, &context);
            prop_assert_eq!(said, (denies, allows.filter(|_| !denies)), "{} {:?}", text, caller);
        }
    }
}
