//! Space of deleted pieces: back to the file system, at a pace that leaves the disk to requests.
//!
//! Owns: when it is worth the rewriting; the walk over what is left, stretch by stretch. The pieces
//! of a stretch that lie in blob files are written anew, as they are, so that the old files hold
//! nothing but garbage; then the stretch's tables are compacted, which drops what was deleted and
//! with it the old files.
//! Not here: which blobs were deleted (`catalog::released`).
//!
//! RocksDB's own collection of blob garbage rewrites the same bytes, but knows no pace of its own
//! (the rate limiter is for flushes too, which writers wait for), and a damaged piece that it reads
//! is an error of the whole store. Here a damaged piece stays where it is, and the walk goes on.
//!
//! A piece written anew needs no log: until the flush its old place is there, and holds the same.

use crate::model::id::BlobId;
use crate::storage::error::EngineError;
use crate::storage::rocks::options::{self, DATA, META, MIN_BLOB_LEN};
use crate::storage::rocks::{PIECE_NAME_LEN, PieceName, RocksEngine, Shared, place_of};
use crate::storage::rocks::{piece_name, store_error};
use crate::storage::types::PiecePlace;
use rocksdb::{BottommostLevelCompaction, CompactOptions, DBRawIterator, ErrorKind, ReadOptions};
use std::ops::ControlFlow;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// Less is not worth it, and goes with the next one.
const RELEASED_MIN: u64 = 64 << 20;
/// Share of what is stored that must have been deleted. Rewriting costs at most this less one times
/// the bytes that it gives back; so much of the store may be garbage at most.
const STORED_PER_RELEASED: u64 = 5;
/// Bytes moved before the old files go: about what one flush writes.
const STRETCH_MIN: u64 = 48 << 20;
/// Each stretch compacts the table that it lies in, so it moves a multiple of the table's bytes.
const STRETCH_PER_TABLE: u64 = 4;
/// Bytes moved at once: a millisecond of the processor, and nothing is deleted meanwhile.
const STEP: u64 = 1 << 20;
/// With less room than this there is no time to lose.
const ROOM_FOR_PATIENCE: u64 = 4 << 30;
/// A walk over the whole store takes a day at most, however slow the operator wants it.
const WALK_SECONDS_MAX: u64 = 86_400;
/// Behind a damaged piece the walk goes on with the blobs that began so many counts of an id later,
/// then twice as many, until one can be read.
const DAMAGE_STEP: u128 = 1 << 64;

/// The pieces between two names, both included.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    first: PieceName,
    last: PieceName,
    /// Bytes of blob files to move at most.
    moved_max: u64,
    /// Bytes of the table that they lie in.
    table_bytes: u64,
    /// Bytes of all pieces.
    stored: u64,
}

/// What one step did.
#[derive(Debug)]
struct Step {
    moved: u64,
    /// The first piece that it left; `None` behind the last.
    next: Option<PieceName>,
}

impl RocksEngine {
    /// See `BlobStore::reclaim`.
    pub(in crate::storage::rocks) async fn give_back(
        &self,
        from: PiecePlace,
        last: BlobId,
    ) -> Result<Option<PiecePlace>, EngineError> {
        let first = piece_name(from.blob, from.piece_index);
        let last = piece_name(last, u32::MAX);
        let shared = Arc::clone(&self.shared);
        let stretch = self.pool.run(move || shared.stretch(first, last)).await??;
        let (mut at, mut moved) = (first, 0);
        let next = loop {
            let shared = Arc::clone(&self.shared);
            let step = move || shared.move_some(&at, &stretch.last);
            let step = self.pool.run(step).await??;
            self.rest_after(step.moved, stretch.stored).await;
            moved += step.moved;
            match step.next {
                None => break successor(&stretch.last).filter(|next| *next <= last),
                Some(next) if moved >= stretch.moved_max => break Some(next),
                Some(next) => at = next,
            }
        };
        let end = next.unwrap_or(last);
        let shared = Arc::clone(&self.shared);
        let compact = move || shared.compact(&stretch.first, &end, next.is_none());
        self.pool.run(compact).await??;
        self.rest_after(stretch.table_bytes, stretch.stored).await;
        Ok(next.map(|next| place_of(&next)))
    }

