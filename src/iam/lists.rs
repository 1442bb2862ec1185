//! What access control lists add to a decision: one more thing that may allow, never one that
//! denies.
//!
//! Owns: which permission an action needs of which list, whose an object is.
//! Not here: what a list says (`model::acl`), the decision (`authorize`).
//!
//! Source: Amazon S3 User Guide, "Access control list (ACL) overview", "Mapping of ACL permissions
//! and access policy permissions"; "How Amazon S3 authorizes a request for an object operation".
//! 1. An object is its owner's: in what is asked about it the owner's account stands where the
//!    bucket's stands otherwise, and the bucket's policy can deny it, not allow it.
//! 2. Writing, deleting, locking and listing stay the bucket owner's.
//! 3. An object that is not there has no list; who may list the bucket is told that it is not.

use crate::iam::action::Action;
use crate::iam::ground::{Ground, ListOf};
use crate::iam::policy::principal::Named;
use crate::model::acl::{AccessList, Grantee, Permission};
use crate::model::id::{TenantId, VersionId};

/// The object that an action is done to.
#[derive(Clone, Copy, Debug, Default)]
pub enum AskedObject<'a> {
    /// There is none of this key and version.
    #[default]
    Absent,
    /// The one that the request makes.
    New,
    /// This one.
    Stored {
        /// Its version, as the rows have it.
        version: VersionId,
        /// Its list; without one it is private and the bucket owner's.
        list: Option<&'a AccessList>,
    },
}

/// Lists of a bucket where they count.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccessLists<'a> {
    /// The bucket's own; without one it is private.
    pub bucket: Option<&'a AccessList>,
    /// The object, for actions that its owner decides about.
    pub object: AskedObject<'a>,
    /// Whether grants to everybody and to whoever signs do not count.
    pub ignores_public: bool,
}

/// What was seen of an object when it was decided about: the decision is good for this alone, not
/// for what has taken its place since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sight {
    /// The decision did not depend on the object.
    #[default]
    Any,
    /// There was none.
    Nothing,
    /// This version.
    Version(VersionId),
}

impl Sight {
    /// Whether the decision is good for a version.
    pub fn is_of(self, version: VersionId) -> bool {
        match self {
            Self::Any => true,
            Self::Nothing => false,
            Self::Version(seen) => seen == version,
        }
    }
}

impl AccessLists<'_> {
    /// Whose the thing is that the action is done to, if not the bucket owner's.
    pub(in crate::iam) fn object_owner(&self, action: Action) -> Option<TenantId> {
        match self.object {
            AskedObject::Stored {
                list: Some(list), ..
            } if action.is_object_owners() => Some(list.owner()),
            AskedObject::Stored { .. } | AskedObject::Absent | AskedObject::New => None,
        }
    }

    /// What a decision about the action has seen.
    pub(in crate::iam) fn sight(&self, action: Action) -> Sight {
        if !action.is_object_owners() {
            return Sight::Any;
        }
        match self.object {
            AskedObject::Absent => Sight::Nothing,
            AskedObject::New => Sight::Any,
            AskedObject::Stored { version, .. } => Sight::Version(version),
        }
    }

    /// What in the lists allows the action to a caller of an account, `None` for who does not sign,
    /// and how it names the caller.
    pub(in crate::iam) fn allow(
        &self,
        action: Action,
        caller: Option<TenantId>,
    ) -> Option<(Ground, Named)> {
        let (of, list, needed) = self.asked(action)?;
        let grant = list.find(caller, needed, !self.ignores_public)?;
        let named = match list.grants().get(grant)?.grantee {
            Grantee::Account(_) => Named::ByAccount,
            Grantee::Group(_) => Named::Itself,
        };
        Some((Ground::Grant { of, grant }, named))
    }

    /// The list that is asked, and for what.
    fn asked(&self, action: Action) -> Option<(ListOf, &AccessList, Permission)> {
        let of_object = of_object(action);
        let (of, list, needed) = match (of_object, self.object) {
            (Some(needed), AskedObject::Stored { list, .. }) => (ListOf::Object, list, needed),
            // Its writer decides about the list of what it writes.
            (Some(Permission::WriteAcp), AskedObject::New) => {
                (ListOf::Bucket, self.bucket, Permission::Write)
            }
            (Some(_), AskedObject::New) => return None,
            (Some(_), AskedObject::Absent) => (ListOf::Bucket, self.bucket, Permission::Read),
            (None, _) => (ListOf::Bucket, self.bucket, of_bucket(action)?),
        };
        Some((of, list?, needed))
    }
}

/// What an action needs of the object's list.
const fn of_object(action: Action) -> Option<Permission> {
    match action {
        Action::GetObject
        | Action::GetObjectAttributes
        | Action::GetObjectVersion
        | Action::GetObjectVersionAttributes => Some(Permission::Read),
        Action::GetObjectAcl | Action::GetObjectVersionAcl => Some(Permission::ReadAcp),
        Action::PutObjectAcl | Action::PutObjectVersionAcl => Some(Permission::WriteAcp),
        _ => None,
    }
}

