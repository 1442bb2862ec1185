//! Documents of access control and object ownership.

use crate::s3::xml::XmlWriter;
use crate::s3::xml::reader::XmlError;
use crate::s3::xml::requests::root;
use crate::s3::xml::responses::Owner;

/// The only setting of object ownership that there is.
const ENFORCED: &str = "BucketOwnerEnforced";

/// GetBucketAcl and GetObjectAcl: the owner has full control, nobody else has anything.
pub fn owner_alone(owner: &Owner) -> String {
    let mut xml = XmlWriter::new();
    xml.root("AccessControlPolicy");
    owner.write(&mut xml, "Owner");
    xml.open("AccessControlList");
    xml.open("Grant");
    xml.open_typed("Grantee", "CanonicalUser");
    xml.text("ID", &owner.id);
    xml.text("DisplayName", &owner.display_name);
    xml.close("Grantee");
    xml.text("Permission", "FULL_CONTROL");
    xml.close("Grant");
    xml.close("AccessControlList");
    xml.close("AccessControlPolicy");
    xml.finish()
}

/// GetBucketOwnershipControls.
pub fn ownership() -> String {
    let mut xml = XmlWriter::new();
    xml.root("OwnershipControls");
    xml.open("Rule");
    xml.text("ObjectOwnership", ENFORCED);
    xml.close("Rule");
    xml.close("OwnershipControls");
    xml.finish()
}

/// Reads the body of PutBucketOwnershipControls.
///
/// # Errors
/// `Malformed`; `NotImplemented` for settings under which access control lists count.
pub fn read_ownership(bytes: &[u8]) -> Result<(), XmlError> {
    let root = root(bytes, "OwnershipControls")?;
    let [rule] = root.children.as_slice() else {
        return Err(XmlError::Malformed("OwnershipControls"));
    };
    if rule.name != "Rule" {
        return Err(XmlError::Malformed("OwnershipControls"));
    }
    match rule.only_text("ObjectOwnership")?.map(str::trim) {
        Some(ENFORCED) => Ok(()),
        Some("BucketOwnerPreferred" | "ObjectWriter") => {
            Err(XmlError::NotImplemented("ObjectOwnership"))
        }
        _ => Err(XmlError::Malformed("ObjectOwnership")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ownership_is_read_as_it_is_written_and_no_other() {
        read_ownership(ownership().as_bytes()).unwrap();
        let other = ownership().replace(ENFORCED, "ObjectWriter");
        assert!(matches!(
            read_ownership(other.as_bytes()),
            Err(XmlError::NotImplemented(_))
        ));
        for bad in [
            "<OwnershipControls/>".to_owned(),
            ownership().replace(ENFORCED, "Nobody"),
            ownership().replace("Rule>", "Rules>"),
            ownership().replace("</Rule>", "</Rule><Rule/>"),
        ] {
            assert!(matches!(
                read_ownership(bad.as_bytes()),
                Err(XmlError::Malformed(_))
            ));
        }
    }
}
