//! Request documents.

use crate::base::limits::{DELETE_OBJECTS_MAX, PART_NUMBER_MAX};
use crate::model::checksum::{Checksum, ChecksumAlgorithm};
use crate::model::encryption::SseAlgorithm;
use crate::model::upload::PartNumber;
use crate::s3::xml::reader::{Element, XmlError, read_document};

/// One object of DeleteObjects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteEntry {
    /// The key as written; not yet checked.
    pub object_key: String,
    /// The version as written.
    pub version_id: Option<String>,
    /// Condition on the ETag.
    pub etag: Option<String>,
    /// Condition on the size.
    pub size: Option<String>,
    /// Condition on the time.
    pub last_modified: Option<String>,
}

/// DeleteObjects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteRequest {
    /// The objects.
    pub entries: Vec<DeleteEntry>,
    /// Whether only errors are reported.
    pub is_quiet: bool,
}

fn root(bytes: &[u8], name: &'static str) -> Result<Element, XmlError> {
    let root = read_document(bytes)?;
    if root.name == name {
        Ok(root)
    } else {
        Err(XmlError::Malformed("root"))
    }
}

/// Reads the body of DeleteObjects.
///
/// # Errors
/// `Malformed` for no object, for over a thousand, or for an object without key.
pub fn delete_objects(bytes: &[u8]) -> Result<DeleteRequest, XmlError> {
    let root = root(bytes, "Delete")?;
    let is_quiet = root
        .child_text("Quiet")
        .is_some_and(|text| text.trim() == "true");
    let mut entries = Vec::new();
    for child in &root.children {
        match child.name.as_str() {
            "Quiet" => {}
            "Object" => {
                child.only_once(&["Key", "VersionId", "ETag", "Size", "LastModifiedTime"])?;
                let text = |name: &str| child.child_text(name).map(str::to_owned);
                entries.push(DeleteEntry {
                    object_key: text("Key").ok_or(XmlError::Malformed("Key"))?,
                    version_id: text("VersionId"),
                    etag: text("ETag"),
                    size: text("Size"),
                    last_modified: text("LastModifiedTime"),
                });
            }
            _ => return Err(XmlError::Malformed("Delete")),
        }
    }
    if entries.is_empty() || entries.len() > DELETE_OBJECTS_MAX {
        return Err(XmlError::Malformed("number of objects"));
    }
    Ok(DeleteRequest { entries, is_quiet })
}

/// One part of CompleteMultipartUpload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartEntryXml {
    /// Its number.
    pub part_number: PartNumber,
    /// The ETag as written.
    pub etag: String,
    /// Checksums.
    pub checksums: Vec<Checksum>,
}

/// Reads the body of CompleteMultipartUpload.
///
/// # Errors
/// `Malformed` for no part, for over ten thousand, or for a part without number or ETag.
pub fn complete_multipart_upload(bytes: &[u8]) -> Result<Vec<PartEntryXml>, XmlError> {
    let root = root(bytes, "CompleteMultipartUpload")?;
    let mut parts = Vec::new();
    for child in &root.children {
        if child.name != "Part" {
            return Err(XmlError::Malformed("CompleteMultipartUpload"));
        }
        child.only_once(&[
            "PartNumber",
            "ETag",
            "ChecksumCRC32",
            "ChecksumCRC32C",
            "ChecksumCRC64NVME",
            "ChecksumSHA1",
            "ChecksumSHA256",
        ])?;
        let number = child
            .child_text("PartNumber")
            .map(str::trim)
            .unwrap_or_default();
        let part_number =
            PartNumber::parse(number).map_err(|_number| XmlError::Malformed("PartNumber"))?;
        let etag = child
            .child_text("ETag")
            .ok_or(XmlError::Malformed("ETag"))?
            .to_owned();
        let mut checksums = Vec::new();
        for algorithm in ChecksumAlgorithm::ALL {
            if let Some(text) = child.child_text(&format!("Checksum{}", algorithm.name())) {
                let checksum = Checksum::parse(algorithm, text.trim());
                checksums.push(checksum.ok_or(XmlError::Malformed("Checksum"))?);
            }
        }
        parts.push(PartEntryXml {
            part_number,
            etag,
            checksums,
        });
    }
    // Each part may stand twice (s3-behaviour.md 48); more is no list that a client makes.
    if parts.is_empty() || parts.len() > 2 * usize::from(PART_NUMBER_MAX) {
        return Err(XmlError::Malformed("number of parts"));
    }
    Ok(parts)
}

