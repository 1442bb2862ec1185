//! Documents of public access: the four blocks, and whether a policy makes a bucket public.

use crate::model::public_access::PublicAccessBlock;
use crate::s3::xml::XmlWriter;
use crate::s3::xml::reader::{Element, XmlError};
use crate::s3::xml::requests::root;

const ROOT: &str = "PublicAccessBlockConfiguration";
const NAMES: [&str; 4] = [
    "BlockPublicAcls",
    "IgnorePublicAcls",
    "BlockPublicPolicy",
    "RestrictPublicBuckets",
];

/// Reads the body of PutPublicAccessBlock; what is left out is off.
///
/// # Errors
/// `Malformed`.
pub fn read(bytes: &[u8]) -> Result<PublicAccessBlock, XmlError> {
    let root = root(bytes, ROOT)?;
    root.only_once(&NAMES)?;
    let [acls, ignore, policy, restrict] = NAMES;
    Ok(PublicAccessBlock {
        block_public_acls: flag(&root, acls)?,
        ignore_public_acls: flag(&root, ignore)?,
        block_public_policy: flag(&root, policy)?,
        restrict_public_buckets: flag(&root, restrict)?,
    })
}

/// A boolean as XML Schema writes it; AWS's own tools capitalise it.
fn flag(root: &Element, name: &'static str) -> Result<bool, XmlError> {
    match root.child_text(name).map(str::trim) {
        None | Some("false" | "FALSE" | "False" | "0") => Ok(false),
        Some("true" | "TRUE" | "True" | "1") => Ok(true),
        Some(_) => Err(XmlError::Malformed(name)),
    }
}

/// GetPublicAccessBlock.
pub fn document(block: PublicAccessBlock) -> String {
    let values = [
        block.block_public_acls,
        block.ignore_public_acls,
        block.block_public_policy,
        block.restrict_public_buckets,
    ];
    let mut xml = XmlWriter::new();
    xml.root(ROOT);
    for (name, value) in NAMES.into_iter().zip(values) {
        xml.boolean(name, value);
    }
    xml.close(ROOT);
    xml.finish()
}

/// GetBucketPolicyStatus.
pub fn policy_status(is_public: bool) -> String {
    let mut xml = XmlWriter::new();
    xml.root("PolicyStatus");
    xml.boolean("IsPublic", is_public);
    xml.close("PolicyStatus");
    xml.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_as_they_are_written() {
        for bits in 0..16_u8 {
            let has = |bit: u8| bits & bit != 0;
            let block = PublicAccessBlock {
                block_public_acls: has(1),
                ignore_public_acls: has(2),
                block_public_policy: has(4),
                restrict_public_buckets: has(8),
            };
            assert_eq!(read(document(block).as_bytes()).unwrap(), block);
        }
    }

    #[test]
    fn row_39_unknown_and_repeated_elements_are_refused() {
        let document = |inner: &str| format!("<{ROOT}>{inner}</{ROOT}>");
        let off = PublicAccessBlock::default();
        assert_eq!(read(document("").as_bytes()).unwrap(), off);
        for inner in [
            "<BlockPublicAcls>yes</BlockPublicAcls>",
            "<BlockAcls>true</BlockAcls>",
            "<BlockPublicAcls>true</BlockPublicAcls><BlockPublicAcls>true</BlockPublicAcls>",
        ] {
            assert!(read(document(inner).as_bytes()).is_err(), "{inner}");
        }
        assert!(read(b"<Other></Other>").is_err());
    }
}
