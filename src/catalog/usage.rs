//! Usage counters of a bucket and of its tenant.
//!
//! Owns: turning a change of what is stored into counter changes of the same batch (K1), with the
//! limits as their ceilings, so that no race passes a limit (Q1), and metered; reading counters.
//! Not here: what limits and usage are (`model::quota`), counting anew (`recount`), what the meters
//! tell (`usage_hours`).

use crate::catalog::buckets::BucketRecord;
use crate::catalog::error::CatalogError;
use crate::catalog::keyspace::{self, UsageRow};
use crate::model::id::{BucketId, TenantId};
use crate::model::quota::{
    QuotaExceeded, QuotaKind, QuotaLimits, QuotaScope, TenantLimits, Usage, UsageChange,
};
use crate::model::time::Timestamp;
use crate::storage::{
    CommitError, CounterChange, CounterRow, Engine, MetaBatch, MetaKey, MetaStore, Meter, Partition,
};

/// Whose counters a change goes to, and how far they may go.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// The bucket.
    pub bucket: BucketId,
    /// Its limits.
    pub bucket_limits: QuotaLimits,
    /// The bucket's owner.
    pub tenant: TenantId,
    /// The owner's limits.
    pub tenant_limits: TenantLimits,
    /// When what is held changes, on the retention clock (`usage_hours`).
    pub at: Timestamp,
}

impl Account {
    /// The account of a bucket, under its owner's limits, for a change at this time.
    pub fn of(bucket: &BucketRecord, tenant_limits: TenantLimits, at: Timestamp) -> Self {
        Self {
            bucket: bucket.bucket,
            bucket_limits: bucket.quota,
            tenant: bucket.tenant,
            tenant_limits,
            at,
        }
    }

    /// Whether nothing is limited.
    pub fn is_unlimited(&self) -> bool {
        self.bucket_limits.is_unlimited() && self.tenant_limits.usage.is_unlimited()
    }

    /// How long the bucket holds what is told in its owner's partition, where it outlives the
    /// bucket. A tenant holds what its buckets hold.
    fn meter(&self, kind: QuotaKind, ends: bool) -> Meter {
        Meter {
            at: self.at.millis(),
            partition: Partition::Tenant(self.tenant),
            prefix: keyspace::usage_hours(self.bucket, UsageRow::Closing(kind)),
            ends,
        }
    }

    fn scopes(&self) -> [(QuotaScope, Partition); 2] {
        [
            (QuotaScope::Bucket, keyspace::bucket_partition(self.bucket)),
            (QuotaScope::Tenant, Partition::Tenant(self.tenant)),
        ]
    }

    fn limit(&self, scope: QuotaScope, kind: QuotaKind) -> Option<u64> {
        match scope {
            QuotaScope::Bucket => self.bucket_limits.of(kind),
            QuotaScope::Tenant => self.tenant_limits.of(kind),
        }
    }
}

/// Adds the change to the batch. What grows may not pass its limit; what shrinks always may, also
/// where usage is above a limit that was lowered. To be called once for a batch that may grow,
/// behind all that shrinks.
pub fn count(batch: &mut MetaBatch, account: &Account, change: UsageChange) {
    for (scope, partition) in account.scopes() {
        for kind in QuotaKind::STORED {
            let delta = change.of(kind);
            if delta == 0 {
                continue;
            }
            let limit = account.limit(scope, kind);
            let change = CounterChange {
                meta_key: keyspace::usage(kind),
                delta,
                ceiling: limit.filter(|_| delta > 0),
                meter: match scope {
                    QuotaScope::Bucket => Some(account.meter(kind, false)),
                    QuotaScope::Tenant => None,
                },
            };
            batch.shared_counter(partition, change);
        }
    }
}

/// Brings the meters of a bucket up to the account's time; `ends` closes them, for a bucket that
/// ends with this batch.
pub fn touch(batch: &mut MetaBatch, account: &Account, ends: bool) {
    for kind in QuotaKind::STORED {
        batch.counter(CounterChange {
            meta_key: keyspace::usage(kind),
            delta: 0,
            ceiling: None,
            meter: Some(account.meter(kind, ends)),
        });
    }
}

/// Adds what a bucket that begins or ends changes in its owner's number of buckets.
pub fn count_bucket(batch: &mut MetaBatch, tenant: TenantId, delta: i64, limit: Option<u64>) {
    let change = CounterChange {
        meta_key: keyspace::usage(QuotaKind::Buckets),
        delta,
        ceiling: limit.filter(|_| delta > 0),
        meter: None,
    };
    batch.shared_counter(Partition::Tenant(tenant), change);
}

/// Commits a batch that may count.
///
/// # Errors
/// `QuotaExceeded`; otherwise as `MetaStore::commit`.
///
/// # Durability
/// As `MetaStore::commit`.
///
/// # Cancel safety
/// As `MetaStore::commit`.
pub async fn commit(engine: &dyn Engine, batch: MetaBatch) -> Result<(), CatalogError> {
    let has_ceiling = |(_, change): &(Partition, CounterChange)| change.ceiling.is_some();
    let counters = if batch.counters().iter().any(has_ceiling) {
        batch.counters().to_vec()
    } else {
        Vec::new()
    };
    match engine.commit(batch).await {
        Ok(()) => Ok(()),
        Err(CommitError::CounterOutOfBounds { counter_index }) => {
            Err(match counters.get(counter_index) {
                Some((partition, change)) => exceeded(engine, *partition, change).await?,
                None => CommitError::CounterOutOfBounds { counter_index }.into(),
            })
        }
        Err(source) => Err(source.into()),
    }
}

