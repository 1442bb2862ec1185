//! The part table of a multipart object: which parts it consists of, and where each lies.
//!
//! Owns: `PartTable`, a sealed row of its own: a listing page then never drags the parts of large
//! objects along. Not here: parts of unfinished uploads (`uploads`).
//!
//! The object's sealed record holds the SHA-256 of this row, so that a dropped, swapped or older
//! table does not pass (crypto.md 10). Readable part: count u32, then blob id 16 | piece count u32
//! for each part, so that space can be given back without a key. Sealed part: for each part number
//! u16 | size u64 | MD5 16 | salt 32 | commitment 32 | checksum.

use crate::base::codec::{CodecError, Reader, Writer};
use crate::base::digest::{DigestAlgorithm, digest};
use crate::base::entropy::Entropy;
use crate::catalog::error::CatalogError;
use crate::catalog::fields::{decode_checksum, encode_checksum};
use crate::catalog::keyspace;
use crate::catalog::objects::{BlobRef, ObjectIdentity};
use crate::crypto::{RecordView, ScopeKey, StreamParameters, seal_record};
use crate::model::checksum::{Checksum, ChecksumType, ObjectChecksum};
use crate::model::id::{BucketId, VersionId};
use crate::model::object_key::ObjectKey;
use crate::model::upload::PartNumber;
use crate::storage::{Engine, MetaStore};
use bytes::Bytes;

/// One stored part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartEntry {
    /// The client's number.
    pub part_number: PartNumber,
    /// Plaintext bytes.
    pub size: u64,
    /// MD5 of the plaintext.
    pub md5: [u8; 16],
    /// Checksum of the part, if there is one.
    pub checksum: Option<Checksum>,
    /// Where it lies.
    pub blob: BlobRef,
    /// How it is sealed.
    pub stream: StreamParameters,
}

impl PartEntry {
    /// Writes the fields that go under seal.
    pub(in crate::catalog) fn encode_secret(&self, w: &mut Writer) {
        w.u16(self.part_number.get())
            .u64(self.size)
            .fixed(&self.md5)
            .fixed(&self.stream.salt)
            .fixed(&self.stream.commitment);
        let checksum = self.checksum.clone().map(|checksum| ObjectChecksum {
            checksum,
            checksum_type: ChecksumType::FullObject,
            part_count: 0,
        });
        encode_checksum(w, checksum.as_ref());
    }

    /// Reads the fields that were under seal.
    pub(in crate::catalog) fn decode_secret(
        r: &mut Reader<'_>,
        blob: BlobRef,
    ) -> Result<Self, CodecError> {
        Ok(Self {
            part_number: PartNumber::new(r.u16()?)
                .map_err(|_number| CodecError::InvalidField("part number"))?,
            size: r.u64()?,
            md5: r.array()?,
            stream: StreamParameters {
                salt: r.array()?,
                commitment: r.array()?,
            },
            checksum: decode_checksum(r)?.map(|checksum| checksum.checksum),
            blob,
        })
    }
}

/// Writes a blob reference.
pub(in crate::catalog) fn encode_blob(w: &mut Writer, blob: &BlobRef) {
    w.fixed(blob.blob.as_bytes()).u32(blob.piece_count);
}

/// Reads a blob reference.
pub(in crate::catalog) fn decode_blob(r: &mut Reader<'_>) -> Result<BlobRef, CodecError> {
    let blob = crate::model::id::BlobId::from_bytes(r.array()?);
    Ok(BlobRef {
        blob,
        piece_count: r.u32()?,
    })
}

/// The parts of a multipart object, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartTable {
    /// The parts.
    pub parts: Vec<PartEntry>,
}

impl PartTable {
    /// Seals the table; returns the row and its SHA-256 for the object's record.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn seal(
        &self,
        identity: &ObjectIdentity<'_>,
        version: VersionId,
        bucket_key: &ScopeKey,
        entropy: &dyn Entropy,
    ) -> Result<(Bytes, [u8; 32]), CatalogError> {
        let mut plain = Writer::new();
        let mut secret = Writer::new();
        plain.u32(u32::try_from(self.parts.len()).unwrap_or(u32::MAX));
        for part in &self.parts {
            encode_blob(&mut plain, &part.blob);
            part.encode_secret(&mut secret);
        }
        let bound_version = table_version(version);
        let context = identity.context(&bound_version);
        let row = seal_record(
            bucket_key,
            &context,
            plain.as_slice(),
            secret.as_slice(),
            entropy,
        )?;
        let sha256 = row_sha256(&row);
        Ok((row.into(), sha256))
    }

    /// Opens a row, after checking that it is the one that the object's record names.
    ///
    /// # Errors
    /// `Corrupt` for every other row.
    pub fn open(
        row: &[u8],
        expected_sha256: &[u8; 32],
        identity: &ObjectIdentity<'_>,
        version: VersionId,
        bucket_key: &ScopeKey,
    ) -> Result<Self, CatalogError> {
        if row_sha256(row) != *expected_sha256 {
            return Err(CatalogError::Inconsistent("part table"));
        }
        let blobs = Self::decode_blobs(row)?;
        let bound_version = table_version(version);
        let view = RecordView::decode(row)?;
        let secret = view.open(bucket_key, &identity.context(&bound_version))?;
        let mut r = Reader::new(secret.expose());
        let parts = blobs
            .into_iter()
            .map(|blob| PartEntry::decode_secret(&mut r, blob))
            .collect::<Result<Vec<_>, _>>()?;
        r.finish()?;
        Ok(Self { parts })
    }

    /// The blobs of a table, without a key.
    ///
    /// # Errors
    /// `Corrupt` when the readable part does not decode.
    pub fn decode_blobs(row: &[u8]) -> Result<Vec<BlobRef>, CatalogError> {
        let view = RecordView::decode(row)?;
        let mut r = Reader::new(view.plain);
        let mut blobs = Vec::new();
        for _ in 0..r.u32()? {
            blobs.push(decode_blob(&mut r)?);
        }
        r.finish()?;
        Ok(blobs)
    }
}

/// A table is bound to its version, and can never be taken for the version's own record.
fn table_version(version: VersionId) -> Vec<u8> {
    [version.as_bytes().as_slice(), b"parts"].concat()
}

fn row_sha256(row: &[u8]) -> [u8; 32] {
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(&digest(DigestAlgorithm::Sha256, row));
    sha256
}

/// The row of a part table.
///
/// # Errors
/// When the engine fails.
pub async fn load_row(
    engine: &dyn Engine,
    bucket: BucketId,
    object_key: &ObjectKey,
    version: VersionId,
) -> Result<Option<Bytes>, CatalogError> {
    let partition = keyspace::bucket_partition(bucket);
    let row = keyspace::part_table(object_key, version);
    Ok(MetaStore::get(engine, partition, &row).await?)
}
