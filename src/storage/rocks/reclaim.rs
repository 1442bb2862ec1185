//! Space of deleted pieces: back to the file system.
//!
//! Owns: when it is worth the rewriting, and the compaction that gives it back.
//! Not here: which blobs were deleted (`catalog::released`).

use crate::model::id::BlobId;
use crate::storage::error::EngineError;
use crate::storage::rocks::options::{DATA, META};
use crate::storage::rocks::{Shared, piece_name, store_error};
use rocksdb::{BottommostLevelCompaction, CompactOptions};
use std::sync::PoisonError;

/// Less is not worth a compaction, and goes with the next one.
const RELEASED_MIN: u64 = 64 << 20;
/// Share of what is stored that must have been deleted. Rewriting costs at most this less one times
/// the bytes that it gives back; so much of the store may be garbage at most.
const STORED_PER_RELEASED: u64 = 5;

impl Shared {
    /// See `BlobStore::reclaim`.
    pub(in crate::storage::rocks) fn reclaim(
        &self,
        first: BlobId,
        last: BlobId,
        released_bytes: u64,
    ) -> Result<bool, EngineError> {
        let _one_at_a_time = self
            .reclaiming
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let tables = self.data_figure("rocksdb.total-sst-files-size")?;
        let stored = tables.saturating_add(self.data_figure("rocksdb.total-blob-file-size")?);
        let room = self.space.room_bytes();
        if !is_worth_it(released_bytes, stored, room) {
            return Ok(false);
        }
        let data = self.family(DATA)?;
        let cutoff = age_cutoff(stored.saturating_sub(released_bytes), room);
        self.set_garbage_collection(true, cutoff)?;
        let mut compact = CompactOptions::default();
        // Files that are in the last level already hold the references to garbage.
        compact.set_bottommost_level_compaction(BottommostLevelCompaction::Force);
        compact.set_exclusive_manual_compaction(false);
        let (start, end) = (piece_name(first, 0), piece_name(last, u32::MAX));
        self.db
            .compact_range_cf_opt(data, Some(start), Some(end), &compact);
        self.set_garbage_collection(false, cutoff)?;
        // The compaction flushed the pieces. The log that they came by is kept as long as there are
        // rows of its time that were not.
        let flushed = self.db.flush_cf(self.family(META)?);
        flushed.map_err(|source| store_error("flush memtable", source))?;
        Ok(true)
    }

    fn data_figure(&self, property: &str) -> Result<u64, EngineError> {
        let figure = self.db.property_int_value_cf(self.family(DATA)?, property);
        let figure = figure.map_err(|source| store_error("read property", source))?;
        Ok(figure.unwrap_or(0))
    }

    fn set_garbage_collection(&self, is_on: bool, cutoff: f64) -> Result<(), EngineError> {
        let is_on = if is_on { "true" } else { "false" };
        let cutoff = format!("{cutoff:.3}");
        let options = [
            ("enable_blob_garbage_collection", is_on),
            ("blob_garbage_collection_age_cutoff", cutoff.as_str()),
        ];
        let set = self.db.set_options_cf(self.family(DATA)?, &options);
        set.map_err(|source| store_error("set garbage collection", source))
    }
}

/// Whether so many deleted bytes are worth rewriting what is stored beside them. Without a bound
/// that grows with the store, a client that overwrites small objects all day would have everything
/// else rewritten every few seconds. A file system without room makes it worth while at once.
fn is_worth_it(released: u64, stored: u64, room: u64) -> bool {
    let is_share = released.saturating_mul(STORED_PER_RELEASED) >= stored;
    released >= RELEASED_MIN && (is_share || room < released)
}

/// The oldest share of the files of pieces that may be rewritten at once: the old ones go when the
/// new ones are written, and both have to fit. Half of the room is for them.
fn age_cutoff(rewritten: u64, room: u64) -> f64 {
    let thousandths = (room / 2).saturating_mul(1000) / rewritten.max(1);
    // Exact: at most a thousand.
    f64::from(u16::try_from(thousandths.min(1000)).unwrap_or(1000)) / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn a_fifth_of_the_store_is_worth_rewriting_the_rest() {
        assert!(is_worth_it(GIB, 5 * GIB, 100 * GIB));
        assert!(!is_worth_it(GIB - 1, 5 * GIB, 100 * GIB));
        assert!(!is_worth_it(RELEASED_MIN - 1, RELEASED_MIN, 100 * GIB));
        assert!(is_worth_it(RELEASED_MIN, RELEASED_MIN, 100 * GIB));
    }

    #[test]
    fn without_room_less_is_worth_it() {
        assert!(is_worth_it(GIB, 1000 * GIB, GIB - 1));
        assert!(!is_worth_it(GIB, 1000 * GIB, GIB));
    }

    #[test]
    fn no_more_is_rewritten_at_once_than_fits() {
        let all = [
            age_cutoff(GIB, 2 * GIB),
            age_cutoff(GIB, u64::MAX),
            age_cutoff(0, GIB),
        ];
        assert!(
            all.iter().all(|cutoff| (cutoff - 1.0).abs() < 1e-9),
            "{all:?}"
        );
        assert!((age_cutoff(10 * GIB, 2 * GIB) - 0.1).abs() < 1e-9);
        assert!(age_cutoff(10 * GIB, 0).abs() < 1e-9);
    }
}
