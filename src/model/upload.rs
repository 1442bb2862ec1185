//! Multipart uploads: part numbers, and who began one.
//!
//! Owns: `PartNumber`, 1 to 10,000 (S3 quotas); who may go on with an upload.
//! Not here: upload state (`catalog::uploads`).

use crate::base::limits::PART_NUMBER_MAX;
use crate::model::id::TenantId;

/// Who began an upload (S3 User Guide, "Multipart upload API and permissions").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initiator {
    /// An account.
    Account(TenantId),
    /// A request that nobody has signed.
    Nobody,
}

impl Initiator {
    /// Who asks, by its account.
    pub fn of(caller: Option<TenantId>) -> Self {
        caller.map_or(Self::Nobody, Self::Account)
    }

    /// Its account.
    pub const fn account(self) -> Option<TenantId> {
        match self {
            Self::Account(account) => Some(account),
            Self::Nobody => None,
        }
    }

    /// Whether a caller may store parts of its upload and complete it: who began it, and the
    /// account of the bucket. What nobody began, nobody goes on with.
    pub fn lets(self, caller: Option<TenantId>, bucket_owner: TenantId) -> bool {
        caller == Some(bucket_owner) || Self::of(caller) == self
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upload_is_its_beginners_and_the_bucket_owners() {
        let account = |own: u8| TenantId::from_bytes([own; 16]);
        let (city, writer, other) = (account(1), account(2), account(3));
        let who = |began: Initiator| {
            let callers = [Some(city), Some(writer), Some(other), None];
            callers.map(|caller| began.lets(caller, city))
        };
        assert_eq!(who(Initiator::Account(writer)), [true, true, false, false]);
        assert_eq!(who(Initiator::Account(city)), [true, false, false, false]);
        assert_eq!(who(Initiator::Nobody), [true, false, false, true]);
    }
}
