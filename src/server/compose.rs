//! From the configuration to running parts.

use crate::auth::{CredentialStore, Verifier};
use crate::base::clock::{Clock, SystemClock};
use crate::base::entropy::{Entropy, SystemEntropy};
use crate::base::md5::Md5Service;
use crate::base::task::BlockingPool;
use crate::catalog::credential_store::CatalogCredentials;
use crate::catalog::error::CatalogError;
use crate::catalog::last_used::LastUsed;
use crate::catalog::ledger::BlobLeases;
use crate::catalog::retention_clock::RetentionClock;
use crate::catalog::terms::TermsTable;
use crate::catalog::traffic::TrafficTable;
use crate::catalog::{recount, usage_hours};
use crate::config::profile_folder::ProfileFolder;
use crate::config::resolve::{EngineChoice, RootKeyReference};
use crate::config::template_folder::TemplateFolder;
use crate::config::{Config, credentials_directory};
use crate::control::error::ControlError;
use crate::control::{Control, ControlParts};
use crate::crypto::KeyProvider;
use crate::gateway::{Gateway, GatewayParts};
use crate::jobs::clock::ClockKeeper;
use crate::jobs::last_used::LastUsedKeeper;
use crate::jobs::lifecycle::{LifecycleJob, LifecycleSettings};
use crate::jobs::quota_watch::QuotaWatch;
use crate::jobs::sweep::{Sweep, SweepSettings};
use crate::jobs::usage::UsageKeeper;
use crate::kms::{CachingKeys, LocalKeyConfig, LocalKeyService, RootKeySource};
use crate::model::lifecycle::due::DayLength;
use crate::model::ownership::ObjectOwnership;
use crate::s3::app::S3State;
use crate::s3::body::bridge::Patience;
use crate::s3::handlers::delete::DeletionTurns;
use crate::s3::query::QueryVerifiers;
use crate::server::error::StartupError;
use crate::storage::{Engine, MemoryEngine, RocksEngine, RocksOptions};
use crate::telemetry::metrics::Metrics;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// Folder of the engine inside the data folder.
const STORE_FOLDER: &str = "store";

/// The parts that a process shares.
#[derive(Debug)]
pub struct Parts {
    /// The engine.
    pub engine: Arc<dyn Engine>,
    /// The key service.
    pub provider: Arc<dyn KeyProvider>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Threads for calls that block.
    pub pool: BlockingPool,
    /// Blobs in use.
    pub leases: BlobLeases,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// What tenants may hold and do.
    pub terms: Arc<TermsTable>,
    /// When keys were last used.
    pub last_used: Arc<LastUsed>,
    /// What is asked and moved.
    pub traffic: Arc<TrafficTable>,
    /// What retention is compared with.
    pub retention_clock: Arc<RetentionClock>,
    /// Where profiles of buckets are.
    pub profiles: ProfileFolder,
    /// Where templates of tenants are.
    pub templates: TemplateFolder,
    /// Whether new buckets begin with all public access blocked.
    pub blocks_public_access: bool,
    /// Who owns what is written into new buckets that ask for nothing else.
    pub object_ownership: ObjectOwnership,
}

/// Opens engine and key service.
///
/// # Errors
/// When either does not open.
pub async fn open(config: &Config, runtime: &Handle) -> Result<Parts, StartupError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy::new());
    let pool = BlockingPool::new(runtime.clone(), config.raw.storage.blocking_threads);
    let folder = |path: &PathBuf, source| StartupError::File {
        path: path.clone(),
        source,
    };
    std::fs::create_dir_all(&config.data_dir).map_err(|source| folder(&config.data_dir, source))?;
    let keys = LocalKeyConfig {
        root_key: root_key(config)?,
        data_folder: config.data_dir.clone(),
    };
    let provider = LocalKeyService::open(keys, Arc::clone(&entropy), pool.clone()).await?;
    let engine: Arc<dyn Engine> = match config.engine {
        EngineChoice::Memory => {
            tracing::warn!(
                "storage.engine is \"memory\": everything is lost when the process ends"
            );
            Arc::new(MemoryEngine::new())
        }
        EngineChoice::Rocksdb => {
            let options = rocks_options(config);
            Arc::new(RocksEngine::open(
                options,
                Arc::clone(&clock),
                pool.clone(),
            )?)
        }
    };
    let retention_clock = retention_clock(&engine, &clock).await?;
    let adopted = recount::adopt(&*engine).await;
    adopted.map_err(ControlError::from)?;
    let metered = usage_hours::adopt(&*engine, retention_clock.now()).await;
    metered.map_err(ControlError::from)?;
    let terms = TermsTable::load(&*engine).await;
    let terms = terms.map_err(ControlError::from)?;
    Ok(Parts {
        engine,
        provider: Arc::new(provider),
        clock,
        entropy,
        pool,
        leases: BlobLeases::default(),
        metrics: Arc::new(Metrics::new()),
        retention_clock: Arc::new(retention_clock),
        profiles: config.profiles.clone(),
        templates: config.templates.clone(),
        terms: Arc::new(terms),
        last_used: Arc::new(LastUsed::default()),
        traffic: Arc::new(TrafficTable::default()),
        blocks_public_access: config.raw.s3.block_public_access,
        object_ownership: config.object_ownership,
    })
}

