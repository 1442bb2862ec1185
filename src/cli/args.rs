//! Arguments and help texts.

pub use crate::cli::args_bench::{BenchArguments, BenchOperation};
pub use crate::cli::args_operators::{ChangeArguments, Confirmation, OperatorCommand};
pub use crate::cli::args_policies::PolicyCommand;
pub use crate::cli::args_tenants::{KeyCommand, TenantCommand, TenantDetails};
pub use crate::cli::args_usage::{UsageArguments, UsageCommand};
pub use crate::cli::limit::Limit;
use crate::cli::limit::{byte_limit, count_limit};
use clap::{Args, Parser, Subcommand, ValueEnum};
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
    /// For spreadsheets: a line with the names of the columns, then the rows (RFC 4180).
    Csv,
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
    /// Measure an S3 endpoint: requests a second, megabytes a second, latencies, server CPU.
    ///
    /// Sends requests from as many connections as --concurrency says, each one after the other, for
    /// as long as --duration says, and compares every byte that it reads. Everything that it writes
    /// is below a prefix of its own and deleted in the end, also after Ctrl-C or an error. The
    /// secret comes from `AWS_SECRET_ACCESS_KEY`, or --secret-key-file.
    Bench(Box<BenchArguments>),
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
    /// Usage of tenants and buckets in a month: what was held how long, what was asked, how many
    /// bytes came and went. Talks to the running server.
    Usage {
        /// Which usage.
        #[command(flatten)]
        report: UsageArguments,
        /// What else to do.
        #[command(subcommand)]
        command: Option<UsageCommand>,
        /// Which server, as whom.
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// What policies decide.
    Policy {
        /// What to do.
        #[command(subcommand)]
        command: PolicyCommand,
        /// Which server, as whom.
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// How fast tenants may go.
    Rate {
        /// What to do.
        #[command(subcommand)]
        command: RateCommand,
        /// Which server, as whom.
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// Operators: who may do what here. Talks to the running server.
    Operator {
        /// What to do.
        #[command(subcommand)]
        command: OperatorCommand,
        /// Which server, as whom.
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// Changes that operators made: who, when, before, after. Talks to the running server.
    Changes {
        /// Which changes.
        #[command(flatten)]
        changes: ChangeArguments,
        /// Which server, as whom.
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// Say whether the server answers, and takes reads and writes. Ends with 1 when it does not.
    Health {
        /// Which server, as whom.
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// Print the server's counters, in the Prometheus text format.
    Metrics {
        /// Which server, as whom.
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// Print the OpenAPI document of the admin listener.
    Openapi {
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

/// `rate`
#[derive(Debug, Subcommand)]
pub enum RateCommand {
    /// Set how fast a tenant may go; what is not named stays. Two seconds of a rate may be used at
    /// once; beyond it clients are told to slow down and when to come again.
    Set {
        /// Whose rates.
        #[arg(long, value_name = "NAME")]
        tenant: String,
        /// Requests in a second, or none.
        #[arg(long, value_name = "NUMBER", value_parser = count_limit)]
        requests: Option<Limit>,
        /// Bytes in a second that it sends, such as 100MB, or none.
        #[arg(long, value_name = "SIZE", value_parser = byte_limit)]
        bytes_in: Option<Limit>,
        /// Bytes in a second that it is sent, such as 100MB, or none.
        #[arg(long, value_name = "SIZE", value_parser = byte_limit)]
        bytes_out: Option<Limit>,
        /// Requests at once, or none.
        #[arg(long, value_name = "NUMBER", value_parser = count_limit)]
        concurrent: Option<Limit>,
    },
    /// Show how fast a tenant may go.
    Show {
        /// Whose rates.
        #[arg(long, value_name = "NAME")]
        tenant: String,
    },
}
