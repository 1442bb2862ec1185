//! Request documents.
//!
//! Owns: which elements each document may have and how often.
//! Not here: well-formedness and bounds (`reader`); whether a key, a version or an ETag exists, and
//! the order of parts (`gateway`).
//!
//! Elements that S3's schema does not have are refused, since a misspelt condition that is ignored
//! is a condition that does not hold (attacks.md 39). `CreateBucketConfiguration` is the exception:
//! AWS keeps adding to it, and what a newer client says about placement (`Bucket`, `Location`) has
//! no meaning here.

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

pub(in crate::s3::xml) fn root(bytes: &[u8], name: &'static str) -> Result<Element, XmlError> {
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
    let is_quiet = match root.only_text("Quiet")? {
        None => false,
        Some(text) => boolean(text)?,
    };
    let mut entries = Vec::new();
    for child in &root.children {
        match child.name.as_str() {
            "Quiet" => {}
            "Object" => {
                child.only_once(&["Key", "VersionId", "ETag", "Size", "LastModifiedTime"])?;
                // White space is part of a key and of nothing else.
                let token = |name: &str| child.child_text(name).map(|text| text.trim().to_owned());
                entries.push(DeleteEntry {
                    object_key: child
                        .child_text("Key")
                        .ok_or(XmlError::Malformed("Key"))?
                        .to_owned(),
                    version_id: token("VersionId"),
                    etag: token("ETag"),
                    size: token("Size"),
                    last_modified: token("LastModifiedTime"),
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
            .trim()
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

/// Reads the body of CreateBucket: the location constraint, if there is one that is not empty.
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
        .only_text("LocationConstraint")?
        .map(|text| text.trim().to_owned())
        .filter(|region| !region.is_empty()))
}

/// A boolean of XML Schema; AWS's own samples also spell it in capitals.
fn boolean(text: &str) -> Result<bool, XmlError> {
    match text.trim() {
        "1" => Ok(true),
        "0" => Ok(false),
        text if text.eq_ignore_ascii_case("true") => Ok(true),
        text if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(XmlError::Malformed("boolean")),
    }
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
    rule.only_text("BucketKeyEnabled")?
        .map(boolean)
        .transpose()?;
    default.only_once(&["SSEAlgorithm", "KMSMasterKeyID"])?;
    let algorithm = default.child_text("SSEAlgorithm").unwrap_or_default();
    match (algorithm.trim(), default.child_text("KMSMasterKeyID")) {
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
            "<PartNumber>+1</PartNumber><ETag>x</ETag>",
            "<PartNumber>10001</PartNumber><ETag>x</ETag>",
            "<ETag>x</ETag>",
            "<PartNumber>1</PartNumber><ETag>x</ETag><ETag>y</ETag>",
            "<PartNumber>1</PartNumber><ETag>x</ETag><Etag>y</Etag>",
        ] {
            assert!(part(bad).is_err(), "{bad}");
        }
        assert!(complete_multipart_upload(b"").is_err());
        assert!(complete_multipart_upload(b"<CompleteMultipartUpload/>").is_err());
    }

    fn delete(inner: &str) -> Result<DeleteRequest, XmlError> {
        delete_objects(format!("<Delete>{inner}</Delete>").as_bytes())
    }

    #[test]
    fn delete_objects_reads_every_element() {
        let request = delete(
            "<Object>\n<Key>a/b&#x1;&#13;</Key><VersionId> v1\n</VersionId>\
             <ETag>&quot;e&quot;</ETag><Size>5</Size><LastModifiedTime>t</LastModifiedTime>\
             </Object><Quiet>TRUE</Quiet>",
        )
        .unwrap();
        let entry = DeleteEntry {
            object_key: "a/b\u{1}\r".to_owned(),
            version_id: Some("v1".to_owned()),
            etag: Some("\"e\"".to_owned()),
            size: Some("5".to_owned()),
            last_modified: Some("t".to_owned()),
        };
        assert_eq!(request.entries, [entry]);
        assert!(request.is_quiet);
    }

    #[test]
    fn delete_objects_off_the_schema_is_malformed() {
        for bad in [
            "<Object><Key><b/></Key></Object>",
            "<Object><Key>a</Key></Object><Quiet>yes</Quiet>",
            "<Object><Key>a</Key></Object><Quiet>true</Quiet><Quiet>false</Quiet>",
            "<Object><Key>a</Key></Object><Quiet><b/></Quiet>",
            "<Object><Key>a</Key></Object><Other/>",
            "<object><Key>a</Key></object>",
        ] {
            assert!(matches!(delete(bad), Err(XmlError::Malformed(_))), "{bad}");
        }
    }

    #[test]
    fn create_bucket_reads_one_location_constraint() {
        let create = |inner: &str| {
            let body = format!("<CreateBucketConfiguration>{inner}</CreateBucketConfiguration>");
            create_bucket(body.as_bytes())
        };
        let region = |text: &str| format!("<LocationConstraint>{text}</LocationConstraint>");
        let placement =
            "<Location><Name>az</Name></Location><Bucket><Type>Directory</Type></Bucket>";
        for none in [
            "",
            "<LocationConstraint/>",
            &region(" \n"),
            placement,
            "<Tags/>",
        ] {
            assert_eq!(create(none), Ok(None), "{none}");
        }
        assert_eq!(create(&region(" eu-1\n")), Ok(Some("eu-1".to_owned())));
        for bad in [region("eu-1").repeat(2), region("<b/>")] {
            assert!(matches!(create(&bad), Err(XmlError::Malformed(_))), "{bad}");
        }
        let tags = "<Tags><Tag><Key>a</Key><Value>b</Value></Tag></Tags>";
        assert_eq!(create(tags), Err(XmlError::NotImplemented("Tags")));
        assert_eq!(create_bucket(b" \n"), Ok(None));
        assert!(create_bucket(b"eu-1").is_err());
    }
}
