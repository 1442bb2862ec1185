//! The installation marker and the operators who may use the admin listener.
//!
//! Owns: what `riznica init` writes, operators' records, the check of an operator's token.
//! Not here: what an operator may do (`model::operator`), the commands (`control`), the credential
//! file (`cli`, `server::init`).
//!
//! A token is 32 random bytes; its SHA-256 is stored. A slow password hash would add nothing: there
//! is nothing to guess.
//!
//! Invariants
//! - O1: there is always a security officer who is active and does not expire; held by `change` and
//!   `delete`, whose batch has the condition that another one is as it was read. Otherwise nobody
//!   could make keys or operators any more.

use crate::base::codec::{CodecError, Reader};
use crate::base::digest::{DigestAlgorithm, digest};
use crate::base::secret::is_equal;
use crate::catalog::error::CatalogError;
use crate::catalog::record::{self, RecordKind};
use crate::catalog::{keyspace, tenants};
use crate::model::operator::{OperatorName, OperatorStatus, Role, Roles};
use crate::model::time::Timestamp;
use crate::storage::{CommitError, Engine, MetaBatch, MetaStore, Partition};
use bytes::Bytes;

/// Marks a data folder as initialised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// Random identity of this installation.
    pub installation_id: [u8; 16],
    /// When it was initialised.
    pub created: Timestamp,
}

/// An operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorRecord {
    /// Who it is.
    pub name: OperatorName,
    /// What it is.
    pub roles: Roles,
    /// Whether its token works.
    pub status: OperatorStatus,
    /// When its token stops working, if it does.
    pub expires: Option<Timestamp>,
    /// When it was made.
    pub created: Timestamp,
    /// By whom; empty for one of `riznica init`, and where nobody wrote it down.
    pub created_by: String,
    /// SHA-256 of the token.
    token_digest: Vec<u8>,
}

impl OperatorRecord {
    /// An active operator that does not expire.
    pub fn new(
        name: OperatorName,
        roles: Roles,
        (created, created_by): (Timestamp, &str),
        token: &[u8],
    ) -> Self {
        Self {
            name,
            roles,
            status: OperatorStatus::Active,
            expires: None,
            created,
            created_by: created_by.to_owned(),
            token_digest: digest(DigestAlgorithm::Sha256, token),
        }
    }

    /// Gives it another token; the one before stops working.
    pub fn set_token(&mut self, token: &[u8]) {
        self.token_digest = digest(DigestAlgorithm::Sha256, token);
    }

    /// Whether it can always make keys and operators (O1).
    fn is_lasting_officer(&self) -> bool {
        self.roles.has(Role::SecurityOfficer)
            && self.status == OperatorStatus::Active
            && self.expires.is_none()
    }

    fn encode(&self) -> Bytes {
        let row = record::encode(RecordKind::Operator, |w| {
            w.field(&self.token_digest)
                .u64(self.created.millis())
                .u8(self.roles.bits())
                .u8(self.status.number())
                .u64(self.expires.map_or(0, Timestamp::millis))
                .field(self.created_by.as_bytes());
        });
        row.into()
    }

    fn decode(name: OperatorName, bytes: &[u8]) -> Result<Self, CatalogError> {
        let read = |r: &mut Reader<'_>| {
            let mut record = Self {
                name,
                token_digest: r.field()?.to_vec(),
                created: Timestamp::from_millis(r.u64()?),
                roles: Roles::FOUNDER,
                status: OperatorStatus::Active,
                expires: None,
                created_by: String::new(),
            };
            // Rows from before there were roles end here: such an operator does everything.
            if r.rest().is_empty() {
                return Ok(record);
            }
            let roles = Roles::from_bits(r.u8()?);
            record.roles = roles.ok_or(CodecError::InvalidField("roles"))?;
            let status = OperatorStatus::from_number(r.u8()?);
            record.status = status.ok_or(CodecError::InvalidField("status"))?;
            let expires = r.u64()?;
            record.expires = (expires != 0).then(|| Timestamp::from_millis(expires));
            record.created_by = r.text("created by")?;
            Ok(record)
        };
        Ok(record::decode(RecordKind::Operator, bytes, read)?)
    }
}

