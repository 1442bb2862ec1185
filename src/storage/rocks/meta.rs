//! `MetaStore` on RocksDB.
//!
//! Owns: reading rows; scans; the way of a batch to the commit thread.
//! Not here: what the commit thread does (`sequencer`).

use crate::storage::engine::MetaStore;
use crate::storage::error::{CommitError, EngineError};
use crate::storage::rocks::hot_rows::Lookup;
use crate::storage::rocks::options::META;
use crate::storage::rocks::sequencer::{Message, Pending};
use crate::storage::rocks::space::Payload;
use crate::storage::rocks::{Glimpse, RocksEngine, Shared, store_error};
use crate::storage::types::{MetaBatch, Partition, ScanRange, ScanStep, Visitor};
use async_trait::async_trait;
use bytes::Bytes;
use rocksdb::{ErrorKind, ReadOptions, ReadTier};
use std::sync::Arc;
use tokio::sync::oneshot;

impl Shared {
    /// Looks into memtables and the block cache only.
    fn glimpse_row(&self, row: &[u8]) -> Result<Glimpse, EngineError> {
        let mut read = ReadOptions::default();
        read.set_read_tier(ReadTier::BlockCache);
        match self.db.get_pinned_cf_opt(self.family(META)?, row, &read) {
            Ok(value) => Ok(Glimpse::Known(
                value.map(|value| Bytes::copy_from_slice(&value)),
            )),
            Err(source) if source.kind() == ErrorKind::Incomplete => Ok(Glimpse::Unknown),
            Err(source) => Err(store_error("read row", source)),
        }
    }

    pub(in crate::storage) fn get(&self, row: &[u8]) -> Result<Option<Bytes>, EngineError> {
        let ticket = match self.hot_rows.look(row) {
            Lookup::Kept(value) => return Ok(Some(value)),
            Lookup::Absent(ticket) => ticket,
        };
        let value = self.db.get_cf(self.family(META)?, row);
        let value = value.map_err(|source| store_error("read row", source))?;
        let value = value.map(Bytes::from);
        if let Some(value) = &value {
            self.hot_rows.keep(ticket, row, value);
        }
        Ok(value)
    }

    /// One iterator, hence one moment (E5).
    fn scan(
        &self,
        partition: Partition,
        range: &ScanRange,
        mut visitor: Visitor,
    ) -> Result<(), EngineError> {
        let prefix = partition.prefix();
        let end = match &range.end {
            Some(end) => partition.row_name(end),
            None => successor(&prefix),
        };
        let mut read = ReadOptions::default();
        // Without it the iterator would walk through deleted rows of the next partition.
        read.set_iterate_upper_bound(end);
        let mut rows = self.db.raw_iterator_cf_opt(self.family(META)?, read);
        rows.seek(partition.row_name(&range.start));
        while let Some((row, value)) = rows.item() {
            let Some(meta_key) = row.strip_prefix(prefix.as_slice()) else {
                break;
            };
            match visitor(meta_key, value) {
                ScanStep::SeekTo(target) if target.as_slice() > meta_key => {
                    rows.seek(partition.row_name(&target));
                }
                ScanStep::Continue | ScanStep::SeekTo(_) => rows.next(),
                ScanStep::Stop => break,
            }
        }
        rows.status()
            .map_err(|source| store_error("scan rows", source))
    }
}

/// The first key behind all that begin with `prefix`, which begins with 1, 2 or 3.
fn successor(prefix: &[u8]) -> Vec<u8> {
    let mut next = prefix.to_vec();
    while let Some(last) = next.pop() {
        if let Some(larger) = last.checked_add(1) {
            next.push(larger);
            break;
        }
    }
    next
}

#[async_trait]
impl MetaStore for RocksEngine {
    async fn get(
        &self,
        partition: Partition,
        meta_key: &[u8],
    ) -> Result<Option<Bytes>, EngineError> {
        let row = partition.row_name(meta_key);
        if let Lookup::Kept(value) = self.shared.hot_rows.look(&row) {
            return Ok(Some(value));
        }
        let read_row = row.clone();
        let read = move |shared: &Shared| shared.get(&read_row);
        self.read(|shared| shared.glimpse_row(&row), read).await
    }

    async fn scan(
        &self,
        partition: Partition,
        range: ScanRange,
        visitor: Visitor,
    ) -> Result<(), EngineError> {
        let shared = Arc::clone(&self.shared);
        self.pool
            .run(move || shared.scan(partition, &range, visitor))
            .await?
    }

    async fn commit(&self, batch: MetaBatch) -> Result<(), CommitError> {
        self.shared.refuse_read_only()?;
        if batch.takes_space() {
            let payload = if batch.blobs.is_empty() {
                Payload::Rows
            } else {
                Payload::Data
            };
            self.shared.space.admit(payload)?;
        }
        let (answer, answered) = oneshot::channel();
        let message = Message::Commit(Pending { batch, answer });
        // Cancelled here: the batch is not queued, nothing happens.
        let sent = self.queue()?.send(message).await;
        sent.map_err(|_closed| CommitError::Engine(EngineError::Closed))?;
        // Cancelled here: the commit thread withdraws the batch if it has not begun with it. The
        // thread answers every batch it takes; a lost answer means that it died in the middle.
        answered.await.unwrap_or(Err(CommitError::UnknownOutcome))
    }
}

#[cfg(test)]
mod tests {
    use super::successor;

    #[test]
    fn successor_of_prefix_with_largest_bytes_carries() {
        assert_eq!(successor(&[1]), [2]);
        assert_eq!(successor(&[3, 7, 0xff, 0xff]), [3, 8]);
        assert_eq!(successor(&[2, 0xff, 0xff]), [3]);
    }
}
