//! Object keys.
//!
//! Owns: the one rule that a key has: 1 to 1,024 bytes of UTF-8 without NUL. Dots, slashes and
//! spaces are literal (attacks.md 28): a key never becomes a path. Not here: order and listing
//! (`catalog::listing`).

use crate::base::limits::OBJECT_KEY_LEN_MAX;
use std::fmt;

/// Why bytes are no object key.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidObjectKey {
    /// Empty, or has a NUL byte.
    #[error("object key is empty or holds a NUL byte")]
    Malformed,
    /// Not UTF-8.
    #[error("object key is not UTF-8")]
    NotUtf8,
    /// Over 1,024 bytes.
    #[error("object key is longer than 1024 bytes")]
    TooLong,
}

/// A valid object key.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// Takes the decoded bytes of a key.
    ///
    /// # Errors
    /// As [`InvalidObjectKey`] says.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, InvalidObjectKey> {
        if bytes.len() > OBJECT_KEY_LEN_MAX {
            return Err(InvalidObjectKey::TooLong);
        }
        let text = String::from_utf8(bytes).map_err(|_utf8| InvalidObjectKey::NotUtf8)?;
        if text.is_empty() || text.contains('\0') {
            return Err(InvalidObjectKey::Malformed);
        }
        Ok(Self(text))
    }

    /// Takes a key that is text already.
    ///
    /// # Errors
    /// As [`InvalidObjectKey`] says.
    pub fn parse(text: &str) -> Result<Self, InvalidObjectKey> {
        Self::from_bytes(text.as_bytes().to_vec())
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key's bytes, which is what order is defined on.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_key_keeps_odd_characters_literally() {
        for odd in [
            " ",
            "'",
            "$",
            "%",
            "&",
            "<",
            ">",
            "_",
            "_ ",
            "__",
            "../../x",
            "a//b",
            "/",
            ".",
            "a%25.txt",
            "?versionId",
        ] {
            assert_eq!(
                ObjectKey::parse(odd).map(|k| k.as_str().to_owned()),
                Ok(odd.to_owned())
            );
        }
    }

    #[test]
    fn object_key_outside_rule_is_refused() {
        assert_eq!(ObjectKey::parse(""), Err(InvalidObjectKey::Malformed));
        assert_eq!(ObjectKey::parse("a\0b"), Err(InvalidObjectKey::Malformed));
        assert_eq!(
            ObjectKey::from_bytes(vec![0xff]),
            Err(InvalidObjectKey::NotUtf8)
        );
        assert_eq!(
            ObjectKey::parse(&"a".repeat(1025)),
            Err(InvalidObjectKey::TooLong)
        );
        assert!(ObjectKey::parse(&"a".repeat(1024)).is_ok());
    }
}
