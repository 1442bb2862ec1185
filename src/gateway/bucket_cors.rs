//! CORS rules of a bucket.
//!
//! Owns: storing and telling them. Not here: the document (`s3::xml::cors`), what rules there may
//! be (`model::cors`).
//!
//! The rules and the flag in the bucket's header change in one batch, as a policy and its flag do.

use crate::catalog::buckets::{self, BucketRecord};
use crate::catalog::error::CatalogError;
use crate::catalog::settings::{self, SettingsKind};
use crate::gateway::error::GatewayError;
use crate::gateway::{Gateway, spend};
use crate::iam::{Action, Permit};
use crate::model::bucket::BucketName;
use crate::model::cors::CorsConfiguration;
use crate::storage::MetaBatch;

impl Gateway {
    /// The rules that browsers are told of. It needs no permit: a browser asks before it knows who
    /// asks, and learns only what concerns its page. None also for a bucket that there is not.
    ///
    /// # Errors
    /// When the rows fail.
    pub async fn cors_in_force(
        &self,
        name: &BucketName,
    ) -> Result<Option<CorsConfiguration>, GatewayError> {
        match buckets::find(&*self.engine, name).await? {
            Some(bucket) => self.cors_rules(&bucket).await,
            None => Ok(None),
        }
    }

    async fn cors_rules(
        &self,
        bucket: &BucketRecord,
    ) -> Result<Option<CorsConfiguration>, GatewayError> {
        if !bucket.access.has_cors {
            return Ok(None);
        }
        let document = settings::load(&*self.engine, bucket.bucket, SettingsKind::Cors).await?;
        let parse = |document: bytes::Bytes| {
            serde_json::from_slice(&document)
                .map_err(|_json| CatalogError::Inconsistent("cors rules").into())
        };
        document.map(parse).transpose()
    }

    /// The bucket's CORS rules, if it has any.
    ///
    /// # Errors
    /// `WrongPermit`, or when the rows fail.
    pub async fn cors(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
    ) -> Result<Option<CorsConfiguration>, GatewayError> {
        spend(permit, Action::GetBucketCors, bucket)?;
        self.cors_rules(bucket).await
    }

    /// Sets the bucket's CORS rules, or takes them away.
    ///
    /// # Errors
    /// `NoSuchBucket`, or when the rows fail.
    ///
    /// # Durability
    /// When this returns `Ok`, the rules survive power loss and are in force.
    pub async fn set_cors(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        rules: Option<&CorsConfiguration>,
    ) -> Result<(), GatewayError> {
        spend(permit, Action::PutBucketCors, bucket)?;
        let document = rules.map(serde_json::to_vec).transpose();
        let document = document.map_err(|_json| CatalogError::Inconsistent("cors rules"))?;
        let apply = |record: &mut BucketRecord| {
            record.access.has_cors = document.is_some();
            true
        };
        let store = |batch: &mut MetaBatch| match &document {
            None => settings::delete(batch, SettingsKind::Cors),
            Some(document) => settings::put(batch, SettingsKind::Cors, document),
        };
        buckets::change_with(&*self.engine, bucket.bucket, apply, store).await?;
        Ok(())
    }
}
