//! Tenant records.
//!
//! Owns: creating, finding and listing tenants; the key under which a tenant's credentials are
//! sealed. Not here: what a tenant may do (`iam`), the tenant's key itself (`kms`).

use crate::base::codec::{CodecError, Reader, Writer};
use crate::catalog::bucket_record::{decode_limit, decode_limits, encode_limit, encode_limits};
use crate::catalog::error::CatalogError;
use crate::catalog::keyspace;
use crate::catalog::record::{self, RecordKind};
use crate::crypto::WrappedKey;
use crate::model::id::TenantId;
use crate::model::quota::TenantLimits;
use crate::model::rates::TenantRates;
use crate::model::tenant::{BucketPrefixes, CanonicalId, TenantName, TenantStatus};
use crate::model::time::Timestamp;
use crate::storage::EngineExt;
use crate::storage::{CommitError, Engine, MetaBatch, MetaStore, Partition, ScanRange};

/// A tenant.
#[derive(Clone, Debug)]
pub struct TenantRecord {
    /// Its identity, for ever.
    pub tenant: TenantId,
    /// What operators call it.
    pub name: TenantName,
    /// What people read, in any script.
    pub display_name: String,
    /// Contact address; empty when none was given.
    pub email: String,
    /// Owner ID in S3 answers.
    pub canonical_id: CanonicalId,
    /// When it was created.
    pub created: Timestamp,
    /// The key under which its secret access keys are sealed, wrapped.
    pub credentials_key: WrappedKey,
    /// What it may hold.
    pub limits: TenantLimits,
    /// Whether it is served.
    pub status: TenantStatus,
    /// Number in the register of administrations or companies; empty when none was given.
    pub registration_number: String,
    /// Whom to call; empty when nobody was named.
    pub contact: String,
    /// How the names of its new buckets have to begin.
    pub bucket_prefixes: BucketPrefixes,
    /// How fast it may go.
    pub rates: TenantRates,
}

impl TenantRecord {
    /// A tenant for tests that need no keys.
    #[cfg(test)]
    pub(crate) fn sample(tenant: TenantId, name: &str) -> Self {
        Self {
            tenant,
            name: TenantName::parse(name).expect("a valid name"),
            display_name: name.to_owned(),
            email: String::new(),
            canonical_id: CanonicalId::from_random([1; 32]),
            created: Timestamp::default(),
            credentials_key: WrappedKey::new(1, Vec::new()),
            limits: TenantLimits::default(),
            status: TenantStatus::Active,
            registration_number: String::new(),
            contact: String::new(),
            bucket_prefixes: BucketPrefixes::default(),
            rates: TenantRates::default(),
        }
    }

    fn encode(&self) -> Vec<u8> {
        record::encode(RecordKind::Tenant, |w: &mut Writer| {
            w.fixed(self.tenant.as_bytes())
                .field(self.name.as_str().as_bytes())
                .field(self.display_name.as_bytes())
                .field(self.email.as_bytes())
                .field(self.canonical_id.as_str().as_bytes())
                .u64(self.created.millis())
                .field(&self.credentials_key.encode());
            encode_limits(w, self.limits.usage);
            encode_limit(w, self.limits.buckets);
            w.u8(self.status.number())
                .field(self.registration_number.as_bytes())
                .field(self.contact.as_bytes());
            let prefixes = self.bucket_prefixes.as_slice();
            w.u16(u16::try_from(prefixes.len()).unwrap_or(u16::MAX));
            for prefix in prefixes {
                w.field(prefix.as_bytes());
            }
            let rates = self.rates;
            for rate in [
                rates.requests,
                rates.bytes_in,
                rates.bytes_out,
                rates.concurrent,
            ] {
                encode_limit(w, rate);
            }
        })
    }

    fn decode(bytes: &[u8]) -> Result<Self, CatalogError> {
        let read = |r: &mut Reader<'_>| {
            let mut record = Self {
                tenant: TenantId::from_bytes(r.array()?),
                name: TenantName::parse(&r.text("tenant name")?)
                    .map_err(|_name| CodecError::InvalidField("tenant name"))?,
                display_name: r.text("display name")?,
                email: r.text("email")?,
                canonical_id: CanonicalId::parse(&r.text("canonical id")?)
                    .map_err(|_id| CodecError::InvalidField("canonical id"))?,
                created: Timestamp::from_millis(r.u64()?),
                credentials_key: WrappedKey::decode(r.field()?)
                    .map_err(|_key| CodecError::InvalidField("credentials key"))?,
                limits: decode_tenant_limits(r)?,
                status: TenantStatus::Active,
                registration_number: String::new(),
                contact: String::new(),
                bucket_prefixes: BucketPrefixes::default(),
                rates: TenantRates::default(),
            };
            // Rows from before tenants had a status end here.
            if !r.rest().is_empty() {
                let status = TenantStatus::from_number(r.u8()?);
                record.status = status.ok_or(CodecError::InvalidField("status"))?;
                record.registration_number = r.text("registration number")?;
                record.contact = r.text("contact")?;
                record.bucket_prefixes = decode_bucket_prefixes(r)?;
                record.rates = TenantRates {
                    requests: decode_limit(r)?,
                    bytes_in: decode_limit(r)?,
                    bytes_out: decode_limit(r)?,
                    concurrent: decode_limit(r)?,
                };
            }
            Ok(record)
        };
        Ok(record::decode(RecordKind::Tenant, bytes, read)?)
    }
}

