//! Access keys of users.
//!
//! Owns: creating, changing and deleting a user's key, and the index from user to keys.
//! Not here: the key's record (`credentials`).

use crate::auth::{AccessKeyId, CredentialStatus};
use crate::catalog::accounts::error::AccountError;
use crate::catalog::accounts::{Account, Draft, Drafted};
use crate::catalog::credentials::{self, CredentialRecord};
use crate::catalog::error::CatalogError;
use crate::catalog::keyspace;
use crate::model::iam::{IamName, MemberKind};
use crate::storage::{EngineExt, Partition, ScanRange};
use bytes::Bytes;

/// Access keys of a user at most: two for each rotation, with room for a few devices.
const KEYS_OF_USER_MAX: usize = 5;

impl Account<'_> {
    /// The ids of a user's access keys, in order.
    ///
    /// # Errors
    /// When the engine fails or a row is corrupt.
    pub async fn key_ids(&self, user: &IamName) -> Result<Vec<AccessKeyId>, CatalogError> {
        let start = keyspace::user_keys(self.tenant, user);
        let start_len = start.len();
        let range = ScanRange {
            end: keyspace::prefix_end(&start),
            start: start.to_vec(),
        };
        let rows = self.engine.scan_page(Partition::System, range, usize::MAX);
        let id = |(row, _): &(Bytes, Bytes)| {
            let text = row.get(start_len..).map(std::str::from_utf8);
            let text = text.and_then(Result::ok).unwrap_or_default();
            AccessKeyId::parse(text).map_err(|_id| CatalogError::Inconsistent("access key index"))
        };
        rows.await?.iter().map(id).collect()
    }

    /// A user's access keys, in order of their ids.
    ///
    /// # Errors
    /// `NoSuchMember`, or when the engine fails or a row is corrupt.
    pub async fn keys_of(&self, user: &IamName) -> Result<Vec<CredentialRecord>, AccountError> {
        self.get(MemberKind::User, user).await?;
        let mut records = Vec::new();
        for id in self.key_ids(user).await? {
            let record = credentials::find(self.engine, &id).await?;
            // The index changes with the keys; one may be gone since it was read.
            records.extend(record);
        }
        Ok(records)
    }

    /// Stores a user's new access key.
    ///
    /// # Errors
    /// `NoSuchMember`, `TooMany`, or when the rows fail.
    pub async fn create_key(
        &self,
        user: &IamName,
        record: &CredentialRecord,
    ) -> Result<(), AccountError> {
        self.change(async |draft| {
            self.get(MemberKind::User, user).await?;
            if self.key_ids(user).await?.len() >= KEYS_OF_USER_MAX {
                return Err(AccountError::TooMany {
                    what: "access keys of one user",
                    max: KEYS_OF_USER_MAX,
                });
            }
            let row = keyspace::access_key(&record.access_key_id);
            draft.batch.absent(row.clone()).put(row, record.stored());
            let index = keyspace::user_key(self.tenant, user, &record.access_key_id);
            draft.batch.put(index, Bytes::new());
            Ok(Drafted::Store(()))
        })
        .await
    }

    /// Switches a user's access key on or off.
    ///
    /// # Errors
    /// `NoSuchAccessKey`, or when the rows fail.
    pub async fn set_key_status(
        &self,
        user: &IamName,
        id: &AccessKeyId,
        status: CredentialStatus,
    ) -> Result<(), AccountError> {
        self.change(async |draft| {
            let mut record = self.own_key(user, id).await?;
            record.status = status;
            let row = keyspace::access_key(id);
            draft.batch.put(row, record.stored());
            Ok(Drafted::Store(()))
        })
        .await
    }

    /// Deletes a user's access key.
    ///
    /// # Errors
    /// `NoSuchAccessKey`, or when the rows fail.
    pub async fn delete_key(&self, user: &IamName, id: &AccessKeyId) -> Result<(), AccountError> {
        self.change(async |draft: &mut Draft| {
            self.own_key(user, id).await?;
            draft
                .batch
                .delete(keyspace::access_key(id))
                .delete(keyspace::last_used(id))
                .delete(keyspace::user_key(self.tenant, user, id));
            Ok(Drafted::Store(()))
        })
        .await
    }

    async fn own_key(
        &self,
        user: &IamName,
        id: &AccessKeyId,
    ) -> Result<CredentialRecord, AccountError> {
        let found = credentials::find(self.engine, id).await?;
        let is_own = |record: &CredentialRecord| {
            record.tenant == self.tenant && record.user.as_ref().is_some_and(|own| own.is(user))
        };
        found.filter(is_own).ok_or(AccountError::NoSuchAccessKey)
    }
}
