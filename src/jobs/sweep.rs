//! The sweep: gives back the space of blobs that no object owns, of buckets that are gone, and
//! forgets finished uploads.
//!
//! Owns: the order that keeps the sweep from ever taking a blob that an object owns.
//! Not here: who enters the ledger (`catalog::ledger`).
//!
//! Invariants
//! - K4: a blob is deleted only when no lease was on it and its ledger row was there afterwards, as
//!   a commit says, not a read: a writer whose client is gone lets go of its lease while its commit
//!   may be on its way, and a commit that asks for the row is judged behind it. A writer holds its
//!   lease from before the row is written until it waits no longer for the commit that removes it,
//!   so an unleased blob whose row is then still there will never be owned; a reader holds one
//!   while it reads.

use crate::base::clock::Clock;
use crate::base::task::Stop;
use crate::catalog::buckets;
use crate::catalog::error::CatalogError;
use crate::catalog::finished_uploads;
use crate::catalog::keyspace;
use crate::catalog::ledger::{self, BlobLeases, Extent, LedgerEntry};
use crate::catalog::released::{ReclaimPass, Released};
use crate::catalog::upload_parts;
use crate::model::id::{BlobId, BucketId};
use crate::model::time::Timestamp;
use crate::storage::{BlobStore, CommitError, Engine, EngineExt, MetaBatch, ScanRange, StoredBlob};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// Ledger rows handled in one commit.
const PAGE: usize = 256;
/// Bytes of blobs that are deleted before it is looked whether the process ends.
const DELETED_AT_ONCE: u64 = 4 << 30;
/// How long a deletion of a bucket may stand between its two commits before the entry is taken for
/// a crash's trace.
const DEAD_GRACE: Duration = Duration::from_hours(1);

/// How the sweep goes about it.
#[derive(Clone, Copy, Debug)]
pub struct SweepSettings {
    /// Pause between two sweeps.
    pub interval: Duration,
    /// Age from which a ledger row counts.
    pub grace: Duration,
    /// How long a finished upload is remembered.
    pub finished_upload_retention: Duration,
}

/// The sweep.
#[derive(Clone, Debug)]
pub struct Sweep {
    engine: Arc<dyn Engine>,
    leases: BlobLeases,
    clock: Arc<dyn Clock>,
    settings: SweepSettings,
}

/// How many of these, one at least, are of [`DELETED_AT_ONCE`] together.
fn few(entries: &[LedgerEntry]) -> usize {
    let mut left = DELETED_AT_ONCE;
    let fit = entries.iter().take_while(|entry| {
        let bytes = entry.extent.map_or(0, |extent| extent.bytes);
        let fits = bytes <= left;
        left = left.saturating_sub(bytes);
        fits
    });
    fit.count().clamp(1, entries.len().max(1))
}

/// What one sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Blobs deleted.
    pub blobs: u64,
    /// Buckets whose last traces went.
    pub buckets: u64,
    /// Finished uploads forgotten.
    pub finished_uploads: u64,
}

impl Sweep {
    /// A sweep over the engine, sharing the leases of the data path.
    pub fn new(
        engine: Arc<dyn Engine>,
        leases: BlobLeases,
        clock: Arc<dyn Clock>,
        settings: SweepSettings,
    ) -> Self {
        Self {
            engine,
            leases,
            clock,
            settings,
        }
    }

    /// Sweeps until told to stop.
    pub async fn run(self, mut stop: Stop) {
        loop {
            match self.sweep_once(&stop).await {
                Ok(report) if report != SweepReport::default() => {
                    tracing::info!(
                        blobs = report.blobs,
                        buckets = report.buckets,
                        finished_uploads = report.finished_uploads,
                        "sweep gave space back"
                    );
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(error = %error, kind = ?error.kind(), "sweep failed; it goes on at its next turn");
                }
            }
            let until = self.clock.monotonic() + self.settings.interval;
            let work = async {
                if let Err(error) = self.reclaim(until).await {
                    tracing::warn!(error = %error, "space of deleted blobs is not given back yet");
                }
                let rest = until.saturating_sub(self.clock.monotonic());
                self.clock.sleep(rest).await;
            };
            futures::future::select(std::pin::pin!(work), std::pin::pin!(stop.stopped())).await;
            if stop.is_stopped() {
                return;
            }
        }
    }

