//! The document of CORS rules.

use crate::model::cors::{CORS_RULES_MAX, CorsConfiguration, CorsRule};
use crate::s3::xml::XmlWriter;
use crate::s3::xml::reader::{Element, XmlError};
use crate::s3::xml::requests::root;

/// Reads the body of PutBucketCors.
///
/// # Errors
/// `Malformed`, `Cors`.
pub fn read(bytes: &[u8]) -> Result<CorsConfiguration, XmlError> {
    let root = root(bytes, "CORSConfiguration")?;
    let count = root.children.len();
    if !(1..=CORS_RULES_MAX).contains(&count) {
        return Err(XmlError::Malformed("CORSConfiguration"));
    }
    let rules = root.children.iter().map(rule).collect::<Result<_, _>>()?;
    Ok(CorsConfiguration { rules })
}

fn rule(element: &Element) -> Result<CorsRule, XmlError> {
    if element.name != "CORSRule" {
        return Err(XmlError::Malformed("CORSRule"));
    }
    let mut rule = CorsRule::default();
    for child in &element.children {
        let text = child.text.trim().to_owned();
        let is_first = match child.name.as_str() {
            "AllowedHeader" => push(&mut rule.allowed_headers, text),
            "AllowedMethod" => push(&mut rule.allowed_methods, text),
            "AllowedOrigin" => push(&mut rule.allowed_origins, text),
            "ExposeHeader" => push(&mut rule.expose_headers, text),
            "ID" => rule.id.replace(text).is_none(),
            "MaxAgeSeconds" => {
                let seconds = text
                    .parse()
                    .map_err(|_text| XmlError::Malformed("MaxAgeSeconds"))?;
                rule.max_age_seconds.replace(seconds).is_none()
            }
            _ => false,
        };
        if !is_first || !child.children.is_empty() {
            return Err(XmlError::Malformed("CORSRule"));
        }
    }
    if rule.allowed_methods.is_empty() || rule.allowed_origins.is_empty() {
        return Err(XmlError::Malformed("CORSRule"));
    }
    rule.check()?;
    Ok(rule)
}

fn push(values: &mut Vec<String>, text: String) -> bool {
    values.push(text);
    true
}

/// GetBucketCors.
pub fn document(configuration: &CorsConfiguration) -> String {
    let mut xml = XmlWriter::new();
    xml.root("CORSConfiguration");
    for rule in &configuration.rules {
        xml.open("CORSRule");
        xml.optional("ID", rule.id.as_deref());
        for (name, values) in [
            ("AllowedOrigin", &rule.allowed_origins),
            ("AllowedMethod", &rule.allowed_methods),
            ("AllowedHeader", &rule.allowed_headers),
            ("ExposeHeader", &rule.expose_headers),
        ] {
            for value in values {
                xml.text(name, value);
            }
        }
        if let Some(seconds) = rule.max_age_seconds {
            xml.number("MaxAgeSeconds", seconds);
        }
        xml.close("CORSRule");
    }
    xml.close("CORSConfiguration");
    xml.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "<CORSRule><ID>one</ID><AllowedOrigin>https://*.rs</AllowedOrigin>\
        <AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod>\
        <AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>\
        <MaxAgeSeconds>3000</MaxAgeSeconds></CORSRule>";

    fn of(rules: &str) -> Result<CorsConfiguration, XmlError> {
        read(format!("<CORSConfiguration>{rules}</CORSConfiguration>").as_bytes())
    }

    #[test]
    fn rules_are_read_as_they_are_written() {
        let rules = of(RULE).unwrap();
        assert_eq!(rules.rules[0].allowed_methods, ["GET", "PUT"]);
        assert_eq!(rules.rules[0].max_age_seconds, Some(3000));
        assert_eq!(read(document(&rules).as_bytes()).unwrap(), rules);
        assert!(document(&rules).contains(RULE));
    }

    #[test]
    fn row_39_documents_that_are_no_rules_are_refused() {
        for bad in [
            String::new(),
            RULE.repeat(101),
            RULE.replace("CORSRule", "Rule"),
            RULE.replace("<ID>one</ID>", "<ID>one</ID><ID>two</ID>"),
            RULE.replace("3000", "-1"),
            RULE.replace("3000", "99999999999"),
            RULE.replace("ExposeHeader", "Unknown"),
            RULE.replace("<AllowedOrigin>https://*.rs</AllowedOrigin>", ""),
            RULE.replace("GET", "PATCH"),
            RULE.replace("https://*.rs", "*.*"),
            RULE.replace("ETag", "<a/>"),
        ] {
            assert!(of(&bad).is_err(), "{bad}");
        }
        assert!(of(&RULE.repeat(100)).is_ok());
    }
}
