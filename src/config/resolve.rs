//! From the raw configuration to values that the rest trusts.
//!
//! Owns: parsing of values, rules across keys.

use crate::config::error::ConfigError;
use crate::config::profile_folder::ProfileFolder;
use crate::config::schema::{JobsSection, KeysSection, RawConfig, ServerSection, StorageSection};
use crate::config::template_folder::TemplateFolder;
use crate::model::ownership::ObjectOwnership;
use std::net::{SocketAddr, ToSocketAddrs};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the root key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootKeyReference {
    /// A file with the key.
    File(PathBuf),
    /// A file with a passphrase.
    PassphraseFile(PathBuf),
    /// A systemd credential.
    SystemdCredential(String),
}

/// Certificate and private key of the S3 listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// Certificate chain.
    pub certificate: PathBuf,
    /// Private key.
    pub private_key: PathBuf,
    /// Pause between two looks at the files.
    pub reload_interval: Duration,
}

/// Form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Text.
    Text,
}

/// Which engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineChoice {
    /// In memory, for trials.
    Memory,
    /// RocksDB.
    Rocksdb,
}

/// The configuration that the process runs with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Folder of all stored data.
    pub data_dir: PathBuf,
    /// Address of the S3 listener.
    pub listen: SocketAddr,
    /// Address of the admin listener.
    pub admin_listen: SocketAddr,
    /// TLS of the S3 listener.
    pub tls: Option<TlsFiles>,
    /// Threads that answer requests.
    pub workers: usize,
    /// Where the root key comes from.
    pub root_key: RootKeyReference,
    /// Which engine.
    pub engine: EngineChoice,
    /// Form of the log.
    pub log_format: LogFormat,
    /// Where profiles of buckets are.
    pub profiles: ProfileFolder,
    /// Where templates of tenants are.
    pub templates: TemplateFolder,
    /// Domains of virtual-host style, lower case.
    pub domains: Vec<String>,
    /// Who owns what is written into new buckets that ask for nothing else.
    pub object_ownership: ObjectOwnership,
    /// The rest, as written.
    pub raw: RawConfig,
}

/// The folder for keys beside a data folder: `D.keys`.
pub fn keys_dir(data_dir: &Path) -> PathBuf {
    let mut name = data_dir.file_name().unwrap_or_default().to_owned();
    name.push(".keys");
    data_dir.with_file_name(name)
}

impl Config {
    /// Checks every value and every rule.
    ///
    /// # Errors
    /// `Value` or `Contradiction`, naming the key.
    pub fn resolve(raw: RawConfig) -> Result<Self, ConfigError> {
        let server = &raw.server;
        let engine = match raw.storage.engine.as_str() {
            "memory" => EngineChoice::Memory,
            "rocksdb" => EngineChoice::Rocksdb,
            other => return Err(value("storage.engine", other, "\"rocksdb\" or \"memory\"")),
        };
        let log_format = match raw.log.format.as_str() {
            "json" => LogFormat::Json,
            "text" => LogFormat::Text,
            other => return Err(value("log.format", other, "\"text\" or \"json\"")),
        };
        let listen = address("server.listen", &server.listen)?;
        let admin_listen = address("admin.listen", &raw.admin.listen)?;
        if !admin_listen.ip().is_loopback() {
            let allowed = "a loopback address such as 127.0.0.1:9001; the admin listener speaks plain HTTP, reach it from elsewhere through ssh";
            return Err(value("admin.listen", &raw.admin.listen, allowed));
        }
        bounds(&raw)?;
        let is_region = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if raw.s3.region.is_empty() || !raw.s3.region.chars().all(is_region) {
            return Err(value(
                "s3.region",
                &raw.s3.region,
                "lower-case letters, digits and hyphens",
            ));
        }
        let Some(object_ownership) = ObjectOwnership::parse(&raw.s3.object_ownership) else {
            let allowed = "\"BucketOwnerEnforced\", \"BucketOwnerPreferred\" or \"ObjectWriter\"";
            let named = &raw.s3.object_ownership;
            return Err(value("s3.object_ownership", named, allowed));
        };
        let workers = match server.workers {
            0 => std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
            workers => workers,
        };
        Ok(Self {
            data_dir: server.data_dir.clone(),
            listen,
            admin_listen,
            tls: tls(server)?,
            workers,
            root_key: root_key(&raw.keys, &server.data_dir)?,
            engine,
            log_format,
            profiles: ProfileFolder::new(raw.profiles.folder.as_deref(), None),
            templates: TemplateFolder::new(raw.tenants.folder.as_deref(), None),
            domains: raw
                .s3
                .domains
                .iter()
                .map(|domain| domain.to_ascii_lowercase())
                .collect(),
            object_ownership,
            raw,
        })
    }
}

fn value(key: &'static str, value: impl Into<String>, allowed: &'static str) -> ConfigError {
    ConfigError::Value {
        key,
        value: value.into(),
        allowed,
    }
}

fn address(key: &'static str, text: &str) -> Result<SocketAddr, ConfigError> {
    let mut addresses = text
        .to_socket_addrs()
        .map_err(|_source| value(key, text, "HOST:PORT, such as 127.0.0.1:9000"))?;
    addresses
        .next()
        .ok_or_else(|| value(key, text, "HOST:PORT whose host has an address"))
}

/// A number with the bounds that its key has.
type Bound = (&'static str, u64, RangeInclusive<u64>, &'static str);

