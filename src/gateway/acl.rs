//! Access control lists and object ownership.
//!
//! Owns: storing and telling them, the list that a new object begins with.
//! Not here: what lists say (`model::acl`), whom a list that is asked for names
//! (`gateway::acl_grantees`), what decisions see of them (`gateway::decision`).
//!
//! The bucket's list and what its header says of it change in one batch. A list that is what a
//! bucket or an object has without one is not stored.

use crate::base::kind::ErrorKind;
use crate::catalog::bucket_acl;
use crate::catalog::buckets::{self, BucketRecord};
use crate::catalog::error::CatalogError;
use crate::catalog::objects::ObjectRecord;
use crate::catalog::settings::{self, SettingsKind};
use crate::gateway::bucket_policy::ToldAccount;
use crate::gateway::decision::require;
use crate::gateway::error::GatewayError;
use crate::gateway::{Gateway, spend, spend_on};
use crate::iam::{Action, Permit};
use crate::model::acl::{AccessList, AskedAcl, CannedAcl, Grantee, Group, Permission};
use crate::model::id::TenantId;
use crate::model::object_key::ObjectKey;
use crate::model::ownership::{BucketList, ObjectOwnership};
use crate::model::versioning::VersionSelector;
use crate::storage::MetaBatch;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Why a list or an ownership is not taken.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum AclRefusal {
    /// Lists do not count in the bucket.
    #[error("bucket does not allow access control lists")]
    NotSupported,
    /// The document names another owner.
    #[error("access control list names another owner")]
    OtherOwner,
    /// The bucket's list grants something to others, and would not count any longer.
    #[error("bucket has an access control list that would not count")]
    OwnershipConflict,
    /// It is public, where public lists are blocked.
    #[error("public access control list is blocked by the bucket's public access block")]
    PublicBlocked,
    /// It is public, and public access to new buckets is blocked.
    #[error("public access control list of a new bucket is blocked")]
    PublicNewBucket,
    /// More grants than a list may have.
    #[error("access control list has too many grants")]
    TooManyGrants,
    /// Nobody, or more than one, has the e-mail address.
    #[error("no account has the e-mail address of a grant, or several have it")]
    UnknownEmail,
    /// Nobody has the canonical id.
    #[error("no account has the canonical id of a grant")]
    UnknownId,
}

impl AclRefusal {
    /// What the caller should do.
    pub fn kind(self) -> ErrorKind {
        match self {
            Self::OtherOwner | Self::PublicBlocked => ErrorKind::Denied,
            Self::OwnershipConflict => ErrorKind::Conflict,
            Self::NotSupported
            | Self::PublicNewBucket
            | Self::TooManyGrants
            | Self::UnknownEmail
            | Self::UnknownId => ErrorKind::Invalid,
        }
    }
}

/// A list as answers tell it.
#[derive(Clone, Debug)]
pub struct ToldAcl {
    /// The owner.
    pub owner: ToldAccount,
    /// The grants.
    pub grants: Vec<(ToldGrantee, Permission)>,
}

/// A grantee as answers tell it.
#[derive(Clone, Debug)]
pub enum ToldGrantee {
    /// An account.
    Account(ToldAccount),
    /// A group.
    Group(Group),
}

impl Gateway {
    /// The bucket's list as it counts.
    ///
    /// # Errors
    /// When keys or rows fail.
    pub async fn bucket_acl(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
    ) -> Result<ToldAcl, GatewayError> {
        spend(permit, Action::GetBucketAcl, bucket)?;
        let list = self.list_in_force(bucket).await?;
        self.told_acl(bucket, list.as_ref()).await
    }

