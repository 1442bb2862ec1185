//! Everything that is computed over a body on its way in, and everything that it is compared with.
//!
//! Owns: which digests a body needs (one pass each), and the comparison before anything becomes
//! visible. Not here: where the expected values come from (`s3::extract`, `s3::body`).

use crate::base::digest::{DigestAlgorithm, Digester};
use crate::base::md5::Md5;
use crate::base::secret::is_equal;
use crate::gateway::error::GatewayError;
use crate::model::checksum::{Checksum, ChecksumAlgorithm};

/// What the request's head declares about its body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeclaredDigests {
    /// Content-MD5.
    pub md5: Option<[u8; 16]>,
    /// x-amz-content-sha256, when it is a hash.
    pub sha256: Option<[u8; 32]>,
    /// A checksum header.
    pub checksum: Option<Checksum>,
    /// The algorithm of a checksum that comes in the trailer, or that we are to compute.
    pub checksum_algorithm: Option<ChecksumAlgorithm>,
    /// The body's length, where it is known.
    pub len: Option<u64>,
}

/// What the body's end declares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodyEnd {
    /// The checksum in the trailer.
    pub checksum: Option<Checksum>,
}

/// Accumulators of one body.
#[derive(Debug)]
pub struct BodyDigests {
    md5: Md5,
    others: OtherDigests,
}

/// Those beside the MD5, which every body has and which is computed together with other bodies'.
#[derive(Debug)]
pub(in crate::gateway) struct OtherDigests {
    digesters: Vec<(DigestAlgorithm, Digester)>,
}

impl OtherDigests {
    /// Adds the next bytes of the body.
    pub(in crate::gateway) fn update(&mut self, bytes: &[u8]) {
        self.digesters
            .iter_mut()
            .for_each(|(_, digester)| digester.update(bytes));
    }

    /// Whether all of them together are not worth the way to another thread.
    pub(in crate::gateway) fn are_light(&self) -> bool {
        self.digesters
            .iter()
            .all(|(algorithm, _)| algorithm.is_light())
    }
}

/// Digests of a whole body, after all comparisons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedDigests {
    /// MD5, for the ETag.
    pub md5: [u8; 16],
    /// The checksum to store.
    pub checksum: Option<Checksum>,
    /// Bytes of the body.
    pub len: u64,
}

impl BodyDigests {
    /// Accumulators for what is declared, and for the MD5 of the ETag.
    pub fn new(declared: &DeclaredDigests) -> Self {
        let mut algorithms = Vec::new();
        if declared.sha256.is_some() {
            algorithms.push(DigestAlgorithm::Sha256);
        }
        let declared_algorithm = declared
            .checksum
            .as_ref()
            .map(|checksum| checksum.algorithm);
        if let Some(algorithm) = declared_algorithm.or(declared.checksum_algorithm)
            && !algorithms.contains(&algorithm.digest())
        {
            algorithms.push(algorithm.digest());
        }
        let digesters = algorithms
            .into_iter()
            .map(|algorithm| (algorithm, Digester::new(algorithm)))
            .collect();
        Self {
            md5: Md5::default(),
            others: OtherDigests { digesters },
        }
    }

    /// Bytes so far.
    pub fn len(&self) -> u64 {
        self.md5.len()
    }

    /// Whether nothing has been added yet.
    pub fn is_empty(&self) -> bool {
        self.md5.is_empty()
    }

    /// Adds the next bytes of the body.
    pub fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.others.update(bytes);
    }

    /// Takes them apart, for a piece that is hashed by several at once.
    pub(in crate::gateway) fn split(self) -> (Md5, OtherDigests) {
        (self.md5, self.others)
    }

    /// Puts them together again: both have taken the same bytes.
    pub(in crate::gateway) fn join(md5: Md5, others: OtherDigests) -> Self {
        Self { md5, others }
    }

    /// Compares with all that was declared.
    ///
    /// # Errors
    /// The first declaration that does not hold.
    pub fn verify(
        self,
        declared: &DeclaredDigests,
        end: Option<BodyEnd>,
    ) -> Result<VerifiedDigests, GatewayError> {
        let len = self.md5.len();
        let md5 = self.md5.finish();
        let values = self
            .others
            .digesters
            .into_iter()
            .map(|(algorithm, digester)| (algorithm, digester.finish()))
            .collect::<Vec<_>>();
        let value_of = |algorithm: DigestAlgorithm| {
            values
                .iter()
                .find(|(known, _)| *known == algorithm)
                .map(|(_, value)| value.as_slice())
        };
        if let Some(expected) = declared.sha256 {
            let sha256 = value_of(DigestAlgorithm::Sha256);
            if !sha256.is_some_and(|value| is_equal(value, &expected)) {
                let calculated = sha256.and_then(|value| value.try_into().ok());
                let calculated = calculated.unwrap_or_default();
                return Err(GatewayError::PayloadHashMismatch { calculated });
            }
        }
        if declared.md5.is_some_and(|expected| expected != md5) {
            return Err(GatewayError::ContentMd5Mismatch { calculated: md5 });
        }
        let expected = [declared.checksum.clone(), end.and_then(|end| end.checksum)];
        for expected in expected.into_iter().flatten() {
            if value_of(expected.algorithm.digest()) != Some(expected.value.as_slice()) {
                return Err(GatewayError::ChecksumMismatch);
            }
        }
        let algorithm = declared
            .checksum
            .as_ref()
            .map(|checksum| checksum.algorithm);
        let checksum = algorithm
            .or(declared.checksum_algorithm)
            .and_then(|algorithm| {
                let value = value_of(algorithm.digest())?.to_vec();
                Some(Checksum { algorithm, value })
            });
        Ok(VerifiedDigests { md5, checksum, len })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::digest;

    fn verify(
        declared: &DeclaredDigests,
        end: Option<Checksum>,
    ) -> Result<VerifiedDigests, GatewayError> {
        let mut digests = BodyDigests::new(declared);
        digests.update(b"bo");
        digests.update(b"dy");
        digests.verify(declared, Some(BodyEnd { checksum: end }))
    }

    #[test]
    fn body_that_differs_from_any_declaration_is_refused() {
        let crc = Checksum {
            algorithm: ChecksumAlgorithm::Crc32,
            value: digest(DigestAlgorithm::Crc32, b"body"),
        };
        let wrong = Checksum {
            algorithm: ChecksumAlgorithm::Crc32,
            value: vec![0; 4],
        };
        let declared = |sha256, md5, checksum, checksum_algorithm| DeclaredDigests {
            md5,
            sha256,
            checksum,
            checksum_algorithm,
            len: None,
        };
        let trailing = declared(None, None, None, Some(ChecksumAlgorithm::Crc32));
        assert_eq!(
            verify(&trailing, Some(crc.clone())).unwrap().checksum,
            Some(crc.clone())
        );
        assert!(matches!(
            verify(&trailing, Some(wrong.clone())),
            Err(GatewayError::ChecksumMismatch)
        ));
        let header = declared(None, None, Some(crc), None);
        assert_eq!(verify(&header, None).unwrap().len, 4);
        let header = declared(None, None, Some(wrong), None);
        assert!(matches!(
            verify(&header, None),
            Err(GatewayError::ChecksumMismatch)
        ));
        let sha256 = declared(Some([0; 32]), None, None, None);
        assert!(matches!(
            verify(&sha256, None),
            Err(GatewayError::PayloadHashMismatch { .. })
        ));
        let md5 = declared(None, Some([0; 16]), None, None);
        assert!(matches!(
            verify(&md5, None),
            Err(GatewayError::ContentMd5Mismatch { .. })
        ));
    }
}
