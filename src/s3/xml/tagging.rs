//! The request document of tags, of objects and of buckets (s3-behaviour.md 79).
//!
//! Owns: its elements. Not here: what a tag may be (`model::tags`), answers (`responses_settings`).

use crate::model::tags::TagSet;
use crate::s3::xml::reader::{Element, XmlError};
use crate::s3::xml::requests::root;

/// Reads the body of PutObjectTagging and PutBucketTagging; `max` is the number of tags that there
/// may be.
///
/// # Errors
/// `Malformed`; `Tags` for tags that are none.
pub fn tagging(bytes: &[u8], max: usize) -> Result<TagSet, XmlError> {
    let root = root(bytes, "Tagging")?;
    let [set] = root.children.as_slice() else {
        return Err(XmlError::Malformed("Tagging"));
    };
    if set.name != "TagSet" || !set.text.trim().is_empty() {
        return Err(XmlError::Malformed("Tagging"));
    }
    let pairs = set.children.iter().map(tag).collect::<Result<_, _>>()?;
    Ok(TagSet::new(pairs, max)?)
}

/// Name and value as they stand: white space may be part of both.
fn tag(element: &Element) -> Result<(String, String), XmlError> {
    if element.name != "Tag" {
        return Err(XmlError::Malformed("TagSet"));
    }
    element.only_once(&["Key", "Value"])?;
    match (element.child_text("Key"), element.child_text("Value")) {
        (Some(name), Some(value)) => Ok((name.to_owned(), value.to_owned())),
        _ => Err(XmlError::Malformed("Tag")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tags::{BUCKET_TAGS_MAX, InvalidTags, OBJECT_TAGS_MAX};

    fn read(inner: &str) -> Result<TagSet, XmlError> {
        let document = format!("<Tagging>{inner}</Tagging>");
        tagging(document.as_bytes(), OBJECT_TAGS_MAX)
    }

    fn tag(name: &str, value: &str) -> String {
        format!("<Tag><Key>{name}</Key><Value>{value}</Value></Tag>")
    }

    fn set(tags: &[String]) -> String {
        format!("<TagSet>{}</TagSet>", tags.concat())
    }

    #[test]
    fn tags_are_read_as_they_stand_and_sorted() {
        let tags = read(&set(&[tag("b", ""), tag(" a ", "\u{17e} 1")])).unwrap();
        let expected = [(" a ", "\u{17e} 1"), ("b", "")];
        assert_eq!(tags.iter().collect::<Vec<_>>(), expected);
        for none in ["<TagSet/>", "\n<TagSet>\n </TagSet>\n"] {
            assert_eq!(read(none), Ok(TagSet::default()));
        }
    }

    #[test]
    fn tagging_off_the_schema_is_malformed() {
        for bad in [
            String::new(),
            "<TagSet/><TagSet/>".to_owned(),
            "<TagSet>a</TagSet>".to_owned(),
            "<TagSet/><Other/>".to_owned(),
            tag("a", "b"),
            "<TagSet><Other/></TagSet>".to_owned(),
            "<TagSet><Tag/></TagSet>".to_owned(),
            "<TagSet><Tag><Key>a</Key></Tag></TagSet>".to_owned(),
            "<TagSet><Tag><Value>a</Value></Tag></TagSet>".to_owned(),
            "<TagSet><Tag><Key>a</Key><Key>b</Key><Value/></Tag></TagSet>".to_owned(),
            "<TagSet><Tag><Key>a</Key><Value/><Other/></Tag></TagSet>".to_owned(),
            "<TagSet><Tag><Key><b/></Key><Value/></Tag></TagSet>".to_owned(),
        ] {
            assert!(matches!(read(&bad), Err(XmlError::Malformed(_))), "{bad}");
        }
        assert!(tagging(b"", OBJECT_TAGS_MAX).is_err());
        assert!(tagging(b"<Tags><TagSet/></Tags>", OBJECT_TAGS_MAX).is_err());
    }

    #[test]
    fn point_79_wrong_tags_are_told_from_wrong_documents() {
        let many = |count: usize| {
            let tags: Vec<_> = (0..count).map(|n| tag(&n.to_string(), "")).collect();
            set(&tags)
        };
        let same = [tag("a", "1"), tag("a", "2")];
        for (inner, error) in [
            (
                many(11),
                InvalidTags::TooMany {
                    max: OBJECT_TAGS_MAX,
                },
            ),
            (set(&same), InvalidTags::Duplicate),
            (set(&[tag("", "")]), InvalidTags::Name),
            (set(&[tag("a", &"v".repeat(257))]), InvalidTags::Value),
        ] {
            assert_eq!(read(&inner), Err(XmlError::Tags(error)), "{inner}");
        }
        let document = format!("<Tagging>{}</Tagging>", many(50));
        assert!(tagging(document.as_bytes(), BUCKET_TAGS_MAX).is_ok());
    }
}
