//! Fields that several sealed records have: checksum, metadata, tags, lock.
//!
//! Owns: how each is written and read.
//! Not here: the records (`objects`, `uploads`, `parts`, `finished_uploads`).

use crate::base::codec::{CodecError, Reader, Writer};
use crate::model::checksum::{Checksum, ChecksumAlgorithm, ChecksumType, ObjectChecksum};
use crate::model::lock::{LockState, Retention, RetentionMode};
use crate::model::metadata::ObjectMetadata;
use crate::model::tags::TagSet;
use crate::model::time::Timestamp;

/// Writes a lock if there is one.
pub(in crate::catalog) fn encode_lock(w: &mut Writer, lock: &LockState) {
    if lock.is_empty() {
        return;
    }
    let (mode, until) = lock.retention.map_or((0, 0), |own| {
        (own.mode.to_stored(), own.retain_until.millis())
    });
    w.u8(mode).u64(until).u8(u8::from(lock.legal_hold));
}

/// Reads a lock that is there.
pub(in crate::catalog) fn decode_lock(r: &mut Reader<'_>) -> Result<LockState, CodecError> {
    let stored = r.u8()?;
    let mode = RetentionMode::from_stored(stored);
    if stored != 0 && mode.is_none() {
        return Err(CodecError::InvalidField("retention mode"));
    }
    let retain_until = Timestamp::from_millis(r.u64()?);
    let legal_hold = match r.u8()? {
        0 => false,
        1 => true,
        _ => return Err(CodecError::InvalidField("legal hold")),
    };
    Ok(LockState {
        retention: mode.map(|mode| Retention { mode, retain_until }),
        legal_hold,
    })
}

/// Writes tags if there are any.
pub(in crate::catalog) fn encode_tags(w: &mut Writer, tags: &TagSet) {
    if tags.is_empty() {
        return;
    }
    w.u8(u8::try_from(tags.len()).unwrap_or(u8::MAX));
    for (name, value) in tags.iter() {
        w.field(name.as_bytes()).field(value.as_bytes());
    }
}

/// Reads tags if anything is left to read.
pub(in crate::catalog) fn decode_tags(r: &mut Reader<'_>) -> Result<TagSet, CodecError> {
    if r.rest().is_empty() {
        return Ok(TagSet::default());
    }
    let mut pairs = Vec::new();
    for _ in 0..r.u8()? {
        pairs.push((r.text("tag name")?, r.text("tag value")?));
    }
    Ok(TagSet::from_stored(pairs))
}

/// Writes an optional checksum.
pub(in crate::catalog) fn encode_checksum(w: &mut Writer, checksum: Option<&ObjectChecksum>) {
    let Some(checksum) = checksum else {
        w.u8(0);
        return;
    };
    w.u8(checksum.checksum.algorithm.to_stored())
        .u8(match checksum.checksum_type {
            ChecksumType::Composite => 1,
            ChecksumType::FullObject => 2,
        })
        .u16(checksum.part_count)
        .field(&checksum.checksum.value);
}

/// Reads an optional checksum.
pub(in crate::catalog) fn decode_checksum(
    r: &mut Reader<'_>,
) -> Result<Option<ObjectChecksum>, CodecError> {
    let stored = r.u8()?;
    if stored == 0 {
        return Ok(None);
    }
    let algorithm = ChecksumAlgorithm::from_stored(stored)
        .ok_or(CodecError::InvalidField("checksum algorithm"))?;
    let checksum_type = match r.u8()? {
        1 => ChecksumType::Composite,
        2 => ChecksumType::FullObject,
        _ => return Err(CodecError::InvalidField("checksum type")),
    };
    let part_count = r.u16()?;
    let value = r.field()?.to_vec();
    Ok(Some(ObjectChecksum {
        checksum: Checksum { algorithm, value },
        checksum_type,
        part_count,
    }))
}

/// Writes content headers and user metadata.
pub(in crate::catalog) fn encode_metadata(w: &mut Writer, metadata: &ObjectMetadata) {
    for fields in [
        metadata.content_headers().collect::<Vec<_>>(),
        metadata.user_metadata().collect(),
    ] {
        w.u32(u32::try_from(fields.len()).unwrap_or(u32::MAX));
        for (name, value) in fields {
            w.field(name.as_bytes()).field(value.as_bytes());
        }
    }
}

/// Reads content headers and user metadata.
pub(in crate::catalog) fn decode_metadata(
    r: &mut Reader<'_>,
) -> Result<ObjectMetadata, CodecError> {
    let mut metadata = ObjectMetadata::default();
    for _ in 0..r.u32()? {
        let (name, value) = (r.text("header name")?, r.text("header value")?);
        metadata.set_content_header(&name, &value);
    }
    for _ in 0..r.u32()? {
        let (name, value) = (r.text("metadata name")?, r.text("metadata value")?);
        metadata.add_user_metadata(&name, &value);
    }
    Ok(metadata)
}
