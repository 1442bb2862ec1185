//! Tuning of RocksDB, with the reason for each value. Figures are from the machine the product is
//! built on; see `docs/PERFORMANCE.md`.
//!
//! Owns: `RocksOptions` with its defaults, the options of the database, families, tables and
//! writes.
//! Not here: where an operator sets them (`config::schema`).

use crate::storage::rocks::retired_logs;
use rocksdb::{
    BlockBasedIndexType, BlockBasedOptions, Cache, ColumnFamilyDescriptor, DBCompressionType,
    DBRecoveryMode, Env, Options, WriteBufferManager, WriteOptions,
};
use std::path::PathBuf;

/// Column family of metadata rows.
pub(in crate::storage) const META: &str = "meta";
/// Column family of pieces.
pub(in crate::storage) const DATA: &str = "data";

/// From here on a piece lies in a blob file. Below, the pointer and the second read cost more than
/// moving the value along in compactions.
pub(in crate::storage) const MIN_BLOB_LEN: u64 = 8 * 1024;

/// What an operator may set.
#[derive(Clone, Debug)]
pub struct RocksOptions {
    /// Folder of the database.
    pub path: PathBuf,
    /// All memtables together, in bytes; writers wait when it is reached. With `block_cache_bytes`
    /// this is nearly all the memory that the engine takes.
    pub memtable_bytes: usize,
    /// Cache of blocks with rows, indexes and filters, in bytes.
    pub block_cache_bytes: usize,
    /// Files kept open.
    pub max_open_files: i32,
    /// Free bytes of the file system below which data is refused; rows alone, which deleting needs,
    /// are refused below a quarter of it.
    pub min_free_bytes: u64,
    /// Bytes that giving space back may rewrite in a second; 0 for as many as the disk takes.
    pub reclaim_bytes_per_s: u64,
}

impl Default for RocksOptions {
    /// The defaults of the configuration, in folder `store` of the working directory.
    fn default() -> Self {
        Self {
            path: PathBuf::from("store"),
            memtable_bytes: 160 << 20,
            block_cache_bytes: 64 << 20,
            max_open_files: 4000,
            min_free_bytes: 1 << 30,
            reclaim_bytes_per_s: 6 << 20,
        }
    }
}

/// Options of the whole database.
pub(in crate::storage) fn database(options: &RocksOptions, recovery: DBRecoveryMode) -> Options {
    let mut db = Options::default();
    db.create_if_missing(true);
    db.create_missing_column_families(true);
    // By itself no mode will do. The default (PointInTime) silently drops acknowledged writes
    // behind damage in mid-log; TolerateCorruptedTailRecords refuses to open after a power cut that
    // tore an unacknowledged write (one of 120 cuts, measured); AbsoluteConsistency refuses to open
    // after a plain SIGKILL. `rocks::opening` chooses.
    db.set_wal_recovery_mode(recovery);
    db.set_track_and_verify_wals_in_manifest(true);
    // A recycled log could replay an old record as new.
    db.set_recycle_log_file_num(0);
    db.set_manual_wal_flush(false);
    db.set_unordered_write(false);
    db.set_paranoid_checks(true);
    // So that RocksDB does not unlink retired logs itself.
    db.set_wal_ttl_seconds(retired_logs::TIME_TO_LIVE_S);
    // Write-back of tables starts early, so that no commit's sync waits behind a whole one.
    db.set_wal_bytes_per_sync(1 << 20);
    db.set_bytes_per_sync(1 << 20);
    // Bounds replay after a crash, and so the time to open: 256 MiB replay in under a second.
    db.set_max_total_wal_size(256 << 20);
    db.set_write_buffer_manager(&WriteBufferManager::new_write_buffer_manager(
        options.memtable_bytes,
        true,
    ));
    db.set_max_open_files(options.max_open_files);
    // Two cores: one for a flush, one for a compaction, and one more so that a long compaction
    // holds up no flush.
    db.set_max_background_jobs(3);
    // Requests come before compactions, which can take their time. Flushes keep
    // their priority: writers wait for them.
    match Env::new() {
        Ok(mut env) => {
            env.lower_thread_pool_cpu_priority();
            env.lower_thread_pool_io_priority();
            db.set_env(&env);
        }
        Err(error) => tracing::warn!(%error, "compactions run at the priority of requests"),
    }
    // Random-access advice switches the kernel's read-ahead off: cold streams at 1.0 instead of 2.4
    // GB/s.
    db.set_advise_random_on_open(false);
    db.set_keep_log_file_num(4);
    db.set_max_log_file_size(16 << 20);
    db.enable_statistics();
    db.set_stats_dump_period_sec(0);
    db
}

