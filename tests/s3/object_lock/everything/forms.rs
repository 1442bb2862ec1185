//! The forms of every operation that could destroy a version under COMPLIANCE, or its lock.
//!
//! In targets, headers and bodies: `{bucket}` and `{object}` are paths, `{key}` and `{version}` are
//! the record's, `{upload}` is an upload of its key with part 1, whose ETag is `{etag}`. A
//! browser's form has its fields where others have headers.

use crate::post::PostForm;
use crate::raw::Account;

/// A request that means no good.
#[derive(Debug)]
pub(crate) struct Form {
    /// Of `src/s3/operation.rs`, or one that is to come.
    pub(crate) operation: &'static str,
    pub(crate) method: &'static str,
    pub(crate) target: &'static str,
    pub(crate) headers: &'static [(&'static str, &'static str)],
    pub(crate) body: &'static str,
}

const fn form(operation: &'static str, method: &'static str, target: &'static str) -> Form {
    Form {
        operation,
        method,
        target,
        headers: &[],
        body: "",
    }
}

impl Form {
    const fn with(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        self.headers = headers;
        self
    }

    const fn body(mut self, body: &'static str) -> Self {
        self.body = body;
        self
    }

    /// The browser's form that this is, if it is one, signed by an account.
    pub(crate) fn posted(&self, by: &Account, fill: impl Fn(&str) -> String) -> Option<PostForm> {
        if self.method != BROWSER {
            return None;
        }
        let bucket = fill(self.target);
        let form = PostForm::new(by, bucket.trim_start_matches('/'));
        let fields = self.headers.iter();
        Some(fields.fold(form, |form, (name, value)| form.field(name, &fill(value))))
    }
}

/// Stands for the method of a browser's form.
const BROWSER: &str = "a form";

/// A date that the retention clock has reached in a moment.
const SOON: (&str, &str) = (
    "x-amz-object-lock-retain-until-date",
    "2027-01-01T00:00:00Z",
);
const COMPLETION: &str = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>\
    <ETag>{etag}</ETag></Part></CompleteMultipartUpload>";
const EVERYTHING_TO_EVERYBODY: &str = "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\
    \"Action\":\"s3:*\",\"Resource\":[\"arn:aws:s3:::worm\",\"arn:aws:s3:::worm/*\"]}}";
const REPLACE: (&str, &str) = ("x-amz-metadata-directive", "REPLACE");
const ITSELF: (&str, &str) = ("x-amz-copy-source", "{object}?versionId={version}");
const OTHER: (&str, &str) = ("x-amz-copy-source", "/other/source");

