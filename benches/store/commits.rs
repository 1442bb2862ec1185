//! What does a group of commits cost, and how many commits a second are there, with 1, 16 and 64
//! writers that wait for their turn?
//!
//! Each commit is that of a PUT of 4 KiB: conditions, the version's row, the piece, counters of
//! bucket and tenant. Every group ends with a real sync of the log, on the file system of the
//! target folder. A round is one commit of every writer; the line behind it tells how many commits
//! a sync covered.

use crate::store::{NOW, Store, record, seal};
use bytes::Bytes;
use criterion::{Criterion, Throughput};
use futures::future::join_all;
use riznica::base::clock::{Clock, SystemClock};
use riznica::base::entropy::SystemEntropy;
use riznica::catalog::usage::{self, Account};
use riznica::catalog::{guarded_batch, keyspace};
use riznica::gateway::BucketRecord;
use riznica::model::id::BlobId;
use riznica::model::object_key::ObjectKey;
use riznica::model::quota::{TenantLimits, UsageChange};
use riznica::storage::{FinishedBlob, MetaBatch};
use std::time::Duration;

const PIECE_LEN: usize = 4096;

pub(crate) fn groups(c: &mut Criterion) {
    let store = Store::new();
    let bucket = store.bucket("commits");
    let mut group = c.benchmark_group("commit");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(3));
    for writers in [1_u32, 16, 64] {
        group.throughput(Throughput::Elements(writers.into()));
        let (mut commits, syncs_before) = (0, syncs(&store));
        group.bench_function(format!("{writers} writers"), |b| {
            b.iter_custom(|rounds| {
                commits += rounds * u64::from(writers);
                run(&store, &bucket, writers, rounds)
            });
        });
        report(writers, commits, syncs(&store) - syncs_before);
    }
    group.finish();
}

fn syncs(store: &Store) -> u64 {
    let stats = store.parts.engine.stats();
    let syncs = stats.into_iter().find(|(name, _)| *name == "log_syncs");
    syncs.unwrap().1
}

#[expect(clippy::print_stderr, reason = "criterion knows no second figure")]
fn report(writers: u32, commits: u64, syncs: u64) {
    if let Some(tenths) = (commits * 10).checked_div(syncs) {
        let (whole, tenth) = (tenths / 10, tenths % 10);
        eprintln!("commit/{writers} writers: {whole}.{tenth} commits to a sync");
    }
}

/// How long it takes until every writer has had `rounds` commits, one after the other.
fn run(store: &Store, bucket: &BucketRecord, writers: u32, rounds: u64) -> Duration {
    let key = store.key_of(bucket);
    let object_key = ObjectKey::parse("object").unwrap();
    let row = seal(&record(), bucket, &object_key, &key);
    let clock = SystemClock::new();
    let writers = (0..writers).map(|_writer| async {
        for _ in 0..rounds {
            let batch = put(bucket, &row);
            store.parts.engine.commit(batch).await.unwrap();
        }
    });
    store.runtime.block_on(join_all(writers));
    clock.monotonic()
}

/// What the PUT of a new object commits. Each has a name of its own.
fn put(bucket: &BucketRecord, row: &Bytes) -> MetaBatch {
    let blob = BlobId::generate(NOW.millis(), &SystemEntropy::new()).unwrap();
    let object_key = ObjectKey::parse(&blob.to_string()).unwrap();
    let finished = FinishedBlob::riding(blob, vec![Bytes::from(vec![0x5a; PIECE_LEN])]);
    let account = Account::of(bucket, TenantLimits::default(), NOW);
    let change = UsageChange {
        bytes: i64::try_from(PIECE_LEN).unwrap(),
        objects: 1,
        ..UsageChange::default()
    };
    let mut batch = guarded_batch(bucket.bucket);
    batch
        .absent(keyspace::current(&object_key))
        .put(keyspace::current(&object_key), row.clone())
        .attach(finished);
    usage::count(&mut batch, &account, change);
    batch
}
