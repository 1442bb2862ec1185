//! Access keys, for operators.

use crate::auth::{AccessKeyId, CredentialStatus};
use crate::base::secret::SecretBytes;
use crate::catalog::credentials::{self, CredentialRecord, IssuedCredential, key_context};
use crate::catalog::error::CatalogError;
use crate::catalog::tenants;
use crate::control::changes::append_difference;
use crate::control::error::ControlError;
use crate::control::{Control, OperatorPermit, facts};
use crate::model::tenant::TenantName;
use crate::model::time::Timestamp;
use crate::storage::MetaBatch;

/// An access key as operators see it.
#[derive(Clone, Debug)]
pub struct ListedCredential {
    /// The record.
    pub record: CredentialRecord,
    /// Its tenant's name.
    pub tenant_name: TenantName,
    /// When it was last used, as far as is known.
    pub last_used: Option<Timestamp>,
}

impl Control {
    /// Creates an access key, or takes over one that exists elsewhere.
    ///
    /// # Errors
    /// `NoSuchTenant`, `AccessKeyTaken`, `InvalidSecret`, or when keys or rows fail.
    pub async fn create_credential(
        &self,
        permit: &OperatorPermit,
        tenant: &TenantName,
        existing: Option<(AccessKeyId, SecretBytes)>,
        valid_days: Option<u32>,
    ) -> Result<IssuedCredential, ControlError> {
        let tenant = self.find_tenant(permit, tenant).await?;
        let (access_key_id, secret_access_key) = match existing {
            Some((access_key_id, secret)) => {
                let bytes = secret.expose();
                if !(8..=128).contains(&bytes.len()) || !bytes.iter().all(u8::is_ascii_graphic) {
                    return Err(ControlError::InvalidSecret);
                }
                (access_key_id, secret)
            }
            None => credentials::generate(&*self.entropy)?,
        };
        let context = key_context(tenant.tenant);
        let credentials_key = self
            .provider
            .unwrap_key(&tenant.credentials_key, &context)
            .await?;
        let mut record = CredentialRecord::seal(
            access_key_id,
            tenant.tenant,
            self.now(),
            &secret_access_key,
            (&credentials_key, &*self.entropy),
        )?;
        record.expires = valid_days.map(|days| self.in_days(days));
        let entry = self.entry(permit, subject(&record.access_key_id), Some(&tenant.name))?;
        let after = facts::access_key(&record, &tenant.name);
        let note = |batch: &mut MetaBatch| entry.append(batch, None, Some(&after));
        match credentials::create(&*self.engine, &record, note).await {
            Err(CatalogError::Taken) => return Err(ControlError::AccessKeyTaken),
            other => other?,
        }
        tracing::info!(
            operator = permit.operator_name(),
            tenant = %tenant.name,
            access_key_id = %record.access_key_id,
            "access key created"
        );
        Ok(IssuedCredential {
            record,
            secret_access_key,
        })
    }

    /// All access keys, or those of one tenant.
    ///
    /// # Errors
    /// `NoSuchTenant`, or when rows fail.
    pub async fn list_credentials(
        &self,
        permit: &OperatorPermit,
        tenant: Option<&TenantName>,
    ) -> Result<Vec<ListedCredential>, ControlError> {
        let tenants = match tenant {
            Some(name) => vec![self.find_tenant(permit, name).await?],
            None => tenants::list(&*self.engine).await?,
        };
        let name_of = |record: &CredentialRecord| {
            tenants
                .iter()
                .find(|tenant| tenant.tenant == record.tenant)
                .map(|t| t.name.clone())
        };
        let mut listed = Vec::new();
        for record in credentials::list(&*self.engine).await? {
            let Some(tenant_name) = name_of(&record) else {
                continue;
            };
            let last_used = self.last_used.of(&*self.engine, &record.access_key_id);
            listed.push(ListedCredential {
                last_used: last_used.await?,
                tenant_name,
                record,
            });
        }
        Ok(listed)
    }

    /// Stops an access key from working.
    ///
    /// # Errors
    /// `NoSuchAccessKey`, or when rows fail.
    pub async fn disable_credential(
        &self,
        permit: &OperatorPermit,
        access_key_id: &AccessKeyId,
    ) -> Result<(), ControlError> {
        let status = CredentialStatus::Disabled;
        let owner = self.owner_of(access_key_id).await?;
        let entry = self.entry(permit, subject(access_key_id), Some(&owner))?;
        let note = |batch: &mut MetaBatch, before: &_, after: &_| {
            let before = facts::access_key(before, &owner);
            append_difference(&entry, batch, (&before, &facts::access_key(after, &owner)));
        };
        if !credentials::store_status(&*self.engine, access_key_id, status, note).await? {
            return Err(ControlError::NoSuchAccessKey);
        }
        let operator = permit.operator_name();
        tracing::info!(operator, access_key_id = %access_key_id, "access key disabled");
        Ok(())
    }

    /// Deletes an access key.
    ///
    /// # Errors
    /// `NoSuchAccessKey`, or when rows fail.
    pub async fn delete_credential(
        &self,
        permit: &OperatorPermit,
        access_key_id: &AccessKeyId,
    ) -> Result<(), ControlError> {
        let owner = self.owner_of(access_key_id).await?;
        let entry = self.entry(permit, subject(access_key_id), Some(&owner))?;
        let note = |batch: &mut MetaBatch, before: &_| {
            entry.append(batch, Some(&facts::access_key(before, &owner)), None);
        };
        if !credentials::delete(&*self.engine, access_key_id, note).await? {
            return Err(ControlError::NoSuchAccessKey);
        }
        let operator = permit.operator_name();
        tracing::info!(operator, access_key_id = %access_key_id, "access key deleted");
        Ok(())
    }

    /// The name of the tenant that an access key belongs to.
    async fn owner_of(&self, id: &AccessKeyId) -> Result<TenantName, ControlError> {
        let found = credentials::find(&*self.engine, id).await?;
        let record = found.ok_or(ControlError::NoSuchAccessKey)?;
        let tenant = tenants::find(&*self.engine, record.tenant).await?;
        Ok(tenant.ok_or(ControlError::NoSuchTenant)?.name)
    }
}

/// What the journal calls an access key.
fn subject(id: &AccessKeyId) -> String {
    format!("key {id}")
}
