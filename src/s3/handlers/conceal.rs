//! What callers are told of a bucket beyond what they asked for: which objects it lacks, who owns
//! it.
//!
//! Not here: permits (`permission`).

use crate::gateway::BucketRecord;
use crate::iam::Action;
use crate::model::id::TenantId;
use crate::model::object_key::ObjectKey;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::handlers::Call;
use crate::s3::handlers::permission::Thing;
use crate::s3::policy_context::Asked;
use crate::s3::xml::responses::{Owner, Owners};

impl Call<'_> {
    /// Who may not list a bucket is not told which objects it lacks (S3 API reference, GetObject,
    /// "Permissions").
    pub(in crate::s3) async fn conceal(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        error: S3Error,
    ) -> S3Error {
        if error.code() != S3ErrorCode::NoSuchKey {
            return error;
        }
        let thing = Thing {
            object_key: None,
            version: None,
            is_new: false,
        };
        let asked = Asked {
            listed: Some(object_key.as_str().to_owned()),
            ..Asked::default()
        };
        match self.permit(bucket, Action::ListBucket, thing, &asked).await {
            Ok(_) => error,
            Err(denied) => denied,
        }
    }

    /// As [`Self::conceal`], for an object that the call itself names.
    pub(in crate::s3) async fn conceal_target(&self, error: S3Error) -> S3Error {
        let (Ok(name), Some(object_key)) = (self.target.bucket_name(), &self.target.object_key)
        else {
            return error;
        };
        if error.code() != S3ErrorCode::NoSuchKey {
            return error;
        }
        match self.state.gateway.find_bucket(&name).await {
            Ok(bucket) => self.conceal(&bucket, object_key, error).await,
            Err(other) => other.into(),
        }
    }

    /// The caller as the owner of its account's buckets.
    pub(in crate::s3) fn caller_as_owner(&self) -> Owner {
        let identity = self.verified.identity.as_ref();
        Owner {
            id: identity.map_or("", |own| own.canonical_id()).to_owned(),
            display_name: identity.map_or("", |own| own.display_name()).to_owned(),
        }
    }

    /// The bucket's owner.
    pub(in crate::s3) async fn owner_of(&self, bucket: &BucketRecord) -> Result<Owner, S3Error> {
        match &self.verified.identity {
            Some(identity) if identity.tenant() == bucket.tenant => Ok(Owner {
                id: identity.canonical_id().to_owned(),
                display_name: identity.display_name().to_owned(),
            }),
            Some(_) | None => Ok(self.state.gateway.bucket_owner(bucket).await?.into()),
        }
    }

    /// The bucket's owner, and others who own something in it: only where they may.
    pub(in crate::s3) async fn owners_of(
        &self,
        bucket: &BucketRecord,
        others: impl Iterator<Item = TenantId>,
    ) -> Result<Owners, S3Error> {
        let told = self.state.gateway.told_accounts(others).await?;
        let others = told.into_iter();
        Ok(Owners {
            bucket: self.owner_of(bucket).await?,
            others: others.map(|(own, told)| (own, told.into())).collect(),
        })
    }
}
