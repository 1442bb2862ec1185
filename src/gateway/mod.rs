//! Rank 6, the data plane: every S3 operation as a function that takes a `Permit`.
//!
//! Owns: the order of a write (authorize, stream, finish, commit, answer) and of a read (locate,
//! unwrap, verify, release). Not here: HTTP, XML and S3 codes (`s3`), rows (`catalog`).

pub mod account;
pub mod acl;
mod acl_grantees;
pub mod bucket;
pub mod bucket_cors;
pub mod bucket_policy;
pub mod bucket_settings;
pub mod bucket_tags;
pub mod decision;
pub mod digests;
pub mod error;
pub mod expiration;
pub mod fairness;
pub mod lifecycle;
pub mod listing;
pub mod multipart;
pub mod object;
mod pieces;
pub mod principal;
mod quota;
pub mod read_path;
pub mod role;
pub mod session;
pub mod traffic;
pub mod write_path;

use crate::base::clock::Clock;
use crate::base::entropy::Entropy;
use crate::base::md5::Md5Service;
use crate::base::task::BlockingPool;
use crate::catalog::last_used::LastUsed;
use crate::catalog::ledger::BlobLeases;
use crate::catalog::objects::ObjectIdentity;
use crate::catalog::retention_clock::RetentionClock;
use crate::catalog::terms::TermsTable;
use crate::catalog::traffic::TrafficTable;
use crate::crypto::{KeyContext, KeyProvider, KeyScope, ScopeKey};
use crate::gateway::bucket_policy::PolicyCache;
use crate::gateway::bucket_settings::RulesCache;
use crate::gateway::error::GatewayError;
use crate::gateway::fairness::Meters;
use crate::gateway::principal::MemberCache;
use crate::iam::{Action, Permit, Sight};
use crate::kms::CachingKeys;
use crate::model::object_key::ObjectKey;
use crate::model::ownership::ObjectOwnership;
use crate::model::time::Timestamp;
use crate::storage::Engine;
use std::sync::Arc;
use tokio::sync::Semaphore;

// What the frontend sees of the rows: it imports these from here, never from `catalog`.
pub use crate::catalog::buckets::{BucketEntry, BucketRecord};
pub use crate::catalog::listing::{ListEntry, ListPage, ListQuery};
pub use crate::catalog::objects::ObjectRecord;
pub use crate::catalog::upload_parts::StoredPart;
pub use crate::catalog::version_listing::ListedVersion;

/// Everything that operations need.
#[derive(Clone, Debug)]
pub struct Gateway {
    engine: Arc<dyn Engine>,
    provider: Arc<dyn KeyProvider>,
    keys: Arc<CachingKeys>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    pool: BlockingPool,
    md5: Md5Service,
    leases: BlobLeases,
    body_streams: Arc<Semaphore>,
    retention: Arc<RetentionClock>,
    terms: Arc<TermsTable>,
    last_used: Arc<LastUsed>,
    traffic: Arc<TrafficTable>,
    rules: RulesCache,
    policies: PolicyCache,
    members: MemberCache,
    meters: Meters,
    blocks_public_access: bool,
    object_ownership: ObjectOwnership,
}

/// What a gateway is made of.
#[derive(Debug)]
pub struct GatewayParts {
    /// Where rows and blobs lie.
    pub engine: Arc<dyn Engine>,
    /// The key service.
    pub provider: Arc<dyn KeyProvider>,
    /// The cache in front of it.
    pub keys: Arc<CachingKeys>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Threads for hashing and sealing.
    pub pool: BlockingPool,
    /// The MD5 of bodies.
    pub md5: Md5Service,
    /// Blobs in use, shared with the sweep.
    pub leases: BlobLeases,
    /// Bodies larger than a piece that move at once; bounds memory.
    pub body_streams_max: usize,
    /// What retention is compared with.
    pub retention: Arc<RetentionClock>,
    /// What tenants may hold and do.
    pub terms: Arc<TermsTable>,
    /// When keys were last used.
    pub last_used: Arc<LastUsed>,
    /// What is asked and moved.
    pub traffic: Arc<TrafficTable>,
    /// Whether new buckets begin with all public access blocked.
    pub blocks_public_access: bool,
    /// Who owns what is written into new buckets that ask for nothing else.
    pub object_ownership: ObjectOwnership,
}

impl Gateway {
    /// Puts a gateway together.
    pub fn new(parts: GatewayParts) -> Self {
        Self {
            engine: parts.engine,
            provider: parts.provider,
            keys: parts.keys,
            clock: parts.clock,
            entropy: parts.entropy,
            pool: parts.pool,
            md5: parts.md5,
            leases: parts.leases,
            body_streams: Arc::new(Semaphore::new(parts.body_streams_max)),
            retention: parts.retention,
            terms: parts.terms,
            last_used: parts.last_used,
            traffic: parts.traffic,
            rules: RulesCache::default(),
            policies: PolicyCache::default(),
            members: MemberCache::default(),
            meters: Meters::default(),
            blocks_public_access: parts.blocks_public_access,
            object_ownership: parts.object_ownership,
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.unix_millis())
    }

    /// What retentions are compared with: never the wall clock (crypto.md 19).
    pub(in crate::gateway) fn retention_now(&self) -> Timestamp {
        self.retention.now()
    }

    /// The bucket key of a version, for opening.
    async fn opening_key(
        &self,
        bucket: &BucketRecord,
        version: u32,
    ) -> Result<Arc<ScopeKey>, GatewayError> {
        let (_, wrapped) = bucket
            .keys
            .iter()
            .find(|(known, _)| *known == version)
            .ok_or(GatewayError::UnknownKeyVersion { version })?;
        let scope = KeyScope::Bucket(bucket.bucket);
        let context = KeyContext {
            tenant: bucket.tenant,
            scope,
            version,
        };
        Ok(self.keys.scope_key(&context, wrapped).await?)
    }

    /// The bucket key for new records.
    async fn sealing_key(&self, bucket: &BucketRecord) -> Result<Arc<ScopeKey>, GatewayError> {
        let (version, _) = bucket.current_key()?;
        self.opening_key(bucket, *version).await
    }
}

/// The identity that an object's records are bound to.
fn identity<'a>(bucket: &BucketRecord, object_key: &'a ObjectKey) -> ObjectIdentity<'a> {
    ObjectIdentity {
        tenant: bucket.tenant,
        bucket: bucket.bucket,
        object_key,
    }
}

/// Spends a permit: it must be for this action on this bucket.
///
/// # Errors
/// `WrongPermit`, a bug of the frontend.
#[expect(clippy::needless_pass_by_value, reason = "a permit is spent")]
fn spend(permit: Permit, action: Action, bucket: &BucketRecord) -> Result<(), GatewayError> {
    if permit.covers(action, bucket.bucket) {
        Ok(())
    } else {
        Err(GatewayError::WrongPermit { action })
    }
}

/// As [`spend`], for what is done to an object: also which one the permit is for.
///
/// # Errors
/// As [`spend`].
fn spend_on(permit: Permit, action: Action, bucket: &BucketRecord) -> Result<Sight, GatewayError> {
    let sight = permit.sight();
    spend(permit, action, bucket)?;
    Ok(sight)
}
