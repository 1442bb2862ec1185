//! `riznica bucket` and `riznica profile`.

use crate::admin::buckets::{BucketDetailsDto, NewBucketDto, ProfileDto, ProtectionDto};
use crate::admin::dto::BucketDto;
use crate::base::encoding::uri_encode;
use crate::cli::args::{AdminArguments, BucketCommand, OutputFormat, ProfileCommand};
use crate::cli::client::AdminClient;
use crate::cli::commands::filter;
use crate::cli::error::CommandError;
use crate::cli::output;

/// Runs a `bucket` command.
///
/// # Errors
/// `CommandError`.
pub fn bucket(
    format: OutputFormat,
    command: BucketCommand,
    admin: &AdminArguments,
) -> Result<(), CommandError> {
    let client = AdminClient::new(admin)?;
    match command {
        BucketCommand::Create {
            name,
            tenant,
            profile,
        } => {
            let new = NewBucketDto {
                name,
                tenant,
                profile,
            };
            output::one(
                format,
                &client.post::<BucketDetailsDto>("/v1/buckets", &new)?,
            )
        }
        BucketCommand::List { tenant } => list(format, &client, tenant),
        BucketCommand::Protect { name, deletable } => {
            let path = format!("/v1/buckets/{}/protect", uri_encode(name.as_bytes()));
            let protection = ProtectionDto { deletable };
            output::one(
                format,
                &client.post::<BucketDetailsDto>(&path, &protection)?,
            )
        }
        BucketCommand::Show { name } => {
            let path = format!("/v1/buckets/{}", uri_encode(name.as_bytes()));
            output::one(format, &client.get::<BucketDetailsDto>(&path)?)
        }
    }
}

fn list(
    format: OutputFormat,
    client: &AdminClient,
    tenant: Option<String>,
) -> Result<(), CommandError> {
    let buckets = client.get::<Vec<BucketDto>>(&format!("/v1/buckets{}", filter(tenant)))?;
    let columns = [
        "name",
        "tenant",
        "objects",
        "bytes",
        "upload_bytes",
        "created",
    ];
    output::list(format, &columns, &buckets)
}

/// Runs a `profile` command.
///
/// # Errors
/// `CommandError`.
pub fn profile(
    format: OutputFormat,
    command: ProfileCommand,
    admin: &AdminArguments,
) -> Result<(), CommandError> {
    let client = AdminClient::new(admin)?;
    match command {
        ProfileCommand::List => {
            let profiles = client.get::<Vec<ProfileDto>>("/v1/profiles")?;
            output::list(format, &["name", "source", "description"], &profiles)
        }
        ProfileCommand::Show { name } => {
            let path = format!("/v1/profiles/{}", uri_encode(name.as_bytes()));
            let profile = client.get::<ProfileDto>(&path)?;
            match (format, &profile.text) {
                // The text as it is: what is shown can be saved and edited.
                (OutputFormat::Table, Some(text)) => output::print(text.trim_end()),
                _ => output::one(format, &profile),
            }
        }
    }
}
