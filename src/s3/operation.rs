//! The table of S3 operations.
//!
//! Owns: one variant for each operation that this server performs, with its name and the action it
//! needs. Not here: how a request becomes an operation (`s3::route`), what it does
//! (`s3::handlers`).

use crate::iam::Action;

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident => $action:ident,)*) => {
        /// An S3 operation, spelled as AWS spells it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Operation {
            $($(#[$doc])* $name,)*
        }

        impl Operation {
            /// All operations, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name in logs, metrics and `docs/S3_COMPATIBILITY.md`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }

            /// The action that the caller must be allowed.
            pub const fn action(self) -> Action {
                match self {
                    $(Self::$name => Action::$action,)*
                }
            }
        }
    };
}

operations! {
    /// `DELETE /bucket/key?uploadId`
    AbortMultipartUpload => AbortMultipartUpload,
    /// `POST /bucket/key?uploadId`
    CompleteMultipartUpload => PutObject,
    /// `PUT /bucket/key` with `x-amz-copy-source`
    CopyObject => PutObject,
    /// `PUT /bucket`
    CreateBucket => CreateBucket,
    /// `POST /bucket/key?uploads`
    CreateMultipartUpload => PutObject,
    /// `DELETE /bucket`
    DeleteBucket => DeleteBucket,
    /// `DELETE /bucket?cors`
    DeleteBucketCors => PutBucketCors,
    /// `DELETE /bucket?encryption`
    DeleteBucketEncryption => PutEncryptionConfiguration,
    /// `DELETE /bucket?lifecycle`
    DeleteBucketLifecycle => PutLifecycleConfiguration,
    /// `DELETE /bucket?ownershipControls`
    DeleteBucketOwnershipControls => PutBucketOwnershipControls,
    /// `DELETE /bucket?policy`
    DeleteBucketPolicy => DeleteBucketPolicy,
    /// `DELETE /bucket?tagging`
    DeleteBucketTagging => PutBucketTagging,
    /// `DELETE /bucket/key`
    DeleteObject => DeleteObject,
    /// `POST /bucket?delete`
    DeleteObjects => DeleteObject,
    /// `DELETE /bucket/key?tagging`
    DeleteObjectTagging => DeleteObjectTagging,
    /// `DELETE /bucket?publicAccessBlock`
    DeletePublicAccessBlock => PutBucketPublicAccessBlock,
    /// `GET /bucket?acl`
    GetBucketAcl => GetBucketAcl,
    /// `GET /bucket?cors`
    GetBucketCors => GetBucketCors,
    /// `GET /bucket?encryption`
    GetBucketEncryption => GetEncryptionConfiguration,
    /// `GET /bucket?lifecycle`
    GetBucketLifecycleConfiguration => GetLifecycleConfiguration,
    /// `GET /bucket?location`
    GetBucketLocation => GetBucketLocation,
    /// `GET /bucket?ownershipControls`
    GetBucketOwnershipControls => GetBucketOwnershipControls,
    /// `GET /bucket?policy`
    GetBucketPolicy => GetBucketPolicy,
    /// `GET /bucket?policyStatus`
    GetBucketPolicyStatus => GetBucketPolicyStatus,
    /// `GET /bucket?tagging`
    GetBucketTagging => GetBucketTagging,
    /// `GET /bucket?versioning`
    GetBucketVersioning => GetBucketVersioning,
    /// `GET /bucket/key`
    GetObject => GetObject,
    /// `GET /bucket/key?acl`
    GetObjectAcl => GetObjectAcl,
    /// `GET /bucket/key?attributes`
    GetObjectAttributes => GetObjectAttributes,
    /// `GET /bucket/key?legal-hold`
    GetObjectLegalHold => GetObjectLegalHold,
    /// `GET /bucket?object-lock`
    GetObjectLockConfiguration => GetBucketObjectLockConfiguration,
    /// `GET /bucket/key?retention`
    GetObjectRetention => GetObjectRetention,
    /// `GET /bucket/key?tagging`
    GetObjectTagging => GetObjectTagging,
    /// `GET /bucket?publicAccessBlock`
    GetPublicAccessBlock => GetBucketPublicAccessBlock,
    /// `HEAD /bucket`
    HeadBucket => ListBucket,
    /// `HEAD /bucket/key`
    HeadObject => GetObject,
    /// `GET /`
    ListBuckets => ListAllMyBuckets,
    /// `GET /bucket?uploads`
    ListMultipartUploads => ListBucketMultipartUploads,
    /// `GET /bucket`
    ListObjects => ListBucket,
    /// `GET /bucket?list-type=2`
    ListObjectsV2 => ListBucket,
    /// `GET /bucket?versions`
    ListObjectVersions => ListBucketVersions,
    /// `GET /bucket/key?uploadId`
    ListParts => ListMultipartUploadParts,
    /// `POST /bucket` of a form
    PostObject => PutObject,
    /// `PUT /bucket?acl`
    PutBucketAcl => PutBucketAcl,
    /// `PUT /bucket?cors`
    PutBucketCors => PutBucketCors,
    /// `PUT /bucket?encryption`
    PutBucketEncryption => PutEncryptionConfiguration,
    /// `PUT /bucket?lifecycle`
    PutBucketLifecycleConfiguration => PutLifecycleConfiguration,
    /// `PUT /bucket?ownershipControls`
    PutBucketOwnershipControls => PutBucketOwnershipControls,
    /// `PUT /bucket?policy`
    PutBucketPolicy => PutBucketPolicy,
    /// `PUT /bucket?tagging`
    PutBucketTagging => PutBucketTagging,
    /// `PUT /bucket?versioning`
    PutBucketVersioning => PutBucketVersioning,
    /// `PUT /bucket/key`
    PutObject => PutObject,
    /// `PUT /bucket/key?acl`
    PutObjectAcl => PutObjectAcl,
    /// `PUT /bucket/key?legal-hold`
    PutObjectLegalHold => PutObjectLegalHold,
    /// `PUT /bucket?object-lock`
    PutObjectLockConfiguration => PutBucketObjectLockConfiguration,
    /// `PUT /bucket/key?retention`
    PutObjectRetention => PutObjectRetention,
    /// `PUT /bucket/key?tagging`
    PutObjectTagging => PutObjectTagging,
    /// `PUT /bucket?publicAccessBlock`
    PutPublicAccessBlock => PutBucketPublicAccessBlock,
    /// `PUT /bucket/key?partNumber&uploadId`
    UploadPart => PutObject,
    /// `PUT /bucket/key?partNumber&uploadId` with `x-amz-copy-source`
    UploadPartCopy => PutObject,
}
