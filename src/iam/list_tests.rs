//! Who reads an object, for every combination of whose it is, who asks, what its list grants and
//! what policies say, by the words of the manual (S3 User Guide, "How Amazon S3 authorizes a
//! request for an object operation").

use crate::iam::action::Action;
use crate::iam::authorize::{authorize, decide};
use crate::iam::ground::Ground;
use crate::iam::lists::{AccessLists, AskedObject, Sight};
use crate::iam::policy::arn::user_arn;
use crate::iam::policy::evaluate::NoContext;
use crate::iam::policy::{Caller, Policy, PolicyKind};
use crate::iam::principal::{AttachedPolicy, Principal};
use crate::iam::resource::{BucketResource, Request, Resource};
use crate::model::acl::{AccessList, Grant, Grantee, Group, Permission};
use crate::model::id::{BucketId, TenantId, VersionId};
use crate::model::tenant::{AccountId, TenantStatus};
use std::sync::Arc;

/// Owns the bucket.
const CITY: TenantId = TenantId::from_bytes([1; 16]);
/// Has written the object, in half of the cases.
const WRITER: TenantId = TenantId::from_bytes([2; 16]);
const OTHER: TenantId = TenantId::from_bytes([3; 16]);
const VERSION: VersionId = VersionId::from_bytes([9; 16]);
const ACTION: Action = Action::GetObject;

/// What a policy says to everybody whom it is about.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Says {
    Allow,
    Deny,
    Nothing,
}

const SAYS: [Says; 3] = [Says::Allow, Says::Deny, Says::Nothing];

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    Nobody,
    Root(TenantId),
    /// With what its own policy says.
    User(TenantId, Says),
}

impl By {
    fn all() -> Vec<Self> {
        let mut all = vec![Self::Nobody];
        for account in [CITY, WRITER, OTHER] {
            all.push(Self::Root(account));
            all.extend(SAYS.map(|says| Self::User(account, says)));
        }
        all
    }

    fn tenant(self) -> Option<TenantId> {
        match self {
            Self::Nobody => None,
            Self::Root(tenant) | Self::User(tenant, _) => Some(tenant),
        }
    }

    /// What its own policies say; a root may do everything.
    fn says(self) -> Says {
        match self {
            Self::Nobody => Says::Nothing,
            Self::Root(_) => Says::Allow,
            Self::User(_, says) => says,
        }
    }

    fn principal(self) -> Principal {
        let status = TenantStatus::Active;
        match self {
            Self::Nobody => Principal::anonymous(),
            Self::Root(tenant) => Principal::root(tenant, "c0ffee", status),
            Self::User(tenant, says) => {
                let account = AccountId::of(tenant);
                Principal {
                    tenant: Some(tenant),
                    caller: Caller::User {
                        account,
                        arn: user_arn(&account, "/", "ana").into(),
                        id: "AIDA".into(),
                        name: "ana".into(),
                    },
                    policies: policy(PolicyKind::Identity, says)
                        .map(|policy| AttachedPolicy {
                            label: "a policy".into(),
                            policy: Arc::new(policy),
                        })
                        .into_iter()
                        .collect(),
                    session: None,
                    status,
                }
            }
        }
    }
}

fn policy(kind: PolicyKind, says: Says) -> Option<Policy> {
    let effect = match says {
        Says::Allow => "Allow",
        Says::Deny => "Deny",
        Says::Nothing => return None,
    };
    let whom = match kind {
        PolicyKind::Bucket => r#""Principal":"*","#,
        _ => "",
    };
    let resource = "arn:aws:s3:::records/*";
    let text = format!(
        r#"{{"Statement":{{"Effect":"{effect}",{whom}"Action":"s3:*","Resource":"{resource}"}}}}"#
    );
    Some(Policy::parse(kind, text.as_bytes()).unwrap())
}

/// Whom the list grants READ.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Grants {
    Everybody,
    Nobody,
    Other,
    Signers,
}

const GRANTS: [Grants; 4] = [
    Grants::Everybody,
    Grants::Nobody,
    Grants::Other,
    Grants::Signers,
];

