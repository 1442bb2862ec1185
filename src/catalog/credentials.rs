//! Access keys.
//!
//! Owns: access key records with their sealed secrets.
//! Not here: opening them for the verifier (`credential_store`), who may create a key (`control`,
//! `gateway::account`).

use crate::auth::{AccessKeyId, CredentialStatus};
use crate::base::codec::{CodecError, Reader};
use crate::base::entropy::{Entropy, EntropyError, random_array};
use crate::base::secret::SecretBytes;
use crate::catalog::error::CatalogError;
use crate::catalog::record::{self, RecordKind};
use crate::catalog::{keyspace, tenants};
use crate::crypto::{KeyContext, KeyScope, RecordContext, RecordView, ScopeKey, seal_record};
use crate::model::iam::IamName;
use crate::model::id::{BucketId, TenantId};
use crate::model::time::Timestamp;
use crate::storage::{CommitError, Engine, MetaBatch, MetaStore, Partition};
use bytes::Bytes;

/// Version of the one credentials key that a tenant has so far.
pub const CREDENTIALS_KEY_VERSION: u32 = 1;

/// Characters of generated ids: no letter that is taken for a digit.
const ID_ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// Characters of generated secrets: nothing that a shell, a URL or an INI file treats specially.
const SECRET_ALPHABET: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789Zz";
/// 40 characters of about 5.95 bits: 238 bits.
const SECRET_LEN: usize = 40;

/// An access key without its secret.
#[derive(Clone, Debug)]
pub struct CredentialRecord {
    /// The id that clients send.
    pub access_key_id: AccessKeyId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Whether it works.
    pub status: CredentialStatus,
    /// When it was created.
    pub created: Timestamp,
    /// The user that it acts for; without one, the tenant's root.
    pub user: Option<IamName>,
    /// When it stops working, if it does.
    pub expires: Option<Timestamp>,
    sealed_secret: Vec<u8>,
}

/// A new access key with its secret, shown once.
#[derive(Debug)]
pub struct IssuedCredential {
    /// The record.
    pub record: CredentialRecord,
    /// The secret.
    pub secret_access_key: SecretBytes,
}

/// The context of a credentials key.
pub fn key_context(tenant: TenantId) -> KeyContext {
    KeyContext {
        tenant,
        scope: KeyScope::Credentials,
        version: CREDENTIALS_KEY_VERSION,
    }
}

fn record_context(tenant: TenantId, access_key_id: &AccessKeyId) -> RecordContext<'_> {
    RecordContext {
        tenant,
        bucket: BucketId::from_bytes([0; 16]),
        object_key: access_key_id.as_str().as_bytes(),
        version: b"access key",
    }
}

impl CredentialRecord {
    /// A new, active access key whose secret is sealed under the tenant's credentials key.
    ///
    /// # Errors
    /// When sealing fails.
    pub fn seal(
        access_key_id: AccessKeyId,
        tenant: TenantId,
        created: Timestamp,
        secret_access_key: &SecretBytes,
        keys: (&ScopeKey, &dyn Entropy),
    ) -> Result<Self, CatalogError> {
        let context = record_context(tenant, &access_key_id);
        let sealed_secret = seal_record(keys.0, &context, b"", secret_access_key.expose(), keys.1)?;
        Ok(Self {
            access_key_id,
            tenant,
            status: CredentialStatus::Active,
            created,
            user: None,
            expires: None,
            sealed_secret,
        })
    }

    /// The stored form.
    pub(in crate::catalog) fn stored(&self) -> Bytes {
        self.encode().into()
    }

    pub(in crate::catalog) fn open(
        &self,
        credentials_key: &ScopeKey,
    ) -> Result<SecretBytes, CatalogError> {
        let view = RecordView::decode(&self.sealed_secret)?;
        Ok(view.open(
            credentials_key,
            &record_context(self.tenant, &self.access_key_id),
        )?)
    }

    fn encode(&self) -> Vec<u8> {
        record::encode(RecordKind::AccessKey, |w| {
            w.field(self.access_key_id.as_str().as_bytes())
                .fixed(self.tenant.as_bytes())
                .u8(match self.status {
                    CredentialStatus::Active => 1,
                    CredentialStatus::Disabled => 2,
                })
                .u64(self.created.millis())
                .field(&self.sealed_secret)
                .optional_field(self.user.as_ref().map(|user| user.as_str().as_bytes()))
                .u64(self.expires.map_or(0, Timestamp::millis));
        })
    }

    pub(in crate::catalog) fn decode(bytes: &[u8]) -> Result<Self, CatalogError> {
        let read = |r: &mut Reader<'_>| {
            let mut record = Self {
                access_key_id: AccessKeyId::parse(&r.text("access key id")?)
                    .map_err(|_id| CodecError::InvalidField("access key id"))?,
                tenant: TenantId::from_bytes(r.array()?),
                status: match r.u8()? {
                    1 => CredentialStatus::Active,
                    2 => CredentialStatus::Disabled,
                    _ => return Err(CodecError::InvalidField("status")),
                },
                created: Timestamp::from_millis(r.u64()?),
                user: None,
                expires: None,
                sealed_secret: r.field()?.to_vec(),
            };
            // Rows from before there were users end here.
            if r.rest().is_empty() {
                return Ok(record);
            }
            match r.u8()? {
                0 => {}
                1 => {
                    let user = IamName::user(&r.text("user")?);
                    record.user = Some(user.map_err(|_name| CodecError::InvalidField("user"))?);
                }
                _ => return Err(CodecError::InvalidField("user")),
            }
            let expires = r.u64()?;
            record.expires = (expires != 0).then(|| Timestamp::from_millis(expires));
            Ok(record)
        };
        Ok(record::decode(RecordKind::AccessKey, bytes, read)?)
    }
}