fn bounds(raw: &RawConfig) -> Result<(), ConfigError> {
    let rules = server_bounds(&raw.server).into_iter();
    let rules = rules.chain(storage_bounds(&raw.storage));
    for (key, number, range, allowed) in rules.chain(job_bounds(&raw.jobs)) {
        if !range.contains(&number) {
            return Err(value(key, number.to_string(), allowed));
        }
    }
    Ok(())
}

#[rustfmt::skip] // A table.
fn server_bounds(server: &ServerSection) -> [Bound; 5] {
    let streams = "1 to 4096; each takes about 3 MiB";
    [
        ("server.max_connections", server.max_connections as u64, 1..=1_000_000, "1 to 1000000"),
        ("server.header_timeout_s", server.header_timeout_s, 1..=3600, "1 to 3600"),
        ("server.header_max_bytes", server.header_max_bytes as u64, 4096..=65_536, "4096 to 65536"),
        ("server.body_idle_timeout_s", server.body_idle_timeout_s, 1..=3600, "1 to 3600"),
        ("server.max_body_streams", server.max_body_streams as u64, 1..=4096, streams),
    ]
}

#[rustfmt::skip] // A table.
fn storage_bounds(storage: &StorageSection) -> [Bound; 4] {
    let files = u64::try_from(storage.max_open_files).unwrap_or(0);
    [
        ("storage.memtable_mib", storage.memtable_mib as u64, 32..=65_536, "32 to 65536"),
        ("storage.block_cache_mib", storage.block_cache_mib as u64, 8..=1_048_576, "8 to 1048576"),
        ("storage.blocking_threads", storage.blocking_threads as u64, 2..=512, "2 to 512"),
        ("storage.max_open_files", files, 64..=1_000_000, "64 to 1000000"),
    ]
}

#[rustfmt::skip] // A table.
fn job_bounds(jobs: &JobsSection) -> [Bound; 8] {
    let actions = u64::from(jobs.lifecycle_actions_per_s);
    let days = "0 for real days, to 86400";
    let looks = "1 to 300: a wrong clock has to be noticed";
    [
        ("jobs.sweep_interval_s", jobs.sweep_interval_s, 1..=86_400, "1 to 86400"),
        ("jobs.orphan_grace_s", jobs.orphan_grace_s, 1..=604_800, "1 to 604800: reads that have just begun need it"),
        ("jobs.lifecycle_interval_s", jobs.lifecycle_interval_s, 1..=604_800, "1 to 604800"),
        ("jobs.lifecycle_actions_per_s", actions, 1..=100_000, "1 to 100000"),
        ("jobs.lifecycle_test_day_s", jobs.lifecycle_test_day_s, 0..=86_400, days),
        ("jobs.retention_clock_interval_s", jobs.retention_clock_interval_s, 1..=300, looks),
        ("jobs.quota_watch_interval_s", jobs.quota_watch_interval_s, 1..=86_400, "1 to 86400"),
        ("jobs.usage_hours_days", jobs.usage_hours_days, 62..=3660, "62 to 3660"),
    ]
}

fn tls(server: &ServerSection) -> Result<Option<TlsFiles>, ConfigError> {
    match (&server.tls_certificate_file, &server.tls_private_key_file) {
        (None, None) => Ok(None),
        (Some(certificate), Some(private_key)) => Ok(Some(TlsFiles {
            certificate: certificate.clone(),
            private_key: private_key.clone(),
            reload_interval: Duration::from_secs(server.tls_reload_interval_s.max(1)),
        })),
        _ => Err(ConfigError::Contradiction {
            first: "server.tls_certificate_file",
            second: "server.tls_private_key_file",
            rule: "set both for TLS, or none",
        }),
    }
}

fn root_key(keys: &KeysSection, data_dir: &Path) -> Result<RootKeyReference, ConfigError> {
    let rule = "set at most one source of the root key";
    let contradiction = |first, second| ConfigError::Contradiction {
        first,
        second,
        rule,
    };
    let (file, passphrase, credential) = (
        keys.root_key_file.as_ref(),
        keys.root_key_passphrase_file.as_ref(),
        keys.root_key_systemd_credential.as_ref(),
    );
    let reference = match (file, passphrase, credential) {
        (None, None, None) => RootKeyReference::File(keys_dir(data_dir).join("root.key")),
        (Some(path), None, None) => RootKeyReference::File(path.clone()),
        (None, Some(path), None) => RootKeyReference::PassphraseFile(path.clone()),
        (None, None, Some(name)) => RootKeyReference::SystemdCredential(name.clone()),
        (Some(_), Some(_), _) => {
            return Err(contradiction(
                "keys.root_key_file",
                "keys.root_key_passphrase_file",
            ));
        }
        (Some(_), _, Some(_)) => {
            return Err(contradiction(
                "keys.root_key_file",
                "keys.root_key_systemd_credential",
            ));
        }
        (None, Some(_), Some(_)) => {
            return Err(contradiction(
                "keys.root_key_passphrase_file",
                "keys.root_key_systemd_credential",
            ));
        }
    };
    match &reference {
        RootKeyReference::File(path) | RootKeyReference::PassphraseFile(path)
            if path.starts_with(data_dir) =>
        {
            let allowed =
                "a file outside server.data_dir: who copies the data must not get the key with it";
            Err(value(
                "keys.root_key_file",
                path.display().to_string(),
                allowed,
            ))
        }
        _ => Ok(reference),
    }
}
