//! When access keys and operators were last used.
//!
//! Owns: noting a use in memory, and the rows that notes are stored in now and then: a durable
//! write for each request would cost more than the request. A crash loses the uses since the last
//! store.
//! Not here: when notes are stored (`jobs::last_used`).

use crate::auth::AccessKeyId;
use crate::base::codec::Reader;
use crate::catalog::error::CatalogError;
use crate::catalog::keyspace;
use crate::catalog::record::{self, RecordKind};
use crate::model::operator::OperatorName;
use crate::model::time::Timestamp;
use crate::storage::{Engine, MetaBatch, MetaKey, MetaStore, Partition};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Notes that are stored in one batch.
const BATCH_MAX: usize = 1000;

/// Uses since the last store, by row. Only keys and operators that exist are noted: it is bounded
/// by their number.
#[derive(Debug, Default)]
pub struct LastUsed {
    noted: Mutex<BTreeMap<MetaKey, Timestamp>>,
}

impl LastUsed {
    /// Notes that a key was used.
    pub fn note(&self, id: &AccessKeyId, now: Timestamp) {
        self.note_row(keyspace::last_used(id), now);
    }

    /// Notes that an operator was there.
    pub fn note_operator(&self, name: &OperatorName, now: Timestamp) {
        self.note_row(keyspace::operator_last_used(name), now);
    }

    /// Forgets what was noted of an operator that is gone: one who is called so later is another.
    pub fn forget_operator(&self, name: &OperatorName) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.remove(&keyspace::operator_last_used(name));
    }

    fn note_row(&self, row: MetaKey, now: Timestamp) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let known = noted.entry(row).or_insert(now);
        *known = now.max(*known);
    }

    /// When a key was last used, as far as is known.
    ///
    /// # Errors
    /// When the engine fails or the row is corrupt.
    pub async fn of(
        &self,
        engine: &dyn Engine,
        id: &AccessKeyId,
    ) -> Result<Option<Timestamp>, CatalogError> {
        self.of_row(engine, keyspace::last_used(id)).await
    }

    /// When an operator was last there, as far as is known.
    ///
    /// # Errors
    /// When the engine fails or the row is corrupt.
    pub async fn of_operator(
        &self,
        engine: &dyn Engine,
        name: &OperatorName,
    ) -> Result<Option<Timestamp>, CatalogError> {
        self.of_row(engine, keyspace::operator_last_used(name))
            .await
    }

    async fn of_row(
        &self,
        engine: &dyn Engine,
        row: MetaKey,
    ) -> Result<Option<Timestamp>, CatalogError> {
        let noted = {
            let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
            noted.get(&row).copied()
        };
        if noted.is_some() {
            return Ok(noted);
        }
        let row = MetaStore::get(engine, Partition::System, &row).await?;
        let read = |r: &mut Reader<'_>| Ok(Timestamp::from_millis(r.u64()?));
        row.map(|row| Ok(record::decode(RecordKind::LastUsed, &row, read)?))
            .transpose()
    }

    /// Stores what was noted. What cannot be stored stays noted.
    ///
    /// # Errors
    /// When the engine fails.
    pub async fn store(&self, engine: &dyn Engine) -> Result<(), CatalogError> {
        loop {
            let page: Vec<_> = {
                let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
                let page = noted.iter().take(BATCH_MAX);
                page.map(|(row, at)| (row.clone(), *at)).collect()
            };
            if page.is_empty() {
                return Ok(());
            }
            let mut batch = MetaBatch::new(Partition::System);
            for (row, at) in &page {
                let used = record::encode(RecordKind::LastUsed, |w| {
                    w.u64(at.millis());
                });
                batch.put(row.clone(), used.into());
            }
            engine.commit(batch).await?;
            let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
            for (row, at) in page {
                if noted.get(&row) == Some(&at) {
                    noted.remove(&row);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::MemoryEngine;

    #[tokio::test]
    async fn latest_use_is_told_before_and_after_it_is_stored() {
        let (engine, used) = (MemoryEngine::new(), LastUsed::default());
        let id = AccessKeyId::parse("RZKEY").unwrap();
        assert_eq!(used.of(&engine, &id).await.unwrap(), None);
        let name = OperatorName::parse("rzkey").unwrap();
        assert_eq!(used.of_operator(&engine, &name).await.unwrap(), None);
        let at = Timestamp::from_millis;
        used.note(&id, at(7));
        used.note(&id, at(5));
        used.note_operator(&name, at(6));
        assert_eq!(used.of(&engine, &id).await.unwrap(), Some(at(7)));
        used.store(&engine).await.unwrap();
        assert_eq!(used.of(&engine, &id).await.unwrap(), Some(at(7)));
        assert_eq!(
            LastUsed::default().of(&engine, &id).await.unwrap(),
            Some(at(7))
        );
        used.note_operator(&name, at(8));
        used.forget_operator(&name);
        assert_eq!(used.of_operator(&engine, &name).await.unwrap(), Some(at(6)));
        let again = LastUsed::default();
        assert_eq!(
            again.of_operator(&engine, &name).await.unwrap(),
            Some(at(6))
        );
        for number in 0..=BATCH_MAX {
            used.note(&AccessKeyId::parse(&format!("RZ{number}")).unwrap(), at(9));
        }
        used.store(&engine).await.unwrap();
        let last = AccessKeyId::parse(&format!("RZ{BATCH_MAX}")).unwrap();
        assert_eq!(
            LastUsed::default().of(&engine, &last).await.unwrap(),
            Some(at(9))
        );
    }
}
