//! Fields that several sealed records have: checksum, metadata, tags, lock, access control list.
//!
//! Owns: how each is written and read.
//! Not here: the records (`objects`, `uploads`, `parts`, `finished_uploads`).

use crate::base::codec::{CodecError, Reader, Writer};
use crate::model::acl::{AccessList, Grant, Grantee, Group, Permission};
use crate::model::checksum::{Checksum, ChecksumAlgorithm, ChecksumType, ObjectChecksum};
use crate::model::id::TenantId;
use crate::model::lock::{LockState, Retention, RetentionMode};
use crate::model::metadata::ObjectMetadata;
use crate::model::tags::TagSet;
use crate::model::time::Timestamp;
use crate::model::upload::Initiator;

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

/// Writes tags, also if there are none: for records in which something follows them.
pub(in crate::catalog) fn encode_tag_count(w: &mut Writer, tags: &TagSet) {
    if tags.is_empty() {
        w.u8(0);
    }
    encode_tags(w, tags);
}

/// Writes an access control list: owner 16 | number of grants u8 | of each grant: grantee u8 (1 an
/// account, 2 everybody, 3 who signs, 4 who delivers logs), the account 16 if it is one, permission
/// u8.
pub(in crate::catalog) fn encode_list(w: &mut Writer, list: &AccessList) {
    let grants = list.grants();
    w.fixed(list.owner().as_bytes())
        .u8(u8::try_from(grants.len()).unwrap_or(u8::MAX));
    for grant in grants {
        match grant.grantee {
            Grantee::Account(account) => w.u8(1).fixed(account.as_bytes()),
            Grantee::Group(Group::AllUsers) => w.u8(2),
            Grantee::Group(Group::AuthenticatedUsers) => w.u8(3),
            Grantee::Group(Group::LogDelivery) => w.u8(4),
        };
        w.u8(grant.permission.to_stored());
    }
}

/// Writes who began an upload: u8 (0 nobody, 1 an account), the account 16 if it is one.
pub(in crate::catalog) fn encode_initiator(w: &mut Writer, initiator: Initiator) {
    match initiator {
        Initiator::Nobody => w.u8(0),
        Initiator::Account(account) => w.u8(1).fixed(account.as_bytes()),
    };
}

/// Reads who began an upload.
pub(in crate::catalog) fn decode_initiator(r: &mut Reader<'_>) -> Result<Initiator, CodecError> {
    match r.u8()? {
        0 => Ok(Initiator::Nobody),
        1 => Ok(Initiator::Account(TenantId::from_bytes(r.array()?))),
        _ => Err(CodecError::InvalidField("initiator")),
    }
}

/// Reads an access control list that is there.
pub(in crate::catalog) fn decode_list(r: &mut Reader<'_>) -> Result<AccessList, CodecError> {
    let owner = TenantId::from_bytes(r.array()?);
    let mut grants = Vec::new();
    for _ in 0..r.u8()? {
        let grantee = match r.u8()? {
            1 => Grantee::Account(TenantId::from_bytes(r.array()?)),
            2 => Grantee::Group(Group::AllUsers),
            3 => Grantee::Group(Group::AuthenticatedUsers),
            4 => Grantee::Group(Group::LogDelivery),
            _ => return Err(CodecError::InvalidField("grantee")),
        };
        let permission = Permission::from_stored(r.u8()?);
        let permission = permission.ok_or(CodecError::InvalidField("permission"))?;
        grants.push(Grant {
            grantee,
            permission,
        });
    }
    let list = AccessList::new(owner, grants.clone());
    let list = list.map_err(|_many| CodecError::InvalidField("grants"))?;
    if list.grants() == grants {
        Ok(list)
    } else {
        Err(CodecError::InvalidField("order of grants"))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::acl::CannedAcl;

    const OWNER: TenantId = TenantId::from_bytes([1; 16]);
    const BUCKET_OWNER: TenantId = TenantId::from_bytes([2; 16]);

    fn encoded(list: &AccessList) -> Vec<u8> {
        let mut w = Writer::new();
        encode_list(&mut w, list);
        w.into_vec()
    }

    fn decoded(bytes: &[u8]) -> Result<AccessList, CodecError> {
        let mut r = Reader::new(bytes);
        let list = decode_list(&mut r)?;
        r.finish()?;
        Ok(list)
    }

    #[test]
    fn list_is_read_as_it_is_written() {
        for canned in [
            CannedAcl::AuthenticatedRead,
            CannedAcl::BucketOwnerFullControl,
            CannedAcl::LogDeliveryWrite,
            CannedAcl::Private,
            CannedAcl::PublicReadWrite,
        ] {
            let list = AccessList::canned(canned, OWNER, BUCKET_OWNER);
            assert_eq!(decoded(&encoded(&list)).unwrap(), list);
        }
        let none = AccessList::new(OWNER, Vec::new()).unwrap();
        assert_eq!(encoded(&none), [&[1; 16][..], &[0]].concat());
        assert_eq!(decoded(&encoded(&none)).unwrap(), none);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let list = AccessList::canned(CannedAcl::PublicRead, OWNER, BUCKET_OWNER);
        let good = encoded(&list);
        let expected = [&[1; 16][..], &[2, 2, 2, 1], &[1; 16], &[1]].concat();
        assert_eq!(good, expected);
        for len in 0..good.len() {
            assert!(decoded(&good[..len]).is_err(), "{len}");
        }
        for (at, byte) in [(17, 0), (17, 5), (18, 0), (18, 6), (16, 1)] {
            let mut bad = good.clone();
            bad[at] = byte;
            assert!(decoded(&bad).is_err(), "{at} {byte}");
        }
        let swapped = [&[1; 16][..], &[2, 1], &[1; 16], &[1, 2, 2]].concat();
        let error = CodecError::InvalidField("order of grants");
        assert_eq!(decoded(&swapped), Err(error));
    }
}
