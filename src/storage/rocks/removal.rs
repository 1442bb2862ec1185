//! Removing long files without holding up commits.
//!
//! Owns: [`remove`], which shortens a file step by step before it unlinks it. Not here: which files
//! go (`files`, `retired_logs`).
//!
//! The file system gives back the space of an unlinked file within one transaction of its journal,
//! and the sync of a commit that comes meanwhile waits for its end: 15 ms for 64 MiB on ext4 with
//! `discard`, by steps of 2 MiB 1 ms (99th percentile of an `fdatasync` beside it; 0.7 ms when
//! nothing is removed). RocksDB unlinks its tables and blob files by itself.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

/// Bytes that go at once.
const STEP_LEN: u64 = 2 << 20;
/// So many times what a step took, the next one is put off: commits have the disk meanwhile.
const REST: u32 = 2;

/// Removes a file. Blocks, for a long one: it takes a second or two for 1 GB. When
/// `is_told_to_stop` says so, the rest goes at once.
///
/// # Errors
/// As the file system says; the file may be shorter then.
pub(in crate::storage) fn remove(
    path: &Path,
    is_told_to_stop: impl Fn() -> bool,
) -> std::io::Result<()> {
    // Some file systems need space to shorten a file, and a full one must still delete.
    if let Err(error) = shorten(path, is_told_to_stop) {
        tracing::debug!(path = %path.display(), %error, "removed at once");
    }
    std::fs::remove_file(path)
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long the file system takes, not what time it is; on a thread that may block"
)]
fn shorten(path: &Path, is_told_to_stop: impl Fn() -> bool) -> std::io::Result<()> {
    let mut len = std::fs::symlink_metadata(path)?.len();
    if len <= STEP_LEN {
        return Ok(());
    }
    let file = File::options().write(true).open(path)?;
    while len > STEP_LEN && !is_told_to_stop() {
        let begun = std::time::Instant::now();
        // Down to a whole number of steps: the end of a file within a block would be written anew.
        len = len.saturating_sub(1) / STEP_LEN * STEP_LEN;
        file.set_len(len)?;
        let taken = begun.elapsed();
        if taken > Duration::from_micros(100) {
            std::thread::sleep(taken.saturating_mul(REST));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;
    use std::os::unix::fs::FileExt;

    #[test]
    fn files_of_all_lengths_are_removed_and_none_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for is_told_to_stop in [false, true] {
            for len in [0, 1, STEP_LEN, STEP_LEN + 1, 3 * STEP_LEN, 3 * STEP_LEN + 7] {
                File::create(&path).unwrap().set_len(len).unwrap();
                remove(&path, || is_told_to_stop).unwrap();
                assert!(!path.exists());
            }
        }
        let error = remove(&path, || false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }

    #[test]
    fn file_is_shortened_by_whole_steps_to_one_before_it_is_unlinked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let file = File::create(&path).unwrap();
        file.write_all_at(b"end", 5 * STEP_LEN).unwrap();
        let mut lens = Vec::new();
        let lens_seen = std::cell::RefCell::new(&mut lens);
        let look = || {
            lens_seen.borrow_mut().push(file.metadata().unwrap().len());
            false
        };
        shorten(&path, look).unwrap();
        assert_eq!(lens[1..], [5, 4, 3, 2].map(|steps| steps * STEP_LEN));
        assert_eq!(file.metadata().unwrap().len(), STEP_LEN);
    }
}
