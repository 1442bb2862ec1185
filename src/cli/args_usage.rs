//! Arguments and help texts of `usage`.

use clap::{Args, Subcommand};

/// Which usage to tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct UsageArguments {
    /// Only this tenant's.
    #[arg(long, value_name = "NAME")]
    pub tenant: Option<String>,
    /// The month in UTC, such as 2026-11 [default: the current one].
    #[arg(long, value_name = "YYYY-MM")]
    pub month: Option<String>,
    /// Tell the hours of the month apart; of one tenant.
    #[arg(long, requires = "tenant")]
    pub hourly: bool,
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
