//! Rank 6, the control plane: what operators do.
//!
//! Owns: operators and their roles, tenants and their templates, access keys, buckets and their
//! profiles, quotas, usage, a look at the retention clock, the journal of what operators changed.
//! Not here: JSON and HTTP (`admin`), rows (`catalog`).
//!
//! Invariants
//! - P3: nothing here runs without an `OperatorPermit`, which only `Control::authorize` makes.

pub mod buckets;
pub mod changes;
pub mod clock;
pub mod credentials;
pub mod error;
pub mod facts;
pub mod operators;
pub mod policies;
mod policy_lists;
pub mod quotas;
pub mod templates;
pub mod tenants;
pub mod usage;

use crate::base::clock::Clock;
use crate::base::entropy::Entropy;
use crate::catalog::last_used::LastUsed;
use crate::catalog::retention_clock::RetentionClock;
use crate::catalog::terms::TermsTable;
use crate::catalog::traffic::TrafficTable;
use crate::config::profile_folder::ProfileFolder;
use crate::config::template_folder::TemplateFolder;
use crate::crypto::KeyProvider;
use crate::model::ownership::ObjectOwnership;
use crate::model::time::Timestamp;
use crate::storage::Engine;
use std::sync::Arc;

// What the admin frontend sees of the rows.
pub use crate::catalog::credentials::{CredentialRecord, IssuedCredential};
pub use crate::catalog::journal::{Change, ChangePage, ChangeQuery};
pub use crate::catalog::retention_clock::ClockReading;
pub use crate::catalog::tenants::TenantRecord;
pub use operators::{Errand, OperatorPermit};

/// Everything that operators' commands need.
#[derive(Clone, Debug)]
pub struct Control {
    engine: Arc<dyn Engine>,
    provider: Arc<dyn KeyProvider>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    retention: Arc<RetentionClock>,
    profiles: ProfileFolder,
    templates: TemplateFolder,
    terms: Arc<TermsTable>,
    last_used: Arc<LastUsed>,
    traffic: Arc<TrafficTable>,
    blocks_public_access: bool,
    object_ownership: ObjectOwnership,
}

/// What the control plane is made of.
#[derive(Debug)]
pub struct ControlParts {
    /// Where rows lie.
    pub engine: Arc<dyn Engine>,
    /// The key service.
    pub provider: Arc<dyn KeyProvider>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// What retention is compared with.
    pub retention: Arc<RetentionClock>,
    /// Where profiles lie.
    pub profiles: ProfileFolder,
    /// Where templates lie.
    pub templates: TemplateFolder,
    /// What tenants may hold and do, shared with the gateway.
    pub terms: Arc<TermsTable>,
    /// When keys were last used.
    pub last_used: Arc<LastUsed>,
    /// What is asked and moved.
    pub traffic: Arc<TrafficTable>,
    /// Whether new buckets begin with all public access blocked.
    pub blocks_public_access: bool,
    /// Who owns what is written into new buckets.
    pub object_ownership: ObjectOwnership,
}

impl Control {
    /// Puts the control plane together.
    pub fn new(parts: ControlParts) -> Self {
        Self {
            engine: parts.engine,
            provider: parts.provider,
            clock: parts.clock,
            entropy: parts.entropy,
            retention: parts.retention,
            profiles: parts.profiles,
            templates: parts.templates,
            terms: parts.terms,
            last_used: parts.last_used,
            traffic: parts.traffic,
            blocks_public_access: parts.blocks_public_access,
            object_ownership: parts.object_ownership,
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.unix_millis())
    }
}
