//! Setting tenants up after templates, also when it fails anywhere in the middle.

use super::SetUpTenant;
use crate::base::clock::{Clock, SystemClock};
use crate::base::entropy::{Entropy, SystemEntropy};
use crate::base::task::BlockingPool;
use crate::catalog::last_used::LastUsed;
use crate::catalog::operators::{self, Installation, OperatorRecord};
use crate::catalog::retention_clock::RetentionClock;
use crate::catalog::tenant_setup::TenantSetup;
use crate::catalog::terms::TermsTable;
use crate::catalog::traffic::TrafficTable;
use crate::config::profile_folder::ProfileFolder;
use crate::config::template_folder::TemplateFolder;
use crate::config::tenant_template::TenantTemplate;
use crate::control::ControlParts;
use crate::control::error::ControlError;
use crate::control::tenants::NewTenant;
use crate::control::{Control, Errand, OperatorPermit};
use crate::crypto::KeyProvider;
use crate::kms::{LocalKeyConfig, LocalKeyService, RootKeySource};
use crate::model::bucket::BucketName;
use crate::model::operator::{OperatorName, Permission, Roles};
use crate::model::ownership::ObjectOwnership;
use crate::model::tenant::{BucketPrefixes, TenantName};
use crate::storage::memory::hooked::{HookedEngine, Incident};
use crate::storage::{CommitError, Engine, EngineError};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tempfile::TempDir;

struct Place {
    engine: Arc<dyn Engine>,
    /// Commits until one is refused; below zero never.
    left: Arc<AtomicI64>,
    control: Control,
    permit: OperatorPermit,
    _folder: TempDir,
}

impl Place {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let root_key = folder.path().join("root.key");
        std::fs::write(&root_key, [3; 32]).unwrap();
        std::fs::set_permissions(&root_key, PermissionsExt::from_mode(0o600)).unwrap();
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy::new());
        let pool = BlockingPool::new(tokio::runtime::Handle::current(), 2);
        let config = LocalKeyConfig {
            root_key: RootKeySource::File(root_key),
            data_folder: folder.path().join("data"),
        };
        std::fs::create_dir(&config.data_folder).unwrap();
        let keys = LocalKeyService::open(config, Arc::clone(&entropy), pool).await;
        let provider: Arc<dyn KeyProvider> = Arc::new(keys.unwrap());
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let left = Arc::new(AtomicI64::new(-1));
        let counted = Arc::clone(&left);
        let shared: Arc<dyn Engine> = Arc::new(HookedEngine::new(move || {
            if counted.fetch_sub(1, Ordering::SeqCst) == 0 {
                return Incident::Refused(CommitError::Engine(EngineError::ReadOnly));
            }
            Incident::None
        }));
        let retention = RetentionClock::load(Arc::clone(&shared), Arc::clone(&clock)).await;
        let nowhere = Path::new("/nowhere/riznica.toml");
        let installation = Installation {
            installation_id: [1; 16],
            created: crate::model::time::Timestamp::from_millis(1),
        };
        let token = b"a token of the operator's";
        let name = OperatorName::first();
        let by = (installation.created, "");
        let operator = OperatorRecord::new(name, Roles::FOUNDER, by, token);
        let initialised = operators::initialise(&*shared, &installation, &operator, |_batch| {});
        initialised.await.unwrap();
        let control = Control::new(ControlParts {
            engine: Arc::clone(&shared),
            provider,
            clock,
            entropy,
            retention: Arc::new(retention.unwrap()),
            profiles: ProfileFolder::new(None, Some(nowhere)),
            templates: TemplateFolder::new(None, Some(nowhere)),
            terms: Arc::new(TermsTable::default()),
            last_used: Arc::new(LastUsed::default()),
            traffic: Arc::new(TrafficTable::default()),
            blocks_public_access: true,
            object_ownership: ObjectOwnership::default(),
        });
        let token = crate::base::secret::SecretBytes::new(token.to_vec());
        let errand = Errand {
            operation: "createTenantFromTemplate",
            permission: Permission::Tenants,
            also: Some(Permission::Keys),
        };
        let permit = control.authorize("operator", &token, errand);
        let permit = permit.await.unwrap();
        Self {
            engine: shared,
            left,
            control,
            permit,
            _folder: folder,
        }
    }

    async fn set_up(&self, name: &str, template: &str) -> Result<SetUpTenant, ControlError> {
        let new = NewTenant {
            name: TenantName::parse(name).unwrap(),
            display_name: None,
            email: None,
            canonical_id: None,
            registration_number: None,
            contact: None,
            bucket_prefixes: BucketPrefixes::default(),
        };
        self.control
            .set_up_tenant(&self.permit, new, template)
            .await
    }

    /// Everything that was asked for is there, once.
    async fn check(&self, made: &SetUpTenant, template: &TenantTemplate) {
        let (control, permit) = (&self.control, &self.permit);
        let name = &made.record.name;
        let buckets = control.list_buckets(permit, Some(name)).await.unwrap();
        assert_eq!(buckets.len(), template.buckets.len());
        let quota = control.tenant_quota(permit, name).await.unwrap();
        assert_eq!(quota.limits, template.limits);
        assert_eq!(quota.buckets, buckets.len() as u64);
        let found = control.find_tenant(permit, name).await.unwrap();
        assert_eq!(found.rates, template.rates);
        let prefix = format!("{name}-");
        assert_eq!(found.bucket_prefixes.as_slice(), [prefix]);
        let keys = control.list_credentials(permit, Some(name)).await.unwrap();
        let mut stored: Vec<_> = keys.iter().map(|key| &key.record.access_key_id).collect();
        let told = made.users.iter().filter_map(|user| user.key.as_ref());
        let mut told: Vec<_> = told.map(|key| &key.record.access_key_id).collect();
        stored.sort();
        told.sort();
        assert_eq!(stored, told, "each key that there is was told");
        let with_keys = template.users.iter().filter(|user| user.has_key);
        assert_eq!(told.len(), with_keys.count());
        let engine = &*self.engine;
        let setup = TenantSetup::of(engine, found.tenant).await.unwrap();
        assert_eq!(setup, None);
        let again = self.set_up(name.as_str(), "city-administration").await;
        assert!(matches!(again, Err(ControlError::TenantTaken)));
    }
}

