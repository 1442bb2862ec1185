//! The frame of rows that are not sealed: kind, format, fields, checksum.
//!
//! Owns: `encode` and `decode` of the frame: kind u8 | format u8 | fields | CRC-32C of all before,
//! u32 little endian. Not here: sealed rows (`crypto::record` frames and authenticates those).

use crate::base::codec::{CodecError, Reader, Writer};
use crate::base::digest::{DigestAlgorithm, digest};

/// Format number of all framed rows so far.
const FORMAT: u8 = 1;

/// What a framed row is. The numbers are stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// Installation marker.
    Installation = 1,
    /// Tenant.
    Tenant = 2,
    /// Tenant name to id.
    TenantName = 3,
    /// Access key; its secret is sealed inside.
    AccessKey = 4,
    /// Operator.
    Operator = 5,
    /// Bucket name to bucket.
    BucketName = 6,
    /// Bucket header.
    BucketHeader = 7,
    /// Deleted bucket that waits for the sweep.
    DeadBucket = 8,
    /// Ledger row of a blob.
    Ledger = 9,
    /// Account of deleted pieces.
    Released = 10,
    /// Retention clock.
    RetentionClock = 11,
    /// Settings document of a bucket.
    Settings = 12,
    /// User or group; sealed inside.
    Member = 13,
    /// When an access key was last used.
    LastUsed = 14,
    /// Change that an operator made.
    Change = 18,
    /// What was asked of a bucket in an hour.
    Traffic = 24,
    /// Usage of a bucket in a month.
    UsageMonth = 25,
    /// Name of a bucket that ended, for its usage.
    UsageEnded = 26,
    /// Tenant that is being set up after a template.
    TenantSetup = 27,
    /// Up to which hour usage by hours was taken away.
    UsagePurged = 28,
}

impl RecordKind {
    const fn number(self) -> u8 {
        match self {
            Self::Installation => 1,
            Self::Tenant => 2,
            Self::TenantName => 3,
            Self::AccessKey => 4,
            Self::Operator => 5,
            Self::BucketName => 6,
            Self::BucketHeader => 7,
            Self::DeadBucket => 8,
            Self::Ledger => 9,
            Self::Released => 10,
            Self::RetentionClock => 11,
            Self::Settings => 12,
            Self::Member => 13,
            Self::LastUsed => 14,
            Self::Change => 18,
            Self::Traffic => 24,
            Self::UsageMonth => 25,
            Self::UsageEnded => 26,
            Self::TenantSetup => 27,
            Self::UsagePurged => 28,
        }
    }
}

/// Frames the fields that `fill` writes.
pub fn encode(kind: RecordKind, fill: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.u8(kind.number()).u8(FORMAT);
    fill(&mut writer);
    let checksum = digest(DigestAlgorithm::Crc32c, writer.as_slice());
    writer.fixed(&checksum);
    writer.into_vec()
}

/// Checks the frame and reads the fields.
///
/// # Errors
/// `Corrupt` for a wrong checksum, kind, format or shape.
pub fn decode<T>(
    kind: RecordKind,
    bytes: &[u8],
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, CodecError>,
) -> Result<T, CodecError> {
    let (framed, checksum) = bytes.split_last_chunk::<4>().ok_or(CodecError::Truncated)?;
    if digest(DigestAlgorithm::Crc32c, framed) != checksum {
        return Err(CodecError::InvalidField("checksum"));
    }
    let mut reader = Reader::new(framed);
    if reader.u8()? != kind.number() {
        return Err(CodecError::InvalidField("kind"));
    }
    let format = reader.u8()?;
    if format != FORMAT {
        return Err(CodecError::UnknownFormat(format));
    }
    let value = read(&mut reader)?;
    reader.finish()?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn framed_row_with_any_byte_flipped_is_corrupt() {
        let row = encode(RecordKind::Tenant, |w| {
            w.u64(7).field(b"name");
        });
        let read = |bytes: &[u8]| {
            decode(RecordKind::Tenant, bytes, |r| {
                Ok((r.u64()?, r.field()?.to_vec()))
            })
        };
        assert_eq!(read(&row), Ok((7, b"name".to_vec())));
        for at in 0..row.len() {
            let mut flipped = row.clone();
            flipped[at] ^= 1;
            assert!(read(&flipped).is_err(), "byte {at}");
        }
        assert!(decode(RecordKind::Operator, &row, |_| Ok(())).is_err());
    }
}
