//! Actions that a policy can name.
//!
//! Owns: one variant for each permission (AWS Service Authorization Reference, "Actions defined by
//! Amazon S3", "Actions defined by AWS Identity and Access Management", "Actions defined by AWS
//! Security Token Service"), its name, and what it is done to. Not here: which operation needs which action (`s3::operation`).

/// What kind of thing an action is done to, so that policies name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionTarget {
    /// A user, a group, a role or the account itself.
    Account,
    /// A bucket, or the account's list of them.
    Bucket,
    /// An object.
    Object,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident $name:literal $target:ident;)*) => {
        /// A permission.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action {
            $($(#[$doc])* $variant,)*
        }

        impl Action {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in policies.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What kind of thing it is done to.
            pub const fn target(self) -> ActionTarget {
                match self {
                    $(Self::$variant => ActionTarget::$target,)*
                }
            }
        }
    };
}

actions! {
    /// Stop an upload.
    AbortMultipartUpload "s3:AbortMultipartUpload" Object;
    /// Change or destroy what a GOVERNANCE retention keeps.
    BypassGovernanceRetention "s3:BypassGovernanceRetention" Object;
    /// Create a bucket.
    CreateBucket "s3:CreateBucket" Bucket;
    /// Delete a bucket.
    DeleteBucket "s3:DeleteBucket" Bucket;
    /// Take a bucket's policy away.
    DeleteBucketPolicy "s3:DeleteBucketPolicy" Bucket;
    /// Delete an object.
    DeleteObject "s3:DeleteObject" Object;
    /// Take an object's tags away.
    DeleteObjectTagging "s3:DeleteObjectTagging" Object;
    /// Destroy a version of an object.
    DeleteObjectVersion "s3:DeleteObjectVersion" Object;
    /// Take the tags of a version of an object away.
    DeleteObjectVersionTagging "s3:DeleteObjectVersionTagging" Object;
    /// Read a bucket's access control list.
    GetBucketAcl "s3:GetBucketAcl" Bucket;
    /// Read a bucket's CORS rules.
    GetBucketCors "s3:GetBucketCORS" Bucket;
    /// Ask where a bucket lies.
    GetBucketLocation "s3:GetBucketLocation" Bucket;
    /// Read a bucket's Object Lock configuration.
    GetBucketObjectLockConfiguration "s3:GetBucketObjectLockConfiguration" Bucket;
    /// Read who owns what is written into a bucket.
    GetBucketOwnershipControls "s3:GetBucketOwnershipControls" Bucket;
    /// Read a bucket's policy.
    GetBucketPolicy "s3:GetBucketPolicy" Bucket;
    /// Ask whether a bucket's policy makes it public.
    GetBucketPolicyStatus "s3:GetBucketPolicyStatus" Bucket;
    /// Read a bucket's public access block.
    GetBucketPublicAccessBlock "s3:GetBucketPublicAccessBlock" Bucket;
    /// Read a bucket's tags.
    GetBucketTagging "s3:GetBucketTagging" Bucket;
    /// Ask whether a bucket keeps versions.
    GetBucketVersioning "s3:GetBucketVersioning" Bucket;
    /// Read a bucket's default encryption.
    GetEncryptionConfiguration "s3:GetEncryptionConfiguration" Bucket;
    /// Read a bucket's lifecycle rules.
    GetLifecycleConfiguration "s3:GetLifecycleConfiguration" Bucket;
    /// Read an object.
    GetObject "s3:GetObject" Object;
    /// Read an object's access control list.
    GetObjectAcl "s3:GetObjectAcl" Object;
    /// Read an object's attributes.
    GetObjectAttributes "s3:GetObjectAttributes" Object;
    /// Read a version's legal hold.
    GetObjectLegalHold "s3:GetObjectLegalHold" Object;
    /// Read a version's retention.
    GetObjectRetention "s3:GetObjectRetention" Object;
    /// Read an object's tags.
    GetObjectTagging "s3:GetObjectTagging" Object;
    /// Read a version of an object.
    GetObjectVersion "s3:GetObjectVersion" Object;
    /// Read the access control list of a version of an object.
    GetObjectVersionAcl "s3:GetObjectVersionAcl" Object;
    /// Read the attributes of a version of an object.
    GetObjectVersionAttributes "s3:GetObjectVersionAttributes" Object;
    /// Read the tags of a version of an object.
    GetObjectVersionTagging "s3:GetObjectVersionTagging" Object;
    /// Put a user into a group.
    IamAddUserToGroup "iam:AddUserToGroup" Account;
    /// Create an access key of a user.
    IamCreateAccessKey "iam:CreateAccessKey" Account;
    /// Create a group.
    IamCreateGroup "iam:CreateGroup" Account;
    /// Create a role.
    IamCreateRole "iam:CreateRole" Account;
    /// Create a user.
    IamCreateUser "iam:CreateUser" Account;
    /// Delete an access key of a user.
    IamDeleteAccessKey "iam:DeleteAccessKey" Account;
    /// Delete a group.
    IamDeleteGroup "iam:DeleteGroup" Account;
    /// Take a policy of a group away.
    IamDeleteGroupPolicy "iam:DeleteGroupPolicy" Account;
    /// Delete a role.
    IamDeleteRole "iam:DeleteRole" Account;
    /// Take a policy of a role away.
    IamDeleteRolePolicy "iam:DeleteRolePolicy" Account;
    /// Delete a user.
    IamDeleteUser "iam:DeleteUser" Account;
    /// Take a policy of a user away.
    IamDeleteUserPolicy "iam:DeleteUserPolicy" Account;
    /// Ask when an access key was last used.
    IamGetAccessKeyLastUsed "iam:GetAccessKeyLastUsed" Account;
    /// Read a group and its users.
    IamGetGroup "iam:GetGroup" Account;
    /// Read a policy of a group.
    IamGetGroupPolicy "iam:GetGroupPolicy" Account;
    /// Read a role.
    IamGetRole "iam:GetRole" Account;
    /// Read a policy of a role.
    IamGetRolePolicy "iam:GetRolePolicy" Account;
    /// Read a user.
    IamGetUser "iam:GetUser" Account;
    /// Read a policy of a user.
    IamGetUserPolicy "iam:GetUserPolicy" Account;
    /// List the access keys of a user.
    IamListAccessKeys "iam:ListAccessKeys" Account;
    /// List the policies of a group.
    IamListGroupPolicies "iam:ListGroupPolicies" Account;
    /// List the groups.
    IamListGroups "iam:ListGroups" Account;
    /// List the groups of a user.
    IamListGroupsForUser "iam:ListGroupsForUser" Account;
    /// List the policies of a role.
    IamListRolePolicies "iam:ListRolePolicies" Account;
    /// List the roles.
    IamListRoles "iam:ListRoles" Account;
    /// List the policies of a user.
    IamListUserPolicies "iam:ListUserPolicies" Account;
    /// List the users.
    IamListUsers "iam:ListUsers" Account;
    /// Set a policy of a group.
    IamPutGroupPolicy "iam:PutGroupPolicy" Account;
    /// Set a policy of a role.
    IamPutRolePolicy "iam:PutRolePolicy" Account;
    /// Set a policy of a user.
    IamPutUserPolicy "iam:PutUserPolicy" Account;
    /// Take a user out of a group.
    IamRemoveUserFromGroup "iam:RemoveUserFromGroup" Account;
    /// Switch an access key of a user on or off.
    IamUpdateAccessKey "iam:UpdateAccessKey" Account;
    /// Change who may act as a role.
    IamUpdateAssumeRolePolicy "iam:UpdateAssumeRolePolicy" Account;
    /// Change what a role is and how long its sessions last.
    IamUpdateRole "iam:UpdateRole" Account;
    /// List the caller's buckets.
    ListAllMyBuckets "s3:ListAllMyBuckets" Bucket;
    /// List a bucket's objects; also HEAD of a bucket.
    ListBucket "s3:ListBucket" Bucket;
    /// List a bucket's open uploads.
    ListBucketMultipartUploads "s3:ListBucketMultipartUploads" Bucket;
    /// List a bucket's versions.
    ListBucketVersions "s3:ListBucketVersions" Bucket;
    /// List an upload's parts.
    ListMultipartUploadParts "s3:ListMultipartUploadParts" Object;
    /// Change a bucket's access control list.
    PutBucketAcl "s3:PutBucketAcl" Bucket;
    /// Set a bucket's Object Lock configuration.
    PutBucketObjectLockConfiguration "s3:PutBucketObjectLockConfiguration" Bucket;
    /// Change a bucket's CORS rules.
    PutBucketCors "s3:PutBucketCORS" Bucket;
    /// Change who owns what is written into a bucket.
    PutBucketOwnershipControls "s3:PutBucketOwnershipControls" Bucket;
    /// Set a bucket's policy.
    PutBucketPolicy "s3:PutBucketPolicy" Bucket;
    /// Change a bucket's public access block.
    PutBucketPublicAccessBlock "s3:PutBucketPublicAccessBlock" Bucket;
    /// Change or delete a bucket's tags.
    PutBucketTagging "s3:PutBucketTagging" Bucket;
    /// Make a bucket keep versions, or stop it.
    PutBucketVersioning "s3:PutBucketVersioning" Bucket;
    /// Change a bucket's default encryption.
    PutEncryptionConfiguration "s3:PutEncryptionConfiguration" Bucket;
    /// Change a bucket's lifecycle rules.
    PutLifecycleConfiguration "s3:PutLifecycleConfiguration" Bucket;
    /// Write an object, by whatever operation.
    PutObject "s3:PutObject" Object;
    /// Change an object's access control list.
    PutObjectAcl "s3:PutObjectAcl" Object;
    /// Set a version's legal hold.
    PutObjectLegalHold "s3:PutObjectLegalHold" Object;
    /// Set a version's retention.
    PutObjectRetention "s3:PutObjectRetention" Object;
    /// Set an object's tags.
    PutObjectTagging "s3:PutObjectTagging" Object;
    /// Change the access control list of a version of an object.
    PutObjectVersionAcl "s3:PutObjectVersionAcl" Object;
    /// Set the tags of a version of an object.
    PutObjectVersionTagging "s3:PutObjectVersionTagging" Object;
    /// Act as a role for a while.
    StsAssumeRole "sts:AssumeRole" Account;
}