/// Writes the installation marker and the first operator in one batch, with what `note` adds.
///
/// # Errors
/// `Taken` when the folder is initialised already.
pub async fn initialise(
    engine: &dyn Engine,
    installation: &Installation,
    operator: &OperatorRecord,
    note: impl Fn(&mut MetaBatch),
) -> Result<(), CatalogError> {
    let marker = record::encode(RecordKind::Installation, |w| {
        w.fixed(&installation.installation_id)
            .u64(installation.created.millis());
    });
    let mut batch = MetaBatch::new(Partition::System);
    batch
        .absent(keyspace::installation())
        .put(keyspace::installation(), marker.into())
        .put(keyspace::operator(&operator.name), operator.encode());
    note(&mut batch);
    match engine.commit(batch).await {
        Err(CommitError::ConditionFailed { .. }) => Err(CatalogError::Taken),
        other => Ok(other?),
    }
}

/// The installation marker, if the folder is initialised.
///
/// # Errors
/// When the engine fails or the row is corrupt.
pub async fn installation(engine: &dyn Engine) -> Result<Option<Installation>, CatalogError> {
    let row = MetaStore::get(engine, Partition::System, &keyspace::installation()).await?;
    let Some(bytes) = row else { return Ok(None) };
    let read = |r: &mut Reader<'_>| {
        Ok(Installation {
            installation_id: r.array()?,
            created: Timestamp::from_millis(r.u64()?),
        })
    };
    Ok(Some(record::decode(
        RecordKind::Installation,
        &bytes,
        read,
    )?))
}

/// The operator of this name, if this is its token, compared in constant time; whether it is active
/// is for the caller to look at.
///
/// # Errors
/// When the engine fails or the row is corrupt.
pub async fn verify_token(
    engine: &dyn Engine,
    name: &OperatorName,
    token: &[u8],
) -> Result<Option<OperatorRecord>, CatalogError> {
    let found = find(engine, name).await?;
    let presented = digest(DigestAlgorithm::Sha256, token);
    // An unknown operator costs the same comparison.
    let nothing = vec![0; presented.len()];
    let stored = found.as_ref().map_or(&nothing, |own| &own.token_digest);
    let is_right = is_equal(stored, &presented);
    Ok(found.filter(|_| is_right))
}

/// Finds an operator.
///
/// # Errors
/// When the engine fails or the row is corrupt.
pub async fn find(
    engine: &dyn Engine,
    name: &OperatorName,
) -> Result<Option<OperatorRecord>, CatalogError> {
    let row = MetaStore::get(engine, Partition::System, &keyspace::operator(name)).await?;
    row.map(|bytes| OperatorRecord::decode(name.clone(), &bytes))
        .transpose()
}

/// All operators, by name.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub async fn list(engine: &dyn Engine) -> Result<Vec<OperatorRecord>, CatalogError> {
    let rows = tenants::scan_system(engine, keyspace::OPERATOR).await?;
    rows.iter().map(|row| Ok(decode_row(row)?.1)).collect()
}

/// A row's name, and the operator in it.
fn decode_row((row, bytes): &(Bytes, Bytes)) -> Result<(Bytes, OperatorRecord), CatalogError> {
    let name = row.get(1..).map(std::str::from_utf8).and_then(Result::ok);
    let name = name.and_then(|name| OperatorName::parse(name).ok());
    let name = name.ok_or(CatalogError::Inconsistent("operator name"))?;
    Ok((row.clone(), OperatorRecord::decode(name, bytes)?))
}

/// Stores a new operator, with what `note` adds to the batch.
///
/// # Errors
/// `Taken` when there is one of this name.
///
/// # Durability
/// When this returns `Ok`, the operator survives power loss.
pub async fn create(
    engine: &dyn Engine,
    operator: &OperatorRecord,
    note: impl Fn(&mut MetaBatch),
) -> Result<(), CatalogError> {
    let row = keyspace::operator(&operator.name);
    let mut batch = MetaBatch::new(Partition::System);
    batch.absent(row.clone()).put(row, operator.encode());
    note(&mut batch);
    match engine.commit(batch).await {
        Err(CommitError::ConditionFailed { .. }) => Err(CatalogError::Taken),
        other => Ok(other?),
    }
}

/// How a change of an operator ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperatorChange {
    /// There is no such operator.
    Absent,
    /// It was made.
    Done(Box<OperatorRecord>),
    /// It would leave no security officer who is active and does not expire (O1).
    LastOfficer,
}

