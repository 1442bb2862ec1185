//! Object versions: the layout of their rows.
//!
//! Owns: `ObjectRecord`, its readable part and its sealed part (crypto.md 5).
//! Not here: which row a version lies in (`versions`), parts of multipart objects (`parts`).
//!
//! A version's row is a sealed record. Readable part, little endian: layout u8 = 1 | size u64 |
//! last modified u64 (ms) | version id 16 | flags u8 (1 = multipart, 2 = has an id that clients
//! see, 4 = delete marker, 8 = locked) | part count u16 | blob id 16 | piece count u32, and if
//! locked: retention mode u8 | retain until u64 (ms) | legal hold u8. Sealed part: layout u8 = 1 |
//! data key 32 | ETag MD5 16 | ETag part count u16 | checksum | metadata | stream salt 32 | stream
//! commitment 32 (simple) or SHA-256 of the part table row (multipart), and if there are tags:
//! their number u8 | name and value of each. Of a version that is not private and the bucket
//! owner's the number of tags is there also when it is 0, and behind the tags stands its access
//! control list (`fields`). The sealed part of a delete marker is empty.

use crate::base::codec::{CodecError, Reader, Writer};
use crate::base::entropy::Entropy;
use crate::catalog::error::CatalogError;
use crate::catalog::fields::{
    decode_checksum, decode_list, decode_lock, decode_metadata, decode_tags, encode_checksum,
    encode_list, encode_lock, encode_metadata, encode_tag_count, encode_tags,
};
use crate::crypto::{DataKey, RecordContext, ScopeKey, StreamParameters, seal_record};
use crate::model::acl::AccessList;
use crate::model::checksum::{ChecksumAlgorithm, ChecksumType, ObjectChecksum};
use crate::model::etag::ETag;
use crate::model::id::{BlobId, BucketId, TenantId, VersionId};
use crate::model::lock::LockState;
use crate::model::metadata::ObjectMetadata;
use crate::model::object_key::ObjectKey;
use crate::model::tags::TagSet;
use crate::model::time::Timestamp;
use crate::model::versioning::VersionSelector;
use bytes::Bytes;

const LAYOUT: u8 = 1;
const FLAG_MULTIPART: u8 = 1;
const FLAG_VERSIONED: u8 = 2;
const FLAG_MARKER: u8 = 4;
const FLAG_LOCKED: u8 = 8;

/// Where the bytes of a simple object, or of one part, lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobRef {
    /// The blob.
    pub blob: BlobId,
    /// Number of its pieces.
    pub piece_count: u32,
}

/// What anybody with the data folder can read of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectPlain {
    /// Plaintext bytes.
    pub size: u64,
    /// When it was written.
    pub last_modified: Timestamp,
    /// The version.
    pub version: VersionId,
    /// Parts of a multipart object; `None` for a simple one.
    pub part_count: Option<u16>,
    /// Blob of a simple object; of a multipart object the part table names the blobs.
    pub blob: Option<BlobRef>,
    /// Whether clients see it as the null version.
    pub is_null: bool,
    /// Whether it is a delete marker.
    pub is_marker: bool,
    /// What keeps it from being destroyed. Readable, since a deletion must not depend on keys;
    /// authenticated by the seal.
    pub lock: LockState,
}

/// What only the bucket key opens.
#[derive(Debug)]
pub struct ObjectSecret {
    /// The key from which the streams' keys derive.
    pub data_key: DataKey,
    /// The ETag.
    pub etag: ETag,
    /// The checksum, if the client declared one or we made one.
    pub checksum: Option<ObjectChecksum>,
    /// Content headers and user metadata.
    pub metadata: ObjectMetadata,
    /// Tags.
    pub tags: TagSet,
    /// Its access control list; without one it is private and the bucket owner's. It counts where
    /// the bucket's ownership lets it.
    pub acl: Option<Box<AccessList>>,
    /// How the bytes are bound to this record.
    pub body: BodyBinding,
}

/// The link from a record to its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyBinding {
    /// SHA-256 of the part table's row.
    Parts([u8; 32]),
    /// Parameters of the one stream.
    Stream(StreamParameters),
}

/// A version as its readers and writers see it.
#[derive(Debug)]
pub struct ObjectRecord {
    /// Readable part.
    pub plain: ObjectPlain,
    /// Sealed part.
    pub secret: ObjectSecret,
}

/// What listings tell of the sealed part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectSummary {
    /// The ETag.
    pub etag: ETag,
    /// The checksum's algorithm and type.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

/// What the sealed part begins with.
struct SecretHead<'a> {
    data_key: &'a [u8],
    etag: ETag,
    checksum: Option<ObjectChecksum>,
}