pub(crate) const FORMS: &[Form] = &[
    form(
        "AbortMultipartUpload",
        "DELETE",
        "{object}?uploadId={upload}",
    ),
    form(
        "AbortMultipartUpload",
        "DELETE",
        "{object}?uploadId={version}",
    ),
    form(
        "CompleteMultipartUpload",
        "POST",
        "{object}?uploadId={upload}",
    )
    .body(COMPLETION),
    form(
        "CompleteMultipartUpload",
        "POST",
        "{object}?uploadId={upload}",
    )
    .with(&[("if-match", "*")])
    .body(COMPLETION),
    form("CopyObject", "PUT", "{object}").with(&[ITSELF]),
    form("CopyObject", "PUT", "{object}").with(&[ITSELF, REPLACE]),
    form("CopyObject", "PUT", "{object}").with(&[("x-amz-copy-source", "{object}"), REPLACE]),
    form("CopyObject", "PUT", "{object}").with(&[OTHER]),
    form("CopyObject", "PUT", "{object}").with(&[OTHER, ("if-match", "*")]),
    form("CopyObject", "PUT", "{object}").with(&[
        ITSELF,
        REPLACE,
        ("x-amz-object-lock-mode", "GOVERNANCE"),
        SOON,
        ("x-amz-object-lock-legal-hold", "OFF"),
    ]),
    form("CopyObject", "PUT", "{object}").with(&[
        ITSELF,
        ("x-amz-tagging-directive", "REPLACE"),
        ("x-amz-tagging", "delete=me"),
    ]),
    form("CreateBucket", "PUT", "{bucket}"),
    form("CreateBucket", "PUT", "{bucket}").with(&[("x-amz-bucket-object-lock-enabled", "false")]),
    form("CreateBucket", "PUT", "{bucket}").with(&[("x-amz-bucket-object-lock-enabled", "true")]),
    form("CreateMultipartUpload", "POST", "{object}?uploads"),
    form("CreateMultipartUpload", "POST", "{object}?uploads")
        .with(&[("x-amz-object-lock-mode", "GOVERNANCE"), SOON]),
    form("DeleteBucket", "DELETE", "{bucket}"),
    form("DeleteBucket", "DELETE", "{bucket}/"),
    form("DeleteBucketCors", "DELETE", "{bucket}?cors"),
    form("DeleteBucketEncryption", "DELETE", "{bucket}?encryption"),
    form("DeleteBucketLifecycle", "DELETE", "{bucket}?lifecycle"),
    form(
        "DeleteBucketOwnershipControls",
        "DELETE",
        "{bucket}?ownershipControls",
    ),
    form("DeleteBucketPolicy", "DELETE", "{bucket}?policy"),
    form("DeleteBucketTagging", "DELETE", "{bucket}?tagging"),
    form("DeleteObject", "DELETE", "{object}"),
    form("DeleteObject", "DELETE", "{object}?versionId={version}"),
    form("DeleteObject", "DELETE", "{object}?versionId={version}").with(&[("if-match", "*")]),
    form("DeleteObject", "DELETE", "{object}?versionId=null"),
    form(
        "DeleteObject",
        "DELETE",
        "{object}?versionId={version}&retention",
    ),
    form(
        "DeleteObject",
        "DELETE",
        "{object}?versionId={version}&legal-hold",
    ),
    form("DeleteObjects", "POST", "{bucket}?delete")
        .body("<Delete><Object><Key>{key}</Key><VersionId>{version}</VersionId></Object></Delete>"),
    form("DeleteObjects", "POST", "{bucket}?delete").body(
        "<Delete><Quiet>true</Quiet><Object><Key>{key}</Key></Object><Object><Key>{key}</Key>\
         <VersionId>{version}</VersionId></Object><Object><Key>{key}</Key>\
         <VersionId>null</VersionId></Object></Delete>",
    ),
    form("DeleteObjectTagging", "DELETE", "{object}?tagging"),
    form(
        "DeletePublicAccessBlock",
        "DELETE",
        "{bucket}?publicAccessBlock",
    ),
    form("GetBucketAcl", "GET", "{bucket}?acl"),
    form("GetBucketCors", "GET", "{bucket}?cors"),
    form("GetBucketEncryption", "GET", "{bucket}?encryption"),
    form(
        "GetBucketLifecycleConfiguration",
        "GET",
        "{bucket}?lifecycle",
    ),
    form("GetBucketLocation", "GET", "{bucket}?location"),
    form(
        "GetBucketOwnershipControls",
        "GET",
        "{bucket}?ownershipControls",
    ),
    form("GetBucketPolicy", "GET", "{bucket}?policy"),
    form("GetBucketPolicyStatus", "GET", "{bucket}?policyStatus"),
    form("GetBucketTagging", "GET", "{bucket}?tagging"),
    form("GetBucketVersioning", "GET", "{bucket}?versioning"),
    form("GetObject", "GET", "{object}"),
    form("GetObject", "GET", "{object}?x-method=DELETE")
        .with(&[("x-http-method-override", "DELETE")]),
    form("GetObjectAcl", "GET", "{object}?acl"),
    form("GetObjectAttributes", "GET", "{object}?attributes")
        .with(&[("x-amz-object-attributes", "ETag,ObjectParts")]),
    form("GetObjectLegalHold", "GET", "{object}?legal-hold"),
    form("GetObjectLockConfiguration", "GET", "{bucket}?object-lock"),
    form("GetObjectRetention", "GET", "{object}?retention"),
    form("GetObjectTagging", "GET", "{object}?tagging"),
    form("GetPublicAccessBlock", "GET", "{bucket}?publicAccessBlock"),
    form("HeadBucket", "HEAD", "{bucket}"),
    form("HeadObject", "HEAD", "{object}"),
    form("ListBuckets", "GET", "/"),
    form("ListMultipartUploads", "GET", "{bucket}?uploads"),
    form("ListObjects", "GET", "{bucket}"),
    form("ListObjectsV2", "GET", "{bucket}?list-type=2"),
    form("ListObjectVersions", "GET", "{bucket}?versions"),
    form("ListParts", "GET", "{object}?uploadId={upload}"),
    form("PostObject", BROWSER, "{bucket}").with(&[("key", "{key}")]),
    form("PostObject", BROWSER, "{bucket}").with(&[
        ("key", "{key}"),
        ("x-amz-object-lock-mode", "GOVERNANCE"),
        SOON,
        ("x-amz-object-lock-legal-hold", "OFF"),
    ]),
    form("PostObject", BROWSER, "{bucket}").with(&[
        ("key", "{key}"),
        ("if-match", "*"),
        (
            "tagging",
            "<Tagging><TagSet><Tag><Key>delete</Key><Value>me</Value></Tag></TagSet></Tagging>",
        ),
    ]),
    form("PutBucketAcl", "PUT", "{bucket}?acl").with(&[("x-amz-acl", "public-read-write")]),
    form("PutBucketCors", "PUT", "{bucket}?cors").body(
        "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin>\
         <AllowedMethod>DELETE</AllowedMethod></CORSRule></CORSConfiguration>",
    ),
    form("PutBucketEncryption", "PUT", "{bucket}?encryption").body(
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
         <SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>\
         </ServerSideEncryptionConfiguration>",
    ),
    form(
        "PutBucketLifecycleConfiguration",
        "PUT",
        "{bucket}?lifecycle",
    )
    .body(
        "<LifecycleConfiguration><Rule><ID>all</ID><Status>Enabled</Status><Filter/>\
         <Expiration><Days>1</Days></Expiration><NoncurrentVersionExpiration>\
         <NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>\
         <AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation>\
         </AbortIncompleteMultipartUpload></Rule></LifecycleConfiguration>",
    ),
    form(
        "PutBucketLifecycleConfiguration",
        "PUT",
        "{bucket}?lifecycle",
    )
    .body(
        "<LifecycleConfiguration><Rule><ID>past</ID><Status>Enabled</Status><Prefix></Prefix>\
         <Expiration><Date>2020-01-01T00:00:00Z</Date></Expiration></Rule><Rule><ID>lone</ID>\
         <Status>Enabled</Status><Filter/><Expiration>\
         <ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration></Rule>\
         </LifecycleConfiguration>",
    ),
    form(
        "PutBucketOwnershipControls",
        "PUT",
        "{bucket}?ownershipControls",
    )
    .body(
        "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule>\
         </OwnershipControls>",
    ),
    form("PutBucketPolicy", "PUT", "{bucket}?policy").body(EVERYTHING_TO_EVERYBODY),
    form("PutBucketTagging", "PUT", "{bucket}?tagging")
        .body("<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"),
    form("PutBucketVersioning", "PUT", "{bucket}?versioning")
        .body("<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>"),
    form("PutBucketVersioning", "PUT", "{bucket}?versioning").body("<VersioningConfiguration/>"),
    form("PutObject", "PUT", "{object}").body("other bytes"),
    form("PutObject", "PUT", "{object}").body(""),
    form("PutObject", "PUT", "{object}")
        .with(&[("if-match", "*")])
        .body("other bytes"),
    form("PutObject", "PUT", "{object}")
        .with(&[("x-amz-object-lock-mode", "GOVERNANCE"), SOON])
        .body("other bytes"),
    form("PutObject", "PUT", "{object}")
        .with(&[("x-amz-write-offset-bytes", "0")])
        .body("other bytes"),
    form("PutObjectAcl", "PUT", "{object}?acl").with(&[("x-amz-acl", "public-read-write")]),
    form("PutObjectLegalHold", "PUT", "{object}?legal-hold")
        .body("<LegalHold><Status>ON</Status></LegalHold>"),
    form("PutObjectLegalHold", "PUT", "{object}?legal-hold")
        .body("<LegalHold><Status>OFF</Status></LegalHold>"),
    form("PutObjectLockConfiguration", "PUT", "{bucket}?object-lock")
        .body("<ObjectLockConfiguration/>"),
    form("PutObjectLockConfiguration", "PUT", "{bucket}?object-lock").body(
        "<ObjectLockConfiguration><ObjectLockEnabled>Disabled</ObjectLockEnabled>\
         </ObjectLockConfiguration>",
    ),
    form("PutObjectLockConfiguration", "PUT", "{bucket}?object-lock").body(
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>\
         <DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule>\
         </ObjectLockConfiguration>",
    ),
    form("PutObjectLockConfiguration", "PUT", "{bucket}?object-lock").body(
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>\
         </ObjectLockConfiguration>",
    ),
    form("PutObjectRetention", "PUT", "{object}?retention").body("<Retention/>"),
    form(
        "PutObjectRetention",
        "PUT",
        "{object}?retention&versionId={version}",
    )
    .body(
        "<Retention><Mode>COMPLIANCE</Mode>\
         <RetainUntilDate>2139-12-31T23:59:59.999Z</RetainUntilDate></Retention>",
    ),
    form(
        "PutObjectRetention",
        "PUT",
        "{object}?retention&versionId={version}",
    )
    .body(
        "<Retention><Mode>COMPLIANCE</Mode>\
         <RetainUntilDate>2020-01-01T00:00:00Z</RetainUntilDate></Retention>",
    ),
    form(
        "PutObjectRetention",
        "PUT",
        "{object}?retention&versionId={version}",
    )
    .body(
        "<Retention><Mode>COMPLIANCE</Mode>\
         <RetainUntilDate>2140-01-01T00:00:00+14:00</RetainUntilDate></Retention>",
    ),
    form(
        "PutObjectRetention",
        "PUT",
        "{object}?retention&versionId={version}",
    )
    .body(
        "<Retention><Mode>GOVERNANCE</Mode>\
         <RetainUntilDate>2150-01-01T00:00:00Z</RetainUntilDate></Retention>",
    ),
    form(
        "PutObjectRetention",
        "PUT",
        "{object}?retention&versionId={version}",
    )
    .body(
        "<Retention><Mode>COMPLIANCE</Mode>\
         <RetainUntilDate>2140-06-01T00:00:00Z</RetainUntilDate></Retention>",
    ),
    form("PutObjectTagging", "PUT", "{object}?tagging")
        .body("<Tagging><TagSet><Tag><Key>delete</Key><Value>me</Value></Tag></TagSet></Tagging>"),
    form("PutObjectTagging", "PUT", "{object}?tagging").body("<Tagging><TagSet/></Tagging>"),
    form("PutPublicAccessBlock", "PUT", "{bucket}?publicAccessBlock").body(
        "<PublicAccessBlockConfiguration><BlockPublicPolicy>false</BlockPublicPolicy>\
         </PublicAccessBlockConfiguration>",
    ),
    // Once more: public policies are not blocked any longer.
    form("PutBucketPolicy", "PUT", "{bucket}?policy").body(EVERYTHING_TO_EVERYBODY),
    form(
        "UploadPart",
        "PUT",
        "{object}?partNumber=1&uploadId={upload}",
    )
    .body("other bytes"),
    form(
        "UploadPart",
        "PUT",
        "{object}?partNumber=1&uploadId={version}",
    )
    .body("other bytes"),
    form(
        "UploadPartCopy",
        "PUT",
        "{object}?partNumber=1&uploadId={upload}",
    )
    .with(&[ITSELF]),
    form(
        "UploadPartCopy",
        "PUT",
        "{object}?partNumber=1&uploadId={upload}",
    )
    .with(&[OTHER]),
];
