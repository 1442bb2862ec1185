//! What a session may do, for every combination of what its role, its own policy and a bucket's
//! policy say, by the words of the manual (IAM User Guide, "Policy evaluation logic", "Session
//! policies"); and who takes a role, for every way in which its trust policy can name somebody.

use crate::iam::action::Action;
use crate::iam::authorize::{BucketResource, Request, Resource, RoleResource, decide};
use crate::iam::ground::Ground;
use crate::iam::policy::arn::{assumed_role_arn, role_arn};
use crate::iam::policy::evaluate::NoContext;
use crate::iam::policy::{Caller, Policy, PolicyKind};
use crate::iam::principal::{AttachedPolicy, Principal, SessionBounds};
use crate::model::id::{BucketId, TenantId};
use crate::model::tenant::{AccountId, TenantStatus};
use crate::model::time::Timestamp;
use std::sync::Arc;

const CITY: TenantId = TenantId::from_bytes([1; 16]);
const OTHER: TenantId = TenantId::from_bytes([2; 16]);
const OBJECT: &str = "arn:aws:s3:::records/*";

/// What a policy says to the question.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Says {
    Allow,
    Deny,
    Nothing,
}

/// Whom a bucket's policy names, and what it says to them.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Names {
    Account,
    DeniesEverybody,
    Everybody,
    Nobody,
    Role,
    Session,
}

fn attached(kind: PolicyKind, says: Says, action: &str) -> AttachedPolicy {
    let (effect, action) = match says {
        Says::Allow => ("Allow", action),
        Says::Deny => ("Deny", action),
        Says::Nothing => ("Allow", "s3:ListBucket"),
    };
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}","Action":"{action}",
           "Resource":"*"}}}}"#
    );
    AttachedPolicy {
        label: "a policy".into(),
        policy: Arc::new(Policy::parse(kind, text.as_bytes()).unwrap()),
    }
}

/// A session of the role `writer` of `CITY`.
fn session(role: Says, own: Option<Says>, action: &str) -> Principal {
    let account = AccountId::of(CITY);
    Principal {
        tenant: Some(CITY),
        caller: Caller::Role {
            account,
            role_arn: role_arn(&account, "/", "writer").into(),
            session_arn: assumed_role_arn(&account, "writer", "day").into(),
            id: "AROA:day".into(),
        },
        policies: vec![attached(PolicyKind::Identity, role, action)],
        session: Some(SessionBounds {
            issued: Timestamp::from_millis(1),
            policy: own.map(|own| attached(PolicyKind::Session, own, action)),
        }),
        status: TenantStatus::Active,
    }
}

fn named(names: Names) -> Option<(&'static str, String)> {
    let account = AccountId::of(CITY);
    let aws = |name: String| format!(r#"{{"AWS":"{name}"}}"#);
    Some(match names {
        Names::Account => ("Allow", aws(account.to_string())),
        Names::DeniesEverybody => ("Deny", "\"*\"".to_owned()),
        Names::Everybody => ("Allow", "\"*\"".to_owned()),
        Names::Nobody => return None,
        Names::Role => ("Allow", aws(role_arn(&account, "/", "writer"))),
        Names::Session => ("Allow", aws(assumed_role_arn(&account, "writer", "day"))),
    })
}

const NAMES: [Names; 6] = [
    Names::Account,
    Names::DeniesEverybody,
    Names::Everybody,
    Names::Nobody,
    Names::Role,
    Names::Session,
];
const SAYS: [Says; 3] = [Says::Allow, Says::Deny, Says::Nothing];
const OWN: [Option<Says>; 4] = [
    None,
    Some(Says::Allow),
    Some(Says::Deny),
    Some(Says::Nothing),
];

#[test]
fn session_may_what_the_manual_says_in_every_combination() {
    let mut allowed_count = 0;
    for owner in [CITY, OTHER] {
        for names in NAMES {
            let policy = named(names).map(|(effect, principal)| {
                let text = format!(
                    r#"{{"Statement":{{"Effect":"{effect}","Principal":{principal},
                       "Action":"s3:GetObject","Resource":"{OBJECT}"}}}}"#
                );
                Policy::parse(PolicyKind::Bucket, text.as_bytes()).unwrap()
            });
            for role in SAYS {
                for own in OWN {
                    let principal = session(role, own, "s3:GetObject");
                    let decision = decide(&Request {
                        principal: &principal,
                        action: Action::GetObject,
                        resource: Resource::Bucket(BucketResource {
                            bucket: BucketId::from_bytes([3; 16]),
                            owner,
                            owner_status: TenantStatus::Active,
                            name: "records",
                            object_key: Some("a"),
                            policy: policy.as_ref(),
                            binds_root: false,
                            restricts_public: false,
                        }),
                        context: &NoContext,
                    });
                    let denies = role == Says::Deny
                        || own == Some(Says::Deny)
                        || names == Names::DeniesEverybody;
                    let leaves = matches!(own, None | Some(Says::Allow));
                    let expected = !denies
                        && match names {
                            _ if owner == OTHER => {
                                names != Names::Nobody && role == Says::Allow && leaves
                            }
                            Names::Session => true,
                            Names::Everybody | Names::Role => leaves,
                            Names::Account | Names::DeniesEverybody | Names::Nobody => {
                                role == Says::Allow && leaves
                            }
                        };
                    let what = format!("{owner:?} {names:?} {role:?} {own:?}: {decision:?}");
                    assert_eq!(decision.is_ok(), expected, "{what}");
                    allowed_count += usize::from(expected);
                }
            }
        }
    }
    assert_eq!(allowed_count, 26);
}

#[test]
fn role_is_taken_as_its_trust_says_in_every_combination() {
    let account = AccountId::of(CITY);
    let arn = role_arn(&account, "/", "second");
    for names in NAMES {
        let (effect, principal) =
            named(names).unwrap_or(("Allow", r#"{"Service":"x.example"}"#.to_owned()));
        let text = format!(
            r#"{{"Statement":{{"Effect":"{effect}","Principal":{principal},
               "Action":"sts:AssumeRole"}}}}"#
        );
        let trust = Policy::parse(PolicyKind::Trust, text.as_bytes()).unwrap();
        for role in SAYS {
            for own in OWN {
                let ask = |principal: &Principal, owner| {
                    decide(&Request {
                        principal,
                        action: Action::StsAssumeRole,
                        resource: Resource::Role(RoleResource {
                            owner,
                            id: "AROA2",
                            arn: &arn,
                            trust: &trust,
                        }),
                        context: &NoContext,
                    })
                };
                let taker = session(role, own, "sts:AssumeRole");
                let denies = role == Says::Deny
                    || own == Some(Says::Deny)
                    || names == Names::DeniesEverybody;
                let leaves = matches!(own, None | Some(Says::Allow));
                let expected = !denies
                    && match names {
                        Names::Session => true,
                        Names::Role => leaves,
                        Names::Account | Names::Everybody => role == Says::Allow && leaves,
                        Names::DeniesEverybody | Names::Nobody => false,
                    };
                let decision = ask(&taker, CITY);
                let what = format!("{names:?} {role:?} {own:?}: {decision:?}");
                assert_eq!(decision.is_ok(), expected, "{what}");
                // Never from another account, never by a root, never by nobody.
                assert_eq!(ask(&taker, OTHER), Err(Ground::Nothing));
                let root = Principal::root(CITY, "c0ffee", TenantStatus::Active);
                assert_eq!(ask(&root, CITY), Err(Ground::RootTakesNoRole));
                assert_eq!(ask(&Principal::anonymous(), CITY), Err(Ground::Nothing));
            }
        }
    }
}
