//! Arguments and help texts.

use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};
use std::path::PathBuf;

/// Riznica: a sovereign, encrypted, S3-compatible object store.
///
/// First steps: `riznica init --data-dir ./data`, then `riznica serve --data-dir ./data`, then,
/// from another shell, `riznica tenant create demo` and `riznica key create --tenant demo`.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, infer_subcommands = false)]
pub struct Arguments {
    /// How results are printed.
    #[arg(long, value_enum, default_value_t = OutputFormat::Table, global = true)]
    pub output: OutputFormat,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For programs.
    Json,
    /// For people.
    Table,
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a data folder, its root key and the first operator's credential.
    ///
    /// The root key and the credential go to `D.keys` beside the data folder D (mode 0700). Back
    /// the root key up at another place than the data: without it nothing can be read, and with it
    /// everything can.
    Init(InitArguments),
    /// Run the server until SIGTERM or Ctrl-C. SIGHUP reloads the certificate.
    Serve(ServeArguments),
    /// Tenants: administrations and institutions. Talks to the running server.
    Tenant {
        /// What to do.
        #[command(subcommand)]
        command: TenantCommand,
        /// Which server, as whom.
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// Access keys of tenants. Talks to the running server.
    Key {
        /// What to do.
        #[command(subcommand)]
        command: KeyCommand,
        /// Which server, as whom.
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// Buckets. Talks to the running server.
    Bucket {
        /// What to do.
        #[command(subcommand)]
        command: BucketCommand,
        /// Which server, as whom.
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// Show the retention clock beside the wall clock. Talks to the running server.
    ///
    /// Retention is compared with the retention clock. It follows a wall clock that jumped forward
    /// at twice real time at most, and runs at half speed while the wall clock is behind. Nobody
    /// can set it.
    Clock {
        /// Which server, as whom.
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// Profiles: settings that new buckets begin with, one file each. Talks to the running server.
    Profile {
        /// What to do.
        #[command(subcommand)]
        command: ProfileCommand,
        /// Which server, as whom.
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// Quotas of tenants and buckets: what they may hold and what they do. Talks to the running
    /// server.
    Quota {
        /// What to do.
        #[command(subcommand)]
        command: QuotaCommand,
        /// Which server, as whom.
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// Usage of tenants and buckets. Talks to the running server.
    Usage {
        /// What to do.
        #[command(subcommand)]
        command: UsageCommand,
        /// Which server, as whom.
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// Print the version.
    Version,
}

/// `init`
#[derive(Debug, Args)]
pub struct InitArguments {
    /// Configuration file; without it every key has its default.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Data folder; wins over the file.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Where the operator's credential goes.
    #[arg(
        long,
        value_name = "FILE",
        help = "Where the operator's credential goes [default: D.keys/operator.json]"
    )]
    pub credential: Option<PathBuf>,
}

/// `serve`
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// Configuration file; without it every key has its default: loopback, ./data.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Data folder; wins over the file.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Address of the S3 listener; wins over the file.
    #[arg(
        long,
        value_name = "HOST:PORT",
        help = "Address of the S3 listener; wins over the file [default: 127.0.0.1:9000]"
    )]
    pub listen: Option<String>,
    /// Address of the admin listener; wins over the file.
    #[arg(
        long,
        value_name = "HOST:PORT",
        help = "Address of the admin listener; wins over the file [default: 127.0.0.1:9001]"
    )]
    pub admin_listen: Option<String>,
}

/// Which server, as whom.
#[derive(Clone, Debug, Args)]
pub struct AdminArguments {
    /// Admin listener of the server; without it the credential file says.
    #[arg(long, value_name = "URL", env = "RIZNICA_ADMIN", global = true)]
    pub admin: Option<String>,
    /// Operator's credential, as `riznica init` wrote it.
    #[arg(
        long,
        value_name = "FILE",
        env = "RIZNICA_CREDENTIAL",
        global = true,
        default_value = "./data.keys/operator.json"
    )]
    pub credential: PathBuf,
}

