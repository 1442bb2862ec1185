//! Usage of a tenant's buckets by the month.
//!
//! Owns: adding hours up, the rows of months that are over, which stay for good.
//! Not here: hours (`usage_hours`), when a month is closed (`jobs::usage`).

use crate::base::codec::{CodecError, Reader, Writer};
use crate::catalog::bucket_record::parse_name;
use crate::catalog::error::CatalogError;
use crate::catalog::record::{self, RecordKind};
use crate::catalog::usage_hours::{self, ACCOUNT};
use crate::catalog::{buckets, keyspace, traffic};
use crate::model::bucket::BucketName;
use crate::model::id::{BucketId, TenantId};
use crate::model::month::{Hour, Month};
use crate::model::time::Timestamp;
use crate::model::traffic::{Figures, Held};
use crate::storage::{
    CommitError, Engine, EngineExt, MetaBatch, MetaStore, Partition, ScanRange, ScanStep,
};
use std::collections::BTreeMap;

/// Usage of a bucket, or what a tenant asked about none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketUsage {
    /// The bucket; [`ACCOUNT`] for none.
    pub bucket: BucketId,
    /// Its name; `None` for none.
    pub name: Option<BucketName>,
    /// When it ended, on the retention clock.
    pub ended: Option<Timestamp>,
    /// How much.
    pub figures: Figures,
}

impl BucketUsage {
    /// The row of a month.
    pub fn encode(&self) -> Vec<u8> {
        record::encode(RecordKind::UsageMonth, |w| {
            let name = self.name.as_ref().map(|name| name.as_str().as_bytes());
            w.fixed(self.bucket.as_bytes())
                .optional_field(name)
                .u64(self.ended.map_or(0, Timestamp::millis));
            let Figures {
                bytes,
                objects,
                upload_bytes,
                traffic,
            } = &self.figures;
            for held in [bytes, objects, upload_bytes] {
                write_held(w, *held);
            }
            traffic::write(w, traffic);
        })
    }

    /// Reads the row of a month.
    ///
    /// # Errors
    /// `Decode` when it does not decode.
    pub fn decode(row: &[u8]) -> Result<Self, CatalogError> {
        let read = |r: &mut Reader<'_>| {
            let bucket = BucketId::from_bytes(r.array()?);
            let name = r.optional_field("bucket name")?;
            let name = name.map(|name| {
                let text = str::from_utf8(name);
                let text = text.map_err(|_utf8| CodecError::InvalidField("bucket name"))?;
                parse_name(text)
            });
            let ended = r.u64()?;
            Ok(Self {
                bucket,
                name: name.transpose()?,
                ended: (ended != 0).then(|| Timestamp::from_millis(ended)),
                figures: Figures {
                    bytes: read_held(r)?,
                    objects: read_held(r)?,
                    upload_bytes: read_held(r)?,
                    traffic: traffic::read(r)?,
                },
            })
        };
        Ok(record::decode(RecordKind::UsageMonth, row, read)?)
    }
}

fn write_held(w: &mut Writer, held: Held) {
    w.u64(held.last).fixed(&held.millis.to_le_bytes());
}

fn read_held(r: &mut Reader<'_>) -> Result<Held, CodecError> {
    Ok(Held {
        last: r.u64()?,
        millis: u128::from_le_bytes(r.array()?),
    })
}

/// Whether a month's rows are there for good.
///
/// # Errors
/// When the engine fails.
pub async fn is_closed(
    engine: &dyn Engine,
    tenant: TenantId,
    month: Month,
) -> Result<bool, CatalogError> {
    // The row that is about no bucket is always there.
    let row = keyspace::usage_month(month.number(), ACCOUNT);
    let row = MetaStore::get(engine, Partition::Tenant(tenant), &row).await?;
    Ok(row.is_some())
}

/// Usage of all buckets of a tenant in a month, up to now, by their ids; buckets without any are
/// left out.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub async fn of_tenant(
    engine: &dyn Engine,
    tenant: TenantId,
    month: Month,
    now: Timestamp,
) -> Result<Vec<BucketUsage>, CatalogError> {
    if !is_closed(engine, tenant, month).await? {
        return add_up(engine, tenant, month, now).await;
    }
    let prefix = keyspace::usage_months(month.number());
    let range = ScanRange {
        start: prefix.to_vec(),
        end: keyspace::prefix_end(&prefix),
    };
    let step = |rows: &mut Vec<Vec<u8>>, _row: &[u8], value: &[u8]| {
        rows.push(value.to_vec());
        ScanStep::Continue
    };
    let partition = Partition::Tenant(tenant);
    let rows = engine.visit(partition, range, Vec::new(), step).await?;
    let usages = rows.iter().map(|row| BucketUsage::decode(row));
    let has_figures = |usage: &BucketUsage| !usage.figures.is_empty();
    let usages: Result<Vec<_>, _> = usages.collect();
    Ok(usages?.into_iter().filter(has_figures).collect())
}

