//! The two services and their actions.
//!
//! Owns: the table of actions, and which verifier a request of each service meets.

use crate::auth::{CredentialStore, RequestView, Verifier, claimed};
use crate::base::clock::Clock;
use crate::s3::query::error::QueryError;
use std::sync::Arc;

/// Region in whose scope clients sign requests to services that have none of their own: that of
/// AWS's global endpoints (botocore, `partitions.json`, `aws-global`).
const GLOBAL_REGION: &str = "us-east-1";

/// A service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// Users, groups, roles, keys, policies.
    Iam,
    /// Who am I, and credentials for a while.
    Sts,
}

impl Api {
    /// The version of its API.
    const fn version(self) -> &'static str {
        match self {
            Self::Iam => "2010-05-08",
            Self::Sts => "2011-06-15",
        }
    }

    /// The namespace of its answers.
    pub const fn namespace(self) -> &'static str {
        match self {
            Self::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
        }
    }
}

macro_rules! actions {
    ($($api:ident $($name:ident)*;)*) => {
        /// An action, spelled as AWS spells it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ApiAction {
            $($(
                #[doc = stringify!($name)]
                $name,
            )*)*
        }

        impl ApiAction {
            /// All of them.
            pub const ALL: &'static [Self] = &[$($(Self::$name,)*)*];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self {
                    $($(Self::$name => stringify!($name),)*)*
                }
            }

            /// Whose it is.
            pub const fn api(self) -> Api {
                match self {
                    $($(Self::$name => Api::$api,)*)*
                }
            }
        }
    };
}

actions! {
    Iam AddUserToGroup CreateAccessKey CreateGroup CreateRole CreateUser DeleteAccessKey DeleteGroup
        DeleteGroupPolicy DeleteRole DeleteRolePolicy DeleteUser DeleteUserPolicy
        GetAccessKeyLastUsed GetGroup GetGroupPolicy GetRole GetRolePolicy GetUser GetUserPolicy
        ListAccessKeys ListGroupPolicies ListGroups ListGroupsForUser ListRolePolicies ListRoles
        ListUserPolicies ListUsers PutGroupPolicy PutRolePolicy PutUserPolicy RemoveUserFromGroup
        UpdateAccessKey UpdateAssumeRolePolicy UpdateRole;
    Sts AssumeRole GetCallerIdentity GetSessionToken;
}

impl ApiAction {
    /// The action of a form.
    ///
    /// # Errors
    /// `InvalidAction` for one that there is not, or not in this version.
    pub fn find(name: &str, version: Option<&str>) -> Result<Self, QueryError> {
        let mut all = Self::ALL.iter().copied();
        let found = all.find(|action| action.name() == name);
        found
            .filter(|action| version.is_none_or(|version| version == action.api().version()))
            .ok_or_else(|| QueryError::no_such_action(name, version))
    }
}

/// The verifiers of both services, in each region that clients sign for.
#[derive(Debug)]
pub struct QueryVerifiers {
    iam: Vec<(String, Verifier)>,
    sts: Vec<(String, Verifier)>,
}

impl QueryVerifiers {
    /// Verifiers for the installation's region, the one of AWS's global endpoints, and none
    /// (s3-behaviour.md 2).
    pub fn new(region: &str, clock: &Arc<dyn Clock>, store: &Arc<dyn CredentialStore>) -> Self {
        let of_service = |service: &str| {
            let mut regions = vec![region, GLOBAL_REGION, ""];
            regions.dedup();
            let verifier = |region: &str| {
                let (clock, store) = (Arc::clone(clock), Arc::clone(store));
                let name = region.to_owned();
                let verifier = Verifier::with_service(name, service.to_owned(), clock, store);
                (region.to_owned(), verifier)
            };
            regions.into_iter().map(verifier).collect()
        };
        Self {
            iam: of_service("iam"),
            sts: of_service("sts"),
        }
    }

    /// The verifier that a request to a service meets: that of the region which it claims, or of
    /// ours, which then says so.
    pub fn of(&self, api: Api, view: &RequestView<'_>) -> Option<&Verifier> {
        let verifiers = match api {
            Api::Iam => &self.iam,
            Api::Sts => &self.sts,
        };
        let claimed = claimed(view).map(|claimed| claimed.region);
        let named = verifiers
            .iter()
            .find(|(region, _)| claimed.as_deref() == Some(region.as_str()));
        let (_, verifier) = named.or_else(|| verifiers.first())?;
        Some(verifier)
    }
}