    /// Leaves the disk alone for as long as so many of the stored bytes may take.
    async fn rest_after(&self, bytes: u64, stored: u64) {
        let rate = match self.reclaim_bytes_per_s {
            0 => 0,
            wanted => wanted.max(stored / WALK_SECONDS_MAX),
        };
        if rate > 0 && self.shared.space.room_bytes() >= ROOM_FOR_PATIENCE {
            let micros = bytes.saturating_mul(1_000_000) / rate;
            self.clock.sleep(Duration::from_micros(micros)).await;
        }
    }
}

impl Shared {
    /// See `BlobStore::is_reclaim_due`.
    pub(in crate::storage::rocks) fn is_reclaim_due(
        &self,
        released: u64,
    ) -> Result<bool, EngineError> {
        Ok(is_worth_it(
            released,
            self.stored()?,
            self.space.room_bytes(),
        ))
    }

    fn stored(&self) -> Result<u64, EngineError> {
        let tables = self.data_figure("rocksdb.total-sst-files-size")?;
        Ok(tables.saturating_add(self.data_figure("rocksdb.total-blob-file-size")?))
    }

    fn data_figure(&self, property: &str) -> Result<u64, EngineError> {
        let figure = self.db.property_int_value_cf(self.family(DATA)?, property);
        let figure = figure.map_err(|source| store_error("read property", source))?;
        Ok(figure.unwrap_or(0))
    }

    /// What is done in one go: to the end of the table that holds most of what begins at `first`.
    /// Only there does one compaction not rewrite what another one rewrote just before.
    fn stretch(&self, first: PieceName, last: PieceName) -> Result<Stretch, EngineError> {
        self.refuse_read_only()?;
        let tables = self.db.live_files();
        let tables = tables.map_err(|source| store_error("list tables", source))?;
        let lowest = tables
            .iter()
            .filter(|table| table.column_family_name == DATA)
            .filter_map(|table| {
                let end = PieceName::try_from(table.end_key.as_deref()?).ok()?;
                let holds = table.start_key.as_deref()? <= first.as_slice() && first <= end;
                holds.then_some((table.level, end, table.size))
            })
            .max_by_key(|(level, ..)| *level);
        let (end, size) = match lowest {
            Some((level, end, size)) if level > 0 => (end.min(last), size),
            _ => (last, 0),
        };
        let table_bytes = u64::try_from(size).unwrap_or(0);
        let moved_max = STRETCH_MIN.max(table_bytes.saturating_mul(STRETCH_PER_TABLE));
        Ok(Stretch {
            first,
            last: end,
            moved_max,
            table_bytes,
            stored: self.stored()?,
        })
    }

    /// Writes the first pieces from `first` on anew, as many as one step takes.
    fn move_some(&self, first: &PieceName, last: &PieceName) -> Result<Step, EngineError> {
        self.refuse_read_only()?;
        // What is read here is deleted before or after it is written.
        let _no_deletion = self.moving.lock().unwrap_or_else(PoisonError::into_inner);
        let mut read = ReadOptions::default();
        read.fill_cache(false);
        if let Some(behind) = successor(last) {
            read.set_iterate_upper_bound(behind);
        }
        let mut pieces = self.db.raw_iterator_cf_opt(self.family(DATA)?, read);
        pieces.seek(first);
        let (mut at, mut moved) = (*first, 0);
        loop {
            if let ControlFlow::Break(next) =
                self.move_while_readable(&mut pieces, &mut at, &mut moved)?
            {
                return Ok(Step {
                    moved,
                    next: Some(next),
                });
            }
            match pieces.status() {
                Ok(()) => return Ok(Step { moved, next: None }),
                Err(source) if source.kind() == ErrorKind::Corruption => {
                    tracing::error!(
                        error = %source,
                        "a piece cannot be read; it stays where it is while space is given back"
                    );
                    let Some(behind) = skip_damage(&mut pieces, &at) else {
                        return Ok(Step { moved, next: None });
                    };
                    at = behind;
                }
                Err(source) => return Err(store_error("read piece", source)),
            }
        }
    }

