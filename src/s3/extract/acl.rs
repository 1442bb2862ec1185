//! Headers of access control lists and of object ownership.
//!
//! Owns: `x-amz-acl`, `x-amz-grant-*`, `x-amz-object-ownership`. Not here: documents
//! (`s3::xml::acl`), who the grantees are (`gateway::acl`).
//!
//! Source: S3 API reference, PutObjectAcl, "Request Syntax".

use crate::auth::RequestView;
use crate::model::acl::{AskedAcl, CannedAcl, Group, NamedGrant, NamedGrantee, Permission};
use crate::model::ownership::ObjectOwnership;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::extract::header::only;

/// A list by its name.
pub const HEADER: &str = "x-amz-acl";
/// Who is to own what others write into a new bucket.
pub const OWNERSHIP_HEADER: &str = "x-amz-object-ownership";
const GRANT_PREFIX: &str = "x-amz-grant-";

/// The headers that grant a permission, in the order in which their grants are told.
const GRANT_HEADERS: [(&str, Permission); 5] = [
    ("x-amz-grant-read", Permission::Read),
    ("x-amz-grant-write", Permission::Write),
    ("x-amz-grant-read-acp", Permission::ReadAcp),
    ("x-amz-grant-write-acp", Permission::WriteAcp),
    ("x-amz-grant-full-control", Permission::FullControl),
];

/// Whether a request asks for a list.
pub fn is_asked(request: &RequestView<'_>) -> bool {
    let mut names = request.headers.iter().map(|(name, _)| *name);
    names.any(|name| name == HEADER || name.starts_with(GRANT_PREFIX))
}

/// The list that a request asks for by its headers.
///
/// # Errors
/// `InvalidRequest` for both kinds of headers, and for one that is there twice; `InvalidArgument`
/// for a name, grantee or header that there is not.
pub fn asked(request: &RequestView<'_>) -> Result<Option<AskedAcl>, S3Error> {
    let canned = only(request, HEADER)?;
    let mut grants = Vec::new();
    for (name, permission) in GRANT_HEADERS {
        if let Some(text) = only(request, name)? {
            for grantee in grantees(name, text)? {
                grants.push(NamedGrant {
                    grantee,
                    permission,
                });
            }
        }
    }
    let mut names = request.headers.iter().map(|(name, _)| *name);
    let has_grants = names.any(|name| name.starts_with(GRANT_PREFIX));
    let is_unknown = |name: &&str| {
        let mut known = GRANT_HEADERS.iter();
        name.starts_with(GRANT_PREFIX) && known.all(|(own, _)| own != name)
    };
    let mut names = request.headers.iter().map(|(name, _)| *name);
    if let Some(name) = names.find(is_unknown) {
        return Err(S3Error::argument(name, "", "There is no such permission."));
    }
    match canned {
        Some(_) if has_grants => {
            let text = "Specifying both Canned ACLs and Header Grants is not allowed";
            Err(S3Error::new(S3ErrorCode::InvalidRequest).message(text.to_owned()))
        }
        Some(text) => {
            let canned = CannedAcl::parse(text);
            let canned = canned
                .ok_or_else(|| S3Error::argument(HEADER, text, "There is no such canned ACL."))?;
            Ok(Some(AskedAcl::Canned(canned)))
        }
        None => Ok(has_grants.then_some(AskedAcl::Grants(grants))),
    }
}

/// The grantees of a header: `id="..", uri="..", emailAddress=".."`, quoted or not.
fn grantees(header: &str, text: &str) -> Result<Vec<NamedGrantee>, S3Error> {
    let invalid = |why: &str| S3Error::argument(header, text, why);
    let grantee = |item: &str| {
        let (kind, value) = item.split_once('=')?;
        let value = value.trim();
        let unquoted = value.strip_prefix('"').map(|rest| rest.strip_suffix('"'));
        let value = unquoted.unwrap_or(Some(value))?;
        let is_plain = !value.is_empty() && !value.contains('"');
        is_plain.then(|| (kind.trim().to_ascii_lowercase(), value.to_owned()))
    };
    text.split(',')
        .map(|item| {
            let found = grantee(item.trim());
            let (kind, value) = found.ok_or_else(|| invalid("Argument format not recognized"))?;
            match kind.as_str() {
                "id" => Ok(NamedGrantee::CanonicalUser(value)),
                "emailaddress" => Ok(NamedGrantee::Email(value)),
                "uri" => {
                    let group = Group::parse(&value).ok_or_else(|| invalid("Invalid group uri"))?;
                    Ok(NamedGrantee::Group(group))
                }
                _ => Err(invalid("Argument format not recognized")),
            }
        })
        .collect()
}

