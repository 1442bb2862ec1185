//! Rows that are read again and again: of the caller's credential, of the bucket, of an object that
//! a commit is about.
//!
//! Owns: `HotRows`, a bounded table of rows as they are in the database, and the rule by which it
//! never has an older one. Not here: reading them (`meta`), writing them (`sequencer`).
//!
//! A row costs 3 to 6 us from tables in the block cache, even if it is the same for each request
//! (the credential's and the bucket's 12 of the 69 us of a HEAD). Here every row has one slot,
//! which it shares with others: the last one read has it. What is read a thousand times a second is
//! nearly always there, and nobody keeps a list of who was used when.
//!
//! The commit thread alone writes rows. Before it writes, it forgets them and closes their slots,
//! and opens these when the write is done (E4: before any answer). A reader that was in the
//! database meanwhile finds the slot closed, or that it has been, and does not put in what it read.

use bytes::Bytes;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Slots. With `VALUE_LEN_MAX` and the longest row name (some 1.1 KiB), this bounds the memory: 5
/// MiB, and seldom a tenth of it.
const SLOTS: usize = 1024;
/// Longest row that is kept, in bytes. A credential, a bucket and an object take some hundred.
const VALUE_LEN_MAX: usize = 4096;

/// A bounded table of rows as they are in the database.
#[derive(Debug)]
pub(in crate::storage) struct HotRows {
    slots: Box<[Mutex<Slot>]>,
    hasher: RandomState,
    /// Odd while a range of rows is being deleted.
    ranges: AtomicU64,
}

#[derive(Debug, Default)]
struct Slot {
    kept: Option<(Box<[u8]>, Bytes)>,
    /// How often it was closed or opened.
    turns: u64,
    is_closed: bool,
}

/// What a reader found before it went to the database.
#[derive(Debug)]
pub(in crate::storage) enum Lookup {
    /// The row.
    Kept(Bytes),
    /// It has to be read.
    Absent(Ticket),
}

/// What has to be unchanged for a row to be put in.
#[derive(Clone, Copy, Debug)]
pub(in crate::storage) struct Ticket {
    turns: u64,
    ranges: u64,
}

impl Default for HotRows {
    fn default() -> Self {
        Self {
            slots: (0..SLOTS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            ranges: AtomicU64::new(0),
        }
    }
}

impl HotRows {
    /// `None` never happens: the index is below the number of slots.
    fn slot(&self, row: &[u8]) -> Option<MutexGuard<'_, Slot>> {
        let hash = self.hasher.hash_one(row);
        let index = usize::try_from(hash % SLOTS as u64).ok()?;
        self.slots.get(index).map(lock)
    }

    /// The row, if it is here.
    pub(in crate::storage) fn look(&self, row: &[u8]) -> Lookup {
        // Ahead of the slot: a deletion that begins in between makes the ticket void.
        let ranges = self.ranges.load(Ordering::SeqCst);
        let Some(slot) = self.slot(row) else {
            return Lookup::Absent(Ticket { turns: 0, ranges });
        };
        match &slot.kept {
            Some((name, value)) if **name == *row => Lookup::Kept(value.clone()),
            _ => Lookup::Absent(Ticket {
                turns: slot.turns,
                ranges,
            }),
        }
    }

    /// Puts in what was read from the database after the ticket was given.
    pub(in crate::storage) fn keep(&self, ticket: Ticket, row: &[u8], value: &Bytes) {
        if value.len() > VALUE_LEN_MAX {
            return;
        }
        let Some(mut slot) = self.slot(row) else {
            return;
        };
        let ranges = self.ranges.load(Ordering::SeqCst);
        let is_void = slot.is_closed
            || slot.turns != ticket.turns
            || ranges != ticket.ranges
            || !ranges.is_multiple_of(2);
        if !is_void {
            slot.kept = Some((row.into(), value.clone()));
        }
    }

    /// Forgets rows that are about to be written, and closes their slots. Another row that is in
    /// one of them stays: the credential of all those who write.
    pub(in crate::storage) fn close<'a>(&self, rows: impl Iterator<Item = &'a [u8]>) {
        for (row, mut slot) in rows.filter_map(|row| Some((row, self.slot(row)?))) {
            if slot.kept.as_ref().is_some_and(|(name, _)| **name == *row) {
                slot.kept = None;
            }
            slot.turns = slot.turns.wrapping_add(1);
            slot.is_closed = true;
        }
    }

    /// Opens the slots of rows that have been written.
    pub(in crate::storage) fn open<'a>(&self, rows: impl Iterator<Item = &'a [u8]>) {
        for mut slot in rows.filter_map(|row| self.slot(row)) {
            // Who looked while it was closed may have read the old row.
            slot.turns = slot.turns.wrapping_add(1);
            slot.is_closed = false;
        }
    }

    /// Forgets the rows of ranges that are about to be deleted, and takes none in.
    pub(in crate::storage) fn close_ranges(&self, ranges: &[(Vec<u8>, Vec<u8>)]) {
        self.ranges.fetch_add(1, Ordering::SeqCst);
        for mut slot in self.slots.iter().map(lock) {
            let is_gone = slot.kept.as_ref().is_some_and(|(row, _)| {
                let is_in = |(start, end): &(Vec<u8>, Vec<u8>)| {
                    start.as_slice() <= &**row && **row < *end.as_slice()
                };
                ranges.iter().any(is_in)
            });
            if is_gone {
                slot.kept = None;
            }
        }
    }

    /// The ranges have been deleted.
    pub(in crate::storage) fn open_ranges(&self) {
        self.ranges.fetch_add(1, Ordering::SeqCst);
    }
}

