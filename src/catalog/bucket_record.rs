//! A bucket's header row.
//!
//! Owns: `BucketRecord`, its layout.
//! Not here: creation, deletion and changes (`buckets`).

use crate::base::codec::{CodecError, Reader, Writer};
use crate::catalog::error::CatalogError;
use crate::catalog::keyspace;
use crate::catalog::record::{self, RecordKind};
use crate::crypto::WrappedKey;
use crate::model::bucket::BucketName;
use crate::model::encryption::SseAlgorithm;
use crate::model::id::{BucketId, TenantId};
use crate::model::lock::{DefaultRetention, ObjectLock, RetentionMode, RetentionPeriod};
use crate::model::ownership::{BucketList, ObjectOwnership};
use crate::model::protection::Protection;
use crate::model::public_access::BucketAccess;
use crate::model::quota::QuotaLimits;
use crate::model::time::Timestamp;
use crate::model::versioning::Versioning;
use crate::storage::MetaBatch;
use bytes::Bytes;
use std::fmt;

/// A bucket's header.
#[derive(Clone, Debug)]
pub struct BucketRecord {
    /// This life of the bucket.
    pub bucket: BucketId,
    /// Its name.
    pub name: BucketName,
    /// Its owner.
    pub tenant: TenantId,
    /// When it was created.
    pub created: Timestamp,
    /// Its wrapped keys by version, oldest first; the last one is for writes. Never empty.
    pub keys: Vec<(u32, WrappedKey)>,
    /// Default encryption, if it was set.
    pub default_encryption: Option<SseAlgorithm>,
    /// Whether it keeps versions.
    pub versioning: Versioning,
    /// Object Lock, if the bucket has it; it is never taken away.
    pub object_lock: Option<ObjectLock>,
    /// Whether there are lifecycle rules.
    pub has_lifecycle: bool,
    /// What keeps retained objects from being hidden, if an operator set it.
    pub protection: Option<Protection>,
    /// What it may hold.
    pub quota: QuotaLimits,
    /// Who beside its owner may be let in.
    pub access: BucketAccess,
    /// Who owns what is written into it.
    pub ownership: ObjectOwnership,
    /// Whether it has an access control list, and whom that is about.
    pub list: BucketList,
    /// The row that this was read from; writes that depend on the settings have it as a condition.
    row: HeaderRow,
}

/// The bytes of a header's row; what they say is in the record.
#[derive(Clone, Default)]
struct HeaderRow(Bytes);

impl fmt::Debug for HeaderRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

impl BucketRecord {
    /// A bucket that does not exist yet.
    pub fn new(
        bucket: BucketId,
        name: BucketName,
        tenant: TenantId,
        created: Timestamp,
        keys: Vec<(u32, WrappedKey)>,
    ) -> Self {
        Self {
            bucket,
            name,
            tenant,
            created,
            keys,
            default_encryption: None,
            versioning: Versioning::Unversioned,
            object_lock: None,
            has_lifecycle: false,
            protection: None,
            quota: QuotaLimits::default(),
            access: BucketAccess::default(),
            ownership: ObjectOwnership::default(),
            list: BucketList::default(),
            row: HeaderRow::default(),
        }
    }

    /// A batch on the bucket's partition whose first condition is that the bucket lives with
    /// exactly these settings (K3).
    pub(in crate::catalog) fn settled_batch(&self) -> MetaBatch {
        let mut batch = MetaBatch::new(keyspace::bucket_partition(self.bucket));
        batch.equals(keyspace::bucket_header(), self.row.0.clone());
        batch
    }

    /// The version and the key for new records.
    ///
    /// # Errors
    /// `Inconsistent` when there is none.
    pub fn current_key(&self) -> Result<&(u32, WrappedKey), CatalogError> {
        self.keys
            .last()
            .ok_or(CatalogError::Inconsistent("bucket keys"))
    }

