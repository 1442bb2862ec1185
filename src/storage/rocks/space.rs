//! Free space of the file system, asked for at most once a second.
//!
//! Owns: the decision whether there is room for a write (`EngineError::Full`).
//! Not here: quotas of tenants, which are counters like any other (`catalog::usage`).

use crate::base::clock::Clock;
use crate::storage::error::EngineError;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How often free space is asked for: a system call of a microsecond, and at 2 GB/s a second writes
/// less than the smallest sensible reserve.
const INTERVAL_MILLIS: u64 = 1000;
/// Part of the reserve that only rows may use. An object is deleted by writing rows, so a store
/// that refused these together with data could never be emptied.
const ROW_RESERVE_DIVISOR: u64 = 4;

/// What a write is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::storage) enum Payload {
    /// Pieces, or a commit that attaches a blob.
    Data,
    /// Rows alone.
    Rows,
}

/// Remembers how much space was free.
#[derive(Debug)]
pub(in crate::storage) struct FreeSpace {
    path: PathBuf,
    min_free_bytes: u64,
    clock: Arc<dyn Clock>,
    /// Monotonic milliseconds plus one; 0 before the first time.
    asked_millis: AtomicU64,
    free_bytes: AtomicU64,
    is_low: AtomicBool,
}

impl FreeSpace {
    pub(in crate::storage) fn new(
        path: PathBuf,
        min_free_bytes: u64,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            path,
            min_free_bytes,
            clock,
            asked_millis: AtomicU64::new(0),
            free_bytes: AtomicU64::new(u64::MAX),
            is_low: AtomicBool::new(false),
        }
    }

    /// Refuses a write that there is no room for. Threads that race here ask twice, no worse.
    pub(in crate::storage) fn admit(&self, payload: Payload) -> Result<(), EngineError> {
        let now = u64::try_from(self.clock.monotonic().as_millis()).unwrap_or(u64::MAX);
        let now = now.saturating_add(1);
        let asked = self.asked_millis.load(Ordering::Relaxed);
        if asked == 0 || now.saturating_sub(asked) >= INTERVAL_MILLIS {
            self.asked_millis.store(now, Ordering::Relaxed);
            self.ask();
        }
        let floor = match payload {
            Payload::Data => self.min_free_bytes,
            Payload::Rows => self.min_free_bytes / ROW_RESERVE_DIVISOR,
        };
        let is_full = self.free_bytes.load(Ordering::Relaxed) < floor;
        if is_full {
            Err(EngineError::Full)
        } else {
            Ok(())
        }
    }

    fn ask(&self) {
        // A file system that does not say how full it is refuses writes by itself.
        let free_bytes = self.free_bytes().unwrap_or(u64::MAX);
        self.free_bytes.store(free_bytes, Ordering::Relaxed);
        let is_low = free_bytes < self.min_free_bytes;
        if is_low != self.is_low.swap(is_low, Ordering::Relaxed) {
            tracing::warn!(
                is_low,
                free_bytes,
                min_free_bytes = self.min_free_bytes,
                "free space of the data folder crossed storage.min_free_mib"
            );
        }
    }

    /// Bytes that may still be written before data is refused; asked now.
    pub(in crate::storage) fn room_bytes(&self) -> u64 {
        let free_bytes = self.free_bytes().unwrap_or(u64::MAX);
        free_bytes.saturating_sub(self.min_free_bytes)
    }

    /// Asks now; `None` when the file system does not say.
    pub(in crate::storage) fn free_bytes(&self) -> Option<u64> {
        let stat = rustix::fs::statvfs(&self.path).ok()?;
        stat.f_bavail.checked_mul(stat.f_frsize)
    }
}