/// What is known of a tenant.
#[derive(Clone, Debug, Args)]
pub struct TenantDetails {
    /// Number in the register of administrations or companies.
    #[arg(long, value_name = "NUMBER")]
    pub registration_number: Option<String>,
    /// Whom to call.
    #[arg(long, value_name = "TEXT")]
    pub contact: Option<String>,
    /// How the names of its new buckets have to begin, such as `kragujevac-`; may be repeated.
    #[arg(long, value_name = "PREFIX")]
    pub bucket_prefix: Vec<String>,
}

/// `tenant`
#[derive(Debug, Subcommand)]
pub enum TenantCommand {
    /// Create a tenant.
    Create {
        /// Short name: lower-case letters, digits and hyphens.
        name: String,
        /// What people read, in any script, such as "Градска управа Крагујевац".
        #[arg(long, value_name = "TEXT")]
        display_name: Option<String>,
        /// Contact address.
        #[arg(long, value_name = "ADDRESS")]
        email: Option<String>,
        /// Owner ID in S3 answers, up to 64 hexadecimal digits; drawn when not given.
        #[arg(long, value_name = "HEX")]
        canonical_id: Option<String>,
        /// What is known of it.
        #[command(flatten)]
        details: TenantDetails,
    },
    /// Change what is known of a tenant, or whether it is served; what is not named stays.
    Update {
        /// Its name.
        name: String,
        /// What is known of it.
        #[command(flatten)]
        details: TenantDetails,
        /// What people read, in any script.
        #[arg(long, value_name = "TEXT")]
        display_name: Option<String>,
        /// Contact address.
        #[arg(long, value_name = "ADDRESS")]
        email: Option<String>,
        /// Let the names of its buckets begin as they like.
        #[arg(long, conflicts_with = "bucket_prefix")]
        any_bucket_name: bool,
        /// `read-only`: what it has can be read and not be changed. `suspended`: nobody reaches
        /// what it has, and nothing of it is lost.
        #[arg(long, value_name = "STATUS", value_parser = ["active", "read-only", "suspended"])]
        status: Option<String>,
    },
    /// List all tenants.
    List,
    /// Show one tenant.
    Show {
        /// Its name.
        name: String,
    },
}

/// `key`
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Create an access key; its secret is shown this once and never again.
    Create {
        /// Whose key it is.
        #[arg(long, value_name = "NAME")]
        tenant: String,
        /// Take over an existing access key id, so that clients keep their settings.
        #[arg(long, value_name = "ID", requires = "secret_key_file")]
        access_key: Option<String>,
        /// File with the existing secret, one line. A secret on the command line would be in
        /// everybody's process list.
        #[arg(long, value_name = "FILE", requires = "access_key")]
        secret_key_file: Option<PathBuf>,
        /// Days after which the key stops working; without, it works until it is disabled.
        #[arg(long, value_name = "NUMBER", value_parser = value_parser!(u32).range(1..=36_500))]
        valid_days: Option<u32>,
    },
    /// List access keys, without secrets.
    List {
        /// Only this tenant's.
        #[arg(long, value_name = "NAME")]
        tenant: Option<String>,
    },
    /// Stop an access key from working; what it stored stays.
    Disable {
        /// The access key id.
        access_key: String,
    },
    /// Delete an access key; what it stored stays.
    Delete {
        /// The access key id.
        access_key: String,
    },
}