/// Attempts to change an operator while others change it, or the officer who stays, too.
const CHANGE_ATTEMPTS_MAX: usize = 64;

/// Changes an operator; `note` sees it before and after and adds to the batch. Answers with the
/// operator after it.
///
/// # Errors
/// `Contended`, or when the engine fails or a row is corrupt.
///
/// # Durability
/// When this returns `Done`, the change survives power loss.
pub async fn change(
    engine: &dyn Engine,
    name: &OperatorName,
    apply: impl Fn(&mut OperatorRecord),
    note: impl Fn(&mut MetaBatch, &OperatorRecord, Option<&OperatorRecord>),
) -> Result<OperatorChange, CatalogError> {
    replace(
        engine,
        name,
        &|before| {
            let mut after = before.clone();
            apply(&mut after);
            Some(after)
        },
        &note,
    )
    .await
}

/// Deletes an operator; otherwise as [`change`]. Answers with the operator as it was.
///
/// # Errors
/// As [`change`].
///
/// # Durability
/// When this returns `Done`, the deletion survives power loss.
pub async fn delete(
    engine: &dyn Engine,
    name: &OperatorName,
    note: impl Fn(&mut MetaBatch, &OperatorRecord, Option<&OperatorRecord>),
) -> Result<OperatorChange, CatalogError> {
    replace(engine, name, &|_before| None, &note).await
}

async fn replace(
    engine: &dyn Engine,
    name: &OperatorName,
    apply: &impl Fn(&OperatorRecord) -> Option<OperatorRecord>,
    note: &impl Fn(&mut MetaBatch, &OperatorRecord, Option<&OperatorRecord>),
) -> Result<OperatorChange, CatalogError> {
    let row = keyspace::operator(name);
    for _ in 0..CHANGE_ATTEMPTS_MAX {
        let old = MetaStore::get(engine, Partition::System, &row).await?;
        let Some(old) = old else {
            return Ok(OperatorChange::Absent);
        };
        let before = OperatorRecord::decode(name.clone(), &old)?;
        let after = apply(&before);
        let mut batch = MetaBatch::new(Partition::System);
        batch.equals(row.clone(), old);
        let stays = after
            .as_ref()
            .is_some_and(OperatorRecord::is_lasting_officer);
        if before.is_lasting_officer()
            && !stays
            && !rest_on_another(engine, name, &mut batch).await?
        {
            return Ok(OperatorChange::LastOfficer);
        }
        match &after {
            Some(after) => batch.put(row.clone(), after.encode()),
            None => batch
                .delete(row.clone())
                .delete(keyspace::operator_last_used(name)),
        };
        note(&mut batch, &before, after.as_ref());
        match engine.commit(batch).await {
            Err(CommitError::ConditionFailed { .. }) => {}
            other => {
                let told = after.unwrap_or(before);
                return Ok(other.map(|()| OperatorChange::Done(Box::new(told)))?);
            }
        }
    }
    Err(CatalogError::Contended)
}

