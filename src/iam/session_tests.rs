//! What a session may do, for every combination of what its role, its own policy and a bucket's
//! policy say, by the words of the manual (IAM User Guide, "Policy evaluation logic", "Session
//! policies"); and who takes a role, for every way in which its trust policy can name somebody.

use crate::iam::action::Action;
use crate::iam::authorize::decide;
use crate::iam::ground::Ground;
use crate::iam::lists::{AccessLists, AskedObject};
use crate::iam::policy::arn::{assumed_role_arn, role_arn};
use crate::iam::policy::evaluate::NoContext;
use crate::iam::policy::{Caller, Policy, PolicyKind};
use crate::iam::principal::{AttachedPolicy, Principal, SessionBounds};
use crate::iam::resource::{BucketResource, Request, Resource, RoleResource};
use crate::model::acl::{AccessList, Grant, Grantee, Group, Permission};
use crate::model::id::{BucketId, TenantId, VersionId};
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

/// What a role says, and the policy of its session, if there is one.
fn combinations() -> impl Iterator<Item = (Says, Option<Says>)> {
    SAYS.into_iter()
        .flat_map(|role| OWN.into_iter().map(move |own| (role, own)))
}

/// Whether a policy that denies is among them.
fn denies((role, own): (Says, Option<Says>), names: Names) -> bool {
    role == Says::Deny || own == Some(Says::Deny) || names == Names::DeniesEverybody
}

/// Whether the policy of the session leaves what others allow.
fn leaves(own: Option<Says>) -> bool {
    matches!(own, None | Some(Says::Allow))
}

fn bucket<'a>(owner: TenantId) -> BucketResource<'a> {
    BucketResource {
        bucket: BucketId::from_bytes([3; 16]),
        owner,
        owner_status: TenantStatus::Active,
        name: "records",
        object_key: Some("a"),
        policy: None,
        binds_root: false,
        restricts_public: false,
        lists: None,
        begun_by: None,
    }
}

fn bucket_says(principal: &Principal, owner: TenantId, policy: Option<&Policy>) -> bool {
    is_allowed(principal, owner, (policy, None))
}

