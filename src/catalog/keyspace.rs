//! The key layout: every row prefix in one place (`docs/FORMAT.md`, "Key space").
//!
//! Owns: construction and parsing of meta keys.
//! Not here: what the rows hold (the file of each record).
//!
//! Object keys hold no NUL byte, so `object key | 0x00 | id` sorts exactly as the object keys do.

use crate::auth::AccessKeyId;
use crate::catalog::settings::SettingsKind;
use crate::model::bucket::BucketName;
use crate::model::iam::{IamName, MemberKind};
use crate::model::id::{BlobId, BucketId, ChangeId, TenantId, UploadId, VersionId};
use crate::model::object_key::ObjectKey;
use crate::model::operator::OperatorName;
use crate::model::quota::QuotaKind;
use crate::model::tenant::TenantName;
use crate::model::upload::PartNumber;
use crate::storage::{MetaKey, Partition};

/// Bucket name to bucket, in the system partition.
pub const BUCKET_NAME: u8 = b'B';
/// Buckets deleted but not yet swept, in the system partition.
pub const DEAD_BUCKET: u8 = b'D';
/// Access keys, in the system partition.
pub const ACCESS_KEY: u8 = b'A';
/// Tenants by id, in the system partition.
pub const TENANT: u8 = b'T';
/// Tenant name to id, in the system partition.
pub const TENANT_NAME: u8 = b'N';
/// Users, groups, roles and the keys of users by tenant, in the system partition.
pub const ACCOUNT: u8 = b'I';
/// When access keys and operators were last used, in the system partition.
pub const LAST_USED: u8 = b'E';
/// Operators, in the system partition.
pub const OPERATOR: u8 = b'O';
/// Operators' changes, in the order in which they were made, in the system partition.
pub const CHANGE: u8 = b'J';
/// First byte of rows of tenants that are being set up.
pub const TENANT_SETUP: u8 = b'F';
/// Newest version of each object, be it an object or a delete marker, in the bucket's partition.
pub const CURRENT: u8 = b'C';
/// Older versions, in the bucket's partition.
pub const OLDER: u8 = b'V';
/// The null version, where it is an older one, in the bucket's partition.
pub const OLDER_NULL: u8 = b'Z';
/// Ledger of blobs that may have to go, in the bucket's partition.
pub const LEDGER: u8 = b'G';
/// Open multipart uploads, in the bucket's partition.
pub const UPLOAD: u8 = b'L';
/// Finished multipart uploads, in the bucket's partition.
pub const FINISHED_UPLOAD: u8 = b'K';
/// Parts of open uploads, in the bucket's partition.
pub const PART: u8 = b'P';
/// Part tables of multipart objects, in the bucket's partition.
pub const PART_TABLE: u8 = b'X';
/// Usage counters, in the bucket's and in the tenant's partition.
pub const USAGE: u8 = b'U';
/// Settings documents, in the bucket's partition.
pub const SETTINGS: u8 = b'S';
/// Usage of buckets by hours, in the tenant's partition.
pub const USAGE_HOUR: u8 = b'Y';
/// Usage of buckets by months, in the tenant's partition.
pub const USAGE_MONTH: u8 = b'M';

/// What a row of a bucket's hours tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsageRow {
    /// How much of a kind it held.
    Closing(QuotaKind),
    /// Its name and when it ended; not of an hour.
    Ended,
    /// What was asked of it.
    Traffic,
}

fn meta_key(prefix: u8, pieces: &[&[u8]]) -> MetaKey {
    let len = pieces.iter().map(|piece| piece.len()).sum::<usize>();
    let mut bytes = Vec::with_capacity(1 + len);
    bytes.push(prefix);
    for piece in pieces {
        bytes.extend_from_slice(piece);
    }
    bytes.into()
}

/// The partition of a bucket. One shard on an embedded engine; the number is part of the key for
/// engines that need more.
pub fn bucket_partition(bucket: BucketId) -> Partition {
    Partition::Bucket { bucket, shard: 0 }
}

/// The bucket's header: its presence means that the bucket is alive.
pub fn bucket_header() -> MetaKey {
    meta_key(b'H', &[])
}

/// The installation's marker in the system partition.
pub fn installation() -> MetaKey {
    meta_key(b'F', &[])
}

/// The account of deleted pieces, in the system partition.
pub fn released() -> MetaKey {
    meta_key(b'R', &[])
}

/// The retention clock, in the system partition.
pub fn retention_clock() -> MetaKey {
    meta_key(b'W', &[])
}

/// A usage counter, in the bucket's and in the tenant's partition.
pub fn usage(kind: QuotaKind) -> MetaKey {
    let letter: &[u8] = match kind {
        QuotaKind::Bytes => b"t",
        QuotaKind::Objects => b"o",
        QuotaKind::UploadBytes => b"u",
        QuotaKind::Buckets => b"n",
    };
    meta_key(USAGE, &[letter])
}

