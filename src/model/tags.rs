//! Tags of objects and buckets (S3 user guide, "Categorizing your storage using tags").
//!
//! Owns: `TagSet` and what it may hold.
//! Not here: XML and headers (`s3`), what a rule makes of tags (`model::lifecycle`).

/// Tags of an object at most.
pub const OBJECT_TAGS_MAX: usize = 10;
/// Tags of a bucket at most.
pub const BUCKET_TAGS_MAX: usize = 50;
/// Characters of a tag's name at most.
pub const TAG_NAME_LEN_MAX: usize = 128;
/// Characters of a tag's value at most.
pub const TAG_VALUE_LEN_MAX: usize = 256;

/// Why tags are none.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidTags {
    /// Two tags of one name.
    #[error("Cannot provide multiple Tags with the same key")]
    Duplicate,
    /// A name that is empty, too long or reserved, or holds other characters.
    #[error("The TagKey you have provided is invalid")]
    Name,
    /// More than there may be.
    #[error("Object tags cannot be greater than {max}")]
    TooMany {
        /// How many there may be.
        max: usize,
    },
    /// A value that is too long or holds other characters.
    #[error("The TagValue you have provided is invalid")]
    Value,
}

/// Tags, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagSet {
    pairs: Vec<(String, String)>,
}

impl TagSet {
    /// Checks and sorts tags; `max` is the number that there may be.
    ///
    /// # Errors
    /// `InvalidTags`.
    pub fn new(mut pairs: Vec<(String, String)>, max: usize) -> Result<Self, InvalidTags> {
        if pairs.len() > max {
            return Err(InvalidTags::TooMany { max });
        }
        for (name, value) in &pairs {
            let is_reserved = name.to_ascii_lowercase().starts_with("aws:");
            let len = name.chars().count();
            if len == 0 || len > TAG_NAME_LEN_MAX || is_reserved || !name.chars().all(is_allowed) {
                return Err(InvalidTags::Name);
            }
            if value.chars().count() > TAG_VALUE_LEN_MAX || !value.chars().all(is_allowed) {
                return Err(InvalidTags::Value);
            }
        }
        pairs.sort();
        if pairs
            .windows(2)
            .any(|two| matches!(two, [(a, _), (b, _)] if a == b))
        {
            return Err(InvalidTags::Duplicate);
        }
        Ok(Self { pairs })
    }

    /// Tags that were checked when they were stored.
    pub fn from_stored(pairs: Vec<(String, String)>) -> Self {
        Self { pairs }
    }

    /// Name and value of each, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of a tag.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(own, _)| *own == name)
            .map(|(_, value)| value)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }
}

/// Letters, digits and spaces of all languages, and the signs that AWS allows.
fn is_allowed(c: char) -> bool {
    c.is_alphanumeric() || c.is_whitespace() && !c.is_control() || "+-=._:/@".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(pairs: &[(&str, &str)]) -> Result<TagSet, InvalidTags> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        TagSet::new(pairs.iter().map(own).collect(), OBJECT_TAGS_MAX)
    }

    #[test]
    fn tags_are_sorted_and_found() {
        let tags = set(&[("b", ""), ("a", "1")]).unwrap();
        assert_eq!(tags.iter().collect::<Vec<_>>(), [("a", "1"), ("b", "")]);
        assert_eq!((tags.get("b"), tags.get("c")), (Some(""), None));
    }

    #[test]
    fn tags_that_are_none_are_refused() {
        let long = |len| "x".repeat(len);
        assert_eq!(set(&[("a", ""), ("a", "1")]), Err(InvalidTags::Duplicate));
        assert_eq!(set(&[("", "")]), Err(InvalidTags::Name));
        assert_eq!(set(&[("aws:a", "")]), Err(InvalidTags::Name));
        assert_eq!(set(&[(&long(129), "")]), Err(InvalidTags::Name));
        assert_eq!(set(&[("a", &long(257))]), Err(InvalidTags::Value));
        assert_eq!(set(&[("a", "\u{7}")]), Err(InvalidTags::Value));
        assert!(set(&[(&long(128), &long(256))]).is_ok());
        let many: Vec<_> = (0..11).map(|n| (n.to_string(), String::new())).collect();
        assert_eq!(TagSet::new(many, 10), Err(InvalidTags::TooMany { max: 10 }));
    }
}
