//! Arguments and help texts of `policy`.

use clap::Subcommand;
use std::path::PathBuf;

/// `policy`
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Say whether a request would be let through, and which statement decides.
    ///
    /// Example: `riznica policy explain --key RZEXAMPLE --action s3:PutObject --resource
    /// records/2026/a --context aws:SourceIp=10.1.2.3`
    Explain {
        /// Access key id of who asks.
        #[arg(long, value_name = "ID", required_unless_present = "anonymous")]
        key: Option<String>,
        /// File with the session token that goes with the key, where it is a temporary one.
        #[arg(long, value_name = "FILE", requires = "key")]
        session_token_file: Option<PathBuf>,
        /// Ask for a request without a signature.
        #[arg(long, conflicts_with = "key")]
        anonymous: bool,
        /// The action, as policies name it.
        #[arg(long, value_name = "ACTION")]
        action: String,
        /// A bucket, or a bucket and an object key behind a slash; an ARN is as good.
        #[arg(long, value_name = "RESOURCE")]
        resource: String,
        /// What the request has for the key of a condition; may be repeated.
        #[arg(long, value_name = "KEY=VALUE", value_parser = context)]
        context: Vec<(String, String)>,
    },
}

fn context(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| name.contains(':'));
    let (name, value) = pair.ok_or_else(|| "write KEY=VALUE, such as s3:prefix=a/".to_owned())?;
    Ok((name.to_owned(), value.to_owned()))
}
