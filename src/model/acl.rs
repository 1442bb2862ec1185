//! Access control lists: who may do what to a bucket or an object beside its owner.
//!
//! Owns: permissions, grantees, lists and the canned ones, the order in which grants are told.
//! Not here: which action needs which permission (`iam::lists`), how a list is stored
//! (`catalog::fields`), headers and documents (`s3`).
//!
//! Source: Amazon S3 User Guide, "Access control list (ACL) overview".

use crate::model::id::TenantId;
use crate::model::ownership::BucketList;

/// Grants of a list at most (User Guide, "Access control list (ACL) overview").
pub const GRANTS_MAX: usize = 100;

/// What a grant lets its grantee do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// All of the others.
    FullControl,
    /// Of a bucket: list it. Of an object: read it.
    Read,
    /// Read the list itself.
    ReadAcp,
    /// Of a bucket: write, overwrite and delete objects. Of an object: nothing.
    Write,
    /// Change the list itself.
    WriteAcp,
}

impl Permission {
    /// All of them, in the order in which grants of headers are told (s3-behaviour.md 65).
    pub const ALL: [Self; 5] = [
        Self::Read,
        Self::Write,
        Self::ReadAcp,
        Self::WriteAcp,
        Self::FullControl,
    ];

    /// The word in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FullControl => "FULL_CONTROL",
            Self::Read => "READ",
            Self::ReadAcp => "READ_ACP",
            Self::Write => "WRITE",
            Self::WriteAcp => "WRITE_ACP",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.name() == text)
    }

    /// The stored form.
    pub const fn to_stored(self) -> u8 {
        match self {
            Self::FullControl => 1,
            Self::Read => 2,
            Self::ReadAcp => 3,
            Self::Write => 4,
            Self::WriteAcp => 5,
        }
    }

    /// Reads the stored form.
    pub fn from_stored(stored: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.to_stored() == stored)
    }

    /// Whether it is that permission or holds it.
    pub fn covers(self, needed: Self) -> bool {
        self == needed || self == Self::FullControl
    }
}

/// Many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Everybody, also who does not sign.
    AllUsers,
    /// Whoever signs.
    AuthenticatedUsers,
    /// Those who deliver logs on AWS: kept and told, and nobody here.
    LogDelivery,
}

impl Group {
    const ALL: [Self; 3] = [Self::AllUsers, Self::AuthenticatedUsers, Self::LogDelivery];

    /// The name in documents and headers.
    pub const fn uri(self) -> &'static str {
        match self {
            Self::AllUsers => "http://acs.amazonaws.com/groups/global/AllUsers",
            Self::AuthenticatedUsers => "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
            Self::LogDelivery => "http://acs.amazonaws.com/groups/s3/LogDelivery",
        }
    }

    /// Reads the name.
    pub fn parse(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.uri() == uri)
    }

    /// Whether what it is granted is public.
    pub const fn is_public(self) -> bool {
        matches!(self, Self::AllUsers | Self::AuthenticatedUsers)
    }
}

/// Whom a grant is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grantee {
    /// An account: its root, and whom of its users it lets.
    Account(TenantId),
    /// A group.
    Group(Group),
}

/// One grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// For whom.
    pub grantee: Grantee,
    /// What.
    pub permission: Permission,
}

impl Grant {
    /// Everything, for an account.
    pub const fn full(account: TenantId) -> Self {
        Self {
            grantee: Grantee::Account(account),
            permission: Permission::FullControl,
        }
    }

    const fn to_group(group: Group, permission: Permission) -> Self {
        Self {
            grantee: Grantee::Group(group),
            permission,
        }
    }
}

/// A list has more grants than it may.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[error("access control list has more than {GRANTS_MAX} grants")]
pub struct TooManyGrants;

/// The list of a bucket or of a version of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessList {
    owner: TenantId,
    grants: Vec<Grant>,
}

impl AccessList {
    /// The owner has everything, nobody else anything.
    pub fn private(owner: TenantId) -> Self {
        Self {
            owner,
            grants: vec![Grant::full(owner)],
        }
    }

    /// A list of these grants. They are told with groups first and otherwise as they were given
    /// (s3-behaviour.md 63, 65).
    ///
    /// # Errors
    /// `TooManyGrants`.
    pub fn new(owner: TenantId, mut grants: Vec<Grant>) -> Result<Self, TooManyGrants> {
        if grants.len() > GRANTS_MAX {
            return Err(TooManyGrants);
        }
        grants.sort_by_key(|grant| matches!(grant.grantee, Grantee::Account(_)));
        Ok(Self { owner, grants })
    }

