//! The journal of operators' changes, for operators.
//!
//! Owns: the entry that each command makes, and reading them.
//! Not here: the rows (`catalog::journal`), what is told of what was changed (`facts`).

use crate::catalog::journal::{self, ChangePage, ChangeQuery, Entry};
use crate::control::error::ControlError;
use crate::control::facts;
use crate::control::{Control, OperatorPermit};
use crate::model::tenant::TenantName;
use crate::storage::MetaBatch;
use serde_json::Value;

/// Makes a change that replaces something part of the batch that replaces it.
pub(in crate::control) fn append_difference(
    entry: &Entry,
    batch: &mut MetaBatch,
    (before, after): (&Value, &Value),
) {
    let (before, after) = facts::differing(before, after);
    entry.append(batch, Some(&before), Some(&after));
}

impl Control {
    /// The entry of a change that is about to be made.
    pub(in crate::control) fn entry(
        &self,
        permit: &OperatorPermit,
        subject: String,
        tenant: Option<&TenantName>,
    ) -> Result<Entry, ControlError> {
        let by = (permit.operator_name(), permit.operation());
        let tenant = tenant.map(ToString::to_string);
        let at = (self.now(), &*self.entropy);
        Ok(Entry::new(by, subject, tenant, at)?)
    }

    /// Changes that operators made, oldest first.
    ///
    /// # Errors
    /// When rows fail or are corrupt.
    pub async fn list_changes(
        &self,
        _permit: &OperatorPermit,
        query: ChangeQuery,
    ) -> Result<ChangePage, ControlError> {
        Ok(journal::page(&*self.engine, query).await?)
    }
}