impl ObjectPlain {
    fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        let blob = self.blob.unwrap_or(BlobRef {
            blob: BlobId::from_bytes([0; 16]),
            piece_count: 0,
        });
        w.u8(LAYOUT)
            .u64(self.size)
            .u64(self.last_modified.millis())
            .fixed(self.version.as_bytes())
            .u8(self.flags())
            .u16(self.part_count.unwrap_or(0))
            .fixed(blob.blob.as_bytes())
            .u32(blob.piece_count);
        encode_lock(&mut w, &self.lock);
        w.into_vec()
    }

    fn flags(&self) -> u8 {
        [
            (self.part_count.is_some(), FLAG_MULTIPART),
            (!self.is_null, FLAG_VERSIONED),
            (self.is_marker, FLAG_MARKER),
            (!self.lock.is_empty(), FLAG_LOCKED),
        ]
        .into_iter()
        .filter(|(is_set, _)| *is_set)
        .fold(0, |flags, (_, flag)| flags | flag)
    }

    /// The version as clients name it.
    pub fn selector(&self) -> VersionSelector {
        if self.is_null {
            VersionSelector::Null
        } else {
            VersionSelector::Id(self.version)
        }
    }

    pub(in crate::catalog) fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut r = Reader::new(bytes);
        match r.u8()? {
            LAYOUT => {}
            other => return Err(CodecError::UnknownFormat(other)),
        }
        let size = r.u64()?;
        let last_modified = Timestamp::from_millis(r.u64()?);
        let version = VersionId::from_bytes(r.array()?);
        let flags = r.u8()?;
        let has = |flag: u8| flags & flag != 0;
        if flags >= FLAG_LOCKED << 1 || has(FLAG_MULTIPART) && has(FLAG_MARKER) {
            return Err(CodecError::InvalidField("flags"));
        }
        let (is_multipart, is_marker) = (has(FLAG_MULTIPART), has(FLAG_MARKER));
        let part_count = r.u16()?;
        let blob = BlobRef {
            blob: BlobId::from_bytes(r.array()?),
            piece_count: r.u32()?,
        };
        let lock = if has(FLAG_LOCKED) {
            decode_lock(&mut r)?
        } else {
            LockState::default()
        };
        r.finish()?;
        Ok(Self {
            size,
            last_modified,
            version,
            part_count: is_multipart.then_some(part_count),
            blob: (!is_multipart && !is_marker).then_some(blob),
            is_null: !has(FLAG_VERSIONED),
            is_marker,
            lock,
        })
    }
}

impl ObjectSecret {
    /// What listings tell of it.
    pub fn summary(&self) -> ObjectSummary {
        ObjectSummary::new(self.etag, self.checksum.as_ref())
    }

    fn encode(&self) -> zeroize::Zeroizing<Vec<u8>> {
        let mut w = Writer::new();
        let (md5, etag_parts) = self.etag.to_stored();
        w.u8(LAYOUT)
            .fixed(self.data_key.expose())
            .fixed(&md5)
            .u16(etag_parts);
        encode_checksum(&mut w, self.checksum.as_ref());
        encode_metadata(&mut w, &self.metadata);
        match &self.body {
            BodyBinding::Stream(parameters) => {
                w.fixed(&parameters.salt).fixed(&parameters.commitment)
            }
            BodyBinding::Parts(table_sha256) => w.fixed(table_sha256),
        };
        match &self.acl {
            None => encode_tags(&mut w, &self.tags),
            Some(list) => {
                encode_tag_count(&mut w, &self.tags);
                encode_list(&mut w, list);
            }
        }
        zeroize::Zeroizing::new(w.into_vec())
    }

    pub(in crate::catalog) fn decode(bytes: &[u8], is_multipart: bool) -> Result<Self, CodecError> {
        let mut r = Reader::new(bytes);
        let SecretHead {
            data_key,
            etag,
            checksum,
        } = SecretHead::decode(&mut r)?;
        let data_key = DataKey::from_slice(data_key).ok_or(CodecError::InvalidField("data key"))?;
        let metadata = decode_metadata(&mut r)?;
        let body = if is_multipart {
            BodyBinding::Parts(r.array()?)
        } else {
            BodyBinding::Stream(StreamParameters {
                salt: r.array()?,
                commitment: r.array()?,
            })
        };
        let tags = decode_tags(&mut r)?;
        let acl = if r.rest().is_empty() {
            None
        } else {
            Some(Box::new(decode_list(&mut r)?))
        };
        r.finish()?;
        Ok(Self {
            data_key,
            etag,
            checksum,
            metadata,
            tags,
            acl,
            body,
        })
    }
}

impl<'a> SecretHead<'a> {
    fn decode(r: &mut Reader<'a>) -> Result<Self, CodecError> {
        match r.u8()? {
            LAYOUT => {}
            other => return Err(CodecError::UnknownFormat(other)),
        }
        Ok(Self {
            data_key: r.fixed(32)?,
            etag: ETag::from_stored(r.array()?, r.u16()?),
            checksum: decode_checksum(r)?,
        })
    }
}

impl ObjectSummary {
    fn new(etag: ETag, checksum: Option<&ObjectChecksum>) -> Self {
        Self {
            etag,
            checksum: checksum.map(|own| (own.checksum.algorithm, own.checksum_type)),
        }
    }

    /// Reads the beginning of an opened sealed part; what lies behind is not looked at.
    pub(in crate::catalog) fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let head = SecretHead::decode(&mut Reader::new(bytes))?;
        Ok(Self::new(head.etag, head.checksum.as_ref()))
    }
}