/// What an action needs of the bucket's list.
const fn of_bucket(action: Action) -> Option<Permission> {
    match action {
        Action::ListBucket | Action::ListBucketMultipartUploads | Action::ListBucketVersions => {
            Some(Permission::Read)
        }
        // Not the destruction of a version: that is the bucket owner's.
        Action::DeleteObject | Action::PutObject => Some(Permission::Write),
        Action::GetBucketAcl => Some(Permission::ReadAcp),
        Action::PutBucketAcl => Some(Permission::WriteAcp),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::acl::CannedAcl;

    const CITY: TenantId = TenantId::from_bytes([1; 16]);
    const WRITER: TenantId = TenantId::from_bytes([2; 16]);
    const OTHER: TenantId = TenantId::from_bytes([3; 16]);
    const VERSION: VersionId = VersionId::from_bytes([9; 16]);

    fn stored(list: &AccessList) -> AskedObject<'_> {
        AskedObject::Stored {
            version: VERSION,
            list: Some(list),
        }
    }

    fn allowed(lists: &AccessLists<'_>, caller: Option<TenantId>) -> Vec<&'static str> {
        let all = Action::ALL.iter().copied();
        let allowed = all.filter(|action| lists.allow(*action, caller).is_some());
        allowed.map(Action::name).collect()
    }

    #[test]
    fn point_68_permissions_of_a_bucket_allow_what_the_manual_says() {
        let list = AccessList::canned(CannedAcl::PublicReadWrite, CITY, CITY);
        let private = AccessList::private(WRITER);
        let lists = AccessLists {
            bucket: Some(&list),
            object: stored(&private),
            ..AccessLists::default()
        };
        let expected = [
            "s3:DeleteObject",
            "s3:ListBucket",
            "s3:ListBucketMultipartUploads",
            "s3:ListBucketVersions",
            "s3:PutObject",
        ];
        assert_eq!(allowed(&lists, None), expected);
        let ignoring = AccessLists {
            ignores_public: true,
            ..lists
        };
        assert_eq!(allowed(&ignoring, None), Vec::<&str>::new());
        let full = AccessList::private(CITY);
        let of_city = AccessLists {
            bucket: Some(&full),
            ..lists
        };
        let with_lists = [&["s3:DeleteObject", "s3:GetBucketAcl"], &expected[1..4]].concat();
        let with_lists = [&with_lists[..], &["s3:PutBucketAcl", "s3:PutObject"]].concat();
        assert_eq!(allowed(&of_city, Some(CITY)), with_lists);
        assert_eq!(allowed(&of_city, Some(OTHER)), Vec::<&str>::new());
    }

    #[test]
    fn permissions_of_an_object_allow_nothing_of_the_bucket() {
        let list = AccessList::canned(CannedAcl::PublicReadWrite, WRITER, CITY);
        let lists = AccessLists {
            object: stored(&list),
            ..AccessLists::default()
        };
        let reads = [
            "s3:GetObject",
            "s3:GetObjectAttributes",
            "s3:GetObjectVersion",
            "s3:GetObjectVersionAttributes",
        ];
        assert_eq!(allowed(&lists, None), reads);
        let mut all = [&reads[..], &["s3:GetObjectAcl", "s3:GetObjectVersionAcl"]].concat();
        all.extend(["s3:PutObjectAcl", "s3:PutObjectVersionAcl"]);
        all.sort_unstable();
        assert_eq!(allowed(&lists, Some(WRITER)), all);
        assert_eq!(lists.object_owner(Action::GetObject), Some(WRITER));
        assert_eq!(lists.object_owner(Action::DeleteObjectVersion), None);
        assert_eq!(lists.object_owner(Action::PutObjectRetention), None);
        assert_eq!(lists.object_owner(Action::PutObject), None);
    }

    #[test]
    fn what_is_not_there_is_told_to_who_may_list() {
        let list = AccessList::canned(CannedAcl::PublicRead, CITY, CITY);
        let lists = AccessLists {
            bucket: Some(&list),
            ..AccessLists::default()
        };
        let grant = Ground::Grant {
            of: ListOf::Bucket,
            grant: 0,
        };
        let found = lists.allow(Action::GetObject, None);
        assert_eq!(found, Some((grant, Named::Itself)));
        assert_eq!(lists.sight(Action::GetObject), Sight::Nothing);
        assert!(!Sight::Nothing.is_of(VERSION) && Sight::Any.is_of(VERSION));
        assert_eq!(lists.sight(Action::ListBucket), Sight::Any);
        let new = AccessLists {
            object: AskedObject::New,
            ..lists
        };
        assert_eq!(new.allow(Action::PutObjectAcl, None), None);
    }
}
