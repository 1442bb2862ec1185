//! Tenants: names, canonical ids.
//!
//! Owns: `TenantName` (what operators type) and `CanonicalId` (what S3 shows as owner ID).
//! Not here: tenant records (`catalog::tenants`).

use std::fmt;

/// A tenant name that breaks its rule.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "tenant name is not 1 to 63 lower-case letters, digits and hyphens, beginning with a letter or digit"
)]
pub struct InvalidTenantName;

/// The short name of a tenant, unique on the installation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantName(String);

impl TenantName {
    /// Accepts 1 to 63 lower-case letters, digits and hyphens that begin with a letter or digit.
    ///
    /// # Errors
    /// For everything else.
    pub fn parse(text: &str) -> Result<Self, InvalidTenantName> {
        let is_alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let is_valid = (1..=63).contains(&text.len())
            && text.starts_with(is_alphanumeric)
            && text.chars().all(|c| is_alphanumeric(c) || c == '-');
        if is_valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidTenantName)
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A canonical id that breaks its rule.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("canonical id is not 1 to 64 hexadecimal digits")]
pub struct InvalidCanonicalId;

/// The canonical user id: the owner ID in S3 answers; up to 64 hexadecimal digits, lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalId(String);

impl CanonicalId {
    /// Accepts 1 to 64 hexadecimal digits.
    ///
    /// # Errors
    /// For everything else.
    pub fn parse(text: &str) -> Result<Self, InvalidCanonicalId> {
        let is_valid =
            (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
        if is_valid {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(InvalidCanonicalId)
        }
    }

    /// A canonical id of 32 random bytes.
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(hex::encode(bytes))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
