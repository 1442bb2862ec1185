//! Figures of the embedded engine for metrics.
//!
//! Owns: the names and where each figure comes from (`docs/METRICS.md`, `riznica_engine`).
//! Not here: the metrics' wire format (`telemetry::metrics`).

use crate::storage::rocks::options::{DATA, META};
use crate::storage::rocks::{Shared, retired_logs};
use rocksdb::statistics::Ticker;

/// Family, property and our name.
const PROPERTIES: [(&str, &str, &str); 10] = [
    (META, "rocksdb.estimate-num-keys", "meta_rows"),
    (META, "rocksdb.total-sst-files-size", "meta_bytes"),
    (
        META,
        "rocksdb.cur-size-all-mem-tables",
        "meta_memtable_bytes",
    ),
    (DATA, "rocksdb.estimate-num-keys", "pieces"),
    (DATA, "rocksdb.total-sst-files-size", "piece_table_bytes"),
    (DATA, "rocksdb.total-blob-file-size", "piece_blob_bytes"),
    (
        DATA,
        "rocksdb.live-blob-file-garbage-size",
        "piece_garbage_bytes",
    ),
    (
        DATA,
        "rocksdb.cur-size-all-mem-tables",
        "piece_memtable_bytes",
    ),
    (META, "rocksdb.block-cache-usage", "block_cache_bytes"),
    (META, "rocksdb.background-errors", "background_errors"),
];

/// Counters since the start and our names.
const TICKERS: [(Ticker, &str); 4] = [
    (Ticker::WalFileSynced, "log_syncs"),
    (Ticker::BlockCacheHit, "block_cache_hits"),
    (Ticker::BlockCacheMiss, "block_cache_misses"),
    (Ticker::StallMicros, "stall_micros"),
];

impl Shared {
    /// Name and value of each figure that the engine gives.
    pub(in crate::storage) fn figures(&self) -> Vec<(&'static str, u64)> {
        let properties = PROPERTIES.iter().filter_map(|(family, property, name)| {
            let family = self.family(family).ok()?;
            let value = self
                .db
                .property_int_value_cf(family, *property)
                .ok()
                .flatten()?;
            Some((*name, value))
        });
        let tickers = TICKERS
            .iter()
            .map(|(ticker, name)| (*name, self.database.get_ticker_count(*ticker)));
        let free = self
            .space
            .free_bytes()
            .map(|free_bytes| ("free_bytes", free_bytes));
        let blob_syncs = ("blob_syncs", self.files.synced());
        let retired = retired_logs::bytes(self.db.path());
        let retired = retired.map(|bytes| ("retired_log_bytes", bytes));
        let all = properties.chain(tickers).chain(free).chain(retired);
        all.chain(std::iter::once(blob_syncs)).collect()
    }
}
