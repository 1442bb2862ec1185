//! Documents of access control and object ownership.

use crate::gateway::acl::{ToldAcl, ToldGrantee};
use crate::model::acl::{AskedAcl, Group, NamedGrant, NamedGrantee, Permission};
use crate::model::ownership::ObjectOwnership;
use crate::s3::xml::XmlWriter;
use crate::s3::xml::reader::{Element, XmlError};
use crate::s3::xml::requests::root;
use crate::s3::xml::responses::Owner;

/// GetBucketAcl and GetObjectAcl.
pub fn document(told: &ToldAcl) -> String {
    let mut xml = XmlWriter::new();
    xml.root("AccessControlPolicy");
    Owner::from(told.owner.clone()).write(&mut xml, "Owner");
    xml.open("AccessControlList");
    for (grantee, permission) in &told.grants {
        xml.open("Grant");
        match grantee {
            ToldGrantee::Account(account) => {
                xml.open_typed("Grantee", "CanonicalUser");
                xml.text("ID", &account.canonical_id);
                xml.text("DisplayName", &account.display_name);
            }
            ToldGrantee::Group(group) => {
                xml.open_typed("Grantee", "Group");
                xml.text("URI", group.uri());
            }
        }
        xml.close("Grantee");
        xml.text("Permission", permission.name());
        xml.close("Grant");
    }
    xml.close("AccessControlList");
    xml.close("AccessControlPolicy");
    xml.finish()
}

/// Reads the body of PutBucketAcl and PutObjectAcl. What kind a grantee is says the element that
/// names it: the reader drops attributes.
///
/// # Errors
/// `Malformed`; `Argument` for a group that there is not.
pub fn read(bytes: &[u8]) -> Result<AskedAcl, XmlError> {
    let root = root(bytes, "AccessControlPolicy")?;
    let (owner, list) = match root.children.as_slice() {
        [one, other] if one.name == "Owner" && other.name == "AccessControlList" => (one, other),
        [one, other] if one.name == "AccessControlList" && other.name == "Owner" => (other, one),
        _ => return Err(XmlError::Malformed("AccessControlPolicy")),
    };
    owner.only_once(&["ID", "DisplayName"])?;
    let owner = owner.child_text("ID").ok_or(XmlError::Malformed("ID"))?;
    if !list.text.trim().is_empty() {
        return Err(XmlError::Malformed("AccessControlList"));
    }
    Ok(AskedAcl::Document {
        owner: owner.trim().to_owned(),
        grants: list.children.iter().map(grant).collect::<Result<_, _>>()?,
    })
}

fn grant(element: &Element) -> Result<NamedGrant, XmlError> {
    let (named, permission) = match element.children.as_slice() {
        [one, other] if one.name == "Grantee" => (one, other),
        [one, other] => (other, one),
        _ => return Err(XmlError::Malformed("Grant")),
    };
    let is_grant = element.name == "Grant"
        && named.name == "Grantee"
        && permission.name == "Permission"
        && permission.children.is_empty();
    if !is_grant {
        return Err(XmlError::Malformed("Grant"));
    }
    let permission = Permission::parse(permission.text.trim());
    let permission = permission.ok_or(XmlError::Malformed("Permission"))?;
    Ok(NamedGrant {
        grantee: grantee(named)?,
        permission,
    })
}

fn grantee(element: &Element) -> Result<NamedGrantee, XmlError> {
    element.only_once(&["ID", "DisplayName", "URI", "EmailAddress"])?;
    let text = |name: &str| element.child_text(name).map(str::trim);
    match (text("ID"), text("URI"), text("EmailAddress")) {
        (Some(id), None, None) => Ok(NamedGrantee::CanonicalUser(id.to_owned())),
        (None, Some(uri), None) => {
            let group = Group::parse(uri).ok_or(XmlError::Argument {
                name: "URI",
                text: "Invalid group uri",
            })?;
            Ok(NamedGrantee::Group(group))
        }
        (None, None, Some(email)) => Ok(NamedGrantee::Email(email.to_owned())),
        _ => Err(XmlError::Malformed("Grantee")),
    }
}

/// Whether a list that is asked for is what there is where the bucket's owner owns everything.
pub fn is_owner_alone(asked: &AskedAcl, owner: &Owner) -> bool {
    let AskedAcl::Document {
        owner: named,
        grants,
    } = asked
    else {
        return false;
    };
    let full = NamedGrant {
        grantee: NamedGrantee::CanonicalUser(owner.id.clone()),
        permission: Permission::FullControl,
    };
    *named == owner.id && *grants == [full]
}

/// GetBucketOwnershipControls; `None` when they were taken away.
pub fn ownership(setting: ObjectOwnership) -> Option<String> {
    let mut xml = XmlWriter::new();
    xml.root("OwnershipControls");
    xml.open("Rule");
    xml.text("ObjectOwnership", setting.name()?);
    xml.close("Rule");
    xml.close("OwnershipControls");
    Some(xml.finish())
}

