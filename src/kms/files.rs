//! Small files on disk: read whole, replaced whole.
//!
//! Owns: the order temp file, fsync, rename, fsync of the folder; after it either the old file is
//! there or the new one.
//! Not here: what is in them (`keyring`, `passphrase`, `root_key`). All calls block: they run on
//! the blocking pool.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use zeroize::Zeroizing;

/// Only the owner reads and writes.
const MODE: u32 = 0o600;

/// Replaces `path` by a file with `bytes`.
///
/// # Durability
/// The new file is durable when this returns `Ok`. After an error either file may be there.
pub(in crate::kms) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("new");
    match fs::remove_file(&temporary) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(source),
        _ => {}
    }
    write_new(&temporary, bytes)?;
    fs::rename(&temporary, path)?;
    sync_folder(path)
}

/// Creates `path` with `bytes` in it; fails when it exists.
///
/// # Durability
/// The contents are durable when this returns `Ok`, the name after [`sync_folder`].
pub(in crate::kms) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(MODE)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the name of `path` durable.
pub(in crate::kms) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

/// The folder that holds `path`.
pub(in crate::kms) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The bytes of a file; `None` when there is none.
pub(in crate::kms) fn read_if_present(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(source),
    }
}

/// The bytes of an open file; `None` when it has more than `N - 1`. The buffer never grows, so no
/// copy stays behind.
pub(in crate::kms) fn read_secret<const N: usize>(
    file: &mut File,
) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut buffer = Zeroizing::new([0_u8; N]);
    let mut rest = buffer.as_mut_slice();
    let mut len = 0_usize;
    loop {
        let read = match file.read(rest) {
            Err(source) if source.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        if read == 0 {
            break;
        }
        len = len.saturating_add(read);
        rest = rest.get_mut(read..).unwrap_or_default();
    }
    Ok(buffer
        .get(..len)
        .filter(|_| len < N)
        .map(|bytes| Zeroizing::new(bytes.to_vec())))
}
