//! How far the log was acknowledged: what tells a log that lost commits from one that merely ends
//! in a write which nobody was promised.
//!
//! Owns: the file `ACKNOWLEDGED` beside RocksDB's own: a sequence number (u64, little endian) and
//! its CRC-32C (u32). Not here: what follows from it (`rocks::opening`).
//!
//! A power cut in the middle of a write leaves pages of it on disk in any order. To RocksDB that is
//! damage in the middle of the log, as flipped bits are: `TolerateCorruptedTailRecords` refuses
//! both and `PointInTime` accepts both. The number says which it is. It is written after the sync
//! of each group, so it is never ahead of the disk, without a sync of its own: exact after a kill,
//! at most as old as the kernel's write-back (half a minute) after a power cut.

use crate::base::digest::{DigestAlgorithm, digest};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

const FILE_NAME: &str = "ACKNOWLEDGED";
const FILE_LEN: usize = 12;

/// The file, open for writing.
#[derive(Debug)]
pub(in crate::storage) struct Acknowledged {
    file: File,
}

impl Acknowledged {
    /// Opens the file, or makes and syncs one that says 0.
    pub(in crate::storage) fn open(folder: &Path) -> std::io::Result<Self> {
        let path = folder.join(FILE_NAME);
        let is_new = !path.exists();
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)?;
        let acknowledged = Self { file };
        if is_new {
            acknowledged.store(0)?;
            acknowledged.sync()?;
            File::open(folder)?.sync_all()?;
        }
        Ok(acknowledged)
    }

    /// Remembers that the log is synced up to `sequence`.
    pub(in crate::storage) fn store(&self, sequence: u64) -> std::io::Result<()> {
        let sequence = sequence.to_le_bytes();
        let checksum = digest(DigestAlgorithm::Crc32c, &sequence);
        // One write within one sector: whole or not at all.
        self.file
            .write_all_at(&[sequence.as_slice(), checksum.as_ref()].concat(), 0)
    }

    pub(in crate::storage) fn sync(&self) -> std::io::Result<()> {
        self.file.sync_data()
    }
}

/// What the file says; `None` when there is none, or none that can be trusted.
pub(in crate::storage) fn load(folder: &Path) -> Option<u64> {
    let bytes: [u8; FILE_LEN] = std::fs::read(folder.join(FILE_NAME))
        .ok()?
        .try_into()
        .ok()?;
    let (sequence, checksum) = bytes.split_first_chunk::<8>()?;
    let is_intact = digest(DigestAlgorithm::Crc32c, sequence) == *checksum;
    is_intact.then(|| u64::from_le_bytes(*sequence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acknowledged_sequence_is_loaded_as_stored_and_not_when_damaged() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(folder.path()), None);
        let acknowledged = Acknowledged::open(folder.path()).unwrap();
        assert_eq!(load(folder.path()), Some(0));
        acknowledged.store(0x0102_0304_0506).unwrap();
        drop(Acknowledged::open(folder.path()).unwrap());
        assert_eq!(load(folder.path()), Some(0x0102_0304_0506));
        let path = folder.path().join(FILE_NAME);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[3] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(load(folder.path()), None);
    }
}