    /// What a canned list is for an owner, in a bucket of `bucket_owner`. For a bucket itself both
    /// are the same, and those that name the bucket's owner are private, as on AWS.
    pub fn canned(canned: CannedAcl, owner: TenantId, bucket_owner: TenantId) -> Self {
        let all = |permission| Grant::to_group(Group::AllUsers, permission);
        let to_bucket_owner = |permission| Grant {
            grantee: Grantee::Account(bucket_owner),
            permission,
        };
        let logs = |permission| Grant::to_group(Group::LogDelivery, permission);
        let full = Grant::full(owner);
        let is_own = owner == bucket_owner;
        let grants = match canned {
            CannedAcl::PublicRead => vec![all(Permission::Read), full],
            CannedAcl::PublicReadWrite => {
                vec![all(Permission::Read), all(Permission::Write), full]
            }
            CannedAcl::AuthenticatedRead => {
                let group = Group::AuthenticatedUsers;
                vec![Grant::to_group(group, Permission::Read), full]
            }
            CannedAcl::BucketOwnerRead if !is_own => {
                vec![full, to_bucket_owner(Permission::Read)]
            }
            CannedAcl::BucketOwnerFullControl if !is_own => {
                vec![full, to_bucket_owner(Permission::FullControl)]
            }
            CannedAcl::LogDeliveryWrite => {
                vec![logs(Permission::Write), logs(Permission::ReadAcp), full]
            }
            CannedAcl::BucketOwnerFullControl | CannedAcl::BucketOwnerRead | CannedAcl::Private => {
                vec![full]
            }
        };
        Self { owner, grants }
    }

    /// Whose the bucket or object is.
    pub fn owner(&self) -> TenantId {
        self.owner
    }

    /// The grants in the order in which they are told.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// Whether it is what an owner has without any list.
    pub fn is_private_of(&self, owner: TenantId) -> bool {
        self.owner == owner && self.grants == [Grant::full(owner)]
    }

    /// Whether it grants anything to anybody but its owner.
    pub fn grants_others(&self) -> bool {
        let is_other = |grant: &Grant| grant.grantee != Grantee::Account(self.owner);
        self.grants.iter().any(is_other)
    }

    /// What the header of a bucket of this owner says of it.
    pub fn presence(&self, owner: TenantId) -> BucketList {
        if self.is_private_of(owner) {
            BucketList::None
        } else if self.grants_others() {
            BucketList::Others
        } else {
            BucketList::OwnerOnly
        }
    }

    /// Whether it grants anything to everybody, or to whoever signs (s3-behaviour.md 77, 78).
    pub fn is_public(&self) -> bool {
        let is_public = |grant: &Grant| match grant.grantee {
            Grantee::Account(_) => false,
            Grantee::Group(group) => group.is_public(),
        };
        self.grants.iter().any(is_public)
    }

    /// The first grant that gives a caller a permission, counted from 0: one to a group before one
    /// to its account. `caller` is its account, `None` for who does not sign; without `with_groups`
    /// those to groups do not count.
    pub fn find(
        &self,
        caller: Option<TenantId>,
        needed: Permission,
        with_groups: bool,
    ) -> Option<usize> {
        let is_for = |grantee: Grantee| match grantee {
            Grantee::Account(account) => Some(account) == caller,
            Grantee::Group(Group::AllUsers) => with_groups,
            Grantee::Group(Group::AuthenticatedUsers) => with_groups && caller.is_some(),
            Grantee::Group(Group::LogDelivery) => false,
        };
        let mut grants = self.grants.iter();
        grants.position(|grant| grant.permission.covers(needed) && is_for(grant.grantee))
    }
}

/// A list by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CannedAcl {
    /// `authenticated-read`
    AuthenticatedRead,
    /// `bucket-owner-full-control`
    BucketOwnerFullControl,
    /// `bucket-owner-read`
    BucketOwnerRead,
    /// `log-delivery-write`
    LogDeliveryWrite,
    /// `private`
    Private,
    /// `public-read`
    PublicRead,
    /// `public-read-write`
    PublicReadWrite,
}

impl CannedAcl {
    const ALL: [Self; 7] = [
        Self::AuthenticatedRead,
        Self::BucketOwnerFullControl,
        Self::BucketOwnerRead,
        Self::LogDeliveryWrite,
        Self::Private,
        Self::PublicRead,
        Self::PublicReadWrite,
    ];

    /// The name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthenticatedRead => "authenticated-read",
            Self::BucketOwnerFullControl => "bucket-owner-full-control",
            Self::BucketOwnerRead => "bucket-owner-read",
            Self::LogDeliveryWrite => "log-delivery-write",
            Self::Private => "private",
            Self::PublicRead => "public-read",
            Self::PublicReadWrite => "public-read-write",
        }
    }

    /// Reads the name. `aws-exec-read` is none here: it is for a service that is not.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|canned| canned.name() == text)
    }
}

/// A grantee as a request names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedGrantee {
    /// By its canonical id.
    CanonicalUser(String),
    /// By its e-mail address.
    Email(String),
    /// A group.
    Group(Group),
}

/// A grant as a request names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedGrant {
    /// For whom.
    pub grantee: NamedGrantee,
    /// What.
    pub permission: Permission,
}