/// Descriptors of all column families.
pub(in crate::storage) fn families(options: &RocksOptions) -> Vec<ColumnFamilyDescriptor> {
    let cache = Cache::new_lru_cache(options.block_cache_bytes);
    let mut meta = Options::default();
    filter_memtables(&mut meta);
    meta.set_write_buffer_size(options.memtable_bytes / 4);
    meta.set_max_write_buffer_number(3);
    meta.set_compression_type(DBCompressionType::None);
    meta.set_level_compaction_dynamic_level_bytes(true);
    // Ten times this can lie in the last level with only one more between it and the freshest
    // tables. Filters spare a read of one row the other levels, but a common prefix is a
    // search in each of them.
    meta.set_max_bytes_for_level_base(512 << 20);
    meta.set_block_based_table_factory(&table(&cache));
    let mut data = Options::default();
    filter_memtables(&mut data);
    data.set_write_buffer_size(options.memtable_bytes / 3);
    data.set_max_write_buffer_number(3);
    data.set_compression_type(DBCompressionType::None);
    data.set_level_compaction_dynamic_level_bytes(true);
    data.set_enable_blob_files(true);
    data.set_min_blob_size(MIN_BLOB_LEN);
    data.set_blob_file_size(256 << 20);
    data.set_blob_compression_type(DBCompressionType::None);
    // So that a piece is written twice (log, blob file) and no more; `reclaim` moves what is left
    // beside what was deleted, at its own pace.
    data.set_enable_blob_gc(false);
    data.set_block_based_table_factory(&table(&cache));
    vec![
        ColumnFamilyDescriptor::new(META, meta),
        ColumnFamilyDescriptor::new(DATA, data),
    ]
}

/// What is read is seldom among the latest writes: a filter of whole names, in a fiftieth of the
/// memtable's size, spares most reads the walk through it.
fn filter_memtables(family: &mut Options) {
    family.set_memtable_whole_key_filtering(true);
    family.set_memtable_prefix_bloom_ratio(0.02);
}

fn table(cache: &Cache) -> BlockBasedOptions {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    // Indexes and filters count against the cache's budget, so that memory does not grow with the
    // number of objects.
    table.set_cache_index_and_filter_blocks(true);
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    table.set_index_type(BlockBasedIndexType::TwoLevelIndexSearch);
    table.set_partition_filters(true);
    table.set_bloom_filter(10.0, false);
    table.set_block_size(16 * 1024);
    // A look into a block goes through so many rows at most, one by one, each in a line of the
    // processor's cache of its own. 16 by default; fewer cost some bytes of names.
    table.set_block_restart_interval(4);
    table.set_format_version(6);
    table
}

/// For acknowledged commits.
pub(in crate::storage) fn synced() -> WriteOptions {
    let mut write = WriteOptions::default();
    write.set_sync(true);
    write
}

/// For deletions of pieces, which the next synced write makes durable: it syncs all of the log
/// ahead of it (RocksDB 11.8.1, `DBImpl::WriteGroupToWAL` in `db/db_impl/db_impl_write.cc`: with
/// `need_wal_sync` it goes through all of `logs_`, and a log leaves `logs_` only when it is synced
/// or when all it holds is in tables).
pub(in crate::storage) fn unsynced() -> WriteOptions {
    WriteOptions::default()
}

/// For pieces written anew: their old place is there until these are flushed.
pub(in crate::storage) fn unlogged() -> WriteOptions {
    let mut write = WriteOptions::default();
    write.disable_wal(true);
    write
}
