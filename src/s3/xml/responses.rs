//! Answer documents of single operations.

use crate::gateway::bucket_policy::ToldAccount;
use crate::gateway::{BucketEntry, StoredPart};
use crate::model::checksum::{Checksum, ChecksumType, ObjectChecksum};
use crate::model::encryption::SseAlgorithm;
use crate::model::etag::ETag;
use crate::model::id::TenantId;
use crate::model::time::Timestamp;
use crate::model::versioning::VersionSelector;
use crate::s3::xml::XmlWriter;
use std::collections::HashMap;

/// The owner in answers.
#[derive(Clone, Debug)]
pub struct Owner {
    /// Canonical id.
    pub id: String,
    /// Display name.
    pub display_name: String,
}

impl From<ToldAccount> for Owner {
    fn from(account: ToldAccount) -> Self {
        Self {
            id: account.canonical_id,
            display_name: account.display_name,
        }
    }
}

impl Owner {
    /// Writes it as `element`.
    pub fn write(&self, xml: &mut XmlWriter, element: &str) {
        xml.open(element);
        xml.text("ID", &self.id);
        xml.text("DisplayName", &self.display_name);
        xml.close(element);
    }
}

/// Who owns what a listing holds.
#[derive(Clone, Debug)]
pub struct Owners {
    /// The bucket's owner.
    pub bucket: Owner,
    /// Others.
    pub others: HashMap<TenantId, Owner>,
}

impl Owners {
    /// An owner; without one, the bucket's.
    pub fn of(&self, owner: Option<TenantId>) -> &Owner {
        let other = owner.and_then(|owner| self.others.get(&owner));
        other.unwrap_or(&self.bucket)
    }
}

/// `ListAllMyBucketsResult`.
#[derive(Clone, Debug)]
pub struct BucketsPage<'a> {
    /// Buckets in name order.
    pub buckets: &'a [BucketEntry],
    /// Prefix of the request.
    pub prefix: Option<&'a str>,
    /// Where the next page begins.
    pub continuation_token: Option<&'a str>,
    /// Region of all buckets.
    pub region: &'a str,
}

/// ListBuckets.
pub fn list_buckets(owner: &Owner, page: &BucketsPage<'_>) -> String {
    let mut xml = XmlWriter::new();
    xml.root("ListAllMyBucketsResult");
    owner.write(&mut xml, "Owner");
    xml.open("Buckets");
    for bucket in page.buckets {
        xml.open("Bucket");
        xml.text("Name", bucket.name.as_str());
        xml.text("CreationDate", &bucket.created.iso8601());
        xml.text("BucketRegion", page.region);
        xml.close("Bucket");
    }
    xml.close("Buckets");
    xml.optional("ContinuationToken", page.continuation_token);
    xml.optional("Prefix", page.prefix);
    xml.close("ListAllMyBucketsResult");
    xml.finish()
}

/// GetBucketLocation: empty for us-east-1, as AWS answers.
pub fn location(region: &str) -> String {
    let mut xml = XmlWriter::new();
    xml.root("LocationConstraint");
    let mut text = xml.finish();
    if region != "us-east-1" {
        text.push_str(region);
    }
    text.push_str("</LocationConstraint>");
    text
}

/// GetBucketEncryption.
pub fn bucket_encryption(algorithm: SseAlgorithm) -> String {
    let mut xml = XmlWriter::new();
    xml.root("ServerSideEncryptionConfiguration");
    xml.open("Rule");
    xml.open("ApplyServerSideEncryptionByDefault");
    xml.text("SSEAlgorithm", algorithm.name());
    xml.close("ApplyServerSideEncryptionByDefault");
    xml.boolean("BucketKeyEnabled", false);
    xml.close("Rule");
    xml.close("ServerSideEncryptionConfiguration");
    xml.finish()
}

/// Writes a checksum with its type.
pub fn write_checksum(xml: &mut XmlWriter, checksum: Option<&ObjectChecksum>) {
    if let Some(checksum) = checksum {
        let algorithm = checksum.checksum.algorithm;
        xml.text(&format!("Checksum{}", algorithm.name()), &checksum.text());
        xml.text("ChecksumType", checksum.checksum_type.name());
    }
}

/// Writes the checksum of a part.
pub fn write_part_checksum(xml: &mut XmlWriter, checksum: Option<&Checksum>) {
    if let Some(checksum) = checksum {
        let name = checksum.algorithm.name();
        xml.text(&format!("Checksum{name}"), &checksum.to_base64());
    }
}