/// Makes the batch depend on another lasting officer staying as it is; `false` when there is none.
async fn rest_on_another(
    engine: &dyn Engine,
    name: &OperatorName,
    batch: &mut MetaBatch,
) -> Result<bool, CatalogError> {
    for found in tenants::scan_system(engine, keyspace::OPERATOR).await? {
        let (row, other) = decode_row(&found)?;
        if other.name != *name && other.is_lasting_officer() {
            batch.equals(row, found.1);
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::MemoryEngine;
    use std::sync::Arc;
    use tokio::task::JoinSet;

    fn named(name: &str) -> OperatorName {
        OperatorName::parse(name).unwrap()
    }

    fn officer(name: &str) -> OperatorRecord {
        let created = (Timestamp::from_millis(7), "mara");
        let roles = Roles::of([Role::SecurityOfficer]).unwrap();
        OperatorRecord::new(named(name), roles, created, name.as_bytes())
    }

    fn silent(_: &mut MetaBatch, _: &OperatorRecord, _: Option<&OperatorRecord>) {}

    async fn store(engine: &MemoryEngine, operator: &OperatorRecord) {
        create(engine, operator, |_batch| {}).await.unwrap();
    }

    #[tokio::test]
    async fn row_of_before_there_were_roles_does_everything() {
        let engine = MemoryEngine::new();
        let row = record::encode(RecordKind::Operator, |w| {
            w.field(&digest(DigestAlgorithm::Sha256, b"token")).u64(5);
        });
        let mut batch = MetaBatch::new(Partition::System);
        batch.put(keyspace::operator(&named("operator")), row.into());
        engine.commit(batch).await.unwrap();
        let name = named("operator");
        let found = verify_token(&engine, &name, b"token")
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.roles, Roles::FOUNDER);
        assert_eq!(
            (found.status, found.expires),
            (OperatorStatus::Active, None)
        );
        assert_eq!((found.created.millis(), found.created_by.as_str()), (5, ""));
        assert_eq!(verify_token(&engine, &name, b"other").await.unwrap(), None);
        // It is the last officer, as old as it is.
        let outcome = delete(&engine, &name, silent).await.unwrap();
        assert_eq!(outcome, OperatorChange::LastOfficer);
    }

    #[tokio::test]
    async fn operator_is_read_back_and_its_new_token_ends_the_old_one() {
        let engine = MemoryEngine::new();
        store(&engine, &officer("mara")).await;
        let mut ana = officer("ana");
        ana.roles = Roles::of([Role::Auditor]).unwrap();
        ana.status = OperatorStatus::Disabled;
        ana.expires = Some(Timestamp::from_millis(99));
        store(&engine, &ana).await;
        let taken = create(&engine, &ana, |_batch| {}).await.unwrap_err();
        assert!(matches!(taken, CatalogError::Taken));
        assert_eq!(list(&engine).await.unwrap(), [ana.clone(), officer("mara")]);
        let apply = |own: &mut OperatorRecord| own.set_token(b"new");
        change(&engine, &ana.name, apply, silent).await.unwrap();
        assert_eq!(
            verify_token(&engine, &ana.name, b"ana").await.unwrap(),
            None
        );
        let found = verify_token(&engine, &ana.name, b"new").await.unwrap();
        assert_eq!(found.unwrap().expires, ana.expires);
        let gone = delete(&engine, &ana.name, silent).await.unwrap();
        assert!(matches!(gone, OperatorChange::Done(_)));
        let gone = delete(&engine, &ana.name, silent).await.unwrap();
        assert_eq!(gone, OperatorChange::Absent);
    }

    #[tokio::test]
    async fn o1_last_lasting_officer_stays_one() {
        let engine = MemoryEngine::new();
        store(&engine, &officer("mara")).await;
        let mut guest = officer("guest");
        guest.expires = Some(Timestamp::from_millis(u64::MAX));
        store(&engine, &guest).await;
        let changes: [fn(&mut OperatorRecord); 3] = [
            |own| own.status = OperatorStatus::Disabled,
            |own| own.expires = Some(Timestamp::from_millis(1)),
            |own| own.roles = Roles::of([Role::Operator]).unwrap(),
        ];
        for apply in changes {
            let outcome = change(&engine, &named("mara"), apply, silent)
                .await
                .unwrap();
            assert_eq!(outcome, OperatorChange::LastOfficer);
            assert_eq!(
                find(&engine, &named("mara")).await.unwrap(),
                Some(officer("mara"))
            );
        }
        store(&engine, &officer("second")).await;
        let [disable, ..] = changes;
        let outcome = change(&engine, &named("mara"), disable, silent)
            .await
            .unwrap();
        assert!(matches!(outcome, OperatorChange::Done(_)));
        let outcome = delete(&engine, &named("second"), silent).await.unwrap();
        assert_eq!(outcome, OperatorChange::LastOfficer);
    }

    #[tokio::test]
    async fn o1_officers_who_delete_one_another_leave_one() {
        let engine = Arc::new(MemoryEngine::new());
        let names: Vec<String> = (0..8).map(|number| format!("officer-{number}")).collect();
        for name in &names {
            store(&engine, &officer(name)).await;
        }
        let mut tasks = JoinSet::new();
        for name in names {
            let engine = Arc::clone(&engine);
            tasks.spawn(async move { delete(&*engine, &named(&name), silent).await.unwrap() });
        }
        let outcomes = tasks.join_all().await;
        let is_kept = |own: &&OperatorChange| **own == OperatorChange::LastOfficer;
        assert_eq!(outcomes.iter().filter(is_kept).count(), 1, "{outcomes:?}");
        assert_eq!(list(&*engine).await.unwrap().len(), 1);
    }
}