/// The error of a counter that would leave its bounds.
async fn exceeded(
    engine: &dyn Engine,
    partition: Partition,
    change: &CounterChange,
) -> Result<CatalogError, CatalogError> {
    // Below zero: counters and rows disagree.
    let Some(limit) = change.ceiling else {
        return Ok(CatalogError::Inconsistent("usage"));
    };
    let kinds = [&QuotaKind::STORED[..], &[QuotaKind::Buckets]].concat();
    let is_own = |kind: &QuotaKind| keyspace::usage(*kind) == change.meta_key;
    let kind = kinds.into_iter().find(is_own);
    let scope = match partition {
        Partition::Tenant(_) => QuotaScope::Tenant,
        Partition::Bucket { .. } | Partition::System => QuotaScope::Bucket,
    };
    Ok(CatalogError::QuotaExceeded(QuotaExceeded {
        scope,
        kind: kind.ok_or(CatalogError::Inconsistent("usage"))?,
        limit,
        used: counter(engine, partition, &change.meta_key).await?,
        added: change.delta.unsigned_abs(),
    }))
}

/// Says beforehand whether a change would pass a limit as usage is now; the commit decides again.
///
/// # Errors
/// `QuotaExceeded`; when the engine fails.
pub async fn foresee(
    engine: &dyn Engine,
    account: &Account,
    change: UsageChange,
) -> Result<(), CatalogError> {
    for (scope, partition) in account.scopes() {
        for kind in QuotaKind::STORED {
            let (Some(limit), delta) = (account.limit(scope, kind), change.of(kind)) else {
                continue;
            };
            if delta <= 0 {
                continue;
            }
            let used = counter(engine, partition, &keyspace::usage(kind)).await?;
            let added = delta.unsigned_abs();
            if used.saturating_add(added) > limit {
                return Err(CatalogError::QuotaExceeded(QuotaExceeded {
                    scope,
                    kind,
                    limit,
                    used,
                    added,
                }));
            }
        }
    }
    Ok(())
}

/// How much may come, as usage is now.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Bytes that fit.
    len_max: u64,
    /// The error of more.
    exceeded: QuotaExceeded,
}

impl Room {
    /// Whether so many bytes fit.
    ///
    /// # Errors
    /// `QuotaExceeded`.
    pub fn admit(&self, len: u64) -> Result<(), CatalogError> {
        if len <= self.len_max {
            return Ok(());
        }
        Err(CatalogError::QuotaExceeded(QuotaExceeded {
            added: len,
            ..self.exceeded
        }))
    }
}

/// The least room that the limits of these kinds leave for something that takes the place of
/// `freed` bytes; `None` when none of them is limited.
///
/// # Errors
/// When the engine fails.
pub async fn room(
    engine: &dyn Engine,
    account: &Account,
    kinds: &[QuotaKind],
    freed: u64,
) -> Result<Option<Room>, CatalogError> {
    let mut least: Option<Room> = None;
    for (scope, partition) in account.scopes() {
        for kind in kinds {
            let Some(limit) = account.limit(scope, *kind) else {
                continue;
            };
            let used = counter(engine, partition, &keyspace::usage(*kind)).await?;
            let fits = limit.saturating_add(freed).saturating_sub(used);
            let room = Room {
                // What does not grow is never too much.
                len_max: fits.max(freed),
                exceeded: QuotaExceeded {
                    scope,
                    kind: *kind,
                    limit,
                    used,
                    added: 0,
                },
            };
            if least.is_none_or(|least| room.len_max < least.len_max) {
                least = Some(room);
            }
        }
    }
    Ok(least)
}

/// What a bucket holds.
///
/// # Errors
/// When the engine fails or a row is no counter's.
pub async fn of_bucket(engine: &dyn Engine, bucket: BucketId) -> Result<Usage, CatalogError> {
    load(engine, keyspace::bucket_partition(bucket)).await
}

/// What all buckets of a tenant hold, and how many there are.
///
/// # Errors
/// When the engine fails or a row is no counter's.
pub async fn of_tenant(
    engine: &dyn Engine,
    tenant: TenantId,
) -> Result<(Usage, u64), CatalogError> {
    let partition = Partition::Tenant(tenant);
    let buckets = keyspace::usage(QuotaKind::Buckets);
    let buckets = counter(engine, partition, &buckets).await?;
    Ok((load(engine, partition).await?, buckets))
}

async fn load(engine: &dyn Engine, partition: Partition) -> Result<Usage, CatalogError> {
    let mut values = [0_u64; 3];
    for (value, kind) in values.iter_mut().zip(QuotaKind::STORED) {
        *value = counter(engine, partition, &keyspace::usage(kind)).await?;
    }
    let [all_bytes, objects, upload_bytes] = values;
    Ok(Usage {
        // The counters are read one after the other; a part may come in between.
        bytes: all_bytes.saturating_sub(upload_bytes),
        objects,
        upload_bytes,
    })
}

async fn counter(
    engine: &dyn Engine,
    partition: Partition,
    meta_key: &MetaKey,
) -> Result<u64, CatalogError> {
    let row = MetaStore::get(engine, partition, meta_key).await?;
    row.map_or(Ok(0), |row| decode(&row))
}

/// The number in a counter's row.
///
/// # Errors
/// `Inconsistent` when it is no counter's.
pub fn decode(row: &[u8]) -> Result<u64, CatalogError> {
    let row = CounterRow::decode(row).ok_or(CatalogError::Inconsistent("usage"))?;
    Ok(row.value)
}