fn lock(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    fn ticket(rows: &HotRows, row: &[u8]) -> Ticket {
        match rows.look(row) {
            Lookup::Absent(ticket) => ticket,
            Lookup::Kept(value) => panic!("{value:?} is kept"),
        }
    }

    fn kept(rows: &HotRows, row: &[u8]) -> Option<Bytes> {
        match rows.look(row) {
            Lookup::Kept(value) => Some(value),
            Lookup::Absent(_) => None,
        }
    }

    #[test]
    fn row_is_kept_until_it_is_written() {
        let rows = HotRows::default();
        rows.keep(ticket(&rows, b"a"), b"a", &bytes("1"));
        assert_eq!(kept(&rows, b"a"), Some(bytes("1")));
        rows.close([b"a".as_slice()].into_iter());
        assert_eq!(kept(&rows, b"a"), None);
    }

    #[test]
    fn what_was_read_beside_a_write_is_not_kept() {
        let rows = HotRows::default();
        let name = || [b"a".as_slice()].into_iter();
        let before = ticket(&rows, b"a");
        rows.close(name());
        let meanwhile = ticket(&rows, b"a");
        for ticket in [before, meanwhile] {
            rows.keep(ticket, b"a", &bytes("old"));
            assert_eq!(kept(&rows, b"a"), None);
        }
        rows.open(name());
        for ticket in [before, meanwhile] {
            rows.keep(ticket, b"a", &bytes("old"));
            assert_eq!(kept(&rows, b"a"), None);
        }
        rows.keep(ticket(&rows, b"a"), b"a", &bytes("new"));
        assert_eq!(kept(&rows, b"a"), Some(bytes("new")));
    }

    #[test]
    fn deleted_range_takes_its_rows_along_and_what_was_read_beside_it() {
        let rows = HotRows::default();
        for row in [b"a", b"b", b"c"] {
            rows.keep(ticket(&rows, row), row, &bytes("1"));
        }
        let before = ticket(&rows, b"bb");
        rows.close_ranges(&[(b"b".to_vec(), b"c".to_vec())]);
        assert_eq!(kept(&rows, b"b"), None);
        for row in [b"a", b"c"] {
            assert_eq!(kept(&rows, row), Some(bytes("1")));
        }
        let meanwhile = ticket(&rows, b"bb");
        rows.keep(meanwhile, b"bb", &bytes("old"));
        rows.open_ranges();
        for ticket in [before, meanwhile] {
            rows.keep(ticket, b"bb", &bytes("old"));
            assert_eq!(kept(&rows, b"bb"), None);
        }
        rows.keep(ticket(&rows, b"bb"), b"bb", &bytes("new"));
        assert_eq!(kept(&rows, b"bb"), Some(bytes("new")));
    }

    #[test]
    fn row_that_shares_its_slot_with_a_written_one_stays() {
        let rows = HotRows::default();
        rows.keep(ticket(&rows, b"mine"), b"mine", &bytes("1"));
        let others: Vec<_> = (0..20 * SLOTS).map(usize::to_be_bytes).collect();
        let others = || others.iter().map(<[u8; 8]>::as_slice);
        rows.close(others());
        rows.open(others());
        assert_eq!(kept(&rows, b"mine"), Some(bytes("1")));
    }

    #[test]
    fn memory_is_bounded_by_slots_and_length() {
        let rows = HotRows::default();
        for n in 0..10 * SLOTS {
            let row = n.to_be_bytes();
            rows.keep(ticket(&rows, &row), &row, &bytes("value"));
        }
        let kept_rows = |rows: &HotRows| {
            rows.slots
                .iter()
                .filter(|slot| lock(slot).kept.is_some())
                .count()
        };
        assert!(kept_rows(&rows) <= SLOTS);
        let rows = HotRows::default();
        let long = Bytes::from(vec![0; VALUE_LEN_MAX + 1]);
        rows.keep(ticket(&rows, b"long"), b"long", &long);
        assert_eq!(kept_rows(&rows), 0);
    }
}