async fn retention_clock(
    engine: &Arc<dyn Engine>,
    clock: &Arc<dyn Clock>,
) -> Result<RetentionClock, StartupError> {
    let loaded = RetentionClock::load(Arc::clone(engine), Arc::clone(clock)).await;
    loaded.map_err(|error| match error {
        CatalogError::Decode(source) => StartupError::RetentionClock(source),
        other => ControlError::from(other).into(),
    })
}

fn rocks_options(config: &Config) -> RocksOptions {
    let storage = &config.raw.storage;
    RocksOptions {
        path: config.data_dir.join(STORE_FOLDER),
        memtable_bytes: storage.memtable_mib << 20,
        block_cache_bytes: storage.block_cache_mib << 20,
        max_open_files: storage.max_open_files,
        min_free_bytes: storage.min_free_mib << 20,
        reclaim_bytes_per_s: storage.reclaim_mib_per_s << 20,
    }
}

fn root_key(config: &Config) -> Result<RootKeySource, StartupError> {
    Ok(match &config.root_key {
        RootKeyReference::File(path) => RootKeySource::File(path.clone()),
        RootKeyReference::PassphraseFile(path) => RootKeySource::PassphraseFile(path.clone()),
        RootKeyReference::SystemdCredential(name) => {
            let folder = credentials_directory().ok_or(StartupError::NoCredentialsDirectory)?;
            RootKeySource::SystemdCredential(folder.join(name))
        }
    })
}

impl Parts {
    /// The control plane.
    pub fn control(&self) -> Control {
        Control::new(ControlParts {
            engine: Arc::clone(&self.engine),
            provider: Arc::clone(&self.provider),
            clock: Arc::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
            retention: Arc::clone(&self.retention_clock),
            profiles: self.profiles.clone(),
            templates: self.templates.clone(),
            terms: Arc::clone(&self.terms),
            last_used: Arc::clone(&self.last_used),
            traffic: Arc::clone(&self.traffic),
            blocks_public_access: self.blocks_public_access,
            object_ownership: self.object_ownership,
        })
    }

    /// The S3 listener's state.
    pub fn s3_state(&self, config: &Config) -> S3State {
        let raw = &config.raw;
        let age_max = Duration::from_secs(raw.keys.cache_age_s);
        let keys = CachingKeys::new(Arc::clone(&self.provider), Arc::clone(&self.clock), age_max);
        let credentials: Arc<dyn CredentialStore> = Arc::new(CatalogCredentials::new(
            Arc::clone(&self.engine),
            Arc::clone(&self.provider),
            Arc::clone(&self.terms),
        ));
        let gateway = Gateway::new(GatewayParts {
            engine: Arc::clone(&self.engine),
            provider: Arc::clone(&self.provider),
            keys: Arc::new(keys),
            clock: Arc::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
            pool: self.pool.clone(),
            md5: Md5Service::new(self.pool.clone(), config.workers),
            leases: self.leases.clone(),
            body_streams_max: raw.server.max_body_streams,
            retention: Arc::clone(&self.retention_clock),
            terms: Arc::clone(&self.terms),
            last_used: Arc::clone(&self.last_used),
            traffic: Arc::clone(&self.traffic),
            blocks_public_access: self.blocks_public_access,
            object_ownership: self.object_ownership,
        });
        let region = raw.s3.region.clone();
        let verifier = Verifier::new(
            region.clone(),
            Arc::clone(&self.clock),
            Arc::clone(&credentials),
        );
        S3State {
            gateway,
            verifier: verifier.require_signed_payload(raw.s3.require_signed_payload),
            query_verifiers: QueryVerifiers::new(&raw.s3.region, &self.clock, &credentials),
            clock: Arc::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
            region,
            reports_encryption: raw.s3.report_default_encryption,
            domains: config.domains.clone(),
            patience: Patience {
                clock: Arc::clone(&self.clock),
                idle: Duration::from_secs(raw.server.body_idle_timeout_s),
                rate_min: raw.server.body_min_rate_bytes_per_s,
                grace: Duration::from_secs(30),
            },
            header_len_max: raw.server.header_max_bytes,
            is_secure: config.tls.is_some(),
            metrics: Arc::clone(&self.metrics),
            deletions: DeletionTurns::default(),
        }
    }