/// Reads the body of CreateBucket: the location constraint, if there is one.
///
/// # Errors
/// `Malformed`; `NotImplemented` for tags.
pub fn create_bucket(bytes: &[u8]) -> Result<Option<String>, XmlError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let root = root(bytes, "CreateBucketConfiguration")?;
    if root
        .children
        .iter()
        .any(|child| child.name == "Tags" && !child.children.is_empty())
    {
        return Err(XmlError::NotImplemented("Tags"));
    }
    Ok(root
        .child_text("LocationConstraint")
        .map(|text| text.trim().to_owned()))
}

/// Reads the body of PutBucketEncryption.
///
/// # Errors
/// `Malformed` for anything but one rule with one known algorithm; `NotImplemented` for keys of a
/// key service.
pub fn bucket_encryption(bytes: &[u8]) -> Result<SseAlgorithm, XmlError> {
    let malformed = XmlError::Malformed;
    let root = root(bytes, "ServerSideEncryptionConfiguration")?;
    let [rule] = root.children.as_slice() else {
        return Err(malformed("ServerSideEncryptionConfiguration"));
    };
    let name = "ApplyServerSideEncryptionByDefault";
    let (defaults, others): (Vec<&Element>, Vec<&Element>) =
        rule.children.iter().partition(|child| child.name == name);
    let (true, [default]) = (rule.name == "Rule", defaults.as_slice()) else {
        return Err(malformed("Rule"));
    };
    if others.iter().any(|child| child.name != "BucketKeyEnabled") {
        return Err(malformed("Rule"));
    }
    default.only_once(&["SSEAlgorithm", "KMSMasterKeyID"])?;
    let algorithm = default.child_text("SSEAlgorithm").unwrap_or_default();
    match (algorithm, default.child_text("KMSMasterKeyID")) {
        ("aws:kms" | "aws:kms:dsse", _) => Err(XmlError::NotImplemented("SSEAlgorithm")),
        (_, Some(_)) => Err(malformed("KMSMasterKeyID")),
        (name, None) => SseAlgorithm::parse(name).ok_or_else(|| malformed("SSEAlgorithm")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delete_objects_keeps_keys_exactly() {
        let document = b"<Delete><Object><Key> a </Key></Object><Object><Key></Key></Object><Quiet>true</Quiet></Delete>";
        let request = delete_objects(document).unwrap();
        assert!(request.is_quiet);
        assert_eq!(
            request
                .entries
                .iter()
                .map(|e| e.object_key.as_str())
                .collect::<Vec<_>>(),
            [" a ", ""]
        );
        let many = |count: usize| {
            format!(
                "<Delete>{}</Delete>",
                "<Object><Key>k</Key></Object>".repeat(count)
            )
        };
        assert!(delete_objects(many(1000).as_bytes()).is_ok());
        for bad in [
            many(0),
            many(1001),
            "<Delete><Object/></Delete>".to_owned(),
            "<Delete><Object><Key>k</Key><IfMatch>x</IfMatch></Object></Delete>".to_owned(),
            "<Delete><Object><Key>k</Key><Key>l</Key></Object></Delete>".to_owned(),
            "<Other/>".to_owned(),
        ] {
            assert!(delete_objects(bad.as_bytes()).is_err());
        }
    }

    #[test]
    fn complete_requires_numbers_and_etags() {
        let part = |inner: &str| {
            complete_multipart_upload(
                format!("<CompleteMultipartUpload><Part>{inner}</Part></CompleteMultipartUpload>")
                    .as_bytes(),
            )
        };
        assert!(part("<PartNumber>1</PartNumber><ETag>&quot;x&quot;</ETag>").is_ok());
        for bad in [
            "",
            "<PartNumber>0</PartNumber><ETag>x</ETag>",
            "<PartNumber>1</PartNumber>",
            "<PartNumber>1e99</PartNumber><ETag>x</ETag>",
            "<ETag>x</ETag>",
            "<PartNumber>1</PartNumber><ETag>x</ETag><ETag>y</ETag>",
            "<PartNumber>1</PartNumber><ETag>x</ETag><Etag>y</Etag>",
        ] {
            assert!(part(bad).is_err(), "{bad}");
        }
        assert!(complete_multipart_upload(b"").is_err());
        assert!(complete_multipart_upload(b"<CompleteMultipartUpload/>").is_err());
    }
}
