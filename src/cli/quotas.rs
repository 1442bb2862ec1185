//! `riznica quota`.

use crate::admin::quotas::{LimitsDto, QuotaDto};
use crate::base::encoding::uri_encode;
use crate::cli::args::{AdminArguments, Limit, OutputFormat, QuotaCommand, QuotaOwner};
use crate::cli::client::AdminClient;
use crate::cli::error::CommandError;
use crate::cli::output;
use serde::Serialize;

/// A line of the table.
#[derive(Serialize)]
struct Line {
    quota: &'static str,
    used: u64,
    limit: Option<u64>,
    percent: Option<String>,
}

/// Runs a `quota` command.
///
/// # Errors
/// `CommandError`.
pub fn quota(
    format: OutputFormat,
    command: QuotaCommand,
    admin: &AdminArguments,
) -> Result<(), CommandError> {
    let client = AdminClient::new(admin)?;
    match command {
        QuotaCommand::Set {
            owner,
            bytes,
            objects,
            upload_bytes,
            buckets,
        } => {
            let path = path(&owner);
            let old = client.get::<QuotaDto>(&path)?.limits;
            let new = LimitsDto {
                bytes: changed(bytes, old.bytes),
                objects: changed(objects, old.objects),
                upload_bytes: changed(upload_bytes, old.upload_bytes),
                buckets: changed(buckets, old.buckets),
            };
            show(format, client.put::<QuotaDto>(&path, &new)?)
        }
        QuotaCommand::Show { owner } => show(format, client.get::<QuotaDto>(&path(&owner))?),
    }
}

fn path(owner: &QuotaOwner) -> String {
    let (kind, name) = match (&owner.tenant, &owner.bucket) {
        (Some(tenant), _) => ("tenants", tenant.as_str()),
        (None, bucket) => ("buckets", bucket.as_deref().unwrap_or_default()),
    };
    format!("/v1/{kind}/{}/quota", uri_encode(name.as_bytes()))
}

fn changed(asked: Option<Limit>, old: Option<u64>) -> Option<u64> {
    asked.map_or(old, |asked| asked.0)
}

fn show(format: OutputFormat, quota: QuotaDto) -> Result<(), CommandError> {
    if format == OutputFormat::Json {
        return output::one(format, &quota);
    }
    let (limits, usage) = (quota.limits, quota.usage);
    let mut lines = vec![
        line("bytes", usage.bytes, limits.bytes),
        line("objects", usage.objects, limits.objects),
        line("upload_bytes", usage.upload_bytes, limits.upload_bytes),
    ];
    lines.extend(
        quota
            .buckets
            .map(|own| line("buckets", own, limits.buckets)),
    );
    output::list(format, &["quota", "used", "limit", "percent"], &lines)
}

fn line(quota: &'static str, used: u64, limit: Option<u64>) -> Line {
    let percent = limit.filter(|limit| *limit > 0).map(|limit| {
        let tenths = u128::from(used) * 1000 / u128::from(limit);
        format!("{}.{}", tenths / 10, tenths % 10)
    });
    Line {
        quota,
        used,
        limit,
        percent,
    }
}
