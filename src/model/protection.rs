//! Protection of a bucket's objects from being hidden.
//!
//! Owns: `Protection` and its rule: which keys stay deletable. Not here: who refuses the deletion
//! (`gateway::object::delete`, `jobs::lifecycle`), who sets it (`control::buckets`).
//!
//! Object Lock keeps versions, but a plain DELETE of a locked object still succeeds: it adds a
//! marker, and every backup tool then reports that its repository is gone. In a protected bucket an
//! object whose current version is retained cannot be hidden either. Only operators protect a
//! bucket, and nobody takes the protection away.

use crate::base::codec::{CodecError, Reader, Writer};
use crate::model::object_key::ObjectKey;

/// Patterns of deletable keys at most.
pub const DELETABLE_MAX: usize = 32;
/// Bytes of a pattern at most.
pub const PATTERN_LEN_MAX: usize = 256;
/// What stands for the folders before a sequence of segments.
const ANYWHERE: &str = "*/";

/// Text that is no pattern of deletable keys.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidPattern {
    /// Empty or a mere slash: it would leave everything deletable, or nothing.
    #[error("names no folder or object")]
    Empty,
    /// A star elsewhere than as the leading `*/`: it would not be what its writer means.
    #[error("has a '*' elsewhere than as its leading '*/'")]
    Star,
    /// Over 256 bytes, or with a control character.
    #[error("is longer than 256 bytes or holds a control character")]
    Text,
    /// More patterns than there may be.
    #[error("is one of more than 32 patterns")]
    TooMany,
}

/// Names keys that stay deletable: by a prefix such as `locks/`, or by segments below any folder
/// such as `*/locks/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeletablePattern(String);

impl DeletablePattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// As [`InvalidPattern`] says.
    pub fn parse(text: &str) -> Result<Self, InvalidPattern> {
        let named = text.strip_prefix(ANYWHERE).unwrap_or(text);
        if named.trim_matches('/').is_empty() {
            return Err(InvalidPattern::Empty);
        }
        if named.contains('*') {
            return Err(InvalidPattern::Star);
        }
        if text.len() > PATTERN_LEN_MAX || text.chars().any(char::is_control) {
            return Err(InvalidPattern::Text);
        }
        Ok(Self(text.to_owned()))
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it names this key.
    ///
    /// A prefix is taken literally. `*/a/b` stands for the whole segments `a` and `b` below at
    /// least one folder: it names `x/a/b` and `x/y/a/b/c`, but neither `a/b` nor `x/a/bc`.
    pub fn names(&self, object_key: &ObjectKey) -> bool {
        let own = object_key.as_str();
        let Some(segments) = self.0.strip_prefix(ANYWHERE) else {
            return own.starts_with(&self.0);
        };
        let mut after_slashes = own
            .match_indices('/')
            .filter_map(|(at, _)| own.get(at + 1..));
        after_slashes.any(|rest| {
            let tail = rest.strip_prefix(segments);
            tail.is_some_and(|tail| {
                segments.ends_with('/') || tail.is_empty() || tail.starts_with('/')
            })
        })
    }
}

/// A bucket's protection: objects whose current version is retained cannot be hidden, except those
/// that the patterns name. The latter get no default retention.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Protection {
    deletable: Vec<DeletablePattern>,
}

impl Protection {
    /// Parses patterns; an error names the pattern that is none.
    ///
    /// # Errors
    /// The pattern and what is wrong with it.
    pub fn parse<'a>(
        patterns: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, (String, InvalidPattern)> {
        let mut deletable = Vec::new();
        for text in patterns {
            let failed = |source| (text.to_owned(), source);
            deletable.push(DeletablePattern::parse(text).map_err(failed)?);
            if deletable.len() > DELETABLE_MAX {
                return Err(failed(InvalidPattern::TooMany));
            }
        }
        deletable.sort();
        deletable.dedup();
        Ok(Self { deletable })
    }

    /// Whether the object of this key may be hidden, and gets no default retention.
    pub fn is_deletable(&self, object_key: &ObjectKey) -> bool {
        self.deletable.iter().any(|own| own.names(object_key))
    }

    /// Whether no other key is deletable than those of `other`, pattern by pattern.
    pub fn is_within(&self, other: &Self) -> bool {
        self.deletable
            .iter()
            .all(|own| other.deletable.contains(own))
    }

