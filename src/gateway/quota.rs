//! Limits on what may be stored, as the operations meet them.
//!
//! Owns: what a write may bring, found before its body is read. The commit decides again, with the
//! counters in its own batch (Q1): this only spares bodies that could not be stored anyway.
//! Not here: the counters (`catalog::usage`), who sets limits (`control`).

use crate::catalog::buckets::BucketRecord;
use crate::catalog::upload_parts;
use crate::catalog::usage::{self, Account, Room};
use crate::catalog::versions;
use crate::gateway::Gateway;
use crate::gateway::error::GatewayError;
use crate::model::id::UploadId;
use crate::model::object_key::ObjectKey;
use crate::model::quota::{QuotaKind, UsageChange};
use crate::model::upload::PartNumber;
use crate::model::versioning::{VersionSelector, Versioning};

impl Gateway {
    /// Whose usage the contents of a bucket are, for a change that is made now.
    pub(in crate::gateway) fn account(&self, bucket: &BucketRecord) -> Account {
        let limits = self.terms.limits_of(bucket.tenant);
        Account::of(bucket, limits, self.retention_now())
    }

    /// How many bytes a new version of an object may have; `None` without limits.
    ///
    /// # Errors
    /// `QuotaExceeded` when `len` is known and too much, or when no further version fits.
    pub(in crate::gateway) async fn room_for_object(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        len: Option<u64>,
    ) -> Result<Option<Room>, GatewayError> {
        let account = self.account(bucket);
        if account.is_unlimited() {
            return Ok(None);
        }
        let engine = &*self.engine;
        // A null version replaces the null version there is.
        let replaced = match bucket.versioning {
            Versioning::Enabled => None,
            Versioning::Suspended | Versioning::Unversioned => {
                let null = Some(VersionSelector::Null);
                versions::load_version(engine, bucket.bucket, object_key, null).await?
            }
        };
        if replaced.is_none() {
            let another = UsageChange {
                objects: 1,
                ..UsageChange::default()
            };
            usage::foresee(engine, &account, another).await?;
        }
        let freed = replaced.map_or(0, |found| found.row.plain.size);
        let room = usage::room(engine, &account, &[QuotaKind::Bytes], freed).await?;
        fits(room, len)
    }

    /// How many bytes a part may have; `None` without limits.
    ///
    /// # Errors
    /// `QuotaExceeded` when `len` is known and too much.
    pub(in crate::gateway) async fn room_for_part(
        &self,
        bucket: &BucketRecord,
        (upload, part_number): (UploadId, PartNumber),
        len: Option<u64>,
    ) -> Result<Option<Room>, GatewayError> {
        let account = self.account(bucket);
        if account.is_unlimited() {
            return Ok(None);
        }
        let engine = &*self.engine;
        let stored = upload_parts::stored_len(engine, bucket.bucket, upload, part_number);
        let freed = stored.await?.unwrap_or(0);
        let kinds = [QuotaKind::Bytes, QuotaKind::UploadBytes];
        let room = usage::room(engine, &account, &kinds, freed).await?;
        fits(room, len)
    }
}

fn fits(room: Option<Room>, len: Option<u64>) -> Result<Option<Room>, GatewayError> {
    if let (Some(room), Some(len)) = (&room, len) {
        room.admit(len)?;
    }
    Ok(room)
}
