//! From an access control list that is asked for to accounts.
//!
//! Owns: finding the grantees and the owner that a request names.
//! Not here: whether a list is taken, and what becomes of it (`gateway::acl`).

use crate::catalog::tenants::{self, TenantRecord};
use crate::gateway::Gateway;
use crate::gateway::acl::AclRefusal;
use crate::gateway::error::GatewayError;
use crate::model::acl::{
    AccessList, AskedAcl, CannedAcl, GRANTS_MAX, Grant, Grantee, NamedGrant, NamedGrantee,
};
use crate::model::id::TenantId;
use std::collections::HashMap;

/// A list that was asked for, its grantees found.
#[derive(Debug)]
pub(in crate::gateway) enum Resolved {
    /// By its name.
    Canned(CannedAcl),
    /// By grants.
    Grants {
        /// The owner that it names.
        owner: Option<TenantId>,
        /// What it grants.
        grants: Vec<Grant>,
    },
}

impl Resolved {
    /// The list of something that an account owns, in a bucket of `bucket_owner`.
    ///
    /// # Errors
    /// `OtherOwner`, `TooManyGrants`.
    pub(in crate::gateway) fn list(
        &self,
        owner: TenantId,
        bucket_owner: TenantId,
    ) -> Result<AccessList, AclRefusal> {
        match self {
            Self::Canned(canned) => Ok(AccessList::canned(*canned, owner, bucket_owner)),
            Self::Grants { owner: named, .. } if named.is_some_and(|named| named != owner) => {
                Err(AclRefusal::OtherOwner)
            }
            Self::Grants { grants, .. } => {
                AccessList::new(owner, grants.clone()).map_err(|_many| AclRefusal::TooManyGrants)
            }
        }
    }
}

impl Gateway {
    /// Finds the grantees of a list that is asked for.
    ///
    /// # Errors
    /// `Acl`, or when the rows fail.
    pub(in crate::gateway) async fn resolve(
        &self,
        asked: &AskedAcl,
    ) -> Result<Resolved, GatewayError> {
        let (owner, grants) = match asked {
            AskedAcl::Canned(canned) => return Ok(Resolved::Canned(*canned)),
            AskedAcl::Document { owner, grants } => (Some(owner), grants),
            AskedAcl::Grants(grants) => (None, grants),
        };
        // Before anybody is looked for: a document may name many more.
        if grants.len() > GRANTS_MAX {
            return Err(AclRefusal::TooManyGrants.into());
        }
        let tenants = tenants::list(&*self.engine).await?;
        let accounts = Accounts::of(&tenants);
        let owner = owner.map(|id| accounts.by_id(id).ok_or(AclRefusal::OtherOwner));
        let grants = grants.iter().map(|named| accounts.grant(named));
        Ok(Resolved::Grants {
            owner: owner.transpose()?,
            grants: grants.collect::<Result<_, _>>()?,
        })
    }
}

/// The accounts, by what grants name them by.
struct Accounts<'a> {
    ids: HashMap<&'a str, TenantId>,
    /// In lower case; `None` for an address that several have.
    emails: HashMap<String, Option<TenantId>>,
}

impl<'a> Accounts<'a> {
    fn of(tenants: &'a [TenantRecord]) -> Self {
        let ids = tenants.iter();
        let ids = ids.map(|own| (own.canonical_id.as_str(), own.tenant));
        let mut emails = HashMap::new();
        for own in tenants.iter().filter(|own| !own.email.is_empty()) {
            let place = emails.entry(own.email.to_ascii_lowercase());
            place
                .and_modify(|only| *only = None)
                .or_insert(Some(own.tenant));
        }
        Self {
            ids: ids.collect(),
            emails,
        }
    }

    fn by_id(&self, id: &str) -> Option<TenantId> {
        self.ids.get(id).copied()
    }

    fn by_email(&self, email: &str) -> Option<TenantId> {
        let found = self.emails.get(&email.to_ascii_lowercase());
        found.copied().flatten()
    }

    fn grant(&self, named: &NamedGrant) -> Result<Grant, AclRefusal> {
        let account = |found: Option<TenantId>, refusal| found.map(Grantee::Account).ok_or(refusal);
        let grantee = match &named.grantee {
            NamedGrantee::CanonicalUser(id) => account(self.by_id(id), AclRefusal::UnknownId)?,
            NamedGrantee::Email(email) => account(self.by_email(email), AclRefusal::UnknownEmail)?,
            NamedGrantee::Group(group) => Grantee::Group(*group),
        };
        Ok(Grant {
            grantee,
            permission: named.permission,
        })
    }
}