    /// A list of the bucket or of an object in it as answers tell it; `None` is a private one of
    /// the bucket's owner.
    ///
    /// # Errors
    /// When the rows fail.
    pub async fn told_acl(
        &self,
        bucket: &BucketRecord,
        list: Option<&AccessList>,
    ) -> Result<ToldAcl, GatewayError> {
        let private = AccessList::private(bucket.tenant);
        let counting = list.filter(|_| bucket.ownership.allows_acls());
        let list = counting.unwrap_or(&private);
        let grantees = list
            .grants()
            .iter()
            .filter_map(|grant| match grant.grantee {
                Grantee::Account(account) => Some(account),
                Grantee::Group(_) => None,
            });
        let accounts = self.told_accounts(grantees.chain([list.owner()])).await?;
        let told = |account: TenantId| {
            let told = accounts.get(&account).cloned();
            told.ok_or(CatalogError::Inconsistent("account of a grant"))
        };
        let mut grants = Vec::new();
        for grant in list.grants() {
            let grantee = match grant.grantee {
                Grantee::Account(account) => ToldGrantee::Account(told(account)?),
                Grantee::Group(group) => ToldGrantee::Group(group),
            };
            grants.push((grantee, grant.permission));
        }
        let owner = told(list.owner())?;
        Ok(ToldAcl { owner, grants })
    }

    /// Accounts as answers tell them.
    ///
    /// # Errors
    /// When the rows fail.
    pub async fn told_accounts(
        &self,
        accounts: impl Iterator<Item = TenantId>,
    ) -> Result<HashMap<TenantId, ToldAccount>, GatewayError> {
        let mut told = HashMap::new();
        for account in accounts {
            if let Entry::Vacant(place) = told.entry(account) {
                place.insert(self.told_account(account).await?);
            }
        }
        Ok(told)
    }

    /// Sets the bucket's list.
    ///
    /// # Errors
    /// `Acl`, `NoSuchBucket`, or when keys or rows fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the list survives power loss and is in force.
    pub async fn set_bucket_acl(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        asked: &AskedAcl,
    ) -> Result<(), GatewayError> {
        spend(permit, Action::PutBucketAcl, bucket)?;
        let owner = bucket.tenant;
        let list = self.resolve(asked).await?.list(owner, owner)?;
        let bucket_key = self.sealing_key(bucket).await?;
        let document = bucket_acl::seal(bucket, &list, (&bucket_key, &*self.entropy))?;
        let kind = list.presence(owner);
        let apply = |record: &mut BucketRecord| {
            record.list = kind;
            admit(record, &list).is_ok()
        };
        let store = |batch: &mut MetaBatch| match kind {
            BucketList::None => settings::delete(batch, SettingsKind::Acl),
            BucketList::OwnerOnly | BucketList::Others => {
                settings::put(batch, SettingsKind::Acl, &document);
            }
        };
        if buckets::change_with(&*self.engine, bucket.bucket, apply, store).await? {
            return Ok(());
        }
        let now = self.find_bucket(&bucket.name).await?;
        admit(&now, &list)?;
        // It was refused, and would be taken by now.
        Err(GatewayError::Overtaken)
    }

    /// Sets the list of a version. Returns the version as answers name it. Its time stays
    /// (s3-behaviour.md 69), and so does its owner.
    ///
    /// # Errors
    /// `Acl`, and as [`Gateway::version_facts`].
    ///
    /// # Durability
    /// When this returns `Ok`, the change survives power loss.
    pub async fn set_object_acl(
        &self,
        permit: Permit,
        action: Action,
        (bucket, object_key): (&BucketRecord, &ObjectKey),
        selector: Option<VersionSelector>,
        asked: &AskedAcl,
    ) -> Result<Option<VersionSelector>, GatewayError> {
        let sight = spend_on(permit, action, bucket)?;
        let resolved = self.resolve(asked).await?;
        let change = |bucket: &BucketRecord, record: &mut ObjectRecord| {
            require(sight, record.plain.version)?;
            let old = record.secret.acl.as_ref();
            let owner = old.map_or(bucket.tenant, |list| list.owner());
            let list = resolved.list(owner, bucket.tenant)?;
            admit(bucket, &list)?;
            record.secret.acl = stored(list, bucket.tenant);
            Ok(())
        };
        self.rewrite(bucket, object_key, selector, change).await
    }

