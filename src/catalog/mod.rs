//! Rank 4: typed records over `MetaStore`, sealed blobs over `BlobStore`.
//!
//! Owns: the key space, every record's layout (`docs/FORMAT.md`), optimistic commits, the walk of
//! listings, the ledger of blobs that may have to go. Not here: the order of a write and what a
//! client may do (`gateway`, `iam`), where wrapped keys are unwrapped (`kms`).
//!
//! Invariants
//! - K1: an object version's row, its usage counters and the ledger rows of what it replaces change
//!   in one batch; held by `changes`. Otherwise a crash would leave counters that
//!   lie or blobs that nobody knows.
//! - K2: a blob that is written outside a commit's own batch has a ledger row before its first
//!   piece; held by `blobs::BlobWriter`. Otherwise a crash would leave space that no sweep finds.
//! - K3: every write into a bucket has the condition that the bucket's header row is present; held
//!   by `guarded_batch`. Otherwise a PUT could finish in a bucket that was deleted meanwhile. What
//!   depends on the bucket's settings (versioning, Object Lock) has the condition that they still
//!   are what was read; held by `changes`.
//! - K5: no version that is locked is destroyed; held by `changes::erase`, the only place that
//!   gives a version's row and blobs up.

pub mod accounts;
pub mod blobs;
pub mod bucket_acl;
pub mod bucket_record;
pub mod bucket_tags;
pub mod buckets;
pub mod changes;
pub mod credential_store;
pub mod credentials;
pub mod erasure;
pub mod error;
pub mod fields;
pub mod finished_uploads;
pub mod journal;
pub mod keyspace;
pub mod last_used;
pub mod ledger;
pub mod listing;
pub mod new_bucket;
pub mod objects;
pub mod operators;
pub mod parts;
pub mod record;
pub mod recount;
pub mod released;
pub mod retention_clock;
pub mod sealed_settings;
pub mod sessions;
pub mod settings;
pub mod tenant_setup;
pub mod tenants;
pub mod terms;
pub mod traffic;
pub mod upload_parts;
pub mod uploads;
pub mod usage;
pub mod usage_hours;
pub mod usage_months;
pub mod version_listing;
pub mod versions;

use crate::model::id::BucketId;
use crate::storage::MetaBatch;

/// Position of the header condition in a guarded batch.
pub const HEADER_CONDITION: usize = 0;

/// A batch on the bucket's partition whose first condition is that the bucket is alive (K3).
pub fn guarded_batch(bucket: BucketId) -> MetaBatch {
    let mut batch = MetaBatch::new(keyspace::bucket_partition(bucket));
    batch.present(keyspace::bucket_header());
    batch
}
