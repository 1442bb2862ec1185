//! Arguments and help texts of `operator` and `changes`, and of what asks before it destroys.

use crate::cli::limit::{Limit, day_limit};
use clap::{Args, Subcommand, value_parser};
use std::path::PathBuf;

/// Whether to ask before something is destroyed.
#[derive(Clone, Copy, Debug, Args)]
pub struct Confirmation {
    /// Do not ask; for scripts. Without a terminal and without this nothing is done.
    #[arg(long)]
    pub yes: bool,
}

const ROLES: [&str; 3] = ["operator", "security-officer", "auditor"];

/// `operator`
#[derive(Debug, Subcommand)]
pub enum OperatorCommand {
    /// Make an operator; its token is shown this once and never again.
    Create {
        /// Short name: lower-case letters, digits and hyphens.
        name: String,
        /// What it is; may be repeated. `operator` runs tenants, buckets and limits,
        /// `security-officer` makes keys, operators and protection, `auditor` sees everything and
        /// changes nothing.
        #[arg(long, value_name = "ROLE", required = true, value_parser = ROLES)]
        role: Vec<String>,
        /// Days after which its token stops working; without, it works until it is disabled.
        #[arg(long, value_name = "NUMBER", value_parser = value_parser!(u32).range(1..=36_500))]
        valid_days: Option<u32>,
        /// Write its credential to this file, for its eyes alone (mode 0600), instead of showing
        /// the token.
        #[arg(long, value_name = "FILE")]
        save: Option<PathBuf>,
    },
    /// Change roles, status or expiry of another operator; what is not named stays.
    Update {
        /// Its name.
        name: String,
        /// What it is from now on; may be repeated.
        #[arg(long, value_name = "ROLE", value_parser = ROLES)]
        role: Vec<String>,
        /// `disabled`: its token does not work.
        #[arg(long, value_name = "STATUS", value_parser = ["active", "disabled"])]
        status: Option<String>,
        /// Days from now after which its token stops working, or none.
        #[arg(long, value_name = "NUMBER", value_parser = day_limit)]
        valid_days: Option<Limit>,
    },
    /// Give an operator another token; the one before stops working at once.
    Renew {
        /// Its name.
        name: String,
        /// Write its credential to this file (mode 0600) instead of showing the token.
        #[arg(long, value_name = "FILE")]
        save: Option<PathBuf>,
        /// Whether to ask.
        #[command(flatten)]
        confirmation: Confirmation,
    },
    /// Delete another operator; what it changed stays in the journal.
    Delete {
        /// Its name.
        name: String,
        /// Whether to ask.
        #[command(flatten)]
        confirmation: Confirmation,
    },
    /// List operators with their roles and when they were last there.
    List,
    /// Show one operator.
    Show {
        /// Its name.
        name: String,
    },
}

/// Which changes.
#[derive(Clone, Debug, Args)]
pub struct ChangeArguments {
    /// Only those made then or later: 2026-11-29, or 2026-11-29T10:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only those about this tenant.
    #[arg(long, value_name = "NAME")]
    pub tenant: Option<String>,
    /// Only those by this operator.
    #[arg(long, value_name = "NAME")]
    pub operator: Option<String>,
    /// So many at most.
    #[arg(long, value_name = "NUMBER", default_value_t = 1000)]
    pub limit: usize,
}