    /// The keeper of the retention clock.
    pub fn clock_keeper(&self, config: &Config) -> ClockKeeper {
        let interval = Duration::from_secs(config.raw.jobs.retention_clock_interval_s);
        let retention = Arc::clone(&self.retention_clock);
        ClockKeeper::new(retention, Arc::clone(&self.clock), interval)
    }

    /// The keeper of the times at which keys were last used.
    pub fn last_used_keeper(&self) -> LastUsedKeeper {
        let (engine, clock) = (Arc::clone(&self.engine), Arc::clone(&self.clock));
        LastUsedKeeper::new(engine, clock, Arc::clone(&self.last_used))
    }

    /// The keeper of usage.
    pub fn usage_keeper(&self, config: &Config) -> UsageKeeper {
        let clocks = (Arc::clone(&self.clock), Arc::clone(&self.retention_clock));
        let (engine, traffic) = (Arc::clone(&self.engine), Arc::clone(&self.traffic));
        let kept_days = config.raw.jobs.usage_hours_days;
        UsageKeeper::new(
            engine,
            clocks,
            traffic,
            Arc::clone(&self.metrics),
            kept_days,
        )
    }

    /// The watch over quotas.
    pub fn quota_watch(&self, config: &Config) -> QuotaWatch {
        let interval = Duration::from_secs(config.raw.jobs.quota_watch_interval_s);
        let (engine, clock) = (Arc::clone(&self.engine), Arc::clone(&self.clock));
        QuotaWatch::new(engine, clock, Arc::clone(&self.metrics), interval)
    }

    /// The lifecycle job.
    pub fn lifecycle(&self, config: &Config, gateway: Gateway) -> LifecycleJob {
        let jobs = &config.raw.jobs;
        let settings = LifecycleSettings {
            interval: Duration::from_secs(jobs.lifecycle_interval_s),
            actions_per_second: jobs.lifecycle_actions_per_s,
            day: DayLength::of_seconds(jobs.lifecycle_test_day_s),
        };
        let (engine, clock) = (Arc::clone(&self.engine), Arc::clone(&self.clock));
        let retention = Arc::clone(&self.retention_clock);
        let metrics = Arc::clone(&self.metrics);
        LifecycleJob::new(engine, gateway, clock, retention, metrics, settings)
    }

    /// The sweep.
    pub fn sweep(&self, config: &Config) -> Sweep {
        let jobs = &config.raw.jobs;
        let settings = SweepSettings {
            interval: Duration::from_secs(jobs.sweep_interval_s),
            grace: Duration::from_secs(jobs.orphan_grace_s),
            finished_upload_retention: Duration::from_secs(jobs.finished_upload_retention_s),
        };
        let (engine, clock) = (Arc::clone(&self.engine), Arc::clone(&self.clock));
        Sweep::new(engine, self.leases.clone(), clock, settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::ManualClock;
    use crate::catalog::keyspace;
    use crate::storage::{MetaBatch, Partition};
    use std::error::Error;

    #[tokio::test]
    async fn damaged_retention_clock_stops_the_start_with_advice() {
        let engine: Arc<dyn Engine> = Arc::new(MemoryEngine::new());
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(1_800_000_000_000));
        retention_clock(&engine, &clock).await.unwrap();
        let mut batch = MetaBatch::new(Partition::System);
        batch.put(keyspace::retention_clock(), vec![0; 14].into());
        engine.commit(batch).await.unwrap();
        let error = retention_clock(&engine, &clock).await.unwrap_err();
        assert!(matches!(error, StartupError::RetentionClock(_)));
        assert!(
            error
                .to_string()
                .contains("restore the store from a backup")
        );
        assert!(error.source().is_some());
    }
}
