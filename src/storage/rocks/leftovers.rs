//! Blob files that a crash cut off in the middle of a flush.
//!
//! Owns: finding them before the database opens, and removing those that it does not know. RocksDB
//! 11.8.1 keeps every blob file without a footer for ever (`ShouldKeepFooterlessBlobFile` in
//! `db/db_impl/db_impl_files.cc`, for a way of writing that we do not use), so each kill during a
//! flush would leave up to a memtable's worth of space behind.
//! Not here: blobs that no object owns (`jobs::sweep`).
//!
//! A blob file is written, ended by its footer, synced, and only then named in the manifest. What
//! has no footer before the database opens, and is not among the live files afterwards, was never
//! named and never will be: its numbers are not used again. The list of live files is that of a
//! checkpoint, which RocksDB makes of hard links.

use rocksdb::DB;
use rocksdb::checkpoint::Checkpoint;
use std::fs::File;
use std::io::{Error, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Length of the footer (`BlobLogFooter::kSize`, `db/blob/blob_log_format.h`).
const FOOTER_LEN: i64 = 32;
/// First four bytes of the footer, little endian (`kMagicNumber`).
const MAGIC: u32 = 2_395_959;

/// The blob files of a database that is not open, and that have no footer.
///
/// # Errors
/// When the folder cannot be read.
pub(in crate::storage) fn find(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_blob_file = path
            .extension()
            .is_some_and(|extension| extension == "blob");
        if is_blob_file && !has_footer(&path)? {
            found.push(path);
        }
    }
    Ok(found)
}

fn has_footer(path: &Path) -> std::io::Result<bool> {
    let mut file = File::open(path)?;
    if file.metadata()?.len() < FOOTER_LEN.unsigned_abs() {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-FOOTER_LEN))?;
    let mut magic = [0; 4];
    file.read_exact(&mut magic)?;
    Ok(u32::from_le_bytes(magic) == MAGIC)
}

/// Removes those of `found` that the open database does not know; returns their bytes.
///
/// # Errors
/// When the list of live files cannot be had, or a file cannot be removed; nothing else is removed
/// then.
pub(in crate::storage) fn remove(
    db: &DB,
    folder: &Path,
    found: &[PathBuf],
) -> std::io::Result<u64> {
    if found.is_empty() {
        return Ok(0);
    }
    let live = folder.with_extension("live");
    if live.exists() {
        std::fs::remove_dir_all(&live)?;
    }
    let listed = Checkpoint::new(db).and_then(|checkpoint| checkpoint.create_checkpoint(&live));
    listed.map_err(Error::other)?;
    let mut removed = 0;
    for path in found {
        let is_live = path.file_name().is_none_or(|name| live.join(name).exists());
        if !is_live {
            removed += path.metadata()?.len();
            std::fs::remove_file(path)?;
        }
    }
    std::fs::remove_dir_all(&live)?;
    Ok(removed)
}