/// What the keys of a bucket's hours begin with; the inverted hour follows, so that they sort from
/// new to old.
pub fn usage_hours(bucket: BucketId, row: UsageRow) -> MetaKey {
    let letter: &[u8] = match row {
        UsageRow::Closing(QuotaKind::Bytes) => b"t",
        UsageRow::Closing(QuotaKind::Objects) => b"o",
        UsageRow::Closing(QuotaKind::UploadBytes) => b"u",
        UsageRow::Closing(QuotaKind::Buckets) => b"n",
        UsageRow::Ended => b"e",
        UsageRow::Traffic => b"r",
    };
    meta_key(USAGE_HOUR, &[bucket.as_bytes(), letter])
}

/// Row of one of a bucket's hours.
pub fn usage_hour(bucket: BucketId, row: UsageRow, hour: u32) -> MetaKey {
    let hours = usage_hours(bucket, row);
    [&hours[..], &(!hour).to_be_bytes()].concat().into()
}

/// Row that tells which hours were taken away, in the tenant's partition.
pub fn usage_purged() -> MetaKey {
    meta_key(USAGE_MONTH, &[b"p"])
}

/// First row of a month.
pub fn usage_months(month: u32) -> MetaKey {
    meta_key(USAGE_MONTH, &[&month.to_be_bytes()])
}

/// Row of a bucket's month.
pub fn usage_month(month: u32, bucket: BucketId) -> MetaKey {
    meta_key(USAGE_MONTH, &[&month.to_be_bytes(), bucket.as_bytes()])
}

/// Bytes of all versions of the bucket, without those of uploads, in stores of the first weeks.
pub fn usage_bytes_once() -> MetaKey {
    meta_key(USAGE, &[b"b"])
}

/// Says, in a tenant's partition, that its usage is counted there.
pub fn usage_is_counted() -> MetaKey {
    meta_key(USAGE, &[b"v"])
}

/// Row of a bucket name.
pub fn bucket_name(name: &BucketName) -> MetaKey {
    meta_key(BUCKET_NAME, &[name.as_str().as_bytes()])
}

/// Row of a deleted bucket that waits for the sweep.
pub fn dead_bucket(bucket: BucketId) -> MetaKey {
    meta_key(DEAD_BUCKET, &[bucket.as_bytes()])
}

/// Row of an access key.
pub fn access_key(access_key_id: &AccessKeyId) -> MetaKey {
    meta_key(ACCESS_KEY, &[access_key_id.as_str().as_bytes()])
}

/// Row that tells when an access key was last used.
pub fn last_used(access_key_id: &AccessKeyId) -> MetaKey {
    meta_key(LAST_USED, &[access_key_id.as_str().as_bytes()])
}

/// Row of a tenant.
pub fn tenant(tenant: TenantId) -> MetaKey {
    meta_key(TENANT, &[tenant.as_bytes()])
}

/// Row that says that a tenant is being set up after a template.
pub fn tenant_setup(tenant: TenantId) -> MetaKey {
    meta_key(TENANT_SETUP, &[tenant.as_bytes()])
}

/// Row of a tenant name.
pub fn tenant_name(name: &TenantName) -> MetaKey {
    meta_key(TENANT_NAME, &[name.as_str().as_bytes()])
}

/// Row of an operator.
pub fn operator(name: &OperatorName) -> MetaKey {
    meta_key(OPERATOR, &[name.as_str().as_bytes()])
}

/// Row that tells when an operator was last there. No access key id has a slash.
pub fn operator_last_used(name: &OperatorName) -> MetaKey {
    meta_key(LAST_USED, &[b"/", name.as_str().as_bytes()])
}

/// Row of an operator's change.
pub fn change(id: ChangeId) -> MetaKey {
    meta_key(CHANGE, &[id.as_bytes()])
}

/// Row that counts the changes of an account's users, groups, roles and keys.
pub fn account_generation(tenant: TenantId) -> MetaKey {
    meta_key(ACCOUNT, &[tenant.as_bytes(), b"v"])
}

/// First row of an account's users, groups or roles.
pub fn members(tenant: TenantId, kind: MemberKind) -> MetaKey {
    let letter: &[u8] = match kind {
        MemberKind::Group => b"g",
        MemberKind::Role => b"r",
        MemberKind::User => b"u",
    };
    meta_key(ACCOUNT, &[tenant.as_bytes(), letter])
}

/// Row of a user, group or role. Names that differ in case alone have one row.
pub fn member(tenant: TenantId, kind: MemberKind, name: &IamName) -> MetaKey {
    let members = members(tenant, kind);
    [&members[..], name.folded().as_bytes()].concat().into()
}

/// First row of a user's access keys.
pub fn user_keys(tenant: TenantId, user: &IamName) -> MetaKey {
    let user = user.folded();
    meta_key(ACCOUNT, &[tenant.as_bytes(), b"k", user.as_bytes(), b"/"])
}