async fn add_up(
    engine: &dyn Engine,
    tenant: TenantId,
    month: Month,
    now: Timestamp,
) -> Result<Vec<BucketUsage>, CatalogError> {
    let mut usages = Vec::new();
    for mut usage in known(engine, tenant).await? {
        let owner = (tenant, usage.bucket);
        let hours = usage_hours::of_bucket(engine, owner, month.hours(), now).await?;
        usage.figures = hours
            .iter()
            .fold(Figures::default(), |sum, (_, own)| sum.then(own));
        if !usage.figures.is_empty() {
            usages.push(usage);
        }
    }
    Ok(usages)
}

/// Buckets that may have usage, living ones and ended ones, by their ids, without figures.
async fn known(engine: &dyn Engine, tenant: TenantId) -> Result<Vec<BucketUsage>, CatalogError> {
    let mut living = BTreeMap::new();
    for entry in buckets::list(engine).await? {
        if entry.tenant == tenant && buckets::header(engine, entry.bucket).await?.is_some() {
            living.insert(entry.bucket, entry.name);
        }
    }
    let with_hours = usage_hours::with_hours(engine, tenant).await?;
    let mut known = Vec::new();
    for bucket in with_hours {
        if living.contains_key(&bucket) {
            continue;
        }
        let ended = usage_hours::ended(engine, tenant, bucket).await?;
        let (name, ended) = ended.map_or((None, None), |own| (Some(own.name), Some(own.ended)));
        known.push((bucket, name, ended));
    }
    let living = living.into_iter();
    known.extend(living.map(|(bucket, name)| (bucket, Some(name), None)));
    known.sort_by_key(|(bucket, ..)| *bucket);
    let usage = |(bucket, name, ended)| BucketUsage {
        bucket,
        name,
        ended,
        figures: Figures::default(),
    };
    Ok(known.into_iter().map(usage).collect())
}

/// Usage of all buckets of a tenant by the hour, hours without any left out; `None` for a month
/// whose hours were taken away.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub async fn by_hours(
    engine: &dyn Engine,
    tenant: TenantId,
    month: Month,
    now: Timestamp,
) -> Result<Option<Vec<(Hour, BucketUsage)>>, CatalogError> {
    if month.hours().start < usage_hours::first_kept(engine, tenant).await? {
        return Ok(None);
    }
    let mut usages = Vec::new();
    for usage in known(engine, tenant).await? {
        let owner = (tenant, usage.bucket);
        let hours = usage_hours::of_bucket(engine, owner, month.hours(), now).await?;
        for (hour, figures) in hours {
            if !figures.is_empty() {
                let usage = usage.clone();
                usages.push((hour, BucketUsage { figures, ..usage }));
            }
        }
    }
    usages.sort_by_key(|(hour, usage)| (*hour, usage.bucket));
    Ok(Some(usages))
}

/// Stores the rows of a month that is over, unless they are there. From then on nothing changes
/// them.
///
/// # Errors
/// When the engine fails or a row is corrupt.
///
/// # Durability
/// When this returns `Ok`, the rows survive power loss.
pub async fn close(
    engine: &dyn Engine,
    tenant: TenantId,
    month: Month,
) -> Result<bool, CatalogError> {
    if is_closed(engine, tenant, month).await? {
        return Ok(false);
    }
    let mut usages = add_up(engine, tenant, month, month.end()).await?;
    if usages.iter().all(|usage| usage.bucket != ACCOUNT) {
        usages.push(BucketUsage {
            bucket: ACCOUNT,
            name: None,
            ended: None,
            figures: Figures::default(),
        });
    }
    let mut batch = MetaBatch::new(Partition::Tenant(tenant));
    batch.absent(keyspace::usage_month(month.number(), ACCOUNT));
    for mut usage in usages {
        // What ended later was there to the month's end.
        usage.ended = usage.ended.filter(|ended| *ended < month.end());
        let row = keyspace::usage_month(month.number(), usage.bucket);
        batch.put(row, usage.encode().into());
    }
    match engine.commit(batch).await {
        Ok(()) => Ok(true),
        Err(CommitError::ConditionFailed { .. }) => Ok(false),
        Err(source) => Err(source.into()),
    }
}
