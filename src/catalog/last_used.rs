//! When access keys were last used.
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
use crate::model::time::Timestamp;
use crate::storage::{Engine, MetaBatch, MetaStore, Partition};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Notes that are stored in one batch.
const BATCH_MAX: usize = 1000;

/// Uses since the last store. Only keys that exist are noted: it is bounded by their number.
#[derive(Debug, Default)]
pub struct LastUsed {
    noted: Mutex<BTreeMap<AccessKeyId, Timestamp>>,
}

impl LastUsed {
    /// Notes that a key was used.
    pub fn note(&self, id: &AccessKeyId, now: Timestamp) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        match noted.get_mut(id) {
            Some(known) => *known = now.max(*known),
            None => {
                noted.insert(id.clone(), now);
            }
        }
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
        let noted = {
            let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
            noted.get(id).copied()
        };
        if noted.is_some() {
            return Ok(noted);
        }
        let row = MetaStore::get(engine, Partition::System, &keyspace::last_used(id)).await?;
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
                page.map(|(id, at)| (id.clone(), *at)).collect()
            };
            if page.is_empty() {
                return Ok(());
            }
            let mut batch = MetaBatch::new(Partition::System);
            for (id, at) in &page {
                let row = record::encode(RecordKind::LastUsed, |w| {
                    w.u64(at.millis());
                });
                batch.put(keyspace::last_used(id), row.into());
            }
            engine.commit(batch).await?;
            let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
            for (id, at) in page {
                if noted.get(&id) == Some(&at) {
                    noted.remove(&id);
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
        let at = Timestamp::from_millis;
        used.note(&id, at(7));
        used.note(&id, at(5));
        assert_eq!(used.of(&engine, &id).await.unwrap(), Some(at(7)));
        used.store(&engine).await.unwrap();
        assert_eq!(used.of(&engine, &id).await.unwrap(), Some(at(7)));
        assert_eq!(
            LastUsed::default().of(&engine, &id).await.unwrap(),
            Some(at(7))
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
