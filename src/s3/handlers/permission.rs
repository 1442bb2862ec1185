//! Permits for a call: what is asked of `iam` and with which facts.
//!
//! Owns: which actions a request needs on what, and when.
//! Not here: the facts of each decision (`decision`), the decision (`iam::authorize`), the values
//! of condition keys (`policy_context`).

use crate::base::limits::XML_BODY_LEN_MAX;
use crate::gateway::BucketRecord;
use crate::iam::policy::Caller;
use crate::iam::policy::arn::{ALL_BUCKETS, bucket_arn};
use crate::iam::{Action, Permit, Request, Resource, authorize};
use crate::model::object_key::ObjectKey;
use crate::model::time::Timestamp;
use crate::s3::body::bridge::Framing;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::extract::copy_source::CopySource;
use crate::s3::extract::{self, guard, version};
use crate::s3::handlers::Call;
use crate::s3::operation::Operation;
use crate::s3::policy_context::{Asked, RequestContext};
use actix_http::Payload;
use bytes::Bytes;

/// Condition keys whose values stand in documents.
const DOCUMENT_KEYS: &[&str] = &["s3:requestobjecttag", "s3:object-lock-"];

/// What an action is done to in a bucket.
#[derive(Clone, Copy, Debug)]
pub(in crate::s3) struct Thing<'a> {
    /// The object, unless it is the bucket.
    pub object_key: Option<&'a ObjectKey>,
    /// The version that is named, as it was written.
    pub version: Option<&'a str>,
    /// Whether the request makes it.
    pub is_new: bool,
}

impl<'a> From<&'a CopySource> for Thing<'a> {
    fn from(source: &'a CopySource) -> Self {
        Self {
            object_key: Some(&source.object_key),
            version: source.version(),
            is_new: false,
        }
    }
}

impl Thing<'_> {
    /// The action that is needed, by whether a version is named.
    fn action(&self, action: Action) -> Action {
        self.version.map_or(action, |_named| action.on_version())
    }
}