#[tokio::test]
async fn built_in_templates_set_tenants_up() {
    let place = Place::new().await;
    assert!(place.control.faulty_templates().is_empty());
    let listed = place.control.list_templates(&place.permit).unwrap();
    assert_eq!(listed.len(), 3);
    for (name, found) in listed {
        let made = place.set_up(&format!("t-{name}"), &name).await.unwrap();
        assert!(!made.is_resumed);
        place.check(&made, &found.unwrap().document).await;
    }
}

#[tokio::test]
async fn setup_that_failed_anywhere_is_completed_by_the_same_command() {
    let template = {
        let place = Place::new().await;
        let found = place
            .control
            .show_template(&place.permit, "city-administration");
        found.unwrap().document
    };
    let mut failures = 0;
    loop {
        let place = Place::new().await;
        place.left.store(failures, Ordering::SeqCst);
        let first = place.set_up("kragujevac", "city-administration").await;
        place.left.store(-1, Ordering::SeqCst);
        if let Ok(made) = first {
            place.check(&made, &template).await;
            break;
        }
        // Another template would leave half of each.
        let other = place.set_up("kragujevac", "commercial").await;
        assert!(other.is_ok() == (failures == 0), "{failures}: {other:?}");
        if failures > 0 {
            let made = place.set_up("kragujevac", "city-administration").await;
            let made = made.unwrap_or_else(|error| panic!("{failures}: {error}"));
            assert!(made.is_resumed);
            place.check(&made, &template).await;
        }
        failures += 1;
    }
    assert!(failures > 20, "{failures}");
}

#[tokio::test]
async fn what_cannot_be_set_up_leaves_nothing() {
    let place = Place::new().await;
    place.set_up("kragujevac", "commercial").await.unwrap();
    let (control, permit) = (&place.control, &place.permit);
    let taken = BucketName::parse("novi-sad-exchange").unwrap();
    let other = TenantName::parse("kragujevac").unwrap();
    let outside = control.create_bucket(permit, &taken, &other, None).await;
    assert!(matches!(
        outside,
        Err(ControlError::BucketNameOutside { .. })
    ));
    let long = "a".repeat(63);
    let refused = place.set_up(&long, "commercial").await;
    assert!(matches!(refused, Err(ControlError::NameTooLongForTemplate)));
    let refused = place.set_up("novi-sad", "none").await;
    assert!(matches!(refused, Err(ControlError::Document(_))));
    assert_eq!(control.list_tenants(permit).await.unwrap().len(), 1);
}
