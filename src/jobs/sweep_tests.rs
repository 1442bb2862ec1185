//! K4: no blob goes that a commit makes an object's.

use super::{Sweep, SweepReport, SweepSettings, few};
use crate::base::clock::{Clock, ManualClock};
use crate::base::task::Supervisor;
use crate::catalog::keyspace;
use crate::catalog::ledger::{BlobLeases, Extent, LedgerEntry};
use crate::model::id::{BlobId, BucketId};
use crate::model::time::Timestamp;
use crate::storage::memory::hooked::{HookedEngine, Incident};
use crate::storage::{
    BlobStore, Engine, EngineExt, FinishedBlob, MetaBatch, MetaStore, PieceSlot, StoredBlob,
};
use bytes::Bytes;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const BUCKET: BucketId = BucketId::from_bytes([7; 16]);
const BLOB: BlobId = BlobId::from_bytes([9; 16]);
const GRACE: Duration = Duration::from_mins(1);

fn batch() -> MetaBatch {
    MetaBatch::new(keyspace::bucket_partition(BUCKET))
}

fn stored() -> StoredBlob {
    StoredBlob {
        blob: BLOB,
        piece_count: Some(3),
    }
}

struct Place {
    engine: Arc<HookedEngine>,
    clock: Arc<ManualClock>,
    leases: BlobLeases,
    on_its_way: Arc<Mutex<Option<MetaBatch>>>,
}

impl Place {
    /// A streamed blob with its ledger row, as its writer leaves it ahead of its commit.
    async fn new() -> (Self, FinishedBlob) {
        let on_its_way: Arc<Mutex<Option<MetaBatch>>> = Arc::default();
        let next = Arc::clone(&on_its_way);
        let engine = HookedEngine::new(move || {
            let ahead = next.lock().unwrap().take();
            ahead.map_or(Incident::None, Incident::Ahead)
        });
        let clock = Arc::new(ManualClock::at(1_000_000));
        let mut row = batch();
        LedgerEntry {
            blob: BLOB,
            extent: None,
            since: Timestamp::from_millis(clock.unix_millis()),
        }
        .enter(&mut row);
        engine.commit(row).await.unwrap();
        for index in 0..3 {
            let slot = PieceSlot {
                index,
                offset: u64::from(index) * 5,
            };
            let piece = Bytes::from_static(b"piece");
            engine.put_piece(BLOB, slot, piece).await.unwrap();
        }
        let finished = engine.finish(BLOB, 3).await.unwrap();
        let place = Self {
            engine: Arc::new(engine),
            clock,
            leases: BlobLeases::default(),
            on_its_way,
        };
        (place, finished)
    }

    async fn sweep(&self) -> u64 {
        let settings = SweepSettings {
            interval: Duration::from_secs(10),
            grace: GRACE,
            finished_upload_retention: GRACE,
        };
        let engine: Arc<dyn Engine> = Arc::<HookedEngine>::clone(&self.engine);
        let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&self.clock);
        let sweep = Sweep::new(engine, self.leases.clone(), clock, settings);
        let stop = Supervisor::new(tokio::runtime::Handle::current()).stop_signal();
        let mut report = SweepReport::default();
        sweep
            .sweep_ledger(BUCKET, &stop, &mut report)
            .await
            .unwrap();
        report.blobs
    }

    async fn is_there(&self) -> bool {
        let slot = PieceSlot {
            index: 2,
            offset: 10,
        };
        let piece = self.engine.read_piece(stored(), slot, 0..5).await;
        piece.unwrap().is_some()
    }
}

#[tokio::test]
async fn blob_goes_when_it_is_old_and_nobody_uses_it() {
    let (place, _finished) = Place::new().await;
    assert_eq!(place.sweep().await, 0);
    place.clock.advance(GRACE);
    let lease = place.leases.acquire(BLOB);
    assert_eq!(place.sweep().await, 0);
    assert!(place.is_there().await);
    drop(lease);
    assert_eq!(place.sweep().await, 1);
    assert!(!place.is_there().await);
    assert_eq!(place.sweep().await, 0);
}

/// The client was gone while the commit was being written: the lease went, the commit stays.
#[tokio::test]
async fn blob_stays_when_the_commit_that_makes_it_an_objects_is_on_its_way() {
    let (place, finished) = Place::new().await;
    place.clock.advance(GRACE);
    let mut owning = batch();
    let row = keyspace::ledger(BLOB);
    owning.present(row.clone()).delete(row).attach(finished);
    *place.on_its_way.lock().unwrap() = Some(owning);
    assert_eq!(place.sweep().await, 0);
    assert!(place.is_there().await);
}

#[test]
fn as_much_is_deleted_at_once_as_is_soon_done_and_never_nothing() {
    let entry = |gib: u64| LedgerEntry {
        blob: BLOB,
        extent: Some(Extent {
            piece_count: 1,
            bytes: gib << 30,
        }),
        since: Timestamp::from_millis(0),
    };
    let count = |gib: &[u64]| few(&gib.iter().map(|gib| entry(*gib)).collect::<Vec<_>>());
    assert_eq!(count(&[1, 1, 1]), 3);
    assert_eq!(count(&[1, 1, 2, 1]), 3);
    assert_eq!(count(&[1, 5, 1]), 1);
    assert_eq!(count(&[5, 1]), 1);
    let unknown = LedgerEntry {
        extent: None,
        ..entry(0)
    };
    assert_eq!(few(&[unknown, entry(9)]), 1);
}
