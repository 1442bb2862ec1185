//! Documents of access control and object ownership.

use crate::s3::xml::XmlWriter;
use crate::s3::xml::reader::{Element, XmlError};
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

/// Whether the body of PutBucketAcl or PutObjectAcl asks for what [`owner_alone`] tells.
///
/// # Errors
/// `Malformed`.
pub fn is_owner_alone(bytes: &[u8], owner: &Owner) -> Result<bool, XmlError> {
    let root = root(bytes, "AccessControlPolicy")?;
    let child = |element: &Element, name: &'static str| {
        let mut children = element.children.iter().filter(|child| child.name == name);
        match (children.next(), children.next()) {
            (Some(child), None) => Ok(child.clone()),
            _ => Err(XmlError::Malformed(name)),
        }
    };
    let is_owner = |element: &Element| element.child_text("ID").map(str::trim) == Some(&owner.id);
    let is_owned = is_owner(&child(&root, "Owner")?);
    let list = child(&root, "AccessControlList")?;
    let [grant] = list.children.as_slice() else {
        return Ok(false);
    };
    let permission = grant.child_text("Permission").map(str::trim);
    let is_full = grant.name == "Grant" && permission == Some("FULL_CONTROL");
    Ok(is_owned && is_full && is_owner(&child(grant, "Grantee")?))
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
    fn only_the_list_that_is_told_is_the_owners_alone() {
        let owner = Owner {
            id: "c0ffee".to_owned(),
            display_name: "city".to_owned(),
        };
        let told = owner_alone(&owner);
        assert!(is_owner_alone(told.as_bytes(), &owner).unwrap());
        let (before, grant) = told.split_once("<Grant>").unwrap();
        let (grant, after) = grant.split_once("</Grant>").unwrap();
        let with = |grants: String| format!("{before}{grants}{after}");
        let one = format!("<Grant>{grant}</Grant>");
        for other in [
            with(String::new()),
            with(one.replace("FULL_CONTROL", "READ")),
            with(one.replace("c0ffee", "beef")),
            with(format!("{one}{one}")),
            told.replacen("c0ffee", "beef", 1),
        ] {
            assert!(
                !is_owner_alone(other.as_bytes(), &owner).unwrap(),
                "{other}"
            );
        }
        for bad in ["", "<a/>", "<AccessControlPolicy/>"] {
            assert!(is_owner_alone(bad.as_bytes(), &owner).is_err(), "{bad}");
        }
    }

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