/// The ownership that a new bucket is to have.
///
/// # Errors
/// `InvalidArgument`; `InvalidRequest` when it is there twice.
pub fn ownership(request: &RequestView<'_>) -> Result<Option<ObjectOwnership>, S3Error> {
    let Some(text) = only(request, OWNERSHIP_HEADER)? else {
        return Ok(None);
    };
    let setting = ObjectOwnership::parse(text).ok_or_else(|| {
        let why = "Invalid x-amz-object-ownership header: ".to_owned() + text;
        S3Error::argument(OWNERSHIP_HEADER, text, &why)
    })?;
    Ok(Some(setting))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&str, &str)]) -> Result<Option<AskedAcl>, S3ErrorCode> {
        let headers = headers.iter();
        let request = RequestView {
            method: "PUT",
            path: "/bucket/key",
            query: "acl",
            headers: headers
                .map(|(name, text)| (*name, text.as_bytes()))
                .collect(),
            secure: true,
        };
        assert_eq!(is_asked(&request), !request.headers.is_empty());
        asked(&request).map_err(|error| error.code())
    }

    #[test]
    fn grants_are_read_quoted_or_not_and_in_the_order_of_permissions() {
        let uri = Group::AllUsers.uri();
        let list = format!("ID=\"c0ffee\", uri={uri} ,emailAddress=\"ana@city.example\"");
        let headers = [
            ("x-amz-grant-write", "id=beef"),
            ("x-amz-grant-read", &list),
        ];
        let Ok(Some(AskedAcl::Grants(grants))) = read(&headers) else {
            panic!("grants");
        };
        let told = grants
            .iter()
            .map(|own| (own.permission.name(), &own.grantee));
        let told: Vec<_> = told.collect();
        let id = |id: &str| NamedGrantee::CanonicalUser(id.to_owned());
        assert_eq!(told[0], ("READ", &id("c0ffee")));
        assert_eq!(told[1], ("READ", &NamedGrantee::Group(Group::AllUsers)));
        let email = NamedGrantee::Email("ana@city.example".to_owned());
        assert_eq!(told[2], ("READ", &email));
        assert_eq!(told[3], ("WRITE", &id("beef")));
        assert_eq!(told.len(), 4);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        assert_eq!(read(&[]), Ok(None));
        let canned = AskedAcl::Canned(CannedAcl::PublicRead);
        assert_eq!(read(&[(HEADER, "public-read")]), Ok(Some(canned)));
        for text in [
            "", "id", "id=", "id=\"a", "id=a,", "name=a", "uri=a", "id=\"\"",
        ] {
            let refused = read(&[("x-amz-grant-read", text)]);
            assert_eq!(refused, Err(S3ErrorCode::InvalidArgument), "{text}");
        }
        for (name, text) in [
            (HEADER, "Private"),
            (HEADER, ""),
            ("x-amz-grant-all", "id=a"),
        ] {
            let refused = read(&[(name, text)]);
            assert_eq!(refused, Err(S3ErrorCode::InvalidArgument), "{name} {text}");
        }
        let both = [(HEADER, "private"), ("x-amz-grant-read", "id=a")];
        assert_eq!(read(&both), Err(S3ErrorCode::InvalidRequest));
        let twice = [(HEADER, "private"), (HEADER, "public-read")];
        assert_eq!(read(&twice), Err(S3ErrorCode::InvalidRequest));
    }
}
