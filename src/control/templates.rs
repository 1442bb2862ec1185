//! Tenants after a template: with buckets, groups, users and keys in one step.
//!
//! Owns: the order of the steps, so that a command that failed in the middle is completed by the
//! same command; what a template has to be beyond its form. Not here: its form
//! (`config::tenant_template`).
//!
//! The tenant is created with a row that says that its setup is under way. Every step may be done
//! again. A key whose secret nobody was told, because its attempt failed, is replaced. The row goes
//! last; from then on the tenant exists already.

use crate::base::entropy::random_array;
use crate::catalog::accounts::Account;
use crate::catalog::accounts::error::AccountError;
use crate::catalog::buckets;
use crate::catalog::credentials::{self, CredentialRecord, IssuedCredential, key_context};
use crate::catalog::error::CatalogError;
use crate::catalog::tenant_setup::TenantSetup;
use crate::catalog::tenants::{self, TenantRecord};
use crate::config::document_folder::DocumentError;
use crate::config::template_folder::{FoundTemplate, ListedTemplate};
use crate::config::tenant_template::{TemplateBucket, TemplateMember, TenantTemplate};
use crate::control::error::ControlError;
use crate::control::tenants::{NewTenant, subject};
use crate::control::{Control, OperatorPermit, facts};
use crate::iam::policy::{Policy, PolicyKind};
use crate::model::bucket::BucketName;
use crate::model::iam::{IamName, IamPath, MemberKind};
use crate::model::tenant::{BucketPrefixes, TenantName};
use crate::storage::MetaBatch;

/// A tenant that was set up.
#[derive(Debug)]
pub struct SetUpTenant {
    /// The tenant.
    pub record: TenantRecord,
    /// Whether an earlier attempt had begun.
    pub is_resumed: bool,
    /// Its buckets, each with its profile.
    pub buckets: Vec<(BucketName, Option<String>)>,
    /// Its groups.
    pub groups: Vec<IamName>,
    /// Its users.
    pub users: Vec<SetUpUser>,
}

/// A user that was set up.
#[derive(Debug)]
pub struct SetUpUser {
    /// Its name.
    pub name: IamName,
    /// Its groups.
    pub groups: Vec<IamName>,
    /// Its access key, with the secret that is told this once.
    pub key: Option<IssuedCredential>,
}

/// A bucket that is to be made.
type PlannedBucket<'a> = (BucketName, &'a TemplateBucket);

impl Control {
    /// Creates a tenant with all that a template says, or completes what an earlier attempt with
    /// the same template left.
    ///
    /// # Errors
    /// `Template`, before anything is stored; as `Control::create_tenant` and
    /// `Control::create_bucket`; `Account`; when keys or rows fail. The same command goes on then.
    ///
    /// # Durability
    /// When this returns `Ok`, all of it survives power loss.
    pub async fn set_up_tenant(
        &self,
        permit: &OperatorPermit,
        new: NewTenant,
        template: &str,
    ) -> Result<SetUpTenant, ControlError> {
        let found = self.show_template(permit, template)?;
        let template = &found.document;
        let planned = plan_buckets(&new.name, template)?;
        let (setup, record, is_resumed) = self.begin(permit, new, &found, &planned).await?;
        for (name, bucket) in &planned {
            self.set_up_bucket(permit, &record, name, bucket).await?;
        }
        let (groups, users) = self.set_up_members(&record, template).await?;
        let entry = self.entry(permit, subject(&record.name), Some(&record.name))?;
        let after = facts::set_up(&found.name, &groups, &users);
        let note = |batch: &mut MetaBatch| entry.append(batch, None, Some(&after));
        setup.finish(&*self.engine, record.tenant, note).await?;
        tracing::info!(
            operator = permit.operator_name(), tenant = %record.name, template = found.name,
            is_resumed, "tenant set up"
        );
        let bucket = |(name, own): PlannedBucket<'_>| (name, own.profile.clone());
        Ok(SetUpTenant {
            record,
            is_resumed,
            buckets: planned.into_iter().map(bucket).collect(),
            groups,
            users,
        })
    }

