//! Operators: who they are, what their roles let them do, and who makes them.
//!
//! Owns: the check of a token, of the permission that a command needs, and the commands about
//! operators.
//! Not here: which role has which permission (`model::operator`), the rows (`catalog::operators`).

use crate::base::entropy::random_array;
use crate::base::secret::{Secret, SecretBytes};
use crate::catalog::error::CatalogError;
use crate::catalog::journal::Entry;
use crate::catalog::operators::{self, Installation, OperatorChange};
use crate::control::changes::append_difference;
use crate::control::error::ControlError;
use crate::control::{Control, facts};
use crate::model::operator::{OperatorName, OperatorStatus, Permission, Roles};
use crate::model::time::Timestamp;
use crate::storage::{EngineHealth, MetaBatch};

pub use crate::catalog::operators::OperatorRecord;

/// A day.
const DAY_MILLIS: u64 = 24 * 60 * 60 * 1000;

/// What the journal calls `riznica init`, by whom and what.
const INIT: (&str, &str) = ("init", "init");

/// Proof that an operator's token was checked, and that a role of its lets it do what the command
/// is.
#[derive(Clone, Debug)]
pub struct OperatorPermit {
    operator: OperatorName,
    operation: &'static str,
}

impl OperatorPermit {
    /// Who it is, for log and journal.
    pub fn operator_name(&self) -> &str {
        self.operator.as_str()
    }

    /// What it does, for the journal.
    pub const fn operation(&self) -> &'static str {
        self.operation
    }
}

/// What a command is, and what it needs.
#[derive(Clone, Copy, Debug)]
pub struct Errand {
    /// Its name.
    pub operation: &'static str,
    /// What it needs.
    pub permission: Permission,
    /// What it needs beside that.
    pub also: Option<Permission>,
}

/// An operator, and when it was last there.
#[derive(Clone, Debug)]
pub struct ListedOperator {
    /// The record.
    pub record: OperatorRecord,
    /// When it was last there, as far as is known.
    pub last_used: Option<Timestamp>,
}

/// What is changed about an operator; what is absent stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct OperatorChanges {
    /// What it is.
    pub roles: Option<Roles>,
    /// Whether its token works.
    pub status: Option<OperatorStatus>,
    /// When its token stops working, in days from now; `Some(None)` for never.
    pub valid_days: Option<Option<u32>>,
}

/// A token, shown once.
#[derive(Debug)]
pub struct IssuedToken {
    /// Whose it is.
    pub record: OperatorRecord,
    /// The token.
    pub token: Secret<32>,
}

impl Control {
    /// Checks an operator's token, and that a role of its lets it run the errand.
    ///
    /// # Errors
    /// `Denied`, the same for an unknown operator and a wrong token; `OperatorDisabled`,
    /// `OperatorExpired`, `RoleMissing`; or when rows fail.
    pub async fn authorize(
        &self,
        operator_name: &str,
        token: &SecretBytes,
        errand: Errand,
    ) -> Result<OperatorPermit, ControlError> {
        let name = OperatorName::parse(operator_name);
        let name = name.map_err(|_name| ControlError::Denied)?;
        let found = operators::verify_token(&*self.engine, &name, token.expose()).await?;
        let operator = found.ok_or(ControlError::Denied)?;
        if operator.status == OperatorStatus::Disabled {
            return Err(ControlError::OperatorDisabled);
        }
        let now = self.now();
        if operator.expires.is_some_and(|expires| now >= expires) {
            return Err(ControlError::OperatorExpired);
        }
        self.last_used.note_operator(&name, now);
        let mut needed = [Some(errand.permission), errand.also].into_iter().flatten();
        if let Some(permission) = needed.find(|own| !operator.roles.permit(*own)) {
            let roles = operator.roles;
            return Err(ControlError::RoleMissing { roles, permission });
        }
        Ok(OperatorPermit {
            operator: name,
            operation: errand.operation,
        })
    }