/// The list that a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskedAcl {
    /// By its name.
    Canned(CannedAcl),
    /// A document.
    Document {
        /// Canonical id of the owner that it names.
        owner: String,
        /// Its grants.
        grants: Vec<NamedGrant>,
    },
    /// The grants of headers, which replace the default entirely (s3-behaviour.md 65).
    Grants(Vec<NamedGrant>),
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: TenantId = TenantId::from_bytes([1; 16]);
    const TWO: TenantId = TenantId::from_bytes([2; 16]);
    const THREE: TenantId = TenantId::from_bytes([3; 16]);

    fn told(list: &AccessList) -> Vec<(Grantee, &'static str)> {
        let grants = list.grants().iter();
        grants
            .map(|own| (own.grantee, own.permission.name()))
            .collect()
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.name()), Some(permission));
            let stored = permission.to_stored();
            assert_eq!(Permission::from_stored(stored), Some(permission));
        }
        for group in Group::ALL {
            assert_eq!(Group::parse(group.uri()), Some(group));
        }
        for canned in CannedAcl::ALL {
            assert_eq!(CannedAcl::parse(canned.name()), Some(canned));
        }
        assert_eq!(Permission::parse("read"), None);
        assert_eq!(Permission::from_stored(0), None);
        assert_eq!(Permission::from_stored(6), None);
        assert_eq!(
            Group::parse("http://acs.amazonaws.com/groups/global/all"),
            None
        );
        assert_eq!(CannedAcl::parse("aws-exec-read"), None);
    }

    #[test]
    fn point_63_64_canned_lists_are_told_groups_first_then_the_owner() {
        let of = |canned| told(&AccessList::canned(canned, ONE, TWO));
        let (owner, all) = (Grantee::Account(ONE), Grantee::Group(Group::AllUsers));
        assert_eq!(of(CannedAcl::Private), [(owner, "FULL_CONTROL")]);
        let read = [(all, "READ"), (owner, "FULL_CONTROL")];
        assert_eq!(of(CannedAcl::PublicRead), read);
        let write = [(all, "READ"), (all, "WRITE"), (owner, "FULL_CONTROL")];
        assert_eq!(of(CannedAcl::PublicReadWrite), write);
        let signed = Grantee::Group(Group::AuthenticatedUsers);
        let read = [(signed, "READ"), (owner, "FULL_CONTROL")];
        assert_eq!(of(CannedAcl::AuthenticatedRead), read);
        let bucket_owner = Grantee::Account(TWO);
        let read = [(owner, "FULL_CONTROL"), (bucket_owner, "READ")];
        assert_eq!(of(CannedAcl::BucketOwnerRead), read);
        let full = [(owner, "FULL_CONTROL"), (bucket_owner, "FULL_CONTROL")];
        assert_eq!(of(CannedAcl::BucketOwnerFullControl), full);
        for own in [
            CannedAcl::BucketOwnerRead,
            CannedAcl::BucketOwnerFullControl,
        ] {
            assert!(AccessList::canned(own, ONE, ONE).is_private_of(ONE));
        }
    }

    #[test]
    fn point_65_grants_stand_as_they_were_given_behind_groups() {
        let grant = |grantee, permission| Grant {
            grantee,
            permission,
        };
        let two = Grantee::Account(TWO);
        let mut given: Vec<_> = Permission::ALL.map(|own| grant(two, own)).into();
        let list = AccessList::new(ONE, given.clone()).unwrap();
        assert_eq!(list.grants(), given);
        assert!(list.grants_others() && !list.is_public() && !list.is_private_of(ONE));
        given.push(grant(Grantee::Group(Group::AllUsers), Permission::Read));
        let list = AccessList::new(ONE, given).unwrap();
        assert_eq!(told(&list)[0], (Grantee::Group(Group::AllUsers), "READ"));
        assert_eq!(told(&list)[1], (two, "READ"));
        assert!(list.is_public());
        let many = |count| AccessList::new(ONE, vec![Grant::full(ONE); count]);
        assert!(many(GRANTS_MAX).is_ok());
        assert_eq!(many(GRANTS_MAX + 1), Err(TooManyGrants));
        assert!(!AccessList::new(ONE, Vec::new()).unwrap().grants_others());
    }

    #[test]
    fn grants_are_for_whom_they_name_and_no_more() {
        let canned = |canned| AccessList::canned(canned, ONE, TWO);
        let public = canned(CannedAcl::PublicRead);
        for caller in [None, Some(THREE)] {
            assert_eq!(public.find(caller, Permission::Read, true), Some(0));
            assert_eq!(public.find(caller, Permission::Read, false), None);
            assert_eq!(public.find(caller, Permission::Write, true), None);
            assert_eq!(public.find(caller, Permission::ReadAcp, true), None);
        }
        let signed = canned(CannedAcl::AuthenticatedRead);
        assert_eq!(signed.find(None, Permission::Read, true), None);
        assert_eq!(signed.find(Some(THREE), Permission::Read, true), Some(0));
        let logs = canned(CannedAcl::LogDeliveryWrite);
        assert_eq!(logs.find(Some(THREE), Permission::Write, true), None);
        assert!(!logs.is_public() && logs.grants_others());
        let full = canned(CannedAcl::BucketOwnerFullControl);
        for permission in Permission::ALL {
            assert_eq!(full.find(Some(TWO), permission, false), Some(1));
            assert_eq!(full.find(Some(THREE), permission, true), None);
            assert_eq!(full.find(None, permission, true), None);
        }
    }
}
