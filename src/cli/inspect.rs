//! `riznica health`, `riznica metrics` and `riznica openapi`: what the admin listener tells about
//! the server and itself.

use crate::cli::args::{AdminArguments, OutputFormat};
use crate::cli::client::AdminClient;
use crate::cli::error::CommandError;
use crate::cli::output;
use serde_json::{Value, json};

/// Runs `health`.
///
/// # Errors
/// `CommandError`; also when the server is not ready.
pub fn health(format: OutputFormat, admin: &AdminArguments) -> Result<(), CommandError> {
    let client = AdminClient::new(admin)?;
    let live = client.get::<Value>("/health/live")?;
    let ready = client.get::<Value>("/health/ready")?;
    let status = |of: &Value| of.get("status").cloned().unwrap_or_default();
    output::one(
        format,
        &json!({"live": status(&live), "ready": status(&ready)}),
    )
}

/// Runs `metrics`.
///
/// # Errors
/// `CommandError`.
pub fn metrics(format: OutputFormat, admin: &AdminArguments) -> Result<(), CommandError> {
    let text = AdminClient::new(admin)?.text("/metrics")?;
    match format {
        OutputFormat::Csv | OutputFormat::Json => {
            let lines = text.lines().filter(|line| !line.starts_with('#'));
            let figures = lines.filter_map(|line| line.rsplit_once(' '));
            let figures = figures.map(|(name, value)| json!({"metric": name, "value": value}));
            output::list(format, &["metric", "value"], &figures.collect::<Vec<_>>())
        }
        OutputFormat::Table => output::print(text.trim_end()),
    }
}

/// Runs `openapi`: a document for programs in either format.
///
/// # Errors
/// `CommandError`.
pub fn openapi(admin: &AdminArguments) -> Result<(), CommandError> {
    let document = AdminClient::new(admin)?.get::<Value>("/v1/openapi.json")?;
    output::print(&format!("{document:#}"))
}