    /// The bytes of its row.
    pub fn encode(&self) -> Vec<u8> {
        record::encode(RecordKind::BucketHeader, |w: &mut Writer| {
            w.fixed(self.bucket.as_bytes())
                .field(self.name.as_str().as_bytes())
                .fixed(self.tenant.as_bytes())
                .u64(self.created.millis())
                .u32(u32::try_from(self.keys.len()).unwrap_or(u32::MAX));
            for (version, wrapped) in &self.keys {
                w.u32(*version).field(&wrapped.encode());
            }
            w.u8(self.default_encryption.map_or(0, SseAlgorithm::to_stored))
                .u8(self.versioning.to_stored());
            encode_object_lock(w, self.object_lock);
            w.u8(u8::from(self.has_lifecycle))
                .u8(u8::from(self.protection.is_some()));
            if let Some(protection) = &self.protection {
                protection.write(w);
            }
            encode_limits(w, self.quota);
            w.u8(self.access.to_stored())
                .u8(self.ownership.to_stored())
                .u8(self.list.to_stored());
        })
    }

    /// Reads a row.
    ///
    /// # Errors
    /// `Decode` when it does not decode.
    pub fn decode(row: &Bytes) -> Result<Self, CatalogError> {
        let read = |r: &mut Reader<'_>| {
            let bucket = BucketId::from_bytes(r.array()?);
            let name = parse_name(&r.text("bucket name")?)?;
            let tenant = TenantId::from_bytes(r.array()?);
            let created = Timestamp::from_millis(r.u64()?);
            let mut keys = Vec::new();
            for _ in 0..r.u32()? {
                let version = r.u32()?;
                let wrapped = WrappedKey::decode(r.field()?)
                    .map_err(|_key| CodecError::InvalidField("bucket key"))?;
                keys.push((version, wrapped));
            }
            // Rows of the first weeks end here.
            let stored = if r.rest().is_empty() { 0 } else { r.u8()? };
            let default_encryption = SseAlgorithm::from_stored(stored);
            if stored != 0 && default_encryption.is_none() {
                return Err(CodecError::InvalidField("default encryption"));
            }
            let mut record = Self {
                default_encryption,
                row: HeaderRow(row.clone()),
                ..Self::new(bucket, name, tenant, created, keys)
            };
            // And so do rows from before there were versions.
            if !r.rest().is_empty() {
                let stored = Versioning::from_stored(r.u8()?);
                record.versioning = stored.ok_or(CodecError::InvalidField("versioning"))?;
                record.object_lock = decode_object_lock(r)?;
                record.has_lifecycle = flag(r)?;
                if flag(r)? {
                    record.protection = Some(Protection::read(r)?);
                }
                record.quota = decode_limits(r)?;
                // As do those from before there were policies.
                let stored = if r.rest().is_empty() { 0 } else { r.u8()? };
                let access = BucketAccess::from_stored(stored);
                record.access = access.ok_or(CodecError::InvalidField("access"))?;
                (record.ownership, record.list) = decode_ownership(r)?;
            }
            Ok(record)
        };
        Ok(record::decode(RecordKind::BucketHeader, row, read)?)
    }
}

/// Rows from before there were access control lists end ahead of this.
fn decode_ownership(r: &mut Reader<'_>) -> Result<(ObjectOwnership, BucketList), CodecError> {
    if r.rest().is_empty() {
        return Ok((ObjectOwnership::default(), BucketList::default()));
    }
    let ownership = ObjectOwnership::from_stored(r.u8()?);
    let list = BucketList::from_stored(r.u8()?);
    ownership
        .zip(list)
        .ok_or(CodecError::InvalidField("ownership"))
}

fn flag(r: &mut Reader<'_>) -> Result<bool, CodecError> {
    match r.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(CodecError::InvalidField("flag")),
    }
}

/// Each limit as 0, or as 1 and its number.
pub(in crate::catalog) fn encode_limits(w: &mut Writer, limits: QuotaLimits) {
    for limit in [limits.bytes, limits.objects, limits.upload_bytes] {
        encode_limit(w, limit);
    }
}