fn list(owner: TenantId, grants: Grants) -> AccessList {
    let grantee = match grants {
        Grants::Everybody => Grantee::Group(Group::AllUsers),
        Grants::Nobody => Grantee::Group(Group::LogDelivery),
        Grants::Other => Grantee::Account(OTHER),
        Grants::Signers => Grantee::Group(Group::AuthenticatedUsers),
    };
    let grant = Grant {
        grantee,
        permission: Permission::Read,
    };
    AccessList::new(owner, vec![grant]).unwrap()
}

fn resource<'a>(policy: Option<&'a Policy>, lists: Option<AccessLists<'a>>) -> BucketResource<'a> {
    BucketResource {
        bucket: BucketId::from_bytes([7; 16]),
        owner: CITY,
        owner_status: TenantStatus::Active,
        name: "records",
        object_key: Some("a"),
        policy,
        binds_root: false,
        restricts_public: false,
        lists,
        begun_by: None,
    }
}

fn decided(by: By, bucket: BucketResource<'_>) -> Result<Ground, Ground> {
    decide(&Request {
        principal: &by.principal(),
        action: ACTION,
        resource: Resource::Bucket(bucket),
        context: &NoContext,
    })
}

/// By the words of the manual.
fn expected(by: By, (owner, grants): (TenantId, Grants), says: Says, ignores_public: bool) -> bool {
    if says == Says::Deny || by.says() == Says::Deny {
        return false;
    }
    let by_policy = says == Says::Allow && owner == CITY;
    let to_group = match grants {
        Grants::Everybody => !ignores_public,
        Grants::Signers => !ignores_public && by != By::Nobody,
        Grants::Nobody | Grants::Other => false,
    };
    if by.tenant() == Some(owner) {
        return by.says() == Says::Allow || by_policy || to_group;
    }
    let to_account = grants == Grants::Other && by.tenant() == Some(OTHER);
    let is_let_in = by_policy || to_group || to_account;
    is_let_in && (by == By::Nobody || by.says() == Says::Allow)
}

#[test]
fn decision_is_what_the_manual_says() {
    let mut counts = [0, 0];
    for (owner, grants) in [CITY, WRITER]
        .into_iter()
        .flat_map(|owner| GRANTS.map(|grants| (owner, grants)))
    {
        let list = list(owner, grants);
        for (by, says) in By::all()
            .into_iter()
            .flat_map(|by| SAYS.map(|says| (by, says)))
        {
            for ignores_public in [false, true] {
                let policy = policy(PolicyKind::Bucket, says);
                let lists = AccessLists {
                    object: AskedObject::Stored {
                        version: VERSION,
                        list: Some(&list),
                    },
                    ignores_public,
                    ..AccessLists::default()
                };
                let decision = decided(by, resource(policy.as_ref(), Some(lists)));
                let expected = expected(by, (owner, grants), says, ignores_public);
                let what = format!("{owner} {grants:?} {by:?} {says:?} {ignores_public}");
                assert_eq!(decision.is_ok(), expected, "{what}: {decision:?}");
                counts[usize::from(expected)] += 1;
                // A list never takes anything away from the bucket owner's own.
                if owner == CITY && decided(by, resource(policy.as_ref(), None)).is_ok() {
                    assert!(expected, "{what}");
                }
            }
        }
    }
    assert!(counts.iter().all(|count| *count > 50), "{counts:?}");
}

#[test]
fn permit_is_for_the_object_that_was_decided_about() {
    let public = list(CITY, Grants::Everybody);
    let permit = |by: By, action: Action, lists: Option<AccessLists<'_>>| {
        let permit = authorize(&Request {
            principal: &by.principal(),
            action,
            resource: Resource::Bucket(resource(None, lists)),
            context: &NoContext,
        });
        permit.unwrap().sight()
    };
    let stored = AccessLists {
        object: AskedObject::Stored {
            version: VERSION,
            list: Some(&public),
        },
        ..AccessLists::default()
    };
    for by in [By::Nobody, By::Root(CITY)] {
        assert_eq!(permit(by, ACTION, Some(stored)), Sight::Version(VERSION));
    }
    let city = By::Root(CITY);
    let absent = AccessLists::default();
    assert_eq!(permit(city, ACTION, Some(absent)), Sight::Nothing);
    assert_eq!(permit(city, ACTION, None), Sight::Any);
    assert_eq!(permit(city, Action::DeleteObject, Some(stored)), Sight::Any);
    assert_eq!(permit(city, Action::PutObject, Some(stored)), Sight::Any);
}
