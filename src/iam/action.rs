//! Actions that a policy can name.
//!
//! Owns: one variant for each permission (AWS Service Authorization Reference, "Actions defined by
//! Amazon S3"). Not here: which operation needs which action (`s3::operation`).

/// A permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Stop an upload.
    AbortMultipartUpload,
    /// Create a bucket.
    CreateBucket,
    /// Delete a bucket.
    DeleteBucket,
    /// Delete an object.
    DeleteObject,
    /// Ask where a bucket lies.
    GetBucketLocation,
    /// Read a bucket's default encryption.
    GetEncryptionConfiguration,
    /// Ask whether a bucket keeps versions.
    GetBucketVersioning,
    /// Read an object.
    GetObject,
    /// Read an object's attributes.
    GetObjectAttributes,
    /// Read an object's tags.
    GetObjectTagging,
    /// List the caller's buckets.
    ListAllMyBuckets,
    /// List a bucket's objects; also HEAD of a bucket.
    ListBucket,
    /// List a bucket's open uploads.
    ListBucketMultipartUploads,
    /// List an upload's parts.
    ListMultipartUploadParts,
    /// Change a bucket's default encryption.
    PutEncryptionConfiguration,
    /// Write an object, by whatever operation.
    PutObject,
}

impl Action {
    /// The name in policies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AbortMultipartUpload => "s3:AbortMultipartUpload",
            Self::CreateBucket => "s3:CreateBucket",
            Self::DeleteBucket => "s3:DeleteBucket",
            Self::DeleteObject => "s3:DeleteObject",
            Self::GetBucketLocation => "s3:GetBucketLocation",
            Self::GetEncryptionConfiguration => "s3:GetEncryptionConfiguration",
            Self::GetBucketVersioning => "s3:GetBucketVersioning",
            Self::GetObject => "s3:GetObject",
            Self::GetObjectAttributes => "s3:GetObjectAttributes",
            Self::GetObjectTagging => "s3:GetObjectTagging",
            Self::ListAllMyBuckets => "s3:ListAllMyBuckets",
            Self::ListBucket => "s3:ListBucket",
            Self::ListBucketMultipartUploads => "s3:ListBucketMultipartUploads",
            Self::ListMultipartUploadParts => "s3:ListMultipartUploadParts",
            Self::PutEncryptionConfiguration => "s3:PutEncryptionConfiguration",
            Self::PutObject => "s3:PutObject",
        }
    }
}
