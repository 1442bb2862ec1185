//! Opening the database: the folder, the lock, and what a log that does not read to its end means.
//!
//! Owns: `OpenEngineError`'s causes; the choice between a damaged log and a torn one (E3).
//! Not here: tuning (`options`), the number that decides (`acknowledged`).

use crate::storage::error::{OpenEngineError, StoreError};
use crate::storage::rocks::options::{self, RocksOptions};
use crate::storage::rocks::{acknowledged, leftovers};
use rocksdb::{DB, DBRecoveryMode, ErrorKind, Options};
use std::fs::File;
use std::path::Path;

/// The database with the options it was opened with.
pub(in crate::storage) fn open(options: &RocksOptions) -> Result<(DB, Options), OpenEngineError> {
    let path = options.path.as_path();
    create_folder(path).map_err(|source| OpenEngineError::Folder {
        path: path.to_owned(),
        source,
    })?;
    let acknowledged = acknowledged::load(path);
    let cut_off = leftovers::find(path).map_err(|source| OpenEngineError::Folder {
        path: path.to_owned(),
        source,
    })?;
    let lacks_commits = |db: &DB| db.latest_sequence_number() < acknowledged.unwrap_or(0);
    // Silently leaves out only what is cut off at the end of a log; refuses all other damage.
    let strict = options::database(options, DBRecoveryMode::TolerateCorruptedTailRecords);
    let (db, database) = match DB::open_cf_descriptors(&strict, path, options::families(options)) {
        Ok(db) => (db, strict),
        Err(source) if source.kind() == ErrorKind::Corruption && acknowledged.is_some() => {
            // Replays the log up to the damage, and changes nothing on disk.
            let forgiving = options::database(options, DBRecoveryMode::PointInTime);
            let families = options::families(options);
            let look = DB::open_cf_descriptors_read_only(&forgiving, path, families, false)
                .map_err(|_second| open_error(path, source))?;
            if lacks_commits(&look) {
                return Err(OpenEngineError::LogDamaged {
                    path: path.to_owned(),
                });
            }
            drop(look);
            tracing::warn!("log ends in a torn write that was never acknowledged; it is cut off");
            let db = DB::open_cf_descriptors(&forgiving, path, options::families(options));
            (db.map_err(|source| open_error(path, source))?, forgiving)
        }
        Err(source) => return Err(open_error(path, source)),
    };
    if lacks_commits(&db) {
        return Err(OpenEngineError::LogDamaged {
            path: path.to_owned(),
        });
    }
    match leftovers::remove(&db, path, &cut_off) {
        Ok(0) => {}
        Ok(bytes) => tracing::info!(bytes, "blob files that a crash cut off are removed"),
        Err(error) => {
            tracing::warn!(error = %error, "blob files that a crash cut off stay; they only take space");
        }
    }
    Ok((db, database))
}

/// Makes the folder and those above it, and syncs the entry of each: RocksDB syncs its own files
/// and folder, which are lost with power when the entry of the folder is (E3).
fn create_folder(path: &Path) -> std::io::Result<()> {
    let missing: Vec<&Path> = path
        .ancestors()
        .take_while(|folder| !folder.exists())
        .collect();
    std::fs::create_dir_all(path)?;
    for parent in missing.into_iter().filter_map(Path::parent) {
        let parent = if parent.as_os_str().is_empty() {
            Path::new(".")
        } else {
            parent
        };
        File::open(parent)?.sync_all()?;
    }
    Ok(())
}

fn open_error(path: &Path, source: rocksdb::Error) -> OpenEngineError {
    let kind = source.kind();
    let message = source.into_string();
    let path = path.to_owned();
    // The words of `PosixFileSystem::LockFile` (env/fs_posix.cc): another process, or this one.
    let is_locked =
        message.contains("While lock file") || message.contains("lock hold by current process");
    if kind == ErrorKind::IOError && is_locked {
        OpenEngineError::Locked { path }
    } else {
        OpenEngineError::Refused {
            path,
            source: StoreError::new(&message),
        }
    }
}
