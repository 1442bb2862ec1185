//! Usage by months and hours on the admin listener: JSON shapes and the command.

use crate::admin::app::{Outcome, Permit, State};
use crate::control::usage::{UsageLine, UsageQuestion, UsageReport};
use crate::model::month::{Month, hour_start};
use crate::model::tenant::TenantName;
use crate::model::time::Timestamp;
use crate::model::traffic::{Figures, RequestKind};
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

/// Which usage.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UsageFilter {
    /// The tenant's name; without it all tenants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Such as `2026-11`; without it the current month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<String>,
    /// Whether hours are told apart.
    #[serde(default)]
    pub hourly: bool,
}

/// How much was used.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct FiguresDto {
    /// Bytes held times hours, to the nearest.
    pub byte_hours: u64,
    /// Bytes held times milliseconds, exact, as a text: it may be larger than numbers of JSON are
    /// safe for.
    pub byte_milliseconds: String,
    /// Versions and delete markers held times hours, to the nearest.
    pub object_hours: u64,
    /// Bytes of all versions and of all parts of unfinished uploads, at the end.
    pub bytes: u64,
    /// Versions and delete markers, at the end.
    pub objects: u64,
    /// Bytes of parts of unfinished uploads alone, at the end.
    pub upload_bytes: u64,
    /// Requests that store.
    pub put: u64,
    /// Requests that read objects.
    pub get: u64,
    /// Requests that look at objects or buckets.
    pub head: u64,
    /// Requests that list.
    pub list: u64,
    /// Requests that delete.
    pub delete: u64,
    /// All other requests.
    pub other: u64,
    /// Bytes of requests' bodies.
    pub bytes_in: u64,
    /// Bytes of answers' bodies.
    pub bytes_out: u64,
}

impl From<&Figures> for FiguresDto {
    fn from(figures: &Figures) -> Self {
        let requests = |kind| figures.traffic.requests_of(kind);
        Self {
            byte_hours: figures.bytes.hours(),
            byte_milliseconds: figures.bytes.millis.to_string(),
            object_hours: figures.objects.hours(),
            bytes: figures.bytes.last,
            objects: figures.objects.last,
            upload_bytes: figures.upload_bytes.last,
            put: requests(RequestKind::Put),
            get: requests(RequestKind::Get),
            head: requests(RequestKind::Head),
            list: requests(RequestKind::List),
            delete: requests(RequestKind::Delete),
            other: requests(RequestKind::Other),
            bytes_in: figures.traffic.bytes_in,
            bytes_out: figures.traffic.bytes_out,
        }
    }
}

/// Usage of a bucket in the month, or in an hour of it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct UsageLineDto {
    /// The tenant.
    pub tenant: String,
    /// The bucket; null for requests that are about none.
    pub bucket: Option<String>,
    /// When the hour begins, ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hour: Option<String>,
    /// When the bucket was deleted, ISO 8601.
    pub deleted: Option<String>,
    /// How much.
    #[serde(flatten)]
    pub figures: FiguresDto,
}

impl From<&UsageLine> for UsageLineDto {
    fn from(line: &UsageLine) -> Self {
        Self {
            tenant: line.tenant.to_string(),
            bucket: line.usage.name.as_ref().map(ToString::to_string),
            hour: line.hour.map(|hour| hour_start(hour).iso8601()),
            deleted: line.usage.ended.map(Timestamp::iso8601),
            figures: (&line.usage.figures).into(),
        }
    }
}

/// What was used.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct UsageReportDto {
    /// The month.
    pub month: String,
    /// Up to when, ISO 8601, on the retention clock.
    pub as_of: String,
    /// Whether the month is over and its figures stay.
    pub complete: bool,
    /// By tenants, hours and buckets.
    pub lines: Vec<UsageLineDto>,
    /// All buckets together; absent where hours are told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<FiguresDto>,
}

impl UsageReportDto {
    fn of(report: &UsageReport, by_hours: bool) -> Self {
        Self {
            month: report.month.to_string(),
            as_of: report.as_of.iso8601(),
            complete: report.is_complete,
            lines: report.lines.iter().map(UsageLineDto::from).collect(),
            total: (!by_hours).then(|| (&report.total()).into()),
        }
    }
}

/// What was used in a month, up to now.
///
/// # Errors
/// `InvalidMonth`, `NoSuchTenant`, or when rows fail.
pub async fn report(permit: Permit, state: State, filter: web::Query<UsageFilter>) -> Outcome {
    let tenant = filter.tenant.as_deref().map(TenantName::parse);
    let month = filter.month.as_deref().map(Month::parse);
    let question = UsageQuestion {
        tenant: tenant.transpose()?,
        month: month.transpose()?,
        by_hours: filter.hourly,
    };
    let report = state.control.usage(&permit, question).await?;
    Ok(HttpResponse::Ok().json(UsageReportDto::of(&report, filter.hourly)))
}