pub(in crate::catalog) fn encode_limit(w: &mut Writer, limit: Option<u64>) {
    w.u8(u8::from(limit.is_some()));
    if let Some(limit) = limit {
        w.u64(limit);
    }
}

pub(in crate::catalog) fn decode_limits(r: &mut Reader<'_>) -> Result<QuotaLimits, CodecError> {
    let bytes = decode_limit(r)?;
    // For a few days there was only a limit of bytes.
    let (objects, upload_bytes) = if r.rest().is_empty() {
        (None, None)
    } else {
        (decode_limit(r)?, decode_limit(r)?)
    };
    Ok(QuotaLimits {
        bytes,
        objects,
        upload_bytes,
    })
}

pub(in crate::catalog) fn decode_limit(r: &mut Reader<'_>) -> Result<Option<u64>, CodecError> {
    let is_limited = flag(r)?;
    is_limited.then(|| r.u64()).transpose()
}

/// 0 without Object Lock; 1 without, 2 and 3 with a default retention in days and in years, which
/// is mode u8 | number u32.
fn encode_object_lock(w: &mut Writer, object_lock: Option<ObjectLock>) {
    let Some(object_lock) = object_lock else {
        w.u8(0);
        return;
    };
    let Some(default) = object_lock.default_retention else {
        w.u8(1);
        return;
    };
    let (unit, number) = match default.period {
        RetentionPeriod::Days(days) => (2, days),
        RetentionPeriod::Years(years) => (3, years),
    };
    w.u8(unit).u8(default.mode.to_stored()).u32(number);
}

fn decode_object_lock(r: &mut Reader<'_>) -> Result<Option<ObjectLock>, CodecError> {
    let unit = r.u8()?;
    match unit {
        0 => return Ok(None),
        1 => return Ok(Some(ObjectLock::default())),
        2 | 3 => {}
        _ => return Err(CodecError::InvalidField("object lock")),
    }
    let mode = RetentionMode::from_stored(r.u8()?);
    let mode = mode.ok_or(CodecError::InvalidField("retention mode"))?;
    let number = r.u32()?;
    let period = if unit == 2 {
        RetentionPeriod::Days(number)
    } else {
        RetentionPeriod::Years(number)
    };
    Ok(Some(ObjectLock {
        default_retention: Some(DefaultRetention { mode, period }),
    }))
}

pub(in crate::catalog) fn parse_name(text: &str) -> Result<BucketName, CodecError> {
    BucketName::parse(text).map_err(|_name| CodecError::InvalidField("bucket name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> BucketRecord {
        let name = BucketName::parse("records").unwrap();
        let (bucket, tenant) = (BucketId::from_bytes([1; 16]), TenantId::from_bytes([2; 16]));
        BucketRecord::new(bucket, name, tenant, Timestamp::default(), Vec::new())
    }

    #[test]
    fn ownership_and_list_are_read_back_and_older_rows_are_the_owners_alone() {
        let mut record = header();
        record.ownership = ObjectOwnership::Unset;
        record.list = BucketList::Others;
        let row = Bytes::from(record.encode());
        let read = BucketRecord::decode(&row).unwrap();
        assert_eq!(read.ownership, ObjectOwnership::Unset);
        assert_eq!(read.list, BucketList::Others);
        // Kind, format and checksum are the frame's.
        let fields = &row[2..row.len() - 4];
        let framed = |fields: &[u8]| {
            let row = record::encode(RecordKind::BucketHeader, |w| {
                w.fixed(fields);
            });
            BucketRecord::decode(&row.into())
        };
        let old = framed(&fields[..fields.len() - 2]).unwrap();
        assert_eq!(old.ownership, ObjectOwnership::BucketOwnerEnforced);
        assert_eq!(old.list, BucketList::None);
        assert!(framed(&fields[..fields.len() - 1]).is_err());
        for (ownership, list) in [(4, 0), (0, 3)] {
            let bad = [&fields[..fields.len() - 2], &[ownership, list]].concat();
            assert!(framed(&bad).is_err());
        }
    }
}