    /// Breaks with the first piece that is left for the next step; `at` follows.
    fn move_while_readable(
        &self,
        pieces: &mut DBRawIterator<'_>,
        at: &mut PieceName,
        moved: &mut u64,
    ) -> Result<ControlFlow<PieceName>, EngineError> {
        let data = self.family(DATA)?;
        let anew = options::unlogged();
        let mut passed = 0_u64;
        while let Some((name, piece)) = pieces.item() {
            let len = u64::try_from(piece.len()).unwrap_or(u64::MAX);
            *at = PieceName::try_from(name).unwrap_or(*at);
            if passed >= STEP {
                return Ok(ControlFlow::Break(*at));
            }
            passed += len;
            // Smaller ones lie in tables, which the compaction writes anew.
            if len >= MIN_BLOB_LEN {
                let written = self.db.put_cf_opt(data, name, piece, &anew);
                written.map_err(|source| store_error("move piece", source))?;
                *moved += len;
            }
            pieces.next();
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Drops what was deleted or moved between two names, and the files that hold nothing else.
    fn compact(
        &self,
        first: &PieceName,
        last: &PieceName,
        is_end: bool,
    ) -> Result<(), EngineError> {
        self.refuse_read_only()?;
        let mut compact = CompactOptions::default();
        // Files that are in the last level already hold the references to garbage.
        compact.set_bottommost_level_compaction(BottommostLevelCompaction::Force);
        compact.set_exclusive_manual_compaction(false);
        let data = self.family(DATA)?;
        self.db
            .compact_range_cf_opt(data, Some(first), Some(last), &compact);
        if is_end {
            // The compaction flushed the pieces. The log that they came by is kept as long as there
            // are rows of its time that were not.
            let flushed = self.db.flush_cf(self.family(META)?);
            flushed.map_err(|source| store_error("flush memtable", source))?;
        }
        Ok(())
    }
}

/// The name that follows, if there is one.
fn successor(name: &PieceName) -> Option<PieceName> {
    let mut next = *name;
    for byte in next.iter_mut().rev() {
        let (incremented, is_over) = byte.overflowing_add(1);
        *byte = incremented;
        if !is_over {
            return Some(next);
        }
    }
    None
}

/// Moves to a piece behind `at`, the last one that could be read, from where the walk can go on.
/// The iterator does not tell the name of the damaged one.
fn skip_damage(pieces: &mut DBRawIterator<'_>, at: &PieceName) -> Option<PieceName> {
    let blob = u128::from_be_bytes(*at.first_chunk()?);
    let mut step = DAMAGE_STEP;
    loop {
        let blob = blob.checked_add(step)?;
        let mut name = [0; PIECE_NAME_LEN];
        *name.first_chunk_mut()? = blob.to_be_bytes();
        pieces.seek(name);
        if pieces.status().is_ok() {
            return Some(name);
        }
        step = step.checked_mul(2)?;
    }
}

/// Whether so many deleted bytes are worth rewriting what is stored beside them. Without a bound
/// that grows with the store, a client that overwrites small objects all day would have everything
/// else rewritten every few seconds. A file system without room makes it worth while at once.
fn is_worth_it(released: u64, stored: u64, room: u64) -> bool {
    let is_share = released.saturating_mul(STORED_PER_RELEASED) >= stored;
    released >= RELEASED_MIN && (is_share || room < released)
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
    fn names_follow_one_another() {
        let mut name = [7; PIECE_NAME_LEN];
        name[19] = 0xff;
        let next = successor(&name).unwrap();
        assert_eq!((next[17], next[18], next[19]), (7, 8, 0));
        assert!(name < next);
        assert_eq!(successor(&[0xff; PIECE_NAME_LEN]), None);
    }
}