/// `bucket`
#[derive(Debug, Subcommand)]
pub enum BucketCommand {
    /// Create a bucket for a tenant.
    Create {
        /// Its name, unique among all tenants.
        name: String,
        /// Whose bucket it is.
        #[arg(long, value_name = "NAME")]
        tenant: String,
        /// Settings to begin with; `riznica profile list` shows the profiles there are. Without one
        /// the bucket is as CreateBucket makes it.
        #[arg(long, value_name = "NAME")]
        profile: Option<String>,
    },
    /// List buckets with their owners and what they hold.
    List {
        /// Only this tenant's.
        #[arg(long, value_name = "NAME")]
        tenant: Option<String>,
    },
    /// Keep objects that are under retention from being deleted. Nothing takes protection away.
    ///
    /// Given again with fewer patterns, it protects more.
    Protect {
        /// The bucket.
        name: String,
        /// Keys that stay deletable, such as `locks/` (a prefix) or `*/locks/` (below any folder);
        /// may be repeated.
        #[arg(long, value_name = "PATTERN")]
        deletable: Vec<String>,
    },
    /// Show one bucket with its settings.
    Show {
        /// Its name.
        name: String,
    },
}

/// `profile`
#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// List profiles, as their files are now.
    List,
    /// Print a profile's text, to save and edit it.
    Show {
        /// Its name.
        name: String,
    },
}

/// Whose quota.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub struct QuotaOwner {
    /// A tenant: all its buckets together.
    #[arg(long, value_name = "NAME")]
    pub tenant: Option<String>,
    /// A bucket.
    #[arg(long, value_name = "NAME")]
    pub bucket: Option<String>,
}

/// A limit; `None` is without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(pub Option<u64>);

const NO_LIMIT: &str = "none";

fn byte_limit(text: &str) -> Result<Limit, String> {
    if text == NO_LIMIT {
        return Ok(Limit(None));
    }
    let size = text.parse::<bytesize::ByteSize>();
    let size = size.map_err(|_size| "write bytes as 500GB, 10TiB or none".to_owned())?;
    Ok(Limit(Some(size.as_u64())))
}

fn count_limit(text: &str) -> Result<Limit, String> {
    if text == NO_LIMIT {
        return Ok(Limit(None));
    }
    let count = text.parse::<u64>();
    let count = count.map_err(|_count| "write a whole number or none".to_owned())?;
    Ok(Limit(Some(count)))
}

/// `quota`
#[derive(Debug, Subcommand)]
pub enum QuotaCommand {
    /// Set limits; those that are not named stay. A limit below the usage makes writes fail and
    /// nothing else.
    Set {
        /// Whose quota.
        #[command(flatten)]
        owner: QuotaOwner,
        /// Bytes of all versions and unfinished uploads, such as 500GB or 10TiB, or none.
        #[arg(long, value_name = "SIZE", value_parser = byte_limit)]
        bytes: Option<Limit>,
        /// Versions and delete markers, or none.
        #[arg(long, value_name = "NUMBER", value_parser = count_limit)]
        objects: Option<Limit>,
        /// Bytes of unfinished uploads alone, or none.
        #[arg(long, value_name = "SIZE", value_parser = byte_limit)]
        upload_bytes: Option<Limit>,
        /// Buckets of the tenant, or none.
        #[arg(long, value_name = "NUMBER", value_parser = count_limit, conflicts_with = "bucket")]
        buckets: Option<Limit>,
    },
    /// Show limits and usage.
    Show {
        /// Whose quota.
        #[command(flatten)]
        owner: QuotaOwner,
    },
}

/// `usage`
#[derive(Debug, Subcommand)]
pub enum UsageCommand {
    /// Add up all that is stored and compare it with the counters. Ends with 1 when they differ.
    ///
    /// It looks at every version, so it takes seconds for millions of objects.
    Recount {
        /// Only this tenant's.
        #[arg(long, value_name = "NAME")]
        tenant: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_people_write_them() {
        assert_eq!(byte_limit("500GB"), Ok(Limit(Some(500_000_000_000))));
        assert_eq!(byte_limit("10TiB"), Ok(Limit(Some(10 << 40))));
        assert_eq!(byte_limit("1048576"), Ok(Limit(Some(1 << 20))));
        assert_eq!(byte_limit("none"), Ok(Limit(None)));
        assert_eq!(count_limit("1000"), Ok(Limit(Some(1000))));
        for bad in ["", "-1", "many", "10XB"] {
            byte_limit(bad).unwrap_err();
            count_limit(bad).unwrap_err();
        }
    }
}