    /// Marks the store as initialised and makes the first operator, which has every permission.
    /// Returns the token, which is stored nowhere else.
    ///
    /// # Errors
    /// `Catalog(Taken)` when it is initialised already.
    pub async fn initialise(&self, name: &OperatorName) -> Result<Secret<32>, ControlError> {
        let token = Secret::generate(&*self.entropy)?;
        let now = self.now();
        let installation = Installation {
            installation_id: random_array(&*self.entropy)?,
            created: now,
        };
        let operator = OperatorRecord::new(name.clone(), Roles::FOUNDER, (now, ""), token.expose());
        let entry = Entry::new(INIT, subject(name), None, (now, &*self.entropy))?;
        let after = facts::operator(&operator);
        let note = |batch: &mut MetaBatch| entry.append(batch, None, Some(&after));
        operators::initialise(&*self.engine, &installation, &operator, note).await?;
        Ok(token)
    }

    /// Whether the store is initialised.
    ///
    /// # Errors
    /// When the rows fail.
    pub async fn is_initialised(&self) -> Result<bool, ControlError> {
        Ok(operators::installation(&*self.engine).await?.is_some())
    }

    /// All operators, by name.
    ///
    /// # Errors
    /// When rows fail.
    pub async fn list_operators(
        &self,
        _permit: &OperatorPermit,
    ) -> Result<Vec<ListedOperator>, ControlError> {
        let mut listed = Vec::new();
        for record in operators::list(&*self.engine).await? {
            listed.push(self.listed(record).await?);
        }
        Ok(listed)
    }

    /// An operator.
    ///
    /// # Errors
    /// `NoSuchOperator`, or when rows fail.
    pub async fn show_operator(
        &self,
        _permit: &OperatorPermit,
        name: &OperatorName,
    ) -> Result<ListedOperator, ControlError> {
        let found = operators::find(&*self.engine, name).await?;
        self.listed(found.ok_or(ControlError::NoSuchOperator)?)
            .await
    }

    async fn listed(&self, record: OperatorRecord) -> Result<ListedOperator, ControlError> {
        let last_used = self.last_used.of_operator(&*self.engine, &record.name);
        Ok(ListedOperator {
            last_used: last_used.await?,
            record,
        })
    }

    /// Makes an operator with a token.
    ///
    /// # Errors
    /// `OperatorTaken`, or when rows fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the operator survives power loss.
    pub async fn create_operator(
        &self,
        permit: &OperatorPermit,
        name: &OperatorName,
        roles: Roles,
        valid_days: Option<u32>,
    ) -> Result<IssuedToken, ControlError> {
        let token = Secret::generate(&*self.entropy)?;
        let made = (self.now(), permit.operator_name());
        let mut record = OperatorRecord::new(name.clone(), roles, made, token.expose());
        record.expires = valid_days.map(|days| self.in_days(days));
        let entry = self.entry(permit, subject(name), None)?;
        let after = facts::operator(&record);
        let note = |batch: &mut MetaBatch| entry.append(batch, None, Some(&after));
        match operators::create(&*self.engine, &record, note).await {
            Err(CatalogError::Taken) => return Err(ControlError::OperatorTaken),
            other => other?,
        }
        let by = permit.operator_name();
        tracing::info!(operator = by, name = %name, %roles, "operator created");
        Ok(IssuedToken { record, token })
    }

    /// Changes roles, status or expiry of an operator. A role or status counts from the next
    /// command on.
    ///
    /// # Errors
    /// `OwnRecord`, `NoSuchOperator`, `LastOfficer`, or when rows fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the change survives power loss.
    pub async fn change_operator(
        &self,
        permit: &OperatorPermit,
        name: &OperatorName,
        changes: OperatorChanges,
    ) -> Result<ListedOperator, ControlError> {
        Self::is_another(permit, name)?;
        let expires = changes.valid_days;
        let expires = expires.map(|days| days.map(|days| self.in_days(days)));
        let apply = |record: &mut OperatorRecord| {
            record.roles = changes.roles.unwrap_or(record.roles);
            record.status = changes.status.unwrap_or(record.status);
            record.expires = expires.unwrap_or(record.expires);
        };
        let record = self.apply(permit, name, apply).await?;
        tracing::info!(
            operator = permit.operator_name(), name = %name, ?changes, "operator changed"
        );
        self.listed(record).await
    }