fn is_allowed(
    principal: &Principal,
    owner: TenantId,
    (policy, lists): (Option<&Policy>, Option<AccessLists<'_>>),
) -> bool {
    let decision = decide(&Request {
        principal,
        action: Action::GetObject,
        resource: Resource::Bucket(BucketResource {
            policy,
            lists,
            ..bucket(owner)
        }),
        context: &NoContext,
    });
    decision.is_ok()
}

/// In the role's own account.
fn within_account((role, own): (Says, Option<Says>), names: Names) -> bool {
    let is_allowed = match names {
        Names::Session => true,
        Names::Everybody | Names::Role => leaves(own),
        Names::Account | Names::DeniesEverybody | Names::Nobody => {
            role == Says::Allow && leaves(own)
        }
    };
    is_allowed && !denies((role, own), names)
}

/// In another account's bucket.
fn across_accounts((role, own): (Says, Option<Says>), names: Names) -> bool {
    let is_allowed = names != Names::Nobody && role == Says::Allow && leaves(own);
    is_allowed && !denies((role, own), names)
}

/// By the words of the manual, of a session of `CITY`: a list names an account or a group, never
/// the session, so that the session's policy takes away what it does not allow.
#[test]
fn session_is_let_in_by_a_list_as_far_as_its_own_policy_goes() {
    let mut allowed_count = 0;
    for grantee in [
        None,
        Some(Grantee::Account(CITY)),
        Some(Grantee::Group(Group::AllUsers)),
        Some(Grantee::Group(Group::AuthenticatedUsers)),
    ] {
        let grants = grantee.map(|grantee| Grant {
            grantee,
            permission: Permission::Read,
        });
        let is_to_group = matches!(grantee, Some(Grantee::Group(_)));
        for (owner, (role, own)) in [CITY, OTHER]
            .into_iter()
            .flat_map(|owner| combinations().map(move |says| (owner, says)))
        {
            let list = AccessList::new(owner, grants.into_iter().collect()).unwrap();
            let lists = AccessLists {
                object: AskedObject::Stored {
                    version: VersionId::from_bytes([9; 16]),
                    list: Some(&list),
                },
                ..AccessLists::default()
            };
            let by_role = role == Says::Allow;
            let is_let_in = if owner == CITY {
                by_role || is_to_group
            } else {
                by_role && grantee.is_some()
            };
            let expected = is_let_in && leaves(own) && !denies((role, own), Names::Nobody);
            let principal = session(role, own, "s3:GetObject");
            let told = is_allowed(&principal, owner, (None, Some(lists)));
            assert_eq!(told, expected, "{grantee:?} {owner} {role:?} {own:?}");
            allowed_count += usize::from(told);
        }
    }
    assert!(allowed_count > 10, "{allowed_count}");
}

/// The account that has begun an upload lists and ends it, as far as its own policies go.
#[test]
fn upload_is_its_beginners_as_far_as_its_own_policies_go() {
    for action in [
        Action::AbortMultipartUpload,
        Action::ListMultipartUploadParts,
    ] {
        for begun_by in [None, Some(OTHER), Some(CITY)] {
            for (role, own) in combinations() {
                let principal = session(role, own, action.name());
                let decision = decide(&Request {
                    principal: &principal,
                    action,
                    resource: Resource::Bucket(BucketResource {
                        begun_by,
                        ..bucket(OTHER)
                    }),
                    context: &NoContext,
                });
                let is_own = begun_by == Some(CITY);
                let expected = is_own && role == Says::Allow && leaves(own);
                let ground = expected.then_some(Ground::UploadBegun);
                assert_eq!(decision.ok(), ground, "{begun_by:?} {role:?} {own:?}");
            }
        }
    }
    let nobody = Principal::anonymous();
    let decision = decide(&Request {
        principal: &nobody,
        action: Action::AbortMultipartUpload,
        resource: Resource::Bucket(bucket(OTHER)),
        context: &NoContext,
    });
    assert_eq!(decision, Err(Ground::Nothing));
}

#[test]
fn session_may_what_the_manual_says_in_every_combination() {
    let mut allowed_count = 0;
    for names in NAMES {
        let policy = named(names).map(|(effect, principal)| {
            let text = format!(
                r#"{{"Statement":{{"Effect":"{effect}","Principal":{principal},
                   "Action":"s3:GetObject","Resource":"{OBJECT}"}}}}"#
            );
            Policy::parse(PolicyKind::Bucket, text.as_bytes()).unwrap()
        });
        for (role, own) in combinations() {
            let principal = session(role, own, "s3:GetObject");
            let asked = |owner| bucket_says(&principal, owner, policy.as_ref());
            let expected = [
                within_account((role, own), names),
                across_accounts((role, own), names),
            ];
            assert_eq!(
                [asked(CITY), asked(OTHER)],
                expected,
                "{names:?} {role:?} {own:?}"
            );
            allowed_count += expected
                .into_iter()
                .filter(|is_allowed| *is_allowed)
                .count();
        }
    }
    assert_eq!(allowed_count, 26);
}

fn role_says(principal: &Principal, owner: TenantId, trust: &Policy) -> Result<Ground, Ground> {
    let arn = role_arn(&AccountId::of(owner), "/", "second");
    decide(&Request {
        principal,
        action: Action::StsAssumeRole,
        resource: Resource::Role(RoleResource {
            owner,
            id: "AROA2",
            arn: &arn,
            trust,
        }),
        context: &NoContext,
    })
}

#[test]
fn role_is_taken_as_its_trust_says_in_every_combination() {
    for names in NAMES {
        let nobody = || ("Allow", r#"{"Service":"x.example"}"#.to_owned());
        let (effect, principal) = named(names).unwrap_or_else(nobody);
        let text = format!(
            r#"{{"Statement":{{"Effect":"{effect}","Principal":{principal},
               "Action":"sts:AssumeRole"}}}}"#
        );
        let trust = Policy::parse(PolicyKind::Trust, text.as_bytes()).unwrap();
        for (role, own) in combinations() {
            let taker = session(role, own, "sts:AssumeRole");
            let is_allowed = match names {
                Names::Session => true,
                Names::Role => leaves(own),
                Names::Account | Names::Everybody => role == Says::Allow && leaves(own),
                Names::DeniesEverybody | Names::Nobody => false,
            };
            let expected = is_allowed && !denies((role, own), names);
            let decision = role_says(&taker, CITY, &trust);
            let what = format!("{names:?} {role:?} {own:?}: {decision:?}");
            assert_eq!(decision.is_ok(), expected, "{what}");
            // Never from another account.
            assert_eq!(role_says(&taker, OTHER, &trust), Err(Ground::Nothing));
        }
        let root = Principal::root(CITY, "c0ffee", TenantStatus::Active);
        let refused = role_says(&root, CITY, &trust);
        assert_eq!(refused, Err(Ground::RootTakesNoRole));
        let refused = role_says(&Principal::anonymous(), CITY, &trust);
        assert_eq!(refused, Err(Ground::Nothing));
    }
}