/// Row that says that an access key is a user's.
pub fn user_key(tenant: TenantId, user: &IamName, id: &AccessKeyId) -> MetaKey {
    let keys = user_keys(tenant, user);
    [&keys[..], id.as_str().as_bytes()].concat().into()
}

/// Row of the newest version of an object.
pub fn current(object_key: &ObjectKey) -> MetaKey {
    meta_key(CURRENT, &[object_key.as_bytes()])
}

/// Row of an older version. The id is inverted, so that versions sort from new to old.
pub fn older(object_key: &ObjectKey, version: VersionId) -> MetaKey {
    let inverted = inverted(version);
    meta_key(OLDER, &[object_key.as_bytes(), b"\0", &inverted])
}

/// First row of an object's older versions.
pub fn older_start(object_key: &ObjectKey) -> MetaKey {
    meta_key(OLDER, &[object_key.as_bytes(), b"\0"])
}

/// First row behind an object's older versions.
pub fn older_end(object_key: &ObjectKey) -> MetaKey {
    meta_key(OLDER, &[object_key.as_bytes(), b"\x01"])
}

/// The bytes of a version id in the rows of older versions.
pub fn inverted(version: VersionId) -> [u8; 16] {
    version.as_bytes().map(|byte| !byte)
}

/// Row that tells which older version is the null version.
pub fn older_null(object_key: &ObjectKey) -> MetaKey {
    meta_key(OLDER_NULL, &[object_key.as_bytes()])
}

/// Ledger row of a blob.
pub fn ledger(blob: BlobId) -> MetaKey {
    meta_key(LEDGER, &[blob.as_bytes()])
}

/// Row of an open upload.
pub fn upload(object_key: &ObjectKey, upload: UploadId) -> MetaKey {
    meta_key(UPLOAD, &[object_key.as_bytes(), b"\0", upload.as_bytes()])
}

/// Row of a finished upload.
pub fn finished_upload(object_key: &ObjectKey, upload: UploadId) -> MetaKey {
    meta_key(
        FINISHED_UPLOAD,
        &[object_key.as_bytes(), b"\0", upload.as_bytes()],
    )
}

/// Row of a part.
pub fn part(upload: UploadId, part_number: PartNumber) -> MetaKey {
    meta_key(PART, &[upload.as_bytes(), &part_number.get().to_be_bytes()])
}

/// Row that counts how often parts of an upload were stored.
pub fn part_changes(upload: UploadId) -> MetaKey {
    meta_key(b'Q', &[upload.as_bytes()])
}

/// First row of an upload's parts.
pub fn parts_start(upload: UploadId) -> MetaKey {
    meta_key(PART, &[upload.as_bytes()])
}

/// First row behind an upload's parts.
pub fn parts_end(upload: UploadId) -> MetaKey {
    meta_key(PART, &[upload.as_bytes(), &[0xff, 0xff, 0xff]])
}

/// Row of the part table of an object version.
pub fn part_table(object_key: &ObjectKey, version: VersionId) -> MetaKey {
    meta_key(
        PART_TABLE,
        &[object_key.as_bytes(), b"\0", version.as_bytes()],
    )
}

/// Row of a settings document.
pub fn settings(kind: SettingsKind) -> MetaKey {
    meta_key(SETTINGS, &[&[kind.letter()]])
}

/// The first key behind all keys that begin with `prefix`; `None` when there is none (all bytes
/// 0xff).
pub fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != 0xff)?;
    let mut end = prefix.get(..=last)?.to_vec();
    if let Some(byte) = end.last_mut() {
        *byte = byte.wrapping_add(1);
    }
    Some(end)
}

/// Splits `object key | 0x00 | 16 bytes` behind the prefix byte.
pub fn split_object_key_and_id(meta_key: &[u8]) -> Option<(ObjectKey, [u8; 16])> {
    let (_prefix, rest) = meta_key.split_first()?;
    let (rest, id) = rest.split_last_chunk::<16>()?;
    let (_nul, object_key) = rest.split_last()?;
    Some((ObjectKey::from_bytes(object_key.to_vec()).ok()?, *id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefix_end_is_the_first_key_behind_the_prefix() {
        assert_eq!(prefix_end(b"a/"), Some(b"a0".to_vec()));
        assert_eq!(prefix_end(&[b'a', 0xff, 0xff]), Some(b"b".to_vec()));
        assert_eq!(prefix_end(&[0xff]), None);
        assert_eq!(prefix_end(b""), None);
    }

    #[test]
    fn upload_rows_sort_as_their_object_keys() {
        let at = |text: &str, id: u8| {
            upload(
                &ObjectKey::parse(text).unwrap(),
                UploadId::from_bytes([id; 16]),
            )
        };
        let rows = [
            at("a", 0xff),
            at("a\u{1}", 0),
            at("a!", 0),
            at("aa", 0),
            at("b", 0),
        ];
        assert!(rows.is_sorted());
        let (object_key, id) = split_object_key_and_id(&at("a!", 7)).unwrap();
        assert_eq!((object_key.as_str(), id), ("a!", [7; 16]));
    }
}