    /// Has the engine give the space of what was deleted back, stretch by stretch until the next
    /// sweep is due.
    async fn reclaim(&self, until: Duration) -> Result<(), CatalogError> {
        let mut released = Released::load(&*self.engine).await?;
        if released.pass.is_none() {
            if released.blobs.is_none()
                || !BlobStore::is_reclaim_due(&*self.engine, released.bytes).await?
            {
                return Ok(());
            }
            released.begin_pass();
        }
        while let Some(pass) = released.pass {
            let next = BlobStore::reclaim(&*self.engine, pass.next, pass.last).await?;
            released.pass = next.map(|next| ReclaimPass { next, ..pass });
            released.store(&*self.engine).await?;
            if next.is_none() {
                let bytes = pass.bytes;
                tracing::info!(bytes, "space of deleted blobs is back with the file system");
            }
            if self.clock.monotonic() >= until {
                break;
            }
        }
        Ok(())
    }

    /// One sweep over all buckets.
    ///
    /// # Errors
    /// When rows or engine fail; what was done stays done.
    pub async fn sweep_once(&self, stop: &Stop) -> Result<SweepReport, CatalogError> {
        let mut report = SweepReport::default();
        for entry in buckets::list(&*self.engine).await? {
            if stop.is_stopped() {
                return Ok(report);
            }
            self.sweep_ledger(entry.bucket, stop, &mut report).await?;
            report.finished_uploads += self.forget_finished(entry.bucket).await?;
        }
        for dead in buckets::list_dead(&*self.engine).await? {
            if stop.is_stopped() {
                return Ok(report);
            }
            if buckets::header(&*self.engine, dead.bucket).await?.is_none() {
                self.sweep_ledger(dead.bucket, stop, &mut report).await?;
                let is_gone = self.sweep_dead(dead.bucket).await?;
                report.buckets += u64::from(is_gone);
            } else if self.is_older(dead.created, DEAD_GRACE) {
                buckets::forget_dead(&*self.engine, dead.bucket).await?;
            }
        }
        Ok(report)
    }

    fn is_older(&self, since: Timestamp, than: Duration) -> bool {
        let age = self.clock.unix_millis().saturating_sub(since.millis());
        u128::from(age) >= than.as_millis()
    }

    async fn sweep_ledger(
        &self,
        bucket: BucketId,
        stop: &Stop,
        report: &mut SweepReport,
    ) -> Result<(), CatalogError> {
        let mut after = None;
        loop {
            let page = ledger::page(&*self.engine, bucket, after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.blob);
            let asked = page.iter().map(|entry| self.may_delete(bucket, entry));
            let answers = futures::future::try_join_all(asked).await?;
            let judged = page.iter().zip(answers);
            let deletable: Vec<LedgerEntry> = judged
                .filter_map(|(entry, may_delete)| may_delete.then_some(*entry))
                .collect();
            let mut rest = deletable.as_slice();
            while !rest.is_empty() {
                let (now, later) = rest.split_at(few(rest));
                report.blobs += self.delete(bucket, now).await?;
                if stop.is_stopped() {
                    return Ok(());
                }
                rest = later;
            }
            if stop.is_stopped() {
                return Ok(());
            }
        }
    }

    /// Deletes blobs and then their ledger rows; says how many are gone. The deletions are durable,
    /// or ahead of the rows' commit in the log, so a row never goes before its pieces. The row of a
    /// blob that cannot be deleted stays, for the next turn.
    async fn delete(&self, bucket: BucketId, entries: &[LedgerEntry]) -> Result<u64, CatalogError> {
        if entries.is_empty() {
            return Ok(0);
        }
        let bytes = |entry: &LedgerEntry| entry.extent.map_or(0, |extent| extent.bytes);
        let blobs: Vec<(StoredBlob, u64)> = entries
            .iter()
            .map(|entry| (entry.stored(), bytes(entry)))
            .collect();
        let failed = self.delete_accounted(&blobs).await?;
        let mut batch = MetaBatch::new(keyspace::bucket_partition(bucket));
        let mut count = 0;
        for entry in entries.iter().filter(|entry| !failed.contains(&entry.blob)) {
            batch.delete(keyspace::ledger(entry.blob));
            count += 1;
        }
        self.engine.commit(batch).await?;
        Ok(count)
    }