impl Action {
    /// The action of a name, as operators write it; case does not count, as in policies.
    pub fn find(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|action| action.name().eq_ignore_ascii_case(name))
    }

    /// Whether it changes something, as opposed to reading, listing and taking a role, which stores
    /// nothing.
    pub fn is_change(self) -> bool {
        if self == Self::StsAssumeRole {
            return false;
        }
        let (_, verb) = self.name().split_once(':').unwrap_or_default();
        !verb.starts_with("Get") && !verb.starts_with("List")
    }

    /// Whether an account's root keeps it in its own bucket whatever the bucket's policy denies, so
    /// that a wrong policy can be taken away again (s3-behaviour.md 73).
    pub const fn is_on_bucket_policy(self) -> bool {
        matches!(
            self,
            Self::DeleteBucketPolicy | Self::GetBucketPolicy | Self::PutBucketPolicy
        )
    }

    /// Whether the owner of the object decides about it where objects have owners of their own; in
    /// all else the bucket's owner does (S3 User Guide, "How Amazon S3 authorizes a request for an
    /// object operation").
    pub const fn is_object_owners(self) -> bool {
        matches!(
            self,
            Self::DeleteObjectTagging
                | Self::DeleteObjectVersionTagging
                | Self::GetObject
                | Self::GetObjectAcl
                | Self::GetObjectAttributes
                | Self::GetObjectTagging
                | Self::GetObjectVersion
                | Self::GetObjectVersionAcl
                | Self::GetObjectVersionAttributes
                | Self::GetObjectVersionTagging
                | Self::PutObjectAcl
                | Self::PutObjectTagging
                | Self::PutObjectVersionAcl
                | Self::PutObjectVersionTagging
        )
    }

    /// Whether it is done to an open upload that is named.
    pub const fn is_on_upload(self) -> bool {
        matches!(
            self,
            Self::AbortMultipartUpload | Self::ListMultipartUploadParts
        )
    }

    /// The action that is needed when the request names a version.
    #[must_use]
    pub const fn on_version(self) -> Self {
        match self {
            Self::DeleteObject => Self::DeleteObjectVersion,
            Self::DeleteObjectTagging => Self::DeleteObjectVersionTagging,
            Self::GetObject => Self::GetObjectVersion,
            Self::GetObjectAcl => Self::GetObjectVersionAcl,
            Self::GetObjectAttributes => Self::GetObjectVersionAttributes,
            Self::GetObjectTagging => Self::GetObjectVersionTagging,
            Self::PutObjectAcl => Self::PutObjectVersionAcl,
            Self::PutObjectTagging => Self::PutObjectVersionTagging,
            other => other,
        }
    }
}