    /// The list that a write into the bucket asks for its object. What nobody has signed is the
    /// bucket owner's (AWS has an account of its own for it, which nobody can act for).
    ///
    /// # Errors
    /// `Acl`, or when the rows fail.
    pub async fn list_of_write(
        &self,
        bucket: &BucketRecord,
        writer: Option<TenantId>,
        asked: Option<&AskedAcl>,
    ) -> Result<Option<Box<AccessList>>, GatewayError> {
        if !bucket.ownership.allows_acls() {
            return Ok(None);
        }
        let private = AskedAcl::Canned(CannedAcl::Private);
        let asked = asked.unwrap_or(&private);
        let hands_over = bucket.ownership == ObjectOwnership::BucketOwnerPreferred
            && *asked == AskedAcl::Canned(CannedAcl::BucketOwnerFullControl);
        let owner = match writer {
            Some(writer) if !hands_over => writer,
            Some(_) | None => bucket.tenant,
        };
        let list = self.resolve(asked).await?.list(owner, bucket.tenant)?;
        admit(bucket, &list)?;
        Ok(stored(list, bucket.tenant))
    }

    /// The list that a new bucket asks for; `None` when it is private.
    ///
    /// # Errors
    /// `Acl`, or when the rows fail.
    pub(in crate::gateway) async fn list_of_bucket(
        &self,
        owner: TenantId,
        ownership: ObjectOwnership,
        asked: &AskedAcl,
    ) -> Result<Option<AccessList>, GatewayError> {
        let list = self.resolve(asked).await?.list(owner, owner)?;
        if list.grants_others() && !ownership.allows_acls() {
            return Err(AclRefusal::OwnershipConflict.into());
        }
        if list.is_public() && self.blocks_public_access {
            return Err(AclRefusal::PublicNewBucket.into());
        }
        Ok((!list.is_private_of(owner)).then_some(list))
    }

    /// Who owns what is written into the bucket.
    ///
    /// # Errors
    /// `WrongPermit`.
    pub fn ownership(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
    ) -> Result<ObjectOwnership, GatewayError> {
        spend(permit, Action::GetBucketOwnershipControls, bucket)?;
        Ok(bucket.ownership)
    }

    /// Sets who owns what is written into the bucket.
    ///
    /// # Errors
    /// `Acl` while the bucket's list grants something to others that would not count any longer;
    /// `NoSuchBucket`, or when the rows fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the setting survives power loss and is in force.
    pub async fn set_ownership(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        ownership: ObjectOwnership,
    ) -> Result<(), GatewayError> {
        spend(permit, Action::PutBucketOwnershipControls, bucket)?;
        let apply = |record: &mut BucketRecord| {
            record.ownership = ownership;
            ownership.allows_acls() || record.list != BucketList::Others
        };
        if buckets::change(&*self.engine, bucket.bucket, apply).await? {
            Ok(())
        } else {
            Err(AclRefusal::OwnershipConflict.into())
        }
    }
}

/// Whether a list may be set in a bucket.
fn admit(bucket: &BucketRecord, list: &AccessList) -> Result<(), AclRefusal> {
    if !bucket.ownership.allows_acls() {
        return Err(AclRefusal::NotSupported);
    }
    if list.is_public() && bucket.access.block().block_public_acls {
        return Err(AclRefusal::PublicBlocked);
    }
    Ok(())
}

/// The list that an object gets at its commit: what was asked for when the write began may not be
/// taken by now.
///
/// # Errors
/// `PublicBlocked`.
pub(in crate::gateway) fn list_at_commit(
    bucket: &BucketRecord,
    asked: Option<&AccessList>,
) -> Result<Option<Box<AccessList>>, AclRefusal> {
    match asked {
        Some(list) if bucket.ownership.allows_acls() => {
            admit(bucket, list)?;
            Ok(stored(list.clone(), bucket.tenant))
        }
        Some(_) | None => Ok(None),
    }
}

/// The list as an object's record has it.
fn stored(list: AccessList, bucket_owner: TenantId) -> Option<Box<AccessList>> {
    (!list.is_private_of(bucket_owner)).then(|| Box::new(list))
}

#[cfg(test)]
#[path = "acl_tests.rs"]
mod tests;
