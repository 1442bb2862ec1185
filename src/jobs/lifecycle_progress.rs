//! How far the lifecycle job has come in a bucket: stored, so that a restart goes on there.
//!
//! Owns: `Progress` and its row, `LifecycleReport`.
//! Not here: the work itself (`jobs::lifecycle`).

use crate::catalog::error::CatalogError;
use crate::catalog::settings::{self, SettingsKind};
use crate::gateway::lifecycle::LifecycleOutcome;
use crate::model::id::BucketId;
use crate::storage::{Engine, MetaBatch};
use serde::{Deserialize, Serialize};

const KIND: SettingsKind = SettingsKind::LifecycleProgress;

/// How far a bucket's pass by some rules has come, and when the last one ended. Stored as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(in crate::jobs) struct Progress {
    /// Checksum of the rules that it is about.
    pub(in crate::jobs) rules: u32,
    /// The pass that is not over.
    pub(in crate::jobs) running: Option<Pass>,
    /// When the last pass ended, by the retention clock, in milliseconds.
    pub(in crate::jobs) finished_millis: Option<u64>,
}

/// A pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(in crate::jobs) struct Pass {
    /// The place behind which it goes on.
    pub(in crate::jobs) place: Place,
    /// What it did so far.
    pub(in crate::jobs) report: LifecycleReport,
    /// Whether a crash or a restart came between.
    pub(in crate::jobs) is_resumed: bool,
}

/// A place in a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(in crate::jobs) enum Place {
    /// Behind this object key; all before it are done.
    Objects(Option<String>),
    /// All objects are done, and uploads up to this one.
    Uploads(Option<(String, String)>),
}

impl Default for Place {
    fn default() -> Self {
        Self::Objects(None)
    }
}

/// What a pass did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct LifecycleReport {
    /// Object keys looked at.
    pub object_keys: u64,
    /// Current versions put out of sight.
    pub expired: u64,
    /// Noncurrent versions destroyed.
    pub removed_versions: u64,
    /// Delete markers with nothing below them taken away.
    pub removed_markers: u64,
    /// Uploads aborted.
    pub aborted_uploads: u64,
    /// Versions that were due and that a lock keeps.
    pub locked: u64,
    /// Objects that were due, where the quota leaves no room for a delete marker.
    #[serde(default)]
    pub over_quota: u64,
    /// Objects that were due and that the bucket's protection keeps.
    pub protected: u64,
    /// Versions and uploads that changed between looking and acting.
    pub changed: u64,
    /// Objects and uploads that could not be judged or acted on.
    pub failed: u64,
}

impl LifecycleReport {
    /// The number that an outcome adds to.
    pub(in crate::jobs) fn count_mut(&mut self, outcome: LifecycleOutcome) -> &mut u64 {
        match outcome {
            LifecycleOutcome::AbortedUpload => &mut self.aborted_uploads,
            LifecycleOutcome::Changed => &mut self.changed,
            LifecycleOutcome::Expired => &mut self.expired,
            LifecycleOutcome::Locked => &mut self.locked,
            LifecycleOutcome::OverQuota => &mut self.over_quota,
            LifecycleOutcome::Protected => &mut self.protected,
            LifecycleOutcome::RemovedMarker => &mut self.removed_markers,
            LifecycleOutcome::RemovedVersion => &mut self.removed_versions,
        }
    }
}

impl Progress {
    /// Reads the bucket's row.
    ///
    /// # Errors
    /// When the engine fails or the row is corrupt.
    pub(in crate::jobs) async fn load(
        engine: &dyn Engine,
        bucket: BucketId,
    ) -> Result<Self, CatalogError> {
        let row = settings::load(engine, bucket, KIND).await?;
        let Some(row) = row else {
            return Ok(Self::default());
        };
        // Of another version of this program: the pass begins anew, which only costs time.
        Ok(serde_json::from_slice(&row).unwrap_or_default())
    }

    /// Writes the bucket's row.
    ///
    /// # Errors
    /// `BucketGone`, or when the engine fails.
    pub(in crate::jobs) async fn store(
        &self,
        engine: &dyn Engine,
        bucket: BucketId,
    ) -> Result<(), CatalogError> {
        settings::store(engine, bucket, KIND, &self.encode()).await
    }

    /// Adds writing the bucket's row to a batch on the bucket's partition.
    pub(in crate::jobs) fn put(&self, batch: &mut MetaBatch) {
        settings::put(batch, KIND, &self.encode());
    }

    fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}
