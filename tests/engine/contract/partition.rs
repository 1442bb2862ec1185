//! E1: partitions.

use crate::support::{bytes, everything, names};
use riznica::model::id::{BucketId, TenantId};
use riznica::storage::{Engine, EngineExt, MetaBatch, Partition};
use std::sync::Arc;

/// Neighbours in any encoding: smallest and largest ids, shards on both sides of a carry.
fn partitions() -> Vec<Partition> {
    let mut partitions = vec![Partition::System];
    for id in [[0; 16], [1; 16], [0xff; 16]] {
        partitions.push(Partition::Tenant(TenantId::from_bytes(id)));
        for shard in [0, 1, 0xff, 0x100, u16::MAX] {
            partitions.push(Partition::Bucket {
                bucket: BucketId::from_bytes(id),
                shard,
            });
        }
    }
    partitions
}

pub(crate) async fn e1_rows_of_one_partition_are_invisible_in_all_others(engine: Arc<dyn Engine>) {
    for (index, partition) in partitions().into_iter().enumerate() {
        let mut batch = MetaBatch::new(partition);
        // The empty key and the largest byte are where a scan could leave its partition.
        for row in [b"".as_slice(), b"row", &[0xff; 24]] {
            batch.put(row.to_vec().into(), bytes(&index.to_string()));
        }
        batch.absent(bytes("row"));
        engine.commit(batch).await.unwrap();
    }
    for (index, partition) in partitions().into_iter().enumerate() {
        let rows = engine
            .scan_page(partition, everything(), usize::MAX)
            .await
            .unwrap();
        let keys: Vec<&[u8]> = rows.iter().map(|(meta_key, _)| meta_key.as_ref()).collect();
        assert_eq!(keys, [b"".as_slice(), b"row", &[0xff; 24]], "{partition:?}");
        assert!(
            rows.iter().all(|(_, value)| *value == index.to_string()),
            "{partition:?}"
        );
        let value = engine.get(partition, b"row").await.unwrap();
        assert_eq!(value, Some(bytes(&index.to_string())), "{partition:?}");
    }
}

pub(crate) async fn e1_range_deletion_stays_in_its_partition(engine: Arc<dyn Engine>) {
    for partition in partitions() {
        let mut batch = MetaBatch::new(partition);
        batch
            .put(bytes("a"), bytes("1"))
            .put(bytes("z"), bytes("2"));
        engine.commit(batch).await.unwrap();
    }
    let emptied = partitions()[8];
    let mut batch = MetaBatch::new(emptied);
    batch.delete_range(bytes(""), vec![0xff; 64].into());
    engine.commit(batch).await.unwrap();
    for partition in partitions() {
        let expected: &[&str] = if partition == emptied {
            &[]
        } else {
            &["a", "z"]
        };
        assert_eq!(names(&*engine, partition).await, expected, "{partition:?}");
    }
}
