//! Rank 2: opaque bytes. No S3 words, no keys, no HTTP.
//!
//! Owns: the engine contract, the in-memory reference and the RocksDB engine.
//! Not here: what rows mean (`catalog`), sealing (`crypto`).
//!
//! # The contract
//! Chosen so that one machine with RocksDB and a cluster with RADOS can both keep it. Each clause
//! can be false; `tests/engine` holds at least one test that names it and runs it on every engine.
//!
//! - E1 Partition: a partition is an ordered map of bytes to bytes and the unit of atomicity. What
//!   one partition holds is never read, scanned, changed or deleted through another.
//! - E2 Commit: a batch on one partition applies wholly or not at all. If a condition does not
//!   hold, or a counter would go below 0 or above its ceiling, nothing changes and the error says
//!   which. Conditions and counters see every batch ahead, none of their own; batches racing on one
//!   condition are judged one after the other. Order within a batch: range deletions, deletions,
//!   puts, counters.
//! - E3 Durable: when `commit` returns `Ok`, the batch survives a kill and power loss, with all
//!   pieces of the blobs attached to it.
//! - E4 Linearizable: a read that starts after `commit` returned sees what that answer rests on:
//!   the batch after `Ok`, and the rows that made a condition fail after `ConditionFailed`.
//! - E5 Ordered scan: a scan visits each row from start (included) to end (excluded) once, in byte
//!   order, as of one moment; `SeekTo` leaves out what lies between.
//! - E6 Unknown outcome: when the log cannot be written, `commit` says `UnknownOutcome`, and the
//!   engine takes no write until it has been opened again; reads go on. Every other error means
//!   that nothing was changed. After the next start the batch is there wholly or not at all.
//! - E7 Shared counters: a batch may change counters of another partition; they change with it, and
//!   their bounds are judged with it. Nothing else of that partition is touched, and its own
//!   batches do not write these rows. (An engine over several machines hands out shares of a
//!   counter's ceiling in advance; an embedded one simply writes them in the same batch.)
//! - E8 Appended rows: a batch may append rows to another partition under names that nothing else
//!   ever has there; they are there with it or not at all. No condition looks at them. (An engine
//!   over several machines keeps them in the batch's partition first, and carries them over before
//!   the other one is read.)
//! - E9 Meters: a metered counter adds up how long it held what, in its own row and in the same
//!   batch. The first change of a later period closes the period of the change before, in a row of
//!   the partition that the change names. Time never runs backwards in it.
//! - B1 Blobs: a blob is an immutable stream of pieces. A blob of at most `RIDING_PIECES_MAX` rides
//!   in the commit that attaches it, and is there with it or not at all. The pieces of a longer one
//!   are streamed ahead, and durable before the commit that attaches it; pieces that no commit has
//!   attached may vanish with the process, or stay.
//! - B2 Identity: the engine gives pieces back byte for byte, so a blob carries its own identity in
//!   the header of its first piece.
//! - B3 Ranged reads: a read of bytes of a piece gives exactly these, clipped to the piece's end; a
//!   piece that does not exist gives `None`, never an empty piece.
//! - B4 Deletion: after `delete_blobs` no piece of the blobs is readable and all others are. The
//!   space of streamed ones is back then, that of riding ones after `reclaim`. A full engine still
//!   deletes: it refuses pieces and commits that attach blobs first, and commits of rows alone only
//!   when nearly nothing is left.

pub mod engine;
pub mod error;
pub mod evaluate;
pub mod ext;
pub mod memory;
pub mod meter;
pub mod rocks;
pub mod types;

pub use engine::{BlobStore, Engine, MetaStore, PieceWrite};
pub use error::{CommitError, EngineError, OpenEngineError, StoreError};
pub use ext::EngineExt;
pub use memory::MemoryEngine;
pub use meter::{Closing, CounterRow, Meter};
pub use rocks::{RocksEngine, RocksOptions};
pub use types::{
    Condition, CounterChange, EngineCaps, EngineHealth, FinishedBlob, MetaBatch, MetaKey,
    Partition, PiecePlace, PieceSlot, RIDING_PIECES_MAX, ReadOnlyReason, ScanRange, ScanStep,
    StoredBlob, Visitor,
};
