//! `riznica rate`.

use crate::admin::rates::RatesDto;
use crate::base::encoding::uri_encode;
use crate::cli::args::{AdminArguments, Limit, OutputFormat, RateCommand};
use crate::cli::client::AdminClient;
use crate::cli::error::CommandError;
use crate::cli::output;

/// Runs a `rate` command.
///
/// # Errors
/// `CommandError`.
pub fn rate(
    format: OutputFormat,
    command: RateCommand,
    admin: &AdminArguments,
) -> Result<(), CommandError> {
    let client = AdminClient::new(admin)?;
    let path = |tenant: &str| format!("/v1/tenants/{}/rates", uri_encode(tenant.as_bytes()));
    match command {
        RateCommand::Set {
            tenant,
            requests,
            bytes_in,
            bytes_out,
            concurrent,
        } => {
            let path = path(&tenant);
            let old = client.get::<RatesDto>(&path)?;
            let changed = |new: Option<Limit>, old| new.map_or(old, |limit| limit.0);
            let new = RatesDto {
                requests: changed(requests, old.requests),
                bytes_in: changed(bytes_in, old.bytes_in),
                bytes_out: changed(bytes_out, old.bytes_out),
                concurrent: changed(concurrent, old.concurrent),
            };
            output::one(format, &client.put::<RatesDto>(&path, &new)?)
        }
        RateCommand::Show { tenant } => {
            output::one(format, &client.get::<RatesDto>(&path(&tenant))?)
        }
    }
}
