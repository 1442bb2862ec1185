//! The configuration as it is written. `config/riznica.example.toml` shows every key with its
//! default; a test compares.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawConfig {
    /// The S3 listener and the data folder.
    pub server: ServerSection,
    /// The admin listener.
    pub admin: AdminSection,
    /// S3 behaviour.
    pub s3: S3Section,
    /// The engine.
    pub storage: StorageSection,
    /// The root key.
    pub keys: KeysSection,
    /// Profiles of buckets.
    pub profiles: ProfilesSection,
    /// Templates of tenants.
    pub tenants: TenantsSection,
    /// Background work.
    pub jobs: JobsSection,
    /// The log.
    pub log: LogSection,
}

macro_rules! section {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$field_doc:meta])* $field:ident: $type:ty = $default:expr,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }
    };
}

section! {
    /// `[server]`
    ServerSection {
        /// Folder of all stored data.
        data_dir: PathBuf = PathBuf::from("./data"),
        /// Address of the S3 listener.
        listen: String = "127.0.0.1:9000".to_owned(),
        /// Threads that answer requests; 0 for one a core.
        workers: usize = 0,
        /// Connections at once, all workers together.
        max_connections: usize = 8192,
        /// Idle seconds after which a connection is closed.
        keep_alive_s: u64 = 75,
        /// Seconds in which the head of a request has to arrive.
        header_timeout_s: u64 = 15,
        /// Largest head of a request, in bytes.
        header_max_bytes: usize = 16_384,
        /// Seconds without a byte of the body after which the request is given up.
        body_idle_timeout_s: u64 = 30,
        /// Slowest average rate of a body, in bytes a second.
        body_min_rate_bytes_per_s: u64 = 1024,
        /// Bodies larger than 256 KiB that move at once; the rest wait.
        max_body_streams: usize = 128,
        /// Seconds that requests in flight get at the end.
        shutdown_grace_s: u64 = 30,
        /// Certificate chain (PEM); with it the listener speaks TLS.
        tls_certificate_file: Option<PathBuf> = None,
        /// Private key of the certificate (PEM).
        tls_private_key_file: Option<PathBuf> = None,
        /// Seconds between two looks at the certificate file; SIGHUP looks at once.
        tls_reload_interval_s: u64 = 10,
    }
}

section! {
    /// `[admin]`
    AdminSection {
        /// Address of the admin listener.
        listen: String = "127.0.0.1:9001".to_owned(),
    }
}

section! {
    /// `[s3]`
    S3Section {
        /// Region of all buckets.
        region: String = "us-east-1".to_owned(),
        /// Domains of virtual-host style.
        domains: Vec<String> = Vec::new(),
        /// Whether UNSIGNED-PAYLOAD is refused over plain HTTP.
        require_signed_payload: bool = false,
        /// Whether answers say AES256 for buckets without default encryption, as AWS's do.
        /// Everything is encrypted either way.
        report_default_encryption: bool = true,
        /// Whether new buckets begin with all four public access blocks on, as AWS's do.
        block_public_access: bool = true,
        /// Who owns what is written into new buckets that ask for nothing else:
        /// `BucketOwnerEnforced`, `BucketOwnerPreferred` or `ObjectWriter`.
        object_ownership: String = "BucketOwnerEnforced".to_owned(),
    }
}

section! {
    /// `[storage]`
    StorageSection {
        /// `rocksdb` or `memory`.
        engine: String = "rocksdb".to_owned(),
        /// All memtables together, in MiB.
        memtable_mib: usize = 160,
        /// Cache of rows and indexes, in MiB.
        block_cache_mib: usize = 64,
        /// Files kept open.
        max_open_files: i32 = 4000,
        /// Free space below which writes are refused, in MiB.
        min_free_mib: u64 = 1024,
        /// MiB that giving space of deleted objects back may rewrite in a second; 0 for as many as
        /// the disk takes. More when a walk over the whole store would take over a day, and as many
        /// as it can with less than 4 GiB of room.
        reclaim_mib_per_s: u64 = 6,
        /// Threads for calls that block.
        blocking_threads: usize = 16,
    }
}

section! {
    /// `[keys]`
    KeysSection {
        /// File with the root key; `<data_dir>.keys/root.key` when none of the three is set.
        root_key_file: Option<PathBuf> = None,
        /// File with a passphrase from which the root key is derived.
        root_key_passphrase_file: Option<PathBuf> = None,
        /// Name of a systemd credential with the root key.
        root_key_systemd_credential: Option<String> = None,
        /// Seconds that an unwrapped bucket key stays in memory.
        cache_age_s: u64 = 300,
    }
}

section! {
    /// `[profiles]`
    ProfilesSection {
        /// Folder of bucket profiles; `profiles` beside this file when not set.
        folder: Option<PathBuf> = None,
    }
}

section! {
    /// `[tenants]`
    TenantsSection {
        /// Folder of tenant templates; `tenants` beside this file when not set.
        folder: Option<PathBuf> = None,
    }
}

section! {
    /// `[jobs]`
    JobsSection {
        /// Seconds between two sweeps.
        sweep_interval_s: u64 = 10,
        /// Seconds after which a blob that no object owns is deleted.
        orphan_grace_s: u64 = 60,
        /// Seconds that a finished upload is remembered, so that a repeated Complete gets the same
        /// answer.
        finished_upload_retention_s: u64 = 86_400,
        /// Seconds from the end of a bucket's lifecycle pass to the beginning of its next one.
        lifecycle_interval_s: u64 = 3600,
        /// Versions and uploads that the lifecycle job acts on in a second at most.
        lifecycle_actions_per_s: u32 = 200,
        /// For tests only: seconds that the lifecycle job takes for a day; 0 for real days.
        lifecycle_test_day_s: u64 = 0,
        /// Seconds between two looks at the retention clock, each of which stores it.
        retention_clock_interval_s: u64 = 60,
        /// Seconds between two looks at how full quotas are.
        quota_watch_interval_s: u64 = 60,
        /// Days that usage is told by the hour; months stay for good.
        usage_hours_days: u64 = 400,
    }
}

section! {
    /// `[log]`
    LogSection {
        /// `text` or `json`.
        format: String = "text".to_owned(),
        /// `error`, `warn`, `info`, `debug`, or a filter such as `info,riznica::auth=debug`.
        level: String = "info".to_owned(),
    }
}