fn decode_bucket_prefixes(r: &mut Reader<'_>) -> Result<BucketPrefixes, CodecError> {
    let mut prefixes = Vec::new();
    for _ in 0..r.u16()? {
        prefixes.push(r.text("bucket prefix")?);
    }
    let prefixes = BucketPrefixes::parse(&prefixes);
    prefixes.map_err(|_prefix| CodecError::InvalidField("bucket prefix"))
}

fn decode_tenant_limits(r: &mut Reader<'_>) -> Result<TenantLimits, CodecError> {
    // Rows of the first weeks end here.
    if r.rest().is_empty() {
        return Ok(TenantLimits::default());
    }
    Ok(TenantLimits {
        usage: decode_limits(r)?,
        buckets: decode_limit(r)?,
    })
}

/// Stores a new tenant, with what `note` adds to the batch.
///
/// # Errors
/// `Taken` when the name exists.
pub async fn create(
    engine: &dyn Engine,
    tenant: &TenantRecord,
    note: impl Fn(&mut MetaBatch),
) -> Result<(), CatalogError> {
    let name_row = keyspace::tenant_name(&tenant.name);
    let id = record::encode(RecordKind::TenantName, |w| {
        w.fixed(tenant.tenant.as_bytes());
    });
    let mut batch = MetaBatch::new(Partition::System);
    batch
        .absent(name_row.clone())
        .put(name_row, id.into())
        .put(keyspace::tenant(tenant.tenant), tenant.encode().into());
    note(&mut batch);
    match engine.commit(batch).await {
        Err(CommitError::ConditionFailed { .. }) => Err(CatalogError::Taken),
        other => Ok(other?),
    }
}

/// Attempts to change a tenant while others change it too.
const CHANGE_ATTEMPTS_MAX: usize = 64;

/// Changes a tenant; changes at the same time follow one another. `note` sees it before and after
/// and adds to the batch. Returns the tenant after it, `None` when there is no such tenant.
///
/// # Errors
/// `Contended`, or when the engine fails or the row is corrupt.
///
/// # Durability
/// When this returns `Ok`, the change survives power loss.
pub async fn change(
    engine: &dyn Engine,
    tenant: TenantId,
    apply: impl Fn(&mut TenantRecord),
    note: impl Fn(&mut MetaBatch, &TenantRecord, &TenantRecord),
) -> Result<Option<TenantRecord>, CatalogError> {
    let row = keyspace::tenant(tenant);
    for _ in 0..CHANGE_ATTEMPTS_MAX {
        let old = MetaStore::get(engine, Partition::System, &row).await?;
        let Some(old) = old else { return Ok(None) };
        let before = TenantRecord::decode(&old)?;
        let mut after = before.clone();
        apply(&mut after);
        let mut batch = MetaBatch::new(Partition::System);
        batch
            .equals(row.clone(), old)
            .put(row.clone(), after.encode().into());
        note(&mut batch, &before, &after);
        match engine.commit(batch).await {
            Err(CommitError::ConditionFailed { .. }) => {}
            other => return Ok(other.map(|()| Some(after))?),
        }
    }
    Err(CatalogError::Contended)
}

/// Finds a tenant by its identity.
///
/// # Errors
/// When the engine fails or the row is corrupt.
pub async fn find(
    engine: &dyn Engine,
    tenant: TenantId,
) -> Result<Option<TenantRecord>, CatalogError> {
    let row = MetaStore::get(engine, Partition::System, &keyspace::tenant(tenant)).await?;
    row.map(|bytes| TenantRecord::decode(&bytes)).transpose()
}

/// Finds a tenant by its name.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub async fn find_by_name(
    engine: &dyn Engine,
    name: &TenantName,
) -> Result<Option<TenantRecord>, CatalogError> {
    let row = MetaStore::get(engine, Partition::System, &keyspace::tenant_name(name)).await?;
    let Some(bytes) = row else { return Ok(None) };
    let tenant = record::decode(RecordKind::TenantName, &bytes, |r| {
        Ok(TenantId::from_bytes(r.array()?))
    })?;
    find(engine, tenant)
        .await?
        .map(Some)
        .ok_or(CatalogError::Inconsistent("tenant name"))
}

/// All tenants, by identity (oldest first).
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub async fn list(engine: &dyn Engine) -> Result<Vec<TenantRecord>, CatalogError> {
    let rows = scan_system(engine, keyspace::TENANT).await?;
    rows.iter()
        .map(|(_, bytes)| TenantRecord::decode(bytes))
        .collect()
}

/// All rows of one kind in the system partition. These are few: tenants, keys, buckets.
///
/// # Errors
/// When the engine fails.
pub(in crate::catalog) async fn scan_system(
    engine: &dyn Engine,
    prefix: u8,
) -> Result<Vec<(bytes::Bytes, bytes::Bytes)>, CatalogError> {
    let range = ScanRange {
        start: vec![prefix],
        end: keyspace::prefix_end(&[prefix]),
    };
    Ok(engine
        .scan_page(Partition::System, range, usize::MAX)
        .await?)
}
