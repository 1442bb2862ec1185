//! Multipart uploads: part numbers.
//!
//! Owns: `PartNumber`, 1 to 10,000 (S3 quotas).
//! Not here: upload state (`catalog::uploads`).

use crate::base::limits::PART_NUMBER_MAX;

/// A number outside 1 to 10,000.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("part number is not between 1 and 10000")]
pub struct InvalidPartNumber;

/// The number that the client gave a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartNumber(u16);

impl PartNumber {
    /// Accepts 1 to 10,000.
    ///
    /// # Errors
    /// For every other number.
    pub fn new(number: u16) -> Result<Self, InvalidPartNumber> {
        if (1..=PART_NUMBER_MAX).contains(&number) {
            Ok(Self(number))
        } else {
            Err(InvalidPartNumber)
        }
    }

    /// Parses decimal digits.
    ///
    /// # Errors
    /// For anything else, and outside 1 to 10,000.
    pub fn parse(text: &str) -> Result<Self, InvalidPartNumber> {
        // The standard parser alone would take a plus sign.
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| is_number);
        number.ok_or(InvalidPartNumber).and_then(Self::new)
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }
}
