//! The readable header at the front of a blob: whose bytes these are, without any row of the
//! catalog.
//!
//! Owns: the 160 bytes. With them a scrub tells an orphan from a loss, and a holder of the record
//! can check that it was given the right blob.
//! Not here: trust. Nothing here is authentic; what opens a stream comes from the sealed record.
//!
//! Layout: magic "RZ1B" | format u8 = 1 | zero 3 | tenant 16 | bucket 16 | owner 16 | part number
//! u32 | salt 32 | commitment 32 | created u64, ms | zero 28. Integers are little endian.

use crate::base::codec::{CodecError, Reader, Writer};
use crate::crypto::error::OpenError;
use crate::crypto::keys::StreamParameters;
use crate::model::id::{BucketId, TenantId};

/// Bytes of the header.
pub const BLOB_HEADER_LEN: usize = 160;

const MAGIC: &[u8; 4] = b"RZ1B";
const FORMAT: u8 = 1;
const RESERVED_LEN: usize = 3;
const PADDING_LEN: usize = 28;

/// What a blob says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobHeader {
    /// The tenant.
    pub tenant: TenantId,
    /// The bucket.
    pub bucket: BucketId,
    /// Version id (simple object) or upload id (part).
    pub owner: [u8; 16],
    /// Part number; 0 for a simple object.
    pub part_number: u32,
    /// How the stream is sealed.
    pub parameters: StreamParameters,
    /// When the blob was begun: milliseconds since 1970.
    pub created_unix_millis: u64,
}

impl BlobHeader {
    /// The stored form.
    pub fn encode(&self) -> [u8; BLOB_HEADER_LEN] {
        let mut w = Writer::new();
        w.fixed(MAGIC)
            .u8(FORMAT)
            .fixed(&[0; RESERVED_LEN])
            .fixed(self.tenant.as_bytes())
            .fixed(self.bucket.as_bytes())
            .fixed(&self.owner)
            .u32(self.part_number)
            .fixed(&self.parameters.salt)
            .fixed(&self.parameters.commitment)
            .u64(self.created_unix_millis);
        let mut header = [0; BLOB_HEADER_LEN];
        header
            .iter_mut()
            .zip(w.as_slice())
            .for_each(|(to, from)| *to = *from);
        header
    }

    /// Reads the stored form from the front of a blob; what follows the header is not looked at.
    ///
    /// # Errors
    /// `Corrupt` for bytes that are no header of a known format.
    pub fn decode(blob: &[u8]) -> Result<Self, OpenError> {
        let mut r = Reader::new(blob);
        if r.array()? != *MAGIC {
            return Err(CodecError::InvalidField("magic").into());
        }
        let format = r.u8()?;
        if format != FORMAT {
            return Err(OpenError::UnknownFormat { format });
        }
        if r.array()? != [0; RESERVED_LEN] {
            return Err(CodecError::InvalidField("reserved bytes").into());
        }
        let header = Self {
            tenant: TenantId::from_bytes(r.array()?),
            bucket: BucketId::from_bytes(r.array()?),
            owner: r.array()?,
            part_number: r.u32()?,
            parameters: StreamParameters {
                salt: r.array()?,
                commitment: r.array()?,
            },
            created_unix_millis: r.u64()?,
        };
        if r.array()? != [0; PADDING_LEN] {
            return Err(CodecError::InvalidField("padding").into());
        }
        Ok(header)
    }
}
