//! `riznica usage`.

use crate::admin::quotas::RecountDto;
use crate::admin::usage::UsageReportDto;
use crate::base::encoding::uri_encode;
use crate::cli::args::{AdminArguments, OutputFormat, UsageArguments, UsageCommand};
use crate::cli::client::AdminClient;
use crate::cli::commands::filter;
use crate::cli::error::CommandError;
use crate::cli::{output, texts};
use serde::Serialize;
use serde_json::Value;

/// Columns for people.
const TABLE: [&str; 13] = [
    "tenant",
    "bucket",
    "byte_hours",
    "bytes",
    "objects",
    "put",
    "get",
    "head",
    "list",
    "delete",
    "other",
    "bytes_in",
    "bytes_out",
];
/// Columns for programs, behind tenant and bucket, or hour, tenant and bucket.
const CSV: [&str; 17] = [
    "deleted",
    "byte_hours",
    "byte_milliseconds",
    "object_hours",
    "bytes",
    "objects",
    "upload_bytes",
    "put",
    "get",
    "head",
    "list",
    "delete",
    "other",
    "bytes_in",
    "bytes_out",
    "month",
    "complete",
];

/// Runs a `usage` command.
///
/// # Errors
/// `CommandError`; `Disagreement` when counters and rows differ.
pub fn usage(
    format: OutputFormat,
    command: Option<UsageCommand>,
    report: UsageArguments,
    admin: &AdminArguments,
) -> Result<(), CommandError> {
    let client = AdminClient::new(admin)?;
    match command {
        Some(UsageCommand::Recount { tenant }) => {
            if report != UsageArguments::default() {
                return Err(CommandError::Disagreement {
                    text: texts::USAGE_OF_RECOUNT,
                });
            }
            recount(format, tenant, &client)
        }
        None => tell(format, report, &client),
    }
}

fn tell(
    format: OutputFormat,
    arguments: UsageArguments,
    client: &AdminClient,
) -> Result<(), CommandError> {
    let by_hours = arguments.hourly;
    let parts = [("tenant", arguments.tenant), ("month", arguments.month)];
    let parts = parts.into_iter().filter_map(|(name, value)| {
        value.map(|value| format!("{name}={}", uri_encode(value.as_bytes())))
    });
    let parts: Vec<_> = parts.chain([format!("hourly={by_hours}")]).collect();
    let path = format!("/v1/usage?{}", parts.join("&"));
    let report = client.get::<UsageReportDto>(&path)?;
    let mut lines = Vec::new();
    for line in &report.lines {
        let extra = [
            ("month", report.month.as_str().into()),
            ("complete", report.complete.into()),
        ];
        lines.push(flat(line, extra)?);
    }
    let hour: &[&str] = if by_hours { &["hour"] } else { &[] };
    match format {
        OutputFormat::Json => output::one(format, &report),
        OutputFormat::Csv => {
            let columns = [hour, &["tenant", "bucket"], &CSV].concat();
            output::list(format, &columns, &lines)
        }
        OutputFormat::Table => {
            if let Some(total) = &report.total {
                let total = flat(total, [("tenant", texts::USAGE_TOTAL.into())])?;
                lines.push(total);
            }
            output::list(format, &[hour, &TABLE].concat(), &lines)?;
            let (month, as_of) = (&report.month, &report.as_of);
            let state = if report.complete {
                texts::USAGE_COMPLETE
            } else {
                texts::USAGE_OPEN
            };
            output::print(&format!("{month}, {as_of}: {state}"))
        }
    }
}

/// A line of the table with further cells.
fn flat(
    line: &impl Serialize,
    extra: impl IntoIterator<Item = (&'static str, Value)>,
) -> Result<Value, CommandError> {
    let mut line = serde_json::to_value(line).map_err(CommandError::Unexpected)?;
    if let Some(cells) = line.as_object_mut() {
        cells.extend(
            extra
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value)),
        );
    }
    Ok(line)
}

fn recount(
    format: OutputFormat,
    tenant: Option<String>,
    client: &AdminClient,
) -> Result<(), CommandError> {
    let path = format!("/v1/usage/recount{}", filter(tenant));
    let rows = client.get::<Vec<RecountDto>>(&path)?;
    if format == OutputFormat::Json {
        output::list(format, &[], &rows)?;
    } else {
        let flat = rows.iter().map(|row| {
            serde_json::json!({
                "tenant": row.tenant, "bucket": row.bucket, "agrees": row.agrees,
                "bytes": row.counters.bytes, "counted_bytes": row.sum.bytes,
                "objects": row.counters.objects, "counted_objects": row.sum.objects,
                "upload_bytes": row.counters.upload_bytes,
                "counted_upload_bytes": row.sum.upload_bytes,
            })
        });
        let columns = [
            "tenant",
            "bucket",
            "agrees",
            "bytes",
            "counted_bytes",
            "objects",
            "counted_objects",
            "upload_bytes",
            "counted_upload_bytes",
        ];
        output::list(format, &columns, &flat.collect::<Vec<_>>())?;
    }
    if rows.iter().all(|row| row.agrees) {
        Ok(())
    } else {
        Err(CommandError::Disagreement {
            text: texts::USAGE_DISAGREES,
        })
    }
}