/// Stores a new access key, with what `note` adds to the batch.
///
/// # Errors
/// `Taken` when the id exists.
pub async fn create(
    engine: &dyn Engine,
    credential: &CredentialRecord,
    note: impl Fn(&mut MetaBatch),
) -> Result<(), CatalogError> {
    let row = keyspace::access_key(&credential.access_key_id);
    let mut batch = MetaBatch::new(Partition::System);
    batch
        .absent(row.clone())
        .put(row, credential.encode().into());
    note(&mut batch);
    match engine.commit(batch).await {
        Err(CommitError::ConditionFailed { .. }) => Err(CatalogError::Taken),
        other => Ok(other?),
    }
}

/// Finds an access key.
///
/// # Errors
/// When the engine fails or the row is corrupt.
pub async fn find(
    engine: &dyn Engine,
    access_key_id: &AccessKeyId,
) -> Result<Option<CredentialRecord>, CatalogError> {
    let row = MetaStore::get(
        engine,
        Partition::System,
        &keyspace::access_key(access_key_id),
    )
    .await?;
    row.map(|bytes| CredentialRecord::decode(&bytes))
        .transpose()
}

/// All access keys, by id.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub async fn list(engine: &dyn Engine) -> Result<Vec<CredentialRecord>, CatalogError> {
    let rows = tenants::scan_system(engine, keyspace::ACCESS_KEY).await?;
    rows.iter()
        .map(|(_, bytes)| CredentialRecord::decode(bytes))
        .collect()
}

/// Replaces an access key's status; `false` when there is no such key. `note` sees the key before
/// and after and adds to the batch.
///
/// # Errors
/// When the engine fails, or the row changed meanwhile (`Contended`).
pub async fn store_status(
    engine: &dyn Engine,
    access_key_id: &AccessKeyId,
    status: CredentialStatus,
    note: impl Fn(&mut MetaBatch, &CredentialRecord, &CredentialRecord),
) -> Result<bool, CatalogError> {
    let row = keyspace::access_key(access_key_id);
    let Some(old) = MetaStore::get(engine, Partition::System, &row).await? else {
        return Ok(false);
    };
    let before = CredentialRecord::decode(&old)?;
    let mut credential = before.clone();
    credential.status = status;
    let mut batch = MetaBatch::new(Partition::System);
    batch
        .equals(row.clone(), old)
        .put(row, credential.encode().into());
    note(&mut batch, &before, &credential);
    match engine.commit(batch).await {
        Err(CommitError::ConditionFailed { .. }) => Err(CatalogError::Contended),
        other => other.map(|()| true).map_err(CatalogError::from),
    }
}

/// Deletes an access key; `false` when there was none. `note` sees it and adds to the batch.
///
/// # Errors
/// When the engine fails.
pub async fn delete(
    engine: &dyn Engine,
    access_key_id: &AccessKeyId,
    note: impl Fn(&mut MetaBatch, &CredentialRecord),
) -> Result<bool, CatalogError> {
    let row = keyspace::access_key(access_key_id);
    let Some(record) = find(engine, access_key_id).await? else {
        return Ok(false);
    };
    let mut batch = MetaBatch::new(Partition::System);
    batch
        .present(row.clone())
        .delete(row)
        .delete(keyspace::last_used(access_key_id));
    if let Some(user) = &record.user {
        batch.delete(keyspace::user_key(record.tenant, user, access_key_id));
    }
    note(&mut batch, &record);
    match engine.commit(batch).await {
        Err(CommitError::ConditionFailed { .. }) => Ok(false),
        other => other.map(|()| true).map_err(CatalogError::from),
    }
}

/// A new id and secret.
///
/// # Errors
/// When the random source fails.
pub fn generate(entropy: &dyn Entropy) -> Result<(AccessKeyId, SecretBytes), EntropyError> {
    generate_of(*b"RZ", entropy)
}

/// As [`generate`], for a temporary credential: its id begins otherwise, for people who read it.
///
/// # Errors
/// When the random source fails.
pub fn generate_temporary(
    entropy: &dyn Entropy,
) -> Result<(AccessKeyId, SecretBytes), EntropyError> {
    generate_of(*b"RT", entropy)
}

fn generate_of(
    kind: [u8; 2],
    entropy: &dyn Entropy,
) -> Result<(AccessKeyId, SecretBytes), EntropyError> {
    let mut text = *b"....................";
    text.iter_mut().zip(kind).for_each(|(to, from)| *to = from);
    let random = random_array::<20>(entropy)?;
    for (character, byte) in text.iter_mut().zip(random).skip(2) {
        *character = ID_ALPHABET
            .get(usize::from(byte % 32))
            .copied()
            .unwrap_or(b'A');
    }
    let text = std::str::from_utf8(&text).unwrap_or_default();
    let access_key_id = AccessKeyId::parse(text).map_err(|_id| EntropyError)?;
    let secret = random_array::<SECRET_LEN>(entropy)?.map(|byte| {
        SECRET_ALPHABET
            .get(usize::from(byte % 64))
            .copied()
            .unwrap_or(b'A')
    });
    Ok((access_key_id, SecretBytes::new(secret.to_vec())))
}