/// Reads the body of PutBucketOwnershipControls.
///
/// # Errors
/// `Malformed`.
pub fn read_ownership(bytes: &[u8]) -> Result<ObjectOwnership, XmlError> {
    let root = root(bytes, "OwnershipControls")?;
    let [rule] = root.children.as_slice() else {
        return Err(XmlError::Malformed("OwnershipControls"));
    };
    if rule.name != "Rule" {
        return Err(XmlError::Malformed("OwnershipControls"));
    }
    rule.only_once(&["ObjectOwnership"])?;
    let setting = rule.child_text("ObjectOwnership").map(str::trim);
    let setting = setting.and_then(ObjectOwnership::parse);
    setting.ok_or(XmlError::Malformed("ObjectOwnership"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::bucket_policy::ToldAccount;

    fn account(id: &str) -> ToldAccount {
        ToldAccount {
            canonical_id: id.to_owned(),
            display_name: "city & all".to_owned(),
        }
    }

    fn told() -> ToldAcl {
        let group = ToldGrantee::Group(Group::AllUsers);
        let full = ToldGrantee::Account(account("c0ffee"));
        ToldAcl {
            owner: account("c0ffee"),
            grants: vec![(group, Permission::Read), (full, Permission::FullControl)],
        }
    }

    #[test]
    fn list_is_read_as_it_is_told() {
        let read_back = read(document(&told()).as_bytes()).unwrap();
        let grant = |grantee, permission| NamedGrant {
            grantee,
            permission,
        };
        let id = NamedGrantee::CanonicalUser("c0ffee".to_owned());
        let grants = vec![
            grant(NamedGrantee::Group(Group::AllUsers), Permission::Read),
            grant(id, Permission::FullControl),
        ];
        let owner = "c0ffee".to_owned();
        assert_eq!(read_back, AskedAcl::Document { owner, grants });
        let none = "<AccessControlPolicy><AccessControlList/><Owner><ID>a</ID></Owner>\
                    </AccessControlPolicy>";
        let owner = "a".to_owned();
        let grants = Vec::new();
        assert_eq!(
            read(none.as_bytes()),
            Ok(AskedAcl::Document { owner, grants })
        );
    }

    #[test]
    fn row_39_what_is_no_list_is_refused() {
        let good = document(&told());
        for (from, to) in [
            ("<Owner>", "<Owner><ID>a</ID>"),
            ("<Owner>", "<Other/><Owner>"),
            ("<ID>c0ffee</ID>", ""),
            ("<AccessControlList>", "<AccessControlList>text"),
            ("<Permission>READ</Permission>", ""),
            (
                "<Permission>READ</Permission>",
                "<Permission><a/></Permission>",
            ),
            ("<Grant>", "<Grants>"),
            ("<URI>", "<ID>a</ID><URI>"),
            ("<URI>", "<Other>a</Other><URI>"),
            ("</URI>", "</URI><URI>a</URI>"),
            ("READ", "SEE"),
            ("READ", "read"),
        ] {
            let bad = good
                .replacen(from, to, 1)
                .replace("<Grants>", "<Grant><a/>");
            assert_ne!(bad, good, "{from}");
            let refused = read(bad.as_bytes());
            assert!(
                matches!(refused, Err(XmlError::Malformed(_))),
                "{from} {to}"
            );
        }
        let bad = good.replacen("AllUsers", "Everybody", 1);
        let refused = read(bad.as_bytes());
        assert!(matches!(
            refused,
            Err(XmlError::Argument { name: "URI", .. })
        ));
    }

    #[test]
    fn only_the_owners_own_list_is_the_owners_alone() {
        let owner = Owner::from(account("c0ffee"));
        let mut own = told();
        assert!(!is_owner_alone(
            &read(document(&own).as_bytes()).unwrap(),
            &owner
        ));
        own.grants.remove(0);
        let text = document(&own);
        assert!(is_owner_alone(&read(text.as_bytes()).unwrap(), &owner));
        for other in [
            text.replace("FULL_CONTROL", "READ"),
            text.replacen("c0ffee", "beef", 1),
            text.replace("c0ffee", "beef"),
        ] {
            assert!(!is_owner_alone(&read(other.as_bytes()).unwrap(), &owner));
        }
    }

    #[test]
    fn ownership_is_read_as_it_is_written_and_no_other() {
        for setting in [
            "BucketOwnerEnforced",
            "BucketOwnerPreferred",
            "ObjectWriter",
        ] {
            let setting = ObjectOwnership::parse(setting).unwrap();
            let text = ownership(setting).unwrap();
            assert_eq!(read_ownership(text.as_bytes()), Ok(setting));
        }
        assert_eq!(ownership(ObjectOwnership::Unset), None);
        let good = ownership(ObjectOwnership::ObjectWriter).unwrap();
        for bad in [
            "<OwnershipControls/>".to_owned(),
            good.replace("ObjectWriter", "Nobody"),
            good.replace("Rule>", "Rules>"),
            good.replace("</Rule>", "</Rule><Rule/>"),
            good.replace("</Rule>", "<Other/></Rule>"),
        ] {
            let refused = read_ownership(bad.as_bytes());
            assert!(matches!(refused, Err(XmlError::Malformed(_))), "{bad}");
        }
    }
}