/// UploadPartCopy.
pub fn copy_part(part: &StoredPart) -> String {
    let mut xml = XmlWriter::new();
    xml.root("CopyPartResult");
    xml.text("LastModified", &part.last_modified.iso8601());
    xml.text("ETag", &ETag::single(part.entry.md5).quoted());
    write_part_checksum(&mut xml, part.entry.checksum.as_ref());
    xml.close("CopyPartResult");
    xml.finish()
}

/// CopyObject.
pub fn copy_object(
    etag: &ETag,
    last_modified: Timestamp,
    checksum: Option<&ObjectChecksum>,
) -> String {
    let mut xml = XmlWriter::new();
    xml.root("CopyObjectResult");
    xml.text("LastModified", &last_modified.iso8601());
    xml.text("ETag", &etag.quoted());
    write_checksum(&mut xml, checksum);
    xml.close("CopyObjectResult");
    xml.finish()
}

/// `PostObject`, as AWS writes it, in no namespace.
pub fn post_object(location: &str, bucket: &str, object_key: &str, etag: &str) -> String {
    let mut xml = XmlWriter::new();
    xml.open("PostResponse");
    xml.text("Location", location);
    xml.text("Bucket", bucket);
    xml.text("Key", object_key);
    xml.text("ETag", etag);
    xml.close("PostResponse");
    xml.finish()
}

/// CreateMultipartUpload.
pub fn create_multipart_upload(bucket: &str, object_key: &str, upload: &str) -> String {
    let mut xml = XmlWriter::new();
    xml.root("InitiateMultipartUploadResult");
    xml.text("Bucket", bucket);
    xml.text("Key", object_key);
    xml.text("UploadId", upload);
    xml.close("InitiateMultipartUploadResult");
    xml.finish()
}

/// CompleteMultipartUpload.
pub fn complete_multipart_upload(
    target: (&str, &str),
    location: &str,
    etag: &ETag,
    checksum: Option<&ObjectChecksum>,
) -> String {
    let mut xml = XmlWriter::new();
    xml.root("CompleteMultipartUploadResult");
    xml.text("Location", location);
    xml.text("Bucket", target.0);
    xml.text("Key", target.1);
    xml.text("ETag", &etag.quoted());
    write_checksum(&mut xml, checksum);
    xml.close("CompleteMultipartUploadResult");
    xml.finish()
}

/// What became of one object of DeleteObjects.
#[derive(Clone, Debug)]
pub enum DeleteOutcome<'a> {
    /// It is gone.
    Deleted {
        /// Its key.
        object_key: &'a str,
        /// Its version, when one was named.
        version_id: Option<&'a str>,
        /// The delete marker that was made, or destroyed.
        marker: Option<VersionSelector>,
    },
    /// It is not.
    Failed {
        /// Its key.
        object_key: &'a str,
        /// Its version, when one was named.
        version_id: Option<&'a str>,
        /// Code.
        code: &'static str,
        /// Text.
        message: String,
    },
}

/// DeleteObjects.
pub fn delete_objects(outcomes: &[DeleteOutcome<'_>], is_quiet: bool) -> String {
    let mut xml = XmlWriter::new();
    xml.root("DeleteResult");
    for outcome in outcomes {
        match outcome {
            DeleteOutcome::Deleted { .. } if is_quiet => {}
            DeleteOutcome::Deleted {
                object_key,
                version_id,
                marker,
            } => {
                xml.open("Deleted");
                xml.text("Key", object_key);
                xml.optional("VersionId", *version_id);
                if let Some(marker) = marker {
                    xml.boolean("DeleteMarker", true);
                    xml.text("DeleteMarkerVersionId", &marker.to_string());
                }
                xml.close("Deleted");
            }
            DeleteOutcome::Failed {
                object_key,
                version_id,
                code,
                message,
            } => {
                xml.open("Error");
                xml.text("Key", object_key);
                xml.optional("VersionId", *version_id);
                xml.text("Code", code);
                xml.text("Message", message);
                xml.close("Error");
            }
        }
    }
    xml.close("DeleteResult");
    xml.finish()
}

/// The names of a declared checksum, for listings.
pub fn write_checksum_names(
    xml: &mut XmlWriter,
    checksum: Option<(crate::model::checksum::ChecksumAlgorithm, ChecksumType)>,
) {
    if let Some((algorithm, checksum_type)) = checksum {
        xml.text("ChecksumAlgorithm", algorithm.name());
        xml.text("ChecksumType", checksum_type.name());
    }
}