/// Identity of an object, to which its records are bound.
#[derive(Clone, Copy, Debug)]
pub struct ObjectIdentity<'a> {
    /// Owner of the bucket.
    pub tenant: TenantId,
    /// The bucket.
    pub bucket: BucketId,
    /// The object key.
    pub object_key: &'a ObjectKey,
}

impl<'a> ObjectIdentity<'a> {
    /// The context of a record with this version.
    pub fn context(&self, version: &'a [u8]) -> RecordContext<'a> {
        RecordContext {
            tenant: self.tenant,
            bucket: self.bucket,
            object_key: self.object_key.as_bytes(),
            version,
        }
    }
}

impl ObjectRecord {
    /// Seals the record into its row.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn seal(
        &self,
        identity: &ObjectIdentity<'_>,
        bucket_key: &ScopeKey,
        entropy: &dyn Entropy,
    ) -> Result<Bytes, CatalogError> {
        let context = identity.context(self.plain.version.as_bytes());
        let row = seal_record(
            bucket_key,
            &context,
            &self.plain.encode(),
            &self.secret.encode(),
            entropy,
        )?;
        Ok(row.into())
    }
}

/// A delete marker: a version without contents.
#[derive(Clone, Copy, Debug)]
pub struct MarkerRecord {
    /// The marker.
    pub version: VersionId,
    /// When it was made.
    pub last_modified: Timestamp,
    /// Whether clients see it as the null version.
    pub is_null: bool,
}

impl MarkerRecord {
    /// The readable part of its row.
    pub fn plain(&self) -> ObjectPlain {
        ObjectPlain {
            size: 0,
            last_modified: self.last_modified,
            version: self.version,
            part_count: None,
            blob: None,
            is_null: self.is_null,
            is_marker: true,
            lock: LockState::default(),
        }
    }

    /// Seals the marker into its row.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn seal(
        &self,
        identity: &ObjectIdentity<'_>,
        bucket_key: &ScopeKey,
        entropy: &dyn Entropy,
    ) -> Result<Bytes, CatalogError> {
        let context = identity.context(self.version.as_bytes());
        let plain = self.plain().encode();
        Ok(seal_record(bucket_key, &context, &plain, &[], entropy)?.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::acl::CannedAcl;
    use crate::model::tags::OBJECT_TAGS_MAX;

    const OWNER: TenantId = TenantId::from_bytes([1; 16]);
    const BUCKET_OWNER: TenantId = TenantId::from_bytes([2; 16]);

    fn secret(tags: &[(&str, &str)], acl: Option<AccessList>) -> ObjectSecret {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let tags = TagSet::new(tags.iter().map(own).collect(), OBJECT_TAGS_MAX);
        ObjectSecret {
            data_key: DataKey::from_slice(&[b'd'; 32]).unwrap(),
            etag: ETag::single([b'm'; 16]),
            checksum: None,
            metadata: ObjectMetadata::default(),
            tags: tags.unwrap(),
            acl: acl.map(Box::new),
            body: BodyBinding::Stream(StreamParameters {
                salt: [b's'; 32],
                commitment: [b'c'; 32],
            }),
        }
    }

    /// What stands ahead of the tags: FORMAT.md, by hand.
    fn head() -> Vec<u8> {
        let fixed = [
            &[1][..],
            &[b'd'; 32],
            &[b'm'; 16],
            &[0; 2],
            &[0; 1],
            &[0; 8],
        ]
        .concat();
        [&fixed[..], &[b's'; 32], &[b'c'; 32]].concat()
    }

    #[test]
    fn record_without_a_list_is_byte_for_byte_what_it_was_before_there_were_lists() {
        assert_eq!(*secret(&[], None).encode(), head());
        let tags = [&head()[..], &[1, 1, 0, 0, 0, b'k', 1, 0, 0, 0, b'v']].concat();
        assert_eq!(*secret(&[("k", "v")], None).encode(), tags);
        for old in [head(), tags] {
            let read = ObjectSecret::decode(&old, false).unwrap();
            assert_eq!(read.acl, None);
            assert_eq!(*read.encode(), old);
        }
    }

    #[test]
    fn list_stands_behind_the_tags_and_is_read_back() {
        let list = AccessList::canned(CannedAcl::BucketOwnerRead, OWNER, BUCKET_OWNER);
        let stored = [&[1; 16][..], &[2, 1], &[1; 16], &[1, 1], &[2; 16], &[2]].concat();
        let bare = secret(&[], Some(list.clone())).encode();
        assert_eq!(*bare, [&head()[..], &[0], &stored].concat());
        for tags in [&[][..], &[("k", "v"), ("l", "")]] {
            let written = secret(tags, Some(list.clone())).encode();
            let read = ObjectSecret::decode(&written, false).unwrap();
            assert_eq!(read.acl.as_deref(), Some(&list));
            assert_eq!(read.tags.len(), tags.len());
            assert_eq!(*read.encode(), *written);
            for len in written.len() - stored.len() + 1..written.len() {
                assert!(
                    ObjectSecret::decode(&written[..len], false).is_err(),
                    "{len}"
                );
            }
        }
    }
}
