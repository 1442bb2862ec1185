//! Actions that a policy can name.
//!
//! Owns: one variant for each permission (AWS Service Authorization Reference, "Actions defined by
//! Amazon S3"). Not here: which operation needs which action (`s3::operation`).

/// A permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Stop an upload.
    AbortMultipartUpload,
    /// Change or destroy what a GOVERNANCE retention keeps.
    BypassGovernanceRetention,
    /// Create a bucket.
    CreateBucket,
    /// Delete a bucket.
    DeleteBucket,
    /// Delete an object.
    DeleteObject,
    /// Take an object's tags away.
    DeleteObjectTagging,
    /// Destroy a version of an object.
    DeleteObjectVersion,
    /// Take the tags of a version of an object away.
    DeleteObjectVersionTagging,
    /// Ask where a bucket lies.
    GetBucketLocation,
    /// Read a bucket's Object Lock configuration.
    GetBucketObjectLockConfiguration,
    /// Read a bucket's tags.
    GetBucketTagging,
    /// Ask whether a bucket keeps versions.
    GetBucketVersioning,
    /// Read a bucket's default encryption.
    GetEncryptionConfiguration,
    /// Read a bucket's lifecycle rules.
    GetLifecycleConfiguration,
    /// Read an object.
    GetObject,
    /// Read an object's attributes.
    GetObjectAttributes,
    /// Read a version's legal hold.
    GetObjectLegalHold,
    /// Read a version's retention.
    GetObjectRetention,
    /// Read an object's tags.
    GetObjectTagging,
    /// Read a version of an object.
    GetObjectVersion,
    /// Read the attributes of a version of an object.
    GetObjectVersionAttributes,
    /// Read the tags of a version of an object.
    GetObjectVersionTagging,
    /// List the caller's buckets.
    ListAllMyBuckets,
    /// List a bucket's objects; also HEAD of a bucket.
    ListBucket,
    /// List a bucket's open uploads.
    ListBucketMultipartUploads,
    /// List a bucket's versions.
    ListBucketVersions,
    /// List an upload's parts.
    ListMultipartUploadParts,
    /// Set a bucket's Object Lock configuration.
    PutBucketObjectLockConfiguration,
    /// Change or delete a bucket's tags.
    PutBucketTagging,
    /// Make a bucket keep versions, or stop it.
    PutBucketVersioning,
    /// Change a bucket's default encryption.
    PutEncryptionConfiguration,
    /// Change a bucket's lifecycle rules.
    PutLifecycleConfiguration,
    /// Write an object, by whatever operation.
    PutObject,
    /// Set a version's legal hold.
    PutObjectLegalHold,
    /// Set a version's retention.
    PutObjectRetention,
    /// Set an object's tags.
    PutObjectTagging,
    /// Set the tags of a version of an object.
    PutObjectVersionTagging,
}

impl Action {
    /// The name in policies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AbortMultipartUpload => "s3:AbortMultipartUpload",
            Self::BypassGovernanceRetention => "s3:BypassGovernanceRetention",
            Self::CreateBucket => "s3:CreateBucket",
            Self::DeleteBucket => "s3:DeleteBucket",
            Self::DeleteObject => "s3:DeleteObject",
            Self::DeleteObjectTagging => "s3:DeleteObjectTagging",
            Self::DeleteObjectVersion => "s3:DeleteObjectVersion",
            Self::DeleteObjectVersionTagging => "s3:DeleteObjectVersionTagging",
            Self::GetBucketLocation => "s3:GetBucketLocation",
            Self::GetBucketObjectLockConfiguration => "s3:GetBucketObjectLockConfiguration",
            Self::GetBucketTagging => "s3:GetBucketTagging",
            Self::GetBucketVersioning => "s3:GetBucketVersioning",
            Self::GetEncryptionConfiguration => "s3:GetEncryptionConfiguration",
            Self::GetLifecycleConfiguration => "s3:GetLifecycleConfiguration",
            Self::GetObject => "s3:GetObject",
            Self::GetObjectAttributes => "s3:GetObjectAttributes",
            Self::GetObjectLegalHold => "s3:GetObjectLegalHold",
            Self::GetObjectRetention => "s3:GetObjectRetention",
            Self::GetObjectTagging => "s3:GetObjectTagging",
            Self::GetObjectVersion => "s3:GetObjectVersion",
            Self::GetObjectVersionAttributes => "s3:GetObjectVersionAttributes",
            Self::GetObjectVersionTagging => "s3:GetObjectVersionTagging",
            Self::ListAllMyBuckets => "s3:ListAllMyBuckets",
            Self::ListBucket => "s3:ListBucket",
            Self::ListBucketMultipartUploads => "s3:ListBucketMultipartUploads",
            Self::ListBucketVersions => "s3:ListBucketVersions",
            Self::ListMultipartUploadParts => "s3:ListMultipartUploadParts",
            Self::PutBucketObjectLockConfiguration => "s3:PutBucketObjectLockConfiguration",
            Self::PutBucketTagging => "s3:PutBucketTagging",
            Self::PutBucketVersioning => "s3:PutBucketVersioning",
            Self::PutEncryptionConfiguration => "s3:PutEncryptionConfiguration",
            Self::PutLifecycleConfiguration => "s3:PutLifecycleConfiguration",
            Self::PutObject => "s3:PutObject",
            Self::PutObjectLegalHold => "s3:PutObjectLegalHold",
            Self::PutObjectRetention => "s3:PutObjectRetention",
            Self::PutObjectTagging => "s3:PutObjectTagging",
            Self::PutObjectVersionTagging => "s3:PutObjectVersionTagging",
        }
    }

    /// The action that is needed when the request names a version.
    #[must_use]
    pub const fn on_version(self) -> Self {
        match self {
            Self::DeleteObject => Self::DeleteObjectVersion,
            Self::DeleteObjectTagging => Self::DeleteObjectVersionTagging,
            Self::GetObject => Self::GetObjectVersion,
            Self::GetObjectAttributes => Self::GetObjectVersionAttributes,
            Self::GetObjectTagging => Self::GetObjectVersionTagging,
            Self::PutObjectTagging => Self::PutObjectVersionTagging,
            other => other,
        }
    }
}