    /// The patterns, sorted.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.deletable.iter().map(DeletablePattern::as_str)
    }

    /// Writes the fields: the number of patterns as `u32`, and each as a field.
    pub fn write(&self, writer: &mut Writer) {
        writer.u32(u32::try_from(self.deletable.len()).unwrap_or(u32::MAX));
        for own in &self.deletable {
            writer.field(own.as_str().as_bytes());
        }
    }

    /// Reads the fields that [`Protection::write`] wrote.
    ///
    /// # Errors
    /// When they are not what was written.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut deletable = Vec::new();
        for _ in 0..reader.u32()? {
            let text = reader.text("deletable pattern")?;
            let own = DeletablePattern::parse(&text)
                .map_err(|_pattern| CodecError::InvalidField("deletable pattern"))?;
            deletable.push(own);
        }
        Ok(Self { deletable })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protection(patterns: &[&str]) -> Protection {
        Protection::parse(patterns.iter().copied()).unwrap()
    }

    #[test]
    fn deletable_keys_are_named_by_prefix_or_segments() {
        let restic = protection(&["locks/", "*/locks/"]);
        let file = protection(&["*/backup.info.tmp"]);
        let deep = protection(&["*/a/b"]);
        let cases = [
            (&restic, "locks/1f", true),
            (&restic, "city/locks/1f", true),
            (&restic, "city/finance/locks/1f", true),
            (&restic, "//locks/1f", true),
            (&restic, "locks", false),
            (&restic, "city/locks", false),
            (&restic, "city/mylocks/1f", false),
            (&restic, "padlocks/1f", false),
            (&restic, "city/Locks/1f", false),
            (&restic, "data/locks.txt", false),
            (&restic, "config", false),
            (&file, "x/backup.info.tmp", true),
            (&file, "x/backup.info.tmp/y", true),
            (&file, "backup.info.tmp", false),
            (&file, "x/backup.info.tmp2", false),
            (&deep, "x/a/b", true),
            (&deep, "x/y/a/b/c", true),
            (&deep, "x/a/a/b", true),
            (&deep, "a/b", false),
            (&deep, "x/a/bc", false),
            (&deep, "x/a/c/b", false),
        ];
        for (own, text, wanted) in cases {
            let object_key = ObjectKey::parse(text).unwrap();
            assert_eq!(own.is_deletable(&object_key), wanted, "{text}");
        }
        let object_key = ObjectKey::parse("locks/1f").unwrap();
        assert!(!protection(&[]).is_deletable(&object_key));
    }

    #[test]
    fn pattern_that_names_all_or_nothing_is_refused() {
        let long = "x".repeat(PATTERN_LEN_MAX + 1);
        let cases = [
            ("", InvalidPattern::Empty),
            ("/", InvalidPattern::Empty),
            ("*/", InvalidPattern::Empty),
            ("*//", InvalidPattern::Empty),
            ("*", InvalidPattern::Star),
            ("**/locks/", InvalidPattern::Star),
            ("*/*/locks/", InvalidPattern::Star),
            ("city/*/locks/", InvalidPattern::Star),
            ("a\nb", InvalidPattern::Text),
            (&long, InvalidPattern::Text),
        ];
        for (text, wanted) in cases {
            assert_eq!(DeletablePattern::parse(text), Err(wanted), "{text:?}");
        }
        let many: Vec<_> = (0..=DELETABLE_MAX).map(|n| format!("{n}/")).collect();
        let refused = Protection::parse(many.iter().map(String::as_str));
        assert_eq!(refused, Err(("32/".to_owned(), InvalidPattern::TooMany)));
    }

    #[test]
    fn protection_is_read_as_it_was_written() {
        for own in [protection(&[]), protection(&["*/locks/", "locks/"])] {
            let mut writer = Writer::new();
            own.write(&mut writer);
            let mut reader = Reader::new(writer.as_slice());
            assert_eq!(Protection::read(&mut reader), Ok(own));
            assert_eq!(reader.finish(), Ok(()));
        }
        let mut writer = Writer::new();
        writer.u32(1).field(b"*");
        let read = Protection::read(&mut Reader::new(writer.as_slice()));
        assert_eq!(read, Err(CodecError::InvalidField("deletable pattern")));
    }
}
