//! Logs that RocksDB is done with.
//!
//! Owns: the thread that removes them. RocksDB would unlink each, up to 256 MiB, as soon as all
//! that it holds is in tables, at a time when many write, and every commit would wait for that:
//! four of 56 MiB in a row made PUTs wait for 15 to 25 ms each (`removal`). With a time to live it
//! moves them into a folder of its own instead (`ArchiveWALFile` in `db/wal_manager.cc`), which it
//! only looks at to remove what is older than that.
//! Not here: logs that are needed (RocksDB).

use crate::storage::rocks::removal;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a retired log may stay if this thread does not remove it, in seconds from its last
/// write: a week. RocksDB unlinks those at once that are older when they retire.
pub(in crate::storage) const TIME_TO_LIVE_S: u64 = 7 * 24 * 3600;
/// RocksDB's name for the folder (`ArchivalDirectory` in `file/filename.cc`).
const FOLDER: &str = "archive";
/// How often is looked: what their space may be late by.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The thread. Dropped: it ends, after the file that it is at, and is waited for.
#[derive(Debug)]
pub(in crate::storage) struct RetiredLogs {
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl RetiredLogs {
    /// Begins to remove what is retired of the store in this folder.
    ///
    /// # Errors
    /// When there can be no thread.
    pub(in crate::storage) fn remove_from(store: &Path) -> std::io::Result<Self> {
        let folder = store.join(FOLDER);
        let (stop, stopped) = sync_channel(0);
        // A thread of its own, not one of the pool: it lives as long as the engine. It ends in
        // `Drop`.
        let builder = std::thread::Builder::new().name("retired-logs".to_owned());
        let thread = builder.spawn(move || run(&folder, &stopped))?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for RetiredLogs {
    fn drop(&mut self) {
        drop(self.stop.take());
        if self
            .thread
            .take()
            .is_some_and(|thread| thread.join().is_err())
        {
            tracing::error!("thread that removes retired logs panicked");
        }
    }
}

fn run(folder: &Path, stopped: &Receiver<()>) {
    let mut has_failed = false;
    let is_stopped = || stopped.try_recv() == Err(TryRecvError::Disconnected);
    while stopped.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
        match remove_all(folder, is_stopped) {
            Ok(()) => has_failed = false,
            // Once for each time that it begins to fail.
            Err(error) if !has_failed => {
                has_failed = true;
                tracing::warn!(
                    path = %folder.display(), %error,
                    "logs that are not needed any more cannot be removed and only take space; \
                     see that the server may write in this folder, or remove its .log files"
                );
            }
            Err(_again) => {}
        }
    }
}

/// Removes all that are there, until it is stopped. The error is the first of them; the others are
/// removed anyway.
fn remove_all(folder: &Path, is_stopped: impl Fn() -> bool + Copy) -> std::io::Result<()> {
    let mut outcome = Ok(());
    for log in logs(folder)? {
        if is_stopped() {
            break;
        }
        match removal::remove(&log, is_stopped) {
            // RocksDB was faster.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            removed => outcome = outcome.and(removed),
        }
    }
    outcome
}

/// What retired logs of the store in this folder take, in bytes; `None` when that cannot be told.
pub(in crate::storage) fn bytes(store: &Path) -> Option<u64> {
    let logs = logs(&store.join(FOLDER)).ok()?;
    // One that has gone meanwhile takes nothing.
    let lens = logs.iter().filter_map(|log| log.metadata().ok());
    Some(lens.map(|log| log.len()).sum())
}

fn logs(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "log") {
            found.push(path);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_removed_and_nothing_else() {
        let store = tempfile::tempdir().unwrap();
        let folder = store.path().join(FOLDER);
        remove_all(&folder, || false).unwrap();
        std::fs::create_dir(&folder).unwrap();
        let [log, long, other] =
            ["000007.log", "000008.log", "notes"].map(|name| folder.join(name));
        std::fs::write(&log, "records").unwrap();
        std::fs::File::create(&long)
            .and_then(|file| file.set_len(9 << 20))
            .unwrap();
        std::fs::write(&other, "mine").unwrap();
        assert_eq!(bytes(store.path()), Some((9 << 20) + 7));
        let thread = RetiredLogs::remove_from(store.path()).unwrap();
        while log.exists() || long.exists() {
            std::thread::yield_now();
        }
        drop(thread);
        assert!(other.exists());
        assert_eq!(bytes(store.path()), Some(0));
    }

    #[test]
    fn one_that_cannot_be_removed_keeps_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let [bad, good] = ["000001.log", "000002.log"].map(|name| folder.path().join(name));
        std::fs::create_dir(&bad).unwrap();
        std::fs::write(&good, "records").unwrap();
        remove_all(folder.path(), || false).unwrap_err();
        assert!(!good.exists());
    }
}
