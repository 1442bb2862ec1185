//! The keyring file. Input: kind u8 | contents; with an odd kind, the whole file.
//!
//! The target seals the contents by itself, by `docs/FORMAT.md` and with ring: a second writer and
//! reader of the format.

use super::support::{Counter, split_byte};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use riznica::base::task::BlockingPool;
use riznica::crypto::KeyProvider as _;
use riznica::kms::{KEYRING_FILE_NAME, LocalKeyConfig, LocalKeyService, RootKeySource};
use riznica::model::id::TenantId;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

const ROOT_KEY: [u8; 32] = [0x72; 32];
/// Magic, format, algorithm, salt, commitment.
const HEAD_LEN: usize = 4 + 1 + 1 + 32 + 32;
const NEWCOMER: TenantId = TenantId::from_bytes([0xee; 16]);

thread_local! {
    static FIXTURE: Fixture = Fixture::new();
}

pub fn run(data: &[u8]) {
    let (kind, data) = split_byte(data);
    FIXTURE.with(|fixture| {
        if kind & 1 == 1 {
            let is_ours = read(data).is_some();
            assert_eq!(fixture.open(data).is_some(), is_ours, "nobody sealed this");
        } else {
            fixture.assert_contents(data);
        }
    });
}

struct Fixture {
    runtime: Runtime,
    folder: TempDir,
    root_key: PathBuf,
}

impl Fixture {
    fn new() -> Self {
        // In memory where there is such a folder: every run writes and syncs files.
        let shared_memory = Path::new("/dev/shm");
        let folder = if shared_memory.is_dir() {
            TempDir::new_in(shared_memory)
        } else {
            TempDir::new()
        };
        let folder = folder.expect("a folder for the files");
        fs::create_dir(folder.path().join("data")).expect("a folder for the keyring");
        let root_key = folder.path().join("root-key");
        fs::write(&root_key, ROOT_KEY).expect("a root key file");
        fs::set_permissions(&root_key, fs::Permissions::from_mode(0o600)).expect("its mode");
        Self {
            runtime: Builder::new_current_thread().build().expect("a runtime"),
            folder,
            root_key,
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("data").join(KEYRING_FILE_NAME)
    }

    fn open(&self, file: &[u8]) -> Option<LocalKeyService> {
        fs::write(self.path(), file).expect("a keyring file");
        let config = LocalKeyConfig {
            root_key: RootKeySource::File(self.root_key.clone()),
            data_folder: self.folder.path().join("data"),
        };
        let pool = BlockingPool::new(self.runtime.handle().clone(), 1);
        let opened = LocalKeyService::open(config, Arc::new(Counter::default()), pool);
        self.runtime.block_on(opened).ok()
    }

    /// A service opens exactly the contents that we can read, and what it then writes has every
    /// key of before, and one more.
    fn assert_contents(&self, contents: &[u8]) {
        let old = decode(contents);
        let opened = self.open(&seal(contents));
        assert_eq!(opened.is_some(), old.is_some());
        let (Some(service), Some(old)) = (opened, old) else {
            return;
        };
        let created = self.runtime.block_on(service.create_tenant_key(NEWCOMER));
        created.expect("a keyring can grow");
        let file = fs::read(self.path()).expect("the keyring file");
        let mut new = read(&file).expect("it was written by the service");
        if !old.contains_key(NEWCOMER.as_bytes()) {
            let added = new.remove(NEWCOMER.as_bytes()).expect("the newcomer's key");
            assert_eq!(added.len(), 1);
        }
        assert_eq!(new, old);
    }
}

/// Keys by tenant and generation.
type Contents = BTreeMap<[u8; 16], BTreeMap<u32, [u8; 32]>>;

fn decode(contents: &[u8]) -> Option<Contents> {
    let mut rest = contents;
    let mut tenants = Contents::new();
    for _ in 0..number(&mut rest)? {
        let tenant = *take::<16>(&mut rest)?;
        let mut generations = BTreeMap::new();
        for _ in 0..number(&mut rest)? {
            let generation = number(&mut rest)?;
            if generations
                .insert(generation, *take::<32>(&mut rest)?)
                .is_some()
            {
                return None;
            }
        }
        if generations.is_empty() || tenants.insert(tenant, generations).is_some() {
            return None;
        }
    }
    rest.is_empty().then_some(tenants)
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(head)
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    take::<4>(rest).map(|bytes| u32::from_le_bytes(*bytes))
}

struct OutputLen(usize);

impl KeyType for OutputLen {
    fn len(&self) -> usize {
        self.0
    }
}

/// The file's key, its nonce and its commitment.
fn derive(salt: &[u8; 32]) -> (LessSafeKey, [u8; 12], [u8; 32]) {
    let mut output = [0; 32 + 12 + 32];
    Salt::new(HKDF_SHA256, salt)
        .extract(&ROOT_KEY)
        .expand(&[b"rz1/keyring"], OutputLen(output.len()))
        .and_then(|okm| okm.fill(&mut output))
        .expect("76 bytes are few");
    let (aead, rest) = output.split_at(32);
    let (nonce, commitment) = rest.split_at(12);
    let aead = UnboundKey::new(&AES_256_GCM, aead).expect("32 bytes");
    (
        LessSafeKey::new(aead),
        nonce.try_into().expect("12 bytes"),
        commitment.try_into().expect("32 bytes"),
    )
}

fn seal(contents: &[u8]) -> Vec<u8> {
    let salt = [9; 32];
    let (aead, nonce, commitment) = derive(&salt);
    let mut file = [b"RZ1K\x01\x01".as_slice(), &salt, &commitment].concat();
    let mut sealed = contents.to_vec();
    let nonce = Nonce::assume_unique_for_key(nonce);
    aead.seal_in_place_append_tag(nonce, Aad::from(&file), &mut sealed)
        .expect("it is short enough");
    file.extend_from_slice(&sealed);
    file
}

fn read(file: &[u8]) -> Option<Contents> {
    let (head, sealed) = file.split_at_checked(HEAD_LEN)?;
    let mut rest = head.strip_prefix(b"RZ1K\x01\x01")?;
    let (aead, nonce, commitment) = derive(take::<32>(&mut rest)?);
    if rest != commitment {
        return None;
    }
    let mut sealed = sealed.to_vec();
    let nonce = Nonce::assume_unique_for_key(nonce);
    let contents = aead
        .open_in_place(nonce, Aad::from(head), &mut sealed)
        .ok()?;
    decode(contents)
}