    /// Creates the tenant, or finds the one whose setup is to go on.
    async fn begin(
        &self,
        permit: &OperatorPermit,
        mut new: NewTenant,
        found: &FoundTemplate,
        planned: &[PlannedBucket<'_>],
    ) -> Result<(TenantSetup, TenantRecord, bool), ControlError> {
        let engine = &*self.engine;
        let attempt = random_array(&*self.entropy)?;
        if let Some(record) = tenants::find_by_name(engine, &new.name).await? {
            let under_way = TenantSetup::of(engine, record.tenant).await?;
            let under_way = under_way.filter(|own| own.template == found.name);
            let under_way = under_way.ok_or(ControlError::TenantTaken)?;
            let setup = under_way.take_over(engine, record.tenant, attempt).await?;
            return Ok((setup, record, true));
        }
        // What could fail is looked at before anything is there.
        for (name, _) in planned {
            if buckets::find(engine, name).await?.is_some() {
                return Err(ControlError::BucketTaken);
            }
        }
        let template = &found.document;
        if template.binds_bucket_names && new.bucket_prefixes.as_slice().is_empty() {
            let prefix = format!("{}-", new.name);
            new.bucket_prefixes = BucketPrefixes::parse(&[prefix])
                .map_err(|_prefix| ControlError::NameTooLongForTemplate)?;
        }
        for (name, _) in planned {
            if !new.bucket_prefixes.allow(name.as_str()) {
                let prefixes = new.bucket_prefixes.as_slice().join(", ");
                return Err(ControlError::BucketNameOutside { prefixes });
            }
        }
        let setup = TenantSetup {
            template: found.name.clone(),
            attempt,
        };
        let mut record = self.new_tenant(new).await?;
        record.limits = template.limits;
        record.rates = template.rates;
        let entry = self.entry(permit, subject(&record.name), Some(&record.name))?;
        let after = facts::tenant(&record);
        let begin = |batch: &mut MetaBatch| {
            setup.begin(batch, record.tenant);
            entry.append(batch, None, Some(&after));
        };
        match tenants::create(engine, &record, begin).await {
            Err(CatalogError::Taken) => return Err(ControlError::TenantTaken),
            other => other?,
        }
        self.terms.note(&record);
        let operator = permit.operator_name();
        tracing::info!(operator, tenant = %record.name, template = found.name, "tenant created");
        Ok((setup, record, false))
    }

    async fn set_up_bucket(
        &self,
        permit: &OperatorPermit,
        owner: &TenantRecord,
        name: &BucketName,
        bucket: &TemplateBucket,
    ) -> Result<(), ControlError> {
        match buckets::find(&*self.engine, name).await? {
            Some(found) if found.tenant == owner.tenant => {}
            Some(_) => return Err(ControlError::BucketTaken),
            None => {
                let profile = bucket.profile.as_deref();
                self.create_bucket(permit, name, &owner.name, profile)
                    .await?;
            }
        }
        if !bucket.quota.is_unlimited() {
            self.set_bucket_quota(permit, name, bucket.quota).await?;
        }
        Ok(())
    }

    async fn set_up_members(
        &self,
        owner: &TenantRecord,
        template: &TenantTemplate,
    ) -> Result<(Vec<IamName>, Vec<SetUpUser>), ControlError> {
        let context = key_context(owner.tenant);
        let key = self.provider.unwrap_key(&owner.credentials_key, &context);
        let key = key.await?;
        let account = Account {
            engine: &*self.engine,
            entropy: &*self.entropy,
            key: &key,
            tenant: owner.tenant,
        };
        for group in &template.groups {
            self.set_up_member(&account, MemberKind::Group, group, &owner.name)
                .await?;
        }
        let mut users = Vec::new();
        for user in &template.users {
            self.set_up_member(&account, MemberKind::User, user, &owner.name)
                .await?;
            for group in &user.groups {
                account.set_membership(&user.name, group, true).await?;
            }
            // Of an attempt that failed: nobody knows their secrets.
            for id in account.key_ids(&user.name).await? {
                account.delete_key(&user.name, &id).await?;
            }
            let issued = if user.has_key {
                Some(self.issue_key(&account, &user.name).await?)
            } else {
                None
            };
            users.push(SetUpUser {
                name: user.name.clone(),
                groups: user.groups.clone(),
                key: issued,
            });
        }
        let groups = template.groups.iter().map(|own| own.name.clone());
        Ok((groups.collect(), users))
    }

    async fn set_up_member(
        &self,
        account: &Account<'_>,
        kind: MemberKind,
        member: &TemplateMember,
        tenant: &TenantName,
    ) -> Result<(), ControlError> {
        let path = IamPath::default();
        match account.create(kind, &member.name, &path, self.now()).await {
            Ok(_) | Err(AccountError::Taken { .. }) => {}
            Err(other) => return Err(other.into()),
        }
        for policy in &member.policies {
            let text = policy.text_for(tenant.as_str());
            account
                .put_policy((kind, &member.name), &policy.name, &text)
                .await?;
        }
        Ok(())
    }

    async fn issue_key(
        &self,
        account: &Account<'_>,
        user: &IamName,
    ) -> Result<IssuedCredential, ControlError> {
        let (id, secret_access_key) = credentials::generate(&*self.entropy)?;
        let keys = (account.key, &*self.entropy);
        let mut record =
            CredentialRecord::seal(id, account.tenant, self.now(), &secret_access_key, keys)?;
        record.user = Some(user.clone());
        account.create_key(user, &record).await?;
        Ok(IssuedCredential {
            record,
            secret_access_key,
        })
    }

    /// What a template has to be beyond its form: its profiles are there, its policies are
    /// policies.
    fn check_template(&self, template: &TenantTemplate) -> Result<(), Box<str>> {
        for bucket in &template.buckets {
            let profile = bucket.profile.as_deref();
            if let Some(Err(error)) = profile.map(|name| self.profiles.load(name)) {
                let (bucket, profile) = (&bucket.name, profile.unwrap_or_default());
                return Err(format!("profile {profile} of bucket {bucket}: {error}").into());
            }
        }
        for member in template.groups.iter().chain(&template.users) {
            for policy in &member.policies {
                // With the shortest name there is: none makes it wrong.
                let text = policy.text_for("a");
                if let Err(error) = Policy::parse(PolicyKind::Identity, text.as_bytes()) {
                    let (line, name, owner) = (policy.line, &policy.name, &member.name);
                    return Err(format!(
                        "line {line}: policy {name} of {owner} is refused: {error}"
                    )
                    .into());
                }
            }
        }
        Ok(())
    }

    /// All templates by name, as their files are now.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list_templates(
        &self,
        _permit: &OperatorPermit,
    ) -> Result<Vec<ListedTemplate>, ControlError> {
        Ok(self.templates.list(|own| self.check_template(own))?)
    }

    /// A template, as its file is now.
    ///
    /// # Errors
    /// `Template`.
    pub fn show_template(
        &self,
        _permit: &OperatorPermit,
        name: &str,
    ) -> Result<FoundTemplate, ControlError> {
        Ok(self.templates.load(name, |own| self.check_template(own))?)
    }

    /// What is wrong with templates, for the log at the start: they are refused when they are used.
    pub fn faulty_templates(&self) -> Vec<DocumentError> {
        match self.templates.list(|own| self.check_template(own)) {
            Err(error) => vec![error],
            Ok(listed) => listed
                .into_iter()
                .filter_map(|(_, found)| found.err())
                .collect(),
        }
    }
}

fn plan_buckets<'a>(
    tenant: &TenantName,
    template: &'a TenantTemplate,
) -> Result<Vec<PlannedBucket<'a>>, ControlError> {
    let plan = |bucket: &'a TemplateBucket| {
        let name = BucketName::parse(&format!("{tenant}-{}", bucket.name));
        let name = name.map_err(|_name| ControlError::NameTooLongForTemplate)?;
        Ok((name, bucket))
    };
    template.buckets.iter().map(plan).collect()
}

#[cfg(test)]
#[path = "templates_tests.rs"]
mod tests;
