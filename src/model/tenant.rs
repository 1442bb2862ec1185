//! Tenants: names, canonical ids, account numbers.
//!
//! Owns: `TenantName` (what operators type), `CanonicalId` (what S3 shows as owner ID), `AccountId`
//! (what ARNs and policies name).
//! Not here: tenant records (`catalog::tenants`).

use crate::model::id::TenantId;
use std::fmt;
use std::sync::Arc;

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

/// Whether a tenant is served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TenantStatus {
    /// It is.
    #[default]
    Active,
    /// What it has can be read and not be changed, by nobody.
    ReadOnly,
    /// Nobody reaches what it has. Nothing of it is lost.
    Suspended,
}

impl TenantStatus {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::ReadOnly => "read-only",
            Self::Suspended => "suspended",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Active, Self::ReadOnly, Self::Suspended];
        all.into_iter().find(|status| status.name() == text)
    }

    /// The stored form.
    pub const fn number(self) -> u8 {
        match self {
            Self::Active => 0,
            Self::ReadOnly => 1,
            Self::Suspended => 2,
        }
    }

    /// Reads the stored form.
    pub fn from_number(number: u8) -> Option<Self> {
        let all = [Self::Active, Self::ReadOnly, Self::Suspended];
        all.into_iter().find(|status| status.number() == number)
    }
}

/// A beginning of bucket names that breaks its rule.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "bucket prefix is not 1 to 40 lower-case letters, digits and hyphens that begin with a letter or digit"
)]
pub struct InvalidBucketPrefix;

/// How the names of a tenant's new buckets have to begin; without any, as they like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketPrefixes(Arc<[String]>);

/// Characters of a beginning of bucket names at most.
const BUCKET_PREFIX_LEN_MAX: usize = 40;

impl BucketPrefixes {
    /// Reads beginnings of bucket names.
    ///
    /// # Errors
    /// `InvalidBucketPrefix`.
    pub fn parse(prefixes: &[String]) -> Result<Self, InvalidBucketPrefix> {
        let is_valid = |prefix: &String| {
            let is_allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            (1..=BUCKET_PREFIX_LEN_MAX).contains(&prefix.len())
                && prefix.bytes().all(is_allowed)
                && !prefix.starts_with('-')
        };
        if prefixes.iter().all(is_valid) {
            Ok(Self(prefixes.into()))
        } else {
            Err(InvalidBucketPrefix)
        }
    }

    /// Whether a bucket may have this name.
    pub fn allow(&self, bucket_name: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|prefix| bucket_name.starts_with(prefix))
    }

    /// The beginnings.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

/// Digits of an account number.
const ACCOUNT_ID_LEN: usize = 12;

/// The number by which ARNs and policies name a tenant: 12 digits, as clients that take ARNs apart
/// expect (AWS, "View AWS account identifiers").
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId([u8; ACCOUNT_ID_LEN]);

impl AccountId {
    /// The number of a tenant: from the random half of its identity, so that it never changes. Who
    /// creates a tenant sees to it that no other has the same number.
    pub fn of(tenant: TenantId) -> Self {
        let (_, random) = tenant.as_bytes().split_at(8);
        let number = random
            .iter()
            .fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte));
        let mut rest = number % 10_u64.pow(12);
        let mut digits = [b'0'; ACCOUNT_ID_LEN];
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
        Self(digits)
    }

    /// Accepts 12 digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = <[u8; ACCOUNT_ID_LEN]>::try_from(text.as_bytes()).ok()?;
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then_some(Self(digits))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_prefixes_bind_names() {
        let prefixes = |texts: &[&str]| {
            let texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
            BucketPrefixes::parse(&texts)
        };
        assert!(BucketPrefixes::default().allow("anything"));
        let own = prefixes(&["kragujevac-", "kg"]).unwrap();
        assert!(own.allow("kragujevac-records") && own.allow("kg1"));
        assert!(!own.allow("kragujevac") && !own.allow("nis-records"));
        for bad in ["", "-a", "A", "a.b", "a/b", &"a".repeat(41)] {
            assert_eq!(prefixes(&[bad]), Err(InvalidBucketPrefix), "{bad}");
        }
    }

    #[test]
    fn status_is_read_back() {
        for status in [
            TenantStatus::Active,
            TenantStatus::ReadOnly,
            TenantStatus::Suspended,
        ] {
            assert_eq!(TenantStatus::parse(status.name()), Some(status));
            assert_eq!(TenantStatus::from_number(status.number()), Some(status));
        }
        assert_eq!(TenantStatus::parse("off"), None);
        assert_eq!(TenantStatus::from_number(3), None);
    }

    #[test]
    fn account_number_is_twelve_digits_of_the_random_half() {
        let of = |bytes| AccountId::of(TenantId::from_bytes(bytes)).to_string();
        assert_eq!(of([0; 16]), "000000000000");
        let mut bytes = [9; 16];
        bytes[8..].copy_from_slice(&123_456_u64.to_be_bytes());
        assert_eq!(of(bytes), "000000123456");
        assert_eq!(of([0xff; 16]), "744073709551615".split_at(3).1);
        assert_eq!(AccountId::parse(&of(bytes)).unwrap().as_str(), of(bytes));
        for text in ["", "12345678901", "1234567890123", "12345678901a"] {
            assert_eq!(AccountId::parse(text), None, "{text}");
        }
    }
}
