//! Bucket names.
//!
//! Owns: the naming rules of general purpose buckets (S3 user guide, "Bucket naming rules";
//! s3-behaviour.md 15). Not here: who owns a bucket (`catalog::buckets`).

use std::fmt;

/// A name that breaks the naming rules.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("bucket name breaks the naming rules")]
pub struct InvalidBucketName;

/// A valid bucket name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BucketName(String);

impl BucketName {
    /// Accepts 3 to 63 lower-case letters, digits, dots and hyphens that begin and end with a
    /// letter or digit, are not an IPv4 address and use none of the prefixes and suffixes that AWS
    /// reserves.
    ///
    /// # Errors
    /// For everything else.
    pub fn parse(text: &str) -> Result<Self, InvalidBucketName> {
        let is_alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let is_valid = (3..=63).contains(&text.len())
            && text
                .chars()
                .all(|c| is_alphanumeric(c) || c == '.' || c == '-')
            && text.starts_with(is_alphanumeric)
            && text.ends_with(is_alphanumeric)
            && !["..", ".-", "-."].iter().any(|bad| text.contains(bad))
            && !is_ipv4_shaped(text)
            && !["xn--", "sthree-", "amzn-s3-demo-"]
                .iter()
                .any(|bad| text.starts_with(bad))
            && !["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"]
                .iter()
                .any(|bad| text.ends_with(bad));
        if is_valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidBucketName)
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Four groups of digits: also those that are no address could be taken for one.
fn is_ipv4_shaped(text: &str) -> bool {
    let is_number = |group: &str| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit());
    text.split('.').count() == 4 && text.split('.').all(is_number)
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_name_outside_rules_is_refused() {
        let long = "a".repeat(64);
        for bad in [
            "",
            "ab",
            "_abc",
            "a_bc",
            "abc-",
            "-abc",
            "a..b",
            "a.-b",
            "a-.b",
            "192.168.5.4",
            "999.168.005.4",
            "Abc",
            "xn--abc",
            "abc-s3alias",
            "a b",
            "\u{10d}a\u{10d}ak",
            "..",
            long.as_str(),
        ] {
            assert!(BucketName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn bucket_name_inside_rules_is_accepted() {
        let long = "a".repeat(63);
        for good in [
            "abc",
            "1bc",
            "192.168.5",
            "1.2.3.4.5",
            "a.b.c",
            "kragujevac-records",
            "a--b",
            long.as_str(),
        ] {
            assert_eq!(
                BucketName::parse(good).map(|b| b.as_str().to_owned()),
                Ok(good.to_owned())
            );
        }
    }
}
