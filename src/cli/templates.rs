//! `riznica tenant create --template` and `riznica tenant templates`.

use crate::admin::buckets::ProfileDto;
use crate::admin::dto::NewTenantDto;
use crate::admin::templates::SetUpTenantDto;
use crate::base::encoding::uri_encode;
use crate::cli::args::OutputFormat;
use crate::cli::client::AdminClient;
use crate::cli::error::CommandError;
use crate::cli::{output, texts};

fn path(template: &str) -> String {
    format!("/v1/tenant-templates/{}", uri_encode(template.as_bytes()))
}

/// Creates a tenant after a template.
///
/// # Errors
/// `CommandError`.
pub fn set_up(
    format: OutputFormat,
    client: &AdminClient,
    new: &NewTenantDto,
    template: &str,
) -> Result<(), CommandError> {
    let path = format!("{}/tenants", path(template));
    let made = client.post::<SetUpTenantDto>(&path, new)?;
    let users = ["user", "groups", "access_key_id", "secret_access_key"];
    match format {
        OutputFormat::Json => output::one(format, &made),
        OutputFormat::Csv => output::list(format, &users, &made.users),
        OutputFormat::Table => {
            output::one(format, &made.tenant)?;
            output::print("")?;
            output::list(format, &["name", "profile"], &made.buckets)?;
            output::print("")?;
            output::list(format, &users, &made.users)?;
            output::print(texts::SECRETS_ONCE)
        }
    }
}

/// Lists templates, or shows the text of one.
///
/// # Errors
/// `CommandError`.
pub fn templates(
    format: OutputFormat,
    client: &AdminClient,
    name: Option<String>,
) -> Result<(), CommandError> {
    let Some(name) = name else {
        let templates = client.get::<Vec<ProfileDto>>("/v1/tenant-templates")?;
        return output::list(format, &["name", "source", "description"], &templates);
    };
    let template = client.get::<ProfileDto>(&path(&name))?;
    match (format, &template.text) {
        // The text as it is: what is shown can be saved and edited.
        (OutputFormat::Table, Some(text)) => output::print(text.trim_end()),
        _ => output::one(format, &template),
    }
}