impl Call<'_> {
    /// What the caller must be allowed.
    pub(in crate::s3) fn action(&self) -> Action {
        let action = self.operation.action();
        if self.query.has(version::PARAMETER) {
            action.on_version()
        } else {
            action
        }
    }

    pub(in crate::s3) fn thing(&self) -> Thing<'_> {
        Thing {
            object_key: self.target.object_key.as_ref(),
            version: self.query.get(version::PARAMETER).ok().flatten(),
            is_new: false,
        }
    }

    /// What the request has for conditions, whatever it is about.
    pub(in crate::s3) fn circumstances<'a>(&'a self, asked: &'a Asked) -> RequestContext<'a> {
        RequestContext {
            view: self.view,
            query: self.query,
            peer: self.peer,
            principal: self.principal,
            now: Timestamp::from_millis(self.state.clock.unix_millis()),
            region: &self.state.region,
            owner: None,
            version: None,
            existing_tags: None,
            asked,
        }
    }

    async fn find_target(&self) -> Result<BucketRecord, S3Error> {
        let name = self.target.bucket_name()?;
        let bucket = self.state.gateway.find_bucket(&name).await?;
        self.tally.is_about(&bucket);
        Ok(bucket)
    }

    /// Finds the target's bucket and authorizes the call's operation on it. What the request's
    /// headers ask for beyond that is judged afterwards: who may not do it learns nothing of it
    /// (s3-behaviour.md 12).
    pub(in crate::s3) async fn authorize_target(&self) -> Result<(BucketRecord, Permit), S3Error> {
        self.authorize_asking(&Asked::default()).await
    }

    /// As [`Self::authorize_target`], for a request that asks for more than its headers say.
    pub(in crate::s3) async fn authorize_asking(
        &self,
        asked: &Asked,
    ) -> Result<(BucketRecord, Permit), S3Error> {
        let bucket = self.find_target().await?;
        let permit = self
            .permit(&bucket, self.action(), self.thing(), asked)
            .await?;
        self.authorize_extras(&bucket, asked).await?;
        self.judge(&bucket).await?;
        Ok((bucket, permit))
    }

    /// As [`Self::authorize_target`], and reads the request's document behind it.
    pub(in crate::s3) async fn authorize_with_document(
        &self,
        payload: Payload,
        framing: Framing,
    ) -> Result<(BucketRecord, Permit, Bytes), S3Error> {
        let (bucket, permit) = self.authorize_target().await?;
        let body = self.read_document(payload, framing, XML_BODY_LEN_MAX);
        Ok((bucket, permit, body.await?))
    }

    /// Finds the bucket of a request about many objects: each of them is decided by itself, so that
    /// here it counts only whether anything can come of it.
    pub(in crate::s3) async fn enter_target(&self) -> Result<BucketRecord, S3Error> {
        let bucket = self.find_target().await?;
        let is_root = matches!(self.principal.caller, Caller::Root { .. });
        let is_owner = is_root && self.principal.tenant == Some(bucket.tenant);
        let has_policies = bucket.access.has_policy || !self.principal.policies.is_empty();
        if !is_owner && !has_policies {
            // Denied, by the same words as everywhere.
            let asked = Asked::default();
            self.permit(&bucket, self.action(), self.thing(), &asked)
                .await?;
        }
        self.judge(&bucket).await?;
        Ok(bucket)
    }

    async fn judge(&self, bucket: &BucketRecord) -> Result<(), S3Error> {
        self.judge_owner(bucket, "x-amz-expected-bucket-owner")
            .await?;
        guard::refuse_unsupported(self.operation, self.view)?;
        guard::refuse_acl(bucket, self.view)
    }

    async fn judge_owner(&self, bucket: &BucketRecord, header: &str) -> Result<(), S3Error> {
        if self.view.header(header).is_some() {
            let owner = self.state.gateway.bucket_owner(bucket).await?;
            guard::expected_owner(self.view, header, bucket, &owner.canonical_id)?;
        }
        Ok(())
    }

    /// Writes that also set tags, a list, a retention or a legal hold need the permission for those
    /// as well (S3 API reference, PutObject, CopyObject, CreateMultipartUpload, "Permissions").
    async fn authorize_extras(&self, bucket: &BucketRecord, asked: &Asked) -> Result<(), S3Error> {
        let is_write = matches!(
            self.operation,
            Operation::CopyObject
                | Operation::CreateMultipartUpload
                | Operation::PostObject
                | Operation::PutObject
        );
        if !is_write {
            return Ok(());
        }
        let has = |name| self.view.header(name).is_some();
        let has_tags = has("x-amz-tagging") || asked.tags.is_some();
        // Where lists do not count, a header of one changes nothing.
        let has_list = bucket.ownership.allows_acls() && extract::acl::is_asked(self.view);
        let extras = [
            (has_list, Action::PutObjectAcl),
            (has_tags, Action::PutObjectTagging),
            (has("x-amz-object-lock-mode"), Action::PutObjectRetention),
            (
                has("x-amz-object-lock-legal-hold"),
                Action::PutObjectLegalHold,
            ),
        ];
        for (is_asked, action) in extras {
            if is_asked {
                let thing = Thing {
                    is_new: true,
                    ..self.thing()
                };
                self.permit(bucket, action, thing, asked).await?;
            }
        }
        Ok(())
    }

    /// Finds the target's bucket and decides ahead of the request's document. Where a policy has
    /// conditions on what the document says, that is known only when it was read, and
    /// [`Self::authorize_document`] decides.
    pub(in crate::s3) async fn authorize_ahead_of_document(&self) -> Result<BucketRecord, S3Error> {
        let bucket = self.find_target().await?;
        let asked = Asked::default();
        if let Err(denied) = self
            .permit(&bucket, self.action(), self.thing(), &asked)
            .await
        {
            let policy = self.state.gateway.policy_in_force(&bucket).await?;
            let is_open = DOCUMENT_KEYS.iter().any(|key| {
                self.principal.asks_for(key)
                    || policy.as_ref().is_some_and(|own| own.policy.asks_for(key))
            });
            if !is_open {
                return Err(denied);
            }
        }
        self.judge(&bucket).await?;
        Ok(bucket)
    }

    /// Decides when the request's document was read.
    pub(in crate::s3) async fn authorize_document(
        &self,
        bucket: &BucketRecord,
        asked: &Asked,
    ) -> Result<Permit, S3Error> {
        self.permit(bucket, self.action(), self.thing(), asked)
            .await
    }

    /// Whether the caller asks to bypass GOVERNANCE for an object and may.
    ///
    /// # Errors
    /// `InvalidArgument`, `InvalidRequest` when it cannot be told whether it asks.
    pub(in crate::s3) async fn bypasses_governance(
        &self,
        bucket: &BucketRecord,
        thing: Option<Thing<'_>>,
    ) -> Result<bool, S3Error> {
        if !extract::lock::bypass_governance(self.view)? {
            return Ok(false);
        }
        let (action, asked) = (Action::BypassGovernanceRetention, Asked::default());
        let thing = thing.unwrap_or_else(|| self.thing());
        match self.permit(bucket, action, thing, &asked).await {
            Ok(_) => Ok(true),
            Err(error) if error.code() == S3ErrorCode::AccessDenied => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Authorizes an operation on the caller's account.
    pub(in crate::s3) fn authorize_account(&self) -> Result<Permit, S3Error> {
        let permit = self.authorize_in_account(self.operation.action())?;
        guard::refuse_unsupported(self.operation, self.view)?;
        Ok(permit)
    }

    /// Decides about an action on the caller's account, such as what a new bucket begins with.
    pub(in crate::s3) fn authorize_in_account(&self, action: Action) -> Result<Permit, S3Error> {
        let asked = Asked::default();
        let context = self.circumstances(&asked);
        let arn = match self.target.bucket.as_deref() {
            None => ALL_BUCKETS.to_owned(),
            Some(name) => bucket_arn(name),
        };
        let decision = authorize(&Request {
            principal: self.principal,
            action,
            resource: Resource::Account { arn: &arn },
            context: &context,
        });
        decision.map_err(|denied| self.denied(denied))
    }

    /// Finds a copy's source and authorizes reading it. Authorization is on the final name: what
    /// was parsed is what is read.
    ///
    /// # Errors
    /// `NoSuchBucket`, `AccessDenied`.
    pub(in crate::s3) async fn authorize_source(
        &self,
        source: &CopySource,
    ) -> Result<(BucketRecord, Permit), S3Error> {
        let bucket = self.state.gateway.find_bucket(&source.bucket).await?;
        let (thing, asked) = (Thing::from(source), Asked::default());
        let action = thing.action(Action::GetObject);
        let permit = self.permit(&bucket, action, thing, &asked).await?;
        let header = "x-amz-source-expected-bucket-owner";
        self.judge_owner(&bucket, header).await?;
        Ok((bucket, permit))
    }

    /// A copy that takes its source's tags along needs the permission to read them, if there are
    /// any.
    ///
    /// # Errors
    /// `AccessDenied`.
    pub(in crate::s3) async fn authorize_source_tags(
        &self,
        bucket: &BucketRecord,
        source: &CopySource,
    ) -> Result<(), S3Error> {
        let (thing, asked) = (Thing::from(source), Asked::default());
        let action = thing.action(Action::GetObjectTagging);
        let Err(denied) = self.permit(bucket, action, thing, &asked).await else {
            return Ok(());
        };
        match self.existing_object(bucket, thing).await? {
            Some(object) if !object.tags.is_empty() => Err(denied),
            Some(_) | None => Ok(()),
        }
    }
}
