//! Arguments and help texts of `tenant` and `key`.

use crate::cli::args_operators::Confirmation;
use clap::{Args, Subcommand, value_parser};
use std::path::PathBuf;

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
    /// Create a tenant; with a template, together with its buckets, groups, users, keys, quotas and
    /// rates. If that fails in the middle, the same command completes it.
    Create {
        /// Short name: lower-case letters, digits and hyphens.
        name: String,
        /// What it begins with; `riznica tenant templates` shows the templates there are. Secrets
        /// of its users' keys are shown once.
        #[arg(long, value_name = "NAME")]
        template: Option<String>,
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
    /// List templates, as their files are now, or print the text of one, to save and edit it.
    Templates {
        /// Its name.
        name: Option<String>,
    },
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
        /// Whether to ask.
        #[command(flatten)]
        confirmation: Confirmation,
    },
}
