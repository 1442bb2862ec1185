//! Row 59: a lock that cannot be read.

use crate::object_lock::{BYPASS, FAR, MODE, UNTIL, with_lock};
use crate::server::TestServer;
use crate::versioning::{at, version_of};
use bytes::Bytes;
use riznica::base::clock::SystemClock;
use riznica::base::task::BlockingPool;
use riznica::catalog::{buckets, keyspace};
use riznica::model::bucket::BucketName;
use riznica::model::object_key::ObjectKey;
use riznica::storage::{Engine, MetaBatch, MetaKey, MetaStore, RocksEngine, RocksOptions};
use std::sync::Arc;
use tokio::runtime::Runtime;

type Damage<'a> = &'a dyn Fn(&mut Vec<u8>);

/// Changes a row of the partition of `worm` in the data folder of a server that is down; what the
/// row was.
pub(super) fn damage(
    server: &TestServer,
    row: &MetaKey,
    change: impl FnOnce(&mut Vec<u8>),
) -> Vec<u8> {
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let options = RocksOptions {
            path: server.data_folder().join("store"),
            min_free_bytes: 0,
            ..RocksOptions::default()
        };
        let pool = BlockingPool::new(runtime.handle().clone(), 2);
        let clock = Arc::new(SystemClock::new());
        let engine = RocksEngine::open(options, clock, pool).expect("the store opens");
        let name = BucketName::parse("worm").expect("a name");
        // Not by its header, which may be what is damaged.
        let entries = buckets::list(&engine).await.expect("rows");
        let found = entries.into_iter().find(|entry| entry.name == name);
        let partition = keyspace::bucket_partition(found.expect("the bucket").bucket);
        let value = MetaStore::get(&engine, partition, row).await;
        let before: Vec<u8> = value.expect("rows").expect("the row").to_vec();
        let mut value = before.clone();
        change(&mut value);
        let mut batch = MetaBatch::new(partition);
        batch.put(row.clone(), Bytes::from(value));
        engine.commit(batch).await.expect("it is written");
        engine.close().await;
        before
    })
}

/// Where the date [`FAR`] is in a version's row; the mode is in front of it, the hold behind it.
pub(super) fn place_of_date(row: &[u8]) -> usize {
    let until = 5_364_662_400_000_u64.to_le_bytes();
    let place = row.windows(8).position(|bytes| bytes == until);
    place.expect("the date is readable")
}

/// What says that it is locked is authenticated: whoever takes it out of the stored row, or sets
/// its date into the past, gets an error, and the version stays.
#[test]
fn row_59_ghsa_j548_lock_that_cannot_be_read_blocks_deletion() {
    let (mut server, city) = with_lock();
    let retained = [(MODE, "COMPLIANCE"), (UNTIL, FAR)];
    let mut put = city.request("PUT", "/worm/a").body("the record");
    for (name, value) in retained {
        put = put.header(name, value);
    }
    let version = version_of(&put.send().expect(200));
    let row = keyspace::current(&ObjectKey::parse("a").expect("a key"));
    let past = 1_000_000_000_000_u64.to_le_bytes();
    // The date, the mode in front of it, and the whole tail of the row.
    let damages: [Damage<'_>; 3] = [
        &|row| {
            let at = place_of_date(row);
            row[at..at + 8].copy_from_slice(&past);
        },
        &|row| {
            let at = place_of_date(row);
            row[at - 1] = 2;
            row[at..at + 8].copy_from_slice(&past);
        },
        &|row| {
            let at = place_of_date(row);
            row.truncate(at);
        },
    ];
    for (number, change) in damages.into_iter().enumerate() {
        server.kill();
        let before = damage(&server, &row, change);
        server.restart();
        for target in [at("/worm/a", &version), "/worm/a".to_owned()] {
            let destroy = city.request("DELETE", &target).header(BYPASS, "true");
            let answer = destroy.send();
            if target == "/worm/a" && answer.status == 204 {
                // A marker on top destroys nothing.
                let marker = version_of(&answer);
                city.delete(&at("/worm/a", &marker)).expect(204);
                continue;
            }
            assert_eq!(
                answer.status,
                500,
                "{number} {target}: {}",
                answer.body_text()
            );
        }
        city.delete("/worm").refused(409, "BucketNotEmpty");
        server.kill();
        damage(&server, &row, |damaged| *damaged = before);
        server.restart();
        let answer = city.get(&at("/worm/a", &version)).expect(200);
        assert_eq!(answer.body, b"the record", "{number}");
        city.delete(&at("/worm/a", &version))
            .refused(403, "AccessDenied");
    }
}
