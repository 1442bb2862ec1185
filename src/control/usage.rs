//! What tenants used in a month, for operators.

use crate::catalog::tenants;
use crate::catalog::usage_months;
use crate::control::error::ControlError;
use crate::control::{Control, OperatorPermit};
use crate::model::month::{Hour, Month};
use crate::model::tenant::TenantName;
use crate::model::time::Timestamp;
use crate::model::traffic::Figures;

// What the admin frontend sees of the rows.
pub use crate::catalog::usage_months::BucketUsage;

/// Which usage.
#[derive(Clone, Debug, Default)]
pub struct UsageQuestion {
    /// Of one tenant, or of all.
    pub tenant: Option<TenantName>,
    /// Of a month, or of the current one.
    pub month: Option<Month>,
    /// Whether hours are told apart.
    pub by_hours: bool,
}

/// What was used.
#[derive(Clone, Debug)]
pub struct UsageReport {
    /// The month.
    pub month: Month,
    /// Up to when, on the retention clock.
    pub as_of: Timestamp,
    /// Whether the month is over and its figures stay.
    pub is_complete: bool,
    /// By tenants, hours and buckets.
    pub lines: Vec<UsageLine>,
}

/// Usage of a bucket in the month or in an hour of it.
#[derive(Clone, Debug)]
pub struct UsageLine {
    /// The bucket's owner.
    pub tenant: TenantName,
    /// The hour.
    pub hour: Option<Hour>,
    /// How much.
    pub usage: BucketUsage,
}

impl UsageReport {
    /// All buckets together. Of hours there is no sum: what is held at their ends does not add up.
    pub fn total(&self) -> Figures {
        let lines = self.lines.iter();
        lines.fold(Figures::default(), |sum, line| {
            sum.beside(&line.usage.figures)
        })
    }
}

impl Control {
    /// What was used in a month, up to now.
    ///
    /// # Errors
    /// `HoursGone`, `HoursOfAll`, `MonthAhead`, `NoSuchTenant`, or when rows fail.
    pub async fn usage(
        &self,
        permit: &OperatorPermit,
        question: UsageQuestion,
    ) -> Result<UsageReport, ControlError> {
        let engine = &*self.engine;
        let now = self.retention.now();
        let month = question.month.unwrap_or_else(|| Month::of(now));
        if month.start() > now {
            return Err(ControlError::MonthAhead);
        }
        let tenants = match &question.tenant {
            Some(name) => vec![self.find_tenant(permit, name).await?],
            None if question.by_hours => return Err(ControlError::HoursOfAll),
            None => tenants::list(engine).await?,
        };
        // What was counted up to now is told too.
        if let Err(error) = self.traffic.store(engine).await {
            let kind = error.kind();
            tracing::warn!(%error, ?kind, "usage is told without what waits to be stored");
        }
        let mut report = UsageReport {
            month,
            as_of: now.min(month.end()),
            is_complete: true,
            lines: Vec::new(),
        };
        for tenant in tenants {
            let id = tenant.tenant;
            report.is_complete &= usage_months::is_closed(engine, id, month).await?;
            let line = |hour, usage| UsageLine {
                tenant: tenant.name.clone(),
                hour,
                usage,
            };
            if question.by_hours {
                let usages = usage_months::by_hours(engine, id, month, now).await?;
                let usages = usages.ok_or(ControlError::HoursGone)?;
                let lines = usages.into_iter();
                let lines = lines.map(|(hour, usage)| line(Some(hour), usage));
                report.lines.extend(lines);
            } else {
                let usages = usage_months::of_tenant(engine, id, month, now).await?;
                let lines = usages.into_iter().map(|usage| line(None, usage));
                report.lines.extend(lines);
            }
        }
        Ok(report)
    }
}