    /// Adds blobs to the account of what has to be given back, and deletes them; says which could
    /// not be deleted.
    async fn delete_accounted(
        &self,
        blobs: &[(StoredBlob, u64)],
    ) -> Result<HashSet<BlobId>, CatalogError> {
        let before = Released::load(&*self.engine).await?;
        let mut released = before;
        for (blob, bytes) in blobs {
            released.add(*blob, *bytes);
        }
        if released != before {
            released.store(&*self.engine).await?;
        }
        let blobs = blobs.iter().map(|(blob, _)| *blob).collect();
        let failed = BlobStore::delete_blobs(&*self.engine, blobs).await?;
        if !failed.is_empty() {
            tracing::warn!(
                blobs = failed.len(),
                "the space of deleted objects cannot be given back yet; the sweep tries again"
            );
        }
        Ok(failed.into_iter().collect())
    }

    /// K4: first the lease, then the row.
    async fn may_delete(
        &self,
        bucket: BucketId,
        entry: &LedgerEntry,
    ) -> Result<bool, CatalogError> {
        if !self.is_older(entry.since, self.settings.grace) || self.leases.is_leased(entry.blob) {
            return Ok(false);
        }
        let mut question = MetaBatch::new(keyspace::bucket_partition(bucket));
        question.present(keyspace::ledger(entry.blob));
        match self.engine.commit(question).await {
            Ok(()) => Ok(true),
            Err(CommitError::ConditionFailed { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn forget_finished(&self, bucket: BucketId) -> Result<u64, CatalogError> {
        let retention = self.settings.finished_upload_retention.as_millis();
        let retention = u64::try_from(retention).unwrap_or(u64::MAX);
        let before = Timestamp::from_millis(self.clock.unix_millis().saturating_sub(retention));
        let expired =
            finished_uploads::expired_finished(&*self.engine, bucket, before, PAGE).await?;
        if expired.is_empty() {
            return Ok(0);
        }
        let mut batch = MetaBatch::new(keyspace::bucket_partition(bucket));
        let count = expired.len() as u64;
        for row in expired {
            batch.delete(row);
        }
        self.engine.commit(batch).await?;
        Ok(count)
    }

    /// Removes the parts and rows of a bucket that is gone. Its ledger has been swept; rows that
    /// are still too young keep the bucket for the next turn.
    async fn sweep_dead(&self, bucket: BucketId) -> Result<bool, CatalogError> {
        if !ledger::page(&*self.engine, bucket, None, 1)
            .await?
            .is_empty()
        {
            return Ok(false);
        }
        let partition = keyspace::bucket_partition(bucket);
        let range = ScanRange {
            start: vec![keyspace::PART],
            end: keyspace::prefix_end(&[keyspace::PART]),
        };
        let parts = self.engine.scan_page(partition, range, PAGE).await?;
        let mut batch = MetaBatch::new(partition);
        let is_last = parts.len() < PAGE;
        let blobs = parts
            .iter()
            .map(|(_, row)| upload_parts::decode_part_blob(row))
            .collect::<Result<Vec<_>, _>>()?;
        let counted: Vec<(StoredBlob, u64)> = blobs
            .iter()
            .map(|blob| ((*blob).into(), Extent::of_pieces(blob.piece_count).bytes))
            .collect();
        let failed = self.delete_accounted(&counted).await?;
        if !failed.is_empty() {
            return Ok(false);
        }
        for (meta_key, _) in parts {
            batch.delete(meta_key);
        }
        if is_last {
            batch.delete_range(vec![0].into(), vec![0xff].into());
        }
        self.engine.commit(batch).await?;
        if is_last {
            buckets::forget_dead(&*self.engine, bucket).await?;
        }
        Ok(is_last)
    }
}

#[cfg(test)]
#[path = "sweep_tests.rs"]
mod tests;