    /// Gives an operator another token; the one before stops working.
    ///
    /// # Errors
    /// `NoSuchOperator`, or when rows fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the token survives power loss.
    pub async fn renew_operator(
        &self,
        permit: &OperatorPermit,
        name: &OperatorName,
    ) -> Result<IssuedToken, ControlError> {
        let token = Secret::generate(&*self.entropy)?;
        let apply = |record: &mut OperatorRecord| record.set_token(token.expose());
        let record = self.apply(permit, name, apply).await?;
        tracing::info!(operator = permit.operator_name(), name = %name, "operator's token renewed");
        Ok(IssuedToken { record, token })
    }

    async fn apply(
        &self,
        permit: &OperatorPermit,
        name: &OperatorName,
        apply: impl Fn(&mut OperatorRecord),
    ) -> Result<OperatorRecord, ControlError> {
        let entry = self.entry(permit, subject(name), None)?;
        let note = |batch: &mut MetaBatch, before: &_, after: Option<&_>| {
            let before = facts::operator(before);
            let after = after.map_or_else(Default::default, facts::operator);
            append_difference(&entry, batch, (&before, &after));
        };
        outcome(operators::change(&*self.engine, name, apply, note).await?)
    }

    /// Deletes an operator; what it did stays in the journal.
    ///
    /// # Errors
    /// `OwnRecord`, `NoSuchOperator`, `LastOfficer`, or when rows fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the deletion survives power loss.
    pub async fn delete_operator(
        &self,
        permit: &OperatorPermit,
        name: &OperatorName,
    ) -> Result<(), ControlError> {
        Self::is_another(permit, name)?;
        let entry = self.entry(permit, subject(name), None)?;
        let note = |batch: &mut MetaBatch, before: &_, _after: Option<&_>| {
            entry.append(batch, Some(&facts::operator(before)), None);
        };
        outcome(operators::delete(&*self.engine, name, note).await?)?;
        self.last_used.forget_operator(name);
        tracing::info!(operator = permit.operator_name(), name = %name, "operator deleted");
        Ok(())
    }

    /// Nobody gives itself a role, and nobody locks itself out by accident.
    fn is_another(permit: &OperatorPermit, name: &OperatorName) -> Result<(), ControlError> {
        if permit.operator == *name {
            Err(ControlError::OwnRecord)
        } else {
            Ok(())
        }
    }

    /// The time in so many days.
    pub(in crate::control) fn in_days(&self, days: u32) -> Timestamp {
        let life = u64::from(days).saturating_mul(DAY_MILLIS);
        Timestamp::from_millis(self.now().millis().saturating_add(life))
    }

    /// Whether rows can be read and the engine and the key service are well.
    pub async fn is_ready(&self) -> bool {
        let is_readable = self
            .is_initialised()
            .await
            .is_ok_and(|is_initialised| is_initialised);
        let takes_writes = self.engine.health() == EngineHealth::ReadWrite;
        is_readable && takes_writes && self.provider.health().await.is_ok()
    }

    /// The engine's figures, for metrics.
    pub fn engine_stats(&self) -> Vec<(&'static str, u64)> {
        self.engine.stats()
    }
}

fn subject(name: &OperatorName) -> String {
    format!("operator {name}")
}

fn outcome(change: OperatorChange) -> Result<OperatorRecord, ControlError> {
    match change {
        OperatorChange::Absent => Err(ControlError::NoSuchOperator),
        OperatorChange::Done(record) => Ok(*record),
        OperatorChange::LastOfficer => Err(ControlError::LastOfficer),
    }
}
