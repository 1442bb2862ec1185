//! Versions of objects: whether a bucket keeps them, and how clients name them.
//!
//! Owns: `Versioning` (a bucket's state), `VersionSelector` (`versionId` in requests and answers).
//! Not here: how versions are stored (`catalog::versions`).

use crate::model::id::VersionId;
use std::fmt;

/// Whether a bucket keeps versions (S3 user guide, "Using versioning in S3 buckets").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Versioning {
    /// It never did: every write replaces the one version, the null version.
    #[default]
    Unversioned,
    /// Every write makes a version with an id of its own.
    Enabled,
    /// It did: writes replace the null version, other versions stay.
    Suspended,
}

impl Versioning {
    /// The status in XML; a bucket that never kept versions has none.
    pub const fn status(self) -> Option<&'static str> {
        match self {
            Self::Unversioned => None,
            Self::Enabled => Some("Enabled"),
            Self::Suspended => Some("Suspended"),
        }
    }

    /// The number in stored rows.
    pub const fn to_stored(self) -> u8 {
        match self {
            Self::Unversioned => 0,
            Self::Enabled => 1,
            Self::Suspended => 2,
        }
    }

    /// The state of a stored number.
    pub const fn from_stored(stored: u8) -> Option<Self> {
        match stored {
            0 => Some(Self::Unversioned),
            1 => Some(Self::Enabled),
            2 => Some(Self::Suspended),
            _ => None,
        }
    }
}

/// Text that names no version: neither `null` nor an id that we could have made.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a version id")]
pub struct InvalidVersionId;

/// A version as clients name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VersionSelector {
    /// The version without an id.
    Null,
    /// The version with this id.
    Id(VersionId),
}

impl VersionSelector {
    /// Parses `versionId`.
    ///
    /// # Errors
    /// `InvalidVersionId`.
    pub fn parse(text: &str) -> Result<Self, InvalidVersionId> {
        if text == "null" {
            return Ok(Self::Null);
        }
        // Ids are compared as text by clients: only the form that we write names a version.
        let is_ours = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        match text.parse() {
            Ok(id) if is_ours => Ok(Self::Id(id)),
            _ => Err(InvalidVersionId),
        }
    }

    /// The id; `None` for the null version.
    pub const fn id(self) -> Option<VersionId> {
        match self {
            Self::Null => None,
            Self::Id(id) => Some(id),
        }
    }
}

impl fmt::Display for VersionSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Id(id) => id.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_named_in_one_form_only() {
        let id = VersionId::from_bytes([0xab; 16]);
        let text = VersionSelector::Id(id).to_string();
        assert_eq!(VersionSelector::parse(&text), Ok(VersionSelector::Id(id)));
        assert_eq!(VersionSelector::parse("null"), Ok(VersionSelector::Null));
        let short = "a".repeat(31);
        for text in ["", "Null", "NULL", &text.to_uppercase(), &short, "a/b"] {
            assert_eq!(
                VersionSelector::parse(text),
                Err(InvalidVersionId),
                "{text}"
            );
        }
    }
}
