//! Tenants that are being set up after a template.
//!
//! Owns: the row that says so, from the tenant's creation on until all of it is there; who takes it
//! over goes on, and who had it before cannot finish any more.
//! Not here: the steps (`control::templates`).

use crate::base::codec::Reader;
use crate::catalog::error::CatalogError;
use crate::catalog::keyspace;
use crate::catalog::record::{self, RecordKind};
use crate::model::id::TenantId;
use crate::storage::{CommitError, Engine, MetaBatch, MetaStore, Partition};

/// A setup under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantSetup {
    /// The template's name.
    pub template: String,
    /// The attempt that may finish it.
    pub attempt: [u8; 16],
}

impl TenantSetup {
    /// The row.
    pub fn encode(&self) -> Vec<u8> {
        record::encode(RecordKind::TenantSetup, |w| {
            w.field(self.template.as_bytes()).fixed(&self.attempt);
        })
    }

    /// Reads a row.
    ///
    /// # Errors
    /// `Decode` when it does not decode.
    pub fn decode(row: &[u8]) -> Result<Self, CatalogError> {
        let read = |r: &mut Reader<'_>| {
            Ok(Self {
                template: r.text("template")?,
                attempt: r.array()?,
            })
        };
        Ok(record::decode(RecordKind::TenantSetup, row, read)?)
    }

    /// Begins with the tenant, in the batch that creates it.
    pub fn begin(&self, batch: &mut MetaBatch, tenant: TenantId) {
        batch.put(keyspace::tenant_setup(tenant), self.encode().into());
    }

    /// The setup of a tenant, if it is under way.
    ///
    /// # Errors
    /// When the engine fails or the row is corrupt.
    pub async fn of(engine: &dyn Engine, tenant: TenantId) -> Result<Option<Self>, CatalogError> {
        let row = keyspace::tenant_setup(tenant);
        let row = MetaStore::get(engine, Partition::System, &row).await?;
        row.map(|row| Self::decode(&row)).transpose()
    }

    /// Goes on with it in another attempt.
    ///
    /// # Errors
    /// `Contended` when it is over or was taken over by somebody else; when the engine fails.
    pub async fn take_over(
        &self,
        engine: &dyn Engine,
        tenant: TenantId,
        attempt: [u8; 16],
    ) -> Result<Self, CatalogError> {
        let template = self.template.clone();
        let taken = Self { template, attempt };
        let mut batch = self.own_batch(tenant);
        taken.begin(&mut batch, tenant);
        commit(engine, batch).await?;
        Ok(taken)
    }

    /// Ends it: the tenant is there. `note` adds what is there from then on.
    ///
    /// # Errors
    /// `Contended` when somebody else has taken it over; when the engine fails.
    pub async fn finish(
        &self,
        engine: &dyn Engine,
        tenant: TenantId,
        note: impl FnOnce(&mut MetaBatch),
    ) -> Result<(), CatalogError> {
        let mut batch = self.own_batch(tenant);
        batch.delete(keyspace::tenant_setup(tenant));
        note(&mut batch);
        commit(engine, batch).await
    }

    fn own_batch(&self, tenant: TenantId) -> MetaBatch {
        let mut batch = MetaBatch::new(Partition::System);
        batch.equals(keyspace::tenant_setup(tenant), self.encode().into());
        batch
    }
}

async fn commit(engine: &dyn Engine, batch: MetaBatch) -> Result<(), CatalogError> {
    match engine.commit(batch).await {
        Err(CommitError::ConditionFailed { .. }) => Err(CatalogError::Contended),
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::MemoryEngine;

    const TENANT: TenantId = TenantId::from_bytes([1; 16]);

    #[tokio::test]
    async fn setup_is_finished_by_who_took_it_over_last() {
        let engine = MemoryEngine::new();
        assert_eq!(TenantSetup::of(&engine, TENANT).await.unwrap(), None);
        let first = TenantSetup {
            template: "city".to_owned(),
            attempt: [1; 16],
        };
        assert_eq!(TenantSetup::decode(&first.encode()).unwrap(), first);
        let mut batch = MetaBatch::new(Partition::System);
        first.begin(&mut batch, TENANT);
        engine.commit(batch).await.unwrap();
        let second = first.take_over(&engine, TENANT, [2; 16]).await.unwrap();
        let found = TenantSetup::of(&engine, TENANT).await.unwrap();
        assert_eq!(found.as_ref(), Some(&second));
        for late in [
            first.finish(&engine, TENANT, |_batch| {}).await,
            first.take_over(&engine, TENANT, [3; 16]).await.map(drop),
        ] {
            assert!(matches!(late, Err(CatalogError::Contended)));
        }
        second.finish(&engine, TENANT, |_batch| {}).await.unwrap();
        assert_eq!(TenantSetup::of(&engine, TENANT).await.unwrap(), None);
        let again = second.finish(&engine, TENANT, |_batch| {});
        again.await.unwrap_err();
    }
}
