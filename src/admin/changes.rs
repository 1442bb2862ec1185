//! The journal of operators' changes on the admin listener.

use crate::admin::app::{Outcome, Permit, State};
use crate::admin::error::AdminError;
use crate::control::{Change, ChangePage, ChangeQuery};
use crate::model::id::ChangeId;
use crate::model::operator::OperatorName;
use crate::model::tenant::TenantName;
use crate::model::time::Timestamp;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Changes of a page, when the client does not say.
const PAGE_DEFAULT: usize = 100;
/// Changes of a page at most.
const PAGE_MAX: usize = 1000;

/// Which changes are asked for.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeFilter {
    /// Those made then or later, ISO 8601.
    #[serde(default)]
    pub since: Option<String>,
    /// Those about this tenant.
    #[serde(default)]
    pub tenant: Option<String>,
    /// Those by this operator.
    #[serde(default)]
    pub operator: Option<String>,
    /// Those behind a page, by its `next_marker`.
    #[serde(default)]
    pub marker: Option<String>,
    /// So many at most.
    #[serde(default)]
    pub limit: Option<usize>,
}

impl ChangeFilter {
    fn query(&self) -> Result<ChangeQuery, AdminError> {
        let since = self.since.as_deref();
        let since = since.map(|text| Timestamp::parse_iso8601(text).ok_or(AdminError::InvalidTime));
        let tenant = self.tenant.as_deref().map(TenantName::parse).transpose()?;
        let operator = self.operator.as_deref().map(OperatorName::parse);
        let behind = self.marker.as_deref().map(str::parse::<ChangeId>);
        let behind = behind
            .transpose()
            .map_err(|_id| AdminError::InvalidMarker)?;
        let limit = self.limit.unwrap_or(PAGE_DEFAULT);
        if !(1..=PAGE_MAX).contains(&limit) {
            return Err(AdminError::InvalidPageLimit);
        }
        Ok(ChangeQuery {
            behind,
            since: since.transpose()?,
            tenant: tenant.map(|name| name.to_string()),
            operator: operator.transpose()?.map(|name| name.to_string()),
            limit,
        })
    }
}

/// A change that an operator made.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ChangeDto {
    /// Its place in the journal.
    pub id: String,
    /// When it was made, ISO 8601.
    pub at: String,
    /// Who made it.
    pub operator: String,
    /// By which operation of this document.
    pub operation: String,
    /// What was changed.
    pub subject: String,
    /// The tenant whom it concerns, if it is one's.
    pub tenant: Option<String>,
    /// What it was; of what was changed only what differs. Nothing where it was made.
    pub before: Option<Value>,
    /// What it is. Nothing where it was taken away.
    pub after: Option<Value>,
}

impl From<Change> for ChangeDto {
    fn from(change: Change) -> Self {
        // What is no JSON was not written by this program; it is told as it is.
        let value = |text: String| serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self {
            id: change.id.to_string(),
            at: change.at.iso8601_millis(),
            operator: change.operator,
            operation: change.operation,
            subject: change.subject,
            tenant: change.tenant,
            before: change.before.map(value),
            after: change.after.map(value),
        }
    }
}

/// A page of changes.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ChangePageDto {
    /// The changes, oldest first.
    pub changes: Vec<ChangeDto>,
    /// Where the next page begins; nothing when there is none. A page may be empty and not the
    /// last.
    pub next_marker: Option<String>,
}

impl From<ChangePage> for ChangePageDto {
    fn from(page: ChangePage) -> Self {
        Self {
            changes: page.changes.into_iter().map(ChangeDto::from).collect(),
            next_marker: page.next.map(|id| id.to_string()),
        }
    }
}

/// A page of changes, oldest first.
///
/// # Errors
/// An invalid filter, or when rows fail.
pub async fn list(permit: Permit, state: State, filter: web::Query<ChangeFilter>) -> Outcome {
    let query = filter.query()?;
    let page = state.control.list_changes(&permit, query).await?;
    Ok(HttpResponse::Ok().json(ChangePageDto::from(page)))
}
