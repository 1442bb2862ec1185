//! One decision about an action in a bucket: the facts that it is made by.
//!
//! Owns: loading the policy, the lists and the object that the decision depends on, no more than
//! it depends on: where the bucket's owner owns everything, no list is looked for.
//! Not here: which decisions a request needs (`permission`), the decision (`iam::authorize`).

use crate::gateway::BucketRecord;
use crate::gateway::decision::DecisionObject;
use crate::iam::policy::Caller;
use crate::iam::{
    AccessLists, Action, AskedObject, BucketResource, Denied, Permit, Request, Resource, authorize,
    keeps_policy,
};
use crate::model::id::{TenantId, UploadId};
use crate::model::object_key::ObjectKey;
use crate::model::versioning::VersionSelector;
use crate::s3::error::S3Error;
use crate::s3::handlers::Call;
use crate::s3::handlers::permission::Thing;
use crate::s3::policy_context::{Asked, RequestContext};

/// The condition keys that are about the object's tags.
const EXISTING_TAG: &str = "s3:existingobjecttag/";

impl Call<'_> {
    /// Decides about an action in a bucket.
    ///
    /// # Errors
    /// `AccessDenied`; the answer to a policy, list or object that cannot be read.
    pub(in crate::s3) async fn permit(
        &self,
        bucket: &BucketRecord,
        action: Action,
        thing: Thing<'_>,
        asked: &Asked,
    ) -> Result<Permit, S3Error> {
        let gateway = &self.state.gateway;
        let facts = (bucket.tenant, bucket.access.binds_root);
        let policy = if keeps_policy(self.principal, action, facts) {
            None
        } else {
            gateway.policy_in_force(bucket).await?
        };
        let policy = policy.as_deref().map(|own| &own.policy);
        let asks_for_tags = policy.is_some_and(|own| own.asks_for(EXISTING_TAG))
            || self.principal.asks_for(EXISTING_TAG);
        let has_lists = bucket.ownership.allows_acls();
        let object = if asks_for_tags || has_lists && action.is_object_owners() {
            self.existing_object(bucket, thing).await?
        } else {
            None
        };
        let list = gateway.list_in_force(bucket).await?;
        let begun_by = self.upload_begun_by(bucket, action, thing).await?;
        let context = RequestContext {
            owner: Some(bucket.tenant),
            version: thing.version,
            existing_tags: object.as_ref().map(|object| &object.tags),
            ..self.circumstances(asked)
        };
        let block = bucket.access.block();
        let decision = authorize(&Request {
            principal: self.principal,
            action,
            resource: Resource::Bucket(BucketResource {
                bucket: bucket.bucket,
                owner: bucket.tenant,
                owner_status: gateway.status_of(bucket.tenant),
                name: bucket.name.as_str(),
                object_key: thing.object_key.map(ObjectKey::as_str),
                policy,
                binds_root: bucket.access.binds_root,
                restricts_public: block.restrict_public_buckets,
                lists: has_lists.then(|| AccessLists {
                    bucket: list.as_ref(),
                    object: asked_object(thing, object.as_ref()),
                    ignores_public: block.ignore_public_acls,
                }),
                begun_by,
            }),
            context: &context,
        });
        decision.map_err(|denied| self.denied(denied))
    }

    pub(in crate::s3) fn denied(&self, denied: Denied) -> S3Error {
        if self.principal.caller == Caller::Anonymous {
            self.state.metrics.authentication_failed();
        }
        denied.into()
    }

    /// The object that a decision is about, if it is there.
    pub(in crate::s3) async fn existing_object(
        &self,
        bucket: &BucketRecord,
        thing: Thing<'_>,
    ) -> Result<Option<DecisionObject>, S3Error> {
        let Some(object_key) = thing.object_key else {
            return Ok(None);
        };
        // What is no version id names no object; it is refused behind the decision.
        let selector = match thing.version.map(VersionSelector::parse).transpose() {
            Ok(selector) => selector,
            Err(_invalid) => return Ok(None),
        };
        let gateway = &self.state.gateway;
        Ok(gateway
            .object_for_decision(bucket, object_key, selector)
            .await?)
    }

    /// The account that began the upload which the action is done to: only where the decision
    /// depends on it, which it does for other accounts than the bucket's.
    async fn upload_begun_by(
        &self,
        bucket: &BucketRecord,
        action: Action,
        thing: Thing<'_>,
    ) -> Result<Option<TenantId>, S3Error> {
        let is_elsewhere = self
            .principal
            .tenant
            .is_some_and(|own| own != bucket.tenant);
        if !action.is_on_upload() || !is_elsewhere {
            return Ok(None);
        }
        let upload = self.query.get("uploadId").ok().flatten();
        let upload = upload.and_then(|text| text.parse::<UploadId>().ok());
        let (Some(upload), Some(object_key)) = (upload, thing.object_key) else {
            return Ok(None);
        };
        let gateway = &self.state.gateway;
        Ok(gateway.upload_begun_by(bucket, object_key, upload).await?)
    }
}

fn asked_object<'a>(thing: Thing<'_>, object: Option<&'a DecisionObject>) -> AskedObject<'a> {
    match object {
        _ if thing.is_new => AskedObject::New,
        None => AskedObject::Absent,
        Some(object) => AskedObject::Stored {
            version: object.version,
            list: object.acl.as_deref(),
        },
    }
}
